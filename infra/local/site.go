package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/config"
	"deskpro-login/pkg/deskpro/deskprotest"
	"deskpro-login/pkg/directory/cognito/cognitotest"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/lambdahttp"
	"deskpro-login/pkg/lambdahttp/gateway"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state"
	"deskpro-login/pkg/state/dynamo"
	"deskpro-login/pkg/state/memory"
	"deskpro-login/pkg/web"
)

// site is the whole of it on one port: the sign-in pages at the listener's
// address, the practice Deskpro at localhost. To a browser these are two sites,
// as they will be in earnest.
type site struct {
	login, helpdesk string // hosts, with their port
	options         options
	// Of pool and cloud, one is there: it has the accounts.
	pool     *cognitotest.Server
	cloud    *cloud
	secrets  map[string]redact.Secret
	practice http.Handler
	pages    http.Handler
}

func newSite(ctx context.Context, address string, o options, logTo io.Writer) (*site, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	s := &site{login: address, helpdesk: net.JoinHostPort("localhost", port), options: o, secrets: map[string]redact.Secret{}}
	fresh := false
	if o.directory == "cognito" {
		s.pool, err = newPool(o, s.login, logTo)
	} else {
		s.cloud, fresh, err = newCloud(o.data)
	}
	if err != nil {
		return nil, err
	}
	cfg, err := config.Load(config.Authenticate, s.environment)
	if err != nil {
		return nil, err
	}
	store, err := s.openState(cfg.StateTable)
	if err != nil {
		return nil, err
	}
	sessions, err := session.New(session.Config{Store: store, Idle: cfg.SessionIdle, Absolute: cfg.SessionAbsolute})
	if err != nil {
		return nil, err
	}
	var doors []web.Door
	installs := map[string]deskprotest.Door{}
	for _, d := range cfg.Doors {
		// Two draws of 26 characters each, as a careful admin would paste.
		secret := redact.New(rand.Text() + rand.Text())
		key, err := keyring.ParseKey(secret, "practice")
		if err != nil {
			return nil, err
		}
		s.secrets[d.Name] = secret
		doors = append(doors, web.Door{Name: d.Name, App: d.App, Group: d.Group, Factor: d.Factor, Keys: keyring.Static{Key: key}})
		base := "http://" + s.login + "/" + d.Name
		install := deskprotest.Door{App: d.App, Key: key, LoginURL: base + "/login", LogoutURL: base + "/logout"}
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
		Doors: doors, Sessions: sessions, Store: store, Brand: cfg.Brand,
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

// openState returns the store of sessions: in the cloud's table, where loginctl
// can end them, or in memory.
func (s *site) openState(table string) (state.Store, error) {
	if s.cloud == nil {
		return new(memory.Store), nil
	}
	aws, err := s.cloud.config()
	if err != nil {
		return nil, err
	}
	return dynamo.New(dynamo.Config{Client: dynamodb.NewFromConfig(aws), Table: table})
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
	if s.cloud != nil {
		s.cloud.close()
	}
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Host == s.helpdesk:
		s.practice.ServeHTTP(w, r)
	case r.Host == s.login && s.cloud != nil && isCall(r):
		s.cloud.ServeHTTP(w, r)
	case r.Host == s.login && r.URL.Path == "/":
		http.Redirect(w, r, "http://"+s.helpdesk+"/", http.StatusFound)
	default:
		s.pages.ServeHTTP(w, r)
	}
}

// banner says what there is; its last line tells that the server is ready.
func (s *site) banner(w io.Writer) {
	fmt.Fprintf(w, "\npractice Deskpro: help centre http://%[1]s/, agent interface http://%[1]s/agent/\n\n", s.helpdesk)
	fmt.Fprintf(w, "accounts, all with the password %s:\n", practicePassword)
	for _, a := range practiceAccounts() {
		if s.pool != nil && a.user != nil || s.cloud != nil && a.row != nil {
			fmt.Fprintf(w, "  %-16s  %s\n", a.email, a.note)
		}
	}
	if s.cloud != nil {
		fmt.Fprintf(w, "\nchange them: go run ./infra/loginctl account list --endpoint-url http://%s --table %s --state-table %s\n", s.login, accountsTable, stateTable)
	}
	fmt.Fprintln(w)
	for _, door := range []string{config.Users, config.Agents} {
		fmt.Fprintf(w, "practice secret %s: %s\n", door, s.secrets[door].Reveal())
	}
	fmt.Fprintf(w, "listening on http://%s\n", s.login)
}
