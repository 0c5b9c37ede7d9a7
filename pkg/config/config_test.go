package config_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/config"
)

var functions = []config.Function{config.Login, config.Authenticate, config.Logout, config.Preflight, config.Rotate}

// environment is one with both doors and a DynamoDB directory, with changes: an
// empty value is as good as none.
func environment(changes map[string]string) map[string]string {
	env := map[string]string{
		"USERS_DESKPRO_URL":     "https://acme.deskpro.com",
		"USERS_RETURN_ORIGINS":  "https://help.acme.example https://support.acme.example",
		"USERS_DEFAULT_RETURN":  "/login/authenticate-callback/1",
		"USERS_ATTRIBUTES":      "department phone",
		"USERS_SECRET":          "deskpro-login/users",
		"AGENTS_DESKPRO_URL":    "https://acme.deskpro.com/",
		"AGENTS_DEFAULT_RETURN": "/agent/login/authenticate-callback/2",
		"AGENTS_SECRET":         "deskpro-login/agents",
		"AGENTS_GROUP":          "deskpro-agents",
		"STATE_TABLE":           "state",
		"DIRECTORY":             "dynamodb",
		"ACCOUNTS_TABLE":        "accounts",
		"LOGIN_VERSION":         "arn:login:7",
		"AUTHENTICATE_VERSION":  "arn:authenticate:8",
		"LOGOUT_VERSION":        "arn:logout:9",
	}
	maps.Copy(env, changes)
	return env
}

// cognito are the changes that put the directory in Cognito, federation those
// that let other identity providers in besides.
var (
	cognito = map[string]string{
		"DIRECTORY": "cognito", "ACCOUNTS_TABLE": "",
		"COGNITO_USER_POOL_ID": "eu-west-1_AbCdEfGhI", "COGNITO_CLIENT_ID": "client",
	}
	federation = with(cognito, map[string]string{
		"FEDERATION_DOMAIN": "acme.auth.eu-west-1.amazoncognito.com", "FEDERATION_NAME": "Acme ID",
	})
)

// factors are the changes with which people may set up authenticator apps.
var factors = map[string]string{"FACTORS": "on", "FACTOR_SECRET": "deskpro-login/factors"}

// with returns a copy of env with some changed.
func with(env, changes map[string]string) map[string]string {
	env = maps.Clone(env)
	maps.Copy(env, changes)
	return env
}

func load(function config.Function, env map[string]string) (config.Config, error) {
	return config.Load(function, func(name string) string { return env[name] })
}

func mustLoad(t *testing.T, function config.Function, changes map[string]string) config.Config {
	t.Helper()
	cfg, err := load(function, environment(changes))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestBothDoorsAreRead(t *testing.T) {
	cfg := mustLoad(t, config.Login, nil)
	if len(cfg.Doors) != 2 {
		t.Fatalf("%d doors are on, want 2", len(cfg.Doors))
	}
	users, agents := cfg.Doors[0], cfg.Doors[1]
	for _, row := range []struct{ name, got, want string }{
		{"the users' name", users.Name, "users"},
		{"the users' secret", users.SecretID, "deskpro-login/users"},
		{"the users' group", users.Group, ""},
		{"the users' home", users.App.Home(), "https://acme.deskpro.com/"},
		{"the users' origins", strings.Join(users.App.Origins(), " "), "https://acme.deskpro.com https://help.acme.example https://support.acme.example"},
		{"the users' default return", users.App.DefaultReturn().String(), "https://acme.deskpro.com/login/authenticate-callback/1"},
		{"the users' attributes", strings.Join(users.App.Attributes(), " "), "department phone"},
		{"the agents' name", agents.Name, "agents"},
		{"the agents' secret", agents.SecretID, "deskpro-login/agents"},
		{"the agents' group", agents.Group, "deskpro-agents"},
		{"the agents' origins", strings.Join(agents.App.Origins(), " "), "https://acme.deskpro.com"},
		{"the agents' default return", agents.App.DefaultReturn().String(), "https://acme.deskpro.com/agent/login/authenticate-callback/2"},
		{"the agents' attributes", strings.Join(agents.App.Attributes(), " "), ""},
		{"the table", cfg.StateTable, "state"},
	} {
		if row.got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, row.got, row.want)
		}
	}
}

