package cognitotest_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"deskpro-login/pkg/directory/cognito/cognitotest"
)

func staticCredentials(key, secret string) func(context.Context) (aws.Credentials, error) {
	return func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: key, SecretAccessKey: secret}, nil
	}
}

// The test vectors of RFC 6238, appendix B, cut to six digits.
func TestTOTP(t *testing.T) {
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 20000000000: "353130"} {
		if got := cognitotest.TOTP([]byte("12345678901234567890"), time.Unix(at, 0)); got != want {
			t.Errorf("TOTP at %d = %s, want %s", at, got, want)
		}
	}
}

func TestSoftwareTokenMFA(t *testing.T) {
	now := time.Unix(1_900_000_000, 0)
	c := newCaller(t, cognitotest.Config{ClientSecret: "shhh", Now: func() time.Time { return now }})
	key := []byte("12345678901234567890")
	user := mara()
	user.TOTP = key
	sub := c.pool.Add(user)
	other := c.pool.Add(cognitotest.User{Email: "otto@example.com", Password: password})

	begin := func() *string {
		t.Helper()
		out, err := c.initiate(t, "mara@example.com", password)
		if err != nil {
			t.Fatalf("AdminInitiateAuth: %v", err)
		}
		if out.ChallengeName != types.ChallengeNameTypeSoftwareTokenMfa || out.AuthenticationResult != nil {
			t.Fatalf("got %+v, want SOFTWARE_TOKEN_MFA alone", out)
		}
		if got := out.ChallengeParameters["USER_ID_FOR_SRP"]; got != sub {
			t.Errorf("USER_ID_FOR_SRP = %q, want the internal username %q", got, sub)
		}
		return out.Session
	}
	answer := func(username, code string, session *string) error {
		t.Helper()
		_, err := c.respond(t, types.ChallengeNameTypeSoftwareTokenMfa, session, c.parameters(username, "SOFTWARE_TOKEN_MFA_CODE", code))
		return err
	}

	session := begin()
	right := cognitotest.TOTP(key, now)
	wantException(t, answer(sub, "000000", session), "CodeMismatchException: Invalid code received for user")
	wantException(t, answer(other, right, session), "NotAuthorizedException: Invalid session for the user.")
	wantException(t, answer("mara@example.com", right, session), "NotAuthorizedException: Invalid session for the user.")
	wantException(t, answer(sub, right, aws.String("a-session-that-nobody-got")), "NotAuthorizedException: Invalid session for the user.")
	wantException(t, answer(sub, right, nil), "InvalidParameterException: Missing required parameter Session")
	if err := answer(sub, right, session); err != nil {
		t.Fatalf("right code after a wrong one: %v", err)
	}
	wantException(t, answer(sub, right, session), "NotAuthorizedException: Invalid session for the user, session can only be used once.")
	wantException(t, answer(sub, right, begin()), "ExpiredCodeException: Your software token has already been used once.")

	session = begin()
	now = now.Add(3 * time.Minute)
	wantException(t, answer(sub, cognitotest.TOTP(key, now), session), "NotAuthorizedException: Invalid session for the user, session is expired.")
}

func TestNewPasswordRequired(t *testing.T) {
	c := newCaller(t, cognitotest.Config{})
	user := mara()
	user.Status = cognitotest.ForceChangePassword
	user.TOTP = []byte("12345678901234567890")
	sub := c.pool.Add(user)
	out, err := c.initiate(t, "mara@example.com", password)
	if err != nil {
		t.Fatalf("AdminInitiateAuth: %v", err)
	}
	if out.ChallengeName != types.ChallengeNameTypeNewPasswordRequired {
		t.Fatalf("challenge = %q, want NEW_PASSWORD_REQUIRED", out.ChallengeName)
	}
	_, err = c.respond(t, types.ChallengeNameTypeSoftwareTokenMfa, out.Session, c.parameters(sub, "SOFTWARE_TOKEN_MFA_CODE", cognitotest.TOTP(user.TOTP, time.Now())))
	wantException(t, err, "NotAuthorizedException: Invalid session for the user.")
	_, err = c.respond(t, out.ChallengeName, out.Session, c.parameters(sub, "NEW_PASSWORD", "short"))
	wantException(t, err, "InvalidPasswordException: Password did not conform with policy: Password not long enough")
	next, err := c.respond(t, out.ChallengeName, out.Session, c.parameters(sub, "NEW_PASSWORD", "Brand-New 7!", "userAttributes.name", "Mara"))
	if err != nil {
		t.Fatalf("new password: %v", err)
	}
	if next.ChallengeName != types.ChallengeNameTypeSoftwareTokenMfa {
		t.Errorf("after the new password: %q, want the second factor", next.ChallengeName)
	}
	_, err = c.initiate(t, "mara@example.com", password)
	wantException(t, err, "NotAuthorizedException: Incorrect username or password.")
	if _, err := c.initiate(t, "mara@example.com", "Brand-New 7!"); err != nil {
		t.Errorf("with the new password: %v", err)
	}
}
