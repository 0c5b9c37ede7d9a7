// Package directory says what the sign-in pages need of the place where people
// and their passwords are kept: an Authenticator, and where there is one, a
// Recovery for who cannot sign in and a Federation with who else can vouch for
// people. Its adapters (memory, dynamo, cognito, oidc) are named by technology
// and do not know each other; directorytest holds the suite that each
// Authenticator passes.
package directory

import (
	"context"
	"errors"

	"deskpro-login/pkg/redact"
)

// Authenticator checks credentials against a directory.
type Authenticator interface {
	// Authenticate returns the outcome for c, or an error for which errors.Is
	// finds exactly one of this package's sentinels:
	//
	//   - ErrBadCredentials: unknown login, wrong password, disabled account.
	//     The error wraps a *Refusal, which tells the log (never the person)
	//     which. The three cost the same: one look-up and one hash, or one
	//     call. What cannot exist at all (an empty login, an overlong password)
	//     may cost less.
	//   - ErrUnverifiedEmail, ErrIncomplete: the password was right but the
	//     account cannot be sent to Deskpro.
	//   - ErrNoFactor: the account has no way to get the code that it needs.
	//   - ErrThrottled: the directory asks to slow down.
	//   - ErrMisconfigured: the directory, or our right to ask it, is set up
	//     wrongly; the error says what to mend.
	//   - ErrUnavailable: everything else, including ctx's end.
	//
	// One that answers a first challenge by itself, with the password, may
	// return Respond's, too.
	//
	// It is safe for concurrent use and returns soon after ctx ends. It never
	// keeps, logs or puts into an error c's password.
	Authenticate(ctx context.Context, c Credentials) (Outcome, error)

	// Respond answers a challenge that this directory posed, and returns what
	// Authenticate would: a user, or a further challenge. Its errors are those
	// of Authenticate and:
	//
	//   - ErrWrongCode, ErrSpentCode, ErrUnfitPassword (the error wraps an
	//     *UnfitPassword), ErrUnfitAttribute: the challenge may be answered
	//     again.
	//   - ErrOver: it may not: it has expired, was answered before, or is none
	//     of this directory's. The way on is to sign in anew.
	//   - ErrDenied: the directory's owner forbids it, such as by a rule on
	//     risky sign-ins.
	//   - ErrFactorRequired: the account has to keep the factor that the person
	//     came to be without.
	//
	// After an error that is not final the challenge stays open; where it has
	// changed meanwhile, the Outcome beside the error has the one to answer now.
	// It is safe for concurrent use, though of concurrent answers to one
	// challenge only one may win. A directory that poses no challenges returns
	// ErrOver.
	Respond(ctx context.Context, c Challenge, a Answer) (Outcome, error)
}

// Credentials are what a person typed, unchanged.
type Credentials struct {
	// Login is a user name or an email address. The adapter normalises it.
	Login string
	// Password is verified exactly as typed: not trimmed, not normalised.
	Password redact.Secret
	// Passwordless asks for a choice of ways to sign in, without Password. A
	// directory that has one way only goes by Password all the same.
	Passwordless bool
	// Want is what the person came for besides. A directory that does not offer
	// it ignores it.
	Want Want
	// Factor: the door lets nobody in without a second factor, so a directory
	// that keeps factors has one set up by who has none. Others ignore it.
	Factor bool
	// Client is where they were typed.
	Client Client
}

// Want is what a person may come for besides signing in.
type Want string

const (
	// WantPassword: to choose another password, once the present one was right.
	WantPassword Want = "password"
	// WantFactor: to set up an authenticator app, in place of the one that the
	// account may have, once that was proved.
	WantFactor Want = "factor"
	// WantNoFactor: to be without the authenticator app from now on, and WantCodes:
	// to have new recovery codes in place of the old ones, once the app, or an old
	// code, was proved. Who has no app comes in without either.
	WantNoFactor Want = "no_factor"
	WantCodes    Want = "codes"
)

// Client is the browser that a call is made for, as far as a directory wants to
// know to judge a risk. The zero value tells nothing.
type Client struct {
	// Address is the browser's, without a port.
	Address string
	// Host and Path are those of our page.
	Host, Path string
	// Headers are chosen ones of the request, never cookies.
	Headers []Header
	// Device is what a script of the directory's maker found out about the
	// browser, opaque; empty where the page sent none.
	Device string
}

// Header is one of the request's.
type Header struct{ Name, Value string }

// Outcome is a User or a Challenge: exactly one is set.
type Outcome struct {
	User      *User
	Challenge *Challenge
	// Changed is the ID of the account whose password or factor the answer has
	// just changed, so that its other sessions can be ended at once; empty where
	// it changed neither, or the directory does not tell whose it is before the
	// sign-in comes to its end. Beside ErrUnavailable: it may have.
	Changed string
	// Recovered: a recovery code stood in for the app.
	Recovered bool
	// Renewed: the account has new recovery codes, and the old ones ended.
	Renewed bool
}

// The sentinels of Authenticate, and of every other method here.
var (
	ErrBadCredentials  = errors.New("bad credentials")
	ErrUnverifiedEmail = errors.New("email address not verified")
	ErrIncomplete      = errors.New("account lacks what Deskpro requires")
	ErrThrottled       = errors.New("directory asks to slow down")
	ErrMisconfigured   = errors.New("directory set up wrongly")
	ErrUnavailable     = errors.New("directory unavailable")
)

// Refusal is the ErrBadCredentials of one attempt, with what the log may know.
type Refusal struct {
	Reason Reason
	// UserID is the account's ID, empty for an unknown login. A typed login is
	// never in here: people type passwords into that field.
	UserID string
	// Cause is what an operator should mend, such as a stored hash that cannot
	// be verified; nil where there is nothing to mend.
	Cause error
}

// Reason tells refusals apart, for the log only: each looks like a wrong
// password to the person.
type Reason string

const (
	ReasonUnknown  Reason = "unknown_login"
	ReasonPassword Reason = "wrong_password"
	ReasonDisabled Reason = "disabled"
	// ReasonLocked: the directory itself refuses the account for a while.
	ReasonLocked Reason = "locked_out"
	// ReasonHash: the account's stored hash cannot be verified; see Cause.
	ReasonHash Reason = "unusable_hash"
	// ReasonUnreadable: what is stored under the login is no account; see Cause.
	ReasonUnreadable Reason = "unreadable_account"
	// ReasonUnconfirmed: the account was made by its owner, who has not proved
	// yet to own its address.
	ReasonUnconfirmed Reason = "unconfirmed"
	// ReasonReset: the account needs a new password first.
	ReasonReset Reason = "reset_required"
	// ReasonExpired: an initial password was right, but too late.
	ReasonExpired Reason = "initial_password_expired"
	// ReasonBlocked: the directory found the attempt too risky.
	ReasonBlocked Reason = "blocked"
	// ReasonRule: the directory's owner refuses it by a rule (a trigger).
	ReasonRule Reason = "refused_by_rule"
	// ReasonUnspecified: the directory itself does not tell the cases apart.
	ReasonUnspecified Reason = "unspecified"
)

func (r *Refusal) Error() string {
	text := "bad credentials: " + string(r.Reason)
	if r.Cause != nil {
		text += ": " + r.Cause.Error()
	}
	return text
}

func (r *Refusal) Is(target error) bool { return target == ErrBadCredentials }
