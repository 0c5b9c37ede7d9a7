// Package directorytest holds the suite that every directory.Authenticator
// passes: Run, and the accounts it asks an adapter's test to create.
//
// What only one adapter promises (its exact IDs, its reasons in the log, its
// errors from AWS) is tested beside that adapter.
package directorytest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/redact"
)

// Account is one account to create before the suite signs in with it.
type Account struct {
	// Login is normalised already: trimmed and lower case.
	Login string
	// Password satisfies Cognito's default policy, so any directory takes it.
	Password string
	// ID is for directories whose accounts are given one. A directory that
	// makes its own ignores it: the suite checks only what both must hold.
	ID            string
	Email         string
	EmailVerified bool
	Name          string
	FirstName     string
	LastName      string
	Groups        []string
	// Attributes are created so that they come back under these names.
	Attributes map[string]string
	Disabled   bool
}

// Directory is a directory under test.
type Directory struct {
	directory.Authenticator
	// ChangeEmail gives the account another verified address, as the
	// directory's own administration would. The login stays.
	ChangeEmail func(t *testing.T, login, email string)
}

// Run runs the suite. It calls open once, with every account it needs.
func Run(t *testing.T, open func(t *testing.T, accounts []Account) Directory) {
	d := open(t, Accounts())
	t.Run("a right password brings the person back exactly", func(t *testing.T) { testExact(t, d) })
	t.Run("refusals", func(t *testing.T) { testRefusals(t, d) })
	t.Run("accounts that Deskpro cannot take", func(t *testing.T) { testUnfit(t, d) })
	t.Run("the login is normalised", func(t *testing.T) { testNormalised(t, d) })
	t.Run("a challenge that it never posed", func(t *testing.T) { testForeignChallenge(t, d) })
	t.Run("the id", func(t *testing.T) { testID(t, d) })
	t.Run("an ended context", func(t *testing.T) { testContext(t, d) })
	t.Run("many at once", func(t *testing.T) { testConcurrent(t, d) })
}

// attempt signs in and checks what holds for every attempt: exactly one of
// outcome and sentinel, and nothing typed in an error's text.
func attempt(t *testing.T, d directory.Authenticator, login, password string) (*directory.User, error) {
	t.Helper()
	return attemptContext(t.Context(), t, d, login, password)
}

func attemptContext(ctx context.Context, t *testing.T, d directory.Authenticator, login, password string) (*directory.User, error) {
	t.Helper()
	outcome, err := d.Authenticate(ctx, directory.Credentials{Login: login, Password: redact.New(password)})
	if err == nil {
		if outcome.User == nil || outcome.Challenge != nil {
			t.Errorf("outcome of %.40q = %+v, want a user and no challenge", login, outcome)
			return &directory.User{}, nil
		}
		return outcome.User, nil
	}
	if outcome != (directory.Outcome{}) {
		t.Errorf("outcome beside an error = %+v, want none", outcome)
	}
	if found := sentinels(err); len(found) != 1 {
		t.Errorf("error %q is %v, want exactly one sentinel", err, found)
	}
	text := fmt.Sprintf("%v %+v %#v", err, err, err)
	for what, typed := range map[string]string{"login": login, "password": password} {
		if len(strings.TrimSpace(typed)) > 1 && strings.Contains(text, typed) {
			t.Errorf("error's text holds the typed %s: %.200s", what, text)
		}
	}
	return nil, err
}

func sentinels(err error) []error {
	var found []error
	for _, sentinel := range []error{
		directory.ErrBadCredentials, directory.ErrUnverifiedEmail, directory.ErrIncomplete,
		directory.ErrThrottled, directory.ErrMisconfigured, directory.ErrUnavailable,
		directory.ErrOver, directory.ErrWrongCode, directory.ErrSpentCode, directory.ErrNoFactor, directory.ErrDenied,
		directory.ErrUnfitPassword, directory.ErrUnfitAttribute, directory.ErrFactorRequired,
	} {
		if errors.Is(err, sentinel) {
			found = append(found, sentinel)
		}
	}
	return found
}

func wantError(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

// wantRefusal checks that err is a refusal and that its reason, where the
// directory knows one at all, is one of reasons.
func wantRefusal(t *testing.T, err error, reasons ...directory.Reason) {
	t.Helper()
	wantError(t, err, directory.ErrBadCredentials)
	refusal, ok := errors.AsType[*directory.Refusal](err)
	if !ok {
		t.Errorf("got %T, want a *directory.Refusal for the log", err)
		return
	}
	if refusal.Reason != directory.ReasonUnspecified && !slices.Contains(reasons, refusal.Reason) {
		t.Errorf("reason = %q, want one of %q", refusal.Reason, reasons)
	}
}

// wantUser compares all but the ID. The order of groups means nothing.
func wantUser(t *testing.T, got *directory.User, want Account) {
	t.Helper()
	if got.ID == "" {
		t.Error("ID is empty")
	}
	for field, values := range map[string][2]string{
		"Email":     {got.Email, want.Email},
		"Name":      {got.Name, want.Name},
		"FirstName": {got.FirstName, want.FirstName},
		"LastName":  {got.LastName, want.LastName},
	} {
		if values[0] != values[1] {
			t.Errorf("%s = %q, want %q", field, values[0], values[1])
		}
	}
	if got, want := slices.Sorted(slices.Values(got.Groups)), slices.Sorted(slices.Values(want.Groups)); !slices.Equal(got, want) {
		t.Errorf("Groups = %q, want %q", got, want)
	}
	if !maps.Equal(got.Attributes, want.Attributes) {
		t.Errorf("Attributes = %q, want %q", got.Attributes, want.Attributes)
	}
}
