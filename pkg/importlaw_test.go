// Package pkg_test holds the law of the house: who may know whom, and why.
package pkg_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	house         = "deskpro-login/"
	events        = "github.com/aws/aws-lambda-go/events"
	sdk           = "github.com/aws/aws-sdk-go-v2"
	lambdacontext = "github.com/aws/aws-lambda-go/lambdacontext"
	smithy        = "github.com/aws/smithy-go"
	jwt           = "github.com/golang-jwt/jwt/v5"
	goOIDC        = "github.com/coreos/go-oidc/v3/oidc"
	oauth2        = "golang.org/x/oauth2"
	xlanguage     = "golang.org/x/text/language"
	plural        = "golang.org/x/text/feature/plural"
)

// room is a package of pkg/. It may import the standard library, what is
// listed, and nothing else; rooms that it imports are on lower floors.
type room struct {
	name    string
	floor   int
	imports []string
	because string
}

var rooms = []room{
	{"redact", 0, nil, "a secret that cannot be printed must not depend on anyone who prints"},
	{"realpart", 0, nil, "finding the real parts for tests needs no part of ours"},
	{"palette", 0, nil, "whether a colour can be read depends on no page"},
	{"web/locales", 0, []string{xlanguage, plural}, "words know no pages: they are looked up by a key"},

	{"audit", 1, nil, "security events are named without knowing who raises them"},
	{"awsenv", 1, []string{sdk, smithy}, "the SDK's configuration from the environment, and what of its errors may be logged, is all it makes"},
	{"opaque", 1, []string{"redact"}, "a random text means nothing but to the package that keeps something under it"},
	{"directory", 1, []string{"redact"}, "what a directory is does not depend on which one it is"},
	{"keyring", 1, []string{"redact"}, "a key is a secret; where it is kept is its adapter's affair"},
	{"lambdahttp", 1, []string{events, lambdacontext}, "events become requests, and lines of Lambda's log, without knowing what the pages are"},
	{"lambdahttp/gateway", 1, []string{events}, "it plays API Gateway, which knows no function from inside"},
	{"lambdahttp/runtimetest", 1, nil, "it plays Lambda, which knows no function from inside"},
	{"password", 1, []string{"redact", "github.com/go-crypt/x"}, "hashing knows neither accounts nor pages"},
	{"password/pwned", 1, []string{"redact"}, "asking whether a password was in a breach knows neither accounts nor rules"},
	{"state", 1, nil, "what a store is does not depend on which one it is"},

	{"awsenv/awstest", 2, []string{"awsenv", sdk}, "it plays AWS, which knows nobody"},
	{"challenge", 2, []string{"opaque", "redact", "state"}, "what a step holds is its caller's affair: only how it is kept, claimed and ended is here"},
	{"deskpro", 2, []string{"keyring", "redact", jwt}, "tokens and return URLs are Deskpro's contract: not HTTP's, not AWS's"},
	{"directory/fields", 2, nil, "naming an existing table's attributes needs no table"},
	{"factor", 2, []string{"keyring", "redact"}, "codes and sealed keys know neither accounts nor pages"},
	{"directory/claims", 2, []string{"directory"}, "reading a person from claims needs no service"},
	{"directory/directorytest", 2, []string{"directory", "redact"}, "the contract suite knows the contract, never an adapter"},
	{"session", 2, []string{"opaque", "redact", "state"}, "sessions are logic over any store; the cookie is web's"},
	{"state/statetest", 2, []string{"state"}, "the contract suite knows the contract, never an adapter"},

	{"regulation", 2, []string{"opaque", "redact", "state"}, "counting guesses is logic over any store; the pages, and the names that a directory takes for one, come from above"},
	{"bounce", 2, []string{"keyring", "state"}, "what a browser's return says of a key is logic over keys and any store; the cookie is web's"},
	{"rotation", 3, []string{"audit", "deskpro", "keyring", "redact"}, "which version signs next is decided over any store of secrets: never by what AWS allows alone"},
	{"rotation/awsrotation", 4, []string{"awsenv", "redact", "rotation", sdk, smithy}, "an adapter knows its contract and its service, no other adapter"},
	{"rotation/rotationtest", 4, []string{"redact", "rotation"}, "the contract suite knows the contract, never an adapter"},

	{"config", 3, []string{"deskpro", "directory/claims", "directory/fields", "lambdahttp", "palette", "session"}, "the environment becomes values within the bounds of those who use them; it opens nothing"},
	{"deskpro/deskprotest", 3, []string{"deskpro", "keyring", "redact", jwt}, "the practice helpdesk verifies tokens as Deskpro would, without our pages"},
	{"directory/cognito", 3, []string{"awsenv", "directory", "directory/claims", "redact", sdk, smithy, jwt}, "an adapter knows its contract and its service, no other adapter"},
	{"directory/cognito/cognitotest", 3, []string{sdk, jwt}, "it plays Cognito, which knows nobody"},
	{"directory/account", 3, []string{"directory", "factor", "keyring", "password", "redact", "golang.org/x/text/unicode/norm"}, "how a person signs in to an account is the same wherever accounts are"},
	{"directory/account/accounttest", 4, []string{"directory", "directory/account", "directory/cognito/cognitotest", "factor", "keyring", "password", "redact"}, "the contract suite knows the contract, never an adapter; codes come from who made them without our help"},
	{"directory/dynamo", 4, []string{"awsenv", "directory", "directory/account", "directory/fields", sdk, smithy}, "an adapter knows its contract and its service, no other adapter"},
	{"directory/oidc", 3, []string{"directory", "directory/claims", "redact", goOIDC, oauth2}, "an adapter knows its contract and its service, no other adapter"},
	{"directory/memory", 4, []string{"directory", "directory/account", "password", "redact"}, "an adapter knows its contract, no other adapter; it hashes its own accounts"},
	{"keyring/awssecrets", 3, []string{"awsenv", "keyring", "redact", sdk, smithy}, "an adapter knows its contract and its service, no other adapter"},
	{"preflight", 3, []string{"deskpro", "directory", "keyring", "lambdahttp", "session", events}, "it tries versions from outside, by the contracts alone: never the pages' own code, never AWS"},
	{"state/dynamo", 3, []string{"awsenv", "state", sdk}, "an adapter knows its contract and its service, no other adapter"},
	{"state/memory", 3, []string{"state"}, "an adapter knows its contract, no other adapter"},

	{"web", 4, []string{"audit", "bounce", "challenge", "deskpro", "directory", "keyring", "palette", "redact", "regulation", "session", "state", "web/locales", "rsc.io/qr"}, "the pages know contracts only: never AWS, never an adapter, never the environment"},
}

