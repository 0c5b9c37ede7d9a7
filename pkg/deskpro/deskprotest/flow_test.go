package deskprotest_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/deskpro/deskprotest"
)

// homes are the doors' starting pages.
var homes = map[string]string{"users": "/", "agents": "/agent/"}

var bars = map[string]string{
	"users":  "<p>Practice Deskpro <span>— help centre</span></p>",
	"agents": "<p>Practice Deskpro <span>— agent interface</span></p>",
}

const signedIn = "Signed in as <strong><bdi>Ada O&#39;Neill (ada&#43;help@example.com)</bdi></strong>"

func TestALoginEndsSignedInAtItsOwnDoorOnly(t *testing.T) {
	for door, home := range homes {
		t.Run(door, func(t *testing.T) {
			p, b := setUp(t), newBrowser(t)
			start := b.get(p.url + home)
			wantPage(t, start, http.StatusOK, "Nobody is signed in here.", bars[door])
			wantPage(t, b.follow(start, "Log in"), http.StatusOK, signedIn, "<h1>Signed in</h1>", "Claims of the accepted token")
			for other, otherHome := range homes {
				want := "Nobody is signed in here."
				if other == door {
					want = signedIn
				}
				wantPage(t, b.get(p.url+otherHome), http.StatusOK, want)
			}
			wantPage(t, newBrowser(t).get(p.url+home), http.StatusOK, "Nobody is signed in here.")
		})
	}
}

func TestEachLinkSendsItsOwnReturn(t *testing.T) {
	p, b := setUp(t), newBrowser(t)
	b.follow(b.get(p.url+"/"), "Log in")
	b = newBrowser(t)
	b.follow(b.get(p.url+"/agent/"), "Log in and write a ticket")
	b.get(p.url + "/login/authenticate/1?return=/new-ticket/%3Fa%3D1%26b%3D%2525")
	b.get(p.url + "/agent/login/authenticate/2")
	want := []string{
		p.url + "/login/authenticate-callback/1",
		p.url + "/agent/login/authenticate-callback/2?return=%2Fagent%2Fnew-ticket%2F",
		p.url + "/login/authenticate-callback/1?return=%2Fnew-ticket%2F%3Fa%3D1%26b%3D%2525",
		p.url + "/agent/login/authenticate-callback/2",
	}
	if !slices.Equal(p.returns, want) {
		t.Errorf("returns\n got %q\nwant %q", p.returns, want)
	}
}

func TestTheHostHeaderDoesNotReachAReturn(t *testing.T) {
	p := setUp(t)
	for _, path := range []string{"/", "/login/authenticate/1"} {
		r := httptest.NewRequest(http.MethodGet, "http://evil.example"+path, nil)
		r.Header.Set("X-Forwarded-Host", "evil.example")
		w := httptest.NewRecorder()
		p.helpdesk.ServeHTTP(w, r)
		all := w.Body.String() + w.Header().Get("Location")
		if strings.Contains(all, "evil.example") || !strings.Contains(all, url.QueryEscape(p.url+"/login/authenticate-callback/1")) {
			t.Errorf("%s: the return is not of the app's origin:\n%s", path, all)
		}
	}
}

func TestATicketNeedsALoginAndIsReachedByIt(t *testing.T) {
	for door, home := range homes {
		t.Run(door, func(t *testing.T) {
			p, b := setUp(t), newBrowser(t)
			gate := b.get(p.url + home + "new-ticket/")
			wantPage(t, gate, http.StatusForbidden, "Log in first")
			ticket := b.follow(b.follow(gate, "Log in"), "Continue to "+home+"new-ticket/")
			wantPage(t, ticket, http.StatusOK, "<h1>New ticket</h1>", signedIn)
			if got, want := ticket.url.String(), p.url+home+"new-ticket/"; got != want {
				t.Errorf("continued to %q, want %q", got, want)
			}
		})
	}
}

func TestOnlyAPageOfThisHelpdeskIsLinkedAfterALogin(t *testing.T) {
	for _, row := range []struct {
		name, query string
		want        string // the link's target below the helpdesk; empty: no link
	}{
		{"a path is linked", "return=/new-ticket/", "/new-ticket/"},
		{"a path with a query keeps its escapes", "return=" + url.QueryEscape("/find/?q=a%26b+c&p=2"), "/find/?q=a%26b+c&p=2"},
		{"another host is not linked", "return=https://evil.example/new-ticket/", ""},
		{"another host without a scheme is not linked", "return=//evil.example/", ""},
		{"another host by backslashes is not linked", `return=/%5Cevil.example/`, ""},
		{"a brand's own host, which is not played here, is not linked", "return=https://brand.example/", ""},
		{"a script is not linked", "return=javascript:alert(1)", ""},
		{"two returns are not linked", "return=/a/&return=/b/", ""},
		{"no return is no link", "", ""},
		{"a path that climbs out to a host stays on the helpdesk", "return=/..//evil.example/", "/evil.example/"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := setUp(t)
			answer := newBrowser(t).get(p.url + "/login/authenticate-callback/1?" + row.query + "&jwt=" + p.mint(t, secrets["users"]).Reveal())
			wantPage(t, answer, http.StatusOK, "<h1>Signed in</h1>")
			var got string
			for text, target := range answer.links(t) {
				if strings.HasPrefix(text, "Continue to ") {
					got = target
				}
			}
			want := row.want
			if want != "" {
				want = p.url + want
			}
			if got != want {
				t.Errorf("link = %q, want %q", got, want)
			}
		})
	}
}

