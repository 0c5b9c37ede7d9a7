// Package state says what sessions, counters of guesses and challenges need of a store:
// small expiring items under string keys, with conditions that settle races.
// Its adapters (memory, dynamo) pass the suite in statetest.
package state

import (
	"context"
	"errors"
	"time"
)

// Item is one stored value.
type Item struct {
	// Value is opaque to the store; a few kilobytes (DynamoDB ends at 400 KB).
	Value []byte
	// Expires is when the item is gone for every reader, to the second
	// (rounded down), whether or not the store has deleted it yet.
	Expires time.Time
	// Version is 0 for an item never stored and grows by one with each Put. It
	// starts again when a key is used anew after expiry or Consume: who keeps
	// versions for long needs random keys, as sessions have.
	Version int64
}

// Store keeps items. Its methods are safe for concurrent use by many
// processes, return soon after ctx ends, and read what was last written.
//
// An error that is not ErrNotFound or ErrConflict is ErrUnavailable by
// errors.Is; after it the write may or may not have happened.
type Store interface {
	// Get returns the live item under key, or ErrNotFound.
	Get(ctx context.Context, key string) (Item, error)

	// Put stores item if the live item under key still has item.Version: 0
	// means that there must be none. Of concurrent calls with one version
	// exactly one succeeds, the others get ErrConflict; so does a retry of a
	// Put that had succeeded. Once Put returns nil the item is as durable as the adapter says.
	Put(ctx context.Context, key string, item Item) error

	// Consume removes the live item under key and returns it, or ErrNotFound.
	// Of concurrent calls exactly one gets the item, or none: if the answer
	// was lost on its way and the call retried, the item is gone.
	Consume(ctx context.Context, key string) (Item, error)
}

// The sentinels of Store.
var (
	ErrNotFound    = errors.New("no such item")
	ErrConflict    = errors.New("item changed meanwhile")
	ErrUnavailable = errors.New("state store unavailable")
)