func TestADoorIsOnWhenItsURLIsSet(t *testing.T) {
	for _, row := range []struct{ on, off string }{{"users", "AGENTS_"}, {"agents", "USERS_"}} {
		env := environment(nil)
		maps.DeleteFunc(env, func(name, _ string) bool { return strings.HasPrefix(name, row.off) })
		for _, function := range functions {
			cfg, err := load(function, env)
			if err != nil {
				t.Fatal(err)
			}
			if len(cfg.Doors) != 1 || cfg.Doors[0].Name != row.on {
				t.Errorf("%s: doors = %v, want only that of the %s", function, cfg.Doors, row.on)
			}
		}
	}
}

func TestDefaults(t *testing.T) {
	for _, row := range []struct {
		name    string
		changes map[string]string
		got     func(config.Config) any
		want    any
	}{
		{"a session's idle time", nil, func(c config.Config) any { return c.SessionIdle }, time.Hour},
		{"a session's end", nil, func(c config.Config) any { return c.SessionAbsolute }, 12 * time.Hour},
		{"the brand", nil, func(c config.Config) any { return c.Looks.Brand }, "Helpdesk"},
		{"no frames", nil, func(c config.Config) any { return c.FrameAncestors }, ""},
		{"empty means not set", map[string]string{"BRAND": "", "SESSION_IDLE": ""}, func(c config.Config) any { return c.Looks.Brand }, "Helpdesk"},
		{"spaces mean not set", map[string]string{"BRAND": " \t"}, func(c config.Config) any { return c.Looks.Brand }, "Helpdesk"},
		{"spaces around a value are cut", map[string]string{"BRAND": " Acme "}, func(c config.Config) any { return c.Looks.Brand }, "Acme"},
		{"no default return is the helpdesk's address", map[string]string{"USERS_DEFAULT_RETURN": ""}, func(c config.Config) any { return c.Doors[0].App.DefaultReturn().String() }, "https://acme.deskpro.com/"},
		{"a group for users", map[string]string{"USERS_GROUP": "customers"}, func(c config.Config) any { return c.Doors[0].Group }, "customers"},
		{"everyone may pass the users' door", map[string]string{"USERS_GROUP": "*"}, func(c config.Config) any { return c.Doors[0].Group }, ""},
		{"everyone may pass the agents' door if asked for", map[string]string{"AGENTS_GROUP": "*"}, func(c config.Config) any { return c.Doors[1].Group }, ""},
		{"several frame ancestors", map[string]string{"FRAME_ANCESTORS": "'self' https://intranet.example.com"}, func(c config.Config) any { return c.FrameAncestors }, "'self' https://intranet.example.com"},
		{"no metrics", nil, func(c config.Config) any { return c.MetricsNamespace }, ""},
		{"metrics", map[string]string{"METRICS_NAMESPACE": "DeskproLogin/acme"}, func(c config.Config) any { return c.MetricsNamespace }, "DeskproLogin/acme"},
		{"the accounts' table", nil, func(c config.Config) any { return c.Directory }, config.Directory{
			AccountsTable: "accounts", Writes: true, MinLength: 15, Hash: config.Hash{Memory: 19456, Time: 2, Parallelism: 1},
		}},
		{"a second factor is optional", nil, func(c config.Config) any { return c.Doors[0].Factor || c.Doors[1].Factor }, false},
		{"a second factor for agents", with(factors, map[string]string{"AGENTS_FACTOR": "required", "USERS_FACTOR": "optional"}), func(c config.Config) any { return [2]bool{c.Doors[0].Factor, c.Doors[1].Factor} }, [2]bool{false, true}},
		{"Cognito", cognito, func(c config.Config) any { return c.Directory }, config.Directory{UserPoolID: "eu-west-1_AbCdEfGhI", ClientID: "client", AuthFlow: "ADMIN_USER_PASSWORD_AUTH", Mapping: mapping(t)}},
		{"Cognito's claims", with(cognito, map[string]string{"COGNITO_CLIENT_SECRET": "client-secret", "COGNITO_CLAIMS": "id=custom:staff_no  team=custom:team", "AGENTS_DESKPRO_URL": "https://acme.deskpro.com/agent/", "AGENTS_SECRET": "agents", "AGENTS_GROUP": "*", "AGENTS_ATTRIBUTES": "team"}), func(c config.Config) any { return c.Directory.Mapping }, mapping(t, "id=custom:staff_no", "team=custom:team")},
		{"a choice of ways to sign in", with(cognito, map[string]string{"COGNITO_AUTH_FLOW": "USER_AUTH"}), func(c config.Config) any { return c.Directory.AuthFlow }, "USER_AUTH"},
	} {
		if got := row.got(mustLoad(t, config.Authenticate, row.changes)); !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s: got %v, want %v", row.name, got, row.want)
		}
	}
}

