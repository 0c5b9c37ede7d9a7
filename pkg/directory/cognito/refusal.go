package cognito

import (
	"errors"
	"strings"

	"deskpro-login/pkg/directory"
)

// signInError maps an exception of AdminInitiateAuth, to what was sent:
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminInitiateAuth.html
func signInError(err error, passwordless bool) error {
	e, ok := exceptionOf(err)
	if !ok || e.aboutSecret() {
		return signingIn.failed(err)
	}
	if e.aboutFlow() {
		return signingIn.with(directory.ErrMisconfigured, newQuiet(e))
	}
	refusal := e.refusal()
	if passwordless || e.ErrorCode() == "InvalidParameterException" {
		refusal = e.unproved()
	}
	if refusal != nil {
		return signingIn.refuse(e.ErrorCode(), refusal)
	}
	return signingIn.failed(err)
}

// refusal is what everyone is told in the same words, or nil.
//
// Some of these look like further steps, but Cognito raises them before it
// looks at the password (aws-sdk-js issue 4608; a pre-authentication trigger
// too runs first; an imported user has no password at all). A page of their own
// would tell anyone which accounts exist, and the way on is the forgotten
// password. So would one for Cognito's lock-out of an account: an unknown login
// has none.
func (e exception) refusal() *directory.Refusal {
	reason := directory.Reason("")
	switch e.ErrorCode() {
	case "NotAuthorizedException":
		reason = directory.ReasonUnspecified
		switch {
		case e.says("attempts exceeded"):
			reason = directory.ReasonLocked
		case e.says("user is disabled"):
			reason = directory.ReasonDisabled
		case e.says("security reasons"):
			reason = directory.ReasonBlocked
		case e.says("temporary password has expired"):
			reason = directory.ReasonReset
		}
	case "UserNotFoundException":
		reason = directory.ReasonUnknown
	case "UserNotConfirmedException":
		reason = directory.ReasonUnconfirmed
	case "PasswordResetRequiredException":
		reason = directory.ReasonReset
	case "UserLambdaValidationException":
		reason = directory.ReasonRule
	default:
		return nil
	}
	return &directory.Refusal{Reason: reason}
}

// unproved is the refusal that stands for what only an account that exists can
// meet, or some login can provoke, while nothing is proved yet. Any other answer
// would tell the one, or let everyone call an operator by the other. What is to
// be mended is its cause. It is nil for what every login meets.
func (e exception) unproved() *directory.Refusal {
	if refusal := e.refusal(); refusal != nil {
		return refusal
	}
	refusal := &directory.Refusal{Reason: directory.ReasonUnspecified}
	switch e.ErrorCode() {
	case "LimitExceededException", "TooManyFailedAttemptsException": // of the account
		if !e.mailsUsedUp() {
			refusal.Reason = directory.ReasonLocked
			return refusal
		}
		refusal.Cause = errors.New("the mails that Cognito sends by itself are used up for today: let the pool send through Amazon SES")
	case "InvalidParameterException":
		refusal.Cause = e.whyNoCode()
	case "CodeDeliveryFailureException", "MFAMethodNotFoundException", "SoftwareTokenMFANotFoundException":
		refusal.Cause = newQuiet(e)
	default:
		if !e.aboutSending() {
			return nil
		}
		refusal.Cause = newQuiet(e)
	}
	return refusal
}

// answerError maps an exception of AdminRespondToAuthChallenge and of
// VerifySoftwareToken, to what was sent:
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminRespondToAuthChallenge.html
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_VerifySoftwareToken.html
func answerError(err error, p pending, sent map[string]string) error {
	e, ok := exceptionOf(err)
	if !ok || e.aboutSecret() {
		return answering.failed(err)
	}
	code := e.ErrorCode()
	switch code {
	case "CodeMismatchException", "EnableSoftwareTokenMFAException":
		return answering.because(code, directory.ErrWrongCode)
	case "ExpiredCodeException":
		if e.says("already been used") {
			return answering.because(code, directory.ErrSpentCode)
		}
		return answering.over(code) // nothing sends a new one
	case "InvalidPasswordException", "PasswordHistoryPolicyViolationException":
		return answering.because(code, e.unfit(sent["NEW_PASSWORD"]))
	case "AliasExistsException":
		return answering.because(code, directory.ErrUnfitAttribute)
	case "InvalidParameterException":
		switch {
		case sent["NEW_PASSWORD"] != "" && e.says("password"): // shorter than any policy allows
			return answering.because(code, &directory.UnfitPassword{})
		case hasAttributes(sent):
			return answering.because(code, directory.ErrUnfitAttribute)
		}
	case "NotAuthorizedException":
		switch {
		case e.lostSession():
			return answering.over(code)
		case hasAttributes(sent) && e.says("cannot modify"):
			return answering.because(code, directory.ErrUnfitAttribute)
		case !p.Unproved && e.says("attempts exceeded"):
			return answering.because(code, directory.ErrThrottled)
		case !p.Unproved && e.says("security reasons"):
			return answering.because(code, directory.ErrDenied)
		}
	case "UserLambdaValidationException":
		if !p.Unproved {
			return answering.because(code, directory.ErrDenied)
		}
	}
	refusal := e.refusal()
	if p.Unproved {
		refusal = e.unproved()
	}
	if refusal != nil {
		return answering.refuse(code, refusal)
	}
	return answering.failed(err)
}

func hasAttributes(sent map[string]string) bool {
	for name := range sent {
		if strings.HasPrefix(name, attributesPrefix) {
			return true
		}
	}
	return false
}
