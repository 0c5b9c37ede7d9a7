package cognito_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/claims"
	"deskpro-login/pkg/directory/cognito"
	"deskpro-login/pkg/directory/cognito/cognitotest"
)

func TestAnAppClientIsInspected(t *testing.T) {
	type change func(client map[string]any, config *cognito.Config)
	set := func(name string, value any) change {
		return func(client map[string]any, _ *cognito.Config) { client[name] = value }
	}
	for _, row := range []struct {
		name   string
		change change
		// want is what each problem has in it, in their order.
		want []string
	}{
		{"in order", func(map[string]any, *cognito.Config) {}, nil},
		{"with the flow's older name", set("ExplicitAuthFlows", []string{"ADMIN_NO_SRP_AUTH"}), nil},
		{"without the flow", set("ExplicitAuthFlows", []string{"ALLOW_USER_SRP_AUTH"}), []string{"add ALLOW_ADMIN_USER_PASSWORD_AUTH"}},
		{"without the other flow", func(_ map[string]any, c *cognito.Config) { c.Flow = "USER_AUTH" }, []string{"add ALLOW_USER_AUTH"}},
		{"that tells who exists", set("PreventUserExistenceErrors", "LEGACY"), []string{"to ENABLED"}},
		{"that says nothing of that", set("PreventUserExistenceErrors", nil), []string{"to ENABLED"}},
		{"without our secret", set("ClientSecret", nil), []string{"the app client has none"}},
		{"with a secret that we lack", func(_ map[string]any, c *cognito.Config) { c.ClientSecret = nil }, []string{"but none is configured"}},
		{"that may read the standard attributes alone", set("ReadAttributes", nil), []string{"since its ReadAttributes name none, and not what becomes the attribute team: add"}},
		{"that may read them alone, with all that is needed", func(client map[string]any, c *cognito.Config) {
			client["ReadAttributes"], c.Attributes = nil, []string{"locale"}
		}, nil},
		{"that may read them alone, where more is mapped", func(client map[string]any, c *cognito.Config) {
			client["ReadAttributes"], c.Attributes = nil, []string{"unit"}
			c.Mapping, _ = claims.Parse([]string{"id=custom:staff_no", "groups=custom:roles", "name=custom:full", "first_name=custom:first", "unit=custom:unit"})
		}, []string{"what becomes the id, the groups, the name, the attribute unit:"}},
		{"whose groups a trigger makes", func(client map[string]any, c *cognito.Config) {
			c.Mapping, _ = claims.Parse([]string{"groups=roles", "id=staff"})
		}, nil},
		{"without a secret, though nothing is trusted", func(client map[string]any, c *cognito.Config) { client["ClientSecret"], c.ClientSecret = nil, nil }, nil},
		{"without a secret, and with claims to be trusted", func(client map[string]any, c *cognito.Config) {
			trusting(client, c)
			client["ClientSecret"], c.ClientSecret = nil, nil
		}, []string{"has no secret, so that its ID is all that people need to write their own attributes, and the mapping of claims trusts custom:roles (as groups), custom:staff_no (as id):"}},
		{"that writes what is trusted, for identity providers", func(client map[string]any, c *cognito.Config) {
			trusting(client, c)
			client["WriteAttributes"] = []string{"name", "custom:staff_no"}
		}, nil},
		{"that writes what is trusted, for whoever signs in by themselves", func(client map[string]any, c *cognito.Config) {
			trusting(client, c)
			client["WriteAttributes"] = []string{"name", "custom:staff_no"}
			client["ExplicitAuthFlows"] = []string{"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"}
		}, []string{"may write what the mapping of claims trusts, custom:staff_no (as id), and allows ALLOW_USER_AUTH, ALLOW_USER_PASSWORD_AUTH, ALLOW_USER_SRP_AUTH, ALLOW_CUSTOM_AUTH,"}},
		{"that writes what is trusted, with the flow that is wanted", func(client map[string]any, c *cognito.Config) {
			trusting(client, c)
			client["WriteAttributes"], c.Flow = []string{"custom:staff_no"}, "USER_AUTH"
			client["ExplicitAuthFlows"] = []string{"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH"}
		}, nil},
		{"that allows such a flow and writes nothing trusted", func(client map[string]any, c *cognito.Config) {
			trusting(client, c)
			client["WriteAttributes"] = []string{"name"}
			client["ExplicitAuthFlows"] = []string{"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"}
		}, nil},
		{"that allows such a flow and writes what everyone may", func(client map[string]any, c *cognito.Config) {
			c.Mapping, _ = claims.Parse([]string{"groups=profile"})
			client["ExplicitAuthFlows"] = []string{"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"}
		}, []string{"profile (as groups), and allows ALLOW_USER_SRP_AUTH,"}},
		{"that gives tokens to browsers", set("AllowedOAuthFlows", []string{"code", "implicit"}), []string{"take implicit out of its AllowedOAuthFlows"}},
		{"that gives them codes", set("AllowedOAuthFlows", []string{"code"}), nil},
		{"that may read all that is needed", set("ReadAttributes", []string{"email", "email_verified", "given_name", "family_name", "custom:team"}), nil},
		{"that may not read the name", set("ReadAttributes", []string{"email", "email_verified", "given_name", "custom:team"}), []string{"becomes the name:"}},
		{"that may read next to nothing", set("ReadAttributes", []string{"phone_number"}), []string{"the email address, whether that is verified, the name, the attribute team"}},
		{"that may read what is mapped", func(client map[string]any, c *cognito.Config) {
			client["ReadAttributes"] = []string{"custom:mail", "custom:mail_ok", "custom:full", "custom:groups"}
			c.Attributes = nil
			c.Mapping, _ = claims.Parse([]string{"email=custom:mail", "email_verified=custom:mail_ok", "name=custom:full", "groups=custom:groups"})
		}, nil},
		{"with all of it wrong", func(client map[string]any, c *cognito.Config) {
			clear(client)
			client["ReadAttributes"] = []string{"email"}
		}, []string{"ExplicitAuthFlows", "PreventUserExistenceErrors", "secret", "ReadAttributes"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			const secret = "the-secret-of-the-client"
			client := map[string]any{
				"ExplicitAuthFlows": []string{"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}, "PreventUserExistenceErrors": "ENABLED", "ClientSecret": secret,
				"ReadAttributes": []string{"email", "email_verified", "name", "custom:team"},
			}
			pool := cognitotest.Start(t, cognitotest.Config{})
			config := configFor(pool, cognitotest.Config{ClientSecret: secret})
			config.Attributes = []string{"team"}
			row.change(client, &config)
			body, err := json.Marshal(map[string]any{"UserPoolClient": client})
			if err != nil {
				t.Fatal(err)
			}
			pool.Inject(cognitotest.Fault{Operation: "DescribeUserPoolClient", Body: string(body)})
			got, err := open(t, config).Inspect(t.Context())
			if err != nil {
				t.Fatalf("Inspect: %v", err)
			}
			if len(got) != len(row.want) {
				t.Fatalf("problems = %q, want %q", got, row.want)
			}
			for i, want := range row.want {
				if !strings.Contains(got[i], want) {
					t.Errorf("problem %q lacks %q", got[i], want)
				}
			}
			if strings.Contains(fmt.Sprint(got), secret) {
				t.Errorf("problems show the secret: %q", got)
			}
		})
	}
}

// trusting maps what people must not write, which the client may read.
func trusting(client map[string]any, c *cognito.Config) {
	c.Mapping, _ = claims.Parse([]string{"id=custom:staff_no", "groups=custom:roles"})
	client["ReadAttributes"] = []string{"email", "email_verified", "name", "custom:team", "custom:staff_no", "custom:roles"}
}

func TestTheFakesOwnClientIsInspected(t *testing.T) {
	settings := cognitotest.Config{ClientSecret: "shhh", PropagateContext: true, AuthFlows: []string{"ALLOW_USER_AUTH"}}
	pool := cognitotest.Start(t, settings)
	config := configFor(pool, settings)
	config.Flow = "USER_AUTH"
	got, err := open(t, config).Inspect(t.Context())
	if err != nil || len(got) != 1 || !strings.Contains(got[0], "PreventUserExistenceErrors") {
		t.Errorf("problems = %q, %v, want that of the errors alone", got, err)
	}
}

func TestAnAppClientThatCannotBeRead(t *testing.T) {
	for _, row := range []struct {
		fault cognitotest.Fault
		want  error
	}{
		{cognitotest.Fault{Exception: "AccessDeniedException", Message: "not authorized to perform: cognito-idp:DescribeUserPoolClient"}, directory.ErrMisconfigured},
		{cognitotest.Fault{Body: `{}`}, directory.ErrUnavailable},
		{cognitotest.Fault{Body: `<html>`}, directory.ErrUnavailable},
	} {
		pool, d := start(t, cognitotest.Config{})
		pool.Inject(row.fault)
		got, err := d.Inspect(t.Context())
		wantOnly(t, err, row.want)
		if got != nil {
			t.Errorf("problems = %q beside an error", got)
		}
	}
}
