package roll_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"deskpro-login/infra/loginctl/roll"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/redact"
)

// directoryFake is a roll.Accounts in memory, as strict as dynamo.Accounts.
type directoryFake struct {
	mu       sync.Mutex
	accounts map[string]*account.Account
	aliases  map[string]string
	calls    map[string]int
	// unreadable are logins under which something odd is stored.
	unreadable map[string]bool
	// fault, if set, is asked before each call, the nth of its operation, and
	// returns the error that it is to have, and whether what was asked for is
	// done all the same.
	fault func(operation string, n int) (done bool, err error)
	// meanwhile, if set, is called once, before the first write.
	meanwhile func()
}

var _ roll.Accounts = (*directoryFake)(nil)

func newFake(accounts ...*account.Account) *directoryFake {
	f := &directoryFake{accounts: map[string]*account.Account{}, aliases: map[string]string{}, calls: map[string]int{}, unreadable: map[string]bool{}}
	for _, a := range accounts {
		f.accounts[a.Login] = a.Clone()
		if a.Alias != "" {
			f.aliases[a.Alias] = a.Login
		}
	}
	return f
}

// call does what it is given, unless the fault says otherwise.
func (f *directoryFake) call(operation string, do func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if operation != "GetMany" && operation != "All" && f.meanwhile != nil {
		f.meanwhile()
		f.meanwhile = nil
	}
	f.calls[operation]++
	if f.fault == nil {
		return do()
	}
	done, err := f.fault(operation, f.calls[operation])
	if err != nil && !done {
		return err
	}
	if own := do(); err == nil || own != nil {
		return own
	}
	return err
}

func (f *directoryFake) owner(login string) *account.Account {
	if a := f.accounts[login]; a != nil {
		return a
	}
	return f.accounts[f.aliases[login]]
}

func (f *directoryFake) Create(ctx context.Context, made *account.Account) error {
	return f.call("Create", func() error {
		if ctx.Err() != nil {
			return fmt.Errorf("%w: %w", directory.ErrUnavailable, ctx.Err())
		}
		if f.owner(made.Login) != nil || made.Alias != "" && f.owner(made.Alias) != nil {
			return account.ErrExists
		}
		stored := made.Clone()
		stored.Version = 1
		f.store(stored)
		return nil
	})
}

func (f *directoryFake) store(a *account.Account) {
	f.accounts[a.Login] = a
	if a.Alias != "" {
		f.aliases[a.Alias] = a.Login
	}
}

func (f *directoryFake) Replace(_ context.Context, was, becomes *account.Account) error {
	return f.call("Replace", func() error {
		there := f.accounts[was.Login]
		switch {
		case was.Login != becomes.Login || was.ID != becomes.ID:
			return errors.New("login and ID may not change")
		case there == nil || there.Version != was.Version || there.PasswordHash != was.PasswordHash:
			return account.ErrConflict
		case becomes.Alias != "" && f.owner(becomes.Alias) != nil && f.owner(becomes.Alias).Login != was.Login:
			return account.ErrExists
		}
		delete(f.aliases, there.Alias)
		stored := becomes.Clone()
		stored.Version = there.Version + 1
		f.store(stored)
		return nil
	})
}

func (f *directoryFake) GetMany(_ context.Context, logins []string) (found map[string]*account.Account, err error) {
	if len(logins) > 100 {
		return nil, errors.New("more than BatchGetItem takes")
	}
	found = map[string]*account.Account{}
	err = f.call("GetMany", func() error {
		var problems []error
		for i, login := range logins {
			switch a := f.owner(login); {
			case f.unreadable[login]:
				problems = append(problems, fmt.Errorf("%w: login %d", account.ErrUnreadable, i+1))
			case a != nil:
				found[login] = a.Clone()
			}
		}
		return errors.Join(problems...)
	})
	return found, err
}

func (f *directoryFake) All(context.Context) iter.Seq2[*account.Account, error] {
	return func(yield func(*account.Account, error) bool) {
		var all []*account.Account
		err := f.call("All", func() error {
			for _, a := range f.accounts {
				all = append(all, a.Clone())
			}
			return nil
		})
		if err != nil {
			yield(nil, err)
			return
		}
		slices.SortFunc(all, func(a, b *account.Account) int { return cmp.Compare(a.Login, b.Login) })
		for _, a := range all {
			if !yield(a, nil) {
				return
			}
		}
		for range f.unreadable {
			if !yield(nil, account.ErrUnreadable) {
				return
			}
		}
	}
}

// shown are the accounts by login, each in one line.
func (f *directoryFake) shown() []string {
	var lines []string
	for a, err := range f.All(context.Background()) {
		if err != nil {
			continue
		}
		lines = append(lines, show(a))
	}
	return lines
}

