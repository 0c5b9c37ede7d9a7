package cognitotest_test

import (
	"net/http/cookiejar"
	"testing"

	"deskpro-login/pkg/directory/cognito/cognitotest"
)

func TestKeysAreRolled(t *testing.T) {
	b := open(t, nil)
	b.pool.Add(mara())
	got, err := b.exchange(t, b.form(b.code(t, login)))
	if err != nil {
		t.Fatal(err)
	}
	old := got["id_token"].(string)
	if _, err := b.verified(t, old); err != nil {
		t.Errorf("before: %v", err)
	}
	b.pool.RollKeys(t)
	if _, err := b.verified(t, old); err == nil {
		t.Error("the old key is still there")
	}
	b.Jar, _ = cookiejar.New(nil)
	got, err = b.exchange(t, b.form(b.code(t, login)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.verified(t, got["id_token"].(string)); err != nil {
		t.Errorf("after: %v", err)
	}
	if got := b.pool.KeyRequests(); got != 3 {
		t.Errorf("the keys were fetched %d times, want 3", got)
	}
}

func TestFaultsMeetManagedLogin(t *testing.T) {
	b := open(t, nil)
	b.pool.Add(mara())
	b.pool.Inject(cognitotest.Fault{Claims: func(claims map[string]any) { claims["nonce"] = "another" }})
	got, err := b.exchange(t, b.form(b.code(t, login)))
	if err != nil {
		t.Fatal(err)
	}
	if nonce := claims(t, got["id_token"].(string))["nonce"]; nonce != "another" {
		t.Errorf("nonce = %v", nonce)
	}
	b.pool.Inject(cognitotest.Fault{Operation: "token", Exception: "server_error", Status: 500})
	if _, err := b.exchange(t, b.form("x")); err == nil || err.Error() != "500 server_error" {
		t.Errorf("at the token endpoint: %v", err)
	}
	b.pool.Inject(cognitotest.Fault{Operation: "keys", Status: 503})
	if response, _ := b.get(t, "/"+b.pool.PoolID()+"/.well-known/jwks.json", nil); response.StatusCode != 503 {
		t.Errorf("the keys: %s", response.Status)
	}
	b.pool.Inject(cognitotest.Fault{Operation: "authorize", Exception: "temporarily_unavailable"})
	response, _ := b.get(t, "/oauth2/authorize", b.authorization())
	if got := back(t, response, callback); got.Get("error") != "temporarily_unavailable" {
		t.Errorf("the authorize endpoint sends back %v", got)
	}
}
