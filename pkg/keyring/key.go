// Package keyring owns the keys that sign tokens: what a key is, which version
// signs now, and for how long a fetched one is believed. Adapters (awssecrets)
// fetch the versions; Cache stands before one of them.
//
// A key leaves this package only through Key.Bytes, which package deskpro
// calls to sign and verify.
package keyring

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"deskpro-login/pkg/redact"
)

// minKeyLength is the shortest key in bytes: HS256 wants one as long as its
// hash (RFC 7518 section 3.2), and firebase/php-jwt from version 7, PHP's usual
// library, refuses a shorter one.
const minKeyLength = 32

// Key is one version of the secret that a door shares with Deskpro. Only
// ParseKey makes a valid one.
type Key struct {
	secret  redact.Secret
	version string
	made    time.Time
	stage   Stage
}

// Stage is what a version of a secret is for.
type Stage string

const (
	Current  Stage = "current"
	Pending  Stage = "pending"
	Previous Stage = "previous"
)

// ParseKey reads a secret's stored value: the key itself, byte for byte what
// the admin pastes into Deskpro, or a JSON object {"key": "…"}, which is what
// the Secrets Manager console's key/value editor stores. A value that Deskpro
// could not hold as it is (too short, white space at an end, control
// characters) is ErrUnusable with a sentence that says what to do.
func ParseKey(value redact.Secret, version string) (Key, error) {
	raw := value.Reveal()
	if strings.HasPrefix(raw, "{") && json.Valid([]byte(raw)) {
		var object struct{ Key *string }
		if err := json.Unmarshal([]byte(raw), &object); err != nil || object.Key == nil {
			return Key{}, fmt.Errorf(`%w: it is a JSON object without a "key" string; store the key as plain text or as {"key": "…"}`, ErrUnusable)
		}
		raw = *object.Key
	}
	switch {
	case raw != strings.TrimSpace(raw):
		return Key{}, fmt.Errorf("%w: it begins or ends with white space or a newline, which the copy in Deskpro would not; save it again without", ErrUnusable)
	case !utf8.ValidString(raw) || strings.ContainsFunc(raw, isControl):
		return Key{}, fmt.Errorf("%w: it holds control characters or bytes that are not text; Deskpro's field cannot hold them; generate a printable one", ErrUnusable)
	case len(raw) < minKeyLength:
		return Key{}, fmt.Errorf("%w: it has %d bytes and needs at least %d; generate a longer one and paste it into Deskpro too", ErrUnusable, len(raw), minKeyLength)
	}
	return Key{secret: redact.New(raw), version: version}, nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// Bytes returns a copy of what signs: the bytes of the string, never decoded.
func (k Key) Bytes() []byte { return []byte(k.secret.Reveal()) }

// Same tells whether both sign the same, whatever they are called.
func (k Key) Same(other Key) bool {
	return subtle.ConstantTimeCompare(k.Bytes(), other.Bytes()) == 1
}

// Version is the store's own name for this version of the secret.
func (k Key) Version() string { return k.version }

// MadeAt returns the key with the time at which its version was stored.
func (k Key) MadeAt(t time.Time) Key {
	k.made = t
	return k
}

// Made is the time at which this version was stored; zero where the store does
// not tell.
func (k Key) Made() time.Time { return k.made }

// In returns the key with the stage that its version is in.
func (k Key) In(stage Stage) Key {
	k.stage = stage
	return k
}

// Stage is the one that the version was in when it was fetched; empty where the
// store does not tell.
func (k Key) Stage() Stage { return k.stage }

// IsZero reports whether k is no key.
func (k Key) IsZero() bool { return k.secret.Reveal() == "" }
