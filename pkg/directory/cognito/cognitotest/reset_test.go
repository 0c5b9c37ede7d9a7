package cognitotest_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"deskpro-login/pkg/directory/cognito/cognitotest"
)

const (
	login      = "mara@example.com"
	staleCode  = "ExpiredCodeException: Invalid code provided, please request a code again."
	wrongCode  = "CodeMismatchException: Invalid verification code provided, please try again."
	notFound   = "UserNotFoundException: Username/client id combination not found."
	isDisabled = "NotAuthorizedException: User is disabled."
	tooOften   = "LimitExceededException: Attempt limit exceeded, please try after some time."
	wrongLogin = "NotAuthorizedException: Incorrect username or password."
)

func TestAForgottenPasswordIsReset(t *testing.T) {
	for _, row := range []struct {
		name string
		user func(*cognitotest.User)
		to   string
		want string
	}{
		{"a code by email", func(*cognitotest.User) {}, login, "EMAIL email m***@e***"},
		{"a code by text message where no address is verified", func(u *cognitotest.User) { u.EmailVerified, u.Phone = false, "+442079460123" }, "+442079460123", "SMS phone_number +*******0123"},
		{"an account that must be reset", func(u *cognitotest.User) { u.Status = cognitotest.ResetRequired }, login, "EMAIL email m***@e***"},
		{"an account that was imported", func(u *cognitotest.User) { u.Status, u.Password = cognitotest.ResetRequired, "" }, login, "EMAIL email m***@e***"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := newCaller(t, cognitotest.Config{ClientSecret: "shhh", HideUnknown: true})
			c.pool.Add(user(row.user))
			got, err := c.forgot(t, login)
			wantDelivery(t, got, err, row.want)
			m := c.pool.Message(t, login)
			if m.Login != login || m.Destination != row.to || m.Purpose != "reset" || len(m.Code) != 6 {
				t.Errorf("message = %+v", m)
			}

			wantException(t, c.reset(t, login, wrong(m.Code), newPassword), wrongCode)
			wantException(t, c.reset(t, login, m.Code, "short"), "InvalidPasswordException: Password did not conform with policy: Password not long enough")
			if err := c.reset(t, login, m.Code, newPassword); err != nil {
				t.Fatalf("the right code after a wrong one: %v", err)
			}
			wantException(t, c.reset(t, login, m.Code, newPassword), staleCode)
			if _, err := c.initiate(t, login, newPassword); err != nil {
				t.Errorf("signing in with the new password: %v", err)
			}
			_, err = c.initiate(t, login, password)
			wantException(t, err, wrongLogin)
		})
	}
}

