package web

import (
	"net/http"
	"time"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/redact"
)

// confirmPage takes the code that people got who made an account themselves.
func (s *Server) confirmPage(w http.ResponseWriter, r *http.Request, door *Door) error {
	_, returnTo, err := queryReturn(r, door)
	if err != nil {
		return err
	}
	return s.view(r).recovery(w, http.StatusOK, unconfirmed, door, recoveryPage{Return: returnTo.String(), Ask: giveCode})
}

// confirm confirms an account, or sends its code once more.
func (s *Server) confirm(w http.ResponseWriter, r *http.Request, door *Door, f form) error {
	began := time.Now()
	returnTo, err := parseReturn(door, f.get(paramReturn))
	if err != nil {
		return err
	}
	switch {
	case f.get(paramLocales) != "":
		return s.view(r).recoveryAgain(w, unconfirmed, door, returnTo.String(), f)
	case f.get(paramAsk) != giveCode:
		return s.request(w, r, door, returnTo, f, unconfirmed, began)
	}
	login := f.get(paramLogin)
	err = s.checkCode(r, login, func() error {
		return s.cfg.Recovery.Confirm(r.Context(), login, redact.New(f.get(paramCode)), clientOf(r, f))
	})
	if err != nil {
		return s.recoveryFailed(door, returnTo, login, unconfirmed, giveCode, err, began)
	}
	s.record(r, door, audit.Event{Name: audit.AccountConfirmed})
	return s.view(r).signInNext(w, door, returnTo.String(), signIn{Login: login}, s.view(r).say("confirm.done"))
}
