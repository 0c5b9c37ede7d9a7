package cognito_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/cognito/cognitotest"
	"deskpro-login/pkg/redact"
)

func TestACodeIsTheSecondFactor(t *testing.T) {
	for _, row := range []struct {
		name        string
		user        func(*cognitotest.User)
		kind        string
		medium      directory.Medium
		destination bool
	}{
		{"that an app shows", func(u *cognitotest.User) { u.TOTP = appKey() }, "SOFTWARE_TOKEN_MFA", directory.MediumApp, false},
		{"sent to a phone", func(u *cognitotest.User) { u.SMS, u.Phone = true, "+442079460000" }, "SMS_MFA", directory.MediumSMS, true},
		{"sent by email", func(u *cognitotest.User) { u.EmailCode = true }, "EMAIL_OTP", directory.MediumEmail, true},
	} {
		for _, secret := range []string{"", "shhh"} {
			t.Run(row.name+" with the client secret "+secret, func(t *testing.T) {
				pool, d := with(t, cognitotest.Config{ClientSecret: secret}, row.user)
				c := challenged(t, d, password)
				if c.Kind != row.kind || c.Step != directory.StepCode || c.Medium != row.medium || (c.Destination != "") != row.destination {
					t.Errorf("challenge = %+v", c)
				}
				if strings.Contains(c.Destination, login) || strings.Contains(c.Destination, "7946") {
					t.Errorf("destination %q is in full", c.Destination)
				}
				right := cognitotest.TOTP(appKey(), time.Now())
				if row.destination {
					right = pool.Message(t, login).Code
				}
				wantRefused(t, d, c, code(other(right)), directory.ErrWrongCode)
				wantMara(t, d, c, code(" "+right[:3]+" "+right[3:]+"\u200b\r\n"))
				wantRefused(t, d, c, code(right), directory.ErrOver)
			})
		}
	}
}

// other returns a code that is not this one.
func other(code string) string {
	if code[0] == '0' {
		return "1" + code[1:]
	}
	return "0" + code[1:]
}

func TestWhatCannotBeACodeIsNotSent(t *testing.T) {
	for _, row := range []struct {
		name  string
		user  func(*cognitotest.User)
		codes []string
	}{
		{"of an app", func(u *cognitotest.User) { u.TOTP = appKey() }, []string{"", " ", "12345", "1234567", "12345a", "１２３４５６", "-12345"}},
		{"of a message", func(u *cognitotest.User) { u.EmailCode = true }, []string{"", "12345", "123456789", "123-456", "123456\xff"}},
	} {
		pool, d := with(t, cognitotest.Config{}, row.user)
		c := challenged(t, d, password)
		before := pool.Requests()
		for _, typed := range row.codes {
			t.Run(fmt.Sprintf("%s: %q", row.name, typed), func(t *testing.T) {
				wantRefused(t, d, c, code(typed), directory.ErrWrongCode)
			})
		}
		if got := pool.Requests(); got != before {
			t.Errorf("%s: %d were sent", row.name, got-before)
		}
	}
}

func TestAnAppsCodeCountsOnce(t *testing.T) {
	now := clock{noon}
	_, d := with(t, cognitotest.Config{Now: now.Now}, func(u *cognitotest.User) { u.TOTP = appKey() })
	used := cognitotest.TOTP(appKey(), noon)
	wantMara(t, d, challenged(t, d, password), code(used))
	c := challenged(t, d, password)
	wantRefused(t, d, c, code(used), directory.ErrSpentCode)
	now.now = noon.Add(30 * time.Second)
	wantMara(t, d, c, code(cognitotest.TOTP(appKey(), now.now)))
}

func TestAChallengeThatIsTooOldIsOver(t *testing.T) {
	now := clock{noon}
	_, d := with(t, cognitotest.Config{Now: now.Now}, func(u *cognitotest.User) { u.TOTP = appKey() })
	c := challenged(t, d, password)
	now.now = noon.Add(time.Hour)
	wantRefused(t, d, c, code(cognitotest.TOTP(appKey(), now.now)), directory.ErrOver)
}

