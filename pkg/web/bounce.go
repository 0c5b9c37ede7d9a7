package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
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
	// First: what the browser carries is its own word.
	if err := allowed(door, user); err != nil {
		return &failure{err: err, returnTo: returnTo.String(), subject: user.ID}
	}
	trail, now := trailOf(r), s.cfg.Now()
	turn, visit := trail.Turn(door.Name, returnTo.String(), now)
	switch turn {
	case bounce.Back:
		return s.sendAnother(w, r, door, user, returnTo, trail, visit)
	case bounce.Breathe:
		setTrail(w, trail.Breathed(door.Name, returnTo.String(), now))
		return s.view(r).leadOn(w, door, returnTo.String())
	case bounce.Stop:
		s.stop(r, door, user, returnTo, visit)
		setTrail(w, trail.Without(door.Name, returnTo.String(), now)) // so that the page's button begins anew
		return &failure{err: errBounced, returnTo: returnTo.String(), subject: user.ID}
	}
	return s.sendToken(w, r, door, user, returnTo, trail, door.Keys.Current)
}

// sendAnother sends a token of the key after visit's.
func (s *Server) sendAnother(w http.ResponseWriter, r *http.Request, door *Door, user directory.User, returnTo deskpro.ReturnURL,
	trail bounce.Trail, visit bounce.Visit) error {
	usable, err := s.usable(r.Context(), door)
	if err != nil {
		return &failure{err: err, returnTo: returnTo.String(), subject: user.ID}
	}
	next, refused := visit.Next(usable)
	outcome := audit.OtherKey
	if len(usable) == 1 {
		outcome = audit.SameKey
	}
	s.bounced(r, door, user, refused, outcome)
	err = s.sendToken(w, r, door, user, returnTo, trail, func(context.Context) (keyring.Key, error) { return next, nil })
	if err == nil && len(usable) > 1 {
		s.count(r.Context(), door, user, returnTo, refused, next)
	}
	return err
}

// stop notes that there is no further token after visit.
func (s *Server) stop(r *http.Request, door *Door, user directory.User, returnTo deskpro.ReturnURL, visit bounce.Visit) {
	var refused keyring.Key
	if usable, err := s.usable(r.Context(), door); err == nil {
		_, refused = visit.Next(usable)
		if len(usable) > 1 {
			s.count(r.Context(), door, user, returnTo, refused, keyring.Key{})
		}
	}
	s.bounced(r, door, user, refused, audit.Stopped)
}

// usable returns the keys that Deskpro may have, the current one first. Where the
// others cannot be had, or are not known to be this door's alone, that has to do.
func (s *Server) usable(ctx context.Context, door *Door) ([]keyring.Key, error) {
	bounded, cancel := context.WithTimeout(ctx, aside)
	defer cancel()
	ring, err := door.Keys.Keyring(bounded)
	if err != nil {
		s.cfg.Log.WarnContext(ctx, "cannot look for another version of the secret", "door", door.Name, "error", err)
		current, err := door.Keys.Current(ctx)
		return []keyring.Key{current}, err
	}
	usable := ring.Usable(s.cfg.Now(), s.cfg.RotationWindow)
	if len(usable) == 1 {
		return usable, nil
	}
	foreign, err := s.keysOfOthers(bounded, door)
	if err != nil {
		s.cfg.Log.WarnContext(ctx, "cannot compare the doors' secrets", "door", door.Name, "error", err)
		return usable[:1], nil
	}
	fit := usable[:1:1]
	for _, key := range usable[1:] {
		if err := door.App.Fits(key); err != nil {
			s.cfg.Log.WarnContext(ctx, "a version of the secret cannot stand in", "door", door.Name, "stage", string(key.Stage()), "error", err)
		} else if slices.ContainsFunc(foreign, key.Same) {
			s.cfg.Log.ErrorContext(ctx, "a version of the secret is another door's, whose tokens it would make", "door", door.Name, "stage", string(key.Stage()))
		} else {
			fit = append(fit, key)
		}
	}
	return fit, nil
}

// keysOfOthers returns all keys of the other doors: a token for one of them must
// never open this one, nor the other way round, whatever somebody has pasted.
func (s *Server) keysOfOthers(ctx context.Context, door *Door) ([]keyring.Key, error) {
	var keys []keyring.Key
	for name, other := range s.doors {
		if name == door.Name {
			continue
		}
		ring, err := other.Keys.Keyring(ctx)
		if err != nil {
			return nil, err
		}
		keys = append(keys, ring.Current, ring.Pending, ring.Previous)
	}
	return keys, nil
}

func (s *Server) bounced(r *http.Request, door *Door, user directory.User, refused keyring.Key, outcome string) {
	s.record(r, door, audit.Event{
		Name: audit.Bounced, Subject: user.ID, Outcome: outcome, KeyVersion: refused.Version(), KeyStage: string(refused.Stage()),
	})
}

// count puts down what the person's return says about the keys: at a page where
// Deskpro reads tokens, and only what it was sent.
func (s *Server) count(ctx context.Context, door *Door, user directory.User, returnTo deskpro.ReturnURL, refused, next keyring.Key) {
	if s.cfg.Ledger == nil || !returnTo.Callback() {
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
