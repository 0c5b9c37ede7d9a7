package cognito

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"

	"deskpro-login/pkg/awsenv"
	"deskpro-login/pkg/directory"
)

// action is what an error's text begins with. It makes errors in which exactly
// one of the directory's sentinels is found.
type action string

const (
	signingIn  action = "signing in with Cognito"
	answering  action = "answering Cognito's challenge"
	changing   action = "changing an account in Cognito"
	resetting  action = "resetting a password in Cognito"
	confirming action = "confirming an account in Cognito"
	inspecting action = "inspecting Cognito's app client"
)

// because drops the exception for its code, for quiet's reason.
func (doing action) because(code string, err error) error {
	return fmt.Errorf("%s: %s: %w", doing, code, err)
}

func (doing action) refuse(code string, refusal *directory.Refusal) error {
	return doing.because(code, refusal)
}

func (doing action) over(code string) error { return doing.because(code, directory.ErrOver) }

// with keeps the cause.
func (doing action) with(sentinel, cause error) error {
	return fmt.Errorf("%s: %w: %w", doing, sentinel, cause)
}

func (doing action) unavailable(cause error) error {
	return doing.with(directory.ErrUnavailable, cause)
}

// failed maps what no answer of a person's leads to, whatever the operation.
func (doing action) failed(err error) error {
	exception, ok := exceptionOf(err)
	if !ok {
		return doing.unavailable(awsenv.WithoutAnswer(err))
	}
	if exception.misconfigured() {
		return doing.with(directory.ErrMisconfigured, newQuiet(exception))
	}
	switch exception.ErrorCode() {
	case "TooManyRequestsException", "ThrottlingException", "RequestLimitExceeded",
		"LimitExceededException", "TooManyFailedAttemptsException",
		// AWS WAF, which can be in front of a pool, and whose rules some request
		// meets that another does not:
		// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-waf.html
		"ForbiddenException":
		return doing.with(directory.ErrThrottled, newQuiet(exception))
	case "MFAMethodNotFoundException", "SoftwareTokenMFANotFoundException":
		return doing.with(directory.ErrNoFactor, newQuiet(exception))
	}
	return doing.unavailable(newQuiet(exception))
}

// misconfigured tells what an operator has to mend. Most of it every login meets.
func (e exception) misconfigured() bool {
	switch e.ErrorCode() {
	// The caller's role, or its keys.
	case "AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException", "MissingAuthenticationTokenException",
		// The ids, the app client, the pool's plan and Region.
		"ResourceNotFoundException", "UnsupportedOperationException", "InvalidUserPoolConfigurationException",
		"FeatureUnavailableInTierException", "OperationNotEnabledException":
		return true
	}
	return e.aboutSecret() || e.aboutSending() || e.lacksScope()
}

// aboutSending: how the pool sends codes, and its triggers. For a login that
// does not exist there is nothing to send.
func (e exception) aboutSending() bool {
	switch e.ErrorCode() {
	case "InvalidSmsRoleAccessPolicyException", "InvalidSmsRoleTrustRelationshipException", "InvalidEmailRoleAccessPolicyException",
		"UnexpectedLambdaException", "InvalidLambdaResponseException":
		return true
	}
	return false
}

// exception is what Cognito answers instead of an answer.
type exception struct {
	smithy.APIError
	err error // that it was found in
}

func exceptionOf(err error) (exception, bool) {
	found, ok := errors.AsType[smithy.APIError](err)
	return exception{found, err}, ok
}

// says tells whether the message has one of these in it, in lower case. Cognito
// says much with one type; the wording is not promised.
func (e exception) says(texts ...string) bool {
	lower := strings.ToLower(e.ErrorMessage())
	for _, text := range texts {
		if strings.Contains(lower, text) {
			return true
		}
	}
	return false
}

// aboutSecret: "Unable to verify secret hash for client …", "Client … is
// configured with secret but SECRET_HASH was not received", "App client … is not
// configured for secret but secret hash was received".
func (e exception) aboutSecret() bool {
	switch e.ErrorCode() {
	case "NotAuthorizedException", "InvalidParameterException":
		return e.says("secret hash", "secret_hash", "secrethash")
	}
	return false
}

// quiet is an exception whose message is shown only where AWS alone words it
// and an operator needs it: of the others a trigger's author may word it, and a
// migration trigger is handed the password.
type quiet struct {
	text string
	err  error
}

func (e quiet) Error() string { return e.text }
func (e quiet) Unwrap() error { return e.err }

func newQuiet(e exception) quiet {
	switch code := e.ErrorCode(); code {
	case "UnexpectedLambdaException", "InvalidLambdaResponseException":
		return quiet{code + ": a trigger of the pool failed: see the log of its Lambda function", e.err}
	default:
		if e.lacksScope() {
			return quiet{code + ": " + e.ErrorMessage() + ": see what the pool's pre token generation trigger does to aws.cognito.signin.user.admin", e.err}
		}
		if e.misconfigured() || e.aboutFlow() || e.mailsUsedUp() || code == "ForbiddenException" {
			return quiet{code + ": " + e.ErrorMessage(), e.err}
		}
		return quiet{code, e.err}
	}
}

// aboutFlow: "Auth flow not enabled for this client", "Initiate Auth method not
// supported." A validation error may quote what was typed, whatever that says.
func (e exception) aboutFlow() bool {
	return e.ErrorCode() == "InvalidParameterException" && !e.says("validation error") &&
		e.says("auth flow", "flow not enabled", "flow is not enabled", "not supported")
}

// mailsUsedUp: "Exceeded daily email limit for the operation or the account. …",
// as seen in cognito-backup-restore issue 46.
func (e exception) mailsUsedUp() bool {
	return e.ErrorCode() == "LimitExceededException" && e.says("daily email limit")
}

// lostSession: "Invalid session for the user.", and more words for one that is
// used or expired.
func (e exception) lostSession() bool {
	return e.ErrorCode() == "NotAuthorizedException" && e.says("invalid session")
}

// lostToken: "Access Token has expired", "Access Token has been revoked", "Invalid
// Access Token".
func (e exception) lostToken() bool {
	return e.ErrorCode() == "NotAuthorizedException" && e.says("access token") && !e.lacksScope()
}

// lacksScope: "Access Token does not have required scopes". The API's tokens have
// the one that is required unless a trigger suppresses it.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
func (e exception) lacksScope() bool {
	return e.ErrorCode() == "NotAuthorizedException" && e.says("required scopes")
}
