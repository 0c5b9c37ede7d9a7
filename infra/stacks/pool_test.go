package stacks_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// in puts a pool into the parameters.
func in(changes map[string]string) map[string]string {
	return with(with(bothDoors, map[string]string{"DirectoryKind": "cognito"}), changes)
}

func TestAPoolThatTheStackMakesIsSafeByDefault(t *testing.T) {
	s := newStack(t, in(nil))
	retained(t, "UserPool", s.resource("UserPool"))
	retained(t, "UserPoolClient", s.resource("UserPoolClient"))
	pool, client := s.properties("UserPool"), s.properties("UserPoolClient")
	for name, want := range map[string]any{
		"DeletionProtection": "ACTIVE", "UserPoolTier": "ESSENTIALS", "MfaConfiguration": "OPTIONAL", "EnabledMfas": []any{"SOFTWARE_TOKEN_MFA"},
		"UsernameConfiguration": object{"CaseSensitive": false}, "UsernameAttributes": []any{"email"},
		"AdminCreateUserConfig":  object{"AllowAdminCreateUserOnly": true},
		"AccountRecoverySetting": object{"RecoveryMechanisms": []any{object{"Name": "verified_email", "Priority": 1}}},
		"Policies": object{
			"PasswordPolicy": object{
				"MinimumLength": 15, "RequireLowercase": false, "RequireUppercase": false, "RequireNumbers": false, "RequireSymbols": false,
				"PasswordHistorySize": 5, "TemporaryPasswordValidityDays": 7,
			},
			"SignInPolicy": object{"AllowedFirstAuthFactors": []any{"PASSWORD"}},
		},
		"EmailConfiguration": nil, "SmsConfiguration": nil, "LambdaConfig": nil,
	} {
		if got := pool[name]; !reflect.DeepEqual(got, want) {
			t.Errorf("UserPool: %s is %v, want %v", name, got, want)
		}
	}
	for name, want := range map[string]any{
		"PreventUserExistenceErrors": "ENABLED", "GenerateSecret": true, "EnablePropagateAdditionalUserContextData": true, "EnableTokenRevocation": true,
		"ExplicitAuthFlows": []any{"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}, "AuthSessionValidity": 15,
		"IdTokenValidity": 5, "AccessTokenValidity": 5, "RefreshTokenValidity": 60,
		"AllowedOAuthFlowsUserPoolClient": nil, "AllowedOAuthFlows": nil, "AllowedOAuthScopes": nil, "CallbackURLs": nil, "LogoutURLs": nil, "SupportedIdentityProviders": nil,
	} {
		if got := client[name]; !reflect.DeepEqual(got, want) {
			t.Errorf("UserPoolClient: %s is %v, want %v", name, got, want)
		}
	}
	env := s.environment("AuthenticateFunction")
	if env["COGNITO_USER_POOL_ID"] != "UserPool" || env["COGNITO_CLIENT_ID"] != "UserPoolClient" || env["COGNITO_CLIENT_SECRET"] != "UserPoolClientSecret" {
		t.Errorf("authenticate does not use the pool: %v", env)
	}
	if s.made("AccountsTable") {
		t.Error("a table of accounts is made that nobody uses")
	}
	if s.made("UserPoolDomain") || s.made("UserPoolStyle") {
		t.Error("managed login is made that nobody uses")
	}
}

// Under another logical ID CloudFormation makes a new pool, which is empty, and
// nobody can sign in. What is frozen of the pool Cognito cannot change: every
// deployment would fail until it is as before. The client's two are its
// resource type's createOnlyProperties: another value is another client, and
// until new versions have taken over, old ones read its secret for the old one.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-updating.html
func TestUserPoolIsFrozen(t *testing.T) {
	s := newStack(t, in(nil))
	for name, was := range map[string]struct {
		kind       string
		properties object
	}{
		"UserPool": {"AWS::Cognito::UserPool", object{
			"UsernameAttributes": []any{"email"}, "UsernameConfiguration": object{"CaseSensitive": false}, "AliasAttributes": nil, "Schema": nil,
		}},
		"UserPoolClient": {"AWS::Cognito::UserPoolClient", object{"UserPoolId": object{"Ref": "UserPool"}, "GenerateSecret": true}},
	} {
		resources := s.resources(was.kind)
		resource, ok := resources[name]
		if !ok || len(resources) != 1 {
			t.Errorf("the resources of %s are %v, was %s alone: renaming it leaves everyone's account behind", was.kind, slices.Sorted(maps.Keys(resources)), name)
			continue
		}
		for property, want := range was.properties {
			if got := resource["Properties"].(object)[property]; !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %s is %v, was %v: that cannot be changed any more", name, property, got, want)
			}
		}
	}
}

