package regulation_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/realpart"
	"deskpro-login/pkg/regulation"
	"deskpro-login/pkg/state"
	"deskpro-login/pkg/state/dynamo"
	"deskpro-login/pkg/state/memory"
)

// guessers are how many guess at once.
const guessers = 200

// small limits are for stores that take their time: what is left costs 200 calls
// each.
var small = regulation.Limits{Free: 2, FirstWait: time.Minute, LongestWait: time.Hour, Most: 100, Source: 4}

// open returns n stores over one and the same, which is empty.
type open func(t *testing.T, n int, c *clock) []state.Store

func TestOfSimultaneousGuessesOnlyThoseAreCountedThatWereLeft(t *testing.T) {
	simultaneous(t, func(_ *testing.T, n int, c *clock) []state.Store {
		one := &memory.Store{Now: c.now}
		all := make([]state.Store, n)
		for i := range all {
			all[i] = one
		}
		return all
	}, regulation.Limits{Free: 5, FirstWait: time.Minute, LongestWait: time.Hour, Most: 100, Source: 10}, true)
}

func TestOfSimultaneousGuessesOnlyThoseAreCountedThatWereLeftInDynamoDB(t *testing.T) {
	simultaneous(t, func(t *testing.T, n int, c *clock) []state.Store {
		server := awstest.New()
		server.CreateTable("state", "key")
		cfg := awstest.Config(t, "http://127.0.0.1:1")
		cfg.HTTPClient = direct{server}
		return onTable(t, dynamodb.NewFromConfig(cfg), "state", n, c)
	}, small, false)
}

// moto checks a condition and writes without a lock: it gets one call at a time.
func TestOfSimultaneousGuessesOnlyThoseAreCountedThatWereLeftOnMoto(t *testing.T) {
	cfg := awstest.Config(t, realpart.Address(t, "VERIFY_MOTO"))
	cfg.HTTPClient = atOnce(1, cfg.HTTPClient)
	simultaneous(t, onEmulator(cfg), small, false)
}

func TestOfSimultaneousGuessesOnlyThoseAreCountedThatWereLeftOnDynalite(t *testing.T) {
	cfg := awstest.Config(t, realpart.Address(t, "VERIFY_DYNALITE"))
	cfg.HTTPClient = atOnce(16, cfg.HTTPClient)
	simultaneous(t, onEmulator(cfg), small, false)
}

func onEmulator(cfg aws.Config) open {
	return func(t *testing.T, n int, c *clock) []state.Store {
		client := dynamodb.NewFromConfig(cfg)
		return onTable(t, client, awstest.CreateTableAt(t, client, "key"), n, c)
	}
}

func onTable(t *testing.T, client *dynamodb.Client, table string, n int, c *clock) []state.Store {
	t.Helper()
	all := make([]state.Store, n)
	for i := range all {
		store, err := dynamo.New(dynamo.Config{Client: client, Table: table, Now: c.now})
		if err != nil {
			t.Fatal(err)
		}
		all[i] = store
	}
	return all
}

// few lets as many calls through at once as there are slots: a server that gets
// hundreds of connections in one moment refuses some, which is none of ours.
type few struct {
	slots  chan struct{}
	client aws.HTTPClient
}

func atOnce(n int, client aws.HTTPClient) few { return few{make(chan struct{}, n), client} }

func (f few) Do(r *http.Request) (*http.Response, error) {
	f.slots <- struct{}{}
	defer func() { <-f.slots }()
	return f.client.Do(r)
}

// direct calls the stand-in without a network.
type direct struct{ http.Handler }

func (d direct) Do(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

// simultaneous checks that of guesses at one moment, whose clock stands still,
// as many are checked as there are: none too many, whoever comes with whom, and
// none too few once the others have come again. With voids, half of them turn out
// void in a second run.
func simultaneous(t *testing.T, open open, limits regulation.Limits, voids bool) {
	for _, row := range []struct {
		name      string
		processes int
		g         func(i int) regulation.Guess
		want      int
	}{
		{"one source at one account", 1, func(int) regulation.Guess { return guess("zoe", "192.0.2.1") }, limits.Free},
		{"200 sources at one account", 1, func(i int) regulation.Guess { return guess("zoe", address(i)) }, 4 * limits.Free},
		{"one source at 200 accounts", 1, func(i int) regulation.Guess { return guess(fmt.Sprint(i), "192.0.2.1") }, limits.Source},
		{"one source at one account, by four processes", 4, func(int) regulation.Guess { return guess("zoe", "192.0.2.1") }, limits.Free},
		{"200 sources at one account, by four processes", 4, func(i int) regulation.Guess { return guess("zoe", address(i)) }, 4 * limits.Free},
	} {
		for _, void := range []bool{false, true} {
			if void && !voids {
				continue
			}
			t.Run(fmt.Sprintf("%s, void %t", row.name, void), func(t *testing.T) {
				c := newClock()
				processes := make([]*regulation.Regulation, row.processes)
				for i, store := range open(t, row.processes, c) {
					processes[i] = regulationOver(t, store, c, limits)
				}
				var checked atomic.Int64
				count := func(i int, void bool) {
					ticket, err := processes[i%row.processes].Count(t.Context(), row.g(i))
					switch {
					case err == nil && void:
						ticket.Void(t.Context())
					case err == nil:
						checked.Add(1)
					case !errors.Is(err, regulation.ErrWait):
						t.Errorf("guess %d: %v", i, err)
					}
				}
				start := make(chan struct{})
				var all sync.WaitGroup
				for i := range guessers {
					all.Go(func() {
						<-start
						count(i, void && i%2 == 0)
					})
				}
				close(start)
				all.Wait()
				if got := int(checked.Load()); got > row.want {
					t.Fatalf("%d guesses are checked, want %d at most", got, row.want)
				}
				// Who was told to come again comes again.
				for i := range guessers {
					if int(checked.Load()) == row.want && i > 20 {
						break // a few more, all for nothing
					}
					count(i+i%2, false)
				}
				if got := int(checked.Load()); got != row.want {
					t.Errorf("%d guesses are checked in the end, want %d", got, row.want)
				}
			})
		}
	}
}

// Right ones and void ones among wrong ones: however they overtake each other,
// no more wrong ones are checked in a row than there are.
func TestRightAndVoidGuessesThatOvertakeOthersGiveNoneAway(t *testing.T) {
	limits := regulation.Limits{Free: 5, FirstWait: time.Minute, LongestWait: time.Hour, Most: 100, Source: 1000}
	for round := range 50 {
		c := newClock()
		r := regulationOver(t, &memory.Store{Now: c.now}, c, limits)
		owner := guess("zoe", "192.0.2.1")
		var checked atomic.Int64
		var all sync.WaitGroup
		// One right guess and three void ones are under way when the others come.
		right, voids := let(t, r, owner), []regulation.Ticket{let(t, r, owner), let(t, r, guess("zoe", address(1))), let(t, r, guess("zoe", address(2)))}
		if err := right.Right(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, ticket := range voids {
			all.Go(func() { ticket.Void(t.Context()) })
		}
		for i := range 60 {
			all.Go(func() {
				if _, err := r.Count(t.Context(), guess("zoe", address(i))); err == nil {
					checked.Add(1)
				}
			})
		}
		all.Wait()
		for i := range 60 {
			if _, err := r.Count(t.Context(), guess("zoe", address(100+i))); err == nil {
				checked.Add(1)
			}
		}
		if got := checked.Load(); got != 20 {
			t.Fatalf("round %d: %d wrong guesses are checked after a right one, want 20", round, got)
		}
	}
}
