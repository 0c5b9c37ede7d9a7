// Package hint owns errors that say what to do next. An error says in a
// sentence what is the case; its hint says what the operator can try, with the
// command to type where there is one; Distance finds what may have been meant.
package hint

import (
	"errors"
	"fmt"
)

type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

// With returns err with a hint, formatted as by fmt.Sprintf.
func With(err error, format string, args ...any) error {
	return &hinted{err, fmt.Sprintf(format, args...)}
}

// Of returns the hint of err or of an error that it wraps, the outermost;
// empty if there is none.
func Of(err error) string {
	if h := (*hinted)(nil); errors.As(err, &h) {
		return h.hint
	}
	return ""
}
