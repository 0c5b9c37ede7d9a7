package keyring_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
)

// source answers with what it is told, after a delay.
type source struct {
	mu    sync.Mutex
	calls int
	key   keyring.Key
	err   error
	delay time.Duration
}

func (s *source) Current(ctx context.Context) (keyring.Key, error) {
	s.mu.Lock()
	s.calls++
	key, err, delay := s.key, s.err, s.delay
	s.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-ctx.Done():
		return keyring.Key{}, keyring.ErrUnavailable
	}
	return key, err
}

func (s *source) set(key keyring.Key, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key, s.err = key, err
}

func key(t *testing.T, version string) keyring.Key {
	t.Helper()
	k, err := keyring.ParseKey(redact.New("practice-key-practice-key-practice-key"), version)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newCache(t *testing.T, s *source) *keyring.Cache[keyring.Key] {
	t.Helper()
	c, err := keyring.NewCache(keyring.CacheConfig[keyring.Key]{Fetch: s.Current, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// want fails t unless the cache answers with version, or with err where
// version is empty.
func want(t *testing.T, c *keyring.Cache[keyring.Key], version string, err error) {
	t.Helper()
	got, gotErr := c.Get(t.Context())
	if !errors.Is(gotErr, err) || got.Version() != version {
		t.Errorf("at %s: got version %q, error %v; want %q, %v", time.Now().Format(time.TimeOnly), got.Version(), gotErr, version, err)
	}
}

func TestAChangedKeySignsWithinTheTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{key: key(t, "old")}
		c := newCache(t, s)
		want(t, c, "old", nil)
		s.set(key(t, "new"), nil)
		time.Sleep(53 * time.Second)
		want(t, c, "old", nil)
		if s.calls != 1 {
			t.Errorf("%d fetches within the TTL, want 1", s.calls)
		}
		time.Sleep(14 * time.Second) // 67 s > 60 s + a tenth
		want(t, c, "new", nil)
	})
}

func TestManyCallersShareOneFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{key: key(t, "v"), delay: time.Second}
		c := newCache(t, s)
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() { want(t, c, "v", nil) })
		}
		all.Wait()
		if s.calls != 1 {
			t.Errorf("%d fetches, want 1", s.calls)
		}
	})
}

func TestAWaiterLeavesWhenItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, &source{key: key(t, "v"), delay: time.Hour})
		slow, cancel := context.WithCancel(t.Context())
		defer cancel()
		go c.Get(slow)
		synctest.Wait()
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		start := time.Now()
		if _, err := c.Get(ctx); !errors.Is(err, keyring.ErrUnavailable) {
			t.Errorf("error = %v, want ErrUnavailable", err)
		}
		if waited := time.Since(start); waited != time.Second {
			t.Errorf("waited %v, want 1s", waited)
		}
	})
}

func TestAStaleKeySignsWhileTheStoreIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{key: key(t, "v")}
		c := newCache(t, s)
		want(t, c, "v", nil)
		s.set(keyring.Key{}, keyring.ErrUnavailable)
		time.Sleep(2 * time.Minute)
		want(t, c, "v", nil)
		want(t, c, "v", nil)
		if s.calls != 2 {
			t.Errorf("%d fetches, want 2: a store that is down is not asked for each request", s.calls)
		}
		time.Sleep(15 * time.Minute)
		want(t, c, "", keyring.ErrUnavailable)
		s.set(key(t, "back"), nil)
		want(t, c, "back", nil)
	})
}

func TestAKeyTakenAwayStopsSigningAtOnce(t *testing.T) {
	for _, err := range []error{keyring.ErrAbsent, keyring.ErrUnusable} {
		synctest.Test(t, func(t *testing.T) {
			s := &source{key: key(t, "v")}
			c := newCache(t, s)
			want(t, c, "v", nil)
			s.set(keyring.Key{}, err)
			time.Sleep(67 * time.Second)
			want(t, c, "", err)
			s.set(keyring.Key{}, keyring.ErrUnavailable)
			want(t, c, "", keyring.ErrUnavailable)
		})
	}
}

func not(version string) func(keyring.Key) bool {
	return func(cached keyring.Key) bool { return cached.Version() != version }
}

func TestWhatIsInDoubtIsFetchedAnewAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{key: key(t, "old")}
		c := newCache(t, s)
		want(t, c, "old", nil)
		s.set(key(t, "new"), nil)
		c.Doubt(t.Context(), not("old"))
		want(t, c, "old", nil)
		c.Doubt(t.Context(), not("new"))
		want(t, c, "new", nil)
		want(t, c, "new", nil)
		if s.calls != 2 {
			t.Errorf("%d fetches, want 2", s.calls)
		}
	})
}

func TestWhatIsInDoubtServesWhileTheStoreIsDownAndNoLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{key: key(t, "v")}
		c := newCache(t, s)
		want(t, c, "v", nil)
		s.set(keyring.Key{}, keyring.ErrUnavailable)
		for range 30 {
			time.Sleep(20 * time.Second)
			c.Doubt(t.Context(), not("another"))
			want(t, c, "v", nil)
		}
		time.Sleep(6 * time.Minute)
		want(t, c, "", keyring.ErrUnavailable)
	})
}

// A key that is cached costs no time, so a context that has ended does not matter.
func TestWhatIsCachedIsThereAfterTheContextHasEnded(t *testing.T) {
	c := newCache(t, &source{key: key(t, "v")})
	want(t, c, "v", nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 1000 {
		if _, err := c.Get(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDoubtDoesNotOutwaitItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{key: key(t, "slow"), delay: time.Hour}
		c := newCache(t, s)
		go c.Get(t.Context())
		synctest.Wait()
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		start := time.Now()
		c.Doubt(ctx, not("fast"))
		if waited := time.Since(start); waited != time.Second {
			t.Errorf("waited %v, want 1s", waited)
		}
		want(t, c, "slow", nil)
	})
}
