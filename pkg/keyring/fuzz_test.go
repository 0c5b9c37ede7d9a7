package keyring_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
)

// What is taken for a key is in the stored value, byte for byte or as its JSON says
// it, and can be pasted into a form; what is not taken is not shown.
func FuzzParseKey(f *testing.F) {
	const good = "correct-horse-battery-staple-0123456789"
	for _, value := range []string{
		good, good + "\n", "\ufeff" + good, `{"key":"` + good + `"}`, `{"KEY":"` + good + `","key":"x"}`, `{"key":"` + good + `","key":null}`,
		`{"key":"\ud800` + good + `"}`, `{"key":{"key":"` + good + `"}}`, `{` + good, `{"key":"` + good + `"} `, "\u00a0" + good, good + "\u0085", `{}`, strings.Repeat("é", 16),
	} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		key, err := keyring.ParseKey(redact.New(value), "v")
		if err != nil {
			if !errors.Is(err, keyring.ErrUnusable) || !key.IsZero() {
				t.Errorf("%q: %v beside %d bytes", value, err, len(key.Bytes()))
			}
			if len(value) > 12 && strings.Contains(err.Error(), value) {
				t.Errorf("the error shows the value: %v", err)
			}
			return
		}
		got := string(key.Bytes())
		if len(got) < 32 || !utf8.ValidString(got) || strings.TrimSpace(got) != got || strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Errorf("%q is taken for the key %q", value, got)
		}
		if got == value {
			return
		}
		// Then it is said by the object, under that name.
		var object map[string]any
		if json.Unmarshal([]byte(value), &object) != nil {
			t.Fatalf("%q is taken for the key %q", value, got)
		}
		for name, said := range object {
			if strings.EqualFold(name, "key") && said == got {
				return
			}
		}
		t.Errorf("%q is taken for the key %q", value, got)
	})
}
