// Package deskprotest is the practice Deskpro: Deskpro's side of the JWT app,
// for the local server and for tests that follow a login to its end. Start
// with New. It speaks plain HTTP and belongs on loopback: its sessions live in
// memory and guard nothing, and whoever reaches it may look around.
//
// It is as strict as Deskpro is known to be, and stricter where a mistake of
// ours would otherwise pass unseen: exactly one token to a callback, and each
// token once. It logs nothing, so no token ends up in a log. What its admin can
// change is on a page of each door, for everyone.
package deskprotest

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/keyring"
)

// Config describes a practice helpdesk.
type Config struct {
	// Doors are the installations of the JWT app. "users" is the help centre,
	// at /, and "agents" the agent interface, at /agent/. At least one is
	// required; one that is absent has no pages.
	Doors map[string]Door
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Door is one installation of the JWT app, as its admin filled it in.
type Door struct {
	// App has the helpdesk's URL, whose origin is that of every return URL
	// sent, and verifies the tokens. Required.
	App *deskpro.App
	// Key is the secret that the admin pasted. The zero Key refuses every
	// token.
	Key keyring.Key
	// LoginURL is the Remote Login URL. Required, absolute.
	LoginURL string
	// LogoutURL is the Logout Redirect URL. Required, absolute.
	LogoutURL string
	// LogoutOrigins are further ones that logging out leads by, such as an
	// identity provider's: browsers hold a form's redirects to the page's CSP.
	LogoutOrigins []string
	// Automatic is Deskpro's SSO of that name: who is signed out sees none of its
	// pages but is sent to the Remote Login URL, and so is who brings a token that
	// it refuses, with the same return again.
	Automatic bool
}

// Helpdesk is a practice Deskpro. It is safe for concurrent use.
type Helpdesk struct {
	doors  map[string]*door
	guard  *http.CrossOriginProtection
	routes map[string]http.HandlerFunc // by method and path, exactly
}

var _ http.Handler = (*Helpdesk)(nil)

// New returns an error that names the door and the field at fault.
func New(cfg Config) (*Helpdesk, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	pages, err := newPages()
	if err != nil {
		return nil, err
	}
	if len(cfg.Doors) == 0 {
		return nil, errors.New("practice helpdesk: there is no door")
	}
	h := &Helpdesk{
		doors:  map[string]*door{},
		guard:  http.NewCrossOriginProtection(),
		routes: map[string]http.HandlerFunc{},
	}
	for name, door := range cfg.Doors {
		d, err := newDoor(name, door)
		if err != nil {
			return nil, fmt.Errorf("practice helpdesk: the door %q: %w", name, err)
		}
		d.pages, d.now = pages, cfg.Now
		h.doors[name] = d
		h.routes["GET "+d.home] = d.serveHome
		h.routes["GET "+d.ticketPath()] = d.serveTicket
		h.routes["GET "+d.startPath()] = d.serveStart
		h.routes["GET "+d.callbackPath()] = d.serveCallback
		h.routes["POST "+d.logoutPath()] = d.serveLogout
		h.routes["GET "+d.settingsPath()] = d.serveSettings
		h.routes["POST "+d.settingsPath()] = d.serveSave
		h.routes["GET "+d.testPath()] = d.serveTest
		h.routes["GET "+d.testCallbackPath()] = d.serveTestCallback
	}
	for _, d := range h.doors {
		for _, p := range places {
			if _, on := h.doors[p.door]; on {
				d.nav = append(d.nav, link{URL: p.home, Text: p.title, Here: p == d.place})
			}
		}
	}
	return h, nil
}

// ServeHTTP answers the exact paths of the doors. It has no http.ServeMux,
// which redirects paths that it finds untidy and would send a token along.
func (h *Helpdesk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	// The callback's own URL holds a token. (no-referrer would make older
	// browsers send the log-out form with "Origin: null".)
	header.Set("Referrer-Policy", "same-origin")
	if err := h.guard.Check(r); err != nil {
		http.Error(w, "The practice helpdesk refuses forms of other sites.", http.StatusForbidden)
		return
	}
	serve, ok := h.routes[r.Method+" "+r.URL.Path]
	if !ok {
		http.Error(w, "The practice helpdesk has no such page.", http.StatusNotFound)
		return
	}
	serve(w, r)
}
