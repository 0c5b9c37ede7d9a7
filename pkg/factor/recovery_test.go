package factor_test

import (
	"regexp"
	"strings"
	"testing"

	"deskpro-login/pkg/factor"
	"deskpro-login/pkg/redact"
)

const (
	code     = "7KQ2-M01C-93TR-ZV4F-1HGN-8B5D"
	codeHash = "nUrkcE-y9aZ_HFOcqLMDiKoBC2CpFBpkb0x6wdyZzTg" // made by Python's hashlib
)

func TestNewCodesAreTenRandomOnesInGroups(t *testing.T) {
	form := regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){5}$`)
	seen, signs := map[string]bool{}, map[rune]bool{}
	for range 50 {
		codes := factor.NewCodes()
		if len(codes) != 10 {
			t.Fatalf("%d codes, want 10", len(codes))
		}
		for _, code := range codes {
			if !form.MatchString(code) || seen[code] {
				t.Fatalf("code %q, seen before: %t", code, seen[code])
			}
			seen[code] = true
			for _, sign := range code {
				signs[sign] = true
			}
			if _, ok := factor.HashCode("account-1", redact.New(code)); !ok {
				t.Fatalf("code %q is none", code)
			}
		}
	}
	if len(signs) != 33 {
		t.Errorf("the codes are of %d signs, want 32 and the hyphen", len(signs))
	}
}

func TestARecoveryCodeIsReadAsPeopleTypeIt(t *testing.T) {
	for name, typed := range map[string]string{
		"as shown": code, "lower case": strings.ToLower(code), "no hyphens": strings.ReplaceAll(code, "-", ""),
		"spaces": strings.ReplaceAll(code, "-", " "), "spaced hyphens": "  " + strings.ReplaceAll(code, "-", " - ") + "\r\n",
		"a word processor's dashes": strings.ReplaceAll(code, "-", "–"), "no-break spaces": strings.ReplaceAll(code, "-", "\u00a0"),
		"other groups": "7KQ2M01C93TR-ZV4F1HGN8B5D", "O for 0": strings.ReplaceAll(code, "0", "O"), "o for 0": strings.ReplaceAll(code, "0", "o"),
		"I for 1": strings.ReplaceAll(code, "1", "I"), "i for 1": strings.ReplaceAll(code, "1", "i"),
		"L for 1": strings.ReplaceAll(code, "1", "L"), "l for 1": strings.ReplaceAll(code, "1", "l"),
	} {
		if got, ok := factor.HashCode("account-1", redact.New(typed)); got != codeHash || !ok {
			t.Errorf("%s: hash %q, %t, want %q", name, got, ok, codeHash)
		}
	}
}

func TestAHashIsOfOneCodeOfOneAccount(t *testing.T) {
	hashes := map[string]bool{}
	for _, account := range []string{"account-1", "account-2", "account-17", ""} {
		for _, typed := range []string{code, "8" + code[1:], code[:28] + "E"} {
			hash, ok := factor.HashCode(account, redact.New(typed))
			if !ok || hashes[hash] {
				t.Errorf("%q of %q: hash %q, %t", typed, account, hash, ok)
			}
			hashes[hash] = true
		}
	}
}

func TestWhatCanBeNoRecoveryCode(t *testing.T) {
	for name, typed := range map[string]string{
		"nothing": "", "an app's code": "123456", "an app's code in groups": "123 456", "nothing but hyphens": "------------------------",
		"a sign short": code[1:], "a sign too many": code + "0", "two codes": code + " " + code, "U": strings.Replace(code, "K", "U", 1),
		"another letter": strings.Replace(code, "K", "É", 1), "the Kelvin sign": strings.Replace(code, "K", "\u212a", 1),
		"a dotless i": strings.Replace(code, "1", "ı", 1), "full-width": strings.Replace(code, "1", "１", 1), "an underscore": strings.ReplaceAll(code, "-", "_"),
		"bytes that are not text": strings.Replace(code, "-", "\xff", 1), "a NUL": code + "\x00", "a replacement character": strings.Replace(code, "K", "\ufffd", 1),
		"far too much": strings.Repeat(" ", 100) + code, "a password": "correct horse battery staple",
	} {
		if hash, ok := factor.HashCode("account-1", redact.New(typed)); ok || hash != "" {
			t.Errorf("%s: hash %q, %t, want none", name, hash, ok)
		}
	}
	if _, ok := factor.HashCode("account-1", redact.Secret{}); ok {
		t.Error("the zero Secret is one")
	}
}

func FuzzHashCode(f *testing.F) {
	f.Add("account-1", code)
	f.Add("", "123456")
	f.Add("\x00", strings.ToLower(code)+"\xff")
	f.Fuzz(func(t *testing.T, account, typed string) {
		hash, ok := factor.HashCode(account, redact.New(typed))
		if ok != (len(hash) == 43) {
			t.Fatalf("hash %q, %t", hash, ok)
		}
		if !ok || len(typed) > 64 {
			return
		}
		for _, same := range []string{strings.ToUpper(typed), " " + strings.ReplaceAll(typed, "-", "") + "-"} {
			if again, ok := factor.HashCode(account, redact.New(same)); !ok || again != hash {
				t.Errorf("%q has hash %q, but %q has %q", typed, hash, same, again)
			}
		}
		if other, _ := factor.HashCode(account+"x", redact.New(typed)); other == hash {
			t.Errorf("%q has one hash for two accounts", typed)
		}
	})
}
