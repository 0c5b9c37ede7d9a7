package directorytest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/redact"
)

// prompt is how soon after its context's end an attempt must have returned. It
// allows for a hash under way on a busy machine.
const prompt = 3 * time.Second

func testExact(t *testing.T, d Directory) {
	for _, account := range exactAccounts() {
		t.Run(account.Login, func(t *testing.T) {
			user, err := attempt(t, d, account.Login, account.Password)
			if err != nil {
				t.Fatalf("Authenticate: %v", err)
			}
			wantUser(t, user, account)
		})
	}
}

func testRefusals(t *testing.T, d Directory) {
	const (
		unknown  = directory.ReasonUnknown
		wrong    = directory.ReasonPassword
		disabled = directory.ReasonDisabled
	)
	huge := strings.Repeat("a long line ", 1<<20/12)
	for _, row := range []struct {
		name, login, password string
		reasons               []directory.Reason
	}{
		{"a wrong password is refused", plainLogin, "Wrong-Horse 9 café!", []directory.Reason{wrong}},
		{"an unknown login is refused", "nobody@example.com", password, []directory.Reason{unknown}},
		{"a disabled account is refused its right password", disabledLogin, password, []directory.Reason{disabled}},
		{"a disabled account is refused a wrong password", disabledLogin, "Wrong-Horse 9 café!", []directory.Reason{disabled, wrong}},
		{"an unverified account is refused a wrong password", unverifiedLogin, "Wrong-Horse 9 café!", []directory.Reason{wrong}},

		{"a space after the password counts", plainLogin, password + " ", []directory.Reason{wrong}},
		{"a space before the password counts", plainLogin, " " + password, []directory.Reason{wrong}},
		{"a line end after the password counts", plainLogin, password + "\n", []directory.Reason{wrong}},
		{"the password's case counts", plainLogin, strings.ToUpper(password), []directory.Reason{wrong}},
		{"the password is not normalised", plainLogin, strings.Replace(password, "\u00e9", "e\u0301", 1), []directory.Reason{wrong}},
		{"a password cut short is refused", plainLogin, password[:len(password)-1], []directory.Reason{wrong}},
		{"a NUL after the password counts", plainLogin, password + "\x00", []directory.Reason{wrong}},
		{"an empty password is refused", plainLogin, "", []directory.Reason{wrong}},
		{"a password that is not UTF-8 is refused", plainLogin, password + "\xff", []directory.Reason{wrong}},
		{"a password of a megabyte is refused", plainLogin, huge, []directory.Reason{wrong}},

		{"an empty login is refused", "", password, []directory.Reason{unknown}},
		{"a login of spaces is refused", " \t\u00a0 ", password, []directory.Reason{unknown}},
		{"an empty login and password are refused", "", "", []directory.Reason{unknown}},
		{"a NUL in the login is refused", plainLogin + "\x00", password, []directory.Reason{unknown}},
		{"a login that is not UTF-8 is refused", plainLogin + "\xff", password, []directory.Reason{unknown}},
		{"a login of a megabyte is refused", huge, password, []directory.Reason{unknown}},
		{"a login cut short is refused", plainLogin[:len(plainLogin)-1], password, []directory.Reason{unknown}},
		{"a wildcard is no login", "*", password, []directory.Reason{unknown}},
	} {
		t.Run(row.name, func(t *testing.T) {
			user, err := attempt(t, d, row.login, row.password)
			if err == nil {
				t.Fatalf("signed in as %q", user.ID)
			}
			wantRefusal(t, err, row.reasons...)
		})
	}
}

func testUnfit(t *testing.T, d Directory) {
	for _, row := range []struct {
		name, login string
		want        error
	}{
		{"an unverified email address", unverifiedLogin, directory.ErrUnverifiedEmail},
		{"no email address", "no-email@example.com", directory.ErrIncomplete},
		{"no name", "no-name@example.com", directory.ErrIncomplete},
		{"a first name alone", "half-name@example.com", directory.ErrIncomplete},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := attempt(t, d, row.login, password)
			wantError(t, err, row.want)
		})
	}
}

