// Package account owns the account as this project's own directories store it,
// and how a typed login and password are checked against it. The adapters
// (memory, dynamo) only find accounts; a Checker does the rest for both.
package account

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"deskpro-login/pkg/directory"
)

// Account is one stored account. See directory.User for the fields that are
// passed on.
type Account struct {
	// Login is what NormalizeLogin returns.
	Login         string
	ID            string
	Email         string
	EmailVerified bool
	Name          string
	FirstName     string
	LastName      string
	Groups        []string
	Attributes    map[string]string
	// PasswordHash is in PHC form; empty means that no password opens the
	// account (one that was invited but has chosen none yet).
	PasswordHash string
	Disabled     bool
}

// maxLogin bounds a login in bytes, before and after normalising.
const maxLogin = 256

// NormalizeLogin returns the form under which typed is stored and looked up:
// NFKC, lower case, no space around. It reports false where no login can be
// meant: nothing but spaces, over 256 bytes, or invalid UTF-8.
func NormalizeLogin(typed string) (string, bool) {
	if len(typed) > maxLogin || !utf8.ValidString(typed) {
		return "", false
	}
	// Twice, since lower case can undo NFKC, so that a normalised login
	// normalises to itself.
	login := norm.NFKC.String(strings.ToLower(norm.NFKC.String(typed)))
	login = strings.TrimSpace(login)
	return login, login != "" && len(login) <= maxLogin
}

// user returns what of a goes to Deskpro, or ErrUnverifiedEmail or
// ErrIncomplete. Those name the field at fault, never its value.
func (a *Account) user() (*directory.User, error) {
	if err := a.checkText(); err != nil {
		return nil, fmt.Errorf("%w: %w", directory.ErrIncomplete, err)
	}
	switch {
	case a.ID == "":
		return nil, fmt.Errorf("%w: no id", directory.ErrIncomplete)
	case a.Email == "":
		return nil, fmt.Errorf("%w: no email address", directory.ErrIncomplete)
	case !plausibleEmail(a.Email):
		return nil, fmt.Errorf("%w: the email address is not one", directory.ErrIncomplete)
	case !a.EmailVerified:
		return nil, directory.ErrUnverifiedEmail
	case blank(a.Name) && (blank(a.FirstName) || blank(a.LastName)):
		return nil, fmt.Errorf("%w: neither a name nor a first and a last name", directory.ErrIncomplete)
	}
	return &directory.User{
		ID: a.ID, Email: a.Email, Name: a.Name, FirstName: a.FirstName, LastName: a.LastName,
		Groups: slices.Clone(a.Groups), Attributes: maps.Clone(a.Attributes),
	}, nil
}

func (a *Account) checkText() error {
	for _, text := range []struct {
		field  string
		values []string
	}{
		{"id", []string{a.ID}},
		{"email", []string{a.Email}},
		{"name", []string{a.Name, a.FirstName, a.LastName}},
		{"groups", a.Groups},
		{"attributes", slices.Collect(maps.Keys(a.Attributes))},
		{"attributes", slices.Collect(maps.Values(a.Attributes))},
	} {
		for _, value := range text.values {
			if !utf8.ValidString(value) {
				return fmt.Errorf("%s is not valid UTF-8", text.field)
			}
		}
	}
	return nil
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// plausibleEmail keeps out what is no address at all or would be two. Whether
// it is the person's own is what EmailVerified says.
func plausibleEmail(s string) bool {
	const maxEmail = 254 // RFC 5321, section 4.5.3.1.3, without the brackets
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && domain != "" && len(s) <= maxEmail && !strings.Contains(domain, "@") &&
		!strings.ContainsFunc(s, func(r rune) bool {
			return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("<>,;:\"\\()[]", r)
		})
}
