package cognito

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"deskpro-login/pkg/directory"
)

// Authenticate implements directory.Authenticator. It trims the login and sends
// it as typed otherwise: whether case counts is the pool's own setting (it does
// not, unless the pool was created so).
func (d *Directory) Authenticate(ctx context.Context, c directory.Credentials) (directory.Outcome, error) {
	login, password := strings.TrimSpace(c.Login), c.Password.Reveal()
	choosing := d.flow == types.AuthFlowTypeUserAuth
	passwordless := choosing && c.Passwordless
	if !possibleLogin(login) || !passwordless && !possiblePassword(password) {
		return directory.Outcome{}, &directory.Refusal{Reason: directory.ReasonUnspecified}
	}
	parameters, begun := map[string]string{"USERNAME": login}, course{Want: c.Want}
	if !passwordless {
		parameters["PASSWORD"], begun = password, begun.typed(password)
	}
	if choosing && !passwordless {
		parameters["PREFERRED_CHALLENGE"] = passwordChallenge
	}
	if err := d.addHash(ctx, signingIn, parameters); err != nil {
		return directory.Outcome{}, err
	}
	out, err := d.initiate(ctx, &cip.AdminInitiateAuthInput{
		AuthFlow:       d.flow,
		UserPoolId:     aws.String(d.poolID),
		ClientId:       aws.String(d.clientID),
		AuthParameters: parameters,
		ContextData:    contextData(c.Client),
	})
	if err != nil {
		return directory.Outcome{}, signInError(err, passwordless)
	}
	outcome, err := d.outcome(ctx, signingIn, answer{
		result: out.AuthenticationResult, challenge: string(out.ChallengeName),
		parameters: out.ChallengeParameters, available: out.AvailableChallenges, session: aws.ToString(out.Session),
	}, pending{Username: login, Unproved: passwordless, course: begun})
	if next := outcome.Challenge; err == nil && !passwordless && next != nil && next.Step == directory.StepPassword {
		// Asked for what was sent: whoever typed it need not type it twice.
		outcome, err = d.Respond(ctx, *next, directory.Answer{Password: c.Password, Client: c.Client})
	}
	if next := outcome.Challenge; err == nil && choosing && !passwordless && next != nil && unproved(*next) {
		// Any password brings that to an account that has none. Whoever has such
		// a one signs in without; to others it must look like a wrong password.
		return directory.Outcome{}, signingIn.refuse(next.Kind, &directory.Refusal{Reason: directory.ReasonUnspecified})
	}
	return outcome, err
}

// addHash adds what proves that we have the client's secret, over USERNAME.
func (d *Directory) addHash(ctx context.Context, doing action, parameters map[string]string) error {
	hash, err := d.secretHash(ctx, doing, parameters["USERNAME"])
	if hash != nil {
		parameters["SECRET_HASH"] = *hash
	}
	return err
}

// secretHash is over the username exactly as it is sent, and nil for a client
// without a secret:
// https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash
func (d *Directory) secretHash(ctx context.Context, doing action, username string) (*string, error) {
	if d.secret == nil {
		return nil, nil
	}
	secret, err := d.secret(ctx)
	if err != nil {
		return nil, doing.unavailable(fmt.Errorf("fetching the client's secret: %w", err))
	}
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte(username + d.clientID))
	return aws.String(base64.StdEncoding.EncodeToString(mac.Sum(nil))), nil
}
