package functions_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/directory/cognito/cognitotest"
)

// clientSecret is as long as Cognito makes them.
const clientSecret = "1a2b3c4d5e6f7g8h9i0j1k2l3m4n5o6p7q8r9s0t1u2v3w4x5y6z"

// cognitoEnvironment is that of a stack over a pool with one user, and the AWS
// behind it.
func cognitoEnvironment(t *testing.T, user cognitotest.User, change ...func(*cognitotest.Config)) (*cognitotest.Server, *awstest.Server, []string) {
	t.Helper()
	settings := cognitotest.Config{ClientSecret: clientSecret, HideUnknown: true, PropagateContext: true}
	for _, f := range change {
		f(&settings)
	}
	pool := cognitotest.Start(t, settings)
	pool.Add(user)
	aws, _ := cloud(t)
	aws.PutSecret("client", clientSecret)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		forPool := strings.HasPrefix(r.Header.Get("X-Amz-Target"), "AWSCognitoIdentityProviderService.")
		if forPool || strings.HasSuffix(r.URL.Path, "/.well-known/jwks.json") {
			pool.ServeHTTP(w, r)
			return
		}
		aws.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	credentials, err := pool.AWS().Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return pool, aws, append(environment(front.URL),
		"AWS_ACCESS_KEY_ID="+credentials.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+credentials.SecretAccessKey,
		"DIRECTORY=cognito", "ACCOUNTS_TABLE=", "FACTORS=", "FACTOR_SECRET=", "COGNITO_USER_POOL_ID="+pool.PoolID(), "COGNITO_CLIENT_ID="+pool.ClientID(), "COGNITO_CLIENT_SECRET=client",
		"USERS_ATTRIBUTES=department", "AGENTS_ATTRIBUTES=department")
}

func TestAuthenticateAgainstCognito(t *testing.T) {
	ugo := func(change func(*cognitotest.User)) cognitotest.User {
		u := cognitotest.User{
			Password: "practice-helpdesk", Email: "ugo@example.com", EmailVerified: true, Name: "Ugo Bianchi",
			Attributes: map[string]string{"custom:department": "R&D"},
		}
		change(&u)
		return u
	}
	for _, row := range []struct {
		name, event string
		change      func(*cognitotest.User)
		status      int
		says        string
	}{
		{"the right password", "right-password", func(*cognitotest.User) {}, 302, `"department":"R\u0026D"`},
		{"a wrong password", "wrong-password", func(*cognitotest.User) {}, 401, "DPL-2001"},
		{"an unknown account", "unknown-account", func(*cognitotest.User) {}, 401, "DPL-2001"},
		{"a disabled account", "right-password", func(u *cognitotest.User) { u.Disabled = true }, 401, "DPL-2001"},
		{"an unverified email", "right-password", func(u *cognitotest.User) { u.EmailVerified = false }, 403, "DPL-2003"},
		{"a challenge", "right-password", func(u *cognitotest.User) { u.Status = cognitotest.ForceChangePassword }, 200, "Choose a new password"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, _, env := cognitoEnvironment(t, ugo(row.change))
			var log bytes.Buffer
			process := start(t, "authenticate", env, &log)
			response := invoke(t, process, sample(t, "authenticate/"+row.event))
			if shown := render(t, response); response.StatusCode != row.status || !strings.Contains(shown, row.says) {
				t.Errorf("want %d and %s:\n%s", row.status, row.says, shown)
			}
			process.Stop()
			if row.name == "a challenge" && !strings.Contains(log.String(), "NEW_PASSWORD_REQUIRED") {
				t.Errorf("log does not name the challenge:\n%s", log.String())
			}
			for _, secret := range []string{"practice-helpdesk", clientSecret, "eyJ"} {
				if strings.Contains(log.String(), secret) {
					t.Errorf("log shows %q:\n%s", secret, log.String())
				}
			}
		})
	}
}

func TestAClientSecretThatCannotBeFetchedIsAPage(t *testing.T) {
	_, aws, env := cognitoEnvironment(t, cognitotest.User{Password: "practice-helpdesk", Email: "ugo@example.com", EmailVerified: true, Name: "Ugo"})
	aws.DeleteSecret("client")
	process := start(t, "authenticate", env, &bytes.Buffer{})
	response := invoke(t, process, sample(t, "authenticate/right-password"))
	if response.StatusCode != 503 || !strings.Contains(response.Body, "DPL-3001") {
		t.Errorf("want 503 and DPL-3001:\n%s", render(t, response))
	}
}

// Its client waits longer than a page may: the page's own limit has to count.
func TestCognitoThatHangsIsAPageWithinFiveSeconds(t *testing.T) {
	t.Parallel()
	pool, _, env := cognitoEnvironment(t, cognitotest.User{Password: "practice-helpdesk", Email: "ugo@example.com", EmailVerified: true, Name: "Ugo"})
	pool.Inject(cognitotest.Fault{Hang: true})
	process := start(t, "authenticate", env, &bytes.Buffer{})
	invoke(t, process, []byte(`{}`)) // start-up has a limit of its own
	began := time.Now()
	got := invoke(t, process, sample(t, "authenticate/right-password"))
	if elapsed := time.Since(began); elapsed > 5*time.Second {
		t.Errorf("answered after %v", elapsed)
	}
	if got.StatusCode != 503 || !strings.Contains(got.Body, "DPL-3001") || len(got.Cookies) > 0 {
		t.Errorf("want 503, DPL-3001 and no cookie:\n%s", render(t, got))
	}
}
