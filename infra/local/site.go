package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/bounce"
	"deskpro-login/pkg/config"
	"deskpro-login/pkg/deskpro/deskprotest"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/cognito/cognitotest"
	"deskpro-login/pkg/keyring/awssecrets"
	"deskpro-login/pkg/lambdahttp"
	"deskpro-login/pkg/lambdahttp/gateway"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/regulation"
	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state/dynamo"
	"deskpro-login/pkg/web"
)

// site is the whole of it on one port: the sign-in pages at the listener's
// address, the practice Deskpro at localhost. To a browser these are two sites,
// as they will be in earnest.
type site struct {
	login, helpdesk string // hosts, with their port
	options         options
	// pool has the accounts; nil: cloud's table has them.
	pool     *cognitotest.Server
	cloud    *cloud
	secrets  map[string]redact.Secret // at the start
	practice http.Handler
	pages    http.Handler
}

func newSite(ctx context.Context, address string, o options, logTo io.Writer) (*site, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	s := &site{login: address, helpdesk: net.JoinHostPort("localhost", port), options: o, secrets: map[string]redact.Secret{}}
	var fresh bool
	if s.cloud, fresh, err = newCloud(o); err != nil {
		return nil, err
	}
	if o.directory == "cognito" {
		if s.pool, err = newPool(o, s.login, logTo); err != nil {
			return nil, err
		}
	}
	cfg, err := config.Load(config.Authenticate, s.environment)
	if err != nil {
		return nil, err
	}
	first, err := config.Load(config.Login, s.environment)
	if err != nil {
		return nil, err
	}
	aws, err := s.cloud.config()
	if err != nil {
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
	var doors []web.Door
	installs := map[string]deskprotest.Door{}
	secrets := secretsmanager.NewFromConfig(aws)
	for _, d := range cfg.Doors {
		keys, err := awssecrets.PrefetchedKeys(ctx, awssecrets.Config{Client: secrets, SecretID: d.SecretID})
		if err != nil {
			return nil, err
		}
		key, err := keys.Current(ctx)
		if err != nil {
			return nil, err
		}
		s.secrets[d.Name] = redact.New(string(key.Bytes()))
		doors = append(doors, web.Door{Name: d.Name, App: d.App, Group: d.Group, Factor: d.Factor, Keys: keys, Looks: web.Looks(d.Looks)})
		base := "http://" + s.login + "/" + d.Name
		install := deskprotest.Door{App: d.App, Key: key, LoginURL: base + "/login", LogoutURL: base + "/logout", Automatic: o.sso == "automatic"}
		if s.pool != nil {
			install.LogoutOrigins = []string{s.pool.ManagedLoginURL()}
		}
		installs[d.Name] = install
	}
	if s.practice, err = deskprotest.New(deskprotest.Config{Doors: installs}); err != nil {
		return nil, err
	}

	log := slog.New(slog.NewTextHandler(logTo, nil))
	pages := web.Config{
		Doors: doors, Sessions: sessions, Store: store, Regulation: guesses, RefusalTime: cfg.RefusalTime, Looks: web.Looks(cfg.Looks), Languages: cfg.Languages,
		RotationWindow: first.RotationWindow, Ledger: bounce.NewLedger(store, nil),
		RequestID: lambdahttp.RequestID, Audit: audit.Log{Logger: log}, Log: log,
	}
	if s.pool == nil {
		err = openTable(ctx, cfg, s.cloud, fresh, log, &pages)
	} else {
		err = openPool(cfg, s.pool, &pages)
	}
	if err != nil {
		return nil, err
	}
	server, err := web.New(pages)
	if err != nil {
		return nil, err
	}
	s.pages, err = s.gateway(log, server.Routes())
	return s, err
}

// environment is what template.yaml would set for this site.
func (s *site) environment(name string) string {
	variables := map[string]string{
		"BRAND":                 "Practice Company",
		"USERS_DESKPRO_URL":     "http://" + s.helpdesk + "/",
		"USERS_DEFAULT_RETURN":  "/login/authenticate-callback/1",
		"USERS_SECRET":          "users",
		"AGENTS_DESKPRO_URL":    "http://" + s.helpdesk + "/agent/",
		"AGENTS_DEFAULT_RETURN": "/agent/login/authenticate-callback/2",
		"AGENTS_SECRET":         "agents",
		"AGENTS_GROUP":          agentsGroup,
		"STATE_TABLE":           stateTable,
		"DIRECTORY":             s.options.directory,
	}
	maps.Copy(variables, s.options.looks)
	switch {
	case s.pool == nil:
		variables["ACCOUNTS_TABLE"] = accountsTable
		variables["FACTORS"], variables["FACTOR_SECRET"] = "on", "practice" // where it would be kept
		if s.options.mfa {
			variables["USERS_FACTOR"], variables["AGENTS_FACTOR"] = "required", "required"
		}
	case s.options.federation != "off":
		variables["FEDERATION_DOMAIN"] = s.pool.ManagedLoginURL()
		variables["FEDERATION_NAME"] = providerName
		variables["FEDERATION_MODE"] = s.options.federation
		fallthrough
	default:
		variables["COGNITO_USER_POOL_ID"], variables["COGNITO_CLIENT_ID"] = s.pool.PoolID(), s.pool.ClientID()
		variables["COGNITO_CLIENT_SECRET"] = "practice" // where it would be kept
		variables["COGNITO_AUTH_FLOW"] = s.options.flow
		variables["COGNITO_CLAIMS"] = "id=custom:staff_no"
		variables["ACCOUNT_CONFIRMATION"] = "on"
	}
	return variables[name]
}

// gateway puts the handlers behind an API of their own, as Lambda functions.
func (s *site) gateway(log *slog.Logger, handlers map[string]http.Handler) (http.Handler, error) {
	routes := map[string]gateway.Function{}
	for key, handler := range handlers {
		function, err := lambdahttp.New(lambdahttp.Config{HTTP: handler, Log: log})
		if err != nil {
			return nil, err
		}
		routes[key] = function
	}
	api, err := gateway.New(gateway.Config{Domain: s.login, Routes: routes})
	if err != nil {
		return nil, err
	}
	return plainCookies(api), nil
}

func (s *site) close() {
	if s.pool != nil {
		s.pool.Close()
	}
	s.cloud.close()
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Host == s.helpdesk:
		s.practice.ServeHTTP(w, r)
	case r.Host == s.login && isCall(r):
		s.cloud.ServeHTTP(w, r)
	case r.Host == s.login && r.URL.Path == "/":
		http.Redirect(w, r, "http://"+s.helpdesk+"/", http.StatusFound) // #nosec G710 -- this server's own address
	default:
		s.pages.ServeHTTP(w, r)
	}
}

