package cognito_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/cognito"
	"deskpro-login/pkg/directory/cognito/cognitotest"
	"deskpro-login/pkg/redact"
)

const (
	login    = "mara@example.com"
	password = "Correct-Horse 9!"
)

func mara() cognitotest.User {
	return cognitotest.User{Password: password, Email: login, EmailVerified: true, Name: "Mara"}
}

func typed(login, password string) directory.Credentials {
	return directory.Credentials{Login: login, Password: redact.New(password)}
}

// start returns a directory over a pool that holds mara.
func start(t *testing.T, settings cognitotest.Config) (*cognitotest.Server, *cognito.Directory) {
	t.Helper()
	pool := cognitotest.Start(t, settings)
	pool.Add(mara())
	return pool, open(t, configFor(pool, settings))
}

func TestPeopleSignInWithAnAlias(t *testing.T) {
	for _, row := range []struct {
		name     string
		settings cognitotest.Config
	}{
		{"without a client secret", cognitotest.Config{}},
		{"with a client secret, hashed over the alias as sent", cognitotest.Config{ClientSecret: "shhh"}},
		{"to a pool with the updated issuer", cognitotest.Config{UpdatedIssuer: true}},
		{"to a pool in another Region", cognitotest.Config{PoolID: "us-gov-west-1_Practice2"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			pool := cognitotest.Start(t, row.settings)
			user := mara()
			user.GivenName, user.FamilyName = "Mara", "Ó Briain"
			user.Groups = []string{"agents", "users"}
			user.Attributes = map[string]string{"custom:department": "R&D", "locale": "en-IE", "custom:hidden": "x"}
			sub := pool.Add(user)
			config := configFor(pool, row.settings)
			config.AWS.Region = "ap-southeast-2"
			config.Attributes = []string{"department", "locale", "zoneinfo"}
			got, err := open(t, config).Authenticate(t.Context(), typed(" Mara@Example.com ", password))
			if err != nil {
				t.Fatalf("Authenticate: %v", err)
			}
			want := &directory.User{
				ID: sub, Email: login, Name: "Mara", FirstName: "Mara", LastName: "Ó Briain",
				Groups:     []string{"agents", "users"},
				Attributes: map[string]string{"department": "R&D", "locale": "en-IE"},
			}
			if !reflect.DeepEqual(got.User, want) {
				t.Errorf("user = %+v, want %+v", got.User, want)
			}
		})
	}
}

func TestAnyChallengeIsAnOutcome(t *testing.T) {
	for _, row := range []struct {
		name  string
		user  func(*cognitotest.User)
		fault cognitotest.Fault
		want  string
	}{
		{name: "an authenticator app", user: func(u *cognitotest.User) { u.TOTP = []byte("12345678901234567890") }, want: "SOFTWARE_TOKEN_MFA"},
		{name: "a temporary password", user: func(u *cognitotest.User) { u.Status = cognitotest.ForceChangePassword }, want: "NEW_PASSWORD_REQUIRED"},
		{name: "one that is not known yet", fault: cognitotest.Fault{Body: `{"ChallengeName":"IRIS_SCAN","Session":"s"}`}, want: "IRIS_SCAN"},
		{name: "one beside tokens, which do not count", fault: cognitotest.Fault{Body: `{"ChallengeName":"SMS_MFA","AuthenticationResult":{"IdToken":"e30.e30.e30"}}`}, want: "SMS_MFA"},
	} {
		t.Run(row.name, func(t *testing.T) {
			pool, d := start(t, cognitotest.Config{})
			if row.user != nil {
				pool.Edit(t, login, row.user)
			}
			pool.Inject(row.fault)
			got, err := d.Authenticate(t.Context(), typed(login, password))
			if err != nil {
				t.Fatalf("Authenticate: %v", err)
			}
			if got.User != nil || got.Challenge == nil || got.Challenge.Kind != row.want {
				t.Errorf("outcome = %+v, want the challenge %s alone", got, row.want)
			}
		})
	}
}

func TestErrorsThatArePassedOnKeepTheirCause(t *testing.T) {
	pool, d := start(t, cognitotest.Config{ClientSecret: "shhh"})
	pool.Inject(cognitotest.Fault{Exception: "InternalErrorException", Message: "boom", Status: 500})
	_, err := d.Authenticate(t.Context(), typed(login, password))
	exception, ok := errors.AsType[smithy.APIError](err)
	if !ok || exception.ErrorCode() != "InternalErrorException" {
		t.Errorf("got %v, want the InternalErrorException within", err)
	}
	if got := pool.Requests(); got != 2 {
		t.Errorf("%d attempts, want 2", got)
	}
}

func TestAThrottledAttemptIsMadeOnceMore(t *testing.T) {
	throttle := cognitotest.Fault{Exception: "TooManyRequestsException", Message: "Rate exceeded", Times: 1}
	pool, d := start(t, cognitotest.Config{})
	pool.Inject(throttle)
	if _, err := d.Authenticate(t.Context(), typed(login, password)); err != nil {
		t.Errorf("after one refusal: %v", err)
	}
	throttle.Times = 0
	pool.Inject(throttle)
	before := pool.Requests()
	_, err := d.Authenticate(t.Context(), typed(login, password))
	if !errors.Is(err, directory.ErrThrottled) {
		t.Errorf("got %v, want ErrThrottled", err)
	}
	if got := pool.Requests() - before; got != 2 {
		t.Errorf("%d attempts, want 2", got)
	}
}

