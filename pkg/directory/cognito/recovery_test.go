package cognito_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/claims"
	"deskpro-login/pkg/directory/cognito"
	"deskpro-login/pkg/directory/cognito/cognitotest"
	"deskpro-login/pkg/redact"
)

var browser = directory.Client{Address: "192.0.2.7", Device: "ZGV2aWNl"}

func reset(t *testing.T, d *cognito.Directory, login, code, password string) error {
	t.Helper()
	_, err := d.Reset(t.Context(), login, redact.New(code), redact.New(password), browser)
	return err
}

// Whoever resets a password wants to know whose sessions it ends.
func TestAResetTellsWhosePasswordItWas(t *testing.T) {
	for _, row := range []struct {
		name  string
		pairs []string
		fault cognitotest.Fault
		want  func(sub string) string
	}{
		{"by the sub", nil, cognitotest.Fault{}, func(sub string) string { return sub }},
		{"by the attribute that is the id", []string{"id=custom:staff_no"}, cognitotest.Fault{}, func(string) string { return "4711" }},
		{"by the user name", []string{"id=cognito:username"}, cognitotest.Fault{}, func(sub string) string { return sub }},
		{"unless that is not in the account", []string{"id=custom:from_trigger"}, cognitotest.Fault{}, func(string) string { return "" }},
		{"or cannot be read", nil, cognitotest.Fault{Operation: "AdminGetUser", Exception: "AccessDeniedException"}, func(string) string { return "" }},
	} {
		t.Run(row.name, func(t *testing.T) {
			settings := cognitotest.Config{ClientSecret: "shhh"}
			pool := cognitotest.Start(t, settings)
			user := mara()
			user.Attributes = map[string]string{"custom:staff_no": "4711"}
			sub := pool.Add(user)
			config := configFor(pool, settings)
			var err error
			if config.Mapping, err = claims.Parse(row.pairs); err != nil {
				t.Fatal(err)
			}
			d := open(t, config)
			if err := d.RequestReset(t.Context(), login, browser); err != nil {
				t.Fatal(err)
			}
			pool.Inject(row.fault)
			got, err := d.Reset(t.Context(), login, redact.New(pool.Message(t, login).Code), redact.New(newPassword), browser)
			if err != nil || got != row.want(sub) {
				t.Errorf("%q, %v, want %q", got, err, row.want(sub))
			}
		})
	}
}

func confirm(t *testing.T, d *cognito.Directory, login, code string) error {
	t.Helper()
	return d.Confirm(t.Context(), login, redact.New(code), browser)
}

func TestAForgottenPasswordIsReplaced(t *testing.T) {
	for _, settings := range []cognitotest.Config{{}, {ClientSecret: "shhh", HideUnknown: true}} {
		pool, d := start(t, settings)
		if err := d.RequestReset(t.Context(), " Mara@Example.com\n", browser); err != nil {
			t.Fatalf("RequestReset: %v", err)
		}
		sent := pool.Message(t, login)
		if sent.Purpose != "reset" || sent.Destination != login {
			t.Errorf("sent %+v", sent)
		}
		wantOnly(t, reset(t, d, login, other(sent.Code), newPassword), directory.ErrWrongCode)
		err := reset(t, d, login, sent.Code, "short")
		wantOnly(t, err, directory.ErrUnfitPassword)
		if unfit, ok := errors.AsType[*directory.UnfitPassword](err); !ok || unfit.Policy != "Password not long enough" {
			t.Errorf("got %v, want the pool's policy", err)
		}
		if err := reset(t, d, " Mara@Example.com ", sent.Code[:3]+" "+sent.Code[3:], newPassword); err != nil {
			t.Fatalf("Reset: %v", err)
		}
		if got, err := d.Authenticate(t.Context(), typed(login, newPassword)); err != nil || got.User == nil {
			t.Errorf("signing in: %+v, %v", got, err)
		}
		wantOnly(t, reset(t, d, login, sent.Code, newPassword), directory.ErrWrongCode)
	}
}

