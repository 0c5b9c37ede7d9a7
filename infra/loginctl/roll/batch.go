package roll

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"deskpro-login/pkg/directory/account"
)

// item is a row on its way.
type item struct {
	record record
	row    *row

	outcome outcome
	// reason is why it was not taken, and empty where it was.
	reason string

	// was is the account that is there, nil for none; becomes what is to be
	// written, if act says that something is.
	was, becomes *account.Account
	act          *Act
	// again: the directory has changed since it was looked at.
	again bool
	// doubtful: it is undone, but its write may have been carried out.
	doubtful bool
}

// outcome is what became of a row.
type outcome int

const (
	undone outcome = iota // not begun, or cut off
	added
	updated
	unchanged
	skipped
	conflicting
	bad
)

func (it *item) refuse(o outcome, reasons ...string) {
	// An error can be several, joined by line ends.
	it.outcome, it.reason, it.act = o, strings.ReplaceAll(strings.Join(reasons, "; "), "\n", "; "), nil
}

func (it *item) settle(o outcome) { it.outcome, it.act = o, nil }

// rounds is how often a row is compared with the directory and written, where
// that changes in between.
const rounds = 2

// batch deals with items. Its error ends the import; those that are undone then
// were not begun, or may have been carried out or not.
func (r *run) batch(ctx context.Context, items []*item) error {
	left := slices.DeleteFunc(slices.Clone(items), func(it *item) bool { return it.outcome != undone })
	for range rounds {
		if len(left) == 0 {
			return nil
		}
		if err := r.plan(ctx, left); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		left = slices.DeleteFunc(left, func(it *item) bool { return it.act == nil })
		if !r.Apply {
			for _, it := range left {
				it.outcome = it.planned()
			}
			return nil
		}
		if err := r.write(ctx, left); err != nil {
			return err
		}
		if ctx.Err() != nil && slices.ContainsFunc(left, func(it *item) bool { return it.outcome == undone }) {
			return context.Cause(ctx)
		}
		left = slices.DeleteFunc(left, func(it *item) bool { return !it.again })
	}
	for _, it := range left {
		it.refuse(conflicting, "the account was changed by somebody else, again and again")
	}
	return nil
}

func (it *item) planned() outcome {
	if it.was == nil {
		return added
	}
	return updated
}

// plan finds out what is to be done to each item's account.
func (r *run) plan(ctx context.Context, items []*item) error {
	found, err := r.find(ctx, items)
	if err != nil {
		return err
	}
	if r.taken == nil && slices.ContainsFunc(items, func(it *item) bool { return it.row.id != "" && found[it.row.login] == nil }) {
		if err := r.readIDs(ctx); err != nil {
			return err
		}
	}
	return r.each(ctx, items, func(it *item) error {
		if it.outcome != undone {
			return nil
		}
		return r.decide(it, found)
	})
}

// each calls do for items, several at once, until one returns an error, which
// ends the import, or ctx ends, which leaves the rest undone.
func (r *run) each(ctx context.Context, items []*item, do func(*item) error) error {
	var (
		mu    sync.Mutex
		first error
	)
	stop := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return first != nil || ctx.Err() != nil
	}
	r.pace.each(items, stop, func(it *item) {
		if err := do(it); err != nil {
			mu.Lock()
			defer mu.Unlock()
			if first == nil {
				first = err
			}
		}
	})
	return first
}

// find returns the accounts that have one of the items' logins, by these. It
// refuses the items under whose logins something else is stored.
func (r *run) find(ctx context.Context, items []*item) (map[string]*account.Account, error) {
	var wanted []string
	for _, it := range items {
		wanted = append(wanted, it.row.login)
		if alias := it.row.otherLogin(); alias != "" {
			wanted = append(wanted, alias)
		}
	}
	found := map[string]*account.Account{}
	unreadable := map[string]bool{}
	for some := range slices.Chunk(wanted, batch) {
		err := r.get(ctx, some, found)
		if !errors.Is(err, account.ErrUnreadable) {
			if err != nil {
				return nil, err
			}
			continue
		}
		for one := range slices.Chunk(some, 1) {
			switch err := r.get(ctx, one, found); {
			case errors.Is(err, account.ErrUnreadable):
				unreadable[one[0]] = true
			case err != nil:
				return nil, err
			}
		}
	}
	for _, it := range items {
		if unreadable[it.row.login] || unreadable[it.row.otherLogin()] {
			it.refuse(conflicting, "what the directory has under this login or alias cannot be read as an account")
		}
	}
	return found, nil
}

func (r *run) get(ctx context.Context, wanted []string, found map[string]*account.Account) error {
	err := r.try(ctx, func(ctx context.Context) error {
		got, err := r.Accounts.GetMany(ctx, wanted)
		for login, a := range got {
			found[login] = a
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("reading accounts: %w", err)
	}
	return nil
}

// readIDs reads those of all accounts: no index tells whose an ID is.
func (r *run) readIDs(ctx context.Context) error {
	var (
		taken      *keys
		unreadable int
	)
	err := r.try(ctx, func(work context.Context) error {
		taken, unreadable = newKeys(), 0
		for a, err := range r.Accounts.All(work) {
			switch {
			case ctx.Err() != nil:
				return context.Cause(ctx)
			case errors.Is(err, account.ErrUnreadable):
				unreadable++
			case err != nil:
				return err
			default:
				taken.add(ids, a.ID, 1)
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return fmt.Errorf("reading the IDs of all accounts: %w", err)
	case unreadable > 0:
		return fmt.Errorf("whether an ID is free cannot be told: %d items of the directory cannot be read as accounts; mend them, or import without IDs", unreadable)
	}
	r.taken = taken
	return nil
}
