package cognitotest_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"
	"github.com/golang-jwt/jwt/v5"

	"deskpro-login/pkg/directory/cognito/cognitotest"
)

const password = "Correct-Horse 9!"

// caller calls one pool with the real client, by default rightly.
type caller struct {
	*cip.Client
	pool   *cognitotest.Server
	secret string
}

func newCaller(t *testing.T, config cognitotest.Config) caller {
	t.Helper()
	pool := cognitotest.Start(t, config)
	// The SDK takes a limit for throttling and would try again.
	once := pool.AWS()
	once.RetryMaxAttempts = 1
	return caller{cip.NewFromConfig(once), pool, config.ClientSecret}
}

func (c caller) parameters(username string, more ...string) map[string]string {
	parameters := map[string]string{"USERNAME": username}
	if c.secret != "" {
		mac := hmac.New(sha256.New, []byte(c.secret))
		mac.Write([]byte(username + c.pool.ClientID()))
		parameters["SECRET_HASH"] = base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	for i := 0; i < len(more); i += 2 {
		parameters[more[i]] = more[i+1]
	}
	return parameters
}

func (c caller) initiate(t *testing.T, username, password string, changes ...func(*cip.AdminInitiateAuthInput)) (*cip.AdminInitiateAuthOutput, error) {
	t.Helper()
	in := &cip.AdminInitiateAuthInput{
		AuthFlow:       types.AuthFlowTypeAdminUserPasswordAuth,
		UserPoolId:     aws.String(c.pool.PoolID()),
		ClientId:       aws.String(c.pool.ClientID()),
		AuthParameters: c.parameters(username, "PASSWORD", password),
	}
	for _, change := range changes {
		change(in)
	}
	return c.AdminInitiateAuth(t.Context(), in)
}

func (c caller) respond(t *testing.T, name types.ChallengeNameType, session *string, responses map[string]string) (*cip.AdminRespondToAuthChallengeOutput, error) {
	t.Helper()
	return c.AdminRespondToAuthChallenge(t.Context(), &cip.AdminRespondToAuthChallengeInput{
		ChallengeName: name, UserPoolId: aws.String(c.pool.PoolID()), ClientId: aws.String(c.pool.ClientID()),
		Session: session, ChallengeResponses: responses,
	})
}

// wantException wants "Type: message", the message exactly.
func wantException(t *testing.T, err error, want string) {
	t.Helper()
	exception, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		t.Fatalf("got %v, want %s", err, want)
	}
	if got := exception.ErrorCode() + ": " + exception.ErrorMessage(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func mara() cognitotest.User {
	return cognitotest.User{
		Password: password, Email: "mara@example.com", EmailVerified: true,
		Name: "Mara Ó Briain", GivenName: "Mara", FamilyName: "Ó Briain",
		Groups: []string{"agents"}, Attributes: map[string]string{"custom:department": "R&D"},
	}
}

func TestARightPasswordBringsTokens(t *testing.T) {
	now := time.Unix(1_900_000_000, 0)
	c := newCaller(t, cognitotest.Config{ClientSecret: "shhh", Now: func() time.Time { return now }})
	sub := c.pool.Add(mara())
	out, err := c.initiate(t, "Mara@Example.com", password)
	if err != nil {
		t.Fatalf("AdminInitiateAuth: %v", err)
	}
	got := jwt.MapClaims{}
	token, _, err := jwt.NewParser().ParseUnverified(*out.AuthenticationResult.IdToken, got)
	if err != nil {
		t.Fatalf("ID token: %v", err)
	}
	if token.Method.Alg() != "RS256" {
		t.Errorf("alg = %s, want RS256", token.Method.Alg())
	}
	for name, want := range map[string]any{
		"sub": sub, "cognito:username": sub, "email": "mara@example.com", "email_verified": true,
		"name": "Mara Ó Briain", "given_name": "Mara", "family_name": "Ó Briain", "custom:department": "R&D",
		"iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Practice1",
		"aud": c.pool.ClientID(), "token_use": "id",
		"iat": 1_900_000_000.0, "auth_time": 1_900_000_000.0, "exp": 1_900_003_600.0,
	} {
		if got[name] != want {
			t.Errorf("claim %s = %v, want %v", name, got[name], want)
		}
	}
	if groups, _ := got["cognito:groups"].([]any); len(groups) != 1 || groups[0] != "agents" {
		t.Errorf("cognito:groups = %v, want [agents]", got["cognito:groups"])
	}
}

func TestRefusals(t *testing.T) {
	open := cognitotest.Config{}
	hidden := cognitotest.Config{HideUnknown: true}
	secret := cognitotest.Config{ClientSecret: "shhh"}
	disabled := func(u *cognitotest.User) { u.Disabled = true }
	for _, row := range []struct {
		name            string
		config          cognitotest.Config
		login, password string
		user            func(*cognitotest.User)
		call            func(*cip.AdminInitiateAuthInput)
		want            string
	}{
		{name: "a wrong password", login: "mara@example.com", password: "wrong", want: "NotAuthorizedException: Incorrect username or password."},
		{name: "an unknown login", login: "nobody@example.com", password: password, want: "UserNotFoundException: User does not exist."},
		{name: "an unknown login, hidden", config: hidden, login: "nobody@example.com", password: password, want: "NotAuthorizedException: Incorrect username or password."},
		{name: "a disabled user", login: "mara@example.com", password: "wrong", user: disabled, want: "NotAuthorizedException: User is disabled."},
		{name: "a disabled user, hidden, wrong password", config: hidden, login: "mara@example.com", password: "wrong", user: disabled, want: "NotAuthorizedException: Incorrect username or password."},
		{name: "a disabled user, hidden, right password", config: hidden, login: "mara@example.com", password: password, user: disabled, want: "NotAuthorizedException: User is disabled."},
		{name: "an unconfirmed user, whatever the password", login: "mara@example.com", password: "wrong", user: func(u *cognitotest.User) { u.Status = cognitotest.Unconfirmed }, want: "UserNotConfirmedException: User is not confirmed."},
		{name: "a user to be reset, whatever the password", login: "mara@example.com", password: "wrong", user: func(u *cognitotest.User) { u.Status = cognitotest.ResetRequired }, want: "PasswordResetRequiredException: Password reset required for the user"},
		{name: "an imported user", login: "mara@example.com", password: "any", user: func(u *cognitotest.User) { u.Status, u.Password = cognitotest.ResetRequired, "" }, want: "PasswordResetRequiredException: Password reset required for the user"},
		{name: "an imported user, hidden", config: hidden, login: "mara@example.com", password: "any", user: func(u *cognitotest.User) { u.Status, u.Password = cognitotest.ResetRequired, "" }, want: "NotAuthorizedException: Incorrect username or password."},
		{name: "a user that threat protection blocks", login: "mara@example.com", password: password, user: func(u *cognitotest.User) { u.Blocked = true }, want: "NotAuthorizedException: Request not allowed due to security reasons."},
		{name: "a federated user", login: "IdP_1", password: password, user: func(u *cognitotest.User) { u.Username, u.Provider = "IdP_1", "IdP" }, want: "NotAuthorizedException: Incorrect username or password."},
		{name: "a federated user's address", login: "mara@example.com", password: password, user: func(u *cognitotest.User) { u.Provider = "IdP" }, want: "UserNotFoundException: User does not exist."},
		{name: "a user without a password", login: "mara@example.com", password: "any", user: func(u *cognitotest.User) { u.Password = "" }, want: "NotAuthorizedException: Incorrect username or password."},
		{name: "a session of signing up", login: "mara@example.com", password: password, call: func(in *cip.AdminInitiateAuthInput) { in.Session = aws.String("a-session-that-nobody-got") }, want: "NotAuthorizedException: Invalid session for the user."},
		{name: "an unverified address is no alias of a username", login: "mara@example.com", password: password, user: func(u *cognitotest.User) { u.Username, u.EmailVerified = "mara", false }, want: "UserNotFoundException: User does not exist."},
		{name: "an empty password", login: "mara@example.com", want: "InvalidParameterException: Missing required parameter PASSWORD"},
		{name: "an empty login", password: password, want: "InvalidParameterException: Missing required parameter USERNAME"},
		{name: "a parameter that does not exist", login: "mara@example.com", password: password, call: func(in *cip.AdminInitiateAuthInput) { in.AuthParameters["Username"] = "x" }, want: "InvalidParameterException: Unknown parameter Username"},
		{name: "another pool", login: "mara@example.com", password: password, call: func(in *cip.AdminInitiateAuthInput) { in.UserPoolId = aws.String("eu-west-1_Other") }, want: "ResourceNotFoundException: User pool eu-west-1_Other does not exist."},
		{name: "another client", login: "mara@example.com", password: password, call: func(in *cip.AdminInitiateAuthInput) { in.ClientId = aws.String("other") }, want: "ResourceNotFoundException: User pool client other does not exist."},
		{name: "a flow that the client may not use", config: cognitotest.Config{AuthFlows: []string{"ALLOW_USER_SRP_AUTH"}}, login: "mara@example.com", password: password, want: "InvalidParameterException: Auth flow not enabled for this client"},
		{name: "a flow of the public API", login: "mara@example.com", password: password, call: func(in *cip.AdminInitiateAuthInput) { in.AuthFlow = types.AuthFlowTypeUserPasswordAuth }, want: "InvalidParameterException: Initiate Auth method not supported."},
		{name: "no SECRET_HASH", config: secret, login: "mara@example.com", password: password, call: func(in *cip.AdminInitiateAuthInput) { delete(in.AuthParameters, "SECRET_HASH") }, want: "NotAuthorizedException: Client 1practice2client3 is configured with secret but SECRET_HASH was not received"},
		{name: "a SECRET_HASH over another spelling", config: secret, login: "mara@example.com", password: password, call: func(in *cip.AdminInitiateAuthInput) { in.AuthParameters["USERNAME"] = "Mara@example.com" }, want: "NotAuthorizedException: Unable to verify secret hash for client 1practice2client3"},
		{name: "a SECRET_HASH without a secret", config: open, login: "mara@example.com", password: password, call: func(in *cip.AdminInitiateAuthInput) { in.AuthParameters["SECRET_HASH"] = "x" }, want: "InvalidParameterException: App client 1practice2client3 is not configured for secret but secret hash was received"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := newCaller(t, row.config)
			user := mara()
			if row.user != nil {
				row.user(&user)
			}
			c.pool.Add(user)
			call := row.call
			if call == nil {
				call = func(*cip.AdminInitiateAuthInput) {}
			}
			_, err := c.initiate(t, row.login, row.password, call)
			wantException(t, err, row.want)
		})
	}
}

func TestFailuresLockTheAccountForAWhile(t *testing.T) {
	now := time.Now()
	c := newCaller(t, cognitotest.Config{Now: func() time.Time { return now }})
	c.pool.Add(mara())
	const wrong, locked = "NotAuthorizedException: Incorrect username or password.", "NotAuthorizedException: Password attempts exceeded"
	for range 5 {
		_, err := c.initiate(t, "mara@example.com", "wrong")
		wantException(t, err, wrong)
	}
	_, err := c.initiate(t, "mara@example.com", password)
	wantException(t, err, locked)
	now = now.Add(time.Second)
	_, err = c.initiate(t, "mara@example.com", "wrong")
	wantException(t, err, wrong)
	now = now.Add(time.Second)
	_, err = c.initiate(t, "mara@example.com", password)
	wantException(t, err, locked)
	now = now.Add(time.Second)
	if _, err := c.initiate(t, "mara@example.com", password); err != nil {
		t.Errorf("after the lock-out: %v", err)
	}
}

func TestCallsAreSigned(t *testing.T) {
	c := newCaller(t, cognitotest.Config{})
	c.pool.Add(mara())
	config := c.pool.AWS()
	post := func(header http.Header) *http.Response {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, *config.BaseEndpoint+"/", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		request.Header = header
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = response.Body.Close() })
		return response
	}
	if got := post(http.Header{
		"Content-Type": {"application/x-amz-json-1.1"},
		"X-Amz-Target": {"AWSCognitoIdentityProviderService.AdminInitiateAuth"},
	}).Header.Get("X-Amzn-ErrorType"); got != "MissingAuthenticationTokenException:" {
		t.Errorf("unsigned: %s", got)
	}

	for _, row := range []struct {
		name, key, secret, region, want string
	}{
		{"another key", "AKIAOTHER", "practice/secret+access/key", "eu-west-1", "UnrecognizedClientException"},
		{"another secret key", "AKIAPRACTICEPOOL0000", "wrong", "eu-west-1", "InvalidSignatureException"},
		{"another region", "AKIAPRACTICEPOOL0000", "practice/secret+access/key", "us-east-1", "InvalidSignatureException"},
	} {
		t.Run(row.name, func(t *testing.T) {
			other := config.Copy()
			other.Region = row.region
			other.Credentials = aws.CredentialsProviderFunc(staticCredentials(row.key, row.secret))
			forged := caller{Client: cip.NewFromConfig(other), pool: c.pool}
			_, err := forged.initiate(t, "mara@example.com", password)
			exception, ok := errors.AsType[smithy.APIError](err)
			if !ok || exception.ErrorCode() != row.want {
				t.Errorf("got %v, want %s", err, row.want)
			}
		})
	}
}

func TestAPoolServesUntilItIsClosed(t *testing.T) {
	pool, err := cognitotest.New(cognitotest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	url := *pool.AWS().BaseEndpoint
	answer, err := http.Post(url, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	pool.Close()
	if answer, err := http.Post(url, "", nil); err == nil {
		answer.Body.Close()
		t.Error("it answers once closed")
	}
}

func TestAPoolThatCannotBeIsNone(t *testing.T) {
	for _, config := range []cognitotest.Config{{PoolID: "Practice1"}, {MFA: "REQUIRED"}} {
		if pool, err := cognitotest.New(config); err == nil {
			pool.Close()
			t.Errorf("%+v is accepted", config)
		}
	}
}
