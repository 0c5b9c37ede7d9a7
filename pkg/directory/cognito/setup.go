package cognito

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"deskpro-login/pkg/directory"
)

// newKey begins setting up an authenticator, by a session or an access token: it
// returns its key and, by a session, the one that goes on from there. An app that
// the account has stays until the new one's code was right, as AWS documents by
// now; once it was turned off at once (amplify-js issue 1226).
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AssociateSoftwareToken.html
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html
func (d *Directory) newKey(ctx context.Context, doing action, in cip.AssociateSoftwareTokenInput) (key, next string, err error) {
	out, err := d.associate(ctx, &in)
	if err != nil {
		if e, ok := exceptionOf(err); ok && (e.lostSession() || e.lostToken()) {
			return "", "", doing.over(e.ErrorCode())
		}
		return "", "", doing.failed(err)
	}
	key = strings.TrimRight(aws.ToString(out.SecretCode), "=")
	next = aws.ToString(out.Session)
	if key == "" || next == "" && in.Session != nil {
		return "", "", doing.unavailable(errors.New("a new authenticator has no key or no session"))
	}
	return key, next, nil
}

// finishSetup takes two calls. Where the second fails the first has changed the
// account, and the challenge beside the error goes on from there.
func (d *Directory) finishSetup(ctx context.Context, c directory.Challenge, p pending, a directory.Answer) (directory.Outcome, error) {
	if !p.Verified {
		code, ok := digitsOf(a.Code, appDigits, appDigits)
		if !ok {
			return directory.Outcome{}, answering.because("unsent", directory.ErrWrongCode)
		}
		out, err := d.verify(ctx, &cip.VerifySoftwareTokenInput{Session: aws.String(p.Session), UserCode: aws.String(code)})
		if err != nil {
			return directory.Outcome{}, answerError(err, p, nil)
		}
		p.Session = cmp.Or(aws.ToString(out.Session), p.Session)
		p.Verified = out.Status == types.VerifySoftwareTokenResponseTypeSuccess
		if !p.Verified {
			return directory.Outcome{Challenge: p.posed(c)}, answering.because("status "+visible(string(out.Status), maxPromptName), directory.ErrWrongCode)
		}
	}
	outcome, err := d.send(ctx, p, map[string]string{}, a.Client)
	if err != nil {
		outcome.Challenge = p.posed(c)
	}
	return outcome, err
}
