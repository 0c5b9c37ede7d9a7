package regulation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/regulation"
)

// The nth guess waits for so long after the one before.
func TestWaitsGrow(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	for _, row := range []struct {
		name string
		// g is the nth guess at an account of its own.
		g     func(n int) regulation.Guess
		free  int
		scope regulation.Scope
	}{
		{"of one source", func(int) regulation.Guess { return guess("zoe", "192.0.2.1") }, 5, regulation.Pair},
		{"of a new source each time", func(n int) regulation.Guess { return guess("ida", address(n)) }, 20, regulation.Account},
	} {
		t.Run(row.name, func(t *testing.T) {
			for n := 1; n <= regulation.MostGuesses; n++ {
				want := map[int]time.Duration{
					0: 30 * time.Second, 1: time.Minute, 2: 2 * time.Minute, 3: 4 * time.Minute,
					4: 8 * time.Minute, 5: 16 * time.Minute, 6: 32 * time.Minute,
				}[n-1-row.free]
				if n > row.free && want == 0 {
					want = time.Hour
				}
				if want > 0 {
					wantWait(t, f.Regulation, row.g(n), regulation.Wait{For: want, Scope: row.scope})
					f.pass(want - time.Nanosecond)
					wantWait(t, f.Regulation, row.g(n), regulation.Wait{For: 1, Scope: row.scope})
					f.pass(time.Nanosecond)
				}
				let(t, f.Regulation, row.g(n))
			}
			for _, later := range []time.Duration{0, time.Hour, 23 * time.Hour, 29*day - time.Second} {
				f.pass(later)
				wantWait(t, f.Regulation, row.g(101), regulation.Wait{Closed: true, Scope: row.scope})
			}
			f.pass(2 * time.Second) // 30 days are over, and the second that items are kept longer
			let(t, f.Regulation, row.g(101))
		})
	}
}

func TestATicketTellsWhatTheNextGuessWaits(t *testing.T) {
	f := newFixture(t, regulation.Limits{Free: 2, FirstWait: time.Minute, LongestWait: 90 * time.Second, Most: 4, Source: 50})
	for _, row := range []struct {
		guess string
		want  *regulation.Wait
	}{
		{"the first", nil},
		{"the second", &regulation.Wait{For: time.Minute, Scope: regulation.Pair}},
		{"the third", &regulation.Wait{For: 90 * time.Second, Scope: regulation.Pair}},
		{"the fourth", &regulation.Wait{Closed: true, Scope: regulation.Pair}},
	} {
		ticket := let(t, f.Regulation, guess("zoe", "192.0.2.1"))
		got := ticket.Wait()
		if (got == nil) != (row.want == nil) || got != nil && *got != *row.want {
			t.Errorf("after %s the ticket says %+v, want %+v", row.guess, got, row.want)
		}
		if row.want != nil {
			wantWait(t, f.Regulation, guess("zoe", "192.0.2.1"), *row.want)
			f.pass(row.want.For)
		}
	}
}

