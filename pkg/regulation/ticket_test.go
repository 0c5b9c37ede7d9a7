package regulation_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"deskpro-login/pkg/regulation"
	"deskpro-login/pkg/state"
	"deskpro-login/pkg/state/memory"
)

func right(t testing.TB, ticket regulation.Ticket) {
	t.Helper()
	if err := ticket.Right(t.Context()); err != nil {
		t.Fatalf("Right: %v", err)
	}
}

// left counts how many guesses are let at once.
func left(t testing.TB, r *regulation.Regulation, g func(i int) regulation.Guess) (n int) {
	t.Helper()
	for ; n < 1000; n++ {
		if _, err := r.Count(t.Context(), g(n)); err != nil {
			break
		}
	}
	return n
}

func same(g regulation.Guess) func(int) regulation.Guess {
	return func(int) regulation.Guess { return g }
}

func TestARightGuessBeginsTheAccountAnew(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	wrong(t, f.Regulation, guess("zoe", "192.0.2.1"), 4)
	for i := range 15 {
		let(t, f.Regulation, guess("zoe", address(i)))
	}
	right(t, let(t, f.Regulation, guess("zoe", "192.0.2.1")))
	if n := left(t, f.Regulation, same(guess("zoe", "192.0.2.1"))); n != 5 {
		t.Errorf("the source has %d guesses at the account, want 5", n)
	}
	if n := left(t, f.Regulation, func(i int) regulation.Guess { return guess("zoe", address(100+i)) }); n != 15 {
		t.Errorf("the account has %d more, want 15", n)
	}
}

// Other sources' waits are their own: the owner's right guess ends none of them.
func TestARightGuessEndsNoWaitOfAnotherSource(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	wrong(t, f.Regulation, guess("zoe", "198.51.100.66"), 5)
	right(t, let(t, f.Regulation, guess("zoe", "192.0.2.1")))
	wantWait(t, f.Regulation, guess("zoe", "198.51.100.66"), regulation.Wait{For: 30 * time.Second, Scope: regulation.Pair})
}

func TestWhoSignsInToTheirOwnAccountHasNoMoreGuessesAtOthers(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	counted := 0
	for i := range 300 {
		if _, err := f.Count(t.Context(), guess(fmt.Sprint("victim", i), "192.0.2.1")); err == nil {
			counted++
		}
		if ticket, err := f.Count(t.Context(), guess("mallory", "192.0.2.1")); err == nil {
			right(t, ticket)
		}
	}
	if counted != 100 {
		t.Errorf("%d guesses at others, want 100", counted)
	}
}

// A right guess that takes its time lets one leak meanwhile. If it were taken back
// after that, the source would have two for one.
func TestWhoSignsInSlowlyGainsNothing(t *testing.T) {
	f := newFixture(t, regulation.Limits{Free: 5, FirstWait: time.Second, LongestWait: time.Second, Most: 100, Source: 100})
	counted := 0
	start := f.now()
	for i := 0; f.now().Sub(start) < time.Hour; i++ {
		var mine []regulation.Ticket
		for n := range 50 {
			if ticket, err := f.Count(t.Context(), guess(fmt.Sprint("mallory", n), "192.0.2.1")); err == nil {
				mine = append(mine, ticket)
			}
		}
		counted += left(t, f.Regulation, func(n int) regulation.Guess { return guess(fmt.Sprint(i, "victim", n), "192.0.2.1") })
		f.pass(20 * time.Second)
		for _, ticket := range mine {
			right(t, ticket)
		}
	}
	if counted > 200 {
		t.Errorf("%d guesses at others in an hour, want 100, and one in each of its parts, at most", counted)
	}
}

func TestAVoidGuessIsTakenBackAlone(t *testing.T) {
	f := newFixture(t, regulation.Limits{Free: 5, FirstWait: 30 * time.Second, LongestWait: time.Hour, Most: 100, Source: 6})
	g := guess("zoe", "192.0.2.1")
	void := let(t, f.Regulation, g)
	wrong(t, f.Regulation, g, 3) // others meanwhile
	void.Void(t.Context())
	void.Void(t.Context()) // once is all
	if n := left(t, f.Regulation, same(g)); n != 2 {
		t.Errorf("%d guesses are left at the account, want 2", n)
	}
	if n := left(t, f.Regulation, same(guess("ida", "192.0.2.1"))); n != 1 {
		t.Errorf("%d are left of the source, want 1", n)
	}
}

