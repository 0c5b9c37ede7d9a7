package oidc_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/redact"
)

func TestACodeIsTakenOnceFromWhoBegan(t *testing.T) {
	for _, row := range []struct {
		name string
		edit func(code *redact.Secret, trip *directory.FederationTrip)
		want string
	}{
		{"another sign-in's verifier", func(_ *redact.Secret, trip *directory.FederationTrip) { trip.Verifier = strings.Repeat("v", 43) }, "invalid_grant"},
		{"another sign-in's nonce", func(_ *redact.Secret, trip *directory.FederationTrip) { trip.Nonce = strings.Repeat("n", 43) }, "nonce"},
		{"another address of ours", func(_ *redact.Secret, trip *directory.FederationTrip) { trip.Callback += "2" }, "invalid_grant"},
		{"an invented code", func(code *redact.Secret, _ *directory.FederationTrip) { *code = redact.New("needle") }, "invalid_grant"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := startProvider(t)
			federation := open(t, p.config())
			code, trip := begin(t, federation)
			row.edit(&code, &trip)
			_, err := p.finish(t, federation, code, trip)
			if !errors.Is(err, directory.ErrFederation) && !errors.Is(err, directory.ErrFederationCode) || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want ErrFederation about %s", err, row.want)
			}
		})
	}
	p := startProvider(t)
	federation := open(t, p.config())
	code, trip := begin(t, federation)
	if _, err := p.finish(t, federation, code, trip); err != nil {
		t.Fatal(err)
	}
	if _, err := p.finish(t, federation, code, trip); !errors.Is(err, directory.ErrFederationCode) {
		t.Errorf("a code for the second time: %v, want ErrFederationCode", err)
	}
}

func TestWhatCannotBeACodeIsNotSent(t *testing.T) {
	p := startProvider(t)
	federation := open(t, p.config())
	_, trip := federation.Begin(directory.FederationStart{Callback: callback, State: "s"})
	for name, code := range map[string]string{
		"empty": "", "a line end": "needle\n", "not ASCII": "needlé", "not UTF-8": "needle\xff", "too long": strings.Repeat("needle", 1000),
	} {
		if _, err := p.finish(t, federation, redact.New(code), trip); !errors.Is(err, directory.ErrFederationCode) {
			t.Errorf("%s: got %v, want ErrFederationCode", name, err)
		}
	}
	for name, trip := range map[string]directory.FederationTrip{
		"no trip": {}, "no nonce": {Callback: callback, Verifier: trip.Verifier}, "no verifier": {Callback: callback, Nonce: trip.Nonce}, "no callback": {Nonce: trip.Nonce, Verifier: trip.Verifier},
	} {
		if _, err := p.finish(t, federation, redact.New("code"), trip); !errors.Is(err, directory.ErrFederation) {
			t.Errorf("%s: got %v, want ErrFederation", name, err)
		}
	}
	if p.exchanges != 0 {
		t.Errorf("the provider was asked %d times, want none", p.exchanges)
	}
}

