// Package web is the sign-in pages: routes, forms, headers and the words that
// people read. It decides nothing about passwords, keys or return URLs itself:
// it asks the directory, the keyring and package deskpro, and turns every
// error into one page of the table in problem.go.
//
// Start with New; each Lambda function serves one of Server's handlers.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/session"
)

// defaultTimeout keeps the promise of an answer within five seconds.
const defaultTimeout = 4 * time.Second

// Door is one way into the helpdesk: its users' or its agents'.
type Door struct {
	// Name is the path's first segment: "users" or "agents".
	Name string
	// App says where people return to and what their tokens claim.
	App *deskpro.App
	// Group is the one whose members may pass; empty lets everyone pass.
	Group string
	// Keys sign the door's tokens. Login and Authenticate need it.
	Keys keyring.Source
}

// Config configures a Server.
type Config struct {
	// Doors are those that are on. Required.
	Doors []Door
	// Sessions remembers who signed in. Required.
	Sessions *session.Sessions
	// Directory checks passwords. Authenticate needs it.
	Directory directory.Authenticator
	// Brand is the company's name, on every page. Empty means "Helpdesk".
	Brand string
	// FrameAncestors is the CSP source list of pages that may frame ours, such
	// as "https://intranet.example.com". Empty means none: a frame invites
	// clickjacking, and browsers keep the session's cookie out of it anyway.
	FrameAncestors string
	// RequestID returns the id that the person sees and the log shows. Nil
	// means no id.
	RequestID func(context.Context) string
	// Bypassed tells, in a stable word, how a request went past the CloudFront
	// distribution that is in front of the pages; it gets no other page than one
	// that says so. Empty: it did not. Nil means that there is no distribution.
	Bypassed func(context.Context) string
	// Timeout ends a request's calls to what is behind; zero means 4 s.
	Timeout time.Duration
	// Audit takes security events, Log everything else; its nil means
	// slog.Default().
	Audit audit.Log
	Log   *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Server makes the handlers. Safe for concurrent use.
type Server struct {
	cfg   Config
	doors map[string]*Door
	pages *pages
}

// New returns an error for a Config that lacks what every handler needs.
func New(cfg Config) (*Server, error) {
	if len(cfg.Doors) == 0 || cfg.Sessions == nil {
		return nil, errors.New("web: Doors and Sessions are required")
	}
	if cfg.Brand == "" {
		cfg.Brand = "Helpdesk"
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.RequestID == nil {
		cfg.RequestID = func(context.Context) string { return "" }
	}
	if cfg.Bypassed == nil {
		cfg.Bypassed = func(context.Context) string { return "" }
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Server{cfg: cfg, doors: make(map[string]*Door, len(cfg.Doors))}
	for i := range cfg.Doors {
		door := &cfg.Doors[i]
		if door.Name == "" || door.App == nil || s.doors[door.Name] != nil {
			return nil, fmt.Errorf("web: door %q needs a name of its own and an App", door.Name)
		}
		s.doors[door.Name] = door
	}
	var err error
	s.pages, err = newPages(cfg)
	return s, err
}

// Login answers GET /{door}/login: a token for who has a live session, the
// sign-in page for who has none. To a request of any other route it answers,
// as each of the handlers does, with a page that says so.
func (s *Server) Login() http.Handler {
	return s.routes(map[string]handler{"GET /{door}/login": s.login})
}

// Authenticate answers POST /{door}/login, the sign-in page's form.
func (s *Server) Authenticate() http.Handler {
	return s.routes(map[string]handler{"POST /{door}/login": post(s.authenticate)})
}

// Logout answers GET /{door}/logout.
func (s *Server) Logout() http.Handler {
	return s.routes(map[string]handler{"GET /{door}/logout": s.logout})
}
