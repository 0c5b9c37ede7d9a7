package preflight_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"deskpro-login/pkg/preflight"
	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state/memory"
)

// timeout is the function's; once would leave no time for a second try.
const timeout, once = time.Minute, 20 * time.Second

func hang(ctx context.Context, _ []byte) ([]byte, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestAVersionThatHangsFailsWithTimeLeftForTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDeployment(t)
		d.functions[authenticateVersion] = hang
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		began := time.Now()
		status, log := d.run(t, ctx)
		if elapsed := time.Since(began); status != preflight.Failed || elapsed != 24*time.Second {
			t.Errorf("%s after %v, want Failed after two calls of 12 s", status, elapsed)
		}
		if len(log) != 3 || d.asked[logoutVersion] != 2 {
			t.Errorf("%d lines, log out asked %d times, want only the two calls of authenticate to fail:\n%s", len(log), d.asked[logoutVersion], &d.log)
		}
		for _, l := range log[:len(log)-1] {
			if l.Version != authenticateVersion || !strings.Contains(l.Reason, "no answer: context deadline exceeded") {
				t.Errorf("got %+v", l)
			}
		}
	})
}

func TestWhenTimeRunsShortFailureIsReportedBeforeItIsUp(t *testing.T) {
	for _, row := range []struct {
		name    string
		timeout time.Duration
		try     func(*deployment) func(context.Context) []error // nil: the trial's
		want    time.Duration
	}{
		{"every version hangs", timeout, nil, 48 * time.Second},
		{"a check never ends", timeout, func(*deployment) func(context.Context) []error {
			return func(context.Context) []error { time.Sleep(time.Hour); return nil }
		}, 50 * time.Second},
		{"the function has too short a time", 3 * time.Second, func(*deployment) func(context.Context) []error {
			return func(context.Context) []error { time.Sleep(time.Second); return nil }
		}, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDeployment(t)
				for _, version := range []string{loginVersion, authenticateVersion, logoutVersion} {
					d.functions[version] = hang
				}
				try := d.trial(t).Run
				if row.try != nil {
					try = row.try(d)
				}
				ctx, cancel := context.WithTimeout(t.Context(), row.timeout)
				defer cancel()
				began := time.Now()
				status, log := d.runHook(t, ctx, try)
				if elapsed := time.Since(began); status != preflight.Failed || elapsed != row.want || len(log) < 2 {
					t.Errorf("%s after %v, want Failed after %v, with a reason:\n%s", status, elapsed, row.want, &d.log)
				}
				time.Sleep(2 * time.Hour) // let it end
			})
		})
	}
}

func TestAPanicIsAFailureThatShowsNoValue(t *testing.T) {
	d := newDeployment(t)
	d.functions[loginVersion] = func(context.Context, []byte) ([]byte, error) { panic("needle") }
	status, log := d.run(t, t.Context())
	if status != preflight.Failed || log[0].Msg != "cannot check" || !strings.Contains(log[0].Error, "panic of type string\n") ||
		!strings.Contains(log[0].Error, "hook_test.go") || strings.Contains(d.log.String(), "needle") {
		t.Errorf("%s, want Failed and the stack without the value:\n%s", status, &d.log)
	}
	if d.asked[loginVersion] != 1 {
		t.Errorf("tried %d times, want once", d.asked[loginVersion])
	}
}

