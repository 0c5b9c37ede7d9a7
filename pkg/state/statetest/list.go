package statetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"iter"
	"maps"
	"slices"
	"testing"
	"time"

	"deskpro-login/pkg/state"
)

// RunLister checks that listers keep the contract of state.Lister over the
// stores that they look through. See Run for open.
func RunLister(t *testing.T, open func(t *testing.T, now func() time.Time) (state.Store, state.Lister)) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *fixture, state.Lister)
	}{
		{"what was put is listed under its prefix", listsPrefix},
		{"more than a page is listed once each", listsPages},
		{"what has expired or was consumed is not listed", listsLive},
		{"a prefix that nothing has lists nothing", listsNothing},
		{"who has seen enough may stop, and may write meanwhile", listsUntilStopped},
		{"a list whose context has ended is unavailable", listsUnavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &clock{time: time.Now()}
			store, lister := open(t, c.now)
			test.run(t, &fixture{Store: store, clock: c, key: "statetest#" + rand.Text() + "#"}, lister)
		})
	}
}

// collect fails on an error.
func collect(t *testing.T, entries iter.Seq2[state.Entry, error]) map[string]state.Item {
	t.Helper()
	items := map[string]state.Item{}
	for e, err := range entries {
		if err != nil {
			t.Fatalf("List: %v", err)
		}
		if _, twice := items[e.Key]; twice {
			t.Errorf("%q is listed twice", e.Key)
		}
		items[e.Key] = e.Item
	}
	return items
}

func (f *fixture) putUnder(t *testing.T, key string, item state.Item) {
	t.Helper()
	if err := f.Put(t.Context(), key, item); err != nil {
		t.Fatalf("Put under %q: %v", key, err)
	}
}

func listsPrefix(t *testing.T, f *fixture, l state.Lister) {
	expires := f.in(time.Hour).Truncate(time.Second)
	for _, suffix := range []string{"", "é👩‍💻", "\x00", "a#b"} {
		f.putUnder(t, f.key+suffix, state.Item{Value: []byte("old"), Expires: f.in(time.Minute)})
		f.putUnder(t, f.key+suffix, state.Item{Value: []byte("<" + suffix + ">"), Expires: expires, Version: 1})
	}
	f.putUnder(t, "x"+f.key, state.Item{Expires: expires})
	f.putUnder(t, f.key[:len(f.key)-1], state.Item{Expires: expires})

	got := collect(t, l.List(t.Context(), f.key))
	if len(got) != 4 {
		t.Errorf("List gives %d entries, want 4: %q", len(got), slices.Collect(maps.Keys(got)))
	}
	for _, suffix := range []string{"", "é👩‍💻", "\x00", "a#b"} {
		wantItem(t, got[f.key+suffix], state.Item{Value: []byte("<" + suffix + ">"), Expires: expires, Version: 2})
	}
}

// listsPages puts more than DynamoDB returns at a time, 1 MB, and takes it away
// again, since tests share a table.
func listsPages(t *testing.T, f *fixture, l state.Lister) {
	value := bytes.Repeat([]byte("v"), 100<<10)
	for i := range 12 {
		f.putUnder(t, fmt.Sprint(f.key, i), state.Item{Value: value, Expires: f.in(time.Hour)})
	}
	got := collect(t, l.List(t.Context(), f.key))
	if len(got) != 12 {
		t.Errorf("List gives %d entries, want 12", len(got))
	}
	for key := range got {
		if _, err := f.Consume(t.Context(), key); err != nil {
			t.Errorf("Consume of what was listed: %v", err)
		}
	}
}

func listsLive(t *testing.T, f *fixture, l state.Lister) {
	second := f.in(time.Minute).Truncate(time.Second)
	f.putUnder(t, f.key+"expires", state.Item{Expires: second})
	f.putUnder(t, f.key+"consumed", state.Item{Expires: f.in(time.Hour)})
	f.putUnder(t, f.key+"lives", state.Item{Expires: f.in(time.Hour)})
	if _, err := f.Consume(t.Context(), f.key+"consumed"); err != nil {
		t.Fatal(err)
	}
	if got := collect(t, l.List(t.Context(), f.key)); len(got) != 2 {
		t.Errorf("before its second List gives %d entries, want 2", len(got))
	}
	f.set(second)
	got := collect(t, l.List(t.Context(), f.key))
	if _, lives := got[f.key+"lives"]; !lives || len(got) != 1 {
		t.Errorf("List gives %q, want what lives alone", slices.Collect(maps.Keys(got)))
	}
}

func listsNothing(t *testing.T, f *fixture, l state.Lister) {
	if got := collect(t, l.List(t.Context(), f.key)); len(got) != 0 {
		t.Errorf("List gives %d entries, want none", len(got))
	}
}

func listsUntilStopped(t *testing.T, f *fixture, l state.Lister) {
	for i := range 3 {
		f.putUnder(t, fmt.Sprint(f.key, i), state.Item{Expires: f.in(time.Hour)})
	}
	for e, err := range l.List(t.Context(), f.key) {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Consume(t.Context(), e.Key); err != nil {
			t.Errorf("Consume of what is listed: %v", err)
		}
		break
	}
	if got := collect(t, l.List(t.Context(), f.key)); len(got) != 2 {
		t.Errorf("List gives %d entries, want the 2 others", len(got))
	}
}

func listsUnavailable(t *testing.T, f *fixture, l state.Lister) {
	f.putUnder(t, f.key, state.Item{Expires: f.in(time.Hour)})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	calls := 0
	for _, err := range l.List(ctx, f.key) {
		calls++
		wantOnly(t, "List", err, state.ErrUnavailable)
	}
	if calls != 1 {
		t.Errorf("it yields %d times, want its error once", calls)
	}
}
