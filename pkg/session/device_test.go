package session_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state"
	"deskpro-login/pkg/state/memory"
)

func beginOn(t *testing.T, s *session.Sessions, subject, device string) session.ID {
	t.Helper()
	id, err := s.Open(t.Context(), subject, []byte(`{"name":"Zoë"}`), time.Now(), device)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func devices(t *testing.T, s *session.Sessions, subject string, current session.ID) []session.Device {
	t.Helper()
	found, err := s.Devices(t.Context(), subject, current)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func names(devices []session.Device) string {
	var all []string
	for _, d := range devices {
		all = append(all, d.Name)
	}
	return strings.Join(all, " ")
}

func TestASubjectSeesItsDevicesTheCurrentOneFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, &memory.Store{})
		beginOn(t, s, "u-1", "stale")
		time.Sleep(idle)
		start := time.Now()
		phone := beginOn(t, s, "u-1", "phone")
		time.Sleep(time.Minute)
		desk := beginOn(t, s, "u-1", "desk")
		beginOn(t, s, "u-2", "another's")
		ended := beginOn(t, s, "u-1", "ended")
		if _, err := s.End(t.Context(), ended); err != nil {
			t.Fatal(err)
		}
		time.Sleep(idle / 2)
		live(t, s, desk)
		used := time.Now()

		got := devices(t, s, "u-1", phone)
		if names(got) != "phone desk" || !got[0].Current || got[1].Current {
			t.Fatalf("listed are %+v", got)
		}
		if d := got[0]; !d.Opened.Equal(start) || !d.Used.Equal(start) || len(d.Handle) != 16 {
			t.Errorf("the phone is %+v", d)
		}
		if d := got[1]; !d.Opened.Equal(start.Add(time.Minute)) || !d.Used.Equal(used) || d.Handle == got[0].Handle {
			t.Errorf("the desk is %+v", d)
		}
		if got := names(devices(t, s, "u-1", desk)); got != "desk phone" {
			t.Errorf("to the desk they are %q", got)
		}
		if text := fmt.Sprintf("%+v", got); strings.Contains(text, phone.Reveal()) || strings.Contains(text, "Zoë") {
			t.Errorf("what is listed holds a credential: %s", text)
		}
	})
}

func TestOtherDevicesAreListedByTheirLastUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, &memory.Store{})
		ids := map[string]session.ID{}
		for _, name := range []string{"a", "b", "c", "d"} {
			ids[name] = beginOn(t, s, "u-1", name)
		}
		for _, name := range []string{"b", "d", "a"} {
			time.Sleep(idle / 5)
			live(t, s, ids[name])
		}
		if got := names(devices(t, s, "u-1", ids["b"])); got != "b a d c" {
			t.Errorf("listed are %q, want b a d c", got)
		}
	})
}

func TestTheCurrentSessionOfAnotherIsNotListed(t *testing.T) {
	s := open(t, &memory.Store{})
	beginOn(t, s, "u-1", "desk")
	for name, current := range map[string]session.ID{"another's": beginOn(t, s, "u-2", "another's"), "none": {}} {
		if got := devices(t, s, "u-1", current); names(got) != "desk" || got[0].Current {
			t.Errorf("with the current one %s: listed are %+v", name, got)
		}
	}
}

func TestASessionWithoutANameIsListedForItselfAlone(t *testing.T) {
	s := open(t, &memory.Store{})
	quiet := begin(t, s, "u-1")
	named := beginOn(t, s, "u-1", "desk")
	if got := names(devices(t, s, "u-1", named)); got != "desk" {
		t.Errorf("the other sees %q", got)
	}
	if got := devices(t, s, "u-1", quiet); len(got) != 2 || !got[0].Current {
		t.Errorf("it sees %+v", got)
	}
}

