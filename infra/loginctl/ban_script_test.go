package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/regulation"
	"deskpro-login/pkg/state"
	"deskpro-login/pkg/state/dynamo"
	"deskpro-login/pkg/state/memory"
)

// waitCommands are what scripts about waits have beside scriptCommands.
var waitCommands = map[string]func(*testscript.TestScript, bool, []string){
	// guess TABLE KIND ACCOUNT SOURCE N: N wrong guesses in a row, each as soon as it
	// may be, the last just now.
	"guess": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) != 5)
		n, err := strconv.Atoi(args[4])
		ts.Check(err)
		ts.Check(guessed(ts, args[0], regulation.Guess{Kind: regulation.Kind(args[1]), Account: args[2], Source: args[3]}, false, n))
	},
	// guess-many TABLE SOURCE N: one each at N logins that are none.
	"guess-many": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) != 3)
		n, err := strconv.Atoi(args[2])
		ts.Check(err)
		for i := range n {
			ts.Check(guessed(ts, args[0], regulation.Guess{Kind: regulation.Password, Account: fmt.Sprintf("hunter%d", i), Source: args[1]}, false, 1))
		}
	},
	// guess-known TABLE LOGIN N: the same with a browser that is known.
	"guess-known": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) != 3)
		n, err := strconv.Atoi(args[2])
		ts.Check(err)
		g := regulation.Guess{Kind: regulation.Password, Account: args[1], Source: "198.51.100.1"}
		ts.Check(guessed(ts, args[0], g, true, n))
	},
	// parameters REGION NAME=VALUE...: the stacks there have these.
	"parameters": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) < 2)
		f := cloud(ts)
		f.mu.Lock()
		defer f.mu.Unlock()
		for i := range f.stacks[args[0]] {
			f.stacks[args[0]][i].parameters = nil
			for _, pair := range args[1:] {
				name, value, _ := strings.Cut(pair, "=")
				f.stacks[args[0]][i].parameters = append(f.stacks[args[0]][i].parameters, fakeParameter{name, value})
			}
		}
	},
}

// guessed guesses twice: first to learn how long it takes, so that it can end now.
func guessed(ts *testscript.TestScript, table string, g regulation.Guess, known bool, n int) error {
	sessions := ts.Value("sessions").(*fakeSessions)
	began := sessions.now()
	took, err := guessUntil(began, func(now func() time.Time) (state.Store, error) { return &memory.Store{Now: now}, nil }, g, known, n)
	if err != nil {
		return err
	}
	_, err = guessUntil(began.Add(-took), func(now func() time.Time) (state.Store, error) {
		return dynamo.New(dynamo.Config{Client: sessions.client, Table: table, Now: now})
	}, g, known, n)
	return err
}

func guessUntil(now time.Time, open func(func() time.Time) (state.Store, error), g regulation.Guess, known bool, n int) (took time.Duration, err error) {
	clock := func() time.Time { return now.Add(took) }
	store, err := open(clock)
	if err != nil {
		return 0, err
	}
	r, err := regulation.New(regulation.Config{Store: store, Fold: account.NormalizeLogin, KnownFor: 90 * 24 * time.Hour, Now: clock})
	if err != nil {
		return 0, err
	}
	ctx := context.Background()
	if known {
		token, err := r.Remember(ctx, regulation.Token{}, regulation.Browser{}, g.Account, "u-1")
		if err != nil {
			return 0, err
		}
		if g.Browser, err = r.Recall(ctx, token, g.Account); err != nil {
			return 0, err
		}
	}
	for range n {
		_, err := r.Count(ctx, g)
		if wait, waits := errors.AsType[*regulation.Wait](err); waits && !wait.Closed {
			took += wait.For
			_, err = r.Count(ctx, g)
		}
		if err != nil {
			return 0, err
		}
	}
	return took, nil
}
