package cognito

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"deskpro-login/pkg/directory"
)

// translate maps an exception of AdminInitiateAuth to a sentinel:
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminInitiateAuth.html
func translate(err error) error {
	exception, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return unavailable(withoutAnswer(err))
	}
	switch code := exception.ErrorCode(); code {
	case "NotAuthorizedException":
		return translateNotAuthorized(exception.ErrorMessage(), err)

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
		return throttled(err)
	}
	return unavailable(err)
}

// translateNotAuthorized goes by the message, because Cognito says all this
// with one type. The wording is not promised; an unknown one is a refusal.
func translateNotAuthorized(message string, err error) error {
	const code = "NotAuthorizedException"
	lower := strings.ToLower(message)
	switch {
	// The configuration is wrong, and so for every login. "Unable to verify
	// secret hash for client …", "… but SECRET_HASH was not received".
	case strings.Contains(lower, "secret hash"), strings.Contains(lower, "secret_hash"):
		return unavailable(err)
	// Cognito's lock-out of one account. An unknown login has none, so the
	// counters before this call must be no looser than Cognito's five failures
	// for this answer to tell nothing.
	case strings.HasPrefix(lower, "password attempts exceeded"):
		return throttled(err)
	case strings.HasPrefix(lower, "user is disabled"):
		return refuse(code, directory.ReasonDisabled)
	}
	return refuse(code, directory.ReasonUnspecified)
}

// refuse drops the exception's message: a trigger's author words it, and a
// migration trigger is handed the password.
func refuse(code string, reason directory.Reason) error {
	return fmt.Errorf("signing in with Cognito: %s: %w", code, &directory.Refusal{Reason: reason})
}

// withoutAnswer replaces the error of an answer that could not be decoded,
// because the SDK puts into it what it could not decode: perhaps a token.
func withoutAnswer(err error) error {
	if _, undecoded := errors.AsType[*smithy.DeserializationError](err); !undecoded {
		return err
	}
	status := 0
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		status = response.HTTPStatusCode()
	}
	return fmt.Errorf("decoding an answer of status %d", status)
}

func throttled(err error) error {
	return fmt.Errorf("signing in with Cognito: %w: %w", directory.ErrThrottled, err)
}
