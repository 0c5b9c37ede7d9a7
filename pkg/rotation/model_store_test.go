package rotation_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/rotation"
	"deskpro-login/pkg/rotation/rotationtest"
)

// TestTheModelsWorldIsTheStoreOfTheContract does the same calls to both.
func TestTheModelsWorldIsTheStoreOfTheContract(t *testing.T) {
	const name = "s"
	labels := []string{rotation.Current, rotation.Pending, rotation.Previous}
	calls := 0
	for seed := range 300 {
		random := rand.New(rand.NewPCG(uint64(seed), 1))
		w, now := newWorld(), dawn
		store := &rotationtest.Store{Now: func() time.Time { now = now.Add(time.Second); return now }}
		store.Create(name, idOf(0), keyOf(1))
		used := slot(1)
		for range 40 {
			calls++
			p := process{at: &node{act: act{name: "Stage", v: none}}, waited: none, confirmed: none}
			s := slot(random.IntN(int(used)))
			c := call{from: none, to: s}
			var err error
			switch random.IntN(6) {
			case 0:
				c.method = put
				if used < gone && random.IntN(2) == 0 {
					c.to, used = used, used+1
				}
				p.at.act.val = int8(c.to) + 1 + int8(random.IntN(2))
				err = store.Put(t.Context(), name, idOf(c.to), redact.New(keyOf(p.at.act.val)))
			case 1, 2:
				c.method, c.label, c.from = move, label(random.IntN(3)), slot(random.IntN(int(used)+1)-1)
				if c.label != current && random.IntN(2) == 0 {
					c.to = none
				}
				if c.from == none && c.to == none {
					continue
				}
				err = store.Move(t.Context(), name, labels[c.label], idOf(c.from), idOf(c.to))
			case 3:
				c.method = tag
				c.to = slot(random.IntN(int(used)+1) - 1)
				err = store.Tag(t.Context(), name, rotation.ConfirmedTag, idOf(c.to))
			case 4:
				if used == gone {
					continue
				}
				c.method, c.to, used = edit, used, used+1
				store.Edit(name, idOf(c.to), keyOf(int8(c.to)+1))
			case 5:
				if used == gone {
					continue
				}
				c.method, c.to = begin, used
				if store.Begin(name, idOf(c.to)) == idOf(used) {
					used++
				}
			}
			p.at.call = c
			if got, _ := p.do(&w); got.err != outcomeOf(err) {
				t.Fatalf("seed %d: %v: the model says %v, the store %v", seed, c, got.err, err)
			}
			d, err := store.Describe(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			for l, label := range labels {
				if idOf(w.at[l]) != d.At(label) {
					t.Fatalf("seed %d: after %v the model has %s on %q, the store on %q", seed, c, label, idOf(w.at[l]), d.At(label))
				}
			}
			if d.Tags[rotation.ConfirmedTag] != idOf(w.tag) || d.Waiting() != idOf(w.waiting()) {
				t.Fatalf("seed %d: after %v the model is %v, the store %+v", seed, c, w, d)
			}
			values := map[slot]rotation.Value{}
			for s := range used {
				value, err := store.Value(t.Context(), name, idOf(s))
				if err != nil && !errors.Is(err, rotation.ErrNoValue) {
					t.Fatal(err)
				}
				if val := w.v[s].val; (err == nil) != (val != 0) || err == nil && value.Text.Reveal() != keyOf(val) {
					t.Fatalf("seed %d: after %v the model is %v, the value of v%d in the store %q, %v", seed, c, w, s, value.Text.Reveal(), err)
				}
				for o, other := range values {
					if value.Made.After(other.Made) != (w.v[s].made > w.v[o].made) {
						t.Fatalf("seed %d: after %v the model and the store differ in which of v%d and v%d is newer", seed, c, s, o)
					}
				}
				if err == nil {
					values[s] = value
				}
			}
		}
	}
	t.Logf("%d calls", calls)
}
