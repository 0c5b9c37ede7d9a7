package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"deskpro-login/pkg/regulation"
	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state"
	inmemory "deskpro-login/pkg/state/memory"
)

// guess is what counting one costs of the state table, in request units.
type guess struct {
	name          string
	reads, writes int64
	// signsIn: a session is opened besides, which is one write more.
	signsIn bool
}

// usd is what a million of them cost.
func (g guess) usd() float64 {
	return reads.of(float64(g.reads)*million) + writes.of(float64(g.writes)*million)
}

// carried is how many sign-ins a second a new state table's writes are enough
// for, were they all like this one.
func (g guess) carried() float64 { return newTableWrites / float64(g.writes+2) }

// knownFor is KNOWN_BROWSER_FOR, unless set otherwise.
const knownFor = 4320 * time.Hour

// guesses counts them, at a store that counts what it is asked for. The pages ask
// in the same order (pkg/web/guess.go, browser.go).
func guesses() ([]guess, error) {
	const login, subject = "ada@example.com", "id-of-ada"
	ctx, now := context.Background(), time.Unix(1_900_000_000, 0)
	clock := func() time.Time { return now }
	m := &meter{Store: &inmemory.Store{Now: clock}}
	same := func(login string) (string, bool) { return login, true }
	r, err := regulation.New(regulation.Config{Store: m, Fold: same, KnownFor: knownFor, Now: clock})
	if err != nil {
		return nil, err
	}
	sessions, err := session.New(session.Config{Store: m, Idle: time.Hour, Absolute: 12 * time.Hour, Now: clock})
	if err != nil {
		return nil, err
	}
	var token regulation.Token
	recall := func() (regulation.Browser, error) {
		browser, err := r.Recall(ctx, token, login)
		if err != nil || browser.Subject == "" {
			return browser, err
		}
		_, err = sessions.EndedSince(ctx, browser.Subject, browser.Since)
		return browser, err
	}
	check := func(right bool) error {
		browser, err := recall()
		if err != nil {
			return err
		}
		ticket, err := r.Count(ctx, regulation.Guess{Kind: regulation.Password, Account: login, Source: "192.0.2.1", Browser: browser})
		if err != nil || !right {
			return err
		}
		if err := ticket.Right(ctx); err != nil {
			return err
		}
		if browser, err = recall(); err == nil { // once more, in the request that ends the sign-in
			token, err = r.Remember(ctx, token, browser, login, subject)
		}
		return err
	}
	var all []guess
	for _, step := range []struct {
		name   string
		right  bool
		before func()
	}{
		{"right, from a browser that is not known", true, func() {}},
		{"right, from one that is", true, func() {}},
		{"right, from one that was written down long ago, a tenth of `KNOWN_BROWSER_FOR`", true, func() { now = now.Add(knownFor / 10) }},
		{"wrong, from one that is known", false, func() {}},
		{"wrong, from one that is not", false, func() { token = regulation.Token{} }},
	} {
		step.before()
		m.reset()
		if err := check(step.right); err != nil {
			return nil, fmt.Errorf("counting what a guess costs: %s: %w", step.name, err)
		}
		all = append(all, guess{step.name, m.reads.Load(), m.writes.Load(), step.right})
	}
	for range regulation.MostGuesses {
		m.reset()
		err := check(false)
		if errors.Is(err, regulation.ErrWait) {
			return append(all, guess{"one that has to wait", m.reads.Load(), m.writes.Load(), false}), nil
		}
		if err != nil {
			return nil, fmt.Errorf("counting what a guess costs: %w", err)
		}
	}
	return nil, errors.New("no guess has to wait")
}

// meter counts request units: one for each call, because these items are smaller
// than the 1 KB that a write and the 4 KB that a read has for one, and a write whose
// condition fails costs one, too.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html
type meter struct {
	state.Store
	reads, writes atomic.Int64
}

func (m *meter) reset() {
	m.reads.Store(0)
	m.writes.Store(0)
}

func (m *meter) Get(ctx context.Context, key string) (state.Item, error) {
	m.reads.Add(1)
	return m.Store.Get(ctx, key)
}

func (m *meter) Put(ctx context.Context, key string, item state.Item) error {
	if len(key)+len(item.Value) > 1024-64 { // the names of attributes, and two numbers, are in it, too
		return errors.New("an item of more than 1 KB costs more")
	}
	m.writes.Add(1)
	return m.Store.Put(ctx, key, item)
}

func (m *meter) Consume(ctx context.Context, key string) (state.Item, error) {
	m.writes.Add(1)
	return m.Store.Consume(ctx, key)
}

func guessTable(all []guess) string {
	t := newTable("a guess of a password", "reads", "writes", "$ for a million of these", "sign-ins/s that a new table's writes are enough for")
	for _, g := range all {
		carried := ""
		if g.signsIn {
			carried = rounded(g.carried())
		}
		t.row(g.name, fmt.Sprint(g.reads), fmt.Sprint(g.writes), dollars(g.usd()), carried)
	}
	return t.String()
}
