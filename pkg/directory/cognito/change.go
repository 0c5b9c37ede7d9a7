package cognito

import (
	"cmp"
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"deskpro-login/pkg/directory"
)

// The challenges that are not Cognito's but ours, once it has let a person in.
const (
	changePassword = "CHANGE_PASSWORD"
	addApp         = "ADD_SOFTWARE_TOKEN"
	removeApp      = "REMOVE_SOFTWARE_TOKEN"
)

// enter is for whom the pool has let in: they have come in, or what they came for
// besides comes first. What the pool does not offer they come in without.
func (d *Directory) enter(ctx context.Context, doing action, result types.AuthenticationResultType, p pending) (directory.Outcome, error) {
	user, err := d.user(aws.ToString(result.IdToken))
	if err != nil {
		return directory.Outcome{}, err
	}
	user.Factor = p.App || p.Enrolled
	c := directory.Challenge{Subject: user.ID}
	switch {
	case p.Want == directory.WantPassword && !p.Fresh:
		c.Kind, c.Step = changePassword, directory.StepNewPassword
	// Who has an app cannot begin with a code alone any more. Without a password
	// they would be locked out.
	// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html
	case p.Want == directory.WantFactor && !p.Enrolled && p.Typed:
		c.Kind, c.Step, c.Medium = addApp, directory.StepSetup, directory.MediumApp
	case p.Want == directory.WantNoFactor && p.App:
		c.Kind, c.Step = removeApp, directory.StepRemove
	default:
		return directory.Outcome{User: user}, nil
	}
	token := aws.ToString(result.AccessToken)
	if token == "" {
		return directory.Outcome{}, doing.unavailable(errors.New("answer has no access token"))
	}
	if c.Step == directory.StepSetup {
		c.Key, _, err = d.newKey(ctx, doing, cip.AssociateSoftwareTokenInput{AccessToken: aws.String(token)})
		switch {
		case errors.Is(err, directory.ErrNoFactor): // the pool has no apps
			return directory.Outcome{User: user}, nil
		case err != nil:
			return directory.Outcome{}, err
		}
	}
	p.Session, p.Entered = "", &entered{Token: sealed(token), User: *user}
	return directory.Outcome{Challenge: p.posed(c)}, nil
}

// change answers a challenge of enter's.
func (d *Directory) change(ctx context.Context, c directory.Challenge, p pending, a directory.Answer) (directory.Outcome, error) {
	switch c.Kind {
	case changePassword:
		return d.changePassword(ctx, p, a)
	case addApp:
		return d.addApp(ctx, c, p, a)
	case removeApp:
		return d.removeApp(ctx, p)
	}
	return directory.Outcome{}, changing.over("a challenge that Cognito did not pose")
}

// changePassword sends the password of this sign-in with the new one. Who came by
// a code has typed none, which is right if they have none.
func (d *Directory) changePassword(ctx context.Context, p pending, a directory.Answer) (directory.Outcome, error) {
	password := a.Password.Reveal()
	if !fitPassword(password) {
		return directory.Outcome{}, changing.because("unsent", &directory.UnfitPassword{})
	}
	in := &cip.ChangePasswordInput{AccessToken: p.Entered.token(), ProposedPassword: aws.String(password)}
	if p.Password != "" {
		in.PreviousPassword = aws.String(string(p.Password))
	}
	if _, err := d.changeIt(ctx, in); err != nil {
		return p.Entered.perhaps(changeError(err, password))
	}
	return p.Entered.changed(), nil
}