func TestAPoolThatTheStackMakesDoesWhatIsAskedOfIt(t *testing.T) {
	s := newStack(t, in(map[string]string{"CognitoAuthFlow": "USER_AUTH"}))
	if got, want := s.properties("UserPool")["Policies"].(object)["SignInPolicy"], (object{"AllowedFirstAuthFactors": []any{"PASSWORD", "EMAIL_OTP"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("a choice: the pool's policy is %v, want %v", got, want)
	}
	if got, want := s.properties("UserPoolClient")["ExplicitAuthFlows"], []any{"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_AUTH"}; !reflect.DeepEqual(got, want) {
		t.Errorf("a choice: the client allows %v, want %v", got, want)
	}
	s = newStack(t, in(map[string]string{"CognitoMfa": "ON", "CognitoMailFrom": "login@acme.com"}))
	if got := s.properties("UserPool")["MfaConfiguration"]; got != "ON" {
		t.Errorf("a second factor: it is %v, want ON", got)
	}
	if got, want := s.properties("UserPool")["EmailConfiguration"], (object{
		"EmailSendingAccount": "DEVELOPER", "From": "login@acme.com", "SourceArn": "arn:aws:ses:eu-west-1:123456789012:identity/login@acme.com",
	}); !reflect.DeepEqual(got, want) {
		t.Errorf("a sender: it is %v, want %v", got, want)
	}
}

// Nobody but our own pages gets a code, and only for who they ask it for.
func TestManagedLoginSendsPeopleBackToOurPages(t *testing.T) {
	edge := with(behindEdge, map[string]string{"DirectoryKind": "cognito", "FederationDomain": "acme.auth.eu-west-1.amazoncognito.com", "FederationName": "Acme ID"})
	for name, test := range map[string]struct {
		parameters        map[string]string
		provider          string
		callbacks, logout []any
	}{
		"at a host name of one's own": {
			madePool, "COGNITO",
			[]any{"https://login.acme.com/users/login/callback", "https://login.acme.com/agents/login/callback"},
			[]any{"https://login.acme.com/users/logout", "https://login.acme.com/agents/logout"},
		},
		"for the door that is on": {
			with(madePool, map[string]string{"AgentsDeskproUrl": "", "FederationProvider": "AcmeSAML"}), "AcmeSAML",
			[]any{"https://login.acme.com/users/login/callback"}, []any{"https://login.acme.com/users/logout"},
		},
		"at CloudFront": {
			with(edge, map[string]string{"UsersDeskproUrl": "", "EdgeDomain": "id.acme.com"}), "COGNITO",
			[]any{"https://id.acme.com/agents/login/callback"}, []any{"https://id.acme.com/agents/logout"},
		},
	} {
		s := newStack(t, test.parameters)
		client := s.properties("UserPoolClient")
		for property, want := range map[string]any{
			"AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": []any{"code"}, "AllowedOAuthScopes": []any{"openid", "email", "profile"},
			"SupportedIdentityProviders": []any{test.provider}, "CallbackURLs": test.callbacks, "LogoutURLs": test.logout,
		} {
			if got := client[property]; !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %s is %v, want %v", name, property, got, want)
			}
		}
		if got, want := s.properties("UserPoolDomain"), (object{"UserPoolId": "UserPool", "Domain": "acme", "ManagedLoginVersion": 2}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: the domain is %v, want %v", name, got, want)
		}
		if got, want := s.properties("UserPoolStyle"), (object{"UserPoolId": "UserPool", "ClientId": "UserPoolClient", "UseCognitoProvidedValues": true}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: the style is %v, want %v", name, got, want)
		}
	}
}

// A prefix has no dots, so Cognito refuses what is not this Region's.
func TestManagedLoginIsThisPools(t *testing.T) {
	for _, domain := range []string{
		"acme.auth.us-east-1.amazoncognito.com", "id.acme.com", "acme.auth.eu-west-1.amazoncognito.com.evil.example", "a.acme.auth.eu-west-1.amazoncognito.com",
	} {
		s := newStack(t, with(madePool, map[string]string{"FederationDomain": domain}))
		if got := s.properties("UserPoolDomain")["Domain"]; got != domain {
			t.Errorf("%s makes the prefix %v, and people would be sent elsewhere", domain, got)
		}
	}
	for _, function := range []string{"LoginFunction", "AuthenticateFunction", "LogoutFunction"} {
		if got, want := newStack(t, madePool).environment(function)["FEDERATION_DOMAIN"], madePool["FederationDomain"]; got != want {
			t.Errorf("%s sends people to %q, want %q", function, got, want)
		}
	}
}

// Logout is to know nothing that it does not need.
func TestLogoutKnowsTheClientOnlyToEndItsSession(t *testing.T) {
	federated := with(bothDoorsWithCognito, map[string]string{"FederationDomain": "id.acme.com", "FederationName": "Acme ID"})
	ended := map[string]string{"FederationLogout": "on"}
	for name, test := range map[string]struct {
		parameters map[string]string
		want       string
	}{
		"nobody signs in elsewhere":          {bothDoorsWithCognito, ""},
		"logging out here alone":             {federated, ""},
		"logging out there, too":             {with(federated, ended), "4f5g6h7j8k"},
		"there, in a pool that is made":      {with(madePool, ended), "UserPoolClient"},
		"here alone, in a pool that is made": {madePool, ""},
	} {
		env := newStack(t, test.parameters).environment("LogoutFunction")
		if got := env["COGNITO_CLIENT_ID"]; got != test.want {
			t.Errorf("%s: the client is %q, want %q", name, got, test.want)
		}
		for _, variable := range slices.Sorted(maps.Keys(env)) {
			if strings.HasPrefix(variable, "COGNITO_") && variable != "COGNITO_CLIENT_ID" || variable == "DIRECTORY" {
				t.Errorf("%s: logout knows %s", name, variable)
			}
		}
	}
}
