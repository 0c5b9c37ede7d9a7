package stack_test

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/infra/loginctl/stack"
)

func both(t testing.TB) string {
	t.Helper()
	content, err := os.ReadFile("../testdata/both.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestRead(t *testing.T) {
	got, err := stack.Read(strings.NewReader("\xef\xbb\xbf"+both(t)), "")
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "deskpro-login" || got.Region != "eu-west-1" || got.Algorithm != "HS256" || got.Lifetime.String() != "2m0s" ||
		got.Directory.Cognito || got.Directory.Name != "deskpro-login-AccountsTable-1ABCDEFGHIJKL" || got.DomainTarget != "" || got.RolledBack ||
		got.StateTable != "deskpro-login-StateTable-1MNOPQRSTUVWX" || got.OperatorLog != "/deskpro-login/deskpro-login/operators" || got.Directory.Fields != "" || got.Directory.ReadOnly {
		t.Errorf("got %+v", got)
	}
	if want := (stack.Passwords{
		MinLength: 15, Memory: 19456, Time: 2, Parallelism: 1,
		Words: []string{`Sprockétte & "Söhne"`, "acme.deskpro.com", "help.acme.example", "acme.deskpro.com", "roadrunner"},
	}); !reflect.DeepEqual(got.Passwords, want) {
		t.Errorf("passwords are %+v, want %+v", got.Passwords, want)
	}
	if len(got.Doors) != 2 || got.Doors[0].Name != stack.Users || got.Doors[1].Name != stack.Agents {
		t.Fatalf("doors are %+v", got.Doors)
	}
	want := stack.Secret{
		ARN:       "arn:aws:secretsmanager:eu-west-1:123456789012:secret:UsersSecret-kT7cPq2LmZ0x-aB3dE5",
		Partition: "aws", Region: "eu-west-1", Name: "UsersSecret-kT7cPq2LmZ0x",
	}
	if got.Doors[0].Secret != want {
		t.Errorf("the users' secret is %+v, want %+v", got.Doors[0].Secret, want)
	}
}

func TestReadAPoolOfOnesOwn(t *testing.T) {
	content, err := os.ReadFile("../testdata/pool.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := stack.Read(strings.NewReader(string(content)), "")
	if err != nil {
		t.Fatal(err)
	}
	if want := (stack.Directory{Cognito: true, Name: "us-east-1_AbCdEfGhI", ClientID: "4f5g6h7j8k", ManagedLogin: "acme.auth.us-east-1.amazoncognito.com"}); got.Directory != want {
		t.Errorf("the directory is %+v, want %+v", got.Directory, want)
	}
	if got.Doors[0].CallbackURL != "https://login.acme.example/users/login/callback" || got.Doors[1].CallbackURL != "https://login.acme.example/agents/login/callback" {
		t.Errorf("doors are %+v", got.Doors)
	}
	for _, row := range []struct{ name, old, new, want string }{
		{"a client's ID with a quotation mark", `"4f5g6h7j8k"`, `"4f5g\""`, "UserPoolClientId"},
		{"a callback without https", "https://login.acme.example/agents/login/callback", "http://login.acme.example/agents/login/callback", "AgentsCallbackUrl"},
		{"managed login with a line break", "acme.auth.us-east-1", `acme\n.auth.us-east-1`, "FederationDomain"},
		{"no client", `"UserPoolClientId"`, `"Other"`, "lacks outputs: UserPoolClientId"},
	} {
		if _, err := stack.Read(strings.NewReader(strings.Replace(string(content), row.old, row.new, 1)), ""); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want an error with %q", row.name, err, row.want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for _, row := range []struct{ name, old, new, want string }{
		{"an address without https", "https://acme.deskpro.com/", "http://acme.deskpro.com/", `UsersDeskproUrl is "http://acme.deskpro.com/", not an https address`},
		{"an address with a quotation mark", "https://acme.deskpro.com/", `https://acme.deskpro.com/\"`, "not an https address"},
		{"an address with a bar", "https://acme.deskpro.com/", "https://acme.deskpro.com/|", "not an https address"},
		{"an address with a backtick", "https://acme.deskpro.com/", "https://acme.deskpro.com/`", "not an https address"},
		{"an address with an escape sequence", "https://acme.deskpro.com/", `https://acme.deskpro.com/\u001b[2J`, "not an https address"},
		{"an address without a host", "https://acme.deskpro.com/", "https:///", "not an https address"},
		{"a host with a line break", `"a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"`, `"a1b2c3d4e5\n"`, "ApiHost"},
		{"a secret without its six characters", "kT7cPq2LmZ0x-aB3dE5", "kT7cPq2LmZ0x", "not a secret's whole ARN"},
		{"a secret in another Region", "secretsmanager:eu-west-1:123456789012:secret:Users", "secretsmanager:eu-west-2:123456789012:secret:Users", "UsersSecretArn is in eu-west-2, but"},
		{"one secret for both doors", "AgentsSecret-w9XvRt4HsJ1y-fG6hI7", "UsersSecret-kT7cPq2LmZ0x-aB3dE5", "both doors have the secret"},
		{"a directory of another kind", `"dynamodb"`, `"cognito"`, "lacks outputs: UserPoolId"},
		{"a stack whose name is none", `"deskpro-login",`, `"a b",`, "no stack's name"},
		{"an output that is empty", `"120s"`, `""`, "lacks outputs: TokenLifetime"},
		{"a lifetime of hours", `"120s"`, `"2h"`, `TokenLifetime is "2h"`},
		{"a log group's name with a space", `login/operators"`, `login/operators x"`, "OperatorLogGroupName"},
		{"a table of sessions with a line break", "deskpro-login-StateTable", `\n`, "StateTableName"},
		{"passwords that are short", "min-length=15", "min-length=14", "PasswordRules"},
		{"a length that is none", "min-length=15", "min-length=15.5", "PasswordRules"},
		{"a check that is neither on nor off", "breach-check=off", "breach-check=no", "PasswordRules"},
		{"rules with more behind them", "breach-check=off", "breach-check=off x=1", "PasswordRules"},
		{"a hash's cost without passes", " time=2", "", "HashCost"},
		{"a hash's cost beyond all bounds", "memory=19456", "memory=194560", "HashCost"},
		{"a company's name with a line break", "Söhne", `S\nhne`, "BrandName"},
		{"words with an escape sequence", "roadrunner", `road\u001brunner`, "CompanyWords"},
		{"two outputs that are wrong", `"120s"`, `"2h"`, "\n  TokenLifetime"},
		{"UTF-16", "{", "\xff\xfe{", "UTF-16"},
		{"something too large", "{", "{" + strings.Repeat(" ", 5<<20), "more than"},
		{"a number for a value", `"HS256"`, "256", "not what AWS or SAM prints"},
	} {
		content := both(t)
		if !strings.Contains(content, row.old) {
			t.Fatalf("%s: there is no %s to replace", row.name, row.old)
		}
		n := -1
		if row.old == "{" {
			n = 1
		}
		_, err := stack.Read(strings.NewReader(strings.Replace(content, row.old, row.new, n)), "")
		if err == nil || !strings.Contains(err.Error(), row.want) || hint.Of(err) == "" {
			t.Errorf("%s: %v (hint: %s), want one with %q and a hint", row.name, err, hint.Of(err), row.want)
		}
	}
}

func TestReadATableOfOnesOwn(t *testing.T) {
	content, err := os.ReadFile("../testdata/agents.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := stack.Read(strings.NewReader(string(content)), "desk")
	if err != nil {
		t.Fatal(err)
	}
	if want := (stack.Directory{Name: "people", Fields: "login=username email_verified=* groups=roles disabled=!status:active", ReadOnly: true}); got.Directory != want {
		t.Errorf("directory is %+v, want %+v", got.Directory, want)
	}
	if want := (stack.Passwords{Memory: 65536, Time: 3, Parallelism: 4, Words: []string{"Helpdesk", "acme.deskpro.com"}}); !reflect.DeepEqual(got.Passwords, want) {
		t.Errorf("passwords are %+v, want %+v", got.Passwords, want)
	}
	for _, row := range []struct{ name, old, new, want string }{
		{"pairs with a quotation mark", "groups=roles", `groups=\"roles`, "AccountsFields"},
		{"pairs with two spaces", "groups=roles", "groups=  roles", "AccountsFields"},
		{"writes that are neither on nor off", `"off"`, `"no"`, `AccountsWrites is "no", not on or off`},
	} {
		if _, err := stack.Read(strings.NewReader(strings.Replace(string(content), row.old, row.new, 1)), "desk"); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want an error with %q", row.name, err, row.want)
		}
	}
}

// What came later is not missed in a stack of an earlier release.
func TestReadAnEarlierRelease(t *testing.T) {
	content := both(t)
	for _, name := range []string{"StateTableName", "OperatorLogGroupName", "AccountsWrites", "PasswordRules", "HashCost", "BrandName", "CompanyWords"} {
		content = strings.Replace(content, name, "Other"+name, 1)
	}
	got, err := stack.Read(strings.NewReader(content), "")
	if err != nil || got.StateTable != "" || got.OperatorLog != "" || got.Directory.ReadOnly || !reflect.DeepEqual(got.Passwords, stack.Passwords{}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// States are CloudFormation's, of which some have outputs that are not those of
// what runs.
func TestStates(t *testing.T) {
	for _, row := range []struct {
		state      string
		rolledBack bool
		want       string
	}{
		{"CREATE_COMPLETE", false, ""},
		{"UPDATE_COMPLETE", false, ""},
		{"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", false, ""},
		{"IMPORT_COMPLETE", false, ""},
		{"IMPORT_ROLLBACK_COMPLETE", false, ""},
		{"UPDATE_ROLLBACK_COMPLETE", true, ""},
		{"UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", true, ""},
		{"CREATE_IN_PROGRESS", false, "wait"},
		{"UPDATE_IN_PROGRESS", false, "wait"},
		{"UPDATE_ROLLBACK_IN_PROGRESS", false, "wait"},
		{"IMPORT_IN_PROGRESS", false, "wait"},
		{"IMPORT_ROLLBACK_IN_PROGRESS", false, "wait"},
		{"REVIEW_IN_PROGRESS", false, "change set"},
		{"CREATE_FAILED", false, "making it failed"},
		{"ROLLBACK_IN_PROGRESS", false, "making it failed"},
		{"ROLLBACK_COMPLETE", false, "making it failed"},
		{"ROLLBACK_FAILED", false, "making it failed"},
		{"DELETE_IN_PROGRESS", false, "removed"},
		{"DELETE_FAILED", false, "removed"},
		{"DELETE_COMPLETE", false, "removed"},
		{"UPDATE_FAILED", false, "did not end well"},
		{"UPDATE_ROLLBACK_FAILED", false, "did not end well"},
		{"IMPORT_ROLLBACK_FAILED", false, "did not end well"},
		{"SOMETHING_NEW", false, "did not end well"},
	} {
		got, err := stack.Read(strings.NewReader(strings.Replace(both(t), "CREATE_COMPLETE", row.state, 1)), "")
		switch {
		case row.want == "" && (err != nil || got.RolledBack != row.rolledBack):
			t.Errorf("%s: rolled back %v (%v), want %v", row.state, got.RolledBack, err, row.rolledBack)
		case row.want != "" && (err == nil || !strings.Contains(hint.Of(err), row.want)):
			t.Errorf("%s: %v (hint: %s), want a hint with %q", row.state, err, hint.Of(err), row.want)
		}
	}
}

// Whatever is in a file, what comes out can be printed anywhere.
func FuzzRead(f *testing.F) {
	f.Add(both(f), "")
	for _, name := range []string{"users", "agents", "pool", "made"} {
		content, err := os.ReadFile("../testdata/" + name + ".json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(content), "desk")
	}
	f.Fuzz(func(t *testing.T, content, name string) {
		if name != "" && !stack.ValidName(name) {
			return // the command refuses it
		}
		s, err := stack.Read(strings.NewReader(content), name)
		if err != nil {
			if hint.Of(err) == "" {
				t.Errorf("%v has no hint", err)
			}
			return
		}
		values := append(strings.Split(s.Directory.Fields, " "), s.Name, s.Region, s.Algorithm, s.Directory.Name, s.Directory.ClientID, s.Directory.ManagedLogin, s.APIHost, s.DomainTarget, s.DashboardURL, s.StateTable, s.OperatorLog)
		for _, word := range s.Passwords.Words {
			if !utf8.ValidString(word) || strings.ContainsFunc(word, unicode.IsControl) {
				t.Errorf("passes the word %q", word)
			}
		}
		if p := s.Passwords; p.MinLength != 0 && (p.MinLength < 15 || p.MinLength > 64) || p.Memory > 99999 || p.Time > 8 || p.Parallelism > 8 {
			t.Errorf("passes %+v", p)
		}
		for _, d := range s.Doors {
			values = append(values, d.LoginURL, d.LogoutURL, d.CallbackURL, d.DeskproURL, d.Secret.ARN)
		}
		for _, value := range values {
			if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"'`<>|\\", r) }) {
				t.Errorf("passes %q", value)
			}
		}
	})
}
