package web

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/regulation"
)

// failure is an error with what a page after it should keep.
type failure struct {
	err error
	// returnTo is a return URL that was parsed: the way on keeps it.
	returnTo string
	// subject is the account's ID, where it is known.
	subject string
	// challenge is the further step that the directory asked for, signIn what
	// the log calls the sign-in, reason what it may know besides.
	challenge, signIn, reason string
	// began: it is answered no sooner than every refusal that began then.
	began time.Time
	// recovery: it was no sign-in, but a code for a new password or account.
	recovery bool
	// again renders the page that it happened on once more, to go on from
	// there. Nil: a page of the problem alone.
	again func(v view, w http.ResponseWriter, p *problem) error
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
	waiting, early := waitAfter(err)
	if early {
		f.reason = audit.Regulated + string(waiting.Scope)
	}
	s.log(r, door, p, f, err)
	if !f.began.IsZero() {
		s.linger(r.Context(), f.began)
	}
	if waiting != nil {
		timed := *p
		timed.wait = &wait{*waiting, waiting.Scope != regulation.Known && s.cfg.Regulation.Remembers() > 0}
		if p = &timed; !waiting.Closed {
			w.Header().Set("Retry-After", strconv.Itoa(timed.wait.seconds()))
		}
	}
	if f.again != nil && !p.other {
		err = f.again(s.view(r), w, p)
	} else {
		err = s.view(r).problem(w, p, door, f.returnTo)
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

// problemOf returns the problem that has this code, or nil.
func problemOf(code string) *problem {
	for i := range problems {
		if problems[i].code == code {
			return &problems[i]
		}
	}
	return nil
}

func (s *Server) log(r *http.Request, door *Door, p *problem, f *failure, err error) {
	if p.refused || f.recovery {
		event := audit.Event{
			Name: audit.Refused, Outcome: p.reason, Reason: f.reason, Code: p.code, Subject: f.subject, Challenge: f.challenge, SignIn: f.signIn,
		}
		if f.recovery {
			event.Name = audit.RecoveryRefused
		}
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
