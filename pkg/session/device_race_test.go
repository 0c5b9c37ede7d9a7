package session_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/realpart"
	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state"
	"deskpro-login/pkg/state/dynamo"
	"deskpro-login/pkg/state/memory"
)

// Over each store: every session that Open returned is in the list.
func TestSessionsOpenedAtOnceAreAllListed(t *testing.T) {
	t.Run("memory", func(t *testing.T) { allListed(t, &memory.Store{}) })
	t.Run("awstest", func(t *testing.T) {
		cloud, cfg := awstest.Start(t)
		cloud.CreateTable("state", "key")
		allListed(t, onTable(t, dynamodb.NewFromConfig(cfg), "state"))
	})
	// moto checks a condition and writes without a lock: it gets one call at a time.
	t.Run("moto", func(t *testing.T) {
		cfg := awstest.Config(t, realpart.Address(t, "VERIFY_MOTO"))
		cfg.HTTPClient = &oneAtATime{client: cfg.HTTPClient}
		client := dynamodb.NewFromConfig(cfg)
		allListed(t, onTable(t, client, awstest.CreateTableAt(t, client, "key")))
	})
	t.Run("dynalite", func(t *testing.T) {
		client := dynamodb.NewFromConfig(awstest.Config(t, realpart.Address(t, "VERIFY_DYNALITE")))
		allListed(t, onTable(t, client, awstest.CreateTableAt(t, client, "key")))
	})
}

func onTable(t *testing.T, client *dynamodb.Client, table string) state.Store {
	t.Helper()
	store, err := dynamo.New(dynamo.Config{Client: client, Table: table})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

type oneAtATime struct {
	mu     sync.Mutex
	client aws.HTTPClient
}

func (o *oneAtATime) Do(r *http.Request) (*http.Response, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.client.Do(r)
}

func allListed(t *testing.T, store state.Store) {
	t.Helper()
	const n = 20
	s := open(t, store)
	ids := openAtOnce(t, s, n)
	got := map[string]int{}
	for _, d := range devices(t, s, "u-1", ids[0]) {
		got[d.Name]++
	}
	for i := range n {
		if got[fmt.Sprint(i)] != 1 || !live(t, s, ids[i]) {
			t.Errorf("session %d is listed %d times and live %t", i, got[fmt.Sprint(i)], live(t, s, ids[i]))
		}
	}
}

// openAtOnce opens n sessions of u-1 on devices that are named by their number.
func openAtOnce(t *testing.T, s *session.Sessions, n int) []session.ID {
	t.Helper()
	ids := make([]session.ID, n)
	start := make(chan struct{})
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			<-start
			id, err := s.Open(t.Context(), "u-1", []byte("{}"), time.Now(), fmt.Sprint(i))
			if err != nil {
				t.Errorf("opening %d: %v", i, err)
			}
			ids[i] = id
		})
	}
	close(start)
	wait.Wait()
	return ids
}

func TestOfTooManySessionsOpenedAtOnceTheListedOnesAloneLive(t *testing.T) {
	s := open(t, &memory.Store{})
	ids := append(openAtOnce(t, s, 29), openAtOnce(t, s, 20)...)
	last := beginOn(t, s, "u-1", "last")
	alive := 1
	for _, id := range ids {
		if live(t, s, id) {
			alive++
		}
	}
	if got := len(devices(t, s, "u-1", last)); got != alive || alive > 30 || alive < 2 {
		t.Errorf("%d live and %d are listed, want the same, and at most 30", alive, got)
	}
}

// between is a store in whose next Put below a prefix do happens first.
type between struct {
	memory.Store
	prefix string
	do     func()
}

func (b *between) Put(ctx context.Context, key string, item state.Item) error {
	if do := b.do; do != nil && strings.HasPrefix(key, b.prefix) {
		b.do = nil
		do()
	}
	return b.Store.Put(ctx, key, item)
}

func TestAllOthersEndWithASignInThatIsUnderWay(t *testing.T) {
	for _, prefix := range []string{"session#", "devices#"} {
		synctest.Test(t, func(t *testing.T) {
			store := &between{prefix: prefix}
			s := open(t, store)
			mine := beginOn(t, s, "u-1", "desk")
			time.Sleep(time.Second)
			store.do = func() {
				time.Sleep(time.Second)
				if err := s.EndAllBut(t.Context(), mine); err != nil {
					t.Error(err)
				}
			}
			id, err := s.Open(t.Context(), "u-1", []byte("{}"), time.Now(), "phone")
			if err == nil && live(t, s, id) || err != nil && !errors.Is(err, session.ErrNone) {
				t.Errorf("ended before its put of %s: %v, and it lives", prefix, err)
			}
			if got := names(devices(t, s, "u-1", mine)); got != "desk" {
				t.Errorf("ended before its put of %s: listed are %q", prefix, got)
			}
		})
	}
}

