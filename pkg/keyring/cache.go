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
type CacheConfig struct {
	// Source is asked when the cached keyring is older than TTL. Required.
	Source Source
	// TTL is how long a keyring is believed, give or take a tenth so that many
	// function environments do not ask in step. Zero means 60 seconds: a key
	// changed in the console signs within about that.
	TTL time.Duration
	// Stale is the age up to which a keyring still signs while Source says
	// ErrUnavailable; zero means 15 minutes. ErrAbsent and ErrUnusable end it
	// at once: a key that somebody took away must stop signing.
	Stale time.Duration
	// Log is told when a stale keyring is used. Nil means slog.Default().
	Log *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Cache is a Source that remembers. Any number of callers share one fetch. It
// refreshes on use only: a frozen function environment runs no goroutines.
type Cache struct {
	cfg CacheConfig
	// turn is a lock that a caller stops waiting for when its context ends.
	turn chan struct{}

	// Guarded by turn.
	keyring Keyring
	fetched time.Time // zero: never
	due     time.Time
}

var _ Source = (*Cache)(nil)

// NewCache returns an empty Cache.
func NewCache(cfg CacheConfig) (*Cache, error) {
	if cfg.Source == nil {
		return nil, errors.New("keyring: Source is required")
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
	return &Cache{cfg: cfg, turn: make(chan struct{}, 1)}, nil
}

// Keyring returns the cached keyring, fetched now if it is due.
func (c *Cache) Keyring(ctx context.Context) (Keyring, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return Keyring{}, fmt.Errorf("%w: waiting for another fetch: %w", ErrUnavailable, ctx.Err())
	}

	now := c.cfg.Now()
	if now.Before(c.due) {
		return c.keyring, nil
	}
	fresh, err := c.cfg.Source.Keyring(ctx)
	switch age := now.Sub(c.fetched); {
	case err == nil:
		c.keyring, c.fetched, c.due = fresh, now, now.Add(jitter(c.cfg.TTL))
		return fresh, nil
	case errors.Is(err, ErrUnavailable) && !c.fetched.IsZero() && age < c.cfg.Stale:
		c.cfg.Log.WarnContext(ctx, "signing with a stale key", "age_seconds", int(age.Seconds()), "error", err)
		c.due = now.Add(retryPause)
		return c.keyring, nil
	default:
		c.fetched = time.Time{}
		return Keyring{}, err
	}
}

func jitter(d time.Duration) time.Duration {
	tenth := int64(d / 10)
	return d + time.Duration(rand.Int64N(2*tenth+1)-tenth)
}