func TestAnAccountIsConfirmed(t *testing.T) {
	for _, settings := range []cognitotest.Config{{SelfSignUp: true}, {SelfSignUp: true, ClientSecret: "shhh", HideUnknown: true}} {
		pool := cognitotest.Start(t, settings)
		user := mara()
		user.Status, user.EmailVerified = cognitotest.Unconfirmed, false
		pool.Add(user)
		d := open(t, configFor(pool, settings))
		if err := d.RequestConfirmation(t.Context(), login, browser); err != nil {
			t.Fatalf("RequestConfirmation: %v", err)
		}
		sent := pool.Message(t, login)
		wantOnly(t, confirm(t, d, login, other(sent.Code)), directory.ErrWrongCode)
		if err := confirm(t, d, login, " "+sent.Code); err != nil {
			t.Fatalf("Confirm: %v", err)
		}
		if got, err := d.Authenticate(t.Context(), typed(login, password)); err != nil || got.User == nil {
			t.Errorf("signing in: %+v, %v", got, err)
		}
		wantOnly(t, confirm(t, d, login, sent.Code), directory.ErrWrongCode)
		wantOnly(t, d.RequestConfirmation(t.Context(), login, browser), directory.ErrBadCredentials)
	}
}

func TestNobodyTakesAnAddressByConfirmingIt(t *testing.T) {
	pool, d := start(t, cognitotest.Config{SelfSignUp: true})
	pool.Add(cognitotest.User{Username: "thief", Password: password, Email: login, Status: cognitotest.Unconfirmed, Name: "Thief"})
	err := confirm(t, d, "thief", pool.Message(t, "thief").Code)
	wantOnly(t, err, directory.ErrBadCredentials)
	if refusal, ok := errors.AsType[*directory.Refusal](err); !ok || refusal.Cause == nil || !strings.Contains(err.Error(), "another account's") {
		t.Errorf("got %v, want a refusal for the other account", err)
	}
	if got, err := d.Authenticate(t.Context(), typed(login, password)); err != nil || got.User == nil {
		t.Errorf("mara: %+v, %v", got, err)
	}
}

func TestWhyNoCodeWasSentIsForTheLog(t *testing.T) {
	for _, row := range []struct {
		name               string
		settings           cognitotest.Config
		user               func(*cognitotest.User)
		exception, message string
		reason             directory.Reason
		cause              string
	}{
		{name: "a disabled account", user: func(u *cognitotest.User) { u.Disabled = true }, reason: directory.ReasonDisabled},
		{name: "an address that is not verified", user: func(u *cognitotest.User) { u.EmailVerified = false }, reason: directory.ReasonUnspecified, cause: "no verified address"},
		{name: "a temporary password", user: func(u *cognitotest.User) { u.Status = cognitotest.ForceChangePassword }, reason: directory.ReasonUnspecified, cause: "temporary password"},
		{name: "an unknown login", exception: "UserNotFoundException", message: "Username/client id combination not found.", reason: directory.ReasonUnknown},
		{name: "a pool whose administrators do it", exception: "NotAuthorizedException", message: "Contact administrator to reset password.", reason: directory.ReasonUnspecified, cause: "AccountRecoverySetting"},
		{name: "a pool that verifies nothing", exception: "InvalidParameterException", message: "Cannot resend codes. Auto verification not turned on.", reason: directory.ReasonUnspecified, cause: "AutoVerifiedAttributes"},
		{name: "an odd parameter, or a simulated answer", exception: "InvalidParameterException", message: "Something about nobody", reason: directory.ReasonUnspecified, cause: "InvalidParameterException"},
		{name: "an account that is confirmed already", exception: "InvalidParameterException", message: "User is already confirmed.", reason: directory.ReasonUnspecified},
		{name: "a pool that has no mails left", exception: "LimitExceededException", message: mailsUsedUp, reason: directory.ReasonUnspecified, cause: "let the pool send through Amazon SES"},
		{name: "too many requests of the account", exception: "LimitExceededException", message: "Attempt limit exceeded, please try after some time.", reason: directory.ReasonLocked},
		{name: "a risk", exception: "NotAuthorizedException", message: "Request not allowed due to security reasons.", reason: directory.ReasonBlocked},
		{name: "a trigger that says no", exception: "UserLambdaValidationException", message: "CustomMessage failed with error no.", reason: directory.ReasonRule},
		{name: "a trigger that breaks", exception: "UnexpectedLambdaException", message: "CustomMessage failed", reason: directory.ReasonUnspecified, cause: "a trigger of the pool"},
		{name: "a code that did not go out", exception: "CodeDeliveryFailureException", message: "?", reason: directory.ReasonUnspecified, cause: "CodeDeliveryFailureException"},
		{name: "a role that may not send", exception: "InvalidSmsRoleAccessPolicyException", message: "The role may not publish", reason: directory.ReasonUnspecified, cause: "The role may not publish"},
	} {
		t.Run(row.name, func(t *testing.T) {
			pool, d := start(t, row.settings)
			if row.user != nil {
				pool.Edit(t, login, row.user)
			}
			pool.Inject(cognitotest.Fault{Exception: row.exception, Message: row.message})
			err := d.RequestReset(t.Context(), login, browser)
			wantOnly(t, err, directory.ErrBadCredentials)
			refusal, ok := errors.AsType[*directory.Refusal](err)
			if !ok || refusal.Reason != row.reason {
				t.Fatalf("got %v, want the reason %s", err, row.reason)
			}
			if (refusal.Cause != nil) != (row.cause != "") || !strings.Contains(err.Error(), row.cause) {
				t.Errorf("cause = %v, want %q", refusal.Cause, row.cause)
			}
			if got := pool.Requests(); got != 1 {
				t.Errorf("%d calls, want 1", got)
			}
		})
	}
}

