package config_test

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"deskpro-login/pkg/config"
	"deskpro-login/pkg/directory/claims"
)

func TestOnlyAuthenticateLearnsWhereTheDirectoryIs(t *testing.T) {
	cfg := mustLoad(t, config.Login, with(cognito, map[string]string{"COGNITO_CLIENT_SECRET": "client"}))
	if d := cfg.Directory; d.UserPoolID+d.ClientID+d.ClientSecretID+d.AccountsTable != "" {
		t.Errorf("directory = %v, want nothing to find it by", d)
	}
	for _, function := range functions {
		_, err := load(function, environment(map[string]string{"DIRECTORY": "ldap"}))
		if told := err != nil; told != (function == config.Login || function == config.Authenticate) {
			t.Errorf("%s: error = %v", function, err)
		}
	}
}

func mapping(t *testing.T, pairs ...string) claims.Mapping {
	t.Helper()
	m, err := claims.Parse(pairs)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestThePagesOfferWhatTheDirectoryCan(t *testing.T) {
	for _, row := range []struct {
		name    string
		changes map[string]string
		want    config.Offers
	}{
		{"a table: another password", nil, config.Offers{Change: true}},
		{"a table that is only read", map[string]string{"ACCOUNTS_WRITES": "off"}, config.Offers{}},
		{"authenticator apps", factors, config.Offers{Change: true, Factor: true, Codes: true}},
		{"Cognito: a new password, too", cognito, config.Offers{Change: true, Factor: true, Reset: true}},
		{"Cognito without it", with(cognito, map[string]string{"PASSWORD_RESET": "off"}), config.Offers{Change: true, Factor: true}},
		{"accounts that people make", with(cognito, map[string]string{"ACCOUNT_CONFIRMATION": "on"}), config.Offers{Change: true, Factor: true, Reset: true, Confirm: true}},
		{"an identity provider", federation, config.Offers{Change: true, Factor: true, Reset: true, Federation: "Acme ID"}},
		{"an identity provider at once", with(federation, map[string]string{"FEDERATION_MODE": "direct"}), config.Offers{Change: true, Factor: true, Reset: true, Federation: "Acme ID", Direct: true}},
		{"other ways to sign in", with(cognito, map[string]string{"COGNITO_AUTH_FLOW": "USER_AUTH"}), config.Offers{Change: true, Factor: true, Reset: true, Passwordless: true}},
	} {
		for _, function := range functions {
			want := row.want
			if function != config.Login && function != config.Authenticate {
				want = config.Offers{}
			}
			if got := mustLoad(t, function, row.changes).Offers; got != want {
				t.Errorf("%s: %s offers %+v, want %+v", row.name, function, got, want)
			}
		}
	}
}

func TestEachFunctionLearnsItsPartOfTheFederation(t *testing.T) {
	all := with(federation, map[string]string{"FEDERATION_PROVIDER": "AcmeSAML", "FEDERATION_MODE": "direct", "FEDERATION_LOGOUT": "on"})
	domain := &url.URL{Scheme: "https", Host: "acme.auth.eu-west-1.amazoncognito.com"}
	for _, row := range []struct {
		name     string
		function config.Function
		changes  map[string]string
		want     *config.Federation
	}{
		{"none", config.Login, cognito, nil},
		{"none for authenticate", config.Authenticate, cognito, nil},
		{"none for logout", config.Logout, cognito, nil},
		{"a button", config.Login, federation, &config.Federation{Domain: domain}},
		{"a button that leads to a choice", config.Authenticate, federation, &config.Federation{Domain: domain, ClientID: "client"}},
		{"logging out here alone", config.Logout, federation, &config.Federation{Domain: domain, ClientID: "client"}},
		{"all of it, for login", config.Login, all, &config.Federation{Domain: domain}},
		{"all of it, for authenticate", config.Authenticate, all, &config.Federation{Domain: domain, Provider: "AcmeSAML", ClientID: "client"}},
		{"all of it, for logout", config.Logout, all, &config.Federation{Domain: domain, Logout: true, ClientID: "client"}},
		{"preflight learns nothing", config.Preflight, all, nil},
		{"a host of the company's own, in any letters", config.Login, with(federation, map[string]string{"FEDERATION_DOMAIN": "ID.Acme.example"}), &config.Federation{Domain: &url.URL{Scheme: "https", Host: "id.acme.example"}}},
		{"a trial", config.Login, with(federation, map[string]string{"FEDERATION_DOMAIN": "http://127.0.0.1:9229"}), &config.Federation{Domain: &url.URL{Scheme: "http", Host: "127.0.0.1:9229"}}},
		{"a host that ends in a word with a number", config.Login, with(federation, map[string]string{"FEDERATION_DOMAIN": "id.acme.x1"}), &config.Federation{Domain: &url.URL{Scheme: "https", Host: "id.acme.x1"}}},
		{"a trial on the last port", config.Login, with(federation, map[string]string{"FEDERATION_DOMAIN": "http://127.0.0.1:65535"}), &config.Federation{Domain: &url.URL{Scheme: "http", Host: "127.0.0.1:65535"}}},
		{"a trial by name", config.Login, with(federation, map[string]string{"FEDERATION_DOMAIN": "http://localhost:9229"}), &config.Federation{Domain: &url.URL{Scheme: "http", Host: "localhost:9229"}}},
	} {
		if got := mustLoad(t, row.function, row.changes).Federation; !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s: got %+v, want %+v", row.name, got, row.want)
		}
	}
}