func TestANewPasswordIsChosen(t *testing.T) {
	settings := cognitotest.Config{RequiredAttributes: []string{"name", "given_name", "custom:department"}, ClientSecret: "shhh"}
	pool, d := with(t, settings, func(u *cognitotest.User) { u.Status, u.TOTP = cognitotest.ForceChangePassword, appKey() })
	c := challenged(t, d, password)
	if c.Kind != "NEW_PASSWORD_REQUIRED" || c.Step != directory.StepNewPassword || strings.Join(c.Attributes, " ") != "given_name custom:department" {
		t.Fatalf("challenge = %+v, want what mara lacks", c)
	}
	answer := func(password, given, department string) directory.Answer {
		return directory.Answer{
			Password:   redact.New(password),
			Attributes: map[string]string{"given_name": given, "custom:department": department, "email": "thief@example.com"},
		}
	}
	before := pool.Requests()
	for _, row := range []struct{ name, password string }{
		{"none", ""}, {"one character", "x"}, {"a space before", " " + newPassword}, {"a space after", newPassword + "\t"},
		{"a line end within", "Brand-\nNew 7!"}, {"257 characters", strings.Repeat("Aa1!", 64) + "x"}, {"no UTF-8", newPassword + "\xff"},
	} {
		t.Run("unfit: "+row.name, func(t *testing.T) {
			wantRefused(t, d, c, answer(row.password, "Mara", "R&D"), directory.ErrUnfitPassword)
		})
	}
	for _, row := range []struct{ name, given string }{
		{"none", ""}, {"blank", " "}, {"2049 characters", strings.Repeat("ü", 2049)}, {"no UTF-8", "\xff"},
	} {
		t.Run("unfit detail: "+row.name, func(t *testing.T) {
			wantRefused(t, d, c, answer(newPassword, row.given, "R&D"), directory.ErrUnfitAttribute)
		})
	}
	if got := pool.Requests(); got != before {
		t.Errorf("%d unfit answers were sent", got-before)
	}

	_, err := d.Respond(t.Context(), c, answer("short", "Mara", "R&D"))
	wantOnly(t, err, directory.ErrUnfitPassword)
	if unfit, ok := errors.AsType[*directory.UnfitPassword](err); !ok || unfit.Policy != "Password not long enough" {
		t.Errorf("policy of %v, want that of the pool", err)
	}
	c = next(t, d, c, answer(newPassword, " Mara ", "R&D"))
	wantMara(t, d, c, code(cognitotest.TOTP(appKey(), time.Now())))
	pool.Edit(t, login, func(u *cognitotest.User) {
		if u.GivenName != "Mara" || u.Attributes["custom:department"] != "R&D" || u.Email != login {
			t.Errorf("mara became %+v", u)
		}
	})
	challenged(t, d, newPassword)
}

func TestADetailThatThePoolRefuses(t *testing.T) {
	for _, row := range []struct {
		name, exception, message string
		want                     error
	}{
		{"not in its form", "InvalidParameterException", "Invalid phone number format.", directory.ErrUnfitAttribute},
		{"another's address", "AliasExistsException", "An account with the email already exists.", directory.ErrUnfitAttribute},
		{"one that is there", "NotAuthorizedException", "Cannot modify an already provided email", directory.ErrUnfitAttribute},
		{"a password that is far too short", "InvalidParameterException", "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must have length greater than or equal to 6", directory.ErrUnfitPassword},
		{"a secret that is wrong", "InvalidParameterException", "App client x is not configured for secret but secret hash was received", directory.ErrMisconfigured},
		{"an attribute whose name has flow in it", "InvalidParameterException", "Attributes did not conform to the schema: custom:auth flow", directory.ErrUnfitAttribute},
	} {
		t.Run(row.name, func(t *testing.T) {
			pool, d := with(t, cognitotest.Config{RequiredAttributes: []string{"phone_number"}}, func(u *cognitotest.User) { u.Status = cognitotest.ForceChangePassword })
			c := challenged(t, d, password)
			pool.Inject(cognitotest.Fault{Exception: row.exception, Message: row.message})
			wantRefused(t, d, c, directory.Answer{Password: redact.New(newPassword), Attributes: map[string]string{"phone_number": "0"}}, row.want)
		})
	}
}

func TestThePolicyIsFitToBeShown(t *testing.T) {
	for _, row := range []struct{ name, exception, message, want string }{
		{"the policy's sentence", "InvalidPasswordException", "Password did not conform with policy: Password must have uppercase characters", "Password must have uppercase characters"},
		{"the password's history", "PasswordHistoryPolicyViolationException", "Password has previously been used", "Password has previously been used"},
		{"nothing that quotes the password", "InvalidPasswordException", "Password did not conform with policy: " + newPassword + " is known", ""},
		{"nothing that cannot be seen", "InvalidPasswordException", "with policy: too\n\u202eshort\x00", "tooshort"},
		{"at most 200 characters", "InvalidPasswordException", strings.Repeat("ü", 500), strings.Repeat("ü", 200)},
		{"nothing for nothing", "InvalidPasswordException", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			pool, d := with(t, cognitotest.Config{}, func(u *cognitotest.User) { u.Status = cognitotest.ForceChangePassword })
			c := challenged(t, d, password)
			pool.Inject(cognitotest.Fault{Exception: row.exception, Message: row.message})
			_, err := d.Respond(t.Context(), c, directory.Answer{Password: redact.New(newPassword)})
			unfit, ok := errors.AsType[*directory.UnfitPassword](err)
			if !ok || unfit.Policy != row.want {
				t.Errorf("got %v, %+v, want %q", err, unfit, row.want)
			}
		})
	}
}

