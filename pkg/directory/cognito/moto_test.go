package cognito_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"deskpro-login/pkg/awsenv"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/cognito"
	"deskpro-login/pkg/realpart"
	"deskpro-login/pkg/redact"
)

// moto's tokens, challenges and errors were not made by us. It is no proof of a
// security property: it checks neither SECRET_HASH (but with a code) nor the
// flows allowed, and takes any code. An authenticator cannot be set up: it
// sends MFAS_CAN_SETUP as a list, where AWS's API has text.
func TestSmokeAgainstMoto(t *testing.T) {
	pool := inMoto(t)
	d, ctx := pool.directory, t.Context()

	c := challenged(t, d, "Temporary-1!")
	if c.Step != directory.StepNewPassword {
		t.Fatalf("challenge = %+v, want a new password", c)
	}
	_, err := d.Respond(ctx, c, directory.Answer{Password: redact.New("short")})
	wantOnly(t, err, directory.ErrUnfitPassword)
	wantMara(t, d, c, directory.Answer{Password: redact.New(password)})

	got, err := d.Authenticate(ctx, typed(login, password))
	if err != nil || got.User == nil || got.User.Name != "Mara Ó Briain" || len(got.User.Groups) != 1 {
		t.Errorf("user = %+v, %v", got.User, err)
	}
	_, err = d.Authenticate(ctx, typed(login, "wrong"))
	wantOnly(t, err, directory.ErrBadCredentials)
	_, err = d.Authenticate(ctx, typed("nobody@example.com", password))
	wantOnly(t, err, directory.ErrBadCredentials)

	if err := d.RequestReset(ctx, login, browser); err != nil {
		t.Errorf("RequestReset: %v", err)
	}
	if _, err := d.Reset(ctx, login, redact.New("123 456"), redact.New(newPassword), browser); err != nil {
		t.Errorf("Reset: %v", err)
	}

	pool.enrol(t, newPassword)
	pool.must(pool.admin.AdminSetUserMFAPreference(ctx, &cip.AdminSetUserMFAPreferenceInput{
		UserPoolId: pool.id, Username: aws.String(login), SMSMfaSettings: &types.SMSMfaSettingsType{Enabled: true, PreferredMfa: true},
	}))
	c = challenged(t, d, newPassword)
	if c.Kind != "SMS_MFA" || c.Step != directory.StepCode || c.Medium != directory.MediumSMS {
		t.Fatalf("challenge = %+v, want a code", c)
	}
	wantMara(t, d, c, code("123456"))

	pool.must(pool.admin.AdminSetUserMFAPreference(ctx, &cip.AdminSetUserMFAPreferenceInput{
		UserPoolId: pool.id, Username: aws.String(login), SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{Enabled: true, PreferredMfa: true},
	}))
	c = challenged(t, d, newPassword)
	if c.Kind != "SOFTWARE_TOKEN_MFA" || c.Medium != directory.MediumApp {
		t.Fatalf("challenge = %+v, want an app's code", c)
	}
	wantMara(t, d, c, code("123456"))
}

func TestChangingAgainstMoto(t *testing.T) {
	d := inMoto(t).directory
	wantMara(t, d, challenged(t, d, "Temporary-1!"), directory.Answer{Password: redact.New(password)})

	c := asked(t, d, directory.WantPassword)
	_, err := d.Respond(t.Context(), c, directory.Answer{Password: redact.New("short")})
	wantOnly(t, err, directory.ErrUnfitPassword)
	got, err := d.Respond(t.Context(), c, directory.Answer{Password: redact.New(newPassword)})
	if err != nil || got.User == nil || got.Changed != got.User.ID {
		t.Fatalf("a new password: %+v, %v", got, err)
	}
	wanted := func(want directory.Want) directory.Challenge {
		t.Helper()
		credentials := typed(login, newPassword)
		credentials.Want = want
		got, err := d.Authenticate(t.Context(), credentials)
		c := kept(t, got, err)
		if c.Kind == "SOFTWARE_TOKEN_MFA" {
			c = next(t, d, c, code("123456"))
		}
		return c
	}
	got, err = d.Respond(t.Context(), wanted(directory.WantFactor), code("123456"))
	if err != nil || got.User == nil || !got.User.Factor {
		t.Fatalf("an app: %+v, %v", got, err)
	}
	got, err = d.Respond(t.Context(), wanted(directory.WantNoFactor), directory.Answer{})
	if err != nil || got.User == nil || got.User.Factor {
		t.Fatalf("no app: %+v, %v", got, err)
	}
	got, err = d.Authenticate(t.Context(), typed(login, newPassword))
	if err != nil || got.User == nil {
		t.Errorf("without the app: %+v, %v", got, err)
	}
}

