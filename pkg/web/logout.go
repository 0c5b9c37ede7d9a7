package web

import (
	"errors"
	"net/http"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/bounce"
	"deskpro-login/pkg/session"
)

// logout ends the session and goes to an allowed return URL, or says so on a
// page.
//
// It changes state on a GET because that is how Deskpro's Logout Redirect URL
// reaches it. Another site can send a browser here, too: that costs the person
// a password, gives away nothing, and could be had by other means (a link, a
// full cookie jar). Images, frames and scripts of other sites cannot: the
// cookie is SameSite=Lax, and without it nothing is ended.
func (s *Server) logout(w http.ResponseWriter, r *http.Request, door *Door) error {
	if err := s.endSession(w, r, door); err != nil {
		return err
	}
	params, err := query(r)
	if err != nil {
		return err
	}
	raw := params.Get(paramReturn)
	if raw == "" {
		raw = takeReturnCookie(w, r, door)
	}
	if raw != "" {
		returnTo, err := door.App.ParseReturn(raw)
		if err != nil {
			return err
		}
		raw = returnTo.String()
	}
	_, err = r.Cookie(federatedCookie)
	federated := err == nil
	switch {
	case federated && s.cfg.FederationLogout != "":
		s.endFederation(w, r, door, raw)
	case raw != "":
		redirect(w, raw)
	default:
		return s.view(r).signedOut(w, door)
	}
	return nil
}

// endSession ends the session in the store, then clears the cookie: the other
// way round, a store that is down would leave a session that nobody can end.
func (s *Server) endSession(w http.ResponseWriter, r *http.Request, door *Door) error {
	id, err := sessionID(r)
	if err != nil {
		return nil // there is none to end
	}
	ended, err := s.cfg.Sessions.End(r.Context(), id)
	switch {
	case errors.Is(err, session.ErrNone):
	case err != nil:
		return err
	default:
		s.record(r, door, audit.Event{Name: audit.SignedOut, Subject: ended.Subject})
	}
	clearSession(w)
	if _, err := r.Cookie(trailCookie); err == nil {
		setTrail(w, bounce.Trail{})
	}
	return nil
}
