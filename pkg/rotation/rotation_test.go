package rotation_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/rotation"
	"deskpro-login/pkg/rotation/rotationtest"
)

var update = flag.Bool("update", false, "rewrite the goldens")

const (
	users, agents = "deskpro/users", "deskpro/agents"
	// first and second are versions of the users' secret.
	first, second = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
	usersKey      = "practice-key-of-the-users-0000000000000000000000000000000000000000"
	agentsKey     = "practice-key-of-the-agents-111111111111111111111111111111111111111"
	newKey        = "practice-key-that-is-new-2222222222222222222222222222222222222222"
	// marks are in those keys, and in no sentence.
	marks = "practice-key"
)

// house is two doors, whose secrets are at rest at first.
type house struct {
	*rotation.Rotation
	store *rotationtest.Store
	// accepted are the versions that Deskpro was seen to have; failing is the
	// answer instead.
	accepted map[string]bool
	failing  error
	lines    *bytes.Buffer
}

// clock moves on with each look at it.
func clock() func() time.Time {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	return func() time.Time { now = now.Add(time.Second); return now }
}

func app(t *testing.T, algorithm string) *deskpro.App {
	t.Helper()
	a, err := deskpro.New(deskpro.Config{URL: "https://acme.deskpro.com/", Issuer: "https://login.example.com", Algorithm: algorithm})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{store: &rotationtest.Store{Now: clock()}, accepted: map[string]bool{}, lines: &bytes.Buffer{}}
	h.store.Create(users, first, usersKey)
	h.store.Create(agents, "33333333-3333-4333-8333-333333333333", agentsKey)
	h.open(t, "HS256", rotationtest.ARN(users), rotationtest.ARN(agents))
	return h
}

// open makes the machine anew, with other ids for the secrets.
func (h *house) open(t *testing.T, algorithm, usersID, agentsID string) {
	t.Helper()
	log := slog.New(slog.NewJSONHandler(h.lines, nil))
	var err error
	h.Rotation, err = rotation.New(rotation.Config{
		Store: h.store,
		Doors: []rotation.Door{{Name: "users", SecretID: usersID, App: app(t, algorithm)}, {Name: "agents", SecretID: agentsID, App: app(t, algorithm)}},
		Accepted: func(_ context.Context, door, version string) (bool, error) {
			return h.accepted[door+" "+version], h.failing
		},
		Audit: audit.Log{Logger: log}, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if strings.Contains(h.lines.String(), marks) {
			t.Errorf("the log shows a value:\n%s", h.lines)
		}
	})
}

// want fails unless err is the sentinel; nil wants none. No error shows a value.
func want(t *testing.T, sentinel, err error) {
	t.Helper()
	if !errors.Is(err, sentinel) {
		t.Fatalf("error is %v, want %v", err, sentinel)
	}
	if err != nil && strings.Contains(err.Error(), marks) {
		t.Errorf("the error shows a value: %v", err)
	}
}

// stage makes a new version of the users' secret wait.
func (h *house) stage(t *testing.T) string {
	t.Helper()
	version, err := h.Stage(t.Context(), "users", redact.New(newKey))
	want(t, nil, err)
	return version
}

// labels is what the users' secret has where, and what is confirmed.
func (h *house) labels(t *testing.T) map[string]string {
	t.Helper()
	d, err := h.store.Describe(t.Context(), users)
	want(t, nil, err)
	found := map[string]string{}
	for _, label := range []string{rotation.Current, rotation.Pending, rotation.Previous} {
		if at := d.At(label); at != "" {
			found[label] = at
		}
	}
	if tag := d.Tags[rotation.ConfirmedTag]; tag != "" {
		found["confirmed"] = tag
	}
	return found
}

func (h *house) wantLabels(t *testing.T, wanted map[string]string) {
	t.Helper()
	if got := h.labels(t); !maps.Equal(got, wanted) {
		t.Errorf("the labels are %v, want %v", got, wanted)
	}
}

