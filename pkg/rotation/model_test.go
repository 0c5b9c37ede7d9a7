package rotation_test

import (
	"fmt"
	"strings"
	"testing"

	"deskpro-login/pkg/rotation"
)

// process is an act that is under way.
type process struct {
	at *node
	// looked: it has seen the world, in which some had been taken away, and which
	// versions had a label, waited and were confirmed.
	looked            bool
	taken             slotSet
	saw               [3]slot
	waited, confirmed slot
	// withdrew: it has taken a confirmation away.
	withdrew bool
}

// do makes the process's next call in the world, and returns what it must never
// have done.
func (p *process) do(w *world) (got answer, wrong string) {
	a, c := p.at.act, p.at.call
	got = answer{at: [3]slot{none, none, none}, tag: none}
	switch c.method {
	case describe:
		got.at, got.tag = w.at, w.tag
		if !p.looked {
			p.looked, p.taken, p.saw, p.waited, p.confirmed = true, w.with(taken), w.at, w.waiting(), w.tag
		}
	case value:
		if got.val, got.day = w.v[c.to].val, w.v[c.to].made; got.val == 0 {
			got.err = noValue
		}
	case asked:
		got.yes = w.v[c.to].past&accepted != 0
	case put:
		val := int8(c.to) + 1
		if a.name == "Stage" {
			val = a.val
		}
		if has := w.v[c.to].val; has != 0 {
			if has != val || a.name == "createSecret" { // which makes up another
				got.err = conflict
			}
			break
		}
		if p.taken.has(c.to) && w.with(taken).has(c.to) {
			wrong = "gave a label to what was taken away"
		}
		if p.waited != none && p.waited != c.to && p.waited == w.waiting() {
			wrong = "took the place of what waits"
		}
		w.store(c.to, val)
		w.v[c.to].past &^= taken
		last := w.at[pending]
		w.at[pending] = c.to
		w.drop(last)
	case move:
		at := w.at[c.label]
		switch {
		case at == c.to && (c.label != current || w.at[previous] == c.from):
			return got, ""
		case at != c.from:
			got.err = conflict
			return got, ""
		}
		wrong = p.moves(w, c)
		switch c.label {
		case current:
			w.makeCurrent(c.to)
		default:
			w.at[c.label] = c.to
		}
		w.drop(c.from)
		if c.to != none {
			w.v[c.to].past &^= taken
		} else if (a.name == "Discard" || c.label == previous) && w.labels(c.from) == 0 {
			w.v[c.from].past |= taken
		}
	case edit:
		w.edit(c.to)
	case begin:
		w.begin(c.to)
	case see:
		w.see()
	case revert:
		w.revert()
	case tag:
		w.tag = c.to
		p.withdrew = c.to == none
		if c.to != none && (a.name != "Confirm" || p.waited != c.to) {
			wrong = "confirmed what did not wait"
		}
	}
	return got, wrong
}

// moves returns what is wrong with a move that is about to happen.
func (p *process) moves(w *world, c call) string {
	a := p.at.act
	switch {
	case p.taken.has(c.to) && w.with(taken).has(c.to):
		return "gave a label to what was taken away"
	case c.to == none && c.label == current:
		return "left no version current"
	case c.to == none && c.label == previous && !a.how.Leaked:
		return "took the previous version away"
	case c.to == none && c.label == pending && a.name != "Discard" && w.v[c.from].past&turned == 0:
		return "took away what waits"
	case c.to == none:
		return ""
	case c.label != current:
		return "moved a label that is not current"
	case w.v[c.to].val == 0:
		return "made a version without a value current"
	case a.name == "Rollback" && w.v[c.to].past&turned == 0:
		return "went back to what never was current"
	case a.name == "Rollback" && (p.confirmed != none && !p.withdrew || p.saw[pending] == c.from && w.at[pending] == c.from):
		return "went back before it was disarmed"
	case a.name == "Rollback":
		return ""
	case a.name != "Promote" && !a.byFunction():
		return "made a version current"
	case p.waited != c.to:
		return "made current what did not wait"
	case a.how.Unconfirmed:
		return ""
	case p.confirmed != c.to && w.v[c.to].past&accepted == 0:
		return "made current what nobody confirmed"
	case w.v[c.to].made < w.v[w.at[current]].made:
		return "made current what an edit overtook"
	}
	return ""
}

// events are what happens without the machine: an edit in the console, a rotation
// that Secrets Manager begins, that Deskpro is seen to have what waits, and that
// an administrator moves the label of the current version back.
func events(free slot) []act {
	return []act{{name: "edit", v: free}, {name: "begin", v: free}, {name: "see", v: none}, {name: "revert", v: none}}
}

