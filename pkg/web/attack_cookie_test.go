package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"deskpro-login/pkg/directory"
)

// Browsers drop a cookie of over 4096 bytes, and API Gateway refuses requests
// with headers of over 10,240 bytes together: whoever sends a browser here again
// and again must not lock its owner out.
func TestTheBrowsersCookiesStaySmallHoweverOftenSignInsAreBegun(t *testing.T) {
	s, _ := everything(t)
	s.directory.Authenticator = answers{outcome: directory.Outcome{User: &directory.User{ID: "u-2", Email: "ana@example.com", Name: "Ana", Groups: []string{"deskpro-agents"}}}}
	b, most, largest := s.browser(t), 0, ""
	s.watched(func(r *http.Request, got *http.Response, _ string) {
		for _, line := range got.Header.Values("Set-Cookie") {
			if len(line) > 4096 {
				t.Errorf("%s: a cookie is %d bytes long: %.80s", r.URL.Path, len(line), line)
			}
		}
		if len(got.Header.Values("Set-Cookie")) > 12 {
			t.Errorf("%s: sets %d cookies at once", r.URL.Path, len(got.Header.Values("Set-Cookie")))
		}
		if got.StatusCode == http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%s: the gateway takes no more of these cookies", r.URL.Path)
		}
	})
	measure := func() {
		size, names := len(b.cookie), []string(nil)
		for name, value := range b.others {
			size += len(name) + len(value) + len("=; ")
			names = append(names, fmt.Sprintf("%s %d", name, len(value)))
		}
		if size > most {
			most, largest = size, strings.Join(names, ", ")
		}
	}
	for n := range 40 {
		long := fmt.Sprintf("/x%d?q=%s", n, strings.Repeat("a", 2000+n%2*1900-len(helpdesk)))
		for _, door := range []string{"users", "agents"} {
			for range 3 {
				b.get("/" + door + "/login/federate?return=" + url.QueryEscape(long))
			}
			b.post("/"+door+"/login", credentials("ana@example.com", password, long))
			b.get("/" + door + "/login?return=" + url.QueryEscape(long))
			measure()
		}
		// Signed in by the provider, so that each log-out leaves its return URL in a
		// cookie, and never come back from there.
		for _, door := range []string{"users", "agents"} {
			b.others["__Host-federated"] = "1"
			b.get("/" + door + "/logout?return=" + url.QueryEscape(long))
			measure()
		}
		for _, door := range []string{"users", "agents"} {
			b.get("/" + door + "/logout")
		}
	}
	t.Logf("at most %d bytes: %s", most, largest)
	if most > 8192 {
		t.Errorf("the browser has %d bytes of cookies, want 8 KiB at most: %s", most, largest)
	}
	if most < 2000 {
		t.Errorf("the browser has %d bytes of cookies at most: these are not all", most)
	}
}

func TestCookiesThatAreNoneOfOursAreNoMoreThanThat(t *testing.T) {
	s, _ := everything(t)
	s.directory.Authenticator = answers{outcome: directory.Outcome{User: nia}}
	live := s.browser(t)
	live.password().wantToken(t, s, "users", callback)
	var many strings.Builder
	for n := range 200 {
		fmt.Fprintf(&many, "c%d=%d; ", n, n)
	}
	for name, header := range map[string]string{
		"9 kB of one":                        "x=" + strings.Repeat("y", 9_000),
		"200 of them":                        many.String(),
		"200 of a trip's":                    strings.Repeat("__Host-trip-0000000000000000=x; ", 200),
		"one without a name":                 "=x; =; ;;; ",
		"one without a value":                "__Host-session; __Host-known; __Host-trail",
		"one with a quote that never ends":   `__Host-other="x`,
		"one with control characters":        "__Host-other=\x01\x7f\x00; b=\xff\xfe",
		"ours in other letters":              "__host-session=" + chosen + "; __HOST-SESSION=" + chosen,
		"ours with spaces round its name":    " __Host-session =" + chosen,
		"ours behind a wide space":           "\u2000__Host-session=" + chosen + "; \u00a0__Host-session=" + chosen + "; \u0085__Host-session=" + chosen,
		"ours behind a comma":                "$Version=1,__Host-session=" + chosen + "; x=1,__Host-session=" + chosen,
		"ours in another's quotes":           `x="; __Host-other=1, __Host-session=` + chosen + `"`,
		"ours without its prefix":            "session=" + chosen + "; Host-session=" + chosen + "; __Secure-session=" + chosen,
		"each of ours, with what is no id":   "__Host-session=x; __Host-known=../../x; __Host-trail=1.x; __Host-federated=<b>; __Host-after-logout-users=%%%",
		"each of ours, 1 kB long":            cookiesOf(strings.Repeat("A", 1000)),
		"each of ours, chosen by the client": cookiesOf(chosen),
		"each of ours, with a line end":      cookiesOf("a\r\nSet-Cookie: injected=1"),
	} {
		for _, path := range []string{"/users/login", "/users/login/federate", "/users/login/callback?state=x&code=right", "/users/logout", "/users/login/reset"} {
			r := httptest.NewRequest("GET", "https://"+domain+path, nil)
			r.Header.Set("Cookie", header)
			got := s.browserWithout(t).do(r)
			if got.StatusCode >= 500 || got.StatusCode == http.StatusRequestHeaderFieldsTooLarge || strings.Contains(got.Header.Get("Location"), "jwt=") ||
				strings.Contains(fmt.Sprint(got.Header), "injected") {
				t.Errorf("%s at %s: %d %v", name, path, got.StatusCode, got.Header)
			}
		}
		if shadows[name] {
			continue
		}
		// The session is found beside them.
		r := httptest.NewRequest("GET", "https://"+domain+"/users/login", nil)
		r.Header.Set("Cookie", strings.TrimSuffix(header, "; ")+"; __Host-session="+live.cookie)
		s.browserWithout(t).do(r).wantToken(t, s, "users", helpdesk+"/")
	}
}

