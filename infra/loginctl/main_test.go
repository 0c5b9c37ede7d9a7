package main

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"deskpro-login/pkg/awsenv/awstest"
)

// atFake returns a fake with tables of accounts and sessions, and the flags for
// them.
func atFake(t *testing.T) (*fake, []string) {
	t.Helper()
	f := newFake()
	t.Cleanup(f.close)
	f.tables.CreateTable("people", "login")
	f.tables.CreateTable("state", "key")
	asOperator(t, "eu-west-1")
	return f, []string{"--endpoint-url", f.server.URL, "--table", "people", "--state-table", "state"}
}

// The first interrupt lets what was begun come to its end; the second does not.
func TestASecondInterruptEndsTheCommandAtOnce(t *testing.T) {
	f, at := atFake(t)
	f.tables.Inject("GetItem", awstest.Fault{Hang: true})
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(name)
	cmd.Args = append([]string{"loginctl", "account", "sessions", "end", "--id", "u-1", "--apply"}, at...) // see TestMain
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick, tooLong := time.NewTicker(10*time.Millisecond), time.After(10*time.Second)
	defer tick.Stop()
	for interrupts := 0; ; {
		select {
		case <-tick.C:
			if f.tables.Calls("GetItem") == 0 {
				continue
			}
			_ = cmd.Process.Signal(os.Interrupt) // some may become one
			interrupts++
		case err := <-ended:
			status, ok := cmd.ProcessState.Sys().(interface{ Signaled() bool })
			if !ok || !status.Signaled() || interrupts < 2 {
				t.Errorf("after %d interrupts it ends with %v: %s", interrupts, err, &stderr)
			}
			return
		case <-tooLong:
			_ = cmd.Process.Kill()
			<-ended
			t.Fatalf("%d interrupts do not end it: %s", interrupts, &stderr)
		}
	}
}

// unwritable is a standard output on a full disk, or whose reader went away.
type unwritable struct{ err error }

func (u unwritable) Write([]byte) (int, error) { return 0, u.err }

func TestAPasswordThatWasSetButNotPrintedIsToldOf(t *testing.T) {
	f, at := atFake(t)
	f.tables.PutItem("people", `{"login": {"S": "mara"}, "id": {"S": "u-1"}, "email": {"S": "mara@example.com"}, "name": {"S": "Mara"}}`)
	for _, args := range [][]string{
		{"account", "password", "mara", "--initial", "--apply"},
		{"account", "password", "mara", "--initial", "--apply", "--json"},
		{"account", "add", "--login", "zoe", "--email", "zoe@example.com", "--name", "Zoe", "--initial"},
	} {
		for _, cause := range []error{syscall.ENOSPC, syscall.EPIPE} {
			if args[1] == "add" {
				f.tables.CreateTable("people", "login")
			}
			var stderr bytes.Buffer
			code := run(t.Context(), append(args, at...), strings.NewReader(""), unwritable{cause}, &stderr)
			login := map[string]string{"password": "mara", "add": "zoe"}[args[1]]
			want := regexp.MustCompile(`loginctl: ` + login + ` was .* with a password that nobody knows, as it could not be printed: .*\nhint: give another: loginctl account password ` + login + ` --initial --apply --endpoint-url `)
			if code != 1 || !want.Match(stderr.Bytes()) || !strings.Contains(f.tables.Items("people")[login], "password_hash") {
				t.Errorf("%q, %v: exits with %d: %s", args, cause, code, &stderr)
			}
		}
	}
}

func TestWhatCannotBePrintedFails(t *testing.T) {
	f, at := atFake(t)
	f.tables.PutItem("people", `{"login": {"S": "mara"}, "id": {"S": "u-1"}, "email": {"S": "mara@example.com"}, "name": {"S": "Mara"}}`)
	for _, row := range []struct {
		args []string
		want string
	}{
		{[]string{"account", "set", "mara", "--name", "M"}, "full"},
		{[]string{"account", "disable", "mara", "--apply"}, "it was done, but could not be printed"},
		{[]string{"account", "sessions", "end", "mara"}, "full"},
	} {
		var stderr bytes.Buffer
		code := run(t.Context(), append(row.args, at...), strings.NewReader(""), unwritable{errors.New("the disk is full")}, &stderr)
		if code != 1 || !strings.Contains(stderr.String(), row.want) {
			t.Errorf("%q exits with %d: %s", row.args, code, &stderr)
		}
	}
	var stderr bytes.Buffer
	if code := run(t.Context(), append([]string{"account", "list"}, at...), strings.NewReader(""), unwritable{syscall.EPIPE}, &stderr); code != 1 || stderr.Len() > 0 {
		t.Errorf("whose reader has read enough, list exits with %d: %s", code, &stderr)
	}
}

