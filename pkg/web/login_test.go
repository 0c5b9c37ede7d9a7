package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"deskpro-login/pkg/web"
)

func TestWithoutASessionTheSignInPageIsShown(t *testing.T) {
	page := newSite(t).browser(t).get("/users/login?return=" + url.QueryEscape(callback+"?return=/new-ticket/&a='\"<"))
	page.wantPage(t, http.StatusOK, "Sign in – Acme & Sons", "Go to the helpdesk")
	if got, want := page.field(t, "return"), callback+"?return=/new-ticket/&a='\"<"; got != want {
		t.Errorf("the form keeps return %q, want %q", got, want)
	}
	for _, want := range []string{`method="post" action="/users/login"`, `lang="en"`, `autocomplete="username"`, `autocomplete="current-password"`, `type="password"`, `<label for="username">`, `<label for="password">`} {
		if !strings.Contains(page.body, want) {
			t.Errorf("page lacks %s", want)
		}
	}
	if c := page.sessionCookie(); c != nil {
		t.Errorf("the page sets a cookie: %v", c)
	}
	if strings.Count(page.body, "<script") != 1 || strings.Contains(page.body, "<script src") || strings.Contains(page.body, " style=") || strings.Contains(page.body, "src=") {
		t.Errorf("the page has scripts, inline styles or external parts:\n%s", page.body)
	}
}

func TestASessionLeadsStraightToDeskpro(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	b.signIn()
	claims := b.get("/users/login?return="+url.QueryEscape(callback)).wantToken(t, s, "users", callback)
	for claim, want := range map[string]string{"id": "u-1", "email": "ugo+help@example.com", "name": "Ugo O'Neill 👩‍🚀", "department": "R&D", "aud": helpdesk, "iss": "test"} {
		if claims[claim] != want {
			t.Errorf("%s = %v, want %q", claim, claims[claim], want)
		}
	}
	other := b.get("/users/login?return="+url.QueryEscape(callback)).wantToken(t, s, "users", callback)
	if other["jti"] == claims["jti"] {
		t.Error("two tokens share a jti")
	}
}

func TestWithoutAReturnTheDoorsDefaultCounts(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	if got, want := b.get("/users/login").field(t, "return"), helpdesk+"/"; got != want {
		t.Errorf("the form keeps return %q, want %q", got, want)
	}
	b.signIn()
	b.get("/users/login").wantToken(t, s, "users", helpdesk+"/")
	b.get("/users/login?return=").wantToken(t, s, "users", helpdesk+"/")
}

func TestABadReturnIsAPageNeverARedirect(t *testing.T) {
	s := newSite(t)
	signedIn := s.browser(t)
	signedIn.signIn()
	for _, bad := range []string{"https://evil.example/", "//evil.example", "javascript:alert(1)", callback + "?jwt=x", callback + "#x", `/\evil.example`, "/\r\nSet-Cookie: a=b"} {
		query := "?return=" + url.QueryEscape(bad)
		for _, path := range []string{"/users/login", "/users/logout"} {
			signedIn.get(path+query).wantPage(t, http.StatusBadRequest, "DPL-1003", "Go to the helpdesk")
		}
		s.browser(t).get("/users/login"+query).wantPage(t, http.StatusBadRequest, "DPL-1003")
		s.browser(t).post("/users/login", credentials("ugo+help@example.com", password, bad)).wantPage(t, http.StatusBadRequest, "DPL-1003")
		signedIn.signIn()
	}
}

func TestRepeatedParametersAreRefused(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	cb := url.QueryEscape(callback)
	for _, query := range []string{"return=" + cb + "&return=" + cb, "return=&return=", "ret%75rn=a&return=b", "prompt=login&prompt=none", "username=a&username=b", "jwt=a&jwt=b"} {
		b.get("/users/login?"+query).wantPage(t, http.StatusBadRequest, "DPL-1005")
		b.get("/users/logout?"+query).wantPage(t, http.StatusBadRequest, "DPL-1005")
	}
	for _, name := range []string{"return", "username", "password"} {
		fields := credentials("ugo+help@example.com", password, callback)
		fields.Add(name, "again")
		b.post("/users/login", fields).wantPage(t, http.StatusBadRequest, "DPL-1005")
	}
	for _, query := range []string{"return=" + cb, "prompt=login", "username=a", "p%61ssword=b"} {
		b.post("/users/login?"+query, credentials("ugo+help@example.com", password, callback)).wantPage(t, http.StatusBadRequest, "DPL-1005")
		b.post("/users/login?"+query, nil).wantPage(t, http.StatusBadRequest, "DPL-1005")
	}
}

