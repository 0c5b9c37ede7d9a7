package cognito_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/cognito"
	"deskpro-login/pkg/directory/cognito/cognitotest"
	"deskpro-login/pkg/redact"
)

// wanting is mara with her password, who came for something besides.
func wanting(want directory.Want) directory.Credentials {
	c := typed(login, password)
	c.Want = want
	return c
}

// asked is what mara is asked for want, after the code of her app if she has one.
func asked(t *testing.T, d *cognito.Directory, want directory.Want) directory.Challenge {
	t.Helper()
	got, err := d.Authenticate(t.Context(), wanting(want))
	c := kept(t, got, err)
	if c.Kind == "SOFTWARE_TOKEN_MFA" {
		c = next(t, d, c, code(cognitotest.TOTP(appKey(), time.Now())))
	}
	return c
}

// wantChanged checks that an answer has changed mara's account and let her in.
func wantChanged(t *testing.T, d *cognito.Directory, c directory.Challenge, a directory.Answer, factor bool) {
	t.Helper()
	got, err := d.Respond(t.Context(), c, a)
	if err != nil || got.User == nil || got.Challenge != nil || got.User.Email != login || got.User.Name != "Mara" {
		t.Fatalf("answering %s: %+v, %v, want mara", c.Kind, got, err)
	}
	if got.Changed != got.User.ID || got.User.Factor != factor {
		t.Errorf("answering %s: changed %q of %q, factor %t, want %t", c.Kind, got.Changed, got.User.ID, got.User.Factor, factor)
	}
}

// wantUser checks that mara has come in, with nothing changed.
func wantUser(t *testing.T, got directory.Outcome, err error, factor bool) {
	t.Helper()
	if err != nil || got.User == nil || got.Challenge != nil || got.Changed != "" || got.User.Factor != factor {
		t.Errorf("got %+v, %v, want mara, whose factor is %t, and no change", got, err, factor)
	}
}

func TestAPasswordIsChanged(t *testing.T) {
	for _, row := range []struct {
		name string
		user func(*cognitotest.User)
		app  bool
	}{
		{"after the password", func(*cognitotest.User) {}, false},
		{"after the app's code as well", func(u *cognitotest.User) { u.TOTP = appKey() }, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			pool, d := with(t, cognitotest.Config{ClientSecret: "shhh"}, row.user)
			c := asked(t, d, directory.WantPassword)
			if c.Kind != "CHANGE_PASSWORD" || c.Step != directory.StepNewPassword || c.Subject == "" || len(c.Attributes) != 0 {
				t.Fatalf("challenge = %+v", c)
			}
			before := pool.Requests()
			for _, unfit := range []string{"", "x", " " + newPassword, strings.Repeat("Aa1!", 65)} {
				wantRefused(t, d, c, directory.Answer{Password: redact.New(unfit)}, directory.ErrUnfitPassword)
			}
			if got := pool.Requests(); got != before {
				t.Errorf("%d passwords were sent that cannot be", got-before)
			}
			_, err := d.Respond(t.Context(), c, directory.Answer{Password: redact.New("short")})
			if unfit, ok := errors.AsType[*directory.UnfitPassword](err); !ok || unfit.Policy != "Password not long enough" || unfit.Rule != "" {
				t.Errorf("got %v, %+v, want the pool's own words", err, unfit)
			}
			wantChanged(t, d, c, directory.Answer{Password: redact.New(newPassword)}, row.app)
			_, err = d.Authenticate(t.Context(), typed(login, password))
			wantOnly(t, err, directory.ErrBadCredentials)
			if got, err := d.Authenticate(t.Context(), typed(login, newPassword)); err != nil {
				t.Errorf("with the new password: %+v, %v", got, err)
			}
			wantRefused(t, d, c, directory.Answer{Password: redact.New("Once-More 8!")}, directory.ErrBadCredentials)
		})
	}
}

// Who has typed a new password a moment ago is not asked for another.
func TestAPasswordThatIsNewIsNotChangedAgain(t *testing.T) {
	_, d := with(t, cognitotest.Config{}, func(u *cognitotest.User) { u.Status = cognitotest.ForceChangePassword })
	c := asked(t, d, directory.WantPassword)
	if c.Kind != "NEW_PASSWORD_REQUIRED" {
		t.Fatalf("challenge = %+v", c)
	}
	got, err := d.Respond(t.Context(), c, directory.Answer{Password: redact.New(newPassword)})
	wantUser(t, got, err, false)
}

