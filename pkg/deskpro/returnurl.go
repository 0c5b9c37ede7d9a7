package deskpro

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// maxReturnLength bounds a return URL in bytes: with a token joined it must
// still fit the header limits of API Gateway (10,240) and of the usual web
// server (8,192).
const maxReturnLength = 4096

// maxParameters keeps the token, which comes last, well among the first 1000
// parameters: PHP reads no more (max_input_vars).
const maxParameters = 100

// tokenParameter is the query parameter in which Deskpro expects the token.
const tokenParameter = "jwt"

// ErrReturn is every refusal of ParseReturn. The text around it says why and
// may be logged: it holds nothing of the URL but its origin.
var ErrReturn = errors.New("return URL refused")

// ReturnURL is a page of the helpdesk to which a token may be sent. Only
// App.ParseReturn makes one, so a redirect to anywhere else does not compile.
type ReturnURL struct{ url url.URL }

// ParseReturn reads the `return` parameter. Absolute URLs must have one of the
// door's origins exactly; relative ones are resolved on the helpdesk's URL.
// What URL parsers are known to read differently (backslashes, control and
// non-ASCII characters, user information, a missing host) is refused rather
// than cleaned, and so is a fragment, which would swallow the token, and a
// `jwt` parameter, which would compete with it.
func (a *App) ParseReturn(raw string) (ReturnURL, error) {
	switch {
	case raw == "":
		return ReturnURL{}, fmt.Errorf("%w: it is empty", ErrReturn)
	case len(raw) > maxReturnLength:
		return ReturnURL{}, fmt.Errorf("%w: it is longer than %d bytes", ErrReturn, maxReturnLength)
	case strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' }):
		return ReturnURL{}, fmt.Errorf("%w: it holds a space, a backslash, a control or a non-ASCII character", ErrReturn)
	case strings.Contains(raw, "#"):
		return ReturnURL{}, fmt.Errorf("%w: it has a fragment", ErrReturn)
	}
	ref, err := url.Parse(escapePath(raw))
	if err != nil {
		// The error would quote the URL, which may hold a token.
		return ReturnURL{}, fmt.Errorf("%w: it is not a URL", ErrReturn)
	}
	switch {
	case ref.Opaque != "" || (ref.Scheme != "" && ref.Host == ""):
		return ReturnURL{}, fmt.Errorf("%w: it has a scheme but no host", ErrReturn)
	case ref.User != nil:
		return ReturnURL{}, fmt.Errorf("%w: it has user information", ErrReturn)
	case ref.Host == "" && strings.HasPrefix(raw, "//"):
		return ReturnURL{}, fmt.Errorf("%w: it begins with slashes but has no host", ErrReturn)
	case strings.ContainsFunc(ref.Host, beyondASCII):
		// Lower case would make letters of ours of some, such as the Kelvin sign.
		return ReturnURL{}, fmt.Errorf("%w: its host has an escape", ErrReturn)
	}
	target := a.base.ResolveReference(ref)
	target.Scheme, target.Host = canonicalOrigin(target)
	if target.Path == "" {
		target.Path = "/"
	}
	if len(target.String()) > maxReturnLength { // escaping may have lengthened it
		return ReturnURL{}, fmt.Errorf("%w: it is longer than %d bytes", ErrReturn, maxReturnLength)
	}
	if got := origin(target); !slices.Contains(a.origins, got) {
		return ReturnURL{}, fmt.Errorf("%w: its origin %.100s is none of the door's %s", ErrReturn, got, strings.Join(a.origins, " "))
	}
	if strings.Count(target.RawQuery, "&") >= maxParameters {
		return ReturnURL{}, fmt.Errorf("%w: it has more than %d parameters", ErrReturn, maxParameters)
	}
	if namesToken(target.RawQuery) {
		return ReturnURL{}, fmt.Errorf("%w: it has a %s parameter already", ErrReturn, tokenParameter)
	}
	return ReturnURL{*target}, nil
}

// DefaultReturn is where a person goes who came without a return URL.
func (a *App) DefaultReturn() ReturnURL { return a.defaultReturn }

// String returns the URL, without a token.
func (r ReturnURL) String() string { return r.url.String() }

// Callback reports whether it is a page where Deskpro reads a token, as far as its
// admin guide names them; elsewhere a token may be passed over.
func (r ReturnURL) Callback() bool {
	return strings.Contains(r.url.Path, "/login/authenticate-callback/")
}

// With returns the redirect's target: the URL with the token as its last
// parameter, the others in their order and with their escapes. It is a
// credential: it belongs into the Location header and nowhere else.
func (r ReturnURL) With(t Token) string {
	u := r.url
	if u.RawQuery != "" && !strings.HasSuffix(u.RawQuery, "&") {
		u.RawQuery += "&"
	}
	// A compact JWT is of URL-safe characters only (RFC 7515 section 3.1).
	u.RawQuery += tokenParameter + "=" + t.secret.Reveal()
	return u.String()
}

// namesToken reports whether PHP might find the token's parameter in query. It
// strips leading spaces from names, and reads name[x] as an array called name.
func namesToken(query string) bool {
	for pair := range strings.SplitSeq(query, "&") {
		escaped, _, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(escaped)
		if err != nil {
			return true // PHP would decode what it can
		}
		name = strings.TrimLeft(name, " ")
		if i := strings.IndexAny(name, "[\x00"); i >= 0 {
			name = name[:i]
		}
		if strings.EqualFold(name, tokenParameter) {
			return true
		}
	}
	return false
}

// escapePath escapes what a path may not hold as it is. Left to it, package url
// would write the path anew from what it means, with a plain slash for an escaped
// one. The query stays as it is.
func escapePath(raw string) string {
	path, query, found := strings.Cut(raw, "?")
	path = strings.NewReplacer(`"`, "%22", "<", "%3C", ">", "%3E", "^", "%5E", "`", "%60", "{", "%7B", "|", "%7C", "}", "%7D").Replace(path)
	if found {
		path += "?" + query
	}
	return path
}

func beyondASCII(r rune) bool { return r > '~' }

// parseBase reads an operator's URL of the helpdesk: https, or http on
// loopback; a host, perhaps a path, nothing else. The path ends in a slash.
func parseBase(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return nil, errors.New("must be a URL such as https://acme.deskpro.com/")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(raw, "#"):
		return nil, errors.New("must have no user information, query or fragment")
	case strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' }) || strings.ContainsFunc(u.Host, beyondASCII):
		return nil, errors.New("must be of printable ASCII (write an international host as punycode)")
	case strings.ContainsAny(u.Hostname(), "*"):
		return nil, errors.New("must name its host in full: a wildcard would send tokens to hosts that are not Deskpro's")
	}
	u.Scheme, u.Host = canonicalOrigin(u)
	if u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u)) {
		return nil, errors.New("must be https (plain http only on loopback)")
	}
	if !strings.HasSuffix(u.Path, "/") {
		u = u.JoinPath("/")
	}
	return u, nil
}

// canonicalOrigin lower-cases scheme and host and drops the scheme's own port
// (RFC 6454 section 4).
func canonicalOrigin(u *url.URL) (scheme, host string) {
	scheme, host = strings.ToLower(u.Scheme), strings.ToLower(u.Hostname())
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	port := u.Port()
	if port != "" && !(scheme == "https" && port == "443") && !(scheme == "http" && port == "80") {
		host += ":" + port
	}
	return scheme, host
}

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

func isLoopback(u *url.URL) bool {
	if u.Hostname() == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && ip.IsLoopback()
}
