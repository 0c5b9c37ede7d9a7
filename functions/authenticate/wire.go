package main

import (
	"context"
	"errors"
	"log/slog"

	awsv2 "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/awsenv"
	"deskpro-login/pkg/config"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/cognito"
	accounts "deskpro-login/pkg/directory/dynamo"
	"deskpro-login/pkg/directory/oidc"
	"deskpro-login/pkg/factor"
	"deskpro-login/pkg/keyring/awssecrets"
	"deskpro-login/pkg/lambdahttp"
	"deskpro-login/pkg/password"
	"deskpro-login/pkg/password/pwned"
	"deskpro-login/pkg/regulation"
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
	guesses, err := regulation.New(regulation.Config{
		Store: store, Fold: account.NormalizeLogin, Limits: regulation.Limits(cfg.Guesses), KnownFor: cfg.KnownBrowserFor,
	})
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
	pages := web.Config{
		Doors: doors, Sessions: sessions, Store: store, Regulation: guesses, RefusalTime: cfg.RefusalTime,
		Offers: web.Offers(cfg.Offers), Looks: web.Looks(cfg.Looks), Languages: cfg.Languages, FrameAncestors: cfg.FrameAncestors,
		RequestID: lambdahttp.RequestID, Bypassed: lambdahttp.Bypassed, Audit: audit.Log{Namespace: cfg.MetricsNamespace, Uncounted: lambdahttp.FromPreflight},
	}
	if cfg.Directory.UserPoolID == "" {
		pages.Directory, err = openTable(ctx, cfg, aws, secrets)
	} else {
		err = openPool(ctx, cfg, aws, secrets, &pages)
	}
	if err != nil {
		return nil, err
	}
	server, err := web.New(pages)
	if err != nil {
		return nil, err
	}
	return lambdahttp.New(lambdahttp.Config{HTTP: server.Authenticate(), Edge: cfg.Edge})
}

// openTable returns the directory in a DynamoDB table.
func openTable(ctx context.Context, cfg config.Config, aws awsv2.Config, secrets *secretsmanager.Client) (directory.Authenticator, error) {
	d := cfg.Directory
	hasher, err := password.New(password.Config{Memory: d.Hash.Memory, Time: d.Hash.Time, Parallelism: d.Hash.Parallelism})
	if err != nil {
		return nil, err
	}
	table, err := accounts.New(accounts.Config{Client: dynamodb.NewFromConfig(aws), Table: d.AccountsTable, Fields: d.Fields, ReadOnly: !d.Writes})
	if err != nil {
		return nil, err
	}
	people := account.Config{Store: table, Passwords: hasher, FactorGroups: d.FactorGroups, KeepGroups: cfg.FactorDoors(), ReadOnly: !d.Writes}
	if d.Writes {
		if people.Policy, err = policy(cfg); err != nil {
			return nil, err
		}
	}
	if d.Factors {
		versions, err := awssecrets.PrefetchedVersions(ctx, awssecrets.Config{Client: secrets, SecretID: d.FactorSecretID})
		if err != nil {
			return nil, err
		}
		if people.Factors, err = factor.NewVault(versions); err != nil {
			return nil, err
		}
	}
	return account.New(people)
}

// policy judges the passwords that people choose.
func policy(cfg config.Config) (*password.Policy, error) {
	rules := password.PolicyConfig{MinLength: cfg.Directory.MinLength, Words: cfg.CompanyWords()}
	if cfg.Directory.BreachCheck {
		checker, err := pwned.New(pwned.Config{})
		if err != nil {
			return nil, err
		}
		rules.Breached = checker.Breached
	}
	return password.NewPolicy(rules)
}

// openPool gives pages the directory in a Cognito user pool, and the pool's
// managed login where there is one.
func openPool(ctx context.Context, cfg config.Config, aws awsv2.Config, secrets *secretsmanager.Client, pages *web.Config) error {
	d := cfg.Directory
	pool := cognito.Config{
		AWS: aws, UserPoolID: d.UserPoolID, ClientID: d.ClientID, Flow: d.AuthFlow, Attributes: cfg.Attributes(), Mapping: d.Mapping,
	}
	if d.ClientSecretID != "" {
		var err error
		pool.ClientSecret, err = awssecrets.PrefetchedText(ctx, awssecrets.Config{Client: secrets, SecretID: d.ClientSecretID})
		if err != nil {
			return err
		}
	}
	people, err := cognito.New(pool)
	if err != nil {
		return err
	}
	pages.Directory, pages.Recovery = people, people
	inspect(ctx, people)
	if cfg.Federation == nil {
		return nil
	}
	provider := oidc.CognitoConfig(d.UserPoolID, cfg.Federation.Domain, awsv2.ToString(aws.BaseEndpoint))
	provider.ClientID, provider.ClientSecret, provider.Provider = d.ClientID, pool.ClientSecret, cfg.Federation.Provider
	provider.Attributes, provider.Mapping = pool.Attributes, pool.Mapping
	pages.Federation, err = oidc.New(provider)
	return err
}

// inspect tells the log what is wrong with the app client. The pages are served
// all the same: what is mended in Cognito then works at once.
func inspect(ctx context.Context, people *cognito.Directory) {
	problems, err := people.Inspect(ctx)
	if err != nil {
		slog.InfoContext(ctx, "the app client cannot be inspected", "error", err)
	}
	for _, problem := range problems {
		slog.ErrorContext(ctx, "the app client is set up wrongly", "error", problem)
	}
}
