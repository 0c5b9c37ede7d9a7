// Package memory is a directory kept in the process: for tests and for the
// local server. It forgets everything at exit; never deploy it.
package memory

import (
	"context"
	"fmt"
	"sync"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
)

// Account is an account with its password in the clear, which Directory keeps
// only hashed.
type Account struct {
	// Account's Login may be in any form; its PasswordHash is ignored.
	account.Account
	// Password opens the account; required.
	Password redact.Secret
}

// Config describes a Directory.
type Config struct {
	// Accounts exist from the start. Hashing their passwords takes a moment
	// each.
	Accounts []Account
	// Passwords hashes and verifies; nil means OWASP's minimum.
	Passwords *password.Hasher
}

// Directory is a directory.Authenticator. It is safe for concurrent use.
type Directory struct {
	passwords *password.Hasher
	checker   account.Checker

	mu       sync.RWMutex
	accounts map[string]account.Account
}

var _ directory.Authenticator = (*Directory)(nil)

// New refuses two accounts with one login.
func New(config Config) (*Directory, error) {
	d := &Directory{passwords: config.Passwords, accounts: map[string]account.Account{}}
	if d.passwords == nil {
		passwords, err := password.New(password.Config{})
		if err != nil {
			return nil, fmt.Errorf("memory: setting up passwords: %w", err)
		}
		d.passwords = passwords
	}
	d.checker = account.Checker{Find: d.find, Passwords: d.passwords}
	for _, a := range config.Accounts {
		if err := d.Put(context.Background(), a); err != nil {
			return nil, err
		}
	}
	if len(d.accounts) != len(config.Accounts) {
		return nil, fmt.Errorf("memory: %d accounts have %d logins between them", len(config.Accounts), len(d.accounts))
	}
	return d, nil
}

// Put stores a, in place of the account that has its login.
func (d *Directory) Put(ctx context.Context, a Account) error {
	login, ok := account.NormalizeLogin(a.Login)
	if !ok {
		return fmt.Errorf("memory: account %q has no login that could be typed", a.ID)
	}
	hash, err := d.passwords.Hash(ctx, a.Password)
	if err != nil {
		return fmt.Errorf("memory: account %q: %w", a.ID, err)
	}
	a.Account.Login, a.PasswordHash = login, hash
	d.mu.Lock()
	defer d.mu.Unlock()
	d.accounts[login] = a.Account
	return nil
}

// Authenticate is account.Checker's.
func (d *Directory) Authenticate(ctx context.Context, c directory.Credentials) (directory.Outcome, error) {
	return d.checker.Authenticate(ctx, c)
}

// Respond is account.Checker's.
func (d *Directory) Respond(ctx context.Context, c directory.Challenge, a directory.Answer) (directory.Outcome, error) {
	return d.checker.Respond(ctx, c, a)
}

func (d *Directory) find(_ context.Context, login string) (*account.Account, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	found, ok := d.accounts[login]
	if !ok {
		return nil, nil
	}
	return &found, nil
}
