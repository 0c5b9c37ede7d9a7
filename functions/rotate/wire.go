package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/awsenv"
	"deskpro-login/pkg/bounce"
	"deskpro-login/pkg/config"
	"deskpro-login/pkg/rotation"
	"deskpro-login/pkg/rotation/awsrotation"
	"deskpro-login/pkg/state/dynamo"
)

// promoteAccepted is the step that only the schedule asks for; the others are
// Secrets Manager's.
const promoteAccepted = "promoteAccepted"

// vouchers are how many people Deskpro must have let in with a version: see
// PROMOTE_WHEN.
const vouchers = 3

// vouched is how old the latest of that may be: Deskpro's secret may be another by
// then.
const vouched = 24 * time.Hour

// handler is what lambda.Start takes. It logs what it returns: the runtime's own
// line has neither a level nor the request's id, and Secrets Manager tells nobody.
type handler func(context.Context, rotation.Event) error

// Invoke answers one event.
func (h handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var event rotation.Event
	err := json.Unmarshal(payload, &event)
	if err != nil {
		err = errors.New("not an event of a rotation") // the cause would quote it
	} else {
		err = h(ctx, event)
	}
	log := slog.With("step", event.Step, "secret", event.SecretId, "version", event.ClientRequestToken)
	switch {
	case errors.Is(err, rotation.ErrUnconfirmed):
		log.WarnContext(ctx, "the rotation waits", "error", err)
	case err != nil:
		log.ErrorContext(ctx, "the rotation failed", "error", err)
	default:
		log.InfoContext(ctx, "the rotation's step is done")
		return []byte("null"), nil
	}
	return nil, err
}

func wire(getenv func(string) string) (handler, error) {
	cfg, err := config.Load(config.Rotate, getenv)
	aws, awsErr := awsenv.Config(getenv)
	if err := errors.Join(err, awsErr); err != nil {
		return nil, err
	}
	store, err := awsrotation.New(awsrotation.Config{Client: secretsmanager.NewFromConfig(aws)})
	if err != nil {
		return nil, err
	}
	accepted, err := wireAccepted(cfg, aws)
	if err != nil {
		return nil, err
	}
	var doors []rotation.Door
	for _, d := range cfg.Doors {
		doors = append(doors, rotation.Door{Name: d.Name, SecretID: d.SecretID, App: d.App})
	}
	r, err := rotation.New(rotation.Config{
		Store: store, Doors: doors, Accepted: accepted, Audit: audit.Log{Namespace: cfg.MetricsNamespace},
	})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, event rotation.Event) error {
		if event.Step == promoteAccepted {
			return r.PromoteAccepted(ctx)
		}
		return r.Step(ctx, event)
	}, nil
}

// wireAccepted returns nil where only an operator's word counts: then this
// function may not read the state table, either.
func wireAccepted(cfg config.Config, aws aws.Config) (func(context.Context, string, string) (bool, error), error) {
	if !cfg.PromoteAccepted {
		return nil, nil
	}
	store, err := dynamo.New(dynamo.Config{Client: dynamodb.NewFromConfig(aws), Table: cfg.StateTable})
	if err != nil {
		return nil, err
	}
	ledger := bounce.NewLedger(store, nil)
	return func(ctx context.Context, door, version string) (bool, error) {
		evidence, err := ledger.Of(ctx, door, version)
		return evidence.Accepts(vouchers) && time.Since(evidence.Latest) < vouched, err
	}, nil
}
