package cognito_test

import (
	"errors"
	"strings"
	"testing"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/cognito/cognitotest"
)

func TestRefusalsTellTheLogWhatCognitoTells(t *testing.T) {
	wrong := func(*cognitotest.User) {}
	exception := func(kind, message string) cognitotest.Fault {
		return cognitotest.Fault{Exception: kind, Message: message}
	}
	for _, row := range []struct {
		name     string
		settings cognitotest.Config
		login    string
		password string
		user     func(*cognitotest.User)
		fault    cognitotest.Fault
		reason   directory.Reason
		code     string
	}{
		{name: "a wrong password", login: login, password: "wrong", reason: directory.ReasonUnspecified, code: "NotAuthorizedException"},
		{name: "an unknown login that the client hides", settings: cognitotest.Config{HideUnknown: true}, login: "nobody", password: "wrong", reason: directory.ReasonUnspecified, code: "NotAuthorizedException"},
		{name: "an unknown login that the client tells", login: "nobody", password: "wrong", reason: directory.ReasonUnknown, code: "UserNotFoundException"},
		{name: "a disabled account", login: login, password: password, user: func(u *cognitotest.User) { u.Disabled = true }, reason: directory.ReasonDisabled, code: "NotAuthorizedException"},
		{name: "a disabled account that the client hides", settings: cognitotest.Config{HideUnknown: true}, login: login, password: password, user: func(u *cognitotest.User) { u.Disabled = true }, reason: directory.ReasonDisabled, code: "NotAuthorizedException"},
		{name: "an unconfirmed account, since any password brings that", login: login, password: "wrong", user: func(u *cognitotest.User) { u.Status = cognitotest.Unconfirmed }, reason: directory.ReasonUnconfirmed, code: "UserNotConfirmedException"},
		{name: "an account to be reset, since any password brings that", login: login, password: "wrong", user: func(u *cognitotest.User) { u.Status = cognitotest.ResetRequired }, reason: directory.ReasonReset, code: "PasswordResetRequiredException"},
		{name: "a trigger that says no", login: login, password: password, fault: exception("UserLambdaValidationException", "PreAuthentication failed with error left us."), reason: directory.ReasonRule, code: "UserLambdaValidationException"},
		{name: "a temporary password that is too old", login: login, password: password, fault: exception("NotAuthorizedException", "Temporary password has expired and must be reset by an administrator."), reason: directory.ReasonReset, code: "NotAuthorizedException"},
		{name: "a block by threat protection", login: login, password: password, user: func(u *cognitotest.User) { u.Blocked = true }, reason: directory.ReasonBlocked, code: "NotAuthorizedException"},
	} {
		t.Run(row.name, func(t *testing.T) {
			pool, d := start(t, row.settings)
			if row.user == nil {
				row.user = wrong
			}
			pool.Edit(t, login, row.user)
			pool.Inject(row.fault)
			got, err := d.Authenticate(t.Context(), typed(row.login, row.password))
			refusal, ok := errors.AsType[*directory.Refusal](err)
			if !ok {
				t.Fatalf("got %+v, %v, want a refusal", got, err)
			}
			if refusal.Reason != row.reason {
				t.Errorf("reason = %q, want %q", refusal.Reason, row.reason)
			}
			if !errors.Is(err, directory.ErrBadCredentials) || !strings.Contains(err.Error(), row.code) {
				t.Errorf("error = %v, want ErrBadCredentials and %s for the log", err, row.code)
			}
			if got := pool.Requests(); got != 1 {
				t.Errorf("%d requests, want 1", got)
			}
		})
	}
}

// mailsUsedUp is what AWS says when Cognito's own mails are used up.
const mailsUsedUp = "Exceeded daily email limit for the operation or the account. If a higher limit is required, please configure your user pool to use your own Amazon SES configuration for sending email."

// Some login may provoke it, with any password: it must not call an operator.
func TestAnOddParameterIsARefusalWithItsCause(t *testing.T) {
	for _, message := range []string{
		"1 validation error detected", "1 validation error detected: Value 'auth flow not supported' at 'userName' failed to satisfy constraint", "Something else.",
	} {
		pool, d := start(t, cognitotest.Config{})
		pool.Inject(cognitotest.Fault{Exception: "InvalidParameterException", Message: message})
		_, err := d.Authenticate(t.Context(), typed(login, password))
		wantOnly(t, err, directory.ErrBadCredentials)
		refusal, ok := errors.AsType[*directory.Refusal](err)
		if !ok || refusal.Reason != directory.ReasonUnspecified || refusal.Cause == nil || strings.Contains(err.Error(), message) {
			t.Errorf("%s: got %v, want a refusal with its cause and without the message", message, err)
		}
	}
}

