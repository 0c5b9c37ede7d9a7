package functions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/directory/cognito/cognitotest"
	"deskpro-login/pkg/lambdahttp/runtimetest"
)

// What events/preflight/deployment.json names.
const (
	deploymentID = "d-1A2B3C4D5"
	executionID  = "eyJlbmNyeXB0ZWREYXRhIjoiU0FNUExFIiwiaXZQYXJhbWV0ZXJTcGVjIjoiU0FNUExFIiwibWF0ZXJpYWxTZXRTZXJpYWwiOjF9"
)

// versions are the variables that name the new versions.
var versions = map[string]string{"login": "LOGIN_VERSION", "authenticate": "AUTHENTICATE_VERSION", "logout": "LOGOUT_VERSION"}

func versionOf(function string) string {
	return "arn:aws:lambda:eu-central-1:123456789012:function:acme-" + function + ":7"
}

// deployment is the four functions as processes, which reach each other
// through Lambda's API, and CodeDeploy waiting.
type deployment struct {
	aws *awstest.Server
	// env is every function's, more what a function has beside.
	env  []string
	more map[string][]string
	// timeout is preflight's.
	timeout time.Duration
	// processes are those of the versions, once started.
	processes map[string]*runtimetest.Process
	// logs are of all four.
	logs map[string]*bytes.Buffer
	// invoking, if set, is called before each invocation of a version.
	invoking func(function string)
}

func newDeployment(t *testing.T) *deployment {
	t.Helper()
	aws, endpoint := cloud(t)
	return deploymentOf(aws, environment(endpoint))
}

func deploymentOf(aws *awstest.Server, env []string) *deployment {
	d := &deployment{
		aws: aws, env: env, more: map[string][]string{}, timeout: time.Minute,
		processes: map[string]*runtimetest.Process{}, logs: map[string]*bytes.Buffer{},
	}
	for function, variable := range versions {
		d.more["preflight"] = append(d.more["preflight"], variable+"="+versionOf(function))
	}
	aws.StartHook(deploymentID, executionID)
	return d
}

// startVersions starts the new versions.
func (d *deployment) startVersions(t *testing.T) {
	t.Helper()
	for function := range versions {
		d.logs[function] = &bytes.Buffer{}
		process := start(t, function, append(d.env, d.more[function]...), d.logs[function])
		d.processes[function] = process
		d.aws.AddFunction(versionOf(function), func(ctx context.Context, payload []byte) ([]byte, error) {
			if d.invoking != nil {
				d.invoking(function)
			}
			out, err := process.Invoke(ctx, payload)
			if failure, ok := errors.AsType[*runtimetest.FunctionError](err); ok {
				return failure.Payload, err
			}
			if err != nil {
				return []byte(`{"errorType":"Runtime.ExitError","errorMessage":"needle"}`), err
			}
			return out, nil
		})
	}
}

// kept is the state table without the counters of guesses: the made-up person's
// wrong password is counted like everybody's, and forgotten within a day.
func (d *deployment) kept() map[string]string {
	items := d.aws.Items("state")
	maps.DeleteFunc(items, func(key, _ string) bool { return strings.HasPrefix(key, "guesses#") })
	return items
}

// preflight hands the event to the hook, which ends then so that its log is
// whole, and returns its error.
func (d *deployment) preflight(t *testing.T, event []byte) error {
	t.Helper()
	d.logs["preflight"] = &bytes.Buffer{}
	if err := provided(); err != nil {
		t.Fatal(err)
	}
	process, err := runtimetest.Start(runtimetest.Config{
		Binary: filepath.Join(binaries, "preflight"), Env: append(d.env, d.more["preflight"]...), Timeout: d.timeout,
		Stdout: d.logs["preflight"], Stderr: d.logs["preflight"],
	})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_, err = process.Invoke(t.Context(), event)
	t.Logf("answered after %v", time.Since(began).Round(time.Millisecond))
	process.Stop()
	for _, process := range d.processes {
		process.Stop()
	}
	return err
}

