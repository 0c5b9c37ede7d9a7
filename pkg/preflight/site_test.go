package preflight_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/golang-jwt/jwt/v5"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/lambdahttp"
	"deskpro-login/pkg/preflight"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/regulation"
	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state"
	"deskpro-login/pkg/state/memory"
	"deskpro-login/pkg/state/statetest"
	"deskpro-login/pkg/web"
)

// The new versions, as a template would name them.
const (
	loginVersion        = "arn:aws:lambda:eu-central-1:123456789012:function:login:7"
	authenticateVersion = "arn:aws:lambda:eu-central-1:123456789012:function:authenticate:8"
	logoutVersion       = "arn:aws:lambda:eu-central-1:123456789012:function:logout:9"
)

const goodKey, otherKey = "practice-key-practice-key-practice-key-practice-key-", "another-key-another-key-another-key-"

type function func(context.Context, []byte) ([]byte, error)

// deployment is new versions with the real pages, and what is behind them. A
// test breaks some of it before it is tried.
type deployment struct {
	// site is the versions' configuration, over store unless a test changes it.
	site  web.Config
	store *statetest.Faulty
	// apps and keys are preflight's, by door.
	apps map[string]*deskpro.App
	keys map[string]*keys
	// functions replace versions.
	functions map[string]function
	// edits change what versions answer.
	edits map[string]func(*events.APIGatewayV2HTTPResponse)
	// sent, if set, sees each event.
	sent func(events.APIGatewayV2HTTPRequest)
	// asked is how often each version was.
	asked map[string]int
	// log is the trial's and the hook's.
	log bytes.Buffer
}

func newDeployment(t testing.TB) *deployment {
	t.Helper()
	d := &deployment{
		store: &statetest.Faulty{Store: &memory.Store{}}, apps: map[string]*deskpro.App{}, keys: map[string]*keys{},
		functions: map[string]function{}, edits: map[string]func(*events.APIGatewayV2HTTPResponse){}, asked: map[string]int{},
	}
	quiet := slog.New(slog.DiscardHandler)
	d.site = web.Config{
		Store: d.store, Regulation: guesses(t, d.store),
		Sessions: sessions(t, d.store, time.Hour), Directory: unknown{}, Audit: audit.Log{Logger: quiet}, Log: quiet,
		RequestID: lambdahttp.RequestID,
	}
	for name, group := range map[string]string{"users": "", "agents": "deskpro-agents"} {
		cfg := appConfig(name)
		d.apps[name], d.keys[name] = app(t, cfg), &keys{key: key(t, goodKey+name)}
		d.site.Doors = append(d.site.Doors, web.Door{Name: name, App: app(t, cfg), Group: group, Keys: &keys{key: key(t, goodKey+name)}})
	}
	return d
}

func appConfig(door string) deskpro.Config {
	return deskpro.Config{
		URL: "https://acme.deskpro.com/", ReturnOrigins: []string{"https://help.acme.example"}, DefaultReturn: "/login/authenticate-callback/1?a=b",
		Issuer: "acme/" + door, Attributes: []string{"department"},
	}
}

