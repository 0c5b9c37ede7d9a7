package runtimetest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"deskpro-login/pkg/lambdahttp/runtimetest"
)

// echoed is what testdata/echo answers.
type echoed struct {
	Text        string
	RequestID   string
	FunctionARN string
	TraceID     string
	Remaining   time.Duration
	Environment []string
}

func TestRuntimeAPI(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "built")
	err := runtimetest.Build(t.Context(), runtimetest.BuildConfig{Into: folder, Packages: []string{"./testdata/echo"}})
	if err != nil {
		t.Fatal(err)
	}
	start := func(t *testing.T, cfg runtimetest.Config) *runtimetest.Process {
		t.Helper()
		cfg.Binary = filepath.Join(folder, "echo")
		p, err := runtimetest.Start(cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Stop)
		return p
	}

	t.Run("an event carries what Lambda sends with it", func(t *testing.T) {
		p := start(t, runtimetest.Config{Timeout: 7 * time.Second})
		first, second := echo(t, p, "one"), echo(t, p, "two")
		if first.Text != "one" || second.Text != "two" {
			t.Errorf("got %q then %q, want one then two", first.Text, second.Text)
		}
		if first.RequestID == second.RequestID {
			t.Errorf("both events have the request id %s", first.RequestID)
		}
		for value, pattern := range map[string]string{
			first.RequestID:   `^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`,
			first.FunctionARN: `^arn:aws:lambda:[a-z0-9-]+:\d{12}:function:echo$`,
			first.TraceID:     `^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$`,
		} {
			if !regexp.MustCompile(pattern).MatchString(value) {
				t.Errorf("got %q, want it to match %s", value, pattern)
			}
		}
		if first.Remaining <= 0 || first.Remaining > 7*time.Second {
			t.Errorf("deadline in %s, want at most 7s", first.Remaining)
		}
	})

	t.Run("the environment is Lambda's and ours, nothing inherited", func(t *testing.T) {
		t.Setenv("INHERITED", "yes")
		p := start(t, runtimetest.Config{Name: "sign-in", Env: []string{"OURS=1", "AWS_REGION=eu-west-1"}})
		environment := echo(t, p, "").Environment
		for _, want := range []string{
			"OURS=1", "AWS_REGION=eu-west-1", "AWS_LAMBDA_FUNCTION_NAME=sign-in",
			"LAMBDA_TASK_ROOT=" + folder, "TZ=:UTC",
		} {
			if !slices.Contains(environment, want) {
				t.Errorf("environment lacks %s: %q", want, environment)
			}
		}
		names := map[string]bool{}
		for _, variable := range environment {
			name, _, _ := strings.Cut(variable, "=")
			if names[name] {
				t.Errorf("%s is there twice", name)
			}
			names[name] = true
		}
		for _, name := range []string{"INHERITED", "HOME", "GOPATH"} {
			if names[name] {
				t.Errorf("%s is inherited", name)
			}
		}
	})

	t.Run("an error answered leaves the process to serve the next event", func(t *testing.T) {
		p := start(t, runtimetest.Config{})
		_, err := p.Invoke(t.Context(), do("fail", "no luck"))
		failure, ok := errors.AsType[*runtimetest.FunctionError](err)
		if !ok || failure.Message != "no luck" || failure.Type != "errorString" || !json.Valid(failure.Payload) {
			t.Fatalf("got %#v, want the function's error", err)
		}
		if got := echo(t, p, "after"); got.Text != "after" {
			t.Errorf("got %q, want after", got.Text)
		}
	})

	t.Run("a panic is an error and then the end", func(t *testing.T) {
		p := start(t, runtimetest.Config{})
		_, err := p.Invoke(t.Context(), do("panic", "oh no"))
		if failure, ok := errors.AsType[*runtimetest.FunctionError](err); !ok || failure.Message != "oh no" {
			t.Errorf("got %v, want the panic as a function error", err)
		}
		_, err = p.Invoke(t.Context(), do("", ""))
		if _, ok := errors.AsType[*runtimetest.ExitError](err); !ok {
			t.Errorf("got %v, want the process's end", err)
		}
	})

	t.Run("an end without an answer tells the output", func(t *testing.T) {
		var stdout bytes.Buffer
		p := start(t, runtimetest.Config{Stdout: &stdout})
		_, err := p.Invoke(t.Context(), do("exit", "last words"))
		exit, ok := errors.AsType[*runtimetest.ExitError](err)
		if !ok || exit.Status != "exit status 4" || exit.Output != "last words\n" {
			t.Errorf("got %v, want exit status 4 with the last words", err)
		}
		if got := stdout.String(); got != "last words\n" {
			t.Errorf("Stdout got %q, want the last words", got)
		}
	})

	t.Run("a process that fails to initialise shows at the first event", func(t *testing.T) {
		p := start(t, runtimetest.Config{Env: []string{"BROKEN=1"}})
		_, err := p.Invoke(t.Context(), do("", ""))
		exit, ok := errors.AsType[*runtimetest.ExitError](err)
		if !ok || exit.Status != "exit status 3" || !strings.Contains(exit.Output, "BROKEN is set") {
			t.Fatalf("got %v, want exit status 3 with its reason", err)
		}
		if exit.Init == nil || exit.Init.Type != "Echo.Broken" || exit.Init.Message != "configuration is broken" {
			t.Errorf("posted error is %v, want Echo.Broken", exit.Init)
		}
	})

	t.Run("a function past its timeout is killed", func(t *testing.T) {
		p := start(t, runtimetest.Config{Timeout: 20 * time.Millisecond})
		_, err := p.Invoke(t.Context(), do("hang", ""))
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "timed out after 20ms") {
			t.Errorf("got %v, want the timeout", err)
		}
		if _, err := p.Invoke(t.Context(), do("", "")); err == nil {
			t.Error("the process serves on")
		}
	})

	t.Run("a response over Lambda's limit is an error", func(t *testing.T) {
		p := start(t, runtimetest.Config{})
		_, err := p.Invoke(t.Context(), do("flood", ""))
		if failure, ok := errors.AsType[*runtimetest.FunctionError](err); !ok || failure.Type != "Function.ResponseSizeTooLarge" {
			t.Errorf("got %v, want the limit", err)
		}
	})

	t.Run("an event is answered once", func(t *testing.T) {
		p := start(t, runtimetest.Config{})
		first := echo(t, p, "")
		api := ""
		for _, variable := range first.Environment {
			if value, ok := strings.CutPrefix(variable, "AWS_LAMBDA_RUNTIME_API="); ok {
				api = value
			}
		}
		for _, id := range []string{first.RequestID, "unknown"} {
			response, err := http.Post("http://"+api+"/2018-06-01/runtime/invocation/"+id+"/response", "", strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if response.StatusCode != http.StatusBadRequest {
				t.Errorf("answering %s: got %d, want 400", id, response.StatusCode)
			}
		}
	})

	t.Run("events that come at once are served in turn", func(t *testing.T) {
		p := start(t, runtimetest.Config{})
		var invocations sync.WaitGroup
		for _, text := range []string{"a", "b", "c", "d"} {
			invocations.Go(func() {
				if got := echo(t, p, text); got.Text != text {
					t.Errorf("got %q, want %q", got.Text, text)
				}
			})
		}
		invocations.Wait()
	})

	t.Run("a binary that is not there is an error of Start", func(t *testing.T) {
		if p, err := runtimetest.Start(runtimetest.Config{Binary: filepath.Join(folder, "absent")}); err == nil {
			p.Stop()
			t.Error("got no error")
		}
	})
}

