// Package redact owns the type in which passwords, signing keys and tokens
// travel: a string that no formatter, logger or encoder will show.
//
// It guards against accidents (a %v, a logged struct, a JSON error body), not
// against code that calls Reveal.
package redact

import (
	"fmt"
	"io"
	"log/slog"
)

const shown = "[redacted]"

// Secret is a string that shows itself only to Reveal. The zero value is the
// empty secret.
type Secret struct {
	// A pointer, because fmt calls no methods on another struct's unexported
	// fields but prints what is in them: of a pointer, its address.
	value *string
}

// New wraps value.
func New(value string) Secret { return Secret{&value} }

// Reveal returns the string itself. Call it where the value is used (a hash, a
// request body, a redirect), never to store or print it.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Len returns the length in bytes, which may be told where the value may not.
func (s Secret) Len() int { return len(s.Reveal()) }

func (s Secret) String() string               { return shown }
func (s Secret) GoString() string             { return shown }
func (s Secret) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, shown) }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(shown) }
func (s Secret) MarshalText() ([]byte, error) { return []byte(shown), nil }
