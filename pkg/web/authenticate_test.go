package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/state/statetest"
)

func TestTheRightPasswordLeadsToDeskproWithASession(t *testing.T) {
	s := newSite(t)
	answer := s.browser(t).signIn()
	answer.wantToken(t, s, "users", callback)
	c := answer.sessionCookie()
	if c == nil || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 0 {
		t.Errorf("cookie = %v, want __Host-, Secure, HttpOnly, SameSite=Lax, Path=/, no Domain, until the browser closes", c)
	}
	if got := answer.Header.Get("Referrer-Policy"); got != "no-referrer" {
		t.Errorf("Referrer-Policy of the redirect = %q, want no-referrer", got)
	}
	for _, event := range []string{"signed_in", "token_issued"} {
		if want := `"event":"` + event + `","door":"users","subject":"u-1"`; strings.Count(s.log.String(), want) != 1 {
			t.Errorf("log lacks %s, or has it twice:\n%s", want, s.log)
		}
	}
}

func TestARefusedPasswordShowsTheSamePageForEveryReason(t *testing.T) {
	s := newSite(t)
	bodies := map[string]string{}
	for reason, fields := range map[string]url.Values{
		"wrong password":          credentials("ugo+help@example.com", "not-"+password, callback),
		"unknown login":           credentials("nobody@example.com", "not-"+password, callback),
		"disabled account":        credentials("dora@example.com", password, callback),
		"disabled and wrong":      credentials("dora@example.com", "not-"+password, callback),
		"no login":                credentials("", "not-"+password, callback),
		"no password":             credentials("ugo+help@example.com", "", callback),
		"a password with a space": credentials("ugo+help@example.com", password+" ", callback),
		"a NUL in the login":      credentials("ugo+help@example.com\x00", password, callback),
		"bytes that are no text":  credentials("\xff\xfe", "x", callback),
	} {
		page := s.browser(t).post("/users/login", fields)
		page.wantPage(t, http.StatusUnauthorized, "DPL-2001")
		if page.sessionCookie() != nil {
			t.Errorf("%s: sets a session", reason)
		}
		if got := page.field(t, "return"); got != callback {
			t.Errorf("%s: keeps return %q, want %q", reason, got, callback)
		}
		if got := page.field(t, "password"); got != "" {
			t.Errorf("%s: gives the password back: %q", reason, got)
		}
		if strings.Contains(page.body, password) {
			t.Errorf("%s: the page shows the password", reason)
		}
		if !strings.Contains(page.body, "<title>Error: Sign in") || !strings.Contains(page.body, `role="alert"`) {
			t.Errorf("%s: the page does not announce its error", reason)
		}
		if login := fields.Get("username"); strings.HasSuffix(login, "example.com") {
			if got := page.field(t, "username"); got != login {
				t.Errorf("%s: keeps login %q, want %q", reason, got, login)
			}
			body := strings.ReplaceAll(page.body, page.Header.Get("Apigw-Requestid"), "REQUEST")
			// html/template writes + as &#43;.
			bodies[reason] = strings.ReplaceAll(body, strings.ReplaceAll(login, "+", "&#43;"), "LOGIN")
		}
	}
	for reason, body := range bodies {
		if want := bodies["wrong password"]; body != want {
			t.Errorf("the page for %s is\n%s\nand that for a wrong password\n%s", reason, body, want)
		}
	}
}

func TestTheLogTellsTheReasonsApart(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	b.post("/users/login", credentials("ugo+help@example.com", "wrong", callback))
	b.post("/users/login", credentials("nobody@example.com", "wrong", callback))
	b.post("/users/login", credentials("dora@example.com", password, callback))
	for _, want := range []string{
		`"event":"refused","door":"users","subject":"u-1","outcome":"bad_credentials","reason":"wrong_password","code":"DPL-2001"`,
		`"event":"refused","door":"users","outcome":"bad_credentials","reason":"unknown_login","code":"DPL-2001"`,
		`"event":"refused","door":"users","subject":"u-4","outcome":"bad_credentials","reason":"disabled","code":"DPL-2001"`,
	} {
		if !strings.Contains(s.log.String(), want) {
			t.Errorf("log lacks %s:\n%s", want, s.log)
		}
	}
	if strings.Contains(s.log.String(), "nobody@example.com") {
		t.Error("the log shows a typed login")
	}
}

func TestWhoIsNotInTheGroupGetsAPageAndNoSession(t *testing.T) {
	s := newSite(t)
	page := s.browser(t).post("/agents/login", credentials("ugo+help@example.com", password, "/agent/x"))
	page.wantPage(t, http.StatusForbidden, "DPL-2002", "Use another account", "Go to the agent interface")
	if page.sessionCookie() != nil {
		t.Error("a session is opened for who may not pass")
	}
}

func TestAnUnverifiedEmailGetsAPageAndNoToken(t *testing.T) {
	page := newSite(t).browser(t).post("/users/login", credentials("uma@example.com", password, callback))
	page.wantPage(t, http.StatusForbidden, "DPL-2003")
	if page.sessionCookie() != nil {
		t.Error("a session is opened")
	}
}

