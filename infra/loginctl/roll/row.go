package roll

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"deskpro-login/pkg/redact"
)

// row is what a record says of an account. Nil means that it says nothing.
type row struct {
	login                            string
	alias                            *string // "" for none
	id                               string
	email, name, firstName, lastName *string
	emailVerified, disabled          *bool
	mustChange                       *bool
	groups                           *[]string
	attributes                       []pair // an empty text takes one away
	hash                             string
	password                         redact.Secret
	initial                          bool // password is an initial one
	expires                          *time.Time

	problems []string
}

// read takes a record's values by their columns. All that is wrong with them is
// in problems, without the values. checkHash refuses hashes; an initial password
// expires at latest, if not before.
func read(rec record, checkHash func(string) error, latest time.Time) *row {
	r := &row{}
	if rec.problem != "" {
		r.problems = []string{rec.problem}
	}
	for _, m := range rec.members {
		if said := m.value.damaged(); said != "" {
			r.problem(m.name, "%s", said)
			continue
		}
		r.take(m, checkHash)
	}
	if rec.problem != "" && rec.members == nil {
		return r
	}
	if r.login == "" && !slices.ContainsFunc(r.problems, func(p string) bool { return strings.HasPrefix(p, colLogin+": ") }) {
		r.problem(colLogin, "there is none")
	}
	if r.alias != nil && *r.alias == r.login && r.login != "" {
		r.problem(colAlias, "is the login itself")
	}
	if r.initial && r.mustChange != nil && !*r.mustChange {
		r.problem(colMustChange, "is false, but an initial password must be changed")
	}
	switch {
	case !r.initial || r.expires == nil:
	case r.expires.IsZero():
		r.expires = nil // it does not say when, rather than never
	case r.expires.After(latest):
		r.problem(colExpires, "is more than %d days away, but an initial password must expire within these", MaxInitialLife/(24*time.Hour))
	}
	return r
}

func (r *row) problem(column, format string, args ...any) {
	r.problems = append(r.problems, shortened(column)+": "+fmt.Sprintf(format, args...))
}

func (v value) damaged() string {
	texts := append([]string{v.text}, v.list...)
	for _, p := range v.object {
		texts = append(texts, p.name, p.text)
	}
	for _, t := range texts {
		if said := damaged(t); said != "" {
			return said
		}
	}
	return ""
}

func (r *row) take(m member, checkHash func(string) error) {
	switch m.name {
	case colLogin:
		r.login = r.takeLogin(m)
	case colAlias:
		if r.alias = new(string); strings.TrimSpace(m.value.text) != "" || m.value.kind != text && m.value.kind != null {
			*r.alias = r.takeLogin(m)
		}
	case colID:
		r.id = r.takeID(m)
	case colEmail:
		r.email = r.takeTrimmed(m)
	case colName:
		r.name = r.takeTrimmed(m)
	case colFirstName:
		r.firstName = r.takeTrimmed(m)
	case colLastName:
		r.lastName = r.takeTrimmed(m)
	case colEmailVerified:
		r.emailVerified = r.takeFlag(m)
	case colDisabled:
		r.disabled = r.takeFlag(m)
	case colMustChange:
		r.mustChange = r.takeFlag(m)
	case colGroups:
		r.takeGroups(m)
	case colAttributes:
		r.takeAttributes(m)
	case colHash, colPassword, colInitialPassword:
		r.takePassword(m, checkHash)
	case colExpires:
		r.takeExpires(m)
	default:
		// In JSON a key of this form is unknown, and was refused or is to be ignored.
		if name, ok := strings.CutPrefix(m.name, attributePrefix); ok && name != "" && m.json == nil {
			r.takeAttribute(pair{name, m.value.text})
		}
	}
}

// otherLogin is the alias, or "" where the row gives none.
func (r *row) otherLogin() string {
	if r.alias == nil {
		return ""
	}
	return *r.alias
}

func (r *row) hasPassword() bool { return r.hash != "" || r.clear() }

// clear: there is a password in the clear.
func (r *row) clear() bool { return r.password.Len() > 0 }
