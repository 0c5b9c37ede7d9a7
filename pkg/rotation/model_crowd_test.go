package rotation_test

import (
	"math/rand/v2"
	"slices"

	"deskpro-login/pkg/rotation"
)

const (
	// walks begin in each world, each with a crowd of acts and events of which
	// some are under way at once.
	walks, crowd, lanes = 60, 7, 4
)

// crowds lets several acts and events overlap in any way, with answers that are
// lost, calls that never happen and crashes. Each has the same dice every time.
func (x *explorer) crowds(known []world) (acted, lost int) {
	for n, from := range known {
		for walk := range walks {
			random := rand.New(rand.NewPCG(uint64(n), uint64(walk)))
			w, free, left := from, from.free(), crowd
			var trail []beat
			var all []process
			for left > 0 || len(all) > 0 {
				if left > 0 && len(all) < lanes && (len(all) == 0 || random.IntN(3) == 0) {
					all = append(all, x.start(choose(random, w, free)))
					left, free, acted = left-1, free+1, acted+1
				}
				i := random.IntN(len(all))
				p := all[i]
				trail = append(trail, beat{act: p.at.act, call: p.at.call})
				after, q, wrong := x.step(w, p)
				if wrong != "" {
					x.wrong(from, trail, wrong)
					break
				}
				switch random.IntN(50) {
				case 0: // it never happened
					after = w
					fallthrough
				case 1: // it happened, and nobody was told
					q.at = x.m.next(p.at, answer{err: unavailable, at: [3]slot{none, none, none}, tag: none})
					lost++
				}
				w, all[i] = after, q
				if q.at.ended || random.IntN(50) == 0 { // or it crashes
					all = slices.Delete(all, i, i+1)
				}
			}
			x.found(w)
		}
	}
	return acted, lost
}

// choose returns an act or an event, mostly one that can come to something.
func choose(random *rand.Rand, w world, free slot) act {
	pick := func(from ...slot) slot { return from[random.IntN(len(from))] }
	names := []string{"Stage", "Confirm", "Promote", "Rollback", "Discard", "createSecret", "finishSecret", "PromoteAccepted", "edit", "begin", "see", "revert"}
	a := act{name: names[random.IntN(len(names))], v: w.at[pending]}
	if a.v == none || random.IntN(6) == 0 {
		a.v = pick(gone, w.at[current], w.at[current], max(w.at[previous], 0), max(w.tag, 0))
	}
	switch a.name {
	case "Stage":
		a.v, a.val = free, int8(free)+1
	case "edit", "begin":
		a.v = free
	case "PromoteAccepted", "see", "revert":
		a.v = none
	case "Rollback":
		a.from, a.v = w.at[current], pick(w.at[previous], w.at[previous], w.at[previous], gone)
	case "Promote":
		a.how = rotation.How{Unconfirmed: random.IntN(4) == 0, Leaked: random.IntN(3) == 0}
	}
	return a
}
