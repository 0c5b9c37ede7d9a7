package challenge_test

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

	"deskpro-login/pkg/challenge"
	"deskpro-login/pkg/state"
	"deskpro-login/pkg/state/memory"
	"deskpro-login/pkg/state/statetest"
)

const (
	life    = 3 * time.Minute
	content = `{"state":"the directory's own, for Zoë 👩‍🚀"}`
)

// spy is a store that remembers which keys and values it was given.
type spy struct {
	memory.Store
	mu     sync.Mutex
	keys   []string
	values []string
	gets   int
}

func (s *spy) Put(ctx context.Context, key string, item state.Item) error {
	s.mu.Lock()
	s.keys, s.values = append(s.keys, key), append(s.values, string(item.Value))
	s.mu.Unlock()
	return s.Store.Put(ctx, key, item)
}

func (s *spy) Get(ctx context.Context, key string) (state.Item, error) {
	s.mu.Lock()
	s.gets++
	s.mu.Unlock()
	return s.Store.Get(ctx, key)
}

// edit changes the item that was opened last, as who writes the table can.
func (s *spy) edit(t *testing.T, change func(*state.Item)) {
	t.Helper()
	key := s.keys[len(s.keys)-1]
	item, err := s.Store.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	change(&item)
	if err := s.Store.Put(t.Context(), key, item); err != nil {
		t.Fatal(err)
	}
}

func newSteps(t testing.TB, store state.Store) *challenge.Steps {
	t.Helper()
	return newStepsFor(t, store, "")
}

func newStepsFor(t testing.TB, store state.Store, prefix string) *challenge.Steps {
	t.Helper()
	s, err := challenge.New(challenge.Config{Store: store, Prefix: prefix, Life: life})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func open(t testing.TB, s *challenge.Steps) challenge.ID {
	t.Helper()
	id, err := s.Open(t.Context(), []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// wantOnly checks that errors.Is finds want and no other sentinel.
func wantOnly(t *testing.T, call string, err, want error) {
	t.Helper()
	for _, sentinel := range []error{challenge.ErrNone, challenge.ErrBusy, state.ErrUnavailable} {
		if got := errors.Is(err, sentinel); got != (sentinel == want) {
			t.Errorf("%s: %v, want %v alone", call, err, want)
			return
		}
	}
}

// wantNone checks that id leads to no step.
func wantNone(t *testing.T, s *challenge.Steps, id challenge.ID) {
	t.Helper()
	attempt, err := s.Answer(t.Context(), id, []byte("123456"), "192.0.2.1")
	wantOnly(t, "Answer", err, challenge.ErrNone)
	if attempt.Won || attempt.Content != nil {
		t.Errorf("Answer gave %+v beside its error", attempt)
	}
	got, err := s.Take(t.Context(), id)
	wantOnly(t, "Take", err, challenge.ErrNone)
	if got != nil {
		t.Errorf("Take gave %q beside its error", got)
	}
}

// concurrently runs call in many goroutines that start together.
func concurrently(callers int, call func(i int)) {
	var ready, done sync.WaitGroup
	ready.Add(callers)
	for i := range callers {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			call(i)
		})
	}
	done.Wait()
}

func TestTakeReturnsWhatOpenWasGivenOnce(t *testing.T) {
	s := newSteps(t, &memory.Store{})
	id := open(t, s)
	got, err := s.Take(t.Context(), id)
	if err != nil || string(got) != content {
		t.Errorf("Take = %q, %v, want %q", got, err, content)
	}
	wantNone(t, s, id)
}

func TestOfConcurrentTakesOneGetsTheContent(t *testing.T) {
	const callers = 30
	s := newSteps(t, &memory.Store{})
	id := open(t, s)
	contents, errs := make([][]byte, callers), make([]error, callers)
	concurrently(callers, func(i int) { contents[i], errs[i] = s.Take(t.Context(), id) })
	taken := 0
	for i, err := range errs {
		if err == nil && string(contents[i]) == content {
			taken++
			continue
		}
		wantOnly(t, "a Take that lost", err, challenge.ErrNone)
	}
	if taken != 1 {
		t.Errorf("%d calls got the content, want 1", taken)
	}
}

func TestAStepThatWasAnsweredCannotBeTaken(t *testing.T) {
	for _, settled := range []bool{false, true} {
		s := newSteps(t, &memory.Store{})
		id := open(t, s)
		attempt := win(t, s, id)
		if settled {
			settle(t, s, attempt, "done")
		}
		got, err := s.Take(t.Context(), id)
		wantOnly(t, "Take", err, challenge.ErrNone)
		if got != nil {
			t.Errorf("settled %t: Take gave %q", settled, got)
		}
		wantNone(t, s, id)
	}
}

func TestAStepThatWasTakenCannotBeSettled(t *testing.T) {
	s := newSteps(t, &memory.Store{})
	id := open(t, s)
	attempt := win(t, s, id)
	if _, err := s.Take(t.Context(), id); !errors.Is(err, challenge.ErrNone) {
		t.Fatal(err)
	}
	wantOnly(t, "Settle", s.Settle(t.Context(), attempt, []byte("late")), challenge.ErrNone)
	wantNone(t, s, id)
}

func TestAStepIsOverAfterItsLife(t *testing.T) {
	for _, row := range []struct {
		name   string
		before func(*testing.T, *challenge.Steps, challenge.ID)
	}{
		{"not answered", func(*testing.T, *challenge.Steps, challenge.ID) {}},
		{"answered shortly before", func(t *testing.T, s *challenge.Steps, id challenge.ID) { win(t, s, id) }},
		{"answered and settled shortly before", func(t *testing.T, s *challenge.Steps, id challenge.ID) {
			settle(t, s, win(t, s, id), "done")
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSteps(t, &memory.Store{})
				id, control := open(t, s), open(t, s)
				time.Sleep(life - time.Second)
				row.before(t, s, id)
				if _, err := s.Take(t.Context(), control); err != nil {
					t.Errorf("over before its time: %v", err)
				}
				time.Sleep(time.Second)
				wantNone(t, s, id)
			})
		})
	}
}