// Logging out is the one thing that logout needs the client for.
func TestLogoutNeedsTheClientToEndManagedLoginsSession(t *testing.T) {
	alone := with(federation, map[string]string{"COGNITO_CLIENT_ID": ""})
	if _, err := load(config.Logout, environment(alone)); err != nil {
		t.Errorf("logging out here alone: %v", err)
	}
	_, err := load(config.Logout, environment(with(alone, map[string]string{"FEDERATION_LOGOUT": "on"})))
	if err == nil || !strings.Contains(err.Error(), "COGNITO_CLIENT_ID is not set") {
		t.Errorf("error = %v, want one that asks for the client", err)
	}
	_, err = load(config.Logout, environment(map[string]string{"FEDERATION_LOGOUT": "on"}))
	if err == nil || !strings.Contains(err.Error(), "FEDERATION_LOGOUT is set but FEDERATION_DOMAIN is not") {
		t.Errorf("error = %v, want one that asks for the domain", err)
	}
}

// Logging out hands the client's ID to a browser.
func TestLogoutHoldsTheClientToItsForm(t *testing.T) {
	_, err := load(config.Logout, environment(with(federation, map[string]string{"FEDERATION_LOGOUT": "on", "COGNITO_CLIENT_ID": "a client"})))
	if err == nil || strings.Count(err.Error(), "COGNITO_CLIENT_ID") != 1 {
		t.Errorf("error = %v, want one about the client, once", err)
	}
}

func TestWhatIsWrongBesideTheDirectoryIsTold(t *testing.T) {
	for _, directory := range []string{"", "Cognito"} {
		_, err := load(config.Authenticate, environment(map[string]string{
			"DIRECTORY": directory, "COGNITO_USER_POOL_ID": "acme", "COGNITO_CLIENT_ID": "a client", "COGNITO_AUTH_FLOW": "SRP",
			"COGNITO_CLAIMS": "groups=custom:roles team=custom:team", "PASSWORD_RESET": "1", "ACCOUNT_CONFIRMATION": "1",
		}))
		problems := lines(t, err)
		for _, want := range []string{
			"DIRECTORY is", "COGNITO_USER_POOL_ID is", "COGNITO_CLIENT_ID is", "COGNITO_AUTH_FLOW is", "names groups but COGNITO_CLIENT_SECRET",
			"names team, which no door sends", "PASSWORD_RESET is", "ACCOUNT_CONFIRMATION is",
		} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q: the error does not say %q", directory, want)
			}
		}
		if len(problems) != 8 {
			t.Errorf("%q: got %d problems, want 8:\n%v", directory, len(problems), err)
		}
	}
}

