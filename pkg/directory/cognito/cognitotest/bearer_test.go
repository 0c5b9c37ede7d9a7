package cognitotest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"deskpro-login/pkg/directory/cognito/cognitotest"
)

const badToken = "NotAuthorizedException: Invalid Access Token"

// token is the access token of mara, signed in just now.
func (c caller) token(t *testing.T) string {
	t.Helper()
	p := c.begin(t, login)
	wantTokens(t, p, nil)
	return *p.result.AccessToken
}

// app sets the preference of a token's account, as JSON: the SDK leaves false out.
func (c caller) app(t *testing.T, token, settings string) error {
	t.Helper()
	body, err := json.Marshal(map[string]any{"AccessToken": token, "SoftwareTokenMfaSettings": json.RawMessage(settings)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.SetUserMFAPreference(t.Context(), &cip.SetUserMFAPreferenceInput{AccessToken: aws.String(token)}, func(o *cip.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Build.Add(middleware.BuildMiddlewareFunc("body", func(ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler) (middleware.BuildOutput, middleware.Metadata, error) {
				request, err := in.Request.(*smithyhttp.Request).SetStream(bytes.NewReader(body))
				in.Request = request
				if err != nil {
					return middleware.BuildOutput{}, middleware.Metadata{}, err
				}
				return next.HandleBuild(ctx, in)
			}), middleware.Before)
		})
	})
	return err
}

func (c caller) change(t *testing.T, token string, previous *string, proposed string) error {
	t.Helper()
	_, err := c.ChangePassword(t.Context(), &cip.ChangePasswordInput{
		AccessToken: aws.String(token), PreviousPassword: previous, ProposedPassword: aws.String(proposed),
	})
	return err
}

func (c caller) associate(t *testing.T, token string) (string, error) {
	t.Helper()
	out, err := c.AssociateSoftwareToken(t.Context(), &cip.AssociateSoftwareTokenInput{AccessToken: aws.String(token)})
	if err != nil {
		return "", err
	}
	return *out.SecretCode, nil
}

func (c caller) verify(t *testing.T, token, code string) error {
	t.Helper()
	out, err := c.VerifySoftwareToken(t.Context(), &cip.VerifySoftwareTokenInput{AccessToken: aws.String(token), UserCode: aws.String(code)})
	if err == nil && (out.Status != types.VerifySoftwareTokenResponseTypeSuccess || out.Session != nil) {
		t.Errorf("VerifySoftwareToken: %+v, want success and no session", out)
	}
	return err
}

func TestAnAccessTokenIsForItsOwnAccount(t *testing.T) {
	now := time.Now()
	c := newCaller(t, cognitotest.Config{ClientSecret: "shhh", Now: func() time.Time { return now }})
	c.pool.Add(mara())
	good := c.begin(t, login).result
	other := newCaller(t, cognitotest.Config{ClientID: "another1client2id"})
	other.pool.Add(mara())
	for _, row := range []struct{ name, token, want string }{
		{"an ID token", *good.IdToken, badToken},
		{"a token of another app client", other.token(t), badToken},
		{"a signature that is another's", (*good.AccessToken)[:strings.LastIndex(*good.AccessToken, ".")] + ".e30", badToken},
		{"no signature", "eyJhbGciOiJub25lIn0." + strings.Split(*good.AccessToken, ".")[1] + ".", badToken},
		{"no token at all", "e30", badToken},
		{"what has not the form of one", "a b", `InvalidParameterException: 1 validation error detected: Value at 'accessToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [A-Za-z0-9-_=.]+`},
	} {
		t.Run(row.name, func(t *testing.T) {
			wantException(t, c.change(t, row.token, aws.String(password), newPassword), row.want)
			wantException(t, c.app(t, row.token, turnedOn), row.want)
			_, err := c.associate(t, row.token)
			wantException(t, err, row.want)
			wantException(t, c.verify(t, row.token, "123456"), row.want)
		})
	}
	c.pool.Edit(t, login, func(u *cognitotest.User) { u.Disabled = true })
	wantException(t, c.change(t, *good.AccessToken, aws.String(password), newPassword), isDisabled)
	c.pool.Edit(t, login, func(u *cognitotest.User) { u.Disabled = false })
	now = now.Add(time.Hour)
	wantException(t, c.change(t, *good.AccessToken, aws.String(password), newPassword), "NotAuthorizedException: Access Token has expired")
	now = now.Add(-time.Second)
	if err := c.change(t, *good.AccessToken, aws.String(password), newPassword); err != nil {
		t.Errorf("a good one in its last second: %v", err)
	}
}

// Managed login's tokens have the scopes that were asked for.
func TestAnAccessTokenNeedsItsScope(t *testing.T) {
	b := open(t, nil)
	b.pool.Add(mara())
	tokens, err := b.exchange(t, b.form(b.code(t, login)))
	if err != nil {
		t.Fatal(err)
	}
	token, _ := tokens["access_token"].(string)
	c := caller{Client: cip.NewFromConfig(b.pool.AWS()), pool: b.pool}
	wantException(t, c.change(t, token, aws.String(password), newPassword), "NotAuthorizedException: Access Token does not have required scopes")
}

func TestAPasswordIsChanged(t *testing.T) {
	c := newCaller(t, cognitotest.Config{ClientSecret: "shhh"})
	c.pool.Add(mara())
	token := c.token(t)
	const wrongPrevious = "NotAuthorizedException: Incorrect username or password."
	wantException(t, c.change(t, token, aws.String("wrong"), newPassword), wrongPrevious)
	wantException(t, c.change(t, token, nil, newPassword), wrongPrevious)
	wantException(t, c.change(t, token, aws.String(password), "short"), "InvalidPasswordException: Password did not conform with policy: Password not long enough")
	if err := c.change(t, token, aws.String(password), newPassword); err != nil {
		t.Fatalf("ChangePassword: %v", err)
	}
	if _, err := c.initiate(t, login, newPassword); err != nil {
		t.Errorf("with the new password: %v", err)
	}
	_, err := c.initiate(t, login, password)
	wantException(t, err, wrongPrevious)
	wantException(t, c.change(t, token, aws.String(password), newPassword), wrongPrevious)
	wantException(t, c.change(t, token, aws.String(newPassword), password), "LimitExceededException: Attempt limit exceeded, please try after some time.")
}

func TestAFirstPasswordNeedsNone(t *testing.T) {
	c := newCaller(t, choosing(nil))
	c.pool.Add(user(func(u *cognitotest.User) { u.Password = "" }))
	p, err := c.choose(t, login)
	wantChallenge(t, p, err, types.ChallengeNameTypeEmailOtp)
	in, err := c.answerFor(t, p, login, "EMAIL_OTP_CODE", c.pool.Message(t, login).Code)
	wantTokens(t, in, err)
	wantException(t, c.change(t, *in.result.AccessToken, aws.String(password), newPassword), wrongLogin)
	if err := c.change(t, *in.result.AccessToken, nil, newPassword); err != nil {
		t.Errorf("ChangePassword: %v", err)
	}
}