// Whoever asks cannot tell who has an account: neither by the answer nor by
// what it costs.
func TestRecoveryAnswersAllLoginsAlike(t *testing.T) {
	calls := map[string]func(*cognito.Directory, string) error{
		"signing in": func(d *cognito.Directory, login string) error {
			_, err := d.Authenticate(t.Context(), typed(login, "wrong"))
			return err
		},
		"asking for a reset": func(d *cognito.Directory, login string) error { return d.RequestReset(t.Context(), login, browser) },
		"resetting":          func(d *cognito.Directory, login string) error { return reset(t, d, login, "123456", newPassword) },
		"asking for a confirmation": func(d *cognito.Directory, login string) error {
			return d.RequestConfirmation(t.Context(), login, browser)
		},
		"confirming": func(d *cognito.Directory, login string) error { return confirm(t, d, login, "123456") },
	}
	for name, call := range calls {
		for _, hide := range []bool{true, false} {
			for who, change := range map[string]func(*cognitotest.User){
				"in order": func(*cognitotest.User) {}, "disabled": func(u *cognitotest.User) { u.Disabled = true },
				"unconfirmed":    func(u *cognitotest.User) { u.Status = cognitotest.Unconfirmed },
				"to be reset":    func(u *cognitotest.User) { u.Status = cognitotest.ResetRequired },
				"without a code": func(u *cognitotest.User) { u.EmailVerified = false },
			} {
				t.Run(fmt.Sprintf("%s, hiding %t, %s", name, hide, who), func(t *testing.T) {
					pool, d := with(t, cognitotest.Config{HideUnknown: hide, ClientSecret: "shhh"}, change)
					known := call(d, login)
					cost := pool.Requests()
					unknown := call(d, "nobody@example.com")
					if got := pool.Requests() - cost; got != cost || cost != 1 {
						t.Errorf("%d calls for an account and %d for none, want 1 each", cost, got)
					}
					for _, err := range []error{known, unknown} {
						if strings.HasPrefix(name, "asking") {
							if err != nil {
								wantOnly(t, err, directory.ErrBadCredentials)
							}
							continue
						}
						want := directory.ErrWrongCode
						if name == "signing in" {
							want = directory.ErrBadCredentials
						}
						wantOnly(t, err, want)
					}
				})
			}
		}
	}
}

func TestWhatCannotBeRightIsNotSent(t *testing.T) {
	pool, d := start(t, cognitotest.Config{ClientSecret: "shhh"})
	for _, login := range []string{"", " ", "mara lopez", "mara\xff", strings.Repeat("ü", 129)} {
		wantOnly(t, d.RequestReset(t.Context(), login, browser), directory.ErrBadCredentials)
		wantOnly(t, d.RequestConfirmation(t.Context(), login, browser), directory.ErrBadCredentials)
		wantOnly(t, reset(t, d, login, "123456", newPassword), directory.ErrWrongCode)
		wantOnly(t, confirm(t, d, login, "123456"), directory.ErrWrongCode)
	}
	for _, code := range []string{"", " ", "\u200b", "12\xff", strings.Repeat("1", 2049)} {
		wantOnly(t, reset(t, d, login, code, newPassword), directory.ErrWrongCode)
		wantOnly(t, confirm(t, d, login, code), directory.ErrWrongCode)
	}
	wantOnly(t, reset(t, d, login, "123456", " padded "), directory.ErrUnfitPassword)
	if got := pool.Requests(); got != 0 {
		t.Errorf("%d were sent", got)
	}
}

func TestAShortPasswordMayBeAParameterToCognito(t *testing.T) {
	pool, d := start(t, cognitotest.Config{})
	pool.Inject(cognitotest.Fault{Exception: "InvalidParameterException", Message: "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must have length greater than or equal to 6"})
	wantOnly(t, reset(t, d, login, "123456", "short"), directory.ErrUnfitPassword)
}

