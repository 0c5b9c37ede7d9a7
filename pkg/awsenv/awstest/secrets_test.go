package awstest_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"deskpro-login/pkg/awsenv/awstest"
)

func TestSecretsAreReadByStage(t *testing.T) {
	server, cfg := awstest.Start(t)
	client := secretsmanager.NewFromConfig(cfg)
	want := func(when, id string, stage *string, want, version string) {
		t.Helper()
		out, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &id, VersionStage: stage})
		if err != nil {
			out = &secretsmanager.GetSecretValueOutput{SecretString: aws.String(code(err))}
		}
		got := aws.ToString(out.SecretString) + string(out.SecretBinary)
		if got != want || aws.ToString(out.VersionId) != version {
			t.Errorf("%s: %s of %q is %q of version %q, want %q of %q", when, id, aws.ToString(stage), got, aws.ToString(out.VersionId), want, version)
		}
	}
	current, pending := aws.String("AWSCURRENT"), aws.String("AWSPENDING")
	const notFound, badRequest = "ResourceNotFoundException", "InvalidRequestException"

	want("before", "key", nil, notFound, "")
	staged := server.PutSecret("key", "one", "AWSPENDING")
	want("staged", "key", current, notFound, "")
	want("staged", "key", pending, "one", staged)
	first := server.PutSecret("key", "two")
	want("current", "key", nil, "two", first)
	want("current", "key", current, "two", first)
	want("current", "key", pending, "one", staged)
	second := server.PutSecret("key", "three")
	want("changed", "key", current, "three", second)
	if first == second {
		t.Error("two versions have one id")
	}
	binary := server.PutSecretBinary("other", []byte("\x00"))
	want("binary", "other", current, "\x00", binary)
	server.DeleteSecret("key")
	want("deleted", "key", current, badRequest, "")
	want("deleted", "other", current, "\x00", binary)
	if got := server.Calls("GetSecretValue"); got != 10 {
		t.Errorf("%d calls counted, want 10", got)
	}
}

func TestSecretsManagerRefusesWithAMessage(t *testing.T) {
	_, cfg := awstest.Start(t)
	_, err := secretsmanager.NewFromConfig(cfg).GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("key")})
	const want = "ResourceNotFoundException: Secrets Manager can't find the specified secret."
	if err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("err = %v, want it to end with %q", err, want)
	}
}