// addApp takes two calls. The first has registered the app, in place of the one
// before: where the second fails, the challenge beside the error goes on from
// there.
func (d *Directory) addApp(ctx context.Context, c directory.Challenge, p pending, a directory.Answer) (directory.Outcome, error) {
	if !p.Verified {
		code, ok := digitsOf(a.Code, appDigits, appDigits)
		if !ok {
			return directory.Outcome{}, changing.because("unsent", directory.ErrWrongCode)
		}
		out, err := d.verify(ctx, &cip.VerifySoftwareTokenInput{AccessToken: p.Entered.token(), UserCode: aws.String(code)})
		if err != nil {
			return p.Entered.perhaps(changeError(err, ""))
		}
		if out.Status != types.VerifySoftwareTokenResponseTypeSuccess {
			return directory.Outcome{}, changing.because("status "+visible(string(out.Status), maxPromptName), directory.ErrWrongCode)
		}
		p.Verified = true
	}
	if err := d.preferApp(ctx, p, true); err != nil {
		return directory.Outcome{Challenge: p.posed(c), Changed: p.Entered.User.ID}, changeError(err, "")
	}
	p.Entered.User.Factor = true
	return p.Entered.changed(), nil
}

// removeApp turns the app off. "You can't turn off TOTP MFA for any of your users
// when MFA is required in your user pool", AWS documents, but not by which
// exception: nothing else in the call could be an invalid parameter. A pool that
// took it all the same would pose MFA_SETUP at the next sign-in.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SoftwareTokenMfaSettingsType.html
func (d *Directory) removeApp(ctx context.Context, p pending) (directory.Outcome, error) {
	err := d.preferApp(ctx, p, false)
	e, found := exceptionOf(err)
	switch {
	case found && e.ErrorCode() == "InvalidParameterException" && e.says("not set up", "not verified"):
		// Somebody was faster: there is none.
	case found && e.ErrorCode() == "InvalidParameterException":
		return directory.Outcome{}, changing.because(e.ErrorCode(), directory.ErrFactorRequired)
	case err != nil:
		return p.Entered.perhaps(changeError(err, ""))
	}
	p.Entered.User.Factor = false
	return p.Entered.changed(), nil
}

// changeError maps an exception of a call by access token, to the new password
// that was sent, if any:
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ChangePassword.html
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserMFAPreference.html
func changeError(err error, proposed string) error {
	e, ok := exceptionOf(err)
	if !ok || e.misconfigured() {
		return changing.failed(err)
	}
	code := e.ErrorCode()
	switch code {
	case "CodeMismatchException", "EnableSoftwareTokenMFAException":
		return changing.because(code, directory.ErrWrongCode)
	case "InvalidPasswordException", "PasswordHistoryPolicyViolationException":
		return changing.because(code, e.unfit(proposed))
	case "InvalidParameterException":
		// Of the present one, which was right a moment ago, it says previousPassword.
		if proposed != "" && e.says("password") && !e.says("previouspassword") {
			return changing.because(code, &directory.UnfitPassword{})
		}
	}
	if e.lostToken() {
		return changing.over(code)
	}
	if refusal := e.refusal(); refusal != nil {
		return changing.refuse(code, refusal)
	}
	return changing.failed(err)
}

func (e *entered) token() *string { return aws.String(string(e.Token)) }

func (e *entered) changed() directory.Outcome {
	return directory.Outcome{User: &e.User, Changed: e.User.ID}
}

// perhaps is the outcome of a change that failed with err: whether it was made is
// not known if that is ErrUnavailable.
func (e *entered) perhaps(err error) (directory.Outcome, error) {
	if errors.Is(err, directory.ErrUnavailable) {
		return directory.Outcome{Changed: e.User.ID}, err
	}
	return directory.Outcome{}, err
}

// after is the course of a sign-in once sent has answered challenge rightly.
func (c course) after(challenge string, sent map[string]string) course {
	switch challenge {
	case newPasswordChallenge:
		c.Fresh, c.Password = true, ""
	case appChallenge:
		c.App = true
	case setupChallenge:
		c.Enrolled = true
	}
	return c.typed(sent["PASSWORD"])
}

// typed is the course once a password, if any, was right.
func (c course) typed(password string) course {
	c.Typed = c.Typed || password != ""
	if c.Want == directory.WantPassword {
		c.Password = cmp.Or(sealed(password), c.Password)
	}
	return c
}
