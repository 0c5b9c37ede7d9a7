package session_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state"
	"deskpro-login/pkg/state/memory"
	"deskpro-login/pkg/state/statetest"
)

const (
	idle     = time.Hour
	absolute = 12 * time.Hour
)

// spy is a store that remembers which keys and values it was given.
type spy struct {
	memory.Store
	mu   sync.Mutex
	seen []string
	puts int
}

func (s *spy) Put(ctx context.Context, key string, item state.Item) error {
	s.mu.Lock()
	s.seen = append(s.seen, key, string(item.Value))
	s.puts++
	s.mu.Unlock()
	return s.Store.Put(ctx, key, item)
}

func open(t *testing.T, store state.Store) *session.Sessions {
	t.Helper()
	return openFor(t, store, idle, absolute)
}

func openFor(t *testing.T, store state.Store, idle, absolute time.Duration) *session.Sessions {
	t.Helper()
	s, err := session.New(session.Config{Store: store, Idle: idle, Absolute: absolute})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func begin(t *testing.T, s *session.Sessions, subject string) session.ID {
	t.Helper()
	id, err := s.Open(t.Context(), subject, []byte(`{"name":"Zoë 👩‍🚀"}`), time.Now(), "")
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func live(t *testing.T, s *session.Sessions, id session.ID) bool {
	t.Helper()
	_, err := s.Find(t.Context(), id)
	if err != nil && !errors.Is(err, session.ErrNone) {
		t.Fatal(err)
	}
	return err == nil
}

func TestFindReturnsWhatOpenWasGiven(t *testing.T) {
	s := open(t, &memory.Store{})
	got, err := s.Find(t.Context(), begin(t, s, "u-1"))
	if err != nil {
		t.Fatal(err)
	}
	if got.Subject != "u-1" || string(got.Profile) != `{"name":"Zoë 👩‍🚀"}` {
		t.Errorf("got %q %s", got.Subject, got.Profile)
	}
}

func TestASessionEndsWhenIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, &memory.Store{})
		id := begin(t, s, "u-1")
		time.Sleep(idle - time.Second)
		if !live(t, s, id) {
			t.Error("ended before its idle time")
		}
		time.Sleep(idle - time.Second)
		if !live(t, s, id) {
			t.Error("ended although it was used meanwhile")
		}
		time.Sleep(idle)
		if live(t, s, id) {
			t.Error("outlived its idle time")
		}
	})
}

func TestASessionEndsAfterItsAbsoluteTimeHoweverMuchItIsUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, &memory.Store{})
		id := begin(t, s, "u-1")
		start := time.Now()
		for live(t, s, id) {
			time.Sleep(idle / 2)
		}
		if got := time.Since(start); got != absolute {
			t.Errorf("ended after %v, want %v", got, absolute)
		}
	})
}

func TestMostUsesCostNoWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &spy{}
		s := open(t, store)
		id := begin(t, s, "u-1")
		for range 60 { // an hour of a use a minute
			time.Sleep(time.Minute)
			live(t, s, id)
		}
		if writes := store.puts - 1; writes != 10 {
			t.Errorf("60 uses in an idle time cost %d writes, want 10", writes)
		}
	})
}

func TestEndEndsOneSession(t *testing.T) {
	s := open(t, &memory.Store{})
	phone, desk := begin(t, s, "u-1"), begin(t, s, "u-1")
	ended, err := s.End(t.Context(), phone)
	if err != nil || ended.Subject != "u-1" {
		t.Fatalf("End: %q, %v", ended.Subject, err)
	}
	if live(t, s, phone) || !live(t, s, desk) {
		t.Errorf("after ending the phone's: phone live %t, desk live %t", live(t, s, phone), live(t, s, desk))
	}
	if _, err := s.End(t.Context(), phone); !errors.Is(err, session.ErrNone) {
		t.Errorf("ending it again: %v, want ErrNone", err)
	}
}

