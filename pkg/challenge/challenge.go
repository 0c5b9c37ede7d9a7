// Package challenge keeps what a sign-in that is under way needs between two
// pages: a step, under a random single-use ID that only the page holds. It is
// logic over a state.Store; what a step's content means is its caller's.
//
// A step that a form answers is claimed by Answer and ended by Settle: however
// often the form is sent, one answer reaches the directory, and the others
// learn what it led to. A step that is only fetched, as when a browser comes
// back from a federated sign-in, is had once, by Take.
//
// The store holds a step under the SHA-256 of its ID, sealed with a key that
// is derived from the ID. Who reads the store learns neither content nor
// result and cannot answer; who writes there can change no step that someone
// else opened. Accepted: they can delete a step, put back an earlier state of
// it, or add one of their own under an ID that they chose, which is no more
// than they could do with a session.
package challenge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deskpro-login/pkg/opaque"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/state"
)

const (
	// maxLife bounds every step's life.
	maxLife = time.Hour
	// maxSize bounds content and result: an item is to be a few kilobytes.
	maxSize = 32 << 10

	defaultPrefix = "challenge#"
)

var (
	// ErrNone: there is no such step. It never was, or is over, or was
	// tampered with.
	ErrNone = errors.New("no such step")
	// ErrBusy: another answer to the step is under way, and did not end while
	// we waited.
	ErrBusy = errors.New("step is being answered")
)

// Config configures Steps.
type Config struct {
	// Store keeps the steps. Required.
	Store state.Store
	// Prefix begins the steps' keys in Store; empty means "challenge#". Steps
	// of one prefix are none of another's.
	Prefix string
	// Life ends a step so long after it was opened, answered or not. Required,
	// at most an hour.
	Life time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Steps opens and ends steps. Safe for concurrent use, by many processes.
//
// Its errors are ErrNone and ErrBusy where a method says so, and otherwise
// those of state.Store (state.ErrUnavailable) or a programmer's.
type Steps struct{ cfg Config }

// New returns an error for a Config that would open steps without an end.
func New(cfg Config) (*Steps, error) {
	if cfg.Store == nil {
		return nil, errors.New("challenge: Store is required")
	}
	if cfg.Life <= 0 || cfg.Life > maxLife {
		return nil, fmt.Errorf("challenge: the life %v must be positive and at most %v", cfg.Life, maxLife)
	}
	if cfg.Prefix == "" {
		cfg.Prefix = defaultPrefix
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Steps{cfg}, nil
}

// ID is what the page holds. Only Open makes one that leads to a step.
type ID struct{ encoded redact.Secret }

// ParseID reads what a page sent. It refuses with ErrNone whatever Open could
// not have made, so that nothing else reaches the store.
func ParseID(value string) (ID, error) {
	encoded, ok := opaque.Parse(value)
	if !ok {
		return ID{}, ErrNone
	}
	return ID{encoded}, nil
}

// Reveal returns what the page is to send: for a form's hidden field or a
// state parameter, never for a log. It opens and answers the step.
func (id ID) Reveal() string { return id.encoded.Reveal() }

// For returns Steps of a part of their own, such as a door's: an id of another
// part leads to ErrNone there, and is neither claimed nor taken. Their keys
// begin with the Prefix and part.
func (s *Steps) For(part string) *Steps {
	cfg := s.cfg
	cfg.Prefix += part + "#"
	return &Steps{cfg}
}

// Open begins a step that remembers content, of at most 32 KiB.
func (s *Steps) Open(ctx context.Context, content []byte) (ID, error) {
	if err := checkSize("content", content, maxSize); err != nil {
		return ID{}, err
	}
	id := ID{opaque.New()}
	box, err := s.box(id)
	if err != nil {
		return ID{}, err
	}
	err = s.put(ctx, box, record{Content: content, Expires: s.cfg.Now().Add(s.cfg.Life)}, 0)
	// A conflict on a fresh 256-bit key is our own write, retried by the
	// store's client after its answer was lost.
	if err != nil && !errors.Is(err, state.ErrConflict) {
		return ID{}, fmt.Errorf("opening a step: %w", err)
	}
	return id, nil
}

// Take ends the step of id and returns its content. At most one call gets it;
// all others, at the same time or later, get ErrNone. So does the one that
// ends a step which Answer has claimed: its content was used before. After
// state.ErrUnavailable the step may be gone.
func (s *Steps) Take(ctx context.Context, id ID) (content []byte, err error) {
	box, err := s.box(id)
	if err != nil {
		return nil, err
	}
	item, err := s.cfg.Store.Consume(ctx, box.key)
	if errors.Is(err, state.ErrNotFound) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, fmt.Errorf("taking a step: %w", err)
	}
	r, err := box.open(item.Value, s.cfg.Now())
	if err != nil {
		return nil, err
	}
	if r.Claim.Nonce != "" {
		return nil, ErrNone
	}
	return r.Content, nil
}

// Look returns the content of the step of id as long as it is open, or ErrNone. It
// changes nothing: who shows a page once more leaves it to be answered.
func (s *Steps) Look(ctx context.Context, id ID) (content []byte, err error) {
	box, err := s.box(id)
	if err != nil {
		return nil, err
	}
	r, _, err := s.get(ctx, box)
	if err != nil {
		return nil, err
	}
	if r.Claim.Nonce != "" {
		return nil, ErrNone
	}
	return r.Content, nil
}

// get returns the record in box and its version, or ErrNone.
func (s *Steps) get(ctx context.Context, b *box) (record, int64, error) {
	item, err := s.cfg.Store.Get(ctx, b.key)
	if errors.Is(err, state.ErrNotFound) {
		return record{}, 0, ErrNone
	}
	if err != nil {
		return record{}, 0, err
	}
	r, err := b.open(item.Value, s.cfg.Now())
	return r, item.Version, err
}

func (s *Steps) put(ctx context.Context, b *box, r record, version int64) error {
	value, err := b.seal(r)
	if err != nil {
		return err
	}
	return s.cfg.Store.Put(ctx, b.key, state.Item{Value: value, Expires: r.Expires, Version: version})
}

func checkSize(what string, value []byte, most int) error {
	if len(value) > most {
		return fmt.Errorf("challenge: a %s of %d bytes is more than %d", what, len(value), most)
	}
	return nil
}
