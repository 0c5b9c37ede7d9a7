package functions_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/directory/cognito/cognitotest"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"

	"github.com/aws/aws-lambda-go/events"
)

var update = flag.Bool("update", false, "rewrite the goldens")

func TestEveryEventIsAnsweredAsItsGoldenSays(t *testing.T) {
	used := map[string]bool{}
	for _, function := range []string{"login", "authenticate", "logout"} {
		t.Run(function, func(t *testing.T) {
			var log bytes.Buffer
			files, err := filepath.Glob("../events/" + function + "/*.json")
			if err != nil || len(files) == 0 {
				t.Fatalf("no events: %v", err)
			}
			for _, file := range files {
				used[file] = true
				name := strings.TrimSuffix(filepath.Base(file), ".json")
				t.Run(name, func(t *testing.T) {
					// A cloud of its own: a log-out ends the session.
					env := goldenEnvironment(t, name)
					process := start(t, function, env, &log)
					payload, err := os.ReadFile(file)
					if err != nil {
						t.Fatal(err)
					}
					got := render(t, invoke(t, process, payload))
					golden := filepath.Join("testdata", function, name+".golden")
					if *update {
						if err := errors.Join(os.MkdirAll(filepath.Dir(golden), 0o755), os.WriteFile(golden, []byte(got), 0o644)); err != nil {
							t.Fatal(err)
						}
					}
					want, err := os.ReadFile(golden)
					if err != nil {
						t.Fatalf("%v (-update makes it)", err)
					}
					if got != string(want) {
						t.Errorf("answer differs from %s (-update rewrites it):\n%s", golden, got)
					}
				})
			}
		})
	}
	all, err := filepath.Glob("../events/*/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range all {
		elsewhere := []string{"../events/preflight", "../events/rotate"} // by their own tests
		if !used[file] && !slices.Contains(elsewhere, filepath.Dir(file)) {
			t.Errorf("%s is used by no test: its folder must be a function's name", file)
		}
	}
}

// goldenEnvironment is that of a stack with accounts in a table or, for the
// events whose name says so, in a user pool with all that it offers.
func goldenEnvironment(t *testing.T, event string) []string {
	t.Helper()
	if !strings.HasPrefix(event, "cognito-") {
		aws, endpoint := cloud(t)
		aws.PutItem("accounts", account("u-1003", "nia@example.com", "Nia Mensah", `,"must_change":{"BOOL":true}`))
		aws.PutItem("accounts", account("u-1004", "mia@example.com", "Mia Lindqvist", `,"factor":{"M":`+app(t, aws, "u-1004")+`}`))
		return environment(endpoint)
	}
	person := func(login, name string) cognitotest.User {
		return cognitotest.User{Password: "practice-helpdesk", Email: login, EmailVerified: true, Name: name}
	}
	nia, eva, mia, rio := person("nia@example.com", ""), person("eva@example.com", "Eva Novak"), person("mia@example.com", "Mia Lindqvist"), person("rio@example.com", "Rio Tanaka")
	nia.Status, rio.Status = cognitotest.ForceChangePassword, cognitotest.ResetRequired
	eva.EmailCode, mia.TOTP = true, []byte("12345678901234567890")
	pool, _, env := cognitoEnvironment(t, person("ugo@example.com", "Ugo Bianchi"), func(c *cognitotest.Config) {
		c.RequiredAttributes, c.AuthFlows = []string{"name"}, []string{"ALLOW_USER_AUTH"}
	})
	for _, user := range []cognitotest.User{nia, eva, mia, rio} {
		pool.Add(user)
	}
	return append(env, "COGNITO_AUTH_FLOW=USER_AUTH", "ACCOUNT_CONFIRMATION=on",
		"FEDERATION_DOMAIN=acme.auth.eu-west-1.amazoncognito.com", "FEDERATION_NAME=Acme ID", "FEDERATION_PROVIDER=Okta")
}

var (
	trailPattern  = regexp.MustCompile(`(__Host-trail=1)\.[^;]*`)
	tokenPattern  = regexp.MustCompile(`jwt=([\w.-]+)$`)
	cookiePattern = regexp.MustCompile(`^(__Host-(?:session|known)=)[\w-]{43};`)
	tripPattern   = regexp.MustCompile(`^(__Host-trip-)[0-9a-f]{16}=[\w-]{43};`)
	freshPattern  = regexp.MustCompile(`\b(state|nonce|code_challenge)=[^&]+`)
	stepPattern   = regexp.MustCompile(`(name="step" value=")[\w-]{43}"`)
	scriptPattern = regexp.MustCompile(`(?s)<script>.*</script>`)
	timePattern   = regexp.MustCompile(`<time[^>]*>[^<]*</time>`)
	stylePattern  = regexp.MustCompile(`(?s)<style>.*</style>`)
	hashPattern   = regexp.MustCompile(`'sha256-[^']+'`)
)

// render shows an answer as text, with what is fresh each time masked; a token
// is verified and shown by its claims.
func render(t *testing.T, r events.APIGatewayV2HTTPResponse) string {
	t.Helper()
	var out strings.Builder
	fmt.Fprintf(&out, "%d\n", r.StatusCode)
	var lines []string
	for name, value := range r.Headers {
		if match := tokenPattern.FindStringSubmatch(value); name == "Location" && match != nil {
			value = strings.TrimSuffix(value, match[1]) + "TOKEN"
			lines = append(lines, "(token): "+claims(t, match[1]))
		}
		if name == "Location" {
			value = freshPattern.ReplaceAllString(value, "$1=FRESH")
		}
		lines = append(lines, name+": "+hashPattern.ReplaceAllString(value, "'STYLE'"))
	}
	for _, cookie := range r.Cookies {
		cookie = tripPattern.ReplaceAllString(cookie, "${1}STATE=ID;")
		cookie = trailPattern.ReplaceAllString(cookie, "$1.TRAIL")
		lines = append(lines, "(cookie): "+cookiePattern.ReplaceAllString(cookie, "${1}ID;"))
	}
	slices.Sort(lines)
	body := stepPattern.ReplaceAllString(stylePattern.ReplaceAllString(scriptPattern.ReplaceAllString(timePattern.ReplaceAllString(r.Body, "<time></time>"), "<script></script>"), "<style></style>"), `${1}ID"`)
	fmt.Fprintf(&out, "%s\n\n%s", strings.Join(lines, "\n"), body)
	return out.String()
}

func claims(t *testing.T, token string) string {
	t.Helper()
	for door, value := range map[string]string{"users": usersKey, "agents": agentsKey} {
		app, err := deskpro.New(deskpro.Config{URL: "https://acme.deskpro.com/", Issuer: "x"})
		if err != nil {
			t.Fatal(err)
		}
		key, err := keyring.ParseKey(redact.New(value), "")
		if err != nil {
			t.Fatal(err)
		}
		claims, err := app.Verify(token, key, time.Now())
		if err != nil {
			continue
		}
		for _, name := range []string{"iat", "exp", "jti"} {
			if claims[name] == nil {
				t.Errorf("token has no %s", name)
			}
			claims[name] = name
		}
		encoded, err := json.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		return "by the " + door + "' key, " + string(encoded)
	}
	t.Error("no key verifies the token")
	return ""
}
