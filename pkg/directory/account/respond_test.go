package account_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/factor"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
)

// secret is a keyring.Versions that says err.
type secret struct{ err error }

func (s secret) Current(context.Context) (keyring.Version, error) {
	return keyring.Version{ID: "v1", Text: redact.New(strings.Repeat("practice", 8))}, s.err
}

func (s secret) Previous(context.Context) (keyring.Version, error) {
	return keyring.Version{}, keyring.ErrAbsent
}

func vaultOf(t *testing.T, s secret) *factor.Vault {
	t.Helper()
	vault, err := factor.NewVault(s)
	if err != nil {
		t.Fatal(err)
	}
	return vault
}

// whole is a Checker over d with all that there is, as change leaves it.
func (d *directoryOf) whole(t *testing.T, change func(*account.Config)) *account.Checker {
	t.Helper()
	policy, err := password.NewPolicy(password.PolicyConfig{})
	if err != nil {
		t.Fatal(err)
	}
	cfg := account.Config{Store: d, Passwords: d, Policy: policy, Factors: vaultOf(t, secret{})}
	change(&cfg)
	c, err := account.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func withFactor(t *testing.T) *account.Account {
	t.Helper()
	mara := newMara()
	sealed, err := vaultOf(t, secret{}).Seal(t.Context(), mara.ID, factor.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	mara.Factor = &account.Factor{Key: sealed}
	return mara
}

func asItIs(*account.Config)           {}
func withoutFactors(c *account.Config) { c.Factors = nil }
func readOnly(c *account.Config)       { c.Factors, c.Policy, c.ReadOnly = nil, nil, true }

func TestWhatIsSwitchedOffIsNotAskedFor(t *testing.T) {
	for _, row := range []struct {
		name    string
		account *account.Account
		ask     directory.Credentials
		change  func(*account.Config)
		want    error // nil: the person is let in
	}{
		{"an account's app, without factors", withFactor(t), directory.Credentials{}, withoutFactors, directory.ErrNoFactor},
		{"a factor that the door asks for, without factors", newMara(), directory.Credentials{Factor: true}, withoutFactors, directory.ErrMisconfigured},
		{"an app that the person asks for, without factors", newMara(), directory.Credentials{Want: directory.WantFactor}, withoutFactors, nil},
		{"another password, where nothing is written", newMara(), directory.Credentials{Want: directory.WantPassword}, readOnly, nil},
		{"to be without an app, where nothing is written", newMara(), directory.Credentials{Want: directory.WantNoFactor}, readOnly, nil},
		{"to be without an app, without factors", withFactor(t), directory.Credentials{Want: directory.WantNoFactor}, withoutFactors, directory.ErrNoFactor},
		{"new recovery codes, without factors", withFactor(t), directory.Credentials{Want: directory.WantCodes}, withoutFactors, directory.ErrNoFactor},
		{"anything else", newMara(), directory.Credentials{Want: "everything"}, asItIs, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.ask.Login, row.ask.Password = "mara", redact.New("right")
			outcome, err := newDirectory(t, row.account).whole(t, row.change).Authenticate(t.Context(), row.ask)
			if !errors.Is(err, row.want) || (outcome.User != nil) != (row.want == nil) || outcome.Challenge != nil {
				t.Errorf("got %+v, %v, want %v", outcome, err, row.want)
			}
		})
	}
}

// A setting that changes between two pages ends the sign-in, not the function.
func TestAStepOfWhatIsSwitchedOffMeanwhileIsOver(t *testing.T) {
	for _, row := range []struct {
		name    string
		account *account.Account
		want    directory.Want
		after   func(*account.Config)
	}{
		{"a code", withFactor(t), "", withoutFactors},
		{"a new app", newMara(), directory.WantFactor, withoutFactors},
		{"a new password", newMara(), directory.WantPassword, readOnly},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := newDirectory(t, row.account)
			posed, err := d.whole(t, asItIs).Authenticate(t.Context(), directory.Credentials{Login: "mara", Password: redact.New("right"), Want: row.want})
			if err != nil || posed.Challenge == nil {
				t.Fatalf("got %+v, %v, want a challenge", posed, err)
			}
			if posed.Challenge.Subject != "id-1" {
				t.Errorf("the challenge is for %q", posed.Challenge.Subject)
			}
			outcome, err := d.whole(t, row.after).Respond(t.Context(), *posed.Challenge, directory.Answer{
				Code: redact.New("123456"), Password: redact.New("seven green horses at lunch"),
			})
			if !errors.Is(err, directory.ErrOver) && !errors.Is(err, directory.ErrWrongCode) || outcome.User != nil || d.updates > 0 {
				t.Errorf("got %+v, %v and %d updates, want ErrOver", outcome, err, d.updates)
			}
		})
	}
}

