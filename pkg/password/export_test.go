package password

import "testing"

// MaxLength is maxLength, for tests.
const MaxLength = maxLength

// Occupy takes one of h's slots until release is called.
func (h *Hasher) Occupy(t *testing.T) (release func()) {
	t.Helper()
	release, err := h.turn(t.Context())
	if err != nil {
		t.Fatalf("taking a slot: %v", err)
	}
	return release
}
