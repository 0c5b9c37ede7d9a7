package cognitotest

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	minPassword = 8
	maxPassword = 256
	// symbols are the characters that AWS counts as special; so it does a space
	// within.
	// https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html
	symbols = "^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- "
)

// passwordPattern is that of PasswordType: no space at either end.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmForgotPassword.html
var passwordPattern = regexp.MustCompile(`^\S+.*\S+$`)

// checkPassword holds a new password to the policy that AWS gives a pool which
// says nothing: eight characters and one of each kind.
func checkPassword(password string) error {
	switch {
	case utf8.RuneCountInString(password) > maxPassword:
		return invalidParameter("1 validation error detected: Value at 'password' failed to satisfy constraint: Member must have length less than or equal to 256")
	case !passwordPattern.MatchString(password):
		return invalidParameter(`1 validation error detected: Value at 'password' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[\S]+.*[\S]+$`)
	}
	within := func(from, to rune) bool {
		return strings.ContainsFunc(password, func(r rune) bool { return from <= r && r <= to })
	}
	for _, rule := range []struct {
		kept    bool
		problem string
	}{
		{utf8.RuneCountInString(password) >= minPassword, "Password not long enough"},
		{within('A', 'Z'), "Password must have uppercase characters"},
		{within('a', 'z'), "Password must have lowercase characters"},
		{within('0', '9'), "Password must have numeric characters"},
		{strings.ContainsAny(password, symbols), "Password must have symbol characters"},
	} {
		if !rule.kept {
			return &exception{"InvalidPasswordException", "Password did not conform with policy: " + rule.problem}
		}
	}
	return nil
}