// Whatever becomes of a trial, nobody is left signed in.
func TestNoSessionIsLeft(t *testing.T) {
	for name, breaks := range map[string]func(*deployment){
		"all is well": func(*deployment) {},
		"log-out does not": func(d *deployment) {
			d.functions[logoutVersion] = func(context.Context, []byte) ([]byte, error) { return nil, errors.New("down") }
		},
		"a check panics": func(d *deployment) {
			d.functions[authenticateVersion] = func(context.Context, []byte) ([]byte, error) { panic("x") }
		},
		"the time runs out": func(d *deployment) {
			for _, version := range []string{loginVersion, authenticateVersion, logoutVersion} {
				d.functions[version] = hang
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDeployment(t)
				breaks(d)
				var opened []session.ID
				d.sent = func(e events.APIGatewayV2HTTPRequest) {
					for _, cookie := range e.Cookies {
						id, err := session.ParseID(strings.TrimPrefix(cookie, "__Host-session="))
						if err != nil {
							t.Errorf("sent the cookie %q: %v", cookie, err)
						}
						opened = append(opened, id)
					}
				}
				ctx, cancel := context.WithTimeout(t.Context(), timeout)
				defer cancel()
				d.run(t, ctx)
				if len(opened) == 0 {
					t.Fatal("no session was used")
				}
				for _, id := range opened {
					if _, err := sessions(t, d.store, time.Hour).Find(t.Context(), id); !errors.Is(err, session.ErrNone) {
						t.Errorf("a session is left: %v", err)
					}
				}
			})
		})
	}
}

func TestTheFormIsSentAsABrowserWouldAndWithNobodysPassword(t *testing.T) {
	d := newDeployment(t)
	seen := map[string]bool{}
	d.sent = func(e events.APIGatewayV2HTTPRequest) {
		if got := e.RequestContext; got.APIID != "preflight" || got.HTTP.SourceIP != "192.0.2.1" || !strings.HasPrefix(got.RequestID, "preflight-") || seen[got.RequestID] {
			t.Errorf("context %+v, want preflight's and an id of its own", got)
		} else {
			seen[got.RequestID] = true
		}
		if e.RouteKey != "POST /{door}/login" {
			return
		}
		for name, want := range map[string]string{
			"content-type": "application/x-www-form-urlencoded", "origin": "https://" + e.RequestContext.DomainName, "sec-fetch-site": "same-origin",
		} {
			if got := e.Headers[name]; got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		raw, err := base64.StdEncoding.DecodeString(e.Body)
		form, formErr := url.ParseQuery(string(raw))
		if err := errors.Join(err, formErr); err != nil || !e.IsBase64Encoded {
			t.Fatal(err)
		}
		for _, name := range []string{"username", "password"} {
			if value := form.Get(name); len(value) < 26 || seen[value] {
				t.Errorf("%s is %q, want 130 random bits", name, value)
			} else {
				seen[value] = true
			}
		}
		if !strings.HasSuffix(form.Get("username"), "@example.invalid") {
			t.Errorf("username is %q, want nobody's", form.Get("username"))
		}
	}
	if status, _ := d.run(t, t.Context()); status != preflight.Succeeded {
		t.Errorf("%s:\n%s", status, &d.log)
	}
}

func newHook(t *testing.T, log *bytes.Buffer, try func(context.Context) []error, report func(context.Context, preflight.Event, preflight.Status) error) *preflight.Hook {
	t.Helper()
	hook, err := preflight.NewHook(preflight.HookConfig{Try: try, Report: report, Log: slog.New(slog.NewJSONHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return hook
}

func TestAReportThatDoesNotGetThroughIsAnErrorAndALine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		hook := newHook(t, &log, func(context.Context) []error { return nil }, func(ctx context.Context, _ preflight.Event, _ preflight.Status) error {
			<-ctx.Done()
			return errors.New("CodeDeploy is down")
		})
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		began := time.Now()
		_, err := hook.Invoke(ctx, []byte(event))
		if elapsed := time.Since(began); err == nil || !strings.Contains(err.Error(), "reporting Succeeded of deployment d-ABCDEF123") || elapsed != 9*time.Second {
			t.Errorf("%v after %v, want an error that names the deployment, after 9 s", err, elapsed)
		}
		if l := lines(t, log.String()); len(l) != 1 || l[0].Level != "ERROR" || !strings.HasPrefix(l[0].Msg, "cannot report") || l[0].Deployment != "d-ABCDEF123" ||
			!strings.Contains(l[0].Error, "CodeDeploy is down") {
			t.Errorf("log:\n%s", &log)
		}
	})
}

func TestAnEventThatIsNotCodeDeploysIsAnErrorAndTriesNothing(t *testing.T) {
	for name, payload := range map[string]string{
		"no JSON":          `needle`,
		"another shape":    `{"DeploymentId":7,"LifecycleEventHookExecutionId":"needle"}`,
		"no deployment":    `{"LifecycleEventHookExecutionId":"needle"}`,
		"no execution":     `{"DeploymentId":"needle"}`,
		"of API Gateway's": `{"version":"2.0","routeKey":"GET /needle"}`,
		"null":             `null`,
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			hook := newHook(t, &log, func(context.Context) []error { t.Error("tried"); return nil },
				func(context.Context, preflight.Event, preflight.Status) error { t.Error("reported"); return nil })
			out, err := hook.Invoke(t.Context(), []byte(payload))
			if err == nil || out != nil || strings.Contains(err.Error(), "needle") {
				t.Errorf("%s, %v, want an error that does not quote the event", out, err)
			}
		})
	}
}

