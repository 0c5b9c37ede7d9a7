package web

import (
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
)

// errRecoveryCode: the code of a forgotten password or a new account is not
// the one that was sent, or there is no such account: nobody is told which.
var errRecoveryCode = errors.New("code not accepted")

// What a form of recovery is for, in paramAsk.
const (
	askForCode = "request"
	giveCode   = "code"
)

// resetPage asks whose password is forgotten.
func (s *Server) resetPage(w http.ResponseWriter, r *http.Request, door *Door) error {
	_, returnTo, err := queryReturn(r, door)
	if err != nil {
		return err
	}
	return s.view(r).recovery(w, http.StatusOK, forgotten, door, recoveryPage{Return: returnTo.String(), Ask: askForCode})
}

// reset sends a code, or takes it with the new password: then the person is
// signed in with that. Unlike a step's form this one is not answered once: who
// sends it twice is told that the code may have been used already.
func (s *Server) reset(w http.ResponseWriter, r *http.Request, door *Door, f form) error {
	began := time.Now()
	returnTo, err := parseReturn(door, f.get(paramReturn))
	if err != nil {
		return err
	}
	switch {
	case f.get(paramLocales) != "":
		return s.view(r).recoveryAgain(w, forgotten, door, returnTo.String(), f)
	case f.get(paramAsk) != giveCode:
		return s.request(w, r, door, returnTo, f, forgotten, began)
	}
	login, password, client := f.get(paramLogin), redact.New(f.get(paramNew)), clientOf(r, f)
	userID := ""
	err = s.checkCode(r, login, func() (err error) {
		userID, err = s.cfg.Recovery.Reset(r.Context(), login, redact.New(f.get(paramCode)), password, client)
		return err
	})
	if err != nil {
		return s.recoveryFailed(door, returnTo, login, forgotten, giveCode, err, began)
	}
	s.forgive(r, login, regulation.Password, regulation.Request)
	s.record(r, door, audit.Event{Name: audit.PasswordReset, Subject: userID})
	// At once, whatever becomes of signing in; otherwise signing in does it, if
	// it comes to its end from here.
	in := s.begin(login)
	if in.EndOthers = true; userID == "" {
		s.cfg.Log.WarnContext(r.Context(), notEnded, "error", "the directory does not tell whose it was")
	} else {
		s.endOthers(r.Context(), userID, &in)
	}
	outcome, err := s.cfg.Directory.Authenticate(r.Context(), directory.Credentials{Login: login, Password: password, Factor: door.Factor, Client: client})
	switch {
	case err != nil:
		s.cfg.Log.InfoContext(r.Context(), "no sign-in after a new password", "error", err)
		return s.view(r).signInNext(w, door, returnTo.String(), in, s.view(r).say("reset.done"))
	case outcome.Challenge != nil:
		return s.pose(w, r, door, step{signIn: in, Return: returnTo.String(), Challenge: *outcome.Challenge})
	}
	_, err = s.finish(w, r, door, returnTo, in, *outcome.User)
	return err
}

// checkCode has a code of recovery checked, if there is a guess left.
func (s *Server) checkCode(r *http.Request, login string, check func() error) error {
	ticket, err := s.guess(r, regulation.Answer, login, login, errRecoveryCode)
	if err != nil {
		return err
	}
	return s.judge(r.Context(), ticket, check())
}

// request has a code sent, and answers for every login the same, after the same
// time.
func (s *Server) request(w http.ResponseWriter, r *http.Request, door *Door, returnTo deskpro.ReturnURL, f form, about recovery, began time.Time) error {
	login, send, event := f.get(paramLogin), s.cfg.Recovery.RequestReset, audit.ResetRequested
	if about == unconfirmed {
		send, event = s.cfg.Recovery.RequestConfirmation, audit.ConfirmationRequested
	}
	if strings.TrimSpace(login) == "" {
		return s.view(r).recovery(w, http.StatusOK, about, door, recoveryPage{
			page: page{Notice: s.view(r).say("signin.login_first")}, Return: returnTo.String(), Ask: askForCode,
		})
	}
	ticket, err := s.guess(r, regulation.Request, login, login, errRequests)
	if err != nil {
		return s.recoveryFailed(door, returnTo, login, about, askForCode, err, began)
	}
	err = send(r.Context(), login, clientOf(r, f))
	refusal := new(directory.Refusal)
	if err != nil && !errors.As(err, &refusal) {
		ticket.Void(r.Context())
		return s.recoveryFailed(door, returnTo, login, about, askForCode, err, began)
	}
	s.record(r, door, audit.Event{Name: event, Reason: string(refusal.Reason), Subject: refusal.UserID})
	if refusal.Cause != nil {
		s.cfg.Log.WarnContext(r.Context(), "no code was sent", "error", err)
	}
	s.linger(r.Context(), began)
	return s.view(r).recovery(w, http.StatusOK, about, door, recoveryPage{
		Return: returnTo.String(), Login: login, Ask: giveCode, Sent: true,
	})
}

// recoveryFailed shows a form of recovery once more.
func (s *Server) recoveryFailed(door *Door, returnTo deskpro.ReturnURL, login string, about recovery, ask string, err error, began time.Time) error {
	page := recoveryPage{Return: returnTo.String(), Login: login, Ask: ask}
	if errors.Is(err, directory.ErrWrongCode) || errors.Is(err, directory.ErrBadCredentials) {
		err = fmt.Errorf("%w: %w", errRecoveryCode, err)
	}
	var refused step
	refused.unfit(err)
	return &failure{err: err, returnTo: returnTo.String(), recovery: true, began: began, again: func(v view, w http.ResponseWriter, p *problem) error {
		v.setAlert(&page.page, p)
		page.Policy = v.policy(refused)
		return v.recovery(w, p.status, about, door, page)
	}}
}
