package rotation_test

import (
	"regexp"
	"sync"
	"testing"

	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/rotation"
	"deskpro-login/pkg/rotation/rotationtest"
)

func TestAStagedKeyWaits(t *testing.T) {
	h := newHouse(t)
	version := h.stage(t)
	h.wantLabels(t, map[string]string{rotation.Current: first, rotation.Pending: version})
	if h.keyOfVersion(t, version) != newKey {
		t.Error("the version has another key")
	}
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(version) {
		t.Errorf("its id is %q, which is no UUID", version)
	}
	h.wantEvents(t) // the operator's tool records what the operator does
}

func TestStagingTheSameAgainIsTheSameVersion(t *testing.T) {
	h := newHouse(t)
	version := h.stage(t)
	if again := h.stage(t); again != version {
		t.Errorf("again it is %s, want %s", again, version)
	}
	if _, err := h.Stage(t.Context(), "users", redact.New(`{"key":"`+newKey+`"}`)); err != nil {
		t.Errorf("in another form: %v", err)
	}
	_, err := h.Stage(t.Context(), "users", redact.New("another-"+newKey))
	want(t, rotation.ErrBusy, err)
}

func TestStagingAfterALostAnswerFindsTheVersion(t *testing.T) {
	h := newHouse(t)
	h.store.After = func(c rotationtest.Call) error {
		if c.Method == "Put" {
			return rotation.ErrUnavailable
		}
		return nil
	}
	_, err := h.Stage(t.Context(), "users", redact.New(newKey))
	want(t, rotation.ErrUnavailable, err)
	waiting := h.labels(t)[rotation.Pending]
	if version := h.stage(t); version != waiting || version == "" {
		t.Errorf("it is %q, want %q", version, waiting)
	}
}

func TestNothingIsStagedOverAVersionWithoutAValue(t *testing.T) {
	h := newHouse(t)
	h.store.Begin(users, second)
	_, err := h.Stage(t.Context(), "users", redact.New(newKey))
	want(t, rotation.ErrBusy, err)
}

func TestOfTwoThatStageAtOnceOneIsTold(t *testing.T) {
	h := newHouse(t)
	raced, other := false, ""
	h.store.After = func(c rotationtest.Call) error {
		if c.Method == "Put" && !raced {
			raced = true
			other = rotationtest.NewVersion()
			want(t, nil, h.store.Put(t.Context(), users, other, redact.New("another-"+newKey)))
		}
		return nil
	}
	_, err := h.Stage(t.Context(), "users", redact.New(newKey))
	want(t, rotation.ErrConflict, err)
	h.wantLabels(t, map[string]string{rotation.Current: first, rotation.Pending: other})
}

