package web

import (
	"errors"
	"log/slog"
	"net"
	"net/http"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/state"
)

// problem is how one kind of error looks: to the person on the page, to the
// admin by its code, to the engineer in the log.
type problem struct {
	is error
	// code is stable across releases: people quote it.
	code   string
	status int
	// title and text are what the person reads: what happened, what to do.
	title, text string
	// reason is the log's stable word.
	reason string
	level  slog.Level
	// refused marks the refusal of a sign-in, which is audited.
	refused bool
	// other offers to sign in with another account.
	other bool
}

// problems is the one table of errors, matched in order by errors.Is. The 1xxx
// codes are requests we do not take, 2xxx people we do not let in, 3xxx
// something behind us that is down or set up wrongly, 4xxx our own faults.
var problems = [...]problem{
	{is: errNoRoute, code: "DPL-1001", status: http.StatusNotFound, reason: "no_such_page", level: slog.LevelInfo,
		title: "There is no such page", text: "Check the address, or go to the helpdesk and sign in from there."},
	{is: errNoDoor, code: "DPL-1002", status: http.StatusNotFound, reason: "no_such_door", level: slog.LevelInfo,
		title: "There is no such sign-in page", text: "Check the address, or go to the helpdesk and sign in from there."},
	{is: deskpro.ErrReturn, code: "DPL-1003", status: http.StatusBadRequest, reason: "return_refused", level: slog.LevelWarn,
		title: "We can’t send you back to that page", text: "The address to return to does not belong to the helpdesk. Go to the helpdesk and sign in from there. If you came from there, tell its administrator the code below."},
	{is: errQuery, code: "DPL-1004", status: http.StatusBadRequest, reason: "query_unreadable", level: slog.LevelInfo,
		title: "This address is damaged", text: "Part of the address is missing or mangled. Go to the helpdesk and sign in from there."},
	{is: errRepeated, code: "DPL-1005", status: http.StatusBadRequest, reason: "parameter_repeated", level: slog.LevelWarn,
		title: "This address is damaged", text: "Part of the address or form is there twice. Go to the helpdesk and sign in from there."},
	{is: errCrossOrigin, code: "DPL-1006", status: http.StatusForbidden, reason: "cross_origin", level: slog.LevelWarn,
		title: "Please sign in from our own page", text: "Your password was sent from another site, so we did not use it. Open the sign-in page again and check its address before you type."},
	{is: errFormType, code: "DPL-1007", status: http.StatusUnsupportedMediaType, reason: "form_type", level: slog.LevelInfo,
		title: "We could not read the form", text: "Open the sign-in page again and send its form."},
	{is: errFormSize, code: "DPL-1008", status: http.StatusRequestEntityTooLarge, reason: "form_too_large", level: slog.LevelInfo,
		title: "That was too long", text: "What was typed is longer than we accept. Open the sign-in page again."},
	{is: errForm, code: "DPL-1009", status: http.StatusBadRequest, reason: "form_unreadable", level: slog.LevelInfo,
		title: "We could not read the form", text: "Open the sign-in page again and send its form."},
	{is: errBypass, code: "DPL-1010", status: http.StatusForbidden, reason: "edge_bypassed", level: slog.LevelWarn,
		title: "This isn’t the address to sign in at", text: "Go to the helpdesk and sign in from there: it knows the right address."},

	{is: directory.ErrBadCredentials, code: "DPL-2001", status: http.StatusUnauthorized, reason: "bad_credentials", level: slog.LevelInfo, refused: true,
		title: "That didn’t work", text: "The login or the password is not right. Check both and try again."},
	{is: errGroup, code: "DPL-2002", status: http.StatusForbidden, reason: "not_in_group", level: slog.LevelInfo, refused: true, other: true,
		title: "This account may not sign in here", text: "Your account does not have access to this part of the helpdesk. Use another account, or ask the helpdesk’s administrator for access."},
	{is: directory.ErrUnverifiedEmail, code: "DPL-2003", status: http.StatusForbidden, reason: "email_unverified", level: slog.LevelInfo, refused: true, other: true,
		title: "Your email address isn’t confirmed", text: "The helpdesk knows people by their email address, and yours has not been confirmed yet. Ask the helpdesk’s administrator to confirm it."},
	{is: directory.ErrIncomplete, code: "DPL-2004", status: http.StatusForbidden, reason: "account_incomplete", level: slog.LevelWarn, refused: true, other: true,
		title: "Your account is incomplete", text: "Your account lacks something that the helpdesk needs: a name or an email address. Ask the helpdesk’s administrator to complete it."},
	{is: deskpro.ErrClaims, code: "DPL-2005", status: http.StatusForbidden, reason: "claims_refused", level: slog.LevelWarn, refused: true, other: true,
		title: "Your account is incomplete", text: "The helpdesk cannot use your account’s name or email address as it is. Ask the helpdesk’s administrator to correct it."},
	{is: errChallenge, code: "DPL-2006", status: http.StatusForbidden, reason: "challenge_unsupported", level: slog.LevelWarn, refused: true, other: true,
		title: "One more step is needed", text: "Your account asks for a further step, such as a new password or a code, that this page cannot take yet. Ask the helpdesk’s administrator for help."},
	{is: directory.ErrThrottled, code: "DPL-2007", status: http.StatusTooManyRequests, reason: "throttled", level: slog.LevelWarn, refused: true,
		title: "Too many people at once", text: "Wait a moment, then try again."},

	{is: directory.ErrUnavailable, code: "DPL-3001", status: http.StatusServiceUnavailable, reason: "directory_unavailable", level: slog.LevelError,
		title: "We can’t check your password right now", text: "This is our fault, not yours. Wait a moment, then try again."},
	{is: state.ErrUnavailable, code: "DPL-3002", status: http.StatusServiceUnavailable, reason: "state_unavailable", level: slog.LevelError,
		title: "That isn’t possible right now", text: "This is our fault, not yours. Wait a moment, then try again."},
	{is: keyring.ErrUnavailable, code: "DPL-3003", status: http.StatusServiceUnavailable, reason: "key_unavailable", level: slog.LevelError,
		title: "We can’t send you to the helpdesk right now", text: "This is our fault, not yours. Wait a moment, then try again."},
	{is: keyring.ErrAbsent, code: "DPL-3004", status: http.StatusServiceUnavailable, reason: "key_absent", level: slog.LevelError,
		title: "We can’t send you to the helpdesk right now", text: "The sign-in page is not set up completely. Tell the helpdesk’s administrator the code below."},
	{is: keyring.ErrUnusable, code: "DPL-3005", status: http.StatusServiceUnavailable, reason: "key_unusable", level: slog.LevelError,
		title: "We can’t send you to the helpdesk right now", text: "The sign-in page is not set up correctly. Tell the helpdesk’s administrator the code below."},

	{is: errConfiguration, code: "DPL-3006", status: http.StatusServiceUnavailable, reason: "misconfigured", level: slog.LevelError,
		title: "Signing in isn’t possible right now", text: "The sign-in page is not set up correctly. Tell the helpdesk’s administrator the code below."},

	// The last row is for everything that no other row is for.
	{is: errPanic, code: "DPL-4001", status: http.StatusInternalServerError, reason: "internal", level: slog.LevelError,
		title: "Something went wrong", text: "This is our fault, not yours. Try again; if it happens again, tell the helpdesk’s administrator the code below."},
}

