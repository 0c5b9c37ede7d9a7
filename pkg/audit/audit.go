// Package audit names the security events, and the metrics that are counted
// from them, and writes them, one log line each. It is the only place that
// names them: what an engineer searches for, a dashboard shows and an alarm
// counts is listed here.
//
// An event never holds a password, a token, a cookie, a query string or what a
// person typed as login (people type passwords into that field).
package audit

import (
	"context"
	"log/slog"
	"time"
)

// Name is an event's name, stable across releases.
type Name string

const (
	// SignedIn: the directory accepted a password, and what it asked for
	// besides, and the door let in. Its Reason is Federated where the identity
	// provider did so instead.
	SignedIn Name = "signed_in"
	// Challenged: the directory asked for a further step; Challenge says which.
	Challenged Name = "challenged"
	// Refused: a sign-in was refused; Outcome and Reason say why.
	Refused Name = "refused"
	// TokenIssued: a token went to Deskpro.
	TokenIssued Name = "token_issued"
	// Bounced: a browser that was sent to Deskpro with a token is back for the same
	// page, as after a token that was refused. KeyVersion and KeyStage are that
	// token's; Outcome says what was done.
	Bounced Name = "bounced"
	// PasswordChanged: a person who signed in had to choose a new password.
	PasswordChanged Name = "password_changed"
	// FactorAdded: a person who signed in set up an authenticator app.
	FactorAdded Name = "factor_added"
	// RecoveryCodeUsed: a recovery code stood in for the authenticator app.
	RecoveryCodeUsed Name = "recovery_code_used"
	// RecoveryCodesRenewed: a person who signed in has new recovery codes, and the
	// old ones ended.
	RecoveryCodesRenewed Name = "recovery_codes_renewed"
	// ResetRequested: someone asked for a code to set a new password with. Its
	// Reason says why none was sent.
	ResetRequested Name = "reset_requested"
	// PasswordReset: a new password was set with such a code.
	PasswordReset Name = "password_reset"
	// RecoveryRefused: such a code, or the new password with it, was refused.
	RecoveryRefused Name = "recovery_refused"
	// ConfirmationRequested and AccountConfirmed are the same for an account
	// that a person made.
	ConfirmationRequested Name = "confirmation_requested"
	AccountConfirmed      Name = "account_confirmed"
	// SignedOut: a session was ended by its holder.
	SignedOut Name = "signed_out"
	// Bypassed: a request came to the API's own address, past the edge.
	Bypassed Name = "bypassed"
	// Failed: something behind the pages, or of ours, failed; Code says what.
	// The line "request failed" beside it says why.
	Failed Name = "failed"
)

// What becomes of a door's secret, by the hand of an operator or, without one, of
// the function for it; KeyVersion is the version.
const (
	// SecretStaged: a version waits to become current.
	SecretStaged Name = "secret_staged"
	// SecretWaits: it was to become current, but nobody has said that Deskpro has it.
	SecretWaits Name = "secret_waits"
	// SecretConfirmed: somebody has.
	SecretConfirmed Name = "secret_confirmed"
	// SecretPromoted: it became current; SecretRolledBack: the one before did again.
	SecretPromoted   Name = "secret_promoted"
	SecretRolledBack Name = "secret_rolled_back"
	// SecretDiscarded: it waits no longer.
	SecretDiscarded Name = "secret_discarded"
	// SecretRevealed: an operator was shown a version's value.
	SecretRevealed Name = "secret_revealed"
)

// The Outcomes of Bounced: a token signed with another version of the secret, one
// with the same, for there was no other, or a page instead.
const (
	OtherKey = "other_key"
	SameKey  = "same_key"
	Stopped  = "stopped"
)

