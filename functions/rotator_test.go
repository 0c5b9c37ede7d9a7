package functions_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/bounce"
	"deskpro-login/pkg/lambdahttp/runtimetest"
	"deskpro-login/pkg/rotation"
	"deskpro-login/pkg/state/dynamo"
)

// What the events of events/rotate name.
const (
	sampleSecret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:UsersSecret-kT7cPq2LmZ0x-aB3dE5"
	sampleToken  = "a1b2c3d4-5678-40ab-8def-111111111111"
)

var steps = []string{"createSecret", "setSecret", "testSecret", "finishSecret"}

var providedRotate = sync.OnceValue(func() error { return provide(binaries, "rotate") })

// rotator is the function as a process, and the AWS that it changes.
type rotator struct {
	t       *testing.T
	client  *secretsmanager.Client
	process *runtimetest.Process
	log     bytes.Buffer
	// users is the ARN of the door's secret, token the version that it rotates to.
	users, token string
	// values are what no log and no error may show.
	values []string
}

func (r *rotator) start(env []string) {
	r.t.Helper()
	if err := providedRotate(); err != nil {
		r.t.Fatal(err)
	}
	process, err := runtimetest.Start(runtimetest.Config{
		Binary: filepath.Join(binaries, "rotate"), Env: env, Timeout: 20 * time.Second, Stdout: &r.log, Stderr: &r.log,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(process.Stop)
	r.process = process
}

// newRotator begins a rotation of the users' secret; more is added to the function's
// environment.
func newRotator(t *testing.T, more ...string) (*rotator, *awstest.Server) {
	t.Helper()
	cloud, endpoint := cloud(t)
	r := &rotator{
		t: t, client: secretsmanager.NewFromConfig(awstest.Config(t, endpoint)), users: cloud.SecretARN("users"), token: cloud.BeginRotation("users"),
		values: []string{usersKey, agentsKey},
	}
	r.start(slices.Concat(environment(endpoint), []string{
		"USERS_SECRET=" + r.users, "AGENTS_SECRET=" + cloud.SecretARN("agents"), "METRICS_NAMESPACE=DeskproLogin/acme",
	}, more))
	return r, cloud
}

// invoke hands over a sample event, made to be of r's secret and token, and returns
// the function's error.
func (r *rotator) invoke(event string) error {
	r.t.Helper()
	payload := sample(r.t, "rotate/"+event)
	payload = bytes.ReplaceAll(payload, []byte(sampleSecret), []byte(r.users))
	payload = bytes.ReplaceAll(payload, []byte(sampleToken), []byte(r.token))
	out, err := r.process.Invoke(r.t.Context(), payload)
	if err == nil && string(out) != "null" {
		r.t.Errorf("%s answers %q, want null", event, out)
	}
	if _, failed := errors.AsType[*runtimetest.FunctionError](err); err != nil && !failed {
		r.t.Fatalf("%s: %v, want an answer", event, err)
	}
	if err != nil && r.shows(err.Error()) {
		r.t.Errorf("%s: the error shows a value: %v", event, err)
	}
	return err
}

// must is invoke for events that have to be done.
func (r *rotator) must(events ...string) {
	r.t.Helper()
	for _, event := range events {
		if err := r.invoke(event); err != nil {
			r.t.Fatalf("%s: %v", event, err)
		}
	}
}

// refused fails unless the event is refused with all of words.
func (r *rotator) refused(event string, words ...string) {
	r.t.Helper()
	err := r.invoke(event)
	for _, word := range words {
		if err == nil || !strings.Contains(err.Error(), word) {
			r.t.Errorf("%s: %v, want an error that says %q", event, err, word)
		}
	}
}

func (r *rotator) shows(text string) bool {
	return slices.ContainsFunc(r.values, func(value string) bool { return strings.Contains(text, value) })
}

// value is of a version of the users' secret.
func (r *rotator) value(version string) string {
	r.t.Helper()
	out, err := r.client.GetSecretValue(r.t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &r.users, VersionId: &version})
	if err != nil {
		r.t.Fatal(err)
	}
	r.values = append(r.values, *out.SecretString)
	return *out.SecretString
}

// stages are the versions by their labels.
func (r *rotator) stages(secretID string) map[string]string {
	r.t.Helper()
	out, err := r.client.DescribeSecret(r.t.Context(), &secretsmanager.DescribeSecretInput{SecretId: &secretID})
	if err != nil {
		r.t.Fatal(err)
	}
	stages := map[string]string{}
	for version, labels := range out.VersionIdsToStages {
		for _, label := range labels {
			stages[label] = version
		}
	}
	if len(out.Tags) > 0 {
		stages["confirmed"] = aws.ToString(out.Tags[0].Value)
	}
	return stages
}

func (r *rotator) wantStages(want map[string]string) {
	r.t.Helper()
	if got := r.stages(r.users); !maps.Equal(got, want) {
		r.t.Errorf("labels are %v, want %v", got, want)
	}
}

func (r *rotator) confirm(version string) {
	r.t.Helper()
	if _, err := r.client.TagResource(r.t.Context(), &secretsmanager.TagResourceInput{
		SecretId: &r.users, Tags: []types.Tag{{Key: aws.String(rotation.ConfirmedTag), Value: &version}},
	}); err != nil {
		r.t.Fatal(err)
	}
}

// wantLog ends the function and fails unless the audit events in its log are
// those, in their order, each line is of a request, and none shows a value.
func (r *rotator) wantLog(want ...string) {
	r.t.Helper()
	r.process.Stop()
	var got []string
	for line := range strings.Lines(r.log.String()) {
		var fields struct {
			Event, Door, RequestID string
			KeyVersion             string `json:"key_version"`
		}
		err := json.Unmarshal([]byte(line), &fields)
		if fromLambda := strings.Contains(line, `"message":"{\"errorMessage\"`); err != nil || fields.RequestID == "" && !fromLambda {
			r.t.Errorf("%v in %s", err, line)
		}
		if fields.Event != "" {
			got = append(got, fields.Event+" "+fields.Door)
			if fields.KeyVersion != r.token {
				r.t.Errorf("not of version %s: %s", r.token, line)
			}
		}
	}
	if !slices.Equal(got, want) {
		r.t.Errorf("audited %q, want %q:\n%s", got, want, r.log.String())
	}
	for _, secret := range append(r.values, "eyJ", "AEXAMPLEt0ken") {
		if strings.Contains(r.log.String(), secret) {
			r.t.Errorf("the log shows %q:\n%s", secret, r.log.String())
		}
	}
}

// rotate goes through a whole rotation: each step comes twice, as after an answer
// that was lost, and so does the rotation until somebody confirms.
func (r *rotator) rotate(first, agents string) {
	r.t.Helper()
	untouched := r.stages(agents)
	waiting := map[string]string{rotation.Current: first, rotation.Pending: r.token}
	r.wantStages(waiting)
	made := ""
	for range 2 {
		for _, step := range steps[:3] {
			r.must(step, step)
			r.wantStages(waiting)
		}
		if value := r.value(r.token); made == "" {
			made = value
		} else if value != made {
			r.t.Error("another attempt made another key: what was pasted is worthless")
		}
		if len(made) < 64 || strings.Trim(made, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") != "" {
			r.t.Errorf("the key has %d characters, some perhaps not to be pasted", len(made))
		}
		for range 2 {
			r.refused("finishSecret", "paste", "confirm", r.token)
			r.wantStages(waiting)
		}
	}
	if r.value(first) != usersKey {
		r.t.Error("the current key is another")
	}
	r.confirm(r.token)
	r.must(steps...)
	rotated := map[string]string{rotation.Current: r.token, rotation.Previous: first}
	r.wantStages(rotated)
	r.must(steps[3])
	r.wantStages(rotated)
	if got := r.stages(agents); !maps.Equal(got, untouched) {
		r.t.Errorf("the agents' labels are %v, were %v", got, untouched)
	}
	r.wantLog("secret_staged users", "secret_waits users", "secret_waits users", "secret_waits users", "secret_waits users", "secret_promoted users")
}

// vouch writes down that Deskpro let so many people in with the version, and some
// time ago.
func vouch(t *testing.T, cfg aws.Config, door, refused, version string, people int) {
	t.Helper()
	store, err := dynamo.New(dynamo.Config{Client: dynamodb.NewFromConfig(cfg), Table: "state"})
	if err != nil {
		t.Fatal(err)
	}
	ledger := bounce.NewLedger(store, func() time.Time { return time.Now().Add(-2 * bounce.Window) })
	for range people {
		if err := ledger.Bounced(t.Context(), door, rand.Text(), refused, version); err != nil {
			t.Fatal(err)
		}
	}
}
