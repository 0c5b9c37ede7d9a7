package roll

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
)

// check refuses an account that could not be sent to Deskpro, or whose logins
// collide. Its error holds no value.
func check(a *account.Account) error {
	user := directory.User{
		ID: a.ID, Email: a.Email, Name: a.Name, FirstName: a.FirstName, LastName: a.LastName,
		Groups: a.Groups, Attributes: a.Attributes,
	}
	if err := user.Check(); err != nil {
		return err
	}
	if _, err := deskpro.ParseEmail(a.Email); err != nil {
		return err
	}
	switch {
	case a.Alias == a.Login:
		return errors.New("the alias is the login itself")
	case len(a.Attributes) > maxAttributes:
		return fmt.Errorf("there are more than %d attributes", maxAttributes)
	}
	return nil
}

// CheckLengths refuses an account with texts that are longer, or more, than a
// row may have, so that what else makes accounts makes none that Import refuses.
// Its error names the columns, and holds no value.
func CheckLengths(a *account.Account) error {
	var problems []string
	longer := func(column string, most int, texts ...string) {
		if slices.ContainsFunc(texts, func(text string) bool { return len(text) > most }) {
			problems = append(problems, fmt.Sprintf("%s: is longer than %d bytes", column, most))
		}
	}
	longer(colID, maxID, a.ID)
	longer(colEmail, maxName, a.Email)
	longer(colName, maxName, a.Name)
	longer(colFirstName, maxName, a.FirstName)
	longer(colLastName, maxName, a.LastName)
	longer(colGroups, maxName, a.Groups...)
	if len(a.Groups) > maxGroups {
		problems = append(problems, fmt.Sprintf("%s: are more than %d", colGroups, maxGroups))
	}
	for _, name := range slices.Sorted(maps.Keys(a.Attributes)) {
		column := attributePrefix + shortened(name)
		longer("the name of "+column, maxAttributeName, name)
		longer(column, maxAttributeValue, a.Attributes[name])
	}
	if len(a.Attributes) > maxAttributes {
		problems = append(problems, fmt.Sprintf("%s: are more than %d", colAttributes, maxAttributes))
	}
	if problems == nil {
		return nil
	}
	return errors.New(strings.Join(problems, "; "))
}

// newLogins are the columns in which becomes has a login that was, nil for none,
// does not have, and that people could take for another one; with the reason.
func newLogins(was, becomes *account.Account) []string {
	if was == nil {
		was = &account.Account{}
	}
	var problems []string
	for _, login := range []struct{ column, was, becomes string }{{colLogin, was.Login, becomes.Login}, {colAlias, was.Alias, becomes.Alias}} {
		if login.becomes == "" || login.becomes == login.was {
			continue
		}
		if err := account.CheckNewLogin(login.becomes); err != nil {
			problems = append(problems, login.column+": "+strings.TrimPrefix(err.Error(), "the login "))
		}
	}
	return problems
}

// differences names the columns in which two accounts are not the same.
func differences(a, b *account.Account) []string {
	var names []string
	for _, column := range []struct {
		name string
		same bool
	}{
		{colAlias, a.Alias == b.Alias},
		{colEmail, a.Email == b.Email},
		{colEmailVerified, a.EmailVerified == b.EmailVerified},
		{colName, a.Name == b.Name},
		{colFirstName, a.FirstName == b.FirstName},
		{colLastName, a.LastName == b.LastName},
		{colGroups, slices.Equal(a.Groups, b.Groups)},
		{colAttributes, maps.Equal(filled(a.Attributes), filled(b.Attributes))},
		{colDisabled, a.Disabled == b.Disabled},
		{colPassword, a.PasswordHash == b.PasswordHash},
		{colMustChange, a.MustChange == b.MustChange},
		{colExpires, a.PasswordExpires.Equal(b.PasswordExpires)},
	} {
		if !column.same {
			names = append(names, column.name)
		}
	}
	return names
}

// filled leaves out the attributes that say nothing.
func filled(attributes map[string]string) map[string]string {
	kept := map[string]string{}
	for name, value := range attributes {
		if value != "" {
			kept[name] = value
		}
	}
	return kept
}
