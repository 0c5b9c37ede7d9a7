package roll

import (
	"errors"
	"fmt"
	"maps"
	"slices"

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