func testNormalised(t *testing.T, d Directory) {
	plain, err := attempt(t, d, plainLogin, password)
	if err != nil {
		t.Fatalf("Authenticate: %v", err)
	}
	for _, row := range []struct{ name, login string }{
		{"upper case is accepted", strings.ToUpper(plainLogin)},
		{"mixed case is accepted", "Mara@Example.com"},
		{"spaces around are accepted", "  " + plainLogin + " "},
		{"a pasted line end is accepted", plainLogin + "\r\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			user, err := attempt(t, d, row.login, password)
			if err != nil {
				t.Fatalf("Authenticate: %v", err)
			}
			if user.ID != plain.ID {
				t.Errorf("ID = %q, want %q", user.ID, plain.ID)
			}
		})
	}
}

func testForeignChallenge(t *testing.T, d Directory) {
	for _, challenge := range []directory.Challenge{
		{},
		{Kind: "SOFTWARE_TOKEN_MFA", Step: directory.StepCode, Medium: directory.MediumApp},
		{Kind: "NEW_PASSWORD_REQUIRED", Step: directory.StepNewPassword, State: []byte("{}")},
		{Kind: "IRIS_SCAN", Step: "iris", State: []byte(`{"session":"s"}`)},
		{Kind: "SMS_MFA", Step: directory.StepCode, State: []byte("not the adapter's own")},
	} {
		outcome, err := d.Respond(t.Context(), challenge, directory.Answer{Code: redact.New("123456"), Password: redact.New(password)})
		if outcome.User != nil || outcome.Challenge != nil {
			t.Errorf("%+v led to %+v", challenge, outcome)
		}
		wantError(t, err, directory.ErrOver)
	}
}

func testID(t *testing.T, d Directory) {
	t.Run("differs between accounts", func(t *testing.T) {
		owners := map[string]string{}
		for _, account := range exactAccounts() {
			user, err := attempt(t, d, account.Login, account.Password)
			if err != nil {
				t.Fatalf("Authenticate: %v", err)
			}
			if other, taken := owners[user.ID]; taken {
				t.Errorf("%s and %s share the ID %q", account.Login, other, user.ID)
			}
			owners[user.ID] = account.Login
		}
	})
	t.Run("survives a change of email", func(t *testing.T) {
		before, err := attempt(t, d, movingLogin, password)
		if err != nil {
			t.Fatalf("Authenticate: %v", err)
		}
		const email = "after+move@example.org"
		d.ChangeEmail(t, movingLogin, email)
		after, err := attempt(t, d, movingLogin, password)
		if err != nil {
			t.Fatalf("Authenticate after the change: %v", err)
		}
		if after.ID != before.ID {
			t.Errorf("ID = %q, want %q", after.ID, before.ID)
		}
		if after.Email != email {
			t.Errorf("Email = %q, want %q at once", after.Email, email)
		}
	})
}

func testContext(t *testing.T, d Directory) {
	expired, stop := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer stop()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, row := range []struct {
		name, login, password string
		ctx                   context.Context
	}{
		{"cancelled with a right password", plainLogin, password, cancelled},
		{"cancelled with a wrong password", plainLogin, "Wrong-Horse 9!", cancelled},
		{"cancelled with an unknown login", "nobody@example.com", password, cancelled},
		{"past its deadline", plainLogin, password, expired},
	} {
		t.Run(row.name, func(t *testing.T) {
			start := time.Now()
			_, err := attemptContext(row.ctx, t, d, row.login, row.password)
			wantError(t, err, directory.ErrUnavailable)
			if took := time.Since(start); took > prompt {
				t.Errorf("returned after %v, want at most %v", took, prompt)
			}
		})
	}
}

func testConcurrent(t *testing.T, d Directory) {
	var people sync.WaitGroup
	for i := range 3 {
		for _, account := range exactAccounts()[:3] {
			people.Go(func() {
				user, err := attempt(t, d, account.Login, account.Password)
				if err != nil {
					t.Errorf("Authenticate: %v", err)
					return
				}
				wantUser(t, user, account)
			})
		}
		people.Go(func() {
			_, err := attempt(t, d, plainLogin, fmt.Sprintf("Wrong-Horse %d!", i))
			wantRefusal(t, err, directory.ReasonPassword)
		})
		people.Go(func() {
			_, err := attempt(t, d, fmt.Sprintf("nobody-%d@example.com", i), password)
			wantRefusal(t, err, directory.ReasonUnknown)
		})
	}
	people.Wait()
}
