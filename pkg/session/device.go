package session

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"deskpro-login/pkg/state"
)

const (
	// mostDevices is how many live sessions a subject's list may have: one more
	// ends the oldest.
	mostDevices = 30
	// mostName bounds a device's name, in bytes.
	mostName = 64
	// mostTries is how often an item is written that others write at the same
	// time. Each time one of them has succeeded, so that it is also how many
	// sign-ins of one subject may end in the same moment.
	mostTries = 40
)

// Device is a live session as its own subject sees it. Nobody can sign in with
// what is in it.
type Device struct {
	// Handle tells it from the subject's others; see Listed.
	Handle string
	// Name is what Open was told of the browser, which may have lied.
	Name         string
	Opened, Used time.Time
	// Current is the one that asks.
	Current bool
}

// entry is a session in its subject's list.
type entry struct {
	// Hash is its key without the prefix, so that no list leads to another item.
	Hash   string    `json:"hash"`
	Name   string    `json:"name"`
	Opened time.Time `json:"opened"`
}

func (e entry) key() string    { return sessionPrefix + e.Hash }
func (e entry) handle() string { return e.Hash[:handleLength] }

func devicesKey(subject string) string { return "devices#" + hashOf(subject) }

// enlist puts a session that was opened just now into its subject's list. ended
// is up to when its sessions were ended.
func (s *Sessions) enlist(ctx context.Context, subject string, mine entry, ended time.Time) error {
	var failed error // of the last write
	for range mostTries {
		list, version, err := s.list(ctx, subject)
		switch {
		case err != nil:
			return errors.Join(failed, err)
		case slices.ContainsFunc(list, func(e entry) bool { return e.Hash == mine.Hash }):
			return nil // it was written, and its answer was lost
		case failed != nil && !errors.Is(failed, state.ErrConflict):
			return failed
		}
		if list, err = s.room(ctx, list, ended); err != nil {
			return err
		}
		value, err := json.Marshal(append(list, mine))
		if err != nil {
			return fmt.Errorf("encoding a list of sessions: %w", err)
		}
		failed = s.cfg.Store.Put(ctx, devicesKey(subject), state.Item{
			// Whatever it lists has ended by itself by then.
			Value: value, Expires: s.cfg.Now().Add(s.cfg.Absolute), Version: version,
		})
		if failed == nil {
			return nil
		}
	}
	return fmt.Errorf("%w: a list of sessions keeps changing", state.ErrUnavailable)
}

// list reads a subject's list, oldest first, without what has ended by its age.
// One of another release begins anew.
func (s *Sessions) list(ctx context.Context, subject string) ([]entry, int64, error) {
	item, err := s.cfg.Store.Get(ctx, devicesKey(subject))
	if errors.Is(err, state.ErrNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	var list []entry
	if json.Unmarshal(item.Value, &list) != nil {
		return nil, item.Version, nil
	}
	now := s.cfg.Now()
	list = slices.DeleteFunc(list, func(e entry) bool {
		return len(e.Hash) != 2*sha256.Size || !now.Before(e.Opened.Add(s.cfg.Absolute))
	})
	return list, item.Version, nil
}

// room makes room for one more in a full list: without those that have ended and,
// if that is not enough, by ending the oldest.
func (s *Sessions) room(ctx context.Context, list []entry, ended time.Time) ([]entry, error) {
	if len(list) < mostDevices {
		return list, nil
	}
	var live []entry
	for _, e := range list {
		r, err := s.read(ctx, e.key())
		switch {
		case err == nil && r.Checked.After(ended):
			live = append(live, e)
		case err != nil && !errors.Is(err, ErrNone):
			return nil, err
		}
	}
	for len(live) >= mostDevices {
		if err := s.EndListed(ctx, Listed{key: live[0].key()}); err != nil && !errors.Is(err, ErrNone) {
			return nil, err
		}
		live = live[1:]
	}
	return live, nil
}

// Devices returns the live sessions of subject that were opened with a device, and
// the current one in any case: that one first, the others by their last use. It
// reads two items and one for each session in the list, which has at most 30.
func (s *Sessions) Devices(ctx context.Context, subject string, current ID) ([]Device, error) {
	list, _, err := s.list(ctx, subject)
	if err != nil {
		return nil, fmt.Errorf("listing devices: %w", err)
	}
	ended, _, err := s.endedUpTo(ctx, subject)
	if err != nil {
		return nil, fmt.Errorf("listing devices: %w", err)
	}
	mine := current.hash()
	if !slices.ContainsFunc(list, func(e entry) bool { return e.Hash == mine }) {
		list = append(list, entry{Hash: mine})
	}
	var devices []Device
	for _, e := range list {
		r, err := s.read(ctx, e.key())
		switch {
		case errors.Is(err, ErrNone):
			continue
		case err != nil:
			return nil, fmt.Errorf("listing devices: %w", err)
		case r.Subject != subject || !r.Checked.After(ended):
			continue
		}
		devices = append(devices, Device{Handle: e.handle(), Name: e.Name, Opened: r.Opened, Used: r.Used, Current: e.Hash == mine})
	}
	slices.SortStableFunc(devices, func(a, b Device) int {
		switch {
		case a.Current:
			return -1
		case b.Current:
			return 1
		}
		return b.Used.Compare(a.Used)
	})
	return devices, nil
}

// EndDevice ends the one session in subject's list that has this handle, or returns
// ErrNone: also for a handle of somebody else's. It reads one item and removes one;
// Devices leaves out what has ended, so that the list need not be written.
func (s *Sessions) EndDevice(ctx context.Context, subject, handle string) error {
	list, _, err := s.list(ctx, subject)
	if err != nil {
		return fmt.Errorf("ending a device's session: %w", err)
	}
	list = slices.DeleteFunc(list, func(e entry) bool { return e.handle() != handle })
	if len(list) != 1 {
		return ErrNone
	}
	return s.EndListed(ctx, Listed{key: list[0].key()})
}

// EndAllBut ends all sessions of id's subject but that of id, whether they are in
// its list or not, as EndAll does; a sign-in that is under way ends with them. If
// that of id has ended, it ends nothing and returns ErrNone, which it also returns
// if that of id is signed out meanwhile. It reads two items and writes two, and
// again as often as somebody else writes them in between.
//
// For a moment between the writes that of id has ended as well, and Find returns
// ErrNone. It stays so if the second fails: its person signs in again.
func (s *Sessions) EndAllBut(ctx context.Context, id ID) error {
	r, err := s.read(ctx, id.key())
	if err != nil {
		return otherThanNone("ending other sessions", err)
	}
	_, ended, err := s.end(ctx, r.Subject, func(before time.Time) bool { return !r.Checked.After(before) })
	if err != nil {
		return err
	}
	for range mostTries {
		r.Checked = ended.Add(1) // after that, however coarse the clock
		failed := s.put(ctx, id, r)
		if failed == nil {
			return nil
		}
		r, err = s.read(ctx, id.key())
		switch {
		case err != nil:
			return otherThanNone("ending other sessions", errors.Join(failed, err))
		case r.Checked.After(ended):
			return nil // it was written, and its answer was lost
		case !errors.Is(failed, state.ErrConflict):
			return fmt.Errorf("ending other sessions: %w", failed)
		}
		// Its use was noted meanwhile.
	}
	return fmt.Errorf("%w: a session keeps changing", state.ErrUnavailable)
}

// otherThanNone says what was being done when err occurred, unless that is ErrNone.
func otherThanNone(doing string, err error) error {
	if errors.Is(err, ErrNone) {
		return ErrNone
	}
	return fmt.Errorf("%s: %w", doing, err)
}
