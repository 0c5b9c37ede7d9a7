package cognito

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"

	"deskpro-login/pkg/awsenv"
	"deskpro-login/pkg/directory"
)

// translate maps an exception of AdminInitiateAuth to a sentinel:
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminInitiateAuth.html
func translate(err error) error {
	exception, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return unavailable(awsenv.WithoutAnswer(err))
	}
	switch code := exception.ErrorCode(); code {
	case "NotAuthorizedException":
		return translateNotAuthorized(exception, err)

	case "UserNotFoundException":
		return refuse(code, directory.ReasonUnknown)

	// These look like further steps, but Cognito raises them before it looks
	// at the password (aws-sdk-js issue 4608; a pre-authentication trigger too
	// runs first; an imported user has no password at all). A page of their
	// own would tell anyone which accounts exist, so they are refusals with
	// everyone's words, and the way on is the forgotten password. The code in
	// the error is for the log.
	case "UserNotConfirmedException", "PasswordResetRequiredException", "UserLambdaValidationException":
		return refuse(code, directory.ReasonUnspecified)

	case "TooManyRequestsException", "LimitExceededException", "TooManyFailedAttemptsException",
		"ThrottlingException", "RequestLimitExceeded":
		return throttled(newQuiet(exception, err))
	default:
		return unavailable(newQuiet(exception, err))
	}
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

func newQuiet(exception smithy.APIError, err error) quiet {
	code, message := exception.ErrorCode(), exception.ErrorMessage()
	switch {
	case code == "AccessDeniedException", code == "ResourceNotFoundException",
		code == "InvalidParameterException" && strings.Contains(message, "flow"),
		code == "NotAuthorizedException" && strings.Contains(message, "secret hash"):
		return quiet{code + ": " + message, err}
	}
	return quiet{code, err}
}

// translateNotAuthorized goes by the message, because Cognito says all this
// with one type. The wording is not promised; an unknown one is a refusal.
func translateNotAuthorized(exception smithy.APIError, err error) error {
	const code = "NotAuthorizedException"
	lower := strings.ToLower(exception.ErrorMessage())
	switch {
	// The configuration is wrong, and so for every login. "Unable to verify
	// secret hash for client …", "… but SECRET_HASH was not received".
	case strings.Contains(lower, "secret hash"), strings.Contains(lower, "secret_hash"):
		return unavailable(newQuiet(exception, err))
	// Cognito's lock-out of one account. An unknown login has none, so a page
	// of its own would tell which accounts exist.
	case strings.HasPrefix(lower, "password attempts exceeded"):
		return refuse(code, directory.ReasonLocked)
	case strings.HasPrefix(lower, "user is disabled"):
		return refuse(code, directory.ReasonDisabled)
	}
	return refuse(code, directory.ReasonUnspecified)
}

// refuse drops the exception, for quiet's reason.
func refuse(code string, reason directory.Reason) error {
	return fmt.Errorf("signing in with Cognito: %s: %w", code, &directory.Refusal{Reason: reason})
}

func throttled(err error) error {
	return fmt.Errorf("signing in with Cognito: %w: %w", directory.ErrThrottled, err)
}