// acts are all that there may be in a world, of the versions that somebody may
// know of.
func acts(w world, free slot) []act {
	targets := []slot{gone}
	for s := range free {
		if w.labels(s) > 0 || w.tag == s {
			targets = append(targets, s)
		}
	}
	all := []act{{name: "Stage", v: free, val: int8(free) + 1}, {name: "PromoteAccepted", v: none}}
	if p := w.at[pending]; p != none && w.v[p].val != 0 {
		all = append(all, act{name: "Stage", v: free, val: w.v[p].val})
	}
	for _, v := range targets {
		for _, name := range []string{"createSecret", "setSecret", "testSecret", "finishSecret", "Confirm", "Discard"} {
			all = append(all, act{name: name, v: v})
		}
		for i := range 4 {
			all = append(all, act{name: "Promote", v: v, how: rotation.How{Unconfirmed: i&1 != 0, Leaked: i&2 != 0}})
		}
		for _, from := range targets {
			if v != from && (w.at[current] == v || w.at[current] == from) {
				all = append(all, act{name: "Rollback", v: v, from: from})
			}
		}
	}
	return all
}

type explorer struct {
	t *testing.T
	m *machine
	// known are the worlds found so far, and todo those not yet looked at.
	known map[world]bool
	todo  []world

	calls, pairs, moments int
	wrongs                int
}

func explore(t *testing.T) *explorer {
	x := &explorer{t: t, m: newMachine(), known: map[world]bool{}}
	x.found(newWorld())
	return x
}

func (x *explorer) found(w world) {
	w = w.canonical()
	if !x.known[w] {
		x.known[w] = true
		x.todo = append(x.todo, w)
	}
}

// beat is a call on the way, or what there is to say about it.
type beat struct {
	act  act
	call call
	note string
}

func note(words ...any) beat { return beat{note: fmt.Sprint(words...)} }

func (x *explorer) wrong(from world, trail []beat, what string) {
	if x.wrongs++; x.wrongs > 5 {
		return
	}
	var b strings.Builder
	for _, beat := range trail {
		if b.WriteString("\n\t" + beat.note); beat.note == "" {
			fmt.Fprintf(&b, "%v: %v", beat.act, beat.call)
		}
	}
	x.t.Errorf("%s\n\tat first: %v%s", what, from, b.String())
}

// start returns the act before its first call.
func (x *explorer) start(a act) process {
	return process{at: x.m.begin(a), waited: none, confirmed: none}
}

// step lets a process make its next call.
func (x *explorer) step(w world, p process) (world, process, string) {
	x.calls++
	got, wrong := p.do(&w)
	p.at = x.m.next(p.at, got)
	if wrong == "" && p.at.ended && p.at.end == fine {
		wrong = p.done(w)
	}
	return w, p, wrong
}

// done returns what is wrong with an act that ends well in the world.
func (p *process) done(w world) string {
	a := p.at.act
	was := func(s slot, past uint8) bool { return s != none && w.v[s].past&past != 0 }
	before := p.saw[current]
	if before == a.v {
		before = p.saw[previous]
	}
	switch {
	case a.name == "Discard" && p.saw[pending] != a.v:
		return "said that it waited"
	case (a.name == "Promote" || a.name == "Rollback" || a.name == "finishSecret") && !was(a.v, turned):
		return "said that it became current"
	case a.how.Leaked && before != none && !was(before, dropped):
		return "said that what leaked is gone"
	case a.name == "createSecret" && w.v[a.v].val == 0:
		return "said that it has a value"
	}
	return ""
}

// alone lets an act run to its end.
func (x *explorer) alone(w world, a act) (world, *node) {
	p := x.start(a)
	for !p.at.ended {
		from, call := w, p.at.call
		var wrong string
		if w, p, wrong = x.step(w, p); wrong != "" {
			x.wrong(from, []beat{{act: a, call: call}}, wrong)
		}
	}
	return w, p.at
}

// TestTheMachineAlone lets every act happen in every world that can be reached by
// acts that crash anywhere, one after the other.
func TestTheMachineAlone(t *testing.T) {
	x := explore(t)
	acted := 0
	for len(x.todo) > 0 && !t.Failed() {
		w := x.todo[0]
		x.todo = x.todo[1:]
		free := w.free()
		for _, a := range events(free) {
			end, _ := x.alone(w, a)
			x.found(end)
		}
		for _, a := range acts(w, free) {
			acted++
			end, n := x.alone(w, a)
			x.found(end)
			x.crashes(w, w, a, end.canonical(), n, 2, nil)
		}
		x.wayBack(w, free)
	}
	t.Logf("%d worlds, %d acts, %d calls, %d different runs", len(x.known), acted, x.calls, x.m.nodes)
}

