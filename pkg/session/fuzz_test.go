package session_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state/memory"
)

// A cookie's value is an ID in its one spelling, or nothing that reaches the
// store; and one that Open did not make leads to no session.
func FuzzParseID(f *testing.F) {
	for _, value := range []string{
		"", strings.Repeat("A", 43), strings.Repeat("A", 42) + "B", strings.Repeat("A", 42) + "=", strings.Repeat("A", 40) + "\r\n\n",
		strings.Repeat("-_", 21) + "Y", strings.Repeat("A", 43) + "\n", strings.Repeat("+/", 21) + "w", strings.Repeat("é", 21) + "A", "session#" + strings.Repeat("A", 43),
	} {
		f.Add(value)
	}
	s, err := session.New(session.Config{Store: &memory.Store{}, Idle: idle, Absolute: absolute})
	if err != nil {
		f.Fatal(err)
	}
	id, err := s.Open(f.Context(), "u-1", []byte(`{}`), time.Now(), "")
	if err != nil {
		f.Fatal(err)
	}
	good := id.Reveal()
	f.Fuzz(func(t *testing.T, value string) {
		id, err := session.ParseID(value)
		raw, _ := base64.RawURLEncoding.DecodeString(value)
		if canonical := len(raw) == 32 && base64.RawURLEncoding.EncodeToString(raw) == value; canonical != (err == nil) {
			t.Errorf("ParseID(%q): %v", value, err)
		}
		if err != nil {
			if !errors.Is(err, session.ErrNone) || id != (session.ID{}) {
				t.Errorf("ParseID(%q) = %q, %v, want ErrNone", value, id.Reveal(), err)
			}
			return
		}
		if id.Reveal() != value {
			t.Errorf("ParseID(%q) reveals %q", value, id.Reveal())
		}
		if _, err := s.Find(t.Context(), id); value != good && !errors.Is(err, session.ErrNone) {
			t.Errorf("%q leads to a session: %v", value, err)
		}
	})
}