func TestStageRefusesWhatMustNotSign(t *testing.T) {
	for _, row := range []struct{ name, algorithm, key string }{
		{"empty", "", ""},
		{"too short for a key", "", "short-practice-key"},
		{"too short for the algorithm", "HS384", "practice-key-of-forty-characters-0000000"},
		{"with a newline", "", newKey + "\n"},
		{"the current one", "", usersKey},
		{"the other door's", "", agentsKey},
		{"the other door's in another form", "", `{"key":"` + agentsKey + `"}`},
		{"an object in an object, which would be read as another", "", `{"key":"{\"key\":\"` + newKey + `\"}"}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := newHouse(t)
			h.open(t, row.algorithm, users, agents)
			_, err := h.Stage(t.Context(), "users", redact.New(row.key))
			want(t, rotation.ErrUnfit, err)
			h.wantLabels(t, map[string]string{rotation.Current: first})
		})
	}
}

func TestAKeyDiffersFromAllOfTheOtherDoors(t *testing.T) {
	h := newHouse(t)
	want(t, nil, h.store.Put(t.Context(), agents, second, redact.New(newKey)))
	_, err := h.Stage(t.Context(), "users", redact.New(newKey))
	want(t, rotation.ErrUnfit, err) // it waits there
	want(t, nil, h.Promote(t.Context(), "agents", second, rotation.How{Unconfirmed: true}))
	_, err = h.Stage(t.Context(), "users", redact.New(newKey))
	want(t, rotation.ErrUnfit, err) // it is current there
	_, err = h.Stage(t.Context(), "users", redact.New(agentsKey))
	want(t, rotation.ErrUnfit, err) // it is the previous one there
	want(t, nil, h.Promote(t.Context(), "agents", second, rotation.How{Leaked: true}))
	_, err = h.Stage(t.Context(), "users", redact.New(agentsKey))
	want(t, nil, err) // it is nobody's any more
}

func TestWhatCannotBeComparedIsNotStaged(t *testing.T) {
	for _, row := range []struct {
		name   string
		method string
		err    error
	}{
		{"the other door's secret may not be described", "Describe", rotation.ErrDenied},
		{"the other door's value may not be read", "Value", rotation.ErrDenied},
		{"the other door's secret cannot be reached", "Describe", rotation.ErrUnavailable},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := newHouse(t)
			h.store.Before = func(c rotationtest.Call) error {
				if c.Method == row.method && c.Secret == rotationtest.ARN(agents) {
					return row.err
				}
				return nil
			}
			_, err := h.Stage(t.Context(), "users", redact.New(newKey))
			want(t, row.err, err)
			h.wantLabels(t, map[string]string{rotation.Current: first})
		})
	}
}

func TestAnotherDoorWithoutASecretHasNoKey(t *testing.T) {
	h := newHouse(t)
	h.store.Delete(agents)
	h.stage(t)
	h = newHouse(t)
	h.store.Begin(agents, second)
	h.stage(t)
}

func TestConfirmAndPromote(t *testing.T) {
	h := newHouse(t)
	version := h.stage(t)
	want(t, rotation.ErrUnconfirmed, h.Promote(t.Context(), "users", version, rotation.How{}))
	for range 2 {
		want(t, nil, h.Confirm(t.Context(), "users", version))
	}
	h.wantLabels(t, map[string]string{rotation.Current: first, rotation.Pending: version, "confirmed": version})
	for range 2 {
		want(t, nil, h.Promote(t.Context(), "users", version, rotation.How{}))
	}
	h.wantLabels(t, map[string]string{rotation.Current: version, rotation.Previous: first})
	want(t, rotation.ErrConflict, h.Confirm(t.Context(), "users", version))
	h.wantEvents(t)
}

func TestWhatLeakedLosesItsLabels(t *testing.T) {
	t.Run("at once", func(t *testing.T) {
		h := newHouse(t)
		version := h.stage(t)
		for range 2 {
			want(t, nil, h.Promote(t.Context(), "users", version, rotation.How{Unconfirmed: true, Leaked: true}))
		}
		h.wantLabels(t, map[string]string{rotation.Current: version})
		want(t, rotation.ErrNothing, h.Rollback(t.Context(), "users", version, first))
	})
	t.Run("after a promotion without", func(t *testing.T) {
		h := newHouse(t)
		version := h.stage(t)
		want(t, nil, h.Promote(t.Context(), "users", version, rotation.How{Unconfirmed: true}))
		want(t, nil, h.Promote(t.Context(), "users", version, rotation.How{Leaked: true}))
		h.wantLabels(t, map[string]string{rotation.Current: version})
	})
	t.Run("also that of a rotation which was cut off", func(t *testing.T) {
		h := newHouse(t)
		version := h.stage(t)
		want(t, nil, h.store.Move(t.Context(), users, rotation.Current, first, version))
		h.store.Edit(users, second, "another-"+newKey)
		h.wantLabels(t, map[string]string{rotation.Current: second, rotation.Pending: version, rotation.Previous: version})
		want(t, nil, h.Promote(t.Context(), "users", second, rotation.How{Leaked: true}))
		h.wantLabels(t, map[string]string{rotation.Current: second})
	})
	t.Run("or the operator is told", func(t *testing.T) {
		h := newHouse(t)
		version := h.stage(t)
		h.store.Before = func(c rotationtest.Call) error {
			if c.Method == "Move" && c.Label == rotation.Previous {
				h.store.Before = nil
				want(t, nil, h.store.Move(t.Context(), users, rotation.Current, version, first))
			}
			return nil
		}
		want(t, rotation.ErrConflict, h.Promote(t.Context(), "users", version, rotation.How{Unconfirmed: true, Leaked: true}))
	})
}

func TestPromoteWantsTheVersionThatWaits(t *testing.T) {
	h := newHouse(t)
	want(t, rotation.ErrNothing, h.Promote(t.Context(), "users", second, rotation.How{Unconfirmed: true}))
	want(t, rotation.ErrNothing, h.Promote(t.Context(), "users", "", rotation.How{Unconfirmed: true}))
	version := h.stage(t)
	want(t, rotation.ErrConflict, h.Promote(t.Context(), "users", second, rotation.How{Unconfirmed: true}))
	want(t, rotation.ErrConflict, h.Promote(t.Context(), "users", "", rotation.How{Unconfirmed: true}))
	h.wantLabels(t, map[string]string{rotation.Current: first, rotation.Pending: version})
}

func TestRollbackGoesBackAndVoidsAConfirmation(t *testing.T) {
	h := newHouse(t)
	version := h.stage(t)
	want(t, nil, h.Promote(t.Context(), "users", version, rotation.How{Unconfirmed: true}))
	next, err := h.Stage(t.Context(), "users", redact.New("another-"+newKey))
	want(t, nil, err)
	want(t, nil, h.Confirm(t.Context(), "users", next))
	for range 2 {
		want(t, nil, h.Rollback(t.Context(), "users", version, first))
	}
	h.wantLabels(t, map[string]string{rotation.Current: first, rotation.Pending: next, rotation.Previous: version})
	want(t, rotation.ErrUnconfirmed, h.step(t, "finishSecret", next))
	want(t, nil, h.Rollback(t.Context(), "users", first, version)) // and forth
	h.wantLabels(t, map[string]string{rotation.Current: version, rotation.Pending: next, rotation.Previous: first})
}

func TestRollbackAfterAPromotionThatWasCutOff(t *testing.T) {
	h := newHouse(t)
	version := h.stage(t)
	want(t, nil, h.Confirm(t.Context(), "users", version))
	want(t, nil, h.store.Move(t.Context(), users, rotation.Current, first, version))
	want(t, nil, h.Rollback(t.Context(), "users", version, first))
	h.wantLabels(t, map[string]string{rotation.Current: first, rotation.Previous: version})
	want(t, nil, h.PromoteAccepted(t.Context()))
	want(t, rotation.ErrConflict, h.step(t, "finishSecret", version))
	h.wantLabels(t, map[string]string{rotation.Current: first, rotation.Previous: version})
}

func TestRollbackRefusesWhatItWasNotToldOf(t *testing.T) {
	h := newHouse(t)
	want(t, rotation.ErrNothing, h.Rollback(t.Context(), "users", first, second))
	version := h.stage(t)
	want(t, nil, h.Promote(t.Context(), "users", version, rotation.How{Unconfirmed: true}))
	for _, row := range [][2]string{{first, first}, {version, second}, {second, first}, {"", first}, {version, ""}, {"", ""}} {
		want(t, rotation.ErrConflict, h.Rollback(t.Context(), "users", row[0], row[1]))
	}
	h.wantLabels(t, map[string]string{rotation.Current: version, rotation.Previous: first})
}

func TestRollbackRefusesWhatCannotSign(t *testing.T) {
	const newer = "44444444-4444-4444-8444-444444444444"
	for _, row := range []struct{ name, algorithm, key string }{
		{"too short for a key", "", "short-practice-key"},
		{"too short for the algorithm", "HS512", "practice-key-of-forty-characters-0000000"},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := newHouse(t)
			h.open(t, row.algorithm, users, agents)
			h.store.Edit(users, second, row.key)
			h.store.Edit(users, newer, newKey)
			want(t, rotation.ErrUnfit, h.Rollback(t.Context(), "users", newer, second))
			h.wantLabels(t, map[string]string{rotation.Current: newer, rotation.Previous: second})
		})
	}
}

func TestADiscardedVersionDoesNotComeBack(t *testing.T) {
	h := newHouse(t)
	version := h.stage(t)
	want(t, nil, h.Confirm(t.Context(), "users", version))
	want(t, nil, h.Discard(t.Context(), "users", version))
	h.wantLabels(t, map[string]string{rotation.Current: first})
	want(t, rotation.ErrNothing, h.Discard(t.Context(), "users", version))
	want(t, rotation.ErrNothing, h.Confirm(t.Context(), "users", version))
	want(t, rotation.ErrNothing, h.Promote(t.Context(), "users", version, rotation.How{Unconfirmed: true}))
	for _, step := range steps {
		want(t, rotation.ErrConflict, h.step(t, step, version))
	}
	if again := h.stage(t); again == version {
		t.Error("the same key is the discarded version")
	}
}

func TestDiscardWantsTheVersionThatWaits(t *testing.T) {
	h := newHouse(t)
	want(t, rotation.ErrNothing, h.Discard(t.Context(), "users", second))
	want(t, rotation.ErrConflict, h.Discard(t.Context(), "users", first))
	want(t, rotation.ErrNothing, h.Discard(t.Context(), "users", ""))
	version := h.stage(t)
	want(t, rotation.ErrConflict, h.Discard(t.Context(), "users", second))
	h.wantLabels(t, map[string]string{rotation.Current: first, rotation.Pending: version})
}

func TestWhoDiscardsWhatIsPromotedMeanwhileIsTold(t *testing.T) {
	h := newHouse(t)
	version := h.stage(t)
	h.store.Before = func(c rotationtest.Call) error {
		if c.Method == "Move" {
			h.store.Before = nil
			want(t, nil, h.Promote(t.Context(), "users", version, rotation.How{Unconfirmed: true}))
		}
		return nil
	}
	want(t, rotation.ErrConflict, h.Discard(t.Context(), "users", version))
	h.wantLabels(t, map[string]string{rotation.Current: version, rotation.Previous: first})
}

func TestALeftoverLabelIsDiscarded(t *testing.T) {
	h := newHouse(t)
	version := h.stage(t)
	want(t, nil, h.store.Move(t.Context(), users, rotation.Current, first, version))
	h.store.Edit(users, second, "another-"+newKey)
	want(t, rotation.ErrConflict, h.step(t, "finishSecret", version))
	want(t, nil, h.Discard(t.Context(), "users", version))
	h.wantLabels(t, map[string]string{rotation.Current: second, rotation.Previous: version})
}

func TestManyWhoPromoteAtOnceAllSucceed(t *testing.T) {
	h := newHouse(t)
	version := h.stage(t)
	want(t, nil, h.Confirm(t.Context(), "users", version))
	errs := make([]error, 16)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			switch i % 3 {
			case 0:
				errs[i] = h.step(t, "finishSecret", version)
			case 1:
				errs[i] = h.PromoteAccepted(t.Context())
			default:
				errs[i] = h.Promote(t.Context(), "users", version, rotation.How{})
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		want(t, nil, err)
	}
	h.wantLabels(t, map[string]string{rotation.Current: version, rotation.Previous: first})
}
