package cognitotest_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"deskpro-login/pkg/directory/cognito/cognitotest"
)

func TestACodeThatIsSentIsTheSecondFactor(t *testing.T) {
	for _, row := range []struct {
		name, challenge, key, medium, destination, masked string
		user                                              func(*cognitotest.User)
	}{
		{"by text message", "SMS_MFA", "SMS_MFA_CODE", "SMS", "+442079460123", "+*******0123", func(u *cognitotest.User) { u.Phone, u.SMS = "+442079460123", true }},
		{"by email", "EMAIL_OTP", "EMAIL_OTP_CODE", "EMAIL", login, "m***@e***", func(u *cognitotest.User) { u.EmailCode = true }},
	} {
		t.Run(row.name, func(t *testing.T) {
			now := time.Now()
			c := newCaller(t, cognitotest.Config{ClientSecret: "shhh", Now: func() time.Time { return now }})
			c.pool.Add(user(row.user))
			p := c.begin(t, login)
			wantChallenge(t, p, nil, types.ChallengeNameType(row.challenge))
			if p.parameters["CODE_DELIVERY_DELIVERY_MEDIUM"] != row.medium || p.parameters["CODE_DELIVERY_DESTINATION"] != row.masked {
				t.Errorf("parameters = %v", p.parameters)
			}
			m := c.pool.Message(t, login)
			if m.Medium != row.medium || m.Destination != row.destination || m.Purpose != "sign-in" || len(m.Code) != 6 {
				t.Errorf("message = %+v", m)
			}
			_, err := c.answerFor(t, p, login, row.key, m.Code)
			wantException(t, err, badSession)
			_, err = c.answer(t, p, row.key, wrong(m.Code))
			wantException(t, err, badCode)
			next, err := c.answer(t, p, row.key, m.Code)
			wantTokens(t, next, err)
			_, err = c.answer(t, p, row.key, m.Code)
			wantException(t, err, usedSession)

			again := c.begin(t, login)
			if code := c.pool.Message(t, login).Code; code != m.Code {
				_, err = c.answer(t, again, row.key, m.Code)
				wantException(t, err, badCode)
			}
			now = now.Add(3 * time.Minute)
			_, err = c.answer(t, again, row.key, c.pool.Message(t, login).Code)
			wantException(t, err, oldSession)
		})
	}
}

func TestFiveWrongCodesEndASession(t *testing.T) {
	for _, row := range []struct {
		name, key, wrong string
		user             func(*cognitotest.User)
		right            func(*testing.T, caller) string
	}{
		{"sent", "SMS_MFA_CODE", badCode, func(u *cognitotest.User) { u.Phone, u.SMS = "+442079460123", true },
			func(t *testing.T, c caller) string { return c.pool.Message(t, login).Code }},
		{"of an app", "SOFTWARE_TOKEN_MFA_CODE", "CodeMismatchException: Invalid code received for user", func(u *cognitotest.User) { u.TOTP = totpKey },
			func(*testing.T, caller) string { return cognitotest.TOTP(totpKey, time.Now()) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := newCaller(t, cognitotest.Config{})
			c.pool.Add(user(row.user))
			p := c.begin(t, login)
			for range 5 {
				_, err := c.answer(t, p, row.key, "x")
				wantException(t, err, row.wrong)
			}
			_, err := c.answer(t, p, row.key, row.right(t, c))
			wantException(t, err, badSession)
			p = c.begin(t, login)
			next, err := c.answer(t, p, row.key, row.right(t, c))
			wantTokens(t, next, err)
		})
	}
}

func TestSeveralFactorsAreAChoice(t *testing.T) {
	c := newCaller(t, cognitotest.Config{ClientSecret: "shhh"})
	c.pool.Add(user(func(u *cognitotest.User) {
		u.TOTP, u.Phone, u.SMS, u.EmailCode = totpKey, "+442079460123", true, true
	}))
	p := c.begin(t, login)
	wantChallenge(t, p, nil, types.ChallengeNameTypeSelectMfaType)
	if got, want := p.parameters["MFAS_CAN_CHOOSE"], `["SMS_MFA","SOFTWARE_TOKEN_MFA","EMAIL_OTP"]`; got != want {
		t.Errorf("MFAS_CAN_CHOOSE = %s, want %s", got, want)
	}
	_, err := c.answer(t, p, "ANSWER", "WEB_AUTHN")
	wantException(t, err, "InvalidParameterException: Selected MFA type is not available")
	next, err := c.answer(t, p, "ANSWER", "SMS_MFA")
	wantChallenge(t, next, err, types.ChallengeNameTypeSmsMfa)
	_, err = c.answer(t, p, "ANSWER", "SOFTWARE_TOKEN_MFA")
	wantException(t, err, usedSession)
	_, err = c.respond(t, types.ChallengeNameTypeSoftwareTokenMfa, next.session,
		c.parameters(next.parameters["USER_ID_FOR_SRP"], "SOFTWARE_TOKEN_MFA_CODE", cognitotest.TOTP(totpKey, time.Now())))
	wantException(t, err, badSession)
	last, err := c.answer(t, next, "SMS_MFA_CODE", c.pool.Message(t, login).Code)
	wantTokens(t, last, err)

	c.pool.Edit(t, login, func(u *cognitotest.User) { u.PreferredMFA = "SOFTWARE_TOKEN_MFA" })
	wantChallenge(t, c.begin(t, login), nil, types.ChallengeNameTypeSoftwareTokenMfa)
}