// What is tested is what is deployed: these are the Makefile's flags.
func TestBuildMakesTheBytesThatMakeDoes(t *testing.T) {
	makefile, err := os.ReadFile("../../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	lean := regexp.MustCompile(`(?m)^LEAN +:= (.+)$`).FindSubmatch(makefile)
	if lean == nil {
		t.Fatal("the Makefile has no LEAN")
	}
	// Go's own default, whatever this machine's is: each build has to say no.
	t.Setenv("GOFLAGS", os.Getenv("GOFLAGS")+" -buildvcs=auto")
	args := []string{"build"}
	for _, arg := range regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(string(lean[1]), -1) {
		args = append(args, strings.Trim(arg, `"`))
	}
	ours, theirs := t.TempDir(), t.TempDir()
	cmd := exec.CommandContext(t.Context(), "go", append(args, "-o", theirs, "./testdata/echo")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if err := runtimetest.Build(t.Context(), runtimetest.BuildConfig{Into: ours, Packages: []string{"./testdata/echo"}}); err != nil {
		t.Fatal(err)
	}
	got, gotErr := os.ReadFile(filepath.Join(ours, "echo"))
	want, wantErr := os.ReadFile(filepath.Join(theirs, "echo"))
	if err := errors.Join(gotErr, wantErr); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("Build makes %d bytes, the Makefile's go %q another %d", len(got), args, len(want))
	}
}

func TestBuildTellsTheCompilersWords(t *testing.T) {
	err := runtimetest.Build(t.Context(), runtimetest.BuildConfig{Into: t.TempDir(), Packages: []string{"./testdata/absent"}})
	if err == nil || !strings.Contains(err.Error(), "testdata/absent") {
		t.Errorf("got %v, want what go build wrote", err)
	}
}

func echo(t *testing.T, p *runtimetest.Process, text string) echoed {
	t.Helper()
	var e echoed
	payload, err := p.Invoke(t.Context(), do("", text))
	if err == nil {
		err = json.Unmarshal(payload, &e)
	}
	if err != nil {
		t.Error(err)
	}
	return e
}

func do(what, text string) []byte {
	event, _ := json.Marshal(map[string]string{"Do": what, "Text": text}) // strings always encode
	return event
}
