package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"deskpro-login/infra/loginctl/doctor"
	"deskpro-login/infra/loginctl/doctor/doctortest"
	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/pkg/config"
)

// consultation is a world that is examined by the command.
type consultation struct {
	*doctortest.World
	t *testing.T
}

func consult(t *testing.T) consultation {
	t.Helper()
	asOperator(t, doctortest.Region)
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	return consultation{doctortest.StartLiveTable(t), t}
}

// call runs the command with the world's hosts, and returns what its exit code
// comes from.
func (c consultation) call(stdin string, args ...string) (stdout, stderr string, err error) {
	c.t.Helper()
	root := newRoot()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "doctor" {
			root.RemoveCommand(cmd)
		}
	}
	root.AddCommand(newDoctorOver(doctor.Network{Dial: c.Dial, Roots: c.Roots}))
	var out, errs bytes.Buffer
	root.SetArgs(append([]string{"doctor"}, args...))
	root.SetIn(strings.NewReader(stdin))
	root.SetOut(&out)
	root.SetErr(&errs)
	err = root.ExecuteContext(c.t.Context())
	for _, value := range doctortest.Values() {
		if strings.Contains(out.String()+errs.String(), value) {
			c.t.Errorf("doctor %q prints a secret", args)
		}
	}
	return out.String(), errs.String(), err
}

func (c consultation) endpoint() string { return *c.Config.BaseEndpoint }

// exitCode is what run makes of an error.
func exitCode(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.As(err, new(*usageError)):
		return 2
	}
	return 1
}

