package directory

import (
	"context"
	"errors"

	"deskpro-login/pkg/redact"
)

// Federation signs people in somewhere else, which sends them back with a code
// (OpenID Connect Core section 3.1, with PKCE, RFC 7636). Its methods are safe
// for concurrent use.
type Federation interface {
	// Begin returns the address to send the browser to, and what Finish needs.
	Begin(start FederationStart) (address string, trip FederationTrip)

	// Finish returns the person for whom the code was given. Its errors are
	// ErrFederationCode (the code was not accepted: anybody can bring one),
	// ErrFederation (what it was exchanged for cannot be taken),
	// ErrUnverifiedEmail, ErrIncomplete, ErrThrottled, ErrMisconfigured and
	// ErrUnavailable. It returns soon after ctx ends.
	Finish(ctx context.Context, code redact.Secret, trip FederationTrip) (*User, error)
}

// FederationStart is what Begin is given.
type FederationStart struct {
	// Callback is our address that the browser comes back to, the same each
	// time: the other side has a list.
	Callback string
	// State comes back with the browser, unchanged.
	State string
	// Prompt asks the person to sign in even if the other side knows them.
	Prompt bool
}

// FederationTrip is what must be kept between Begin and Finish, as JSON or
// otherwise, by who began: bound to that browser, and secret.
type FederationTrip struct {
	Callback string
	// Nonce is in the ID token, Verifier proves who asked for the code.
	Nonce, Verifier string
}

// The sentinels of Finish.
var (
	ErrFederation     = errors.New("federated sign-in not acceptable")
	ErrFederationCode = errors.New("code of a federated sign-in not accepted")
)
