// Package statetest owns the suite that every state.Store passes, and Faulty,
// with which the packages that use a store test what they do without one.
package statetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"deskpro-login/pkg/state"
)

// callers is how many call at once where a race is to be settled.
const callers = 12

// Run checks that the stores which open returns keep the contract of
// state.Store. Each sub-test opens its own; it must tell the time by now,
// which starts at the real time. Stores may share what is behind them: keys
// are random.
func Run(t *testing.T, open func(t *testing.T, now func() time.Time) state.Store) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *fixture)
	}{
		{"an item that was never stored is not found", neverStored},
		{"what was put is got at once", putThenGet},
		{"a value may be empty or 64 KiB of any bytes", anyValue},
		{"a key may be any text", anyKey},
		{"an item expires at its second, rounded down", expiresAtItsSecond},
		{"an expired item is gone for every method", expiredIsGone},
		{"the version grows by one with each put", versionGrows},
		{"a put of another version conflicts and changes nothing", otherVersionConflicts},
		{"of concurrent puts of one version one succeeds", concurrentPuts},
		{"of concurrent first puts one succeeds", concurrentFirstPuts},
		{"consuming removes the item", consumeRemoves},
		{"of concurrent consumes one gets the item", concurrentConsumes},
		{"values are copies", valuesAreCopies},
		{"a call whose context has ended is unavailable at once", endedContext},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &clock{time: time.Now()}
			test.run(t, &fixture{Store: open(t, c.now), clock: c, key: "statetest#" + rand.Text()})
		})
	}
}

type fixture struct {
	state.Store
	*clock
	key string
}

