package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/redact"
)

// atSecrets returns a fake with two secrets, and the flags for them.
func atSecrets(t *testing.T) (*fake, []string) {
	t.Helper()
	f, _ := atFake(t)
	f.tables.PutSecret("users", currentKey)
	f.tables.PutSecret("agents", agentsKey)
	return f, []string{"--endpoint-url", f.server.URL, "--users-secret", "users", "--agents-secret", "agents", "--state-table", "state"}
}

const (
	currentKey = "Zn4Qr8Tb2Wx6Kd0Vh5Lm9Ps3Yf7Gj1CcNe"
	agentsKey  = "Ma7Kx3Tp9Wd5Rz1Hb6Qf2Vn8Ls4Yg0JjUc"
	ownKey     = "Rb9Wm3Zx7Lk1Qv5Tn8Hd2Jf6Pc0Ys4GaEu"
	shortKey   = "Xq3Tz8Bn"
)

// Whatever a command does, well or badly, no secret is in what it prints or writes
// down: only --reveal prints one, and nothing else of it.
func TestNoSecretIsPrintedThatNobodyAskedFor(t *testing.T) {
	f, at := atSecrets(t)
	acts := filepath.Join(t.TempDir(), "acts.log")
	at = append(at, "--audit-log", acts)
	known := map[string]bool{currentKey: true, agentsKey: true, ownKey: true, shortKey: true}
	look := func(what string, texts ...string) {
		t.Helper()
		for _, name := range []string{"users", "agents"} {
			for _, version := range f.tables.SecretStages(name) {
				known[f.tables.SecretText(name, version)] = true
			}
		}
		written, err := os.ReadFile(acts)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		for _, text := range append(texts, string(written)) {
			for key := range known {
				if key != "" && strings.Contains(text, key) {
					t.Errorf("%s: %s", what, strings.ReplaceAll(text, key, "<HERE>"))
				}
			}
		}
	}
	calls := 0
	do := func(stdin string, args ...string) {
		t.Helper()
		for _, how := range [][]string{{"--door", "users"}, {"--door", "agents", "--json"}} {
			var stdout, stderr bytes.Buffer
			call := append(append(append([]string{"secret"}, args...), how...), at...)
			run(t.Context(), call, strings.NewReader(stdin), &stdout, &stderr)
			calls++
			look(strings.Join(call, " "), stdout.String(), stderr.String())
		}
	}
	do("", "status")
	for _, fault := range []string{"", "DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage", "TagResource", "UntagResource", "GetItem"} {
		for _, code := range []string{"AccessDeniedException", "InternalServiceError"} {
			t.Setenv("AWS_MAX_ATTEMPTS", "1")
			if fault != "" {
				f.tables.Inject(fault, awstest.Fault{Code: code})
			}
			do("", "generate")
			do("", "status")
			do("", "confirm")
			do("", "promote", "--apply")
			do("", "rollback", "--apply")
			do(ownKey, "stage", "--secret-file", "-")
			do(agentsKey, "stage", "--secret-file", "-")
			do(shortKey, "stage", "--secret-file", "-")
			do("", "promote", "--unconfirmed", "--leaked", "--apply")
			do(ownKey, "stage", "--secret-file", "-")
			do("", "discard", "--apply")
			f.tables.Clear()
		}
	}
	if calls < 300 || len(known) < 10 {
		t.Errorf("%d calls and %d secrets show nothing", calls, len(known))
	}
	f.tables.PutSecret("users", shortKey, "AWSPENDING")
	do("", "status")
	do("", "promote", "--unconfirmed", "--apply")

	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), append([]string{"secret", "status", "--door", "agents", "--reveal", "current"}, at...), strings.NewReader(""), &stdout, &stderr); code != 0 || !known[stdout.String()] {
		t.Errorf("revealed is %q, exit code %d", &stdout, code)
	}
	look("status --reveal", stderr.String())
	stdout.Reset()
	stderr.Reset()
	if code := run(t.Context(), append([]string{"secret", "generate", "--door", "agents", "--reveal"}, at...), strings.NewReader(""), &stdout, &stderr); code != 0 || len(stdout.String()) != 64 {
		t.Errorf("generated is %q, exit code %d: %s", &stdout, code, &stderr)
	}
	look("generate --reveal", stderr.String())
}

