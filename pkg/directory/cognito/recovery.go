package cognito

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/redact"
)

// RequestReset implements directory.Recovery.
func (d *Directory) RequestReset(ctx context.Context, login string, from directory.Client) error {
	login = strings.TrimSpace(login)
	if !possibleLogin(login) {
		return resetting.refuse("unsent", &directory.Refusal{Reason: directory.ReasonUnspecified})
	}
	hash, err := d.secretHash(ctx, resetting, login)
	if err != nil {
		return err
	}
	if _, err := d.forgot(ctx, &cip.ForgotPasswordInput{
		ClientId: aws.String(d.clientID), Username: aws.String(login),
		SecretHash: hash, UserContextData: d.userContextData(from),
	}); err != nil {
		return requestError(resetting, err)
	}
	return nil
}

// Reset implements directory.Recovery.
//
// Cognito looks at the account before the password's policy, or after it: that
// is not documented. If before, then ErrUnfitPassword tells that there is an
// account, of whom it is asked for with a bad password; nothing here could hide
// it but never to say what is wrong with a password. ErrBadCredentials is that
// of Confirm, and the new password is set.
func (d *Directory) Reset(ctx context.Context, login string, code, password redact.Secret, from directory.Client) (string, error) {
	login = strings.TrimSpace(login)
	typed := unspaced(code)
	switch {
	case !possibleLogin(login), !possible(typed, maxCode):
		return "", resetting.because("unsent", directory.ErrWrongCode)
	case !fitPassword(password.Reveal()):
		return "", resetting.because("unsent", &directory.UnfitPassword{})
	}
	hash, err := d.secretHash(ctx, resetting, login)
	if err != nil {
		return "", err
	}
	if _, err := d.reset(ctx, &cip.ConfirmForgotPasswordInput{
		ClientId: aws.String(d.clientID), Username: aws.String(login),
		ConfirmationCode: aws.String(typed), Password: aws.String(password.Reveal()),
		SecretHash: hash, UserContextData: d.userContextData(from),
	}); err != nil {
		return "", codeError(resetting, err, password.Reveal())
	}
	return d.userID(ctx, login), nil
}

// userID returns the ID of the account whose password was set just now. Without
// it the sessions of the old password live on until the person signs in: that
// is not worth an error.
func (d *Directory) userID(ctx context.Context, login string) string {
	out, err := d.look(ctx, &cip.AdminGetUserInput{UserPoolId: aws.String(d.poolID), Username: aws.String(login)})
	if err != nil {
		return ""
	}
	token := map[string]any{"cognito:username": aws.ToString(out.Username)}
	for _, a := range out.UserAttributes {
		token[aws.ToString(a.Name)] = aws.ToString(a.Value)
	}
	user, _, err := d.mapping.User(token, nil)
	if err != nil {
		return ""
	}
	return user.ID
}

// RequestConfirmation implements directory.Recovery.
func (d *Directory) RequestConfirmation(ctx context.Context, login string, from directory.Client) error {
	login = strings.TrimSpace(login)
	if !possibleLogin(login) {
		return confirming.refuse("unsent", &directory.Refusal{Reason: directory.ReasonUnspecified})
	}
	hash, err := d.secretHash(ctx, confirming, login)
	if err != nil {
		return err
	}
	if _, err := d.resend(ctx, &cip.ResendConfirmationCodeInput{
		ClientId: aws.String(d.clientID), Username: aws.String(login),
		SecretHash: hash, UserContextData: d.userContextData(from),
	}); err != nil {
		return requestError(confirming, err)
	}
	return nil
}

// Confirm implements directory.Recovery. It never takes an address away from
// the account that has it (ForceAliasCreation).
//
// ErrBadCredentials comes where another account has the address already, or
// where a trigger refuses what was just done. To the person both must look like
// a wrong code, and the way on is the same: to sign in. Whoever shows it says
// so, of a wrong code as well.
func (d *Directory) Confirm(ctx context.Context, login string, code redact.Secret, from directory.Client) error {
	login = strings.TrimSpace(login)
	typed := unspaced(code)
	if !possibleLogin(login) || !possible(typed, maxCode) {
		return confirming.because("unsent", directory.ErrWrongCode)
	}
	hash, err := d.secretHash(ctx, confirming, login)
	if err != nil {
		return err
	}
	if _, err := d.confirm(ctx, &cip.ConfirmSignUpInput{
		ClientId: aws.String(d.clientID), Username: aws.String(login), ConfirmationCode: aws.String(typed),
		SecretHash: hash, UserContextData: d.userContextData(from),
	}); err != nil {
		return codeError(confirming, err, "")
	}
	return nil
}
