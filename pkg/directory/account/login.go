package account

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxLogin bounds a login in bytes, before and after normalising.
const maxLogin = 256

// NormalizeLogin returns the form under which typed is stored and looked up:
// NFKC, lower case, no space around. It reports false where no login can be
// meant: nothing but spaces, over 256 bytes, or invalid UTF-8.
//
// That makes one of what looks alike and means the same (full-width letters,
// ligatures, decomposed accents), but not of letters of two scripts: see
// CheckNewLogin.
func NormalizeLogin(typed string) (string, bool) {
	if len(typed) > maxLogin || !utf8.ValidString(typed) {
		return "", false
	}
	// Twice, since lower case can undo NFKC, so that a normalised login
	// normalises to itself.
	login := norm.NFKC.String(strings.ToLower(norm.NFKC.String(typed)))
	login = strings.TrimSpace(login)
	return login, login != "" && len(login) <= maxLogin
}

// scripts are those whose letters are taken for each other's.
// https://www.unicode.org/reports/tr39/#Mixed_Script_Detection
var scripts = [...]struct {
	name  string
	table *unicode.RangeTable
}{
	{"Latin", unicode.Latin}, {"Cyrillic", unicode.Cyrillic}, {"Greek", unicode.Greek}, {"Armenian", unicode.Armenian}, {"Cherokee", unicode.Cherokee},
}

// CheckNewLogin refuses a login, normalised, that people could take for another
// one: with characters that cannot be seen, or with letters of several scripts
// in one word, as in a Cyrillic а among Latin letters. Who makes accounts calls
// it; a login that somebody has is looked up all the same.
func CheckNewLogin(login string) error {
	word := ""
	for _, r := range login {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
			return fmt.Errorf("the login has a character that cannot be seen, %U", r)
		}
		if !unicode.IsLetter(r) {
			word = ""
			continue
		}
		for _, s := range scripts {
			if !unicode.Is(s.table, r) {
				continue
			}
			if word != "" && word != s.name {
				return fmt.Errorf("the login has %s and %s letters in one word, and looks like another", word, s.name)
			}
			word = s.name
		}
	}
	if login == "" {
		return errors.New("the login is empty")
	}
	return nil
}
