package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/rogpeppe/go-internal/testscript"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state/dynamo"
)

// scriptCommands are what scripts have beside testscript's own.
var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){
	// stack REGION NAME STATUS [FILE]: there is a stack, with FILE's outputs.
	"stack": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) < 3 || len(args) > 4)
		made := fakeStack{name: args[1], status: args[2]}
		if len(args) == 4 {
			content := []byte(ts.ReadFile(args[3]))
			var answer struct {
				Stacks []struct{ Outputs []fakeOutput }
			}
			if json.Unmarshal(content, &answer) == nil && len(answer.Stacks) > 0 {
				made.outputs = answer.Stacks[len(answer.Stacks)-1].Outputs
			} else {
				ts.Check(json.Unmarshal(content, &made.outputs))
			}
		}
		cloud(ts).add(args[0], made)
	},
	// refuse CODE MESSAGE: CloudFormation does, from now on.
	"refuse": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) != 2)
		cloud(ts).refuse(args[0], args[1])
	},
	// table NAME [KEY]: there is an empty table.
	"table": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) < 1 || len(args) > 2)
		cloud(ts).tables.CreateTable(args[0], append(args, "login")[1])
	},
	// put TABLE FILE: items, one a line.
	"put": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) != 2)
		for l := range strings.Lines(ts.ReadFile(args[1])) {
			cloud(ts).tables.PutItem(args[0], strings.TrimSpace(l))
		}
	},
	// items TABLE FILE: writes the items into FILE.
	"items": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) != 2)
		items, text := cloud(ts).tables.Items(args[0]), ""
		for _, key := range slices.Sorted(maps.Keys(items)) {
			text += strings.TrimSpace(items[key]) + "\n"
		}
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
	},
	// group NAME: there is a log group.
	"group": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) != 1)
		cloud(ts).logs.addGroup(args[0])
	},
	// acts FILE: writes the log's lines since the last time into FILE, without
	// their times.
	"acts": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) != 1)
		s := ts.Value("sessions").(*fakeSessions)
		all := cloud(ts).logs.lines()
		text := ""
		for _, l := range all[s.seen:] {
			text += maskVersions(ts, scriptTime.ReplaceAllString(l, "")) + "\n"
		}
		s.seen = len(all)
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
	},
	// masked FILE [stderr]: writes what the last command printed into FILE, without
	// what is another every time.
	"masked": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) < 1 || len(args) > 2)
		text := ts.ReadFile(append(args, "stdout")[1])
		text = maskVersions(ts, text)
		for _, m := range scriptMasks {
			text = m.pattern.ReplaceAllString(text, m.by)
		}
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
	},
	// streams FILE: writes the names of the log streams into FILE.
	"streams": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) != 1)
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(cloud(ts).logs.streams(), "\n")+"\n"), 0o600))
	},
	// fault OPERATION CODE: DynamoDB answers so, Secrets Manager, or CloudWatch Logs;
	// no code ends it.
	"fault": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) < 1 || len(args) > 2)
		code := append(args, "")[1]
		switch {
		case strings.Contains(args[0], "Log"):
			cloud(ts).logs.refuse(args[0], code)
		case code == "":
			cloud(ts).tables.Clear()
		default:
			cloud(ts).tables.Inject(args[0], awstest.Fault{Code: code})
		}
	},
	// fault-after OPERATION N CODE: DynamoDB answers so, or CloudWatch Logs, after
	// N calls.
	"fault-after": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) != 3)
		n, err := strconv.Atoi(args[1])
		ts.Check(err)
		if strings.Contains(args[0], "Log") {
			cloud(ts).logs.refuseAfter(n, args[0], args[2])
		} else {
			cloud(ts).refuseLater(args[0], n, args[2])
		}
	},
	// lose OPERATION: DynamoDB does it, and answers with an error once.
	"lose": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) != 1)
		cloud(ts).tables.Inject(args[0], awstest.Fault{Code: "InternalServerError", Persist: true, Times: 1})
	},
	// reject [off]: CloudWatch Logs takes lines for too old.
	"reject": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) > 1)
		l := &cloud(ts).logs
		l.mu.Lock()
		defer l.mu.Unlock()
		l.reject = len(args) == 0
	},
	// handle NAME: the last session that was printed becomes a variable.
	"handle": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) != 1)
		var view sessionView
		for l := range strings.Lines(ts.ReadFile("stdout")) {
			ts.Check(json.Unmarshal([]byte(l), &view))
		}
		ts.Setenv(args[0], view.Session)
	},
	// operator ARN: calls us; clock DURATION: AWS's is ahead of ours.
	"operator": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) > 1)
		f := cloud(ts)
		f.mu.Lock()
		defer f.mu.Unlock()
		f.operator = strings.Join(args, "")
	},
	"clock": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) != 1)
		f := cloud(ts)
		f.mu.Lock()
		defer f.mu.Unlock()
		var err error
		f.ahead, err = time.ParseDuration(args[0])
		ts.Check(err)
	},
	// signin NAME TABLE SUBJECT: opens a session and calls it NAME.
	"signin": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) != 3)
		ts.Check(ts.Value("sessions").(*fakeSessions).open(args[0], args[1], args[2]))
	},
	// live NAME: the session is.
	"live": func(ts *testscript.TestScript, neg bool, args []string) {
		if len(args) != 1 {
			ts.Fatalf("usage: [!] live NAME")
		}
		live, err := ts.Value("sessions").(*fakeSessions).live(args[0])
		ts.Check(err)
		if live == neg {
			ts.Fatalf("the session %s: live is %t", args[0], live)
		}
	},
	// opens TABLE LOGIN PASSWORD: the password does.
	"opens": func(ts *testscript.TestScript, neg bool, args []string) {
		if len(args) != 3 {
			ts.Fatalf("usage: [!] opens TABLE LOGIN PASSWORD")
		}
		var item struct {
			Hash struct{ S string } `json:"password_hash"`
		}
		ts.Check(json.Unmarshal([]byte(cloud(ts).tables.Items(args[0])[args[1]]), &item))
		hasher, err := password.New(password.Config{})
		ts.Check(err)
		right, err := hasher.Verify(ts.Value("sessions").(*fakeSessions).t.Context(), item.Hash.S, redact.New(args[2]))
		ts.Check(err)
		if right == neg {
			ts.Fatalf("the password opens the account: %t", right)
		}
	},
	// exits is `! exec` that also knows the exit code.
	"exits": func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg, len(args) < 2)
		err := ts.Exec(args[1], args[2:]...)
		code := "0"
		if err != nil {
			code = strings.TrimPrefix(err.Error(), "exit status ")
		}
		if code != args[0] {
			ts.Fatalf("exits with %s, want %s", code, args[0])
		}
	},
}

