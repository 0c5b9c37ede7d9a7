package regulation_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/regulation"
	"deskpro-login/pkg/state"
	"deskpro-login/pkg/state/memory"
)

const day = 24 * time.Hour

type clock struct {
	mu   sync.Mutex
	time time.Time
}

func newClock() *clock { return &clock{time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = c.time.Add(d)
}

// spy is a store that remembers what was written.
type spy struct {
	*memory.Store
	mu     sync.Mutex
	seen   []string
	writes int
}

func (s *spy) Put(ctx context.Context, key string, item state.Item) error {
	s.mu.Lock()
	s.seen = append(s.seen, key, string(item.Value))
	s.writes++
	s.mu.Unlock()
	return s.Store.Put(ctx, key, item)
}

func (s *spy) Consume(ctx context.Context, key string) (state.Item, error) {
	s.mu.Lock()
	s.writes++
	s.mu.Unlock()
	return s.Store.Consume(ctx, key)
}

func (s *spy) written() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

// items are those that are stored.
func items(t *testing.T, l state.Lister) map[string]state.Item {
	t.Helper()
	found := map[string]state.Item{}
	for e, err := range l.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		found[e.Key] = e.Item
	}
	return found
}

type fixture struct {
	*regulation.Regulation
	*clock
	store *spy
}

const knownFor = 180 * day

func newFixture(t testing.TB, limits regulation.Limits) *fixture {
	t.Helper()
	c := newClock()
	store := &spy{Store: &memory.Store{Now: c.now}}
	return &fixture{regulationOver(t, store, c, limits), c, store}
}

