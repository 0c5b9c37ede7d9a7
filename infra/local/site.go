package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/config"
	"deskpro-login/pkg/deskpro/deskprotest"
	"deskpro-login/pkg/directory/memory"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/lambdahttp"
	"deskpro-login/pkg/lambdahttp/gateway"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/session"
	state "deskpro-login/pkg/state/memory"
	"deskpro-login/pkg/web"
)

// site is the whole of it on one port: the sign-in pages at the listener's
// address, the practice Deskpro at localhost. To a browser these are two sites,
// as they will be in earnest.
type site struct {
	login, helpdesk string // hosts, with their port
	secrets         map[string]redact.Secret
	practice        http.Handler
	pages           http.Handler
}

func newSite(ctx context.Context, address string, logTo io.Writer) (*site, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	s := &site{login: address, helpdesk: net.JoinHostPort("localhost", port), secrets: map[string]redact.Secret{}}
	cfg, err := config.Load(config.Authenticate, s.environment)
	if err != nil {
		return nil, err
	}
	sessions, err := session.New(session.Config{Store: new(state.Store), Idle: cfg.SessionIdle, Absolute: cfg.SessionAbsolute})
	if err != nil {
		return nil, err
	}
	people, err := memory.New(memory.Config{Accounts: practiceAccounts()})
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
		doors = append(doors, web.Door{Name: d.Name, App: d.App, Group: d.Group, Keys: keyring.Static{Key: key}})
		base := "http://" + s.login + "/" + d.Name
		installs[d.Name] = deskprotest.Door{App: d.App, Key: key, LoginURL: base + "/login", LogoutURL: base + "/logout"}
	}
	if s.practice, err = deskprotest.New(deskprotest.Config{Doors: installs}); err != nil {
		return nil, err
	}

	log := slog.New(slog.NewTextHandler(logTo, nil))
	server, err := web.New(web.Config{
		Doors: doors, Sessions: sessions, Directory: people, Brand: cfg.Brand,
		RequestID: lambdahttp.RequestID, Audit: audit.Log{Logger: log}, Log: log,
	})
	if err != nil {
		return nil, err
	}
	s.pages, err = s.gateway(log, map[string]http.Handler{
		"GET /{door}/login":  server.Login(),
		"POST /{door}/login": server.Authenticate(),
		"GET /{door}/logout": server.Logout(),
		"$default":           server.Login(),
	})
	return s, err
}

// environment is what template.yaml would set for this site.
func (s *site) environment(name string) string {
	return map[string]string{
		"BRAND":                 "Practice Company",
		"USERS_DESKPRO_URL":     "http://" + s.helpdesk + "/",
		"USERS_DEFAULT_RETURN":  "/login/authenticate-callback/1",
		"USERS_SECRET":          "users",
		"AGENTS_DESKPRO_URL":    "http://" + s.helpdesk + "/agent/",
		"AGENTS_DEFAULT_RETURN": "/agent/login/authenticate-callback/2",
		"AGENTS_SECRET":         "agents",
		"AGENTS_GROUP":          "deskpro-agents",
		"STATE_TABLE":           "memory",
		"DIRECTORY":             "dynamodb",
		"ACCOUNTS_TABLE":        "memory",
	}[name]
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

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Host == s.helpdesk:
		s.practice.ServeHTTP(w, r)
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
		fmt.Fprintf(w, "  %-16s  %s\n", a.Login, note(a))
	}
	fmt.Fprintln(w)
	for _, door := range []string{config.Users, config.Agents} {
		fmt.Fprintf(w, "practice secret %s: %s\n", door, s.secrets[door].Reveal())
	}
	fmt.Fprintf(w, "listening on http://%s\n", s.login)
}
