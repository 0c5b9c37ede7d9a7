package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/session"
)

// wantAccount is for who signs in to see their account: directories need not know.
const wantAccount directory.Want = "account"

// profile is what a session remembers.
type profile struct {
	directory.User
	// Federated: an identity provider signed the person in, and keeps what does.
	Federated bool `json:"federated,omitempty"`
}

// parseProfile returns session.ErrNone for one of another release: who has it
// signs in again.
func parseProfile(encoded []byte) (p profile, err error) {
	if err := json.Unmarshal(encoded, &p); err != nil {
		return profile{}, session.ErrNone
	}
	return p, nil
}

// accountURL is the address of a door's account page.
func accountURL(door *Door, returnTo string) string {
	address := "/" + door.Name + "/account"
	if values := returnValues(returnTo); len(values) > 0 {
		address += "?" + values.Encode()
	}
	return address
}

// doneCookie says, to the account page alone and once, what was done just now.
const doneCookie = "__Host-done"

const doneLife = time.Minute

// toAccount leads to the account page, which says what was done.
func (s *Server) toAccount(w http.ResponseWriter, door *Door, returnTo deskpro.ReturnURL, done string) {
	if done != "" {
		http.SetCookie(w, hostCookie(doneCookie, done, int(doneLife/time.Second)))
	}
	redirect(w, accountURL(door, returnTo.String()))
}

// accountPage shows the person who is signed in their account, and asks everyone
// else to sign in.
func (s *Server) accountPage(w http.ResponseWriter, r *http.Request, door *Door) error {
	_, returnTo, err := queryReturn(r, door)
	if err != nil {
		return err
	}
	fail := func(err error) error { return &failure{err: err, returnTo: returnTo.String()} }
	id, mine, err := s.sessionProfile(r)
	switch {
	case errors.Is(err, session.ErrNone):
		redirect(w, wantURL(door, returnTo.String(), wantAccount))
		return nil
	case err != nil:
		return fail(err)
	}
	devices, err := s.cfg.Sessions.Devices(r.Context(), mine.ID, id)
	if err != nil {
		return fail(err)
	}
	done := ""
	if cookie, err := r.Cookie(doneCookie); err == nil {
		done = cookie.Value
		http.SetCookie(w, hostCookie(doneCookie, "", -1))
	}
	return s.view(r).account(w, door, returnTo.String(), mine, devices, done)
}

// sessionProfile returns the request's live session, or session.ErrNone.
func (s *Server) sessionProfile(r *http.Request) (session.ID, profile, error) {
	id, err := sessionID(r)
	if err != nil {
		return id, profile{}, err
	}
	found, err := s.cfg.Sessions.Find(r.Context(), id)
	if err != nil {
		return id, profile{}, err
	}
	p, err := parseProfile(found.Profile)
	return id, p, err
}

// What endDevices says that it did, beside a directory.Want.
const (
	doneEnded  = "ended"
	doneGone   = "gone"
	doneOthers = "others"
)

// endOthers, as paramEnd, ends all sessions but the one that asks.
const endOthers = "others"

// endDevices ends one of the person's sessions, or all others.
func (s *Server) endDevices(w http.ResponseWriter, r *http.Request, door *Door, f form) error {
	returnTo, err := parseReturn(door, f.get(paramReturn))
	if err != nil {
		return err
	}
	id, mine, err := s.sessionProfile(r)
	done := doneEnded
	if err == nil {
		if f.get(paramEnd) == endOthers {
			done, err = doneOthers, s.cfg.Sessions.EndAllBut(r.Context(), id)
		} else if err = s.cfg.Sessions.EndDevice(r.Context(), mine.ID, f.get(paramEnd)); errors.Is(err, session.ErrNone) {
			s.toAccount(w, door, returnTo, doneGone)
			return nil
		}
	}
	switch {
	case errors.Is(err, session.ErrNone):
		// To our own form, whoever else signs people in: browsers hold a form's
		// redirects to form-action, which has no identity provider.
		redirect(w, wantURL(door, returnTo.String(), wantAccount)+"&"+paramPrompt+"=login")
		return nil
	case err != nil:
		return &failure{err: err, returnTo: returnTo.String(), subject: mine.ID}
	}
	s.record(r, door, audit.Event{Name: audit.SessionsEnded, Subject: mine.ID, Reason: done})
	s.toAccount(w, door, returnTo, done)
	return nil
}
