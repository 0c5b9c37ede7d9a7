package dynamo

import (
	"fmt"
	"math"
	"time"

	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/fields"
)

// latest is the last second of the last year that RFC 3339 can write.
const latest = 253402300799

// decode returns the account in item. Its error names every odd attribute, and
// shows no value but the account's id, if that is no login of it.
func (l layout) decode(item attributes) (*account.Account, error) {
	r := reader{item: item, lenient: l.foreign()}
	at := l.fields.Attribute
	a := &account.Account{
		Login:         r.text(at(fields.Login)),
		ID:            r.plain(at(fields.ID)),
		Email:         r.text(at(fields.Email)),
		EmailVerified: r.flag(l.fields.Flag(fields.EmailVerified)),
		Name:          r.text(at(fields.Name)),
		FirstName:     r.text(at(fields.FirstName)),
		LastName:      r.text(at(fields.LastName)),
		Groups:        r.texts(at(fields.Groups)),
		Disabled:      r.flag(l.fields.Flag(fields.Disabled)),
		Credentials:   account.Credentials{PasswordHash: r.text(at(fields.PasswordHash))},
	}
	if l.foreign() {
		a.Attributes = r.each(l.fields)
	} else {
		a.Attributes = r.textMap(ownAttributes)
		a.Alias = r.text(fields.Alias)
	}
	if !isLogin(a.Login) {
		r.problem(notLogin, at(fields.Login), "a")
	}
	if a.Alias != "" && (!isLogin(a.Alias) || a.Alias == a.Login) {
		r.problem(notLogin, fields.Alias, "another")
	}
	l.decodeOwn(&r, a)
	if err := r.err(); err != nil {
		if !idIsLogin(a) {
			err = fmt.Errorf("account %q: %w", a.ID, err)
		}
		return nil, err
	}
	return a, nil
}

// idIsLogin reports whether a's ID is one of its logins, in any spelling, or can
// be nobody's.
func idIsLogin(a *account.Account) bool {
	id, ok := account.NormalizeLogin(a.ID)
	login, _ := account.NormalizeLogin(a.Login)
	alias, _ := account.NormalizeLogin(a.Alias)
	return !ok || id == login || id == alias
}

// decodeOwn reads what nobody but this project writes, and is not lenient: but
// the times that nothing hangs on were anybody's names in earlier releases.
func (l layout) decodeOwn(r *reader, a *account.Account) {
	r.lenient = false
	a.PasswordChanged = r.told(l.fields.Own(fields.PasswordChanged))
	a.MustChange = r.flag(fields.Flag{Attribute: l.fields.Own(fields.MustChange)})
	if name := l.fields.Own(fields.PasswordExpires); r.has(name) {
		a.PasswordExpires = time.Unix(r.integer(name, 0, latest), 0).UTC()
	}
	a.Factor = r.factor(l.fields.Own(fields.Factor))
	a.Created = r.told(l.fields.Own(fields.Created))
	a.Updated = r.told(l.fields.Own(fields.Updated))
	if name := l.fields.Own(fields.Version); r.has(name) {
		a.Version = r.integer(name, 1, math.MaxInt64-1)
	}
}
