package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"deskpro-login/pkg/lambdahttp/gateway"
)

// level is what became of so many sign-ins a second.
type level struct {
	Scenario string  `json:"scenario"`
	Limit    float64 `json:"limit_per_second"`
	Offered  float64 `json:"offered_per_second"`
	Model    float64 `json:"model_per_second"`
	Seconds  float64 `json:"seconds"`
	// Sent are all; Answered those whose password was looked at. The others
	// were refused: by a page of ours, the API's throttle, or for want of an
	// environment.
	Sent     int `json:"sent"`
	Answered int `json:"answered"`
	Page     int `json:"refused_by_page"`
	Throttle int `json:"refused_by_throttle"`
	Busy     int `json:"refused_for_want_of_environment"`
	// Median is how long who was answered waited, in milliseconds.
	Median float64 `json:"median_ms"`

	faults []string // what should never be
}

// clock is the time by which requests come and quotas fill.
type clock struct {
	now func() time.Time
	// until waits for a time.
	until func(time.Time)
	// patient has requests wait for an environment, which costs no time by this
	// clock: what counts then is the rates alone, however slow the machine is.
	patient bool
}

var wallClock = clock{now: time.Now, until: func(t time.Time) { time.Sleep(time.Until(t)) }}

// offer sends a multiple of the limit for a while, whether or not it is
// answered: at random where environments are the limit, else evenly. Every fifth
// has a wrong password.
func (h *house) offer(ctx context.Context, s scenario, factor float64, last, takes time.Duration, c clock) (level, error) {
	limit := hundredths(s.limit(takes))
	l := level{Scenario: s.name, Limit: limit, Offered: factor * limit, Seconds: last.Seconds()}
	l.Model = hundredths(s.model(l.Offered, l.Seconds, takes))
	fleet, err := h.fleet(ctx, s.directory, s.environments, s.memory)
	if err != nil {
		return l, err
	}
	defer fleet.stop()
	fleet.patient = c.patient
	var throttle, quota *bucket
	switch {
	case s.throttle > 0:
		throttle = newBucket(s.throttle, s.atOnce(), c.now)
	case s.quota > 0:
		quota = newBucket(s.quota, s.atOnce(), c.now)
	}
	h.strain.Store(&strain{wait: func() { time.Sleep(s.latency) }, quota: quota})
	api, err := newAPI(throttle, map[string]gateway.Function{"POST /{door}/login": fleet})
	if err != nil {
		return l, err
	}

	var mu sync.Mutex
	var all sync.WaitGroup
	var waits []time.Duration
	turn := make(chan struct{}, s.environments)
	began, due := c.now(), time.Duration(0)
	random := rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- the same each time, on purpose
	for i := 0; due < last; i++ {
		c.until(began.Add(due))
		pause := 1 / l.Offered
		if throttle == nil && quota == nil {
			pause *= random.ExpFloat64()
		}
		due += time.Duration(pause * float64(time.Second))
		if c.patient {
			turn <- struct{}{}
		}
		login, typed := person(i), password
		if i%5 == 4 {
			login, typed = stranger(i), "not "+password
		}
		form := signIn(login, typed)
		form.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:443", i>>16&255, i>>8&255, i&255) // everyone is at home
		all.Go(func() {
			sent := time.Now()
			w := httptest.NewRecorder()
			api.ServeHTTP(w, form)
			waited := time.Since(sent)
			if c.patient {
				<-turn
			}
			mu.Lock()
			defer mu.Unlock()
			if l.count(h, login, typed, w) {
				waits = append(waits, waited)
			}
		})
	}
	all.Wait()
	if len(waits) > 0 {
		l.Median = quantile(waits, 0.5)
	}
	return l, nil
}

// count counts an answer and reports whether the password was looked at.
func (l *level) count(h *house, login, typed string, w *httptest.ResponseRecorder) bool {
	location, body := w.Header().Get("Location"), w.Body.String()
	l.Sent++
	if token, ok := strings.CutPrefix(location, callback+"?jwt="); ok && w.Code == http.StatusFound {
		claims, err := h.app.Verify(token, h.key, time.Now())
		if err != nil || claims["email"] != login || typed != password {
			l.faults = append(l.faults, fmt.Sprintf("%s got a token of %v: %v", login, claims["email"], err))
		}
		l.Answered++
		return true
	}
	if location != "" || len(w.Result().Cookies()) > 0 {
		l.faults = append(l.faults, fmt.Sprintf("status %d with a redirect or a cookie", w.Code))
	}
	switch {
	case w.Code == http.StatusUnauthorized && strings.Contains(body, "DPL-2001") && typed != password:
		l.Answered++
		return true
	case w.Code == http.StatusTooManyRequests && strings.Contains(body, "DPL-2007"):
		l.Page++
	case w.Code == http.StatusTooManyRequests && body == `{"message":"Too Many Requests"}`:
		l.Throttle++
	case w.Code == http.StatusServiceUnavailable && body == `{"message":"Service Unavailable"}`:
		l.Busy++
	default:
		l.faults = append(l.faults, fmt.Sprintf("status %d: %s", w.Code, body))
	}
	return false
}

func hundredths(x float64) float64 { return math.Round(x*100) / 100 }
