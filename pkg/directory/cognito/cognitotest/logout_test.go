package cognitotest_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"deskpro-login/pkg/directory/cognito/cognitotest"
)

func TestABrowserStaysSignedInUntilItLogsOut(t *testing.T) {
	now := time.Now()
	b := open(t, func(config *cognitotest.Config) { config.Now = func() time.Time { return now } })
	b.pool.Add(mara())
	b.code(t, login)
	response, _ := b.get(t, "/oauth2/authorize", b.authorization())
	if !back(t, response, callback).Has("code") {
		t.Error("it is asked again")
	}
	query := b.authorization()
	query.Set("prompt", "login")
	if response, _ := b.get(t, "/oauth2/authorize", query); response.StatusCode != http.StatusOK {
		t.Errorf("with prompt=login: %s, want the page", response.Status)
	}
	b.pool.Add(cognitotest.User{Email: "otto@example.com", Provider: "IdP"})
	query = b.authorization()
	query.Set("identity_provider", "IdP")
	if response, _ := b.get(t, "/oauth2/authorize", query); response.StatusCode != http.StatusOK {
		t.Errorf("with another provider: %s, want the page", response.Status)
	}

	for name, query := range map[string]url.Values{
		"another client":                {"client_id": {"other"}, "logout_uri": {goodbye}},
		"an address that is not listed": {"client_id": {b.pool.ClientID()}, "logout_uri": {goodbye + "?a=b"}},
		"no address":                    {"client_id": {b.pool.ClientID()}},
	} {
		if response, _ := b.get(t, "/logout", query); response.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", name, response.Status)
		}
	}
	response, _ = b.get(t, "/logout", url.Values{"client_id": {b.pool.ClientID()}, "logout_uri": {goodbye}})
	if got := back(t, response, goodbye); len(got) != 0 {
		t.Errorf("back with %v", got)
	}
	b.code(t, login)
	now = now.Add(time.Hour)
	b.code(t, login)
}
