package web_test

import (
	"bytes"
	"cmp"
	"context"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/memory"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/lambdahttp"
	"deskpro-login/pkg/lambdahttp/gateway"
	hasher "deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/regulation"
	"deskpro-login/pkg/session"
	state "deskpro-login/pkg/state/memory"
	"deskpro-login/pkg/state/statetest"
	"deskpro-login/pkg/web"
)

const (
	domain   = "login.example.com"
	helpdesk = "https://acme.deskpro.com"
	callback = helpdesk + "/login/authenticate-callback/1"
	password = "practice-helpdesk"
)

// site is the pages behind a gateway, with everything behind them replaceable.
type site struct {
	gateway   http.Handler
	store     *statetest.Faulty
	sessions  *session.Sessions
	directory *swappable
	keys      map[string]*keySource
	apps      map[string]*deskpro.App
	log       *lockedBuffer
}

// people is made once: each password costs a hash.
var people = sync.OnceValue(func() directory.Authenticator {
	person := func(id, email, name string, groups ...string) memory.Account {
		return memory.Account{Password: redact.New(password), Account: account.Account{
			ID: id, Login: email, Email: email, EmailVerified: true, Name: name, Groups: groups,
			Attributes: map[string]string{"department": "R&D"},
		}}
	}
	disabled := person("u-4", "dora@example.com", "Dora")
	disabled.Disabled = true
	unverified := person("u-5", "uma@example.com", "Uma")
	unverified.EmailVerified = false
	passwords, err := hasher.New(hasher.Config{})
	if err != nil {
		panic(err)
	}
	accounts, err := memory.New(memory.Config{Passwords: passwords, Accounts: []memory.Account{
		person("u-1", "ugo+help@example.com", "Ugo O'Neill 👩‍🚀"),
		person("u-2", "ana@example.com", "דנה", "deskpro-agents"),
		disabled, unverified,
	}})
	if err != nil {
		panic(err)
	}
	d, err := account.New(account.Config{Store: accounts, Passwords: passwords, ReadOnly: true})
	if err != nil {
		panic(err)
	}
	return d
})

