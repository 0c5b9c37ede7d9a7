package oidc

import (
	"context"
	"crypto"
	"encoding/base64"
	"strings"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
)

// Trust makes key the only one of an issuer, without a request.
func (p *Provider) Trust(issuer string, key crypto.PublicKey) {
	keys := p.keys[issuer]
	keys.remote, keys.opened = &gooidc.StaticKeySet{PublicKeys: []crypto.PublicKey{key}}, p.now()
}

// VerifyIDToken is verify, for tests.
func (p *Provider) VerifyIDToken(ctx context.Context, raw, access, nonce string) (map[string]any, error) {
	return p.verify(ctx, raw, access, nonce)
}

// Believe takes whatever has three parts for an issuer's own, so that a fuzzer need
// not sign.
func (p *Provider) Believe(issuer string) {
	keys := p.keys[issuer]
	keys.remote, keys.opened = believing{}, p.now()
}

type believing struct{}

func (believing) VerifySignature(_ context.Context, token string) ([]byte, error) {
	return base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
}