func TestConfirmingAgainstMoto(t *testing.T) {
	pool := inMoto(t)
	d, ctx := pool.directory, t.Context()
	const address = "otto@example.com"
	pool.must(pool.admin.SignUp(ctx, &cip.SignUpInput{
		ClientId: pool.clientID, Username: aws.String(address), Password: aws.String(password), SecretHash: aws.String("unchecked"),
		UserAttributes: []types.AttributeType{{Name: aws.String("email"), Value: aws.String(address)}},
	}))
	if err := d.Confirm(ctx, address, redact.New("123456"), browser); err != nil {
		t.Errorf("Confirm: %v", err)
	}
}

func TestInspectingAgainstMoto(t *testing.T) {
	got, err := inMoto(t).directory.Inspect(t.Context())
	if err != nil || len(got) != 1 || !strings.Contains(got[0], "PreventUserExistenceErrors") {
		t.Errorf("problems = %q, %v, want that of the errors alone", got, err)
	}
}

type motoPool struct {
	directory    *cognito.Directory
	admin        *cip.Client
	id, clientID *string
	must         func(any, error)
}

// inMoto makes a pool with mara, who has a temporary password.
func inMoto(t *testing.T) motoPool {
	t.Helper()
	address := realpart.Address(t, "VERIFY_MOTO")
	config, err := awsenv.Config(func(name string) string {
		return map[string]string{
			"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "practice", "AWS_SECRET_ACCESS_KEY": "practice",
			"AWS_ENDPOINT_URL": address,
		}[name]
	})
	if err != nil {
		t.Fatalf("awsenv: %v", err)
	}
	admin, ctx := cip.NewFromConfig(config), t.Context()
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	pool, err := admin.CreateUserPool(ctx, &cip.CreateUserPoolInput{
		PoolName: aws.String("smoke"), UsernameAttributes: []types.UsernameAttributeType{types.UsernameAttributeTypeEmail},
	})
	must(pool, err)
	client, err := admin.CreateUserPoolClient(ctx, &cip.CreateUserPoolClientInput{
		ClientName: aws.String("login"), UserPoolId: pool.UserPool.Id, GenerateSecret: true,
		ExplicitAuthFlows: []types.ExplicitAuthFlowsType{types.ExplicitAuthFlowsTypeAllowAdminUserPasswordAuth},
		ReadAttributes:    []string{"email", "email_verified", "name"},
	})
	must(client, err)
	must(admin.AdminCreateUser(ctx, &cip.AdminCreateUserInput{
		UserPoolId: pool.UserPool.Id, Username: aws.String(login), MessageAction: types.MessageActionTypeSuppress,
		TemporaryPassword: aws.String("Temporary-1!"),
		UserAttributes: []types.AttributeType{
			{Name: aws.String("email"), Value: aws.String(login)},
			{Name: aws.String("email_verified"), Value: aws.String("true")},
			{Name: aws.String("name"), Value: aws.String("Mara Ó Briain")},
			{Name: aws.String("phone_number"), Value: aws.String("+442079460000")},
		},
	}))
	must(admin.CreateGroup(ctx, &cip.CreateGroupInput{UserPoolId: pool.UserPool.Id, GroupName: aws.String("agents")}))
	must(admin.AdminAddUserToGroup(ctx, &cip.AdminAddUserToGroupInput{
		UserPoolId: pool.UserPool.Id, Username: aws.String(login), GroupName: aws.String("agents"),
	}))
	d := open(t, cognito.Config{
		AWS: config, UserPoolID: *pool.UserPool.Id, ClientID: *client.UserPoolClient.ClientId,
		ClientSecret: given(*client.UserPoolClient.ClientSecret),
	})
	return motoPool{d, admin, pool.UserPool.Id, client.UserPoolClient.ClientId, must}
}

// enrol gives mara an authenticator, as an app of her own would.
func (p motoPool) enrol(t *testing.T, password string) {
	t.Helper()
	ctx := t.Context()
	in, err := p.admin.AdminInitiateAuth(ctx, &cip.AdminInitiateAuthInput{
		UserPoolId: p.id, ClientId: p.clientID, AuthFlow: types.AuthFlowTypeAdminUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": login, "PASSWORD": password},
	})
	p.must(in, err)
	if in.AuthenticationResult == nil {
		t.Fatalf("moto asks for %s", in.ChallengeName)
	}
	token := in.AuthenticationResult.AccessToken
	p.must(p.admin.AssociateSoftwareToken(ctx, &cip.AssociateSoftwareTokenInput{AccessToken: token}))
	p.must(p.admin.VerifySoftwareToken(ctx, &cip.VerifySoftwareTokenInput{AccessToken: token, UserCode: aws.String("123456")}))
}
