package statetest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"deskpro-login/pkg/state"
)

// Method names a method of state.Store.
type Method string

const (
	Get     Method = "Get"
	Put     Method = "Put"
	Consume Method = "Consume"
)

// Mode is what a method of Faulty does.
type Mode int

const (
	// Work passes the call on.
	Work Mode = iota
	// Fail returns ErrInjected without passing the call on.
	Fail
	// Hang waits for ctx to end, without passing the call on.
	Hang
	// FailAfter passes the call on, then returns ErrInjected: what was to be
	// written is.
	FailAfter
)

// ErrInjected is the cause of Faulty's failures; they are ErrUnavailable too.
var ErrInjected = errors.New("injected by the test")

// Faulty is a state.Store that fails on demand. It works until Set is called.
type Faulty struct {
	// Store does the work.
	Store state.Store

	mu    sync.Mutex
	modes map[Method]Mode
}

var _ state.Store = (*Faulty)(nil)

// Set makes methods, or all of them when none is given, behave as mode says
// for the calls that begin from now on.
func (f *Faulty) Set(mode Mode, methods ...Method) {
	if len(methods) == 0 {
		methods = []Method{Get, Put, Consume}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.modes == nil {
		f.modes = map[Method]Mode{}
	}
	for _, method := range methods {
		f.modes[method] = mode
	}
}

// Get implements state.Store.
func (f *Faulty) Get(ctx context.Context, key string) (state.Item, error) {
	return faulty(ctx, f, Get, func() (state.Item, error) { return f.Store.Get(ctx, key) })
}

// Put implements state.Store.
func (f *Faulty) Put(ctx context.Context, key string, item state.Item) error {
	_, err := faulty(ctx, f, Put, func() (struct{}, error) { return struct{}{}, f.Store.Put(ctx, key, item) })
	return err
}

// Consume implements state.Store.
func (f *Faulty) Consume(ctx context.Context, key string) (state.Item, error) {
	return faulty(ctx, f, Consume, func() (state.Item, error) { return f.Store.Consume(ctx, key) })
}

func faulty[T any](ctx context.Context, f *Faulty, method Method, do func() (T, error)) (none T, err error) {
	f.mu.Lock()
	mode := f.modes[method]
	f.mu.Unlock()
	cause := ErrInjected
	switch mode {
	case Work:
		return do()
	case Hang:
		<-ctx.Done()
		cause = ctx.Err()
	case FailAfter:
		_, _ = do()
	}
	return none, fmt.Errorf("%s: %w: %w", method, state.ErrUnavailable, cause)
}
