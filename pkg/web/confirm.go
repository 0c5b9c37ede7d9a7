package web

import (
	"net/http"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/redact"
)

// confirmPage takes the code that people got who made an account themselves.
func (s *Server) confirmPage(w http.ResponseWriter, r *http.Request, door *Door) error {
	_, returnTo, err := queryReturn(r, door)
	if err != nil {
		return err
	}
	return s.pages.recovery(w, http.StatusOK, unconfirmed, door, recoveryPage{Return: returnTo.String(), Ask: giveCode})
}

// confirm confirms an account, or sends its code once more.
func (s *Server) confirm(w http.ResponseWriter, r *http.Request, door *Door, f form) error {
	returnTo, err := parseReturn(door, f.get(paramReturn))
	if err != nil {
		return err
	}
	if f.get(paramAsk) != giveCode {
		return s.request(w, r, door, returnTo, f, unconfirmed)
	}
	login := f.get(paramLogin)
	if err := s.cfg.Recovery.Confirm(r.Context(), login, redact.New(f.get(paramCode)), clientOf(r, f)); err != nil {
		return s.recoveryFailed(door, returnTo, login, unconfirmed, giveCode, err)
	}
	s.record(r, door, audit.Event{Name: audit.AccountConfirmed})
	return s.pages.signInNext(w, door, returnTo.String(), signIn{Login: login}, "Your account is confirmed. Sign in with it.")
}
