package cognito_test

import (
	"encoding/base32"
	"testing"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/cognito"
	"deskpro-login/pkg/directory/cognito/cognitotest"
	"deskpro-login/pkg/redact"
)

// setUp returns the challenge of a pool where mara must have an authenticator.
func setUp(t *testing.T) (*cognitotest.Server, *cognito.Directory, directory.Challenge) {
	t.Helper()
	pool, d := start(t, cognitotest.Config{MFA: "ON", ClientSecret: "shhh"})
	return pool, d, challenged(t, d, password)
}

func appCode(t *testing.T, pool *cognitotest.Server) directory.Answer {
	t.Helper()
	return code(cognitotest.TOTP(pool.TOTPKey(t, login), time.Now()))
}

func TestAnAuthenticatorIsSetUp(t *testing.T) {
	pool, d, c := setUp(t)
	if c.Kind != "MFA_SETUP" || c.Step != directory.StepSetup {
		t.Fatalf("challenge = %+v", c)
	}
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(c.Key)
	if err != nil || string(key) != string(pool.TOTPKey(t, login)) {
		t.Fatalf("key %q, %v, is not the authenticator's", c.Key, err)
	}
	wantRefused(t, d, c, code("12345"), directory.ErrWrongCode)
	right := appCode(t, pool)
	wantRefused(t, d, c, code(other(right.Code.Reveal())), directory.ErrWrongCode)
	wantMara(t, d, c, right)
	if got := challenged(t, d, password).Kind; got != "SOFTWARE_TOKEN_MFA" {
		t.Errorf("the next sign-in asks for %s", got)
	}
	wantRefused(t, d, c, right, directory.ErrOver)
}

func TestAnAuthenticatorIsSetUpAfterANewPassword(t *testing.T) {
	pool, d := with(t, cognitotest.Config{MFA: "ON"}, func(u *cognitotest.User) { u.Status = cognitotest.ForceChangePassword })
	c := next(t, d, challenged(t, d, password), directory.Answer{Password: redact.New(newPassword)})
	if c.Step != directory.StepSetup {
		t.Fatalf("challenge = %+v", c)
	}
	wantMara(t, d, c, appCode(t, pool))
}

// The code was right, and is used up: whatever is answered next must not be
// held to it again.
func TestASetUpThatFailsHalfWayGoesOnFromThere(t *testing.T) {
	for _, row := range []struct {
		name  string
		fault cognitotest.Fault
		want  error
	}{
		{"throttled", cognitotest.Fault{Exception: "TooManyRequestsException"}, directory.ErrThrottled},
		{"down", cognitotest.Fault{Exception: "InternalErrorException", Status: 500}, directory.ErrUnavailable},
	} {
		t.Run(row.name, func(t *testing.T) {
			pool, d, c := setUp(t)
			row.fault.Operation = "AdminRespondToAuthChallenge"
			pool.Inject(row.fault)
			got, err := d.Respond(t.Context(), c, appCode(t, pool))
			wantOnly(t, err, row.want)
			after := kept(t, got, nil)
			if after.Key != c.Key || after.Step != directory.StepSetup {
				t.Errorf("beside the error: %+v", after)
			}
			pool.Inject(cognitotest.Fault{})
			wantMara(t, d, after, code(""))
		})
	}
}

func TestACodeThatIsRefusedByItsStatus(t *testing.T) {
	pool, d, c := setUp(t)
	pool.Inject(cognitotest.Fault{Operation: "VerifySoftwareToken", Body: `{"Status":"ERROR","Session":"another-session-of-20"}`})
	got, err := d.Respond(t.Context(), c, appCode(t, pool))
	wantOnly(t, err, directory.ErrWrongCode)
	if after := kept(t, got, nil); string(after.State) == string(c.State) {
		t.Error("the newer session is lost")
	}
}

// The first call may have used the session up, though its answer was lost.
func TestAnAuthenticatorIsBegunOnce(t *testing.T) {
	for _, row := range []struct {
		fault cognitotest.Fault
		want  error
	}{
		{cognitotest.Fault{Exception: "InternalErrorException", Status: 500}, directory.ErrUnavailable},
		{cognitotest.Fault{Exception: "TooManyRequestsException"}, directory.ErrThrottled},
		{cognitotest.Fault{Exception: "NotAuthorizedException", Message: "Invalid session for the user, session can only be used once."}, directory.ErrOver},
		{cognitotest.Fault{Exception: "NotAuthorizedException", Message: "Unable to verify secret hash"}, directory.ErrMisconfigured},
	} {
		pool, d := start(t, cognitotest.Config{MFA: "ON"})
		row.fault.Operation = "AssociateSoftwareToken"
		pool.Inject(row.fault)
		_, err := d.Authenticate(t.Context(), typed(login, password))
		wantOnly(t, err, row.want)
		if got := pool.Requests(); got != 2 {
			t.Errorf("%s: %d calls, want 2", row.fault.Exception, got)
		}
	}
}

func TestAnAuthenticatorWithoutAKey(t *testing.T) {
	for _, body := range []string{`{}`, `{"SecretCode":"ABCDEFGHIJKLMNOP"}`, `{"Session":"a-session-of-20-chars"}`} {
		pool, d := start(t, cognitotest.Config{MFA: "ON"})
		pool.Inject(cognitotest.Fault{Operation: "AssociateSoftwareToken", Body: body})
		_, err := d.Authenticate(t.Context(), typed(login, password))
		wantOnly(t, err, directory.ErrUnavailable)
	}
}
