package regulation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"deskpro-login/pkg/state"
)

// counterPrefix begins the keys of all counters.
const counterPrefix = "guesses#"

// rounds is how often a counter is written anew that others write at the same
// moment. Of so many one is counted in each round; who is not after all of them
// waits a second.
const rounds = 32

// record is a counter as stored.
type record struct {
	Kind  Kind  `json:"kind"`
	Scope Scope `json:"scope"`
	// Account is a mark, Source a network; each where the scope has one.
	Account string `json:"account,omitempty"`
	Source  string `json:"source,omitempty"`
	// Count are the guesses that nobody has called right, At is when the last
	// was, or, of what leaks, when the last leaked.
	Count int       `json:"count"`
	At    time.Time `json:"at"`
	// Cleared is the version with which the counter last began anew, Taken are
	// those of the guesses that were last taken back: who takes one back whose
	// answer was lost, or who was overtaken, takes none of another's.
	Cleared int64   `json:"cleared,omitempty"`
	Taken   []int64 `json:"taken,omitempty"`
}

// taken is how many are kept in record.Taken: more than are taken back between a
// lost answer and the next call.
const taken = 16

// counter is one of those that count a guess.
type counter struct {
	key     string
	scope   Scope
	limit   limit
	record  record
	version int64
	// before is the record's At before add.
	before time.Time
}

// wait is what the counter asks of a guess made now; nil: nothing.
func (c counter) wait(now time.Time) *Wait {
	count, at := c.limit.leaked(c.record.Count, c.record.At, now)
	next, closed := c.limit.next(count, at)
	switch {
	case closed:
		return &Wait{Closed: true, Scope: c.scope}
	case next.After(now):
		return &Wait{For: next.Sub(now), Scope: c.scope}
	}
	return nil
}

// get fills in what is stored.
func (r *Regulation) get(ctx context.Context, c *counter) error {
	item, err := r.cfg.Store.Get(ctx, c.key)
	switch {
	case errors.Is(err, state.ErrNotFound):
		c.record.Count, c.record.At, c.record.Cleared, c.record.Taken, c.version = 0, time.Time{}, 0, nil, 0
		return nil
	case err != nil:
		return fmt.Errorf("reading a counter: %w", err)
	}
	var stored record
	if json.Unmarshal(item.Value, &stored) != nil || stored.Count < 0 || stored.Count > 0 && stored.At.IsZero() ||
		stored.Kind != c.record.Kind || stored.Scope != c.record.Scope {
		return fmt.Errorf("%w: a counter of guesses is odd", state.ErrUnavailable)
	}
	c.record, c.version = stored, item.Version
	return nil
}

// put stores the counter as it is.
func (r *Regulation) put(ctx context.Context, c *counter) error {
	value, err := json.Marshal(c.record)
	if err != nil {
		return fmt.Errorf("encoding a counter: %w", err)
	}
	err = r.cfg.Store.Put(ctx, c.key, state.Item{
		Value: value, Expires: c.limit.forgotten(c.record.Count, c.record.At).Add(time.Second), Version: c.version,
	})
	if err == nil {
		c.version++
	}
	return err
}

// add counts one guess, if the counter lets it, whoever else writes meanwhile.
func (r *Regulation) add(ctx context.Context, c *counter) error {
	for range rounds {
		now := r.cfg.Now()
		if wait := c.wait(now); wait != nil {
			return wait
		}
		c.record.Count, c.record.At = c.limit.leaked(c.record.Count, c.record.At, now)
		c.before = c.record.At
		if c.record.Count++; c.limit.leak == 0 || c.record.Count == 1 {
			c.record.At = now
		}
		err := r.put(ctx, c)
		if err == nil {
			return nil
		}
		if !errors.Is(err, state.ErrConflict) {
			return fmt.Errorf("counting a guess: %w", err)
		}
		// Perhaps it was our own, whose answer was lost: then it counts twice.
		if err := r.get(ctx, c); err != nil {
			return err
		}
	}
	return &Wait{For: time.Second, Scope: c.scope}
}

// takeBack counts one guess less, the one that c is of since add. What others have
// counted since stays.
func (r *Regulation) takeBack(ctx context.Context, c counter) error {
	counted, before, now := c.version, c.before, r.cfg.Now()
	if c.limit.leak > 0 && !now.Before(c.record.At.Add(c.limit.leak)) {
		return nil // one has leaked since: it may have been this one
	}
	for range rounds {
		c.record.Count--
		switch {
		case c.record.Count == 0:
			c.record.At = now
		case c.version == counted && c.limit.leak == 0: // nobody counted since
			c.record.At = before
		}
		c.record.Taken = append(slices.Clone(c.record.Taken[max(0, len(c.record.Taken)-taken+1):]), counted)
		err := r.put(ctx, &c)
		if err == nil {
			return nil
		}
		if errors.Is(err, state.ErrConflict) {
			err = r.get(ctx, &c)
		}
		if err != nil {
			return fmt.Errorf("taking a guess back: %w", err)
		}
		if c.version <= counted || c.record.Cleared > counted || c.record.Count == 0 || slices.Contains(c.record.Taken, counted) {
			return nil // forgotten, begun anew, lifted or taken back already
		}
	}
	return fmt.Errorf("taking a guess back: %w", errBusy)
}

// clear begins anew what c counts, as far as it was read, if at all. It removes
// nothing, so that versions go on: with them others tell whether they were
// overtaken. It reports whether there was anything.
func (r *Regulation) clear(ctx context.Context, c counter) (bool, error) {
	for round := range rounds {
		if c.version == 0 {
			if err := r.get(ctx, &c); err != nil {
				return false, err
			}
		}
		if c.record.Count == 0 {
			return round > 0, nil // in another round: ours, whose answer was lost
		}
		c.record.Count, c.record.At, c.record.Cleared, c.record.Taken = 0, r.cfg.Now(), c.version+1, nil
		err := r.put(ctx, &c)
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, state.ErrConflict) {
			return false, fmt.Errorf("clearing a counter: %w", err)
		}
		c.version = 0
	}
	return false, fmt.Errorf("clearing a counter: %w", errBusy)
}

// errBusy: others were faster each time.
var errBusy = fmt.Errorf("%w: a counter of guesses is written by too many at once", state.ErrUnavailable)