// failure is an error with what a page after it should keep.
type failure struct {
	err error
	// returnTo is a return URL that was parsed: the way on keeps it.
	returnTo string
	// subject is the account's ID, where it is known.
	subject string
	// challenge is the further step that the directory asked for.
	challenge string
	// form asks for the sign-in page again, with login as typed.
	form  bool
	login string
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// fail answers with err's page and writes its log lines: the one place where
// an error becomes either.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, door *Door, err error) {
	p := lookUp(err)
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{}
	}
	s.log(r, door, p, f, err)
	requestID := s.cfg.RequestID(r.Context())
	if f.form && !p.other {
		err = s.pages.signInAgain(w, p, door, f.returnTo, f.login, requestID)
	} else {
		err = s.pages.problem(w, p, door, f.returnTo, requestID)
	}
	if err != nil {
		s.cfg.Log.ErrorContext(r.Context(), "rendering a page", "error", err)
		w.WriteHeader(p.status) // without words, but never as if all were well
	}
}

func lookUp(err error) *problem {
	for i := range problems {
		if errors.Is(err, problems[i].is) {
			return &problems[i]
		}
	}
	return &problems[len(problems)-1]
}

func (s *Server) log(r *http.Request, door *Door, p *problem, f *failure, err error) {
	if p.refused {
		event := audit.Event{Name: audit.Refused, Outcome: p.reason, Code: p.code, Subject: f.subject, Challenge: f.challenge}
		refusal := new(directory.Refusal)
		if errors.As(err, &refusal) {
			event.Reason, event.Subject = string(refusal.Reason), refusal.UserID
		}
		s.record(r, door, event)
		if p.level == slog.LevelInfo && refusal.Cause == nil {
			return // the event says it all
		}
	}
	if p.is == errBypass {
		s.record(r, door, audit.Event{Name: audit.Bypassed, Reason: s.cfg.Bypassed(r.Context()), Code: p.code})
	}
	if p.level == slog.LevelError {
		s.record(r, door, audit.Event{Name: audit.Failed, Reason: p.reason, Code: p.code, Subject: f.subject})
	}
	s.cfg.Log.LogAttrs(r.Context(), p.level, "request failed",
		slog.String("code", p.code), slog.String("reason", p.reason), slog.String("door", nameOf(door)),
		slog.String("api_request_id", s.cfg.RequestID(r.Context())), slog.String("error", err.Error()))
}

// record completes an audit event with what is known of the request.
func (s *Server) record(r *http.Request, door *Door, e audit.Event) {
	e.Door, e.Source, e.RequestID = nameOf(door), clientAddress(r), s.cfg.RequestID(r.Context())
	s.cfg.Audit.Record(r.Context(), e)
}

func nameOf(door *Door) string {
	if door == nil {
		return ""
	}
	return door.Name
}

// clientAddress is the address that the event's context names.
func clientAddress(r *http.Request) string {
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	return host
}
