package main

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"deskpro-login/pkg/lambdahttp/gateway"
)

// steps is a clock that stands still between arrivals.
func steps() clock {
	var mu sync.Mutex
	now := time.Unix(1_900_000_000, 0)
	return clock{
		now: func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return now
		},
		until: func(t time.Time) {
			mu.Lock()
			defer mu.Unlock()
			now = t
		},
		patient: true,
	}
}

func newTestHouse(t *testing.T) *house {
	t.Helper()
	h, err := newHouse(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.close)
	return h
}

// What gets through rises with what comes, up to the limit, and stays there;
// the rest is refused, and nobody gets anything that is not theirs.
func TestBeyondALimitThroughputStaysAndRefusalsAreClean(t *testing.T) {
	h := newTestHouse(t)
	for _, s := range []scenario{
		{name: "Cognito's quota", directory: cognito, quota: 12, environments: 4},
		{name: "the stage's throttle", directory: cognito, throttle: 12, environments: 4},
		{name: "the stage's throttle, hashing", directory: dynamodb, throttle: 4, environments: 2},
	} {
		for _, factor := range factors {
			l, err := h.offer(t.Context(), s, factor, 3*time.Second, 0, steps())
			if err != nil {
				t.Fatal(err)
			}
			for _, fault := range l.faults {
				t.Errorf("%s at %v times: %s", s.name, factor, fault)
			}
			predicted := l.Model * l.Seconds
			if got := float64(l.Answered); got < 0.9*predicted-1 || got > predicted+1 {
				t.Errorf("%s at %v times: %v of %d got through, want about %v", s.name, factor, got, l.Sent, predicted)
			}
			wantPage, wantThrottle := l.Sent-l.Answered, 0
			if s.throttle > 0 {
				wantPage, wantThrottle = wantThrottle, wantPage
			}
			if l.Page != wantPage || l.Throttle != wantThrottle || l.Busy != 0 {
				t.Errorf("%s at %v times: refused %d by our page, %d by the throttle, %d for want of an environment, want %d, %d, 0",
					s.name, factor, l.Page, l.Throttle, l.Busy, wantPage, wantThrottle)
			}
		}
	}
}

func TestWhoFindsNoEnvironmentIsRefusedAndTheOthersSignIn(t *testing.T) {
	h := newTestHouse(t)
	const environments, more = 2, 3
	fleet, err := h.fleet(t.Context(), cognito, environments, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.stop()
	api, err := newAPI(nil, map[string]gateway.Function{"POST /{door}/login": fleet})
	if err != nil {
		t.Fatal(err)
	}
	arrived, release := make(chan bool, environments), make(chan bool)
	h.strain.Store(&strain{wait: func() { arrived <- true; <-release }})

	var l level
	send := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, signIn(person(0), password))
		return w
	}
	var first sync.WaitGroup
	answers := make(chan *httptest.ResponseRecorder, environments)
	for range environments {
		first.Go(func() { answers <- send() })
	}
	for range environments {
		<-arrived
	}
	for range more {
		l.count(h, person(0), password, send())
	}
	close(release)
	first.Wait()
	for range environments {
		w := <-answers
		if w.Code != http.StatusFound {
			t.Errorf("status %d: %s", w.Code, w.Body)
		}
		l.count(h, person(0), password, w)
	}
	if l.Busy != more || l.Answered != environments || len(l.faults) > 0 {
		t.Errorf("%d refused, %d signed in, faults %v; want %d and %d", l.Busy, l.Answered, l.faults, more, environments)
	}
}

func TestATokenForAnotherIsAFault(t *testing.T) {
	h := newTestHouse(t)
	fleet, err := h.fleet(t.Context(), cognito, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.stop()
	api, err := newAPI(nil, map[string]gateway.Function{"POST /{door}/login": fleet})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	api.ServeHTTP(w, signIn(person(0), password))
	for _, row := range []struct{ name, login, typed string }{
		{"another's", person(1), password},
		{"a wrong password's", person(0), "not " + password},
	} {
		var l level
		if l.count(h, row.login, row.typed, w); len(l.faults) != 1 {
			t.Errorf("%s token: faults are %v, want one", row.name, l.faults)
		}
	}
}
