package awssecrets

import (
	"context"
	"errors"
	"sync/atomic"

	"deskpro-login/pkg/keyring"
)

// Versions is a keyring.Versions over one secret, whose text is taken as it is.
// What it has fetched it believes as long as a keyring.Cache does; the previous
// version it fetches only when asked for it.
type Versions struct {
	source *Source
	cache  *keyring.Cache[*stages]
	// last is what the cache got last. Its turn guards it.
	last *stages
}

var _ keyring.Versions = (*Versions)(nil)

// stages are the current version and what came before it. With a new current
// version there are new stages, so that the two belong together.
type stages struct {
	current  keyring.Version
	previous *keyring.Cache[answer]
	// newer is the current version, where looking for the previous one showed
	// that it is another by now.
	newer atomic.Pointer[keyring.Version]
}

// answer is the previous version or, cached as well, why there is none.
type answer struct {
	version keyring.Version
	none    error
}

// NewVersions makes no call.
func NewVersions(cfg Config) (*Versions, error) {
	source, err := New(cfg)
	if err != nil {
		return nil, err
	}
	v := &Versions{source: source}
	v.cache, err = keyring.NewCache(keyring.CacheConfig[*stages]{Fetch: v.fetch})
	return v, err
}

// PrefetchedVersions does for such a secret what PrefetchedKeys does for a
// signing key.
func PrefetchedVersions(ctx context.Context, cfg Config) (keyring.Versions, error) {
	versions, err := NewVersions(cfg)
	if err != nil {
		return nil, err
	}
	prefetch(ctx, versions.Current)
	return versions, nil
}

// Current returns the AWSCURRENT version.
func (v *Versions) Current(ctx context.Context) (keyring.Version, error) {
	stages, err := v.cache.Get(ctx)
	if err != nil {
		return keyring.Version{}, err
	}
	if newer := stages.newer.Load(); newer != nil {
		return *newer, nil
	}
	return stages.current, nil
}

// Previous returns the AWSPREVIOUS version. Should that be what Current
// returned so far, the secret was changed a moment ago, and Current returns the
// new version from now on.
func (v *Versions) Previous(ctx context.Context) (keyring.Version, error) {
	stages, err := v.cache.Get(ctx)
	if err != nil {
		return keyring.Version{}, err
	}
	answer, err := stages.previous.Get(ctx)
	if err != nil {
		return keyring.Version{}, err
	}
	return answer.version, answer.none
}

func (v *Versions) fetch(ctx context.Context) (*stages, error) {
	version, err := v.version(ctx, current)
	if err != nil {
		return nil, err
	}
	if v.last != nil && v.last.current.ID == version.ID && v.last.newer.Load() == nil {
		return v.last, nil
	}
	fresh := &stages{current: version}
	fresh.previous, err = keyring.NewCache(keyring.CacheConfig[answer]{
		Fetch: func(ctx context.Context) (answer, error) { return v.before(ctx, fresh) },
	})
	if err != nil {
		return nil, err
	}
	v.last = fresh
	return fresh, nil
}

func (v *Versions) before(ctx context.Context, s *stages) (answer, error) {
	version, err := v.version(ctx, previous)
	switch {
	case errors.Is(err, keyring.ErrUnavailable):
		return answer{}, err
	case err != nil:
		return answer{none: err}, nil
	case version.ID == s.current.ID:
		newer, err := v.version(ctx, current)
		if err != nil {
			return answer{}, err
		}
		s.newer.Store(&newer)
	}
	return answer{version: version}, nil
}

func (v *Versions) version(ctx context.Context, stage string) (keyring.Version, error) {
	fetched, err := v.source.fetch(ctx, stage)
	return keyring.Version{ID: fetched.version, Text: fetched.value}, err
}
