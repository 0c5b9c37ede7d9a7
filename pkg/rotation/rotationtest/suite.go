package rotationtest

import (
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/rotation"
)

// FirstValue is the value of a Fixture's First.
const FirstValue = "first-practice-key-first-practice-key"

// movers is how many move a label at once where one may.
const movers = 8

// Fixture is a secret that nobody else changes.
type Fixture struct {
	Store    rotation.Store
	SecretID string
	// First is its current version, the only one.
	First string
	// Begin makes a version without a value that waits, as Secrets Manager does
	// before it calls a rotation function. Nil leaves out what needs one.
	Begin func() (version string)
	// Lax leaves out what the emulator behind Store lets pass and Secrets Manager
	// refuses.
	Lax bool
}

// Run checks that the stores which open returns keep the contract of
// rotation.Store. Each sub-test opens its own.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Fixture)
	}{
		{"a secret at rest has one version, which is current", atRest},
		{"a secret that is not there is absent to every method", absent},
		{"a version that is not there has no value", noVersion},
		{"a version without a value waits until it is given one", begun},
		{"what is put waits, instead of what waited before", putWaits},
		{"the same put again changes nothing", putAgain},
		{"another value for a version is a conflict and changes nothing", putOther},
		{"what becomes current makes the one before the previous", promoted},
		{"a version without a label keeps its value", unlabelled},
		{"a label is moved only from the version that has it", movedFromElsewhere},
		{"a label goes to no version that is not there, and Current to none at all", movedNowhere},
		{"a move may be repeated", movedAgain},
		{"of concurrent moves of a label one succeeds", concurrentMoves},
		{"a tag is set, changed and removed", tagged},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// NewVersion returns an id that no version has, of a length that Secrets Manager
// takes.
func NewVersion() string { return (rand.Text() + rand.Text())[:32] }

func (f Fixture) describe(t *testing.T) rotation.Description {
	t.Helper()
	d, err := f.Store.Describe(t.Context(), f.SecretID)
	if err != nil {
		t.Fatalf("Describe: %v", err)
	}
	return d
}

// put returns the new version that it made wait.
func (f Fixture) put(t *testing.T, value string) string {
	t.Helper()
	version := NewVersion()
	f.want(t, nil, f.Store.Put(t.Context(), f.SecretID, version, redact.New(value)))
	return version
}

func (f Fixture) move(t *testing.T, label, from, to string) error {
	t.Helper()
	return f.Store.Move(t.Context(), f.SecretID, label, from, to)
}

func (f Fixture) wantValue(t *testing.T, version, want string) {
	t.Helper()
	v, err := f.Store.Value(t.Context(), f.SecretID, version)
	if err != nil || v.Text.Reveal() != want || v.Made.IsZero() {
		t.Errorf("the value of %s is %q, made %v, %v, want %q", version, v.Text.Reveal(), v.Made, err, want)
	}
}

// stages is what Describe says, "label label" by version.
func (f Fixture) stages(t *testing.T) map[string]string {
	t.Helper()
	shown := map[string]string{}
	for version, labels := range f.describe(t).Stages {
		shown[version] = strings.Join(slices.Sorted(slices.Values(labels)), " ")
	}
	return shown
}

func (f Fixture) wantStages(t *testing.T, want map[string]string) {
	t.Helper()
	if got := f.stages(t); !maps.Equal(got, want) {
		t.Errorf("labels are %v, want %v", got, want)
	}
}

// want fails unless err is the sentinel, and no other; nil wants none.
func (f Fixture) want(t *testing.T, sentinel, err error) {
	t.Helper()
	if !errors.Is(err, sentinel) {
		t.Fatalf("error is %v, want %v", err, sentinel)
	}
	for _, other := range []error{rotation.ErrAbsent, rotation.ErrNoValue, rotation.ErrConflict, rotation.ErrUnavailable, rotation.ErrDenied} {
		if other != sentinel && errors.Is(err, other) {
			t.Errorf("error is %v, too: %v", other, err)
		}
	}
	if err != nil && strings.Contains(err.Error(), "practice-key") {
		t.Errorf("error shows a value: %v", err)
	}
}

const second, third = "second-practice-key-second-practice-key", "third-practice-key-third-practice-key"

func atRest(t *testing.T, f Fixture) {
	f.wantStages(t, map[string]string{f.First: rotation.Current})
	f.wantValue(t, f.First, FirstValue)
	d := f.describe(t)
	if d.ARN == "" || d.Changed.IsZero() || d.Waiting() != "" || len(d.Tags) > 0 {
		t.Errorf("described as %+v", d)
	}
	f.SecretID = d.ARN
	if again := f.describe(t); again.ARN != d.ARN {
		t.Errorf("asked for by its ARN it is %s, want %s", again.ARN, d.ARN)
	}
	f.wantValue(t, f.First, FirstValue)
}

func absent(t *testing.T, f Fixture) {
	f.SecretID += "-of-nobody"
	_, err := f.Store.Describe(t.Context(), f.SecretID)
	f.want(t, rotation.ErrAbsent, err)
	_, err = f.Store.Value(t.Context(), f.SecretID, f.First)
	f.want(t, rotation.ErrAbsent, err)
	f.want(t, rotation.ErrAbsent, f.Store.Put(t.Context(), f.SecretID, NewVersion(), redact.New(second)))
	f.want(t, rotation.ErrAbsent, f.move(t, rotation.Current, f.First, NewVersion()))
	f.want(t, rotation.ErrAbsent, f.Store.Tag(t.Context(), f.SecretID, "a", "b"))
	f.want(t, rotation.ErrAbsent, f.Store.Tag(t.Context(), f.SecretID, "a", ""))
}

func noVersion(t *testing.T, f Fixture) {
	for _, version := range []string{NewVersion(), "no-id"} {
		v, err := f.Store.Value(t.Context(), f.SecretID, version)
		f.want(t, rotation.ErrNoValue, err)
		if v.Text.Len() > 0 {
			t.Errorf("a value beside the error %v", err)
		}
	}
}

func begun(t *testing.T, f Fixture) {
	if f.Begin == nil {
		t.Skip("this store cannot begin a rotation")
	}
	version := f.Begin()
	f.wantStages(t, map[string]string{f.First: rotation.Current, version: rotation.Pending})
	_, err := f.Store.Value(t.Context(), f.SecretID, version)
	f.want(t, rotation.ErrNoValue, err)
	f.want(t, nil, f.Store.Put(t.Context(), f.SecretID, version, redact.New(second)))
	f.wantStages(t, map[string]string{f.First: rotation.Current, version: rotation.Pending})
	f.wantValue(t, version, second)
}

func putWaits(t *testing.T, f Fixture) {
	before := f.describe(t).Changed
	one := f.put(t, second)
	f.wantStages(t, map[string]string{f.First: rotation.Current, one: rotation.Pending})
	other := f.put(t, third)
	f.wantStages(t, map[string]string{f.First: rotation.Current, other: rotation.Pending})
	f.wantValue(t, f.First, FirstValue)
	f.wantValue(t, one, second)
	f.wantValue(t, other, third)
	if d := f.describe(t); d.Waiting() != other || d.Changed.Before(before) {
		t.Errorf("%s waits, changed %v after %v, want %s", d.Waiting(), d.Changed, before, other)
	}
}

func putAgain(t *testing.T, f Fixture) {
	version := f.put(t, second)
	f.want(t, nil, f.Store.Put(t.Context(), f.SecretID, version, redact.New(second)))
	f.wantStages(t, map[string]string{f.First: rotation.Current, version: rotation.Pending})
	f.want(t, nil, f.move(t, rotation.Pending, version, ""))
	f.want(t, nil, f.Store.Put(t.Context(), f.SecretID, version, redact.New(second)))
	f.wantStages(t, map[string]string{f.First: rotation.Current})
}

func putOther(t *testing.T, f Fixture) {
	f.want(t, rotation.ErrConflict, f.Store.Put(t.Context(), f.SecretID, f.First, redact.New(second)))
	f.wantStages(t, map[string]string{f.First: rotation.Current})
	f.wantValue(t, f.First, FirstValue)
	if f.Lax {
		return
	}
	version := f.put(t, second)
	f.want(t, rotation.ErrConflict, f.Store.Put(t.Context(), f.SecretID, version, redact.New(third)))
	f.wantValue(t, version, second)
}

func promoted(t *testing.T, f Fixture) {
	one := f.put(t, second)
	f.want(t, nil, f.move(t, rotation.Current, f.First, one))
	f.wantStages(t, map[string]string{f.First: rotation.Previous, one: rotation.Current + " " + rotation.Pending})
	if waits := f.describe(t).Waiting(); waits != "" {
		t.Errorf("%s waits, though it is current", waits)
	}
	f.want(t, nil, f.move(t, rotation.Pending, one, ""))
	other := f.put(t, third)
	f.want(t, nil, f.move(t, rotation.Current, one, other))
	f.want(t, nil, f.move(t, rotation.Pending, other, ""))
	f.wantStages(t, map[string]string{one: rotation.Previous, other: rotation.Current})
	f.want(t, nil, f.move(t, rotation.Current, other, one)) // back again
	f.wantStages(t, map[string]string{one: rotation.Current, other: rotation.Previous})
}

func unlabelled(t *testing.T, f Fixture) {
	version := f.put(t, second)
	f.want(t, nil, f.move(t, rotation.Pending, version, ""))
	f.wantStages(t, map[string]string{f.First: rotation.Current})
	f.wantValue(t, version, second)
	f.want(t, nil, f.move(t, rotation.Pending, "", version))
	f.wantStages(t, map[string]string{f.First: rotation.Current, version: rotation.Pending})
}

func movedFromElsewhere(t *testing.T, f Fixture) {
	one, other := f.put(t, second), f.put(t, third)
	want := map[string]string{f.First: rotation.Current, other: rotation.Pending}
	for _, from := range []string{one, NewVersion()} {
		f.want(t, rotation.ErrConflict, f.move(t, rotation.Current, from, other))
		f.want(t, rotation.ErrConflict, f.move(t, rotation.Pending, from, ""))
		f.wantStages(t, want)
	}
	f.want(t, rotation.ErrConflict, f.move(t, rotation.Current, "", other))
	if !f.Lax {
		f.want(t, rotation.ErrConflict, f.move(t, rotation.Pending, "", one))
	}
	f.wantStages(t, want)
}

func movedNowhere(t *testing.T, f Fixture) {
	if f.Lax {
		return // the emulator takes the label off first, wherever it is to go
	}
	version := f.put(t, second)
	for _, to := range []string{NewVersion(), "no-id"} {
		f.want(t, rotation.ErrDenied, f.move(t, rotation.Current, f.First, to))
		f.want(t, rotation.ErrDenied, f.move(t, rotation.Pending, version, to))
	}
	f.want(t, rotation.ErrDenied, f.move(t, rotation.Current, f.First, ""))
	f.want(t, rotation.ErrDenied, f.move(t, rotation.Current, "", ""))
	f.wantStages(t, map[string]string{f.First: rotation.Current, version: rotation.Pending})
}

func movedAgain(t *testing.T, f Fixture) {
	version := f.put(t, second)
	for range 2 {
		f.want(t, nil, f.move(t, rotation.Current, f.First, version))
	}
	for range 2 {
		f.want(t, nil, f.move(t, rotation.Pending, version, ""))
	}
	f.wantStages(t, map[string]string{f.First: rotation.Previous, version: rotation.Current})
}

func concurrentMoves(t *testing.T, f Fixture) {
	var versions []string
	for range movers {
		versions = append(versions, f.put(t, second))
	}
	errs := make([]error, movers)
	var all sync.WaitGroup
	for i, version := range versions {
		all.Go(func() { errs[i] = f.move(t, rotation.Current, f.First, version) })
	}
	all.Wait()
	winner := ""
	for i, err := range errs {
		if err != nil {
			f.want(t, rotation.ErrConflict, err)
			continue
		}
		if winner != "" {
			t.Errorf("both %s and %s became current", winner, versions[i])
		}
		winner = versions[i]
	}
	d := f.describe(t)
	if winner == "" || d.At(rotation.Current) != winner || d.At(rotation.Previous) != f.First {
		t.Errorf("%q became current, labels %v", winner, d.Stages)
	}
}

func tagged(t *testing.T, f Fixture) {
	set := func(key, value string, want map[string]string) {
		t.Helper()
		f.want(t, nil, f.Store.Tag(t.Context(), f.SecretID, key, value))
		if got := f.describe(t).Tags; !maps.Equal(got, want) {
			t.Errorf("tags are %v, want %v", got, want)
		}
	}
	set("other", "1", map[string]string{"other": "1"})
	set(rotation.ConfirmedTag, f.First, map[string]string{"other": "1", rotation.ConfirmedTag: f.First})
	set(rotation.ConfirmedTag, "2", map[string]string{"other": "1", rotation.ConfirmedTag: "2"})
	set(rotation.ConfirmedTag, "", map[string]string{"other": "1"})
	set(rotation.ConfirmedTag, "", map[string]string{"other": "1"})
	f.wantStages(t, map[string]string{f.First: rotation.Current})
}