// wantLog fails unless preflight's log says all of words, and unless no
// function's log shows what none must.
func (d *deployment) wantLog(t *testing.T, words ...string) {
	t.Helper()
	for _, word := range words {
		if got := d.logs["preflight"].String(); !strings.Contains(got, word) {
			t.Errorf("the log does not say %q:\n%s", word, got)
		}
	}
	for function, log := range d.logs {
		for _, secret := range []string{"practice-key", "jwt=", "eyJ", "__Host-", "too-short", "needle"} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("the log of %s shows %q:\n%s", function, secret, log)
			}
		}
	}
}

func TestAGoodDeploymentIsReportedToSucceed(t *testing.T) {
	for name, make := range map[string]func(*testing.T) *deployment{
		"over DynamoDB": newDeployment,
		"with a version that is slow": func(t *testing.T) *deployment {
			d := newDeployment(t)
			var first sync.Once
			d.invoking = func(string) {
				first.Do(func() { <-time.After(2 * time.Second) }) // calls but Invoke are given up sooner
			}
			return d
		},
		"over Cognito": func(t *testing.T) *deployment {
			_, aws, env := cognitoEnvironment(t, cognitotest.User{Password: "practice-helpdesk", Email: "ugo@example.com", EmailVerified: true, Name: "Ugo Bianchi"})
			return deploymentOf(aws, env)
		},
		"with one door": func(t *testing.T) *deployment {
			aws, endpoint := cloud(t)
			return deploymentOf(aws, append(environment(endpoint), "USERS_DESKPRO_URL=", "USERS_SECRET=", "USERS_DEFAULT_RETURN="))
		},
		"with a group, attributes and another algorithm": func(t *testing.T) *deployment {
			d := newDeployment(t)
			d.aws.PutSecret("users", strings.Repeat(usersKey, 2))
			d.aws.PutSecret("agents", strings.Repeat(agentsKey, 2))
			d.env = append(d.env, "USERS_GROUP=customers", "USERS_ATTRIBUTES=department cost-centre", "TOKEN_ALGORITHM=HS512", "TOKEN_LIFETIME=600s")
			return d
		},
		"with a second factor at both doors": func(t *testing.T) *deployment {
			d := newDeployment(t)
			d.env = append(d.env, "USERS_FACTOR=required", "AGENTS_FACTOR=required")
			return d
		},
		"over a table of others": func(t *testing.T) *deployment {
			d := newDeployment(t)
			d.aws.CreateTable("people", "username")
			d.env = append(d.env, "ACCOUNTS_TABLE=people", "ACCOUNTS_FIELDS=login=username disabled=!active", "ACCOUNTS_WRITES=off", "FACTORS=", "FACTOR_SECRET=")
			return d
		},
		"behind CloudFront": func(t *testing.T) *deployment {
			d := newDeployment(t)
			for function := range versions {
				d.more[function] = []string{"EDGE_DOMAIN=login.acme.com", "ORIGIN_VERIFY_HASHES=" + strings.Repeat("0a", 32)}
			}
			return d
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := make(t)
			before := d.kept()
			d.startVersions(t)
			sessions, invoking := map[string]bool{}, d.invoking
			d.invoking = func(function string) {
				if invoking != nil {
					invoking(function)
				}
				for key, item := range d.kept() {
					if before[key] == "" {
						sessions[key] = true
						wantExpiryWithinAMinute(t, item)
					}
				}
			}
			if err := d.preflight(t, sample(t, "preflight/deployment")); err != nil || d.aws.HookStatus(executionID) != "Succeeded" {
				t.Errorf("%v, reported %q, want Succeeded:\n%s", err, d.aws.HookStatus(executionID), d.logs["preflight"])
			}
			d.wantLog(t, `"message":"reported"`, `"deployment":"`+deploymentID+`"`, `"failures":0`)
			if got, want := d.aws.Calls("Invoke"), map[bool]int{false: 8, true: 4}[name == "with one door"]; got != want {
				t.Errorf("%d invocations, want %d: four at each door, and none again for taking a while", got, want)
			}
			if after := d.kept(); !maps.Equal(before, after) || len(sessions) == 0 {
				t.Errorf("%d sessions seen, state afterwards %v, want as before %v", len(sessions), after, before)
			}
		})
	}
}

