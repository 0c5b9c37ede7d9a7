// Package account owns the account as this project's own directories store it,
// and how a typed login and password are checked against it. The adapters
// (memory, dynamo) only find accounts; a Checker does the rest for both.
package account

import (
	"maps"
	"slices"
	"strings"
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
// ErrIncomplete.
func (a *Account) user() (*directory.User, error) {
	user := &directory.User{
		ID: a.ID, Email: a.Email, Name: a.Name, FirstName: a.FirstName, LastName: a.LastName,
		Groups: slices.Clone(a.Groups), Attributes: maps.Clone(a.Attributes),
	}
	if err := user.Check(); err != nil {
		return nil, err
	}
	if !a.EmailVerified {
		return nil, directory.ErrUnverifiedEmail
	}
	return user, nil
}
