package dynamo

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/fields"
)

// ErrUnfit means that an account cannot be stored as it is: its login is not
// normalised, it has no ID, a text is not UTF-8, it is too large. The error says
// what, never a value.
var ErrUnfit = errors.New("account cannot be stored")

// whole returns all attributes of a, except updated and version, for an item of
// our own table.
func (l layout) whole(a *account.Account) (attributes, error) {
	w := writer{item: attributes{}}
	w.text(l.login(), a.Login)
	w.text(fields.Alias, a.Alias)
	w.text(fields.ID, a.ID)
	w.text(fields.Email, a.Email)
	w.flag(fields.EmailVerified, a.EmailVerified)
	w.text(fields.Name, a.Name)
	w.text(fields.FirstName, a.FirstName)
	w.text(fields.LastName, a.LastName)
	w.texts(fields.Groups, a.Groups)
	w.textMap(ownAttributes, a.Attributes)
	w.flag(fields.Disabled, a.Disabled)
	l.writeCredentials(&w, a)
	w.time(fields.Created, a.Created)
	switch {
	case !isLogin(a.Login):
		w.problem("its login is not normalised")
	case a.Alias != "" && (!isLogin(a.Alias) || a.Alias == a.Login):
		w.problem("its alias is not another normalised login")
	}
	return w.item, w.err()
}

// credentials returns the attributes that hold a's Credentials.
func (l layout) credentials(a *account.Account) (attributes, error) {
	w := writer{item: attributes{}}
	l.writeCredentials(&w, a)
	return w.item, w.err()
}

func (l layout) writeCredentials(w *writer, a *account.Account) {
	w.text(l.fields.Attribute(fields.PasswordHash), a.PasswordHash)
	w.time(l.fields.Own(fields.PasswordChanged), a.PasswordChanged)
	w.flag(l.fields.Own(fields.MustChange), a.MustChange)
	if expires := a.PasswordExpires; !expires.IsZero() {
		w.integer(l.fields.Own(fields.PasswordExpires), expires.Unix())
		if expires.Unix() < 0 || expires.Unix() > latest {
			w.problem("its password expires in no year from 1970 to 9999")
		}
	}
	w.factor(l.fields.Own(fields.Factor), a.Factor)
}

// writer makes an item, without what is empty or false, and keeps what was wrong.
type writer struct {
	item     attributes
	problems []error
}

func (w *writer) problem(format string, args ...any) {
	w.problems = append(w.problems, fmt.Errorf(format, args...))
}

func (w *writer) err() error {
	if err := errors.Join(w.problems...); err != nil {
		return fmt.Errorf("%w: %w", ErrUnfit, err)
	}
	return nil
}

// check refuses what the SDK would silently replace.
func (w *writer) check(name string, texts ...string) {
	if slices.ContainsFunc(texts, func(text string) bool { return !utf8.ValidString(text) }) {
		w.problem("%s is not valid UTF-8", name)
	}
}

func (w *writer) text(name, value string) {
	if w.check(name, value); value != "" {
		w.item[name] = text(value)
	}
}

func (w *writer) flag(name string, value bool) {
	if value {
		w.item[name] = &types.AttributeValueMemberBOOL{Value: true}
	}
}

// texts writes a list: a set would keep neither the order nor what is empty.
func (w *writer) texts(name string, values []string) {
	w.check(name, values...)
	if len(values) > 0 {
		w.item[name] = list(values)
	}
}

func list(values []string) types.AttributeValue {
	l := &types.AttributeValueMemberL{}
	for _, value := range values {
		l.Value = append(l.Value, text(value))
	}
	return l
}

func (w *writer) textMap(name string, values map[string]string) {
	m := &types.AttributeValueMemberM{Value: attributes{}}
	for key, value := range values {
		w.check(name, key, value)
		m.Value[key] = text(value)
	}
	if m.Value[""] != nil {
		w.problem("one of its attributes has no name")
	}
	if len(values) > 0 {
		w.item[name] = m
	}
}

func (w *writer) integer(name string, n int64) { w.item[name] = number(n) }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func (w *writer) time(name string, t time.Time) {
	if t.IsZero() {
		return
	}
	w.item[name] = moment(t)
	if !writable(t.UTC()) {
		w.problem("%s is in no year from 0 to 9999", name)
	}
}

// writable reports whether RFC 3339 has a form for the year.
func writable(t time.Time) bool { return t.Year() >= 0 && t.Year() <= 9999 }

func moment(t time.Time) types.AttributeValue { return text(t.UTC().Format(time.RFC3339)) }

func (w *writer) factor(name string, f *account.Factor) {
	if f == nil {
		return
	}
	within := writer{item: attributes{}}
	within.text(factorKey, f.Key)
	within.integer(factorStep, f.Step)
	within.texts(factorCodes, f.Recovery)
	if f.Key == "" || f.Step < 0 {
		within.problem("it has no key, or a step below 0")
	}
	for _, problem := range within.problems {
		w.problem("%s: %w", name, problem)
	}
	w.item[name] = &types.AttributeValueMemberM{Value: within.item}
}
