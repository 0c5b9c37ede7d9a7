package doctor_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"deskpro-login/infra/loginctl/doctor"
	"deskpro-login/infra/loginctl/doctor/doctortest"
	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/config"
	"deskpro-login/pkg/realpart"
	"deskpro-login/pkg/rotation/awsrotation"
)

// Secrets and tables of an AWS that is not ours, first as they should be.
func TestMotoAgrees(t *testing.T) {
	cfg := awstest.Config(t, realpart.Address(t, "VERIFY_MOTO"))
	tables, secrets := dynamodb.NewFromConfig(cfg), secretsmanager.NewFromConfig(cfg)
	state, accounts := awstest.CreateTableAt(t, tables, "key"), awstest.CreateTableAt(t, tables, "login")
	expiry := func(enabled bool, attribute string) {
		t.Helper()
		_, err := tables.UpdateTimeToLive(t.Context(), &dynamodb.UpdateTimeToLiveInput{TableName: &state, TimeToLiveSpecification: &dynamotypes.TimeToLiveSpecification{
			AttributeName: &attribute, Enabled: &enabled,
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	expiry(true, "expires")
	if _, err := tables.UpdateContinuousBackups(t.Context(), &dynamodb.UpdateContinuousBackupsInput{TableName: &accounts, PointInTimeRecoverySpecification: &dynamotypes.PointInTimeRecoverySpecification{
		PointInTimeRecoveryEnabled: aws.Bool(true),
	}}); err != nil {
		t.Fatal(err)
	}
	if _, err := tables.UpdateTable(t.Context(), &dynamodb.UpdateTableInput{TableName: &accounts, DeletionProtectionEnabled: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	if _, err := tables.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &accounts, Item: map[string]dynamotypes.AttributeValue{
		"login": &dynamotypes.AttributeValueMemberS{Value: "ada"}, "id": &dynamotypes.AttributeValueMemberS{Value: "u-1"},
		"groups": &dynamotypes.AttributeValueMemberSS{Value: []string{"deskpro-agents"}},
	}}); err != nil {
		t.Fatal(err)
	}
	secret := func(value string) string {
		t.Helper()
		out, err := secrets.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("doctor-" + rand.Text()), SecretString: &value})
		if err != nil {
			t.Fatal(err)
		}
		return *out.ARN
	}
	variables := map[string]string{
		"USERS_DESKPRO_URL": "https://help.acme.example/", "USERS_SECRET": secret(doctortest.UsersKey),
		"AGENTS_DESKPRO_URL": "https://help.acme.example/", "AGENTS_SECRET": secret(doctortest.AgentsKey), "AGENTS_GROUP": "deskpro-agents",
		"STATE_TABLE": state, "DIRECTORY": "dynamodb", "ACCOUNTS_TABLE": accounts,
	}
	store, err := awsrotation.New(awsrotation.Config{Client: secrets})
	if err != nil {
		t.Fatal(err)
	}
	examine := func() []doctor.Finding {
		t.Helper()
		found := doctor.Examine(t.Context(), doctor.Config{
			Environments: []doctor.Environment{{Function: config.Login, Variables: variables}, {Function: config.Authenticate, Variables: variables}}, AWS: &cfg, Store: store,
		})
		noSecrets(t, found)
		return found
	}
	for _, f := range examine() {
		of, _, _ := strings.Cut(f.ID, "/")
		if asked := of == "secrets" || of == "tables" || of == "groups" || of == "token" || of == "clock"; asked && f.Level != doctor.OK && !strings.HasSuffix(f.ID, "/encryption") {
			t.Errorf("%s is %+v", f.ID, f)
		}
	}

	expiry(false, "expires")
	if _, err := tables.UpdateTable(t.Context(), &dynamodb.UpdateTableInput{TableName: &accounts, DeletionProtectionEnabled: aws.Bool(false)}); err != nil {
		t.Fatal(err)
	}
	if _, err := secrets.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: aws.String(variables["USERS_SECRET"]), SecretString: aws.String("short-Xk2"), VersionStages: []string{"AWSPENDING"},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := secrets.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: aws.String(variables["AGENTS_SECRET"]), SecretString: aws.String(doctortest.UsersKey)}); err != nil {
		t.Fatal(err)
	}
	found := examine()
	for id, level := range map[string]doctor.Level{
		"tables/state/expiry": doctor.Fail, "tables/accounts/protection": doctor.Warn, "secrets/users/pending": doctor.Warn, "secrets/differ": doctor.Fail,
	} {
		if f := told(found, id); f.Level != level {
			t.Errorf("%s is %+v, want %s", id, f, level)
		}
	}
}

