// Package stacks_test holds template.yaml to the code that it deploys.
package stacks_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	bothDoors = map[string]string{
		"UsersDeskproUrl": "https://acme.deskpro.com/", "AgentsDeskproUrl": "https://acme.deskpro.com/",
	}
	bothDoorsWithCognito = map[string]string{
		"UsersDeskproUrl": "https://acme.deskpro.com/", "AgentsDeskproUrl": "https://acme.deskpro.com/",
		"DirectoryKind": "cognito", "CognitoUserPoolId": "us-east-1_AbCdEfGhI", "CognitoClientId": "4f5g6h7j8k",
		"CognitoClientSecretArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:pool-client-AbCdEf",
	}
)

// behindEdge is with CloudFront and WAF in front.
var behindEdge = map[string]string{
	"UsersDeskproUrl": "https://acme.deskpro.com/", "AgentsDeskproUrl": "https://acme.deskpro.com/",
	"EdgeDomain": "login.acme.com", "OriginVerifyHashes": strings.Repeat("0123456789abcdef", 4),
}

// folders are the functions' folders.
func folders(t *testing.T) []string {
	t.Helper()
	mains, err := filepath.Glob("../../functions/*/main.go")
	if err != nil || len(mains) == 0 {
		t.Fatalf("there are no functions (%v)", err)
	}
	var names []string
	for _, main := range mains {
		names = append(names, filepath.Base(filepath.Dir(main)))
	}
	return names
}

// resourceOf is the logical ID that goes with a folder.
func resourceOf(folder, kind string) string {
	return strings.ToUpper(folder[:1]) + folder[1:] + kind
}

func TestEachFolderOfFunctionsIsOneFunctionWithItsOwnRoleAndLog(t *testing.T) {
	s := newStack(t, bothDoors)
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	functions, owner := s.resources("AWS::Serverless::Function"), map[any]string{}
	for _, folder := range folders(t) {
		name := resourceOf(folder, "Function")
		function, ok := functions[name]
		if !ok {
			t.Errorf("functions/%s has no resource %s", folder, name)
			continue
		}
		delete(functions, name)

		// sam build runs the target build-<logical ID>.
		target := regexp.MustCompile(`(?m)^build-` + name + `: FUNCTION = ` + folder + `$`)
		if method := function["Metadata"].(object)["BuildMethod"]; method != "makefile" || !target.Match(makefile) {
			t.Errorf("%s is built by %v; want makefile, and the Makefile's target build-%s to build %s", name, method, name, folder)
		}
		properties := function["Properties"].(object)
		if properties["Policies"] != nil {
			t.Errorf("%s has Policies, by which SAM would make another role; write them in %s", name, resourceOf(folder, "Role"))
		}
		role := s.resolve(properties["Role"])
		group := s.resolve(properties["LoggingConfig"].(object)["LogGroup"])
		if want := resourceOf(folder, "Role") + ".Arn"; role != want {
			t.Errorf("%s has the role %v, want %s", name, role, want)
		}
		for _, own := range []any{role, group} {
			if owner[own] != "" {
				t.Errorf("%s and %s share %v", owner[own], name, own)
			}
			owner[own] = name
		}
	}
	for name := range functions {
		t.Errorf("%s has no folder in functions/", name)
	}
	for name := range s.resources("AWS::IAM::Role") {
		if owner[name+".Arn"] == "" && name != "CodeDeployRole" {
			t.Errorf("%s is no function's role", name)
		}
	}
	for name, group := range s.resources("AWS::Logs::LogGroup") {
		if owner[name] == "" && name != "AccessLogs" && name != "OperatorLogs" {
			t.Errorf("%s is no function's log", name)
		}
		if group["Properties"].(object)["RetentionInDays"] == nil {
			t.Errorf("%s keeps its logs for ever", name)
		}
	}
}

// Below one vCPU (1769 MB) the Go scheduler's other threads only take the CPU's
// time from the first; from there on they have one of their own.
func TestFunctionsBelowOneCPUHaveOneThread(t *testing.T) {
	s := newStack(t, bothDoors)
	for name, function := range s.resources("AWS::Serverless::Function") {
		memory := s.resolve(function["Properties"].(object)["MemorySize"]).(int)
		if got, want := s.environment(name)["GOMAXPROCS"] == "1", memory < 1769; got != want {
			t.Errorf("%s with %d MB has GOMAXPROCS=1: %v, want %v", name, memory, got, want)
		}
	}
}

func TestAccessLogHoldsOnlyWhatIsListedHere(t *testing.T) {
	// Not among them: the query string and the Location, which hold tokens and
	// return URLs; the path, in which an escaped question mark hides a query;
	// headers, which are the client's words and not escaped.
	allowed := []string{
		"requestTime", "requestId", "identity.sourceIp", "httpMethod", "routeKey", "status", "responseLength", "responseLatency",
		"integrationLatency", "integrationStatus", "integrationErrorMessage", "integration.requestId", "error.responseType",
	}
	for name, api := range newStack(t, bothDoors).resources("AWS::Serverless::HttpApi") {
		format := api["Properties"].(object)["AccessLogSettings"].(object)["Format"].(string)
		var line map[string]string
		if err := json.Unmarshal([]byte(format), &line); err != nil {
			t.Fatalf("%s: the access log's format is not JSON: %v", name, err)
		}
		for field, value := range line {
			if variable, ok := strings.CutPrefix(value, "$context."); !ok || !slices.Contains(allowed, variable) {
				t.Errorf("%s: the access log has %s %q, which is not in this test's list", name, field, value)
			}
		}
	}
}

