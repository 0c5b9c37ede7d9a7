package web

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/challenge"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/regulation"
	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state"
)

// stepLife is how long a sign-in may take over a step, and how long over an
// identity provider's pages: the most that Cognito's sessions live.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
const stepLife = 15 * time.Minute

const (
	// maxWrong is how many wrong answers one sign-in may have, and maxSteps how
	// many steps: then the password is asked for again.
	maxWrong = 5
	maxSteps = 20
	// maxAttributes is how many bytes of what was typed are shown once more.
	maxAttributes = 2048
	// grace is how long what follows a directory's answer may take once the
	// request's own time is over: the answer cannot be had again.
	grace = time.Second
)

var (
	// errChallenge: the directory wants a step that we have no page for.
	errChallenge = errors.New("further step not supported")
	// errTooMany: a sign-in had too many wrong answers, or never ends.
	errTooMany = errors.New("too many answers")
)

// step is a page of a sign-in between the password and the end. It is kept
// sealed, under an id that is in the page's form.
type step struct {
	signIn
	Return    string
	Challenge directory.Challenge
	// Count is how many steps there were, Wrong how many wrong answers.
	Count, Wrong int
	// Problem is the code of what was wrong with the last answer, Policy what
	// the directory said about it, and Attributes what was typed besides.
	Problem, Policy string `json:",omitempty"`
	// Recovering: the last answer was meant as a recovery code.
	Recovering bool `json:",omitempty"`
	// Rule is which of our own rules refused a password, Least what too short
	// ones lack.
	Rule       string            `json:",omitempty"`
	Least      int               `json:",omitempty"`
	Attributes map[string]string `json:",omitempty"`
}

// failure is err as it happened at the step.
func (s step) failure(err error) *failure {
	return &failure{err: err, returnTo: s.Return, subject: s.Challenge.Subject, challenge: s.Challenge.Kind, signIn: s.ID}
}

// result is what an answer led to: another step, a person let in, or the end. It
// is kept as the step is, for answers that come once more.
type result struct {
	// Next is the id of the step that comes next.
	Next string `json:",omitempty"`
	Step *step  `json:",omitempty"`
	// User passed, and has this session.
	User    *directory.User `json:",omitempty"`
	Session string          `json:",omitempty"`
	In      signIn
	// Problem is the code of what ended the sign-in.
	Problem string `json:",omitempty"`
}

// pose shows the page of a step that the directory asked for.
func (s *Server) pose(w http.ResponseWriter, r *http.Request, door *Door, next step) error {
	_, err := s.open(w, r, door, next)
	return err
}

// open keeps next and shows its page. It returns its id, or the error that says
// why there is no such page.
func (s *Server) open(w http.ResponseWriter, r *http.Request, door *Door, next step) (string, error) {
	kind := next.Challenge.Kind
	s.record(r, door, audit.Event{Name: audit.Challenged, Challenge: kind, Subject: next.Challenge.Subject, SignIn: next.ID})
	if next.Challenge.Step == "" {
		return "", next.failure(fmt.Errorf("%w: %s", errChallenge, kind))
	}
	id, err := s.keep(r, door, next)
	if err != nil {
		return "", next.failure(err)
	}
	return id, s.view(r).step(w, http.StatusOK, door, next, id, nil)
}

