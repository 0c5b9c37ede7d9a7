package cognito_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/cognito"
	"deskpro-login/pkg/directory/cognito/cognitotest"
	"deskpro-login/pkg/redact"
)

// choosing returns a pool that allows USER_AUTH, and mara in it.
func choosing(t *testing.T, change func(*cognitotest.User)) (*cognitotest.Server, *cognito.Directory) {
	t.Helper()
	settings := cognitotest.Config{AuthFlows: []string{"ALLOW_USER_AUTH"}, ClientSecret: "shhh", HideUnknown: true}
	pool := cognitotest.Start(t, settings)
	user := mara()
	change(&user)
	pool.Add(user)
	config := configFor(pool, settings)
	config.Flow = "USER_AUTH"
	return pool, open(t, config)
}

func passwordless(login string) directory.Credentials {
	return directory.Credentials{Login: login, Passwordless: true}
}

func TestAPasswordIsOneOfTheFirstFactors(t *testing.T) {
	pool, d := choosing(t, func(u *cognitotest.User) { u.Status = cognitotest.ForceChangePassword })
	c := challenged(t, d, password)
	if c.Kind != "NEW_PASSWORD_REQUIRED" {
		t.Fatalf("challenge = %+v", c)
	}
	wantMara(t, d, c, directory.Answer{Password: redact.New(newPassword)})
	if got := pool.Requests(); got != 2 {
		t.Errorf("%d calls, want 2", got)
	}
	_, err := d.Authenticate(t.Context(), typed(login, "wrong"))
	wantOnly(t, err, directory.ErrBadCredentials)
}

func TestPeopleSignInByACodeAlone(t *testing.T) {
	pool, d := choosing(t, func(u *cognitotest.User) { u.Password, u.Phone = "", "+442079460000" })
	got, err := d.Authenticate(t.Context(), passwordless(" "+login))
	c := kept(t, got, err)
	if c.Kind != "SELECT_CHALLENGE" || c.Step != directory.StepChoose || len(c.Choices) != 2 {
		t.Fatalf("challenge = %+v, want the choice of two codes", c)
	}
	c = next(t, d, c, directory.Answer{Choice: "SMS_OTP"})
	if c.Kind != "SMS_OTP" || c.Step != directory.StepCode || c.Medium != directory.MediumSMS || c.Destination != "" {
		t.Fatalf("challenge = %+v, want the code, and not where it went", c)
	}
	right := pool.Message(t, login).Code
	wantRefused(t, d, c, code(other(right)), directory.ErrWrongCode)
	wantMara(t, d, c, code(right))
}

func TestOneFirstFactorIsTakenAtOnce(t *testing.T) {
	pool, d := choosing(t, func(u *cognitotest.User) { u.Password = "" })
	got, err := d.Authenticate(t.Context(), passwordless(login))
	c := kept(t, got, err)
	if c.Kind != "EMAIL_OTP" || c.Step != directory.StepCode || c.Destination != "" {
		t.Fatalf("challenge = %+v, want the code, and not where it went", c)
	}
	wantMara(t, d, c, code(pool.Message(t, login).Code))
}

func TestThePasswordIsChosen(t *testing.T) {
	pool, d := choosing(t, func(*cognitotest.User) {})
	got, err := d.Authenticate(t.Context(), passwordless(login))
	c := kept(t, got, err)
	before := pool.Requests()
	c = next(t, d, c, directory.Answer{Choice: "PASSWORD"})
	if c.Kind != "PASSWORD" || c.Step != directory.StepPassword || len(c.Choices) != 0 || pool.Requests() != before {
		t.Fatalf("challenge = %+v after %d calls, want the password and none", c, pool.Requests()-before)
	}
	wantRefused(t, d, c, directory.Answer{}, directory.ErrBadCredentials)
	wantRefused(t, d, c, directory.Answer{Password: redact.New("wrong")}, directory.ErrBadCredentials)
	wantMara(t, d, c, directory.Answer{Password: redact.New(password)})
}

