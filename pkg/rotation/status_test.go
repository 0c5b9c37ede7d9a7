package rotation_test

import (
	"errors"
	"testing"

	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/rotation"
	"deskpro-login/pkg/rotation/rotationtest"
)

func TestLookShowsEachVersionOnce(t *testing.T) {
	h := newHouse(t)
	version := h.stage(t)
	want(t, nil, h.Promote(t.Context(), "users", version, rotation.How{Unconfirmed: true}))
	next, err := h.Stage(t.Context(), "users", redact.New("another-"+newKey))
	want(t, nil, err)
	want(t, nil, h.Confirm(t.Context(), "users", next))

	status, err := h.Look(t.Context(), "users")
	want(t, nil, err)
	if status.Door != "users" || status.ARN != rotationtest.ARN(users) || status.Waiting() != next {
		t.Errorf("the status is %+v", status)
	}
	wanted := []struct {
		id, stage, key string
		confirmed      bool
	}{{version, rotation.Current, newKey, false}, {next, rotation.Pending, "another-" + newKey, true}, {first, rotation.Previous, usersKey, false}}
	if len(status.Versions) != len(wanted) {
		t.Fatalf("there are %d versions: %+v", len(status.Versions), status.Versions)
	}
	for i, v := range status.Versions {
		w := wanted[i]
		if v.ID != w.id || len(v.Stages) != 1 || v.Stages[0] != w.stage || v.Text.Reveal() != w.key || v.Confirmed != w.confirmed || v.Made.IsZero() || v.Problem != nil {
			t.Errorf("version %d is %+v, want %+v", i, v, w)
		}
	}
}

func TestLookShowsTheKeyAsItIsPasted(t *testing.T) {
	h := newHouse(t)
	h.store.Edit(users, second, `{"key":"`+newKey+`","note":"x"}`)
	status, err := h.Look(t.Context(), "users")
	want(t, nil, err)
	if got := status.Versions[0].Text.Reveal(); got != newKey {
		t.Errorf("it shows %q", got)
	}
}

func TestLookSaysWhatIsWrongWithAVersion(t *testing.T) {
	const edited = "44444444-4444-4444-8444-444444444444"
	for _, row := range []struct {
		name string
		made func(*testing.T, *house)
		id   string
		want error
		text bool
	}{
		{"the current one is too short", func(_ *testing.T, h *house) { h.store.Edit(users, second, "short-practice-key") }, second, rotation.ErrUnfit, false},
		{"the current one is the other door's", func(_ *testing.T, h *house) { h.store.Edit(users, second, agentsKey) }, second, rotation.ErrUnfit, true},
		{"the one that waits is the current one's", func(t *testing.T, h *house) {
			want(t, nil, h.store.Put(t.Context(), users, second, redact.New(usersKey)))
		}, second, rotation.ErrUnfit, true},
		{"the one that waits has no value", func(_ *testing.T, h *house) { h.store.Begin(users, second) }, second, rotation.ErrNoValue, false},
		{"the secret was edited while one waits", func(t *testing.T, h *house) {
			want(t, nil, h.store.Put(t.Context(), users, second, redact.New(newKey)))
			h.store.Edit(users, edited, "another-"+newKey)
		}, second, rotation.ErrConflict, true},
		{"the value may not be read", func(_ *testing.T, h *house) {
			h.store.Before = func(c rotationtest.Call) error {
				if c.Method == "Value" && c.Version == first {
					return rotation.ErrDenied
				}
				return nil
			}
		}, first, rotation.ErrDenied, false},
		{"the other door's may not be read", func(_ *testing.T, h *house) {
			h.store.Before = func(c rotationtest.Call) error {
				if c.Method == "Value" && c.Secret == rotationtest.ARN(agents) {
					return rotation.ErrDenied
				}
				return nil
			}
		}, first, rotation.ErrDenied, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := newHouse(t)
			row.made(t, h)
			status, err := h.Look(t.Context(), "users")
			want(t, nil, err)
			for _, v := range status.Versions {
				if v.ID == row.id {
					want(t, row.want, v.Problem)
					if (v.Text.Len() > 0) != row.text {
						t.Errorf("its text has %d bytes", v.Text.Len())
					}
					return
				}
			}
			t.Errorf("it is not there: %+v", status.Versions)
		})
	}
}

func TestLookShowsALeftoverLabelWithTheVersionThatHasIt(t *testing.T) {
	h := newHouse(t)
	version := h.stage(t)
	want(t, nil, h.store.Move(t.Context(), users, rotation.Current, first, version))
	status, err := h.Look(t.Context(), "users")
	want(t, nil, err)
	if len(status.Versions) != 2 || len(status.Versions[0].Stages) != 2 || status.Waiting() != "" {
		t.Errorf("the versions are %+v", status.Versions)
	}
	h.store.Edit(users, second, "another-"+newKey)
	status, err = h.Look(t.Context(), "users")
	want(t, nil, err)
	if len(status.Versions) != 2 || len(status.Versions[1].Stages) != 2 || status.Waiting() != "" {
		t.Errorf("the versions are %+v", status.Versions)
	}
}

func TestLookFailsWhereNothingCanBeReached(t *testing.T) {
	h := newHouse(t)
	h.store.Before = func(c rotationtest.Call) error {
		if c.Method == "Value" {
			return rotation.ErrUnavailable
		}
		return nil
	}
	if _, err := h.Look(t.Context(), "users"); !errors.Is(err, rotation.ErrUnavailable) {
		t.Errorf("error is %v", err)
	}
}

func TestLookOfASecretWithoutAValue(t *testing.T) {
	h := newHouse(t)
	h.store.CreateEmpty(users)
	status, err := h.Look(t.Context(), "users")
	want(t, nil, err)
	if len(status.Versions) != 0 {
		t.Errorf("the versions are %+v", status.Versions)
	}
}
