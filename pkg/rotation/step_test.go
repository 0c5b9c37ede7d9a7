package rotation_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/rotation"
	"deskpro-login/pkg/rotation/rotationtest"
)

func TestARotationWaitsForAConfirmationAndThenPromotes(t *testing.T) {
	h := newHouse(t)
	version := h.store.Begin(users, second)
	for _, step := range steps[:3] {
		want(t, nil, h.step(t, step, version))
	}
	want(t, rotation.ErrUnconfirmed, h.step(t, "finishSecret", version))
	h.wantLabels(t, map[string]string{rotation.Current: first, rotation.Pending: second})

	key := h.keyOfVersion(t, version)
	want(t, nil, h.Confirm(t.Context(), "users", version))
	if again := h.store.Begin(users, rotationtest.NewVersion()); again != version {
		t.Fatalf("the rotation goes on with %s, want %s", again, version)
	}
	for _, step := range steps {
		want(t, nil, h.step(t, step, version))
	}
	h.wantLabels(t, map[string]string{rotation.Current: second, rotation.Previous: first})
	if got := h.keyOfVersion(t, version); got != key {
		t.Error("the key became another meanwhile")
	}
	h.wantEvents(t, "secret_staged users "+version+" generated", "secret_waits users "+version+" unconfirmed", "secret_promoted users "+version+" confirmed")
}

func TestEachStepMayComeAgain(t *testing.T) {
	h := newHouse(t)
	version := h.store.Begin(users, second)
	for _, step := range steps[:3] {
		for range 3 {
			want(t, nil, h.step(t, step, version))
		}
	}
	want(t, nil, h.Confirm(t.Context(), "users", version))
	for _, step := range append(steps, steps...) {
		want(t, nil, h.step(t, step, version))
	}
	h.wantEvents(t, "secret_staged users "+version+" generated", "secret_promoted users "+version+" confirmed")
}

func TestARotationGoesOnWithWhatAnOperatorStaged(t *testing.T) {
	h := newHouse(t)
	version := h.stage(t)
	want(t, nil, h.Confirm(t.Context(), "users", version))
	for _, step := range steps {
		want(t, nil, h.step(t, step, h.store.Begin(users, second)))
	}
	h.wantLabels(t, map[string]string{rotation.Current: version, rotation.Previous: first})
	if h.keyOfVersion(t, version) != newKey {
		t.Error("the key is not the operator's")
	}
	h.wantEvents(t, "secret_promoted users "+version+" confirmed")
}

func TestARotationPromotesWhatDeskproWasSeenToHave(t *testing.T) {
	h := newHouse(t)
	version := h.stage(t)
	h.accepted["agents "+version] = true
	want(t, rotation.ErrUnconfirmed, h.step(t, "finishSecret", version))
	h.accepted["users "+version] = true
	want(t, nil, h.step(t, "finishSecret", version))
	h.wantEvents(t, "secret_waits users "+version+" unconfirmed", "secret_promoted users "+version+" accepted")
}

func TestWhatCannotBeAskedIsNotPromoted(t *testing.T) {
	h := newHouse(t)
	version := h.stage(t)
	h.failing = errors.New("the table is away")
	for _, err := range []error{h.step(t, "finishSecret", version), h.PromoteAccepted(t.Context()), h.Promote(t.Context(), "users", version, rotation.How{})} {
		if err == nil || !strings.Contains(err.Error(), "the table is away") {
			t.Errorf("error is %v", err)
		}
	}
	h.wantLabels(t, map[string]string{rotation.Current: first, rotation.Pending: version})
	h.wantEvents(t)
}

func TestTheSecretIsKnownByItsARNAndByItsName(t *testing.T) {
	for _, row := range []struct {
		name, door, event string
		want              error
	}{
		{"the event has the door's ARN", rotationtest.ARN(users), rotationtest.ARN(users), nil},
		{"the event has the door's name", users, users, nil},
		{"the door has a name, the event its ARN", users, rotationtest.ARN(users), nil},
		{"the door has an ARN, the event the name in it", rotationtest.ARN(users), users, nil},
		{"another secret's ARN", rotationtest.ARN(users), rotationtest.ARN("deskpro/other"), rotation.ErrDoor},
		{"a name that the door's begins with", rotationtest.ARN(users), "deskpro/user", rotation.ErrDoor},
		{"none", rotationtest.ARN(users), "", rotation.ErrDoor},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := newHouse(t)
			h.open(t, "", row.door, rotationtest.ARN(agents))
			version := h.store.Begin(users, second)
			want(t, row.want, h.Step(t.Context(), rotation.Event{Step: "createSecret", SecretId: row.event, ClientRequestToken: version}))
		})
	}
}