func TestLoggingOutEndsTheSession(t *testing.T) {
	for door, home := range homes {
		t.Run(door, func(t *testing.T) {
			p, b := setUp(t), newBrowser(t)
			start := b.follow(b.get(p.url+home), "Log in")
			wantPage(t, start, http.StatusOK, `<form method="post" action="`+home+`logout"><button>Log out</button>`)
			stolen := newBrowser(t)
			here, _ := url.Parse(p.url + home)
			stolen.client.Jar.SetCookies(here, b.client.Jar.Cookies(here))
			wantPage(t, stolen.get(p.url+home), http.StatusOK, signedIn)

			left := b.do(http.MethodPost, p.url+home+"logout", nil)
			wantPage(t, left, http.StatusOK, "Nobody is signed in here.")
			if got, want := p.returns[len(p.returns)-1], p.url+home; got != want {
				t.Errorf("the log-out page got the return %q, want %q", got, want)
			}
			if got := b.client.Jar.Cookies(here); len(got) != 0 {
				t.Errorf("cookies left: %v", got)
			}
			wantPage(t, stolen.get(p.url+home), http.StatusOK, "Nobody is signed in here.")
		})
	}
}

func TestAnotherSiteCannotLogOut(t *testing.T) {
	p, b := setUp(t), newBrowser(t)
	b.follow(b.get(p.url+"/"), "Log in")
	for name, header := range map[string]http.Header{
		"by fetch metadata":      {"Sec-Fetch-Site": {"cross-site"}},
		"from another port":      {"Sec-Fetch-Site": {"same-site"}},
		"by an origin elsewhere": {"Origin": {"https://evil.example"}},
		"by an opaque origin":    {"Origin": {"null"}},
	} {
		refused := b.do(http.MethodPost, p.url+"/logout", header)
		if refused.status != http.StatusForbidden {
			t.Errorf("%s: status = %d, want 403", name, refused.status)
		}
	}
	wantPage(t, b.do(http.MethodGet, p.url+"/logout", nil), http.StatusNotFound)
	wantPage(t, b.get(p.url+"/"), http.StatusOK, signedIn)
}

func TestALoginReplacesTheSession(t *testing.T) {
	p, b := setUp(t), newBrowser(t)
	here, _ := url.Parse(p.url)
	b.get(p.url + "/login/authenticate/1")
	first := b.client.Jar.Cookies(here)
	b.get(p.url + "/login/authenticate/1")
	if second := b.client.Jar.Cookies(here); len(first) != 1 || len(second) != 1 || first[0].Value == second[0].Value {
		t.Errorf("cookies %v, then %v; want one each, that differ", first, second)
	}
	old := newBrowser(t)
	old.client.Jar.SetCookies(here, first)
	wantPage(t, old.get(p.url+"/"), http.StatusOK, "Nobody is signed in here.")
}

func TestTheSessionCookieIsKeptFromScriptsAndOtherSites(t *testing.T) {
	p := setUp(t)
	for door, callback := range map[string]string{"users": "/login/authenticate-callback/1", "agents": "/agent/login/authenticate-callback/2"} {
		got := newBrowser(t).get(p.url + callback + "?jwt=" + p.mint(t, secrets[door]).Reveal()).header.Get("Set-Cookie")
		name, rest, _ := strings.Cut(got, "=")
		value, attributes, _ := strings.Cut(rest, "; ")
		want := fmt.Sprintf("Path=%s; HttpOnly; SameSite=Lax", homes[door])
		if name != "practice_"+door || len(value) < 26 || attributes != want {
			t.Errorf("Set-Cookie = %q, want practice_%s=(26 characters); %s", got, door, want)
		}
	}
}

func TestEveryAnswerIsNotStoredAndRunsNoScript(t *testing.T) {
	p, b := setUp(t), newBrowser(t)
	for _, path := range []string{
		"/", "/agent/", "/new-ticket/", "/login/authenticate-callback/1", "/nothing", "/login/authenticate/1",
		"/settings/jwt", "/agent/settings/jwt", "/settings/jwt/test", "/settings/jwt/test/authenticate-callback",
	} {
		header := b.get(p.url + path).header
		if got := header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control = %q, want no-store", path, got)
		}
		policy := header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "script-src") {
			t.Errorf("%s: Content-Security-Policy = %q", path, policy)
		}
	}
	policy := b.get(p.url + "/").header.Get("Content-Security-Policy")
	if want := "form-action 'self' " + p.login.URL + " " + p.url; !strings.HasSuffix(policy, want) {
		t.Errorf("Content-Security-Policy = %q, want it to end in %q", policy, want)
	}
}