func TestAnswersOfTheTokenEndpoint(t *testing.T) {
	refuse := func(status int, word string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fail(w, status, word) }
	}
	body := func(status int, kind, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, text)
		}
	}
	huge := strings.Repeat(" ", 80<<10)
	const json, html = "application/json", "text/html"
	for _, row := range []struct {
		name   string
		answer http.HandlerFunc
		want   error
		say    string
	}{
		{"a code that is used or expired", refuse(400, "invalid_grant"), directory.ErrFederationCode, "error invalid_grant"},
		{"another client", refuse(401, "invalid_client"), directory.ErrMisconfigured, "error invalid_client"},
		{"a grant that it does not know", refuse(400, "unsupported_grant_type"), directory.ErrMisconfigured, "error unsupported_grant_type"},
		{"another address of ours, or a client without the code grant", refuse(400, "unauthorized_client"), directory.ErrFederationCode, "error unauthorized_client"},
		{"a request that it does not understand", refuse(400, "invalid_request"), directory.ErrFederationCode, "error invalid_request"},
		{"another address of ours, in other words", refuse(400, "redirect_mismatch"), directory.ErrFederationCode, "error redirect_mismatch"},
		{"a scope that it does not know", refuse(400, "invalid_scope"), directory.ErrFederationCode, "error invalid_scope"},
		{"an error in an answer of success", refuse(200, "invalid_client"), directory.ErrMisconfigured, "error invalid_client"},
		{"an error in the provider's own words", refuse(400, "needle\n words"), directory.ErrFederationCode, "error unknown"},
		{"an error that is overlong", refuse(400, strings.Repeat("needle", 10)), directory.ErrFederationCode, "error unknown"},
		{"a refusal without a word", body(400, html, "needle"), directory.ErrFederationCode, "400"},
		{"a refusal of the method", body(405, html, "needle"), directory.ErrFederationCode, "405"},
		{"a wish to slow down", refuse(429, "invalid_request"), directory.ErrThrottled, "429"},
		{"a wish to slow down, as a page", body(429, html, "<h1>needle</h1>"), directory.ErrThrottled, "429"},
		{"a fault of its own", refuse(500, "invalid_grant"), directory.ErrUnavailable, "500"},
		{"a fault that it tells as ours", refuse(400, "temporarily_unavailable"), directory.ErrUnavailable, "temporarily_unavailable"},
		{"a proxy's page", body(503, html, "needle"), directory.ErrUnavailable, "503"},
		{"a proxy's long page", body(503, html, "needle"+huge), directory.ErrUnavailable, "503"},
		{"a wait that was too long", body(408, html, "needle"), directory.ErrUnavailable, "408"},
		{"headers without end", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("needle", 20<<10)) }, directory.ErrUnavailable, "headers exceeded"},
		{"no such page", body(404, html, "needle"), directory.ErrMisconfigured, "404"},
		{"no such page, with a word", refuse(404, "invalid_grant"), directory.ErrMisconfigured, "404"},
		{"a firewall's page", body(403, html, "needle"), directory.ErrThrottled, "403"},
		{"a firewall's answer", refuse(403, "invalid_client"), directory.ErrThrottled, "403"},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/token", http.StatusTemporaryRedirect)
		}, directory.ErrMisconfigured, "307"},
		{"a page in place of tokens", body(200, html, "needle"), directory.ErrUnavailable, "no tokens"},
		{"JSON of another kind", body(200, json, `["needle"]`), directory.ErrUnavailable, "no tokens"},
		{"an odd lifetime", body(200, json, `{"access_token":"a","expires_in":"needle"}`), directory.ErrUnavailable, "no tokens"},
		{"nothing at all", body(200, json, ``), directory.ErrUnavailable, "no tokens"},
		{"an answer without end", body(200, json, huge+`{"access_token":"needle"}`), directory.ErrUnavailable, "64 KB"},
		{"an answer cut short", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"access_token":"needle"`)
		}, directory.ErrUnavailable, "EOF"},
		{"no answer", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, directory.ErrUnavailable, "EOF"},
		{"tokens without an ID token", body(200, json, `{"access_token":"needle"}`), directory.ErrFederation, "no ID token"},
		{"an ID token that is no text", body(200, json, `{"access_token":"needle","id_token":7}`), directory.ErrFederation, "no ID token"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := startProvider(t)
			p.tokens = row.answer
			_, err := p.signIn(t, open(t, p.config()))
			if !errors.Is(err, row.want) || !strings.Contains(err.Error(), row.say) {
				t.Errorf("got %v, want %v and %q", err, row.want, row.say)
			}
			if p.exchanges != 1 {
				t.Errorf("the code was sent %d times, want once", p.exchanges)
			}
		})
	}
}

func TestFinishEndsWithItsContext(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server see the client go
		<-r.Context().Done()
	}
	for _, row := range []struct {
		name string
		edit func(*provider)
	}{
		{"at the token endpoint", func(p *provider) { p.tokens = hang }},
		{"at the keys", func(p *provider) { p.jwks = hang }},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := startProvider(t)
			row.edit(p)
			federation := open(t, p.config())
			code, trip := begin(t, federation)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			start := time.Now()
			user, err := federation.Finish(ctx, code, trip)
			if user != nil || !errors.Is(err, directory.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %+v, %v, want ErrUnavailable for the deadline", user, err)
			}
			if took := time.Since(start); took > time.Second {
				t.Errorf("returned after %v", took)
			}
		})
	}
	t.Run("when it has ended before", func(t *testing.T) {
		p := startProvider(t)
		federation := open(t, p.config())
		code, trip := begin(t, federation)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := federation.Finish(ctx, code, trip); !errors.Is(err, directory.ErrUnavailable) || p.exchanges != 0 {
			t.Errorf("got %v after %d requests, want ErrUnavailable after none", err, p.exchanges)
		}
	})
}

func TestNobodyIsThere(t *testing.T) {
	p := startProvider(t)
	gone := httptest.NewServer(nil)
	gone.Close()
	config := p.config()
	config.TokenURL = gone.URL + "/token"
	if _, err := p.signIn(t, open(t, config)); !errors.Is(err, directory.ErrUnavailable) {
		t.Errorf("no token endpoint: %v, want ErrUnavailable", err)
	}
	config = p.config()
	config.Issuers = map[string]string{issuer: gone.URL + "/keys"}
	if _, err := p.signIn(t, open(t, config)); !errors.Is(err, directory.ErrUnavailable) {
		t.Errorf("no keys: %v, want ErrUnavailable", err)
	}
}
