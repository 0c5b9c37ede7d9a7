package account

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/factor"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
)

// prove takes a code of the account's app, or a recovery code. Who came for new
// recovery codes gets them by the same write: a code that is used up with nothing
// to show for it may have been the last.
func (c *Checker) prove(ctx context.Context, a *Account, p progress, code redact.Secret) (directory.Outcome, error) {
	if c.cfg.Factors == nil {
		return directory.Outcome{}, directory.ErrOver
	}
	var codes, hashes []string
	if p.Want == directory.WantCodes {
		codes, hashes = newCodes(a.ID)
	}
	recovery, recovered := factor.HashCode(a.ID, code)
	a, err := c.change(ctx, a, p, func(becomes *Account) error {
		f := becomes.Factor
		if recovered {
			at := slices.Index(f.Recovery, recovery)
			if at < 0 {
				return directory.ErrWrongCode
			}
			f.Recovery = slices.Delete(f.Recovery, at, at+1)
		} else if err := c.accept(ctx, becomes, code); err != nil {
			return err
		}
		if hashes != nil {
			f.Recovery = hashes
		}
		return nil
	})
	if err != nil {
		return directory.Outcome{}, err
	}
	p.Proved = true
	var outcome directory.Outcome
	if hashes != nil {
		outcome, err = keep(a, p, codes)
		outcome.Renewed = true
	} else {
		outcome, err = c.next(a, p)
	}
	outcome.Recovered = recovered
	return outcome, err
}

// accept takes a code of becomes' app, and seals the app's key anew if its secret
// is another by now.
func (c *Checker) accept(ctx context.Context, becomes *Account, code redact.Secret) error {
	f := becomes.Factor
	key, stale, err := c.cfg.Factors.Open(ctx, becomes.ID, f.Key)
	if err != nil {
		return sealing(becomes, err)
	}
	if f.Step, err = c.step(key, code, f.Step); err != nil || !stale {
		return err
	}
	f.Key, err = c.cfg.Factors.Seal(ctx, becomes.ID, key)
	return sealing(becomes, err)
}

// setUp gives the account the app whose code is right, in place of the one that
// it may have, and new recovery codes.
func (c *Checker) setUp(ctx context.Context, a *Account, p progress, code redact.Secret) (directory.Outcome, error) {
	key, err := factor.ParseKey(p.Key)
	if err != nil || c.cfg.Factors == nil {
		return directory.Outcome{}, directory.ErrOver
	}
	step, err := c.step(key, code, 0)
	if err != nil {
		return directory.Outcome{}, err
	}
	codes, hashes := newCodes(a.ID)
	enrolled := &Factor{Step: step, Recovery: hashes}
	if enrolled.Key, err = c.cfg.Factors.Seal(ctx, a.ID, key); err != nil {
		return directory.Outcome{}, sealing(a, err)
	}
	id := a.ID
	a, err = c.change(ctx, a, p, func(becomes *Account) error {
		becomes.Factor = enrolled
		return nil
	})
	if err != nil {
		return perhaps(id, err)
	}
	p.Proved, p.Enrolled, p.Key = true, true, ""
	outcome, err := keep(a, p, codes)
	outcome.Changed = id
	return outcome, err
}

// keep shows new recovery codes, this once.
func keep(a *Account, p progress, codes []string) (directory.Outcome, error) {
	p.Stamp = stamp(a.Credentials)
	return pose(a, p, directory.Challenge{Kind: kindCodes, Step: directory.StepKeep, Codes: codes})
}

// newCodes returns recovery codes, and what is stored of them.
func newCodes(id string) (codes, hashes []string) {
	codes = factor.NewCodes()
	for _, code := range codes {
		hash, _ := factor.HashCode(id, redact.New(code))
		hashes = append(hashes, hash)
	}
	return codes, hashes
}

// remove takes the app, and its recovery codes, from the account, if that is what
// comes next for it as it is now.
func (c *Checker) remove(ctx context.Context, a *Account, p progress) (directory.Outcome, error) {
	posed, err := c.next(a, p)
	switch {
	case err != nil:
		return directory.Outcome{}, err
	case posed.Challenge == nil || posed.Challenge.Kind != kindRemove:
		return directory.Outcome{}, directory.ErrOver
	}
	id := a.ID
	a, err = c.change(ctx, a, p, func(becomes *Account) error {
		becomes.Factor = nil
		return nil
	})
	if err != nil {
		return perhaps(id, err)
	}
	p.Proved = false // what was proved is gone
	outcome, err := c.next(a, p)
	outcome.Changed = id
	return outcome, err
}

// step is the time step of code, later than last.
func (c *Checker) step(key factor.Key, code redact.Secret, last int64) (int64, error) {
	step, err := key.Step(code, c.cfg.Now(), last)
	switch {
	case errors.Is(err, factor.ErrSpent):
		return 0, directory.ErrSpentCode
	case err != nil:
		return 0, directory.ErrWrongCode
	}
	return step, nil
}

// sealing is the sentinel for an error of Factors.
func sealing(a *Account, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, factor.ErrSealed):
		return fmt.Errorf("%w: the key of account %q: %w", directory.ErrNoFactor, a.ID, err)
	case errors.Is(err, keyring.ErrAbsent), errors.Is(err, keyring.ErrUnusable):
		// Not wrapped: to the pages keyring's sentinels are about signing keys.
		return fmt.Errorf("%w: the secret that seals the keys of apps: %v", directory.ErrMisconfigured, err)
	}
	return fmt.Errorf("%w: the secret that seals the keys of apps: %v", directory.ErrUnavailable, err)
}