// adapters are wired to contracts by mains alone.
var adapters = []string{
	"directory/cognito", "directory/dynamo", "directory/memory", "directory/oidc", "keyring/awssecrets", "rotation/awsrotation", "state/dynamo",
	"state/memory",
}

// unlinked says what a package must not link, directly or through others. A
// from that ends in a slash stands for every package under it.
var unlinked = []struct{ from, to, because string }{
	{"pkg/web", "github.com/aws", "the pages must run, and be tested, without AWS"},
	{"pkg/lambdahttp", sdk, "turning events into requests needs no call to AWS"},

	{"pkg/preflight", sdk, "its checks must run, and be tested, without AWS"},

	{"functions/preflight", house + "pkg/web", "a check that shared the pages' code would share their faults"},
	{"functions/preflight", house + "pkg/factor", "it never sees a code"},
	{"functions/preflight", house + "pkg/directory/account", "it never reads an account"},
	{"functions/preflight", house + "pkg/password", "it knows nobody's password"},
	{"functions/preflight", house + "pkg/directory/dynamo", "it never reads an account"},
	{"functions/preflight", house + "pkg/directory/cognito", "it never reads an account"},
	{"functions/preflight", house + "pkg/directory/oidc", "it never reads an account"},
	{"functions/preflight", goOIDC, "its cost is for who federates"},
	{"functions/preflight", sdk + "/service/cognitoidentityprovider", "it never reads an account"},

	{"functions/login", house + "pkg/factor", "it never sees a code"},
	{"functions/login", house + "pkg/directory/account", "it never reads an account"},
	{"functions/login", house + "pkg/password", "it never sees a password"},
	{"functions/login", house + "pkg/directory/dynamo", "it never reads an account"},
	{"functions/login", house + "pkg/directory/cognito", "it never reads an account"},
	{"functions/login", house + "pkg/directory/oidc", "it never reads an account"},
	{"functions/login", goOIDC, "its cost is for who federates"},
	{"functions/login", sdk + "/service/cognitoidentityprovider", "it never reads an account"},

	{"functions/logout", house + "pkg/keyring/awssecrets", "it can only end sessions: who takes it over finds no way to a key"},
	{"functions/logout", sdk + "/service/secretsmanager", "it can only end sessions: who takes it over finds no way to a key"},
	{"functions/logout", house + "pkg/factor", "it never sees a code"},
	{"functions/logout", house + "pkg/directory/account", "it never reads an account"},
	{"functions/logout", house + "pkg/password", "it never sees a password"},
	{"functions/logout", house + "pkg/directory/dynamo", "it never reads an account"},
	{"functions/logout", house + "pkg/directory/cognito", "it never reads an account"},
	{"functions/logout", house + "pkg/directory/oidc", "it never reads an account"},
	{"functions/logout", goOIDC, "its cost is for who federates"},
	{"functions/logout", sdk + "/service/cognitoidentityprovider", "it never reads an account"},

	{"functions/rotate", house + "pkg/web", "it serves nobody: it changes secrets and does nothing else"},
	{"functions/rotate", house + "pkg/directory/account", "it never reads an account"},
	{"functions/rotate", house + "pkg/factor", "it never sees a code"},
	{"functions/rotate", house + "pkg/password", "it never sees a password"},
	{"functions/rotate", sdk + "/service/cognitoidentityprovider", "it never reads an account"},

	{"functions/login", house + "pkg/rotation", "it signs with what there is, and changes no secret"},
	{"functions/authenticate", house + "pkg/rotation", "it signs with what there is, and changes no secret"},
	{"functions/preflight", house + "pkg/rotation", "it tries what there is, and changes no secret"},

	{"functions/", sdk + "/config", "its chain costs a third of a cold start and finds nothing inside Lambda; use pkg/awsenv"},
	{"functions/", house + "pkg/lambdahttp/gateway", "the local gateway is not for Lambda"},
	{"functions/", house + "pkg/directory/memory", "a function's instances share no memory"},
	{"functions/", house + "pkg/state/memory", "a function's instances share no memory"},
	{"functions/", "net/http/httptest", "test code does not belong into a function"},
	{"functions/", "testing", "test code does not belong into a function"},
}

