package account_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/factor"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
)

// directoryOf counts what an attempt costs: look-ups, and hashes by their
// parameters.
type directoryOf struct {
	account *account.Account
	findErr error

	finds, updates int
	hashes         map[string]int
	*password.Hasher
}

func newDirectory(t *testing.T, a *account.Account) *directoryOf {
	t.Helper()
	hasher, err := password.New(password.Config{})
	if err != nil {
		t.Fatalf("password.New: %v", err)
	}
	return &directoryOf{account: a, hashes: map[string]int{}, Hasher: hasher}
}

func (d *directoryOf) Find(_ context.Context, login string) (*account.Account, error) {
	d.finds++
	if d.findErr != nil || d.account == nil || login != d.account.Login {
		return nil, d.findErr
	}
	return d.account, nil
}

func (d *directoryOf) Update(context.Context, *account.Account, *account.Account) error {
	d.updates++
	return account.ErrReadOnly
}

func (d *directoryOf) Verify(ctx context.Context, hash string, typed redact.Secret) (bool, error) {
	ok, err := d.Hasher.Verify(ctx, hash, typed)
	if err == nil {
		d.hashes[strings.Join(strings.Split(hash, "$")[:4], "$")]++
	}
	return ok, err
}

func (d *directoryOf) authenticate(ctx context.Context, login, typed string) (directory.Outcome, error) {
	checker, err := account.New(account.Config{Store: d, Passwords: d, ReadOnly: true, Now: func() time.Time { return noon }})
	if err != nil {
		return directory.Outcome{}, err
	}
	return checker.Authenticate(ctx, directory.Credentials{Login: login, Password: redact.New(typed)})
}

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// newMara returns an account that may sign in. Its hash is of "right", by the
// argon2 command.
func newMara() *account.Account {
	return &account.Account{
		Login: "mara", ID: "id-1", Email: "mara@example.com", EmailVerified: true, Name: "Mara",
		Credentials: account.Credentials{PasswordHash: "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQxMjM0NTY3OA$hy+DWUjtlMy9MYbEYiaJZmBjZizBbrBFOnxLJDRNHuQ"},
	}
}

// What cannot be read is nobody's, and costs as much.
func TestAnUnreadableAccountIsRefusedLikeAnUnknownOne(t *testing.T) {
	d := newDirectory(t, nil)
	d.findErr = fmt.Errorf("%w: attribute id", account.ErrUnreadable)
	_, err := d.authenticate(t.Context(), "mara", "right")
	refusal, ok := errors.AsType[*directory.Refusal](err)
	if !ok || refusal.Reason != directory.ReasonUnreadable || !errors.Is(refusal.Cause, account.ErrUnreadable) {
		t.Errorf("error = %v, want a refusal for ReasonUnreadable with its cause", err)
	}
	if got, want := fmt.Sprint(d.hashes), "map[$argon2id$v=19$m=19456,t=2,p=1:1]"; got != want {
		t.Errorf("hashes = %s, want %s", got, want)
	}
}