func TestEndAllEndsASubjectsSessionsAndNoOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, &memory.Store{})
		phone, desk, other := begin(t, s, "u-1"), begin(t, s, "u-1"), begin(t, s, "u-2")
		time.Sleep(time.Second)
		var all sync.WaitGroup
		for range 10 { // racing with itself
			all.Go(func() {
				if err := s.EndAll(t.Context(), "u-1"); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if live(t, s, phone) || live(t, s, desk) {
			t.Error("a session survived EndAll")
		}
		if !live(t, s, other) {
			t.Error("another subject's session was ended")
		}
		time.Sleep(time.Millisecond)
		if id := begin(t, s, "u-1"); !live(t, s, id) {
			t.Error("a session opened after EndAll is not live")
		}
	})
}

func TestWhatEndAllEndedNeverComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory.Store{}
		longest := openFor(t, store, session.MaxAbsolute, session.MaxAbsolute)
		id, other := begin(t, longest, "u-1"), begin(t, longest, "u-2")
		time.Sleep(time.Second)
		// Ended by who is configured otherwise, as during a deploy.
		if err := open(t, store).EndAll(t.Context(), "u-1"); err != nil {
			t.Fatal(err)
		}
		for range 60 {
			time.Sleep(session.MaxAbsolute/60 - time.Second)
			if live(t, longest, id) {
				t.Fatal("the session came back to life")
			}
		}
		if !live(t, longest, other) {
			t.Error("the session would have ended by itself, so that this test proves nothing")
		}
	})
}

func TestASessionEndsByTheTimesOfWhoFindsIt(t *testing.T) {
	for _, row := range []struct {
		name           string
		idle, absolute time.Duration
		live           bool
	}{
		{"both times are longer", 20 * time.Minute, 40 * time.Minute, true},
		{"the idle time is over", 5 * time.Minute, 40 * time.Minute, false},
		{"the absolute time is over", 20 * time.Minute, 30 * time.Minute, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &memory.Store{}
				s := open(t, store)
				id := begin(t, s, "u-1")
				time.Sleep(25 * time.Minute)
				if !live(t, s, id) {
					t.Fatal("ended before its time")
				}
				time.Sleep(5 * time.Minute)
				if got := live(t, openFor(t, store, row.idle, row.absolute), id); got != row.live {
					t.Errorf("live %t, want %t", got, row.live)
				}
			})
		})
	}
}

func TestEndAllEndsASignInThatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, &memory.Store{})
		checked := time.Now()
		time.Sleep(100 * time.Millisecond) // the account was read, its password is being hashed
		if err := s.EndAll(t.Context(), "u-1"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
		if _, err := s.Open(t.Context(), "u-1", []byte("{}"), checked, ""); !errors.Is(err, session.ErrNone) {
			t.Errorf("Open for a sign-in from before EndAll: %v, want ErrNone", err)
		}
		if id, err := s.Open(t.Context(), "u-1", []byte("{}"), time.Now(), ""); err != nil || !live(t, s, id) {
			t.Errorf("a sign-in from after EndAll: %v", err)
		}
	})
}

func TestAUseNotedAfterTheEndDoesNotRevive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The session is ended between Find's read and its write.
		store := &interposed{}
		s := open(t, store)
		id := begin(t, s, "u-1")
		time.Sleep(idle / 2)
		store.beforePut = func() {
			if _, err := s.End(t.Context(), id); err != nil {
				t.Error(err)
			}
		}
		live(t, s, id)
		store.beforePut = nil
		if live(t, s, id) {
			t.Error("the ended session is live again")
		}
	})
}

type interposed struct {
	memory.Store
	beforePut func()
}

func (s *interposed) Put(ctx context.Context, key string, item state.Item) error {
	if s.beforePut != nil {
		s.beforePut()
	}
	return s.Store.Put(ctx, key, item)
}

func TestTheStoreNeverSeesTheID(t *testing.T) {
	store := &spy{}
	s := open(t, store)
	id := begin(t, s, "u-1")
	if all := strings.Join(store.seen, "\n"); strings.Contains(all, id.Reveal()) {
		t.Errorf("the store was given the id:\n%s", all)
	}
	if got, want := store.seen[0], fmt.Sprintf("session#%x", sha256.Sum256([]byte(id.Reveal()))); got != want {
		t.Errorf("the session's key is %q, want %q", got, want)
	}
	if out := fmt.Sprintf("%v %+v %#v", id, id, &id); strings.Contains(out, id.Reveal()) {
		t.Errorf("the id prints: %s", out)
	}
}

