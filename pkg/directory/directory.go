// Package directory says what the sign-in pages need of the place where people
// and their passwords are kept. Its adapters (memory, dynamo, cognito) are
// named by technology and do not know each other; directorytest holds the
// suite that each of them passes.
package directory

import (
	"context"
	"errors"

	"deskpro-login/pkg/redact"
)

// Authenticator checks credentials against a directory.
type Authenticator interface {
	// Authenticate returns the outcome for c, or an error for which errors.Is
	// finds exactly one of this package's sentinels:
	//
	//   - ErrBadCredentials: unknown login, wrong password, disabled account.
	//     The error wraps a *Refusal, which tells the log (never the person)
	//     which. The three cost the same: one look-up and one hash, or one
	//     call. What cannot exist at all (an empty login, an overlong password)
	//     may cost less.
	//   - ErrUnverifiedEmail, ErrIncomplete: the password was right but the
	//     account cannot be sent to Deskpro.
	//   - ErrThrottled: the directory asks to slow down.
	//   - ErrUnavailable: everything else, including ctx's end.
	//
	// It is safe for concurrent use and returns soon after ctx ends. It never
	// keeps, logs or puts into an error c's password.
	Authenticate(ctx context.Context, c Credentials) (Outcome, error)
}

// Credentials are what a person typed, unchanged.
type Credentials struct {
	// Login is a user name or an email address. The adapter normalises it.
	Login string
	// Password is verified exactly as typed: not trimmed, not normalised.
	Password redact.Secret
}

// Outcome is a User or a Challenge: exactly one is set.
type Outcome struct {
	User      *User
	Challenge *Challenge
}

// Challenge is a further step that the directory asks for after the password.
type Challenge struct {
	// Kind is the directory's own name for it, for example
	// "SOFTWARE_TOKEN_MFA" or "NEW_PASSWORD_REQUIRED".
	Kind string
}

// The sentinels of Authenticate.
var (
	ErrBadCredentials  = errors.New("bad credentials")
	ErrUnverifiedEmail = errors.New("email address not verified")
	ErrIncomplete      = errors.New("account lacks what Deskpro requires")
	ErrThrottled       = errors.New("directory asks to slow down")
	ErrUnavailable     = errors.New("directory unavailable")
)

// Refusal is the ErrBadCredentials of one attempt, with what the log may know.
type Refusal struct {
	Reason Reason
	// UserID is the account's ID, empty for an unknown login. A typed login is
	// never in here: people type passwords into that field.
	UserID string
	// Cause is what an operator should mend, such as a stored hash that cannot
	// be verified; nil where there is nothing to mend.
	Cause error
}

// Reason tells the three refusals apart, for the log only.
type Reason string

const (
	ReasonUnknown  Reason = "unknown_login"
	ReasonPassword Reason = "wrong_password"
	ReasonDisabled Reason = "disabled"
	// ReasonLocked: the directory itself refuses the account for a while.
	ReasonLocked Reason = "locked_out"
	// ReasonHash: the account's stored hash cannot be verified; see Cause.
	ReasonHash Reason = "unusable_hash"
	// ReasonUnreadable: what is stored under the login is no account; see Cause.
	ReasonUnreadable Reason = "unreadable_account"
	// ReasonUnspecified: the directory itself does not tell the cases apart.
	ReasonUnspecified Reason = "unspecified"
)

func (r *Refusal) Error() string {
	text := "bad credentials: " + string(r.Reason)
	if r.Cause != nil {
		text += ": " + r.Cause.Error()
	}
	return text
}

func (r *Refusal) Is(target error) bool { return target == ErrBadCredentials }