func TestEveryAttemptCostsOneLookUpAndOneHash(t *testing.T) {
	const one = "map[$argon2id$v=19$m=19456,t=2,p=1:1]"
	for _, row := range []struct {
		name, login, typed string
		change             func(*account.Account)
		reason             directory.Reason
	}{
		{"a right password", "mara", "right", nil, ""},
		{"a wrong password", "mara", "wrong", nil, directory.ReasonPassword},
		{"an empty password", "mara", "", nil, directory.ReasonPassword},
		{"an unknown login", "nobody", "right", nil, directory.ReasonUnknown},
		{"an unknown login and an empty password", "nobody", "", nil, directory.ReasonUnknown},
		{"a disabled account and its right password", "mara", "right",
			func(a *account.Account) { a.Disabled = true }, directory.ReasonDisabled},
		{"a disabled account and a wrong password", "mara", "wrong",
			func(a *account.Account) { a.Disabled = true }, directory.ReasonPassword},
		{"an initial password in time", "mara", "right",
			func(a *account.Account) { a.PasswordExpires = noon.Add(time.Second) }, ""},
		{"an initial password that is too late", "mara", "right",
			func(a *account.Account) { a.PasswordExpires = noon }, directory.ReasonExpired},
		{"a wrong password for it", "mara", "wrong",
			func(a *account.Account) { a.PasswordExpires = noon }, directory.ReasonPassword},
		{"a password to be changed where nothing is written", "mara", "right",
			func(a *account.Account) { a.MustChange = true }, directory.ReasonReset},
		{"an account without a password", "mara", "right",
			func(a *account.Account) { a.PasswordHash = "" }, directory.ReasonPassword},
		{"an account without a password and an empty one", "mara", "",
			func(a *account.Account) { a.PasswordHash = "" }, directory.ReasonPassword},
		{"an unverified account and a wrong password", "mara", "wrong",
			func(a *account.Account) { a.EmailVerified = false }, directory.ReasonPassword},
		{"an account without an email and a wrong password", "mara", "wrong",
			func(a *account.Account) { a.Email = "" }, directory.ReasonPassword},
	} {
		t.Run(row.name, func(t *testing.T) {
			mara := newMara()
			if row.change != nil {
				row.change(mara)
			}
			d := newDirectory(t, mara)
			_, err := d.authenticate(t.Context(), row.login, row.typed)
			if got := fmt.Sprint(d.hashes); got != one {
				t.Errorf("hashes = %s, want %s", got, one)
			}
			if d.finds != 1 {
				t.Errorf("look-ups = %d, want 1", d.finds)
			}
			if row.reason == "" {
				if err != nil {
					t.Errorf("Authenticate: %v", err)
				}
				return
			}
			refusal, ok := errors.AsType[*directory.Refusal](err)
			if !ok || refusal.Reason != row.reason {
				t.Errorf("error = %v, want reason %s", err, row.reason)
			}
		})
	}
}

func TestALoginThatCannotExistCostsAHashButNoLookUp(t *testing.T) {
	for _, login := range []string{"", "  ", "mara\xff", strings.Repeat("m", 257)} {
		d := newDirectory(t, newMara())
		_, err := d.authenticate(t.Context(), login, "right")
		if !errors.Is(err, directory.ErrBadCredentials) {
			t.Errorf("error for %.20q = %v, want ErrBadCredentials", login, err)
		}
		if d.finds != 0 || len(d.hashes) != 1 {
			t.Errorf("look-ups = %d, hashes = %v for %.20q, want 0 and 1", d.finds, d.hashes, login)
		}
	}
}

func TestAnAccountThatDeskproCannotTake(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*account.Account)
		want   error
		reason string
	}{
		{"no id", func(a *account.Account) { a.ID = "" }, directory.ErrIncomplete, "no id"},
		{"no email", func(a *account.Account) { a.Email = "" }, directory.ErrIncomplete, "no email address"},
		{"an email that is none", func(a *account.Account) { a.Email = "mara" }, directory.ErrIncomplete, "not one"},
		{"an email without a local part", func(a *account.Account) { a.Email = "@example.com" }, directory.ErrIncomplete, "not one"},
		{"an email without a domain", func(a *account.Account) { a.Email = "mara@" }, directory.ErrIncomplete, "not one"},
		{"two emails", func(a *account.Account) { a.Email = "a@example.com,b@example.com" }, directory.ErrIncomplete, "not one"},
		{"an email with two @", func(a *account.Account) { a.Email = "a@b@example.com" }, directory.ErrIncomplete, "not one"},
		{"an email with a line end", func(a *account.Account) { a.Email = "mara@example.com\n" }, directory.ErrIncomplete, "not one"},
		{"an email that is too long", func(a *account.Account) { a.Email = strings.Repeat("m", 243) + "@example.com" }, directory.ErrIncomplete, "not one"},
		{"an email that is not verified", func(a *account.Account) { a.EmailVerified = false }, directory.ErrUnverifiedEmail, ""},
		{"no name", func(a *account.Account) { a.Name = " " }, directory.ErrIncomplete, "name"},
		{"a first name alone", func(a *account.Account) { a.Name, a.FirstName = "", "Mara" }, directory.ErrIncomplete, "name"},
		{"a last name alone", func(a *account.Account) { a.Name, a.LastName = "", "Smith" }, directory.ErrIncomplete, "name"},
		{"an id that is not UTF-8", func(a *account.Account) { a.ID = "\xff" }, directory.ErrIncomplete, "id is not valid UTF-8"},
		{"an email that is not UTF-8", func(a *account.Account) { a.Email = "\xff@example.com" }, directory.ErrIncomplete, "email is not valid UTF-8"},
		{"a last name that is not UTF-8", func(a *account.Account) { a.LastName = "\xff" }, directory.ErrIncomplete, "name is not valid UTF-8"},
		{"a group that is not UTF-8", func(a *account.Account) { a.Groups = []string{"a", "\xff"} }, directory.ErrIncomplete, "groups is not valid UTF-8"},
		{"an attribute that is not UTF-8", func(a *account.Account) { a.Attributes = map[string]string{"k": "\xff"} }, directory.ErrIncomplete, "attributes is not valid UTF-8"},
		{"an attribute's name that is not UTF-8", func(a *account.Account) { a.Attributes = map[string]string{"\xff": "v"} }, directory.ErrIncomplete, "attributes is not valid UTF-8"},
	} {
		t.Run(row.name, func(t *testing.T) {
			mara := newMara()
			row.change(mara)
			_, err := newDirectory(t, mara).authenticate(t.Context(), "mara", "right")
			if !errors.Is(err, row.want) || !strings.Contains(err.Error(), row.reason) {
				t.Errorf("error = %v, want %v with %q", err, row.want, row.reason)
			}
			if strings.Contains(fmt.Sprint(err), "example.com") {
				t.Errorf("error shows the address: %v", err)
			}
		})
	}
}

