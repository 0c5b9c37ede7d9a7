package main

import (
	"flag"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"encoding/json"

	"github.com/rogpeppe/go-internal/testscript"
	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "rewrite the goldens in testdata/script")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"loginctl": main})
}

// The command as people call it. Each script has testdata's outputs in its
// folder, credentials, and a CloudFormation of its own, which is empty until a
// line `stack REGION NAME STATUS FILE` makes one.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			cloud := newFake()
			env.Defer(cloud.server.Close)
			env.Values["cloud"] = cloud
			env.Setenv("CLOUD", cloud.server.URL)
			for name, value := range map[string]string{
				"AWS_ACCESS_KEY_ID": fakeAccessKey, "AWS_SECRET_ACCESS_KEY": "example",
				// No file, no proxy and no metadata service of this machine.
				"AWS_CONFIG_FILE": "aws-config", "AWS_SHARED_CREDENTIALS_FILE": "none", "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1",
			} {
				env.Setenv(name, value)
			}
			files, err := filepath.Glob("testdata/*.json")
			for _, name := range files {
				content, readErr := os.ReadFile(name)
				if readErr != nil {
					return readErr
				}
				if err := os.WriteFile(filepath.Join(env.WorkDir, filepath.Base(name)), content, fs.FileMode(0o644)); err != nil {
					return err
				}
			}
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"stack": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) < 3 || len(args) > 4 {
					ts.Fatalf("usage: stack REGION NAME STATUS [FILE]")
				}
				made := fakeStack{name: args[1], status: args[2]}
				if len(args) == 4 {
					ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[3])), &made.outputs))
				}
				ts.Value("cloud").(*fake).add(args[0], made)
			},
			"refuse": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) != 2 {
					ts.Fatalf("usage: refuse CODE MESSAGE")
				}
				ts.Value("cloud").(*fake).refuse(args[0], args[1])
			},
			// exits is `! exec` that also knows the exit code.
			"exits": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) < 2 {
					ts.Fatalf("usage: exits CODE COMMAND [ARGS]")
				}
				err := ts.Exec(args[1], args[2:]...)
				code := "0"
				if err != nil {
					code = strings.TrimPrefix(err.Error(), "exit status ")
				}
				if code != args[0] {
					ts.Fatalf("exits with %s, want %s", code, args[0])
				}
			},
		},
	})
}

// Who runs this command may be allowed to read secrets. It cannot: what would
// ask for one is not in it.
func TestNoSecretCanBeRead(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	if !slices.Contains(deps, "github.com/aws/aws-sdk-go-v2/service/cloudformation") {
		t.Errorf("the dependencies lack CloudFormation's client, so this looks at something else: %d", len(deps))
	}
	for _, dep := range deps {
		if strings.Contains(dep, "secretsmanager") || strings.Contains(dep, "awssecrets") {
			t.Errorf("links %s", dep)
		}
	}
}

// What the scripts read are the template's outputs: all of them and no others.
func TestOutputsAreTheTemplates(t *testing.T) {
	source, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Outputs map[string]yaml.Node `yaml:"Outputs"`
	}
	if err := yaml.Unmarshal(source, &template); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, file := range []string{"both", "users", "agents", "pool", "made"} {
		content, err := os.ReadFile("testdata/" + file + ".json")
		if err != nil {
			t.Fatal(err)
		}
		for _, piece := range strings.Split(string(content), `"OutputKey": "`)[1:] {
			name, _, _ := strings.Cut(piece, `"`)
			names[name] = true
		}
	}
	got, want := slices.Sorted(maps.Keys(names)), slices.Sorted(maps.Keys(template.Outputs))
	if !slices.Equal(got, want) {
		t.Errorf("the tests' outputs are %v, the template's %v", got, want)
	}
}
