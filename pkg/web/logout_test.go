package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestLogoutEndsTheSessionInTheStore(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	b.signIn()
	copied := b.cookie
	page := b.get("/users/logout")
	page.wantPage(t, http.StatusOK, "You’re signed out", "Sign in again", "Go to the helpdesk")
	if c := page.sessionCookie(); c == nil || c.MaxAge >= 0 || c.Value != "" || !c.Secure || c.Path != "/" {
		t.Errorf("cookie = %v, want it cleared", c)
	}
	thief := s.browser(t)
	thief.cookie = copied
	thief.get("/users/login").wantPage(t, http.StatusOK, "Sign in")
	if !strings.Contains(s.log.String(), `"event":"signed_out","door":"users","subject":"u-1"`) {
		t.Errorf("log lacks the event:\n%s", s.log)
	}
}

func TestLogoutEndsTheSessionWhateverItsQuery(t *testing.T) {
	s := newSite(t)
	for query, code := range map[string]string{"return=/&return=/": "DPL-1005", "return=%zz": "DPL-1004", "return=//evil.example": "DPL-1003"} {
		b := s.browser(t)
		b.signIn()
		copied := b.cookie
		r := httptest.NewRequest("GET", "https://"+domain+"/users/logout", nil)
		r.URL.RawQuery = query
		page := b.do(r)
		page.wantPage(t, http.StatusBadRequest, code)
		if c := page.sessionCookie(); c == nil || c.MaxAge >= 0 {
			t.Errorf("%s: cookie = %v, want it cleared", query, c)
		}
		b.cookie = copied
		b.get("/users/login").wantPage(t, http.StatusOK, "Sign in")
	}
}

func TestLogoutAtOneDoorEndsTheSessionOfBoth(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	b.post("/agents/login", credentials("ana@example.com", password, "/agent/x")).wantToken(t, s, "agents", helpdesk+"/agent/x")
	copied := b.cookie
	b.get("/users/logout")
	b.cookie = copied
	b.get("/agents/login").wantPage(t, http.StatusOK, "Sign in")
}

func TestLogoutGoesToAnAllowedReturnWithoutAToken(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	b.signIn()
	answer := b.get("/users/logout?return=" + url.QueryEscape(helpdesk+"/?a=1"))
	if got := answer.Header.Get("Location"); answer.StatusCode != http.StatusFound || got != helpdesk+"/?a=1" {
		t.Errorf("status %d, Location %q", answer.StatusCode, got)
	}
	if answer.sessionCookie() == nil {
		t.Error("the cookie is not cleared")
	}
}

func TestLogoutWithoutASessionSaysTheSame(t *testing.T) {
	b := newSite(t).browser(t)
	b.get("/users/logout").wantPage(t, http.StatusOK, "You’re signed out")
	b.cookie = strings.Repeat("A", 43)
	b.get("/users/logout").wantPage(t, http.StatusOK, "You’re signed out")
}