type listed struct {
	ImportPath string
	Imports    []string
	// Deps are its imports, theirs and so on.
	Deps []string
}

// list asks go for all packages of the house, named without its name.
func list(t *testing.T) []listed {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", "./pkg/...", "./functions/...", "./infra/...")
	cmd.Dir, cmd.Stdout, cmd.Stderr = "..", &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("listing packages: %v\n%s", err, stderr.Bytes())
	}
	var packages []listed
	for decoder := json.NewDecoder(&stdout); decoder.More(); {
		var p listed
		if err := decoder.Decode(&p); err != nil {
			t.Fatal(err)
		}
		p.ImportPath = strings.TrimPrefix(p.ImportPath, house)
		packages = append(packages, p)
	}
	remember(t)
	return packages
}

// external tells a module's import path from the standard library's.
func external(path string) bool {
	host, _, _ := strings.Cut(path, "/")
	return strings.Contains(host, ".")
}

// remember reads what go list has read, so that the go command, which caches
// the results of tests, does not believe an old one.
func remember(t *testing.T) {
	t.Helper()
	walk(t, func(string, *ast.File) {}, "../pkg", "../functions", "../infra")
	for _, name := range []string{"../go.mod", "../go.sum"} {
		if _, err := os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
}

// walk parses the folders' Go files that are not tests.
func walk(t *testing.T, visit func(name string, file *ast.File), roots ...string) {
	t.Helper()
	for _, root := range roots {
		err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.Name() == "testdata":
				return fs.SkipDir
			case filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
				return nil
			}
			source, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.SkipObjectResolution)
			if err == nil {
				visit(strings.TrimPrefix(filepath.ToSlash(name), "../"), file)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func isTest(path string) bool {
	return strings.HasSuffix(path, "test") || path == "pkg/realpart"
}

func TestRoomsImportOnlyWhatTheyMay(t *testing.T) {
	floors := map[string]int{}
	for _, r := range rooms {
		floors[r.name] = r.floor
	}
	packages := map[string]listed{}
	for _, p := range list(t) {
		if name, ok := strings.CutPrefix(p.ImportPath, "pkg/"); ok {
			packages[name] = p
			if _, ok := floors[name]; !ok {
				t.Errorf("pkg/%s has no line in this test: give it a floor, its imports and the reason", name)
			}
		}
	}
	for _, r := range rooms {
		p, ok := packages[r.name]
		if !ok {
			t.Errorf("pkg/%s has a line in this test but does not exist", r.name)
			continue
		}
		used := map[string]bool{}
		for _, path := range p.Imports {
			ours, isOurs := strings.CutPrefix(path, house+"pkg/")
			if !isOurs && !external(path) {
				continue
			}
			at := slices.IndexFunc(r.imports, func(allowed string) bool {
				return ours == allowed || external(allowed) && (path == allowed || strings.HasPrefix(path, allowed+"/"))
			})
			if at < 0 {
				t.Errorf("pkg/%s imports %s, but %s", r.name, path, r.because)
				continue
			}
			used[r.imports[at]] = true
			if isOurs && floors[ours] >= r.floor {
				t.Errorf("pkg/%s on floor %d imports pkg/%s on floor %d, but arrows point down only", r.name, r.floor, ours, floors[ours])
			}
		}
		for _, allowed := range r.imports {
			if !used[allowed] {
				t.Errorf("pkg/%s no longer imports %s: take it off its line", r.name, allowed)
			}
		}
	}
}

func TestAdaptersAreKnownToMainsOnly(t *testing.T) {
	for _, p := range list(t) {
		if !strings.HasPrefix(p.ImportPath, "pkg/") {
			continue
		}
		for _, adapter := range adapters {
			if slices.Contains(p.Imports, house+"pkg/"+adapter) {
				t.Errorf("%s imports pkg/%s, but only mains wire adapters to what uses them", p.ImportPath, adapter)
			}
		}
	}
}

func TestNoPackageLinksWhatItMustNot(t *testing.T) {
	packages := list(t)
	for _, rule := range unlinked {
		subjects := 0
		for _, p := range packages {
			if p.ImportPath != rule.from && !(strings.HasSuffix(rule.from, "/") && strings.HasPrefix(p.ImportPath, rule.from)) {
				continue
			}
			subjects++
			for _, dep := range p.Deps {
				if dep == rule.to || strings.HasPrefix(dep, rule.to+"/") {
					t.Errorf("%s links %s, but %s", p.ImportPath, dep, rule.because)
				}
			}
		}
		if subjects == 0 {
			t.Errorf("there is no %s: correct this test's line", rule.from)
		}
	}
}

func TestTestCodeStaysInTests(t *testing.T) {
	for _, p := range list(t) {
		if !strings.HasPrefix(p.ImportPath, "pkg/") || isTest(p.ImportPath) {
			continue
		}
		for _, path := range p.Imports {
			if path == "testing" || path == "net/http/httptest" || strings.HasPrefix(path, house) && isTest(strings.TrimPrefix(path, house)) {
				t.Errorf("%s imports %s, but test code is for tests and packages named …test", p.ImportPath, path)
			}
		}
	}
}

func TestOnlyMainsReadTheEnvironmentAndEndTheProcess(t *testing.T) {
	const reads, ends = "mains read the environment and hand it on", "a package returns an error, and mains decide"
	forbidden := map[string]string{
		"os.Getenv": reads, "os.LookupEnv": reads,
		"os.Exit": ends, "log.Fatal": ends, "log.Fatalf": ends, "log.Fatalln": ends,
	}
	walk(t, func(name string, file *ast.File) {
		if strings.HasPrefix(name, "pkg/realpart/") { // a test's helper, though not named so
			return
		}
		ast.Inspect(file, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.SelectorExpr:
				if x, ok := node.X.(*ast.Ident); ok {
					if because := forbidden[x.Name+"."+node.Sel.Name]; because != "" {
						t.Errorf("%s uses %s.%s, but %s", name, x.Name, node.Sel.Name, because)
					}
				}
			case *ast.FuncDecl:
				if node.Recv == nil && node.Name.Name == "init" {
					t.Errorf("%s has an init function, but importing a package does nothing", name)
				}
			}
			return true
		})
	}, "../pkg")
}