// meanwhile is a store that runs then once, after its next Put.
type meanwhile struct {
	state.Store
	then func()
}

func (m *meanwhile) Put(ctx context.Context, key string, item state.Item) error {
	err := m.Store.Put(ctx, key, item)
	if then := m.then; then != nil {
		m.then = nil
		then()
	}
	return err
}

// Its source had a guess left at the account, the account had none any more.
func TestAGuessThatOthersOvertookIsCountedNowhere(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	m := &meanwhile{Store: f.store, then: func() {
		for i := range 20 {
			let(t, f.Regulation, guess("zoe", address(i)))
		}
	}}
	g := guess("zoe", "192.0.2.1")
	wantWait(t, regulationOver(t, m, f.clock, regulation.Limits{}), g, regulation.Wait{For: 30 * time.Second, Scope: regulation.Account})
	for _, c := range listed(t, f) {
		if f.From(c, g.Source) {
			t.Errorf("the counter of the %s has %d guesses of a source that made none", c.Scope, c.Guesses)
		}
	}
}

func TestAVoidGuessProlongsNoWait(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	g := guess("zoe", "192.0.2.1")
	wrong(t, f.Regulation, g, 5)
	f.pass(40 * time.Second)
	let(t, f.Regulation, g).Void(t.Context())
	wrong(t, f.Regulation, g, 1)
	wantWait(t, f.Regulation, g, regulation.Wait{For: time.Minute, Scope: regulation.Pair})

	// What others counted meanwhile does make it wait.
	f.pass(time.Minute)
	void := let(t, f.Regulation, g)
	f.pass(2 * time.Minute)
	wrong(t, f.Regulation, g, 1)
	void.Void(t.Context())
	wantWait(t, f.Regulation, g, regulation.Wait{For: 2 * time.Minute, Scope: regulation.Pair})
}

func TestAVoidGuessLeavesAnEmptyCounterForAQuarterOfAnHour(t *testing.T) {
	for name, settle := range map[string]func(regulation.Ticket){
		"void":  func(ticket regulation.Ticket) { ticket.Void(t.Context()) },
		"right": func(ticket regulation.Ticket) { right(t, ticket) },
	} {
		f := newFixture(t, regulation.Limits{})
		settle(let(t, f.Regulation, guess("zoe", "192.0.2.1")))
		f.pass(15*time.Minute + time.Second)
		if n := len(items(t, f.store)); n != 0 {
			t.Errorf("%s: %d items are left, want none", name, n)
		}
	}
}

// Others may have guessed as often as before, so that all looks the same: nothing
// of theirs is taken back.
func TestAGuessThatIsVoidAfterTheAccountBeganAnewTakesNothingBack(t *testing.T) {
	for name, anew := range map[string]func(*fixture){
		"a right guess": func(f *fixture) { right(t, let(t, f.Regulation, guess("zoe", "192.0.2.1"))) },
		"another proof": func(f *fixture) {
			if err := f.Clear(t.Context(), guess("zoe", "192.0.2.1")); err != nil {
				t.Fatal(err)
			}
		},
		"an operator": func(f *fixture) {
			all, err := f.List(t.Context(), f.store)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range all {
				if c.Scope == regulation.Source {
					continue
				}
				if lifted, err := f.Lift(t.Context(), c); err != nil || !lifted {
					t.Fatalf("Lift = %t, %v", lifted, err)
				}
			}
		},
	} {
		for meanwhile := range 5 {
			f := newFixture(t, regulation.Limits{})
			g := guess("zoe", "192.0.2.1")
			void := let(t, f.Regulation, g)
			anew(f)
			wrong(t, f.Regulation, g, meanwhile)
			void.Void(t.Context())
			if n := left(t, f.Regulation, same(g)); n != 5-meanwhile {
				t.Errorf("%s, then %d wrong ones: %d are left, want %d", name, meanwhile, n, 5-meanwhile)
			}
		}
	}
}