func TestWhoGetsNoResetCode(t *testing.T) {
	open, hidden := cognitotest.Config{}, cognitotest.Config{HideUnknown: true}
	const state = "NotAuthorizedException: User password cannot be reset in the current state."
	nowhere := func(u *cognitotest.User) { u.EmailVerified = false }
	for _, row := range []struct {
		name    string
		config  cognitotest.Config
		login   string
		user    func(*cognitotest.User)
		seeming string // the simulated delivery
		want    string
		confirm string
	}{
		{name: "an unknown login", config: open, login: "nobody@example.org", want: notFound, confirm: notFound},
		{name: "an unknown address, hidden", config: hidden, login: "nobody@example.org", seeming: "EMAIL email n***@e***", confirm: wrongCode},
		{name: "an unknown number, hidden", config: hidden, login: "+442079460999", seeming: "SMS phone_number +*******0999", confirm: wrongCode},
		{name: "an unknown name, hidden", config: hidden, login: "nobody", seeming: "EMAIL email n***@n***", confirm: wrongCode},
		{name: "a disabled account", config: open, login: login, user: func(u *cognitotest.User) { u.Disabled = true }, want: isDisabled, confirm: isDisabled},
		{name: "a disabled account, hidden", config: hidden, login: login, user: func(u *cognitotest.User) { u.Disabled = true }, seeming: "EMAIL email m***@e***", confirm: wrongCode},
		{name: "an account that nothing can be sent to", config: open, login: login, user: nowhere, want: "InvalidParameterException: Cannot reset password for the user as there is no registered/verified email or phone_number", confirm: staleCode},
		{name: "an account that nothing can be sent to, hidden", config: hidden, login: login, user: nowhere, seeming: "EMAIL email m***@e***", confirm: staleCode},
		{name: "an unconfirmed account, hidden", config: hidden, login: login, user: func(u *cognitotest.User) { u.Status = cognitotest.Unconfirmed }, seeming: "EMAIL email m***@e***", confirm: staleCode},
		{name: "a temporary password", config: hidden, login: login, user: func(u *cognitotest.User) { u.Status = cognitotest.ForceChangePassword }, want: state, confirm: staleCode},
		{name: "a federated account", config: hidden, login: "IdP_1", user: func(u *cognitotest.User) { u.Username, u.Provider, u.Password = "IdP_1", "IdP", "" }, want: state, confirm: staleCode},
		{name: "a federated account's address, which is no alias", config: open, login: login, user: func(u *cognitotest.User) { u.Provider = "IdP" }, want: notFound, confirm: notFound},
	} {
		t.Run(row.name, func(t *testing.T) {
			var sent []cognitotest.Message
			row.config.Deliver = func(m cognitotest.Message) { sent = append(sent, m) }
			c := newCaller(t, row.config)
			if row.user == nil {
				row.user = func(*cognitotest.User) {}
			}
			c.pool.Add(user(row.user))
			got, err := c.forgot(t, row.login)
			if row.seeming != "" {
				wantDelivery(t, got, err, row.seeming)
			} else {
				wantException(t, err, row.want)
			}
			if len(sent) != 0 {
				t.Errorf("a code was sent: %+v", sent)
			}
			wantException(t, c.reset(t, row.login, "123456", newPassword), row.confirm)
		})
	}
}

func TestAResetCodeEndsWithTheNextAndWithTime(t *testing.T) {
	now := time.Now()
	c := newCaller(t, cognitotest.Config{Now: func() time.Time { return now }})
	c.pool.Add(mara())
	ask := func() string {
		t.Helper()
		if _, err := c.forgot(t, login); err != nil {
			t.Fatal(err)
		}
		return c.pool.Message(t, login).Code
	}
	wantException(t, c.reset(t, login, "123456", newPassword), staleCode)
	first := ask()
	second := ask()
	if first != second {
		wantException(t, c.reset(t, login, first, newPassword), wrongCode)
	}
	now = now.Add(time.Hour)
	wantException(t, c.reset(t, login, second, newPassword), staleCode)
	if err := c.reset(t, login, ask(), newPassword); err != nil {
		t.Errorf("a new code: %v", err)
	}
}