func TestAHashThatCannotBeVerifiedLooksLikeAWrongPassword(t *testing.T) {
	for _, hash := range []string{"right", "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$c29tZXNhbHRzb21lc2FsdA"} {
		mara := newMara()
		mara.PasswordHash = hash
		d := newDirectory(t, mara)
		_, err := d.authenticate(t.Context(), "mara", "right")
		if got, want := fmt.Sprint(d.hashes), "map[$argon2id$v=19$m=19456,t=2,p=1:1]"; got != want {
			t.Errorf("hashes = %s, want %s", got, want)
		}
		refusal, ok := errors.AsType[*directory.Refusal](err)
		if !ok || refusal.Reason != directory.ReasonHash || refusal.UserID != mara.ID || refusal.Cause == nil {
			t.Errorf("error = %v, want a refusal that names the account and its cause", err)
		}
		if strings.Contains(fmt.Sprint(err), hash) {
			t.Errorf("error shows the hash: %v", err)
		}
	}
}

func TestAFailedLookUpKeepsItsSentinelAndCause(t *testing.T) {
	cause := errors.New("the cause")
	for _, sentinel := range []error{directory.ErrThrottled, directory.ErrUnavailable} {
		d := newDirectory(t, nil)
		d.findErr = fmt.Errorf("%w: %w", sentinel, cause)
		_, err := d.authenticate(t.Context(), "mara", "right")
		if !errors.Is(err, sentinel) || !errors.Is(err, cause) {
			t.Errorf("error = %v, want %v and its cause", err, sentinel)
		}
	}
}

func TestNewRefusesWhatDoesNotGoTogether(t *testing.T) {
	vault, err := factor.NewVault(keyring.StaticVersion{})
	if err != nil {
		t.Fatal(err)
	}
	policy, err := password.NewPolicy(password.PolicyConfig{})
	if err != nil {
		t.Fatal(err)
	}
	d := newDirectory(t, nil)
	whole := account.Config{Store: d, Passwords: d, Policy: policy, Factors: vault}
	for _, row := range []struct {
		name   string
		change func(*account.Config)
		ok     bool
	}{
		{"all there is", func(*account.Config) {}, true},
		{"read-only without a policy", func(c *account.Config) { c.ReadOnly, c.Policy, c.Factors = true, nil, nil }, true},
		{"no store", func(c *account.Config) { c.Store = nil }, false},
		{"no hasher", func(c *account.Config) { c.Passwords = nil }, false},
		{"new passwords without a policy", func(c *account.Config) { c.Policy = nil }, false},
		{"factors that cannot be written", func(c *account.Config) { c.ReadOnly = true }, false},
		{"groups that need what there is not", func(c *account.Config) { c.Factors, c.FactorGroups = nil, []string{"staff"} }, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			cfg := whole
			row.change(&cfg)
			if _, err := account.New(cfg); (err == nil) != row.ok {
				t.Errorf("New: %v, want success %t", err, row.ok)
			}
		})
	}
}