// A password that lasts an hour by a clock that is two slow would be over.
func TestAPasswordLastsByAWSsClock(t *testing.T) {
	f, _ := atFake(t)
	f.tables.CreateTable("deskpro-login-AccountsTable-1ABCDEFGHIJKL", "login")
	f.tables.CreateTable("deskpro-login-StateTable-1MNOPQRSTUVWX", "key")
	f.logs.addGroup("/deskpro-login/deskpro-login/operators")
	content, err := os.ReadFile("testdata/both.json")
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Stacks []struct{ Outputs []fakeOutput }
	}
	if err := json.Unmarshal(content, &answer); err != nil {
		t.Fatal(err)
	}
	f.add("eu-west-1", fakeStack{"deskpro-login", "CREATE_COMPLETE", answer.Stacks[0].Outputs, nil})
	f.mu.Lock()
	f.ahead = time.Hour
	f.mu.Unlock()
	for _, args := range [][]string{
		{"add", "--login", "mara", "--email", "mara@example.com", "--name", "Mara"}, {"password", "mara", "--apply"},
	} {
		stdout, _ := call(t, 0, append(append([]string{"account"}, args...), "--initial", "--expires", "10m", "--json", "--endpoint-url", f.server.URL)...)
		var told report
		if err := json.Unmarshal([]byte(stdout), &told); err != nil {
			t.Fatal(err)
		}
		if left := time.Until(told.Initial.Expires); left < 65*time.Minute || left > 75*time.Minute {
			t.Errorf("account %s: the password lasts %v by the slow clock", args[0], left)
		}
	}
	stdout, _ := call(t, 0, "account", "show", "mara", "--json", "--endpoint-url", f.server.URL)
	var shown accountView
	if err := json.Unmarshal([]byte(stdout), &shown); err != nil {
		t.Fatal(err)
	}
	if ahead := time.Until(shown.Password.Changed); ahead < 55*time.Minute {
		t.Errorf("it was set %v from now", ahead)
	}
}

// At a table that is not this machine's, who acts is not this machine's to say.
func TestWhoActsAtATableElsewhereIsAskedOfAWS(t *testing.T) {
	f, _ := atFake(t)
	server := httptest.NewTLSServer(f)
	defer server.Close()
	folder := t.TempDir()
	trusted, acts := filepath.Join(folder, "ca.pem"), filepath.Join(folder, "acts.log")
	if err := os.WriteFile(trusted, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CA_BUNDLE", trusted)
	add := []string{"account", "add", "--login", "mara", "--email", "mara@example.com", "--name", "Mara", "--no-password", "--endpoint-url", server.URL, "--table", "people"}
	if _, stderr := call(t, 2, add...); !strings.Contains(stderr, "--audit-log") {
		t.Errorf("without a log: %s", stderr)
	}
	call(t, 0, append(add, "--audit-log", acts)...)
	if written, err := os.ReadFile(acts); err != nil || strings.Count(string(written), `"operator":"`+f.operator+`"`) != 2 {
		t.Errorf("the log is %s, %v", written, err)
	}
}

func TestOfAServerThatIsNoDynamoDBTheAddressIsToBeChecked(t *testing.T) {
	asOperator(t, "eu-west-1")
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	for _, row := range []struct {
		status int
		body   string
	}{{http.StatusOK, "<html>It works!</html>"}, {http.StatusNotFound, "<html>Not here.</html>"}, {http.StatusNotFound, `{"error": {"reason": "no handler"}}`}, {http.StatusNotImplemented, "{}"}} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(row.status)
			_, _ = io.WriteString(w, row.body)
		}))
		_, stderr := call(t, 1, "account", "show", "mara", "--endpoint-url", server.URL, "--table", "people")
		if _, todo, _ := strings.Cut(stderr, "hint: "); !strings.Contains(todo, "--endpoint-url") {
			t.Errorf("which answers %d, %s: %s", row.status, row.body, stderr)
		}
		server.Close()
	}
}