// shadows are ours by their very names, which no browser takes from anybody but
// this host: with them there is no session.
var shadows = map[string]bool{
	"one without a value": true, "ours with spaces round its name": true, "each of ours, with what is no id": true, "each of ours, 1 kB long": true,
	"each of ours, chosen by the client": true, "each of ours, with a line end": true,
}

func cookiesOf(value string) string {
	var all []string
	for _, name := range []string{"__Host-session", "__Host-known", "__Host-trail", "__Host-federated", "__Host-after-logout-users", "__Host-trip-0000000000000000"} {
		all = append(all, name+"="+value)
	}
	return strings.Join(all, "; ")
}

// browserWithout is a browser without a cookie.
func (s *site) browserWithout(t *testing.T) *browser { return &browser{t: t, site: s} }

// Names that other parsers, and other languages' forms, take for ours.
func TestOnlyAParametersOwnNameCounts(t *testing.T) {
	s := newSite(t)
	for _, row := range []struct{ name, body string }{
		{"a list", "username[]=ana@example.com&password[]=" + password},
		{"an entry of a list", "username[0]=ana@example.com&password[0]=" + password},
		{"capitals", "Username=ana@example.com&PASSWORD=" + password},
		{"a space before", "%20username=ana@example.com&+password=" + password},
		{"a space behind", "username%20=ana@example.com&password+=" + password},
		{"a NUL behind", "username%00=ana@example.com&password%00=" + password},
		{"a NUL and more behind", "username%00x=ana@example.com&password%00x=" + password},
		{"full-width letters", "%EF%BD%95sername=ana@example.com&password=" + password},
		{"escaped twice", "%2575sername=ana@example.com&%2570assword=" + password},
		{"a byte order mark before", "%EF%BB%BFusername=ana@example.com&password=" + password},
		{"an object", `{"username":"ana@example.com","password":"` + password + `"}`},
		{"a NUL in the login", "username=ana@example.com%00&password=" + password},
		{"a NUL in the password", "username=ana@example.com&password=" + password + "%00"},
	} {
		r := formRequest("/users/login", nil)
		r = httptest.NewRequest("POST", r.URL.String(), strings.NewReader(row.body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		// Each from somewhere else, so that none has to wait for the others.
		r.RemoteAddr = fmt.Sprintf("[2001:db8:%x::1]:1", len(s.log.String()))
		got := s.browser(t).do(r)
		got.wantPage(t, http.StatusUnauthorized, "DPL-2001")
		if got.sessionCookie() != nil {
			t.Errorf("%s: signs in", row.name)
		}
	}
	// What is none of ours is in nobody's way, however long or often it is there.
	for name, body := range map[string]string{
		"a name of 10 kB":        strings.Repeat("n", 10_000) + "=x&",
		"5000 names":             strings.Repeat("n=&", 5000),
		"a name that is nothing": "=x&&&=&",
		"ours in a list besides": "username[]=ugo&password[]=x&return[]=https://evil.example&Return=https://evil.example&",
	} {
		r := httptest.NewRequest("POST", "https://"+domain+"/users/login", strings.NewReader(body+credentials("ana@example.com", password, callback).Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		got := s.browser(t).do(r)
		if got.StatusCode != http.StatusFound {
			t.Errorf("%s: status %d", name, got.StatusCode)
			continue
		}
		got.wantToken(t, s, "users", callback)
	}
	for _, query := range []string{"return%00=https://evil.example", "Return=https://evil.example", "return[]=https://evil.example", "%20return=https://evil.example", "return=/x%00", "return=/x%0d%0aa:b"} {
		got := s.browser(t).get("/users/login?" + query)
		if strings.HasPrefix(query, "return=") {
			got.wantPage(t, http.StatusBadRequest, "DPL-1003")
		} else if value := got.field(t, "return"); value != helpdesk+"/" {
			t.Errorf("%s: leads back to %q", query, value)
		}
	}
}
