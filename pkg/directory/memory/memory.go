// Package memory keeps accounts in the process, for tests. It forgets everything
// at exit; never deploy it.
package memory

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
)

// Account is an account with its password in the clear, which Accounts keeps
// only hashed.
type Account struct {
	// Account's logins may be in any form. Its PasswordHash is kept as it is
	// where there is no Password.
	account.Account
	Password redact.Secret
}

// Config describes Accounts.
type Config struct {
	// Accounts exist from the start. Hashing their passwords takes a moment
	// each.
	Accounts []Account
	// Passwords hashes; nil means OWASP's minimum.
	Passwords *password.Hasher
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Accounts is an account.Store. It is safe for concurrent use.
type Accounts struct {
	passwords *password.Hasher
	now       func() time.Time

	mu sync.Mutex
	// accounts are by their Login, aliases name it.
	accounts map[string]*account.Account
	aliases  map[string]string
}

var _ account.Store = (*Accounts)(nil)

// New refuses two accounts that share a login.
func New(config Config) (*Accounts, error) {
	s := &Accounts{
		passwords: config.Passwords, now: config.Now, accounts: map[string]*account.Account{}, aliases: map[string]string{},
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.passwords == nil {
		passwords, err := password.New(password.Config{})
		if err != nil {
			return nil, fmt.Errorf("memory: setting up passwords: %w", err)
		}
		s.passwords = passwords
	}
	for _, a := range config.Accounts {
		if login, _ := account.NormalizeLogin(a.Login); s.accounts[login] != nil {
			return nil, fmt.Errorf("memory: account %q: %w", a.ID, account.ErrExists)
		}
		if err := s.Put(context.Background(), a); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Put stores a, in place of the account that has its Login, as whoever runs the
// directory might. It returns account.ErrExists if another has one of its logins.
func (s *Accounts) Put(ctx context.Context, a Account) error {
	stored := a.Account.Clone()
	var ok bool
	if stored.Login, ok = account.NormalizeLogin(a.Login); !ok {
		return fmt.Errorf("memory: account %q has no login that could be typed", a.ID)
	}
	if a.Alias != "" {
		if stored.Alias, ok = account.NormalizeLogin(a.Alias); !ok || stored.Alias == stored.Login {
			return fmt.Errorf("memory: account %q has no alias that could be typed", a.ID)
		}
	}
	if a.Password.Len() > 0 {
		hash, err := s.passwords.Hash(ctx, a.Password)
		if err != nil {
			return fmt.Errorf("memory: account %q: %w", a.ID, err)
		}
		stored.PasswordHash = hash
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.aliases[stored.Login] != "" || s.accounts[stored.Alias] != nil {
		return fmt.Errorf("memory: account %q: %w", a.ID, account.ErrExists)
	}
	if owner := s.aliases[stored.Alias]; owner != "" && owner != stored.Login {
		return fmt.Errorf("memory: account %q: %w", a.ID, account.ErrExists)
	}
	if old := s.accounts[stored.Login]; old != nil {
		delete(s.aliases, old.Alias)
	}
	if stored.Alias != "" {
		s.aliases[stored.Alias] = stored.Login
	}
	s.accounts[stored.Login] = stored
	return nil
}

// Remove removes the account that has this Login, normalised.
func (s *Accounts) Remove(login string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.accounts[login]; old != nil {
		delete(s.aliases, old.Alias)
		delete(s.accounts, login)
	}
}

// Find implements account.Store.
func (s *Accounts) Find(ctx context.Context, login string) (*account.Account, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", directory.ErrUnavailable, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if owner := s.aliases[login]; owner != "" {
		login = owner
	}
	if found := s.accounts[login]; found != nil {
		return found.Clone(), nil
	}
	return nil, nil
}

// Update implements account.Store.
func (s *Accounts) Update(ctx context.Context, was, becomes *account.Account) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", directory.ErrUnavailable, err)
	}
	if was == nil || becomes == nil || was.Login != becomes.Login {
		return errors.New("memory: an update is of one account")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stored := s.accounts[was.Login]
	if stored == nil || stored.Version != was.Version || stored.PasswordHash != was.PasswordHash {
		return account.ErrConflict
	}
	becomes.Version, becomes.Updated = was.Version+1, s.now().UTC().Truncate(time.Second)
	updated := stored.Clone()
	updated.Credentials, updated.Version, updated.Updated = becomes.Clone().Credentials, becomes.Version, becomes.Updated
	updated.PasswordChanged = updated.PasswordChanged.Truncate(time.Second)
	updated.PasswordExpires = updated.PasswordExpires.Truncate(time.Second)
	s.accounts[was.Login] = updated
	return nil
}
