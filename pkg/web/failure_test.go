package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/state/statetest"
	"deskpro-login/pkg/web"
)

func TestAKeyThatCannotSignIsAPageAndTheSessionIsKept(t *testing.T) {
	for _, row := range []struct {
		err  error
		code string
	}{
		{keyring.ErrUnavailable, "DPL-3003"}, {keyring.ErrAbsent, "DPL-3004"}, {keyring.ErrUnusable, "DPL-3005"},
	} {
		s := newSite(t)
		b := s.browser(t)
		s.keys["users"].err = row.err
		page := b.signIn()
		page.wantPage(t, http.StatusServiceUnavailable, row.code, "Try again")
		if !strings.Contains(s.log.String(), row.code) {
			t.Errorf("log does not name %s:\n%s", row.code, s.log)
		}
		s.keys["users"].err = nil
		// The password was right: trying again needs none.
		again := regexp.MustCompile(`href="(/users/login[^"]*)">Try again`).FindStringSubmatch(page.body)
		if again == nil {
			t.Fatalf("no way to try again:\n%s", page.body)
		}
		b.get(again[1]).wantToken(t, s, "users", callback)
	}
}

func TestAStoreThatFailsOrHangsIsAPageWithinTheTimeout(t *testing.T) {
	for name, mode := range map[string]statetest.Mode{"fails": statetest.Fail, "hangs": statetest.Hang, "fails after it persisted": statetest.FailAfter} {
		t.Run(name, func(t *testing.T) {
			const timeout = 2 * time.Second
			s := newSite(t, func(c *web.Config) { c.Timeout = timeout })
			b := s.browser(t)
			b.signIn()
			cookie := b.cookie
			s.store.Set(mode)

			start := time.Now()
			b.get("/users/login?return=/x").wantPage(t, http.StatusServiceUnavailable, "DPL-3002", "Try again")
			if mode != statetest.FailAfter { // what it ended, it ended
				b.get("/users/logout").wantPage(t, http.StatusServiceUnavailable, "DPL-3002")
			}
			if b.cookie != cookie {
				t.Error("the session's cookie was dropped")
			}
			fresh := s.browser(t)
			fresh.get("/users/login").wantPage(t, http.StatusOK, "Sign in") // needs no store
			fresh.signIn().wantPage(t, http.StatusServiceUnavailable, "DPL-3002")
			if fresh.cookie != "" {
				t.Error("a session was given that is not known to be stored")
			}
			if elapsed := time.Since(start); elapsed > 3*timeout+2*time.Second {
				t.Errorf("four requests took %v", elapsed)
			}

			s.store.Set(statetest.Work)
			b.get("/users/login").wantToken(t, s, "users", helpdesk+"/")
		})
	}
}

func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	answers := map[string]answer{
		"page":       b.get("/users/login"),
		"error":      b.get("/users/login?return=//evil.example"),
		"no door":    b.get("/x/login"),
		"refused":    b.post("/users/login", credentials("x", "y", "")),
		"signed in":  b.signIn(),
		"sso":        b.get("/users/login"),
		"signed out": b.get("/users/logout?return=/"),
		"logout":     b.get("/users/logout"),
	}
	for name, a := range answers {
		for header, want := range map[string]string{
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "X-Robots-Tag": "noindex",
			"Strict-Transport-Security": "max-age=31536000",
		} {
			if got := a.Header.Get(header); got != want {
				t.Errorf("%s: %s = %q, want %q", name, header, got, want)
			}
		}
		redirects := a.StatusCode == http.StatusFound
		wantReferrer := "same-origin"
		if redirects {
			wantReferrer = "no-referrer"
		}
		if got := a.Header.Get("Referrer-Policy"); got != wantReferrer {
			t.Errorf("%s: Referrer-Policy = %q, want %q", name, got, wantReferrer)
		}
		policy := a.Header.Get("Content-Security-Policy")
		if redirects != (policy == "") {
			t.Errorf("%s: Content-Security-Policy = %q", name, policy)
		}
		if !redirects && (!strings.HasPrefix(policy, "default-src 'none'; ") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe")) {
			t.Errorf("%s: Content-Security-Policy = %q", name, policy)
		}
	}
	// Browsers hold the redirect that answers a form to form-action.
	if policy, want := answers["page"].Header.Get("Content-Security-Policy"), "form-action 'self' https://acme.deskpro.com https://help.acme.example;"; !strings.Contains(policy, want) {
		t.Errorf("policy %q lacks %q", policy, want)
	}
}

