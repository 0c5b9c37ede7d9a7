package oidc

import (
	"context"
	"net/http"
	"sync"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
)

// keysAge is for how long a key is believed that its issuer may have withdrawn.
const keysAge = time.Hour

// keySet holds the keys of one issuer. It fetches them when they are older than
// keysAge and whenever none of them fits a token, as after a change of the key
// (Core section 10.1.1): at most once for each token, and once for all that
// wait at the same time. There is no further limit, because nobody can hand us
// tokens but the token endpoint, for a code of its own each.
type keySet struct {
	client  *http.Client
	address string
	now     func() time.Time

	mu     sync.Mutex
	remote gooidc.KeySet
	opened time.Time
}

func (k *keySet) current() gooidc.KeySet {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := k.now(); k.remote == nil || now.Sub(k.opened) >= keysAge {
		// Its fetches outlive the request that asks first, as others wait for
		// them, and end with the client's timeout.
		k.remote = gooidc.NewRemoteKeySet(gooidc.ClientContext(context.Background(), k.client), k.address)
		k.opened = now
	}
	return k.remote
}

// witness keeps the error of one verification, which go-oidc's verifier turns
// into text.
type witness struct {
	keys gooidc.KeySet
	err  error
}

func (w *witness) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	var payload []byte
	payload, w.err = w.keys.VerifySignature(ctx, token)
	return payload, w.err
}
