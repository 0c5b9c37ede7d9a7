package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/dynamo"
	"deskpro-login/pkg/rotation"
	"deskpro-login/pkg/state"
)

// answered is an error of AWS in fewer words.
type answered struct {
	text string
	err  error
}

func (a *answered) Error() string { return a.text }

func (a *answered) Unwrap() error { return a.err }

// worded keeps of what the SDK says of a call, if that is in err, what AWS
// answered, or why it did not: the rest are codes and numbers of HTTP.
func worded(err error) error {
	call, called := errors.AsType[*smithy.OperationError](err)
	if !called {
		return err
	}
	text := call.Service()
	if answer, ok := errors.AsType[smithy.APIError](err); ok {
		text += " answers " + answer.ErrorCode()
		if answer.ErrorMessage() != "" {
			text += ": " + answer.ErrorMessage()
		}
	} else if unsent, ok := errors.AsType[*smithyhttp.RequestSendError](err); ok {
		text += " does not answer: " + unsent.Err.Error()
	} else {
		return err
	}
	return &answered{strings.Replace(err.Error(), call.Error(), text, 1), err}
}

func denied(answer smithy.APIError) bool {
	switch answer.ErrorCode() {
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation":
		return true
	}
	return false
}

// explain gives an error of the tables a hint. One that has one it leaves as it
// is.
func (s *site) explain(err error) error {
	if err == nil || hint.Of(err) != "" {
		return err
	}
	switch {
	case errors.Is(err, context.Canceled):
		return hint.With(&answered{"you broke off", err}, "begin anew")
	case errors.Is(err, account.ErrConflict):
		return hint.With(errors.New("somebody else changed the account at the same moment"),
			"a sign-in may do that, too: look at it, then try again")
	case errors.Is(err, account.ErrExists):
		return hint.With(errors.New("there is an account with this login or alias, so nothing was done"), "%s lists all", s.where.command("account", "list"))
	case errors.Is(err, account.ErrReadOnly):
		return hint.With(err, "change that where the table's owner does")
	case errors.Is(err, dynamo.ErrUnfit):
		return hint.With(err, "nothing was done; give something shorter, or nothing")
	case errors.Is(err, account.ErrUnreadable):
		return hint.With(err, "see to the item in the table %s, in DynamoDB's console: its attributes must be of the types that the README lists", s.table)
	}
	answer, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		if errors.Is(err, directory.ErrUnavailable) || errors.Is(err, state.ErrUnavailable) || errors.Is(err, rotation.ErrUnavailable) {
			return hint.With(worded(err), "check the network, and --endpoint-url if you gave one, then try again")
		}
		return err
	}
	said := worded(err)
	switch answer.ErrorCode() {
	case "ResourceNotFoundException":
		return hint.With(said, "there is no table of this name: see to --region and --stack, or to --table and --state-table")
	case "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException", "IncompleteSignature", "InvalidSignatureException":
		return hint.With(said, "sign in as you do for the AWS CLI, until aws sts get-caller-identity answers")
	case "UnknownError": // the SDK's, for an answer that names none
		return hint.With(said, "what answers is not DynamoDB: check --endpoint-url if you gave one, and the variable AWS_ENDPOINT_URL")
	case "UnknownOperationException":
		return hint.With(said, "this emulator does not know that call: dynalite has no transactions, which an --alias needs")
	}
	if denied(answer) {
		if errors.Is(err, directory.ErrMisconfigured) { // which says that already
			return hint.With(said, "if the table has a KMS key, your role must be allowed to use that, too")
		}
		return hint.With(said, "let your role do that with the table, and use its KMS key if it has one")
	}
	return hint.With(said, "try again later")
}

// explainWrite is explain for an error of a write, of which it is not always
// known whether it was done.
func (s *site) explainWrite(err error) error {
	told := s.explain(err)
	if uncertain(err) {
		return hint.With(fmt.Errorf("it may have been done or not: %w", told), "look with account show; %s", hint.Of(told))
	}
	return told
}

// uncertain reports whether what err ended may have been done all the same.
func uncertain(err error) bool {
	answer, answered := errors.AsType[*smithyhttp.ResponseError](err)
	refused := answered && answer.HTTPStatusCode()/100 == 4
	return !refused && (errors.Is(err, directory.ErrUnavailable) || errors.Is(err, state.ErrUnavailable) || errors.Is(err, rotation.ErrUnavailable))
}

func isUnreadable(err error) bool { return errors.Is(err, account.ErrUnreadable) }
