package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/pkg/audit"
)

// clockTolerance is how wrong this machine's clock may be before it is
// corrected: AWS tells its own to the second.
const clockTolerance = 2 * time.Second

// act writes down that the operator is about to do e, does it, and writes down
// how it ended. Where the first cannot be written, do is not called. It sets e's
// Operator and Outcome.
func (s *site) act(ctx context.Context, e audit.Event, do func() error) error {
	errs, err := s.actEach(ctx, []audit.Event{e}, func() []error { return []error{do()} })
	return errors.Join(append(errs, err)...)
}

// actEach is act for a batch: do returns an error, or nil, for each of events,
// and so does actEach. Its own error is that of the log; with no errors beside
// it, nothing was done.
func (s *site) actEach(ctx context.Context, events []audit.Event, do func() []error) ([]error, error) {
	if err := s.prepare(ctx); err != nil {
		return nil, err
	}
	if err := s.record(ctx, events, func(int) string { return audit.Begun }); err != nil {
		return nil, hint.With(fmt.Errorf("what you do cannot be written down, so nothing was done: %w", err),
			"%s", hint.Of(err))
	}
	errs := do()
	ctx, cancel := finish(ctx)
	defer cancel()
	err := s.record(ctx, events, func(i int) string {
		switch {
		case errs[i] == nil:
			return audit.Done
		case uncertain(errs[i]):
			return audit.Unknown
		}
		return audit.NotDone
	})
	if err != nil {
		return errs, hint.With(fmt.Errorf("how it ended could not be written down: %w", err),
			"what was to be done is not undone by that, and the log has its beginning; tell whoever reads it")
	}
	return errs, nil
}

// prepare finds out what every line needs.
func (s *site) prepare(ctx context.Context) error {
	if s.acts == nil {
		return s.missing
	}
	if s.operator != "" {
		return nil
	}
	operator, behind, err := s.identify(ctx)
	if err != nil {
		return err
	}
	if behind.Abs() > clockTolerance {
		// Or sessions from before now would outlive their end. AWS cuts its seconds
		// off.
		s.behind = behind + time.Second
	}
	s.operator = operator
	return nil
}

// now is by AWS's clock, as far as prepare has found it out.
func (s *site) now() time.Time { return time.Now().Add(s.behind) }

func (s *site) record(ctx context.Context, events []audit.Event, outcome func(i int) string) error {
	now := s.now()
	lines := make([]line, len(events))
	for i, e := range events {
		e.Operator, e.Outcome = s.operator, outcome(i)
		lines[i] = encode(ctx, now, e)
	}
	return s.acts.record(ctx, s.operator, lines)
}
