package cognito_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/cognito/cognitotest"
	"deskpro-login/pkg/redact"
)

// Before anything is proved an error must not tell that there is an account.
func TestFirstFactorsTellNothingOfTheAccount(t *testing.T) {
	for _, row := range []struct {
		exception, message string
		reason             directory.Reason
	}{
		{"NotAuthorizedException", "Request not allowed due to security reasons.", directory.ReasonBlocked},
		{"NotAuthorizedException", "Password attempts exceeded", directory.ReasonLocked},
		{"NotAuthorizedException", "User is disabled.", directory.ReasonDisabled},
		{"UserLambdaValidationException", "PreAuthentication failed with error no.", directory.ReasonRule},
		{"UserNotConfirmedException", "User is not confirmed.", directory.ReasonUnconfirmed},
		{"PasswordResetRequiredException", "Password reset required for the user", directory.ReasonReset},
	} {
		t.Run(row.exception+" "+row.message, func(t *testing.T) {
			pool, d := choosing(t, func(u *cognitotest.User) { u.Phone = "+442079460000" })
			got, err := d.Authenticate(t.Context(), passwordless(login))
			choice := kept(t, got, err)
			for _, c := range []directory.Challenge{
				next(t, d, choice, directory.Answer{Choice: "PASSWORD"}),
				next(t, d, choice, directory.Answer{Choice: "EMAIL_OTP"}),
			} {
				pool.Inject(cognitotest.Fault{Exception: row.exception, Message: row.message})
				_, err := d.Respond(t.Context(), c, directory.Answer{Code: redact.New("12345678"), Password: redact.New(password)})
				wantOnly(t, err, directory.ErrBadCredentials)
				if refusal, ok := errors.AsType[*directory.Refusal](err); !ok || refusal.Reason != row.reason {
					t.Errorf("%s: got %v, want the reason %s", c.Kind, err, row.reason)
				}
				pool.Inject(cognitotest.Fault{})
			}
		})
	}
}

// Any password leads there.
func TestAPasswordForAnAccountWithoutOneLooksWrong(t *testing.T) {
	answer := func(challenge string, available ...string) cognitotest.Fault {
		body, _ := json.Marshal(map[string]any{"ChallengeName": challenge, "AvailableChallenges": available, "Session": "a-session-of-20-chars"})
		return cognitotest.Fault{Operation: "AdminInitiateAuth", Body: string(body)}
	}
	for _, row := range []struct {
		name  string
		user  func(*cognitotest.User)
		fault cognitotest.Fault
	}{
		{name: "with a choice of codes", user: func(u *cognitotest.User) { u.Password, u.Phone = "", "+442079460000" }},
		{name: "with a code alone", user: func(u *cognitotest.User) { u.Password = "" }},
		{name: "with codes by SMS alone", fault: answer("SMS_OTP")},
		{name: "with codes by email alone", fault: answer("EMAIL_OTP", "EMAIL_OTP")},
		{name: "with a passkey alone", fault: answer("WEB_AUTHN", "WEB_AUTHN")},
		{name: "by SRP alone", fault: answer("PASSWORD_SRP", "PASSWORD_SRP")},
		{name: "with a choice that is empty", fault: answer("SELECT_CHALLENGE")},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.user == nil {
				row.user = func(*cognitotest.User) {}
			}
			pool, d := choosing(t, row.user)
			pool.Inject(row.fault)
			got, err := d.Authenticate(t.Context(), typed(login, "anything"))
			wantOnly(t, err, directory.ErrBadCredentials)
			if refusal, ok := errors.AsType[*directory.Refusal](err); !ok || refusal.Reason != directory.ReasonUnspecified || refusal.Cause != nil {
				t.Errorf("got %v, want a refusal as for a wrong password", err)
			}
			if got != (directory.Outcome{}) || pool.Requests() != 1 {
				t.Errorf("beside it %+v, after %d calls", got, pool.Requests())
			}
		})
	}
}

// Whoever is asked for the password once more must not fall through, either.
func TestAPasswordThatLeadsToAFirstFactorAfterAllLooksWrong(t *testing.T) {
	pool, _ := choosing(t, func(*cognitotest.User) {})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		kind := "SELECT_CHALLENGE"
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".AdminInitiateAuth") {
			kind = "PASSWORD"
		}
		_, _ = w.Write([]byte(`{"ChallengeName":"` + kind + `","Session":"a-session-of-20-chars","ChallengeParameters":{}}`))
	}))
	defer front.Close()
	config := configFor(pool, cognitotest.Config{ClientSecret: "shhh"})
	config.Flow, config.AWS.BaseEndpoint = "USER_AUTH", aws.String(front.URL)
	_, err := open(t, config).Authenticate(t.Context(), typed(login, password))
	wantOnly(t, err, directory.ErrBadCredentials)
}

