// Package regulation bounds guessing: of passwords, of codes, of answers, and of
// whom to send a code. It is logic over a state.Store, which outlives every
// process, and keeps nothing itself.
//
// A guess is counted before it is checked, by a conditional write: however many
// come at once, no more are checked than there were left. Three counters take
// it, of the account that it is for, of the source that it comes from, and of
// the two together. After some wrong ones in a row each of them asks for a wait,
// longer and longer. Guesses that have to wait are not checked, not counted, and
// write nothing, so that nobody prolongs another's wait and a flood costs reads
// alone.
//
// Accounts are what people type, whether there is such an account or not:
// nothing here depends on that.
//
// Whoever guesses at an account makes its owner wait, too. So a browser in which
// the owner signed in before is known by a token (see Remember) and has a
// counter of its own in place of the three: nobody else can use it up.
package regulation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"deskpro-login/pkg/state"
)

// Kind is what is guessed. Each has counters of its own.
type Kind string

const (
	Password Kind = "password"
	// Code is a second factor's, or one that stands in for a password.
	Code Kind = "code"
	// Answer is a code that proves an address, or what a question asks for.
	Answer Kind = "answer"
	// Request has a code sent. There is no wrong one: each counts.
	Request Kind = "request"
)

// Guess is one that is about to be checked.
type Guess struct {
	Kind Kind
	// Account is a login as typed, or an account's ID. Empty: whose it is is not
	// known, and only Source is counted.
	Account string
	// Source is the IP address that it came from. Whatever is none counts as one
	// and the same.
	Source string
	// Browser is what Recall returned for Account, or for the login of the account
	// whose ID that is. The zero value, or another account's: none is known.
	Browser Browser
}

// ErrWait: the guess is not to be checked now. Its errors are *Wait.
var ErrWait = errors.New("too many guesses")

// Wait is how long a guess has to.
type Wait struct {
	// For is the time left, 0 if Closed.
	For time.Duration
	// Closed: there were so many wrong ones in a row that there is no next one,
	// until a right one is counted elsewhere (see Clear) or an operator lifts it.
	Closed bool
	// Scope is whose counter it is.
	Scope Scope
}

func (w *Wait) Error() string {
	if w.Closed {
		return fmt.Sprintf("%v: the counter of the %s is closed", ErrWait, w.Scope)
	}
	return fmt.Sprintf("%v: the counter of the %s asks for %v", ErrWait, w.Scope, w.For.Round(time.Second))
}

func (w *Wait) Is(target error) bool { return target == ErrWait }

