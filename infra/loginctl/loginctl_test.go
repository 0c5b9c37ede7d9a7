package main

import (
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "rewrite the goldens in testdata/script")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"loginctl": main})
}

// The command as people call it. Each script has testdata's outputs in its
// folder, credentials, and an AWS of its own, which is empty until the commands of
// scriptCommands fill it.
func TestScripts(t *testing.T) {
	commands := maps.Clone(scriptCommands)
	maps.Copy(commands, secretCommands)
	maps.Copy(commands, waitCommands)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			cloud := newFake()
			env.Defer(cloud.close)
			env.Values["sessions"] = newFakeSessions(t, cloud)
			env.Values["secrets"] = newFakeSecrets(t, cloud)
			env.Values["cloud"] = cloud
			env.Setenv("CLOUD", cloud.server.URL)
			for name, value := range map[string]string{
				"AWS_ACCESS_KEY_ID": fakeAccessKey, "AWS_SECRET_ACCESS_KEY": "example", "AWS_SESSION_TOKEN": "example",
				// Not AWS, even by mistake.
				"AWS_ENDPOINT_URL": "http://127.0.0.1:1",
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
		Cmds: commands,
		Condition: func(name string) (bool, error) {
			if name != "pty" {
				return false, fmt.Errorf("unknown condition %s", name)
			}
			_, err := os.Stat("/dev/ptmx")
			return err == nil, nil
		},
	})
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