func TestWhatTheDirectorySaysBecomesAPage(t *testing.T) {
	user := func(change func(*directory.User)) answers {
		u := directory.User{ID: "u", Email: "a@example.com", Name: "A"}
		change(&u)
		return answers{outcome: directory.Outcome{User: &u}}
	}
	for _, row := range []struct {
		name   string
		says   directory.Authenticator
		status int
		code   string
		form   bool
	}{
		{"a challenge", answers{outcome: directory.Outcome{Challenge: &directory.Challenge{Kind: "SMS_MFA"}}}, 403, "DPL-2006", false},
		{"incomplete", answers{err: directory.ErrIncomplete}, 403, "DPL-2004", false},
		{"throttled", answers{err: directory.ErrThrottled}, 429, "DPL-2007", true},
		{"down", answers{err: directory.ErrUnavailable}, 503, "DPL-3001", true},
		{"an email that is none", user(func(u *directory.User) { u.Email = "x" }), 403, "DPL-2005", false},
		{"no name", user(func(u *directory.User) { u.Name = "" }), 403, "DPL-2005", false},
		{"an id that is not UTF-8", user(func(u *directory.User) { u.Name = "\xff" }), 403, "DPL-2005", false},
		{"a bug", panicking{}, 500, "DPL-4001", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newSite(t)
			s.directory.Authenticator = row.says
			page := s.browser(t).post("/users/login", credentials("a@example.com", password, callback))
			page.wantPage(t, row.status, row.code)
			if row.form && page.field(t, "return") != callback {
				t.Error("the form does not keep its return URL")
			}
			if !row.form && !strings.Contains(page.body, url.QueryEscape(callback)) && row.status != 500 {
				t.Errorf("the way on does not keep the return URL:\n%s", page.body)
			}
		})
	}
}

// panicking is a directory with a bug that shows the worst of values.
type panicking struct{}

func (panicking) Authenticate(_ context.Context, c directory.Credentials) (directory.Outcome, error) {
	panic(c.Password.Reveal())
}

func (panicking) Respond(context.Context, directory.Challenge, directory.Answer) (directory.Outcome, error) {
	return directory.Outcome{}, directory.ErrOver
}

func TestAFormFromElsewhereIsRefused(t *testing.T) {
	s := newSite(t)
	for name, change := range map[string]func(http.Header){
		"sent from another site":                              func(h http.Header) { h.Set("Sec-Fetch-Site", "cross-site") },
		"sent from a sibling domain":                          func(h http.Header) { h.Set("Sec-Fetch-Site", "same-site") },
		"another origin, in a browser without fetch metadata": func(h http.Header) { h.Del("Sec-Fetch-Site"); h.Set("Origin", "https://evil.example") },
		"an opaque origin":                                    func(h http.Header) { h.Del("Sec-Fetch-Site"); h.Set("Origin", "null") },
		"the helpdesk's own origin":                           func(h http.Header) { h.Del("Sec-Fetch-Site"); h.Set("Origin", helpdesk) },
		"an origin that the Host header would allow": func(h http.Header) {
			h.Del("Sec-Fetch-Site")
			h.Set("Origin", "https://evil.example")
			h.Set("X-Forwarded-Host", "evil.example")
		},
	} {
		r := formRequest("/users/login", credentials("ugo+help@example.com", password, callback))
		change(r.Header)
		page := s.browser(t).do(r)
		page.wantPage(t, http.StatusForbidden, "DPL-1006")
		if page.sessionCookie() != nil {
			t.Errorf("%s: signs in", name)
		}
	}
}

func TestOnlySmallFormsAreRead(t *testing.T) {
	s := newSite(t)
	for _, row := range []struct {
		name, contentType, body string
		status                  int
		code                    string
	}{
		{"JSON", "application/json", `{"username":"a"}`, 415, "DPL-1007"},
		{"multipart", "multipart/form-data; boundary=x", "--x--", 415, "DPL-1007"},
		{"text", "text/plain", "username=a", 415, "DPL-1007"},
		{"no type", "", "username=a", 415, "DPL-1007"},
		{"16 KiB and a byte", "application/x-www-form-urlencoded", "password=" + strings.Repeat("x", 16<<10-8), 413, "DPL-1008"},
		{"a broken escape", "application/x-www-form-urlencoded", "username=%zz", 400, "DPL-1009"},
		{"a semicolon", "application/x-www-form-urlencoded", "username=a;password=b", 400, "DPL-1009"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "https://"+domain+"/users/login", strings.NewReader(row.body))
			r.Header.Set("Content-Type", row.contentType)
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			s.browser(t).do(r).wantPage(t, row.status, row.code, "Try again")
		})
	}
}

func TestSigningInReplacesTheSessionThatTheBrowserCameWith(t *testing.T) {
	s := newSite(t)
	victim := s.browser(t)
	victim.signIn()
	before := victim.cookie

	// Fixation: an id that somebody else knows does not become the session.
	victim.post("/users/login", credentials("ana@example.com", password, callback)).wantToken(t, s, "users", callback)
	if victim.cookie == before {
		t.Fatal("signing in kept the session's id")
	}
	thief := s.browser(t)
	thief.cookie = before
	thief.get("/users/login").wantPage(t, http.StatusOK, "Sign in")
}

func TestASessionThatCannotBeEndedIsNotReplaced(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	b.signIn()
	s.store.Set(statetest.Fail, statetest.Consume)
	page := b.signIn()
	page.wantPage(t, http.StatusServiceUnavailable, "DPL-3002", "Try again")
	if c := page.sessionCookie(); c != nil {
		t.Errorf("the browser gets %v while its old session lives on", c)
	}
}

func TestAFailedSignInKeepsTheSession(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	b.signIn()
	b.post("/users/login", credentials("ugo+help@example.com", "wrong", callback))
	b.get("/users/login").wantToken(t, s, "users", helpdesk+"/")
}

func TestTwoTabsDoNotDisturbEachOther(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	first := b.get("/users/login?return=/one").field(t, "return")
	second := b.get("/users/login?return=/two").field(t, "return")
	b.post("/users/login", credentials("ugo+help@example.com", password, second)).wantToken(t, s, "users", helpdesk+"/two")
	b.post("/users/login", credentials("ugo+help@example.com", password, first)).wantToken(t, s, "users", helpdesk+"/one")
}
