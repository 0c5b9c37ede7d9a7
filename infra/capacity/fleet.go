package main

import (
	"context"
	"io"
	"net/http"

	"deskpro-login/pkg/lambdahttp/gateway"
	"deskpro-login/pkg/lambdahttp/runtimetest"
)

// fleet is a function as Lambda runs it: some environments, each of which is
// given one request at a time.
type fleet struct {
	idle   chan *runtimetest.Process
	shares []*share
	// patient lets a request wait for an environment. Lambda refuses it.
	patient bool
}

// fleet starts environments of authenticate, each with the CPU of so much
// memory in MB; zero is without a limit.
func (h *house) fleet(ctx context.Context, directory string, environments, memory int) (*fleet, error) {
	f := &fleet{idle: make(chan *runtimetest.Process, environments)}
	for range environments {
		p, err := h.start("authenticate", directory)
		if err != nil {
			f.stop()
			return nil, err
		}
		f.idle <- p
		if _, err = p.Invoke(ctx, []byte(`{}`)); err == nil && memory > 0 { // it is ready when it answers
			var part *share
			if part, err = newShare(memory, controllers[:]...); err == nil {
				f.shares = append(f.shares, part)
				err = part.take(p.PID())
			}
		}
		if err != nil {
			f.stop()
			return nil, err
		}
	}
	return f, nil
}

// stop ends all environments, which must be idle.
func (f *fleet) stop() {
	for len(f.idle) > 0 {
		p := <-f.idle
		p.Stop()
	}
	for _, part := range f.shares {
		_ = part.close() // an empty group that stays does no harm
	}
}

var _ gateway.Function = (*fleet)(nil)

// Invoke hands an event to an idle environment.
func (f *fleet) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var p *runtimetest.Process
	select {
	case p = <-f.idle:
	default:
		if !f.patient {
			// What API Gateway makes of Lambda's 429.
			return []byte(`{"statusCode":503,"headers":{"content-type":"application/json"},"body":"{\"message\":\"Service Unavailable\"}"}`), nil
		}
		p = <-f.idle
	}
	defer func() { f.idle <- p }()
	return p.Invoke(ctx, payload)
}

// api is the HTTP API before a fleet, with its stage's throttle unless nil.
type api struct {
	gateway  http.Handler
	throttle *bucket
}

func newAPI(throttle *bucket, routes map[string]gateway.Function) (*api, error) {
	g, err := gateway.New(gateway.Config{Domain: domain, Routes: routes})
	return &api{g, throttle}, err
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if a.throttle != nil && !a.throttle.take() {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"message":"Too Many Requests"}`)
		return
	}
	a.gateway.ServeHTTP(w, r)
}