// banner says what there is; its last line tells that the server is ready.
func (s *site) banner(w io.Writer) {
	fmt.Fprintf(w, "\npractice Deskpro: help centre http://%[1]s/, agent interface http://%[1]s/agent/\n\n", s.helpdesk)
	fmt.Fprintf(w, "accounts, all with the password %s:\n", practicePassword)
	for _, a := range practiceAccounts() {
		if s.pool != nil && a.user != nil || s.pool == nil && a.row != nil {
			fmt.Fprintf(w, "  %-16s  %s\n", a.email, a.note)
		}
	}
	if s.pool == nil {
		fmt.Fprintf(w, "\nchange them: go run ./infra/loginctl account list --endpoint-url http://%s --table %s --state-table %s\n", s.login, accountsTable, stateTable)
	}
	fmt.Fprintf(w, "\nafter wrong passwords: go run ./infra/loginctl ban list --endpoint-url http://%s --state-table %s\n\n", s.login, stateTable)
	for _, door := range []string{config.Users, config.Agents} {
		fmt.Fprintf(w, "practice secret %s: %s\n", door, s.secrets[door].Reveal())
	}
	fmt.Fprintf(w, "paste them into Deskpro: http://%[1]s/settings/jwt, http://%[1]s/agent/settings/jwt\n", s.helpdesk)
	fmt.Fprintf(w, "rotate them: go run ./infra/loginctl secret status --endpoint-url http://%s --users-secret %s --agents-secret %s --state-table %s\n", s.login, config.Users, config.Agents, stateTable)
	fmt.Fprintf(w, "listening on http://%s\n", s.login)
}