func TestAPasswordIsChangedOfWhoChoseHowToBegin(t *testing.T) {
	t.Run("by the password", func(t *testing.T) {
		_, d := choosing(t, func(*cognitotest.User) {})
		wantChanged(t, d, asked(t, d, directory.WantPassword), directory.Answer{Password: redact.New(newPassword)}, false)
	})
	begin := func(t *testing.T, d *cognito.Directory) directory.Challenge {
		t.Helper()
		c := passwordless(login)
		c.Want = directory.WantPassword
		got, err := d.Authenticate(t.Context(), c)
		return kept(t, got, err)
	}
	t.Run("by the password, as the choice", func(t *testing.T) {
		_, d := choosing(t, func(*cognitotest.User) {})
		c := next(t, d, begin(t, d), directory.Answer{Choice: "PASSWORD"})
		c = next(t, d, c, directory.Answer{Password: redact.New(password)})
		wantChanged(t, d, c, directory.Answer{Password: redact.New(newPassword)}, false)
	})
	t.Run("by a code, without a password until then", func(t *testing.T) {
		pool, d := choosing(t, func(u *cognitotest.User) { u.Password = "" })
		c := next(t, d, begin(t, d), code(pool.Message(t, login).Code))
		wantChanged(t, d, c, directory.Answer{Password: redact.New(newPassword)}, false)
		if got, err := d.Authenticate(t.Context(), typed(login, newPassword)); err != nil || got.User == nil {
			t.Errorf("with the first password: %+v, %v", got, err)
		}
	})
	t.Run("not by a code alone where there is a password", func(t *testing.T) {
		pool, d := choosing(t, func(*cognitotest.User) {})
		c := next(t, d, begin(t, d), directory.Answer{Choice: "EMAIL_OTP"})
		c = next(t, d, c, code(pool.Message(t, login).Code))
		wantRefused(t, d, c, directory.Answer{Password: redact.New(newPassword)}, directory.ErrBadCredentials)
	})
}

func TestWhoComesInWithoutWhatTheyWant(t *testing.T) {
	t.Run("an app where the pool has none", func(t *testing.T) {
		_, d := start(t, cognitotest.Config{MFA: "OFF"})
		got, err := d.Authenticate(t.Context(), wanting(directory.WantFactor))
		wantUser(t, got, err, false)
	})
	t.Run("another app for who has set one up just now", func(t *testing.T) {
		pool, d := start(t, cognitotest.Config{MFA: "ON"})
		got, err := d.Authenticate(t.Context(), wanting(directory.WantFactor))
		c := kept(t, got, err)
		if c.Kind != "MFA_SETUP" {
			t.Fatalf("challenge = %+v", c)
		}
		got, err = d.Respond(t.Context(), c, appCode(t, pool))
		wantUser(t, got, err, true)
	})
	t.Run("an app for who came by a code, who may have no password", func(t *testing.T) {
		pool, d := choosing(t, func(u *cognitotest.User) { u.Password = "" })
		c := passwordless(login)
		c.Want = directory.WantFactor
		got, err := d.Authenticate(t.Context(), c)
		got, err = d.Respond(t.Context(), kept(t, got, err), code(pool.Message(t, login).Code))
		wantUser(t, got, err, false)
	})
	t.Run("no app for who has none", func(t *testing.T) {
		_, d := start(t, cognitotest.Config{})
		got, err := d.Authenticate(t.Context(), wanting(directory.WantNoFactor))
		wantUser(t, got, err, false)
	})
	t.Run("no app for who proved another factor", func(t *testing.T) {
		pool, d := with(t, cognitotest.Config{}, func(u *cognitotest.User) { u.TOTP, u.EmailCode = appKey(), true })
		got, err := d.Authenticate(t.Context(), wanting(directory.WantNoFactor))
		c := next(t, d, kept(t, got, err), directory.Answer{Choice: "EMAIL_OTP"})
		got, err = d.Respond(t.Context(), c, code(pool.Message(t, login).Code))
		wantUser(t, got, err, false)
	})
	t.Run("new recovery codes, which Cognito has not", func(t *testing.T) {
		_, d := with(t, cognitotest.Config{}, func(u *cognitotest.User) { u.TOTP = appKey() })
		got, err := d.Authenticate(t.Context(), wanting(directory.WantCodes))
		got, err = d.Respond(t.Context(), kept(t, got, err), code(cognitotest.TOTP(appKey(), time.Now())))
		wantUser(t, got, err, true)
	})
}