func TestTheAnswerSaysWhatWasReported(t *testing.T) {
	for status, wrong := range map[preflight.Status][]error{preflight.Succeeded: nil, preflight.Failed: {errors.New("broken")}} {
		var log bytes.Buffer
		hook := newHook(t, &log, func(context.Context) []error { return wrong },
			func(context.Context, preflight.Event, preflight.Status) error { return nil })
		out, err := hook.Invoke(t.Context(), []byte(event))
		var answer struct{ Status preflight.Status }
		if err := errors.Join(err, json.Unmarshal(out, &answer)); err != nil || answer.Status != status {
			t.Errorf("%s, %v, want %s", out, err, status)
		}
	}
}

func TestAFunctionErrorTellsItsTypeOnly(t *testing.T) {
	for payload, want := range map[string]string{
		`{"errorType":"Sandbox.Timedout","errorMessage":"needle"}`:     "function error Sandbox.Timedout",
		`{"errorType":"*errors.errorString","errorMessage":"needle"}`:  "function error *errors.errorString",
		`{"errorMessage":"2026-01-01 needle Task timed out"}`:          "function error Unhandled",
		`{"errorType":"a needle with spaces","errorMessage":"needle"}`: "function error Unhandled",
		`needle`: "function error Unhandled",
		``:       "function error Unhandled",
	} {
		if got := preflight.FunctionError("Unhandled", []byte(payload)); got.Error() != want {
			t.Errorf("%s: %v, want %s", payload, got, want)
		}
	}
}

func TestWhatLeavesSomethingUntriedIsRefused(t *testing.T) {
	good := preflight.Config{
		Doors:    []preflight.Door{{Name: "users"}},
		Versions: preflight.Versions{Login: "1", Authenticate: "2", Logout: "3"},
		Sessions: sessions(t, &memory.Store{}, time.Minute),
		Invoke:   func(context.Context, string, []byte) ([]byte, error) { return nil, nil },
	}
	if _, err := preflight.New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*preflight.Config){
		"doors":        func(c *preflight.Config) { c.Doors = nil },
		"login":        func(c *preflight.Config) { c.Versions.Login = "" },
		"authenticate": func(c *preflight.Config) { c.Versions.Authenticate = "" },
		"logout":       func(c *preflight.Config) { c.Versions.Logout = "" },
		"sessions":     func(c *preflight.Config) { c.Sessions = nil },
		"invoke":       func(c *preflight.Config) { c.Invoke = nil },
	} {
		cfg := good
		change(&cfg)
		if _, err := preflight.New(cfg); err == nil {
			t.Errorf("without %s it is made", name)
		}
	}
	if _, err := preflight.NewHook(preflight.HookConfig{}); err == nil {
		t.Error("a hook that does nothing is made")
	}
}
