package stacks_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

const (
	pool         = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbCdEfGhI"
	clientSecret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:pool-client-AbCdEf"
)

// Each function may do this and nothing else: what its wire.go links and its
// handlers call.
func TestEachRolePermitsWhatItsFunctionDoes(t *testing.T) {
	trace := []string{"xray:PutTelemetryRecords *", "xray:PutTraceSegments *"}
	signing := []string{"secretsmanager:GetSecretValue AgentsSecret", "secretsmanager:GetSecretValue UsersSecret"}
	login := slices.Concat(trace, signing, []string{
		"logs:CreateLogStream LoginLogs.Arn", "logs:PutLogEvents LoginLogs.Arn",
		"dynamodb:GetItem StateTable.Arn", // session.Find
		"dynamodb:PutItem StateTable.Arn", // session.Find, noting the use
	})
	authenticate := slices.Concat(trace, signing, []string{
		"logs:CreateLogStream AuthenticateLogs.Arn", "logs:PutLogEvents AuthenticateLogs.Arn",
		"dynamodb:PutItem StateTable.Arn",    // session.Open
		"dynamodb:DeleteItem StateTable.Arn", // session.End, of the one from before
	})
	logout := slices.Concat(trace, []string{
		"logs:CreateLogStream LogoutLogs.Arn", "logs:PutLogEvents LogoutLogs.Arn",
		"dynamodb:DeleteItem StateTable.Arn", // session.End
	})
	for name, test := range map[string]struct {
		parameters map[string]string
		want       map[string][]string
	}{
		"with a table of accounts": {bothDoors, map[string][]string{
			"LoginRole": login, "LogoutRole": logout,
			"AuthenticateRole": slices.Concat(authenticate, []string{"dynamodb:GetItem AccountsTable.Arn"}),
		}},
		"with a Cognito user pool in another Region": {bothDoorsWithCognito, map[string][]string{
			"LoginRole": login, "LogoutRole": logout,
			"AuthenticateRole": slices.Concat(authenticate, []string{
				"cognito-idp:AdminInitiateAuth " + pool, "secretsmanager:GetSecretValue " + clientSecret,
			}),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, test.parameters)
			for role, resource := range s.resources("AWS::IAM::Role") {
				got := s.permissions(role, resource)
				for permission := range got {
					if !slices.Contains(test.want[role], permission) {
						t.Errorf("%s permits %s, which its function does not need", role, permission)
					}
				}
				for _, permission := range test.want[role] {
					if !got[permission] {
						t.Errorf("%s does not permit %s, which its function needs", role, permission)
					}
				}
			}
		})
	}
}

func TestOnlyTheDoorThatIsOnHasItsSecretRead(t *testing.T) {
	s := newStack(t, map[string]string{"UsersDeskproUrl": "https://acme.deskpro.com/"})
	for role, resource := range s.resources("AWS::IAM::Role") {
		if s.permissions(role, resource)["secretsmanager:GetSecretValue AgentsSecret"] {
			t.Errorf("%s reads the secret of the door that is off", role)
		}
	}
}

// permissions returns the pairs "action resource" that a role permits, and
// reports what no role may have.
func (s *stack) permissions(name string, role object) map[string]bool {
	s.t.Helper()
	properties := s.resolve(role["Properties"]).(object)
	for key := range properties {
		if key != "AssumeRolePolicyDocument" && key != "Policies" {
			s.t.Errorf("%s has %s: a role's permissions are written out in Policies", name, key)
		}
	}
	found := map[string]bool{}
	for _, policy := range properties["Policies"].([]any) {
		for _, statement := range policy.(object)["PolicyDocument"].(object)["Statement"].([]any) {
			statement := statement.(object)
			if keys := slices.Sorted(maps.Keys(statement)); !slices.Equal(keys, []string{"Action", "Effect", "Resource"}) || statement["Effect"] != "Allow" {
				s.t.Errorf("%s has a statement of %v, want an Allow of Action and Resource", name, keys)
				continue
			}
			for _, action := range texts(statement["Action"]) {
				for _, resource := range texts(statement["Resource"]) {
					if strings.Contains(action, "*") || strings.Contains(resource, "*") && !strings.HasPrefix(action, "xray:") {
						s.t.Errorf("%s permits %s on %s: only X-Ray has no finer resource", name, action, resource)
					}
					found[action+" "+resource] = true
				}
			}
		}
	}
	return found
}

// texts reads what may be one string or a list of them.
func texts(value any) []string {
	list, ok := value.([]any)
	if !ok {
		return []string{value.(string)}
	}
	var all []string
	for _, element := range list {
		all = append(all, element.(string))
	}
	return all
}
