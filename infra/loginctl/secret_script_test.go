package main

import (
	"context"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/rogpeppe/go-internal/testscript"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/bounce"
	"deskpro-login/pkg/rotation/awsrotation"
	"deskpro-login/pkg/state/dynamo"
)

// fakeSecrets are the secrets of a script, and what it calls their versions.
type fakeSecrets struct {
	*awstest.Server
	store    *awsrotation.Store
	versions map[string]string // names by id
}

func newFakeSecrets(t *testing.T, f *fake) *fakeSecrets {
	store, err := awsrotation.New(awsrotation.Config{Client: secretsmanager.NewFromConfig(awstest.Config(t, f.server.URL))})
	if err != nil {
		t.Fatal(err)
	}
	return &fakeSecrets{f.tables, store, map[string]string{}}
}

// call names a version, which is a variable of the script from then on.
func (f *fakeSecrets) call(ts *testscript.TestScript, name, version string) {
	if version == "" {
		ts.Fatalf("there is no version to be called %s", name)
	}
	f.versions[version] = name
	ts.Setenv(name, version)
}

// move is somebody else's act.
func (f *fakeSecrets) move(ts *testscript.TestScript, secret, label, to string) {
	ts.Check(f.store.Move(context.Background(), secret, label, f.SecretStages(secret)[label], to))
}

// maskVersions puts names in place of the versions that have one.
func maskVersions(ts *testscript.TestScript, text string) string {
	for version, name := range secretsOf(ts).versions {
		text = strings.ReplaceAll(text, version, name)
	}
	return text
}

func secretsOf(ts *testscript.TestScript) *fakeSecrets { return ts.Value("secrets").(*fakeSecrets) }

// secretCommands are what scripts about secrets have beside scriptCommands.
var secretCommands = map[string]func(*testscript.TestScript, bool, []string){
	// secret NAME SECRET VALUE [LABEL]: there is a version, called NAME, of a secret;
	// it is the current one unless it has a label.
	"secret": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) < 3 || len(args) > 4)
		secretsOf(ts).call(ts, args[0], secretsOf(ts).PutSecret(args[1], args[2], args[3:]...))
	},
	// version NAME SECRET LABEL: the version that has the label is called so.
	"version": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) != 3)
		secretsOf(ts).call(ts, args[0], secretsOf(ts).SecretStages(args[1])[args[2]])
	},
	// secrets SECRET FILE: writes the secret's labels, tags and values into FILE.
	"secrets": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) != 2)
		s, text := secretsOf(ts), ""
		stages, tags := s.SecretStages(args[0]), s.SecretTags(args[0])
		for _, label := range slices.Sorted(maps.Keys(stages)) {
			text += label + " " + stages[label] + " " + s.SecretText(args[0], stages[label]) + "\n"
		}
		for _, key := range slices.Sorted(maps.Keys(tags)) {
			text += key + " " + tags[key] + "\n"
		}
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(maskVersions(ts, text)), 0o600))
	},
	// label SECRET LABEL [VERSION]: somebody else moves the label, or takes it off.
	"label": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) < 2 || len(args) > 3)
		secretsOf(ts).move(ts, args[0], args[1], append(args, "")[2])
	},
	// meanwhile OPERATION SECRET LABEL [VERSION]: as label, before the next call of
	// the operation.
	"meanwhile": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) < 3 || len(args) > 4)
		f := cloud(ts)
		f.mu.Lock()
		defer f.mu.Unlock()
		f.meanwhile = map[string]func(){args[0]: func() { secretsOf(ts).move(ts, args[1], args[2], append(args, "")[3]) }}
	},
	// begun NAME SECRET: a rotation in Secrets Manager has begun, and its version is
	// called so.
	"begun": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) != 2)
		secretsOf(ts).call(ts, args[0], secretsOf(ts).BeginRotation(args[1]))
	},
	// scheduled SECRET [DURATION]: Secrets Manager rotates it, next so soon.
	"scheduled": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) < 1 || len(args) > 2)
		r := awstest.Rotation{Enabled: true, LambdaARN: "arn:aws:lambda:eu-west-1:123456789012:function:rotate"}
		if len(args) == 2 {
			in, err := time.ParseDuration(args[1])
			ts.Check(err)
			r.Next = time.Now().Add(in)
		}
		secretsOf(ts).SetRotation(args[0], r)
	},
	// deleted SECRET: it is marked for deletion.
	"deleted": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) != 1)
		secretsOf(ts).DeleteSecret(args[0])
	},
	// bounced TABLE DOOR PERSON REFUSED GIVEN AGO: Deskpro sent the person back with
	// one version, - for none, and they were given another.
	"bounced": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) != 6)
		at, err := time.ParseDuration(args[5])
		ts.Check(err)
		store, err := dynamo.New(dynamo.Config{Client: ts.Value("sessions").(*fakeSessions).client, Table: args[0]})
		ts.Check(err)
		ledger := bounce.NewLedger(store, func() time.Time { return time.Now().Add(-at) })
		ts.Check(ledger.Bounced(context.Background(), args[1], args[2], strings.Trim(args[3], "-"), strings.Trim(args[4], "-")))
	},
	// same FILE TEXT: the file has the text and nothing else, not even a line break.
	"same": func(ts *testscript.TestScript, neg bool, args []string) {
		if len(args) != 2 {
			ts.Fatalf("usage: [!] same FILE TEXT")
		}
		if got := ts.ReadFile(args[0]); (got == args[1]) == neg {
			ts.Fatalf("%s is %q", args[0], got)
		}
	},
}