// CloudFormation makes a new secret, with a new value, when a secret's logical
// ID, name or GenerateSecretString block changes. Deskpro still has the old one
// and refuses every token: nobody can sign in until an admin has pasted the new
// one. With another FactorSecret nobody's authenticator app is known any more. So
// these stay as they were when first deployed.
func TestSecretsAreFrozen(t *testing.T) {
	want := map[string]object{
		"UsersSecret":  {"PasswordLength": 64, "ExcludePunctuation": true},
		"AgentsSecret": {"PasswordLength": 64, "ExcludePunctuation": true},
		"FactorSecret": {"PasswordLength": 64, "ExcludePunctuation": true},
	}
	s := newStack(t, bothDoors)
	secrets := s.resources("AWS::SecretsManager::Secret")
	for name, block := range want {
		secret, ok := secrets[name]
		if !ok {
			t.Errorf("%s is gone: renaming a secret locks everyone out", name)
			continue
		}
		properties := secret["Properties"].(object)
		if got := properties["GenerateSecretString"]; !reflect.DeepEqual(got, block) {
			t.Errorf("%s: GenerateSecretString is %v, was %v: changing it makes a new secret and locks everyone out", name, got, block)
		}
		if properties["Name"] != nil {
			t.Errorf("%s has a name: giving it one makes a new secret and locks everyone out", name)
		}
	}
	for name, secret := range secrets {
		if want[name] == nil {
			t.Errorf("%s is not in this test's list", name)
		}
		retained(t, name, secret)
	}
	// RetainExceptOnCreate would have an update that makes it, and is rolled back
	// once people have set up apps, delete what these were sealed with.
	if policy := secrets["FactorSecret"]["DeletionPolicy"]; policy != "Retain" {
		t.Errorf("FactorSecret: DeletionPolicy is %v, want Retain", policy)
	}
}

// A version that people reach has been tried, and goes back when an alarm says
// so.
func TestNewVersionsAreTriedBeforePeopleReachThem(t *testing.T) {
	s := newStack(t, bothDoors)
	// The first puts in the parameters' values; without it a changed one would be
	// no change for the second, and no new version.
	if want := []any{"AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"}; !reflect.DeepEqual(s.template["Transform"], want) {
		t.Errorf("the transforms are %v, want %v", s.template["Transform"], want)
	}
	globals := s.resolve(s.section("Globals")["Function"]).(object)
	if globals["AutoPublishAlias"] != "live" {
		t.Errorf("the API calls the alias %v, want live", globals["AutoPublishAlias"])
	}
	alarms := s.resources("AWS::CloudWatch::Alarm")
	for name, function := range s.resources("AWS::Serverless::Function") {
		properties := s.resolve(function["Properties"]).(object)
		// The others are called by no API: nobody waits for them whom a bad version
		// would keep out.
		if name == "PreflightFunction" || name == "RotateFunction" {
			if ignored, _ := function["IgnoreGlobals"].([]any); !slices.Contains(ignored, any("DeploymentPreference")) || !slices.Contains(ignored, any("AutoPublishAlias")) {
				t.Errorf("%s is tried by itself, or by what cannot try it", name)
			}
			continue
		}
		if properties["AutoPublishAliasAllProperties"] != true {
			t.Errorf("%s: a changed variable would never reach the alias", name)
		}
	}
	preference := globals["DeploymentPreference"].(object)
	if hook := preference["Hooks"].(object)["PreTraffic"]; hook != "PreflightFunction" {
		t.Errorf("new versions are tried by %v", hook)
	}
	for _, alarm := range []string{"FailuresAlarm", "LoginErrorsAlarm", "AuthenticateErrorsAlarm", "LogoutErrorsAlarm"} {
		if !slices.Contains(preference["Alarms"].([]any), any(alarm)) || alarms[alarm] == nil {
			t.Errorf("%s does not take a deployment back", alarm)
		}
	}
	cure := newStack(t, with(bothDoors, map[string]string{"RollBackOnAlarm": "off"}))
	cured := cure.resolve(cure.section("Globals")["Function"].(object)["DeploymentPreference"]).(object)
	if alarms := cured["Alarms"].([]any); len(alarms) > 0 {
		t.Errorf("%v stand in the way of what would cure them", alarms)
	}
}

