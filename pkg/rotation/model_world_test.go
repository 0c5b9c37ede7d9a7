package rotation_test

import (
	"fmt"
	"strings"
)

// The model has one secret, whose state is a value: copied at each turn, and
// compared to know it again. It behaves as rotationtest.Store does.

// slot stands for a version, and none for no version.
type slot int8

const (
	none slot = -1
	// slots bound how many versions there are at a time; the last one is gone,
	// a version without a label of which somebody may know from long ago.
	slots      = 12
	gone  slot = slots - 1
)

// label is one of the three.
type label uint8

const (
	current label = iota
	pending
	previous
)

// What became of a version, which the machine does not see.
const (
	accepted uint8 = 1 << iota // Deskpro was seen to have it
	turned                     // it is or was current
	taken                      // it was discarded, or has leaked
	dropped                    // it had no label for a time
)

type version struct {
	val  int8 // what it is, 0 for no value
	made int8 // in which order
	past uint8
}

type world struct {
	v     [slots]version
	at    [3]slot // by label: the store sees to it that each is on one version only
	tag   slot    // whom ConfirmedTag names
	clock int8
}

func newWorld() world {
	w := world{at: [3]slot{0, none, none}, tag: none, clock: 1}
	w.v[0] = version{val: 1, made: 1, past: turned}
	w.v[gone] = version{val: slots, past: taken}
	return w
}

func (w *world) waiting() slot {
	if p := w.at[pending]; p != w.at[current] && p != w.at[previous] {
		return p
	}
	return none
}

func (w *world) labels(s slot) (n int) {
	for _, at := range w.at {
		if at == s {
			n++
		}
	}
	return n
}

func (w *world) makeCurrent(s slot) {
	if before := w.at[current]; before != s {
		last := w.at[previous]
		w.at[previous], w.at[current] = before, s
		w.drop(last)
	}
	w.v[s].past |= turned
}

// drop marks the version if it has no label any more.
func (w *world) drop(s slot) {
	if s != none && w.labels(s) == 0 {
		w.v[s].past |= dropped
	}
}

// revert is what an administrator does by hand, who knows nothing of the machine.
func (w *world) revert() {
	if p := w.at[previous]; p != none {
		w.makeCurrent(p)
	}
}

// store gives the version in s a value of its own.
func (w *world) store(s slot, val int8) {
	w.clock++
	w.v[s].val, w.v[s].made = val, w.clock
}

// edit is an edit in the console, which s is free for.
func (w *world) edit(s slot) {
	w.store(s, int8(s)+1)
	w.makeCurrent(s)
}

// begin is "Rotate secret immediately"; it makes a version in s, or goes on with
// the one that Secrets Manager believes to be in the making.
func (w *world) begin(s slot) slot {
	if p := w.at[pending]; p != none && p != w.at[current] {
		return p
	}
	w.at[pending] = s // on a current one before
	return s
}

// see is that Deskpro is seen to have what waits.
func (w *world) see() {
	if p := w.waiting(); p != none && w.v[p].val != 0 {
		w.v[p].past |= accepted
	}
}

// slotSet are versions.
type slotSet uint16

func (set slotSet) has(s slot) bool { return s != none && set&(1<<s) != 0 }

// with are those that have the past.
func (w *world) with(past uint8) (set slotSet) {
	for s := range w.v {
		if w.v[s].past&past != 0 {
			set |= 1 << s
		}
	}
	return set
}

// free is the first of a canonical world that nothing is in, nor in any up to gone.
func (w *world) free() slot {
	for s := range gone {
		if w.v[s] == (version{}) && w.labels(s) == 0 && w.tag != s {
			return s
		}
	}
	return gone
}

// canonical is the same state as any other that nobody could tell from it:
// versions are numbered by their labels, and those that nothing leads to are left
// out, since their ids are nobody's.
func (w world) canonical() world {
	out := world{at: [3]slot{none, none, none}, tag: none}
	out.v[gone] = w.v[gone]
	place := map[slot]slot{none: none, gone: gone}
	vals := map[int8]int8{0: 0}
	next := slot(0)
	for _, s := range []slot{w.at[current], w.at[pending], w.at[previous], w.tag} {
		if _, ok := place[s]; ok {
			continue
		}
		v := w.v[s]
		switch _, same := vals[v.val]; {
		case w.labels(s) == 0: // nobody reads it
			v = version{val: int8(next) + 1, past: taken}
		case !same:
			vals[v.val] = int8(next) + 1
			fallthrough
		default:
			v.val = vals[v.val]
			switch s {
			case w.at[current], w.at[previous]:
				v.past = turned
			default:
				v.past &= accepted
			}
		}
		place[s], out.v[next] = next, v
		next++
	}
	for l := range out.at {
		out.at[l] = place[w.at[l]]
	}
	out.tag = place[w.tag]
	// The order in which they were made, and nothing else of it.
	before := out.v
	for i := range next {
		if before[i].made != 0 {
			out.v[i].made = 1
			for j := range next {
				if made := before[j].made; made != 0 && made < before[i].made {
					out.v[i].made++
				}
			}
			out.clock = max(out.clock, out.v[i].made)
		}
	}
	return out
}

func (w world) String() string {
	var b strings.Builder
	for s := range slot(slots - 1) {
		v := w.v[s]
		if v.val == 0 && w.labels(s) == 0 {
			continue
		}
		fmt.Fprintf(&b, " v%d(value %d made %d", s, v.val, v.made)
		for l, name := range []string{"current", "pending", "previous"} {
			if w.at[l] == s {
				b.WriteString(" " + name)
			}
		}
		for i, name := range []string{"accepted", "turned", "taken", "dropped"} {
			if v.past&(1<<i) != 0 {
				b.WriteString(" " + name)
			}
		}
		if w.tag == s {
			b.WriteString(" confirmed")
		}
		b.WriteString(")")
	}
	return strings.TrimSpace(b.String())
}
