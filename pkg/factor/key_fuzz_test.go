package factor_test

import (
	"strings"
	"testing"

	"deskpro-login/pkg/factor"
)

// What ParseKey reads is what Base32 writes, so that no two texts are one key.
func FuzzParseKey(f *testing.F) {
	for _, text := range []string{rfcKey, rfcKey + "\n", strings.ToLower(rfcKey), rfcKey[:16], rfcKey[:31] + "R", rfcKey[:24] + "\r\n\r\n\r\n\r\n", strings.Repeat("A", 103), "AAAAAAAAAAAAAAAB"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		k, err := factor.ParseKey(text)
		if err != nil {
			if k != (factor.Key{}) || len(text) >= 16 && strings.Contains(err.Error(), text) {
				t.Errorf("%q: %v beside a key", text, err)
			}
			return
		}
		if size := len(text) * 5 / 8; k.Base32() != text || size < 10 || size > 64 {
			t.Errorf("%q is read as %q", text, k.Base32())
		}
	})
}
