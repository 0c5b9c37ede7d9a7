package deskprotest_test

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/deskpro/deskprotest"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// secrets are what the doors share with the sign-in page.
var secrets = map[string]string{
	"users":  "practice-key-of-the-users-practice-key",
	"agents": "practice-key-of-the-agents-practice-key",
}

func key(t testing.TB, secret string) keyring.Key {
	t.Helper()
	k, err := keyring.ParseKey(redact.New(secret), "v1")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func person(t testing.TB) deskpro.Claims {
	t.Helper()
	address, err := deskpro.ParseEmail("ada+help@example.com")
	if err != nil {
		t.Fatal(err)
	}
	return deskpro.Claims{ID: "u-1", Email: address, Name: "Ada O'Neill", Groups: []string{"staff"}}
}

// practice is a helpdesk on loopback and the sign-in page that serves it.
type practice struct {
	helpdesk *deskprotest.Helpdesk
	app      *deskpro.App
	url      string
	login    *httptest.Server
	clock    time.Time
	returns  []string // as they reached the sign-in page, in order
}

// setUp starts both. The sign-in page lets everybody in as person, and its
// log-out page goes back to where it is told.
func setUp(t *testing.T) *practice {
	t.Helper()
	p := &practice{clock: now}
	p.login = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		target := r.URL.Query().Get("return")
		p.returns = append(p.returns, target)
		door, page, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		if page == "logout" {
			http.Redirect(w, r, target, http.StatusFound)
			return
		}
		parsed, err := p.app.ParseReturn(target)
		if err != nil {
			t.Errorf("the helpdesk sent the return %q: %v", target, err)
			return
		}
		http.Redirect(w, r, parsed.With(p.mint(t, secrets[door])), http.StatusFound)
	}))
	t.Cleanup(p.login.Close)

	server := httptest.NewUnstartedServer(nil)
	p.url = "http://" + server.Listener.Addr().String()
	var err error
	if p.app, err = deskpro.New(deskpro.Config{URL: p.url, ReturnOrigins: []string{"https://brand.example"}, Issuer: "practice"}); err != nil {
		t.Fatal(err)
	}
	if p.helpdesk, err = deskprotest.New(p.config(t)); err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = p.helpdesk
	server.Start()
	t.Cleanup(server.Close)
	return p
}

func (p *practice) config(t *testing.T) deskprotest.Config {
	doors := map[string]deskprotest.Door{}
	for name, secret := range secrets {
		doors[name] = deskprotest.Door{
			App: p.app, Key: key(t, secret),
			LoginURL: p.login.URL + "/" + name + "/login?theme=plain", LogoutURL: p.login.URL + "/" + name + "/logout",
		}
	}
	return deskprotest.Config{Doors: doors, Now: func() time.Time { return p.clock }}
}

func (p *practice) mint(t testing.TB, secret string) deskpro.Token {
	t.Helper()
	token, err := p.app.Mint(key(t, secret), person(t), p.clock)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// browser keeps cookies and follows redirects.
type browser struct {
	t      *testing.T
	client *http.Client
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, &http.Client{Jar: jar}}
}

// page is what the browser shows in the end.
type page struct {
	status int
	url    *url.URL
	header http.Header
	body   string
}

func (b *browser) get(address string) page {
	b.t.Helper()
	return b.do(http.MethodGet, address, nil)
}

func (b *browser) do(method, address string, header http.Header) page {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, address, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return page{resp.StatusCode, resp.Request.URL, resp.Header, string(body)}
}

var anchor = regexp.MustCompile(`<a href="([^"]*)"[^>]*>([^<]*)</a>`)

// links returns the page's links by their text.
func (p page) links(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, found := range anchor.FindAllStringSubmatch(p.body, -1) {
		target, err := p.url.Parse(html.UnescapeString(found[1]))
		if err != nil {
			t.Fatal(err)
		}
		all[html.UnescapeString(found[2])] = target.String()
	}
	return all
}

// follow gets the link that reads text.
func (b *browser) follow(from page, text string) page {
	b.t.Helper()
	target, ok := from.links(b.t)[text]
	if !ok {
		b.t.Fatalf("%s has no link %q, only %v", from.url.Path, text, from.links(b.t))
	}
	return b.get(target)
}

// wantPage fails the test unless p has the status and each of the texts.
func wantPage(t *testing.T, p page, status int, texts ...string) {
	t.Helper()
	if p.status != status {
		t.Errorf("%s: status = %d, want %d", p.url.Path, p.status, status)
	}
	for _, text := range texts {
		if !strings.Contains(p.body, text) {
			t.Errorf("%s: does not say %q:\n%s", p.url.Path, text, p.body)
		}
	}
}

// wantNot fails the test if p holds one of the texts anywhere.
func wantNot(t *testing.T, p page, texts ...string) {
	t.Helper()
	var headers strings.Builder
	p.header.Write(&headers)
	for _, text := range texts {
		if strings.Contains(p.body, text) || strings.Contains(headers.String(), text) {
			t.Errorf("%s: holds %q:\n%s\n%s", p.url.Path, text, headers.String(), p.body)
		}
	}
}