func TestADoorWhoseSecretIsGoneHidesNoOther(t *testing.T) {
	h := newHouse(t)
	h.open(t, "", rotationtest.ARN(users), agents)
	h.store.Delete(users)
	h.store.Begin(agents, second)
	want(t, nil, h.Step(t.Context(), rotation.Event{Step: "createSecret", SecretId: rotationtest.ARN(agents), ClientRequestToken: second}))
	want(t, rotation.ErrAbsent, h.Step(t.Context(), rotation.Event{Step: "createSecret", SecretId: "deskpro/other", ClientRequestToken: second}))
}

func TestAStepIsRefusedForAVersionInAnotherState(t *testing.T) {
	const unknown = "44444444-4444-4444-8444-444444444444"
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			h := newHouse(t)
			version := h.stage(t)
			want(t, nil, h.Promote(t.Context(), "users", version, rotation.How{Unconfirmed: true}))
			for _, row := range []struct{ version, says string }{
				{unknown, "no version"},
				{"", "no version"},
				{first, "does not have the label AWSPENDING but AWSPREVIOUS"},
			} {
				err := h.step(t, step, row.version)
				want(t, rotation.ErrConflict, err)
				if !strings.Contains(err.Error(), row.says) {
					t.Errorf("the error says %q, want %q", err, row.says)
				}
			}
			h.wantLabels(t, map[string]string{rotation.Current: version, rotation.Previous: first})
			h.wantEvents(t)
		})
	}
}

func TestAnEventIsReadByTheNamesThatSecretsManagerUses(t *testing.T) {
	var e rotation.Event
	if err := json.Unmarshal([]byte(`{"Step":"createSecret","SecretId":"arn:a","ClientRequestToken":"v","RotationToken":"t"}`), &e); err != nil {
		t.Fatal(err)
	}
	if e != (rotation.Event{Step: "createSecret", SecretId: "arn:a", ClientRequestToken: "v"}) {
		t.Errorf("read %+v", e)
	}
}

func TestTestSecretRefusesWhatMustNotSign(t *testing.T) {
	for _, row := range []struct {
		name, algorithm, stored string
		tried                   error // by testSecret
	}{
		{"too short for a key", "", "short-practice-key", rotation.ErrUnfit},
		{"too short for the algorithm", "HS512", "practice-key-of-forty-characters-0000000", rotation.ErrUnfit},
		{"with white space", "", newKey + " ", rotation.ErrUnfit},
		// Secrets Manager tries a new schedule with a copy of the current version.
		{"the current one's", "", usersKey, nil},
		{"the current one's in another form", "", `{"key":"` + usersKey + `"}`, nil},
		{"the other door's", "", agentsKey, rotation.ErrUnfit},
		{"an object without a key", "", `{"secret":"` + newKey + `"}`, rotation.ErrUnfit},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := newHouse(t)
			h.open(t, row.algorithm, users, agents)
			want(t, nil, h.store.Put(t.Context(), users, second, redact.New(row.stored)))
			want(t, row.tried, h.step(t, "testSecret", second))
			want(t, rotation.ErrUnfit, h.Confirm(t.Context(), "users", second))
			want(t, nil, h.store.Tag(t.Context(), users, rotation.ConfirmedTag, second)) // by hand
			want(t, rotation.ErrUnfit, h.step(t, "finishSecret", second))
			want(t, rotation.ErrUnfit, h.PromoteAccepted(t.Context()))
			want(t, rotation.ErrUnfit, h.Promote(t.Context(), "users", second, rotation.How{Unconfirmed: true}))
			h.wantLabels(t, map[string]string{rotation.Current: first, rotation.Pending: second, "confirmed": second})
		})
	}
}

func TestOfTwoThatCreateAtOnceOneMakesTheValue(t *testing.T) {
	h := newHouse(t)
	version := h.store.Begin(users, second)
	raced := false
	h.store.Before = func(c rotationtest.Call) error {
		if c.Method == "Put" && !raced {
			raced = true
			want(t, nil, h.step(t, "createSecret", version))
		}
		return nil
	}
	want(t, nil, h.step(t, "createSecret", version))
	h.wantEvents(t, "secret_staged users "+version+" generated")
	want(t, nil, h.step(t, "testSecret", version))
}

func TestOfTwoThatFinishAtOnceBothSucceed(t *testing.T) {
	h := newHouse(t)
	version := h.stage(t)
	want(t, nil, h.Confirm(t.Context(), "users", version))
	raced := false
	h.store.Before = func(c rotationtest.Call) error {
		if c.Method == "Move" && !raced {
			raced = true
			want(t, nil, h.step(t, "finishSecret", version))
		}
		return nil
	}
	want(t, nil, h.step(t, "finishSecret", version))
	h.wantLabels(t, map[string]string{rotation.Current: version, rotation.Previous: first})
}

