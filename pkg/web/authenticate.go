package web

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/regulation"
	"deskpro-login/pkg/session"
)

// authenticate checks the sign-in page's form: right leads to Deskpro with a
// token and a new session, or to a further step; wrong shows the page again.
func (s *Server) authenticate(w http.ResponseWriter, r *http.Request, door *Door, f form) error {
	began := time.Now()
	returnTo, err := parseReturn(door, f.get(paramReturn))
	if err != nil {
		return err
	}
	login, want := f.get(paramLogin), s.cfg.Offers.wanted(f.get(paramWant))
	if f.get(paramLocales) != "" {
		return s.view(r).signInNext(w, door, returnTo.String(), signIn{Login: s.begin(login).Login, Want: want}, "")
	}
	passwordless := s.cfg.Offers.Passwordless && f.get(paramWay) == "other"
	if passwordless && strings.TrimSpace(login) == "" {
		return s.view(r).signInNext(w, door, returnTo.String(), signIn{Want: want}, s.view(r).say("signin.login_first"))
	}
	in := s.begin(login)
	in.Want, in.Asked = want, passwordless
	outcome, err := s.checkPassword(r, directory.Credentials{
		Login: login, Password: redact.New(f.get(paramPassword)), Passwordless: passwordless,
		Want: want, Factor: door.Factor, Client: clientOf(r, f),
	})
	switch {
	case err != nil:
		return &failure{err: err, returnTo: returnTo.String(), began: began, again: s.formAgain(door, returnTo, in)}
	case outcome.Challenge != nil:
		return s.pose(w, r, door, step{signIn: in, Return: returnTo.String(), Challenge: *outcome.Challenge})
	}
	_, err = s.finish(w, r, door, returnTo, in, *outcome.User)
	return err
}

// checkPassword asks the directory, if there is a guess left.
func (s *Server) checkPassword(r *http.Request, c directory.Credentials) (directory.Outcome, error) {
	began := time.Now()
	kind, refused := regulation.Password, directory.ErrBadCredentials
	if c.Passwordless {
		kind, refused = regulation.Request, errRequests
	}
	ticket, err := s.guess(r, kind, c.Login, c.Login, refused)
	if err != nil {
		return directory.Outcome{}, err
	}
	outcome, err := s.cfg.Directory.Authenticate(r.Context(), c)
	if c.Passwordless && err == nil {
		s.linger(r.Context(), began)
		return outcome, nil // to ask is not to guess: it stays counted
	}
	return outcome, s.judge(r.Context(), ticket, err)
}

// signIn is what is known of one before it is finished. It is kept, sealed,
// from page to page.
type signIn struct {
	// ID is what the log calls it.
	ID string
	// Login is what was typed, empty if it could be no login.
	Login string
	// Began is when the check of the account did: who ended all of its sessions
	// since then ends this one's, too.
	Began time.Time
	// Want is what the person came for besides.
	Want directory.Want `json:",omitempty"`
	// Done is what was changed of the account in it.
	Done directory.Want `json:",omitempty"`
	// EndOthers: the account's other sessions are to end with this sign-in, for
	// its password or factor is another. Where the directory does not tell whose
	// it is before, who does not go on to the end keeps them.
	EndOthers bool `json:"PasswordChanged"` // as earlier releases have it
	// Asked: codes were asked for, without a password.
	Asked bool `json:",omitempty"`
	// Federated: an identity provider signs the person in.
	Federated bool
}

func (s *Server) begin(login string) signIn {
	// Nobody's is longer than 256 bytes, of which JSON may take six for one.
	login = bounded(strings.TrimSpace(login), 256)
	return signIn{ID: rand.Text(), Login: login, Began: s.cfg.Now()}
}

// formAgain shows the sign-in page once more, with what was typed.
func (s *Server) formAgain(door *Door, returnTo deskpro.ReturnURL, in signIn) func(view, http.ResponseWriter, *problem) error {
	return func(v view, w http.ResponseWriter, p *problem) error {
		return v.signInAgain(w, p, door, returnTo.String(), in)
	}
}

// startOver leads back to the sign-in page, which says why.
func (s *Server) startOver(door *Door, returnTo deskpro.ReturnURL, in signIn, err error) error {
	return &failure{err: err, returnTo: returnTo.String(), again: s.formAgain(door, returnTo, in)}
}

// finish lets a person in whom the directory vouches for, if the door does. It
// returns the id of the session that it opened.
func (s *Server) finish(w http.ResponseWriter, r *http.Request, door *Door, returnTo deskpro.ReturnURL, in signIn, user directory.User) (id session.ID, err error) {
	ctx, cancel := atLeast(r.Context(), grace)
	defer cancel()
	r = r.WithContext(ctx)
	fail := func(err error) (session.ID, error) {
		return id, &failure{err: err, returnTo: returnTo.String(), subject: user.ID, signIn: in.ID}
	}
	if in.EndOthers {
		in.Began, err = s.cfg.Sessions.EndOthers(ctx, user.ID, in.Began)
		switch {
		case errors.Is(err, session.ErrNone):
			return id, s.endedMeanwhile(door, returnTo, in)
		case err != nil:
			return fail(err)
		}
	}
	if err := allowed(door, user); err != nil {
		return fail(err)
	}
	// The session comes before the token: should the key be unavailable, the
	// page's "Try again" needs no password.
	id, err = s.openSession(w, r, user, in)
	switch {
	case errors.Is(err, session.ErrNone):
		return id, s.endedMeanwhile(door, returnTo, in)
	case err != nil:
		return fail(err)
	}
	event := audit.Event{Name: audit.SignedIn, Subject: user.ID, SignIn: in.ID}
	if in.Federated {
		event.Reason = audit.Federated
	}
	s.record(r, door, event)
	if in.Asked {
		s.forgive(r, in.Login, regulation.Request)
	}
	s.remember(ctx, w, r, in, user.ID)
	if in.Want != "" {
		s.toAccount(w, door, returnTo, string(in.Done))
		return id, nil
	}
	return id, s.send(w, r, door, user, returnTo)
}

// endedMeanwhile is for a sign-in during which all sessions of its account were
// ended.
func (s *Server) endedMeanwhile(door *Door, returnTo deskpro.ReturnURL, in signIn) error {
	return s.startOver(door, returnTo, in, fmt.Errorf("%w: all sessions of the account were ended meanwhile", directory.ErrOver))
}

// atLeast gives what comes after a slow directory's yes the time that it needs:
// the code is used up, so that trying again would not help.
func atLeast(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) >= d {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(context.WithoutCancel(ctx), d)
}

// openSession gives the browser a new session and ends the one it came with,
// so that an id from before signing in, whoever put it there, is worth nothing.
func (s *Server) openSession(w http.ResponseWriter, r *http.Request, user directory.User, in signIn) (session.ID, error) {
	encoded, err := json.Marshal(profile{user, in.Federated})
	if err != nil {
		return session.ID{}, fmt.Errorf("encoding a session's profile: %w", err)
	}
	id, err := s.cfg.Sessions.Open(r.Context(), user.ID, encoded, in.Began, deviceName(r.UserAgent()))
	if err != nil {
		return session.ID{}, err
	}
	if old, err := sessionID(r); err == nil {
		if _, err := s.cfg.Sessions.End(r.Context(), old); err != nil && !errors.Is(err, session.ErrNone) {
			return session.ID{}, err
		}
	}
	setSession(w, id)
	return id, nil
}
