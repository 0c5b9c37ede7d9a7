package accounttest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
)

// plain is an account.Passwords that is quick and nothing else: what is tested
// here is not how passwords are hashed.
type plain struct{}

const (
	scheme   = "plain$"
	outdated = "outdated$"
)

func plainHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return scheme + hex.EncodeToString(sum[:])
}

func (plain) Hash(_ context.Context, p redact.Secret) (string, error) {
	return plainHash(p.Reveal()), nil
}

func (plain) Verify(ctx context.Context, hash string, p redact.Secret) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	hash = strings.TrimPrefix(hash, outdated)
	if !strings.HasPrefix(hash, scheme) {
		return false, errors.New("not a hash of the suite's")
	}
	return hash == plainHash(p.Reveal()), nil
}

func (plain) Outdated(hash string) bool { return strings.HasPrefix(hash, outdated) }

func (plain) Decoy() string { return scheme }

// versions are those of secrets, as they are now.
type versions struct{ *secrets }

func (v versions) Current(context.Context) (keyring.Version, error) { return version(v.current) }

func (v versions) Previous(context.Context) (keyring.Version, error) { return version(v.previous) }