func TestAnUnknownLoginIsChallengedToo(t *testing.T) {
	pool, d := choosing(t, func(*cognitotest.User) {})
	// Each unknown login has its own simulated answer: these have all.
	kinds := map[string]bool{}
	for _, name := range strings.Fields("ada bea cleo dan eve finn gus hal ida joe") {
		before := pool.Requests()
		got, err := d.Authenticate(t.Context(), passwordless(name+"@example.com"))
		c := kept(t, got, err)
		kinds[c.Kind] = true
		if c.Kind == "SELECT_CHALLENGE" {
			c = next(t, d, c, directory.Answer{Choice: "EMAIL_OTP"})
			before++
		}
		wantRefused(t, d, c, code("12345678"), directory.ErrWrongCode)
		if got := pool.Requests() - before; got != 2 {
			t.Errorf("%s: %d calls, want 2", name, got)
		}
	}
	if !kinds["SELECT_CHALLENGE"] || !kinds["EMAIL_OTP"] {
		t.Errorf("challenges were %v, want both", kinds)
	}
}

func TestTheOtherFlowGoesByPasswordAllTheSame(t *testing.T) {
	pool, d := start(t, cognitotest.Config{})
	c := typed(login, password)
	c.Passwordless = true
	if got, err := d.Authenticate(t.Context(), c); err != nil || got.User == nil {
		t.Errorf("with the password: %+v, %v", got, err)
	}
	_, err := d.Authenticate(t.Context(), passwordless(login))
	wantOnly(t, err, directory.ErrBadCredentials)
	if got := pool.Requests(); got != 1 {
		t.Errorf("%d calls, want 1", got)
	}
}

func TestAPasswordThatWasSentIsNotAskedForAgain(t *testing.T) {
	pool, _ := choosing(t, func(*cognitotest.User) {})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".AdminInitiateAuth") {
			_, _ = w.Write([]byte(`{"ChallengeName":"PASSWORD","Session":"a-session-of-20-chars","ChallengeParameters":{}}`))
			return
		}
		// What the password leads to is not this test's affair.
		_, _ = w.Write([]byte(`{"ChallengeName":"SMS_MFA","Session":"a-session-of-20-chars","ChallengeParameters":{}}`))
	}))
	defer front.Close()
	config := configFor(pool, cognitotest.Config{ClientSecret: "shhh"})
	config.Flow, config.AWS.BaseEndpoint = "USER_AUTH", aws.String(front.URL)
	if got := challenged(t, open(t, config), password).Kind; got != "SMS_MFA" {
		t.Errorf("challenge = %s, want what comes after the password", got)
	}
}

func TestWhatWasProvedIsKnownFromThenOn(t *testing.T) {
	risk := cognitotest.Fault{Exception: "NotAuthorizedException", Message: "Request not allowed due to security reasons."}

	t.Run("by the password that was chosen", func(t *testing.T) {
		pool, d := choosing(t, func(u *cognitotest.User) { u.TOTP = appKey() })
		got, err := d.Authenticate(t.Context(), passwordless(login))
		c := next(t, d, kept(t, got, err), directory.Answer{Choice: "PASSWORD"})
		c = next(t, d, c, directory.Answer{Password: redact.New(password)})
		pool.Inject(risk)
		wantRefused(t, d, c, code("123456"), directory.ErrDenied)
	})
	t.Run("and where a code goes is told then", func(t *testing.T) {
		_, d := choosing(t, func(u *cognitotest.User) { u.EmailCode = true })
		got, err := d.Authenticate(t.Context(), passwordless(login))
		c := next(t, d, kept(t, got, err), directory.Answer{Choice: "PASSWORD"})
		c = next(t, d, c, directory.Answer{Password: redact.New(password)})
		if c.Kind != "EMAIL_OTP" || c.Destination == "" {
			t.Errorf("challenge = %+v, want a code with where it went", c)
		}
	})
	t.Run("by the password that was typed", func(t *testing.T) {
		pool, d := choosing(t, func(u *cognitotest.User) { u.EmailCode = true })
		c := challenged(t, d, password)
		if c.Kind != "EMAIL_OTP" || c.Destination == "" {
			t.Errorf("challenge = %+v, want a code with where it went", c)
		}
		pool.Inject(risk)
		wantRefused(t, d, c, code("123456"), directory.ErrDenied)
	})
	t.Run("but not by a choice", func(t *testing.T) {
		pool, d := choosing(t, func(u *cognitotest.User) { u.Password, u.Phone = "", "+442079460000" })
		got, err := d.Authenticate(t.Context(), passwordless(login))
		c := next(t, d, kept(t, got, err), directory.Answer{Choice: "EMAIL_OTP"})
		pool.Inject(risk)
		wantRefused(t, d, c, code("12345678"), directory.ErrBadCredentials)
	})
}
