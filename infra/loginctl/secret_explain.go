package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/smithy-go"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/infra/loginctl/stack"
	"deskpro-login/pkg/rotation"
)

// explainSecret gives an error of a door's secret a hint. One that has one it
// leaves as it is.
func (s *safe) explainSecret(err error, d stack.Door) error {
	if err == nil || hint.Of(err) != "" {
		return err
	}
	said := worded(err)
	switch {
	case errors.Is(err, context.Canceled):
		return hint.With(&answered{"you broke off", err}, "begin anew; %s shows how far it came", s.command(d, "status"))
	case errors.Is(err, rotation.ErrBusy):
		return hint.With(&answered{fmt.Sprintf("a version of the secret of %s waits already, so nothing was done", doorOf(d)), err},
			"go on with that: %s says how; or drop it: %s", s.command(d, "status"), s.command(d, "discard", "--apply"))
	case errors.Is(err, rotation.ErrUnconfirmed):
		return hint.With(said, "%s says what to do", s.command(d, "status"))
	case errors.Is(err, rotation.ErrConflict):
		return hint.With(&answered{fmt.Sprintf("somebody else changed the secret of %s at the same moment", doorOf(d)), err},
			"look at it, then try again: %s", s.command(d, "status"))
	case errors.Is(err, rotation.ErrNothing):
		return hint.With(said, "%s shows which versions there are", s.command(d, "status"))
	case errors.Is(err, rotation.ErrUnfit):
		return hint.With(said, "nothing was done; %s makes one that is fit", s.command(d, "generate"))
	case errors.Is(err, rotation.ErrAbsent):
		if s.where.named() != "" {
			return hint.With(said, "see to --users-secret and --agents-secret, and to --endpoint-url")
		}
		return hint.With(said, "if it is marked for deletion, restore it: aws secretsmanager restore-secret --secret-id %s --region %s", d.Secret.ARN, d.Secret.Region)
	case errors.Is(err, rotation.ErrNoValue):
		return hint.With(said, "a rotation began it and stopped; drop it: %s", s.command(d, "discard", "--apply"))
	case errors.Is(err, rotation.ErrDenied):
		return hint.With(said, "your role needs %s on %s; if that has a KMS key of its own, kms:Decrypt and kms:GenerateDataKey on that, too", actionOf(err), s.denied(err, d))
	}
	return s.explain(err)
}

// denied is which secret a role that may not do what err says must be let at: what
// reads compares doors.
func (s *safe) denied(err error, d stack.Door) string {
	if action := actionOf(err); len(s.stack.Doors) == 2 && (action == "secretsmanager:DescribeSecret" || action == "secretsmanager:GetSecretValue") {
		return "the secrets of both doors, which are compared, " + s.stack.Doors[0].Secret.ARN + " and " + s.stack.Doors[1].Secret.ARN
	}
	return d.Secret.ARN
}

// actionOf is the permission that the call in err needs. Of a refused value the
// adapter keeps nothing but the code.
func actionOf(err error) string {
	if call, called := errors.AsType[*smithy.OperationError](err); called {
		return "secretsmanager:" + call.Operation()
	}
	return "secretsmanager:PutSecretValue"
}