// A disk that is full must not hide what was done.
func TestWhatBecameOfASecretIsToldThoughItCannotBePrinted(t *testing.T) {
	f, at := atSecrets(t)
	acts := filepath.Join(t.TempDir(), "acts.log")
	at = append(at, "--door", "users", "--audit-log", acts)
	for _, row := range []struct {
		args []string
		want string
	}{
		{[]string{"generate", "--reveal"}, `it waits, but could not be printed: .*\nhint: loginctl secret status --door users --reveal pending .* prints it\n`},
		{[]string{"status", "--reveal", "current"}, `loginctl: .*full|broken pipe`},
		{[]string{"confirm"}, `it was done, but could not be printed: .*\nhint: loginctl secret status --door users .* shows how the secret stands\n`},
		{[]string{"promote"}, `full|broken pipe`},
		{[]string{"promote", "--apply"}, `it was done, but could not be printed: `},
		{[]string{"generate"}, `it was done, but could not be printed: `},
		{[]string{"discard", "--apply", "--json"}, `it was done, but could not be printed: `},
		{[]string{"status"}, `full|broken pipe`},
	} {
		var stderr bytes.Buffer
		code := run(t.Context(), append(append([]string{"secret"}, row.args...), at...), strings.NewReader(""), unwritable{syscall.ENOSPC}, &stderr)
		if code != 1 || !regexp.MustCompile(strings.ReplaceAll(row.want, "full", "no space left")).Match(stderr.Bytes()) {
			t.Errorf("%q exits with %d: %s", row.args, code, &stderr)
		}
	}
	if stages := f.tables.SecretStages("users"); stages["AWSPENDING"] != "" || stages["AWSPREVIOUS"] == "" {
		t.Errorf("the labels are %v", stages)
	}
	written, err := os.ReadFile(acts)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"event":"secret_staged",[^\n]*"outcome":"done"`, `"event":"secret_revealed",[^\n]*"outcome":"failed","key_version":"[^\n]*"key_stage":"pending"`,
		`"event":"secret_revealed",[^\n]*"outcome":"failed","key_version":"[^\n]*"key_stage":"current"`, `"event":"secret_promoted",[^\n]*"outcome":"done"`,
	} {
		if !regexp.MustCompile(want).Match(written) {
			t.Errorf("the log lacks %s: %s", want, written)
		}
	}
}

// What is piped is pasted as it is; on a terminal a prompt would follow it.
func TestASecretEndsInALineBreakOnATerminalAlone(t *testing.T) {
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("there are no pseudo-terminals here")
	}
	defer terminal.Close()
	var piped bytes.Buffer
	for _, out := range []io.Writer{&piped, terminal} {
		if err := printSecret(out, redact.New(currentKey)); err != nil {
			t.Fatal(err)
		}
	}
	if piped.String() != currentKey {
		t.Errorf("piped is %q", &piped)
	}
	shown := make(chan string, 1)
	go func() { // as a terminal that has been asked what it is knows no deadlines
		echo := make([]byte, len(currentKey)+2)
		n, _ := io.ReadFull(terminal, echo)
		shown <- string(echo[:n])
	}()
	select {
	case got := <-shown:
		if got != currentKey+"\r\n" {
			t.Errorf("shown is %q", got)
		}
	case <-time.After(10 * time.Second):
		t.Error("no line break is shown")
	}
}

// Both hear at first that theirs waits: a put knows no condition.
func TestOfTwoWhoGenerateAtOnceOneIsToldThatTheOthersWaits(t *testing.T) {
	for _, row := range []struct {
		name string
		put  int // the look since ours was put before which the other's is
		args []string
	}{
		{"before it is printed", 2, []string{"--reveal"}},
		{"before it is told", 4, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			f, at := atSecrets(t)
			looks := 0
			var other func()
			other = func() {
				if looks++; looks == row.put {
					f.tables.PutSecret("users", ownKey, "AWSPENDING")
					return
				}
				f.mu.Lock()
				defer f.mu.Unlock()
				f.meanwhile = map[string]func(){"DescribeSecret": other}
			}
			f.meanwhile = map[string]func(){"PutSecretValue": func() {
				f.mu.Lock()
				defer f.mu.Unlock()
				f.meanwhile["DescribeSecret"] = other
			}}
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), append(append([]string{"secret", "generate", "--door", "users"}, row.args...), at...), strings.NewReader(""), &stdout, &stderr)
			if code != 1 || stdout.Len() > 0 || !strings.Contains(stderr.String(), "somebody else changed the secret of users at the same moment") {
				t.Errorf("exits with %d after %d looks: %s%s", code, looks, &stdout, &stderr)
			}
		})
	}
}