// A change may have been made, though the answer was lost, and is not made twice:
// the old password would be wrong by then.
func TestAChangeWhoseAnswerIsLost(t *testing.T) {
	app := func(u *cognitotest.User) { u.TOTP = appKey() }
	for _, row := range []struct {
		want      directory.Want
		user      func(*cognitotest.User)
		operation string
		calls     int
	}{
		{directory.WantPassword, func(*cognitotest.User) {}, "ChangePassword", 1},
		{directory.WantFactor, func(*cognitotest.User) {}, "VerifySoftwareToken", 1},
		{directory.WantNoFactor, app, "SetUserMFAPreference", 2},
	} {
		t.Run(row.operation, func(t *testing.T) {
			pool, d := with(t, cognitotest.Config{}, row.user)
			c := asked(t, d, row.want)
			before := pool.Requests()
			pool.Inject(cognitotest.Fault{Operation: row.operation, Body: "<html>", Status: 503})
			got, err := d.Respond(t.Context(), c, directory.Answer{Password: redact.New(newPassword), Code: newAppCode(t, c)})
			wantOnly(t, err, directory.ErrUnavailable)
			if got.Changed != c.Subject || got.User != nil || got.Challenge != nil {
				t.Errorf("outcome = %+v, want that %q may have changed", got, c.Subject)
			}
			if got := pool.Requests() - before; got != row.calls {
				t.Errorf("%d calls, want %d", got, row.calls)
			}
		})
	}
}

func TestATokenThatIsNoLongerGoodEndsTheChange(t *testing.T) {
	app := func(u *cognitotest.User) { u.TOTP = appKey() }
	for _, change := range []struct {
		want directory.Want
		user func(*cognitotest.User)
	}{{directory.WantPassword, nil}, {directory.WantFactor, nil}, {directory.WantNoFactor, app}} {
		for _, row := range []struct {
			name  string
			spoil func(*testing.T, *cognitotest.Server, *clock)
			want  error
		}{
			{"an expired one", func(_ *testing.T, _ *cognitotest.Server, now *clock) { now.now = now.now.Add(time.Hour) }, directory.ErrOver},
			{"a revoked one", func(_ *testing.T, pool *cognitotest.Server, _ *clock) {
				pool.Inject(cognitotest.Fault{Exception: "NotAuthorizedException", Message: "Access Token has been revoked"})
			}, directory.ErrOver},
			{"one of other keys", func(t *testing.T, pool *cognitotest.Server, _ *clock) { pool.RollKeys(t) }, directory.ErrOver},
			{"one without its scope", func(_ *testing.T, pool *cognitotest.Server, _ *clock) {
				pool.Inject(cognitotest.Fault{Exception: "NotAuthorizedException", Message: "Access Token does not have required scopes"})
			}, directory.ErrMisconfigured},
			{"of an account that was disabled", func(t *testing.T, pool *cognitotest.Server, _ *clock) {
				pool.Edit(t, login, func(u *cognitotest.User) { u.Disabled = true })
			}, directory.ErrBadCredentials},
		} {
			t.Run(string(change.want)+", "+row.name, func(t *testing.T) {
				now := &clock{time.Now()}
				pool, d := start(t, cognitotest.Config{Now: now.Now})
				if change.user != nil {
					pool.Edit(t, login, change.user)
				}
				c := asked(t, d, change.want)
				row.spoil(t, pool, now)
				wantRefused(t, d, c, directory.Answer{Password: redact.New(newPassword), Code: newAppCode(t, c)}, row.want)
			})
		}
	}
}

func TestATokenThatCannotSetUpAnApp(t *testing.T) {
	for _, row := range []struct {
		name, message, told string
		want                error
	}{
		{"that has been revoked", "Access Token has been revoked", "", directory.ErrOver},
		{"that a trigger took the scope from", "Access Token does not have required scopes", "pre token generation", directory.ErrMisconfigured},
	} {
		t.Run(row.name, func(t *testing.T) {
			pool, d := start(t, cognitotest.Config{})
			pool.Inject(cognitotest.Fault{Operation: "AssociateSoftwareToken", Exception: "NotAuthorizedException", Message: row.message})
			_, err := d.Authenticate(t.Context(), wanting(directory.WantFactor))
			wantOnly(t, err, row.want)
			if !strings.Contains(err.Error(), row.told) {
				t.Errorf("error %q does not say what to mend: %q", err, row.told)
			}
		})
	}
	t.Run("that is missing", func(t *testing.T) {
		pool, d := start(t, cognitotest.Config{})
		var idToken string
		pool.Inject(cognitotest.Fault{IDToken: func(token string) string { idToken = token; return token }})
		got, err := d.Authenticate(t.Context(), typed(login, password))
		wantUser(t, got, err, false)
		pool.Inject(cognitotest.Fault{Body: `{"AuthenticationResult":{"IdToken":"` + idToken + `"}}`})
		for _, want := range []directory.Want{directory.WantFactor, directory.WantPassword} {
			_, err = d.Authenticate(t.Context(), wanting(want))
			wantOnly(t, err, directory.ErrUnavailable)
		}
		got, err = d.Authenticate(t.Context(), typed(login, password))
		wantUser(t, got, err, false)
	})
}