func TestADeviceIsEndedByItsSubjectAlone(t *testing.T) {
	s := open(t, &memory.Store{})
	mine, other, foreign := beginOn(t, s, "u-1", "desk"), beginOn(t, s, "u-1", "phone"), beginOn(t, s, "u-2", "another's")
	handle := devices(t, s, "u-1", mine)[1].Handle
	for name, bad := range map[string]string{
		"another's": devices(t, s, "u-2", foreign)[0].Handle, "none": "", "a part of one": handle[:8], "more than one": handle + "0", "in capitals": strings.ToUpper(handle) + " ",
	} {
		if err := s.EndDevice(t.Context(), "u-1", bad); !errors.Is(err, session.ErrNone) {
			t.Errorf("the handle %s: %v, want ErrNone", name, err)
		}
	}
	if !live(t, s, foreign) || !live(t, s, other) || !live(t, s, mine) {
		t.Fatal("one was ended by a handle that is not its own")
	}
	if err := s.EndDevice(t.Context(), "u-1", handle); err != nil {
		t.Fatal(err)
	}
	if live(t, s, other) || !live(t, s, mine) {
		t.Error("the wrong one was ended")
	}
	if err := s.EndDevice(t.Context(), "u-1", handle); !errors.Is(err, session.ErrNone) {
		t.Errorf("ending it again: %v, want ErrNone", err)
	}
}

func TestAllOthersEndListedOrNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, &memory.Store{})
		mine, listed, unlisted := beginOn(t, s, "u-1", "desk"), beginOn(t, s, "u-1", "phone"), begin(t, s, "u-1")
		foreign := beginOn(t, s, "u-2", "another's")
		begun := time.Now() // a sign-in that is under way
		time.Sleep(time.Second)
		if err := s.EndAllBut(t.Context(), mine); err != nil {
			t.Fatal(err)
		}
		if !live(t, s, mine) || live(t, s, listed) || live(t, s, unlisted) || !live(t, s, foreign) {
			t.Error("the wrong ones were ended")
		}
		if got := names(devices(t, s, "u-1", mine)); got != "desk" {
			t.Errorf("listed are %q", got)
		}
		if _, err := s.Open(t.Context(), "u-1", []byte("{}"), begun, "late"); !errors.Is(err, session.ErrNone) {
			t.Errorf("one that began before is opened: %v", err)
		}
		time.Sleep(time.Second)
		if err := s.EndAllBut(t.Context(), listed); !errors.Is(err, session.ErrNone) {
			t.Errorf("one that was ended ends others: %v", err)
		}
		if _, err := s.End(t.Context(), unlisted); err != nil {
			t.Fatal(err)
		}
		if err := s.EndAllBut(t.Context(), unlisted); !errors.Is(err, session.ErrNone) {
			t.Errorf("one that is not there ends others: %v", err)
		}
		if !live(t, s, mine) {
			t.Error("the one that was kept is ended by one that was not")
		}
		// Whoever ends all of them ends the one that was kept, too.
		time.Sleep(time.Second)
		if err := s.EndAll(t.Context(), "u-1"); err != nil || live(t, s, mine) {
			t.Errorf("EndAll: %v, and it lives: %t", err, live(t, s, mine))
		}
	})
}

func TestTheOldestOfTooManyEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, &memory.Store{})
		var all []session.ID
		for i := range 31 {
			all = append(all, beginOn(t, s, "u-1", fmt.Sprint(i)))
			time.Sleep(time.Second)
		}
		if live(t, s, all[0]) || !live(t, s, all[1]) {
			t.Error("the oldest lives, or another was ended")
		}
		if got := devices(t, s, "u-1", all[30]); len(got) != 30 {
			t.Errorf("%d are listed, want 30", len(got))
		}
		// Those that have ended are no reason to end one that lives.
		if _, err := s.End(t.Context(), all[5]); err != nil {
			t.Fatal(err)
		}
		beginOn(t, s, "u-1", "one more")
		if !live(t, s, all[1]) {
			t.Error("one was ended although there was room")
		}
	})
}

// What EndAllBut ended is still there, and no reason to end what it kept.
func TestTheOldestIsNotEndedForThoseThatWereEndedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, &memory.Store{})
		kept := beginOn(t, s, "u-1", "desk")
		for range 29 {
			beginOn(t, s, "u-1", "phone")
		}
		time.Sleep(time.Second)
		if err := s.EndAllBut(t.Context(), kept); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		beginOn(t, s, "u-1", "tablet")
		if got := names(devices(t, s, "u-1", kept)); got != "desk tablet" {
			t.Errorf("listed are %q", got)
		}
	})
}