// The acts of an operator. Each is two lines, before and after, told apart by
// Outcome: Begun, then Done, NotDone or Unknown. A Begun that nothing follows was
// cut off, so that it may have been done or not.
const (
	AccountAdded    Name = "account_added"
	AccountDisabled Name = "account_disabled"
	AccountEnabled  Name = "account_enabled"
	AccountDeleted  Name = "account_deleted"
	// AccountChanged: what else there is of an account; Reason names the fields.
	AccountChanged Name = "account_changed"
	// PasswordSet: an operator, not the account's owner, chose its password.
	PasswordSet Name = "password_set"
	// FactorRemoved: the account's authenticator app and recovery codes went, by an
	// operator's hand or, without one, by the person's own.
	FactorRemoved Name = "factor_removed"
	// SessionsEnded: sessions of an account were ended, one or all, by an operator's
	// hand or, without one, by the person's own, of whom Reason says which: ended or
	// others.
	SessionsEnded Name = "sessions_ended"
	// WaitsLifted: wrong guesses were forgotten, so that their next one need not
	// wait. Reason is what was guessed and whose counter it was, such as
	// "password_account"; Source is the network, if it was one's.
	WaitsLifted Name = "waits_lifted"
	// AccountsImported and AccountsExported are a whole file's; an import's
	// accounts have lines of their own besides.
	AccountsImported Name = "accounts_imported"
	AccountsExported Name = "accounts_exported"
)

// The Outcomes of an operator's act. NotDone: it failed. Unknown: whether it was
// done could not be told, as where the answer was lost.
const (
	Begun   = "begun"
	Done    = "done"
	NotDone = "failed"
	Unknown = "unknown"
)

// Federated is SignedIn's Reason for a person whom an identity provider signed
// in.
const Federated = "federated"

// Regulated begins Refused's Reason where too many wrong guesses had come before,
// so that this one was not checked; whose they were counted for follows, such as
// "account".
const Regulated = "regulated_"

// Event is what happened. Empty fields are left out of the line.
type Event struct {
	Name Name
	// Operator is who acted where it was none of the people who sign in: the ARN
	// that AWS knows them by, or the name of a user of their machine.
	Operator string
	// Door is "users" or "agents".
	Door string
	// Subject is the account's ID in the directory, where it is known.
	Subject string
	// Outcome is how a sign-in ended, in the words of the table of errors, such
	// as "bad_credentials", or where an operator's act stands. Record sets that of
	// SignedIn.
	Outcome string
	// Reason is finer, for the log only, such as "wrong_password".
	Reason string
	// Code is the one on the person's screen, such as "DPL-2001".
	Code string
	// Challenge is the further step that the directory asked for.
	Challenge string
	// SignIn is common to the events of one sign-in that has several pages.
	SignIn string
	// Source is the client's address as API Gateway, or the edge, saw it.
	Source string
	// RequestID is what the person's screen shows, for finding this line.
	RequestID string
	// KeyVersion is the version of the secret that signed, KeyMade the time
	// since when there is that version, and KeyStage what it is for: "current",
	// "pending" or "previous".
	KeyVersion string
	KeyMade    time.Time
	KeyStage   string
}

// Log writes events. The zero value writes to slog.Default(), without metrics.
type Log struct {
	Logger *slog.Logger
	// Namespace is the CloudWatch namespace of the metrics; empty means none.
	Namespace string
	// Uncounted tells contexts whose events no metric counts: trials, which
	// would set off the alarms that are for people. Nil means none.
	Uncounted func(context.Context) bool
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Record writes e at level Info under the message "audit".
func (l Log) Record(ctx context.Context, e Event) {
	logger, now := l.Logger, time.Now
	if logger == nil {
		logger = slog.Default()
	}
	if l.Now != nil {
		now = l.Now
	}
	if e.Name == SignedIn {
		e.Outcome = string(SignedIn)
	}
	attrs := []slog.Attr{slog.String("event", string(e.Name))}
	for _, field := range [...]struct{ key, value string }{
		{"operator", e.Operator}, {door, e.Door}, {"subject", e.Subject}, {outcome, e.Outcome}, {reason, e.Reason}, {code, e.Code}, {challenge, bounded(e.Challenge)},
		{"sign_in", e.SignIn}, {"source", e.Source}, {"api_request_id", e.RequestID}, {"key_version", e.KeyVersion}, {"key_stage", e.KeyStage},
	} {
		if field.value != "" {
			attrs = append(attrs, slog.String(field.key, field.value))
		}
	}
	if l.Namespace != "" && (l.Uncounted == nil || !l.Uncounted(ctx)) {
		attrs = append(attrs, l.metrics(e, now())...)
	}
	logger.LogAttrs(ctx, slog.LevelInfo, "audit", attrs...)
}