func TestLogoutNeedsNoSecretAndReadsNone(t *testing.T) {
	for name, changes := range map[string]map[string]string{
		"unset": {"USERS_SECRET": "", "AGENTS_SECRET": "", "AGENTS_GROUP": "", "DIRECTORY": "", "ACCOUNTS_TABLE": ""},
		"set":   {"USERS_SECRET": "same", "AGENTS_SECRET": "same", "DIRECTORY": "ldap", "FACTORS": "on", "USERS_FACTOR": "always"},
	} {
		cfg := mustLoad(t, config.Logout, changes)
		for _, door := range cfg.Doors {
			if door.SecretID != "" || door.Group != "" {
				t.Errorf("%s: the %s' door has the secret %q and the group %q", name, door.Name, door.SecretID, door.Group)
			}
		}
		if !reflect.DeepEqual(cfg.Directory, config.Directory{}) {
			t.Errorf("%s: directory = %v, want none", name, cfg.Directory)
		}
	}
}

func TestOnlyPreflightReadsTheVersionsToTry(t *testing.T) {
	if got, want := mustLoad(t, config.Preflight, nil).Versions, (config.Versions{Login: "arn:login:7", Authenticate: "arn:authenticate:8", Logout: "arn:logout:9"}); got != want {
		t.Errorf("preflight's versions are %v, want %v", got, want)
	}
	if got := mustLoad(t, config.Login, nil).Versions; got != (config.Versions{}) {
		t.Errorf("login's versions are %v, want none", got)
	}
	_, err := load(config.Preflight, environment(map[string]string{"LOGIN_VERSION": "", "LOGOUT_VERSION": ""}))
	if err == nil || !strings.Contains(err.Error(), "LOGIN_VERSION is not set") || !strings.Contains(err.Error(), "LOGOUT_VERSION is not set") {
		t.Errorf("error = %v, want one that names both", err)
	}
}

func TestTheEdgeIsReadWhereThereIsOne(t *testing.T) {
	hash := strings.Repeat("0123456789abcdef", 4)
	edge := map[string]string{"EDGE_DOMAIN": "login.acme.example", "ORIGIN_VERIFY_HASHES": hash + " " + hash}
	for _, function := range functions {
		if got, want := mustLoad(t, function, edge).Edge != nil, function != config.Preflight && function != config.Rotate; got != want {
			t.Errorf("%s has an edge: %v, want %v", function, got, want)
		}
		if mustLoad(t, function, nil).Edge != nil {
			t.Errorf("%s has an edge that nobody configured", function)
		}
	}
}