func (s *Server) keep(r *http.Request, door *Door, next step) (string, error) {
	content, err := json.Marshal(next)
	if err != nil {
		return "", fmt.Errorf("encoding a step: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), grace)
	defer cancel()
	id, err := s.steps.For(door.Name).Open(ctx, content)
	if err != nil {
		return "", err
	}
	return id.Reveal(), nil
}

// answer takes a step's form. Whoever sends it twice, by a double click, a
// reload or the back button, comes to where the first one led.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, door *Door, f form) error {
	returnTo, err := parseReturn(door, f.get(paramReturn))
	if err != nil {
		return err
	}
	if f.get(paramLocales) != "" {
		return s.look(w, r, door, returnTo, f)
	}
	attempt, current, err := s.claim(r, door, f)
	switch {
	case errors.Is(err, challenge.ErrNone):
		return s.startOver(door, returnTo, signIn{}, fmt.Errorf("%w: %w", directory.ErrOver, err))
	case err != nil:
		return &failure{err: err, returnTo: returnTo.String()}
	}
	if returnTo, err = parseReturn(door, current.Return); err != nil {
		return err // the door's origins have changed
	}
	if !attempt.Won {
		return s.repeat(w, r, door, returnTo, current, attempt)
	}
	current.Recovering = f.get(paramWay) == wayRecovery
	led, err := s.respond(w, r, door, returnTo, current, answerOf(f, current.Challenge, clientOf(r, f)))
	s.settle(r, door, attempt, led)
	return err
}

// look shows a step's page once more, in another language, as long as it was not
// answered.
func (s *Server) look(w http.ResponseWriter, r *http.Request, door *Door, returnTo deskpro.ReturnURL, f form) error {
	id, err := challenge.ParseID(f.get(paramStep))
	var (
		content []byte
		current step
	)
	if err == nil {
		content, err = s.steps.For(door.Name).Look(r.Context(), id)
	}
	if err == nil && json.Unmarshal(content, &current) != nil {
		err = challenge.ErrNone // of another release
	}
	switch {
	case errors.Is(err, challenge.ErrNone):
		return s.startOver(door, returnTo, signIn{}, fmt.Errorf("%w: %w", directory.ErrOver, err))
	case err != nil:
		return &failure{err: err, returnTo: returnTo.String()}
	}
	return s.view(r).step(w, http.StatusOK, door, current, id.Reveal(), problemOf(current.Problem))
}

// claim finds the step of a form, for one answer of which this one may be a
// repetition.
func (s *Server) claim(r *http.Request, door *Door, f form) (attempt challenge.Attempt, current step, err error) {
	id, err := challenge.ParseID(f.get(paramStep))
	if err != nil {
		return attempt, current, err
	}
	answered := url.Values{}
	for name, values := range f.values {
		if name != paramStep && name != paramReturn && name != paramDevice {
			answered[name] = values
		}
	}
	attempt, err = s.steps.For(door.Name).Answer(r.Context(), id, []byte(answered.Encode()), clientAddress(r))
	if err != nil {
		return attempt, current, err
	}
	if err := json.Unmarshal(attempt.Content, &current); err != nil {
		return attempt, current, challenge.ErrNone // of another release
	}
	return attempt, current, nil
}

// settle writes down what an answer led to. Where that fails the answer stays
// good; only its repetitions find nothing.
func (s *Server) settle(r *http.Request, door *Door, attempt challenge.Attempt, led result) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), grace)
	defer cancel()
	encoded, err := json.Marshal(led)
	if err == nil {
		err = s.steps.For(door.Name).Settle(ctx, attempt, encoded)
	}
	if err != nil {
		s.cfg.Log.WarnContext(r.Context(), "keeping a step's result", "error", err)
	}
}

// respond gives the answer to the directory and shows where that leads.
func (s *Server) respond(w http.ResponseWriter, r *http.Request, door *Door, returnTo deskpro.ReturnURL, current step, a directory.Answer) (result, error) {
	began := time.Now()
	if ended, err := s.endedMeantime(r, current); err != nil || ended {
		led, failed := s.refuse(r, door, returnTo, current, nil, cmp.Or(err, errEndedMeantime))
		return led, failed
	}
	outcome, err := s.check(r, &current, a)
	s.changed(r, door, &current, outcome, err)
	switch {
	case err != nil:
		if current.Attributes = nil; size(a.Attributes) <= maxAttributes {
			current.Attributes = a.Attributes
		}
		led, failed := s.refuse(r, door, returnTo, current, outcome.Challenge, err)
		failed.began = began
		return led, failed
	case outcome.User != nil:
		id, err := s.finish(w, r, door, returnTo, current.signIn, *outcome.User)
		return result{User: outcome.User, Session: id.Reveal(), In: current.signIn}, err
	case current.Count >= maxSteps:
		return s.end(door, returnTo, current, errTooMany)
	}
	next := step{
		signIn: current.signIn, Return: current.Return, Challenge: *outcome.Challenge,
		Count: current.Count + 1, Wrong: current.Wrong,
	}
	id, err := s.open(w, r, door, next)
	if id == "" {
		return result{Problem: lookUp(err).code}, err
	}
	return result{Next: id, Step: &next}, err
}

