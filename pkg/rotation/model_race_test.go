package rotation_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// moment is a state of acts that are under way at once. Two that are the same have
// the same future.
type moment struct {
	w      world
	at     [3]int32
	taken  [3]slotSet
	saw    [3][3]slot
	marked [3][2]slot // what waited, and what was confirmed
}

type race struct {
	x    *explorer
	from world
	seen map[moment]bool
	// trail is what led to where it is.
	trail []beat
}

// TestTheMachineRacing lets every two acts happen at once, call by call in every
// order, each of them crashing anywhere, with an edit in the console at any moment
// or none, in every world that can be reached so or by a crowd of them.
func TestTheMachineRacing(t *testing.T) {
	x := explore(t)
	x.races()
	byTwo := slices.Collect(maps.Keys(x.known))
	slices.SortFunc(byTwo, func(a, b world) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	acted, lost := x.crowds(byTwo)
	x.races()
	t.Logf("%d worlds, %d of them without a crowd", len(x.known), len(byTwo))
	t.Logf("%d races with %d moments; %d acts in crowds, %d calls of which were lost", x.pairs, x.moments, acted, lost)
	t.Logf("%d calls, %d different runs", x.calls, x.m.nodes)
}

// races lets every two acts, and an edit, race in every world.
func (x *explorer) races() {
	r := race{x: x, seen: map[moment]bool{}}
	for len(x.todo) > 0 && !x.t.Failed() {
		w := x.todo[0]
		x.todo = x.todo[1:]
		free := w.free()
		x.wayBack(w, free)
		one, other := racers(w, free), racers(w, free+1)
		for i, a := range one {
			for _, b := range other[i:] {
				x.pairs++
				clear(r.seen)
				r.from = w
				r.goOn(w, []process{x.start(a), x.start(b), x.start(act{name: "edit", v: free + 2})})
				x.moments += len(r.seen)
			}
		}
	}
}

// racers are the acts and events that write.
func racers(w world, free slot) []act {
	return append(events(free), slices.DeleteFunc(acts(w, free), func(a act) bool { return a.name == "setSecret" || a.name == "testSecret" })...)
}

// goOn follows every order in which the acts may go on.
func (r *race) goOn(w world, all []process) {
	now := moment{w: w}
	for i, p := range all {
		if !p.at.ended {
			now.at[i], now.taken[i], now.saw[i], now.marked[i] = p.at.id, p.taken, p.saw, [2]slot{p.waited, p.confirmed}
		}
	}
	if r.seen[now] {
		return
	}
	r.seen[now] = true
	r.x.found(w) // all crash
	for i, p := range all {
		if p.at.ended {
			continue
		}
		r.trail = append(r.trail, beat{act: p.at.act, call: p.at.call})
		after, q, wrong := r.x.step(w, p)
		if wrong != "" {
			r.x.wrong(r.from, r.trail, wrong)
		} else {
			all[i] = q
			r.goOn(after, all)
			all[i] = p
		}
		r.trail = r.trail[:len(r.trail)-1]
	}
}
