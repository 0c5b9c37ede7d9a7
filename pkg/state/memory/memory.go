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

// sweepFrom is the number of items from which expired ones are looked for.
const sweepFrom = 1024

// Store is a state.Store. The zero value is empty and ready; it must not be
// copied. Expired items are dropped as others are added, so that it holds at
// most twice the live ones, or sweepFrom.
type Store struct {
	// Now tells the time; nil means time.Now.
	Now func() time.Time

	mu      sync.Mutex
	items   map[string]state.Item
	sweepAt int
}

var (
	_ state.Store  = (*Store)(nil)
	_ state.Lister = (*Store)(nil)
)

// Get implements state.Store.
func (s *Store) Get(ctx context.Context, key string) (state.Item, error) {
	if err := check(ctx); err != nil {
		return state.Item{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	item, ok := s.live(key)
	if !ok {
		return state.Item{}, state.ErrNotFound
	}
	return clone(item), nil
}

// Put implements state.Store.
func (s *Store) Put(ctx context.Context, key string, item state.Item) error {
	if err := check(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if stored, _ := s.live(key); stored.Version != item.Version {
		return state.ErrConflict
	}
	item = clone(item)
	item.Version++
	item.Expires = time.Unix(item.Expires.Unix(), 0)
	s.set(key, item)
	return nil
}

// Consume implements state.Store.
func (s *Store) Consume(ctx context.Context, key string) (state.Item, error) {
	if err := check(ctx); err != nil {
		return state.Item{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	item, ok := s.live(key)
	if !ok {
		return state.Item{}, state.ErrNotFound
	}
	delete(s.items, key)
	return item, nil
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
	for key := range s.items {
		if item, ok := s.live(key); ok && strings.HasPrefix(key, prefix) {
			found = append(found, state.Entry{Key: key, Item: clone(item)})
		}
	}
	return found
}

// live returns the item under key, or the zero item.
func (s *Store) live(key string) (state.Item, bool) {
	if item := s.items[key]; item.Expires.After(s.now()) {
		return item, true
	}
	return state.Item{}, false
}

func (s *Store) set(key string, item state.Item) {
	if s.items == nil {
		s.items = map[string]state.Item{}
	}
	s.items[key] = item
	if len(s.items) <= max(s.sweepAt, sweepFrom) {
		return
	}
	for key := range s.items {
		if _, ok := s.live(key); !ok {
			delete(s.items, key)
		}
	}
	s.sweepAt = 2 * len(s.items) // each item pays for the sweep once
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