// What only an account can meet tells that there is one.
func TestWithoutAPasswordNoErrorTellsOfTheAccount(t *testing.T) {
	for _, row := range []struct {
		exception, message string
		reason             directory.Reason
		cause              string
	}{
		{"LimitExceededException", "Attempt limit exceeded, please try after some time.", directory.ReasonLocked, ""},
		{"LimitExceededException", mailsUsedUp, directory.ReasonUnspecified, "let the pool send through Amazon SES"},
		{"TooManyFailedAttemptsException", "?", directory.ReasonLocked, ""},
		{"CodeDeliveryFailureException", "?", directory.ReasonUnspecified, "CodeDeliveryFailureException"},
		{"InvalidSmsRoleAccessPolicyException", "Role may not publish", directory.ReasonUnspecified, "Role may not publish"},
		{"InvalidSmsRoleTrustRelationshipException", "?", directory.ReasonUnspecified, "InvalidSmsRoleTrustRelationshipException"},
		{"InvalidEmailRoleAccessPolicyException", "?", directory.ReasonUnspecified, "InvalidEmailRoleAccessPolicyException"},
		{"UnexpectedLambdaException", "PreAuthentication failed", directory.ReasonUnspecified, "a trigger of the pool"},
		{"InvalidLambdaResponseException", "?", directory.ReasonUnspecified, "a trigger of the pool"},
		{"MFAMethodNotFoundException", "?", directory.ReasonUnspecified, "MFAMethodNotFoundException"},
		{"SoftwareTokenMFANotFoundException", "?", directory.ReasonUnspecified, "SoftwareTokenMFANotFoundException"},
		{"InvalidParameterException", "Something odd", directory.ReasonUnspecified, "InvalidParameterException"},
	} {
		t.Run(row.exception, func(t *testing.T) {
			pool, d := choosing(t, func(u *cognitotest.User) { u.Phone = "+442079460000" })
			got, err := d.Authenticate(t.Context(), passwordless(login))
			choice := kept(t, got, err)
			typing, reading := next(t, d, choice, directory.Answer{Choice: "PASSWORD"}), next(t, d, choice, directory.Answer{Choice: "EMAIL_OTP"})
			pool.Inject(cognitotest.Fault{Exception: row.exception, Message: row.message})
			_, starting := d.Authenticate(t.Context(), passwordless(login))
			_, choosing := d.Respond(t.Context(), choice, directory.Answer{Choice: "SMS_OTP"})
			_, typed := d.Respond(t.Context(), typing, directory.Answer{Password: redact.New(password)})
			_, read := d.Respond(t.Context(), reading, code("12345678"))
			for name, err := range map[string]error{"starting": starting, "choosing": choosing, "the password": typed, "the code": read} {
				wantOnly(t, err, directory.ErrBadCredentials)
				refusal, ok := errors.AsType[*directory.Refusal](err)
				if !ok || refusal.Reason != row.reason || (refusal.Cause != nil) != (row.cause != "") || !strings.Contains(err.Error(), row.cause) {
					t.Errorf("%s: got %v, want the reason %s and the cause %q", name, err, row.reason, row.cause)
				}
			}
		})
	}
}

// Everyone meets these.
func TestWithoutAPasswordTheRestIsTold(t *testing.T) {
	for exception, want := range map[string]error{
		"TooManyRequestsException": directory.ErrThrottled, "ForbiddenException": directory.ErrThrottled, "InternalErrorException": directory.ErrUnavailable,
		"AccessDeniedException": directory.ErrMisconfigured, "ResourceNotFoundException": directory.ErrMisconfigured,
	} {
		pool, d := choosing(t, func(u *cognitotest.User) { u.Phone = "+442079460000" })
		got, err := d.Authenticate(t.Context(), passwordless(login))
		choice := kept(t, got, err)
		pool.Inject(cognitotest.Fault{Exception: exception, Message: "?"})
		_, starting := d.Authenticate(t.Context(), passwordless(login))
		_, choosing := d.Respond(t.Context(), choice, directory.Answer{Choice: "SMS_OTP"})
		wantOnly(t, starting, want)
		wantOnly(t, choosing, want)
	}
}
