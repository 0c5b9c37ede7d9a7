package rotationtest_test

import (
	"errors"
	"testing"

	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/rotation"
	"deskpro-login/pkg/rotation/rotationtest"
)

func TestACallFailsBeforeItIsDoneOrAfterwards(t *testing.T) {
	for _, row := range []struct {
		name  string
		fail  func(*rotationtest.Store, func(rotationtest.Call) error)
		waits string
	}{
		{"before, nothing was done", func(s *rotationtest.Store, f func(rotationtest.Call) error) { s.Before = f }, ""},
		{"afterwards, it was, and only the answer is lost", func(s *rotationtest.Store, f func(rotationtest.Call) error) { s.After = f }, rotationtest.FirstValue},
	} {
		t.Run(row.name, func(t *testing.T) {
			store := &rotationtest.Store{}
			store.Create("s", "v", rotationtest.FirstValue)
			row.fail(store, func(c rotationtest.Call) error {
				if c.Method == "Put" {
					return rotation.ErrUnavailable
				}
				return nil
			})
			version := rotationtest.NewVersion()
			if err := store.Put(t.Context(), "s", version, redact.New(rotationtest.FirstValue)); !errors.Is(err, rotation.ErrUnavailable) {
				t.Errorf("error is %v", err)
			}
			v, _ := store.Value(t.Context(), "s", version)
			if v.Text.Reveal() != row.waits {
				t.Errorf("the version's value is %q, want %q", v.Text.Reveal(), row.waits)
			}
		})
	}
}

func TestASecretsFirstValueIsCurrentAtOnce(t *testing.T) {
	store := &rotationtest.Store{}
	store.CreateEmpty("s")
	version := rotationtest.NewVersion()
	if err := store.Put(t.Context(), "s", version, redact.New(rotationtest.FirstValue)); err != nil {
		t.Fatal(err)
	}
	d, err := store.Describe(t.Context(), "s")
	if err != nil || d.At(rotation.Current) != version {
		t.Errorf("labels are %v, %v", d.Stages, err)
	}
}

func TestALabelCurrentIsNeverTakenAway(t *testing.T) {
	store := &rotationtest.Store{}
	store.Create("s", "v", rotationtest.FirstValue)
	if err := store.Move(t.Context(), "s", rotation.Current, "v", ""); !errors.Is(err, rotation.ErrDenied) {
		t.Errorf("error is %v", err)
	}
}

func TestANewVersionsIDIsAsLongAsSecretsManagerWantsIt(t *testing.T) {
	store := &rotationtest.Store{}
	store.Create("s", "v", rotationtest.FirstValue)
	if err := store.Put(t.Context(), "s", "short", redact.New(rotationtest.FirstValue)); !errors.Is(err, rotation.ErrDenied) {
		t.Errorf("error is %v", err)
	}
}
