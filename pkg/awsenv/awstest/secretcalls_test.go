package awstest_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/realpart"
)

const (
	current  = "AWSCURRENT"
	pending  = "AWSPENDING"
	previous = "AWSPREVIOUS"
)

// vault is a secret at awstest or at an emulator.
type vault struct {
	t      *testing.T
	client *secretsmanager.Client
	id     string
	first  string // the version that it begins with
}

// onEachVault runs test with a secret here and, under make verify, in moto.
func onEachVault(t *testing.T, test func(*testing.T, vault)) {
	t.Run("awstest", func(t *testing.T) {
		server, cfg := awstest.Start(t)
		first := server.PutSecret("key", "one")
		test(t, vault{t, secretsmanager.NewFromConfig(cfg), "key", first})
	})
	t.Run("moto", func(t *testing.T) {
		client := secretsmanager.NewFromConfig(awstest.Config(t, realpart.Address(t, "VERIFY_MOTO")))
		id := "awstest/" + strings.ToLower(t.Name())
		made, err := client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &id, SecretString: aws.String("one")})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_, _ = client.DeleteSecret(context.Background(), &secretsmanager.DeleteSecretInput{SecretId: &id, ForceDeleteWithoutRecovery: aws.Bool(true)})
		})
		test(t, vault{t, client, id, aws.ToString(made.VersionId)})
	})
}

// get returns the value, or the error's code.
func (v vault) get(version, stage string) string {
	v.t.Helper()
	in := &secretsmanager.GetSecretValueInput{SecretId: &v.id}
	if version != "" {
		in.VersionId = &version
	}
	if stage != "" {
		in.VersionStage = &stage
	}
	out, err := v.client.GetSecretValue(v.t.Context(), in)
	if err != nil {
		return code(err)
	}
	return aws.ToString(out.SecretString)
}

// put returns the code of the error.
func (v vault) put(version, value string, stages ...string) string {
	v.t.Helper()
	_, err := v.client.PutSecretValue(v.t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: &v.id, ClientRequestToken: &version, SecretString: &value, VersionStages: stages,
	})
	return code(err)
}

func (v vault) move(label, from, to string) string {
	v.t.Helper()
	in := &secretsmanager.UpdateSecretVersionStageInput{SecretId: &v.id, VersionStage: &label}
	if from != "" {
		in.RemoveFromVersionId = &from
	}
	if to != "" {
		in.MoveToVersionId = &to
	}
	_, err := v.client.UpdateSecretVersionStage(v.t.Context(), in)
	return code(err)
}

func (v vault) describe() *secretsmanager.DescribeSecretOutput {
	v.t.Helper()
	out, err := v.client.DescribeSecret(v.t.Context(), &secretsmanager.DescribeSecretInput{SecretId: &v.id})
	if err != nil {
		v.t.Fatal(err)
	}
	return out
}

