package cognito_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"deskpro-login/pkg/awsenv"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/cognito"
	"deskpro-login/pkg/realpart"
)

// moto's tokens and errors were not made by us. It is no proof of a security
// property: it checks neither SECRET_HASH nor the flows allowed.
func TestSmokeAgainstMoto(t *testing.T) {
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
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}

	pool, err := admin.CreateUserPool(ctx, &cip.CreateUserPoolInput{
		PoolName: aws.String("smoke"), UsernameAttributes: []types.UsernameAttributeType{types.UsernameAttributeTypeEmail},
	})
	must(err)
	client, err := admin.CreateUserPoolClient(ctx, &cip.CreateUserPoolClientInput{
		ClientName: aws.String("login"), UserPoolId: pool.UserPool.Id, GenerateSecret: true,
		ExplicitAuthFlows: []types.ExplicitAuthFlowsType{types.ExplicitAuthFlowsTypeAllowAdminUserPasswordAuth},
		ReadAttributes:    []string{"email", "email_verified", "name"},
	})
	must(err)
	_, err = admin.AdminCreateUser(ctx, &cip.AdminCreateUserInput{
		UserPoolId: pool.UserPool.Id, Username: aws.String(login), MessageAction: types.MessageActionTypeSuppress,
		UserAttributes: []types.AttributeType{
			{Name: aws.String("email"), Value: aws.String(login)},
			{Name: aws.String("email_verified"), Value: aws.String("true")},
			{Name: aws.String("name"), Value: aws.String("Mara Ó Briain")},
		},
	})
	must(err)
	_, err = admin.AdminSetUserPassword(ctx, &cip.AdminSetUserPasswordInput{
		UserPoolId: pool.UserPool.Id, Username: aws.String(login), Password: aws.String(password), Permanent: true,
	})
	must(err)
	_, err = admin.CreateGroup(ctx, &cip.CreateGroupInput{UserPoolId: pool.UserPool.Id, GroupName: aws.String("agents")})
	must(err)
	_, err = admin.AdminAddUserToGroup(ctx, &cip.AdminAddUserToGroupInput{
		UserPoolId: pool.UserPool.Id, Username: aws.String(login), GroupName: aws.String("agents"),
	})
	must(err)

	d := open(t, cognito.Config{
		AWS: config, UserPoolID: *pool.UserPool.Id, ClientID: *client.UserPoolClient.ClientId,
		ClientSecret: given(*client.UserPoolClient.ClientSecret),
	})
	got, err := d.Authenticate(ctx, typed(login, password))
	must(err)
	if got.User == nil || got.User.Email != login || got.User.Name != "Mara Ó Briain" || len(got.User.Groups) != 1 {
		t.Errorf("user = %+v", got.User)
	}
	if _, err := d.Authenticate(ctx, typed(login, "wrong")); !errors.Is(err, directory.ErrBadCredentials) {
		t.Errorf("wrong password: %v, want ErrBadCredentials", err)
	}
}