// The two services that are called without a client.
func TestMotoAgreesOnAlarmsAndThrottling(t *testing.T) {
	endpoint := realpart.Address(t, "VERIFY_MOTO")
	cfg := awstest.Config(t, endpoint)
	post := func(service, path, contentType string, body []byte) []byte {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/20261122/eu-central-1/"+service+"/aws4_request, SignedHeaders=host, Signature=00")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		said, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode/100 != 2 {
			t.Fatalf("%s answers %d: %s, %v", service, answer.StatusCode, said, err)
		}
		return said
	}
	var api struct{ ApiId string }
	if err := json.Unmarshal(post("apigateway", "/v2/apis", "application/json", []byte(`{"name": "doctor", "protocolType": "HTTP"}`)), &api); err != nil {
		t.Fatal(err)
	}
	post("apigateway", "/v2/apis/"+api.ApiId+"/stages", "application/json", []byte(`{"stageName": "$default", "defaultRouteSettings": {"throttlingRateLimit": 100, "throttlingBurstLimit": 200}}`))
	calm, loud := "calm-"+rand.Text(), "loud-"+rand.Text()
	for _, name := range []string{calm, loud} {
		form := url.Values{
			"Action": {"PutMetricAlarm"}, "Version": {"2010-08-01"}, "AlarmName": {name}, "MetricName": {"Failures"}, "Namespace": {"Doctor"}, "Statistic": {"Sum"},
			"Period": {"60"}, "EvaluationPeriods": {"1"}, "Threshold": {"1"}, "ComparisonOperator": {"GreaterThanOrEqualToThreshold"}, "ActionsEnabled": {"true"},
		}
		if name == calm {
			form.Set("AlarmActions.member.1", "arn:aws:sns:eu-central-1:123456789012:alarms")
		}
		post("monitoring", "/", "application/x-www-form-urlencoded", []byte(form.Encode()))
	}
	post("monitoring", "/", "application/x-www-form-urlencoded", []byte(url.Values{
		"Action": {"SetAlarmState"}, "Version": {"2010-08-01"}, "AlarmName": {loud}, "StateValue": {"ALARM"}, "StateReason": {"a test"},
	}.Encode()))

	found := doctor.OperationOf(t.Context(), cfg, api.ApiId, calm, loud)
	for id, want := range map[string]string{
		"alarms/there": "ok the stack's 2 alarms are there", "alarms/action": "warn nobody is told of 1 of 2 alarms: " + loud, "alarms/state": "warn on now: " + loud,
		"api/throttle": "ok the API lets 100 requests a second through, 200 at once",
	} {
		if f := told(found, id); string(f.Level)+" "+f.What != want {
			t.Errorf("%s is %+v, want %s", id, f, want)
		}
	}
	if f := told(doctor.OperationOf(t.Context(), cfg, "none", calm, "gone"), "alarms/there"); f.Level != doctor.Fail || !strings.Contains(f.What, "gone") {
		t.Errorf("an alarm that is not there is %+v", f)
	}
	if f := told(doctor.OperationOf(t.Context(), cfg, "none"), "api/throttle"); !f.Unchecked || !strings.Contains(f.What, "API Gateway answers NotFoundException") {
		t.Errorf("an API that is not there is %+v", f)
	}
}
