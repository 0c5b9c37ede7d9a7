package cognitotest_test

import (
	"encoding/base32"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"deskpro-login/pkg/directory/cognito/cognitotest"
)

const (
	turnedOn  = `{"Enabled":true,"PreferredMfa":true}`
	turnedOff = `{"Enabled":false,"PreferredMfa":false}`
)

// enrolled sets an app up by token and returns its key.
func (c caller) enrolled(t *testing.T, token string) []byte {
	t.Helper()
	secret, err := c.associate(t, token)
	if err != nil {
		t.Fatalf("AssociateSoftwareToken: %v", err)
	}
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.verify(t, token, cognitotest.TOTP(key, time.Now())); err != nil {
		t.Fatalf("VerifySoftwareToken: %v", err)
	}
	return key
}

func TestAnAppIsSetUpTurnedOnAndOff(t *testing.T) {
	c := newCaller(t, cognitotest.Config{})
	c.pool.Add(mara())
	token := c.token(t)
	const none = "InvalidParameterException: User has not set up software token mfa"
	wantException(t, c.app(t, token, turnedOn), none)
	wantException(t, c.app(t, token, turnedOff), none)
	wantException(t, c.verify(t, token, "123456"), "InvalidParameterException: No software token is being set up")
	if _, err := c.associate(t, token); err != nil {
		t.Fatal(err)
	}
	wantException(t, c.app(t, token, turnedOn), "InvalidParameterException: User has not verified software token mfa")

	key := c.enrolled(t, token)
	wantTokens(t, c.begin(t, login), nil) // it is not turned on yet
	if err := c.app(t, token, turnedOn); err != nil {
		t.Fatalf("turning it on: %v", err)
	}
	p := c.begin(t, login)
	wantChallenge(t, p, nil, types.ChallengeNameTypeSoftwareTokenMfa)
	_, err := c.answer(t, p, "SOFTWARE_TOKEN_MFA_CODE", cognitotest.TOTP(key, time.Now()))
	wantException(t, err, "ExpiredCodeException: Your software token has already been used once.")

	if err := c.app(t, token, turnedOff); err != nil {
		t.Fatalf("turning it off: %v", err)
	}
	wantTokens(t, c.begin(t, login), nil)
	if err := c.app(t, token, turnedOn); err != nil {
		t.Errorf("turning it on again: %v", err)
	}
	wantChallenge(t, c.begin(t, login), nil, types.ChallengeNameTypeSoftwareTokenMfa)
}

func TestAnotherAppTakesThePlaceOfTheFirst(t *testing.T) {
	c := newCaller(t, cognitotest.Config{})
	c.pool.Add(mara())
	token := c.token(t)
	c.pool.Edit(t, login, func(u *cognitotest.User) { u.TOTP = totpKey })
	secret, err := c.associate(t, token)
	if err != nil {
		t.Fatal(err)
	}
	// Until the new one is verified the old one is good.
	next, err := c.answer(t, c.begin(t, login), "SOFTWARE_TOKEN_MFA_CODE", cognitotest.TOTP(totpKey, time.Now()))
	wantTokens(t, next, err)
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.verify(t, token, cognitotest.TOTP(key, time.Now())); err != nil {
		t.Fatal(err)
	}
	if got := c.pool.TOTPKey(t, login); string(got) != string(key) {
		t.Error("the app that signs in is not the new one")
	}
}

func TestFiveWrongCodesEndSettingUpAnAppWhileSignedIn(t *testing.T) {
	c := newCaller(t, cognitotest.Config{})
	c.pool.Add(mara())
	token := c.token(t)
	if _, err := c.associate(t, token); err != nil {
		t.Fatal(err)
	}
	right := cognitotest.TOTP(c.pool.TOTPKey(t, login), time.Now())
	for range 5 {
		wantException(t, c.verify(t, token, wrong(right)), "EnableSoftwareTokenMFAException: Code mismatch")
	}
	wantException(t, c.verify(t, token, right), "InvalidParameterException: No software token is being set up")
	c.enrolled(t, token)
}

func TestWhatAPreferenceCannotBe(t *testing.T) {
	for _, row := range []struct {
		name, mfa, settings, want string
	}{
		{"none", "", "null", "InvalidParameterException: No MFA settings are given"},
		{"of an app that is off", "", `{"Enabled":false,"PreferredMfa":true}`, "InvalidParameterException: A factor that is not enabled cannot be preferred"},
		{"off where the pool requires a factor", "ON", turnedOff, "InvalidParameterException: The user pool requires MFA"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := newCaller(t, cognitotest.Config{MFA: row.mfa})
			c.pool.Add(user(func(u *cognitotest.User) { u.TOTP = totpKey }))
			in, err := c.answer(t, c.begin(t, login), "SOFTWARE_TOKEN_MFA_CODE", cognitotest.TOTP(totpKey, time.Now()))
			wantTokens(t, in, err)
			wantException(t, c.app(t, *in.result.AccessToken, row.settings), row.want)
		})
	}
}

func TestAPreferenceOfSeveralFactors(t *testing.T) {
	c := newCaller(t, cognitotest.Config{})
	c.pool.Add(mara())
	token := c.token(t)
	c.pool.Edit(t, login, func(u *cognitotest.User) { u.TOTP, u.EmailCode = totpKey, true })
	wantChallenge(t, c.begin(t, login), nil, types.ChallengeNameTypeSelectMfaType)
	if err := c.app(t, token, turnedOn); err != nil {
		t.Fatal(err)
	}
	wantChallenge(t, c.begin(t, login), nil, types.ChallengeNameTypeSoftwareTokenMfa)
	if err := c.app(t, token, `{"PreferredMfa":false}`); err != nil {
		t.Fatal(err)
	}
	wantChallenge(t, c.begin(t, login), nil, types.ChallengeNameTypeSelectMfaType)
	if err := c.app(t, token, turnedOff); err != nil {
		t.Fatal(err)
	}
	wantChallenge(t, c.begin(t, login), nil, types.ChallengeNameTypeEmailOtp)
}

func TestSettingUpIsByOneOfASessionAndAToken(t *testing.T) {
	c := newCaller(t, cognitotest.Config{})
	c.pool.Add(mara())
	_, err := c.AssociateSoftwareToken(t.Context(), &cip.AssociateSoftwareTokenInput{
		AccessToken: aws.String(c.token(t)), Session: aws.String("a-session-of-20-chars"),
	})
	wantException(t, err, "InvalidParameterException: Only one of an access token and a session can be given")
}

func TestAPoolWithoutFactorsSetsUpNoApp(t *testing.T) {
	c := newCaller(t, cognitotest.Config{MFA: "OFF"})
	c.pool.Add(mara())
	_, err := c.associate(t, c.token(t))
	wantException(t, err, "SoftwareTokenMFANotFoundException: Software Token MFA has not been enabled by the userPool.")
}