func TestAClockThatIsBehindEndsWhatOneAheadHasKept(t *testing.T) {
	store, now := &memory.Store{}, time.Now()
	at := func(d time.Duration) *session.Sessions {
		s, err := session.New(session.Config{Store: store, Idle: idle, Absolute: absolute, Now: func() time.Time { return now.Add(d) }})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	mine, err := at(0).Open(t.Context(), "u-1", []byte("{}"), now, "desk")
	if err != nil {
		t.Fatal(err)
	}
	if err := at(time.Second).EndAllBut(t.Context(), mine); err != nil || !live(t, at(0), mine) {
		t.Fatalf("EndAllBut: %v", err)
	}
	if err := at(0).EndAll(t.Context(), "u-1"); err != nil || live(t, at(0), mine) {
		t.Errorf("EndAll: %v, and it lives: %t", err, live(t, at(0), mine))
	}
}

func TestAListForgetsWhatHasEndedByItsAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory.Store{}
		s := open(t, store)
		beginOn(t, s, "u-1", "first")
		time.Sleep(absolute / 2)
		beginOn(t, s, "u-1", "second")
		time.Sleep(absolute / 2)
		beginOn(t, s, "u-1", "third")
		if _, item := listed(t, store); strings.Contains(string(item.Value), "first") || !strings.Contains(string(item.Value), "second") {
			t.Errorf("the list is %s", item.Value)
		}
		time.Sleep(absolute)
		if n := stored(t, store, "devices#"); n != 0 {
			t.Errorf("%d lists are left of sessions that have ended", n)
		}
	})
}

func TestALongNameIsCutBetweenCharacters(t *testing.T) {
	s := open(t, &memory.Store{})
	id := beginOn(t, s, "u-1", "a"+strings.Repeat("é", 40))
	if got, want := names(devices(t, s, "u-1", id)), "a"+strings.Repeat("é", 31); got != want {
		t.Errorf("its name is %q, want %q", got, want)
	}
}

func TestAHandleThatFitsTwoEndsNeither(t *testing.T) {
	store := &memory.Store{}
	s := open(t, store)
	mine := beginOn(t, s, "u-1", "desk")
	handle := devices(t, s, "u-1", mine)[0].Handle
	key, item := listed(t, store)
	twin := fmt.Sprintf(`,{"hash":%q,"name":"twin","opened":%q}]`, handle+strings.Repeat("0", 48), time.Now().Format(time.RFC3339Nano))
	item.Value = append(bytes.TrimSuffix(item.Value, []byte("]")), twin...)
	if err := store.Put(t.Context(), key, item); err != nil {
		t.Fatal(err)
	}
	if err := s.EndDevice(t.Context(), "u-1", handle); !errors.Is(err, session.ErrNone) || !live(t, s, mine) {
		t.Errorf("EndDevice: %v, want ErrNone; live %t", err, live(t, s, mine))
	}
}

// listed returns the one list in the store.
func listed(t *testing.T, store state.Lister) (string, state.Item) {
	t.Helper()
	for e, err := range store.List(t.Context(), "devices#") {
		if err != nil {
			t.Fatal(err)
		}
		return e.Key, e.Item
	}
	t.Fatal("there is no list")
	return "", state.Item{}
}

func TestAListThatCannotBeReadBeginsAnew(t *testing.T) {
	for _, garbage := range []string{"", "{}", `[{"hash":"short","opened":"9000-01-01T00:00:00Z"}]`, "[1]", "null", `[{"hash":7}]`, `{"release":2}`} {
		store := &memory.Store{}
		s := open(t, store)
		old := beginOn(t, s, "u-1", "desk")
		key, item := listed(t, store)
		item.Value = []byte(garbage)
		if err := store.Put(t.Context(), key, item); err != nil {
			t.Fatal(err)
		}
		if err := s.EndDevice(t.Context(), "u-1", "0123456789abcdef"); !errors.Is(err, session.ErrNone) {
			t.Errorf("with %q EndDevice is %v, want ErrNone", garbage, err)
		}
		id := beginOn(t, s, "u-1", "phone")
		if got := names(devices(t, s, "u-1", id)); got != "phone" {
			t.Errorf("after %q listed are %q", garbage, got)
		}
		// What no list has any more is found, and is ended with the others.
		if !live(t, s, old) {
			t.Errorf("after %q the other has ended", garbage)
		}
		if err := s.EndAllBut(t.Context(), id); err != nil || live(t, s, old) {
			t.Errorf("after %q EndAllBut: %v, and the other lives: %t", garbage, err, live(t, s, old))
		}
	}
}

