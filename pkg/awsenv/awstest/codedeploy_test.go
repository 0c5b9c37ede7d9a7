package awstest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"deskpro-login/pkg/awsenv/awstest"
)

func TestAHookIsReportedOnceAndOnlyWhatCodeDeployTakes(t *testing.T) {
	server, cfg := awstest.Start(t)
	server.StartHook("d-1", "one")
	server.StartHook("d-2", "two")
	client := codedeploy.NewFromConfig(cfg)
	for _, row := range []struct{ name, deployment, execution, status, want string }{
		{"no deployment", "", "one", "Succeeded", "DeploymentIdRequiredException"},
		{"an unknown deployment", "d-3", "one", "Succeeded", "DeploymentDoesNotExistException"},
		{"an unknown execution", "d-1", "three", "Succeeded", "InvalidLifecycleEventHookExecutionIdException"},
		{"another deployment's execution", "d-1", "two", "Succeeded", "InvalidLifecycleEventHookExecutionIdException"},
		{"a status of other hooks", "d-1", "one", "Skipped", "InvalidLifecycleEventHookExecutionStatusException"},
		{"no status", "d-1", "one", "", "InvalidLifecycleEventHookExecutionStatusException"},
		{"as it should be", "d-1", "one", "Failed", ""},
		{"again", "d-1", "one", "Succeeded", "LifecycleEventAlreadyCompletedException"},
	} {
		_, err := client.PutLifecycleEventHookExecutionStatus(t.Context(), &codedeploy.PutLifecycleEventHookExecutionStatusInput{
			DeploymentId: aws.String(row.deployment), LifecycleEventHookExecutionId: aws.String(row.execution), Status: types.LifecycleEventStatus(row.status),
		})
		if got := code(err); got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
	if one, two := server.HookStatus("one"), server.HookStatus("two"); one != "Failed" || two != "" {
		t.Errorf("reported are %q and %q, want Failed and nothing", one, two)
	}
}
