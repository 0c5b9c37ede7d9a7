package rotation_test

import (
	"strings"
	"testing"

	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/rotation"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

func TestAGeneratedKeyIs64LettersAndDigits(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		key := rotation.Generate().Reveal()
		if len(key) != 64 || strings.Trim(key, alphabet) != "" {
			t.Fatalf("%q", key)
		}
		if seen[key] {
			t.Fatalf("%q came twice", key)
		}
		seen[key] = true
		if doubts := rotation.Doubts(redact.New(key)); len(doubts) > 0 {
			t.Errorf("%q is doubted: %q", key, doubts)
		}
		if _, err := keyring.ParseKey(redact.New(key), ""); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
}

// Of 640,000 characters each of 62 comes 10,323 times, give or take a hundred: 900
// are nine times that. A byte's remainder would favour the first eight by a quarter.
func TestNoCharacterIsFavoured(t *testing.T) {
	count := map[rune]int{}
	for range 10_000 {
		for _, c := range rotation.Generate().Reveal() {
			count[c]++
		}
	}
	for _, c := range alphabet {
		if n := count[c]; n < 10_323-900 || n > 10_323+900 {
			t.Errorf("%c came %d times", c, n)
		}
	}
}

func TestDoubts(t *testing.T) {
	for _, row := range []struct {
		name, key string
		want      []string // a word of each sentence
	}{
		{"letters and digits", "q7Vb2LkX9tRm4WzP8sNc6YhD3fGj5KdT1aUeQoIv0xBwMyZrHnCpSgEl", nil},
		{"with signs", "q7Vb2LkX9tRm4WzP-8sNc6Yh_D3fGj5Kd.T1aUeQoIv0xBw~MyZ", nil},
		{"a passphrase", "correct horse battery staple and 7 more", []string{"spaces"}},
		{"hexadecimal", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", []string{"hexadecimal"}},
		{"hexadecimal in capitals", "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08", []string{"hexadecimal"}},
		{"base64 with its end", "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=", []string{"base64"}},
		{"base64 without padding", "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCggx", []string{"base64"}},
		{"base64 for URLs", "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg=", []string{"base64"}},
		{"a token", "eyJhbGciOiJIUzI1NiJ9.eyJpZCI6IjEifQ.q7Vb2LkX9tRm4WzP8sNc6YhD3fGj5KdT", []string{"token"}},
		{"a JSON text", `"q7Vb2LkX9tRm4WzP8sNc6YhD3fGj5KdT1aUe"`, []string{"JSON", "quotation"}},
		{"a JSON object", `{"jwt":"q7Vb2LkX9tRm4WzP8sNc6YhD3fGj5KdT1aUe"}`, []string{"JSON"}},
		{"in quotation marks", `'q7Vb2LkX9tRm4WzP8sNc6YhD3fGj5KdT1aUe'`, []string{"quotation"}},
		{"a line of settings", "JWT_KEY=q7Vb2LkX9tRm4WzP8sNc6YhD3fGj5KdT1aUe", []string{"settings"}},
		{"an address", "https://acme.deskpro.com/q7Vb2LkX9tRm4WzP8sNc6YhD", []string{"URL"}},
		{"URL-encoded", "q7Vb2LkX9t%2BRm4WzP8sNc6YhD3fGj5%3DKdT1aUe", []string{"URL-encoded"}},
		{"a PEM file on one line", "-----BEGIN PRIVATE KEY----- MIIEvQIBADANBgkqhkiG9w0B", []string{"PEM", "spaces"}},
		{"beyond ASCII", "q7Vb2LkX9tRm4WzP8sNc6YhD3fGj5KdT1aUé", []string{"ASCII"}},
		{"a space that is none", "q7Vb2LkX9tRm4WzP8sNc\u00a06YhD3fGj5KdT1aUe", []string{"spaces", "ASCII"}},
		{"few characters", strings.Repeat("abc-x", 8), []string{"few"}},
		{"an example", "your-256-bit-secret-your-256-bit-secret", []string{"examples"}},
		{"an example in capitals", "ChangeMe-ChangeMe-ChangeMe-ChangeMe!", []string{"examples"}},
		{"a row of digits", "01234567890123456789012345678901", []string{"hexadecimal", "examples"}},
		{"empty", "", []string{"few"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := rotation.Doubts(redact.New(row.key))
			if len(got) != len(row.want) {
				t.Fatalf("the doubts are %q, want %q", got, row.want)
			}
			for i, word := range row.want {
				if !strings.Contains(got[i], word) {
					t.Errorf("doubt %d is %q, want %q in it", i, got[i], word)
				}
			}
		})
	}
}

// FuzzDoubts: each is a sentence that does not quote the key.
func FuzzDoubts(f *testing.F) {
	for _, seed := range []string{"", newKey, "{", `"`, "%zz://", "eyJ..", "\xff\xfe", "===", "changeme", strings.Repeat("=", 100)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		for _, doubt := range rotation.Doubts(redact.New(key)) {
			if !strings.HasPrefix(doubt, "It ") || !strings.HasSuffix(doubt, ".") {
				t.Errorf("%q is no sentence", doubt)
			}
			if len(key) > 16 && strings.Contains(doubt, key) {
				t.Errorf("%q quotes the key", doubt)
			}
		}
	})
}

// Which sentences there are depends on the key, their words do not.
func FuzzDoubtsAreFixedSentences(f *testing.F) {
	f.Add(newKey, "x")
	f.Fuzz(func(t *testing.T, key, more string) {
		known := map[string]bool{}
		for _, probe := range []string{"a a", "é", "a", "changeme", "-----BEGIN", "eyJ.a.", `{"a":1}`, "a://b", "aaa=", "aa", "%20", "'a'", "ABC=a"} {
			for _, doubt := range rotation.Doubts(redact.New(probe)) {
				known[doubt] = true
			}
		}
		for _, doubt := range rotation.Doubts(redact.New(key + more)) {
			if !known[doubt] {
				t.Errorf("%q depends on the key", doubt)
			}
		}
	})
}
