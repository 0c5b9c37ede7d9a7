package functions_test

import (
	"bytes"
	"crypto/rand"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/realpart"
)

// Signing in, coming back and logging out, through the three processes and an
// AWS that is not ours.
func TestMotoAgrees(t *testing.T) {
	endpoint := realpart.Address(t, "VERIFY_MOTO")
	cfg := awstest.Config(t, endpoint)
	tables, secrets := dynamodb.NewFromConfig(cfg), secretsmanager.NewFromConfig(cfg)
	suffix := strings.ToLower(rand.Text()[:8])

	secret := func(name, value string) string {
		name += "-" + suffix
		out, err := secrets.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &name, SecretString: &value})
		if err != nil {
			t.Fatal(err)
		}
		return aws.ToString(out.ARN)
	}
	accounts := awstest.CreateTableAt(t, tables, "login")
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	if _, err := tables.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &accounts, Item: map[string]types.AttributeValue{
		"login": text("ugo@example.com"), "id": text("u-1001"), "email": text("ugo@example.com"), "name": text("Ugo Bianchi"),
		"email_verified": &types.AttributeValueMemberBOOL{Value: true}, "password_hash": text(hash()),
	}}); err != nil {
		t.Fatal(err)
	}
	env := append(environment(endpoint),
		"STATE_TABLE="+awstest.CreateTableAt(t, tables, "key"), "ACCOUNTS_TABLE="+accounts,
		"USERS_SECRET="+secret("users", usersKey), "AGENTS_SECRET="+secret("agents", agentsKey), "FACTOR_SECRET="+secret("factors", factorsKey))

	call := func(function, event, cookie string) (status int, shown, newCookie string) {
		t.Helper()
		payload := bytes.ReplaceAll(sample(t, event), []byte(sessionID), []byte(cookie))
		response := invoke(t, start(t, function, env, &bytes.Buffer{}), payload)
		for _, c := range response.Cookies {
			if value, ok := strings.CutPrefix(c, "__Host-session="); ok {
				newCookie, _, _ = strings.Cut(value, ";")
			}
		}
		return response.StatusCode, render(t, response), newCookie
	}
	status, shown, cookie := call("authenticate", "authenticate/right-password", "")
	if status != 302 || !strings.Contains(shown, "by the users' key") || cookie == "" {
		t.Fatalf("signing in: %s", shown)
	}
	if status, shown, _ := call("login", "login/with-session", cookie); status != 302 || !strings.Contains(shown, "by the users' key") {
		t.Errorf("coming back: %s", shown)
	}
	if status, shown, _ := call("logout", "logout/page", cookie); status != 200 {
		t.Errorf("logging out: %s", shown)
	}
	if status, shown, _ := call("login", "login/with-session", cookie); status != 200 || !strings.Contains(shown, "<h1>Sign in</h1>") {
		t.Errorf("coming back after logging out: %s", shown)
	}

	v := &visitor{t: t, env: env}
	page := v.signIn("ugo@example.com", "practice-helpdesk", "password")
	want(t, page, 200, "Choose a new password")
	want(t, v.answer(page, url.Values{"new_password": {another}}), 302, ownAccount)
	key, codes := v.enrol(v.signIn("ugo@example.com", another, "factor"))
	v = &visitor{t: t, env: env}
	want(t, v.answer(v.signIn("ugo@example.com", another, ""), url.Values{"code": {nextCode(key)}}), 302, arrived)
	v = &visitor{t: t, env: env}
	want(t, v.answer(v.signIn("ugo@example.com", another, ""), url.Values{"code": {codes[9]}}), 302, arrived)
	want(t, v.answer(v.signIn("ugo@example.com", another, ""), url.Values{"code": {codes[9]}}), 401, "DPL-2008")
}
