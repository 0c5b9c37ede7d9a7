package cognito

import (
	"errors"
	"strings"

	"deskpro-login/pkg/directory"
)

// signInError maps an exception of AdminInitiateAuth:
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminInitiateAuth.html
func signInError(err error) error {
	e, ok := exceptionOf(err)
	if !ok || misconfigured(e) {
		return signingIn.failed(err)
	}
	if refusal := e.refusal(); refusal != nil {
		return signingIn.refuse(e.ErrorCode(), refusal)
	}
	if e.aboutFlow() {
		return signingIn.with(directory.ErrMisconfigured, newQuiet(e))
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

// answerError maps an exception of AdminRespondToAuthChallenge and of
// VerifySoftwareToken, to what was sent:
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminRespondToAuthChallenge.html
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_VerifySoftwareToken.html
func answerError(err error, p pending, sent map[string]string) error {
	e, ok := exceptionOf(err)
	if !ok || misconfigured(e) {
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
		case e.says("invalid session"):
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
	if refusal := e.refusal(); refusal != nil {
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

// requestError maps an exception of ForgotPassword and of
// ResendConfirmationCode. With PreventUserExistenceErrors Cognito answers for
// an unknown login as if it had sent a code, or with InvalidParameterException:
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html
//
// So whatever only accounts that exist can meet is a refusal, even if it is the
// operator's to mend: it is the refusal's cause then, and in the log.
func requestError(doing action, err error) error {
	e, ok := exceptionOf(err)
	if !ok || e.aboutSecret() {
		return doing.failed(err)
	}
	code := e.ErrorCode()
	refusal := e.refusal()
	switch code {
	case "NotAuthorizedException", "InvalidParameterException":
		if refusal == nil {
			refusal = &directory.Refusal{Reason: directory.ReasonUnspecified}
		}
		refusal.Cause = e.whyNoCode()
	case "LimitExceededException", "TooManyFailedAttemptsException": // of the account
		refusal = &directory.Refusal{Reason: directory.ReasonLocked}
	case "CodeDeliveryFailureException", "InvalidEmailRoleAccessPolicyException",
		"InvalidSmsRoleAccessPolicyException", "InvalidSmsRoleTrustRelationshipException",
		"UnexpectedLambdaException", "InvalidLambdaResponseException":
		refusal = &directory.Refusal{Reason: directory.ReasonUnspecified, Cause: newQuiet(e)}
	}
	if refusal == nil {
		return doing.failed(err)
	}
	return doing.refuse(code, refusal)
}

// whyNoCode is what an operator can mend for an account, or nil.
func (e exception) whyNoCode() error {
	switch {
	case e.says("no registered/verified"):
		return errors.New("the account has no verified address or number to send a code to")
	case e.says("current state"):
		return errors.New("the account has its temporary password still, or none: send it a new one")
	case e.says("contact administrator"):
		return errors.New("the pool's AccountRecoverySetting leaves resetting passwords to administrators")
	case e.says("auto verification"):
		return errors.New("the pool verifies neither addresses nor numbers (AutoVerifiedAttributes)")
	}
	return nil
}

// codeError maps an exception of ConfirmForgotPassword and of ConfirmSignUp.
// Whatever depends on the account looks like a wrong code.
func codeError(doing action, err error, password string) error {
	e, ok := exceptionOf(err)
	if !ok || e.aboutSecret() {
		return doing.failed(err)
	}
	code := e.ErrorCode()
	switch code {
	case "InvalidPasswordException", "PasswordHistoryPolicyViolationException":
		return doing.because(code, e.unfit(password))
	case "InvalidParameterException":
		if password != "" && e.says("password") {
			return doing.because(code, &directory.UnfitPassword{})
		}
		return doing.because(code, directory.ErrWrongCode)
	case "CodeMismatchException", "ExpiredCodeException", "UserNotFoundException", "NotAuthorizedException",
		"UserNotConfirmedException", "PasswordResetRequiredException", "AliasExistsException", "UserLambdaValidationException",
		"TooManyFailedAttemptsException", "LimitExceededException":
		return doing.because(code, directory.ErrWrongCode)
	}
	return doing.failed(err)
}

// maxPolicy bounds a sentence of a pool's policy.
const maxPolicy = 200

// unfit has what Cognito says that a password must be: "Password did not
// conform with policy: Password not long enough".
func (e exception) unfit(password string) *directory.UnfitPassword {
	message := e.ErrorMessage()
	if password == "" || strings.Contains(message, password) {
		return &directory.UnfitPassword{}
	}
	if _, policy, ok := strings.Cut(message, "with policy: "); ok {
		message = policy
	}
	return &directory.UnfitPassword{Policy: visible(message, maxPolicy)}
}
