package account_test

import (
	"strings"
	"testing"

	"deskpro-login/pkg/directory/account"
)

func TestNormalizeLogin(t *testing.T) {
	for _, row := range []struct {
		name, typed, want string
		ok                bool
	}{
		{"stays as it is", "mara+desk@example.com", "mara+desk@example.com", true},
		{"loses its case", "Mara@EXAMPLE.com", "mara@example.com", true},
		{"loses the space around", "\t mara \r\n", "mara", true},
		{"loses wide and no-break space around", "\u3000\u00a0mara\u00a0", "mara", true},
		{"keeps the space within", "mara  smith", "mara  smith", true},
		{"is composed", "rene\u0301", "ren\u00e9", true},
		{"is composed in its lower case", "H\u0331", "\u1e96", true},
		{"loses full width", "\uff2d\uff41\uff52\uff41", "mara", true},
		{"loses a ligature", "o\ufb03ce", "office", true},
		{"keeps letters of other alphabets", "МАРА", "мара", true},
		{"keeps a NUL, which no account has", "mara\x00", "mara\x00", true},
		{"of 256 bytes is one", strings.Repeat("m", 256), strings.Repeat("m", 256), true},
		{"of 257 bytes is none", strings.Repeat("m", 257), "", false},
		{"that grows beyond 256 bytes is none", strings.Repeat("\ufdfa", 80), "", false},
		{"of nothing is none", "", "", false},
		{"of spaces is none", " \t\u3000", "", false},
		{"of broken UTF-8 is none", "mara\xff", "", false},
		{"of half a surrogate is none", "mara\xed\xa0\x80", "", false},
	} {
		t.Run("a login "+row.name, func(t *testing.T) {
			got, ok := account.NormalizeLogin(row.typed)
			if ok != row.ok || ok && got != row.want {
				t.Errorf("NormalizeLogin(%.40q) = %q, %v, want %q, %v", row.typed, got, ok, row.want, row.ok)
			}
		})
	}
}

func FuzzNormalizeLogin(f *testing.F) {
	for _, typed := range []string{"Mara", " a\u0301b\u00a0", "H\u0331", "\u0130\u2126\ufdfa", "\u00a8 x", "\x00", "\xff"} {
		f.Add(typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		once, ok := account.NormalizeLogin(typed)
		if !ok {
			return
		}
		if twice, ok := account.NormalizeLogin(once); !ok || twice != once {
			t.Errorf("%+q becomes %+q and that %+q, %v", typed, once, twice, ok)
		}
	})
}

func TestALoginThatLooksLikeAnotherIsNotGivenToANewAccount(t *testing.T) {
	for _, row := range []struct {
		login string
		ok    bool
	}{
		{"ana@example.com", true},
		{"анна@example.com", true},
		{"анна.smith-jones_7", true},
		{"josé", true},
		{"山田太郎", true},
		{"мара", true},
		{"οδυσσέας@example.gr", true},
		{"\u0430na@example.com", false},
		{"an\u0430@example.com", false},
		{"ana@ex\u0430mple.com", false},
		{"\u03bfscar", false},
		{"a\u200bna", false},
		{"a\u202ena", false},
		{"ana\u2028", false},
		{"ana\ufe0f", false},
		{"a\u00adna", false},
		{"a\tna", false},
		{"", false},
	} {
		if err := account.CheckNewLogin(row.login); (err == nil) != row.ok {
			t.Errorf("%+q: %v, want success %t", row.login, err, row.ok)
		}
	}
}