func newSite(t testing.TB, change ...func(*web.Config)) *site {
	t.Helper()
	s := &site{
		store: &statetest.Faulty{Store: &state.Store{}}, directory: &swappable{people()},
		keys: map[string]*keySource{}, apps: map[string]*deskpro.App{}, log: &lockedBuffer{},
	}
	log := slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	sessions, err := session.New(session.Config{Store: s.store, Idle: time.Hour, Absolute: 12 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	s.sessions = sessions
	cfg := web.Config{
		Sessions: sessions, Directory: s.directory, Store: s.store, Looks: web.Looks{Brand: "Acme & Sons"},
		RequestID: lambdahttp.RequestID, Audit: audit.Log{Logger: log}, Log: log,
	}
	for name, door := range map[string]struct{ url, group, key string }{
		"users":  {helpdesk + "/", "", "users-practice-key-users-practice-key"},
		"agents": {helpdesk + "/agent/", "deskpro-agents", "agents-practice-key-agents-practice-key"},
	} {
		app, err := deskpro.New(deskpro.Config{
			URL: door.url, Issuer: "test", ReturnOrigins: []string{"https://help.acme.example"}, Attributes: []string{"department"},
		})
		if err != nil {
			t.Fatal(err)
		}
		key, err := keyring.ParseKey(redact.New(door.key), name+"-v1")
		if err != nil {
			t.Fatal(err)
		}
		s.apps[name], s.keys[name] = app, &keySource{key: key}
		cfg.Doors = append(cfg.Doors, web.Door{Name: name, App: app, Group: door.group, Keys: s.keys[name], Looks: cfg.Looks})
	}
	for _, f := range change {
		f(&cfg)
	}
	if cfg.Regulation == nil {
		cfg.Regulation, err = regulation.New(regulation.Config{
			Store: s.store, Fold: account.NormalizeLogin, KnownFor: 180 * 24 * time.Hour, Now: cfg.Now,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	server, err := web.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	routes := map[string]gateway.Function{}
	for key, handler := range server.Routes() {
		if routes[key], err = lambdahttp.New(lambdahttp.Config{HTTP: handler, Log: log}); err != nil {
			t.Fatal(err)
		}
	}
	if s.gateway, err = gateway.New(gateway.Config{Domain: domain, Routes: routes}); err != nil {
		t.Fatal(err)
	}
	return s
}

// keySource is a keyring.Source that can be told to fail.
type keySource struct {
	key keyring.Key
	err error
	// ring is what there is besides key.
	ring    keyring.Keyring
	ringErr error
}

func (k *keySource) Current(context.Context) (keyring.Key, error) { return k.key, k.err }

func (k *keySource) Keyring(context.Context) (keyring.Keyring, error) {
	ring := k.ring
	ring.Current = k.key
	return ring, cmp.Or(k.ringErr, k.err)
}

// swappable is a directory.Authenticator that can be replaced.
type swappable struct{ directory.Authenticator }

// answers is a directory that always says the same.
type answers struct {
	outcome directory.Outcome
	err     error
}

func (a answers) Authenticate(context.Context, directory.Credentials) (directory.Outcome, error) {
	return a.outcome, a.err
}

func (answers) Respond(context.Context, directory.Challenge, directory.Answer) (directory.Outcome, error) {
	return directory.Outcome{}, directory.ErrOver
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// browser keeps cookies, follows no redirect, and sends what a browser sends.
type browser struct {
	t    testing.TB
	site *site
	// cookie is the session's, others are all others.
	cookie string
	others map[string]string
}

func (s *site) browser(t testing.TB) *browser {
	return &browser{t: t, site: s, others: map[string]string{"other": "1"}}
}

type answer struct {
	*http.Response
	body string
}

func (b *browser) do(r *http.Request) answer {
	b.t.Helper()
	for name, value := range b.others {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if b.cookie != "" {
		r.AddCookie(&http.Cookie{Name: "__Host-session", Value: b.cookie})
	}
	recorder := httptest.NewRecorder()
	b.site.gateway.ServeHTTP(recorder, r)
	response := recorder.Result()
	for _, c := range response.Cookies() {
		switch {
		case c.Name == "__Host-session":
			b.cookie = c.Value
		case c.MaxAge < 0:
			delete(b.others, c.Name)
		default:
			if b.others == nil {
				b.others = map[string]string{}
			}
			b.others[c.Name] = c.Value
		}
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{response, string(body)}
}

func (b *browser) get(path string) answer {
	b.t.Helper()
	return b.do(httptest.NewRequest("GET", "https://"+domain+path, nil))
}

func (b *browser) post(path string, fields url.Values) answer {
	b.t.Helper()
	return b.do(formRequest(path, fields))
}

func formRequest(path string, fields url.Values) *http.Request {
	r := httptest.NewRequest("POST", "https://"+domain+path, strings.NewReader(fields.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "https://"+domain)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

func credentials(login, password, returnTo string) url.Values {
	return url.Values{"username": {login}, "password": {password}, "return": {returnTo}}
}

// signIn signs in at the users' door.
func (b *browser) signIn() answer {
	b.t.Helper()
	return b.post("/users/login", credentials("ugo+help@example.com", password, callback))
}

// wantPage fails unless the answer is a page of ours with this status that says
// all of words, and no redirect.
func (a answer) wantPage(t testing.TB, status int, words ...string) {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("status %d, want %d\n%s", a.StatusCode, status, a.body)
	}
	if location := a.Header.Get("Location"); location != "" {
		t.Errorf("a page redirects to %q", location)
	}
	text := html.UnescapeString(a.body)
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("page does not say %q:\n%s", w, a.body)
		}
	}
	if strings.Contains(text, password) || strings.Contains(text, "jwt=") {
		t.Errorf("page shows a password or a token:\n%s", a.body)
	}
}

// wantToken fails unless the answer sends the browser to returnTo with exactly
// one token that the door's Deskpro accepts; it returns the claims.
func (a answer) wantToken(t testing.TB, s *site, door, returnTo string) map[string]any {
	t.Helper()
	if a.StatusCode != http.StatusFound {
		t.Fatalf("status %d, want 302\n%s", a.StatusCode, a.body)
	}
	location := a.Header.Get("Location")
	match := regexp.MustCompile(`^(.*)[?&]jwt=([\w.-]+)$`).FindStringSubmatch(location)
	if match == nil || match[1] != returnTo || strings.Count(location, "jwt=") != 1 {
		t.Fatalf("redirects to %q, want %q with one token", location, returnTo)
	}
	claims, err := s.apps[door].Verify(match[2], s.keys[door].key, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return claims
}

// field returns the value of the page's input of that name.
func (a answer) field(t testing.TB, name string) string {
	t.Helper()
	tag := regexp.MustCompile(`<input[^>]* name="` + name + `"[^>]*>`).FindString(a.body)
	if tag == "" {
		t.Fatalf("page has no field %s:\n%s", name, a.body)
	}
	value := regexp.MustCompile(` value="([^"]*)"`).FindStringSubmatch(tag)
	if value == nil {
		return ""
	}
	return html.UnescapeString(value[1])
}

// sessionCookie returns the session cookie that the answer sets, nil for none.
func (a answer) sessionCookie() *http.Cookie {
	for _, c := range a.Cookies() {
		if c.Name == "__Host-session" {
			return c
		}
	}
	return nil
}