func app(t testing.TB, cfg deskpro.Config) *deskpro.App {
	t.Helper()
	a, err := deskpro.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func key(t testing.TB, value string) keyring.Key {
	t.Helper()
	k, err := keyring.ParseKey(redact.New(value), "v1")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sessions(t testing.TB, store state.Store, absolute time.Duration) *session.Sessions {
	t.Helper()
	s, err := session.New(session.Config{Store: store, Idle: absolute, Absolute: absolute})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// keys is a keyring.Source that can be told to fail.
type keys struct {
	key keyring.Key
	err error
}

func (k *keys) Current(context.Context) (keyring.Key, error) { return k.key, k.err }

func (k *keys) Keyring(context.Context) (keyring.Keyring, error) {
	return keyring.Keyring{Current: k.key}, k.err
}

// unknown is a directory without people.
type unknown struct{}

func (unknown) Authenticate(context.Context, directory.Credentials) (directory.Outcome, error) {
	return directory.Outcome{}, &directory.Refusal{Reason: directory.ReasonUnknown}
}

func (unknown) Respond(context.Context, directory.Challenge, directory.Answer) (directory.Outcome, error) {
	return directory.Outcome{}, directory.ErrOver
}

// directoryFunc is a directory that answers as it likes.
type directoryFunc func(directory.Credentials) (directory.Outcome, error)

func (f directoryFunc) Authenticate(_ context.Context, c directory.Credentials) (directory.Outcome, error) {
	return f(c)
}

func (directoryFunc) Respond(context.Context, directory.Challenge, directory.Answer) (directory.Outcome, error) {
	return directory.Outcome{}, directory.ErrOver
}

// trial returns what tries the deployment as it is now.
func (d *deployment) trial(t testing.TB) *preflight.Trial {
	t.Helper()
	server, err := web.New(d.site)
	if err != nil {
		t.Fatal(err)
	}
	functions := map[string]function{}
	for version, handler := range map[string]http.Handler{
		loginVersion: server.Login(), authenticateVersion: server.Authenticate(), logoutVersion: server.Logout(),
	} {
		served, err := lambdahttp.New(lambdahttp.Config{HTTP: handler, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		functions[version] = served.Invoke
	}
	cfg := preflight.Config{
		Versions: preflight.Versions{Login: loginVersion, Authenticate: authenticateVersion, Logout: logoutVersion},
		Sessions: sessions(t, d.store, time.Minute),
		Invoke: func(ctx context.Context, version string, payload []byte) ([]byte, error) {
			d.asked[version]++
			if d.sent != nil {
				var e events.APIGatewayV2HTTPRequest
				if err := json.Unmarshal(payload, &e); err != nil {
					t.Error(err)
				}
				d.sent(e)
			}
			answers := functions[version]
			if replaced := d.functions[version]; replaced != nil {
				answers = replaced
			}
			out, err := answers(ctx, payload)
			edit := d.edits[version]
			if err != nil || edit == nil {
				return out, err
			}
			var response events.APIGatewayV2HTTPResponse
			if err := json.Unmarshal(out, &response); err != nil {
				t.Error(err)
			}
			edit(&response)
			return json.Marshal(response)
		},
		Log: slog.New(slog.NewJSONHandler(&d.log, nil)),
	}
	for _, name := range []string{"users", "agents"} {
		door := preflight.Door{Name: name, App: d.apps[name], Keys: d.keys[name]}
		if name == "agents" {
			door.Group = "deskpro-agents"
		}
		cfg.Doors = append(cfg.Doors, door)
	}
	trial, err := preflight.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return trial
}

// run hands CodeDeploy's event to a hook over the deployment and returns what
// it reports and logs.
func (d *deployment) run(t testing.TB, ctx context.Context) (preflight.Status, []logged) {
	t.Helper()
	return d.runHook(t, ctx, d.trial(t).Run)
}

const event = `{"DeploymentId":"d-ABCDEF123","LifecycleEventHookExecutionId":"eyJpdHMtZXhlY3V0aW9u"}`

func (d *deployment) runHook(t testing.TB, ctx context.Context, try func(context.Context) []error) (preflight.Status, []logged) {
	t.Helper()
	var reported []preflight.Status
	hook, err := preflight.NewHook(preflight.HookConfig{
		Try: try, Log: slog.New(slog.NewJSONHandler(&d.log, nil)),
		Report: func(ctx context.Context, e preflight.Event, status preflight.Status) error {
			if want := (preflight.Event{DeploymentID: "d-ABCDEF123", ExecutionID: "eyJpdHMtZXhlY3V0aW9u"}); e != want || ctx.Err() != nil {
				t.Errorf("reported on %v, want on %v; time left: %v", e, want, ctx.Err())
			}
			reported = append(reported, status)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hook.Invoke(ctx, []byte(event)); err != nil {
		t.Error(err)
	}
	if len(reported) != 1 {
		t.Fatalf("reported %v, want once", reported)
	}
	return reported[0], lines(t, d.log.String())
}

// logged is a line of the log.
type logged struct {
	Level, Msg, Deployment                          string
	Door, Check, Version, Want, Reason, Code, Error string
	RequestID                                       string `json:"api_request_id"`
	Status                                          any
	Failures                                        int
}

func lines(t testing.TB, log string) []logged {
	t.Helper()
	var all []logged
	for line := range strings.Lines(log) {
		var l logged
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		all = append(all, l)
	}
	return all
}

// resign replaces claims of a redirect's token and signs it again.
func resign(t testing.TB, r *events.APIGatewayV2HTTPResponse, replace map[string]any) {
	t.Helper()
	before, token, found := strings.Cut(r.Headers["Location"], "jwt=")
	if !found {
		return
	}
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(token, claims); err != nil {
		t.Fatal(err)
	}
	maps.Copy(claims, replace)
	door := strings.TrimPrefix(claims["iss"].(string), "acme/")
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(goodKey + door))
	if err != nil {
		t.Fatal(err)
	}
	r.Headers["Location"] = before + "jwt=" + signed
}

func guesses(t testing.TB, store state.Store) *regulation.Regulation {
	t.Helper()
	r, err := regulation.New(regulation.Config{Store: store, Fold: func(login string) (string, bool) { return login, true }})
	if err != nil {
		t.Fatal(err)
	}
	return r
}