func TestNothingIsWrittenWhereNothingMayBe(t *testing.T) {
	mara := newMara()
	mara.PasswordHash = "$2y$10$Klv3hSDtAhxaZmzyurSrKuMZRsRlc5winFjKK863fUyOuCi72ZD2S" // of PHP
	for name, change := range map[string]func(*account.Config){"read-only": readOnly, "else": asItIs} {
		d := newDirectory(t, mara)
		if _, err := d.whole(t, change).Authenticate(t.Context(), directory.Credentials{Login: "mara", Password: redact.New("practice-helpdesk")}); err != nil {
			t.Fatal(err)
		}
		if want := map[string]int{"read-only": 0, "else": 1}[name]; d.updates != want {
			t.Errorf("%s: %d updates, want %d", name, d.updates, want)
		}
	}
}

func TestEachOfTheAccountsOwnWordsMakesAPoorPassword(t *testing.T) {
	for name, change := range map[string]func(*account.Account){
		"login":      func(a *account.Account) { a.Login = "wetterstein" },
		"alias":      func(a *account.Account) { a.Alias = "wetterstein" },
		"email":      func(a *account.Account) { a.Email = "wetterstein@example.com" },
		"name":       func(a *account.Account) { a.Name = "Max Wetterstein" },
		"first name": func(a *account.Account) { a.FirstName = "Wetterstein" },
		"last name":  func(a *account.Account) { a.LastName = "Wetterstein" },
	} {
		t.Run(name, func(t *testing.T) {
			mara := newMara()
			change(mara)
			d := newDirectory(t, mara)
			c := d.whole(t, asItIs)
			posed, err := c.Authenticate(t.Context(), directory.Credentials{Login: mara.Login, Password: redact.New("right"), Want: directory.WantPassword})
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Respond(t.Context(), *posed.Challenge, directory.Answer{Password: redact.New("Wetterstein-1848!")})
			if !errors.Is(err, directory.ErrUnfitPassword) {
				t.Errorf("got %v, want ErrUnfitPassword", err)
			}
		})
	}
}

func TestWhatIsWrongWithTheSecretOfAppsIsToldByADirectorysWord(t *testing.T) {
	for _, row := range []struct{ says, want error }{
		{keyring.ErrAbsent, directory.ErrMisconfigured},
		{keyring.ErrUnusable, directory.ErrMisconfigured},
		{keyring.ErrUnavailable, directory.ErrUnavailable},
	} {
		d := newDirectory(t, withFactor(t))
		c := d.whole(t, func(cfg *account.Config) { cfg.Factors = vaultOf(t, secret{row.says}) })
		posed, err := c.Authenticate(t.Context(), directory.Credentials{Login: "mara", Password: redact.New("right")})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Respond(t.Context(), *posed.Challenge, directory.Answer{Code: redact.New("123456")})
		if !errors.Is(err, row.want) || errors.Is(err, row.says) {
			t.Errorf("%v: got %v, want %v and no word of the keyring's", row.says, err, row.want)
		}
	}
}

func TestAnAccountThatMayNotBeWrittenIsToldToTheOperator(t *testing.T) {
	d := newDirectory(t, newMara())
	c := d.whole(t, asItIs)
	posed, err := c.Authenticate(t.Context(), directory.Credentials{Login: "mara", Password: redact.New("right"), Want: directory.WantPassword})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Respond(t.Context(), *posed.Challenge, directory.Answer{Password: redact.New("seven green horses at lunch")})
	if !errors.Is(err, directory.ErrMisconfigured) || d.updates != 1 {
		t.Errorf("got %v after %d updates, want ErrMisconfigured after one", err, d.updates)
	}
}
