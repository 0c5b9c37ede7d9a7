package cognito

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"deskpro-login/pkg/redact"
)

// The lengths in characters of UsernameType, PasswordType, AttributeValueType
// and ConfirmationCodeType:
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminSetUserPassword.html
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AttributeType.html
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmForgotPassword.html
const (
	maxLogin     = 128
	maxPassword  = 256
	maxAttribute = 2048
	maxCode      = 2048
)

// possibleLogin tells what Cognito could have stored at all. The rest would
// come back as an error about parameters that looks like our own mistake, or,
// not being UTF-8, would be changed on its way.
func possibleLogin(login string) bool {
	return possible(login, maxLogin) && !strings.ContainsFunc(login, func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.M, unicode.S, unicode.N, unicode.P)
	})
}

// possiblePassword is possibleLogin for a password that a person has.
func possiblePassword(password string) bool { return possible(password, maxPassword) }

func possible(text string, most int) bool {
	return text != "" && utf8.ValidString(text) && utf8.RuneCountInString(text) <= most
}

// fitPassword tells what Cognito could take as a new password: what it would
// refuse as a parameter, for ^[\S]+.*[\S]+$, it tells nobody the reason of.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmForgotPassword.html
func fitPassword(password string) bool {
	// Java's \s, and the line ends that its dot does not take.
	const space, lineEnd = " \t\n\v\f\r", "\n\r\u0085\u2028\u2029"
	return possible(password, maxPassword) && utf8.RuneCountInString(password) > 1 &&
		strings.Trim(password, space) == password && !strings.ContainsAny(password, lineEnd)
}

// digitsOf returns a code as it is sent, or false if it cannot be one of least
// to most digits: that is not worth a try of the few that Cognito allows.
func digitsOf(typed redact.Secret, least, most int) (code string, ok bool) {
	code = unspaced(typed)
	ok = len(code) >= least && len(code) <= most && strings.Trim(code, "0123456789") == ""
	return code, ok
}

// unspaced drops what people type or paste into codes: "123 456". Of what is not
// UTF-8 nothing is left.
func unspaced(typed redact.Secret) string {
	if !utf8.ValidString(typed.Reveal()) {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, typed.Reveal())
}

// visible returns at most that many characters of a text, and none that is not
// seen: marks that turn its direction, line ends, what is not UTF-8.
func visible(text string, most int) string {
	var kept strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) && r != utf8.RuneError {
			if kept.WriteRune(r); most == 1 {
				break
			}
			most--
		}
	}
	return strings.TrimSpace(kept.String())
}
