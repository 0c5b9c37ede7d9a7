package awssecrets

import (
	"context"
	"time"

	"deskpro-login/pkg/keyring"
)

// ringTTL is how long all keys of a secret are believed, give or take a tenth:
// while Deskpro refuses everybody, they are asked for by everybody.
const ringTTL = 3 * time.Second

// Keys is a keyring.Source over one secret that remembers what it has fetched.
type Keys struct {
	source  *Source
	current *keyring.Cache[keyring.Key]
	ring    *keyring.Cache[keyring.Keyring]
	// last is what ring got last. Its turn guards it.
	last keyring.Keyring
}

var _ keyring.Source = (*Keys)(nil)

// PrefetchedKeys returns the keys of cfg's secret, of which the current one was
// asked for already. Do that before the function says that it is ready: until
// then it has a whole CPU, afterwards its share of one, and a TLS handshake costs
// nine times as much. Should it fail, the log says why and the first request asks
// again; ctx bounds how long start-up waits.
func PrefetchedKeys(ctx context.Context, cfg Config) (*Keys, error) {
	source, err := New(cfg)
	if err != nil {
		return nil, err
	}
	k := &Keys{source: source}
	if k.current, err = keyring.NewCache(keyring.CacheConfig[keyring.Key]{Fetch: source.Current}); err != nil {
		return nil, err
	}
	if k.ring, err = keyring.NewCache(keyring.CacheConfig[keyring.Keyring]{Fetch: k.fetch, TTL: ringTTL, Stale: time.Minute}); err != nil {
		return nil, err
	}
	prefetch(ctx, k.Current)
	return k, nil
}

// Current returns the AWSCURRENT version.
func (k *Keys) Current(ctx context.Context) (keyring.Key, error) { return k.current.Get(ctx) }

// Keyring returns all versions that have a stage.
func (k *Keys) Keyring(ctx context.Context) (keyring.Keyring, error) { return k.ring.Get(ctx) }

func (k *Keys) fetch(ctx context.Context) (keyring.Keyring, error) {
	known := map[string]keyring.Key{}
	for _, key := range []keyring.Key{k.last.Current, k.last.Pending, k.last.Previous} {
		if !key.IsZero() {
			known[key.Version()] = key
		}
	}
	ring, err := k.source.keyring(ctx, known)
	if err != nil {
		return keyring.Keyring{}, err
	}
	k.last = ring
	k.current.Doubt(ctx, func(cached keyring.Key) bool { return cached.Version() != ring.Current.Version() })
	return ring, nil
}
