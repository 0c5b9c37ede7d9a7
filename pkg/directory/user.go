package directory

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// User is an account whose password was right, with a verified email address.
type User struct {
	// ID is unique in the directory and survives a change of login, email or
	// name. It becomes the token's id claim.
	ID string `json:"id"`
	// Email is verified: an adapter returns ErrUnverifiedEmail otherwise,
	// because Deskpro matches people by it.
	Email string `json:"email"`
	// Name is the full name; empty where only FirstName and LastName are kept.
	Name      string `json:"name,omitempty"`
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	// Groups decide which doors are open to the account.
	Groups []string `json:"groups,omitempty"`
	// Attributes are further values that a door may send as claims.
	Attributes map[string]string `json:"attributes,omitempty"`
	// Factor: a second factor was proved at this sign-in, to a directory that
	// keeps factors itself.
	Factor bool `json:"factor,omitempty"`
}

// Check returns ErrIncomplete for a user whom Deskpro could not take: without
// an id, a plausible email or a name, or with text that is not UTF-8. Around
// it stands the field at fault, never its value. Every adapter calls it.
func (u *User) Check() error {
	for field, texts := range map[string][]string{
		"id": {u.ID}, "email": {u.Email}, "name": {u.Name, u.FirstName, u.LastName}, "groups": u.Groups,
		"attributes": slices.AppendSeq(slices.Collect(maps.Keys(u.Attributes)), maps.Values(u.Attributes)),
	} {
		if slices.ContainsFunc(texts, func(text string) bool { return !utf8.ValidString(text) }) {
			return fmt.Errorf("%w: %s is not valid UTF-8", ErrIncomplete, field)
		}
	}
	switch {
	case blank(u.ID):
		return fmt.Errorf("%w: no id", ErrIncomplete)
	case blank(u.Email):
		return fmt.Errorf("%w: no email address", ErrIncomplete)
	case !plausible(u.Email):
		return fmt.Errorf("%w: the email address is not one", ErrIncomplete)
	case blank(u.Name) && (blank(u.FirstName) || blank(u.LastName)):
		return fmt.Errorf("%w: neither a name nor a first and a last name", ErrIncomplete)
	}
	return nil
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// plausible keeps out what is no address at all or would be two, and what is
// not ASCII. deskpro.ParseEmail has the last word.
func plausible(email string) bool {
	const maxEmail = 254 // RFC 5321, section 4.5.3.1.3, without the brackets
	local, domain, ok := strings.Cut(email, "@")
	return ok && local != "" && domain != "" && len(email) <= maxEmail && !strings.Contains(domain, "@") &&
		!strings.ContainsFunc(email, func(r rune) bool {
			return r <= ' ' || r > '~' || strings.ContainsRune("<>,;:\"\\()[]", r)
		})
}
