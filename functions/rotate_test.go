package functions_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/lambdahttp/runtimetest"
	"deskpro-login/pkg/realpart"
	"deskpro-login/pkg/rotation"
)

func TestARotationWaitsForDeskproAndGoesOnWhereItWas(t *testing.T) {
	r, cloud := newRotator(t)
	first := cloud.SecretStages("users")[rotation.Current]
	r.rotate(first, "agents")
	for _, metric := range []string{`"SecretWaits":1`, `"DeskproLogin/acme"`, `"level":"WARN","message":"the rotation waits"`} {
		if !strings.Contains(r.log.String(), metric) {
			t.Errorf("the log has no %s:\n%s", metric, r.log.String())
		}
	}
	if got := cloud.SecretText("agents", cloud.SecretStages("agents")[rotation.Current]); got != agentsKey {
		t.Error("the other door's key was changed")
	}
	if got := cloud.Calls("GetItem") + cloud.Calls("TagResource"); got != 1 {
		t.Errorf("%d reads of evidence, which nobody asked for, and confirmations of its own", got-1)
	}
}

func TestMotoRotates(t *testing.T) {
	endpoint := realpart.Address(t, "VERIFY_MOTO")
	cfg := awstest.Config(t, endpoint)
	r := &rotator{t: t, client: secretsmanager.NewFromConfig(cfg), values: []string{usersKey, agentsKey}}
	made := map[string]*secretsmanager.CreateSecretOutput{}
	for door, value := range map[string]string{"users": usersKey, "agents": agentsKey} {
		name := "rotate/" + door + "-" + rand.Text()[:8]
		out, err := r.client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &name, SecretString: &value})
		if err != nil {
			t.Fatal(err)
		}
		made[door] = out
		t.Cleanup(func() {
			_, _ = r.client.DeleteSecret(context.Background(), &secretsmanager.DeleteSecretInput{SecretId: out.ARN, ForceDeleteWithoutRecovery: aws.Bool(true)})
		})
	}
	r.users, r.token = *made["users"].ARN, "b1b2c3d4-5678-40ab-8def-222222222222"
	// It makes the version that waits before it finds no such function.
	_, err := r.client.RotateSecret(t.Context(), &secretsmanager.RotateSecretInput{
		SecretId: &r.users, ClientRequestToken: &r.token, RotationLambdaARN: aws.String("arn:aws:lambda:eu-central-1:123456789012:function:rotate"),
	})
	if _, none := errors.AsType[*types.ResourceNotFoundException](err); !none {
		t.Fatalf("beginning a rotation: %v", err)
	}
	agents := *made["agents"].ARN
	r.start(append(environment(endpoint), "USERS_SECRET="+r.users, "AGENTS_SECRET="+agents))
	r.rotate(*made["users"].VersionId, agents)
}

func TestPeopleVouchForAVersionOnlyWhereThatIsConfigured(t *testing.T) {
	for _, row := range []struct {
		name, when, event string
		people            int
		promotes          bool
	}{
		{"three people, on schedule", "accepted", "promoteAccepted", 3, true},
		{"three people, at the last step", "accepted", "finishSecret", 3, true},
		{"two people, on schedule", "accepted", "promoteAccepted", 2, false},
		{"two people, at the last step", "accepted", "finishSecret", 2, false},
		{"three people whom nobody asks, on schedule", "confirmed", "promoteAccepted", 3, false},
		{"three people whom nobody asks, at the last step", "confirmed", "finishSecret", 3, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			aws, endpoint := cloud(t)
			cfg := awstest.Config(t, endpoint)
			r := &rotator{
				t: t, client: secretsmanager.NewFromConfig(cfg), users: aws.SecretARN("users"), token: aws.BeginRotation("users"), values: []string{usersKey, agentsKey},
			}
			r.start(append(environment(endpoint), "USERS_SECRET="+r.users, "PROMOTE_WHEN="+row.when))
			first, agents := aws.SecretStages("users")[rotation.Current], aws.SecretStages("agents")
			vouch(t, cfg, "users", first, r.token, row.people)
			vouch(t, cfg, "agents", agents[rotation.Current], "another", 3)
			asked := aws.Calls("GetItem")
			r.must(steps[:3]...)
			waits, err := row.event == "finishSecret" && !row.promotes, r.invoke(row.event)
			if (err != nil) != waits {
				t.Errorf("error %v, want one: %t", err, waits)
			}
			want := map[string]string{rotation.Current: first, rotation.Pending: r.token}
			if row.promotes {
				want = map[string]string{rotation.Current: r.token, rotation.Previous: first}
			}
			r.wantStages(want)
			if got := aws.SecretStages("agents"); !maps.Equal(got, agents) {
				t.Errorf("the agents' labels are %v", got)
			}
			if reads := aws.Calls("GetItem") - asked; (reads > 0) != (row.when == "accepted") {
				t.Errorf("%d reads of the state table, for which its role may have no permission", reads)
			}
			r.wantLog(slices.Concat([]string{"secret_staged users"}, map[bool][]string{true: {"secret_promoted users"}}[row.promotes], map[bool][]string{true: {"secret_waits users"}}[waits])...)
		})
	}
}