func TestAPromotionThatWasCutOffIsConcluded(t *testing.T) {
	for _, row := range []struct {
		name     string
		conclude func(*house, string) error
	}{
		{"by the step again", func(h *house, version string) error {
			return h.Step(t.Context(), rotation.Event{Step: "finishSecret", SecretId: users, ClientRequestToken: version})
		}},
		{"by the schedule", func(h *house, _ string) error { return h.PromoteAccepted(t.Context()) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := newHouse(t)
			h.open(t, "", users, agents)
			version := h.stage(t)
			want(t, nil, h.Confirm(t.Context(), "users", version))
			h.store.After = func(c rotationtest.Call) error {
				if c.Method == "Move" && c.Label == rotation.Current {
					return rotation.ErrUnavailable
				}
				return nil
			}
			want(t, rotation.ErrUnavailable, h.step(t, "finishSecret", version))
			h.store.After = nil
			h.wantLabels(t, map[string]string{rotation.Current: version, rotation.Pending: version, rotation.Previous: first, "confirmed": version})
			for range 2 {
				want(t, nil, row.conclude(h, version))
			}
			h.wantLabels(t, map[string]string{rotation.Current: version, rotation.Previous: first})
			h.wantEvents(t, "secret_promoted users "+version+" concluded")
		})
	}
}

func TestAnEditedSecretIsNotPromotedOver(t *testing.T) {
	const edited = "44444444-4444-4444-8444-444444444444"
	h := newHouse(t)
	version := h.stage(t)
	want(t, nil, h.Confirm(t.Context(), "users", version))
	h.accepted["users "+version] = true
	h.store.Edit(users, edited, "another-"+newKey)
	want(t, rotation.ErrConflict, h.step(t, "finishSecret", version))
	want(t, rotation.ErrConflict, h.PromoteAccepted(t.Context()))
	want(t, rotation.ErrConflict, h.Confirm(t.Context(), "users", version))
	want(t, rotation.ErrConflict, h.Promote(t.Context(), "users", version, rotation.How{}))
	h.wantLabels(t, map[string]string{rotation.Current: edited, rotation.Pending: version, rotation.Previous: first, "confirmed": version})
	h.wantEvents(t, "secret_waits users "+version+" edited")

	// The operator answers for it.
	want(t, nil, h.Promote(t.Context(), "users", version, rotation.How{Unconfirmed: true}))
	h.wantLabels(t, map[string]string{rotation.Current: version, rotation.Previous: edited})
}

func TestAVersionWithoutAValueIsNeverPromoted(t *testing.T) {
	h := newHouse(t)
	h.store.Begin(users, second)
	want(t, nil, h.store.Tag(t.Context(), users, rotation.ConfirmedTag, second)) // by hand
	want(t, rotation.ErrNoValue, h.step(t, "finishSecret", second))
	want(t, rotation.ErrNoValue, h.step(t, "testSecret", second))
	want(t, rotation.ErrNoValue, h.PromoteAccepted(t.Context()))
	want(t, rotation.ErrNoValue, h.Promote(t.Context(), "users", second, rotation.How{Unconfirmed: true}))
	want(t, nil, h.Discard(t.Context(), "users", second))
	want(t, rotation.ErrConflict, h.step(t, "createSecret", second))
	h.wantLabels(t, map[string]string{rotation.Current: first})
}

func TestAnOldConfirmationIsNobodys(t *testing.T) {
	h := newHouse(t)
	want(t, nil, h.store.Tag(t.Context(), users, rotation.ConfirmedTag, first))
	version := h.stage(t)
	want(t, rotation.ErrUnconfirmed, h.step(t, "finishSecret", version))
	want(t, nil, h.PromoteAccepted(t.Context()))
	h.wantLabels(t, map[string]string{rotation.Current: first, rotation.Pending: version, "confirmed": first})
}

func TestPromoteAcceptedGoesOnWithTheOtherDoor(t *testing.T) {
	h := newHouse(t)
	version := h.stage(t)
	want(t, nil, h.Confirm(t.Context(), "users", version))
	other, err := h.Stage(t.Context(), "agents", redact.New("another-"+newKey))
	want(t, nil, err)
	h.accepted["agents "+other] = true
	h.store.Before = func(c rotationtest.Call) error {
		if c.Method == "Move" && c.Secret == rotationtest.ARN(users) {
			return rotation.ErrDenied
		}
		return nil
	}
	want(t, rotation.ErrDenied, h.PromoteAccepted(t.Context()))
	h.store.Before = nil
	h.wantEvents(t, "secret_promoted agents "+other+" accepted")
	want(t, nil, h.PromoteAccepted(t.Context()))
	want(t, nil, h.PromoteAccepted(t.Context()))
	h.wantEvents(t, "secret_promoted agents "+other+" accepted", "secret_promoted users "+version+" confirmed")
}

func TestASecretsFirstValueIsNotMadeByARotation(t *testing.T) {
	h := newHouse(t)
	h.store.CreateEmpty(users)
	_, err := h.Stage(t.Context(), "users", redact.New(newKey))
	want(t, rotation.ErrNothing, err)
	version := h.store.Begin(users, second)
	for _, step := range steps {
		want(t, rotation.ErrNothing, h.step(t, step, version))
	}
	want(t, nil, h.PromoteAccepted(t.Context()))
	h.wantLabels(t, map[string]string{rotation.Pending: second})
}