// doctorMasks are for what is another every time.
var doctorMasks = []struct {
	pattern *regexp.Regexp
	by      string
}{
	{regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}`), "DATE"},
}

func TestDoctorPrintsALineForEachCheck(t *testing.T) {
	c := consult(t)
	stdout, stderr, err := c.call("", "--endpoint-url", c.endpoint(), "--region", doctortest.Region, "--strict", "--json")
	if err != nil || stderr != "" {
		t.Fatalf("ends with %v (%s): %s", err, hint.Of(err), stdout+stderr)
	}
	for _, m := range doctorMasks {
		stdout = m.pattern.ReplaceAllString(stdout, m.by)
	}
	file := filepath.Join("doctor", "testdata", "table.jsonl")
	if *update {
		if err := os.WriteFile(file, []byte(stdout), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || stdout != string(want) {
		t.Errorf("got\n%s\nwant\n%s (%v)", stdout, want, err)
	}
	for line := range strings.Lines(stdout) {
		var f doctor.Finding
		if err := json.Unmarshal([]byte(line), &f); err != nil || f.ID == "" || f.Level != doctor.OK || f.What == "" {
			t.Errorf("%s is %+v, %v", line, f, err)
		}
	}
}

func TestDoctorExitsByWhatItFound(t *testing.T) {
	for _, row := range []struct {
		name   string
		plant  func(*doctortest.World)
		strict bool
		want   int
		says   string
	}{
		{"all is well", func(*doctortest.World) {}, true, 0, ""},
		{"something to look at", func(w *doctortest.World) { w.Set("TOKEN_LIFETIME", "600s") }, false, 0, ""},
		{"something to look at, strictly", func(w *doctortest.World) { w.Set("TOKEN_LIFETIME", "600s") }, true, 1, "checks with something to look at: 1"},
		{"something that may not be looked at, strictly", func(w *doctortest.World) { w.Refuse("apigateway:GET", "AccessDeniedException") }, true, 1, "checks with something to look at: 1"},
		{"something that failed", func(w *doctortest.World) { delete(w.Groups, "/aws/lambda/deskpro-login/login") }, false, 1, "checks that failed: 1"},
	} {
		c := consult(t)
		row.plant(c.World)
		args := []string{"--endpoint-url", c.endpoint()}
		if row.strict {
			args = append(args, "--strict")
		}
		stdout, _, err := c.call("", args...)
		if got := exitCode(err); got != row.want || (err != nil && (err.Error() != row.says || hint.Of(err) == "")) {
			t.Errorf("%s: exits with %d: %v (%s)\n%s", row.name, got, err, hint.Of(err), stdout)
		}
		if !regexp.MustCompile(`\n\n[0-9]+ failed, [0-9]+ to look at, [0-9]+ ok[^\n]*\n$`).MatchString(stdout) {
			t.Errorf("%s: it does not end with a summary: %s", row.name, stdout)
		}
	}
}

// To have seen nothing is not to have seen that all is well.
func TestDoctorSaysThatItCouldCheckNothing(t *testing.T) {
	stdout, _, err := consult(t).call("", "--endpoint-url", "http://127.0.0.1:1", "--region", doctortest.Region)
	if exitCode(err) != 1 || err.Error() != "nothing could be checked" || hint.Of(err) == "" || !strings.Contains(stdout, "\n0 failed, ") || !strings.Contains(stdout, " 0 ok") {
		t.Errorf("ends with %v (%s): %s", err, hint.Of(err), stdout)
	}
}

func TestDoctorWithoutCredentialsPointsAtOffline(t *testing.T) {
	c := consult(t)
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	_, _, err := c.call("TOKEN_LIFETIME=120s\n", "--env", "-", "--function", "login", "--region", doctortest.Region)
	if exitCode(err) != 1 || !strings.Contains(hint.Of(err), "--offline") {
		t.Errorf("ends with %v (%s)", err, hint.Of(err))
	}
	stdout, _, err := c.call("TOKEN_LIFETIME=120s\n", "--env", "-", "--function", "login", "--offline", "--json")
	if exitCode(err) != 1 || !strings.Contains(stdout, "; ") || strings.Contains(stdout, ".; ") {
		t.Errorf("offline, without its variables, it ends with %v: %s", err, stdout)
	}
}

func TestDoctorLeavesOutWhatIsWell(t *testing.T) {
	c := consult(t)
	c.Set("TOKEN_LIFETIME", "600s")
	stdout, _, err := c.call("", "--endpoint-url", c.endpoint(), "--trouble")
	if err != nil || !strings.HasPrefix(stdout, "warn  token/lifetime  ") || strings.Contains(stdout, "\nok ") || !strings.Contains(stdout, "\n0 failed, 1 to look at, ") {
		t.Errorf("ends with %v: %s", err, stdout)
	}
}

func TestDoctorTakesVariables(t *testing.T) {
	c := consult(t)
	var lines strings.Builder
	for name, value := range c.Environment(config.Login) {
		lines.WriteString(name + "=" + value + "\n")
	}
	stdout, _, err := c.call(lines.String(), "--env", "-", "--offline", "--strict")
	if err != nil || !strings.Contains(stdout, "config/login/variables") || strings.Contains(stdout, "secrets/") || len(c.Called()) > 0 || len(c.Visited()) > 0 {
		t.Errorf("offline it ends with %v, asked for %v, visited %v: %s", err, c.Called(), c.Visited(), stdout)
	}
	name := filepath.Join(t.TempDir(), "authenticate.json")
	content, err := json.Marshal(map[string]any{"Environment": map[string]any{"Variables": c.Environment(config.Authenticate)}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, _, err = c.call("", "--env", name, "--function", "authenticate", "--endpoint-url", c.endpoint(), "--strict")
	for _, id := range []string{"config/authenticate/variables", "secrets/users/key", "tables/accounts/backup", "groups/agents", "deskpro/help.acme.example/clock", "token/users/sample"} {
		if !strings.Contains(stdout, "ok    "+id) {
			t.Errorf("%s is not told to be well", id)
		}
	}
	if err != nil || strings.Contains(stdout, "logs/") {
		t.Errorf("with AWS it ends with %v: %s", err, stdout)
	}
	if _, _, err := c.call("", "--env", filepath.Join(t.TempDir(), "none"), "--offline"); exitCode(err) != 1 || hint.Of(err) == "" {
		t.Errorf("without the file it ends with %v", err)
	}
}

func TestDoctorIsCalledWrongly(t *testing.T) {
	c := consult(t)
	for _, args := range [][]string{
		{"deskpro-login"}, {"--stack", "../x"}, {"--endpoint-url", "localhost"}, {"--env", ""}, {"--env", "x", "--stack", "y"}, {"--offline"}, {"--function", "login"},
		{"--env", "x", "--offline", "--region", "eu-west-1"}, {"--env", "x", "--offline", "--profile", "p"}, {"--env", "x", "--function", "edge"}, {"--timeout", "0s"}, {"--timeout", "soon"}, {"--frob"},
	} {
		stdout, _, err := c.call("", args...)
		if exitCode(err) != 2 || stdout != "" || hint.Of(err) == "" {
			t.Errorf("doctor %q ends with %v (%s): %s", args, err, hint.Of(err), stdout)
		}
	}
	if called := c.Called(); len(called) > 0 {
		t.Errorf("AWS was asked for %v", called)
	}
}

func TestDoctorPrintsAPolicy(t *testing.T) {
	c := consult(t)
	stdout, _, err := c.call("", "--permissions", "--stack", "desk", "--region", "eu-west-1")
	var policy doctor.Policy
	if err != nil || json.Unmarshal([]byte(stdout), &policy) != nil {
		t.Fatalf("ends with %v: %s", err, stdout)
	}
	if want := doctor.PolicyFor("desk", "eu-west-1"); policy.Version != "2012-10-17" || len(policy.Statement) != len(want.Statement) || !strings.Contains(stdout, `"arn:aws:dynamodb:eu-west-1:*:table/desk-AccountsTable-*"`) {
		t.Errorf("the policy is %s", stdout)
	}
	if called := c.Called(); len(called) > 0 {
		t.Errorf("AWS was asked for %v", called)
	}
}

func TestDoctorHelpsWithWhatItNeeds(t *testing.T) {
	stdout, _, err := consult(t).call("", "--help")
	if err != nil {
		t.Fatal(err)
	}
	for _, action := range doctor.Actions() {
		if !strings.Contains(stdout, "\n  "+action+"\n") {
			t.Errorf("the help lacks %s", action)
		}
	}
	for line := range strings.Lines(stdout) {
		if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > 90 {
			t.Errorf("the help is wide: %s", line)
		}
	}
}

// What AWS words, and the variables, must not steer the terminal.
func TestDoctorPrintsNothingThatSteersATerminal(t *testing.T) {
	c := consult(t)
	f := c.Function(config.Login)
	f.State, f.StateReason = "Failed", "\x1b[2Jgone\u202e"
	f.Variables["BR\u200bAND\x1b[2J"] = "x"
	for _, args := range [][]string{{}, {"--json"}} {
		stdout, _, _ := c.call("", append(args, "--endpoint-url", c.endpoint())...)
		if !strings.Contains(stdout, "[2Jgone") || strings.ContainsAny(stdout, "\x1b\u202e\u200b") {
			t.Errorf("doctor %q prints %q", args, stdout)
		}
	}
}

func TestDoctorFindsNoStack(t *testing.T) {
	c := consult(t)
	stdout, _, err := c.call("", "--endpoint-url", c.endpoint(), "--stack", "other")
	if exitCode(err) != 1 || !strings.Contains(stdout, "there is no stack other in "+doctortest.Region) {
		t.Errorf("ends with %v: %s", err, stdout)
	}
}

func TestDoctorIsBrokenOff(t *testing.T) {
	c := consult(t)
	for _, action := range doctor.Actions() {
		c.Refuse(action, "hang")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cmd := newDoctorOver(doctor.Network{Dial: c.Dial, Roots: c.Roots})
	cmd.SetArgs([]string{"--endpoint-url", c.endpoint()})
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	ended := make(chan error, 1)
	go func() { ended <- cmd.ExecuteContext(ctx) }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if slices.Contains(c.Called(), "cloudformation:DescribeStacks") {
			break
		}
	}
	cancel()
	select {
	case err := <-ended:
		if err == nil || err.Error() != "you broke off" || out.Len() > 0 {
			t.Errorf("ends with %v: %s", err, &out)
		}
	case <-time.After(10 * time.Second):
		t.Error("it goes on")
	}
}