func TestProblems(t *testing.T) {
	noDoors := map[string]string{}
	for name := range environment(nil) {
		if strings.HasPrefix(name, "USERS_") || strings.HasPrefix(name, "AGENTS_") {
			noDoors[name] = ""
		}
	}
	checkProblems(t, []problemRow{
		{"no door", noDoors, []string{"no door is on", "USERS_DESKPRO_URL", "AGENTS_DESKPRO_URL"}},
		{"a door off with its secret set", map[string]string{"USERS_DESKPRO_URL": "", "USERS_DEFAULT_RETURN": "", "USERS_RETURN_ORIGINS": "", "USERS_ATTRIBUTES": ""}, []string{"USERS_SECRET is set", "USERS_DESKPRO_URL is not", "set both or neither"}},
		{"a door off with its group set", map[string]string{"AGENTS_DESKPRO_URL": "", "AGENTS_DEFAULT_RETURN": "", "AGENTS_SECRET": ""}, []string{"AGENTS_GROUP is set", "AGENTS_DESKPRO_URL is not"}},
		{"a helpdesk over plain http", map[string]string{"USERS_DESKPRO_URL": "http://acme.deskpro.com"}, []string{"USERS_", `"http://acme.deskpro.com"`, "must be https"}},
		{"a helpdesk without its scheme", map[string]string{"AGENTS_DESKPRO_URL": "acme.deskpro.com"}, []string{"AGENTS_", "must be a URL such as https://acme.deskpro.com/"}},
		{"an origin with a wildcard", map[string]string{"USERS_RETURN_ORIGINS": "https://*.acme.example"}, []string{"USERS_", "return origin", "wildcard"}},
		{"origins separated by commas", map[string]string{"USERS_RETURN_ORIGINS": "https://a.example,https://b.example"}, []string{"USERS_", "return origin", "must be an origin"}},
		{"a default return elsewhere", map[string]string{"AGENTS_DEFAULT_RETURN": "https://evil.example/"}, []string{"AGENTS_", "default return", "none of the door's"}},
		{"attributes separated by commas", map[string]string{"USERS_ATTRIBUTES": "department,phone"}, []string{"USERS_ATTRIBUTES is", "by spaces, not by commas"}},
		{"an attribute that would replace a claim", map[string]string{"USERS_ATTRIBUTES": "department email"}, []string{"USERS_", `attribute "email"`}},
		{"no secret", map[string]string{"USERS_SECRET": ""}, []string{"USERS_SECRET is not set", "Secrets Manager"}},
		{"the same secret for both doors", map[string]string{"USERS_SECRET": "deskpro-login/agents"}, []string{"USERS_SECRET and AGENTS_SECRET are the same", "make a secret for each"}},
		{"agents without a group", map[string]string{"AGENTS_GROUP": ""}, []string{"AGENTS_GROUP is not set", "`*` lets everyone pass"}},
		{"no state table", map[string]string{"STATE_TABLE": ""}, []string{"STATE_TABLE is not set", "DynamoDB table"}},
		{"an asymmetric algorithm", map[string]string{"TOKEN_ALGORITHM": "RS256"}, []string{`TOKEN_ALGORITHM is "RS256"`, "HS256 or HS384 or HS512"}},
		{"an algorithm in small letters", map[string]string{"TOKEN_ALGORITHM": "hs256"}, []string{`TOKEN_ALGORITHM is "hs256"`, "HS256"}},
		{"a lifetime that is too long", map[string]string{"TOKEN_LIFETIME": "1h"}, []string{"TOKEN_LIFETIME is 1h0m0s", "between 30s and 10m0s"}},
		{"a lifetime of nothing", map[string]string{"TOKEN_LIFETIME": "0s"}, []string{"TOKEN_LIFETIME is 0s", "between 30s and 10m0s"}},
		{"a lifetime without a unit", map[string]string{"TOKEN_LIFETIME": "120"}, []string{`TOKEN_LIFETIME is "120"`, "such as 90s"}},
		{"an idle time in words", map[string]string{"SESSION_IDLE": "1 hour"}, []string{`SESSION_IDLE is "1 hour"`, "such as 90s"}},
		{"an idle time of nothing", map[string]string{"SESSION_IDLE": "0s"}, []string{"SESSION_IDLE is 0s", "between 1m0s and 720h0m0s"}},
		{"a negative idle time", map[string]string{"SESSION_IDLE": "-1h"}, []string{"SESSION_IDLE is -1h0m0s", "between 1m0s and 720h0m0s"}},
		{"a session without an end", map[string]string{"SESSION_ABSOLUTE": "9000h"}, []string{"SESSION_ABSOLUTE is 9000h0m0s", "between 1m0s and 720h0m0s"}},
		{"an idle time that outlasts the session", map[string]string{"SESSION_IDLE": "13h"}, []string{"SESSION_IDLE (13h0m0s) must not be longer than SESSION_ABSOLUTE (12h0m0s)"}},
		{"a frame ancestor that ends the directive", map[string]string{"FRAME_ANCESTORS": "'self'; script-src *"}, []string{"FRAME_ANCESTORS is", "separated by spaces"}},
		{"a frame ancestor that ends the header", map[string]string{"FRAME_ANCESTORS": "'self'\r\nSet-Cookie: x"}, []string{"FRAME_ANCESTORS is", "separated by spaces"}},
		{"frame ancestors separated by commas", map[string]string{"FRAME_ANCESTORS": "https://a.example, https://b.example"}, []string{"FRAME_ANCESTORS is", "separated by spaces"}},
		{"an edge without its key's hash", map[string]string{"EDGE_DOMAIN": "login.acme.example"}, []string{"EDGE_DOMAIN and ORIGIN_VERIFY_HASHES belong together"}},
		{"an edge's hash without its host", map[string]string{"ORIGIN_VERIFY_HASHES": strings.Repeat("0123456789abcdef", 4)}, []string{"EDGE_DOMAIN and ORIGIN_VERIFY_HASHES belong together"}},
		{"an edge's key instead of its hash", map[string]string{"EDGE_DOMAIN": "login.acme.example", "ORIGIN_VERIFY_HASHES": "the-key-itself"}, []string{"ORIGIN_VERIFY_HASHES", "SHA-256"}},
	})
}

// problemRow is one thing that is wrong.
type problemRow struct {
	name    string
	changes map[string]string
	want    []string // the words that matter, all in one line
}

func checkProblems(t *testing.T, rows []problemRow) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			_, err := load(config.Authenticate, environment(row.changes))
			problems := lines(t, err)
			if len(problems) != 1 {
				t.Errorf("got %d problems, want 1:\n%v", len(problems), err)
			}
			if !slices.ContainsFunc(problems, func(line string) bool { return containsAll(line, row.want) }) {
				t.Errorf("no problem says %q:\n%v", row.want, err)
			}
		})
	}
}

