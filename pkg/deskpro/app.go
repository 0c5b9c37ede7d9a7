// Package deskpro owns this side of the contract with Deskpro's JWT app: where
// a person may be sent back to (ReturnURL), what the token says (Claims), and
// how it is signed (App.Mint).
//
// The contract is Deskpro's admin guide, "JWT" under Auth & SSO: the browser
// arrives with a `return` parameter and goes back to it with a token in `jwt`.
package deskpro

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Lifetimes of a token. Deskpro suggests five minutes; the token is read once,
// at the redirect, so two are plenty for a slow phone.
const (
	defaultLifetime = 120 * time.Second
	MinLifetime     = 30 * time.Second
	MaxLifetime     = 600 * time.Second
)

// Config describes one installation of the JWT app in Deskpro: a door.
type Config struct {
	// URL is the helpdesk's address, for example "https://acme.deskpro.com/".
	// Relative return URLs are resolved on it. Required; https, except on
	// loopback.
	URL string
	// ReturnOrigins are further origins that a return URL may have, for brands
	// with hosts of their own: "https://help.acme.com". A token is sent to any
	// page of them, so list only hosts that Deskpro serves.
	ReturnOrigins []string
	// DefaultReturn is where a person goes who came without a return URL, from
	// a bookmark: absolute or relative, held to the same rules. Empty means URL.
	DefaultReturn string
	// Issuer is the token's iss claim. Required.
	Issuer string
	// Algorithm is the app's Decrypt Algorithm: HS256 (also when empty), HS384
	// or HS512, whose keys need at least 32, 48 and 64 bytes.
	Algorithm string
	// Lifetime is how long a token is valid, between MinLifetime and
	// MaxLifetime; zero means defaultLifetime.
	Lifetime time.Duration
	// Attributes are the names of the directory's attributes that the token
	// carries, each as a claim of its own.
	Attributes []string
}

// App is a valid Config. It is safe for concurrent use.
type App struct {
	base          *url.URL
	origins       []string
	defaultReturn ReturnURL
	issuer        string
	method        *jwt.SigningMethodHMAC
	lifetime      time.Duration
	attributes    []string
}

// New returns an error that joins every problem of cfg.
func New(cfg Config) (*App, error) {
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }

	app := &App{issuer: cfg.Issuer, lifetime: cfg.Lifetime, attributes: cfg.Attributes}
	if cfg.Issuer == "" {
		problem("the issuer is empty")
	}
	switch {
	case app.lifetime == 0:
		app.lifetime = defaultLifetime
	case app.lifetime < MinLifetime || app.lifetime > MaxLifetime:
		problem("the token lifetime %v is not between %v and %v", cfg.Lifetime, MinLifetime, MaxLifetime)
	}
	switch cfg.Algorithm {
	case "", "HS256":
		app.method = jwt.SigningMethodHS256
	case "HS384":
		app.method = jwt.SigningMethodHS384
	case "HS512":
		app.method = jwt.SigningMethodHS512
	default:
		problem("the algorithm %q is none of HS256, HS384, HS512", cfg.Algorithm)
	}
	for _, name := range cfg.Attributes {
		if reserved[name] {
			problem("the attribute %q has the name of a claim that is set already", name)
		}
	}

	base, err := parseBase(cfg.URL)
	if err != nil {
		problem("the Deskpro URL %q %w", cfg.URL, err)
		return nil, errors.Join(problems...)
	}
	app.base = base
	app.origins = []string{origin(base)}
	for _, value := range cfg.ReturnOrigins {
		o, err := parseBase(value)
		if err == nil && (o.Path != "/" || (o.Scheme == "http" && !isLoopback(base))) {
			err = errors.New("must be an origin such as https://help.example.com")
		}
		if err != nil {
			problem("the return origin %q %w", value, err)
			continue
		}
		app.origins = append(app.origins, origin(o))
	}
	app.defaultReturn = ReturnURL{*base}
	if cfg.DefaultReturn != "" {
		if app.defaultReturn, err = app.ParseReturn(cfg.DefaultReturn); err != nil {
			problem("the default return %q: %w", cfg.DefaultReturn, err)
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return app, nil
}

// Home is the helpdesk's address: the way on from every page.
func (a *App) Home() string { return a.base.String() }

// Origins are the origins that a return URL may have, the helpdesk's own first.
func (a *App) Origins() []string { return append([]string(nil), a.origins...) }

// Attributes are the names of the directory's attributes that tokens carry.
func (a *App) Attributes() []string { return append([]string(nil), a.attributes...) }

// minKeyLength is the length of the hash (RFC 7518 section 3.2).
func (a *App) minKeyLength() int { return a.method.Hash.Size() }