func TestAFactorIsChosen(t *testing.T) {
	pool, d := with(t, cognitotest.Config{ClientSecret: "shhh"}, func(u *cognitotest.User) {
		u.TOTP, u.SMS, u.Phone, u.EmailCode = appKey(), true, "+442079460000", true
	})
	c := challenged(t, d, password)
	want := []directory.Choice{
		{Value: "SMS_MFA", Medium: directory.MediumSMS}, {Value: "SOFTWARE_TOKEN_MFA", Medium: directory.MediumApp}, {Value: "EMAIL_OTP", Medium: directory.MediumEmail},
	}
	if c.Kind != "SELECT_MFA_TYPE" || c.Step != directory.StepChoose || fmt.Sprint(c.Choices) != fmt.Sprint(want) {
		t.Fatalf("challenge = %+v, want the choices %v", c, want)
	}
	before := pool.Requests()
	for _, choice := range []string{"", "PASSWORD", "sms_mfa"} {
		if again := next(t, d, c, directory.Answer{Choice: choice}); again.Kind != c.Kind || string(again.State) != string(c.State) {
			t.Errorf("%q led to %+v, want the same again", choice, again)
		}
	}
	if pool.Requests() != before {
		t.Error("what is no choice was sent")
	}
	c = next(t, d, c, directory.Answer{Choice: "SMS_MFA"})
	if c.Kind != "SMS_MFA" || c.Step != directory.StepCode || c.Medium != directory.MediumSMS {
		t.Fatalf("challenge = %+v, want the code", c)
	}
	wantMara(t, d, c, code(pool.Message(t, login).Code))
}

func TestAFactorThatTheAccountCannotHave(t *testing.T) {
	_, d := with(t, cognitotest.Config{}, func(u *cognitotest.User) { u.SMS, u.TOTP = true, appKey() })
	wantRefused(t, d, challenged(t, d, password), directory.Answer{Choice: "SMS_MFA"}, directory.ErrNoFactor)
}

func TestAPoolsOwnQuestions(t *testing.T) {
	_, d := with(t, cognitotest.Config{ClientSecret: "shhh"}, func(u *cognitotest.User) {
		u.Custom = []cognitotest.Question{
			{Parameters: map[string]string{"text": "Which town?", "hint": "By the sea."}, Answer: " Cobh "},
			{Parameters: map[string]string{"text": "And when?"}, Answer: "1990"},
		}
	})
	c := challenged(t, d, password)
	want := []directory.Prompt{{Name: "hint", Text: "By the sea."}, {Name: "text", Text: "Which town?"}}
	if c.Kind != "CUSTOM_CHALLENGE" || c.Step != directory.StepQuestion || fmt.Sprint(c.Question) != fmt.Sprint(want) {
		t.Fatalf("challenge = %+v, want the question %v alone", c, want)
	}
	text := func(text string) directory.Answer { return directory.Answer{Text: redact.New(text)} }
	wantRefused(t, d, c, text(""), directory.ErrWrongCode)
	wantRefused(t, d, c, text("\xff"), directory.ErrWrongCode)
	again := next(t, d, c, text("Cobh"))
	if again.Question[0] != c.Question[0] || string(again.State) == string(c.State) {
		t.Errorf("after a wrong answer: %+v, want the same question in a new session", again)
	}
	second := next(t, d, again, text(" Cobh "))
	if second.Question[0].Text != "And when?" {
		t.Errorf("after a right answer: %+v", second)
	}
	second = next(t, d, second, text("1991"))
	second = next(t, d, second, text("1992"))
	wantRefused(t, d, second, text("1993"), directory.ErrBadCredentials)
}

