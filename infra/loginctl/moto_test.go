package main

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/realpart"
	"deskpro-login/pkg/session"
	state "deskpro-login/pkg/state/dynamo"
)

// A CloudFormation that is not ours describes a stack with the same outputs as
// the file: so does the sheet.
func TestMotoAgrees(t *testing.T) {
	endpoint := realpart.Address(t, "VERIFY_MOTO")
	cfg := awstest.Config(t, endpoint)
	name := makeStack(t, cfg, nil)
	asOperator(t, cfg.Region)
	got, _ := call(t, 0, "setup", "--endpoint-url", endpoint, "--stack", name)
	want, _ := call(t, 0, "setup", "--outputs", "testdata/both.json")
	if got := strings.ReplaceAll(got, name, "deskpro-login"); squeeze(got) != squeeze(want) {
		t.Errorf("asked of moto, the sheet is\n%s\nwant\n%s", got, want)
	}
	if _, stderr := call(t, 1, "setup", "--endpoint-url", endpoint, "--stack", name+"x"); !strings.HasPrefix(stderr, "loginctl: there is no stack "+name+"x in eu-central-1 ") {
		t.Errorf("for a stack that is not there: %s", stderr)
	}
}

// makeStack makes a stack with the outputs of testdata/both.json, some of them
// others, and returns its name.
func makeStack(t *testing.T, cfg aws.Config, others map[string]string) string {
	t.Helper()
	content, err := os.ReadFile("testdata/both.json")
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Stacks []struct {
			Outputs []struct{ OutputKey, OutputValue string }
		}
	}
	if err := json.Unmarshal(content, &answer); err != nil {
		t.Fatal(err)
	}
	outputs := map[string]any{}
	for _, o := range answer.Stacks[0].Outputs {
		outputs[o.OutputKey] = map[string]string{"Value": cmp.Or(others[o.OutputKey], o.OutputValue)}
	}
	template, err := json.Marshal(map[string]any{
		"Resources": map[string]any{"Topic": map[string]string{"Type": "AWS::SNS::Topic"}},
		"Outputs":   outputs,
	})
	if err != nil {
		t.Fatal(err)
	}
	name, body := "deskpro-login-"+strings.ToLower(rand.Text()[:8]), string(template)
	if _, err := cloudformation.NewFromConfig(cfg).CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: &name, TemplateBody: &body}); err != nil {
		t.Fatal(err)
	}
	return name
}

// asOperator gives the process what loginctl looks for.
func asOperator(t *testing.T, region string) {
	t.Helper()
	for key, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": fakeAccessKey, "AWS_SECRET_ACCESS_KEY": "example", "AWS_SESSION_TOKEN": "example", "AWS_REGION": region,
		"AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none", "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(key, value)
	}
}

// call runs the command in this process.
func call(t *testing.T, want int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if got := run(t.Context(), args, strings.NewReader(""), &out, &errs); got != want {
		t.Fatalf("loginctl %q exits with %d, want %d: %s", args, got, want, &errs)
	}
	return out.String(), errs.String()
}

// Accounts and their sessions at a stack of an AWS that is not ours, with what is
// done in CloudWatch.
func TestMotoKeepsAccounts(t *testing.T) {
	endpoint := realpart.Address(t, "VERIFY_MOTO")
	cfg := awstest.Config(t, endpoint)
	client := dynamodb.NewFromConfig(cfg)
	group := "/deskpro-login/" + rand.Text()
	logs := cloudwatchlogs.NewFromConfig(cfg)
	if _, err := logs.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group}); err != nil {
		t.Fatal(err)
	}
	stateTable := awstest.CreateTableAt(t, client, "key")
	name := makeStack(t, cfg, map[string]string{
		"AccountsTableName": awstest.CreateTableAt(t, client, "login"), "StateTableName": stateTable, "OperatorLogGroupName": group,
	})
	asOperator(t, cfg.Region)
	keepsAccounts(t, client, stateTable, "--endpoint-url", endpoint, "--stack", name)

	streams, err := logs.DescribeLogStreams(t.Context(), &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: &group})
	if err != nil || len(streams.LogStreams) != 1 {
		t.Fatalf("the log has streams %+v, %v, want one", streams, err)
	}
	written, err := logs.GetLogEvents(t.Context(), &cloudwatchlogs.GetLogEventsInput{LogGroupName: &group, LogStreamName: streams.LogStreams[0].LogStreamName})
	if err != nil {
		t.Fatal(err)
	}
	var acts []string
	for _, e := range written.Events {
		var act struct{ Event, Operator, Outcome string }
		if err := json.Unmarshal([]byte(*e.Message), &act); err != nil || !strings.HasPrefix(act.Operator, "arn:aws:") {
			t.Errorf("the log has %s", *e.Message)
		}
		acts = append(acts, act.Event+" "+act.Outcome)
	}
	want := "account_added begun, account_added done, account_disabled begun, sessions_ended begun, account_disabled done, sessions_ended done, " +
		"account_deleted begun, sessions_ended begun, account_deleted done, sessions_ended done"
	if got := strings.Join(acts, ", "); got != want {
		t.Errorf("the log has %s, want %s", got, want)
	}
}

// And at another, which has nothing but tables.
func TestDynaliteKeepsAccounts(t *testing.T) {
	endpoint := realpart.Address(t, "VERIFY_DYNALITE")
	client := dynamodb.NewFromConfig(awstest.Config(t, endpoint))
	stateTable := awstest.CreateTableAt(t, client, "key")
	asOperator(t, "eu-central-1")
	keepsAccounts(t, client, stateTable, "--endpoint-url", endpoint, "--table", awstest.CreateTableAt(t, client, "login"), "--state-table", stateTable)
}

func keepsAccounts(t *testing.T, client *dynamodb.Client, stateTable string, at ...string) {
	t.Helper()
	account := func(want int, args ...string) string {
		t.Helper()
		stdout, _ := call(t, want, append(append([]string{"account"}, args...), at...)...)
		return stdout
	}
	store, err := state.New(state.Config{Client: client, Table: stateTable})
	if err != nil {
		t.Fatal(err)
	}
	sessions, err := session.New(session.Config{Store: store, Idle: time.Hour, Absolute: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	account(0, "add", "--login", "Mara", "--id", "u-1", "--email", "mara@example.com", "--name", "Mara", "--group", "agents", "--initial")
	id, err := sessions.Open(t.Context(), "u-1", []byte("{}"), time.Now(), "")
	if err != nil {
		t.Fatal(err)
	}
	if got := account(0, "list", "--status", "must_change_password"); !strings.Contains(got, "mara") {
		t.Errorf("the list is %s", got)
	}
	if got := account(0, "show", "mara", "--json"); !strings.Contains(got, `"groups":["agents"]`) || !strings.Contains(got, `"sessions":1`) {
		t.Errorf("shown is %s", got)
	}
	account(0, "disable", "mara", "--apply")
	if _, err := sessions.Find(t.Context(), id); !errors.Is(err, session.ErrNone) {
		t.Errorf("after disabling it, the session is found: %v", err)
	}
	account(0, "delete", "mara", "--apply")
	account(1, "show", "mara")
}

// squeeze forgets where lines were broken.
func squeeze(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "\\\n", "")), " ")
}
