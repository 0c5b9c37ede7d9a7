package dynamo

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/fields"
)

type attributes = map[string]types.AttributeValue

// The attributes of an account's map of attributes, and of its factor's map.
const (
	ownAttributes = "attributes"
	factorKey     = "key"
	factorStep    = "step"
	factorCodes   = "recovery"
)

// layout is how accounts are laid out in the table's items.
type layout struct{ fields fields.Fields }

// foreign reports whether the table is another's.
func (l layout) foreign() bool { return !l.fields.IsZero() }

// login is the key's attribute.
func (l layout) login() string { return l.fields.Attribute(fields.Login) }

func (l layout) key(login string) attributes { return attributes{l.login(): text(login)} }

// aliasItem takes the alias' place among the logins.
func (l layout) aliasItem(alias, login string) attributes {
	return attributes{l.login(): text(alias), fields.AliasOf: text(login)}
}

// isAlias reports whether item is an alias', readable or not.
func (l layout) isAlias(item attributes) bool {
	_, ok := item[fields.AliasOf]
	return ok && !l.foreign()
}

// aliasOf returns whose alias the item is, and "" for one that is no alias'. One
// with an id is neither that nor an account: what should such a login open?
func (l layout) aliasOf(item attributes) (login string, err error) {
	if !l.isAlias(item) {
		return "", nil
	}
	r := reader{item: item}
	login = r.text(fields.AliasOf)
	if !isLogin(login) {
		r.problem(notLogin, fields.AliasOf, "a")
	}
	if r.has(fields.ID) {
		r.problem("attribute %s is beside an id, but an alias has none", fields.AliasOf)
	}
	if err := r.err(); err != nil {
		return "", err
	}
	return login, nil
}

// account returns the account in item if login is one of its logins; nil if it
// is not, or the item is an alias'.
func (l layout) account(item attributes, login string) (*account.Account, error) {
	if l.isAlias(item) {
		return nil, nil
	}
	found, err := l.decode(item)
	if err == nil && login != found.Login && login != found.Alias {
		return nil, nil
	}
	return found, err
}

// notLogin takes an attribute, and which login it should be.
const notLogin = "attribute %s is not %s login in lower case, NFKC and without space around"

func isLogin(login string) bool {
	normal, ok := account.NormalizeLogin(login)
	return ok && normal == login
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
