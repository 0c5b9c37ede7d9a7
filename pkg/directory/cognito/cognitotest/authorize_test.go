package cognitotest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"deskpro-login/pkg/directory/cognito/cognitotest"
)

func TestAnAuthorizationMustBeInOrder(t *testing.T) {
	b := open(t, nil)
	b.pool.Add(mara())
	set := func(name, value string) func(url.Values) { return func(q url.Values) { q.Set(name, value) } }
	drop := func(name string) func(url.Values) { return func(q url.Values) { q.Del(name) } }
	for _, row := range []struct {
		name   string
		change func(url.Values)
		shown  string // on managed login's own page
		want   string // sent back
	}{
		{name: "another client", change: set("client_id", "other"), shown: "invalid_client"},
		{name: "a callback that is not listed", change: set("redirect_uri", callback+"/"), shown: "redirect_mismatch"},
		{name: "no callback", change: drop("redirect_uri"), shown: "redirect_mismatch"},
		{name: "a parameter twice", change: func(q url.Values) { q.Add("state", "again") }, shown: "invalid_request"},
		{name: "a parameter that is unknown", change: set("response_mode", "fragment"), shown: "invalid_request"},
		{name: "the implicit grant", change: set("response_type", "token"), want: "unsupported_response_type"},
		{name: "no openid", change: set("scope", "email"), want: "invalid_scope"},
		{name: "a scope that is unknown", change: set("scope", "openid admin"), want: "invalid_scope"},
		{name: "no state", change: drop("state"), want: "invalid_request"},
		{name: "no nonce", change: drop("nonce"), want: "invalid_request"},
		{name: "no PKCE", change: drop("code_challenge"), want: "invalid_request"},
		{name: "PKCE in plain", change: set("code_challenge_method", "plain"), want: "invalid_request"},
		{name: "a challenge that is no hash", change: set("code_challenge", verifier+"="), want: "invalid_request"},
		{name: "a provider that nobody has", change: set("identity_provider", "Elsewhere"), want: "invalid_request"},
		{name: "a prompt that is unknown", change: set("prompt", "shout"), want: "invalid_request"},
		{name: "nobody to be signed in silently", change: set("prompt", "none"), want: "login_required"},
	} {
		t.Run(row.name, func(t *testing.T) {
			query := b.authorization()
			row.change(query)
			response, page := b.get(t, "/oauth2/authorize", query)
			if row.shown != "" {
				if response.StatusCode != http.StatusBadRequest || !strings.Contains(page, row.shown) {
					t.Errorf("got %s\n%s\nwant %s", response.Status, page, row.shown)
				}
				return
			}
			got := back(t, response, callback)
			if got.Get("error") != row.want || got.Get("state") != query.Get("state") || got.Has("code") {
				t.Errorf("back with %v, want %s and the state", got, row.want)
			}
		})
	}
}

func TestAChoiceIsMadeOnce(t *testing.T) {
	b := open(t, nil)
	b.pool.Add(mara())
	b.pool.Add(cognitotest.User{Email: "otto@example.com", EmailVerified: true, Provider: "IdP"})
	closed := map[string]cognitotest.User{
		"disabled":    {Email: "olga@example.com", Disabled: true},
		"blocked":     {Email: "bert@example.com", Blocked: true},
		"unconfirmed": {Email: "una@example.com", Status: cognitotest.Unconfirmed},
	}
	for _, u := range closed {
		b.pool.Add(u)
	}

	cancel := b.choose(t, b.authorization(), "Cancel")
	response, _ := b.get(t, "/oauth2/authorize/choose", cancel)
	if got := back(t, response, callback); got.Get("error") != "access_denied" || got.Get("state") != "a state" {
		t.Errorf("cancelling sends back %v", got)
	}
	if response, _ := b.get(t, "/oauth2/authorize/choose", cancel); response.StatusCode != http.StatusBadRequest {
		t.Errorf("the second time: %s", response.Status)
	}
	for name, u := range closed {
		choice := b.choose(t, b.authorization(), u.Email)
		if response, _ := b.get(t, "/oauth2/authorize/choose", choice); !choice.Has("account") || response.StatusCode != http.StatusBadRequest {
			t.Errorf("an account that is %s: %s", name, response.Status)
		}
	}

	query := b.authorization()
	query.Set("identity_provider", "IdP")
	if b.choose(t, query, login).Has("account") {
		t.Error("a provider's page offers others' users")
	}
	choice := b.choose(t, query, "otto@example.com (IdP)")
	if !choice.Has("account") {
		t.Fatal("a provider's page does not offer its users")
	}
	choice.Set("account", b.choose(t, b.authorization(), login).Get("account"))
	if response, _ := b.get(t, "/oauth2/authorize/choose", choice); response.StatusCode != http.StatusBadRequest {
		t.Errorf("another provider's user: %s", response.Status)
	}
}
