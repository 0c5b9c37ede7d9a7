package roll

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
)

// write does what was planned.
//
// Each account is a conditional write of its own. BatchWriteItem knows no
// conditions: it would replace an account that somebody made since it was looked
// for, password and all, and could leave an alias without its account.
func (r *run) write(ctx context.Context, items []*item) error {
	if len(items) == 0 {
		return nil
	}
	acts := make([]Act, len(items))
	for i, it := range items {
		acts[i], it.again = *it.act, false
	}
	var failed error
	err := r.Act(r.work, acts, func() []error {
		errs := make([]error, len(items))
		for i := range errs {
			errs[i] = errUndone
		}
		at := map[*item]int{}
		for i, it := range items {
			at[it] = i
		}
		failed = r.each(ctx, items, func(it *item) error {
			err := r.writeOne(ctx, it)
			errs[at[it]] = err // each has a place of its own
			if it.outcome != undone || it.again {
				return nil // only this one's affair
			}
			return err
		})
		return errs
	})
	if err != nil {
		err = fmt.Errorf("writing down what is done: %w", err)
	}
	return errors.Join(failed, err)
}

var errUndone = errors.New("not begun")

// writeOne does what was planned for one. An error with which it stays undone
// ends the import.
func (r *run) writeOne(ctx context.Context, it *item) error {
	if it.was == nil {
		return r.add(ctx, it)
	}
	ends := it.act.Leaves
	if ends {
		// Before as well: cut off behind the change, another run would find nothing
		// to change, and end no session.
		if err := r.endSessions(ctx, it.was.ID); err != nil {
			it.refuse(bad, fmt.Sprintf("it was not changed, since its sessions could not be ended: %v", err))
			return err
		}
	}
	err := r.try(ctx, func(ctx context.Context) error { return r.Accounts.Replace(ctx, it.was, it.becomes) })
	switch {
	case errors.Is(err, account.ErrConflict):
		it.again = true
		return err
	case errors.Is(err, account.ErrExists):
		it.refuse(conflicting, "alias: is another account's")
		return err
	case err != nil:
		return r.failed(it, fmt.Errorf("changing an account: %w", err))
	}
	if ends {
		if err := r.endSessions(ctx, it.was.ID); err != nil {
			it.refuse(bad, fmt.Sprintf("it was changed, but its sessions go on: %v", err))
			return err
		}
	}
	it.settle(updated)
	return nil
}

func (r *run) add(ctx context.Context, it *item) error {
	err := r.try(ctx, func(ctx context.Context) error { return r.Accounts.Create(ctx, it.becomes) })
	switch {
	case errors.Is(err, account.ErrExists):
		it.again = true
		return err
	case err != nil:
		return r.failed(it, fmt.Errorf("adding an account: %w", err))
	}
	it.settle(added)
	return nil
}

// failed refuses the item where the error is about nothing else.
func (r *run) failed(it *item, err error) error {
	for _, all := range []error{
		directory.ErrThrottled, directory.ErrUnavailable, directory.ErrMisconfigured, account.ErrReadOnly, context.Canceled, context.DeadlineExceeded,
	} {
		if errors.Is(err, all) {
			it.doubtful = all != directory.ErrMisconfigured && all != account.ErrReadOnly
			return err
		}
	}
	it.refuse(bad, err.Error())
	return err
}

// endSessions tries again whatever the error is: the session store has sentinels
// of its own.
func (r *run) endSessions(ctx context.Context, id string) error {
	began := time.Now()
	for n := 1; ; n++ {
		err := r.EndSessions(r.work, id)
		if err == nil || time.Since(began) >= patienceUnavailable || !pause(ctx, n) {
			return err
		}
	}
}