// lines returns the problems of a Load's error, one a line after the first.
func lines(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		t.Fatal("there is no error")
	}
	all := strings.Split(err.Error(), "\n")
	if want := "configuration of authenticate:"; all[0] != want {
		t.Errorf("the error begins %q, want %q", all[0], want)
	}
	return all[1:]
}

func containsAll(text string, words []string) bool {
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
}

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	_, err := load(config.Authenticate, map[string]string{
		"USERS_DESKPRO_URL":    "http://acme.deskpro.com",
		"USERS_SECRET":         "same",
		"AGENTS_DESKPRO_URL":   "https://acme.deskpro.com",
		"AGENTS_SECRET":        "same",
		"AGENTS_ATTRIBUTES":    "exp iat",
		"TOKEN_ALGORITHM":      "none",
		"TOKEN_LIFETIME":       "1",
		"SESSION_IDLE":         "1",
		"SESSION_ABSOLUTE":     "1s",
		"FRAME_ANCESTORS":      ";",
		"DIRECTORY":            "cognito",
		"ACCOUNTS_TABLE":       "accounts",
		"COGNITO_USER_POOL_ID": "",
		"COGNITO_AUTH_FLOW":    "SRP",
		"COGNITO_CLAIMS":       "nickname id=a id=b",
		"PASSWORD_RESET":       "1",
		"FEDERATION_DOMAIN":    "x",
		"FEDERATION_MODE":      "1",
	})
	problems := lines(t, err)
	for _, want := range []string{
		"COGNITO_AUTH_FLOW is", `"nickname"`, "id is there twice", "PASSWORD_RESET", "FEDERATION_DOMAIN is", "FEDERATION_NAME", "FEDERATION_MODE",
		"must be https", "USERS_SECRET and AGENTS_SECRET", "AGENTS_GROUP", `"exp"`, `"iat"`, "TOKEN_ALGORITHM", "TOKEN_LIFETIME",
		"SESSION_IDLE", "SESSION_ABSOLUTE", "FRAME_ANCESTORS", "STATE_TABLE", "ACCOUNTS_TABLE", "COGNITO_USER_POOL_ID", "COGNITO_CLIENT_ID is",
	} {
		n := 0
		for _, line := range problems {
			if strings.Contains(line, want) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d problems tell of %s, want 1", n, want)
		}
	}
	if t.Failed() {
		t.Log(err)
	}
}

func TestNothingSetTellsWhatToSet(t *testing.T) {
	_, err := load(config.Authenticate, nil)
	problems := lines(t, err)
	for _, want := range []string{"STATE_TABLE is not set", "no door is on", "DIRECTORY is not set"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q", want)
		}
	}
	if len(problems) != 3 {
		t.Errorf("got %d problems, want 3:\n%v", len(problems), err)
	}
}

// People paste a secret where its name belongs.
func TestAnErrorQuotesNoSecret(t *testing.T) {
	_, err := load(config.Authenticate, map[string]string{
		"USERS_DESKPRO_URL": "http://x", "USERS_SECRET": "hunter2", "AGENTS_SECRET": "hunter2",
		"DIRECTORY": "dynamodb", "COGNITO_CLIENT_SECRET": "hunter2", "FACTOR_SECRET": "hunter2",
	})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error = %v, want one without the secret", err)
	}
	_, err = load(config.Authenticate, environment(with(factors, map[string]string{"USERS_SECRET": "hunter2", "AGENTS_SECRET": "hunter2", "FACTOR_SECRET": "hunter2"})))
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error = %v, want one without the secret", err)
	}
}

func TestEachFunctionReadsItsOwnVariablesOnly(t *testing.T) {
	for _, function := range functions {
		want := map[string]bool{}
		for _, v := range config.Variables() {
			if !slices.Contains(v.Functions, function) {
				continue
			}
			for _, name := range names(v) {
				want[name] = true
			}
		}
		got := map[string]bool{}
		// Between them these have all that may be read.
		for _, changes := range []map[string]string{factors, federation} {
			_, _ = config.Load(function, func(name string) string {
				got[name] = true
				return environment(changes)[name]
			})
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s reads %v, want %v", function, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
	}
}

func TestTheListOfVariablesCannotBeChanged(t *testing.T) {
	config.Variables()[0].Name = "CHANGED"
	if config.Variables()[0].Name == "CHANGED" {
		t.Error("Variables returns the list itself")
	}
}
