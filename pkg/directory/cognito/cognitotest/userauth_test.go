package cognitotest_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"deskpro-login/pkg/directory/cognito/cognitotest"
)

// choosing is a pool whose client allows USER_AUTH alone.
func choosing(change func(*cognitotest.Config)) cognitotest.Config {
	config := cognitotest.Config{ClientSecret: "shhh", HideUnknown: true, AuthFlows: []string{"ALLOW_USER_AUTH"}}
	if change != nil {
		change(&config)
	}
	return config
}

func (c caller) choose(t *testing.T, username string, more ...string) (posed, error) {
	t.Helper()
	out, err := c.AdminInitiateAuth(t.Context(), &cip.AdminInitiateAuthInput{
		AuthFlow: types.AuthFlowTypeUserAuth, UserPoolId: aws.String(c.pool.PoolID()), ClientId: aws.String(c.pool.ClientID()),
		AuthParameters: c.parameters(username, more...),
	})
	if err != nil {
		return posed{}, err
	}
	return posed{out.ChallengeName, out.Session, out.ChallengeParameters, out.AvailableChallenges, out.AuthenticationResult}, nil
}

func TestWaysToBegin(t *testing.T) {
	const number = "+442079460123"
	all := []types.ChallengeNameType{"EMAIL_OTP", "SMS_OTP", "PASSWORD", "PASSWORD_SRP"}
	passwords := []types.ChallengeNameType{"PASSWORD", "PASSWORD_SRP"}
	for _, row := range []struct {
		name, mfa, preferred string
		user                 func(*cognitotest.User)
		want                 types.ChallengeNameType
		available            []types.ChallengeNameType
	}{
		{name: "all that the account has", user: func(u *cognitotest.User) { u.Phone = number }, want: "SELECT_CHALLENGE", available: all},
		{name: "a password where no address is verified", user: func(u *cognitotest.User) { u.EmailVerified = false }, want: "SELECT_CHALLENGE", available: passwords},
		{name: "a code at once for who has no password", user: func(u *cognitotest.User) { u.Password = "" }, want: "EMAIL_OTP", available: []types.ChallengeNameType{"EMAIL_OTP"}},
		{name: "a choice of codes for who has no password", user: func(u *cognitotest.User) { u.Password, u.Phone = "", number }, want: "SELECT_CHALLENGE", available: []types.ChallengeNameType{"EMAIL_OTP", "SMS_OTP"}},
		{name: "what is preferred", preferred: "SMS_OTP", user: func(u *cognitotest.User) { u.Phone = number }, want: "SMS_OTP", available: all},
		{name: "a choice where the account has not what is preferred", preferred: "SMS_OTP", user: func(*cognitotest.User) {}, want: "SELECT_CHALLENGE", available: []types.ChallengeNameType{"EMAIL_OTP", "PASSWORD", "PASSWORD_SRP"}},
		{name: "a password for who needs a new one", preferred: "EMAIL_OTP", user: func(u *cognitotest.User) { u.Status = cognitotest.ForceChangePassword }, want: "SELECT_CHALLENGE", available: passwords},
		{name: "a password for who has a second factor", preferred: "EMAIL_OTP", user: func(u *cognitotest.User) { u.TOTP = totpKey }, want: "SELECT_CHALLENGE", available: passwords},
		{name: "a password where all need a second factor", mfa: "ON", preferred: "EMAIL_OTP", user: func(*cognitotest.User) {}, want: "SELECT_CHALLENGE", available: passwords},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := newCaller(t, choosing(func(config *cognitotest.Config) { config.MFA = row.mfa }))
			c.pool.Add(user(row.user))
			var more []string
			if row.preferred != "" {
				more = []string{"PREFERRED_CHALLENGE", row.preferred}
			}
			p, err := c.choose(t, login, more...)
			wantChallenge(t, p, err, row.want)
			if !slices.Equal(p.available, row.available) {
				t.Errorf("available = %v, want %v", p.available, row.available)
			}
			if name, told := p.parameters["USER_ID_FOR_SRP"]; told {
				t.Errorf("the internal username %q is told", name)
			}
		})
	}
}

