package cognitotest_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"deskpro-login/pkg/directory/cognito/cognitotest"
)

func TestAnAuthenticatorIsSetUp(t *testing.T) {
	now := time.Unix(1_900_000_000, 0)
	c := newCaller(t, cognitotest.Config{MFA: "ON", ClientSecret: "shhh", Now: func() time.Time { return now }})
	c.pool.Add(mara())
	associate := func(session *string) (*cip.AssociateSoftwareTokenOutput, error) {
		return c.AssociateSoftwareToken(t.Context(), &cip.AssociateSoftwareTokenInput{Session: session})
	}
	verify := func(session *string, code string) (*cip.VerifySoftwareTokenOutput, error) {
		return c.VerifySoftwareToken(t.Context(), &cip.VerifySoftwareTokenInput{Session: session, UserCode: aws.String(code)})
	}

	p := c.begin(t, login)
	wantChallenge(t, p, nil, types.ChallengeNameTypeMfaSetup)
	if got, want := p.parameters["MFAS_CAN_SETUP"], `["SOFTWARE_TOKEN_MFA"]`; got != want {
		t.Errorf("MFAS_CAN_SETUP = %s, want %s", got, want)
	}
	_, err := c.answer(t, p)
	wantException(t, err, badSession)
	_, err = verify(p.session, "123456")
	wantException(t, err, badSession)

	made, err := associate(p.session)
	if err != nil {
		t.Fatalf("AssociateSoftwareToken: %v", err)
	}
	if len(*made.SecretCode) != 52 {
		t.Errorf("the key has %d characters, want 52", len(*made.SecretCode))
	}
	_, err = associate(p.session)
	wantException(t, err, usedSession)
	key := c.pool.TOTPKey(t, login)
	_, err = c.respond(t, p.name, made.Session, c.parameters(p.parameters["USER_ID_FOR_SRP"]))
	wantException(t, err, badSession)

	right := cognitotest.TOTP(key, now)
	_, err = verify(made.Session, wrong(right))
	wantException(t, err, "EnableSoftwareTokenMFAException: Code mismatch")
	_, err = verify(made.Session, "12 456")
	wantException(t, err, "InvalidParameterException: 1 validation error detected: Value at 'userCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9]+")
	done, err := verify(made.Session, right)
	if err != nil || done.Status != types.VerifySoftwareTokenResponseTypeSuccess {
		t.Fatalf("VerifySoftwareToken: %+v, %v", done, err)
	}
	_, err = verify(made.Session, right)
	wantException(t, err, usedSession)
	_, err = c.answer(t, posed{name: p.name, session: made.Session, parameters: p.parameters})
	wantException(t, err, usedSession)

	last := posed{name: p.name, session: done.Session, parameters: p.parameters}
	tokens, err := c.answer(t, last)
	wantTokens(t, tokens, err)
	_, err = c.answer(t, last)
	wantException(t, err, usedSession)

	next := c.begin(t, login)
	wantChallenge(t, next, nil, types.ChallengeNameTypeSoftwareTokenMfa)
	_, err = c.answer(t, next, "SOFTWARE_TOKEN_MFA_CODE", right)
	wantException(t, err, "ExpiredCodeException: Your software token has already been used once.")
	now = now.Add(30 * time.Second)
	tokens, err = c.answer(t, next, "SOFTWARE_TOKEN_MFA_CODE", cognitotest.TOTP(key, now))
	wantTokens(t, tokens, err)
}

func TestSettingUpIsWithASessionOfItsOwn(t *testing.T) {
	c := newCaller(t, cognitotest.Config{})
	c.pool.Add(user(func(u *cognitotest.User) { u.TOTP = totpKey }))
	p := c.begin(t, login)
	_, err := c.AssociateSoftwareToken(t.Context(), &cip.AssociateSoftwareTokenInput{Session: p.session})
	wantException(t, err, badSession)
	_, err = c.AssociateSoftwareToken(t.Context(), &cip.AssociateSoftwareTokenInput{AccessToken: aws.String("e30.e30.e30")})
	wantException(t, err, "NotAuthorizedException: Invalid Access Token")
}

func TestFiveWrongCodesEndSettingUp(t *testing.T) {
	c := newCaller(t, cognitotest.Config{MFA: "ON"})
	c.pool.Add(mara())
	made, err := c.AssociateSoftwareToken(t.Context(), &cip.AssociateSoftwareTokenInput{Session: c.begin(t, login).session})
	if err != nil {
		t.Fatal(err)
	}
	verify := func(code string) error {
		_, err := c.VerifySoftwareToken(t.Context(), &cip.VerifySoftwareTokenInput{Session: made.Session, UserCode: aws.String(code)})
		return err
	}
	right := cognitotest.TOTP(c.pool.TOTPKey(t, login), time.Now())
	for range 5 {
		wantException(t, verify(wrong(right)), "EnableSoftwareTokenMFAException: Code mismatch")
	}
	wantException(t, verify(right), badSession)
}
