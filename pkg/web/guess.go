package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/regulation"
)

// errRequests: codes were asked for too often.
var errRequests = errors.New("too many codes asked for")

// wrongGuess is the refusal of a guess after which the next one has to wait.
type wrongGuess struct {
	error
	next *regulation.Wait
}

func (w *wrongGuess) Unwrap() error { return w.error }

// guess counts what is about to be checked, of account, in a sign-in that login
// was typed for. Nothing is checked without a ticket: not if nobody knows whether
// it may be, and not for who has to wait, which looks as if it were refused.
func (s *Server) guess(r *http.Request, kind regulation.Kind, account, login string, refused error) (regulation.Ticket, error) {
	g, err := s.guessOf(r, kind, account, login)
	if err != nil {
		return regulation.Ticket{}, err
	}
	ticket, err := s.cfg.Regulation.Count(r.Context(), g)
	if errors.Is(err, regulation.ErrWait) {
		err = fmt.Errorf("%w: %w", refused, err)
	}
	return ticket, err
}

func (s *Server) guessOf(r *http.Request, kind regulation.Kind, account, login string) (regulation.Guess, error) {
	_, browser, err := s.browserOf(r, login)
	return regulation.Guess{Kind: kind, Account: account, Source: clientAddress(r), Browser: browser}, err
}

// judge puts down what the directory said of a guess, err, and returns that.
func (s *Server) judge(ctx context.Context, ticket regulation.Ticket, err error) error {
	ctx, cancel := atLeast(ctx, grace)
	defer cancel()
	switch {
	case err == nil, errors.Is(err, directory.ErrUnverifiedEmail), errors.Is(err, directory.ErrIncomplete), errors.Is(err, directory.ErrFactorRequired):
		if err := ticket.Right(ctx); err != nil {
			s.cfg.Log.WarnContext(ctx, "wrong guesses are still counted after a right one", "error", err)
		}
	case errors.Is(err, directory.ErrUnavailable), errors.Is(err, directory.ErrMisconfigured), errors.Is(err, directory.ErrThrottled),
		errors.Is(err, directory.ErrDenied), errors.Is(err, directory.ErrNoFactor), errors.Is(err, directory.ErrUnfitPassword), errors.Is(err, directory.ErrUnfitAttribute):
		ticket.Void(ctx) // nobody learned whether it was right
	default:
		if next := ticket.Wait(); next != nil {
			return &wrongGuess{err, next}
		}
	}
	return err
}

// guessed says what the answer to a step guesses, if it does, and what its refusal
// looks like.
func guessed(step directory.Step) (kind regulation.Kind, refused error) {
	switch step {
	case directory.StepPassword:
		return regulation.Password, directory.ErrBadCredentials
	case directory.StepCode:
		return regulation.Code, directory.ErrWrongCode
	case directory.StepQuestion:
		return regulation.Answer, directory.ErrWrongCode
	case directory.StepChoose:
		return regulation.Request, errRequests
	}
	return "", nil
}

// check asks the directory about an answer, if it is none that guesses or there is
// a guess left. Codes are counted by account, so that who begins anew has no more
// of them.
func (s *Server) check(r *http.Request, current *step, a directory.Answer) (directory.Outcome, error) {
	kind, refused := guessed(current.Challenge.Step)
	if kind == "" {
		return s.cfg.Directory.Respond(r.Context(), current.Challenge, a)
	}
	account := current.Login
	if kind == regulation.Code {
		account = cmp.Or(current.Challenge.Subject, account)
	}
	began := time.Now()
	ticket, err := s.guess(r, kind, account, current.Login, refused)
	if err != nil {
		return directory.Outcome{}, err
	}
	outcome, err := s.cfg.Directory.Respond(r.Context(), current.Challenge, a)
	if kind == regulation.Request && err == nil {
		current.Asked = true
		s.linger(r.Context(), began)
		return outcome, nil // it stays counted
	}
	if next := outcome.Challenge; kind == regulation.Answer && err == nil && next != nil && next.Step == directory.StepQuestion {
		return outcome, nil // a pool asks again after a wrong answer, too: it stays counted until another step
	}
	return outcome, s.judge(r.Context(), ticket, err)
}

// forgive begins anew what was counted for login: its owner has come in, or has
// proved the address to be theirs. That is no reason to fail.
func (s *Server) forgive(r *http.Request, login string, kinds ...regulation.Kind) {
	ctx, cancel := atLeast(r.Context(), grace)
	defer cancel()
	for _, kind := range kinds {
		g, err := s.guessOf(r, kind, login, login)
		if err == nil {
			err = s.cfg.Regulation.Clear(ctx, g)
		}
		if err != nil {
			s.cfg.Log.WarnContext(ctx, "wrong guesses are still counted", "kind", string(kind), "error", err)
		}
	}
}

// waitAfter returns the wait that a page after err tells of, nil where there is
// none, and whether err is of a guess that was not checked for it.
func waitAfter(err error) (wait *regulation.Wait, early bool) {
	if wrong, ok := errors.AsType[*wrongGuess](err); ok {
		return wrong.next, false
	}
	return errors.AsType[*regulation.Wait](err)
}

// wait is how long nothing is checked, on the page after a guess.
type wait struct {
	regulation.Wait
	// known: in a browser that the account was signed in to before, there is none.
	known bool
}

// seconds is zero for no wait, and for one without an end.
func (w *wait) seconds() int {
	if w == nil || w.Closed {
		return 0
	}
	return seconds(w.For)
}

// waits says what a person does about a wait. Whether the guess was checked it
// does not say.
func (v view) waits(p *problem) string {
	var text string
	if p.is == errRequests || p.is == errTooMany {
		text = v.say("wait.after") + " "
	}
	switch {
	case p.wait.Closed && p.wait.known:
		return text + v.say("wait.closed_known")
	case p.wait.Closed:
		return text + v.say("wait.closed")
	}
	text += v.lasts(p.wait.For)
	if p.wait.known {
		text += " " + v.say("wait.known")
	}
	return text
}

// lasts says how long a wait is, rounded up.
func (v view) lasts(d time.Duration) string {
	rounded := func(unit time.Duration) int { return int((d + unit - 1) / unit) }
	switch {
	case d >= 2*time.Hour:
		return v.lang.Count("wait.hours", rounded(time.Hour))
	case d >= 2*time.Minute:
		return v.lang.Count("wait.minutes", rounded(time.Minute))
	}
	return v.lang.Count("wait.seconds", seconds(d))
}

// linger waits until what began then has taken as long as every refusal does. It
// goes by real time, which is what others measure.
func (s *Server) linger(ctx context.Context, began time.Time) {
	timer := time.NewTimer(time.Until(began.Add(s.cfg.RefusalTime)))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