func TestWhatIsNoneOfItsBusinessIsRefused(t *testing.T) {
	for _, row := range []struct {
		event string
		says  []string
	}{
		{"another-secret", []string{"none of the doors", "payroll"}},
		{"unknown-step", []string{"no step", "deleteSecret"}},
		{"malformed-types", []string{"not an event of a rotation"}},
		{"malformed-not-json", []string{"not an event of a rotation"}},
		{"empty", []string{"no step"}},
	} {
		t.Run(row.event, func(t *testing.T) {
			r, cloud := newRotator(t)
			cloud.PutSecret("payroll", "payroll-practice-key-payroll-practice-key")
			before := cloud.SecretStages("users")
			payload := bytes.ReplaceAll(sample(t, "rotate/"+row.event), []byte("arn:aws:secretsmanager:eu-central-1:123456789012:secret:payroll-aB3dE5"), []byte(cloud.SecretARN("payroll")))
			payload = bytes.ReplaceAll(payload, []byte(sampleSecret), []byte(r.users))
			payload = bytes.ReplaceAll(payload, []byte(sampleToken), []byte(cloud.BeginRotation("payroll")))
			_, err := r.process.Invoke(t.Context(), payload)
			for _, word := range row.says {
				if _, failed := errors.AsType[*runtimetest.FunctionError](err); !failed || !strings.Contains(err.Error(), word) {
					t.Errorf("%v, want an error that says %q", err, word)
				}
			}
			if got := cloud.Calls("PutSecretValue") + cloud.Calls("UpdateSecretVersionStage"); got != 0 || !maps.Equal(before, cloud.SecretStages("users")) {
				t.Errorf("%d writes, labels %v", got, cloud.SecretStages("users"))
			}
			r.wantLog()
			if !strings.Contains(r.log.String(), `"the rotation failed"`) {
				t.Errorf("the log does not say that it failed:\n%s", r.log.String())
			}
		})
	}
}

func TestEveryRotationEventIsReplayed(t *testing.T) {
	files, err := filepath.Glob("../events/rotate/*")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d events, %v", len(files), err)
	}
	source, err := os.ReadFile("rotate_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name, isJSON := strings.CutSuffix(filepath.Base(file), ".json")
		if !isJSON || !slices.Contains(steps, name) && !bytes.Contains(source, []byte(`"`+name+`"`)) {
			t.Errorf("%s is replayed by no test", file)
		}
	}
}

func TestARotationWithoutItsConfigurationFailsEachTimeAndNamesAllProblems(t *testing.T) {
	r := &rotator{t: t, users: sampleSecret, token: sampleToken}
	r.start([]string{"STATE_TABLE=", "PROMOTE_WHEN=soon", "AWS_REGION="})
	problems := []string{"STATE_TABLE is not set", "USERS_DESKPRO_URL", "PROMOTE_WHEN", "AWS_REGION is not set"}
	for range 2 {
		for _, event := range []string{"createSecret", "promoteAccepted"} {
			r.refused(event, problems...)
		}
	}
	r.process.Stop()
	for _, problem := range problems {
		// Once at start, and for each event.
		if got := strings.Count(r.log.String(), problem); got < 5 {
			t.Errorf("the log names %s %d times, want 5:\n%s", problem, got, r.log.String())
		}
	}
}

func TestARotationThatAWSInterruptsCanBeRepeated(t *testing.T) {
	for _, row := range []struct{ name, operation, event string }{
		{"the new version cannot be stored", "PutSecretValue", "createSecret"},
		{"the new version cannot be read", "GetSecretValue", "testSecret"},
		{"the labels cannot be read", "DescribeSecret", "testSecret"},
		{"the labels cannot be moved", "UpdateSecretVersionStage", "finishSecret"},
		{"the confirmation cannot be taken back", "UntagResource", "finishSecret"},
	} {
		for _, fault := range []awstest.Fault{{Code: "InternalServiceError"}, {Code: "AccessDeniedException"}, {Persist: true}} {
			t.Run(row.name+" "+fault.Code, func(t *testing.T) {
				t.Parallel()
				r, cloud := newRotator(t)
				first := cloud.SecretStages("users")[rotation.Current]
				for _, step := range steps[:slices.Index(steps, row.event)] {
					r.must(step)
				}
				r.confirm(r.token)
				cloud.Inject(row.operation, fault)
				if err := r.invoke(row.event); err == nil && !fault.Persist {
					t.Error("no error")
				}
				cloud.Clear()
				r.must(steps...)
				r.value(r.token)
				r.wantStages(map[string]string{rotation.Current: r.token, rotation.Previous: first})
				r.process.Stop()
				if r.shows(r.log.String()) {
					t.Errorf("the log shows a value:\n%s", r.log.String())
				}
			})
		}
	}
}

// Where a schedule is set up, Secrets Manager tries the function with a copy of the
// current version, which it takes away again.
func TestANewScheduleIsTriedWithACopyOfTheCurrentVersion(t *testing.T) {
	r, cloud := newRotator(t)
	r.token = cloud.PutSecret("users", usersKey, rotation.Pending)
	r.must("testSecret")
	r.wantLog()
}

func TestTheAgentsSecretIsRotatedAndNeverTheUsersOne(t *testing.T) {
	r, cloud := newRotator(t)
	r.users, r.token = cloud.SecretARN("agents"), cloud.BeginRotation("agents")
	users := cloud.SecretStages("users")
	r.must("createSecret", "setSecret", "testSecret")
	r.refused("finishSecret", "JWT app for agents", "confirm")
	if made := cloud.SecretText("agents", r.token); len(made) != 64 {
		t.Errorf("the agents' new key has %d characters", len(made))
	}
	if got := cloud.SecretStages("users"); !maps.Equal(got, users) {
		t.Errorf("the users' versions are %v, were %v", got, users)
	}

	r, cloud = newRotator(t)
	r.token = cloud.PutSecret("users", agentsKey, rotation.Pending)
	r.refused("testSecret", "door agents has this one")
}
