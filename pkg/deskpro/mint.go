package deskpro

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
)

// backdate is how far in the past iat is set: Deskpro's PHP refuses a token
// "issued in the future" by a second of clock difference.
const backdate = 5 * time.Second

// maxToken bounds a token in bytes. With the longest return URL it makes a
// request line that the usual web server takes (8,192).
const maxToken = 3500

// Token is a signed token: whoever holds it signs in, once, until it expires.
type Token struct{ secret redact.Secret }

// Reveal returns the compact serialisation (RFC 7515 section 3.1). A page has
// no use for it: ReturnURL.With joins it to the redirect.
func (t Token) Reveal() string { return t.secret.Reveal() }

// Mint signs a token for the person whom c describes. The error is ErrClaims,
// or keyring.ErrUnusable for a key too short for the app's algorithm.
func (a *App) Mint(key keyring.Key, c Claims, now time.Time) (Token, error) {
	payload, err := a.payload(c)
	if err != nil {
		return Token{}, err
	}
	if err := a.Fits(key); err != nil {
		return Token{}, err
	}
	payload["iss"] = a.issuer
	payload["aud"] = a.origins[0]
	payload["iat"] = now.Add(-backdate).Unix()
	payload["exp"] = now.Add(a.lifetime).Unix()
	payload["jti"] = rand.Text() // 130 bits; RFC 7519 section 4.1.7
	signed, err := jwt.NewWithClaims(a.method, payload).SignedString(key.Bytes())
	if err != nil {
		return Token{}, fmt.Errorf("signing a token: %w", err)
	}
	if len(signed) > maxToken {
		return Token{}, fmt.Errorf("%w: the token has %d bytes, more than the %d that a redirect can carry; send fewer groups or attributes", ErrClaims, len(signed), maxToken)
	}
	return Token{redact.New(signed)}, nil
}

// Fits returns keyring.ErrUnusable for a key too short for the app's algorithm.
func (a *App) Fits(key keyring.Key) error {
	if has, need := len(key.Bytes()), a.minKeyLength(); has < need {
		return fmt.Errorf("%w: it has %d bytes and %s needs at least %d", keyring.ErrUnusable, has, a.method.Alg(), need)
	}
	return nil
}

// ErrToken is every refusal of Verify. The text around it says why.
var ErrToken = errors.New("token refused")

// Verify does to a token what Deskpro's side does, and as strictly: the app's
// algorithm and no other, a key that is long enough, an exp, no leeway for an
// iat or nbf in the future, and the claims that Deskpro requires. As PHP's usual
// library does, it passes over a header's crit and stray bits after the signature,
// and takes the last of several members of one name (RFC 7519 section 4). It
// returns the claims as they were sent. For the practice helpdesk and for
// diagnosis: no sign-in page has a token to verify.
func (a *App) Verify(token string, key keyring.Key, now time.Time) (map[string]any, error) {
	if err := a.Fits(key); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrToken, err)
	}
	if strings.ContainsAny(token, "\r\n") { // which base64's decoder skips
		return nil, fmt.Errorf("%w: it has a line break", ErrToken)
	}
	claims := jwt.MapClaims{}
	_, err := jwt.NewParser(
		jwt.WithValidMethods([]string{a.method.Alg()}),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithTimeFunc(func() time.Time { return now }),
	).ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return key.Bytes(), nil })
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrToken, err)
	}
	text := func(name string) string { s, _ := claims[name].(string); return s }
	switch {
	case text("id") == "":
		return nil, fmt.Errorf("%w: it has no id claim", ErrToken)
	case text("email") == "":
		return nil, fmt.Errorf("%w: it has no email claim", ErrToken)
	case text("name") == "" && (text("first_name") == "" || text("last_name") == ""):
		return nil, fmt.Errorf("%w: it has no name claim, nor first_name and last_name", ErrToken)
	}
	return claims, nil
}
