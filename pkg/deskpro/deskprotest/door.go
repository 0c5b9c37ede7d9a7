package deskprotest

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
)

// place is a part of Deskpro, with the id that it gave to the app there.
type place struct{ door, title, home, id string }

var places = [...]place{
	{"users", "Help centre", "/", "1"},
	{"agents", "Agent interface", "/agent/", "2"},
}

// door is a place where people sign in by its installation of the app.
type door struct {
	place
	app           *deskpro.App
	algorithm     string // the app's
	login, logout *url.URL
	formAction    string // of the CSP
	nav           []link
	pages         *pages
	now           func() time.Time

	mu        sync.Mutex
	secret    redact.Secret // as it was pasted
	key       keyring.Key   // made of it
	unusable  error         // why there is no key
	automatic bool
	verdicts  []verdict            // on the latest tokens, the newest first
	used      map[string]time.Time // jti of an accepted token: its expiry
	sessions  map[string]string    // cookie: who is signed in
}

func newDoor(name string, cfg Door) (*door, error) {
	d := &door{app: cfg.App, automatic: cfg.Automatic, used: map[string]time.Time{}, sessions: map[string]string{}}
	d.setSecret(redact.New(string(cfg.Key.Bytes())))
	at := slices.IndexFunc(places[:], func(p place) bool { return p.door == name })
	if at < 0 {
		return nil, errors.New("a door is users or agents")
	}
	d.place = places[at]
	if d.app == nil {
		return nil, errors.New("an App is required")
	}
	var err error
	if d.algorithm, err = algorithmOf(d.app); err != nil {
		return nil, err
	}
	if d.login, err = parseAbsolute(cfg.LoginURL); err != nil {
		return nil, fmt.Errorf("reading LoginURL: %w", err)
	}
	if d.logout, err = parseAbsolute(cfg.LogoutURL); err != nil {
		return nil, fmt.Errorf("reading LogoutURL: %w", err)
	}
	// Browsers hold every redirect after a form to form-action: to the log-out
	// page, and from there back to the helpdesk.
	d.formAction = strings.Join(append([]string{"'self'", d.logout.Scheme + "://" + d.logout.Host, d.origin()}, cfg.LogoutOrigins...), " ")
	return d, nil
}

func parseAbsolute(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.Fragment != "" {
		return nil, errors.New("it must be an absolute URL without a fragment")
	}
	return u, nil
}

// The first two are Deskpro's own paths; the others are of this practice.
func (d *door) startPath() string    { return d.home + "login/authenticate/" + d.id }
func (d *door) callbackPath() string { return d.home + "login/authenticate-callback/" + d.id }
func (d *door) ticketPath() string   { return d.home + "new-ticket/" }
func (d *door) logoutPath() string   { return d.home + "logout" }
func (d *door) settingsPath() string { return d.home + "settings/jwt" }
func (d *door) testPath() string     { return d.settingsPath() + "/test" }

// testCallbackPath is another return than a login's, as that of Deskpro's Test
// Settings is.
func (d *door) testCallbackPath() string { return d.testPath() + "/authenticate-callback" }

// origin is the helpdesk's, as the app is configured: the Host header is the
// browser's word.
func (d *door) origin() string { return d.app.Origins()[0] }

// remoteLogin is where a login begins. After it the person is to reach the
// page nested, if any.
func (d *door) remoteLogin(nested string) string {
	return withReturn(d.login, d.origin()+withNested(d.callbackPath(), nested))
}

// again is where the login begins anew that r ends: the same return, which is
// where r went without the token.
func (d *door) again(r *http.Request) string {
	var kept []string
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		escaped, _, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(escaped); err != nil || name != "jwt" {
			kept = append(kept, pair)
		}
	}
	target := d.origin() + r.URL.EscapedPath()
	if query := strings.Join(kept, "&"); query != "" {
		target += "?" + query
	}
	return withReturn(d.login, target)
}

func withNested(path, nested string) string {
	if nested == "" {
		return path
	}
	return path + "?return=" + url.QueryEscape(nested)
}

func withReturn(page *url.URL, target string) string {
	u := *page
	query := u.Query()
	query.Set("return", target)
	u.RawQuery = query.Encode()
	return u.String()
}

// nested returns the page of this helpdesk that a request's own return names,
// or nothing if it leads elsewhere. It is absolute: a path of its own could
// begin with two slashes, which browsers read as another host.
func (d *door) nested(r *http.Request) string {
	values := r.URL.Query()["return"]
	if len(values) != 1 {
		return ""
	}
	page, err := d.app.ParseReturn(values[0])
	if err != nil || !strings.HasPrefix(page.String(), d.origin()+"/") {
		return ""
	}
	return page.String()
}
