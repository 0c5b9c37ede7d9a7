package cognitotest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"deskpro-login/pkg/directory/cognito/cognitotest"
)

const newPassword = "Brand-New 7!"

// hash is the SecretHash of a call for username, nil for a client without one.
func (c caller) hash(username string) *string {
	if sum, ok := c.parameters(username)["SECRET_HASH"]; ok {
		return aws.String(sum)
	}
	return nil
}

func (c caller) forgot(t *testing.T, username string) (*types.CodeDeliveryDetailsType, error) {
	t.Helper()
	out, err := c.ForgotPassword(t.Context(), &cip.ForgotPasswordInput{
		ClientId: aws.String(c.pool.ClientID()), Username: aws.String(username), SecretHash: c.hash(username),
	})
	if err != nil {
		return nil, err
	}
	return out.CodeDeliveryDetails, nil
}

func (c caller) reset(t *testing.T, username, code, password string) error {
	t.Helper()
	_, err := c.ConfirmForgotPassword(t.Context(), &cip.ConfirmForgotPasswordInput{
		ClientId: aws.String(c.pool.ClientID()), Username: aws.String(username), SecretHash: c.hash(username),
		ConfirmationCode: aws.String(code), Password: aws.String(password),
	})
	return err
}

func (c caller) confirm(t *testing.T, username, code string) error {
	t.Helper()
	_, err := c.ConfirmSignUp(t.Context(), &cip.ConfirmSignUpInput{
		ClientId: aws.String(c.pool.ClientID()), Username: aws.String(username), SecretHash: c.hash(username),
		ConfirmationCode: aws.String(code),
	})
	return err
}

func (c caller) resend(t *testing.T, username string) (*types.CodeDeliveryDetailsType, error) {
	t.Helper()
	out, err := c.ResendConfirmationCode(t.Context(), &cip.ResendConfirmationCodeInput{
		ClientId: aws.String(c.pool.ClientID()), Username: aws.String(username), SecretHash: c.hash(username),
	})
	if err != nil {
		return nil, err
	}
	return out.CodeDeliveryDetails, nil
}

// wantDelivery wants "MEDIUM attribute destination".
func wantDelivery(t *testing.T, got *types.CodeDeliveryDetailsType, err error, want string) {
	t.Helper()
	if err != nil {
		t.Fatalf("got %v, want a delivery to %s", err, want)
	}
	if text := string(got.DeliveryMedium) + " " + *got.AttributeName + " " + *got.Destination; text != want {
		t.Errorf("delivery = %s, want %s", text, want)
	}
}

// wrong is a code of as many digits that is not code.
func wrong(code string) string {
	last := code[len(code)-1]
	return code[:len(code)-1] + string('0'+(last-'0'+1)%10)
}

// user is mara, changed.
func user(change func(*cognitotest.User)) cognitotest.User {
	u := mara()
	change(&u)
	return u
}