func TestAPasswordIsPreferred(t *testing.T) {
	c := newCaller(t, choosing(nil))
	c.pool.Add(user(func(u *cognitotest.User) { u.TOTP = totpKey }))
	_, err := c.choose(t, login, "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", "wrong")
	wantException(t, err, wrongLogin)
	_, err = c.choose(t, login, "PREFERRED_CHALLENGE", "PASSWORD")
	wantException(t, err, "InvalidParameterException: Missing required parameter PASSWORD")
	_, err = c.choose(t, login, "PASSWORD", password)
	wantException(t, err, "InvalidParameterException: Unknown parameter PASSWORD")
	_, err = c.choose(t, login, "PREFERRED_CHALLENGE", "IRIS_SCAN")
	wantException(t, err, "InvalidParameterException: Invalid PREFERRED_CHALLENGE")
	p, err := c.choose(t, login, "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", password)
	wantChallenge(t, p, err, types.ChallengeNameTypeSoftwareTokenMfa)
	next, err := c.answer(t, p, "SOFTWARE_TOKEN_MFA_CODE", cognitotest.TOTP(totpKey, time.Now()))
	wantTokens(t, next, err)
}

func TestACodeIsTheFirstFactor(t *testing.T) {
	c := newCaller(t, choosing(nil))
	sub := c.pool.Add(user(func(u *cognitotest.User) { u.Phone = "+442079460123" }))
	for _, way := range []types.ChallengeNameType{"EMAIL_OTP", "SMS_OTP"} {
		p, err := c.choose(t, login)
		wantChallenge(t, p, err, types.ChallengeNameTypeSelectChallenge)
		_, err = c.answerFor(t, p, "otto@example.com", "ANSWER", string(way))
		wantException(t, err, badSession)
		next, err := c.answerFor(t, p, login, "ANSWER", string(way))
		wantChallenge(t, next, err, way)
		_, err = c.answerFor(t, p, login, "ANSWER", string(way))
		wantException(t, err, usedSession)
		m := c.pool.Message(t, login)
		if len(m.Code) != 8 || m.Purpose != "sign-in" || next.parameters["CODE_DELIVERY_DELIVERY_MEDIUM"] != m.Medium {
			t.Errorf("message = %+v for %v", m, next.parameters)
		}
		key := string(way) + "_CODE"
		_, err = c.answerFor(t, next, login, key, wrong(m.Code))
		wantException(t, err, badCode)
		// The alias as it was sent will do, and so will the internal name.
		username := login
		if way == "SMS_OTP" {
			username = sub
		}
		last, err := c.answerFor(t, next, username, key, m.Code)
		wantTokens(t, last, err)
		_, err = c.answerFor(t, next, username, key, m.Code)
		wantException(t, err, usedSession)
	}
}

func TestAPasswordIsChosen(t *testing.T) {
	c := newCaller(t, choosing(nil))
	c.pool.Add(mara())
	p, err := c.choose(t, login)
	wantChallenge(t, p, err, types.ChallengeNameTypeSelectChallenge)
	for _, row := range []struct {
		name      string
		responses []string
		want      string
	}{
		{"no password", []string{"ANSWER", "PASSWORD"}, "InvalidParameterException: Missing required parameter PASSWORD"},
		{"a wrong password", []string{"ANSWER", "PASSWORD", "PASSWORD", "wrong"}, wrongLogin},
		{"what is not on offer", []string{"ANSWER", "SMS_OTP"}, "InvalidParameterException: Selected challenge is not available"},
		{"SRP, which the fake has not", []string{"ANSWER", "PASSWORD_SRP"}, "InvalidParameterException: Missing required parameter SRP_A"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := c.answerFor(t, p, login, row.responses...)
			wantException(t, err, row.want)
		})
	}
	next, err := c.answerFor(t, p, login, "ANSWER", "PASSWORD", "PASSWORD", password)
	wantTokens(t, next, err)
	_, err = c.answerFor(t, p, login, "ANSWER", "PASSWORD", "PASSWORD", password)
	wantException(t, err, usedSession)
}

func TestPasswordsOfAnyFlowLockTheAccount(t *testing.T) {
	const locked = "NotAuthorizedException: Password attempts exceeded"
	now := time.Now()
	c := newCaller(t, choosing(func(config *cognitotest.Config) { config.Now = func() time.Time { return now } }))
	c.pool.Add(mara())
	p, err := c.choose(t, login)
	wantChallenge(t, p, err, types.ChallengeNameTypeSelectChallenge)
	for range 3 {
		_, err := c.answerFor(t, p, login, "ANSWER", "PASSWORD", "PASSWORD", "wrong")
		wantException(t, err, wrongLogin)
	}
	for range 2 {
		_, err := c.choose(t, login, "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", "wrong")
		wantException(t, err, wrongLogin)
	}
	_, err = c.answerFor(t, p, login, "ANSWER", "PASSWORD", "PASSWORD", password)
	wantException(t, err, locked)
	_, err = c.choose(t, login)
	wantException(t, err, locked)
	now = now.Add(time.Second)
	next, err := c.answerFor(t, p, login, "ANSWER", "PASSWORD", "PASSWORD", password)
	wantTokens(t, next, err)
}

