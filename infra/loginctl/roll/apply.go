package roll

import (
	"slices"
	"strings"
	"time"

	"deskpro-login/pkg/directory/account"
)

// onto writes what r says over a, but no password and what is a matter of one.
func (r *row) onto(a *account.Account) {
	set(&a.Alias, r.alias)
	setText(&a.Email, r.email)
	set(&a.EmailVerified, r.emailVerified)
	setText(&a.Name, r.name)
	setText(&a.FirstName, r.firstName)
	setText(&a.LastName, r.lastName)
	set(&a.Disabled, r.disabled)
	if r.groups != nil && !slices.Equal(*r.groups, sortedSet(a.Groups)) {
		a.Groups = slices.Clone(*r.groups)
	}
	for _, p := range r.attributes {
		if p.text == "" {
			delete(a.Attributes, p.name)
			continue
		}
		if a.Attributes == nil {
			a.Attributes = map[string]string{}
		}
		a.Attributes[p.name] = p.text
	}
	if !r.hasPassword() {
		set(&a.MustChange, r.mustChange)
		set(&a.PasswordExpires, r.expires)
	}
}

// passwordOnto gives a the password behind hash, which r has or which was made
// of its password at now. An initial one lasts for life, unless r says until when.
func (r *row) passwordOnto(a *account.Account, hash string, now time.Time, life time.Duration) {
	a.PasswordHash, a.MustChange = hash, r.clear()
	a.PasswordChanged, a.PasswordExpires = time.Time{}, time.Time{}
	if r.clear() {
		a.PasswordChanged = now.UTC().Truncate(time.Second)
	}
	if r.initial {
		a.PasswordExpires = now.UTC().Truncate(time.Second).Add(life)
	}
	r.besidePassword(a)
}

// besidePassword writes what r says of a password's state.
func (r *row) besidePassword(a *account.Account) {
	set(&a.MustChange, r.mustChange)
	set(&a.PasswordExpires, r.expires)
}

func set[T any](field *T, to *T) {
	if to != nil {
		*field = *to
	}
}

// setText leaves a text that differs by the white space around it alone.
func setText(field, to *string) {
	if to != nil && strings.TrimSpace(*field) != *to {
		*field = *to
	}
}

func sortedSet(names []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(names)))
}
