// Package session remembers who signed in, so that the next visit from Deskpro
// needs no password. It is logic over a state.Store; the cookie that carries
// an ID is package web's.
//
// A session is found by a random 256-bit ID that only the browser holds: the
// store keeps its SHA-256, so that who reads the store cannot sign in with what
// is there. It ends when it has not been used for a while (idle), a fixed time
// after signing in (absolute), when it is ended, or when all of its subject's
// are.
//
// In the store are, each under the SHA-256 of what names it:
//
//   - session#…: a session, by its ID
//   - ended#…: up to when all sessions of a subject were ended
//   - devices#…: which sessions a subject sees in Devices
package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"deskpro-login/pkg/opaque"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/state"
)

// touchShare is the share of the idle time that may pass before a use is
// written down, so that most uses cost no write.
const touchShare = 10

// sessionPrefix begins the key of every session.
const sessionPrefix = "session#"

// MaxAbsolute bounds every session's life, and so for how long EndAll must be
// remembered.
const MaxAbsolute = 30 * 24 * time.Hour

// ErrNone: there is no such session, or it has ended.
var ErrNone = errors.New("no live session")

// Config configures Sessions.
type Config struct {
	// Store keeps the sessions. Required.
	Store state.Store
	// Idle ends a session that was not used for so long. Required.
	Idle time.Duration
	// Absolute ends a session so long after it was opened. Required, at least
	// Idle and at most MaxAbsolute.
	Absolute time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Sessions opens, finds and ends sessions. Safe for concurrent use.
//
// Its errors are ErrNone where a method says so, and otherwise those of
// state.Store (state.ErrUnavailable).
type Sessions struct{ cfg Config }

// New returns an error for a Config that would open sessions without an end.
func New(cfg Config) (*Sessions, error) {
	if cfg.Store == nil {
		return nil, errors.New("session: Store is required")
	}
	if cfg.Idle <= 0 || cfg.Absolute < cfg.Idle || cfg.Absolute > MaxAbsolute {
		return nil, fmt.Errorf("session: the idle time %v must be positive and no longer than the absolute time %v, and that at most %v", cfg.Idle, cfg.Absolute, MaxAbsolute)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Sessions{cfg}, nil
}

// ID is what the browser holds. Only Open makes one that leads to a session.
type ID struct{ encoded redact.Secret }

// ParseID reads a cookie's value. It refuses whatever Open could not have made,
// so that nothing else reaches the store.
func ParseID(value string) (ID, error) {
	encoded, ok := opaque.Parse(value)
	if !ok {
		return ID{}, ErrNone
	}
	return ID{encoded}, nil
}

// Reveal returns the cookie's value: a credential.
func (id ID) Reveal() string { return id.encoded.Reveal() }

func (id ID) key() string  { return sessionPrefix + id.hash() }
func (id ID) hash() string { return hashOf(id.Reveal()) }

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Session is who signed in.
type Session struct {
	// Subject is the person's ID in the directory.
	Subject string
	// Profile is what Open was given, for the caller to read.
	Profile []byte
}

// record is a Session as stored.
type record struct {
	Subject string          `json:"subject"`
	Profile json.RawMessage `json:"profile"`
	Checked time.Time       `json:"checked"`
	Opened  time.Time       `json:"opened"`
	Used    time.Time       `json:"used"`

	version int64 // of the item that it was read from
}

// Open begins a session for subject, with profile (JSON) to be remembered.
// checked is when the check of the account began: an EndAll since then, while
// the password was being hashed or a code was on its way, ends this session,
// too, and Open returns ErrNone.
//
// device is what the subject knows the browser by in Devices, such as "Firefox,
// Windows"; of more than 64 bytes the first. With one, the session is in the
// subject's list or is not opened, and the oldest of 30 in the list ends for it.
// Empty: it is in nobody's list.
//
// It costs a read and a write; with a device twice that, again as often as
// somebody else writes the list in between (up to 40 times). Where the list has
// 30, it reads each of them, too, to see which have ended.
func (s *Sessions) Open(ctx context.Context, subject string, profile []byte, checked time.Time, device string) (ID, error) {
	id := ID{opaque.New()}
	now := s.cfg.Now()
	err := s.put(ctx, id, record{Subject: subject, Profile: profile, Checked: checked, Opened: now, Used: now})
	// A conflict on a fresh 256-bit key is our own write, retried by the
	// store's client after its answer was lost.
	if err != nil && !errors.Is(err, state.ErrConflict) {
		return ID{}, fmt.Errorf("opening a session: %w", err)
	}
	// Only now: what ends all sessions later finds this one stored.
	ended, _, err := s.endedUpTo(ctx, subject)
	if err != nil {
		return ID{}, fmt.Errorf("opening a session: %w", err)
	}
	if !checked.After(ended) {
		return ID{}, ErrNone
	}
	if device == "" {
		return id, nil
	}
	mine := entry{Hash: id.hash(), Name: strings.ToValidUTF8(device[:min(len(device), mostName)], ""), Opened: now}
	if err := s.enlist(ctx, subject, mine, ended); err != nil {
		// Nobody gets its id. If the list has it after all, nothing is to be there.
		_, _ = s.cfg.Store.Consume(ctx, id.key())
		return ID{}, fmt.Errorf("opening a session: %w", err)
	}
	return id, nil
}

// Find returns the live session of id and notes that it was used. It returns
// ErrNone for one that has ended.
func (s *Sessions) Find(ctx context.Context, id ID) (Session, error) {
	r, err := s.read(ctx, id.key())
	if errors.Is(err, ErrNone) {
		return Session{}, ErrNone
	}
	if err != nil {
		return Session{}, fmt.Errorf("finding a session: %w", err)
	}
	ended, _, err := s.endedUpTo(ctx, r.Subject)
	if err != nil {
		return Session{}, fmt.Errorf("finding a session: %w", err)
	}
	if !r.Checked.After(ended) {
		return Session{}, ErrNone
	}
	if now := s.cfg.Now(); now.Sub(r.Used) >= s.cfg.Idle/touchShare {
		r.Used = now
		// Best effort: a use that is not noted only ends the session sooner,
		// and one that lost a race was noted, or ended, by the winner.
		_ = s.put(ctx, id, r)
	}
	return Session{Subject: r.Subject, Profile: r.Profile}, nil
}

// End ends the session of id and returns it. It returns ErrNone if there was
// none to end.
func (s *Sessions) End(ctx context.Context, id ID) (Session, error) {
	item, err := s.cfg.Store.Consume(ctx, id.key())
	if errors.Is(err, state.ErrNotFound) {
		return Session{}, ErrNone
	}
	if err != nil {
		return Session{}, fmt.Errorf("ending a session: %w", err)
	}
	var r record
	_ = json.Unmarshal(item.Value, &r) // it is ended, whosever it was
	return Session{Subject: r.Subject, Profile: r.Profile}, nil
}

// EndAll ends every session of subject whose account was checked up to now: for
// a disabled account or a changed password. It reads one item and writes one.
func (s *Sessions) EndAll(ctx context.Context, subject string) error {
	_, _, err := s.end(ctx, subject, nil)
	return err
}

// EndedSince tells whether EndAll, EndOthers or EndAllBut ended subject's sessions after since.
func (s *Sessions) EndedSince(ctx context.Context, subject string, since time.Time) (bool, error) {
	ended, _, err := s.endedUpTo(ctx, subject)
	if err != nil {
		return false, fmt.Errorf("looking for ended sessions: %w", err)
	}
	return ended.After(since), nil
}

// EndOthers does the same for all sessions but the one that is about to be
// opened, whose account was checked when checked says: for a password that its
// owner has changed. It returns what to give Open in checked's place, or ErrNone
// if all were ended since checked by somebody else: then that one is not to be
// opened either.
func (s *Sessions) EndOthers(ctx context.Context, subject string, checked time.Time) (time.Time, error) {
	before, ended, err := s.end(ctx, subject, nil)
	if err == nil && !checked.After(before) {
		err = ErrNone
	}
	return ended.Add(1), err // after that, however coarse the clock
}

// end ends all sessions of subject; unless is nil, or asked with the time up to
// which they were ended before whether to return ErrNone instead. It returns that
// time and the one up to which they are ended now.
func (s *Sessions) end(ctx context.Context, subject string, unless func(before time.Time) bool) (before, now time.Time, err error) {
	var failed error // of the write of now
	for {
		stored, version, err := s.endedUpTo(ctx, subject)
		switch {
		case err != nil:
			return before, now, fmt.Errorf("ending sessions: %w", errors.Join(failed, err))
		case failed != nil && stored.Equal(now):
			return before, now, nil // it was written, and its answer was lost
		case failed != nil && !errors.Is(failed, state.ErrConflict):
			return before, now, fmt.Errorf("ending sessions: %w", failed)
		case unless != nil && unless(stored):
			return stored, stored, ErrNone
		}
		if before, now = stored, s.cfg.Now(); !before.Before(now) {
			now = before.Add(1) // what was spared by a clock ahead of this one ends, too
		}
		failed = s.cfg.Store.Put(ctx, subjectKey(subject), state.Item{
			Value: []byte(now.UTC().Format(time.RFC3339Nano)),
			// Whatever it ends has ended by itself by then.
			Expires: now.Add(MaxAbsolute),
			Version: version,
		})
		if failed == nil {
			return before, now, nil
		}
	}
}

// endedUpTo returns the time up to which subject's sessions were ended, zero
// for never, and the version of the item that says so.
func (s *Sessions) endedUpTo(ctx context.Context, subject string) (time.Time, int64, error) {
	item, err := s.cfg.Store.Get(ctx, subjectKey(subject))
	if errors.Is(err, state.ErrNotFound) {
		return time.Time{}, 0, nil
	}
	if err != nil {
		return time.Time{}, 0, err
	}
	ended, err := time.Parse(time.RFC3339Nano, string(item.Value))
	if err != nil {
		return time.Time{}, 0, fmt.Errorf("%w: the stored time does not parse", state.ErrUnavailable)
	}
	return ended, item.Version, nil
}

// read returns the session under key, unless it has ended by itself (ErrNone).
func (s *Sessions) read(ctx context.Context, key string) (record, error) {
	item, err := s.cfg.Store.Get(ctx, key)
	if errors.Is(err, state.ErrNotFound) {
		return record{}, ErrNone
	}
	if err != nil {
		return record{}, err
	}
	r := record{version: item.Version}
	// One that does not parse is of another release: sign in again.
	if json.Unmarshal(item.Value, &r) != nil || !s.cfg.Now().Before(s.endOf(r)) {
		return record{}, ErrNone
	}
	return r, nil
}

// put writes a session over the one that was read, or a new one.
func (s *Sessions) put(ctx context.Context, id ID, r record) error {
	value, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encoding a session: %w", err)
	}
	return s.cfg.Store.Put(ctx, id.key(), state.Item{Value: value, Expires: s.endOf(r), Version: r.version})
}

// endOf is when the session of r ends by itself.
func (s *Sessions) endOf(r record) time.Time {
	idle, absolute := r.Used.Add(s.cfg.Idle), r.Opened.Add(s.cfg.Absolute)
	if idle.Before(absolute) {
		return idle
	}
	return absolute
}

// subjectKey hashes the subject: directories choose IDs freely.
func subjectKey(subject string) string { return "ended#" + hashOf(subject) }
