package main

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/awsenv"
	"deskpro-login/pkg/bounce"
	"deskpro-login/pkg/config"
	"deskpro-login/pkg/keyring/awssecrets"
	"deskpro-login/pkg/lambdahttp"
	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state/dynamo"
	"deskpro-login/pkg/web"
)

// wire needs no directory: this function never sees a password.
func wire(ctx context.Context, getenv func(string) string) (*lambdahttp.Handler, error) {
	cfg, err := config.Load(config.Login, getenv)
	aws, awsErr := awsenv.Config(getenv)
	if err := errors.Join(err, awsErr); err != nil {
		return nil, err
	}
	store, err := dynamo.New(dynamo.Config{Client: dynamodb.NewFromConfig(aws), Table: cfg.StateTable})
	if err != nil {
		return nil, err
	}
	sessions, err := session.New(session.Config{Store: store, Idle: cfg.SessionIdle, Absolute: cfg.SessionAbsolute})
	if err != nil {
		return nil, err
	}
	secrets := secretsmanager.NewFromConfig(aws)
	var doors []web.Door
	for _, d := range cfg.Doors {
		keys, err := awssecrets.PrefetchedKeys(ctx, awssecrets.Config{Client: secrets, SecretID: d.SecretID})
		if err != nil {
			return nil, err
		}
		doors = append(doors, web.Door{Name: d.Name, App: d.App, Group: d.Group, Factor: d.Factor, Keys: keys, Looks: web.Looks(d.Looks)})
	}
	server, err := web.New(web.Config{
		Doors: doors, Sessions: sessions, RotationWindow: cfg.RotationWindow, Ledger: bounce.NewLedger(store, nil),
		Offers: web.Offers(cfg.Offers), Looks: web.Looks(cfg.Looks), Languages: cfg.Languages, FrameAncestors: cfg.FrameAncestors,
		RequestID: lambdahttp.RequestID, Bypassed: lambdahttp.Bypassed, Audit: audit.Log{Namespace: cfg.MetricsNamespace, Uncounted: lambdahttp.FromPreflight},
	})
	if err != nil {
		return nil, err
	}
	return lambdahttp.New(lambdahttp.Config{HTTP: server.Login(), Edge: cfg.Edge})
}