func TestIDsAreFreshAndOf256Bits(t *testing.T) {
	s := open(t, &memory.Store{})
	seen := map[string]bool{}
	for range 50 {
		value := begin(t, s, "u-1").Reveal()
		if seen[value] || len(value) != 43 {
			t.Fatalf("id %q: seen %t, length %d, want 43", value, seen[value], len(value))
		}
		seen[value] = true
	}
}

func TestParseIDRefusesWhatOpenDoesNotMake(t *testing.T) {
	s := open(t, &memory.Store{})
	good := begin(t, s, "u-1").Reveal()
	if id, err := session.ParseID(good); err != nil || !live(t, s, id) {
		t.Fatalf("a good id is refused: %v", err)
	}
	for _, bad := range []string{"", "x", good + "A", good[:42], good[:42] + "=", good[:42] + "/", "session#" + good, strings.Repeat("A", 42) + "B", good + "\n", strings.Repeat("A", 42) + "\n"} {
		if _, err := session.ParseID(bad); !errors.Is(err, session.ErrNone) {
			t.Errorf("ParseID(%q): %v, want ErrNone", bad, err)
		}
	}
}

func TestAnIDTheClientChoseLeadsNowhere(t *testing.T) {
	s := open(t, &memory.Store{})
	id, err := session.ParseID(strings.Repeat("A", 43))
	if err != nil {
		t.Fatal(err)
	}
	if live(t, s, id) {
		t.Error("a chosen id is live")
	}
}

func TestAStoreThatIsDownIsNotAMissingSession(t *testing.T) {
	store := &statetest.Faulty{Store: &memory.Store{}}
	s := open(t, store)
	id := begin(t, s, "u-1")
	store.Set(statetest.Fail)
	_, findErr := s.Find(t.Context(), id)
	_, endErr := s.End(t.Context(), id)
	_, openErr := s.Open(t.Context(), "u-1", []byte("{}"), time.Now(), "")
	for what, err := range map[string]error{"Find": findErr, "End": endErr, "Open": openErr, "EndAll": s.EndAll(t.Context(), "u-1")} {
		if !errors.Is(err, state.ErrUnavailable) || errors.Is(err, session.ErrNone) {
			t.Errorf("%s: %v, want state.ErrUnavailable", what, err)
		}
	}
	store.Set(statetest.Work)
	if !live(t, s, id) {
		t.Error("the session was lost with the store's failure")
	}
}

func TestASessionIsFoundWhileItsUseCannotBeNoted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &statetest.Faulty{Store: &memory.Store{}}
		s := open(t, store)
		id := begin(t, s, "u-1")
		time.Sleep(idle / 2)
		store.Set(statetest.Fail, statetest.Put)
		if !live(t, s, id) {
			t.Error("a session is lost because a write failed")
		}
	})
}

func TestAWriteThatFailedAfterItPersistedOpensTheSession(t *testing.T) {
	// The store's client retries after a lost answer and meets its own write.
	store := &retried{}
	s := open(t, store)
	id, err := s.Open(t.Context(), "u-1", []byte("{}"), time.Now(), "")
	if err != nil {
		t.Fatal(err)
	}
	if !live(t, s, id) {
		t.Error("the session is not there")
	}
}

// retried puts everything twice, as a retry after a lost answer does.
type retried struct{ memory.Store }

func (s *retried) Put(ctx context.Context, key string, item state.Item) error {
	if err := s.Store.Put(ctx, key, item); err != nil {
		return err
	}
	return s.Store.Put(ctx, key, item)
}

func TestARecordThatDoesNotParseIsNoSession(t *testing.T) {
	store := &spy{}
	s := open(t, store)
	id := begin(t, s, "u-1")
	key := store.seen[0]
	item, err := store.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	item.Value = []byte(`{"subject":7}`)
	if err := store.Store.Put(t.Context(), key, item); err != nil {
		t.Fatal(err)
	}
	if live(t, s, id) {
		t.Error("it is live")
	}
	if _, err := s.End(t.Context(), id); err != nil {
		t.Errorf("it cannot be ended: %v", err)
	}
}