// It would tell that there is an account without an address.
func TestAnAccountThatCannotBeResetIsNoUnfitPassword(t *testing.T) {
	for _, message := range []string{
		"Cannot reset password for the user as there is no registered/verified email or phone_number",
		"User password cannot be reset in the current state.",
	} {
		pool, d := start(t, cognitotest.Config{})
		pool.Inject(cognitotest.Fault{Exception: "InvalidParameterException", Message: message})
		wantOnly(t, reset(t, d, login, "123456", newPassword), directory.ErrWrongCode)
	}
}

// The code was right, and is used: the log has to say what became of it.
func TestATriggerThatRefusesWhatIsDoneIsForTheLog(t *testing.T) {
	pool, d := start(t, cognitotest.Config{})
	pool.Inject(cognitotest.Fault{Exception: "UserLambdaValidationException", Message: "PostConfirmation failed with error no."})
	for name, err := range map[string]error{"confirming": confirm(t, d, login, "123456"), "resetting": reset(t, d, login, "123456", newPassword)} {
		wantOnly(t, err, directory.ErrBadCredentials)
		refusal, ok := errors.AsType[*directory.Refusal](err)
		if !ok || refusal.Reason != directory.ReasonRule || refusal.Cause == nil || !strings.Contains(err.Error(), "a trigger of the pool") {
			t.Errorf("%s: got %v, want a refusal by rule with its cause", name, err)
		}
	}
}

func TestRecoveryIsTriedOnce(t *testing.T) {
	for _, fault := range []cognitotest.Fault{{Exception: "TooManyRequestsException"}, {Exception: "InternalErrorException", Status: 500}} {
		pool, d := start(t, cognitotest.Config{})
		pool.Inject(fault)
		for _, err := range []error{
			d.RequestReset(t.Context(), login, browser), reset(t, d, login, "123456", newPassword),
			d.RequestConfirmation(t.Context(), login, browser), confirm(t, d, login, "123456"),
		} {
			if found := sentinels(err); len(found) != 1 || found[0] != directory.ErrThrottled && found[0] != directory.ErrUnavailable {
				t.Errorf("got %v", err)
			}
		}
		if got := pool.Requests(); got != 4 {
			t.Errorf("%d calls, want 4", got)
		}
	}
}

func TestRecoveryEndsWithTheContext(t *testing.T) {
	pool, d := start(t, cognitotest.Config{})
	pool.Inject(cognitotest.Fault{Hang: true})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := d.RequestReset(ctx, login, browser)
	wantOnly(t, err, directory.ErrUnavailable)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the deadline within", err)
	}
}

func TestRecoveryWithAWrongSecretIsNoRefusal(t *testing.T) {
	for _, row := range []struct{ name, pool, ours string }{
		{"a wrong secret", "shhh", "other"},
		{"a missing secret", "shhh", ""},
		{"a secret that the client does not have", "", "shhh"},
	} {
		t.Run(row.name, func(t *testing.T) {
			pool := cognitotest.Start(t, cognitotest.Config{ClientSecret: row.pool, HideUnknown: true})
			d := open(t, configFor(pool, cognitotest.Config{ClientSecret: row.ours}))
			wantOnly(t, d.RequestReset(t.Context(), login, browser), directory.ErrMisconfigured)
			wantOnly(t, d.RequestConfirmation(t.Context(), login, browser), directory.ErrMisconfigured)
			wantOnly(t, reset(t, d, login, "123456", newPassword), directory.ErrMisconfigured)
			wantOnly(t, confirm(t, d, login, "123456"), directory.ErrMisconfigured)
		})
	}
}

func TestNothingTypedIsInRecoverysErrors(t *testing.T) {
	const secret = "swordfish-and-then-some"
	pool, d := start(t, cognitotest.Config{})
	for _, exception := range []string{"InvalidPasswordException", "InvalidParameterException", "UserLambdaValidationException", "UnexpectedLambdaException", "InternalErrorException"} {
		pool.Inject(cognitotest.Fault{Exception: exception, Message: secret + " " + login})
		for _, err := range []error{
			reset(t, d, login, secret, secret), d.RequestReset(t.Context(), login, browser),
			d.RequestConfirmation(t.Context(), login, browser), confirm(t, d, login, secret),
		} {
			if text := fmt.Sprintf("%v %+v %#v", err, err, err); err == nil || strings.Contains(text, secret) || strings.Contains(text, login) {
				t.Errorf("%s: %s", exception, text)
			}
		}
	}
}
