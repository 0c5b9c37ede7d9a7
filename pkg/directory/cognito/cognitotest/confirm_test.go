package cognitotest_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"deskpro-login/pkg/directory/cognito/cognitotest"
)

func unconfirmed(u *cognitotest.User) { u.Status, u.EmailVerified = cognitotest.Unconfirmed, false }

func TestAnAccountIsConfirmed(t *testing.T) {
	var sent []cognitotest.Message
	c := newCaller(t, cognitotest.Config{ClientSecret: "shhh", SelfSignUp: true, Deliver: func(m cognitotest.Message) { sent = append(sent, m) }})
	c.pool.Add(user(unconfirmed))
	first := c.pool.Message(t, login)
	if len(sent) != 1 || sent[0] != first || first.Purpose != "confirm" || first.Medium != "EMAIL" || first.Destination != login {
		t.Fatalf("signing up sent %+v", sent)
	}
	_, err := c.initiate(t, login, password)
	wantException(t, err, "UserNotConfirmedException: User is not confirmed.")
	got, err := c.resend(t, login)
	wantDelivery(t, got, err, "EMAIL email m***@e***")
	second := c.pool.Message(t, login)
	if first.Code != second.Code {
		wantException(t, c.confirm(t, login, first.Code), wrongCode)
	}
	if err := c.confirm(t, login, second.Code); err != nil {
		t.Fatalf("ConfirmSignUp: %v", err)
	}
	if _, err := c.initiate(t, login, password); err != nil {
		t.Errorf("signing in: %v", err)
	}
	c.pool.Edit(t, login, func(u *cognitotest.User) {
		if !u.EmailVerified {
			t.Error("the address is not verified")
		}
	})
	wantException(t, c.confirm(t, login, second.Code), "NotAuthorizedException: User cannot be confirmed. Current status is CONFIRMED")
	_, err = c.resend(t, login)
	wantException(t, err, "InvalidParameterException: User is already confirmed.")
	c.pool.Edit(t, login, func(u *cognitotest.User) { u.Status = cognitotest.Unconfirmed })
	wantException(t, c.confirm(t, login, second.Code), staleCode)
}

func TestWhoCannotBeConfirmed(t *testing.T) {
	open, hidden := cognitotest.Config{}, cognitotest.Config{HideUnknown: true}
	off := func(u *cognitotest.User) { unconfirmed(u); u.Disabled = true }
	for _, row := range []struct {
		name, login     string
		config          cognitotest.Config
		user            func(*cognitotest.User)
		seeming, resend string
		confirm         string
	}{
		{name: "an unknown login", login: "nobody@example.org", config: open, resend: notFound, confirm: notFound},
		{name: "an unknown login, hidden", login: "nobody@example.org", config: hidden, seeming: "EMAIL email n***@e***", confirm: staleCode},
		{name: "a disabled account", login: login, config: open, user: off, resend: isDisabled, confirm: isDisabled},
		{name: "a disabled account, hidden", login: login, config: hidden, user: off, seeming: "EMAIL email m***@e***", confirm: isDisabled},
		{name: "an account that nothing was sent to", login: login, config: hidden, user: unconfirmed, seeming: "EMAIL email m***@e***", confirm: staleCode},
		{name: "an account with no address", login: "mara", config: hidden, user: func(u *cognitotest.User) { unconfirmed(u); u.Username, u.Email = "mara", "" }, resend: "InvalidParameterException: Cannot resend codes. Auto verification not turned on.", confirm: staleCode},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := newCaller(t, row.config)
			if row.user != nil {
				c.pool.Add(user(row.user))
			}
			wantException(t, c.confirm(t, row.login, "123456"), row.confirm)
			got, err := c.resend(t, row.login)
			if row.seeming != "" {
				wantDelivery(t, got, err, row.seeming)
			} else {
				wantException(t, err, row.resend)
			}
		})
	}
}

func TestConfirmationsAreLimitedAndExpire(t *testing.T) {
	now := time.Now()
	c := newCaller(t, cognitotest.Config{Now: func() time.Time { return now }, SelfSignUp: true})
	c.pool.Add(user(unconfirmed))
	code := c.pool.Message(t, login).Code
	for range 5 {
		wantException(t, c.confirm(t, login, wrong(code)), wrongCode)
	}
	wantException(t, c.confirm(t, login, code), tooOften)
	for range 5 {
		if _, err := c.resend(t, login); err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.resend(t, login)
	wantException(t, err, tooOften)
	now = now.Add(24 * time.Hour)
	wantException(t, c.confirm(t, login, c.pool.Message(t, login).Code), staleCode)
}

func TestAnAliasBelongsToOne(t *testing.T) {
	c := newCaller(t, cognitotest.Config{SelfSignUp: true})
	c.pool.Add(user(func(u *cognitotest.User) { u.Username = "first" }))
	c.pool.Add(user(func(u *cognitotest.User) { unconfirmed(u); u.Username = "second" }))
	code := c.pool.Message(t, "second").Code
	wantException(t, c.confirm(t, "second", code), "AliasExistsException: An account with the email already exists.")
	if _, err := c.ConfirmSignUp(t.Context(), &cip.ConfirmSignUpInput{
		ClientId: aws.String(c.pool.ClientID()), Username: aws.String("second"), ConfirmationCode: aws.String(code), ForceAliasCreation: true,
	}); err != nil {
		t.Fatalf("by force: %v", err)
	}
	out, err := c.initiate(t, login, password)
	if err != nil || out.AuthenticationResult == nil {
		t.Fatalf("with the alias: %v", err)
	}
	if got := claims(t, *out.AuthenticationResult.IdToken)["cognito:username"]; got != "second" {
		t.Errorf("the alias is %v's, want second's", got)
	}
}

func TestAConfirmationTakesNoSession(t *testing.T) {
	c := newCaller(t, cognitotest.Config{SelfSignUp: true})
	c.pool.Add(user(unconfirmed))
	_, err := c.ConfirmSignUp(t.Context(), &cip.ConfirmSignUpInput{
		ClientId: aws.String(c.pool.ClientID()), Username: aws.String(login), ConfirmationCode: aws.String(c.pool.Message(t, login).Code),
		Session: aws.String("a-session-that-nobody-got"),
	})
	wantException(t, err, "NotAuthorizedException: Invalid session for the user.")
}