// The list is for the subject's eyes: nothing in it, and nothing in what it is
// stored under, leads to a session or tells whose it is.
func TestAListHoldsNoCredential(t *testing.T) {
	store := &memory.Store{}
	s := open(t, store)
	id := beginOn(t, s, "u-1", "desk")
	key, item := listed(t, store)
	if want := fmt.Sprintf("devices#%x", sha256.Sum256([]byte("u-1"))); key != want {
		t.Errorf("its key is %q, want %q", key, want)
	}
	if strings.Contains(string(item.Value), id.Reveal()) || strings.Contains(string(item.Value), "Zoë") {
		t.Errorf("the list is %s", item.Value)
	}
	if _, err := session.ParseID(devices(t, s, "u-1", id)[0].Handle); !errors.Is(err, session.ErrNone) {
		t.Errorf("the handle as an id: %v, want ErrNone", err)
	}
}

// counted is a store that counts what it is asked for: gets, puts, consumes.
type counted struct {
	memory.Store
	calls [3]int
}

func (c *counted) Get(ctx context.Context, key string) (state.Item, error) {
	c.calls[0]++
	return c.Store.Get(ctx, key)
}

func (c *counted) Put(ctx context.Context, key string, item state.Item) error {
	c.calls[1]++
	return c.Store.Put(ctx, key, item)
}

func (c *counted) Consume(ctx context.Context, key string) (state.Item, error) {
	c.calls[2]++
	return c.Store.Consume(ctx, key)
}

func TestEachMethodCostsWhatItSays(t *testing.T) {
	for _, row := range []struct {
		name  string
		there int // sessions in the list, besides the current one
		do    func(s *session.Sessions, current session.ID, another string) error
		want  [3]int
	}{
		{"opening in no list", 0, func(s *session.Sessions, _ session.ID, _ string) error {
			_, err := s.Open(t.Context(), "u-1", []byte("{}"), time.Now().Add(time.Second), "")
			return err
		}, [3]int{1, 1, 0}},
		{"opening", 28, func(s *session.Sessions, _ session.ID, _ string) error {
			_, err := s.Open(t.Context(), "u-1", []byte("{}"), time.Now().Add(time.Second), "desk")
			return err
		}, [3]int{2, 2, 0}},
		{"opening one too many", 29, func(s *session.Sessions, _ session.ID, _ string) error {
			_, err := s.Open(t.Context(), "u-1", []byte("{}"), time.Now().Add(time.Second), "desk")
			return err
		}, [3]int{32, 2, 1}},
		{"listing", 2, func(s *session.Sessions, current session.ID, _ string) error {
			_, err := s.Devices(t.Context(), "u-1", current)
			return err
		}, [3]int{5, 0, 0}},
		{"ending one", 2, func(s *session.Sessions, _ session.ID, another string) error {
			return s.EndDevice(t.Context(), "u-1", another)
		}, [3]int{1, 0, 1}},
		{"ending all others", 2, func(s *session.Sessions, current session.ID, _ string) error {
			return s.EndAllBut(t.Context(), current)
		}, [3]int{2, 2, 0}},
		{"ending all", 2, func(s *session.Sessions, _ session.ID, _ string) error {
			return s.EndAll(t.Context(), "u-1")
		}, [3]int{1, 1, 0}},
		{"signing out", 2, func(s *session.Sessions, current session.ID, _ string) error {
			_, err := s.End(t.Context(), current)
			return err
		}, [3]int{0, 0, 1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			store := &counted{}
			s := open(t, store)
			current := beginOn(t, s, "u-1", "current")
			for range row.there {
				beginOn(t, s, "u-1", "another")
			}
			all := devices(t, s, "u-1", current)
			store.calls = [3]int{}
			if err := row.do(s, current, all[len(all)-1].Handle); err != nil {
				t.Fatal(err)
			}
			if store.calls != row.want {
				t.Errorf("it costs %v gets, puts and consumes, want %v", store.calls, row.want)
			}
		})
	}
}