func TestAStepIsOverAfterItsLifeWhateverTheTableSays(t *testing.T) {
	for _, answered := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			store := &spy{}
			s := newSteps(t, store)
			id := open(t, s)
			prolong := func(item *state.Item) { item.Expires = item.Expires.Add(time.Hour) }
			store.edit(t, prolong)
			time.Sleep(life - time.Nanosecond)
			if answered {
				settle(t, s, win(t, s, id), "done")
				store.edit(t, prolong)
			}
			time.Sleep(time.Nanosecond)
			wantNone(t, s, id)
		})
	}
}

func TestAnAnswerDoesNotKeepAStepInTheTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &spy{}
		s := newSteps(t, store)
		id := open(t, s)
		time.Sleep(life / 2)
		settle(t, s, win(t, s, id), "done")
		time.Sleep(life / 2)
		if _, err := store.Get(t.Context(), store.keys[0]); !errors.Is(err, state.ErrNotFound) {
			t.Errorf("the store still has it: %v", err)
		}
	})
}

func TestTheClockIsNow(t *testing.T) {
	now := time.Unix(1_000_000_000, 0) // long over by any other
	clock := func() time.Time { return now }
	s, err := challenge.New(challenge.Config{Store: &memory.Store{Now: clock}, Life: life, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	id, late := open(t, s), open(t, s)
	now = now.Add(life - 2*time.Second)
	if _, err := s.Take(t.Context(), id); err != nil {
		t.Errorf("Take by a clock before the end: %v", err)
	}
	now = now.Add(2 * time.Second)
	wantNone(t, s, late)
}

func TestTheStoreNeverSeesTheID(t *testing.T) {
	for prefix, want := range map[string]string{"": "challenge#", "federation#": "federation#"} {
		store := &spy{}
		s := newStepsFor(t, store, prefix)
		id := open(t, s)
		attempt := win(t, s, id)
		settle(t, s, attempt, "done")
		for i, key := range store.keys {
			if want := fmt.Sprintf("%s%x", want, sha256.Sum256([]byte(id.Reveal()))); key != want {
				t.Errorf("the step's key is %q, want %q", key, want)
			}
			if strings.Contains(store.values[i], id.Reveal()) {
				t.Errorf("the store was given the id")
			}
		}
		if out := fmt.Sprintf("%v %+v %#v %+v", id, id, &id, attempt); strings.Contains(out, id.Reveal()) {
			t.Errorf("the id prints: %s", out)
		}
	}
}

func TestIDsAreFreshAndOf256Bits(t *testing.T) {
	s := newSteps(t, &memory.Store{})
	seen := map[string]bool{}
	for range 50 {
		value := open(t, s).Reveal()
		if seen[value] || len(value) != 43 {
			t.Fatalf("id %q: seen %t, length %d, want 43", value, seen[value], len(value))
		}
		seen[value] = true
	}
}

func TestParseIDRefusesWhatOpenDoesNotMake(t *testing.T) {
	s := newSteps(t, &memory.Store{})
	good := open(t, s).Reveal()
	for _, bad := range []string{
		"", "x", good + "A", good[:42], good[:42] + "=", good[:42] + "/", "challenge#" + good,
		strings.Repeat("A", 42) + "B", good + "\n", "\r" + good, good + " ", good + good,
		strings.Repeat("A", 42) + "\n", "\n\r\n" + strings.Repeat("A", 40),
	} {
		if _, err := challenge.ParseID(bad); !errors.Is(err, challenge.ErrNone) {
			t.Errorf("ParseID(%q): %v, want ErrNone", bad, err)
		}
	}
	id, err := challenge.ParseID(good)
	if err != nil {
		t.Fatalf("a good id is refused: %v", err)
	}
	if got, err := s.Take(t.Context(), id); err != nil || string(got) != content {
		t.Errorf("Take of a good id = %q, %v", got, err)
	}
}

func TestAnIDTheClientChoseLeadsNowhere(t *testing.T) {
	s := newSteps(t, &memory.Store{})
	open(t, s)
	id, err := challenge.ParseID(strings.Repeat("A", 43))
	if err != nil {
		t.Fatal(err)
	}
	wantNone(t, s, id)
	wantNone(t, s, challenge.ID{})
}

func TestAStoreThatIsDownIsNotAMissingStep(t *testing.T) {
	store := &statetest.Faulty{Store: &memory.Store{}}
	s := newSteps(t, store)
	id, other := open(t, s), open(t, s)
	attempt := win(t, s, other)
	store.Set(statetest.Fail)
	_, openErr := s.Open(t.Context(), []byte(content))
	_, takeErr := s.Take(t.Context(), id)
	_, answerErr := s.Answer(t.Context(), id, []byte("123456"), "192.0.2.1")
	for what, err := range map[string]error{
		"Open": openErr, "Take": takeErr, "Answer": answerErr, "Settle": s.Settle(t.Context(), attempt, nil),
	} {
		wantOnly(t, what, err, state.ErrUnavailable)
	}
	store.Set(statetest.Work)
	if _, err := s.Take(t.Context(), id); err != nil {
		t.Errorf("the step was lost with the store's failure: %v", err)
	}
}

func TestAWriteThatFailedAfterItPersistedOpensTheStep(t *testing.T) {
	// The store's client retries after a lost answer and meets its own write.
	s := newSteps(t, &retried{})
	id := open(t, s)
	if got, err := s.Take(t.Context(), id); err != nil || string(got) != content {
		t.Errorf("Take = %q, %v", got, err)
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

func TestContentMayBeOf32KiBAndAResultOf64KiBAndNoMore(t *testing.T) {
	s := newSteps(t, &memory.Store{})
	full := make([]byte, 32<<10)
	over := append(full, 0)
	if _, err := s.Open(t.Context(), over); err == nil {
		t.Error("a content of more than 32 KiB is kept")
	} else {
		wantOnly(t, "Open", err, nil)
	}
	id, err := s.Open(t.Context(), full)
	if err != nil {
		t.Fatal(err)
	}
	attempt := win(t, s, id)
	if len(attempt.Content) != len(full) {
		t.Errorf("%d bytes came back as %d", len(full), len(attempt.Content))
	}
	full = make([]byte, 64<<10) // a result may have a content in it
	if err := s.Settle(t.Context(), attempt, append(full, 0)); err == nil {
		t.Error("a result of more than 64 KiB is kept")
	} else {
		wantOnly(t, "Settle", err, nil)
	}
	if err := s.Settle(t.Context(), attempt, full); err != nil {
		t.Error(err)
	}
}

func TestAStepOfAnotherPartIsNone(t *testing.T) {
	all := newSteps(t, &memory.Store{})
	users, agents := all.For("users"), all.For("agents")
	id := open(t, users)
	for name, other := range map[string]*challenge.Steps{"another part": agents, "no part": all, "a part of the part": users.For("users")} {
		if _, err := other.Answer(t.Context(), id, []byte("1"), "here"); !errors.Is(err, challenge.ErrNone) {
			t.Errorf("answering it as of %s: %v, want ErrNone", name, err)
		}
		if _, err := other.Take(t.Context(), id); !errors.Is(err, challenge.ErrNone) {
			t.Errorf("taking it as of %s: %v, want ErrNone", name, err)
		}
	}
	win(t, users, id) // it was neither claimed nor taken
}

func TestAConfigWithoutAnEndIsRefused(t *testing.T) {
	for _, cfg := range []challenge.Config{
		{Life: life},
		{Store: &memory.Store{}},
		{Store: &memory.Store{}, Life: -time.Second},
		{Store: &memory.Store{}, Life: time.Hour + 1},
	} {
		if _, err := challenge.New(cfg); err == nil {
			t.Errorf("New(%+v) succeeded", cfg)
		}
	}
	if _, err := challenge.New(challenge.Config{Store: &memory.Store{}, Life: time.Hour}); err != nil {
		t.Errorf("an hour is refused: %v", err)
	}
}