func TestWhatIsNoRefusal(t *testing.T) {
	exception := func(kind, message string) cognitotest.Fault {
		return cognitotest.Fault{Exception: kind, Message: message}
	}
	for _, row := range []struct {
		name  string
		fault cognitotest.Fault
		want  error
	}{
		{"too many requests", exception("TooManyRequestsException", "Rate exceeded"), directory.ErrThrottled},
		{"a limit exceeded", exception("LimitExceededException", "Attempt limit exceeded, please try after some time."), directory.ErrThrottled},
		{"too many failed attempts", exception("TooManyFailedAttemptsException", "Too many failed attempts."), directory.ErrThrottled},
		{"throttling by the API's front", exception("ThrottlingException", "Rate exceeded"), directory.ErrThrottled},

		{"an internal error", cognitotest.Fault{Exception: "InternalErrorException", Message: "boom", Status: 500}, directory.ErrUnavailable},
		{"a role that may not ask", exception("AccessDeniedException", "User is not authorized to perform: cognito-idp:AdminInitiateAuth"), directory.ErrMisconfigured},
		{"a trigger that breaks", exception("UnexpectedLambdaException", "PreAuthentication invocation failed"), directory.ErrMisconfigured},
		{"a pool that is not there", exception("ResourceNotFoundException", "User pool eu-west-1_X does not exist."), directory.ErrMisconfigured},
		{"a flow that is off", exception("InvalidParameterException", "Auth flow not enabled for this client"), directory.ErrMisconfigured},
		{"keys that AWS does not know", exception("UnrecognizedClientException", "The security token included in the request is invalid."), directory.ErrMisconfigured},
		{"a plan without the flow", exception("FeatureUnavailableInTierException", "?"), directory.ErrMisconfigured},
		{"a flow that this pool does not have", exception("InvalidParameterException", "Initiate Auth method not supported."), directory.ErrMisconfigured},
		{"AWS WAF in front of the pool", exception("ForbiddenException", "Request not allowed due to WAF block."), directory.ErrThrottled},
		{"a pool that has no mails left", exception("LimitExceededException", mailsUsedUp), directory.ErrThrottled},
		{"an exception nobody knows", exception("BrandNewException", "?"), directory.ErrUnavailable},
		{"an answer without tokens or a challenge", cognitotest.Fault{Body: `{"ChallengeParameters":{}}`}, directory.ErrUnavailable},
		{"an answer without an ID token", cognitotest.Fault{Body: `{"AuthenticationResult":{"AccessToken":"e30.e30.e30"}}`}, directory.ErrUnavailable},
		{"an answer that is no JSON", cognitotest.Fault{Body: `<html>`}, directory.ErrUnavailable},
		{"an error that is no JSON", cognitotest.Fault{Body: `<html>`, Status: 503}, directory.ErrUnavailable},
	} {
		t.Run(row.name, func(t *testing.T) {
			pool, d := start(t, cognitotest.Config{})
			pool.Inject(row.fault)
			got, err := d.Authenticate(t.Context(), typed(login, password))
			if !errors.Is(err, row.want) || errors.Is(err, directory.ErrBadCredentials) {
				t.Errorf("got %+v, %v, want %v", got, err, row.want)
			}
		})
	}
}

// A wrong client secret is the operator's mistake, not the person's.
func TestAWrongClientSecretIsNoRefusal(t *testing.T) {
	for _, row := range []struct{ name, pool, ours string }{
		{"a wrong secret", "shhh", "other"},
		{"a missing secret", "shhh", ""},
		{"a secret that the client does not have", "", "shhh"},
	} {
		t.Run(row.name, func(t *testing.T) {
			pool := cognitotest.Start(t, cognitotest.Config{ClientSecret: row.pool})
			pool.Add(mara())
			d := open(t, configFor(pool, cognitotest.Config{ClientSecret: row.ours}))
			if _, err := d.Authenticate(t.Context(), typed(login, password)); !errors.Is(err, directory.ErrMisconfigured) {
				t.Errorf("got %v, want ErrMisconfigured", err)
			}
		})
	}
}

// Unknown logins are never locked out, so a locked one must look like them.
func TestALockedOutAccountIsRefusedAsAWrongPasswordIs(t *testing.T) {
	_, d := start(t, cognitotest.Config{})
	for range 5 {
		if _, err := d.Authenticate(t.Context(), typed(login, "wrong")); !errors.Is(err, directory.ErrBadCredentials) {
			t.Fatalf("got %v, want ErrBadCredentials", err)
		}
	}
	_, err := d.Authenticate(t.Context(), typed(login, password))
	if refusal, ok := errors.AsType[*directory.Refusal](err); !ok || refusal.Reason != directory.ReasonLocked {
		t.Errorf("got %v, want a refusal for %s", err, directory.ReasonLocked)
	}
}

func TestOnlyWhatAWSItselfWordsIsQuoted(t *testing.T) {
	for _, row := range []struct {
		exception, message string
		quoted             bool
	}{
		{"InvalidParameterException", "Auth flow not enabled for this client", true},
		{"AccessDeniedException", "User is not authorized to perform: cognito-idp:AdminInitiateAuth", true},
		{"ResourceNotFoundException", "User pool eu-west-1_X does not exist.", true},
		{"NotAuthorizedException", "Unable to verify secret hash for client 1practice2client3", true},
		{"ForbiddenException", "Request not allowed due to WAF block.", true},
		{"LimitExceededException", mailsUsedUp, true},
		{"LimitExceededException", "Attempt limit exceeded, please try after some time.", false},
		{"InvalidParameterException", "Initiate Auth method not supported.", true},
		{"InvalidParameterException", "1 validation error detected: Value 'auth flow not supported' at 'userName' failed to satisfy constraint", false},
		{"InvalidSmsRoleAccessPolicyException", "Role may not publish", true},
		{"InvalidParameterException", "Value '" + password + "' failed to satisfy constraint", false},
		{"UnexpectedLambdaException", "UserMigration failed with error " + password, false},
		{"InvalidLambdaResponseException", password, false},
		{"TooManyRequestsException", password, false},
		{"UserLambdaValidationException", "PreAuthentication failed with error " + password, false},
	} {
		pool, d := start(t, cognitotest.Config{})
		pool.Inject(cognitotest.Fault{Exception: row.exception, Message: row.message})
		_, err := d.Authenticate(t.Context(), typed(login, password))
		if err == nil || strings.Contains(err.Error(), row.message) != row.quoted || !strings.Contains(err.Error(), row.exception) {
			t.Errorf("%s: %v, want its message quoted %t", row.exception, err, row.quoted)
		}
	}
}