func TestAPoolThatHangsEndsWithTheContext(t *testing.T) {
	pool, d := start(t, cognitotest.Config{})
	pool.Inject(cognitotest.Fault{Hang: true})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := d.Authenticate(ctx, typed(login, password))
	if !errors.Is(err, directory.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want ErrUnavailable for the deadline", err)
	}
}

func TestImpossibleCredentialsAreRefusedUnsent(t *testing.T) {
	pool, d := start(t, cognitotest.Config{ClientSecret: "shhh"})
	for _, row := range []struct{ name, login, password string }{
		{"no login", "", password},
		{"spaces for a login", " \t ", password},
		{"no password", login, ""},
		{"a login of 129 characters", strings.Repeat("ü", 129), password},
		{"a password of 257 characters", login, strings.Repeat("ü", 257)},
		{"a login that is not UTF-8", login + "\xff", password},
		{"a password that is not UTF-8", login, password + "\xff"},
		{"a line end within the login", "mara@\nexample.com", password},
		{"a space within the login", "mara lopez", password},
		{"an invisible character within the login", "mara\u200d@example.com", password},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := d.Authenticate(t.Context(), typed(row.login, row.password))
			if !errors.Is(err, directory.ErrBadCredentials) {
				t.Errorf("got %v, want ErrBadCredentials", err)
			}
		})
	}
	if got := pool.Requests(); got != 0 {
		t.Errorf("%d requests were sent, want none", got)
	}
	for _, row := range []struct{ name, login, password string }{
		{"a login of 128 characters", strings.Repeat("ü", 128), password},
		{"a password of 256 characters", login, strings.Repeat("ü", 256)},
	} {
		t.Run(row.name+" is sent", func(t *testing.T) {
			before := pool.Requests()
			_, err := d.Authenticate(t.Context(), typed(row.login, row.password))
			if !errors.Is(err, directory.ErrBadCredentials) {
				t.Errorf("got %v, want ErrBadCredentials", err)
			}
			if pool.Requests() != before+1 {
				t.Error("nothing was sent")
			}
		})
	}
}

func TestThePasswordIsInNoLogAndNoError(t *testing.T) {
	const secret = "swordfish-and-then-some"
	pool := cognitotest.Start(t, cognitotest.Config{ClientSecret: "shhh"})
	pool.Add(mara())
	var log bytes.Buffer
	config := configFor(pool, cognitotest.Config{ClientSecret: "shhh"})
	config.AWS.Logger = logging.NewStandardLogger(&log)
	config.AWS.ClientLogMode = aws.LogRequestWithBody | aws.LogResponseWithBody | aws.LogSigning | aws.LogRetries
	d := open(t, config)
	for name, fault := range map[string]cognitotest.Fault{
		"a wrong password":        {},
		"a server's error":        {Exception: "InternalErrorException", Status: 500},
		"an answer that is odd":   {Body: `{"AuthenticationResult":"` + secret + `"}`},
		"a trigger that gossips":  {Exception: "UserLambdaValidationException", Message: "UserMigration failed with error " + secret + "."},
		"a lock-out":              {Exception: "NotAuthorizedException", Message: "Password attempts exceeded"},
		"an answer that is empty": {Body: `{}`},
	} {
		pool.Inject(fault)
		_, err := d.Authenticate(t.Context(), typed(login, secret))
		if err == nil {
			t.Errorf("%s: signed in", name)
		}
		if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, secret) {
			t.Errorf("%s: error shows the password: %s", name, text)
		}
	}
	if text := log.String(); strings.Contains(text, secret) {
		t.Errorf("log shows the password:\n%s", text)
	}
}

func TestAClientSecretThatCannotBeFetchedIsNoRefusal(t *testing.T) {
	settings := cognitotest.Config{ClientSecret: "shhh"}
	pool, d := with(t, settings, func(u *cognitotest.User) { u.TOTP = appKey() })
	c := challenged(t, d, password)
	before := pool.Requests()
	config := configFor(pool, settings)
	config.ClientSecret = func(context.Context) (redact.Secret, error) { return redact.Secret{}, errors.New("store is down") }
	d = open(t, config)
	_, signingIn := d.Authenticate(t.Context(), typed(login, password))
	_, answering := d.Respond(t.Context(), c, code("123456"))
	for _, err := range []error{
		signingIn, answering, d.RequestReset(t.Context(), login, browser), reset(t, d, login, "123456", newPassword),
		d.RequestConfirmation(t.Context(), login, browser), confirm(t, d, login, "123456"),
	} {
		wantOnly(t, err, directory.ErrUnavailable)
	}
	if got := pool.Requests(); got != before {
		t.Errorf("%d calls, want none", got-before)
	}
}
