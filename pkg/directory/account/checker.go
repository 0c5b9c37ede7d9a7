package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
	"unicode/utf8"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/factor"
	"deskpro-login/pkg/redact"
)

// Passwords verifies passwords against stored hashes, and makes new ones.
// *password.Hasher does.
type Passwords interface {
	// Verify says whether password is the one behind hash. Its error holds
	// neither.
	Verify(ctx context.Context, hash string, password redact.Secret) (bool, error)
	Hash(ctx context.Context, password redact.Secret) (string, error)
	// Outdated tells of a hash that is to be replaced when its password is known.
	Outdated(hash string) bool
	// Decoy returns a hash that costs what verifying a current one costs.
	Decoy() string
}

// Policy judges new passwords. *password.Policy does.
type Policy interface {
	// Check returns nil, or a *password.Unfit. The account's own words make poor
	// passwords; factor: it has a second factor, so that less will do.
	Check(ctx context.Context, password redact.Secret, own []string, factor bool) error
	// Least is how many characters Check asks for.
	Least(factor bool) int
}

// Config configures a Checker.
type Config struct {
	// Store and Passwords are required.
	Store     Store
	Passwords Passwords
	// Policy judges what people choose. Required unless ReadOnly.
	Policy Policy
	// Factors seals the keys of authenticator apps. Nil: nobody can set one up,
	// and who has one cannot sign in.
	Factors *factor.Vault
	// FactorGroups are the groups whose members need a second factor, whatever
	// the door asks for.
	FactorGroups []string
	// KeepGroups are the groups that doors which ask for a second factor let in, "*"
	// for all: their members do not get rid of an app, at whichever door, or the next
	// to know the password would set up one of their own.
	KeepGroups []string
	// ReadOnly: nothing is ever written, so that hashes stay as they are, nobody
	// chooses a password here, and there are no factors.
	ReadOnly bool
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Log is told of what failed without harm. Nil means slog.Default().
	Log *slog.Logger
}

// Checker is a directory.Authenticator over a Store.
type Checker struct{ cfg Config }

var _ directory.Authenticator = (*Checker)(nil)

