package stacks_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"deskpro-login/pkg/rotation"
)

const (
	pool         = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbCdEfGhI"
	deployments  = "arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:ServerlessDeploymentApplication/*"
	clientSecret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:pool-client-AbCdEf"
	factorSecret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:factors-AbCdEf"
	mine         = "arn:aws:dynamodb:eu-west-1:123456789012:table/mine"
	// credentials are the attributes of an account that authenticate may write or
	// compare: package directory/dynamo's of account.Credentials, the key, and the
	// two that go with each write. Not among them: groups, id, email, disabled.
	credentials = " only login password_hash password_changed password_expires must_change factor updated version"
)

// Each function may do this and nothing else: what its wire.go links and its
// handlers call.
func TestEachRolePermitsWhatItsFunctionDoes(t *testing.T) {
	trace := []string{"xray:PutTelemetryRecords *", "xray:PutTraceSegments *"}
	signing := []string{"secretsmanager:GetSecretValue AgentsSecret", "secretsmanager:GetSecretValue UsersSecret"}
	// keyring.Source.Keyring asks which versions there are.
	versions := []string{"secretsmanager:DescribeSecret AgentsSecret", "secretsmanager:DescribeSecret UsersSecret"}
	login := slices.Concat(trace, signing, versions, []string{
		"logs:CreateLogStream LoginLogs.Arn", "logs:PutLogEvents LoginLogs.Arn",
		"dynamodb:GetItem StateTable.Arn session#* ended#* devices#* bounces#users bounces#agents", // session.Find, Devices, bounce.Ledger
		"dynamodb:PutItem StateTable.Arn session#* ended#* bounces#users bounces#agents",           // session.Find, noting the use; EndAllBut; bounce.Ledger
		"dynamodb:DeleteItem StateTable.Arn session#*",                                             // session.EndDevice
	})
	// rotation.Rotation over awsrotation.Store. To confirm (TagResource) is not its own.
	rotate := slices.Concat(trace, signing, versions, []string{
		"logs:CreateLogStream RotateLogs.Arn", "logs:PutLogEvents RotateLogs.Arn",
		"secretsmanager:PutSecretValue AgentsSecret", "secretsmanager:PutSecretValue UsersSecret",
		"secretsmanager:UpdateSecretVersionStage AgentsSecret", "secretsmanager:UpdateSecretVersionStage UsersSecret",
		"secretsmanager:UntagResource AgentsSecret tag " + rotation.ConfirmedTag, "secretsmanager:UntagResource UsersSecret tag " + rotation.ConfirmedTag,
	})
	authenticate := slices.Concat(trace, signing, []string{
		"logs:CreateLogStream AuthenticateLogs.Arn", "logs:PutLogEvents AuthenticateLogs.Arn",
		// session.Open and EndAll, challenge.Open, Answer and Settle, at both prefixes.
		// regulation.Count and Remember.
		"dynamodb:PutItem StateTable.Arn session#* challenge#* federation#* ended#* devices#* guesses#* known#*",
		// session.End, of the one from before; challenge.Take, of a trip; regulation's
		// Ticket.Right and Clear, and Remember, of what a browser had.
		"dynamodb:DeleteItem StateTable.Arn session#* federation#* known#*",
		// session.Find, challenge.Answer, session.Open, EndAll and EndedSince; regulation.Count and Recall.
		"dynamodb:GetItem StateTable.Arn session#* challenge#* ended#* devices#* guesses#* known#*",
	})
	// cognito.Authenticate, Respond, Reset and Inspect. IAM has no say in what else it
	// asks for: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pools-API-operations.html
	asking := func(pool string) []string {
		return []string{"cognito-idp:AdminInitiateAuth " + pool, "cognito-idp:AdminRespondToAuthChallenge " + pool, "cognito-idp:AdminGetUser " + pool, "cognito-idp:DescribeUserPoolClient " + pool}
	}
	logout := slices.Concat(trace, []string{
		"logs:CreateLogStream LogoutLogs.Arn", "logs:PutLogEvents LogoutLogs.Arn",
		"dynamodb:DeleteItem StateTable.Arn session#*", // session.End
	})
	preflight := slices.Concat(trace, signing, []string{
		"logs:CreateLogStream PreflightLogs.Arn", "logs:PutLogEvents PreflightLogs.Arn",
		"dynamodb:PutItem StateTable.Arn session#*", "dynamodb:GetItem StateTable.Arn session#* ended#*", "dynamodb:DeleteItem StateTable.Arn session#*", // session.Open, Find, End
		"lambda:InvokeFunction LoginFunction.Arn:*", "lambda:InvokeFunction AuthenticateFunction.Arn:*", "lambda:InvokeFunction LogoutFunction.Arn:*",
		"codedeploy:PutLifecycleEventHookExecutionStatus " + deployments,
	})
	// What AWS's own policy for it has, less what no function of this stack needs:
	// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCodeDeployRoleForLambdaLimited.html
	deploy := []string{"lambda:InvokeFunction PreflightFunction.Arn", "cloudwatch:DescribeAlarms *"}
	for _, function := range []string{"LoginFunction.Arn", "AuthenticateFunction.Arn", "LogoutFunction.Arn"} {
		for _, action := range []string{"lambda:GetAlias ", "lambda:UpdateAlias ", "lambda:GetProvisionedConcurrencyConfig "} {
			deploy = append(deploy, action+function, action+function+":*")
		}
	}
	for name, test := range map[string]struct {
		parameters map[string]string
		want       map[string][]string
	}{
		"with a table of accounts": {bothDoors, map[string][]string{
			"LoginRole": login, "LogoutRole": logout, "PreflightRole": preflight, "RotateRole": rotate, "CodeDeployRole": deploy,
			"AuthenticateRole": slices.Concat(authenticate, []string{"dynamodb:GetItem AccountsTable.Arn", "dynamodb:UpdateItem AccountsTable.Arn" + credentials, "secretsmanager:GetSecretValue FactorSecret"}),
		}},
		"with people who vouch for a secret": {with(bothDoors, map[string]string{"PromoteWhen": "accepted", "DirectoryKind": "cognito"}), map[string][]string{
			"LoginRole": login, "LogoutRole": logout, "PreflightRole": preflight, "CodeDeployRole": deploy,
			"RotateRole":       slices.Concat(rotate, []string{"dynamodb:GetItem StateTable.Arn bounces#users bounces#agents"}), // bounce.Ledger.Of
			"AuthenticateRole": slices.Concat(authenticate, asking("UserPool.Arn"), []string{"secretsmanager:GetSecretValue UserPoolClientSecret"}),
		}},
		"with a table of accounts without apps": {with(bothDoors, map[string]string{"Factors": "off"}), map[string][]string{
			"LoginRole": login, "LogoutRole": logout, "PreflightRole": preflight, "RotateRole": rotate, "CodeDeployRole": deploy,
			"AuthenticateRole": slices.Concat(authenticate, []string{"dynamodb:GetItem AccountsTable.Arn", "dynamodb:UpdateItem AccountsTable.Arn" + credentials}),
		}},
		"with a table of accounts that is only read": {with(bothDoors, map[string]string{"AccountsWrites": "off"}), map[string][]string{
			"LoginRole": login, "LogoutRole": logout, "PreflightRole": preflight, "RotateRole": rotate, "CodeDeployRole": deploy,
			"AuthenticateRole": slices.Concat(authenticate, []string{"dynamodb:GetItem AccountsTable.Arn"}),
		}},
		"with a table of accounts from an earlier stack": {with(bothDoors, map[string]string{"AccountsTableName": "mine", "FactorSecretArn": factorSecret}), map[string][]string{
			"LoginRole": login, "LogoutRole": logout, "PreflightRole": preflight, "RotateRole": rotate, "CodeDeployRole": deploy,
			"AuthenticateRole": slices.Concat(authenticate, []string{"dynamodb:GetItem " + mine, "dynamodb:UpdateItem " + mine + credentials, "secretsmanager:GetSecretValue " + factorSecret}),
		}},
		"with a table of others": {with(bothDoors, map[string]string{"AccountsTableName": "mine", "AccountsFields": "login=username"}), map[string][]string{
			"LoginRole": login, "LogoutRole": logout, "PreflightRole": preflight, "RotateRole": rotate, "CodeDeployRole": deploy,
			"AuthenticateRole": slices.Concat(authenticate, []string{"dynamodb:GetItem " + mine, "dynamodb:UpdateItem " + mine, "secretsmanager:GetSecretValue FactorSecret"}),
		}},
		"with a table of others that is only read": {with(bothDoors, map[string]string{"AccountsTableName": "mine", "AccountsFields": "login=username", "AccountsWrites": "off"}), map[string][]string{
			"LoginRole": login, "LogoutRole": logout, "PreflightRole": preflight, "RotateRole": rotate, "CodeDeployRole": deploy,
			"AuthenticateRole": slices.Concat(authenticate, []string{"dynamodb:GetItem " + mine}),
		}},
		"with a user pool that the stack makes": {with(bothDoors, map[string]string{"DirectoryKind": "cognito"}), map[string][]string{
			"LoginRole": login, "LogoutRole": logout, "PreflightRole": preflight, "RotateRole": rotate, "CodeDeployRole": deploy,
			"AuthenticateRole": slices.Concat(authenticate, asking("UserPool.Arn"), []string{"secretsmanager:GetSecretValue UserPoolClientSecret"}),
		}},
		"with a Cognito user pool in another Region": {bothDoorsWithCognito, map[string][]string{
			"LoginRole": login, "LogoutRole": logout, "PreflightRole": preflight, "RotateRole": rotate, "CodeDeployRole": deploy,
			"AuthenticateRole": slices.Concat(authenticate, asking(pool), []string{"secretsmanager:GetSecretValue " + clientSecret}),
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

func TestASecretOfOnesOwnIsReadInsteadOfOneThatIsMade(t *testing.T) {
	const mine = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mine-AbCdEf"
	s := newStack(t, with(bothDoors, map[string]string{"AgentsSecretArn": mine}))
	for _, role := range []string{"LoginRole", "AuthenticateRole", "PreflightRole", "RotateRole"} {
		got := s.permissions(role, s.resource(role))
		if !got["secretsmanager:GetSecretValue "+mine] || got["secretsmanager:GetSecretValue AgentsSecret"] || !got["secretsmanager:GetSecretValue UsersSecret"] {
			t.Errorf("%s permits %v", role, slices.Sorted(maps.Keys(got)))
		}
	}
	if s.made("AgentsSecret") {
		t.Error("a secret is made that nobody uses")
	}
}

// A key of the company's own: usable through the services that hold what it
// encrypts, and in no other way.
func TestAKeyOfOnesOwnEncryptsEverything(t *testing.T) {
	const key = "arn:aws:kms:eu-west-1:123456789012:key/12345678-1234-1234-1234-123456789012"
	s := newStack(t, with(bothDoors, map[string]string{"KmsKeyArn": key, "AlarmEmail": "ops@acme.com"}))
	for _, folder := range folders(t) {
		role := resourceOf(folder, "Role")
		if !s.permissions(role, s.resource(role))["kms:Decrypt "+key] {
			t.Errorf("%s may not use the key", role)
		}
	}
	// A new value is encrypted with a data key.
	if !s.permissions("RotateRole", s.resource("RotateRole"))["kms:GenerateDataKey "+key] {
		t.Error("RotateRole may not put a value under the key")
	}
	if s.resolve(s.section("Globals")["Function"].(object)["KmsKeyArn"]) != key {
		t.Error("the functions' variables are not encrypted with the key")
	}
	for kind, property := range map[string]string{
		"AWS::SecretsManager::Secret": "KmsKeyId", "AWS::Logs::LogGroup": "KmsKeyId", "AWS::SNS::Topic": "KmsMasterKeyId",
	} {
		for name, resource := range s.resources(kind) {
			if got := s.resolve(resource["Properties"]).(object)[property]; got != key {
				t.Errorf("%s is encrypted with %v, want the key", name, got)
			}
		}
	}
	for name, table := range s.resources("AWS::DynamoDB::Table") {
		if got := s.resolve(table["Properties"]).(object)["SSESpecification"].(object)["KMSMasterKeyId"]; got != key {
			t.Errorf("%s is encrypted with %v, want the key", name, got)
		}
	}
}

func TestEachRoleIsWithinTheBoundary(t *testing.T) {
	const boundary = "arn:aws:iam::123456789012:policy/boundary"
	s := newStack(t, with(bothDoors, map[string]string{"PermissionsBoundaryArn": boundary}))
	for name, role := range s.resources("AWS::IAM::Role") {
		if got := s.resolve(role["Properties"]).(object)["PermissionsBoundary"]; got != boundary {
			t.Errorf("%s has the boundary %v", name, got)
		}
	}
}

func TestOnlyTheDoorThatIsOnHasItsSecretRead(t *testing.T) {
	s := newStack(t, map[string]string{"UsersDeskproUrl": "https://acme.deskpro.com/"})
	for role, resource := range s.resources("AWS::IAM::Role") {
		for permission := range s.permissions(role, resource) {
			if strings.Contains(permission, "AgentsSecret") {
				t.Errorf("%s permits %s, of the door that is off", role, permission)
			}
		}
	}
}

// permissions returns the pairs "action resource" that a role permits, and
// reports what no role may have.
func (s *stack) permissions(name string, role object) map[string]bool {
	s.t.Helper()
	properties := s.resolve(role["Properties"]).(object)
	for key := range properties {
		if key != "AssumeRolePolicyDocument" && key != "Policies" && key != "PermissionsBoundary" {
			s.t.Errorf("%s has %s: a role's permissions are written out in Policies", name, key)
		}
	}
	found := map[string]bool{}
	for _, policy := range properties["Policies"].([]any) {
		for _, statement := range policy.(object)["PolicyDocument"].(object)["Statement"].([]any) {
			statement := statement.(object)
			keys := slices.Sorted(maps.Keys(statement))
			if statement["Condition"] != nil { // narrows it further
				keys = slices.DeleteFunc(keys, func(key string) bool { return key == "Condition" })
			}
			if !slices.Equal(keys, []string{"Action", "Effect", "Resource"}) || statement["Effect"] != "Allow" {
				s.t.Errorf("%s has a statement of %v, want an Allow of Action and Resource", name, keys)
				continue
			}
			for _, action := range texts(statement["Action"]) {
				for _, resource := range texts(statement["Resource"]) {
					if strings.Contains(action, "*") || strings.Contains(resource, "*") && !strings.HasPrefix(action, "xray:") && action != "cloudwatch:DescribeAlarms" && resource != deployments && !strings.HasSuffix(resource, "Function.Arn:*") {
						s.t.Errorf("%s permits %s on %s: only X-Ray and alarms have no finer resource, a deployment's group no name before it is made, and a version no number", name, action, resource)
					}
					if slices.Contains([]string{"secretsmanager:TagResource", "secretsmanager:UpdateSecret", "secretsmanager:RotateSecret"}, action) {
						s.t.Errorf("%s permits %s: what is right for Deskpro is for an operator to say", name, action)
					}
					if strings.HasPrefix(action, "kms:") && statement["Condition"].(object)["StringEquals"].(object)["kms:ViaService"] == nil {
						s.t.Errorf("%s permits %s directly, not only through a service", name, action)
					}
					found[action+" "+resource+leadingKeys(statement)+s.attributes(name, statement)+s.tags(name, statement)] = true
				}
			}
		}
	}
	return found
}

// leadingKeys are those of a table's items that a statement is bounded to, after
// a space.
func leadingKeys(statement object) string {
	condition, _ := statement["Condition"].(object)
	bound, _ := condition["ForAllValues:StringLike"].(object)
	keys, _ := bound["dynamodb:LeadingKeys"].([]any)
	all := ""
	for _, key := range keys {
		all += " " + key.(string)
	}
	return all
}

// attributes are those that a statement is bounded to, after " only", and
// reports what would let a request past that bound: one that names none, or has
// the whole item returned.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
func (s *stack) attributes(role string, statement object) string {
	s.t.Helper()
	condition, _ := statement["Condition"].(object)
	bound, _ := condition["ForAllValues:StringEquals"].(object)
	names, ok := bound["dynamodb:Attributes"].([]any)
	if !ok {
		return ""
	}
	named, _ := condition["Null"].(object)
	equal, _ := condition["StringEquals"].(object)
	if named["dynamodb:Attributes"] != "false" {
		s.t.Errorf("%s: a request that names no attribute passes", role)
	}
	if returned := texts(equal["dynamodb:ReturnValues"]); !slices.Equal(returned, []string{"NONE", "UPDATED_OLD", "UPDATED_NEW"}) {
		s.t.Errorf("%s: a request may have %v returned", role, returned)
	}
	all := " only"
	for _, name := range names {
		all += " " + name.(string)
	}
	return all
}

// tags are the keys of those that a statement is bounded to, after " tag ", and
// reports what would let a request past that bound that names none.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-tagkeys
func (s *stack) tags(role string, statement object) string {
	s.t.Helper()
	condition, _ := statement["Condition"].(object)
	bound, _ := condition["ForAllValues:StringEquals"].(object)
	keys, ok := bound["aws:TagKeys"].([]any)
	if !ok {
		return ""
	}
	if named, _ := condition["Null"].(object); named["aws:TagKeys"] != "false" {
		s.t.Errorf("%s: a request that names no tag passes", role)
	}
	return " tag " + strings.Join(texts(keys), " ")
}

// texts reads what may be one string or a list of them.
func texts(value any) []string {
	if value == nil {
		return nil
	}
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
