package regulation_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/regulation"
	"deskpro-login/pkg/state"
	"deskpro-login/pkg/state/memory"
	"deskpro-login/pkg/state/statetest"
)

func listed(t *testing.T, f *fixture) []regulation.Counted {
	t.Helper()
	all, err := f.List(t.Context(), f.store)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTheListBeginsWithTheLongestWait(t *testing.T) {
	f := newFixture(t, regulation.Limits{Free: 2, FirstWait: time.Minute, LongestWait: time.Hour, Most: 3, Source: 50})
	wrong(t, f.Regulation, guess("closed", "192.0.2.1"), 2)
	f.pass(time.Minute)
	wrong(t, f.Regulation, guess("closed", "192.0.2.1"), 1)
	began := f.now()
	wrong(t, f.Regulation, guess("waits", "2001:db8::1"), 2)
	let(t, f.Regulation, guess("voided", "192.0.2.3")).Void(t.Context())
	right(t, let(t, f.Regulation, guess("right", "192.0.2.3")))
	f.pass(20 * time.Second)
	remember(t, f.Regulation, "zoe") // none of theirs
	if err := f.store.Put(t.Context(), "guesses#odd", state.Item{Value: []byte("odd"), Expires: f.now().Add(day)}); err != nil {
		t.Fatal(err)
	}

	var got []string
	for _, c := range listed(t, f) {
		line := fmt.Sprintf("%s %s: %d from %q at account %t, %v ago", c.Kind, c.Scope, c.Guesses, c.Source, c.Account != "", f.now().Sub(c.Last))
		if c.Wait != nil {
			line += fmt.Sprintf(", waits %v, closed %t", c.Wait.For, c.Wait.Closed)
		}
		got = append(got, fmt.Sprintf("%s, forgotten in %v", line, c.Forgotten.Sub(began)))
	}
	want := []string{
		`password account: 3 from "" at account true, 20s ago, waits 0s, closed true, forgotten in 720h0m1s`,
		`password account_and_source: 3 from "192.0.2.1" at account true, 20s ago, waits 0s, closed true, forgotten in 720h0m1s`,
		`password account_and_source: 2 from "2001:db8::/64" at account true, 20s ago, waits 40s, closed false, forgotten in 720h0m1s`,
		`password account: 2 from "" at account true, 20s ago, forgotten in 720h0m1s`,
		`password source: 2 from "192.0.2.1" at account false, 1m20s ago, forgotten in 17m37s`, // one has leaked
		`password source: 2 from "2001:db8::/64" at account false, 20s ago, forgotten in 17m25s`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("listed are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestWhatHasLeakedIsNotListed(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	g := regulation.Guess{Kind: regulation.Answer, Source: "192.0.2.1"}
	wrong(t, f.Regulation, g, 3)
	for _, want := range []string{"3", "2", "1", ""} {
		got := ""
		for _, c := range listed(t, f) {
			got += fmt.Sprint(c.Guesses)
		}
		if got != want {
			t.Errorf("listed with %s guesses, want %s", got, want)
		}
		f.pass(36 * time.Second)
	}
}

func TestCountersAreOfWhomTheyAreOf(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	let(t, f.Regulation, guess("zoe", "2001:db8::1"))
	let(t, f.Regulation, from(t, f.Regulation, remember(t, f.Regulation, "zoe"), "zoe", "192.0.2.1"))
	for _, c := range listed(t, f) {
		if got, want := f.Names(c, " ZOE"), c.Scope != regulation.Source; got != want {
			t.Errorf("the counter of the %s is zoe's: %t, want %t", c.Scope, got, want)
		}
		if got, want := f.From(c, "2001:db8::77"), c.Scope == regulation.Pair || c.Scope == regulation.Source; got != want {
			t.Errorf("the counter of the %s is from there: %t, want %t", c.Scope, got, want)
		}
		if f.Names(c, "ida") || f.Names(c, "") || f.From(c, "2001:db8:0:1::1") || f.From(c, "") || f.From(c, "192.0.2.1") {
			t.Errorf("the counter of the %s is another's", c.Scope)
		}
		if strings.Contains(fmt.Sprintf("%+v", c), "zoe") {
			t.Errorf("it shows what was typed: %+v", c)
		}
	}
}

func TestWhatIsLiftedWaitsNoMore(t *testing.T) {
	f := newFixture(t, regulation.Limits{Free: 2, FirstWait: time.Minute, LongestWait: time.Hour, Most: 2, Source: 2})
	g := guess("zoe", "192.0.2.1")
	wrong(t, f.Regulation, g, 2)
	waits(t, f.Regulation, g)
	lift := func(want bool) {
		t.Helper()
		for _, c := range listed(t, f) {
			if lifted, err := f.Lift(t.Context(), c); err != nil || lifted != want {
				t.Errorf("Lift of the %s = %t, %v, want %t", c.Scope, lifted, err, want)
			}
		}
	}
	before := listed(t, f)
	if len(before) != 3 {
		t.Fatalf("%d are listed, want 3", len(before))
	}
	lift(true)
	for _, c := range before {
		if lifted, err := f.Lift(t.Context(), c); err != nil || lifted {
			t.Errorf("Lift of the %s, twice = %t, %v, want nothing to lift", c.Scope, lifted, err)
		}
	}
	if n := len(listed(t, f)); n != 0 {
		t.Errorf("%d are listed after it, want none", n)
	}
	wrong(t, f.Regulation, g, 2)
	waits(t, f.Regulation, g)
	// Whatever was counted since List.
	for _, c := range before {
		if lifted, err := f.Lift(t.Context(), c); err != nil || !lifted {
			t.Errorf("Lift of the %s, of an older list = %t, %v", c.Scope, lifted, err)
		}
	}
	let(t, f.Regulation, g)
}

// failing is a lister whose store fails after its first entry.
type failing struct{ state.Lister }

func (f failing) List(ctx context.Context, prefix string) iter.Seq2[state.Entry, error] {
	return func(yield func(state.Entry, error) bool) {
		for e := range f.Lister.List(ctx, prefix) {
			if yield(e, nil) {
				yield(state.Entry{}, fmt.Errorf("listing: %w", state.ErrUnavailable))
			}
			return
		}
	}
}

func TestListAndLiftFailWithTheStore(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	let(t, f.Regulation, guess("zoe", "192.0.2.1"))
	all, err := f.List(t.Context(), failing{f.store})
	wantUnavailable(t, "List", err)
	if all != nil {
		t.Errorf("half a list: %+v", all)
	}
	faulty := &statetest.Faulty{Store: f.store}
	r := regulationOver(t, faulty, f.clock, regulation.Limits{})
	faulty.Set(statetest.Fail)
	lifted, err := r.Lift(t.Context(), listed(t, f)[0])
	wantUnavailable(t, "Lift", err)
	if lifted {
		t.Error("it was lifted")
	}
}

func BenchmarkCountAndRight(b *testing.B) {
	c := newClock()
	r := regulationOver(b, &memory.Store{Now: c.now}, c, regulation.Limits{})
	g := guess("zoe", "192.0.2.1")
	b.ReportAllocs()
	for b.Loop() {
		right(b, let(b, r, g))
	}
}

func BenchmarkAGuessThatWaits(b *testing.B) {
	c := newClock()
	r := regulationOver(b, &memory.Store{Now: c.now}, c, regulation.Limits{})
	g := guess("zoe", "192.0.2.1")
	wrong(b, r, g, 5)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Count(b.Context(), g); err == nil {
			b.Fatal("it is counted")
		}
	}
}
