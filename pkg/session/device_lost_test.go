package session_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state"
	"deskpro-login/pkg/state/memory"
	"deskpro-login/pkg/state/statetest"
)

// under sends the puts below a prefix to faulty, and everything else to the store.
type under struct {
	*memory.Store
	prefix string
	faulty *statetest.Faulty
}

func newUnder(prefix string) under {
	store := &memory.Store{}
	return under{store, prefix, &statetest.Faulty{Store: store}}
}

func (u under) Put(ctx context.Context, key string, item state.Item) error {
	if strings.HasPrefix(key, u.prefix) {
		return u.faulty.Put(ctx, key, item)
	}
	return u.Store.Put(ctx, key, item)
}

func TestALostAnswerNeitherLosesNorDoublesADevice(t *testing.T) {
	store := newUnder("devices#")
	s := open(t, store)
	store.faulty.Set(statetest.FailAfter, statetest.Put)
	desk, phone := beginOn(t, s, "u-1", "desk"), beginOn(t, s, "u-1", "phone")
	if got := names(devices(t, s, "u-1", desk)); got != "desk phone" || !live(t, s, phone) {
		t.Errorf("listed are %q", got)
	}
	if _, item := listed(t, store); strings.Count(string(item.Value), `"hash"`) != 2 {
		t.Errorf("the list is %s", item.Value)
	}
}

func TestTheStoresClientMayPutAListTwice(t *testing.T) {
	s := open(t, &retried{})
	desk := beginOn(t, s, "u-1", "desk")
	beginOn(t, s, "u-1", "phone")
	if got := names(devices(t, s, "u-1", desk)); got != "desk phone" {
		t.Errorf("listed are %q", got)
	}
}

func TestASessionThatCannotBeListedIsNotOpened(t *testing.T) {
	store := newUnder("devices#")
	s := open(t, store)
	desk := beginOn(t, s, "u-1", "desk")
	store.faulty.Set(statetest.Fail, statetest.Put)
	if _, err := s.Open(t.Context(), "u-1", []byte("{}"), time.Now(), "phone"); !errors.Is(err, state.ErrUnavailable) {
		t.Errorf("Open: %v, want state.ErrUnavailable", err)
	}
	if got := names(devices(t, s, "u-1", desk)); got != "desk" {
		t.Errorf("listed are %q", got)
	}
	if n := stored(t, store, "session#"); n != 1 {
		t.Errorf("%d sessions are stored, want the desk's alone", n)
	}
}

// unread is a store in which a list that was put cannot be read, nor is there an
// answer to its put: nobody knows whether it is there, and it is.
type unread struct {
	memory.Store
	lost bool
}

func (u *unread) Put(ctx context.Context, key string, item state.Item) error {
	err := u.Store.Put(ctx, key, item)
	if strings.HasPrefix(key, "devices#") {
		u.lost, err = true, state.ErrUnavailable
	}
	return err
}

func (u *unread) Get(ctx context.Context, key string) (state.Item, error) {
	if u.lost && strings.HasPrefix(key, "devices#") {
		return state.Item{}, state.ErrUnavailable
	}
	return u.Store.Get(ctx, key)
}

func TestWhatWasListedAfterAllIsNotThere(t *testing.T) {
	store := &unread{}
	if _, err := open(t, store).Open(t.Context(), "u-1", []byte("{}"), time.Now(), "ghost"); !errors.Is(err, state.ErrUnavailable) {
		t.Fatalf("Open: %v, want state.ErrUnavailable", err)
	}
	s := open(t, &store.Store)
	if _, item := listed(t, store); !strings.Contains(string(item.Value), "ghost") {
		t.Fatalf("the list is %s", item.Value)
	}
	if got := names(devices(t, s, "u-1", begin(t, s, "u-1"))); strings.Contains(got, "ghost") {
		t.Errorf("listed are %q", got)
	}
}

func stored(t *testing.T, store state.Lister, prefix string) (n int) {
	t.Helper()
	for _, err := range store.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

func TestAListThatKeepsChangingIsGivenUp(t *testing.T) {
	store := &changing{}
	if _, err := open(t, store).Open(t.Context(), "u-1", []byte("{}"), time.Now(), "desk"); !errors.Is(err, state.ErrUnavailable) {
		t.Errorf("Open: %v, want state.ErrUnavailable", err)
	}
}

// changing is a store in which somebody else is always faster.
type changing struct{ memory.Store }

func (c *changing) Put(ctx context.Context, key string, item state.Item) error {
	if strings.HasPrefix(key, "devices#") {
		return state.ErrConflict
	}
	return c.Store.Put(ctx, key, item)
}

func TestADownStoreIsNotAnAnswerAboutDevices(t *testing.T) {
	type call func(s *session.Sessions, mine session.ID, handle string) error
	calls := map[string]call{
		"Open": func(s *session.Sessions, _ session.ID, _ string) error {
			_, err := s.Open(t.Context(), "u-1", []byte("{}"), time.Now(), "phone")
			return err
		},
		"Devices": func(s *session.Sessions, mine session.ID, _ string) error {
			_, err := s.Devices(t.Context(), "u-1", mine)
			return err
		},
		"EndDevice": func(s *session.Sessions, _ session.ID, handle string) error {
			return s.EndDevice(t.Context(), "u-1", handle)
		},
		"EndAllBut": func(s *session.Sessions, mine session.ID, _ string) error { return s.EndAllBut(t.Context(), mine) },
	}
	for method, needed := range map[statetest.Method][]string{
		statetest.Get:     {"Open", "Devices", "EndDevice", "EndAllBut"},
		statetest.Put:     {"Open", "EndAllBut"},
		statetest.Consume: {"EndDevice"},
	} {
		for _, name := range needed {
			store := &statetest.Faulty{Store: &memory.Store{}}
			s := open(t, store)
			mine := beginOn(t, s, "u-1", "desk")
			handle := devices(t, s, "u-1", mine)[0].Handle
			store.Set(statetest.Fail, method)
			if err := calls[name](s, mine, handle); !errors.Is(err, state.ErrUnavailable) || errors.Is(err, session.ErrNone) {
				t.Errorf("without %s, %s is %v, want state.ErrUnavailable", method, name, err)
			}
			store.Set(statetest.Work)
			if !live(t, s, mine) {
				t.Errorf("without %s, %s has ended the session", method, name)
			}
		}
	}
}

func TestTheOneThatStaysKnowsItsOwnWriteWhoseAnswerWasLost(t *testing.T) {
	for _, prefix := range []string{"session#", "ended#"} {
		for mode, want := range map[statetest.Mode]error{statetest.FailAfter: nil, statetest.Fail: state.ErrUnavailable} {
			synctest.Test(t, func(t *testing.T) {
				store := newUnder(prefix)
				s := open(t, store)
				mine, other := beginOn(t, s, "u-1", "desk"), beginOn(t, s, "u-1", "phone")
				time.Sleep(time.Second)
				store.faulty.Set(mode, statetest.Put)
				err := s.EndAllBut(t.Context(), mine)
				if !errors.Is(err, want) {
					t.Errorf("with puts of %s in mode %d: %v, want %v", prefix, mode, err, want)
				}
				// What failed in the middle ended too much, never too little.
				if err == nil && (!live(t, s, mine) || live(t, s, other)) || live(t, s, other) && !live(t, s, mine) {
					t.Errorf("with puts of %s in mode %d: it is live %t, the other %t", prefix, mode, live(t, s, mine), live(t, s, other))
				}
			})
		}
	}
}
