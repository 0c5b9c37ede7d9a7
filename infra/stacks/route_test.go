package stacks_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/config"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state/memory"
	"deskpro-login/pkg/web"
)

// routes returns a function's route keys, which the API hands to its handler.
func (s *stack) routes(function string) []string {
	var keys []string
	properties := s.resource(function)["Properties"].(object)
	events, _ := properties["Events"].(object) // preflight and rotate have none
	for name, event := range events {
		event := event.(object)
		route := event["Properties"].(object)
		if event["Type"] != "HttpApi" || s.resolve(route["ApiId"]) != "Api" || route["PayloadFormatVersion"] != "2.0" {
			s.t.Errorf("%s: the event %s is %v, want one of the API with payload format 2.0", function, name, event)
		}
		if route["Method"] == nil && route["Path"] == nil {
			if function != "LoginFunction" {
				s.t.Errorf("%s has the default route, which is the login function's", function)
			}
			continue // it serves a 404 page
		}
		keys = append(keys, route["Method"].(string)+" "+route["Path"].(string))
	}
	return keys
}

func TestRoutesAreThoseThatTheHandlersServe(t *testing.T) {
	app, err := deskpro.New(deskpro.Config{URL: "https://acme.deskpro.com/", Issuer: "test"})
	if err != nil {
		t.Fatal(err)
	}
	sessions, err := session.New(session.Config{Store: &memory.Store{}, Idle: time.Hour, Absolute: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	// With all that there can be to offer: a page that is not gets a 404.
	server, err := web.New(web.Config{
		Doors: []web.Door{{Name: config.Users, App: app}}, Sessions: sessions, Federation: elsewhere{},
		Offers: web.Offers{Reset: true, Confirm: true, Passwordless: true, Federation: "Acme ID"},
	})
	if err != nil {
		t.Fatal(err)
	}
	handlers := map[string]http.Handler{"login": server.Login(), "authenticate": server.Authenticate(), "logout": server.Logout()}

	s := newStack(t, bothDoors)
	candidates := []string{}
	for _, method := range []string{"GET", "POST"} {
		for _, path := range []string{"login", "login/challenge", "login/reset", "login/confirm", "login/federate", "login/callback", "logout", "account"} {
			candidates = append(candidates, method+" /{door}/"+path)
		}
	}
	for _, folder := range folders(t) {
		for _, key := range s.routes(resourceOf(folder, "Function")) {
			if !slices.Contains(candidates, key) {
				t.Errorf("the template has the route %q, which this test does not know", key)
			}
		}
	}
	for folder, handler := range handlers {
		routed := s.routes(resourceOf(folder, "Function"))
		for _, key := range candidates {
			method, path, _ := strings.Cut(key, " ")
			r := httptest.NewRequest(method, strings.ReplaceAll(path, "{door}", config.Users), nil)
			r.Pattern = key
			r.SetPathValue("door", config.Users)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if served := w.Code != http.StatusNotFound; served != slices.Contains(routed, key) {
				t.Errorf("%s: the handler of %s serves it: %v; the template routes it there: %v", key, folder, served, !served)
			}
		}
	}
}

// elsewhere is a federation that begins.
type elsewhere struct{ directory.Federation }

func (elsewhere) Begin(directory.FederationStart) (string, directory.FederationTrip) {
	return "https://id.acme.example/", directory.FederationTrip{}
}

func (elsewhere) Finish(context.Context, redact.Secret, directory.FederationTrip) (*directory.User, error) {
	return nil, directory.ErrFederation
}

func TestOutputsNameEachDoorsPages(t *testing.T) {
	s := newStack(t, bothDoors)
	outputs := s.section("Outputs")
	for name, want := range map[string]string{
		"UsersLoginUrl": "/users/login", "UsersLogoutUrl": "/users/logout", "UsersAccountUrl": "/users/account",
		"AgentsLoginUrl": "/agents/login", "AgentsLogoutUrl": "/agents/logout", "AgentsAccountUrl": "/agents/account",
	} {
		value := s.resolve(outputs[name].(object)["Value"]).(string)
		u, err := url.Parse(value)
		if err != nil || u.Scheme != "https" || u.Host != "Api.execute-api.eu-west-1.amazonaws.com" || u.Path != want {
			t.Errorf("%s is %q, want https://Api.execute-api.eu-west-1.amazonaws.com%s", name, value, want)
		}
	}
}

// Whoever brings a pool must allow these there; one that the stack makes has
// them.
func TestCallbacksToAllowAreOutputs(t *testing.T) {
	federated := map[string]string{"FederationDomain": "id.acme.com", "FederationName": "Acme ID"}
	ownPool := with(bothDoorsWithCognito, federated)
	for name, test := range map[string]struct {
		parameters map[string]string
		want       map[string]string
	}{
		"at the API's own address": {ownPool, map[string]string{
			"UsersCallbackUrl":  "https://Api.execute-api.eu-west-1.amazonaws.com/users/login/callback",
			"AgentsCallbackUrl": "https://Api.execute-api.eu-west-1.amazonaws.com/agents/login/callback",
		}},
		"at a host name of one's own": {with(ownPool, map[string]string{"DomainName": "login.acme.com", "HostedZoneId": "Z0123456789ABC"}), map[string]string{
			"UsersCallbackUrl": "https://login.acme.com/users/login/callback", "AgentsCallbackUrl": "https://login.acme.com/agents/login/callback",
		}},
		"at CloudFront, for the door that is on": {
			with(ownPool, map[string]string{"EdgeDomain": "login.acme.com", "OriginVerifyHashes": behindEdge["OriginVerifyHashes"], "AgentsDeskproUrl": ""}),
			map[string]string{"UsersCallbackUrl": "https://login.acme.com/users/login/callback"},
		},
		"nobody signs in elsewhere":   {bothDoorsWithCognito, nil},
		"a pool that the stack makes": {madePool, nil},
	} {
		s := newStack(t, test.parameters)
		outputs := s.section("Outputs")
		if got, want := s.condition(outputs["FederationDomain"].(object)["Condition"].(string)), test.parameters["FederationDomain"] != ""; got != want {
			t.Errorf("%s: FederationDomain is an output: %v, want %v", name, got, want)
		}
		for _, output := range []string{"UsersCallbackUrl", "AgentsCallbackUrl"} {
			got := ""
			if s.condition(outputs[output].(object)["Condition"].(string)) {
				got = s.resolve(outputs[output].(object)["Value"]).(string)
			}
			if got != test.want[output] {
				t.Errorf("%s: %s is %q, want %q", name, output, got, test.want[output])
			}
		}
	}
}
