package keyring

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"
)

const (
	defaultTTL   = 60 * time.Second
	defaultStale = 15 * time.Minute
	// retryPause spares both the store and the person waiting while the store
	// is down and a stale keyring is at hand.
	retryPause = 5 * time.Second
)

// CacheConfig configures a Cache.
type CacheConfig[T any] struct {
	// Fetch is asked when the cached value is older than TTL, for example a
	// Source's Keyring. Required.
	Fetch func(context.Context) (T, error)
	// TTL is how long a value is believed, give or take a tenth so that many
	// function environments do not ask in step. Zero means 60 seconds: a key
	// changed in the console signs within about that.
	TTL time.Duration
	// Stale is the age up to which a value still serves while Fetch says
	// ErrUnavailable; zero means 15 minutes. ErrAbsent and ErrUnusable end it
	// at once: a key that somebody took away must stop signing.
	Stale time.Duration
	// Log is told when a stale value is used. Nil means slog.Default().
	Log *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Cache remembers what was fetched: a keyring, or another secret that is looked
// after in the same way. Any number of callers share one fetch. It refreshes on
// use only: a frozen function environment runs no goroutines.
type Cache[T any] struct {
	cfg CacheConfig[T]
	// turn is a lock that a caller stops waiting for when its context ends.
	turn chan struct{}

	// Guarded by turn.
	value   T
	fetched time.Time // zero: never
	due     time.Time
}

// NewCache returns an empty Cache.
func NewCache[T any](cfg CacheConfig[T]) (*Cache[T], error) {
	if cfg.Fetch == nil {
		return nil, errors.New("keyring: Fetch is required")
	}
	if cfg.TTL == 0 {
		cfg.TTL = defaultTTL
	}
	if cfg.Stale == 0 {
		cfg.Stale = defaultStale
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Cache[T]{cfg: cfg, turn: make(chan struct{}, 1)}, nil
}

// Get returns the cached value, fetched now if it is due. Its errors are
// Fetch's, and ErrUnavailable when ctx ends while another caller fetches.
func (c *Cache[T]) Get(ctx context.Context) (T, error) {
	var none T
	if err := c.lock(ctx); err != nil {
		return none, fmt.Errorf("%w: waiting for another fetch: %w", ErrUnavailable, err)
	}
	defer c.unlock()

	now := c.cfg.Now().Round(0) // wall time: the other may stand still while a function is frozen
	if now.Before(c.due) {
		return c.value, nil
	}
	fresh, err := c.cfg.Fetch(ctx)
	switch age := now.Sub(c.fetched); {
	case err == nil:
		c.value, c.fetched, c.due = fresh, now, now.Add(jitter(c.cfg.TTL))
		return fresh, nil
	case errors.Is(err, ErrUnavailable) && !c.fetched.IsZero() && age < c.cfg.Stale:
		c.cfg.Log.WarnContext(ctx, "using a stale secret", "age_seconds", int(age.Seconds()), "error", err)
		c.due = now.Add(retryPause)
		return c.value, nil
	default:
		c.fetched = time.Time{}
		return none, err
	}
}

// Doubt has the next Get fetch anew if wrong says so of what is cached, as
// somebody who has looked elsewhere may know. It does nothing if ctx ends while
// another caller fetches.
func (c *Cache[T]) Doubt(ctx context.Context, wrong func(cached T) bool) {
	if c.lock(ctx) != nil {
		return
	}
	defer c.unlock()
	if wrong(c.value) {
		c.due = time.Time{}
	}
}

// lock takes a free turn even if ctx has ended: what is cached costs no time.
func (c *Cache[T]) lock(ctx context.Context) error {
	select {
	case c.turn <- struct{}{}:
		return nil
	default:
	}
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *Cache[T]) unlock() { <-c.turn }

func jitter(d time.Duration) time.Duration {
	tenth := int64(d / 10)
	return d + time.Duration(rand.Int64N(2*tenth+1)-tenth) // #nosec G404 -- to guess it is no gain
}
