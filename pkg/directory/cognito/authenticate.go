package cognito

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/redact"
)

// The lengths in characters of UsernameType and PasswordType:
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminSetUserPassword.html
const (
	maxLogin    = 128
	maxPassword = 256
)

// Authenticate implements directory.Authenticator. It trims the login and sends
// it as typed otherwise: whether case counts is the pool's own setting (it does
// not, unless the pool was created so). Any challenge comes back by its name.
func (d *Directory) Authenticate(ctx context.Context, c directory.Credentials) (directory.Outcome, error) {
	login := strings.TrimSpace(c.Login)
	if !possible(login, c.Password.Reveal()) {
		return directory.Outcome{}, &directory.Refusal{Reason: directory.ReasonUnspecified}
	}
	parameters := map[string]string{"USERNAME": login, "PASSWORD": c.Password.Reveal()}
	if d.secret != nil {
		secret, err := d.secret(ctx)
		if err != nil {
			return directory.Outcome{}, unavailable(fmt.Errorf("fetching the client's secret: %w", err))
		}
		parameters["SECRET_HASH"] = d.secretHash(secret, login)
	}
	out, err := d.initiate(ctx, &cip.AdminInitiateAuthInput{
		AuthFlow:       types.AuthFlowTypeAdminUserPasswordAuth,
		UserPoolId:     aws.String(d.poolID),
		ClientId:       aws.String(d.clientID),
		AuthParameters: parameters,
	})
	if err != nil {
		return directory.Outcome{}, translate(err)
	}
	if out.ChallengeName != "" {
		return directory.Outcome{Challenge: &directory.Challenge{Kind: string(out.ChallengeName)}}, nil
	}
	if out.AuthenticationResult == nil || aws.ToString(out.AuthenticationResult.IdToken) == "" {
		return directory.Outcome{}, unavailable(errors.New("answer has neither a challenge nor an ID token"))
	}
	user, err := d.user(*out.AuthenticationResult.IdToken)
	if err != nil {
		return directory.Outcome{}, err
	}
	return directory.Outcome{User: user}, nil
}

// possible tells what Cognito could have stored at all. The rest would come
// back as an error about parameters that looks like our own mistake, or, not
// being UTF-8, would be changed on its way.
func possible(login, password string) bool {
	return login != "" && password != "" &&
		utf8.ValidString(login) && utf8.ValidString(password) &&
		utf8.RuneCountInString(login) <= maxLogin && utf8.RuneCountInString(password) <= maxPassword &&
		!strings.ContainsFunc(login, func(r rune) bool {
			return !unicode.In(r, unicode.L, unicode.M, unicode.S, unicode.N, unicode.P)
		})
}

// secretHash proves that the caller has the client's secret, over the username
// exactly as it is sent:
// https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash
func (d *Directory) secretHash(secret redact.Secret, username string) string {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte(username + d.clientID))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func unavailable(cause error) error {
	return fmt.Errorf("signing in with Cognito: %w: %w", directory.ErrUnavailable, cause)
}

// Respond implements directory.Authenticator.
func (d *Directory) Respond(context.Context, directory.Challenge, directory.Answer) (directory.Outcome, error) {
	return directory.Outcome{}, directory.ErrOver
}
