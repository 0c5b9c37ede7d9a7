// Package claims reads a directory.User from the claims of an ID token. Which
// claim is which is a Mapping; start with Parse.
package claims

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"deskpro-login/pkg/directory"
)

// Mapping says which claim of the ID token is what. The zero value is that of
// defaults.
type Mapping struct{ names map[string]string }

// The fields of a user. Every other name in a Mapping is an attribute's.
const (
	id            = "id"
	email         = "email"
	emailVerified = "email_verified"
	name          = "name"
	firstName     = "first_name"
	lastName      = "last_name"
	groups        = "groups"
)

// defaults are OpenID Connect's standard claims (Core section 5.1), and Cognito's
// name for groups.
func defaults() map[string]string {
	return map[string]string{
		id: "sub", email: "email", emailVerified: "email_verified", name: "name",
		firstName: "given_name", lastName: "family_name", groups: "cognito:groups",
	}
}

// Parse reads pairs such as "first_name=given_name" or
// "department=custom:department": what it is for us, and the claim that it
// comes from. What no pair names stays as it is: id=sub, email=email,
// email_verified=email_verified, name=name, first_name=given_name,
// last_name=family_name, groups=cognito:groups, and each attribute is the claim
// of its own name. The error tells all problems.
//
// Four of them decide who somebody is and what is open to them, so that people
// must not be able to write the claims that they come from. An id must be
// unique and never be given to another person, which an email address may be.
// Groups open doors. By email Deskpro finds the account: whoever takes it from
// another claim must say, by email_verified, which claim tells that that
// address is verified.
func Parse(pairs []string) (Mapping, error) {
	given := map[string]string{}
	var problems []error
	for _, pair := range pairs {
		ours, claim, ok := strings.Cut(pair, "=")
		switch {
		case !ok || ours == "" || claim == "":
			problems = append(problems, fmt.Errorf("%q is not like first_name=given_name", pair))
		case given[ours] != "":
			problems = append(problems, fmt.Errorf("%s is there twice", ours))
		}
		given[ours] = claim
	}
	if given[email] != "" && given[email] != "email" && (given[emailVerified] == "" || given[emailVerified] == "email_verified") {
		problems = append(problems, fmt.Errorf("email=%s needs email_verified=… beside it: the claim that says whether that address is verified", given[email]))
	}
	names := defaults()
	maps.Copy(names, given)
	if names[id] == defaults()[email] || names[id] == names[email] {
		problems = append(problems, fmt.Errorf("id=%s is an email address, which may go to another person, and the helpdesk's account with it: leave id out, or name a claim that never changes hands", names[id]))
	}
	if err := errors.Join(problems...); err != nil {
		return Mapping{}, err
	}
	return Mapping{names}, nil
}

// Trusts returns the claims, by what they are for us, that the mapping takes an
// id, groups, an email address or whether that is verified from: those that are
// not the standard ones. People must not be able to write them.
func (m Mapping) Trusts() map[string]string {
	trusted := map[string]string{}
	for _, ours := range []string{id, groups, email, emailVerified} {
		if claim := m.names[ours]; claim != "" && claim != defaults()[ours] {
			trusted[ours] = claim
		}
	}
	return trusted
}

// Attributes returns the names of the attributes that the mapping names, in
// order: each is of use only if it is sent.
func (m Mapping) Attributes() []string {
	var names []string
	for ours := range m.names {
		if _, field := defaults()[ours]; !field {
			names = append(names, ours)
		}
	}
	slices.Sort(names)
	return names
}

// User reads the account, with the attributes of these names: each is the
// claim that the mapping gives it, or of its own name or, where the token has
// none, the pool's own attribute "custom:department". A user's fields may be
// empty: User.Check is the caller's affair. verified tells whether the email
// address is.
//
// The error names the claim at fault, never its value.
func (m Mapping) User(token map[string]any, attributes []string) (user *directory.User, verified bool, err error) {
	names := m.names
	if names == nil {
		names = defaults()
	}
	user = &directory.User{}
	for field, value := range map[string]*string{
		id: &user.ID, email: &user.Email, name: &user.Name, firstName: &user.FirstName, lastName: &user.LastName,
	} {
		claim := token[names[field]]
		text, ok := claim.(string)
		if !ok && claim != nil {
			return nil, false, fmt.Errorf("claim %s is a %T, not a string", names[field], claim)
		}
		*value = text
	}
	if user.Groups, err = list(token, names[groups]); err != nil {
		return nil, false, err
	}
	for _, attribute := range attributes {
		value, found := lookUp(token, names, attribute)
		if !found {
			continue
		}
		text, err := asText(value)
		if err != nil {
			return nil, false, fmt.Errorf("attribute %s: %w", attribute, err)
		}
		if user.Attributes == nil {
			user.Attributes = map[string]string{}
		}
		user.Attributes[attribute] = text
	}
	// A trigger or an identity provider may make it a string.
	flag := token[names[emailVerified]]
	return user, flag == true || flag == "true", nil
}

func lookUp(token map[string]any, names map[string]string, attribute string) (any, bool) {
	candidates := []string{attribute, "custom:" + attribute}
	if _, field := defaults()[attribute]; !field && names[attribute] != "" {
		candidates = []string{names[attribute]}
	}
	for _, claim := range candidates {
		if value := token[claim]; value != nil {
			return value, true
		}
	}
	return nil, false
}

// asText returns a claim as a string: a string as it is, anything else (a
// trigger can put in any JSON) as its JSON.
func asText(value any) (string, error) {
	if text, ok := value.(string); ok {
		return text, nil
	}
	encoded, err := json.Marshal(value)
	return string(encoded), err
}