func TestWhichFactorAPoolAsksFor(t *testing.T) {
	app := func(u *cognitotest.User) { u.TOTP = totpKey }
	for _, row := range []struct {
		name, mfa string
		user      func(*cognitotest.User)
		want      types.ChallengeNameType
	}{
		{"none of who has none", "", func(*cognitotest.User) {}, ""},
		{"that of who has one", "", app, "SOFTWARE_TOKEN_MFA"},
		{"none where factors are off", "OFF", app, ""},
		{"a new one of who has none, where it must be", "ON", func(*cognitotest.User) {}, "MFA_SETUP"},
		{"that of who has one, where it must be", "ON", app, "SOFTWARE_TOKEN_MFA"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := newCaller(t, cognitotest.Config{MFA: row.mfa})
			c.pool.Add(user(row.user))
			if got := c.begin(t, login).name; got != row.want {
				t.Errorf("challenge = %q, want %q", got, row.want)
			}
		})
	}
}

func TestAFactorThatCannotBeReachedIsMissing(t *testing.T) {
	c := newCaller(t, cognitotest.Config{})
	c.pool.Add(user(func(u *cognitotest.User) { u.SMS = true }))
	_, err := c.initiate(t, login, password)
	wantException(t, err, "MFAMethodNotFoundException: No MFA method was found for the user")
}

func TestAnswersAreForTheirOwnChallenge(t *testing.T) {
	c := newCaller(t, cognitotest.Config{ClientSecret: "shhh"})
	c.pool.Add(user(func(u *cognitotest.User) { u.TOTP = totpKey }))
	p := c.begin(t, login)
	name := p.parameters["USER_ID_FOR_SRP"]
	code := cognitotest.TOTP(totpKey, time.Now())
	for _, row := range []struct {
		name      string
		challenge types.ChallengeNameType
		responses map[string]string
		want      string
	}{
		{"no code", p.name, c.parameters(name), "InvalidParameterException: Missing required parameter SOFTWARE_TOKEN_MFA_CODE"},
		{"no username", p.name, map[string]string{"SOFTWARE_TOKEN_MFA_CODE": code}, "InvalidParameterException: Missing required parameter USERNAME"},
		{"the code under another name", p.name, c.parameters(name, "SOFTWARE_TOKEN_MFA_CODE", code, "ANSWER", code), "InvalidParameterException: Unknown parameter ANSWER"},
		{"a hash over the alias", p.name, map[string]string{"USERNAME": name, "SOFTWARE_TOKEN_MFA_CODE": code, "SECRET_HASH": *c.hash(login)}, "NotAuthorizedException: Unable to verify secret hash for client 1practice2client3"},
		{"a challenge that was skipped to", "MFA_SETUP", c.parameters(name), badSession},
		{"a challenge that the fake has not", "DEVICE_SRP_AUTH", c.parameters(name), "InvalidParameterException: 1 validation error detected: Value 'DEVICE_SRP_AUTH' at 'challengeName' failed to satisfy constraint: Member must satisfy enum value set"},
	} {
		_, err := c.respond(t, row.challenge, p.session, row.responses)
		wantException(t, err, row.want)
	}
	next, err := c.answer(t, p, "SOFTWARE_TOKEN_MFA_CODE", code)
	wantTokens(t, next, err)
}

func TestAnAccountThatIsClosedMeanwhileEndsTheSession(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*cognitotest.User)
		want   string
	}{
		{"disabled", func(u *cognitotest.User) { u.Disabled = true }, isDisabled},
		{"blocked", func(u *cognitotest.User) { u.Blocked = true }, "NotAuthorizedException: Request not allowed due to security reasons."},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := newCaller(t, cognitotest.Config{})
			c.pool.Add(user(func(u *cognitotest.User) { u.TOTP = totpKey }))
			p := c.begin(t, login)
			c.pool.Edit(t, login, row.change)
			_, err := c.answer(t, p, "SOFTWARE_TOKEN_MFA_CODE", cognitotest.TOTP(totpKey, time.Now()))
			wantException(t, err, row.want)
		})
	}
}

func TestASessionLivesAsLongAsTheClientSays(t *testing.T) {
	now := time.Now()
	c := newCaller(t, cognitotest.Config{SessionLife: 10 * time.Minute, Now: func() time.Time { return now }})
	c.pool.Add(user(func(u *cognitotest.User) { u.TOTP = totpKey }))
	p := c.begin(t, login)
	now = now.Add(10*time.Minute - time.Second)
	next, err := c.answer(t, p, "SOFTWARE_TOKEN_MFA_CODE", cognitotest.TOTP(totpKey, now))
	wantTokens(t, next, err)
}
