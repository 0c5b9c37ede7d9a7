package cognitotest_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/directory/cognito/cognitotest"
)

func TestACodeIsForItsOwnRequest(t *testing.T) {
	now := time.Now()
	b := open(t, func(config *cognitotest.Config) { config.Now = func() time.Time { return now } })
	b.pool.Add(mara())
	for _, row := range []struct {
		name string
		form func(url.Values)
		call func(*http.Request)
		want string
	}{
		{name: "another callback", form: func(f url.Values) { f.Set("redirect_uri", goodbye) }, want: "400 unauthorized_client"},
		{name: "another verifier", form: func(f url.Values) { f.Set("code_verifier", strings.ToUpper(verifier)) }, want: "400 invalid_grant"},
		{name: "no verifier", form: func(f url.Values) { f.Del("code_verifier") }, want: "400 invalid_request"},
		{name: "another code", form: func(f url.Values) { f.Set("code", "x") }, want: "400 invalid_grant"},
		{name: "another grant", form: func(f url.Values) { f.Set("grant_type", "password") }, want: "400 unsupported_grant_type"},
		{name: "a parameter that is unknown", form: func(f url.Values) { f.Set("client_secret", "shhh") }, want: "400 invalid_request"},
		{name: "a parameter twice", form: func(f url.Values) { f.Add("code", "x") }, want: "400 invalid_request"},
		{name: "no secret", call: func(r *http.Request) { r.Header.Del("Authorization") }, want: "400 invalid_client"},
		{name: "another secret", call: func(r *http.Request) { r.SetBasicAuth(b.pool.ClientID(), "other") }, want: "400 invalid_client"},
		{name: "another client", call: func(r *http.Request) { r.SetBasicAuth("other", "shhh") }, want: "400 invalid_client"},
		{name: "another client in the form", form: func(f url.Values) { f.Set("client_id", "other") }, want: "400 invalid_client"},
		{name: "JSON", call: func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, want: "400 invalid_request"},
		{name: "a query", call: func(r *http.Request) { r.URL.RawQuery = "a=b" }, want: "400 invalid_request"},
	} {
		t.Run(row.name, func(t *testing.T) {
			b.Jar, _ = cookiejar.New(nil)
			form := b.form(b.code(t, login))
			if row.form != nil {
				row.form(form)
			}
			var calls []func(*http.Request)
			if row.call != nil {
				calls = append(calls, row.call)
			}
			if _, err := b.exchange(t, form, calls...); err == nil || err.Error() != row.want {
				t.Errorf("got %v, want %s", err, row.want)
			}
		})
	}

	b.Jar, _ = cookiejar.New(nil)
	form := b.form(b.code(t, login))
	if _, err := b.exchange(t, form); err != nil {
		t.Fatal(err)
	}
	if _, err := b.exchange(t, form); err == nil || err.Error() != "400 invalid_grant" {
		t.Errorf("a code twice: %v", err)
	}
	b.Jar, _ = cookiejar.New(nil)
	form = b.form(b.code(t, login))
	now = now.Add(5 * time.Minute)
	if _, err := b.exchange(t, form); err == nil || err.Error() != "400 invalid_grant" {
		t.Errorf("an old code: %v", err)
	}
}

func TestAWrongVerifierSpendsTheCode(t *testing.T) {
	b := open(t, nil)
	b.pool.Add(mara())
	form := b.form(b.code(t, login))
	form.Set("code_verifier", strings.ToUpper(verifier))
	if _, err := b.exchange(t, form); err == nil {
		t.Fatal("it was exchanged")
	}
	form.Set("code_verifier", verifier)
	if _, err := b.exchange(t, form); err == nil || err.Error() != "400 invalid_grant" {
		t.Errorf("the right verifier then: %v", err)
	}
}

func TestAClientWithoutASecretNamesItself(t *testing.T) {
	b := open(t, func(config *cognitotest.Config) { config.ClientSecret = "" })
	b.pool.Add(mara())
	form := b.form(b.code(t, login))
	form.Del("client_id")
	if _, err := b.exchange(t, form); err == nil || err.Error() != "400 invalid_client" {
		t.Errorf("no client: %v", err)
	}
	form.Set("client_id", b.pool.ClientID())
	if _, err := b.exchange(t, form, func(r *http.Request) { r.SetBasicAuth(b.pool.ClientID(), "") }); err == nil || err.Error() != "400 invalid_client" {
		t.Errorf("an empty secret: %v", err)
	}
	if _, err := b.exchange(t, form); err != nil {
		t.Errorf("the client: %v", err)
	}
}

func TestADisabledAccountGetsNoTokens(t *testing.T) {
	b := open(t, nil)
	b.pool.Add(mara())
	form := b.form(b.code(t, login))
	b.pool.Edit(t, login, func(u *cognitotest.User) { u.Disabled = true })
	if _, err := b.exchange(t, form); err == nil || err.Error() != "400 invalid_grant" {
		t.Errorf("got %v, want invalid_grant", err)
	}
	if response, _ := b.get(t, "/oauth2/authorize", b.authorization()); response.StatusCode != http.StatusOK {
		t.Errorf("its browser: %s, want the page", response.Status)
	}
}