func TestAllOthersEndWhileTheOneThatStaysIsUsed(t *testing.T) {
	for _, row := range []struct {
		name, prefix string
		outer, inner func(*session.Sessions, session.ID) error
	}{
		{"a use is noted before the end", "ended#", endAllBut, find},
		{"a use is to be noted after the end", "session#", find, endAllBut},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &between{prefix: row.prefix}
				s := open(t, store)
				mine, other := beginOn(t, s, "u-1", "desk"), beginOn(t, s, "u-1", "phone")
				time.Sleep(idle / 2)
				store.do = func() {
					if err := row.inner(s, mine); err != nil {
						t.Error(err)
					}
				}
				if err := row.outer(s, mine); err != nil {
					t.Error(err)
				}
				if store.do != nil {
					t.Fatal("nothing happened in between")
				}
				if !live(t, s, mine) || live(t, s, other) {
					t.Errorf("live: the one that stays %t, the other %t", live(t, s, mine), live(t, s, other))
				}
			})
		})
	}
}

func endAllBut(s *session.Sessions, id session.ID) error {
	return s.EndAllBut(context.Background(), id)
}

func find(s *session.Sessions, id session.ID) error {
	_, err := s.Find(context.Background(), id)
	return err
}

// Between its two writes others end the one that would stay.
func TestTheOneThatStaysDoesNotOutliveItsOwnEnd(t *testing.T) {
	for _, row := range []struct {
		name, prefix string
		end          func(s *session.Sessions, mine, other session.ID) error
		want         error
	}{
		{"it is signed out", "session#", func(s *session.Sessions, mine, _ session.ID) error {
			_, err := s.End(context.Background(), mine)
			return err
		}, session.ErrNone},
		{"all are ended", "session#", func(s *session.Sessions, _, _ session.ID) error {
			return s.EndAll(context.Background(), "u-1")
		}, nil},
		{"all are ended before its first write", "ended#", func(s *session.Sessions, _, _ session.ID) error {
			return s.EndAll(context.Background(), "u-1")
		}, session.ErrNone},
		{"another keeps itself alone", "ended#", func(s *session.Sessions, _, other session.ID) error {
			return s.EndAllBut(context.Background(), other)
		}, session.ErrNone},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &between{prefix: row.prefix}
				s := open(t, store)
				mine, other := beginOn(t, s, "u-1", "desk"), beginOn(t, s, "u-1", "phone")
				time.Sleep(time.Second)
				store.do = func() {
					time.Sleep(time.Second)
					if err := row.end(s, mine, other); err != nil {
						t.Error(err)
					}
				}
				if err := s.EndAllBut(t.Context(), mine); !errors.Is(err, row.want) {
					t.Errorf("EndAllBut: %v, want %v", err, row.want)
				}
				if live(t, s, mine) {
					t.Error("it lives")
				}
				if kept := row.name == "another keeps itself alone"; live(t, s, other) != kept {
					t.Errorf("the other is live: %t, want %t", !kept, kept)
				}
			})
		})
	}
}

// For the race detector, and for what no interleaving above has thought of.
func TestAllOthersEndAmongManyThatOpenAndAreUsed(t *testing.T) {
	s := open(t, &memory.Store{})
	mine, begun := beginOn(t, s, "u-1", "desk"), time.Now()
	ids := make([]session.ID, 20)
	var wait sync.WaitGroup
	for i := range ids {
		wait.Go(func() {
			id, err := s.Open(t.Context(), "u-1", []byte("{}"), begun, "phone")
			if err != nil && !errors.Is(err, session.ErrNone) {
				t.Error(err)
			}
			ids[i] = id
			_, _ = s.Find(t.Context(), mine)
		})
	}
	wait.Go(func() {
		if err := s.EndAllBut(t.Context(), mine); err != nil {
			t.Error(err)
		}
	})
	wait.Wait()
	for i, id := range ids {
		if id != (session.ID{}) && live(t, s, id) {
			t.Errorf("session %d, whose check began before, lives", i)
		}
	}
	if got := names(devices(t, s, "u-1", mine)); got != "desk" {
		t.Errorf("listed are %q", got)
	}
}
