package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
)

// maxConflicts is how often a change is tried again that met another: a second
// sign-in, say, that used the app at the same moment.
const maxConflicts = 3

// Respond answers a challenge of next's. Each looks at the account anew: one
// that was disabled or deleted meanwhile, or got another password or app, gets
// ErrOver. A code, or a recovery code, is used up by a write that only one of
// concurrent answers can make.
func (c *Checker) Respond(ctx context.Context, challenge directory.Challenge, answer directory.Answer) (directory.Outcome, error) {
	var p progress
	if err := json.Unmarshal(challenge.State, &p); err != nil || p.Login == "" {
		return directory.Outcome{}, directory.ErrOver
	}
	a, err := c.still(ctx, p)
	if err != nil {
		return directory.Outcome{}, err
	}
	// The order of next's is kept, whatever is answered.
	unproved := a.Factor != nil && !p.Proved
	switch kind := challenge.Kind; {
	case kind == kindCode && unproved:
		return c.prove(ctx, a, p, answer.Code)
	case unproved:
		return directory.Outcome{}, directory.ErrOver
	}
	switch challenge.Kind {
	case kindPassword:
		return c.choose(ctx, a, p, answer.Password)
	case kindSetup:
		return c.setUp(ctx, a, p, answer.Code)
	case kindCodes:
		return c.next(a, p)
	case kindRemove:
		return c.remove(ctx, a, p)
	}
	return directory.Outcome{}, directory.ErrOver
}

// still returns the account of p, or ErrOver if it is not as p knew it.
func (c *Checker) still(ctx context.Context, p progress) (*Account, error) {
	a, err := c.cfg.Store.Find(ctx, p.Login)
	switch {
	case errors.Is(err, ErrUnreadable):
		return nil, fmt.Errorf("%w: %w", directory.ErrOver, err)
	case err != nil:
		return nil, fmt.Errorf("finding account: %w", err)
	case a == nil:
		return nil, fmt.Errorf("%w: its account is gone", directory.ErrOver)
	case a.Disabled || c.expired(a) || stamp(a.Credentials) != p.Stamp:
		return nil, fmt.Errorf("%w: account %q has changed meanwhile", directory.ErrOver, a.ID)
	}
	return a, nil
}

// change writes what edit makes of the account, and does so again from what is
// stored then if that has changed meanwhile in a way that p does not mind. A
// write of its own whose answer was lost it knows by the hash, sealed key or
// recovery codes that nobody else could have written. That the app is gone
// somebody else may have written: it is what was asked for all the same.
func (c *Checker) change(ctx context.Context, a *Account, p progress, edit func(*Account) error) (*Account, error) {
	for range maxConflicts {
		becomes := a.Clone()
		if err := edit(becomes); err != nil {
			return nil, err
		}
		err := c.cfg.Store.Update(ctx, a, becomes)
		switch {
		case err == nil:
			return becomes, nil
		case errors.Is(err, ErrReadOnly):
			return nil, fmt.Errorf("%w: %w", directory.ErrMisconfigured, err)
		}
		if there := c.written(ctx, a, becomes, p); there != nil {
			return there, nil
		}
		if !errors.Is(err, ErrConflict) {
			return nil, fmt.Errorf("changing account %q: %w", a.ID, err)
		}
		if a, err = c.still(ctx, p); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%w: account %q keeps changing", directory.ErrUnavailable, a.ID)
}

// written returns the account as it is stored if that is becomes all the same.
func (c *Checker) written(ctx context.Context, a, becomes *Account, p progress) *Account {
	mine, codes := stamp(becomes.Credentials), recovery(becomes)
	if mine == p.Stamp && (len(codes) == 0 || slices.Contains(recovery(a), codes[0])) {
		return nil // others write the same, such as the step of a code
	}
	// The write's own time may be over.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	there, err := c.cfg.Store.Find(ctx, a.Login)
	if err != nil || there == nil || there.Disabled || there.Version != a.Version+1 ||
		stamp(there.Credentials) != mine || !slices.Equal(recovery(there), codes) {
		return nil
	}
	return there
}

func recovery(a *Account) []string {
	if a.Factor == nil {
		return nil
	}
	return a.Factor.Recovery
}

// choose sets a new password.
func (c *Checker) choose(ctx context.Context, a *Account, p progress, chosen redact.Secret) (directory.Outcome, error) {
	if c.cfg.ReadOnly {
		return directory.Outcome{}, directory.ErrOver
	}
	own := []string{a.Login, a.Alias, a.Email, a.Name, a.FirstName, a.LastName}
	err := c.cfg.Policy.Check(ctx, chosen, own, c.beside(a, p))
	if unfit, ok := errors.AsType[*password.Unfit](err); ok {
		return directory.Outcome{}, &directory.UnfitPassword{Rule: string(unfit.Rule), Least: unfit.Least}
	}
	if err != nil {
		return directory.Outcome{}, fmt.Errorf("%w: judging a new password: %w", directory.ErrUnavailable, err)
	}
	id := a.ID
	same, err := c.cfg.Passwords.Verify(ctx, a.PasswordHash, chosen)
	if err != nil {
		return directory.Outcome{}, fmt.Errorf("%w: comparing with the old password: %w", directory.ErrUnavailable, err)
	}
	if same {
		return directory.Outcome{}, &directory.UnfitPassword{Rule: string(password.Same)}
	}
	hash, err := c.cfg.Passwords.Hash(ctx, chosen)
	if err != nil {
		return directory.Outcome{}, fmt.Errorf("%w: hashing a new password: %w", directory.ErrUnavailable, err)
	}
	a, err = c.change(ctx, a, p, func(becomes *Account) error {
		becomes.PasswordHash, becomes.PasswordChanged = hash, c.cfg.Now()
		becomes.MustChange, becomes.PasswordExpires = false, time.Time{}
		return nil
	})
	if err != nil {
		return perhaps(id, err)
	}
	p.Chosen = true
	outcome, err := c.next(a, p)
	outcome.Changed = id
	return outcome, err
}

// perhaps is the outcome of a change that failed with err: whether it was
// written is not known if that is ErrUnavailable.
func perhaps(id string, err error) (directory.Outcome, error) {
	if errors.Is(err, directory.ErrUnavailable) {
		return directory.Outcome{Changed: id}, err
	}
	return directory.Outcome{}, err
}
