package keyring

import (
	"context"
	"errors"

	"deskpro-login/pkg/redact"
)

// Keyring holds a door's keys by what they are for.
type Keyring struct {
	// Current signs.
	Current Key
}

// Source fetches a door's keyring.
//
// Keyring returns an error for which errors.Is finds exactly one of the
// sentinels below. It is safe for concurrent use and returns soon after ctx
// ends.
type Source interface {
	Keyring(ctx context.Context) (Keyring, error)
}

// SourceFunc is a function as a Source, such as a Cache's Get.
type SourceFunc func(context.Context) (Keyring, error)

func (f SourceFunc) Keyring(ctx context.Context) (Keyring, error) { return f(ctx) }

// The sentinels of Source. The text around them is for the log and says what
// to do; it never holds a key.
var (
	// ErrAbsent: there is no such secret, it is marked for deletion, or we may
	// not read it.
	ErrAbsent = errors.New("no such key")
	// ErrUnusable: there is one that must not be used.
	ErrUnusable = errors.New("unusable key")
	// ErrUnavailable: the store did not answer.
	ErrUnavailable = errors.New("key unavailable")
)

// Version is one version of a secret that seals and opens, rather than signs.
type Version struct {
	// ID is the store's own name for it.
	ID   string
	Text redact.Secret
}

// Versions fetches such a secret. Current seals; Previous, which was current
// before, still opens. Their errors are Source's sentinels: ErrAbsent where
// there is no previous version. Asking for Previous may make Current newer. They
// are safe for concurrent use and return
// soon after ctx ends.
type Versions interface {
	Current(ctx context.Context) (Version, error)
	Previous(ctx context.Context) (Version, error)
}

// Static is a Source of one key that never changes, for the local server and
// tests.
type Static struct{ Key Key }

func (s Static) Keyring(context.Context) (Keyring, error) { return Keyring{Current: s.Key}, nil }

// StaticVersion is the Versions of a secret that never changes, likewise.
type StaticVersion struct{ Version Version }

func (s StaticVersion) Current(context.Context) (Version, error) { return s.Version, nil }

func (s StaticVersion) Previous(context.Context) (Version, error) { return Version{}, ErrAbsent }
