package regulation_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"deskpro-login/pkg/regulation"
	"deskpro-login/pkg/state/memory"
)

// row counts guesses that do not leak, as the model does it.
type row struct {
	scope       regulation.Scope
	free, most  int
	first, long time.Duration
	kept        time.Duration
	n           int
	last        time.Time
	run, writes int
}

func (r *row) wait(now time.Time) *regulation.Wait {
	kept := 30 * day
	if r.n < r.free {
		kept = r.kept
	}
	if r.n > 0 && now.Sub(r.last) >= kept+time.Second {
		r.n, r.run = 0, r.run+1
	}
	switch {
	case r.n < r.free:
		return nil
	case r.n >= r.most:
		return &regulation.Wait{Closed: true, Scope: r.scope}
	}
	wait := r.first
	for range r.n - r.free {
		wait = min(2*wait, r.long)
	}
	if left := wait - now.Sub(r.last); left > 0 {
		return &regulation.Wait{For: left, Scope: r.scope}
	}
	return nil
}

func (r *row) clear() {
	if r.n > 0 {
		r.n, r.run, r.writes = 0, r.run+1, r.writes+1
	}
}

// bucket counts a source's, by when it would be empty (the generic cell rate
// algorithm): another way to the same.
type bucket struct {
	free  int
	part  time.Duration
	empty time.Time
}

func (b *bucket) level(now time.Time) int {
	return int((max(0, b.empty.Sub(now)) + b.part - 1) / b.part)
}

func (b *bucket) wait(now time.Time) *regulation.Wait {
	if b.level(now) < b.free {
		return nil
	}
	return &regulation.Wait{For: b.empty.Sub(now) - time.Duration(b.free-1)*b.part, Scope: regulation.Source}
}

// model is the reference: what package regulation promises, of one process that
// does one thing after the other.
type model struct {
	limits  regulation.Limits
	rows    map[string]*row
	buckets map[string]*bucket
}

func (m *model) row(kind regulation.Kind, scope regulation.Scope, name string) *row {
	key := fmt.Sprint(kind, scope, name)
	if m.rows[key] == nil {
		l := m.limits
		r := &row{scope: scope, free: l.Free, most: l.Most, first: l.FirstWait, long: l.LongestWait, kept: 30 * day}
		switch scope {
		case regulation.Pair:
			r.kept = day
		case regulation.Account:
			r.free = min(4*l.Free, l.Most)
		}
		m.rows[key] = r
	}
	return m.rows[key]
}

func (m *model) bucket(kind regulation.Kind, source string) *bucket {
	key := fmt.Sprint(kind, source)
	if m.buckets[key] == nil {
		free := m.limits.Source
		if kind == regulation.Request {
			free = max(1, free/5)
		}
		m.buckets[key] = &bucket{free: free, part: time.Hour / time.Duration(free)}
	}
	return m.buckets[key]
}

// try is a guess in the model, and in the real thing once it was counted.
type try struct {
	g      regulation.Guess
	all    []*row
	bucket *bucket

	ticket      regulation.Ticket
	at          time.Time
	before      []time.Time
	run, writes []int
	leaks       time.Time
	voided      bool
}

// inRow returns how many of the last tries were wrong, with no pause among them
// after which all is forgotten.
func inRow(tries []*try) (n int) {
	var after *try
	for _, t := range slices.Backward(tries) {
		if t.voided {
			continue
		}
		if after != nil && after.at.Sub(t.at) >= 30*day {
			break
		}
		after, n = t, n+1
	}
	return n
}

func (m *model) try(g regulation.Guess, account, source, browser string) *try {
	t := &try{g: g}
	if browser != "" {
		t.all = []*row{m.row(g.Kind, regulation.Known, browser)}
	} else {
		t.all = []*row{m.row(g.Kind, regulation.Pair, account+source), m.row(g.Kind, regulation.Account, account)}
		t.bucket = m.bucket(g.Kind, source)
	}
	return t
}

func (t *try) wait(now time.Time) (longest *regulation.Wait) {
	consider := func(w *regulation.Wait) {
		if w != nil && (longest == nil || !longest.Closed && (w.Closed || w.For > longest.For)) {
			longest = w
		}
	}
	for _, r := range t.all {
		consider(r.wait(now))
	}
	if t.bucket != nil {
		consider(t.bucket.wait(now))
	}
	return longest
}

func (t *try) count(now time.Time) {
	t.at = now
	for _, r := range t.all {
		t.before = append(t.before, r.last)
		r.n, r.last, r.writes = r.n+1, now, r.writes+1
		t.run, t.writes = append(t.run, r.run), append(t.writes, r.writes)
	}
	if b := t.bucket; b != nil {
		if b.empty.Before(now) {
			b.empty = now
		}
		b.empty = b.empty.Add(b.part)
		t.leaks = b.empty.Add(-time.Duration(b.level(now)-1) * b.part)
	}
}

func (t *try) void(now time.Time) {
	for i, r := range t.all {
		if r.run != t.run[i] || r.n == 0 {
			continue
		}
		if r.n--; r.writes == t.writes[i] {
			r.last = t.before[i]
		}
		r.writes++
	}
	t.back(now)
}

func (t *try) back(now time.Time) {
	if b := t.bucket; b != nil && now.Before(t.leaks) && b.empty.After(now) {
		b.empty = b.empty.Add(-b.part)
	}
}