type clock struct {
	mu   sync.Mutex
	time time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

func (c *clock) set(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = to
}

func (c *clock) in(d time.Duration) time.Time { return c.now().Add(d) }

func (f *fixture) put(t *testing.T, item state.Item) {
	t.Helper()
	if err := f.Put(t.Context(), f.key, item); err != nil {
		t.Fatalf("Put(version %d): %v", item.Version, err)
	}
}

func (f *fixture) get(t *testing.T) state.Item {
	t.Helper()
	item, err := f.Get(t.Context(), f.key)
	if err != nil {
		t.Fatalf("Get: %v", err)
	}
	return item
}

func wantItem(t *testing.T, got, want state.Item) {
	t.Helper()
	if !bytes.Equal(got.Value, want.Value) || got.Version != want.Version || !got.Expires.Equal(want.Expires) {
		t.Errorf("item = %.40q version %d expires %v, want %.40q version %d expires %v",
			got.Value, got.Version, got.Expires, want.Value, want.Version, want.Expires)
	}
}

// wantOnly checks that errors.Is finds want and no other sentinel.
func wantOnly(t *testing.T, call string, err, want error) {
	t.Helper()
	for _, sentinel := range []error{state.ErrNotFound, state.ErrConflict, state.ErrUnavailable} {
		if got := errors.Is(err, sentinel); got != (sentinel == want) {
			t.Errorf("%s = %v, want %v alone", call, err, want)
			return
		}
	}
}

// concurrently runs call in many goroutines that start together.
func concurrently(call func(i int)) {
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

func neverStored(t *testing.T, f *fixture) {
	_, err := f.Get(t.Context(), f.key)
	wantOnly(t, "Get", err, state.ErrNotFound)
	_, err = f.Consume(t.Context(), f.key)
	wantOnly(t, "Consume", err, state.ErrNotFound)
	err = f.Put(t.Context(), f.key, state.Item{Version: 1, Expires: f.in(time.Hour)})
	wantOnly(t, "Put(version 1)", err, state.ErrConflict)
}

func putThenGet(t *testing.T, f *fixture) {
	expires := f.in(time.Hour).Truncate(time.Second)
	f.put(t, state.Item{Value: []byte("one"), Expires: expires})
	wantItem(t, f.get(t), state.Item{Value: []byte("one"), Expires: expires, Version: 1})
	later := expires.Add(time.Hour)
	f.put(t, state.Item{Value: []byte("two"), Expires: later, Version: 1})
	wantItem(t, f.get(t), state.Item{Value: []byte("two"), Expires: later, Version: 2})
}

func anyValue(t *testing.T, f *fixture) {
	large := make([]byte, 64<<10)
	for i := range large {
		large[i] = byte(i)
	}
	for version, value := range [][]byte{large, {}, nil, {0}} {
		f.put(t, state.Item{Value: value, Expires: f.in(time.Hour), Version: int64(version)})
		if got := f.get(t).Value; !bytes.Equal(got, value) {
			t.Errorf("%d bytes came back as %d", len(value), len(got))
		}
	}
}

func anyKey(t *testing.T, f *fixture) {
	for _, suffix := range []string{"", " ", "\x00", "/%2F?#", "\"'{}", "é", "e\u0301", "👩‍💻", "A", "a"} {
		key := f.key + suffix
		if err := f.Put(t.Context(), key, state.Item{Value: []byte(suffix), Expires: f.in(time.Hour)}); err != nil {
			t.Errorf("Put under %q: %v", key, err)
		}
		if got, err := f.Get(t.Context(), key); err != nil || string(got.Value) != suffix {
			t.Errorf("Get of %q = %q, %v", key, got.Value, err)
		}
	}
}

func expiresAtItsSecond(t *testing.T, f *fixture) {
	second := f.in(time.Minute).Truncate(time.Second)
	f.put(t, state.Item{Expires: second.Add(900 * time.Millisecond)})
	f.set(second.Add(-time.Millisecond))
	if got := f.get(t).Expires; !got.Equal(second) {
		t.Errorf("Expires = %v, want %v", got, second)
	}
	f.set(second)
	_, err := f.Get(t.Context(), f.key)
	wantOnly(t, "Get at the second", err, state.ErrNotFound)
}

func expiredIsGone(t *testing.T, f *fixture) {
	f.put(t, state.Item{Value: []byte("old"), Expires: f.in(time.Minute)})
	f.put(t, state.Item{Value: []byte("old"), Expires: f.in(time.Minute), Version: 1})
	f.set(f.in(time.Hour))
	_, err := f.Get(t.Context(), f.key)
	wantOnly(t, "Get", err, state.ErrNotFound)
	_, err = f.Consume(t.Context(), f.key)
	wantOnly(t, "Consume", err, state.ErrNotFound)
	err = f.Put(t.Context(), f.key, state.Item{Version: 2, Expires: f.in(time.Hour)})
	wantOnly(t, "Put of the expired version", err, state.ErrConflict)

	f.put(t, state.Item{Value: []byte("new"), Expires: f.in(time.Minute)})
	wantItem(t, f.get(t), state.Item{Value: []byte("new"), Expires: f.in(time.Minute).Truncate(time.Second), Version: 1})
}

func versionGrows(t *testing.T, f *fixture) {
	for version := range int64(4) {
		f.put(t, state.Item{Expires: f.in(time.Hour), Version: version})
		if got := f.get(t).Version; got != version+1 {
			t.Errorf("Version = %d after %d puts", got, version+1)
		}
	}
}

func otherVersionConflicts(t *testing.T, f *fixture) {
	expires := f.in(time.Hour).Truncate(time.Second)
	f.put(t, state.Item{Value: []byte("one"), Expires: expires})
	f.put(t, state.Item{Value: []byte("two"), Expires: expires, Version: 1})
	for _, version := range []int64{-1, 0, 1, 3} { // 1 is a retry of the second Put
		err := f.Put(t.Context(), f.key, state.Item{Value: []byte("late"), Expires: f.in(2 * time.Hour), Version: version})
		wantOnly(t, "Put of a version that is not stored", err, state.ErrConflict)
	}
	wantItem(t, f.get(t), state.Item{Value: []byte("two"), Expires: expires, Version: 2})
}

func concurrentPuts(t *testing.T, f *fixture) {
	f.put(t, state.Item{Expires: f.in(time.Hour)})
	f.raceToPut(t, 1)
}

func concurrentFirstPuts(t *testing.T, f *fixture) {
	f.raceToPut(t, 0)
	f.set(f.in(2 * time.Hour)) // and once more over what has expired
	f.raceToPut(t, 0)
}

func (f *fixture) raceToPut(t *testing.T, version int64) {
	t.Helper()
	errs := make([]error, callers)
	concurrently(func(i int) {
		errs[i] = f.Put(t.Context(), f.key, state.Item{Value: []byte{byte(i)}, Expires: f.in(time.Hour), Version: version})
	})
	winner := slices.Index(errs, nil)
	if winner < 0 {
		t.Fatalf("no Put succeeded: %v", errs)
	}
	for i, err := range errs {
		if i != winner {
			wantOnly(t, "a Put that lost", err, state.ErrConflict)
		}
	}
	if got := f.get(t); got.Version != version+1 || !bytes.Equal(got.Value, []byte{byte(winner)}) {
		t.Errorf("item = %v version %d, want that of caller %d, version %d", got.Value, got.Version, winner, version+1)
	}
}

func consumeRemoves(t *testing.T, f *fixture) {
	expires := f.in(time.Hour).Truncate(time.Second)
	f.put(t, state.Item{Value: []byte("once"), Expires: expires})
	got, err := f.Consume(t.Context(), f.key)
	if err != nil {
		t.Fatalf("Consume: %v", err)
	}
	wantItem(t, got, state.Item{Value: []byte("once"), Expires: expires, Version: 1})
	_, err = f.Consume(t.Context(), f.key)
	wantOnly(t, "the second Consume", err, state.ErrNotFound)
	_, err = f.Get(t.Context(), f.key)
	wantOnly(t, "Get", err, state.ErrNotFound)
	f.put(t, state.Item{Expires: expires})
}

func concurrentConsumes(t *testing.T, f *fixture) {
	f.put(t, state.Item{Value: []byte("once"), Expires: f.in(time.Hour)})
	items, errs := make([]state.Item, callers), make([]error, callers)
	concurrently(func(i int) { items[i], errs[i] = f.Consume(t.Context(), f.key) })
	winner := slices.Index(errs, nil)
	if winner < 0 || string(items[winner].Value) != "once" {
		t.Fatalf("no Consume got the item: %v", errs)
	}
	for i, err := range errs {
		if i != winner {
			wantOnly(t, "a Consume that lost", err, state.ErrNotFound)
		}
	}
}

func valuesAreCopies(t *testing.T, f *fixture) {
	value := []byte("kept")
	f.put(t, state.Item{Value: value, Expires: f.in(time.Hour)})
	value[0] = 'X'
	got := f.get(t).Value
	if string(got) != "kept" {
		t.Errorf("after changing what was put, Get = %q", got)
	}
	got[0] = 'X'
	if got := f.get(t).Value; string(got) != "kept" {
		t.Errorf("after changing what was got, Get = %q", got)
	}
}

func endedContext(t *testing.T, f *fixture) {
	f.put(t, state.Item{Expires: f.in(time.Hour)})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, call := range []struct {
		name string
		do   func() error
	}{
		{"Get", func() error { _, err := f.Get(ctx, f.key); return err }},
		{"Put", func() error { return f.Put(ctx, f.key, state.Item{Version: 1, Expires: f.in(time.Hour)}) }},
		{"Consume", func() error { _, err := f.Consume(ctx, f.key); return err }},
	} {
		start := time.Now()
		wantOnly(t, call.name, call.do(), state.ErrUnavailable)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s took %v", call.name, took)
		}
	}
}