// wantEvents are "name version reason" of the audit's lines so far.
func (h *house) wantEvents(t *testing.T, wanted ...string) {
	t.Helper()
	var got []string
	for decoder := json.NewDecoder(bytes.NewReader(h.lines.Bytes())); decoder.More(); {
		var line struct {
			Event, Door, Reason string
			KeyVersion          string `json:"key_version"`
		}
		if err := decoder.Decode(&line); err != nil {
			t.Fatal(err)
		}
		if line.Event != "" {
			got = append(got, strings.Join([]string{line.Event, line.Door, line.KeyVersion, line.Reason}, " "))
		}
	}
	if !slices.Equal(got, wanted) {
		t.Errorf("the events are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(wanted, "\n"))
	}
}

func (h *house) step(t *testing.T, step, version string) error {
	t.Helper()
	return h.Step(t.Context(), rotation.Event{Step: step, SecretId: rotationtest.ARN(users), ClientRequestToken: version})
}

var steps = []string{"createSecret", "setSecret", "testSecret", "finishSecret"}

func TestNewWantsAStoreAndDoorsThatShareNothing(t *testing.T) {
	store, a := &rotationtest.Store{}, app(t, "")
	for _, row := range []struct {
		name string
		cfg  rotation.Config
	}{
		{"no store", rotation.Config{Doors: []rotation.Door{{"users", users, a}}}},
		{"no doors", rotation.Config{Store: store}},
		{"a door without a name", rotation.Config{Store: store, Doors: []rotation.Door{{"", users, a}}}},
		{"a door without a secret", rotation.Config{Store: store, Doors: []rotation.Door{{"users", "", a}}}},
		{"a door without an app", rotation.Config{Store: store, Doors: []rotation.Door{{"users", users, nil}}}},
		{"one name for two", rotation.Config{Store: store, Doors: []rotation.Door{{"users", users, a}, {"users", agents, a}}}},
		{"one secret for two", rotation.Config{Store: store, Doors: []rotation.Door{{"users", users, a}, {"agents", users, a}}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if r, err := rotation.New(row.cfg); err == nil || r != nil {
				t.Errorf("New is %v, %v, want an error", r, err)
			}
		})
	}
}

func TestADoorThatIsNotThereHasNoSecret(t *testing.T) {
	h := newHouse(t)
	_, err := h.Look(t.Context(), "guests")
	want(t, rotation.ErrDoor, err)
	_, err = h.Stage(t.Context(), "guests", redact.New(newKey))
	want(t, rotation.ErrDoor, err)
	want(t, rotation.ErrDoor, h.Confirm(t.Context(), "guests", first))
	want(t, rotation.ErrDoor, h.Promote(t.Context(), "guests", first, rotation.How{}))
	want(t, rotation.ErrDoor, h.Rollback(t.Context(), "guests", first, second))
	want(t, rotation.ErrDoor, h.Discard(t.Context(), "guests", first))
}

func TestASecretThatIsGoneIsAbsentToEveryAct(t *testing.T) {
	h := newHouse(t)
	h.store.Delete(users)
	_, err := h.Look(t.Context(), "users")
	want(t, rotation.ErrAbsent, err)
	_, err = h.Stage(t.Context(), "users", redact.New(newKey))
	want(t, rotation.ErrAbsent, err)
	want(t, rotation.ErrAbsent, h.Confirm(t.Context(), "users", first))
	want(t, rotation.ErrAbsent, h.Promote(t.Context(), "users", first, rotation.How{}))
	want(t, rotation.ErrAbsent, h.Rollback(t.Context(), "users", first, second))
	want(t, rotation.ErrAbsent, h.Discard(t.Context(), "users", first))
	want(t, rotation.ErrAbsent, h.step(t, "createSecret", first))
	want(t, rotation.ErrAbsent, h.PromoteAccepted(t.Context()))
}

// TestTheSentences shows every refusal as a person reads it.
func TestTheSentences(t *testing.T) {
	const unknown = "44444444-4444-4444-8444-444444444444"
	stage := func(key string) func(*testing.T, *house) error {
		return func(t *testing.T, h *house) error {
			_, err := h.Stage(t.Context(), "users", redact.New(key))
			return err
		}
	}
	step := func(step, version string) func(*testing.T, *house) error {
		return func(t *testing.T, h *house) error { return h.step(t, step, version) }
	}
	waiting := func(t *testing.T, h *house) {
		want(t, nil, h.store.Put(t.Context(), users, second, redact.New(newKey)))
	}
	begun := func(_ *testing.T, h *house) { h.store.Begin(users, second) }
	promoted := func(t *testing.T, h *house) {
		waiting(t, h)
		want(t, nil, h.Promote(t.Context(), "users", second, rotation.How{Unconfirmed: true}))
	}
	edited := func(t *testing.T, h *house) {
		waiting(t, h)
		h.store.Edit(users, unknown, "another-"+usersKey)
	}
	nothing := func(*testing.T, *house) {}
	var b strings.Builder
	for _, row := range []struct {
		name string
		made func(*testing.T, *house)
		act  func(*testing.T, *house) error
	}{
		{"a rotation before Deskpro has the version", waiting, step("finishSecret", second)},
		{"a rotation of an edited secret", edited, step("finishSecret", second)},
		{"a rotation to a version that was discarded", nothing, step("createSecret", unknown)},
		{"a rotation to the previous version", promoted, step("createSecret", first)},
		{"a rotation to what a crash left", func(t *testing.T, h *house) {
			waiting(t, h)
			want(t, nil, h.store.Move(t.Context(), users, rotation.Current, first, second))
			h.store.Edit(users, unknown, "another-"+usersKey)
		}, step("createSecret", second)},
		{"a rotation to a version without a value", begun, step("testSecret", second)},
		{"a rotation of the other secrets", nothing, func(t *testing.T, h *house) error {
			return h.Step(t.Context(), rotation.Event{Step: "createSecret", SecretId: rotationtest.ARN("billing"), ClientRequestToken: first})
		}},
		{"a step that there is not", nothing, step("dropSecret", first)},
		{"a rotation of a secret without a value", func(_ *testing.T, h *house) { h.store.CreateEmpty(users); h.store.Begin(users, second) }, step("createSecret", second)},
		{"staging while another waits", waiting, stage("another-" + newKey)},
		{"staging a key that is too short", nothing, stage("too-short-practice-key")},
		{"staging a key with a newline", nothing, stage(newKey + "\n")},
		{"staging the current key", nothing, stage(usersKey)},
		{"staging the other door's key", nothing, stage(agentsKey)},
		{"confirming when nothing waits", nothing, func(t *testing.T, h *house) error { return h.Confirm(t.Context(), "users", second) }},
		{"confirming another than what waits", waiting, func(t *testing.T, h *house) error { return h.Confirm(t.Context(), "users", unknown) }},
		{"confirming a version without a value", begun, func(t *testing.T, h *house) error { return h.Confirm(t.Context(), "users", second) }},
		{"confirming what is current", nothing, func(t *testing.T, h *house) error { return h.Confirm(t.Context(), "users", first) }},
		{"promoting before Deskpro has it", waiting, func(t *testing.T, h *house) error { return h.Promote(t.Context(), "users", second, rotation.How{}) }},
		{"rolling back when there is nothing", nothing, func(t *testing.T, h *house) error { return h.Rollback(t.Context(), "users", first, second) }},
		{"rolling back to another", promoted, func(t *testing.T, h *house) error { return h.Rollback(t.Context(), "users", second, unknown) }},
		{"no door", nothing, func(t *testing.T, h *house) error { _, err := h.Look(t.Context(), "guests"); return err }},
		{"no secret", func(_ *testing.T, h *house) { h.store.Delete(users) }, func(t *testing.T, h *house) error { _, err := h.Look(t.Context(), "users"); return err }},
	} {
		h := newHouse(t)
		row.made(t, h)
		err := row.act(t, h)
		if err == nil {
			t.Errorf("%s is no error", row.name)
			continue
		}
		if strings.Contains(err.Error(), marks) {
			t.Errorf("%s shows a value: %v", row.name, err)
		}
		fmt.Fprintf(&b, "%s\n\t%v\n", row.name, err)
	}
	const golden = "testdata/sentences.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if wanted, err := os.ReadFile(golden); err != nil || string(wanted) != b.String() {
		t.Errorf("the sentences are (%v; -update rewrites them)\n%s", err, b.String())
	}
}

// keyOfVersion is the key that a version's value is read as.
func (h *house) keyOfVersion(t *testing.T, version string) string {
	t.Helper()
	value, err := h.store.Value(t.Context(), users, version)
	want(t, nil, err)
	key, err := keyring.ParseKey(value.Text, version)
	want(t, nil, err)
	return string(key.Bytes())
}
