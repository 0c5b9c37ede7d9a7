package oidc_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"deskpro-login/pkg/directory"
)

func TestKeysAreFetchedOnce(t *testing.T) {
	p := startProvider(t)
	federation := open(t, p.config())
	for range 3 {
		if _, err := p.signIn(t, federation); err != nil {
			t.Fatal(err)
		}
	}
	var people sync.WaitGroup
	for range 20 {
		people.Go(func() {
			if _, err := p.signIn(t, federation); err != nil {
				t.Error(err)
			}
		})
	}
	people.Wait()
	if got := p.fetched(); got != 1 {
		t.Errorf("keys were fetched %d times, want once", got)
	}
}

func TestManyAtOnceWaitForOneFetch(t *testing.T) {
	const many = 10
	p := startProvider(t)
	federation := open(t, p.config())
	served := make(chan struct{}, many)
	p.answer = func(map[string]any) { served <- struct{}{} }
	all := make(chan struct{})
	inner := p.serveKeys
	p.jwks = func(w http.ResponseWriter, r *http.Request) {
		<-all
		p.change(func() { p.jwks = nil; p.fetches-- })
		inner(w, r)
	}
	var people sync.WaitGroup
	for range many {
		people.Go(func() {
			if _, err := p.signIn(t, federation); err != nil {
				t.Error(err)
			}
		})
	}
	finished := make(chan struct{})
	go func() {
		people.Wait()
		close(finished)
	}()
	for range many {
		select {
		case <-served:
		case <-finished: // and so without tokens
		}
	}
	close(all)
	<-finished
	// Who comes at the moment the fetch ends may make another.
	if got := p.fetched(); got >= many/2 {
		t.Errorf("keys were fetched %d times for %d people", got, many)
	}
}

func TestAChangeOfKeysIsFollowed(t *testing.T) {
	p := startProvider(t)
	federation := open(t, p.config())
	signIn := func(want error, fetches int) {
		t.Helper()
		if _, err := p.signIn(t, federation); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
		if got := p.fetched(); got != fetches {
			t.Errorf("keys were fetched %d times, want %d", got, fetches)
		}
	}
	signIn(nil, 1)
	p.change(func() { p.keys = []signingKey{newKey(t, 1), newKey(t, 0)} })
	signIn(nil, 2) // the new key is unknown
	signIn(nil, 2)
	p.change(func() { p.keys = []signingKey{newKey(t, 0), newKey(t, 1)} })
	signIn(nil, 2) // both are known
	p.change(func() { p.keys = []signingKey{newKey(t, 1)} })
	signIn(nil, 2)
	p.change(func() { p.keys = []signingKey{newKey(t, 2)} })
	signIn(nil, 3) // the old ones are gone at once
}

func TestAnUnknownKeyCostsOneFetchEach(t *testing.T) {
	p := startProvider(t)
	federation := open(t, p.config())
	if _, err := p.signIn(t, federation); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name string
		sign func(jwt.MapClaims, signingKey) string
	}{
		{"an unknown id", func(c jwt.MapClaims, _ signingKey) string { return signRS256(c, newKey(t, 2)) }},
		{"a known id", func(c jwt.MapClaims, key signingKey) string {
			return signRS256(c, signingKey{key.id, newKey(t, 2).key})
		}},
	} {
		p.change(func() { p.sign = row.sign })
		before := p.fetched()
		if _, err := p.signIn(t, federation); !errors.Is(err, directory.ErrFederation) {
			t.Errorf("%s: got %v, want ErrFederation", row.name, err)
		}
		if got := p.fetched() - before; got != 1 {
			t.Errorf("%s: keys were fetched %d times, want once", row.name, got)
		}
	}
}

func TestAWithdrawnKeyIsForgotten(t *testing.T) {
	p := startProvider(t)
	now := time.Now()
	p.now = func() time.Time { return now }
	federation := open(t, p.config())
	if _, err := p.signIn(t, federation); err != nil {
		t.Fatal(err)
	}
	withdrawn := p.keys[0]
	p.change(func() {
		p.keys = []signingKey{newKey(t, 1)}
		p.sign = func(c jwt.MapClaims, _ signingKey) string { return signRS256(c, withdrawn) }
	})
	now = now.Add(59 * time.Minute)
	if _, err := p.signIn(t, federation); err != nil {
		t.Errorf("within the hour: %v", err)
	}
	now = now.Add(time.Minute)
	if _, err := p.signIn(t, federation); !errors.Is(err, directory.ErrFederation) {
		t.Errorf("after an hour: %v, want ErrFederation", err)
	}
}

func TestAnswersInPlaceOfKeys(t *testing.T) {
	body := func(status int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, text)
		}
	}
	for _, row := range []struct {
		name   string
		answer http.HandlerFunc
		want   error
	}{
		{"no such pool", body(404, `{"message":"needle"}`), directory.ErrMisconfigured},
		{"a refusal, as of a pool that is not there", body(400, `{"message":"needle"}`), directory.ErrMisconfigured},
		{"a firewall's page", body(403, "needle"), directory.ErrThrottled},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, directory.ErrMisconfigured},
		{"a wish to slow down", body(429, "needle"), directory.ErrThrottled},
		{"a fault", body(500, "needle"), directory.ErrUnavailable},
		{"a page", body(200, "<h1>needle</h1>"), directory.ErrUnavailable},
		{"no keys", body(200, `{"keys":[]}`), directory.ErrUnavailable},
		{"keys without end", body(200, `{"needle":"`+strings.Repeat("x", 65<<10)+`"}`), directory.ErrUnavailable},
		{"keys of another kind", body(200, `{"keys":[{"kty":"oct","k":"bmVlZGxl","kid":"key-0"}]}`), directory.ErrFederation},
		{"a key that lacks its parts", body(200, `{"keys":[{"kty":"RSA","kid":"key-0","needle":1}]}`), directory.ErrFederation},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := startProvider(t)
			p.jwks = row.answer
			federation := open(t, p.config())
			if _, err := p.signIn(t, federation); !errors.Is(err, row.want) {
				t.Errorf("got %v, want %v", err, row.want)
			}
			p.change(func() { p.jwks = nil })
			_, err := p.signIn(t, federation)
			if err != nil {
				// The fetch that failed may still be giving its answer to all who wait.
				_, err = p.signIn(t, federation)
			}
			if err != nil {
				t.Errorf("once the keys are back: %v", err)
			}
		})
	}
}
