package bounce

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"deskpro-login/pkg/state"
)

const (
	// keep is how long a door's evidence stays without being added to.
	keep = 30 * 24 * time.Hour
	// maxPeople of each of maxVersions bound it: the latest count.
	maxPeople   = 32
	maxVersions = 4
	// maxNewcomers is how many people a version gets within Window, of however
	// many there are. Otherwise it would be too early to tell of all of a busy
	// door's latest, and its item would be written by everybody.
	maxNewcomers = maxPeople / 2
	// attempts at a write that others are making, too. One that is lost is one
	// person's word fewer.
	attempts = 3
)

// Ledger counts, over a state.Store, whom Deskpro let in with which version of a
// door's secret, while it may have one or the other: first tokens are not in it,
// only those that follow a bounce, and what came before them.
//
// What it says of one person that person can make up, and so can a page that they
// open, by sending their browser here. Safe for concurrent use.
type Ledger struct {
	store state.Store
	now   func() time.Time
}

// NewLedger takes the clock; nil means time.Now.
func NewLedger(store state.Store, now func() time.Time) *Ledger {
	if now == nil {
		now = time.Now
	}
	return &Ledger{store, now}
}

// Evidence is what some of the latest of those people show about a version.
type Evidence struct {
	// Accepted are those who did not come back within Window, Refused those who
	// did, and Waiting those of whom it is too early to tell.
	Accepted, Refused, Waiting int
	// Latest is the last time at which one of them was sent with it, or came back,
	// to the second.
	Latest time.Time
}

// record is a door's evidence as stored. People are marks of their IDs: who has
// the IDs can tell whose.
type record struct {
	Versions []versionRecord `json:"versions"` // the latest last
}

type versionRecord struct {
	Version string         `json:"version"`
	People  []personRecord `json:"people"` // the latest last
}

type personRecord struct {
	Who     mark      `json:"who"`
	At      time.Time `json:"at"`
	Refused bool      `json:"refused,omitempty"`
}

// Bounced notes that the person came back with a token of the version refused
// and was given one of the version given. An empty version is left out.
func (l *Ledger) Bounced(ctx context.Context, door, person, refused, given string) error {
	var err error
	for range attempts {
		var item state.Item
		item, err = l.store.Get(ctx, ledgerKey(door))
		if err != nil && !errors.Is(err, state.ErrNotFound) {
			break
		}
		now, kept := l.now().UTC().Truncate(time.Second), decode(item.Value)
		kept.note(refused, personRecord{markOf(person), now, true})
		kept.note(given, personRecord{markOf(person), now, false})
		encoded, encodeErr := json.Marshal(kept)
		if encodeErr != nil {
			return fmt.Errorf("encoding evidence: %w", encodeErr)
		}
		if bytes.Equal(encoded, item.Value) { // one newcomer too many
			return nil
		}
		err = l.store.Put(ctx, ledgerKey(door), state.Item{Value: encoded, Expires: now.Add(keep), Version: item.Version})
		if !errors.Is(err, state.ErrConflict) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("noting a bounce: %w", err)
	}
	return nil
}

// Of returns the evidence about a version; without any, a zero one.
func (l *Ledger) Of(ctx context.Context, door, version string) (Evidence, error) {
	item, err := l.store.Get(ctx, ledgerKey(door))
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return Evidence{}, fmt.Errorf("reading evidence: %w", err)
	}
	var e Evidence
	for _, v := range decode(item.Value).Versions {
		if v.Version != version {
			continue
		}
		for _, p := range v.People {
			switch {
			case p.Refused:
				e.Refused++
			case p.recent(l.now()):
				e.Waiting++
			default:
				e.Accepted++
			}
			if p.At.After(e.Latest) {
				e.Latest = p.At
			}
		}
	}
	return e, nil
}

func ledgerKey(door string) string { return "bounces#" + door }

// decode takes what is none of ours, as another release's, for nothing.
func decode(value []byte) record {
	var r record
	if json.Unmarshal(value, &r) != nil {
		return record{}
	}
	return r
}

func (r *record) note(version string, p personRecord) {
	if version == "" {
		return
	}
	v := versionRecord{Version: version}
	if i := slices.IndexFunc(r.Versions, func(v versionRecord) bool { return v.Version == version }); i >= 0 {
		v = r.Versions[i]
		r.Versions = slices.Delete(r.Versions, i, i+1)
	}
	v.put(p)
	r.Versions = append(r.Versions, v)
	r.Versions = r.Versions[max(0, len(r.Versions)-maxVersions):]
}

func (v *versionRecord) put(p personRecord) {
	others := slices.DeleteFunc(slices.Clone(v.People), func(other personRecord) bool { return other.Who == p.Who })
	if len(others) == len(v.People) && !v.admits(p) {
		return
	}
	v.People = append(others, p)
	v.People = v.People[max(0, len(v.People)-maxPeople):]
}

// admits tells whether p, a newcomer, is counted. Of who was given the version
// and left out the refusal is left out, too: else it would have more of them.
func (v *versionRecord) admits(p personRecord) bool {
	recent, waiting := 0, 0
	for _, other := range v.People {
		switch {
		case !other.recent(p.At):
		case other.Refused:
			recent++
		default:
			recent++
			waiting++
		}
	}
	return recent < maxNewcomers && !(p.Refused && waiting > 0)
}

// recent tells whether p may still come back.
func (p personRecord) recent(now time.Time) bool { return now.Sub(p.At) <= Window }

// Accepts reports whether e says that Deskpro has the version: at least so many
// people came in with it, and more than were refused.
func (e Evidence) Accepts(people int) bool { return e.Accepted >= people && e.Accepted > e.Refused }