// errEndedMeantime: all sessions of the account were ended since its password was
// checked.
var errEndedMeantime = fmt.Errorf("%w: all sessions of the account were ended meanwhile", directory.ErrOver)

// endedMeantime tells whether that is so: then nothing of the account is changed
// by an answer either, which may be a stranger's whom somebody has just signed out.
func (s *Server) endedMeantime(r *http.Request, current step) (bool, error) {
	if current.Challenge.Subject == "" {
		return false, nil
	}
	return s.cfg.Sessions.EndedSince(r.Context(), current.Challenge.Subject, current.Began)
}

const notEnded = "sessions of an old password or factor are not ended yet"

// changed does what an answer makes necessary that has changed the account: the
// log is told, and its other sessions end, now or with this sign-in.
func (s *Server) changed(r *http.Request, door *Door, answered *step, outcome directory.Outcome, err error) {
	event := audit.Event{Subject: cmp.Or(outcome.Changed, answered.Challenge.Subject), SignIn: answered.ID}
	if outcome.User != nil {
		event.Subject = outcome.User.ID
	}
	if outcome.Recovered {
		event.Name = audit.RecoveryCodeUsed
		s.record(r, door, event)
	}
	if outcome.Renewed {
		event.Name, answered.Done = audit.RecoveryCodesRenewed, directory.WantCodes
		s.record(r, door, event)
	}
	done := directory.Want("")
	switch answered.Challenge.Step {
	case directory.StepNewPassword:
		event.Name, done = audit.PasswordChanged, directory.WantPassword
	case directory.StepSetup:
		event.Name, done = audit.FactorAdded, directory.WantFactor
	case directory.StepRemove:
		event.Name, done = audit.FactorRemoved, directory.WantNoFactor
	default:
		return
	}
	switch {
	case err != nil && outcome.Changed == "":
		return
	case errors.Is(err, directory.ErrUnavailable):
		s.cfg.Log.WarnContext(r.Context(), "whether a password or factor was changed is not known: the account's sessions are ended", "subject", outcome.Changed)
	default:
		s.record(r, door, event)
		answered.Done = done
	}
	if answered.EndOthers = true; outcome.Changed != "" {
		s.endOthers(r.Context(), outcome.Changed, &answered.signIn)
	}
}

// endOthers ends the other sessions of in's account at once, or tells the log
// that they have yet to be ended, by the end of the sign-in.
func (s *Server) endOthers(ctx context.Context, userID string, in *signIn) {
	ctx, cancel := atLeast(ctx, grace)
	defer cancel()
	began, err := s.cfg.Sessions.EndOthers(ctx, userID, in.Began)
	switch {
	case err == nil:
		in.EndOthers, in.Began = false, began
	case errors.Is(err, session.ErrNone): // somebody ended this sign-in, too: see its end
		in.EndOthers = false
	default:
		s.cfg.Log.WarnContext(ctx, notEnded, "subject", userID, "error", err)
	}
}

// refuse shows the step's page once more, if it may be answered again, or ends
// the sign-in. changed is the challenge that is open now, if that is another.
func (s *Server) refuse(r *http.Request, door *Door, returnTo deskpro.ReturnURL, current step, changed *directory.Challenge, err error) (result, *failure) {
	again := current
	if changed != nil {
		again.Challenge = *changed
	}
	if again.Count++; again.Count >= maxSteps {
		return s.end(door, returnTo, current, fmt.Errorf("%w: %w", errTooMany, err))
	}
	switch {
	case errors.Is(err, regulation.ErrWait) && !errors.Is(err, directory.ErrBadCredentials): // it was no answer
	case errors.Is(err, directory.ErrWrongCode), errors.Is(err, directory.ErrSpentCode):
		if again.Wrong++; again.Wrong >= maxWrong {
			return s.end(door, returnTo, current, fmt.Errorf("%w: %w", errTooMany, err))
		}
	case errors.Is(err, directory.ErrUnfitPassword), errors.Is(err, directory.ErrUnfitAttribute),
		errors.Is(err, directory.ErrThrottled), errors.Is(err, directory.ErrUnavailable), errors.Is(err, state.ErrUnavailable):
	default:
		return s.end(door, returnTo, current, err)
	}
	again.Problem = lookUp(err).code
	again.unfit(err)
	failed := current.failure(err)
	id, keepErr := s.keep(r, door, again)
	if keepErr != nil {
		failed.err = keepErr
		return result{Problem: lookUp(keepErr).code}, failed
	}
	failed.again = func(v view, w http.ResponseWriter, p *problem) error {
		return v.step(w, p.status, door, again, id, p)
	}
	return result{Next: id, Step: &again}, failed
}

