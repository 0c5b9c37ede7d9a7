package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/session"
)

// errChallenge: the directory wants a step that we have no page for.
var errChallenge = errors.New("further step not supported")

// authenticate checks the sign-in page's form: right leads to Deskpro with a
// token and a new session, wrong shows the page again.
func (s *Server) authenticate(w http.ResponseWriter, r *http.Request, door *Door, f form) error {
	returnTo, err := parseReturn(door, f.get(paramReturn))
	if err != nil {
		return err
	}
	login := f.get(paramLogin)
	began := s.cfg.Now()
	outcome, err := s.cfg.Directory.Authenticate(r.Context(), directory.Credentials{Login: login, Password: redact.New(f.get(paramPassword))})
	if err != nil {
		return &failure{err: err, returnTo: returnTo.String(), form: true, login: login}
	}
	if outcome.Challenge != nil {
		kind := outcome.Challenge.Kind
		return &failure{err: fmt.Errorf("%w: %s", errChallenge, kind), returnTo: returnTo.String(), challenge: kind}
	}
	user := *outcome.User
	if err := allowed(door, user); err != nil {
		return &failure{err: err, returnTo: returnTo.String(), subject: user.ID}
	}
	// The session comes before the token: should the key be unavailable, the
	// page's "Try again" needs no password.
	if err := s.openSession(w, r, user, began); err != nil {
		return &failure{err: err, returnTo: returnTo.String(), subject: user.ID}
	}
	s.record(r, door, audit.Event{Name: audit.SignedIn, Subject: user.ID})
	return s.send(w, r, door, user, returnTo)
}

// openSession gives the browser a new session and ends the one it came with,
// so that an id from before signing in, whoever put it there, is worth nothing.
func (s *Server) openSession(w http.ResponseWriter, r *http.Request, user directory.User, began time.Time) error {
	profile, err := json.Marshal(user)
	if err != nil {
		return fmt.Errorf("encoding a session's profile: %w", err)
	}
	id, err := s.cfg.Sessions.Open(r.Context(), user.ID, profile, began)
	if err != nil {
		return err
	}
	if old, err := sessionID(r); err == nil {
		if _, err := s.cfg.Sessions.End(r.Context(), old); err != nil && !errors.Is(err, session.ErrNone) {
			return err
		}
	}
	setSession(w, id)
	return nil
}