func TestAnythingElseIsNotFound(t *testing.T) {
	p, b := setUp(t), newBrowser(t)
	token := p.mint(t, secrets["users"]).Reveal()
	for _, request := range []string{
		"GET /nothing", "GET /agent", "GET /new-ticket", "POST /", "HEAD /login/authenticate-callback/1",
		"GET /login/authenticate-callback/2", "GET /agent/login/authenticate-callback/1", "GET /login//authenticate-callback/1", "GET /agent/../login/authenticate-callback/1",
		"GET /settings/jwt/", "PUT /settings/jwt", "POST /settings/jwt/test", "GET /settings/jwt/test/authenticate-callback/",
	} {
		method, path, _ := strings.Cut(request, " ")
		answer := b.do(method, p.url+path+"?jwt="+token, nil)
		if answer.status != http.StatusNotFound {
			t.Errorf("%s: status = %d, want 404", request, answer.status)
		}
		wantNot(t, answer, token)
	}
}

func TestADoorThatIsAbsentHasNoPages(t *testing.T) {
	p := setUp(t)
	cfg := p.config(t)
	delete(cfg.Doors, "agents")
	h, err := deskprotest.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		"/": http.StatusOK, "/settings/jwt": http.StatusOK, "/agent/": http.StatusNotFound, "/agent/settings/jwt": http.StatusNotFound,
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want || strings.Contains(w.Body.String(), "Agent interface") {
			t.Errorf("%s: status = %d, want %d and no link to the agents:\n%s", path, w.Code, want, w.Body)
		}
	}
}

func TestAConfigIsRefused(t *testing.T) {
	p := setUp(t)
	for _, row := range []struct {
		name   string
		change func(*deskprotest.Door)
		want   string
	}{
		{"without an app", func(d *deskprotest.Door) { d.App = nil }, "App"},
		{"without a login URL", func(d *deskprotest.Door) { d.LoginURL = "" }, "LoginURL"},
		{"with a relative login URL", func(d *deskprotest.Door) { d.LoginURL = "/users/login" }, "LoginURL"},
		{"with a log-out URL that is no page", func(d *deskprotest.Door) { d.LogoutURL = "mailto:a@example.com" }, "LogoutURL"},
	} {
		cfg := p.config(t)
		door := cfg.Doors["users"]
		row.change(&door)
		cfg.Doors["users"] = door
		if _, err := deskprotest.New(cfg); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: error = %v, want one that names %s", row.name, err, row.want)
		}
	}
	cfg := p.config(t)
	cfg.Doors = map[string]deskprotest.Door{"admins": cfg.Doors["users"]}
	if _, err := deskprotest.New(cfg); err == nil || !strings.Contains(err.Error(), `"admins"`) {
		t.Errorf("with an unknown door: error = %v, want one that names it", err)
	}
	if _, err := deskprotest.New(deskprotest.Config{}); err == nil {
		t.Error("without doors: no error")
	}
}

func TestManyLoginsAtOnceAcceptATokenOnce(t *testing.T) {
	p := setUp(t)
	target := p.url + "/login/authenticate-callback/1?jwt=" + p.mint(t, secrets["users"]).Reveal()
	statuses := make(chan int)
	for range 20 {
		b := newBrowser(t)
		go func() {
			resp, err := b.client.Get(target)
			if err != nil {
				t.Error(err)
				statuses <- 0
				return
			}
			resp.Body.Close()
			statuses <- resp.StatusCode
		}()
	}
	got := map[int]int{}
	for range 20 {
		got[<-statuses]++
	}
	if want := map[int]int{http.StatusOK: 1, http.StatusForbidden: 19}; !maps.Equal(got, want) {
		t.Errorf("statuses = %v, want %v", got, want)
	}
}

func TestAUsedTokenIsRefusedUntilItExpires(t *testing.T) {
	p, b := setUp(t), newBrowser(t)
	target := p.url + "/login/authenticate-callback/1?jwt=" + p.mint(t, secrets["users"]).Reveal()
	wantPage(t, b.get(target), http.StatusOK)
	for _, after := range []time.Duration{0, 119 * time.Second} {
		p.clock = now.Add(after)
		b.get(p.url + "/login/authenticate/1") // forgets what has expired
		wantPage(t, b.get(target), http.StatusForbidden, "jti was used already")
	}
	p.clock = now.Add(120 * time.Second)
	b.get(p.url + "/login/authenticate/1")
	wantPage(t, b.get(target), http.StatusForbidden, "expired")
}
