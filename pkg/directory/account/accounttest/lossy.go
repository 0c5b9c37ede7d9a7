package accounttest

import (
	"context"
	"fmt"
	"sync"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
)

// lossy is a store whose Updates can go wrong on their way.
type lossy struct {
	account.Store

	mu sync.Mutex
	// next is what the next Update does; nil: what it should.
	next func(update func() error) error
}

func (l *lossy) set(next func(update func() error) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next = next
}

func (l *lossy) Update(ctx context.Context, was, becomes *account.Account) error {
	l.mu.Lock()
	next := l.next
	l.next = nil
	l.mu.Unlock()
	update := func() error { return l.Store.Update(ctx, was, becomes) }
	if next == nil {
		return update()
	}
	return next(update)
}

// The ways for an Update to go wrong.
func written(as error) func(func() error) error {
	return func(update func() error) error {
		if err := update(); err != nil {
			return fmt.Errorf("the suite's own update: %w", err)
		}
		return as
	}
}

func unwritten(func() error) error { return directory.ErrUnavailable }
