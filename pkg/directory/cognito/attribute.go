package cognito

import (
	"fmt"
	"slices"
	"strings"
)

// trusted returns the claims that the mapping trusts, and those of them that a
// client may write whose WriteAttributes these are: the standard ones, if none.
func (d *Directory) trusted(writable []string) (all, written []string) {
	if len(writable) == 0 {
		writable = standardAttributes()
	}
	for ours, claim := range d.mapping.Trusts() {
		pair := fmt.Sprintf("%s (as %s)", claim, ours)
		all = append(all, pair)
		if slices.Contains(writable, claim) {
			written = append(written, pair)
		}
	}
	slices.Sort(all)
	slices.Sort(written)
	return all, written
}

// standardAttributes are those that a client may write, and read together with
// what says that some are verified, if it names none:
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
func standardAttributes() []string {
	return []string{
		"address", "birthdate", "email", "family_name", "gender", "given_name", "locale", "middle_name", "name", "nickname",
		"phone_number", "picture", "preferred_username", "profile", "updated_at", "website", "zoneinfo",
	}
}

// custom begins the name of an attribute that no other than the pool's own can
// have.
const custom = "custom:"

// unread returns what a user would lack whose token has these attributes alone.
// It asks the mapping by a token whose claims are all "true": text, a list of
// one, or a flag, as the mapping wants it.
func (d *Directory) unread(readable []string) ([]string, error) {
	if len(readable) == 0 {
		readable = append(standardAttributes(), "email_verified", "phone_number_verified")
	}
	token := map[string]any{"sub": "true"}
	for _, name := range readable {
		token[name] = "true"
	}
	user, verified, err := d.mapping.User(token, d.attributes)
	if err != nil {
		return nil, fmt.Errorf("mapping what the client may read: %w", err)
	}
	trusts := d.mapping.Trusts()
	var unread []string
	for _, field := range []struct {
		what    string
		missing bool
	}{
		{"the id", user.ID == "" && strings.HasPrefix(trusts["id"], custom)},
		{"the groups", len(user.Groups) == 0 && strings.HasPrefix(trusts["groups"], custom)},
		{"the email address", user.Email == ""},
		{"whether that is verified", !verified},
		{"the name", user.Name == "" && (user.FirstName == "" || user.LastName == "")},
	} {
		if field.missing {
			unread = append(unread, field.what)
		}
	}
	for _, name := range d.attributes {
		if user.Attributes[name] == "" {
			unread = append(unread, "the attribute "+name)
		}
	}
	return unread, nil
}