func regulationOver(t testing.TB, store state.Store, c *clock, limits regulation.Limits) *regulation.Regulation {
	t.Helper()
	r, err := regulation.New(regulation.Config{
		Store: store, Fold: account.NormalizeLogin, Limits: limits, KnownFor: knownFor, Now: c.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func guess(login, source string) regulation.Guess {
	return regulation.Guess{Kind: regulation.Password, Account: login, Source: source}
}

// address returns one of a million sources.
func address(i int) string { return fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255) }

// let counts a guess that has not to wait.
func let(t testing.TB, r *regulation.Regulation, g regulation.Guess) regulation.Ticket {
	t.Helper()
	ticket, err := r.Count(t.Context(), g)
	if err != nil {
		t.Fatalf("%s at %s from %s: %v, want it counted", g.Kind, g.Account, g.Source, err)
	}
	return ticket
}

// wrong counts n guesses that have not to wait.
func wrong(t testing.TB, r *regulation.Regulation, g regulation.Guess, n int) {
	t.Helper()
	for range n {
		let(t, r, g)
	}
}

// waits returns what g has to wait for.
func waits(t testing.TB, r *regulation.Regulation, g regulation.Guess) regulation.Wait {
	t.Helper()
	ticket, err := r.Count(t.Context(), g)
	wait, ok := errors.AsType[*regulation.Wait](err)
	if !ok || !errors.Is(err, regulation.ErrWait) {
		t.Fatalf("%s at %s from %s: %v, want a wait", g.Kind, g.Account, g.Source, err)
	}
	if ticket.Wait() != nil || ticket.Right(t.Context()) != nil {
		t.Error("a guess that waits has a ticket that does something")
	}
	return *wait
}

func wantWait(t testing.TB, r *regulation.Regulation, g regulation.Guess, want regulation.Wait) {
	t.Helper()
	if got := waits(t, r, g); got != want {
		t.Errorf("%s at %s from %s waits for %+v, want %+v", g.Kind, g.Account, g.Source, got, want)
	}
}

func TestNewRefusesWhatWouldLetPeopleGuessWithoutEnd(t *testing.T) {
	d := regulation.Defaults
	with := func(change func(*regulation.Limits)) regulation.Config {
		limits := d
		change(&limits)
		return regulation.Config{Store: &memory.Store{}, Fold: account.NormalizeLogin, Limits: limits}
	}
	for _, row := range []struct {
		name   string
		config regulation.Config
		ok     bool
	}{
		{"the defaults", with(func(*regulation.Limits) {}), true},
		{"no limits, which are the defaults", with(func(l *regulation.Limits) { *l = regulation.Limits{} }), true},
		{"one guess, then none", with(func(l *regulation.Limits) { l.Free, l.Most, l.Source = 1, 1, 1 }), true},
		{"the most of a source", with(func(l *regulation.Limits) { l.Source = regulation.MostOfSource }), true},
		{"waits of a second and a day", with(func(l *regulation.Limits) { l.FirstWait, l.LongestWait = time.Second, day }), true},
		{"browsers known as long as can be", regulation.Config{Store: &memory.Store{}, Fold: account.NormalizeLogin, KnownFor: regulation.MaxKnown}, true},
		{"no store", regulation.Config{Fold: account.NormalizeLogin}, false},
		{"no fold", regulation.Config{Store: &memory.Store{}}, false},
		{"no free guess", with(func(l *regulation.Limits) { l.Free = 0 }), false},
		{"fewer than the free ones in a row", with(func(l *regulation.Limits) { l.Most = l.Free - 1 }), false},
		{"more than NIST's in a row", with(func(l *regulation.Limits) { l.Most++ }), false},
		{"no wait", with(func(l *regulation.Limits) { l.FirstWait = 0 }), false},
		{"a first wait under a second", with(func(l *regulation.Limits) { l.FirstWait = time.Second - 1 }), false},
		{"the longest shorter than the first", with(func(l *regulation.Limits) { l.LongestWait = l.FirstWait - 1 }), false},
		{"waits of more than a day", with(func(l *regulation.Limits) { l.LongestWait = day + 1 }), false},
		{"fewer of a source than at one account", with(func(l *regulation.Limits) { l.Source = l.Free - 1 }), false},
		{"more of a source than can be told apart", with(func(l *regulation.Limits) { l.Source = regulation.MostOfSource + 1 }), false},
		{"browsers known for less than nothing", regulation.Config{Store: &memory.Store{}, Fold: account.NormalizeLogin, KnownFor: -1}, false},
		{"browsers known for longer than cookies live", regulation.Config{Store: &memory.Store{}, Fold: account.NormalizeLogin, KnownFor: regulation.MaxKnown + 1}, false},
	} {
		if r, err := regulation.New(row.config); (err == nil) != row.ok || (r != nil) != row.ok {
			t.Errorf("%s: New = %v, %v, want ok %t", row.name, r, err, row.ok)
		}
	}
}

func TestOneLoginInAllItsSpellingsIsOneAccount(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	for i, login := range []string{"zoe@example.com", " ZOE@example.com", "Zoe@Example.COM\t", "ｚｏｅ@example.com", "zoe＠example.com"} {
		let(t, f.Regulation, guess(login, "192.0.2.1"))
		if n := len(items(t, f.store)); n != 3 {
			t.Errorf("after %d spellings, the last of them %q, there are %d counters, want 3", i+1, login, n)
		}
	}
	waits(t, f.Regulation, guess("zoe@example.com", "192.0.2.1"))
	let(t, f.Regulation, guess("zoë@example.com", "192.0.2.1"))
}

func TestWhatCanBeNoLoginIsCountedAllTheSame(t *testing.T) {
	for _, login := range []string{"  ", strings.Repeat("x", 300), "zoe\xff"} {
		f := newFixture(t, regulation.Limits{})
		wrong(t, f.Regulation, guess(login, "192.0.2.1"), 5)
		waits(t, f.Regulation, guess(" "+login+" ", "192.0.2.1"))
		let(t, f.Regulation, guess("zoe", "192.0.2.1"))
	}
}

// Which kind is guessed an attacker may choose; none uses up another.
func TestEachKindHasGuessesOfItsOwn(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	for _, kind := range []regulation.Kind{regulation.Password, regulation.Code, regulation.Answer, regulation.Request} {
		g := regulation.Guess{Kind: kind, Account: "zoe", Source: "192.0.2.1"}
		wrong(t, f.Regulation, g, 5)
		waits(t, f.Regulation, g)
	}
}

func TestAGuessWithoutAnAccountIsItsSourcesOnly(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	g := regulation.Guess{Kind: regulation.Answer, Source: "192.0.2.1"}
	wrong(t, f.Regulation, g, 100)
	wantWait(t, f.Regulation, g, regulation.Wait{For: 36 * time.Second, Scope: regulation.Source})
	if n := len(items(t, f.store)); n != 1 {
		t.Errorf("%d counters, want the source's alone", n)
	}
	let(t, f.Regulation, regulation.Guess{Kind: regulation.Answer, Source: "192.0.2.2"})
	if err := f.Clear(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	waits(t, f.Regulation, g)
}

func TestAGuessThatWaitsWritesNothingAndProlongsNothing(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	for _, row := range []struct {
		name string
		use  func()
		// g waits for want.
		g    regulation.Guess
		want regulation.Wait
	}{
		{
			"a source at an account", func() { wrong(t, f.Regulation, guess("a", "192.0.2.1"), 5) },
			guess("a", "192.0.2.1"), regulation.Wait{For: 30 * time.Second, Scope: regulation.Pair},
		},
		{
			"an account", func() {
				for i := range 20 {
					let(t, f.Regulation, guess("b", address(i)))
				}
			},
			guess("b", "192.0.2.1"), regulation.Wait{For: 30 * time.Second, Scope: regulation.Account},
		},
		{
			"a source", func() {
				for i := range 100 {
					let(t, f.Regulation, guess(fmt.Sprint("c", i), "192.0.2.2"))
				}
			},
			guess("c", "192.0.2.2"), regulation.Wait{For: 36 * time.Second, Scope: regulation.Source},
		},
	} {
		row.use()
		before, writes := items(t, f.store), f.store.written()
		for range 50 {
			wantWait(t, f.Regulation, row.g, row.want)
		}
		if got := f.store.written(); got != writes {
			t.Errorf("%s: guesses that wait wrote %d times", row.name, got-writes)
		}
		for key, item := range items(t, f.store) {
			if !bytes.Equal(item.Value, before[key].Value) || item.Version != before[key].Version {
				t.Errorf("%s: %s became %s", row.name, key, item.Value)
			}
		}
		f.pass(row.want.For - 1)
		wantWait(t, f.Regulation, row.g, regulation.Wait{For: 1, Scope: row.want.Scope})
		f.pass(1)
		let(t, f.Regulation, row.g)
	}
}

// What a source leaves behind is bounded by its guesses, not by the logins that
// it makes up.
func TestTenThousandLoginsOfOneSourceLeaveFewItems(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	counted := 0
	for i := range 10_000 {
		if _, err := f.Count(t.Context(), guess(fmt.Sprint("login", i), "192.0.2.1")); err == nil {
			counted++
		}
	}
	if n := len(items(t, f.store)); counted != 100 || n != 2*100+1 {
		t.Errorf("%d guesses were counted and left %d items, want 100 and 201", counted, n)
	}
}

// forgetful is a store that keeps nothing.
type forgetful struct{}

func (forgetful) Get(context.Context, string) (state.Item, error) {
	return state.Item{}, state.ErrNotFound
}
func (forgetful) Put(context.Context, string, state.Item) error { return nil }
func (forgetful) Consume(context.Context, string) (state.Item, error) {
	return state.Item{}, state.ErrNotFound
}

func TestTheProcessKeepsNothingOfGuesses(t *testing.T) {
	r := regulationOver(t, forgetful{}, newClock(), regulation.Limits{})
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	let(t, r, guess("zoe", "192.0.2.1"))
	before := heap()
	for i := range 20_000 {
		let(t, r, guess(fmt.Sprint("login", i), address(i)))
	}
	if after := heap(); after > before+1<<20 {
		t.Errorf("20,000 guesses left %d bytes in the process", after-before)
	}
	runtime.KeepAlive(r)
}

func TestItemsHoldNothingThatWasTyped(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	const typed = "Correct-Horse-Battery" // a password, in the field for the login
	wrong(t, f.Regulation, guess(typed, "192.0.2.1"), 2)
	token, err := f.Remember(t.Context(), regulation.Token{}, regulation.Browser{}, typed, "subject")
	if err != nil {
		t.Fatal(err)
	}
	known := guess(typed, "192.0.2.1")
	known.Browser = recall(t, f.Regulation, token, typed)
	let(t, f.Regulation, known)
	if len(f.store.seen) == 0 {
		t.Fatal("nothing was written")
	}
	for _, text := range f.store.seen {
		for _, secret := range []string{typed, token.Reveal(), "horse"} {
			if strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
				t.Errorf("%q is stored: %s", secret, text)
			}
		}
	}
	for _, printed := range []string{fmt.Sprint(token), fmt.Sprintf("%+v %#v", token, token)} {
		if strings.Contains(printed, token.Reveal()) {
			t.Errorf("a token prints as %s", printed)
		}
	}
}