// A parameter that is wrong about the present password says nothing of the new one.
func TestWhichPasswordIsUnfit(t *testing.T) {
	for message, want := range map[string]error{
		"1 validation error detected: Value at 'proposedPassword' failed to satisfy constraint: Member must have length greater than or equal to 6": directory.ErrUnfitPassword,
		"1 validation error detected: Value at 'previousPassword' failed to satisfy constraint":                                                     directory.ErrUnavailable,
	} {
		pool, d := start(t, cognitotest.Config{})
		c := asked(t, d, directory.WantPassword)
		pool.Inject(cognitotest.Fault{Exception: "InvalidParameterException", Message: message})
		_, err := d.Respond(t.Context(), c, directory.Answer{Password: redact.New(newPassword)})
		wantOnly(t, err, want)
	}
}

// What the token could do, a challenge of Cognito's must not, nor the other way.
func TestAChangeIsOfItsOwnKind(t *testing.T) {
	pool, d := with(t, cognitotest.Config{}, func(u *cognitotest.User) { u.TOTP = appKey() })
	c := asked(t, d, directory.WantNoFactor)
	before := pool.Requests()
	for _, row := range []struct{ name, kind, state string }{
		{"of another kind than its state", "CHANGE_PASSWORD", string(c.State)},
		{"of a kind of Cognito's", "SOFTWARE_TOKEN_MFA", strings.Replace(string(c.State), "REMOVE_SOFTWARE_TOKEN", "SOFTWARE_TOKEN_MFA", 1)},
		{"with a session for its token", c.Kind, `{"challenge":"REMOVE_SOFTWARE_TOKEN","session":"s","username":"u"}`},
		{"with an empty token", c.Kind, `{"challenge":"REMOVE_SOFTWARE_TOKEN","username":"u","entered":{"token":"","user":{"id":"u","email":""}}}`},
		{"with nobody in it", c.Kind, `{"challenge":"REMOVE_SOFTWARE_TOKEN","username":"u","entered":{"token":"t","user":{"id":"","email":""}}}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			wantRefused(t, d, directory.Challenge{Kind: row.kind, Step: c.Step, State: []byte(row.state)}, code("123456"), directory.ErrOver)
		})
	}
	if got := pool.Requests(); got != before {
		t.Errorf("%d calls, want none", got-before)
	}
}

// The password is kept for ChangePassword and for nothing else.
func TestAPasswordIsKeptForItsChangeAlone(t *testing.T) {
	_, d := with(t, cognitotest.Config{}, func(u *cognitotest.User) { u.TOTP = appKey() })
	for want, keeps := range map[directory.Want]bool{
		"": false, directory.WantFactor: false, directory.WantNoFactor: false, directory.WantCodes: false, directory.WantPassword: true,
	} {
		got, err := d.Authenticate(t.Context(), wanting(want))
		if c := kept(t, got, err); strings.Contains(string(c.State), password) != keeps {
			t.Errorf("who wants %q: the password is in the state: %t", want, !keeps)
		}
	}
}

func TestNoChangeIsInAnError(t *testing.T) {
	const secret = "swordfish-and-then-some"
	for name, fault := range map[string]cognitotest.Fault{
		"an unfit password": {Exception: "InvalidPasswordException", Message: secret},
		"a parameter":       {Exception: "InvalidParameterException", Message: secret},
		"a refusal":         {Exception: "NotAuthorizedException", Message: secret},
		"a server's error":  {Exception: "InternalErrorException", Message: secret, Status: 500},
		"an odd answer":     {Body: secret},
	} {
		t.Run(name, func(t *testing.T) {
			pool, d := start(t, cognitotest.Config{})
			c := asked(t, d, directory.WantPassword)
			pool.Inject(fault)
			_, err := d.Respond(t.Context(), c, directory.Answer{Password: redact.New(secret)})
			text := fmt.Sprintf("%v %+v %#v", err, err, err)
			if err == nil || strings.Contains(text, secret) || strings.Contains(text, password) || strings.Contains(text, "eyJ") {
				t.Errorf("%s", text)
			}
		})
	}
}
