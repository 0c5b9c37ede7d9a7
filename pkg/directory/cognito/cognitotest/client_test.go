package cognitotest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"deskpro-login/pkg/directory/cognito/cognitotest"
)

func (c caller) describe(t *testing.T) *types.UserPoolClientType {
	t.Helper()
	out, err := c.DescribeUserPoolClient(t.Context(), &cip.DescribeUserPoolClientInput{
		ClientId: aws.String(c.pool.ClientID()), UserPoolId: aws.String(c.pool.PoolID()),
	})
	if err != nil {
		t.Fatalf("DescribeUserPoolClient: %v", err)
	}
	return out.UserPoolClient
}

func TestTheClientIsDescribed(t *testing.T) {
	c := newCaller(t, cognitotest.Config{
		ClientSecret: "shhh", HideUnknown: true, PropagateContext: true, SessionLife: 10 * time.Minute,
		AuthFlows:    []string{"ALLOW_USER_AUTH", "ALLOW_CUSTOM_AUTH"},
		CallbackURLs: []string{"https://login.example.com/users/login/callback"}, LogoutURLs: []string{"https://login.example.com/users/logout"},
	})
	c.pool.Add(user(func(u *cognitotest.User) { u.Provider = "IdP" }))
	got := c.describe(t)
	for _, row := range []struct {
		name string
		ok   bool
	}{
		{"ids", *got.ClientId == c.pool.ClientID() && *got.UserPoolId == c.pool.PoolID()},
		{"secret", aws.ToString(got.ClientSecret) == "shhh"},
		{"flows", slices.Equal(got.ExplicitAuthFlows, []types.ExplicitAuthFlowsType{"ALLOW_USER_AUTH", "ALLOW_CUSTOM_AUTH"})},
		{"hiding", got.PreventUserExistenceErrors == types.PreventUserExistenceErrorTypesEnabled},
		{"context", aws.ToBool(got.EnablePropagateAdditionalUserContextData)},
		{"session", aws.ToInt32(got.AuthSessionValidity) == 10},
		{"tokens", aws.ToInt32(got.IdTokenValidity) == 60 && got.TokenValidityUnits.IdToken == types.TimeUnitsTypeMinutes},
		{"managed login", aws.ToBool(got.AllowedOAuthFlowsUserPoolClient) && slices.Equal(got.AllowedOAuthFlows, []types.OAuthFlowType{"code"}) && slices.Contains(got.AllowedOAuthScopes, "openid")},
		{"addresses", slices.Equal(got.CallbackURLs, []string{"https://login.example.com/users/login/callback"}) && slices.Equal(got.LogoutURLs, []string{"https://login.example.com/users/logout"})},
		{"providers", slices.Equal(got.SupportedIdentityProviders, []string{"COGNITO", "IdP"})},
	} {
		if !row.ok {
			t.Errorf("%s: %+v", row.name, got)
		}
	}
	plain := newCaller(t, cognitotest.Config{}).describe(t)
	if plain.ClientSecret != nil || aws.ToBool(plain.AllowedOAuthFlowsUserPoolClient) || plain.PreventUserExistenceErrors != types.PreventUserExistenceErrorTypesLegacy || aws.ToInt32(plain.AuthSessionValidity) != 3 {
		t.Errorf("a plain client: %+v", plain)
	}
}

// post makes a bare call and returns the type of its error.
func post(t *testing.T, pool *cognitotest.Server, operation string, change func(*http.Request)) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, *pool.AWS().BaseEndpoint+"/", strings.NewReader(`{"Surprise":1}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
	change(request)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.Header.Get("X-Amzn-ErrorType")
}

func TestMembersThatAreUnknownAreErrors(t *testing.T) {
	pool := cognitotest.Start(t, cognitotest.Config{})
	for _, operation := range []string{"ForgotPassword", "ConfirmForgotPassword", "ConfirmSignUp", "ResendConfirmationCode", "AssociateSoftwareToken", "VerifySoftwareToken", "ChangePassword", "SetUserMFAPreference"} {
		if got := post(t, pool, operation, func(*http.Request) {}); got != "SerializationException:" {
			t.Errorf("%s: %s", operation, got)
		}
	}
	for _, operation := range []string{"AdminInitiateAuth", "AdminRespondToAuthChallenge", "DescribeUserPoolClient"} {
		if got := post(t, pool, operation, func(*http.Request) {}); got != "MissingAuthenticationTokenException:" {
			t.Errorf("%s, unsigned: %s", operation, got)
		}
	}
}

// Only the Admin operations and this one ask who calls.
func TestOnlySomeCallsAreSigned(t *testing.T) {
	c := newCaller(t, cognitotest.Config{})
	config := c.pool.AWS()
	config.Credentials = aws.CredentialsProviderFunc(staticCredentials("AKIAOTHER", "other"))
	stranger := caller{Client: cip.NewFromConfig(config), pool: c.pool}
	c.pool.Add(mara())
	if _, err := stranger.forgot(t, login); err != nil {
		t.Errorf("ForgotPassword by a stranger: %v", err)
	}
	forged := func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAOTHER/x") }
	if got := post(t, c.pool, "ForgotPassword", forged); got != "UnrecognizedClientException:" {
		t.Errorf("ForgotPassword signed wrongly: %s", got)
	}
	_, err := stranger.DescribeUserPoolClient(t.Context(), &cip.DescribeUserPoolClientInput{
		ClientId: aws.String(c.pool.ClientID()), UserPoolId: aws.String(c.pool.PoolID()),
	})
	wantException(t, err, "UnrecognizedClientException: The security token included in the request is invalid.")
	_, err = stranger.SignUp(t.Context(), &cip.SignUpInput{ClientId: aws.String("x"), Username: aws.String("x"), Password: aws.String("x")})
	wantException(t, err, "UnknownOperationException: Unknown operation: SignUp")
}

func TestAFaultMeetsTheOperationThatItNames(t *testing.T) {
	c := newCaller(t, cognitotest.Config{})
	c.pool.Add(mara())
	c.pool.Inject(cognitotest.Fault{Operation: "ForgotPassword", Times: 1, Exception: "CodeDeliveryFailureException", Message: "no"})
	if _, err := c.initiate(t, login, password); err != nil {
		t.Errorf("another operation: %v", err)
	}
	_, err := c.forgot(t, login)
	wantException(t, err, "CodeDeliveryFailureException: no")
	if _, err := c.forgot(t, login); err != nil {
		t.Errorf("the second time: %v", err)
	}
}

// It would wait for itself if the pool were locked meanwhile.
func TestDeliverMayAskThePool(t *testing.T) {
	var c caller
	requests := 0
	c = newCaller(t, cognitotest.Config{Deliver: func(cognitotest.Message) { requests = c.pool.Requests() }})
	c.pool.Add(mara())
	if _, err := c.forgot(t, login); err != nil {
		t.Fatal(err)
	}
	if requests != 1 {
		t.Errorf("requests = %d, want 1", requests)
	}
}
