package main

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/awsenv"
	"deskpro-login/pkg/config"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/cognito"
	accounts "deskpro-login/pkg/directory/dynamo"
	"deskpro-login/pkg/keyring/awssecrets"
	"deskpro-login/pkg/lambdahttp"
	"deskpro-login/pkg/password"
	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state/dynamo"
	"deskpro-login/pkg/web"
)

func wire(ctx context.Context, getenv func(string) string) (*lambdahttp.Handler, error) {
	cfg, err := config.Load(config.Authenticate, getenv)
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
		doors = append(doors, web.Door{Name: d.Name, App: d.App, Group: d.Group, Keys: keys})
	}
	people, err := openDirectory(ctx, cfg, aws, secrets)
	if err != nil {
		return nil, err
	}
	server, err := web.New(web.Config{
		Doors: doors, Sessions: sessions, Directory: people, Brand: cfg.Brand, FrameAncestors: cfg.FrameAncestors,
		RequestID: lambdahttp.RequestID, Bypassed: lambdahttp.Bypassed, Audit: audit.Log{Namespace: cfg.MetricsNamespace, Uncounted: lambdahttp.FromPreflight},
	})
	if err != nil {
		return nil, err
	}
	return lambdahttp.New(lambdahttp.Config{HTTP: server.Authenticate(), Edge: cfg.Edge})
}

// openDirectory returns the one directory that is configured.
func openDirectory(ctx context.Context, cfg config.Config, aws aws.Config, secrets *secretsmanager.Client) (directory.Authenticator, error) {
	d := cfg.Directory
	if d.UserPoolID == "" {
		passwords, err := password.New(password.Config{})
		if err != nil {
			return nil, err
		}
		return accounts.New(accounts.Config{Client: dynamodb.NewFromConfig(aws), Table: d.AccountsTable, Passwords: passwords})
	}
	pool := cognito.Config{AWS: aws, UserPoolID: d.UserPoolID, ClientID: d.ClientID, Attributes: attributes(cfg)}
	if d.ClientSecretID != "" {
		var err error
		pool.ClientSecret, err = awssecrets.PrefetchedText(ctx, awssecrets.Config{Client: secrets, SecretID: d.ClientSecretID})
		if err != nil {
			return nil, err
		}
	}
	return cognito.New(pool)
}

// attributes are those that any door sends.
func attributes(cfg config.Config) []string {
	var names []string
	for _, d := range cfg.Doors {
		names = append(names, d.App.Attributes()...)
	}
	return names
}
