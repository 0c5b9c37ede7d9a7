package cognitotest

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// maxAttribute is how many characters of a string attribute AWS takes.
const maxAttribute = 2048

// standardAttributes are those that a user may have without a schema, but sub
// and what says that others are verified.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
func standardAttributes() []string {
	return []string{
		"address", "birthdate", "email", "family_name", "gender", "given_name", "locale", "middle_name", "name", "nickname",
		"phone_number", "picture", "preferred_username", "profile", "updated_at", "website", "zoneinfo",
	}
}

var phonePattern = regexp.MustCompile(`^\+[0-9]{1,15}$`)

// checkAttribute holds what a person sets to the schema. AWS's words.
func checkAttribute(name, value string) error {
	if !slices.Contains(standardAttributes(), name) && !strings.HasPrefix(name, "custom:") {
		return invalidParameter("Invalid user attributes: %s: Attribute does not exist in the schema.\n", name)
	}
	if utf8.RuneCountInString(value) > maxAttribute {
		return invalidParameter("Attributes did not conform to the schema: %s: String must be no longer than %d characters\n", name, maxAttribute)
	}
	switch name {
	case "email":
		if address, err := mail.ParseAddress(value); err != nil || address.Address != value {
			return invalidParameter("Invalid email address format.")
		}
	case "phone_number":
		if !phonePattern.MatchString(value) {
			return invalidParameter("Invalid phone number format.")
		}
	case "birthdate":
		if _, err := time.Parse(time.DateOnly, value); err != nil {
			return invalidParameter("Invalid birthdate format, please use YYYY-MM-DD.")
		}
	}
	return nil
}

// attributes are those that the account has, as text.
func (a *account) attributes() map[string]string {
	attributes := map[string]string{}
	for name, value := range a.claims() {
		attributes[name] = fmt.Sprint(value)
	}
	return attributes
}

// claims are the account's attributes: those that it has.
func (a *account) claims() map[string]any {
	claims := map[string]any{}
	for name, value := range map[string]string{
		"email": a.Email, "name": a.Name, "given_name": a.GivenName, "family_name": a.FamilyName, "phone_number": a.Phone,
	} {
		if value != "" {
			claims[name] = value
		}
	}
	if a.Email != "" {
		claims["email_verified"] = a.EmailVerified
	}
	if a.Phone != "" {
		claims["phone_number_verified"] = true
	}
	for name, value := range a.Attributes {
		claims[name] = value
	}
	return claims
}

func (a *account) set(name, value string) {
	switch name {
	case "email":
		a.Email = value
	case "name":
		a.Name = value
	case "given_name":
		a.GivenName = value
	case "family_name":
		a.FamilyName = value
	case "phone_number":
		a.Phone = value
	default:
		if a.Attributes == nil {
			a.Attributes = map[string]string{}
		}
		a.Attributes[name] = value
	}
}
