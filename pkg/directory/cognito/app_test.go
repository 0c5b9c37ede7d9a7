package cognito_test

import (
	"encoding/base32"
	"testing"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/cognito/cognitotest"
	"deskpro-login/pkg/redact"
)

// newAppCode is what an app shows that was given a challenge's key, nothing for a
// challenge without one.
func newAppCode(t *testing.T, c directory.Challenge) redact.Secret {
	t.Helper()
	if c.Key == "" {
		return redact.Secret{}
	}
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(c.Key)
	if err != nil {
		t.Fatalf("the key %q: %v", c.Key, err)
	}
	return redact.New(cognitotest.TOTP(key, time.Now()))
}

func TestAnAppIsSetUpByWhoWantsIt(t *testing.T) {
	for _, row := range []struct {
		name string
		user func(*cognitotest.User)
	}{
		{"who has none", func(*cognitotest.User) {}},
		{"who has another", func(u *cognitotest.User) { u.TOTP = appKey() }},
	} {
		t.Run(row.name, func(t *testing.T) {
			pool, d := with(t, cognitotest.Config{ClientSecret: "shhh"}, row.user)
			c := asked(t, d, directory.WantFactor)
			if c.Kind != "ADD_SOFTWARE_TOKEN" || c.Step != directory.StepSetup || c.Medium != directory.MediumApp || c.Key == "" || c.Subject == "" {
				t.Fatalf("challenge = %+v", c)
			}
			right := newAppCode(t, c)
			before := pool.Requests()
			wantRefused(t, d, c, code("12345"), directory.ErrWrongCode)
			if got := pool.Requests(); got != before {
				t.Error("what cannot be a code was sent")
			}
			wantRefused(t, d, c, code(other(right.Reveal())), directory.ErrWrongCode)
			wantChanged(t, d, c, directory.Answer{Code: right}, true)
			if got := challenged(t, d, password); got.Kind != "SOFTWARE_TOKEN_MFA" {
				t.Errorf("the next sign-in asks for %s", got.Kind)
			}
			pool.Edit(t, login, func(u *cognitotest.User) {
				if cognitotest.TOTP(u.TOTP, time.Now()) != right.Reveal() || u.PreferredMFA != "SOFTWARE_TOKEN_MFA" {
					t.Error("the app that signs in is not the new one, or not preferred")
				}
			})
		})
	}
}

func TestAnAppIsTurnedOff(t *testing.T) {
	_, d := with(t, cognitotest.Config{ClientSecret: "shhh"}, func(u *cognitotest.User) { u.TOTP, u.PreferredMFA = appKey(), "SOFTWARE_TOKEN_MFA" })
	c := asked(t, d, directory.WantNoFactor)
	if c.Kind != "REMOVE_SOFTWARE_TOKEN" || c.Step != directory.StepRemove || c.Subject == "" {
		t.Fatalf("challenge = %+v", c)
	}
	wantChanged(t, d, c, directory.Answer{}, false)
	got, err := d.Authenticate(t.Context(), typed(login, password))
	wantUser(t, got, err, false)
}

func TestAnAppThatThePoolRequiresStays(t *testing.T) {
	_, d := with(t, cognitotest.Config{MFA: "ON"}, func(u *cognitotest.User) { u.TOTP = appKey() })
	wantRefused(t, d, asked(t, d, directory.WantNoFactor), directory.Answer{}, directory.ErrFactorRequired)
	if got := challenged(t, d, password).Kind; got != "SOFTWARE_TOKEN_MFA" {
		t.Errorf("the next sign-in asks for %s", got)
	}
}

func TestAnAppThatIsGoneNeedNotBeTurnedOff(t *testing.T) {
	pool, d := with(t, cognitotest.Config{}, func(u *cognitotest.User) { u.TOTP = appKey() })
	c := asked(t, d, directory.WantNoFactor)
	pool.Edit(t, login, func(u *cognitotest.User) { u.TOTP = nil })
	wantChanged(t, d, c, directory.Answer{}, false)
}

// The app is registered already: its code must not be asked for again.
func TestAnAppThatIsNotTurnedOnYetGoesOnFromThere(t *testing.T) {
	for _, row := range []struct {
		name  string
		fault cognitotest.Fault
		want  error
	}{
		{"throttled", cognitotest.Fault{Exception: "ForbiddenException"}, directory.ErrThrottled},
		{"down", cognitotest.Fault{Exception: "InternalErrorException", Status: 500}, directory.ErrUnavailable},
	} {
		t.Run(row.name, func(t *testing.T) {
			pool, d := start(t, cognitotest.Config{})
			c := asked(t, d, directory.WantFactor)
			row.fault.Operation = "SetUserMFAPreference"
			pool.Inject(row.fault)
			got, err := d.Respond(t.Context(), c, directory.Answer{Code: newAppCode(t, c)})
			wantOnly(t, err, row.want)
			if got.Changed != c.Subject {
				t.Errorf("changed %q, want %q: the app is registered", got.Changed, c.Subject)
			}
			after := kept(t, got, nil)
			if after.Key != c.Key || after.Step != directory.StepSetup {
				t.Errorf("beside the error: %+v", after)
			}
			pool.Inject(cognitotest.Fault{})
			wantChanged(t, d, after, code(""), true)
		})
	}
}

func TestANewAppsCodeThatIsRefusedByItsStatus(t *testing.T) {
	pool, d := start(t, cognitotest.Config{})
	c := asked(t, d, directory.WantFactor)
	pool.Inject(cognitotest.Fault{Operation: "VerifySoftwareToken", Body: `{"Status":"ERROR"}`})
	wantRefused(t, d, c, directory.Answer{Code: newAppCode(t, c)}, directory.ErrWrongCode)
}
