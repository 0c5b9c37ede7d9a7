package awstest_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"deskpro-login/pkg/awsenv/awstest"
)

func TestSecretStagesMoveAsOnAWS(t *testing.T) {
	server, cfg := awstest.Start(t)
	client := secretsmanager.NewFromConfig(cfg)
	get := func(id, version, stage string) string {
		in := &secretsmanager.GetSecretValueInput{SecretId: &id}
		if version != "" {
			in.VersionId = &version
		}
		if stage != "" {
			in.VersionStage = &stage
		}
		out, err := client.GetSecretValue(t.Context(), in)
		if err != nil {
			return code(err)
		}
		if out.SecretBinary != nil {
			return "binary " + string(out.SecretBinary)
		}
		return aws.ToString(out.SecretString)
	}
	want := func(when, id, version, stage, want string) {
		t.Helper()
		if got := get(id, version, stage); got != want {
			t.Errorf("%s: secret %q version %q stage %q = %q, want %q", when, id, version, stage, got, want)
		}
	}
	const notFound, badRequest = "ResourceNotFoundException", "InvalidRequestException"

	want("before", "key", "", "", notFound)
	first := server.PutSecret("key", "one")
	want("made", "key", "", "", "one")
	want("made", "key", "", "AWSCURRENT", "one")
	want("made", "key", "", "AWSPREVIOUS", notFound)
	want("made", server.SecretARN("key"), "", "", "one")

	second := server.PutSecret("key", "two")
	want("changed", "key", "", "", "two")
	want("changed", "key", "", "AWSPREVIOUS", "one")

	third := server.PutSecret("key", "three", "AWSPENDING")
	want("rotating", "key", "", "AWSCURRENT", "two")
	want("rotating", "key", "", "AWSPREVIOUS", "one")
	want("rotating", "key", "", "AWSPENDING", "three")

	server.PutSecret("key", "four")
	want("changed again", "key", "", "", "four")
	want("changed again", "key", "", "AWSPREVIOUS", "two")
	want("changed again", "key", first, "", "one")
	want("changed again", "key", second, "AWSPREVIOUS", "two")
	want("changed again", "key", second, "AWSCURRENT", badRequest)
	want("changed again", "key", third, "", "three")
	want("changed again", "key", "no-such-version", "", notFound)

	server.PutSecret("other", "")
	want("another", "other", "", "", "")
	server.PutSecretBinary("other", []byte("\x00"))
	want("another", "other", "", "", "binary \x00")

	server.DeleteSecret("key")
	want("deleted", "key", "", "", badRequest)
	want("deleted", "other", "", "AWSPREVIOUS", "")
	if got := server.Calls("GetSecretValue"); got != 21 {
		t.Errorf("%d calls counted, want 21", got)
	}
}

func TestASecretSaysWhatItIs(t *testing.T) {
	server, cfg := awstest.Start(t)
	version := server.PutSecret("key", "one")
	out, err := secretsmanager.NewFromConfig(cfg).GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("key")})
	if err != nil {
		t.Fatal(err)
	}
	if *out.Name != "key" || *out.ARN != server.SecretARN("key") || *out.VersionId != version ||
		len(out.VersionStages) != 1 || out.VersionStages[0] != "AWSCURRENT" || out.CreatedDate == nil {
		t.Errorf("GetSecretValue = %+v", out)
	}
}

func TestErrorsOfSecretsManagerCarryTheirMessage(t *testing.T) {
	_, cfg := awstest.Start(t)
	_, err := secretsmanager.NewFromConfig(cfg).GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("key")})
	const want = "ResourceNotFoundException: Secrets Manager can't find the specified secret."
	if err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("err = %v, want it to end with %q", err, want)
	}
}