func wantExpiryWithinAMinute(t *testing.T, item string) {
	t.Helper()
	var stored struct {
		Expires struct {
			N int64 `json:",string"`
		}
	}
	if err := json.Unmarshal([]byte(item), &stored); err != nil {
		t.Fatal(err)
	}
	if left := time.Until(time.Unix(stored.Expires.N, 0)); left > time.Minute {
		t.Errorf("a session of %v, want of a minute at most", left)
	}
}

func TestABrokenDeploymentIsReportedToFail(t *testing.T) {
	// lines of preflight's log name the version and the code.
	failed := func(function, code string) string {
		return fmt.Sprintf(`"version":%q,"want":`, versionOf(function)) + "…" + code
	}
	for _, row := range []struct {
		name   string
		breaks func(*deployment)
		after  func(*deployment) // the versions have started
		wants  []string
	}{
		{"the secret that signs is another", func(d *deployment) {
			d.aws.PutSecret("users-2", agentsKey)
			d.more["login"] = []string{"USERS_SECRET=users-2"}
		}, nil, []string{failed("login", "signature is invalid"), `"failures":1`}},
		{"the secret is too short", func(d *deployment) { d.aws.PutSecret("users", "too-short") }, nil,
			[]string{failed("login", "DPL-3005"), `"failures":1`}},
		{"the secret is gone", func(d *deployment) { d.aws.DeleteSecret("agents") }, nil,
			[]string{failed("login", "DPL-3004"), `"failures":1`}},
		{"the state table is down", func(d *deployment) {
			for _, operation := range []string{"GetItem", "PutItem", "DeleteItem"} {
				d.aws.Inject(operation, awstest.Fault{})
			}
		}, nil, []string{"opening a session"}},
		{"the state table is another", func(d *deployment) {
			d.aws.CreateTable("elsewhere", "key")
			d.more["login"] = []string{"STATE_TABLE=elsewhere"}
		}, nil, []string{failed("login", "status 200"), `"failures":2`}},
		{"the accounts table is missing", func(d *deployment) { d.more["authenticate"] = []string{"ACCOUNTS_TABLE=nowhere"} }, nil,
			[]string{failed("authenticate", "DPL-3007"), `"failures":2`}},
		{"a function's configuration is broken", func(d *deployment) { d.more["authenticate"] = []string{"STATE_TABLE="} }, nil,
			[]string{failed("authenticate", "status 503 with DPL-3006"), `"failures":2`}},
		{"log-out's configuration is broken", func(d *deployment) { d.more["logout"] = []string{"STATE_TABLE="} }, nil,
			[]string{failed("logout", "status 503 with DPL-3006"), `"failures":2`}},
		{"a function crashes", nil, func(d *deployment) { d.processes["logout"].Stop() },
			[]string{failed("logout", "function error Runtime.ExitError"), `"failures":2`}},
		{"a version does not exist", func(d *deployment) {
			d.more["preflight"] = append(d.more["preflight"], "LOGIN_VERSION="+versionOf("login")+"7")
		}, nil, []string{"ResourceNotFoundException", `"failures":4`}},
		{"the functions may not be invoked", func(d *deployment) { d.aws.Inject("Invoke", awstest.Fault{Code: "AccessDeniedException"}) }, nil,
			[]string{"AccessDeniedException", `"failures":8`}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := newDeployment(t)
			d.timeout = 30 * time.Second // 18 of them for the checks: too few for a pause and a second try
			if row.breaks != nil {
				row.breaks(d)
			}
			d.startVersions(t)
			if row.after != nil {
				row.after(d)
			}
			if err := d.preflight(t, sample(t, "preflight/deployment")); err != nil || d.aws.HookStatus(executionID) != "Failed" {
				t.Errorf("%v, reported %q, want Failed:\n%s", err, d.aws.HookStatus(executionID), d.logs["preflight"])
			}
			d.wantLog(t)
			for _, want := range row.wants {
				first, second, _ := strings.Cut(want, "…")
				found := false
				for line := range strings.Lines(d.logs["preflight"].String()) {
					found = found || strings.Contains(line, first) && strings.Contains(line, second)
				}
				if !found {
					t.Errorf("no line says %q:\n%s", want, d.logs["preflight"])
				}
			}
		})
	}
}