// Config configures a Regulation. Store and Fold are required.
type Config struct {
	// Store keeps counters and known browsers.
	Store state.Store
	// Fold returns the one form of all ways to write a login that the directory
	// takes for the same, and false for what can be no login. Where it made two
	// of what the directory takes for one, each would have its own guesses.
	Fold func(login string) (string, bool)
	// Limits say how many guesses there are; the zero value means Defaults.
	Limits Limits
	// KnownFor is for how long after it was last signed in with a browser is
	// known. Zero: none ever is.
	KnownFor time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Regulation counts guesses. Safe for concurrent use, by many processes.
//
// Its errors are *Wait where a method says so, and otherwise state.ErrUnavailable:
// then nothing is known, so that nothing may be checked.
type Regulation struct{ cfg Config }

// New returns an error for a Config that would let people guess without end.
func New(cfg Config) (*Regulation, error) {
	if cfg.Store == nil || cfg.Fold == nil {
		return nil, errors.New("regulation: Store and Fold are required")
	}
	if cfg.Limits == (Limits{}) {
		cfg.Limits = Defaults
	}
	if err := cfg.Limits.check(); err != nil {
		return nil, fmt.Errorf("regulation: %w", err)
	}
	if cfg.KnownFor < 0 || cfg.KnownFor > MaxKnown {
		return nil, fmt.Errorf("regulation: a browser can be known for %v at most, not %v", MaxKnown, cfg.KnownFor)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Regulation{cfg}, nil
}

// Ticket is a guess that is counted and may be checked: then call Right or Void,
// or, if it was wrong, nothing.
type Ticket struct {
	regulation *Regulation
	guess      Guess
	counted    []counter
}

// Count counts g, or returns a *Wait. Of concurrent guesses, in whichever
// processes, as many are counted as there were left, never more.
func (r *Regulation) Count(ctx context.Context, g Guess) (Ticket, error) {
	counters := r.counters(g)
	if err := each(counters, func(c *counter) error { return r.get(ctx, c) }); err != nil {
		return Ticket{}, err
	}
	now := r.cfg.Now()
	if wait := longest(counters, now); wait != nil {
		return Ticket{}, wait
	}
	// From the narrowest on: who has used that up uses up nobody else's.
	t := Ticket{regulation: r, guess: g}
	for _, c := range counters {
		err := r.add(ctx, &c)
		if err != nil {
			t.Void(ctx)
			return Ticket{}, err
		}
		t.counted = append(t.counted, c)
	}
	return t, nil
}

// Wait is how long the next guess has to wait if this one was wrong; nil: not at
// all.
func (t Ticket) Wait() *Wait {
	if t.regulation == nil {
		return nil
	}
	return longest(t.counted, t.regulation.cfg.Now())
}

// Right says that the guess was right: what the account has counted, what the
// source has at it, and what the known browser has, begins anew. The source's own
// counter only takes this guess back, or else whoever has one account could guess
// at all others.
//
// An error leaves counters as they are: the person waits sooner, the next time.
func (t Ticket) Right(ctx context.Context) error {
	if t.regulation == nil {
		return nil
	}
	all := t.regulation.anew(t.guess)
	for _, c := range t.counted {
		i := slices.IndexFunc(all, func(anew counter) bool { return anew.key == c.key })
		if i < 0 {
			all = append(all, c)
		} else {
			all[i] = c // which spares reading it
		}
	}
	return t.regulation.begin(ctx, all)
}

// Void takes the guess back, for one that was not checked after all. What cannot
// be taken back stays counted.
func (t Ticket) Void(ctx context.Context) {
	_ = each(t.counted, func(c *counter) error { return t.regulation.takeBack(ctx, *c) })
}

// Clear does what Right does, without a guess, and takes none back: for who has
// proved in another way who they are.
func (r *Regulation) Clear(ctx context.Context, g Guess) error {
	return r.begin(ctx, r.anew(g))
}

// Scope is whose guesses a counter counts.
type Scope string

const (
	// Known is a browser that the account was signed in to with.
	Known Scope = "known_browser"
	// Pair is one source at one account.
	Pair    Scope = "account_and_source"
	Account Scope = "account"
	Source  Scope = "source"
)

// counters returns those that g is counted by, unread, the narrowest first.
func (r *Regulation) counters(g Guess) []counter {
	source := r.counter(g, Source)
	switch {
	case g.Account == "":
		return []counter{source}
	case r.knows(g):
		return []counter{r.counter(g, Known)}
	}
	return []counter{r.counter(g, Pair), r.counter(g, Account), source}
}

// anew returns those that begin anew when g is right, unread.
func (r *Regulation) anew(g Guess) []counter {
	if g.Account == "" {
		return nil
	}
	all := []counter{r.counter(g, Pair), r.counter(g, Account)}
	if r.knows(g) {
		all = append(all, r.counter(g, Known))
	}
	return all
}

// knows tells whether g comes from a browser that is known for its account.
func (r *Regulation) knows(g Guess) bool {
	b := g.Browser
	return b.mark != "" && (b.account == r.mark(g.Account) || b.Subject != "" && b.Subject == g.Account)
}

// counter returns one of g's, unread.
func (r *Regulation) counter(g Guess, scope Scope) counter {
	account, source := r.mark(g.Account), sourceOf(g.Source)
	rec := record{Kind: g.Kind, Scope: scope}
	var name string
	switch scope {
	case Known:
		name, rec.Account = g.Browser.mark, account
	case Pair:
		name, rec.Account, rec.Source = account+"#"+source, account, source
	case Account:
		name, rec.Account = account, account
	case Source:
		name, rec.Source = source, source
	}
	return counter{
		key: counterPrefix + string(g.Kind) + "#" + string(scope) + "#" + name, scope: scope, limit: r.cfg.Limits.of(g.Kind, scope), record: rec,
	}
}

// mark is what stands for an account: people type passwords into the field for
// the login.
func (r *Regulation) mark(login string) string {
	// Trimmed first: some directories do that before they look at the length, and
	// a login that is padded must not have guesses of its own.
	trimmed := strings.TrimSpace(login)
	folded, ok := r.cfg.Fold(trimmed)
	if !ok {
		folded = strings.ToLower(trimmed)
	}
	sum := sha256.Sum256([]byte(folded))
	return hex.EncodeToString(sum[:16])
}

// ipv6Network is how many bits of an IPv6 address are one source's: the rest is
// each host's to choose (RFC 4291 section 2.5.1).
const ipv6Network = 64

// sourceOf returns the network that guesses from address are counted for.
func sourceOf(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return "unknown"
	}
	if a = a.Unmap(); a.Is4() {
		return a.String()
	}
	network, _ := a.Prefix(ipv6Network) // of an IPv6 address: never fails, and has no zone
	return network.String()
}

// each does something with each counter, all at once.
func each(counters []counter, do func(*counter) error) error {
	var all sync.WaitGroup
	errs := make([]error, len(counters))
	for i := range counters {
		all.Go(func() { errs[i] = do(&counters[i]) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// begin clears the counters; of a source's it takes one guess back.
func (r *Regulation) begin(ctx context.Context, counters []counter) error {
	return each(counters, func(c *counter) error {
		if c.scope == Source {
			return r.takeBack(ctx, *c)
		}
		_, err := r.clear(ctx, *c)
		return err
	})
}

func longest(counters []counter, now time.Time) (longest *Wait) {
	for _, c := range counters {
		wait := c.wait(now)
		if wait != nil && (longest == nil || wait.Closed && !longest.Closed || wait.For > longest.For && !longest.Closed) {
			longest = wait
		}
	}
	return longest
}