func TestFrameAncestorsCanBeOpened(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.FrameAncestors = "https://intranet.example.com" })
	page := s.browser(t).get("/users/login")
	if policy := page.Header.Get("Content-Security-Policy"); !strings.HasSuffix(policy, "frame-ancestors https://intranet.example.com") || page.Header.Get("X-Frame-Options") != "" {
		t.Errorf("policy %q, X-Frame-Options %q", policy, page.Header.Get("X-Frame-Options"))
	}
}

func TestAnErrorPageQuotesTheRequestThatTheLogNames(t *testing.T) {
	s := newSite(t)
	page := s.browser(t).get("/users/login?return=//evil.example")
	id := page.Header.Get("Apigw-Requestid")
	page.wantPage(t, http.StatusBadRequest, id)
	if id == "" || !strings.Contains(s.log.String(), `"api_request_id":"`+id+`"`) {
		t.Errorf("log does not name request %q:\n%s", id, s.log)
	}
}

// All flows, with the log at its most talkative, and then: is anything in it
// that must not be?
func TestNothingSecretReachesTheLog(t *testing.T) {
	s := newSite(t)
	secrets := []string{password, "s3cret-wrong-guess", "jwt=", "eyJ", "Query-Needle", "typed-needle", callback, "practice-key", "__Host-"}
	b := s.browser(t)
	b.get("/users/login?return=" + url.QueryEscape(callback+"?q=Query-Needle"))
	b.signIn()
	secrets = append(secrets, b.cookie)
	b.get("/users/login?return=" + url.QueryEscape(callback+"?q=Query-Needle"))
	b.get("/users/login?return=" + url.QueryEscape("https://evil.example/?q=Query-Needle&jwt=eyJx"))
	b.get("/users/login?return=" + url.QueryEscape("https://%zz/?q=Query-Needle"))
	b.get("/users/login?return=%zzQuery-Needle")
	b.get("/agents/login")
	b.post("/users/login", credentials("typed-needle", "s3cret-wrong-guess", callback))
	b.post("/users/login", credentials("ugo+help@example.com", "s3cret-wrong-guess", callback))
	b.post("/users/login?password=s3cret-wrong-guess", credentials("typed-needle", "s3cret-wrong-guess", callback))
	b.post("/users/login", credentials("typed-needle", "s3cret-wrong-guess", "https://evil.example/Query-Needle"))
	b.post("/users/login", credentials("uma@example.com", password, callback))
	r := formRequest("/users/login", credentials("typed-needle", "s3cret-wrong-guess", callback))
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	b.do(r)
	s.directory.Authenticator = panicking{}
	b.signIn()
	s.directory.Authenticator = people()
	s.keys["users"].err = keyring.ErrUnavailable
	b.signIn()
	s.store.Set(statetest.Fail)
	b.signIn()
	b.get("/users/logout")
	s.store.Set(statetest.Work)
	b.get("/users/logout?return=" + url.QueryEscape(callback+"?q=Query-Needle"))

	log := s.log.String()
	if !strings.Contains(log, `"event":"signed_out"`) || !strings.Contains(log, "DPL-4001") || !strings.Contains(log, "DPL-3002") {
		t.Fatalf("the flows did not reach the log:\n%s", log)
	}
	for _, secret := range secrets {
		if strings.Contains(log, secret) {
			t.Errorf("the log shows %q:\n%s", secret, regexp.MustCompile(`.*`+regexp.QuoteMeta(secret)+`.*`).FindString(log))
		}
	}
}
