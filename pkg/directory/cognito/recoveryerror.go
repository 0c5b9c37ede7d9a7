package cognito

import (
	"errors"
	"strings"

	"deskpro-login/pkg/directory"
)

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
	refusal := e.unproved()
	if refusal == nil {
		return doing.failed(err)
	}
	if e.ErrorCode() == "NotAuthorizedException" {
		refusal.Cause = e.whyNoCode()
	}
	return doing.refuse(e.ErrorCode(), refusal)
}

// whyNoCode is what an operator can mend for an account, or nil. What it does
// not know may be that, too.
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
	case e.ErrorCode() == "NotAuthorizedException", e.says("already confirmed"):
		return nil
	}
	return newQuiet(e)
}

// codeError maps an exception of ConfirmForgotPassword and of ConfirmSignUp.
// Whatever depends on the account looks like a wrong code. So does what comes
// after a right one, as long as AWS does not say that it comes after: a refusal
// tells the log of it.
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
		// Not "Cannot reset password for the user as there is no …".
		if password != "" && e.says("password") && !e.says("reset") {
			return doing.because(code, &directory.UnfitPassword{})
		}
		return doing.because(code, directory.ErrWrongCode)
	case "CodeMismatchException", "ExpiredCodeException", "UserNotFoundException", "NotAuthorizedException",
		"UserNotConfirmedException", "PasswordResetRequiredException",
		"TooManyFailedAttemptsException", "LimitExceededException":
		return doing.because(code, directory.ErrWrongCode)
	case "AliasExistsException":
		return doing.refuse(code, &directory.Refusal{
			Reason: directory.ReasonUnspecified,
			Cause:  errors.New("the address or number is another account's already, which its person can sign in with: delete this one"),
		})
	case "UserLambdaValidationException":
		// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-post-confirmation.html
		return doing.refuse(code, &directory.Refusal{
			Reason: directory.ReasonRule,
			Cause:  errors.New("a trigger of the pool refused it, which runs after it is done: people can sign in all the same"),
		})
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
