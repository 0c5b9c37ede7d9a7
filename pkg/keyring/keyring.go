package keyring

import (
	"context"
	"errors"
	"slices"
	"time"

	"deskpro-login/pkg/redact"
)

// Keyring holds a door's keys by what they are for.
type Keyring struct {
	// Current signs.
	Current Key
	// Pending is to be Current once Deskpro has it too; a zero Key where nothing
	// is to change.
	Pending Key
	// Previous was Current before; a zero Key where there was none, or where it
	// must not be used any more.
	Previous Key
	// Changed is when anything about the secret was changed last.
	Changed time.Time
}

// Usable returns the keys that Deskpro may have at now, no two of them the same:
// Current, then Pending, then Previous if the last change is younger than
// window. A window of zero returns Current alone.
func (k Keyring) Usable(now time.Time, window time.Duration) []Key {
	usable := []Key{k.Current}
	if window <= 0 {
		return usable
	}
	others := []Key{k.Pending}
	if now.Sub(k.Changed) < window {
		others = append(others, k.Previous)
	}
	for _, other := range others {
		if !other.IsZero() && !slices.ContainsFunc(usable, other.Same) {
			usable = append(usable, other)
		}
	}
	return usable
}

// Source fetches a door's keys.
//
// Its methods return an error for which errors.Is finds exactly one of the
// sentinels below. They are safe for concurrent use and return soon after ctx
// ends.
type Source interface {
	// Current returns the key that signs.
	Current(ctx context.Context) (Key, error)
	// Keyring returns all keys, for a token that Deskpro did not accept. It may take
	// longer. If it finds that another is current, Current asks, too, the next time.
	// A Pending or a Previous that cannot be used is left out.
	Keyring(ctx context.Context) (Keyring, error)
}

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

// StaticVersion is the Versions of a secret that never changes, for the local
// server and tests.
type StaticVersion struct{ Version Version }

func (s StaticVersion) Current(context.Context) (Version, error) { return s.Version, nil }

func (s StaticVersion) Previous(context.Context) (Version, error) { return Version{}, ErrAbsent }
