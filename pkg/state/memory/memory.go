// Package memory keeps state in the process: for tests and the local server,
// not for functions, whose instances share nothing.
package memory

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"strings"
	"sync"
	"time"

	"deskpro-login/pkg/state"
)

// sweepFrom is the number of entries from which expired ones are looked for.
const sweepFrom = 1024

// Store is a state.Store. The zero value is empty and ready; it must not be
// copied. Expired entries are dropped as others are added, so that it holds at
// most twice the live ones, or sweepFrom.
type Store struct {
	// Now tells the time; nil means time.Now.
	Now func() time.Time

	mu      sync.Mutex
	entries map[string]entry
	sweepAt int
}

var (
	_ state.Store  = (*Store)(nil)
	_ state.Lister = (*Store)(nil)
)

type entry struct {
	item  state.Item
	count int64
}

// Get implements state.Store.
func (s *Store) Get(ctx context.Context, key string) (state.Item, error) {
	if err := check(ctx); err != nil {
		return state.Item{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.live(key)
	if !ok {
		return state.Item{}, state.ErrNotFound
	}
	return clone(e.item), nil
}

// Put implements state.Store.
func (s *Store) Put(ctx context.Context, key string, item state.Item) error {
	if err := check(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, _ := s.live(key); e.item.Version != item.Version {
		return state.ErrConflict
	}
	item = clone(item)
	item.Version++
	item.Expires = time.Unix(item.Expires.Unix(), 0)
	s.set(key, entry{item: item})
	return nil
}

// Consume implements state.Store.
func (s *Store) Consume(ctx context.Context, key string) (state.Item, error) {
	if err := check(ctx); err != nil {
		return state.Item{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.live(key)
	if !ok {
		return state.Item{}, state.ErrNotFound
	}
	delete(s.entries, key)
	return e.item, nil
}

// Count implements state.Store.
func (s *Store) Count(ctx context.Context, key string, expires time.Time) (int64, error) {
	if err := check(ctx); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.live(key)
	if !ok {
		e.item.Expires = time.Unix(expires.Unix(), 0)
	}
	e.count++
	s.set(key, e)
	return e.count, nil
}

// List implements state.Lister.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[state.Entry, error] {
	return func(yield func(state.Entry, error) bool) {
		for _, e := range s.listed(prefix) {
			if err := check(ctx); err != nil {
				yield(state.Entry{}, err)
				return
			}
			if !yield(e, nil) {
				return
			}
		}
		if err := check(ctx); err != nil {
			yield(state.Entry{}, err)
		}
	}
}

// listed copies, so that who iterates may call the store's other methods.
func (s *Store) listed(prefix string) []state.Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []state.Entry
	for key := range s.entries {
		if e, ok := s.live(key); ok && e.count == 0 && strings.HasPrefix(key, prefix) {
			found = append(found, state.Entry{Key: key, Item: clone(e.item)})
		}
	}
	return found
}

// live returns the entry under key, or the zero entry.
func (s *Store) live(key string) (entry, bool) {
	if e := s.entries[key]; e.item.Expires.After(s.now()) {
		return e, true
	}
	return entry{}, false
}

func (s *Store) set(key string, e entry) {
	if s.entries == nil {
		s.entries = map[string]entry{}
	}
	s.entries[key] = e
	if len(s.entries) <= max(s.sweepAt, sweepFrom) {
		return
	}
	for key := range s.entries {
		if _, ok := s.live(key); !ok {
			delete(s.entries, key)
		}
	}
	s.sweepAt = 2 * len(s.entries) // each entry pays for the sweep once
}

func (s *Store) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

func check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("using the store in memory: %w: %w", state.ErrUnavailable, err)
	}
	return nil
}

func clone(item state.Item) state.Item {
	item.Value = bytes.Clone(item.Value)
	return item
}