func TestWaitsSayWhatTheyAreFor(t *testing.T) {
	for want, wait := range map[string]*regulation.Wait{
		"too many guesses: the counter of the source asks for 36s": {For: 36*time.Second + 1, Scope: regulation.Source},
		"too many guesses: the counter of the account is closed":   {Closed: true, Scope: regulation.Account},
	} {
		if got := wait.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestWhatIsForgottenWhen(t *testing.T) {
	for _, row := range []struct {
		name    string
		guesses int
		// sources share them.
		sources int
		kept    time.Duration
	}{
		{"few of a source at an account", 4, 1, day},
		{"so many of a source at an account that it waits", 5, 1, 30 * day},
		{"few at an account", 19, 19, 30 * day},
		{"so many at an account that it waits", 20, 20, 30 * day},
	} {
		for after, forgotten := range map[time.Duration]bool{row.kept - time.Second: false, row.kept + time.Second: true} {
			f := newFixture(t, regulation.Limits{})
			for i := range row.guesses {
				let(t, f.Regulation, guess("zoe", address(i%row.sources)))
			}
			f.pass(after)
			// The next that is free, if these are remembered.
			free := 5 - row.guesses
			if row.sources > 1 {
				free = 20 - row.guesses
			}
			for i := range max(free, 1) {
				source := address(0)
				if row.sources > 1 {
					source = address(100 + i)
				}
				let(t, f.Regulation, guess("zoe", source))
			}
			next := address(0)
			if row.sources > 1 {
				next = address(200)
			}
			_, err := f.Count(t.Context(), guess("zoe", next))
			if got := err == nil; got != forgotten {
				t.Errorf("%s, after %v: the next one is %v, want them forgotten %t", row.name, after, err, forgotten)
			}
		}
	}
}

// A patient attacker is bounded, too: NIST's hundred are not a hundred a month of
// one source, or nineteen a day for ever.
func TestNobodyGuessesFewTimesADayForEver(t *testing.T) {
	for _, a := range []struct {
		name   string
		daily  int
		source func(day, n int) string
	}{
		{"four a day of one source", 4, func(int, int) string { return "192.0.2.1" }},
		{"nineteen a day of new sources", 19, func(day, n int) string { return address(day*100 + n) }},
	} {
		f := newFixture(t, regulation.Limits{})
		counted := 0
		for d := range 365 {
			for n := range a.daily {
				if _, err := f.Count(t.Context(), guess("zoe", a.source(d, n))); err == nil {
					counted++
				}
			}
			f.pass(day + 2*time.Second)
		}
		// Closed once, and open again after thirty days without a guess.
		if most := regulation.MostGuesses * (365/30 + 1); counted > most {
			t.Errorf("%s: %d guesses in a year, want %d at most", a.name, counted, most)
		}
		f = newFixture(t, regulation.Limits{})
		counted = 0
		for d := range 365 {
			for n := range a.daily {
				if _, err := f.Count(t.Context(), guess("zoe", a.source(d, n))); err == nil {
					counted++
				} else if strings.Contains(err.Error(), "closed") {
					if counted != regulation.MostGuesses {
						t.Errorf("%s: closed after %d", a.name, counted)
					}
					return
				}
			}
			f.pass(day + 2*time.Second)
		}
		t.Errorf("%s: never closed, after %d guesses", a.name, counted)
	}
}

func TestASourceForgetsOneInEachPartOfTheHour(t *testing.T) {
	for _, row := range []struct {
		kind regulation.Kind
		free int
		part time.Duration
	}{
		{regulation.Password, 100, 36 * time.Second},
		{regulation.Request, 20, 3 * time.Minute},
	} {
		f := newFixture(t, regulation.Limits{})
		n := 0
		g := func() regulation.Guess {
			n++
			return regulation.Guess{Kind: row.kind, Account: fmt.Sprint(n), Source: "192.0.2.1"}
		}
		for range row.free {
			let(t, f.Regulation, g())
		}
		for range 3 {
			wantWait(t, f.Regulation, g(), regulation.Wait{For: row.part, Scope: regulation.Source})
			f.pass(row.part - 1)
			wantWait(t, f.Regulation, g(), regulation.Wait{For: 1, Scope: regulation.Source})
			f.pass(1)
			let(t, f.Regulation, g())
		}
		// What is left of a part is not lost, and not given twice.
		f.pass(row.part*3 + row.part/2)
		for range 3 {
			let(t, f.Regulation, g())
		}
		wantWait(t, f.Regulation, g(), regulation.Wait{For: row.part / 2, Scope: regulation.Source})
		f.pass(time.Hour)
		for range row.free {
			let(t, f.Regulation, g())
		}
		waits(t, f.Regulation, g())
		f.pass(100 * day)
		for range row.free {
			let(t, f.Regulation, g())
		}
		waits(t, f.Regulation, g())
	}
}

// Processes agree on the time within a second or so: who is behind must not make
// people wait that have guesses left, and gains nothing by it.
func TestAClockThatIsBehindAsksForNoWait(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	behind := newClock()
	behind.pass(-time.Second)
	other := regulationOver(t, f.store, behind, regulation.Limits{})
	g := guess("zoe", "192.0.2.1")
	for range 2 {
		let(t, f.Regulation, g)
		let(t, other, g)
	}
	let(t, f.Regulation, g)
	wantWait(t, other, g, regulation.Wait{For: 31 * time.Second, Scope: regulation.Pair})
	wantWait(t, f.Regulation, g, regulation.Wait{For: 30 * time.Second, Scope: regulation.Pair})
}

func TestACounterOfTheFutureFailsClosed(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	f.pass(365 * day)
	for i := range 100 {
		let(t, f.Regulation, guess(fmt.Sprint(i), "192.0.2.1"))
	}
	wrong(t, f.Regulation, guess("zoe", "192.0.2.2"), 5)
	f.pass(-365 * day)
	if got := waits(t, f.Regulation, guess("ida", "192.0.2.1")); got.For <= 364*day {
		t.Errorf("the source waits for %v", got.For)
	}
	if got := waits(t, f.Regulation, guess("zoe", "192.0.2.2")); got.For <= 364*day {
		t.Errorf("the account waits for %v", got.For)
	}
}

func TestTheBoundsOfLimits(t *testing.T) {
	for _, row := range []struct {
		name   string
		limits regulation.Limits
		// free are let at once from one source, and from as many as there are.
		pair, account int
		next          regulation.Wait
	}{
		{"one guess, then none", regulation.Limits{Free: 1, FirstWait: time.Second, LongestWait: time.Second, Most: 1, Source: 1}, 1, 1, regulation.Wait{Closed: true, Scope: regulation.Pair}},
		{"a day's wait", regulation.Limits{Free: 1, FirstWait: day, LongestWait: day, Most: 100, Source: 100}, 1, 4, regulation.Wait{For: day, Scope: regulation.Pair}},
		{"an account's are no more than the most", regulation.Limits{Free: 20, FirstWait: time.Second, LongestWait: day, Most: 25, Source: 100_000}, 20, 25, regulation.Wait{For: time.Second, Scope: regulation.Pair}},
		{"a hundred free", regulation.Limits{Free: 100, FirstWait: time.Second, LongestWait: day, Most: 100, Source: 100}, 100, 100, regulation.Wait{Closed: true, Scope: regulation.Pair}},
	} {
		f := newFixture(t, row.limits)
		wrong(t, f.Regulation, guess("zoe", "192.0.2.1"), row.pair)
		if got := waits(t, f.Regulation, guess("zoe", "192.0.2.1")); got != row.next {
			t.Errorf("%s: the next waits for %+v, want %+v", row.name, got, row.next)
		}
		for i := range row.account {
			let(t, f.Regulation, guess("ida", address(i)))
		}
		if got := waits(t, f.Regulation, guess("ida", "192.0.2.3")); got.Scope != regulation.Account {
			t.Errorf("%s: after %d from all sources the next waits for %+v", row.name, row.account, got)
		}
	}
}

// Doubled without a bound, a wait of this many steps would be none.
func TestAWaitThatIsDoubledOftenStaysTheLongest(t *testing.T) {
	f := newFixture(t, regulation.Limits{Free: 1, FirstWait: 5*time.Hour + 1, LongestWait: day, Most: 100, Source: 1000})
	let(t, f.Regulation, guess("zoe", "192.0.2.1"))
	for n := 2; n <= 100; n++ {
		got := waits(t, f.Regulation, guess("zoe", "192.0.2.1"))
		if want := min(time.Duration(1<<min(n-2, 4))*(5*time.Hour+1), day); got.For != want {
			t.Fatalf("guess %d waits for %v, want %v", n, got.For, want)
		}
		f.pass(got.For)
		let(t, f.Regulation, guess("zoe", "192.0.2.1"))
	}
}
