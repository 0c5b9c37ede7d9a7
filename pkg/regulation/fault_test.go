package regulation_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/regulation"
	"deskpro-login/pkg/state"
	"deskpro-login/pkg/state/memory"
	"deskpro-login/pkg/state/statetest"
)

// wantUnavailable checks that err is that alone.
func wantUnavailable(t *testing.T, call string, err error) {
	t.Helper()
	if !errors.Is(err, state.ErrUnavailable) || errors.Is(err, regulation.ErrWait) || errors.Is(err, state.ErrConflict) || errors.Is(err, state.ErrNotFound) {
		t.Errorf("%s = %v, want ErrUnavailable alone", call, err)
	}
}

func TestWithoutAStoreNothingIsCheckedAndNothingForgotten(t *testing.T) {
	for name, mode := range map[string]statetest.Mode{"fails": statetest.Fail, "fails, but persisted": statetest.FailAfter} {
		for _, method := range []statetest.Method{statetest.Get, statetest.Put} {
			c := newClock()
			faulty := &statetest.Faulty{Store: &memory.Store{Now: c.now}}
			r := regulationOver(t, faulty, c, regulation.Limits{})
			g := guess("zoe", "192.0.2.1")
			wrong(t, r, g, 3)
			pending := let(t, r, g)
			faulty.Set(mode, method)
			ticket, err := r.Count(t.Context(), g)
			wantUnavailable(t, string(method)+" "+name+": Count", err)
			if ticket.Wait() != nil {
				t.Errorf("%s %s: there is a ticket", method, name)
			}
			if method == statetest.Put {
				wantUnavailable(t, "Right", pending.Right(t.Context()))
				_, err = r.Remember(t.Context(), regulation.Token{}, regulation.Browser{}, "zoe", "zoe-id")
				wantUnavailable(t, "Remember", err)
			} else {
				wantUnavailable(t, "Clear", r.Clear(t.Context(), g))
			}
			faulty.Set(statetest.Work)
			n := left(t, r, same(g))
			want := 1
			if method == statetest.Put && mode == statetest.FailAfter {
				want = 0 // the guess persisted, so that the right one was overtaken
			}
			if n != want {
				t.Errorf("%s %s: %d guesses are left, want %d", method, name, n, want)
			}
		}
	}
}

func TestAGuessWhoseAnswerIsLostStaysCounted(t *testing.T) {
	c := newClock()
	faulty := &statetest.Faulty{Store: &memory.Store{Now: c.now}}
	r := regulationOver(t, faulty, c, regulation.Limits{})
	g := guess("zoe", "192.0.2.1")
	for range 5 {
		faulty.Set(statetest.FailAfter, statetest.Put)
		_, err := r.Count(t.Context(), g)
		wantUnavailable(t, "Count", err)
		faulty.Set(statetest.Work)
	}
	wantWait(t, r, g, regulation.Wait{For: 30 * time.Second, Scope: regulation.Pair})
}

func TestABrowserIsNeitherKnownNorUnknownWithoutAStore(t *testing.T) {
	c := newClock()
	faulty := &statetest.Faulty{Store: &memory.Store{Now: c.now}}
	r := regulationOver(t, faulty, c, regulation.Limits{})
	token := remember(t, r, "zoe")
	faulty.Set(statetest.Fail)
	b, err := r.Recall(t.Context(), token, "zoe")
	wantUnavailable(t, "Recall", err)
	if b != (regulation.Browser{}) {
		t.Errorf("Recall = %+v", b)
	}
}

func TestACallEndsSoonAfterItsContext(t *testing.T) {
	c := newClock()
	faulty := &statetest.Faulty{Store: &memory.Store{Now: c.now}}
	r := regulationOver(t, faulty, c, regulation.Limits{})
	faulty.Set(statetest.Hang)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := r.Count(ctx, guess("zoe", "192.0.2.1"))
	wantUnavailable(t, "Count", err)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Count = %v, want its cause within", err)
	}
}

func TestAnOddCounterFailsClosed(t *testing.T) {
	for _, value := range []string{
		"", "guesses", "null", "{}", "[]", `"5"`, `{"kind":"password"}`,
		`{"kind":"password","scope":"SCOPE","count":-1,"at":"2026-03-01T12:00:00Z"}`,
		`{"kind":"password","scope":"SCOPE","count":1.5,"at":"2026-03-01T12:00:00Z"}`,
		`{"kind":"password","scope":"SCOPE","count":1e30,"at":"2026-03-01T12:00:00Z"}`,
		`{"kind":"password","scope":"SCOPE","count":5}`,
		`{"kind":"password","scope":"SCOPE","count":5,"at":"today"}`,
		`{"kind":"code","scope":"SCOPE","count":0,"at":"2026-03-01T12:00:00Z"}`,
		`{"kind":"password","scope":"known_browser","count":0,"at":"2026-03-01T12:00:00Z"}`,
	} {
		for _, scope := range []regulation.Scope{regulation.Pair, regulation.Account, regulation.Source} {
			f := newFixture(t, regulation.Limits{})
			g := guess("zoe", "192.0.2.1")
			let(t, f.Regulation, g)
			spoil(t, f, scope, strings.ReplaceAll(value, "SCOPE", string(scope)))
			writes := f.store.written()
			_, err := f.Count(t.Context(), g)
			wantUnavailable(t, "Count over "+value, err)
			if f.store.written() != writes {
				t.Errorf("over %s as %s it wrote", value, scope)
			}
		}
	}
}

// Counts that no guesses can have led to ask for the longest wait, not for none.
func TestAHugeCountFailsClosed(t *testing.T) {
	for _, scope := range []regulation.Scope{regulation.Pair, regulation.Account, regulation.Source} {
		for _, count := range []string{"1000", "2147483648", "9223372036854775807"} {
			f := newFixture(t, regulation.Limits{})
			g := guess("zoe", "192.0.2.1")
			let(t, f.Regulation, g)
			spoil(t, f, scope, `{"kind":"password","scope":"`+string(scope)+`","count":`+count+`,"at":"2026-03-01T12:00:00Z"}`)
			if got := waits(t, f.Regulation, g); got.Scope != scope || got.Closed != (scope != regulation.Source) {
				t.Errorf("with a count of %s of the %s it waits for %+v", count, scope, got)
			}
		}
	}
}

// spoil stores value in place of the counter of scope.
func spoil(t *testing.T, f *fixture, scope regulation.Scope, value string) {
	t.Helper()
	n := 0
	for key, item := range items(t, f.store) {
		if !strings.Contains(key, "#"+string(scope)+"#") {
			continue
		}
		n++
		if err := f.store.Put(t.Context(), key, state.Item{Value: []byte(value), Expires: item.Expires, Version: item.Version}); err != nil {
			t.Fatal(err)
		}
	}
	if n != 1 {
		t.Fatalf("%d counters of the %s, want 1", n, scope)
	}
}
