// Package account owns the account as this project's own directories store it,
// and how a person signs in to one: password, second factor, new password. The
// adapters (memory, dynamo) are Stores; a Checker does the rest for both.
package account

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"deskpro-login/pkg/directory"
)

// Account is one stored account. See directory.User for the fields that are
// passed on.
type Account struct {
	// Login is what NormalizeLogin returns; it never changes.
	Login string
	// Alias is a second login, such as an email address beside a user name,
	// normalised likewise; empty means none. No two accounts share any of their
	// logins.
	Alias         string
	ID            string
	Email         string
	EmailVerified bool
	Name          string
	FirstName     string
	LastName      string
	Groups        []string
	Attributes    map[string]string
	Disabled      bool

	Credentials

	// Created and Updated are when the account was made and last changed by this
	// project's tools, to the second; zero where that is not known.
	Created, Updated time.Time
	// Version grows by one with each Update; 0 for an account that something
	// else made.
	Version int64
}

// Credentials are what proves that a person is the account's owner. They change
// together: see Store.Update.
type Credentials struct {
	// PasswordHash is one that package password reads; empty means that no
	// password opens the account (one that was invited but has chosen none yet).
	PasswordHash string
	// PasswordChanged is when it was set, to the second; zero where that is not
	// known.
	PasswordChanged time.Time
	// MustChange: a new password has to be chosen at the next sign-in.
	MustChange bool
	// PasswordExpires is when PasswordHash stops opening the account, for an
	// initial password, to the second; zero means never.
	PasswordExpires time.Time
	// Factor is the authenticator app; nil means none.
	Factor *Factor
}

// Factor is an authenticator app and what stands in for it.
type Factor struct {
	// Key is the app's key as factor.Vault seals it for the account's ID.
	Key string
	// Step is the newest time step whose code was accepted (RFC 6238 section
	// 5.2): none up to it is accepted again.
	Step int64
	// Recovery are the recovery codes that were not used yet, as factor.HashCode
	// returns them.
	Recovery []string
}

// Store keeps accounts. Its methods are safe for concurrent use by many
// processes, return soon after ctx ends, and read what was last written. An
// error that is none of the sentinels named is directory.ErrThrottled,
// ErrMisconfigured or ErrUnavailable by errors.Is, and holds no login.
type Store interface {
	// Find returns the account whose Login or Alias is login, normalised, or nil
	// where there is none, after the same calls in each case. ErrUnreadable
	// means that something is stored there that is no account. The caller may
	// change what it gets.
	Find(ctx context.Context, login string) (*Account, error)

	// Update stores becomes' Credentials in place of was', if the account that
	// Find returned as was still has its Version and PasswordHash; otherwise
	// ErrConflict. It raises the Version and sets Updated, in becomes, too. Of
	// concurrent calls with one was exactly one succeeds. A retry whose first
	// call had succeeded but whose answer was lost is an ErrConflict. After
	// another error the write may or may not have happened. One that may not
	// write returns ErrReadOnly.
	Update(ctx context.Context, was, becomes *Account) error
}

// The sentinels of Store.
var (
	// ErrUnreadable: something is stored under a login that is no account.
	ErrUnreadable = errors.New("stored account cannot be read")
	ErrConflict   = errors.New("account changed meanwhile")
	ErrReadOnly   = errors.New("accounts are read-only")
	// ErrExists: one of the account's logins is another's.
	ErrExists = errors.New("login is taken")
)

// Status is what an account is good for.
type Status string

const (
	Active     Status = "active"
	Disabled   Status = "disabled"
	MustChange Status = "must_change_password"
)

// Status returns what a is good for.
func (a *Account) Status() Status {
	switch {
	case a.Disabled:
		return Disabled
	case a.MustChange:
		return MustChange
	}
	return Active
}

// Clone returns a copy that shares nothing with a.
func (a *Account) Clone() *Account {
	copied := *a
	copied.Groups, copied.Attributes = slices.Clone(a.Groups), maps.Clone(a.Attributes)
	if a.Factor != nil {
		factor := *a.Factor
		factor.Recovery = slices.Clone(factor.Recovery)
		copied.Factor = &factor
	}
	return &copied
}

// user returns what of a goes to Deskpro, or ErrUnverifiedEmail or
// ErrIncomplete.
func (a *Account) user() (*directory.User, error) {
	user := &directory.User{
		ID: a.ID, Email: a.Email, Name: a.Name, FirstName: a.FirstName, LastName: a.LastName,
		Groups: slices.Clone(a.Groups), Attributes: maps.Clone(a.Attributes),
	}
	if err := user.Check(); err != nil {
		return nil, err
	}
	if !a.EmailVerified {
		return nil, directory.ErrUnverifiedEmail
	}
	return user, nil
}
