package challenge_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"deskpro-login/pkg/challenge"
)

// What a page sends is an ID in its one spelling, or nothing that reaches the
// store; and one that Open did not make opens nothing.
func FuzzParseID(f *testing.F) {
	for _, value := range []string{
		"", strings.Repeat("A", 43), strings.Repeat("A", 42) + "B", strings.Repeat("A", 42) + "=", strings.Repeat("A", 40) + "\r\n\n",
		strings.Repeat("-_", 21) + "Y", strings.Repeat("A", 43) + "\n", strings.Repeat("+/", 21) + "w", strings.Repeat("é", 21) + "A", "challenge#" + strings.Repeat("A", 43),
	} {
		f.Add(value)
	}
	store := &spy{}
	s := newSteps(f, store)
	good := open(f, s).Reveal()
	f.Fuzz(func(t *testing.T, value string) {
		id, err := challenge.ParseID(value)
		raw, _ := base64.RawURLEncoding.DecodeString(value)
		if canonical := len(raw) == 32 && base64.RawURLEncoding.EncodeToString(raw) == value; canonical != (err == nil) {
			t.Errorf("ParseID(%q): %v", value, err)
		}
		if err != nil {
			if !errors.Is(err, challenge.ErrNone) || id != (challenge.ID{}) {
				t.Errorf("ParseID(%q) = %q, %v, want ErrNone", value, id.Reveal(), err)
			}
			return
		}
		if id.Reveal() != value {
			t.Errorf("ParseID(%q) reveals %q", value, id.Reveal())
		}
		if _, err := s.Take(t.Context(), id); value != good && !errors.Is(err, challenge.ErrNone) {
			t.Errorf("%q opens a step: %v", value, err)
		}
	})
}