func TestAPreflightWithoutItsConfigurationReportsFailureAndNamesAllProblems(t *testing.T) {
	d := newDeployment(t)
	d.more["preflight"] = []string{"STATE_TABLE=", "USERS_SECRET=", "AGENTS_GROUP="}
	if err := d.preflight(t, sample(t, "preflight/deployment")); err != nil || d.aws.HookStatus(executionID) != "Failed" {
		t.Errorf("%v, reported %q, want Failed", err, d.aws.HookStatus(executionID))
	}
	d.wantLog(t, "STATE_TABLE is not set", "USERS_SECRET is not set", "AGENTS_GROUP is not set", "LOGIN_VERSION is not set", "AUTHENTICATE_VERSION is not set", "LOGOUT_VERSION is not set")

	d = newDeployment(t)
	d.more["preflight"] = []string{"AWS_REGION="} // it could not even report
	exit, ok := errors.AsType[*runtimetest.ExitError](d.preflight(t, sample(t, "preflight/deployment")))
	if !ok || exit.Status != "exit status 1" || !strings.Contains(exit.Output, "AWS_REGION is not set") {
		t.Errorf("%v, want an exit that names the variable", exit)
	}
}

func TestAReportIsTriedUntilItGetsThrough(t *testing.T) {
	for _, row := range []struct {
		name  string
		fault awstest.Fault
		want  string
	}{
		{"down for a moment", awstest.Fault{Times: 3}, "Succeeded"},
		{"busy for a moment", awstest.Fault{Code: "ThrottlingException", Times: 3}, "Succeeded"},
		{"its answer is lost", awstest.Fault{Persist: true, Times: 1}, "Succeeded"},
		{"down", awstest.Fault{}, ""},
		{"refusing", awstest.Fault{Code: "AccessDeniedException"}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := newDeployment(t)
			d.aws.Inject("PutLifecycleEventHookExecutionStatus", row.fault)
			d.startVersions(t)
			err := d.preflight(t, sample(t, "preflight/deployment"))
			if got := d.aws.HookStatus(executionID); got != row.want || (err == nil) != (row.want != "") {
				t.Errorf("%v, reported %q, want %q and an error only if nothing was:\n%s", err, got, row.want, d.logs["preflight"])
			}
			if row.want == "" {
				d.wantLog(t, "cannot report", deploymentID)
			}
		})
	}
}

// Lambda would end it without a report.
func TestAVersionThatHangsIsReportedBeforePreflightsTimeIsUp(t *testing.T) {
	t.Parallel()
	d := newDeployment(t)
	d.timeout = 14 * time.Second // two of them for the checks
	d.startVersions(t)
	d.aws.Inject("Invoke", awstest.Fault{Hang: true})
	began := time.Now()
	err := d.preflight(t, sample(t, "preflight/deployment"))
	if elapsed := time.Since(began); err != nil || d.aws.HookStatus(executionID) != "Failed" || elapsed > 6*time.Second {
		t.Errorf("%v, reported %q after %v, want Failed soon", err, d.aws.HookStatus(executionID), elapsed)
	}
	d.wantLog(t, "context deadline exceeded")
}

func TestWhatIsNotCodeDeploysEventIsAnErrorAndReportsNothing(t *testing.T) {
	files, err := filepath.Glob("../events/preflight/*")
	if err != nil {
		t.Fatal(err)
	}
	replayed := 0
	for _, file := range files {
		name := filepath.Base(file)
		if name == "deployment.json" {
			continue
		}
		replayed++
		t.Run(name, func(t *testing.T) {
			payload, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			d := newDeployment(t)
			if _, failed := errors.AsType[*runtimetest.FunctionError](d.preflight(t, payload)); !failed {
				t.Error("no error")
			}
			if got := d.aws.HookStatus(executionID) + strings.Repeat("x", d.aws.Calls("PutItem")); got != "" {
				t.Errorf("reported or tried something: %s", got)
			}
			d.wantLog(t)
		})
	}
	if replayed < 3 {
		t.Errorf("%d events, want three at least", replayed)
	}
}
