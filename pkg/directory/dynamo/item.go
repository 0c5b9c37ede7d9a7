package dynamo

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"deskpro-login/pkg/directory/account"
)

// decode returns the account in an item that was read under login. It names
// every attribute of a wrong type; it never shows a value.
func decode(item map[string]types.AttributeValue, login string) (*account.Account, error) {
	r := reader{item: item}
	a := &account.Account{
		Login:         r.text("login"),
		ID:            r.text("id"),
		Email:         r.text("email"),
		EmailVerified: r.flag("email_verified"),
		Name:          r.text("name"),
		FirstName:     r.text("first_name"),
		LastName:      r.text("last_name"),
		Groups:        r.texts("groups"),
		Attributes:    r.textMap("attributes"),
		Disabled:      r.flag("disabled"),
		Credentials:   account.Credentials{PasswordHash: r.text("password_hash")},
	}
	if a.Login != login {
		r.problems = append(r.problems, errors.New("attribute login is not the one asked for"))
	}
	if err := errors.Join(r.problems...); err != nil {
		return nil, fmt.Errorf("account %q: %w", a.ID, err)
	}
	return a, nil
}

// reader reads attributes and keeps what was wrong with them.
type reader struct {
	item     map[string]types.AttributeValue
	problems []error
}

func (r *reader) text(name string) string {
	value, present := r.item[name]
	s, ok := value.(*types.AttributeValueMemberS)
	if !ok {
		r.check(name, "S", !present)
		return ""
	}
	return s.Value
}

func (r *reader) flag(name string) bool {
	value, present := r.item[name]
	b, ok := value.(*types.AttributeValueMemberBOOL)
	if !ok {
		r.check(name, "BOOL", !present)
		return false
	}
	return b.Value
}

func (r *reader) texts(name string) []string {
	value, present := r.item[name]
	switch value := value.(type) {
	case *types.AttributeValueMemberSS:
		return value.Value
	case *types.AttributeValueMemberL:
		var texts []string
		for _, element := range value.Value {
			s, ok := element.(*types.AttributeValueMemberS)
			if !ok {
				r.check(name, "SS or L of S", false)
				return nil
			}
			texts = append(texts, s.Value)
		}
		return texts
	}
	r.check(name, "SS or L of S", !present)
	return nil
}

func (r *reader) textMap(name string) map[string]string {
	value, present := r.item[name]
	m, ok := value.(*types.AttributeValueMemberM)
	if !ok {
		r.check(name, "M of S", !present)
		return nil
	}
	texts := make(map[string]string, len(m.Value))
	for key, element := range m.Value {
		s, ok := element.(*types.AttributeValueMemberS)
		if !ok {
			r.check(name, "M of S", false)
			return nil
		}
		texts[key] = s.Value
	}
	return texts
}

func (r *reader) check(name, want string, ok bool) {
	if !ok {
		r.problems = append(r.problems, fmt.Errorf("attribute %s is not of type %s", name, want))
	}
}