// Each unknown login has its own challenge, always the same, and no code.
func TestAnUnknownLoginGetsASimulatedChallenge(t *testing.T) {
	var sent []cognitotest.Message
	c := newCaller(t, choosing(func(config *cognitotest.Config) {
		config.Deliver = func(m cognitotest.Message) { sent = append(sent, m) }
	}))
	c.pool.Add(user(func(u *cognitotest.User) { u.Disabled = true }))
	seen := map[types.ChallengeNameType]bool{}
	for i := range 40 {
		nobody := "n" + strconv.Itoa(i) + "@example.org"
		p, err := c.choose(t, nobody)
		if err != nil {
			t.Fatalf("an unknown login: %v", err)
		}
		seen[p.name] = true
		again, err := c.choose(t, nobody)
		wantChallenge(t, again, err, p.name)
		if p.name == types.ChallengeNameTypeSelectChallenge {
			_, err := c.answerFor(t, p, nobody, "ANSWER", "PASSWORD", "PASSWORD", password)
			wantException(t, err, wrongLogin)
			p, err = c.answerFor(t, p, nobody, "ANSWER", "EMAIL_OTP")
			wantChallenge(t, p, err, types.ChallengeNameTypeEmailOtp)
		}
		if got := p.parameters["CODE_DELIVERY_DESTINATION"]; got != "n***@e***" {
			t.Errorf("destination = %q", got)
		}
		_, err = c.answerFor(t, p, nobody, "EMAIL_OTP_CODE", "12345678")
		wantException(t, err, badCode)
	}
	if !seen[types.ChallengeNameTypeSelectChallenge] || !seen[types.ChallengeNameTypeEmailOtp] || len(seen) != 2 {
		t.Errorf("challenges = %v, want both kinds", seen)
	}
	p, err := c.choose(t, login, "PREFERRED_CHALLENGE", "EMAIL_OTP")
	wantChallenge(t, p, err, types.ChallengeNameTypeEmailOtp)
	_, err = c.choose(t, "nobody@example.org", "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", password)
	wantException(t, err, wrongLogin)
	if len(sent) != 0 {
		t.Errorf("codes were sent: %+v", sent)
	}
}

func TestWhoMayNotBegin(t *testing.T) {
	hidden, open := true, false
	for _, row := range []struct {
		name   string
		hidden bool
		user   func(*cognitotest.User)
		want   string
	}{
		{"an unknown login", open, func(u *cognitotest.User) { u.Email = "otto@example.com" }, "UserNotFoundException: User does not exist."},
		{"a disabled account", open, func(u *cognitotest.User) { u.Disabled = true }, isDisabled},
		{"an unconfirmed account", hidden, func(u *cognitotest.User) { u.Status = cognitotest.Unconfirmed }, "UserNotConfirmedException: User is not confirmed."},
		{"an account to be reset", hidden, func(u *cognitotest.User) { u.Status = cognitotest.ResetRequired }, "PasswordResetRequiredException: Password reset required for the user"},
		{"an account that threat protection blocks", hidden, func(u *cognitotest.User) { u.Blocked = true }, "NotAuthorizedException: Request not allowed due to security reasons."},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := newCaller(t, choosing(func(config *cognitotest.Config) { config.HideUnknown = row.hidden }))
			c.pool.Add(user(row.user))
			_, err := c.choose(t, login, "PREFERRED_CHALLENGE", "EMAIL_OTP")
			wantException(t, err, row.want)
		})
	}
	c := newCaller(t, cognitotest.Config{})
	_, err := c.choose(t, login)
	wantException(t, err, "InvalidParameterException: Auth flow not enabled for this client")
	c = newCaller(t, choosing(nil))
	_, err = c.initiate(t, login, password)
	wantException(t, err, "InvalidParameterException: Auth flow not enabled for this client")
}
