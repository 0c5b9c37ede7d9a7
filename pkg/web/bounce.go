package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/bounce"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/keyring"
)

// errBounced: Deskpro sent the person back each time.
var errBounced = errors.New("back from the helpdesk after each token")

// aside bounds each look at what only helps: nobody waits longer for it.
const aside = time.Second

// sendOn sends a person who has a session on to Deskpro, with another key if
// Deskpro has just refused the last one, and not for ever.
func (s *Server) sendOn(w http.ResponseWriter, r *http.Request, door *Door, user directory.User, returnTo deskpro.ReturnURL) error {
	trail, now := trailOf(r), s.cfg.Now()
	turn, visit := trail.Turn(door.Name, returnTo.String(), now)
	switch turn {
	case bounce.Back:
		return s.sendToken(w, r, door, user, returnTo, trail, func(ctx context.Context) (keyring.Key, error) {
			return s.nextKey(ctx, r, door, user, visit)
		})
	case bounce.Breathe:
		setTrail(w, trail.Breathed(door.Name, returnTo.String(), now))
		return s.pages.leadOn(w, door, returnTo.String())
	case bounce.Stop:
		s.stopped(r, door, user, visit)
		setTrail(w, trail.Without(door.Name, returnTo.String(), now)) // so that the page's button begins anew
		return &failure{err: errBounced, returnTo: returnTo.String(), subject: user.ID}
	}
	return s.sendToken(w, r, door, user, returnTo, trail, door.Keys.Current)
}

// nextKey returns the key to try after visit.
func (s *Server) nextKey(ctx context.Context, r *http.Request, door *Door, user directory.User, visit bounce.Visit) (keyring.Key, error) {
	usable, err := s.usable(ctx, door)
	if err != nil {
		return keyring.Key{}, err
	}
	next, refused := visit.Next(usable)
	outcome := audit.OtherKey
	if len(usable) == 1 {
		outcome = audit.SameKey
	}
	s.bounced(r, door, user, refused, outcome)
	s.note(ctx, door, user, usable, refused, next)
	return next, nil
}

// stopped notes that there is no further token after visit.
func (s *Server) stopped(r *http.Request, door *Door, user directory.User, visit bounce.Visit) {
	var refused keyring.Key
	if usable, err := s.usable(r.Context(), door); err == nil {
		_, refused = visit.Next(usable)
		s.note(r.Context(), door, user, usable, refused, keyring.Key{})
	}
	s.bounced(r, door, user, refused, audit.Stopped)
}

// usable returns the keys that Deskpro may have. Where only the current one can
// be had, that has to do.
func (s *Server) usable(ctx context.Context, door *Door) ([]keyring.Key, error) {
	bounded, cancel := context.WithTimeout(ctx, aside)
	defer cancel()
	ring, err := door.Keys.Keyring(bounded)
	if err == nil {
		return ring.Usable(s.cfg.Now(), s.cfg.RotationWindow), nil
	}
	s.cfg.Log.WarnContext(ctx, "cannot look for another version of the secret", "door", door.Name, "error", err)
	current, err := door.Keys.Current(ctx)
	return []keyring.Key{current}, err
}

func (s *Server) bounced(r *http.Request, door *Door, user directory.User, refused keyring.Key, outcome string) {
	s.record(r, door, audit.Event{
		Name: audit.Bounced, Subject: user.ID, Outcome: outcome, KeyVersion: refused.Version(), KeyStage: string(refused.Stage()),
	})
}

// note puts down what the person's return says about the keys, if there is a
// choice of them.
func (s *Server) note(ctx context.Context, door *Door, user directory.User, usable []keyring.Key, refused, next keyring.Key) {
	if len(usable) == 1 || s.cfg.Ledger == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, aside)
	defer cancel()
	if err := s.cfg.Ledger.Bounced(ctx, door.Name, user.ID, refused.Version(), next.Version()); err != nil {
		s.cfg.Log.WarnContext(ctx, "a bounce is not counted", "door", door.Name, "error", err)
	}
}

// trailCookie carries a bounce.Trail.
const trailCookie = "__Host-trail"

func trailOf(r *http.Request) bounce.Trail {
	cookie, err := r.Cookie(trailCookie)
	if err != nil {
		return bounce.Trail{}
	}
	return bounce.ParseTrail(cookie.Value)
}

func setTrail(w http.ResponseWriter, t bounce.Trail) {
	maxAge := int(bounce.Window / time.Second)
	if t.String() == "" {
		maxAge = -1
	}
	http.SetCookie(w, hostCookie(trailCookie, t.String(), maxAge))
}
