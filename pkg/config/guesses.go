package config

import "time"

// The bounds of package regulation, which functions that check nothing must not
// link, and to which a test holds them.
const (
	// mostFree: an account has four times as many, which must stay below
	// mostGuesses, NIST's (SP 800-63B-4 section 3.2.2).
	mostFree        = 20
	mostGuesses     = 100
	mostOfSource    = 100_000
	longestWait     = 24 * time.Hour
	longestKnown    = 400 * 24 * time.Hour
	leastFirstWait  = time.Second
	mostFirstWait   = time.Hour
	mostRefusalTime = 2 * time.Second
)

// Guesses are how many wrong ones there are, and what happens after them: the
// Limits of package regulation, where each is told.
type Guesses struct {
	Free                   int
	FirstWait, LongestWait time.Duration
	Most, Source           int
}

// guesses reads each limit, and then what they are to each other. What is zero
// has a problem of its own already.
func (r *reader) guesses() Guesses {
	g := Guesses{
		Free:        r.number("GUESSES_FREE", 1, mostFree),
		FirstWait:   r.duration("GUESSES_FIRST_WAIT", leastFirstWait, mostFirstWait),
		LongestWait: r.duration("GUESSES_LONGEST_WAIT", leastFirstWait, longestWait),
		Most:        r.number("GUESSES_MOST", 1, mostGuesses),
		Source:      r.number("GUESSES_OF_SOURCE", 1, mostOfSource),
	}
	if g.LongestWait != 0 && g.LongestWait < g.FirstWait {
		r.problem("GUESSES_LONGEST_WAIT (%v) must not be shorter than GUESSES_FIRST_WAIT (%v)", g.LongestWait, g.FirstWait)
	}
	if g.Most != 0 && g.Most < g.Free {
		r.problem("GUESSES_MOST (%d) must not be less than GUESSES_FREE (%d)", g.Most, g.Free)
	}
	if g.Source != 0 && g.Source < g.Free {
		r.problem("GUESSES_OF_SOURCE (%d) must not be less than GUESSES_FREE (%d): one address would have fewer guesses at all accounts than at one", g.Source, g.Free)
	}
	return g
}
