package main

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/awsenv"
	"deskpro-login/pkg/config"
	"deskpro-login/pkg/lambdahttp"
	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state/dynamo"
	"deskpro-login/pkg/web"
)

// wire needs neither keys nor a directory: this function can only end sessions.
func wire(getenv func(string) string) (*lambdahttp.Handler, error) {
	cfg, err := config.Load(config.Logout, getenv)
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
	var doors []web.Door
	for _, d := range cfg.Doors {
		doors = append(doors, web.Door{Name: d.Name, App: d.App, Looks: web.Looks(d.Looks)})
	}
	server, err := web.New(web.Config{
		Doors: doors, Sessions: sessions, FederationLogout: cfg.Federation.LogoutURL(), Looks: web.Looks(cfg.Looks), Languages: cfg.Languages, FrameAncestors: cfg.FrameAncestors,
		RequestID: lambdahttp.RequestID, Bypassed: lambdahttp.Bypassed, Audit: audit.Log{Namespace: cfg.MetricsNamespace, Uncounted: lambdahttp.FromPreflight},
	})
	if err != nil {
		return nil, err
	}
	return lambdahttp.New(lambdahttp.Config{HTTP: server.Logout(), Edge: cfg.Edge})
}
