package account_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"deskpro-login/pkg/directory/account"
)

// settled holds a login to what it is looked up by: bounded, and what normalising
// leaves as it is, so that one person has one account.
func settled(t *testing.T, typed string) {
	t.Helper()
	login, ok := account.NormalizeLogin(typed)
	if !ok {
		return
	}
	again, ok := account.NormalizeLogin(login)
	if !ok || again != login || login == "" || len(login) > 256 || !utf8.ValidString(login) || strings.TrimSpace(login) != login {
		t.Errorf("%+q becomes %+q, and that %+q, %t", typed, login, again, ok)
	}
	for _, around := range []string{typed + " ", "\t" + typed, "\u3000" + typed + "\r\n"} {
		if other, ok := account.NormalizeLogin(around); len(around) <= 256 && (!ok || other != login) {
			t.Errorf("%+q becomes %+q, and %+q %+q", typed, login, around, other)
		}
	}
}

func TestEveryCharacterHasOneNormalForm(t *testing.T) {
	for r := range rune(unicode.MaxRune) {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsNumber(r) && !unicode.IsPunct(r) && !unicode.IsSymbol(r) && !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r) {
			continue // unassigned, private, or half a surrogate
		}
		if unicode.Is(unicode.Han, r) && r%64 != 0 || unicode.Is(unicode.Hangul, r) && r%64 != 0 {
			continue // tens of thousands that are alike
		}
		settled(t, string(r))
		settled(t, "a"+string(r)+"\u0301")
	}
}

func TestMarksInAnyOrderHaveOneNormalForm(t *testing.T) {
	const odd = "aAiIſßİıςΣᾳᾼǅﬃﷺ①㎏ℵΩÅK\u0345\u0307\u0301\u0323\u0327\u0331\u05b0\u3099\u1161\u11a8\u00ad\u200b\ufe0f\u034f \u00a0\u00a8\u2009@.-"
	dice := rand.New(rand.NewPCG(5, 6))
	signs := []rune(odd)
	for range 50_000 {
		var typed strings.Builder
		for range 1 + dice.IntN(12) {
			typed.WriteRune(signs[dice.IntN(len(signs))])
		}
		settled(t, typed.String())
	}
}

// Some characters become many: a login must not grow beyond its bound, nor pass it
// by being spaces.
func TestANormalisedLoginIsBounded(t *testing.T) {
	for _, row := range []struct{ name, typed string }{
		{"of 257 letters", strings.Repeat("a", 257)},
		{"of 257 spaces and a letter", strings.Repeat(" ", 256) + "a"},
		{"of ligatures that become 33 bytes each", strings.Repeat("\ufdfa", 85)},
		{"of a megabyte", strings.Repeat("a", 1<<20)},
	} {
		if login, ok := account.NormalizeLogin(row.typed); ok {
			t.Errorf("a login %s is one of %d bytes", row.name, len(login))
		}
	}
	if login, ok := account.NormalizeLogin(strings.Repeat("a", 256)); !ok || len(login) != 256 {
		t.Errorf("a login of 256 letters: %d bytes, %t", len(login), ok)
	}
}
