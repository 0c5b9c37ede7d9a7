package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"time"

	"deskpro-login/pkg/lambdahttp/gateway"
	"deskpro-login/pkg/lambdahttp/runtimetest"
)

// memorySizes are those that are measured, in MB.
var memorySizes = [...]int{128, 256, 512, 1024, fullCPU}

// size is what one kind of request took with one memory size, in milliseconds.
type size struct {
	Kind      string `json:"kind"`
	Directory string `json:"directory,omitempty"`
	Memory    int    `json:"memory_mb"`
	// Median and P95 are of requests that come alone: what the first period
	// gives may be enough for them. Busy is the mean of requests without a pause.
	Median float64 `json:"median_ms"`
	P95    float64 `json:"p95_ms"`
	Busy   float64 `json:"busy_ms"`
	// CPU is the mean.
	CPU float64 `json:"cpu_ms"`
}

// sized are the kinds that are measured, named as in calls.json; the others
// take about as long as one of them.
var sized = [...]struct {
	kind, directory, function, route string
	status                           int
	request                          func(cookie string) *http.Request
}{
	{"page", "", "login", "GET /{door}/login", http.StatusOK, func(string) *http.Request { return visit("login", callback, "") }},
	{"redirect", "", "login", "GET /{door}/login", http.StatusFound, func(cookie string) *http.Request { return visit("login", callback, cookie) }},
	{"sign-in", dynamodb, "authenticate", "POST /{door}/login", http.StatusFound, func(string) *http.Request { return signIn(person(0), password) }},
	{"sign-in", cognito, "authenticate", "POST /{door}/login", http.StatusFound, func(string) *http.Request { return signIn(person(0), password) }},
	{"log-out", "", "logout", "GET /{door}/logout", http.StatusOK, func(cookie string) *http.Request { return visit("logout", "", cookie) }},
}

// sizes measures every kind with every memory size n times.
func (h *house) sizes(ctx context.Context, n int) ([]size, error) {
	var all []size
	for _, k := range sized {
		var trials []*trial
		defer func() {
			for _, t := range trials {
				t.end()
			}
		}()
		for _, memory := range memorySizes {
			t, err := h.begin(ctx, k.function, k.directory, memory)
			if err != nil {
				return nil, err
			}
			trials = append(trials, t)
		}
		once := func(t *trial) error {
			cookie, err := h.signedIn(ctx, person(0))
			if err == nil {
				err = t.once(k.route, k.request(cookie), k.status)
			}
			if err != nil {
				return fmt.Errorf("%s %s with %d MB: %w", k.kind, k.directory, t.memory, err)
			}
			return nil
		}
		// In turn, so that what else the machine does hits all alike.
		for round := range warmUp + n {
			rand.Shuffle(len(trials), func(i, j int) { trials[i], trials[j] = trials[j], trials[i] })
			for _, t := range trials {
				if round == warmUp {
					t.took = nil
				}
				if err := once(t); err != nil {
					return nil, err
				}
			}
		}
		slices.SortFunc(trials, func(a, b *trial) int { return a.memory - b.memory })
		for _, t := range trials {
			alone := t.took
			t.took, t.used = nil, 0
			for range n {
				if err := once(t); err != nil {
					return nil, err
				}
			}
			all = append(all, size{k.kind, k.directory, t.memory, quantile(alone, 0.5), quantile(alone, 0.95), mean(t.took), milliseconds(t.used / time.Duration(n))})
			t.end()
		}
	}
	return all, nil
}

// warmUp is how many first requests are not counted.
const warmUp = 5

// trial is one environment with one memory size's part of a CPU.
type trial struct {
	memory  int
	process *runtimetest.Process
	share   *share
	took    []time.Duration
	used    time.Duration
}

// begin starts an environment and then limits it: Lambda, too, gives a whole
// CPU until the first request.
func (h *house) begin(ctx context.Context, function, directory string, memory int) (*trial, error) {
	process, err := h.start(function, directory)
	if err != nil {
		return nil, err
	}
	t := &trial{memory: memory, process: process}
	if _, err = process.Invoke(ctx, []byte(`{}`)); err == nil {
		if t.share, err = newShare(memory, controllers[:]...); err == nil {
			err = t.share.take(process.PID())
		}
	}
	if err != nil {
		t.end()
		return nil, err
	}
	return t, nil
}

func (t *trial) end() {
	t.process.Stop()
	if t.share != nil {
		_ = t.share.close() // an empty group that stays does no harm
	}
}

var _ gateway.Function = (*trial)(nil)

// Invoke hands an event to the process and takes the time.
func (t *trial) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	began := time.Now()
	answer, err := t.process.Invoke(ctx, payload)
	t.took = append(t.took, time.Since(began))
	return answer, err
}

// once sends a request and checks that it is not an error page whose speed is
// measured.
func (t *trial) once(route string, r *http.Request, status int) error {
	api, err := newAPI(nil, map[string]gateway.Function{route: t})
	if err != nil {
		return err
	}
	before, err := cpuTime(t.process.PID())
	if err != nil {
		return err
	}
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	after, err := cpuTime(t.process.PID())
	if err != nil {
		return err
	}
	if w.Code != status {
		return fmt.Errorf("status %d, want %d: %s", w.Code, status, w.Body)
	}
	t.used += after - before
	return nil
}

// quantile returns the value below which share q of the samples lies, in
// milliseconds.
func quantile(samples []time.Duration, q float64) float64 {
	sorted := slices.Sorted(slices.Values(samples))
	return milliseconds(sorted[int(q*float64(len(sorted)-1)+0.5)])
}

func mean(samples []time.Duration) float64 {
	var sum time.Duration
	for _, s := range samples {
		sum += s
	}
	return milliseconds(sum / time.Duration(len(samples)))
}

// milliseconds cuts at the microsecond.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