func show(a *account.Account) string {
	line := fmt.Sprintf("%s %q %s %s %q %q %q", a.Login, a.Alias, a.ID, a.Email, a.Name, a.FirstName, a.LastName)
	if len(a.Groups) > 0 {
		line += fmt.Sprintf(" groups=%q", a.Groups)
	}
	if len(a.Attributes) > 0 {
		line += fmt.Sprintf(" attributes=%q", a.Attributes)
	}
	if a.EmailVerified {
		line += " verified"
	}
	if a.Disabled {
		line += " disabled"
	}
	if a.MustChange {
		line += " must-change"
	}
	if a.PasswordHash != "" {
		line += " hash=" + a.PasswordHash
	}
	if !a.PasswordChanged.IsZero() {
		line += " changed=" + a.PasswordChanged.Format(time.RFC3339)
	}
	if !a.PasswordExpires.IsZero() {
		line += " expires=" + a.PasswordExpires.Format(time.RFC3339)
	}
	if a.Factor != nil {
		line += " factor"
	}
	return line
}

// passwordsFake hashes a password to "hash:" and the password.
type passwordsFake struct{}

func (passwordsFake) Hash(_ context.Context, password redact.Secret) (string, error) {
	return "hash:" + password.Reveal(), nil
}

func (passwordsFake) Verify(_ context.Context, hash string, password redact.Secret) (bool, error) {
	if !strings.HasPrefix(hash, "hash:") {
		return false, errors.New("hash is odd")
	}
	return hash == "hash:"+password.Reveal(), nil
}

var now = time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC)

// site is everything around one import.
type site struct {
	*directoryFake
	acts, ended, problems []string
	rejects               strings.Builder
	// change, if set, changes the Config.
	change func(*roll.Config)
}

func (s *site) config(format roll.Format, file string) roll.Config {
	ids := 0
	var mu sync.Mutex
	c := roll.Config{
		Source: strings.NewReader(file), Format: format,
		Accounts: s.directoryFake, Passwords: passwordsFake{},
		CheckHash: func(hash string) error {
			switch {
			case hash == "several":
				return errors.Join(errors.New("one problem"), errors.New("another problem"))
			case !strings.HasPrefix(hash, "hash:"):
				return errors.New("hash is of no scheme that is read")
			}
			return nil
		},
		CheckPassword: func(_ context.Context, password redact.Secret, own []string) error {
			if password.Len() < 15 || slices.Contains(own, password.Reveal()) {
				return errors.New("use at least 15 characters")
			}
			return nil
		},
		MustLeave: func(was, becomes *account.Account) bool { return was.Email != becomes.Email },
		EndSessions: func(_ context.Context, id string) error {
			mu.Lock()
			defer mu.Unlock()
			s.ended = append(s.ended, id)
			return nil
		},
		Act: func(_ context.Context, acts []roll.Act, do func() []error) error {
			errs := do()
			for i, a := range acts {
				line := fmt.Sprintf("%s %v", a.ID, a.Changes)
				if a.Added {
					line = a.ID + " added"
				}
				if errs[i] != nil {
					line += " failed"
				}
				s.acts = append(s.acts, line)
			}
			return nil
		},
		Apply: true,
		NewID: func() string {
			mu.Lock()
			defer mu.Unlock()
			ids++
			return fmt.Sprintf("made-%d", ids)
		},
		Concurrency: 1,
		Report:      func(p roll.Problem) { s.problems = append(s.problems, p.String()) },
		Rejects:     &s.rejects,
		Now:         func() time.Time { return now },
	}
	if s.change != nil {
		s.change(&c)
	}
	return c
}

// run imports a file.
func (s *site) run(t *testing.T, format roll.Format, file string) roll.Summary {
	t.Helper()
	summary, err := roll.Import(t.Context(), s.config(format, file))
	if err != nil {
		t.Fatalf("Import: %v", err)
	}
	return summary
}

// counts are a summary's in words, those that are zero left out.
func counts(s roll.Summary) string {
	var words []string
	for _, count := range []struct {
		n    int
		name string
	}{{s.Added, "added"}, {s.Updated, "updated"}, {s.Unchanged, "unchanged"}, {s.Skipped, "skipped"}, {s.Conflicts, "conflicts"}, {s.Bad, "bad"}} {
		if count.n > 0 {
			words = append(words, fmt.Sprint(count.n, " ", count.name))
		}
	}
	if s.Rows != s.Added+s.Updated+s.Unchanged+s.Skipped+s.Conflicts+s.Bad {
		words = append(words, fmt.Sprintf("but %d rows", s.Rows))
	}
	return strings.Join(words, ", ")
}