func TestAnUnreadableQueryIsRefused(t *testing.T) {
	b := newSite(t).browser(t)
	for _, query := range []string{"return=%zz", "return=a;b", "%"} {
		r := httptest.NewRequest("GET", "https://"+domain+"/users/login", nil)
		r.URL.RawQuery = query
		b.do(r).wantPage(t, http.StatusBadRequest, "DPL-1004")
	}
}

func TestAnUnknownDoorOrPageHasAWayOn(t *testing.T) {
	b := newSite(t).browser(t)
	b.get("/nobody/login").wantPage(t, http.StatusNotFound, "DPL-1002", "Go to the helpdesk", "Go to the agent interface")
	b.get("/users%20/login").wantPage(t, http.StatusNotFound, "DPL-1002")
	b.get("/users/other").wantPage(t, http.StatusNotFound, "DPL-1001", "Go to the helpdesk")
}

func TestADoorThatIsOffIsUnknown(t *testing.T) {
	s := newSite(t, func(c *web.Config) {
		for _, d := range c.Doors {
			if d.Name == "users" {
				c.Doors = []web.Door{d}
				return
			}
		}
	})
	page := s.browser(t).get("/agents/login")
	page.wantPage(t, http.StatusNotFound, "DPL-1002")
	if strings.Contains(page.body, "agent interface") {
		t.Error("the page leads to a door that is off")
	}
}

func TestASessionIsForBothDoorsButEachChecksItsGroup(t *testing.T) {
	s := newSite(t)
	ugo := s.browser(t)
	ugo.signIn()
	page := ugo.get("/agents/login?return=/agent/x")
	page.wantPage(t, http.StatusForbidden, "DPL-2002", "Use another account")
	if !strings.Contains(page.body, `href="/agents/login?prompt=login&amp;return=https%3A%2F%2Facme.deskpro.com%2Fagent%2Fx"`) {
		t.Errorf("the way on does not keep the return URL:\n%s", page.body)
	}
	ana := s.browser(t)
	ana.post("/users/login", credentials("ana@example.com", password, callback)).wantToken(t, s, "users", callback)
	claims := ana.get("/agents/login?return=/agent/x").wantToken(t, s, "agents", helpdesk+"/agent/x")
	if claims["name"] != "דנה" {
		t.Errorf("name = %v", claims["name"])
	}
}

func TestPromptLoginShowsThePageEvenWithASession(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	b.signIn()
	b.get("/users/login?prompt=login").wantPage(t, http.StatusOK, "Sign in")
	b.get("/users/login?prompt=none").wantToken(t, s, "users", helpdesk+"/")
}

func TestACookieThatLeadsNowhereShowsThePage(t *testing.T) {
	for _, value := range []string{"", "x", strings.Repeat("A", 43), strings.Repeat("A", 4000), "../../etc", "session#1"} {
		b := newSite(t).browser(t)
		b.cookie = value
		b.get("/users/login").wantPage(t, http.StatusOK, "Sign in")
	}
}

func TestTheRequestsHostAndForwardingHeadersChangeNothing(t *testing.T) {
	s := newSite(t)
	for _, header := range []string{"X-Forwarded-Host", "X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "X-Original-Url", "X-Golambdaproxy-Apigw-Context"} {
		r := formRequest("/users/login", credentials("ugo+help@example.com", password, "/x"))
		r.Header.Set(header, "evil.example")
		s.browser(t).do(r).wantToken(t, s, "users", helpdesk+"/x")
	}
	if strings.Contains(s.log.String(), "evil.example") {
		t.Errorf("a client's header is in the log:\n%s", s.log.String())
	}
	if !strings.Contains(s.log.String(), `"source":"192.0.2.1"`) {
		t.Errorf("the log does not name the source address:\n%s", s.log.String())
	}
}