// crashes lets each call of the act be its last, or its answer be lost, and then
// the act be repeated: that must lead to where it would have led at once.
func (x *explorer) crashes(from, w world, a act, want world, end *node, deep int, trail []beat) {
	p := x.start(a)
	for !p.at.ended {
		before := w
		c := p.at.call
		var wrong string
		lost := p
		w, p, wrong = x.step(w, p)
		if wrong != "" {
			x.wrong(from, append(trail, beat{act: a, call: c}), wrong)
		}
		lost.at = x.m.next(lost.at, answer{err: unavailable, at: [3]slot{none, none, none}, tag: none})
		for _, cut := range []struct {
			how string
			w   world
		}{{"never happened", before}, {"happened, and the answer was lost", w}} {
			x.moments++
			told := append(trail, note(a, ": ", c, ", which ", cut.how))
			after := cut.w
			for q := lost; !q.at.ended; { // it may go on after that
				var wrong string
				if after, q, wrong = x.step(after, q); wrong != "" {
					x.wrong(from, told, wrong)
				}
			}
			x.found(cut.w)
			x.found(after)
			again, n := x.alone(after, a)
			if again.canonical() != want || n.end != end.end && n.end != conflict && n.end != nothing && n.end != busy {
				x.wrong(from, append(told, note("repeated: ", n.end), note("now ", again), note("instead of ", want)), "a repeated act leads elsewhere")
			}
			if deep > 1 && after != from {
				x.crashes(from, after, a, want, end, deep-1, told)
			}
		}
	}
}

// wayBack: from everywhere an operator comes to rest, and from there on to a new
// current version, either way.
func (x *explorer) wayBack(from world, free slot) {
	w := from
	var trail []beat
	must := func(want outcome, a act) {
		end, n := x.alone(w, a)
		trail = append(trail, note(a, ": ", n.end))
		if w = end; n.end != want {
			x.wrong(from, append(trail, note("now ", w)), fmt.Sprintf("an act is not %q where it should be", want))
		}
	}
	if p := w.at[pending]; p != none && p != w.at[current] {
		must(fine, act{name: "Discard", v: p})
	}
	if w.waiting() != none || w.tag != none && w.tag == from.at[pending] && w.tag != w.at[current] {
		x.wrong(from, append(trail, note("now ", w)), "no rest")
	}
	rest := w
	old := w.at[current]
	must(fine, act{name: "Stage", v: free, val: int8(free) + 1})
	must(unconfirmed, act{name: "Promote", v: free})
	must(fine, act{name: "Confirm", v: free})
	must(fine, act{name: "Promote", v: free})
	if w.at != [3]slot{free, none, old} || w.tag != none {
		x.wrong(from, append(trail, note("now ", w)), "a promotion by hand did not end")
	}
	must(fine, act{name: "Stage", v: free + 1, val: int8(free) + 2})
	must(fine, act{name: "Confirm", v: free + 1})
	must(fine, act{name: "Rollback", v: old, from: free})
	if w.at != [3]slot{old, free + 1, free} || w.tag != none {
		x.wrong(from, append(trail, note("now ", w)), "a rollback did not end")
	}
	must(fine, act{name: "Promote", v: free + 1, how: rotation.How{Unconfirmed: true, Leaked: true}})
	if w.at != [3]slot{free + 1, none, none} || w.labels(old) > 0 {
		x.wrong(from, append(trail, note("now ", w)), "what leaked is still there")
	}

	w, trail = rest, nil
	v := w.begin(free)
	must(fine, act{name: "createSecret", v: v})
	must(fine, act{name: "setSecret", v: v})
	must(fine, act{name: "testSecret", v: v})
	must(unconfirmed, act{name: "finishSecret", v: v})
	must(fine, act{name: "Confirm", v: v})
	v = w.begin(free + 1)
	for _, name := range []string{"createSecret", "setSecret", "testSecret", "finishSecret", "finishSecret"} {
		must(fine, act{name: name, v: v})
	}
	if w.at != [3]slot{free, none, old} || w.tag != none {
		x.wrong(from, append(trail, note("now ", w)), "a rotation did not end")
	}
}
