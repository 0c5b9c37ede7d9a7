// Package functions_test runs each function's bootstrap as a process: behind a
// Runtime API on loopback, with emulated AWS, and with the events of events/.
package functions_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/lambdahttp/runtimetest"
	"deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"

	"github.com/aws/aws-lambda-go/events"
)

const (
	usersKey  = "users-practice-key-users-practice-key"
	agentsKey = "agents-practice-key-agents-practice-key"
	// factorsKey seals the keys of authenticator apps.
	factorsKey = "factors-practice-key-factors-practice-key"
	// sessionID is the cookie in the sample events.
	sessionID = "cHJhY3RpY2Utc2Vzc2lvbi1vZi11Z28tYmlhbmNoaSE"
)

// binaries is the folder with the executables.
var binaries string

func TestMain(m *testing.M) {
	flag.Parse()
	code := func() int {
		var err error
		if binaries, err = os.MkdirTemp("", "functions"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(binaries)
		return m.Run()
	}()
	os.Exit(code)
}

// provided makes the executables once, from within a test: what TestMain looks
// at is not part of a result's key in the go command's cache.
var provided = sync.OnceValue(func() error { return provide(binaries, "login", "authenticate", "logout", "preflight") })

// provide puts the functions' executables into a folder: under make verify
// those that sam build made for this machine, otherwise ones built here.
func provide(folder string, functions ...string) error {
	made := os.Getenv("VERIFY_FUNCTIONS")
	if made == "" && os.Getenv("VERIFY") != "" {
		return errors.New("VERIFY_FUNCTIONS is not set: make verify must set up this part")
	}
	if made == "" {
		var packages []string
		for _, function := range functions {
			packages = append(packages, "./"+function)
		}
		return runtimetest.Build(context.Background(), runtimetest.BuildConfig{Into: folder, Packages: packages})
	}
	for _, function := range functions {
		resource := strings.ToUpper(function[:1]) + function[1:] + "Function"
		executable := filepath.Join(made, resource, "bootstrap")
		if _, err := os.Stat(executable); err != nil {
			return fmt.Errorf("looking for what sam build made: %w", err)
		}
		if err := os.Symlink(executable, filepath.Join(folder, function)); err != nil {
			return fmt.Errorf("placing what sam build made: %w", err)
		}
	}
	return nil
}

// hash is of "practice-helpdesk", made once.
var hash = sync.OnceValue(func() string {
	hasher, err := password.New(password.Config{})
	if err != nil {
		panic(err)
	}
	encoded, err := hasher.Hash(context.Background(), redact.New("practice-helpdesk"))
	if err != nil {
		panic(err)
	}
	return encoded
})

// cloud is AWS with two accounts, both keys, the one that seals apps' keys, and
// ugo's session.
func cloud(t *testing.T) (*awstest.Server, string) {
	t.Helper()
	aws := awstest.New()
	server := httptest.NewServer(aws)
	t.Cleanup(func() { aws.Clear(); server.Close() })
	aws.PutSecret("users", usersKey)
	aws.PutSecret("agents", agentsKey)
	aws.PutSecret("factors", factorsKey)
	aws.CreateTable("accounts", "login")
	aws.PutItem("accounts", account("u-1001", "ugo@example.com", "Ugo Bianchi", ""))
	aws.PutItem("accounts", account("u-1002", "ana@example.com", "Ana Souza", `,"groups":{"SS":["deskpro-agents"]}`))
	aws.CreateTable("state", "key")
	seedSession(t, aws, 0, 0)
	return aws, server.URL
}

// seedSession makes the sample events' cookie ugo's session, of so long ago.
func seedSession(t *testing.T, aws *awstest.Server, opened, used time.Duration) {
	t.Helper()
	now := time.Now()
	record, err := json.Marshal(map[string]any{
		"subject": "u-1001", "profile": map[string]string{"id": "u-1001", "email": "ugo@example.com", "name": "Ugo Bianchi"},
		"checked": now.Add(-opened), "opened": now.Add(-opened), "used": now.Add(-used),
	})
	if err != nil {
		t.Fatal(err)
	}
	aws.PutItem("state", fmt.Sprintf(`{"key":{"S":"session#%x"},"value":{"B":%q},"version":{"N":"1"},"expires":{"N":"%d"}}`,
		sha256.Sum256([]byte(sessionID)), base64.StdEncoding.EncodeToString(record), now.Add(time.Hour).Unix()))
}

func account(id, login, name, more string) string {
	return fmt.Sprintf(`{"login":{"S":%[2]q},"id":{"S":%[1]q},"email":{"S":%[2]q},"email_verified":{"BOOL":true},"name":{"S":%[3]q},"password_hash":{"S":%[4]q}%[5]s}`,
		id, login, name, hash(), more)
}

// environment is what template.yaml sets; the variables that a function does
// not read do it no harm.
func environment(endpoint string) []string {
	return []string{
		"AWS_ENDPOINT_URL=" + endpoint,
		"BRAND=Acme", "FRAME_ANCESTORS=https://intranet.example.com", "ISSUER=acme-login", "STATE_TABLE=state", "DIRECTORY=dynamodb", "ACCOUNTS_TABLE=accounts", "FACTORS=on", "FACTOR_SECRET=factors",
		"USERS_DESKPRO_URL=https://acme.deskpro.com/", "USERS_SECRET=users", "USERS_DEFAULT_RETURN=/login/authenticate-callback/1",
		"AGENTS_DESKPRO_URL=https://acme.deskpro.com/agent/", "AGENTS_SECRET=agents", "AGENTS_GROUP=deskpro-agents",
	}
}

func start(t *testing.T, function string, env []string, log *bytes.Buffer) *runtimetest.Process {
	t.Helper()
	if err := provided(); err != nil {
		t.Fatal(err)
	}
	process, err := runtimetest.Start(runtimetest.Config{
		Binary: filepath.Join(binaries, function), Env: env, Timeout: 10 * time.Second, Stderr: log, Stdout: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(process.Stop)
	return process
}

func invoke(t *testing.T, p *runtimetest.Process, payload []byte) events.APIGatewayV2HTTPResponse {
	t.Helper()
	out, err := p.Invoke(t.Context(), payload)
	if err != nil {
		t.Fatal(err)
	}
	var response events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(out, &response); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return response
}

func sample(t *testing.T, name string) []byte {
	t.Helper()
	payload, err := os.ReadFile("../events/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// Both times are longer than their defaults: a function that ignored one of
// them would end these sessions sooner, or not start.
func TestASessionLastsAsLongAsConfigured(t *testing.T) {
	times := []string{"SESSION_IDLE=24h", "SESSION_ABSOLUTE=48h"}
	for _, row := range []struct {
		name         string
		opened, used time.Duration
		status       int
	}{
		{"within both times", 47 * time.Hour, 23 * time.Hour, 302},
		{"after the idle time", 47 * time.Hour, 25 * time.Hour, 200},
		{"after the absolute time", 49 * time.Hour, time.Hour, 200},
	} {
		t.Run(row.name, func(t *testing.T) {
			aws, endpoint := cloud(t)
			seedSession(t, aws, row.opened, row.used)
			process := start(t, "login", append(environment(endpoint), times...), &bytes.Buffer{})
			if got := invoke(t, process, sample(t, "login/with-session")); got.StatusCode != row.status {
				t.Errorf("status %d, want %d:\n%s", got.StatusCode, row.status, render(t, got))
			}
		})
	}
	t.Run("from signing in", func(t *testing.T) {
		aws, endpoint := cloud(t)
		process := start(t, "authenticate", append(environment(endpoint), times...), &bytes.Buffer{})
		before := aws.Items("state")
		invoke(t, process, sample(t, "authenticate/right-password"))
		want := time.Now().Add(24 * time.Hour)
		var expires []time.Duration // from what is wanted
		for key, item := range aws.Items("state") {
			var stored struct {
				Expires struct {
					N int64 `json:",string"`
				}
			}
			if before[key] != "" || !strings.HasPrefix(key, "session#") {
				continue
			}
			if err := json.Unmarshal([]byte(item), &stored); err != nil {
				t.Fatal(err)
			}
			expires = append(expires, time.Unix(stored.Expires.N, 0).Sub(want))
		}
		if len(expires) != 1 || expires[0].Abs() > time.Minute {
			t.Errorf("new sessions end %v off 24 h from now, want one that does not", expires)
		}
	})
}

func TestAFunctionWithoutItsConfigurationIsAPageAndNamesAllProblemsInTheLog(t *testing.T) {
	for function, row := range map[string]struct {
		event string
		wants []string
	}{
		"login":        {"login/page", []string{"STATE_TABLE", "USERS_DESKPRO_URL"}},
		"authenticate": {"authenticate/right-password", []string{"STATE_TABLE", "USERS_DESKPRO_URL", "DIRECTORY"}},
		"logout":       {"logout/page", []string{"STATE_TABLE", "USERS_DESKPRO_URL"}},
	} {
		t.Run(function, func(t *testing.T) {
			var log bytes.Buffer
			process := start(t, function, nil, &log)
			got := invoke(t, process, sample(t, row.event))
			if got.StatusCode != 503 || !strings.Contains(got.Body, "DPL-3006") || len(got.Cookies) > 0 {
				t.Errorf("want 503, DPL-3006 and no cookie:\n%s", render(t, got))
			}
			process.Stop()
			for _, want := range row.wants {
				// Once at start, once for the request.
				if strings.Count(log.String(), want) < 2 || strings.Contains(got.Body, want) {
					t.Errorf("the log, not the page, must name %s twice:\n%s", want, log.String())
				}
			}
		})
	}
}

// Two keys of two attempts each would take twice as long as a page may.
func TestStartingWaitsForSecretsManagerOnlySoLong(t *testing.T) {
	for _, function := range []string{"login", "authenticate"} {
		t.Run(function, func(t *testing.T) {
			t.Parallel()
			aws, endpoint := cloud(t)
			aws.Inject("GetSecretValue", awstest.Fault{Hang: true})
			process := start(t, function, environment(endpoint), &bytes.Buffer{})
			invoke(t, process, []byte(`{}`))
			if elapsed := time.Since(process.Started()); elapsed > 3*time.Second {
				t.Errorf("served after %v, want little more than 1.5 s", elapsed)
			}
		})
	}
}

func TestAWSThatIsDownOrHangsIsAPageWithinFiveSeconds(t *testing.T) {
	for _, row := range []struct {
		name, function, event, operation string
		fault                            awstest.Fault
		code                             string
	}{
		{"the state table is down", "login", "login/with-session", "GetItem", awstest.Fault{Code: "InternalServerError"}, "DPL-3002"},
		{"the state table hangs", "login", "login/with-session", "GetItem", awstest.Fault{Hang: true}, "DPL-3002"},
		{"the accounts table hangs", "authenticate", "authenticate/right-password", "GetItem", awstest.Fault{Hang: true, Table: "accounts"}, "DPL-3001"},
		{"nothing counts the guesses", "authenticate", "authenticate/right-password", "GetItem", awstest.Fault{Table: "state"}, "DPL-3002"},
		{"the session cannot be stored", "authenticate", "authenticate/right-password", "PutItem", awstest.Fault{Hang: true}, "DPL-3002"},
		{"Secrets Manager hangs", "login", "login/with-session", "GetSecretValue", awstest.Fault{Hang: true}, "DPL-3003"},
		{"Secrets Manager refuses", "login", "login/with-session", "GetSecretValue", awstest.Fault{Code: "AccessDeniedException"}, "DPL-3004"},
		{"the session cannot be ended", "logout", "logout/page", "DeleteItem", awstest.Fault{Hang: true}, "DPL-3002"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			aws, endpoint := cloud(t)
			aws.Inject(row.operation, row.fault)
			var log bytes.Buffer
			process := start(t, row.function, environment(endpoint), &log)
			_, _ = process.Invoke(t.Context(), []byte(`{}`)) // start-up has a limit of its own
			began := time.Now()
			got := invoke(t, process, sample(t, row.event))
			if elapsed := time.Since(began); elapsed > 5*time.Second {
				t.Errorf("answered after %v", elapsed)
			}
			if got.StatusCode != 503 || !strings.Contains(got.Body, row.code) || got.Headers["Location"] != "" {
				t.Errorf("status %d, Location %q, want 503 and %s:\n%s", got.StatusCode, got.Headers["Location"], row.code, got.Body)
			}
			if len(got.Cookies) > 0 {
				t.Errorf("the session's cookie is changed: %v", got.Cookies)
			}
		})
	}
}

func TestAKeyThatMustNotSignIsAPageAndALineThatSaysWhatToDo(t *testing.T) {
	for _, row := range []struct{ name, value, code, says string }{
		{"short", "too-short", "DPL-3005", "needs at least 32"},
		{"with a newline", usersKey + "\n", "DPL-3005", "newline"},
		{"absent", "", "DPL-3004", "create it"},
	} {
		t.Run(row.name, func(t *testing.T) {
			aws, endpoint := cloud(t)
			aws.DeleteSecret("users")
			if row.value != "" {
				aws.PutSecret("users-2", row.value)
			}
			env := append(environment(endpoint), "USERS_SECRET=users-2")
			var log bytes.Buffer
			process := start(t, "login", env, &log)
			got := invoke(t, process, sample(t, "login/with-session"))
			if got.StatusCode != 503 || !strings.Contains(got.Body, row.code) {
				t.Errorf("status %d, want 503 and %s:\n%s", got.StatusCode, row.code, got.Body)
			}
			process.Stop()
			if !strings.Contains(log.String(), row.says) || strings.Contains(log.String(), "practice-key") || strings.Contains(log.String(), "too-short") {
				t.Errorf("log must say %q and show no key:\n%s", row.says, log.String())
			}
		})
	}
}

// The log of all events, run through one process of each function.
func TestNothingSecretReachesTheLog(t *testing.T) {
	for _, function := range []string{"login", "authenticate", "logout"} {
		_, endpoint := cloud(t)
		var log bytes.Buffer
		process := start(t, function, environment(endpoint), &log)
		files, err := filepath.Glob("../events/" + function + "/*.json")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			payload, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			invoke(t, process, payload)
		}
		process.Stop()
		if !strings.Contains(log.String(), `"message":"audit"`) {
			t.Errorf("%s wrote no audit event:\n%s", function, log.String())
		}
		for _, secret := range []string{"practice-helpdesk", "practice-key", sessionID, "jwt=", "eyJ", "authenticate-callback", "new-ticket", "Mozilla"} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("the log of %s shows %q:\n%s", function, secret, log.String())
			}
		}
	}
}

// Their roles let them write nothing else (template.yaml, dynamodb:LeadingKeys).
func TestFunctionsWriteSessionsAndCountersOnly(t *testing.T) {
	aws, endpoint := cloud(t)
	seedSession(t, aws, time.Hour, 30*time.Minute) // long enough ago for its use to be noted
	for _, row := range []struct {
		function, event string
		prefixes        []string
	}{
		{"login", "login/with-session", []string{"session#"}},
		{"authenticate", "authenticate/right-password", []string{"session#", "devices#", "guesses#", "known#"}},
	} {
		before := aws.Calls("PutItem")
		invoke(t, start(t, row.function, environment(endpoint), &bytes.Buffer{}), sample(t, row.event))
		if aws.Calls("PutItem") == before {
			t.Errorf("%s wrote nothing", row.function)
		}
		wroteOnly(t, aws, row.prefixes...)
	}
}