func TestResetsAreLimited(t *testing.T) {
	now := time.Now()
	c := newCaller(t, cognitotest.Config{Now: func() time.Time { return now }})
	c.pool.Add(mara())
	for range 5 {
		if _, err := c.forgot(t, login); err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.forgot(t, login)
	wantException(t, err, tooOften)
	code := c.pool.Message(t, login).Code
	for range 5 {
		wantException(t, c.reset(t, login, wrong(code), newPassword), wrongCode)
	}
	wantException(t, c.reset(t, login, code, newPassword), tooOften)
	now = now.Add(time.Hour)
	if _, err := c.forgot(t, login); err != nil {
		t.Errorf("an hour later: %v", err)
	}
	if err := c.reset(t, login, c.pool.Message(t, login).Code, newPassword); err != nil {
		t.Errorf("an hour later: %v", err)
	}

	free := newCaller(t, cognitotest.Config{NoLockout: true})
	free.pool.Add(mara())
	for range 7 {
		if _, err := free.forgot(t, login); err != nil {
			t.Fatalf("without limits: %v", err)
		}
	}
}

func TestTheUnsignedCallsWantTheHashOfTheNameAsSent(t *testing.T) {
	c := newCaller(t, cognitotest.Config{ClientSecret: "shhh"})
	sub := c.pool.Add(mara())
	for _, row := range []struct {
		name string
		call func(*cip.ForgotPasswordInput)
		want string
	}{
		{"no hash", func(in *cip.ForgotPasswordInput) { in.SecretHash = nil }, "NotAuthorizedException: Client 1practice2client3 is configured with secret but SECRET_HASH was not received"},
		{"the hash of the internal name", func(in *cip.ForgotPasswordInput) { in.SecretHash = c.hash(sub) }, "NotAuthorizedException: Unable to verify secret hash for client 1practice2client3"},
		{"another client", func(in *cip.ForgotPasswordInput) { in.ClientId = aws.String("other") }, "ResourceNotFoundException: User pool client other does not exist."},
		{"a name with a space", func(in *cip.ForgotPasswordInput) { in.Username = aws.String("mara lopez") }, `InvalidParameterException: 1 validation error detected: Value at 'userName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+`},
	} {
		t.Run(row.name, func(t *testing.T) {
			in := &cip.ForgotPasswordInput{ClientId: aws.String(c.pool.ClientID()), Username: aws.String(login), SecretHash: c.hash(login)}
			row.call(in)
			_, err := c.ForgotPassword(t.Context(), in)
			wantException(t, err, row.want)
		})
	}
	public := newCaller(t, cognitotest.Config{})
	public.secret = "shhh"
	_, err := public.forgot(t, login)
	wantException(t, err, "InvalidParameterException: App client 1practice2client3 is not configured for secret but secret hash was received")
}

func TestTheShapeOfAResetIsChecked(t *testing.T) {
	c := newCaller(t, cognitotest.Config{HideUnknown: true})
	const policy = "InvalidPasswordException: Password did not conform with policy: "
	c.pool.Add(mara())
	if _, err := c.forgot(t, login); err != nil {
		t.Fatal(err)
	}
	code := c.pool.Message(t, login).Code
	for _, row := range []struct{ name, code, password, want string }{
		{"a code with a space", "12 456", newPassword, `InvalidParameterException: 1 validation error detected: Value at 'confirmationCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [\S]+`},
		{"a password that ends in a space", code, "Brand-New 7! ", `InvalidParameterException: 1 validation error detected: Value at 'password' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[\S]+.*[\S]+$`},
		{"no capital", code, "brand-new 7!", policy + "Password must have uppercase characters"},
		{"no small letter", code, "BRAND-NEW 7!", policy + "Password must have lowercase characters"},
		{"no digit", code, "Brand-New !", policy + "Password must have numeric characters"},
	} {
		wantException(t, c.reset(t, login, row.code, row.password), row.want)
	}
	loose := newCaller(t, cognitotest.Config{})
	loose.pool.Add(mara())
	if _, err := loose.forgot(t, login); err != nil {
		t.Fatal(err)
	}
	wantException(t, loose.reset(t, login, loose.pool.Message(t, login).Code, "BrandNew7"), policy+"Password must have symbol characters")
}

func TestAResetForgetsFailuresAndLimits(t *testing.T) {
	now := time.Now()
	c := newCaller(t, cognitotest.Config{Now: func() time.Time { return now }})
	c.pool.Add(mara())
	for range 8 {
		_, _ = c.initiate(t, login, "wrong")
		now = now.Add(time.Minute)
	}
	_, _ = c.initiate(t, login, "wrong")
	for range 5 {
		if _, err := c.forgot(t, login); err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.initiate(t, login, password)
	wantException(t, err, "NotAuthorizedException: Password attempts exceeded")
	if err := c.reset(t, login, c.pool.Message(t, login).Code, newPassword); err != nil {
		t.Fatal(err)
	}
	if _, err := c.initiate(t, login, newPassword); err != nil {
		t.Errorf("signing in at once: %v", err)
	}
	if _, err := c.forgot(t, login); err != nil {
		t.Errorf("asking again: %v", err)
	}
}