func TestAnswersThatAreRefusedAfterThePassword(t *testing.T) {
	for _, row := range []struct {
		name, exception, message string
		want                     error
		reason                   directory.Reason
	}{
		{"a risk", "NotAuthorizedException", "Request not allowed due to security reasons.", directory.ErrDenied, ""},
		{"a trigger that says no", "UserLambdaValidationException", "PreTokenGeneration failed with error no.", directory.ErrDenied, ""},
		{"a lock-out", "NotAuthorizedException", "Password attempts exceeded", directory.ErrThrottled, ""},
		{"too many codes", "TooManyFailedAttemptsException", "?", directory.ErrThrottled, ""},
		{"a session of another", "NotAuthorizedException", "Invalid session for the user.", directory.ErrOver, ""},
		{"a session that is used", "NotAuthorizedException", "Invalid session for the user, session can only be used once.", directory.ErrOver, ""},
		{"an app's code that is used", "ExpiredCodeException", "Your software token has already been used once.", directory.ErrSpentCode, ""},
		{"an account that was disabled meanwhile", "NotAuthorizedException", "User is disabled.", directory.ErrBadCredentials, directory.ReasonDisabled},
		{"an account that was deleted meanwhile", "UserNotFoundException", "User does not exist.", directory.ErrBadCredentials, directory.ReasonUnknown},
		{"a wrong secret", "NotAuthorizedException", "Unable to verify secret hash for client x", directory.ErrMisconfigured, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			pool, d := with(t, cognitotest.Config{}, func(u *cognitotest.User) { u.TOTP = appKey() })
			c := challenged(t, d, password)
			before := pool.Requests()
			pool.Inject(cognitotest.Fault{Exception: row.exception, Message: row.message})
			_, err := d.Respond(t.Context(), c, code("123456"))
			wantOnly(t, err, row.want)
			if refusal, ok := errors.AsType[*directory.Refusal](err); ok != (row.reason != "") || ok && refusal.Reason != row.reason {
				t.Errorf("got %v, want the reason %q", err, row.reason)
			}
			if got := pool.Requests() - before; got != 1 {
				t.Errorf("%d calls, want 1", got)
			}
		})
	}
}

// The first call may have used the session up, though its answer was lost.
func TestAnAnswerIsSentOnce(t *testing.T) {
	for _, fault := range []cognitotest.Fault{
		{Exception: "InternalErrorException", Status: 500},
		{Exception: "TooManyRequestsException"},
		{Body: "<html>", Status: 503},
	} {
		pool, d := with(t, cognitotest.Config{}, func(u *cognitotest.User) { u.TOTP = appKey() })
		c := challenged(t, d, password)
		before := pool.Requests()
		pool.Inject(fault)
		if _, err := d.Respond(t.Context(), c, code("123456")); err == nil {
			t.Errorf("%+v: no error", fault)
		}
		if got := pool.Requests() - before; got != 1 {
			t.Errorf("%+v: %d calls, want 1", fault, got)
		}
		pool.Inject(cognitotest.Fault{})
		wantMara(t, d, c, code(cognitotest.TOTP(appKey(), time.Now())))
	}
}

func TestAChallengeThatIsNotOursIsOver(t *testing.T) {
	pool, d := with(t, cognitotest.Config{}, func(u *cognitotest.User) { u.TOTP = appKey() })
	c := challenged(t, d, password)
	before := pool.Requests()
	for _, row := range []struct {
		name   string
		change func(*directory.Challenge)
	}{
		{"of another kind", func(c *directory.Challenge) { c.Kind = "SMS_MFA" }},
		{"without a kind", func(c *directory.Challenge) { c.Kind = "" }},
		{"without its state", func(c *directory.Challenge) { c.State = nil }},
		{"with half its state", func(c *directory.Challenge) { c.State = c.State[:len(c.State)/2] }},
		{"with another's state", func(c *directory.Challenge) {
			c.State = []byte(`{"challenge":"SOFTWARE_TOKEN_MFA","session":"s","username":"u","door":"agents"}`)
		}},
		{"without a session", func(c *directory.Challenge) {
			c.State = []byte(`{"challenge":"SOFTWARE_TOKEN_MFA","session":"","username":"u"}`)
		}},
		{"that no page asks", func(c *directory.Challenge) {
			c.Kind, c.State = "WEB_AUTHN", []byte(`{"challenge":"WEB_AUTHN","session":"s","username":"u"}`)
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			changed := c
			row.change(&changed)
			wantRefused(t, d, changed, code("123456"), directory.ErrOver)
		})
	}
	if got := pool.Requests(); got != before {
		t.Errorf("%d calls, want none", got-before)
	}
}

func TestNoAnswerIsInAnError(t *testing.T) {
	const secret = "swordfish-and-then-some"
	pool, d := with(t, cognitotest.Config{}, func(u *cognitotest.User) { u.Status = cognitotest.ForceChangePassword })
	c := challenged(t, d, password)
	for name, fault := range map[string]cognitotest.Fault{
		"an unfit password":      {Exception: "InvalidPasswordException", Message: secret},
		"a parameter":            {Exception: "InvalidParameterException", Message: secret},
		"a trigger that gossips": {Exception: "UserLambdaValidationException", Message: secret},
		"a trigger that breaks":  {Exception: "UnexpectedLambdaException", Message: secret},
		"an odd answer":          {Body: `{"AuthenticationResult":"` + secret + `"}`},
		"a server's error":       {Exception: "InternalErrorException", Message: secret, Status: 500},
	} {
		pool.Inject(fault)
		_, err := d.Respond(t.Context(), c, directory.Answer{Password: redact.New(secret)})
		if text := fmt.Sprintf("%v %+v %#v", err, err, err); err == nil || strings.Contains(text, secret) {
			t.Errorf("%s: %s", name, text)
		}
	}
}
