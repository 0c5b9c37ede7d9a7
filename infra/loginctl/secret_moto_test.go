package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/realpart"
)

// A door's secret at a stack of an AWS that is not ours, from one change to the
// next.
func TestMotoChangesASecret(t *testing.T) {
	endpoint := realpart.Address(t, "VERIFY_MOTO")
	cfg := awstest.Config(t, endpoint)
	client, tables := secretsmanager.NewFromConfig(cfg), dynamodb.NewFromConfig(cfg)
	kept := func(value string) string {
		made, err := client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("deskpro/" + rand.Text()), SecretString: &value})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_, _ = client.DeleteSecret(context.Background(), &secretsmanager.DeleteSecretInput{SecretId: made.ARN, ForceDeleteWithoutRecovery: aws.Bool(true)})
		})
		return aws.ToString(made.ARN)
	}
	group, users, agents := "/deskpro-login/"+rand.Text(), kept(currentKey), kept(agentsKey)
	if _, err := cloudwatchlogs.NewFromConfig(cfg).CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group}); err != nil {
		t.Fatal(err)
	}
	name := makeStack(t, cfg, map[string]string{
		"UsersSecretArn": users, "AgentsSecretArn": agents, "StackRegion": cfg.Region, "OperatorLogGroupName": group, "StateTableName": awstest.CreateTableAt(t, tables, "key"),
	})
	asOperator(t, cfg.Region)
	secret := func(want int, args ...string) (stdout, stderr string) {
		t.Helper()
		return call(t, want, append(append([]string{"secret"}, args...), "--door", "users", "--endpoint-url", endpoint, "--stack", name)...)
	}
	value := func(stage string) string {
		t.Helper()
		got, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &users, VersionStage: &stage})
		if err != nil {
			return ""
		}
		return aws.ToString(got.SecretString)
	}
	wantValues := func(current, pending, previous string) {
		t.Helper()
		if c, n, p := value("AWSCURRENT"), value("AWSPENDING"), value("AWSPREVIOUS"); c != current || n != pending || p != previous {
			t.Errorf("current is %q, pending %q, previous %q; want %q, %q, %q", c, n, p, current, pending, previous)
		}
	}

	made, _ := secret(0, "generate", "--reveal")
	wantValues(currentKey, made, "")
	if shown, _ := secret(0, "status", "--reveal", "pending"); shown != made {
		t.Errorf("revealed is %q, want %q", shown, made)
	}
	secret(1, "generate")
	secret(1, "promote", "--apply")
	secret(0, "confirm")
	var view secretView
	shown, _ := secret(0, "status", "--json")
	if err := json.Unmarshal([]byte(shown), &view); err != nil || !view.Confirmed || view.Waiting == "" || len(view.Versions) != 2 || view.Versions[0].Made.IsZero() {
		t.Errorf("the status is %s, %v", shown, err)
	}
	secret(0, "promote", "--apply")
	wantValues(made, "", currentKey)
	secret(1, "promote", "--apply")
	secret(0, "rollback", "--apply")
	wantValues(currentKey, "", made)
	secret(0, "generate")
	secret(0, "discard", "--apply")
	wantValues(currentKey, "", made)
	next, _ := secret(0, "generate", "--reveal")
	secret(0, "promote", "--unconfirmed", "--leaked", "--apply")
	wantValues(next, "", "")
	if _, stderr := secret(1, "rollback", "--apply"); !strings.Contains(stderr, "has no previous version") {
		t.Errorf("after a leak: %s", stderr)
	}
	if shown, _ := secret(0, "status"); strings.Contains(shown, "confirmed") || !strings.Contains(shown, "next: nothing has to be done") {
		t.Errorf("in the end the status is %s", shown)
	}
}
