// Package opaque makes and reads the random texts by which what the store keeps
// is found: a session, a step, a known browser. Each means something to its
// package alone.
package opaque

import (
	"crypto/rand"
	"encoding/base64"

	"deskpro-login/pkg/redact"
)

// length is 256 bits: OWASP ASVS 5.0 7.2.3 asks for at least 128.
const length = 32

// New returns a fresh text, of 43 characters of unpadded base64url.
func New() redact.Secret {
	raw := make([]byte, length)
	_, _ = rand.Read(raw) // never fails: it ends the program instead
	return redact.New(base64.RawURLEncoding.EncodeToString(raw))
}

// Parse reads what a browser sent. It reports false for whatever New could not
// have made, so that nothing else reaches the store.
func Parse(value string) (redact.Secret, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(value)
	// Both lengths: the decoder skips newlines, beside the text or in place of
	// some.
	if err != nil || len(raw) != length || len(value) != base64.RawURLEncoding.EncodedLen(length) {
		return redact.Secret{}, false
	}
	return redact.New(value), true
}