// Whoever disabled an account, or took an app away, is asked about it when the
// stack may be long gone. Under a name of its own the log that is left would be
// in the way of the next stack.
func TestWhatOperatorsDidOutlivesTheStack(t *testing.T) {
	s := newStack(t, with(bothDoors, map[string]string{"LogRetentionDays": "400"}))
	retained(t, "OperatorLogs", s.resource("OperatorLogs"))
	logs := s.properties("OperatorLogs")
	if logs["LogGroupName"] != nil {
		t.Errorf("it is named %v", logs["LogGroupName"])
	}
	if logs["RetentionInDays"] != "400" {
		t.Errorf("it keeps lines for %v days, want as long as the others", logs["RetentionInDays"])
	}
	if got := s.resolve(s.section("Outputs")["OperatorLogGroupName"].(object)["Value"]); got != "OperatorLogs" {
		t.Errorf("the output names %v", got)
	}
}

// An operator's tool has to know the table as the functions do.
func TestOutputsTellOfTheTable(t *testing.T) {
	for name, test := range map[string]struct {
		parameters map[string]string
		want       map[string]string
	}{
		"a table that the stack makes": {bothDoors, map[string]string{
			"AccountsTableName": "AccountsTable", "AccountsWrites": "on", "FactorSecretArn": "FactorSecret",
			"PasswordRules": "min-length=15 breach-check=off", "HashCost": "memory=19456 time=2 parallelism=1",
			"BrandName": "Helpdesk", "CompanyWords": "https://acme.deskpro.com/  https://acme.deskpro.com/    ",
		}},
		"a table of others": {with(bothDoors, tableOptions), map[string]string{
			"AccountsTableName": "people", "AccountsFields": tableOptions["AccountsFields"], "AccountsWrites": "on", "FactorSecretArn": tableOptions["FactorSecretArn"],
			"PasswordRules": "min-length=20 breach-check=on", "HashCost": "memory=65536 time=3 parallelism=4",
			"BrandName": "Helpdesk", "CompanyWords": "https://acme.deskpro.com/  https://acme.deskpro.com/    " + tableOptions["PasswordWords"],
		}},
		"a table that is only read": {with(bothDoors, map[string]string{"AccountsWrites": "off"}), map[string]string{
			"AccountsTableName": "AccountsTable", "AccountsWrites": "off", "HashCost": "memory=19456 time=2 parallelism=1",
			"BrandName": "Helpdesk", "CompanyWords": "https://acme.deskpro.com/  https://acme.deskpro.com/    ",
		}},
		"a user pool": {bothDoorsWithCognito, nil},
	} {
		s := newStack(t, test.parameters)
		got := map[string]string{}
		for _, output := range []string{"AccountsTableName", "AccountsFields", "AccountsWrites", "FactorSecretArn", "PasswordRules", "HashCost", "BrandName", "CompanyWords"} {
			if o := s.section("Outputs")[output].(object); s.condition(o["Condition"].(string)) {
				got[output] = s.resolve(o["Value"]).(string)
			}
		}
		if !maps.Equal(got, test.want) {
			t.Errorf("%s: outputs are %v, want %v", name, got, test.want)
		}
		if !slices.Contains(slices.Collect(maps.Keys(s.section("Outputs"))), "StateTableName") {
			t.Error("the table of sessions is no output")
		}
	}
}

func retained(t *testing.T, name string, resource object) {
	t.Helper()
	// A stack that could not be made at all may take its secrets away again.
	if policy := resource["DeletionPolicy"]; policy != "Retain" && policy != "RetainExceptOnCreate" || resource["UpdateReplacePolicy"] != "Retain" {
		t.Errorf("%s: DeletionPolicy is %v, UpdateReplacePolicy %v, want Retain", name, policy, resource["UpdateReplacePolicy"])
	}
}

func TestTablesAreAsTheCodeReadsThem(t *testing.T) {
	s := newStack(t, bothDoors)
	tables := s.resources("AWS::DynamoDB::Table")
	for name, key := range map[string]string{"StateTable": "key", "AccountsTable": "login"} {
		properties := tables[name]["Properties"].(object)
		if got, want := properties["KeySchema"], []any{object{"AttributeName": key, "KeyType": "HASH"}}; !reflect.DeepEqual(got, want) {
			t.Errorf("%s has the key %v, want %v", name, got, want)
		}
		if got, want := s.resolve(properties["SSESpecification"]), (object{"SSEEnabled": true, "SSEType": "KMS"}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s has the encryption %v, want %v", name, got, want)
		}
	}
	state, accounts := tables["StateTable"]["Properties"].(object), tables["AccountsTable"]["Properties"].(object)
	if got, want := state["TimeToLiveSpecification"], (object{"AttributeName": "expires", "Enabled": true}); !reflect.DeepEqual(got, want) {
		t.Errorf("StateTable has the time to live %v, want %v", got, want)
	}
	retained(t, "AccountsTable", tables["AccountsTable"])
	if accounts["DeletionProtectionEnabled"] != true {
		t.Error("AccountsTable can be deleted: the company's accounts would be gone")
	}
	if got, want := accounts["PointInTimeRecoverySpecification"], (object{"PointInTimeRecoveryEnabled": true}); !reflect.DeepEqual(got, want) {
		t.Errorf("AccountsTable has the backups %v, want %v", got, want)
	}
}
