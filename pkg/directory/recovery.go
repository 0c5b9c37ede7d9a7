package directory

import (
	"context"

	"deskpro-login/pkg/redact"
)

// Recovery lets people in who cannot sign in: they prove by a code that an
// address is theirs. Its methods are safe for concurrent use and return soon
// after ctx ends.
//
// Each answers for a login that does not exist, or that gets no code, as it
// does for every other: with the sentinel that a wrong code has, or none, and
// after the same calls. What it knows better wraps a *Refusal, for the log.
type Recovery interface {
	// RequestReset sends a code for a new password. ErrBadCredentials means
	// that none was sent, which the person must not be told. Otherwise its
	// errors are ErrThrottled (of all requests, not of one account's),
	// ErrMisconfigured and ErrUnavailable.
	RequestReset(ctx context.Context, login string, from Client) error

	// Reset sets a new password if code is the one that was sent, and returns
	// the account's ID, empty if the directory cannot tell. Its errors are those
	// of RequestReset, ErrWrongCode (also: expired, too many tries, unknown
	// login) and ErrUnfitPassword.
	Reset(ctx context.Context, login string, code, password redact.Secret, from Client) (userID string, err error)

	// RequestConfirmation sends the code once more with which people confirm
	// accounts that they made themselves. Its errors are those of RequestReset.
	RequestConfirmation(ctx context.Context, login string, from Client) error

	// Confirm confirms an account. Its errors are those of RequestReset and
	// ErrWrongCode, which is that of an account confirmed already, too.
	Confirm(ctx context.Context, login string, code redact.Secret, from Client) error
}
