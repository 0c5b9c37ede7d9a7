package regulation

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"deskpro-login/pkg/state"
)

// Counted is a counter as an operator sees it. What was typed as login is not in
// it: see Names.
type Counted struct {
	Kind  Kind
	Scope Scope
	// Account stands for a login; empty where the counter is a source's. Source
	// is a network, such as 192.0.2.7 or 2001:db8::/64; empty where it is an
	// account's.
	Account, Source string
	// Guesses are those that were wrong in a row, Last is when the last was (to
	// a source's guesses: about when).
	Guesses int
	Last    time.Time
	// Wait is what a guess would have to wait now; nil: nothing.
	Wait *Wait
	// Forgotten is when the counter is, without a further guess.
	Forgotten time.Time

	key string
}

// List returns the counters that guesses are counted by, those that ask for a
// wait first. It reads the whole store (see state.Lister): for an operator's
// tool only.
func (r *Regulation) List(ctx context.Context, lister state.Lister) ([]Counted, error) {
	now := r.cfg.Now()
	var all []Counted
	for entry, err := range lister.List(ctx, counterPrefix) {
		if err != nil {
			return nil, fmt.Errorf("listing counters: %w", err)
		}
		var stored record
		if json.Unmarshal(entry.Item.Value, &stored) != nil || stored.Count < 0 {
			continue
		}
		c := counter{key: entry.Key, scope: stored.Scope, limit: r.cfg.Limits.of(stored.Kind, stored.Scope), record: stored}
		count, _ := c.limit.leaked(stored.Count, stored.At, now)
		if count == 0 {
			continue
		}
		all = append(all, Counted{
			Kind: stored.Kind, Scope: stored.Scope, Account: stored.Account, Source: stored.Source,
			Guesses: count, Last: stored.At, Wait: c.wait(now), Forgotten: entry.Item.Expires, key: entry.Key,
		})
	}
	slices.SortFunc(all, func(a, b Counted) int {
		return cmp.Or(-waiting(a).Compare(waiting(b)), -cmp.Compare(a.Guesses, b.Guesses), strings.Compare(a.key, b.key))
	})
	return all, nil
}

// order is of what asks for a wait: the longest has the highest.
type order time.Duration

func (o order) Compare(other order) int { return cmp.Compare(o, other) }

func waiting(c Counted) order {
	switch {
	case c.Wait == nil:
		return 0
	case c.Wait.Closed:
		return order(forgetMany)
	}
	return order(c.Wait.For)
}

// Names tells whether c is of the account that login is typed for.
func (r *Regulation) Names(c Counted, login string) bool {
	return c.Account != "" && c.Account == r.mark(login)
}

// From tells whether c is of the network that address is in.
func (r *Regulation) From(c Counted, address string) bool {
	return c.Source != "" && c.Source == sourceOf(address)
}

// Lift begins c anew, whatever was counted since List. It reports whether there
// was anything to lift.
func (r *Regulation) Lift(ctx context.Context, c Counted) (bool, error) {
	lifted, err := r.clear(ctx, counter{
		key: c.key, scope: c.Scope, limit: r.cfg.Limits.of(c.Kind, c.Scope), record: record{Kind: c.Kind, Scope: c.Scope},
	})
	if err != nil {
		return false, fmt.Errorf("lifting a wait: %w", err)
	}
	return lifted, nil
}
