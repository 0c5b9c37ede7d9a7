package opaque_test

import (
	"strings"
	"testing"

	"deskpro-login/pkg/opaque"
)

func TestEachIsFreshAndReadBack(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		text := opaque.New().Reveal()
		if seen[text] {
			t.Fatal("one text was made twice")
		}
		seen[text] = true
		if parsed, ok := opaque.Parse(text); !ok || parsed.Reveal() != text || len(text) != 43 {
			t.Errorf("%q is read as %q, %t", text, parsed.Reveal(), ok)
		}
	}
}

func TestNothingElseIsRead(t *testing.T) {
	text := opaque.New().Reveal()
	for name, value := range map[string]string{
		"nothing":                         "",
		"one that is cut short":           text[:42],
		"one that goes on":                text + "A",
		"one with padding":                text + "=",
		"one with a newline":              text[:20] + "\n" + text[20:],
		"a newline in place of a letter":  text[:42] + "\n",
		"one with a sign of plain base64": text[:10] + "+" + text[11:],
		"one with bits to spare":          strings.Repeat("A", 42) + "B",
	} {
		if _, ok := opaque.Parse(value); ok {
			t.Errorf("%s is read", name)
		}
	}
}
