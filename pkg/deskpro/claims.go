package deskpro

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

// ErrClaims is every refusal of claims that Deskpro could not use. The text
// around it says which, without the value.
var ErrClaims = errors.New("claims refused")

// Claims say who signed in. Deskpro requires an id, an email, and a name or a
// first and a last name.
type Claims struct {
	// ID is unique on our side and survives a change of email. Required.
	ID string
	// Email must belong to the person: Deskpro matches people by it. Required.
	Email Email
	// Name, or FirstName and LastName, are required; all three may be set.
	Name, FirstName, LastName string
	// Groups are sent as they are, for Deskpro's usersource filters.
	Groups []string
	// Attributes are sent where the App's configuration names them.
	Attributes map[string]string
}

// reserved are the claims that an attribute may not replace: ours, and the
// registered ones of RFC 7519 section 4.1.
var reserved = map[string]bool{
	"id": true, "email": true, "name": true, "first_name": true, "last_name": true, "groups": true,
	"iss": true, "sub": true, "aud": true, "exp": true, "nbf": true, "iat": true, "jti": true,
	"": true,
}

// payload returns c as a token's claims; Mint adds the registered ones.
func (a *App) payload(c Claims) (jwt.MapClaims, error) {
	switch {
	case c.ID == "":
		return nil, fmt.Errorf("%w: there is no id", ErrClaims)
	case c.Email.address == "":
		return nil, fmt.Errorf("%w: there is no email", ErrClaims)
	case strings.TrimSpace(c.Name) == "" && (strings.TrimSpace(c.FirstName) == "" || strings.TrimSpace(c.LastName) == ""):
		return nil, fmt.Errorf("%w: there is no name, nor a first and a last name", ErrClaims)
	}
	text := map[string]string{"id": c.ID, "email": c.Email.address, "name": c.Name, "first_name": c.FirstName, "last_name": c.LastName}
	for _, name := range a.attributes {
		text[name] = c.Attributes[name]
	}
	payload := jwt.MapClaims{}
	for name, value := range text {
		// encoding/json would replace bad bytes, and two people could become one.
		if !utf8.ValidString(value) {
			return nil, fmt.Errorf("%w: %s is not valid UTF-8", ErrClaims, name)
		}
		if value != "" {
			payload[name] = value
		}
	}
	for _, group := range c.Groups {
		if !utf8.ValidString(group) {
			return nil, fmt.Errorf("%w: a group is not valid UTF-8", ErrClaims)
		}
	}
	payload["groups"] = append([]string{}, c.Groups...) // never null
	return payload, nil
}

// Email is an address of the form that RFC 5322 calls addr-spec, kept exactly
// as written. Only ParseEmail makes one.
type Email struct{ address string }

// ParseEmail accepts an address of at most 254 bytes (RFC 5321 section
// 4.5.3.1.3, less its brackets), and nothing around it: no display name, no
// angle brackets, no comment, no white space. It must be ASCII (an international
// domain as punycode): databases that match people by email commonly hold é and
// e to be equal.
func ParseEmail(raw string) (Email, error) {
	if len(raw) > 254 {
		return Email{}, fmt.Errorf("%w: the email is longer than 254 bytes", ErrClaims)
	}
	if strings.ContainsFunc(raw, func(r rune) bool { return r > '~' }) {
		return Email{}, fmt.Errorf("%w: the email is not ASCII", ErrClaims)
	}
	parsed, err := mail.ParseAddress(raw)
	if err != nil || parsed.Address != raw {
		return Email{}, fmt.Errorf("%w: the email is not an address", ErrClaims)
	}
	return Email{raw}, nil
}

func (e Email) String() string { return e.address }
