// Package fields says which attribute of a table of accounts is what, for a
// company that points us at the table it has. Start with Parse.
package fields

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Fields says which attribute of the table is what. The zero value is that of
// our own table, in which everything goes by its own name and bookkeeping is
// not set apart.
type Fields struct {
	// given are the pairs; nil in the zero value.
	given map[string]string
}

// The names of what an account has. Every other name in a pair is that of an
// attribute that may go to Deskpro.
const (
	// Login is the table's partition key, a string and its only key. What is
	// stored under it must be normalised: lower case, NFKC, no space around.
	Login = "login"
	// ID is text or a number.
	ID            = "id"
	Email         = "email"
	EmailVerified = "email_verified" // a Flag
	Name          = "name"
	FirstName     = "first_name"
	LastName      = "last_name"
	Groups        = "groups"
	PasswordHash  = "password_hash"
	Disabled      = "disabled" // a Flag
)

// Bookkeeping that this project keeps in the account's item beside what the
// table's owner has there. Only Own knows its attributes' names; no pair
// renames them.
const (
	Alias           = "alias"
	AliasOf         = "alias_of"
	Version         = "version"
	MustChange      = "must_change"
	PasswordExpires = "password_expires"
	PasswordChanged = "password_changed"
	Factor          = "factor"
	Created         = "created"
	Updated         = "updated"
)

// own starts the bookkeeping's names where the table is not ours.
const own = "loginpage_"

// nearly are the names that somebody may give to one of ours, and the pair that
// is meant, with the attribute. That one of them is to be sent is less likely
// than that somebody who is blocked could sign in.
func nearly(name string) (meant string) {
	switch name {
	case "disable", "blocked", "locked":
		return Disabled + "=%s"
	case "enabled", "active":
		return Disabled + "=!%s"
	case "mail":
		return Email + "=%s"
	case "group":
		return Groups + "=%s"
	case "password":
		return PasswordHash + "=%s"
	case "username":
		return Login + "=%s"
	}
	return ""
}

// attributes is the name under which our own table alone keeps what may go to
// Deskpro, in one map.
const attributes = "attributes"

// Parse reads pairs such as "email=mail" or "department=dept": what it is for
// us, in small letters, digits and underscores, and the table's attribute, always
// one of the item itself, never one within another. No pairs mean our own table. Otherwise what no pair names
// keeps its own name, and only an attribute that a pair names can go to
// Deskpro.
//
// email_verified and disabled take more than a name, see Flag:
//
//	email_verified=*           every address is
//	disabled=locked            where the attribute is true
//	disabled=!enabled          where it is not, or is not there
//	disabled=status:blocked    where it is this text or number
//	disabled=!status:active    where it is not, or is not there
//
// The error tells all problems. Three of them decide who somebody is: an id must
// never be given to another person, which an email address may be. By email
// Deskpro finds the account, so that whoever takes it from another attribute
// must say what tells that that address is verified. And the hash is nothing
// else, since everything else may be sent.
func Parse(pairs []string) (Fields, error) {
	if len(pairs) == 0 {
		return Fields{}, nil
	}
	f := Fields{given: map[string]string{}}
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	for _, pair := range pairs {
		ours, theirs, ok := strings.Cut(pair, "=")
		switch {
		case !ok || ours == "" || theirs == "" || !utf8.ValidString(pair):
			problem("%q is not like email=mail", pair)
			continue
		case !isName(ours):
			problem("%q: the name before the sign has small letters, digits and underscores only, and starts with a letter, as in email=mail", pair)
			continue
		case nearly(ours) != "":
			problem("%s is no name of ours: did you mean "+nearly(ours)+"?", pair, theirs)
			continue
		case f.given[ours] != "":
			problem("%s is there twice", ours)
		case kept(ours):
			problem("%s is kept by the sign-in page itself and cannot be taken from the table", ours)
		}
		f.given[ours] = theirs
	}
	for _, ours := range []string{EmailVerified, Disabled} {
		if err := f.checkFlag(ours); err != nil {
			problem("%s=%s: %w", ours, f.given[ours], err)
		}
	}
	for _, ours := range f.all() {
		switch attribute := f.source(ours); {
		case strings.Contains(attribute, "."):
			problem("%s=%s: an attribute within another cannot be read, so that none has a dot in its name", ours, f.given[ours])
		case strings.TrimSpace(attribute) != attribute:
			problem("%q: there is space around the attribute's name", ours+"="+f.given[ours])
		case strings.HasPrefix(attribute, own):
			problem("%s=%s: what starts with %s is the sign-in page's own", ours, f.given[ours], own)
		case ours != PasswordHash && attribute == f.Attribute(PasswordHash):
			problem("%s and password_hash are both %s, but a hash must go nowhere", ours, attribute)
		}
	}
	if f.given[Email] != "" && f.given[Email] != Email && f.given[EmailVerified] == "" {
		problem("email=%s needs email_verified=… beside it: the attribute that says whether that address is verified, or * if all are", f.given[Email])
	}
	if f.Attribute(ID) == f.Attribute(Email) {
		problem("id and email are both %s, but an email address may go to another person, and the helpdesk's account with it: name an attribute that never changes hands", f.Attribute(ID))
	}
	if err := errors.Join(problems...); err != nil {
		return Fields{}, err
	}
	return f, nil
}

func names() []string {
	return []string{Login, ID, Email, EmailVerified, Name, FirstName, LastName, Groups, PasswordHash, Disabled}
}

func isName(name string) bool {
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == "" && 'a' <= name[0] && name[0] <= 'z'
}

// kept reports whether name is bookkeeping, or our own table's map.
func kept(name string) bool {
	switch name {
	case Alias, AliasOf, Version, MustChange, PasswordExpires, PasswordChanged, Factor, Created, Updated, attributes:
		return true
	}
	return false
}

// all returns the names of what is taken from the table.
func (f Fields) all() []string { return append(names(), f.Attributes()...) }

// source returns the attribute that ours comes from; empty if from none.
func (f Fields) source(ours string) string {
	if ours == EmailVerified || ours == Disabled {
		return f.Flag(ours).Attribute
	}
	return f.Attribute(ours)
}

// IsZero reports whether f is that of our own table.
func (f Fields) IsZero() bool { return f.given == nil }

// Attribute returns the table's attribute for one of the names above that is
// no Flag, or for one of Attributes.
func (f Fields) Attribute(name string) string {
	if theirs := f.given[name]; theirs != "" {
		return theirs
	}
	return name
}

// Attributes returns the names of what may go to Deskpro, in order: each is of
// use only if it is sent. Our own table keeps them in a map instead.
func (f Fields) Attributes() []string {
	var found []string
	for ours := range f.given {
		if !slices.Contains(names(), ours) {
			found = append(found, ours)
		}
	}
	slices.Sort(found)
	return found
}

// Own returns the attribute for a name of the bookkeeping. In a table that is
// not ours it starts with loginpage_.
func (f Fields) Own(name string) string {
	if f.IsZero() {
		return name
	}
	return own + name
}