func TestProblemsOfTheDirectory(t *testing.T) {
	inCognito := func(changes map[string]string) map[string]string { return with(cognito, changes) }
	federated := func(domain string) map[string]string {
		return with(federation, map[string]string{"FEDERATION_DOMAIN": domain})
	}
	checkProblems(t, []problemRow{
		{"no directory", map[string]string{"DIRECTORY": ""}, []string{"DIRECTORY is not set", "`dynamodb` or `cognito`"}},
		{"a directory that there is not", map[string]string{"DIRECTORY": "ldap"}, []string{`DIRECTORY is "ldap"`, "dynamodb or cognito"}},
		{"dynamodb without its table", map[string]string{"ACCOUNTS_TABLE": ""}, []string{"ACCOUNTS_TABLE is not set", "DynamoDB table"}},
		{"dynamodb with Cognito's variables", map[string]string{"COGNITO_CLIENT_ID": "client"}, []string{"COGNITO_CLIENT_ID is set but DIRECTORY is dynamodb", "remove it"}},
		{"cognito without its pool", inCognito(map[string]string{"COGNITO_USER_POOL_ID": ""}), []string{"COGNITO_USER_POOL_ID is not set"}},
		{"a pool's name in place of its id", inCognito(map[string]string{"COGNITO_USER_POOL_ID": "acme-people"}), []string{`COGNITO_USER_POOL_ID is "acme-people"`, "like eu-west-1_AbCdEfGhI"}},
		{"a pool's id with a path", inCognito(map[string]string{"COGNITO_USER_POOL_ID": "eu-west-1_AbCdEfGhI/x"}), []string{`COGNITO_USER_POOL_ID is "eu-west-1_AbCdEfGhI/x"`}},
		{"a client's name in place of its id", inCognito(map[string]string{"COGNITO_CLIENT_ID": "the login page"}), []string{`COGNITO_CLIENT_ID is "the login page"`, "like 1example23456789"}},
		{"cognito without its client", inCognito(map[string]string{"COGNITO_CLIENT_ID": ""}), []string{"COGNITO_CLIENT_ID is not set", "ADMIN_USER_PASSWORD_AUTH"}},
		{"dynamodb with a flow of Cognito's, be it the default", map[string]string{"COGNITO_AUTH_FLOW": "ADMIN_USER_PASSWORD_AUTH"}, []string{"COGNITO_AUTH_FLOW is set but DIRECTORY is dynamodb"}},
		{"dynamodb with a pool", map[string]string{"COGNITO_USER_POOL_ID": "eu-west-1_A"}, []string{"COGNITO_USER_POOL_ID is set but"}},
		{"dynamodb with claims", map[string]string{"COGNITO_CLAIMS": "id=custom:id"}, []string{"COGNITO_CLAIMS is set but DIRECTORY is dynamodb"}},
		{"dynamodb with a page for new passwords", map[string]string{"PASSWORD_RESET": "on"}, []string{"PASSWORD_RESET is set but DIRECTORY is dynamodb"}},
		{"dynamodb with a page for new accounts", map[string]string{"ACCOUNT_CONFIRMATION": "off"}, []string{"ACCOUNT_CONFIRMATION is set but DIRECTORY is dynamodb"}},
		{"dynamodb with managed login", map[string]string{"FEDERATION_DOMAIN": "acme.auth.eu-west-1.amazoncognito.com", "FEDERATION_NAME": "Acme ID"}, []string{"FEDERATION_DOMAIN is set but DIRECTORY is dynamodb"}},
		{"a flow that there is not", inCognito(map[string]string{"COGNITO_AUTH_FLOW": "USER_SRP_AUTH"}), []string{`COGNITO_AUTH_FLOW is "USER_SRP_AUTH"`, "ADMIN_USER_PASSWORD_AUTH or USER_AUTH"}},
		{"a page that is neither on nor off", inCognito(map[string]string{"PASSWORD_RESET": "true"}), []string{`PASSWORD_RESET is "true"`, "on or off"}},
		{"another one", inCognito(map[string]string{"ACCOUNT_CONFIRMATION": "yes"}), []string{`ACCOUNT_CONFIRMATION is "yes"`, "on or off"}},
		{"claims separated by commas", inCognito(map[string]string{"COGNITO_CLAIMS": "id=sub,name=nickname"}), []string{"COGNITO_CLAIMS is", "by spaces, not by commas"}},
		{"a claim without what it is", inCognito(map[string]string{"COGNITO_CLAIMS": "nickname"}), []string{"COGNITO_CLAIMS", `"nickname" is not like`}},
		{"a claim for an attribute that nobody sends", inCognito(map[string]string{"COGNITO_CLAIMS": "fistname=given_name"}), []string{"COGNITO_CLAIMS names fistname, which no door sends"}},
		{"an address that nothing vouches for", inCognito(map[string]string{"COGNITO_CLAIMS": "email=custom:mail"}), []string{"COGNITO_CLAIMS", "needs email_verified="}},
		{"an id that people could write themselves", inCognito(map[string]string{"COGNITO_CLAIMS": "id=custom:staff_no"}), []string{"COGNITO_CLAIMS names id but COGNITO_CLIENT_SECRET is not set"}},
		{"groups and an address that people could write themselves", inCognito(map[string]string{"COGNITO_CLAIMS": "groups=custom:roles email=custom:mail email_verified=custom:mail_ok name=nickname"}), []string{"COGNITO_CLAIMS names email, email_verified, groups but COGNITO_CLIENT_SECRET is not set"}},
		{"an id that is an address", inCognito(map[string]string{"COGNITO_CLAIMS": "id=email"}), []string{"COGNITO_CLAIMS: id=email is an email address"}},
		{"a name without managed login", inCognito(map[string]string{"FEDERATION_NAME": "Acme ID"}), []string{"FEDERATION_NAME is set but FEDERATION_DOMAIN is not", "set both or neither"}},
		{"a provider without managed login", inCognito(map[string]string{"FEDERATION_PROVIDER": "AcmeSAML"}), []string{"FEDERATION_PROVIDER is set but FEDERATION_DOMAIN is not"}},
		{"a mode without managed login", inCognito(map[string]string{"FEDERATION_MODE": "direct"}), []string{"FEDERATION_MODE is set but FEDERATION_DOMAIN is not"}},
		{"a mode that there is not", with(federation, map[string]string{"FEDERATION_MODE": "auto"}), []string{`FEDERATION_MODE is "auto"`, "button or direct"}},
		{"managed login without a name", with(federation, map[string]string{"FEDERATION_NAME": ""}), []string{"FEDERATION_NAME is not set", "Sign in with"}},
		{"managed login by its address", federated("https://acme.auth.eu-west-1.amazoncognito.com"), []string{"FEDERATION_DOMAIN is", "the host alone"}},
		{"managed login by its prefix", federated("acme"), []string{"FEDERATION_DOMAIN is", "the host alone"}},
		{"managed login with a path", federated("acme.auth.eu-west-1.amazoncognito.com/login"), []string{"FEDERATION_DOMAIN is", "the host alone"}},
		{"managed login with a port", federated("id.acme.example:8443"), []string{"FEDERATION_DOMAIN is", "the host alone"}},
		{"managed login with a user", federated("me@id.acme.example"), []string{"FEDERATION_DOMAIN is", "the host alone"}},
		{"managed login over plain http", federated("http://id.acme.example:80"), []string{"FEDERATION_DOMAIN is", "the host alone"}},
		{"a trial without a port", federated("http://127.0.0.1"), []string{"FEDERATION_DOMAIN is", "the host alone"}},
		{"managed login by an IP address", federated("10.0.0.1"), []string{"FEDERATION_DOMAIN is", "the host alone"}},
		{"managed login by half an IP address", federated("login.acme.1"), []string{"FEDERATION_DOMAIN is", "the host alone"}},
		{"managed login by an IP address in hex", federated("0x7f.0x1"), []string{"FEDERATION_DOMAIN is", "the host alone"}},
		{"managed login by an IP address in hex without digits", federated("127.0x"), []string{"FEDERATION_DOMAIN is", "the host alone"}},
		{"a trial elsewhere", federated("http://10.0.0.1:9229"), []string{"FEDERATION_DOMAIN is", "the host alone"}},
		{"a trial on no port", federated("http://127.0.0.1:0"), []string{"FEDERATION_DOMAIN is", "the host alone"}},
		{"a trial on a port that there is not", federated("http://127.0.0.1:65536"), []string{"FEDERATION_DOMAIN is", "the host alone"}},
		{"a trial with a path", federated("http://127.0.0.1:9229/"), []string{"FEDERATION_DOMAIN is", "the host alone"}},
		{"a trial with a user", federated("http://me@127.0.0.1:9229"), []string{"FEDERATION_DOMAIN is", "the host alone"}},
		{"managed login of another Region", federated("acme.auth.us-east-1.amazoncognito.com"), []string{"FEDERATION_DOMAIN is", "another Region than the user pool eu-west-1_AbCdEfGhI"}},
		{"cognito with DynamoDB's table", inCognito(map[string]string{"ACCOUNTS_TABLE": "accounts"}), []string{"ACCOUNTS_TABLE is set but DIRECTORY is cognito"}},
	})
}
