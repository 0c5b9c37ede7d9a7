package memory

import (
	"fmt"
	"testing"
	"time"

	"deskpro-login/pkg/state"
	"deskpro-login/pkg/state/statetest"
)

func TestStoreKeepsTheContract(t *testing.T) {
	statetest.Run(t, func(_ *testing.T, now func() time.Time) state.Store { return &Store{Now: now} })
}

func TestListerKeepsTheContract(t *testing.T) {
	statetest.RunLister(t, func(_ *testing.T, now func() time.Time) (state.Store, state.Lister) {
		s := &Store{Now: now}
		return s, s
	})
}

func TestExpiredItemsDoNotPileUp(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	s := &Store{Now: func() time.Time { return now }}
	live := now.Add(time.Hour)
	for i := range 20_000 {
		now = now.Add(time.Millisecond)
		if err := s.Put(t.Context(), fmt.Sprint("brief", i), state.Item{Expires: now.Add(time.Second)}); err != nil {
			t.Fatal(err)
		}
		if i%1000 == 0 {
			if err := s.Put(t.Context(), fmt.Sprint("long", i), state.Item{Expires: live}); err != nil {
				t.Fatal(err)
			}
		}
		// About 1,000 of the brief ones and 20 of the others are alive at any time.
		if got := len(s.items); got > 3*sweepFrom {
			t.Fatalf("%d items kept after %d calls", got, i+1)
		}
	}
	for i := 0; i < 20_000; i += 1000 {
		if _, err := s.Get(t.Context(), fmt.Sprint("long", i)); err != nil {
			t.Errorf("Get of a live item after the sweeps: %v", err)
		}
	}
}