func TestARightGuessInAKnownBrowserBeginsAllAnew(t *testing.T) {
	for name, come := range map[string]func(*regulation.Regulation, regulation.Guess) error{
		"Right": func(r *regulation.Regulation, g regulation.Guess) error { return let(t, r, g).Right(t.Context()) },
		"Clear": func(r *regulation.Regulation, g regulation.Guess) error { return r.Clear(t.Context(), g) },
	} {
		f := newFixture(t, regulation.Limits{})
		g := from(t, f.Regulation, remember(t, f.Regulation, "zoe"), "zoe", "192.0.2.1")
		wrong(t, f.Regulation, g, 4)
		wrong(t, f.Regulation, guess("zoe", "192.0.2.1"), 5)
		for i := range 15 {
			let(t, f.Regulation, guess("zoe", address(i)))
		}
		if err := come(f.Regulation, g); err != nil {
			t.Fatal(err)
		}
		if n := left(t, f.Regulation, same(g)); n != 5 {
			t.Errorf("%s: the browser has %d guesses, want 5", name, n)
		}
		if n := left(t, f.Regulation, same(guess("zoe", "192.0.2.1"))); n != 5 {
			t.Errorf("%s: the source has %d guesses at the account, want 5", name, n)
		}
		if n := left(t, f.Regulation, func(i int) regulation.Guess { return guess("zoe", address(100+i)) }); n != 15 {
			t.Errorf("%s: the account has %d more, want 15", name, n)
		}
	}
}

func TestClearingWhatNobodyCountedWritesNothing(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	if err := f.Clear(t.Context(), guess("zoe", "192.0.2.1")); err != nil {
		t.Fatal(err)
	}
	right(t, let(t, f.Regulation, from(t, f.Regulation, remember(t, f.Regulation, "zoe"), "zoe", "192.0.2.1")))
	if n := f.store.written(); n != 3 {
		t.Errorf("%d writes, want the browser, its guess, and that it was right", n)
	}
}

// lossy is a store that makes Puts twice, as the SDK does when an answer is lost:
// the second meets what the first has written.
type lossy struct {
	state.Store
	mu   sync.Mutex
	lose int
	// then runs between the two.
	then func()
}

func (l *lossy) Put(ctx context.Context, key string, item state.Item) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.Store.Put(ctx, key, item)
	if l.lose == 0 || err != nil {
		return err
	}
	l.lose--
	if l.then != nil {
		l.then()
		l.then = nil
	}
	return l.Store.Put(ctx, key, item)
}

func TestALostAnswerCountsTwiceAtMostAndNeverNotAtAll(t *testing.T) {
	c := newClock()
	store := &memory.Store{Now: c.now}
	other := regulationOver(t, store, c, regulation.Limits{})
	for _, row := range []struct {
		name string
		// settle is what the process does of whose answers some are lost.
		lose   int
		settle func(*regulation.Regulation, *lossy, regulation.Guess)
		// left are the source's guesses at the account afterwards.
		left int
	}{
		{"a guess", 1, func(r *regulation.Regulation, _ *lossy, g regulation.Guess) { let(t, r, g) }, 3},
		{"a void guess", 0, func(r *regulation.Regulation, l *lossy, g regulation.Guess) {
			wrong(t, r, g, 2)
			void := let(t, r, g)
			l.lose = 3
			void.Void(t.Context())
		}, 3},
		{"a void guess, and another meanwhile", 0, func(r *regulation.Regulation, l *lossy, g regulation.Guess) {
			wrong(t, r, g, 2)
			void := let(t, r, g)
			l.lose, l.then = 3, func() { wrong(t, other, g, 1) }
			void.Void(t.Context())
		}, 2},
		{"a right guess", 0, func(r *regulation.Regulation, l *lossy, g regulation.Guess) {
			wrong(t, r, g, 2)
			ticket := let(t, r, g)
			l.lose = 3
			right(t, ticket)
		}, 5},
	} {
		l := &lossy{Store: store, lose: row.lose}
		g := guess(row.name, "192.0.2.1")
		row.settle(regulationOver(t, l, c, regulation.Limits{}), l, g)
		if n := left(t, other, same(g)); n != row.left {
			t.Errorf("after %s whose answer was lost %d are left, want %d", row.name, n, row.left)
		}
	}
	l := &lossy{Store: store, lose: 1}
	r := regulationOver(t, l, c, regulation.Limits{})
	all, err := r.List(t.Context(), store)
	if err != nil || len(all) == 0 {
		t.Fatalf("List = %+v, %v", all, err)
	}
	if lifted, err := r.Lift(t.Context(), all[0]); err != nil || !lifted {
		t.Errorf("Lift whose answer was lost = %t, %v", lifted, err)
	}
}
