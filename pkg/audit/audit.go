// Package audit names the security events and writes them, one log line each.
// It is the only place that names them: what an engineer searches for and what
// an alarm counts is listed here.
//
// An event never holds a password, a token, a cookie, a query string or what a
// person typed as login (people type passwords into that field).
package audit

import (
	"context"
	"log/slog"
)

// Name is an event's name, stable across releases.
type Name string

const (
	// SignedIn: the directory accepted a password and the door let in.
	SignedIn Name = "signed_in"
	// Refused: a sign-in was refused; Reason says why.
	Refused Name = "refused"
	// TokenIssued: a token went to Deskpro.
	TokenIssued Name = "token_issued"
	// SignedOut: a session was ended by its holder.
	SignedOut Name = "signed_out"
)

// Event is what happened. Empty fields are left out of the line.
type Event struct {
	Name Name
	// Door is "users" or "agents".
	Door string
	// Subject is the account's ID in the directory, where it is known.
	Subject string
	// Reason is a stable word such as "wrong_password".
	Reason string
	// Code is the one on the person's screen, such as "DPL-2001".
	Code string
	// Source is the client's address as API Gateway saw it.
	Source string
	// RequestID is what the person's screen shows, for finding this line.
	RequestID string
	// KeyVersion is the version of the secret that signed.
	KeyVersion string
}

// Log writes events. The zero value writes to slog.Default().
type Log struct{ Logger *slog.Logger }

// Record writes e at level Info under the message "audit".
func (l Log) Record(ctx context.Context, e Event) {
	logger := l.Logger
	if logger == nil {
		logger = slog.Default()
	}
	attrs := []slog.Attr{slog.String("event", string(e.Name))}
	for _, field := range []struct{ key, value string }{
		{"door", e.Door}, {"subject", e.Subject}, {"reason", e.Reason}, {"code", e.Code}, {"source", e.Source},
		{"api_request_id", e.RequestID}, {"key_version", e.KeyVersion},
	} {
		if field.value != "" {
			attrs = append(attrs, slog.String(field.key, field.value))
		}
	}
	logger.LogAttrs(ctx, slog.LevelInfo, "audit", attrs...)
}