func TestAConfigWithoutAnEndIsRefused(t *testing.T) {
	for _, cfg := range []session.Config{
		{Idle: idle, Absolute: absolute},
		{Store: &memory.Store{}, Absolute: absolute},
		{Store: &memory.Store{}, Idle: idle},
		{Store: &memory.Store{}, Idle: absolute, Absolute: idle},
		{Store: &memory.Store{}, Idle: idle, Absolute: session.MaxAbsolute + 1},
	} {
		if _, err := session.New(cfg); err == nil {
			t.Errorf("New(%+v) succeeded", cfg)
		}
	}
}

func TestEndOthersSparesTheSessionThatIsAboutToBeOpenedAndNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // with a clock that stands still
		s := open(t, &spy{})
		checked := time.Now()
		time.Sleep(time.Second)
		before := begin(t, s, "id-1")
		fresh, err := s.EndOthers(t.Context(), "id-1", checked)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Find(t.Context(), before); !errors.Is(err, session.ErrNone) {
			t.Errorf("another session: %v, want ErrNone", err)
		}
		id, err := s.Open(t.Context(), "id-1", []byte("{}"), fresh, "")
		if err != nil {
			t.Fatalf("its own session: %v", err)
		}
		if _, err := s.Find(t.Context(), id); err != nil {
			t.Errorf("its own session: %v", err)
		}
	})
}

// Whoever disables an account ends what is under way; a change of the password
// in the same moment does not bring it back.
func TestEndOthersAfterSomebodyElsesEndSparesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, &spy{})
		checked := time.Now()
		time.Sleep(time.Second)
		if err := s.EndAll(t.Context(), "id-1"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		since := begin(t, s, "id-1")
		if _, err := s.EndOthers(t.Context(), "id-1", checked); !errors.Is(err, session.ErrNone) {
			t.Errorf("EndOthers = %v, want ErrNone", err)
		}
		if _, err := s.Find(t.Context(), since); !errors.Is(err, session.ErrNone) {
			t.Errorf("a session from in between: %v, want ErrNone", err)
		}
	})
}

// lostAnswer is a store whose next Put of an end is written, and then says err.
type lostAnswer struct {
	memory.Store
	err error
}

func (l *lostAnswer) Put(ctx context.Context, key string, item state.Item) error {
	err := l.Store.Put(ctx, key, item)
	if strings.HasPrefix(key, "ended#") && err == nil && l.err != nil {
		err, l.err = l.err, nil
	}
	return err
}

func TestEndOthersKnowsItsOwnWriteWhoseAnswerWasLost(t *testing.T) {
	for _, lost := range []error{state.ErrConflict, state.ErrUnavailable} {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, &lostAnswer{err: lost})
			checked := time.Now()
			time.Sleep(time.Second)
			fresh, err := s.EndOthers(t.Context(), "id-1", checked)
			if err != nil {
				t.Fatalf("%v: %v", lost, err)
			}
			if _, err := s.Open(t.Context(), "id-1", []byte("{}"), fresh, ""); err != nil {
				t.Errorf("%v: its own session: %v", lost, err)
			}
		})
	}
}

func TestAnEndInTheSameMomentIsSomebodyElses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, &spy{})
		if err := s.EndAll(t.Context(), "id-1"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.EndOthers(t.Context(), "id-1", time.Now()); !errors.Is(err, session.ErrNone) {
			t.Errorf("EndOthers = %v, want ErrNone", err)
		}
	})
}

func TestAClockThatIsBehindDoesNotTakeAnEndBack(t *testing.T) {
	store, now := &spy{}, time.Now()
	at := func(d time.Duration) *session.Sessions {
		s, err := session.New(session.Config{Store: store, Idle: idle, Absolute: absolute, Now: func() time.Time { return now.Add(d) }})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	id, err := at(0).Open(t.Context(), "id-1", []byte("{}"), now, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []time.Duration{time.Second, -time.Second} {
		if err := at(d).EndAll(t.Context(), "id-1"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := at(2*time.Second).Find(t.Context(), id); !errors.Is(err, session.ErrNone) {
		t.Errorf("the session: %v, want ErrNone", err)
	}
}
