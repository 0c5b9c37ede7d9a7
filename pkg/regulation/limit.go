package regulation

import (
	"errors"
	"fmt"
	"time"
)

// MostGuesses is NIST's bound on wrong guesses in a row at one account
// (SP 800-63B-4 section 3.2.2).
const MostGuesses = 100

// mostOfSource bounds Limits.Source: the parts of the hour must not become too
// short to be told apart.
const mostOfSource = 100_000

// Limits are how many wrong guesses there are, and what happens after them.
type Limits struct {
	// Free are those in a row, of one source at one account or of a known
	// browser, after which there is a wait. An account has four times as many
	// from all sources together.
	Free int
	// FirstWait is the first one; each further wrong guess doubles it, up to
	// LongestWait.
	FirstWait, LongestWait time.Duration
	// Most are those in a row after which there is no next guess, at most
	// MostGuesses.
	Most int
	// Source are those of one source within about an hour, at whichever
	// accounts; from then on it has one more in each of that hour's parts. Of
	// Request it has a fifth. At most mostOfSource.
	Source int
}

// Defaults are what is recommended: a hundred people in a row behind one address
// may mistype, while who guesses at one account has five, then about thirty more
// in the first day.
var Defaults = Limits{Free: 5, FirstWait: 30 * time.Second, LongestWait: time.Hour, Most: MostGuesses, Source: 100}

const (
	// accountShare is how many times as many an account has as a source at it:
	// one source alone cannot make others wait.
	accountShare = 4
	// requestShare is the part of Source that may have codes sent: they cost
	// money, and their receivers' patience.
	requestShare = 5
	// sourceSpan is the time in which a source's guesses are forgotten.
	sourceSpan = time.Hour
	// forgetMany is how long after the last guess a counter is forgotten.
	forgetMany = 30 * 24 * time.Hour
	// forgetFew is the same for a source at an account that has not asked for a
	// wait: the account's own counter remembers, or else who guesses few times a
	// day could for ever.
	forgetFew = 24 * time.Hour
	// forgetNone is how long a counter is kept of which nothing is left, so that
	// its versions go on: longer than any request takes (Lambda's most).
	forgetNone = 15 * time.Minute
)

func (l Limits) check() error {
	var errs []error
	if l.Free < 1 || l.Most < l.Free || l.Most > MostGuesses {
		errs = append(errs, fmt.Errorf("there must be one free guess or more, and at most %d in a row, not %d and %d", MostGuesses, l.Free, l.Most))
	}
	if l.FirstWait < time.Second || l.LongestWait < l.FirstWait || l.LongestWait > forgetFew {
		errs = append(errs, fmt.Errorf("the first wait must be a second or more, and the longest no shorter than that and at most %v, not %v and %v", forgetFew, l.FirstWait, l.LongestWait))
	}
	if l.Source < l.Free || l.Source > mostOfSource {
		errs = append(errs, fmt.Errorf("a source needs at least as many guesses as it has at one account, and at most %d, not %d", mostOfSource, l.Source))
	}
	return errors.Join(errs...)
}

// limit is what holds for one counter.
type limit struct {
	free, most     int
	first, longest time.Duration
	// leak forgets one guess in each; zero: none but all together, in the end.
	leak time.Duration
	// forgetFew is how long after the last of fewer than free they are forgotten.
	forgetFew time.Duration
}

func (l Limits) of(kind Kind, scope Scope) limit {
	switch scope {
	case Source:
		free := l.Source
		if kind == Request {
			free = max(1, free/requestShare)
		}
		return limit{free: free, leak: sourceSpan / time.Duration(free)}
	case Account:
		return limit{free: min(accountShare*l.Free, l.Most), most: l.Most, first: l.FirstWait, longest: l.LongestWait, forgetFew: forgetMany}
	}
	few := forgetMany
	if scope == Pair {
		few = forgetFew
	}
	return limit{free: l.Free, most: l.Most, first: l.FirstWait, longest: l.LongestWait, forgetFew: few}
}

// next is when the guess after count wrong ones, the last of them at at, may be
// made, and whether it may at all.
func (l limit) next(count int, at time.Time) (next time.Time, closed bool) {
	switch {
	case count < l.free:
		return time.Time{}, false // not at: another process's clock may be ahead
	case l.leak > 0:
		return at.Add(l.leak), false
	case count >= l.most:
		return time.Time{}, true
	}
	wait := l.first
	for i := l.free; i < count && wait < l.longest; i++ {
		wait *= 2
	}
	return at.Add(min(wait, l.longest)), false
}

// forgotten is when nothing need be known of count guesses any more.
func (l limit) forgotten(count int, at time.Time) time.Time {
	switch {
	case l.leak > 0:
		return at.Add(time.Duration(count)*l.leak + forgetNone)
	case count == 0:
		return at.Add(forgetNone)
	case count < l.free:
		return at.Add(l.forgetFew)
	}
	return at.Add(forgetMany)
}

// leaked returns count and at without what has leaked by now. The rest of a leak
// is kept, in at.
func (l limit) leaked(count int, at, now time.Time) (int, time.Time) {
	if l.leak == 0 || !now.After(at) {
		return count, at
	}
	n := int(min(now.Sub(at)/l.leak, time.Duration(count)))
	if count -= n; count == 0 {
		return 0, now
	}
	return count, at.Add(time.Duration(n) * l.leak)
}
