package account

import (
	"context"
	"errors"
	"fmt"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/redact"
)

// Passwords verifies passwords against stored hashes. *password.Hasher does.
type Passwords interface {
	// Verify says whether password is the one behind hash. Its error holds
	// neither.
	Verify(ctx context.Context, hash string, password redact.Secret) (bool, error)
	// Decoy returns a hash that costs what verifying a current one costs.
	Decoy() string
}

// Checker is a directory.Authenticator over the accounts that Find finds.
type Checker struct {
	// Find returns the account under a normalised login, or nil where there
	// is none. Its error is directory.ErrThrottled or ErrUnavailable, or
	// ErrUnreadable, by errors.Is and holds no login. It is safe for concurrent
	// use.
	Find      func(ctx context.Context, login string) (*Account, error)
	Passwords Passwords
}

var _ directory.Authenticator = Checker{}

// Authenticate verifies exactly one hash whatever the login is, and whatever
// the account's state: without an account (or without a hash of its own) a
// decoy. Only then does it look at the rest, so that nothing but a right
// password, of an account that may sign in, can be told from outside.
//
// A login that NormalizeLogin refuses is not looked up: that it cannot exist
// is plain from itself. An account whose stored hash cannot be verified (odd, or
// too costly) is refused like the others, for ReasonHash, and one that cannot be
// read at all for ReasonUnreadable.
//
// The cost is the same only among hashes made with the parameters that
// Passwords uses now.
func (c Checker) Authenticate(ctx context.Context, credentials directory.Credentials) (directory.Outcome, error) {
	var (
		found      *Account
		unreadable error
	)
	if login, ok := NormalizeLogin(credentials.Login); ok {
		var err error
		found, err = c.Find(ctx, login)
		switch {
		case errors.Is(err, ErrUnreadable):
			unreadable = err
		case err != nil:
			return directory.Outcome{}, fmt.Errorf("finding account: %w", err)
		}
	}
	right, err := c.verify(ctx, found, credentials.Password)
	if err != nil && ctx.Err() == nil && found != nil {
		// What is stored is at fault. Outsiders shall not see it at this
		// account's answer, nor at its speed.
		cause := err
		if _, err = c.Passwords.Verify(ctx, c.Passwords.Decoy(), credentials.Password); err == nil {
			return directory.Outcome{}, &directory.Refusal{Reason: directory.ReasonHash, UserID: found.ID, Cause: cause}
		}
	}
	if err != nil {
		return directory.Outcome{}, fmt.Errorf("%w: verifying password: %w", directory.ErrUnavailable, err)
	}
	switch {
	case unreadable != nil:
		return directory.Outcome{}, &directory.Refusal{Reason: directory.ReasonUnreadable, Cause: unreadable}
	case found == nil:
		return directory.Outcome{}, &directory.Refusal{Reason: directory.ReasonUnknown}
	case !right:
		return directory.Outcome{}, &directory.Refusal{Reason: directory.ReasonPassword, UserID: found.ID}
	case found.Disabled:
		return directory.Outcome{}, &directory.Refusal{Reason: directory.ReasonDisabled, UserID: found.ID}
	}
	user, err := found.user()
	if err != nil {
		return directory.Outcome{}, fmt.Errorf("reading account %q: %w", found.ID, err)
	}
	return directory.Outcome{User: user}, nil
}

// Respond returns ErrOver: no account here poses a challenge.
func (Checker) Respond(context.Context, directory.Challenge, directory.Answer) (directory.Outcome, error) {
	return directory.Outcome{}, directory.ErrOver
}

func (c Checker) verify(ctx context.Context, found *Account, typed redact.Secret) (bool, error) {
	if found == nil || found.PasswordHash == "" {
		_, err := c.Passwords.Verify(ctx, c.Passwords.Decoy(), typed)
		return false, err
	}
	return c.Passwords.Verify(ctx, found.PasswordHash, typed)
}
