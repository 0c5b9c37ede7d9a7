package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/realpart"
)

// A CloudFormation that is not ours describes a stack with the same outputs as
// the file: so does the sheet.
func TestMotoAgrees(t *testing.T) {
	endpoint := realpart.Address(t, "VERIFY_MOTO")
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
		outputs[o.OutputKey] = map[string]string{"Value": o.OutputValue}
	}
	template, err := json.Marshal(map[string]any{
		"Resources": map[string]any{"Topic": map[string]string{"Type": "AWS::SNS::Topic"}},
		"Outputs":   outputs,
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg := awstest.Config(t, endpoint)
	name, body := "deskpro-login-"+strings.ToLower(rand.Text()[:8]), string(template)
	if _, err := cloudformation.NewFromConfig(cfg).CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: &name, TemplateBody: &body}); err != nil {
		t.Fatal(err)
	}

	for key, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": fakeAccessKey, "AWS_SECRET_ACCESS_KEY": "example", "AWS_REGION": cfg.Region,
		"AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none", "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(key, value)
	}
	loginctl := func(want int, args ...string) (stdout, stderr string) {
		t.Helper()
		var out, errs bytes.Buffer
		if got := run(t.Context(), args, nil, &out, &errs); got != want {
			t.Fatalf("loginctl %q exits with %d, want %d: %s", args, got, want, &errs)
		}
		return out.String(), errs.String()
	}
	got, _ := loginctl(0, "setup", "--endpoint-url", endpoint, "--stack", name)
	want, _ := loginctl(0, "setup", "--outputs", "testdata/both.json")
	if got := strings.ReplaceAll(got, name, "deskpro-login"); squeeze(got) != squeeze(want) {
		t.Errorf("asked of moto, the sheet is\n%s\nwant\n%s", got, want)
	}
	if _, stderr := loginctl(1, "setup", "--endpoint-url", endpoint, "--stack", name+"x"); !strings.HasPrefix(stderr, "loginctl: there is no stack "+name+"x in eu-central-1 ") {
		t.Errorf("for a stack that is not there: %s", stderr)
	}
}

// squeeze forgets where lines were broken.
func squeeze(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "\\\n", "")), " ")
}