// end is for errors after which one can only sign in anew.
func (s *Server) end(door *Door, returnTo deskpro.ReturnURL, current step, err error) (result, *failure) {
	f := current.failure(err)
	f.again = s.formAgain(door, returnTo, current.signIn)
	return result{Problem: lookUp(err).code}, f
}

// repeat answers who sends a step's form once more. What the right answer led to
// is for who gave it; others, though they have the form, begin again.
func (s *Server) repeat(w http.ResponseWriter, r *http.Request, door *Door, returnTo deskpro.ReturnURL, current step, attempt challenge.Attempt) error {
	over := fmt.Errorf("%w: answered before", directory.ErrOver)
	var led result
	if err := json.Unmarshal(attempt.Result, &led); err != nil {
		return s.startOver(door, returnTo, current.signIn, over)
	}
	p := problemOf(cmp.Or(led.Problem, problemIn(led.Step)))
	switch {
	case led.Step != nil && p != nil: // the same step: whoever has the form may answer it
		return s.view(r).step(w, p.status, door, *led.Step, led.Next, p)
	case !attempt.Same && led.User != nil:
		// The browser that finished has a session by now.
		values := returnValues(returnTo.String())
		values.Set(paramOver, "1")
		redirect(w, pageURL(door, "", values))
		return nil
	case !attempt.Same:
		return s.startOver(door, returnTo, current.signIn, over)
	case led.Step != nil:
		return s.view(r).step(w, http.StatusOK, door, *led.Step, led.Next, nil)
	case led.User != nil:
		return s.finishAgain(w, r, door, returnTo, led)
	case p != nil:
		return s.view(r).ended(w, p, door, current)
	}
	return s.startOver(door, returnTo, current.signIn, over)
}

func problemIn(next *step) string {
	if next == nil {
		return ""
	}
	return next.Problem
}

// finishAgain lets a person in who was let in just now, unless they have logged
// out since.
func (s *Server) finishAgain(w http.ResponseWriter, r *http.Request, door *Door, returnTo deskpro.ReturnURL, led result) error {
	in := led.In
	if led.Session != "" {
		now := s.cfg.Now()
		id, err := session.ParseID(led.Session)
		if err == nil {
			_, err = s.cfg.Sessions.Find(r.Context(), id)
		}
		switch {
		case errors.Is(err, session.ErrNone):
			return s.startOver(door, returnTo, in, fmt.Errorf("%w: its session was ended", directory.ErrOver))
		case err != nil:
			return &failure{err: err, returnTo: returnTo.String(), subject: led.User.ID, signIn: in.ID}
		}
		// What a new password ends was ended before that session began.
		in.EndOthers, in.Began = false, now
	}
	_, err := s.finish(w, r, door, returnTo, in, *led.User)
	return err
}

// unfit notes why a new password was refused.
func (s *step) unfit(err error) {
	s.Policy, s.Rule, s.Least = "", "", 0
	if unfit, ok := errors.AsType[*directory.UnfitPassword](err); ok {
		s.Policy, s.Rule, s.Least = unfit.Policy, unfit.Rule, unfit.Least
	}
}

func size(attributes map[string]string) (bytes int) {
	for _, value := range attributes {
		bytes += len(value)
	}
	return bytes
}

// answerOf reads from a form what the challenge asks for.
func answerOf(f form, c directory.Challenge, client directory.Client) directory.Answer {
	a := directory.Answer{
		Code: redact.New(f.get(paramCode)), Text: redact.New(f.get(paramText)), Choice: f.get(paramChoice), Client: client,
	}
	a.Password = redact.New(f.get(paramPassword))
	if c.Step == directory.StepNewPassword {
		a.Password = redact.New(f.get(paramNew))
		a.Attributes = map[string]string{}
		for _, name := range c.Attributes {
			a.Attributes[name] = f.get(prefixAttribute + name)
		}
	}
	return a
}
