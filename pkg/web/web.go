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
	"slices"
	"time"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/bounce"
	"deskpro-login/pkg/challenge"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/regulation"
	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state"
	"deskpro-login/pkg/web/locales"
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
	// Factor: nobody passes without a second factor, whoever signed them in.
	// Sessions without one lead to the sign-in page.
	Factor bool
	// Keys sign the door's tokens. Login and Authenticate need them.
	Keys keyring.Source
	// Looks are those of the door's pages.
	Looks Looks
}

// Config configures a Server.
type Config struct {
	// Doors are those that are on. Required.
	Doors []Door
	// Sessions remembers who signed in. Required.
	Sessions *session.Sessions
	// Directory checks passwords, and Store keeps sign-ins between their pages.
	// Authenticate needs both.
	Directory directory.Authenticator
	Store     state.Store
	// Regulation bounds guessing. Authenticate needs it.
	Regulation *regulation.Regulation
	// RefusalTime is what the refusal of a password or code takes at least, so
	// that its time tells nothing of the account. It must cover what checking
	// takes; zero covers nothing.
	RefusalTime time.Duration
	// RotationWindow is for how long after a change of a door's secret its previous
	// version may sign for who comes back from Deskpro refused, as one that waits
	// always may. Zero: only the current one signs. Login uses it.
	RotationWindow time.Duration
	// Ledger counts what those people show about each version; nil: nobody does.
	Ledger *bounce.Ledger
	// Offers are what the sign-in page leads to besides.
	Offers Offers
	// Recovery is behind the pages for a new password and a new account.
	// Authenticate needs it for Offers.Reset and Offers.Confirm.
	Recovery directory.Recovery
	// Federation is behind Offers.Federation. Authenticate needs it for that.
	Federation directory.Federation
	// FederationLogout is the address that ends a federated session at the
	// identity provider's, with a query; the address to come back to is added to
	// it as logout_uri. Empty: only ours is ended. Logout uses it.
	FederationLogout string
	// Looks are those of pages that belong to no door.
	Looks Looks
	// Languages are the tags of those that pages are offered in, the first for
	// whoever asks for none; package locales has them. Empty means all there are.
	Languages []string
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

// Offers are ways to sign in and to be helped, beside a password.
type Offers struct {
	// Reset is a page for a forgotten password, Confirm one that confirms an
	// account which a person made.
	Reset, Confirm bool
	// Change leads to another password, Factor to an authenticator app or to being
	// without one, Codes to new recovery codes, each by way of signing in.
	Change, Factor, Codes bool
	// Passwordless: the directory may be asked for other ways to sign in.
	Passwordless bool
	// Federation is the name of who else signs people in, such as "Acme ID";
	// empty: nobody. Direct sends people straight there.
	Federation string
	Direct     bool
}

// wanted reads a want that is offered.
func (o Offers) wanted(value string) directory.Want {
	want := directory.Want(value)
	if want == wantAccount || slices.Contains(o.wants(), want) {
		return want
	}
	return ""
}

// wants are the changes of an account that are offered.
func (o Offers) wants() (wants []directory.Want) {
	if o.Change {
		wants = append(wants, directory.WantPassword)
	}
	if o.Factor {
		wants = append(wants, directory.WantFactor, directory.WantNoFactor)
	}
	if o.Codes {
		wants = append(wants, directory.WantCodes)
	}
	return wants
}

// Server makes the handlers. Safe for concurrent use.
type Server struct {
	cfg       Config
	doors     map[string]*Door
	pages     *pages
	languages *locales.Set
	// steps are sign-ins between two pages, trips those on their way to the
	// identity provider and back.
	steps, trips *challenge.Steps
}

// New returns an error for a Config that lacks what every handler needs or, if
// it has a Directory, what Authenticate does.
func New(cfg Config) (*Server, error) {
	if len(cfg.Doors) == 0 || cfg.Sessions == nil {
		return nil, errors.New("web: Doors and Sessions are required")
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
	if cfg.Directory != nil {
		if err := s.keepSteps(); err != nil {
			return nil, err
		}
	}
	return s, s.keepPages()
}

func (s *Server) keepPages() (err error) {
	if s.languages, err = locales.New(s.cfg.Languages); err != nil {
		return fmt.Errorf("web: %w", err)
	}
	s.pages = newPages(s.cfg, s.languages)
	return nil
}

func (s *Server) keepSteps() (err error) {
	offers := s.cfg.Offers
	switch {
	case s.cfg.Regulation == nil:
		return errors.New("web: Directory needs Regulation")
	case (offers.Reset || offers.Confirm) && s.cfg.Recovery == nil:
		return errors.New("web: Offers.Reset and Offers.Confirm need Recovery")
	case offers.Federation != "" && s.cfg.Federation == nil:
		return errors.New("web: Offers.Federation needs Federation")
	}
	if s.steps, err = challenge.New(challenge.Config{Store: s.cfg.Store, Life: stepLife, Now: s.cfg.Now}); err != nil {
		return fmt.Errorf("web: keeping steps: %w", err)
	}
	s.trips, err = challenge.New(challenge.Config{Store: s.cfg.Store, Prefix: "federation#", Life: stepLife, Now: s.cfg.Now})
	return err
}

// The route keys of the functions. Whatever else comes goes to login, which
// answers as each of the handlers does to a route that is not its own: with a
// page that says so.
const (
	routeLogin       = "GET /{door}/login"
	routePassword    = "POST /{door}/login" // #nosec G101 -- a route
	routeStep        = "POST /{door}/login/challenge"
	routeReset       = "GET /{door}/login/reset"
	routeResetForm   = "POST /{door}/login/reset"
	routeConfirm     = "GET /{door}/login/confirm"
	routeConfirmForm = "POST /{door}/login/confirm"
	routeFederate    = "GET /{door}/login/federate"
	routeCallback    = "GET /{door}/login/callback"
	routeLogout      = "GET /{door}/logout"
	routeAccount     = "GET /{door}/account"
	routeAccountForm = "POST /{door}/account"
	routeOther       = "$default"
)

// Routes returns all handlers by the route keys of the API.
func (s *Server) Routes() map[string]http.Handler {
	routes := map[string]http.Handler{routeLogin: s.Login(), routeLogout: s.Logout()}
	for _, route := range []string{routeAccount, routeAccountForm, routeOther} {
		routes[route] = s.Login()
	}
	for _, route := range []string{
		routePassword, routeStep, routeReset, routeResetForm, routeConfirm, routeConfirmForm, routeFederate, routeCallback,
	} {
		routes[route] = s.Authenticate()
	}
	return routes
}

// Login answers GET /{door}/login: a token for who has a live session, the
// sign-in page for who has none. To whoever has one it shows their own account,
// too, from which sessions are ended.
func (s *Server) Login() http.Handler {
	return s.routes(map[string]handler{routeLogin: s.login, routeAccount: s.accountPage, routeAccountForm: s.post(s.endDevices)})
}

// Authenticate answers the sign-in page's form and all that may follow it: the
// directory's further questions, a new password, a new account, and the way to
// an identity provider and back.
func (s *Server) Authenticate() http.Handler {
	routes := map[string]handler{routePassword: s.post(s.authenticate), routeStep: s.post(s.answer)}
	if s.cfg.Offers.Reset {
		routes[routeReset], routes[routeResetForm] = s.resetPage, s.post(s.reset)
	}
	if s.cfg.Offers.Confirm {
		routes[routeConfirm], routes[routeConfirmForm] = s.confirmPage, s.post(s.confirm)
	}
	if s.cfg.Offers.Federation != "" {
		routes[routeFederate], routes[routeCallback] = s.federate, s.callback
	}
	return s.routes(routes)
}

// Logout answers GET /{door}/logout.
func (s *Server) Logout() http.Handler {
	return s.routes(map[string]handler{routeLogout: s.logout})
}
