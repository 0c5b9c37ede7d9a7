package statetest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"deskpro-login/pkg/state"
	"deskpro-login/pkg/state/memory"
	"deskpro-login/pkg/state/statetest"
)

func TestFaultyWorksUntilItIsSet(t *testing.T) {
	statetest.Run(t, func(_ *testing.T, now func() time.Time) state.Store {
		return &statetest.Faulty{Store: &memory.Store{Now: now}}
	})
}

// calls are one call of each method that writes, or reads, what is there.
var calls = []struct {
	method statetest.Method
	call   func(context.Context, state.Store) error
	// persisted tells whether call left its mark.
	persisted func(context.Context, state.Store) bool
}{
	{
		statetest.Get,
		func(ctx context.Context, s state.Store) error { _, err := s.Get(ctx, "item"); return err },
		nil,
	},
	{
		statetest.Put,
		func(ctx context.Context, s state.Store) error {
			return s.Put(ctx, "item", state.Item{Version: 1, Expires: time.Now().Add(time.Hour)})
		},
		func(ctx context.Context, s state.Store) bool { item, _ := s.Get(ctx, "item"); return item.Version == 2 },
	},
	{
		statetest.Consume,
		func(ctx context.Context, s state.Store) error { _, err := s.Consume(ctx, "item"); return err },
		func(ctx context.Context, s state.Store) bool { _, err := s.Get(ctx, "item"); return err != nil },
	},
}

func TestFaultyFailsTheMethodItIsSetFor(t *testing.T) {
	for _, test := range calls {
		for _, mode := range []statetest.Mode{statetest.Fail, statetest.FailAfter} {
			t.Run(string(test.method), func(t *testing.T) {
				s, behind := newFaulty(t)
				s.Set(mode, test.method)
				err := test.call(t.Context(), s)
				if !errors.Is(err, state.ErrUnavailable) || !errors.Is(err, statetest.ErrInjected) {
					t.Errorf("mode %d: err = %v, want the injected one", mode, err)
				}
				if test.persisted == nil {
					return
				}
				if got, want := test.persisted(t.Context(), behind), mode == statetest.FailAfter; got != want {
					t.Errorf("mode %d: persisted = %t, want %t", mode, got, want)
				}
			})
		}
	}
}

func TestFaultyLeavesOtherMethodsAlone(t *testing.T) {
	for _, test := range calls {
		s, _ := newFaulty(t)
		s.Set(statetest.Fail)
		s.Set(statetest.Work, test.method)
		for _, other := range calls {
			err := other.call(t.Context(), s)
			if failed := err != nil; failed != (other.method != test.method) {
				t.Errorf("with only %s working, %s = %v", test.method, other.method, err)
			}
		}
	}
}

func TestFaultyHangsUntilTheContextEnds(t *testing.T) {
	for _, test := range calls {
		synctest.Test(t, func(t *testing.T) {
			s, _ := newFaulty(t)
			s.Set(statetest.Hang)
			start := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			err := test.call(ctx, s)
			if !errors.Is(err, state.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s = %v, want unavailable for the deadline", test.method, err)
			}
			if took := time.Since(start); took != time.Minute {
				t.Errorf("%s took %v, want the context's minute", test.method, took)
			}
		})
	}
}

func newFaulty(t *testing.T) (*statetest.Faulty, state.Store) {
	t.Helper()
	behind := &memory.Store{}
	if err := behind.Put(t.Context(), "item", state.Item{Expires: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	return &statetest.Faulty{Store: behind}, behind
}