var scriptMasks = []struct {
	pattern *regexp.Regexp
	by      string
}{
	{regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(:[0-9]{2})? UTC`), "TIME"},
	{regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z`), "TIME"},
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`), "UUID"},
	{regexp.MustCompile(`\b([a-hjkmnp-z2-9]{5}-){3}[a-hjkmnp-z2-9]{5}\b`), "INITIAL"},
	{regexp.MustCompile(`\b[0-9a-f]{16}\b`), "HANDLE"},
}

var scriptTime = regexp.MustCompile(`"timestamp":"[0-9TZ:.-]+",`)

func cloud(ts *testscript.TestScript) *fake { return ts.Value("cloud").(*fake) }

func usage(ts *testscript.TestScript, neg, wrong bool) {
	if neg || wrong {
		ts.Fatalf("called wrongly: see scriptCommands")
	}
}

// fakeSessions are people who are signed in.
type fakeSessions struct {
	t      *testing.T
	cloud  *fake
	client *dynamodb.Client
	ids    map[string]session.ID
	tables map[string]string // by session
	seen   int               // lines of the log
}

func newFakeSessions(t *testing.T, f *fake) *fakeSessions {
	return &fakeSessions{t: t, cloud: f, client: dynamodb.NewFromConfig(awstest.Config(t, f.server.URL)), ids: map[string]session.ID{}, tables: map[string]string{}}
}

// now is by AWS's clock.
func (f *fakeSessions) now() time.Time {
	f.cloud.mu.Lock()
	defer f.cloud.mu.Unlock()
	return time.Now().Add(f.cloud.ahead)
}

func (f *fakeSessions) sessions(table string) (*session.Sessions, error) {
	store, err := dynamo.New(dynamo.Config{Client: f.client, Table: table})
	if err != nil {
		return nil, err
	}
	return session.New(session.Config{Store: store, Idle: time.Hour, Absolute: 12 * time.Hour, Now: f.now})
}

func (f *fakeSessions) open(name, table, subject string) error {
	sessions, err := f.sessions(table)
	if err != nil {
		return err
	}
	f.tables[name] = table
	f.ids[name], err = sessions.Open(f.t.Context(), subject, []byte(`{"name":"secret-profile"}`), f.now(), "")
	return err
}

func (f *fakeSessions) live(name string) (bool, error) {
	id, known := f.ids[name]
	if !known {
		return false, fmt.Errorf("there is no session %s", name)
	}
	sessions, err := f.sessions(f.tables[name])
	if err != nil {
		return false, err
	}
	_, err = sessions.Find(f.t.Context(), id)
	if errors.Is(err, session.ErrNone) {
		return false, nil
	}
	return err == nil, err
}