// Whatever an attacker does with time, sources, kinds, and accounts of their own,
// each guess is let, or waits for as long, as the model says; and of each kind at
// most MostGuesses are wrong in a row at an account, from browsers that are not
// known, within thirty days without a pause.
func TestWalksAgreeWithTheModel(t *testing.T) {
	for seed := range uint64(150) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { walk(t, seed, 400) })
	}
}

func walk(t *testing.T, seed uint64, steps int) {
	random := rand.New(rand.NewPCG(seed, 1))
	pick := func(all ...time.Duration) time.Duration { return all[random.IntN(len(all))] }
	limits := regulation.Limits{
		Free: 1 + random.IntN(3), FirstWait: pick(time.Second, 7*time.Second, 30*time.Second, time.Hour),
		LongestWait: pick(time.Hour, 90*time.Minute, day),
		Source:      []int{3, 5, 8, 12, 20, 720, 3600}[random.IntN(7)],
	}
	limits.Most = limits.Free + random.IntN(12)
	c := newClock()
	store := &spy{Store: &memory.Store{Now: c.now}}
	processes := []*regulation.Regulation{regulationOver(t, store, c, limits), regulationOver(t, store, c, limits)}
	m := &model{limits: limits, rows: map[string]*row{}, buckets: map[string]*bucket{}}
	token := remember(t, processes[0], "zoe")

	logins := [][]string{{"zoe", " ZOE"}, {"ida", "ｉｄａ"}, {"mallory", "Mallory"}}
	sources := [][]string{{"192.0.2.1", "::ffff:192.0.2.1"}, {"2001:db8::1", "2001:db8::2"}, {"?", ""}}
	kinds := []regulation.Kind{regulation.Password, regulation.Request, regulation.Code}
	unknown := map[string][]*try{} // since the last right guess
	var pending []*try
	last := time.Second
	for step := range steps {
		r := processes[random.IntN(2)]
		switch n := random.IntN(10); {
		case n < 6:
			a, s, k := random.IntN(3), random.IntN(3), kinds[min(random.IntN(6), 2)]
			if random.IntN(2) == 0 {
				a, s, k = 0, 0, regulation.Password // most at one
			}
			g := regulation.Guess{Kind: k, Account: logins[a][random.IntN(2)], Source: sources[s][random.IntN(2)]}
			browser := ""
			if a == 0 && random.IntN(4) == 0 {
				g.Browser, browser = recall(t, r, token, g.Account), "zoe's"
			}
			if g.Browser.Subject == "" {
				browser = "" // it was so long ago
			}
			try := m.try(g, logins[a][0], sources[s][0], browser)
			want, writes := try.wait(c.now()), store.written()
			ticket, err := r.Count(t.Context(), g)
			got, _ := errors.AsType[*regulation.Wait](err)
			if err != nil && got == nil {
				t.Fatalf("step %d: %v", step, err)
			}
			if (got == nil) != (want == nil) || got != nil && *got != *want {
				t.Fatalf("step %d: %s at %q from %q (%s) waits for %+v, want %+v", step, g.Kind, g.Account, g.Source, browser, got, want)
			}
			if got != nil {
				if store.written() != writes {
					t.Fatalf("step %d: a guess that waits wrote", step)
				}
				last = got.For
				break
			}
			try.ticket = ticket
			try.count(c.now())
			if next, want := ticket.Wait(), try.wait(c.now()); (next == nil) != (want == nil) || next != nil && *next != *want {
				t.Fatalf("step %d: the ticket says %+v, want %+v", step, next, want)
			}
			pending = append(pending, try)
			if browser == "" {
				key := fmt.Sprint(k, a)
				unknown[key] = append(unknown[key], try)
				if n := inRow(unknown[key]); n > limits.Most {
					t.Fatalf("step %d: %d wrong guesses in a row, want %d at most", step, n, limits.Most)
				}
			}
		case n < 8 && len(pending) > 0:
			i := random.IntN(len(pending))
			try := pending[i]
			pending = slices.Delete(pending, i, i+1)
			account := slices.IndexFunc(logins, func(l []string) bool { return slices.Contains(l, try.g.Account) })
			switch n := random.IntN(8); {
			case n == 0:
				right(t, try.ticket)
				for _, r := range try.all {
					r.clear()
				}
				if try.g.Browser.Subject != "" {
					s := slices.IndexFunc(sources, func(s []string) bool { return slices.Contains(s, try.g.Source) })
					m.row(try.g.Kind, regulation.Pair, logins[account][0]+sources[s][0]).clear()
					m.row(try.g.Kind, regulation.Account, logins[account][0]).clear()
				}
				try.back(c.now())
				unknown[fmt.Sprint(try.g.Kind, account)] = nil
			case n < 4:
				try.ticket.Void(t.Context())
				try.void(c.now())
				try.voided = true
			} // or wrong
		default:
			c.pass(pick(time.Second, time.Second, 5*time.Second, time.Minute, 10*time.Minute, time.Hour, 23*time.Hour, day, day+time.Second, 29*day, 31*day, last, last, last, last, last-1, limits.FirstWait))
			// No request takes as long as this; and whole seconds, as items expire.
			pending = slices.DeleteFunc(pending, func(try *try) bool { return c.now().Sub(try.at) > 10*time.Minute })
			if odd := time.Duration(c.now().Nanosecond()); odd > 0 {
				c.pass(time.Second - odd)
			}
		}
	}
}