// New checks cfg.
func New(cfg Config) (*Checker, error) {
	switch {
	case cfg.Store == nil || cfg.Passwords == nil:
		return nil, errors.New("account: Store and Passwords are required")
	case cfg.Policy == nil && !cfg.ReadOnly:
		return nil, errors.New("account: Policy is required, unless ReadOnly")
	case cfg.Factors != nil && cfg.ReadOnly:
		return nil, errors.New("account: Factors cannot be kept where nothing is written")
	case cfg.Factors == nil && len(cfg.FactorGroups) > 0:
		return nil, errors.New("account: FactorGroups need Factors")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	return &Checker{cfg}, nil
}

// Authenticate verifies exactly one hash whatever the login is, and whatever
// the account's state: without an account (or without a hash of its own) a
// decoy. Only then does it look at the rest, so that nothing but a right
// password, of an account that may sign in, can be told from outside. Then a
// hash that is Outdated is replaced, and what the account needs besides is
// asked for: see next.
//
// A login that NormalizeLogin refuses is not looked up: that it cannot exist
// is plain from itself. An account whose stored hash cannot be verified (odd, or
// too costly) is refused like the others, for ReasonHash, and one that cannot be
// read at all for ReasonUnreadable.
//
// The cost is the same only among hashes made with the parameters that
// Passwords uses now.
func (c *Checker) Authenticate(ctx context.Context, credentials directory.Credentials) (directory.Outcome, error) {
	var (
		found      *Account
		unreadable error
	)
	if login, ok := NormalizeLogin(credentials.Login); ok {
		var err error
		found, err = c.cfg.Store.Find(ctx, login)
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
		if _, err = c.cfg.Passwords.Verify(ctx, c.cfg.Passwords.Decoy(), credentials.Password); err == nil {
			return refused(found, directory.ReasonHash, cause)
		}
	}
	if err != nil {
		return directory.Outcome{}, fmt.Errorf("%w: verifying password: %w", directory.ErrUnavailable, err)
	}
	switch {
	case unreadable != nil:
		return refused(nil, directory.ReasonUnreadable, unreadable)
	case found == nil:
		return refused(nil, directory.ReasonUnknown, nil)
	case !right:
		return refused(found, directory.ReasonPassword, nil)
	case found.Disabled:
		return refused(found, directory.ReasonDisabled, nil)
	case c.expired(found):
		return refused(found, directory.ReasonExpired, nil)
	case found.MustChange && c.cfg.ReadOnly:
		return refused(found, directory.ReasonReset, nil)
	}
	if _, err := found.user(); err != nil {
		return directory.Outcome{}, fmt.Errorf("reading account %q: %w", found.ID, err)
	}
	found, reason := c.renew(ctx, found, credentials.Password)
	if reason != "" {
		return refused(found, reason, nil)
	}
	return c.next(found, progress{Want: credentials.Want, Factor: credentials.Factor, Short: c.short(credentials)})
}

// short tells of a password that is too short without an app beside it, of who
// came to be without theirs.
func (c *Checker) short(credentials directory.Credentials) bool {
	return credentials.Want == directory.WantNoFactor && !c.cfg.ReadOnly &&
		utf8.RuneCountInString(credentials.Password.Reveal()) < c.cfg.Policy.Least(false)
}

func refused(found *Account, reason directory.Reason, cause error) (directory.Outcome, error) {
	refusal := &directory.Refusal{Reason: reason, Cause: cause}
	if found != nil {
		refusal.UserID = found.ID
	}
	return directory.Outcome{}, refusal
}

func (c *Checker) verify(ctx context.Context, found *Account, typed redact.Secret) (bool, error) {
	if found == nil || found.PasswordHash == "" {
		_, err := c.cfg.Passwords.Verify(ctx, c.cfg.Passwords.Decoy(), typed)
		return false, err
	}
	return c.cfg.Passwords.Verify(ctx, found.PasswordHash, typed)
}

// expired tells of an initial password that was not used in time.
func (c *Checker) expired(a *Account) bool {
	return !a.PasswordExpires.IsZero() && !c.cfg.Now().Before(a.PasswordExpires)
}

// renew replaces a hash that is Outdated, as far as that can be done at once:
// the next sign-in tries again. It returns the account as it is then, and why
// that may not sign in any more.
func (c *Checker) renew(ctx context.Context, a *Account, typed redact.Secret) (*Account, directory.Reason) {
	if c.cfg.ReadOnly || !c.cfg.Passwords.Outdated(a.PasswordHash) {
		return a, ""
	}
	becomes := a.Clone()
	var err error
	if becomes.PasswordHash, err = c.cfg.Passwords.Hash(ctx, typed); err == nil {
		err = c.cfg.Store.Update(ctx, a, becomes)
	}
	if err == nil {
		return becomes, ""
	}
	if errors.Is(err, ErrConflict) {
		// Another sign-in was first, or our own call whose answer was lost, or
		// somebody who means it.
		var there *Account
		if there, err = c.cfg.Store.Find(ctx, a.Login); err == nil {
			return c.asItIs(ctx, there, typed)
		}
	}
	c.cfg.Log.WarnContext(ctx, "an outdated hash is not replaced yet", "subject", a.ID, "error", err)
	return a, ""
}

// asItIs judges once more an account that changed while it was signed in to.
func (c *Checker) asItIs(ctx context.Context, there *Account, typed redact.Secret) (*Account, directory.Reason) {
	switch right, err := c.verify(ctx, there, typed); {
	case there == nil:
		return nil, directory.ReasonUnknown
	case err != nil || !right:
		return there, directory.ReasonPassword
	case there.Disabled:
		return there, directory.ReasonDisabled
	case c.expired(there):
		return there, directory.ReasonExpired
	}
	return there, ""
}
