package main

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"deskpro-login/pkg/awsenv"
	"deskpro-login/pkg/config"
	"deskpro-login/pkg/keyring/awssecrets"
	"deskpro-login/pkg/preflight"
	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state/dynamo"
)

// wire returns a hook also for a configuration that cannot be used: then that
// is what is wrong, and CodeDeploy is told.
func wire(getenv func(string) string) (*preflight.Hook, error) {
	aws, err := awsenv.Config(getenv)
	if err != nil {
		return nil, err
	}
	trial, err := wireTrial(getenv, aws)
	try := func(context.Context) []error { return []error{err} }
	if err == nil {
		try = trial.Run
	}
	return preflight.NewHook(preflight.HookConfig{Try: try, Report: reporter(aws)})
}

func wireTrial(getenv func(string) string, aws aws.Config) (*preflight.Trial, error) {
	cfg, err := config.Load(config.Preflight, getenv)
	if err != nil {
		return nil, err
	}
	store, err := dynamo.New(dynamo.Config{Client: dynamodb.NewFromConfig(aws), Table: cfg.StateTable})
	if err != nil {
		return nil, err
	}
	sessions, err := session.New(session.Config{Store: store, Idle: time.Minute, Absolute: time.Minute})
	if err != nil {
		return nil, err
	}
	secrets := secretsmanager.NewFromConfig(aws)
	var doors []preflight.Door
	for _, d := range cfg.Doors {
		// Not cached: what signs now is what counts.
		keys, err := awssecrets.New(awssecrets.Config{Client: secrets, SecretID: d.SecretID})
		if err != nil {
			return nil, err
		}
		doors = append(doors, preflight.Door{Name: d.Name, App: d.App, Group: d.Group, Keys: keys})
	}
	return preflight.New(preflight.Config{
		Doors: doors, Versions: preflight.Versions(cfg.Versions), Sessions: sessions, Invoke: invoker(aws),
	})
}

func invoker(cfg aws.Config) func(context.Context, string, []byte) ([]byte, error) {
	// A version may have to start first; the trial says how long it waits.
	cfg.HTTPClient, cfg.Retryer = awsenv.HTTPClient(time.Minute), patience
	invoke := lambda.NewFromConfig(cfg).Invoke
	return func(ctx context.Context, version string, payload []byte) ([]byte, error) {
		out, err := invoke(ctx, &lambda.InvokeInput{FunctionName: &version, Payload: payload})
		switch {
		case err != nil:
			return nil, awsenv.WithoutAnswer(err)
		case out.FunctionError != nil:
			return nil, preflight.FunctionError(*out.FunctionError, out.Payload)
		}
		return out.Payload, nil
	}
}

func reporter(cfg aws.Config) func(context.Context, preflight.Event, preflight.Status) error {
	cfg.Retryer = patience
	put := codedeploy.NewFromConfig(cfg).PutLifecycleEventHookExecutionStatus
	return func(ctx context.Context, event preflight.Event, status preflight.Status) error {
		_, err := put(ctx, &codedeploy.PutLifecycleEventHookExecutionStatusInput{
			DeploymentId: &event.DeploymentID, LifecycleEventHookExecutionId: &event.ExecutionID, Status: types.LifecycleEventStatus(status),
		})
		// An attempt whose answer was lost had got through.
		if _, done := errors.AsType[*types.LifecycleEventAlreadyCompletedException](err); done {
			return nil
		}
		return awsenv.WithoutAnswer(err)
	}
}

// patience takes as long as the caller's context lets it: nobody waits for a
// page, and giving up takes back a deployment.
func patience() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = 8, 2*time.Second })
}