// wantStages compares what there is with want, "label label of version" by
// version, without the versions that have no label: moto shows those, too.
func (v vault) wantStages(want map[string]string) {
	v.t.Helper()
	got := map[string]string{}
	for version, labels := range v.describe().VersionIdsToStages {
		if slices.Sort(labels); len(labels) > 0 {
			got[version] = strings.Join(labels, " ")
		}
	}
	if !maps.Equal(got, want) {
		v.t.Errorf("labels %v, want %v", got, want)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// token makes a version id of a letter.
func token(name string) string { return strings.Repeat(name, 32)[:32] }

func TestAVersionWaitsBecomesCurrentAndIsTakenBack(t *testing.T) {
	onEachVault(t, func(t *testing.T, v vault) {
		second, third := token("2"), token("3")
		equal(t, "staging", v.put(second, "two", pending), "")
		v.wantStages(map[string]string{v.first: current, second: pending})
		equal(t, "the waiting version by its label", v.get("", pending), "two")
		equal(t, "the waiting version by its id", v.get(second, ""), "two")
		equal(t, "by both", v.get(second, pending), "two")
		equal(t, "by its id and another's label", v.get(second, current), "InvalidRequestException")
		equal(t, "a version that is not there", v.get(token("9"), ""), "ResourceNotFoundException")
		equal(t, "another that waits", v.put(third, "three", pending), "")
		v.wantStages(map[string]string{v.first: current, third: pending})
		equal(t, "the one that waits no longer, by its id", v.get(second, ""), "two")
		equal(t, "promotion", v.move(current, v.first, third), "")
		v.wantStages(map[string]string{v.first: previous, third: current + " " + pending})
		equal(t, "the label that is left", v.move(pending, third, ""), "")
		v.wantStages(map[string]string{v.first: previous, third: current})
		equal(t, "the current one", v.get("", current), "three")
		equal(t, "taking it back", v.move(current, third, v.first), "")
		v.wantStages(map[string]string{v.first: current, third: previous})
		equal(t, "so that the other never signs again", v.move(previous, third, ""), "")
		v.wantStages(map[string]string{v.first: current})
		equal(t, "a version without label, by its id", v.get(third, ""), "three")
	})
}

func TestAStageIsMovedOnlyFromTheVersionThatHasIt(t *testing.T) {
	onEachVault(t, func(t *testing.T, v vault) {
		second, third := token("2"), token("3")
		v.put(second, "two", pending)
		for _, row := range []struct{ name, label, from, to string }{
			{"from another version", current, second, second},
			{"without saying from which", current, "", second},
			{"to a version that is not there", pending, second, token("9")},
			{"from a version that is not there", pending, token("9"), ""},
			{"a label that no version has", "other", second, ""},
		} {
			if got := v.move(row.label, row.from, row.to); got != "InvalidParameterException" && got != "ResourceNotFoundException" {
				t.Errorf("%s: %q, want a refusal", row.name, got)
			}
			if row.to == token("9") {
				v.put(third, "three", pending) // moto took it off first
			}
		}
		equal(t, "current", v.get("", current), "one")
	})
}

func TestAVersionHasOneValueForEver(t *testing.T) {
	onEachVault(t, func(t *testing.T, v vault) {
		second := token("2")
		equal(t, "without stages", v.put(second, "two"), "")
		v.wantStages(map[string]string{v.first: previous, second: current})
		equal(t, "the same again", v.put(second, "two", pending), "")
		v.wantStages(map[string]string{v.first: previous, second: current})
		equal(t, "another value", v.put(second, "three"), "ResourceExistsException")
		equal(t, "what stays", v.get(second, ""), "two")
		equal(t, "a token that is too short", v.put("2", "two"), "InvalidParameterException")
		equal(t, "no value", v.put(token("3"), ""), "InvalidRequestException")
	})
}

func TestTagsComeAndGo(t *testing.T) {
	onEachVault(t, func(t *testing.T, v vault) {
		tag := func(key, value string) string {
			_, err := v.client.TagResource(t.Context(), &secretsmanager.TagResourceInput{SecretId: &v.id, Tags: []types.Tag{{Key: &key, Value: &value}}})
			return code(err)
		}
		untag := func(key string) string {
			_, err := v.client.UntagResource(t.Context(), &secretsmanager.UntagResourceInput{SecretId: &v.id, TagKeys: []string{key}})
			return code(err)
		}
		tags := func() string {
			all := map[string]string{}
			for _, tag := range v.describe().Tags {
				all[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
			}
			return strings.Join([]string{all["a"], all["b"]}, ",")
		}
		equal(t, "a tag", tag("a", "1")+tag("b", "2"), "")
		equal(t, "both", tags(), "1,2")
		equal(t, "again", tag("a", "3"), "")
		equal(t, "the new value", tags(), "3,2")
		equal(t, "gone", untag("a")+untag("a"), "")
		equal(t, "the other", tags(), ",2")
	})
}

func TestASecretIsKnownByItsARN(t *testing.T) {
	onEachVault(t, func(t *testing.T, v vault) {
		named := v.describe()
		v.id = aws.ToString(named.ARN)
		if !strings.HasPrefix(v.id, "arn:aws:secretsmanager:eu-central-1:123456789012:secret:"+aws.ToString(named.Name)+"-") {
			t.Errorf("ARN %s", v.id)
		}
		equal(t, "its value", v.get("", ""), "one")
		equal(t, "another", v.put(token("2"), "two"), "")
		v.wantStages(map[string]string{v.first: previous, token("2"): current})
	})
}

func TestARotationBeginsWithAVersionWithoutAValue(t *testing.T) {
	server, cfg := awstest.Start(t)
	v := vault{t, secretsmanager.NewFromConfig(cfg), "key", server.PutSecret("key", "one")}
	begun := server.BeginRotation("key")
	equal(t, "another attempt", server.BeginRotation("key"), begun)
	v.wantStages(map[string]string{v.first: current, begun: pending})
	for _, stage := range []string{"", pending} {
		equal(t, "its value", v.get(begun, stage), "ResourceNotFoundException")
	}
	equal(t, "what cannot sign", v.move(current, v.first, begun), "InvalidParameterException")
	equal(t, "giving it one", v.put(begun, "two", pending), "")
	equal(t, "the same again", v.put(begun, "two", pending), "")
	equal(t, "another", v.put(begun, "three", pending), "ResourceExistsException")
	equal(t, "its value", v.get(begun, pending), "two")
	equal(t, "promotion", v.move(current, v.first, begun), "")
	if next := server.BeginRotation("key"); next == begun || server.SecretStages("key")[pending] != next {
		t.Errorf("the next rotation is of %s again, labels %v", next, server.SecretStages("key"))
	}
}

func TestTheFirstVersionIsCurrentWhateverItsStages(t *testing.T) {
	server, cfg := awstest.Start(t)
	staged := server.PutSecret("key", "one", "other")
	v := vault{t, secretsmanager.NewFromConfig(cfg), "key", staged}
	equal(t, "staging", v.put(token("2"), "two", pending), "")
	v.wantStages(map[string]string{staged: "other", token("2"): current + " " + pending})
}

func TestADescriptionHasDatesAndTheRotation(t *testing.T) {
	server, cfg := awstest.Start(t)
	before := time.Now().Add(-time.Millisecond)
	v := vault{t, secretsmanager.NewFromConfig(cfg), "key", server.PutSecret("key", "one")}
	old, next := time.UnixMilli(1_500_000_000_123), time.UnixMilli(2_000_000_000_000)
	server.SetSecretChanged("key", old)
	d := v.describe()
	if !aws.ToTime(d.LastChangedDate).Equal(old) || d.CreatedDate.Before(before) || d.RotationEnabled != nil || d.NextRotationDate != nil || d.DeletedDate != nil {
		t.Errorf("described as %+v", d)
	}
	server.SetRotation("key", awstest.Rotation{Enabled: true, LambdaARN: "arn:aws:lambda:eu-central-1:123456789012:function:rotate", Next: next})
	d = v.describe()
	if !aws.ToBool(d.RotationEnabled) || !aws.ToTime(d.NextRotationDate).Equal(next) || !strings.HasSuffix(aws.ToString(d.RotationLambdaARN), ":rotate") {
		t.Errorf("described as %+v", d)
	}
	changes := map[string]func(){
		"a value":      func() { v.put(token("2"), "two", pending) },
		"a move":       func() { v.move(current, v.first, token("2")) },
		"a revert":     func() { server.RevertSecret("key") },
		"a rotation":   func() { server.BeginRotation("key") },
		"a test's put": func() { server.PutSecret("key", "three") },
	}
	for _, name := range []string{"a rotation", "a value", "a move", "a revert", "a test's put"} {
		server.SetSecretChanged("key", old)
		if changes[name](); !v.describe().LastChangedDate.After(old) {
			t.Errorf("%s is no change", name)
		}
	}
	server.SetSecretChanged("key", old)
	v.put(token("2"), "two", pending)
	equal(t, "the same value again as a change", v.describe().LastChangedDate.After(old), false)
	out, err := v.client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &v.id, VersionId: &v.first})
	if err != nil || out.CreatedDate.Before(before) || aws.ToString(out.ARN) != server.SecretARN("key") {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestOnlyADescriptionIsLeftOfASecretMarkedForDeletion(t *testing.T) {
	server, cfg := awstest.Start(t)
	v := vault{t, secretsmanager.NewFromConfig(cfg), "key", server.PutSecret("key", "one")}
	server.DeleteSecret("key")
	if v.describe().DeletedDate == nil {
		t.Error("described as if it were not")
	}
	for _, got := range []string{v.get("", ""), v.put(token("2"), "two"), v.move(current, v.first, token("2"))} {
		equal(t, "a call", got, "InvalidRequestException")
	}
	_, err := v.client.TagResource(t.Context(), &secretsmanager.TagResourceInput{SecretId: &v.id, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
	equal(t, "a tag", code(err), "InvalidRequestException")
	_, err = v.client.UntagResource(t.Context(), &secretsmanager.UntagResourceInput{SecretId: &v.id, TagKeys: []string{"a"}})
	equal(t, "a tag", code(err), "InvalidRequestException")
}

func TestWhatIsNotModelledOfSecretsIsRefused(t *testing.T) {
	server, cfg := awstest.Start(t)
	client, id := secretsmanager.NewFromConfig(cfg), aws.String("key")
	first := server.PutSecret("key", "one")
	v := vault{t, client, "key", first}
	_, err := client.RotateSecret(t.Context(), &secretsmanager.RotateSecretInput{SecretId: id})
	equal(t, "an operation", code(err), "UnknownOperationException")
	_, err = client.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: id, SecretString: aws.String("two"), RotationToken: aws.String(token("r"))})
	equal(t, "a parameter", code(err), "ValidationException")
	_, err = client.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: id, SecretString: aws.String("two"), SecretBinary: []byte("two")})
	equal(t, "text and bytes", code(err), "InvalidRequestException")
	equal(t, "a version's id that is too short", v.get("v", ""), "ValidationException")
	equal(t, "a move to such a version", v.move(current, first, "v"), "ValidationException")
	equal(t, "a move from nowhere to nowhere", v.move(current, "", ""), "InvalidParameterException")
	equal(t, "a secret without a current version", v.move(current, first, ""), "InvalidParameterException")
	equal(t, "a move that leads nowhere else", v.move(current, first, first), "InvalidParameterException")
	equal(t, "a label that is where it is to go", v.move(current, "", first), "InvalidParameterException")
	_, err = client.UpdateSecretVersionStage(t.Context(), &secretsmanager.UpdateSecretVersionStageInput{SecretId: id, VersionStage: aws.String(current), MoveToVersionId: aws.String(token("2"))})
	if err == nil || !strings.Contains(err.Error(), "can't be empty. Staging label AWSCURRENT is currently attached to version "+first) {
		t.Errorf("a move without the version that has the label: %v", err)
	}
	equal(t, "an empty label", v.put(token("2"), "two", ""), "InvalidParameterException")
	_, err = client.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: aws.String(server.SecretARN("key")[:60])})
	equal(t, "part of an ARN", code(err), "ResourceNotFoundException")
	for _, tag := range []types.Tag{{Key: aws.String("aws:a"), Value: aws.String("b")}, {Key: aws.String("a"), Value: aws.String(strings.Repeat("b", 257))}} {
		_, err = client.TagResource(t.Context(), &secretsmanager.TagResourceInput{SecretId: id, Tags: []types.Tag{tag}})
		equal(t, "a tag that cannot be", code(err), "InvalidParameterException")
	}
	for i := range 51 {
		_, err = client.TagResource(t.Context(), &secretsmanager.TagResourceInput{SecretId: id, Tags: []types.Tag{{Key: aws.String(token(string(rune('A' + i)))), Value: aws.String("b")}}})
	}
	equal(t, "the 51st tag", code(err), "InvalidParameterException")
	equal(t, "the tags that stay", len(server.SecretTags("key")), 50)
}
