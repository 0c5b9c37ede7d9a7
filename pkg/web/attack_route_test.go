package web

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state/memory"
)

const ourForm = "application/x-www-form-urlencoded"

// bare is a server with all its routes and nothing behind them: whoever gets
// past what guards a route comes to a panic.
func bare(t testing.TB) *Server {
	t.Helper()
	sessions, err := session.New(session.Config{Store: &memory.Store{}, Idle: time.Hour, Absolute: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	app, err := deskpro.New(deskpro.Config{URL: "https://acme.deskpro.com/", Issuer: "test", ReturnOrigins: []string{"https://help.acme.example"}})
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	s, err := New(Config{
		Doors: []Door{{Name: "users", App: app}}, Sessions: sessions, Log: quiet, Audit: audit.Log{Logger: quiet},
		Offers: Offers{Reset: true, Confirm: true, Change: true, Factor: true, Passwordless: true, Federation: "Acme ID"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// at sends a request to the route of that key.
func at(s *Server, key, query string, body url.Values, headers map[string]string) *httptest.ResponseRecorder {
	method, _, _ := strings.Cut(key, " ")
	r := httptest.NewRequest(method, "https://login.example.com/?"+query, strings.NewReader(body.Encode()))
	r.Pattern = key
	r.SetPathValue("door", "users")
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.Routes()[key].ServeHTTP(w, r)
	return w
}

func routesOf(t *testing.T, s *Server, method string) []string {
	t.Helper()
	var keys []string
	for key := range s.Routes() {
		if strings.HasPrefix(key, method+" ") {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	if len(keys) < 4 {
		t.Fatalf("there are only these routes of %s: %q", method, keys)
	}
	return keys
}

func TestNoRouteTakesAFormOfAnotherSite(t *testing.T) {
	s := bare(t)
	for _, row := range []struct {
		name, site, origin string
	}{
		{"from another site", "cross-site", "https://evil.example"},
		{"from another site that hides its origin", "cross-site", "null"},
		{"from another site, without an origin", "cross-site", ""},
		{"from another site that claims our origin", "cross-site", "https://login.example.com"},
		{"from a sibling subdomain", "same-site", "https://blog.example.com"},
		{"from a sibling subdomain, without an origin", "same-site", ""},
		{"from a sibling subdomain that hides its origin", "same-site", "null"},
		{"from another site, in an old browser", "", "https://evil.example"},
		{"from a sibling subdomain, in an old browser", "", "https://blog.example.com"},
		{"from a subdomain of ours, in an old browser", "", "https://x.login.example.com"},
		{"from the domain above, in an old browser", "", "https://example.com"},
		{"from a host that begins as ours does, in an old browser", "", "https://login.example.com.evil.example"},
		{"from another port of our host, in an old browser", "", "https://login.example.com:8443"},
		{"from the helpdesk, in an old browser", "", "https://acme.deskpro.com"},
		{"from a sandboxed frame or a data: page, in an old browser", "", "null"},
		{"from what is no origin, in an old browser", "", "login.example.com"},
		{"with our host as the user of another's, in an old browser", "", "https://login.example.com@evil.example"},
		{"with two answers to where it is from", "same-origin,cross-site", "https://login.example.com"},
		{"with an answer that no browser gives", "SAME-ORIGIN", "https://evil.example"},
	} {
		headers := map[string]string{"Content-Type": ourForm}
		if row.site != "" {
			headers["Sec-Fetch-Site"] = row.site
		}
		if row.origin != "" {
			headers["Origin"] = row.origin
		}
		for _, key := range routesOf(t, s, "POST") {
			w := at(s, key, "", url.Values{"username": {"ugo"}, "password": {"x"}}, headers)
			if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "DPL-1006") || len(w.Result().Cookies()) > 0 {
				t.Errorf("%s, a form %s: status %d and cookies %v, want 403 and DPL-1006 alone", key, row.name, w.Code, w.Result().Cookies())
			}
		}
	}
}

// Other parsers, in front of us or behind, may take another of the two.
func TestNoRouteTakesAParameterTwice(t *testing.T) {
	s := bare(t)
	own := map[string]string{"Content-Type": ourForm, "Sec-Fetch-Site": "same-origin"}
	refused := func(t *testing.T, what, key string, w *httptest.ResponseRecorder) {
		t.Helper()
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "DPL-1005") || len(w.Result().Cookies()) > 0 {
			t.Errorf("%s, %s: status %d, want 400 and DPL-1005", key, what, w.Code)
		}
	}
	for _, name := range append([]string{prefixAttribute + "given_name"}, parameters[:]...) {
		for _, key := range routesOf(t, s, "POST") {
			refused(t, name+" twice in the form", key, at(s, key, "", url.Values{name: {"a", "b"}}, own))
			if strings.HasPrefix(name, prefixAttribute) {
				continue // is read from the form alone, whatever the query says
			}
			refused(t, name+" in the query and the form", key, at(s, key, name+"=a", url.Values{name: {"b"}}, own))
			refused(t, name+" in the query alone", key, at(s, key, name+"=a", nil, own))
			refused(t, name+" escaped in the query", key, at(s, key, "%"+hexOf(name[0])+name[1:]+"=a", url.Values{name: {"b"}}, own))
		}
		for _, key := range routesOf(t, s, "GET") {
			refused(t, name+" twice", key, at(s, key, name+"=a&"+name+"=b", nil, nil))
			refused(t, name+" twice, once escaped", key, at(s, key, name+"=a&%"+hexOf(name[0])+name[1:]+"=b", nil, nil))
		}
	}
}

func hexOf(b byte) string {
	const digits = "0123456789ABCDEF"
	return string([]byte{digits[b>>4], digits[b&15]})
}

// Browsers, shared caches and CloudFront keep what does not say otherwise.
func TestTheHeadersOfEveryProblemsPage(t *testing.T) {
	s := bare(t)
	serve := func(err error, door string) *http.Response {
		r := httptest.NewRequest("GET", "https://login.example.com/", nil)
		r.Pattern = routeLogin
		r.SetPathValue("door", door)
		w := httptest.NewRecorder()
		s.routes(map[string]handler{routeLogin: func(http.ResponseWriter, *http.Request, *Door) error { return err }}).ServeHTTP(w, r)
		return w.Result()
	}
	unrendered := func(view, http.ResponseWriter, *problem) error { return errors.New("no page") }
	for _, p := range problems {
		for name, got := range map[string]*http.Response{
			"at a door":                serve(p.is, "users"),
			"with a way on":            serve(&failure{err: p.is, returnTo: "https://acme.deskpro.com/x"}, "users"),
			"whose page does not work": serve(&failure{err: p.is, again: unrendered}, "users"),
		} {
			if got.StatusCode != p.status {
				t.Errorf("%s %s: status %d, want %d", p.code, name, got.StatusCode, p.status)
			}
			checkHeaders(t, p.code+" "+name, got, "https://acme.deskpro.com https://help.acme.example")
		}
	}
	checkHeaders(t, "no such door", serve(nil, "nobody"), "")
	w := httptest.NewRecorder()
	Misconfigured(errors.New("nothing is set"), audit.Log{}, func(context.Context) string { return "" }).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	checkHeaders(t, "misconfigured", w.Result(), "")
}

// checkHeaders holds a page to what keeps it out of caches and frames, and what
// is not ours out of it. helpdesk are the origins that its forms may lead to.
func checkHeaders(t *testing.T, name string, got *http.Response, helpdesk string) {
	t.Helper()
	want := map[string][]string{
		"default-src": {"'none'"}, "img-src": {"data:"}, "base-uri": {"'none'"}, "frame-ancestors": {"'none'"},
		"form-action": append([]string{"'self'"}, strings.Fields(helpdesk)...),
	}
	policies := got.Header.Values("Content-Security-Policy")
	if len(policies) != 1 {
		t.Errorf("%s: there are %d policies, want one", name, len(policies))
		return
	}
	seen := map[string]bool{}
	for directive := range strings.SplitSeq(policies[0], ";") {
		words := strings.Fields(directive)
		if len(words) == 0 || seen[words[0]] {
			t.Errorf("%s: a directive is empty or there twice in %q", name, policies[0])
			continue
		}
		seen[words[0]] = true
		if words[0] == "style-src" || words[0] == "script-src" {
			if len(words) != 2 || !strings.HasPrefix(words[1], "'sha256-") {
				t.Errorf("%s: %s is %q, want one hash", name, words[0], words[1:])
			}
		} else if !slices.Equal(words[1:], want[words[0]]) {
			t.Errorf("%s: %s is %q, want %q", name, words[0], words[1:], want[words[0]])
		}
	}
	for _, directive := range append(slices.Collect(maps.Keys(want)), "style-src", "script-src") {
		if !seen[directive] {
			t.Errorf("%s: there is no %s in %q", name, directive, policies[0])
		}
	}
	for header, want := range map[string]string{
		"Cache-Control": "no-store", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
	} {
		if values := got.Header.Values(header); !slices.Equal(values, []string{want}) {
			t.Errorf("%s: %s is %q, want %q", name, header, values, want)
		}
	}
	if len(got.Cookies()) > 0 {
		t.Errorf("%s: sets %v", name, got.Cookies())
	}
}
