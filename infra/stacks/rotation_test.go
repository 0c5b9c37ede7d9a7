package stacks_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/rotation"
)

// With RotateAfterDays a schedule makes values that wait. Renamed, it would be
// deleted after the one that takes its place, whose rotation that ends; without
// RotateImmediatelyOnUpdate a value would wait after each change of it; and no
// other secret has a copy elsewhere that somebody has to change.
func TestSchedulesOfSecretsAreFrozen(t *testing.T) {
	const mine = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mine-AbCdEf"
	for name, test := range map[string]struct {
		parameters map[string]string
		want       map[string]string // the secret of each schedule
	}{
		"never by itself":  {bothDoors, nil},
		"both doors":       {with(bothDoors, map[string]string{"RotateAfterDays": "90"}), map[string]string{"UsersRotation": "UsersSecret", "AgentsRotation": "AgentsSecret"}},
		"one door":         {map[string]string{"AgentsDeskproUrl": "https://acme.deskpro.com/", "RotateAfterDays": "90"}, map[string]string{"AgentsRotation": "AgentsSecret"}},
		"one's own secret": {with(bothDoors, map[string]string{"UsersSecretArn": mine, "RotateAfterDays": "90"}), map[string]string{"UsersRotation": mine, "AgentsRotation": "AgentsSecret"}},
	} {
		s := newStack(t, test.parameters)
		got := map[string]string{}
		for id, value := range s.section("Resources") {
			resource := value.(object)
			if resource["Type"] != "AWS::SecretsManager::RotationSchedule" || !s.made(id) {
				continue
			}
			schedule := s.properties(id)
			got[id] = schedule["SecretId"].(string)
			rules, door := schedule["RotationRules"].(object), strings.TrimSuffix(id, "Rotation")
			if schedule["RotateImmediatelyOnUpdate"] != false || schedule["RotationLambdaARN"] != "RotateFunction.Arn" || !maps.Equal(rules, object{"AutomaticallyAfterDays": "90"}) {
				t.Errorf("%s: %s is %v", name, id, schedule)
			}
			// Secrets Manager tries the function when the schedule is made.
			if resource["DependsOn"] != door+"RotatePermission" || s.properties(door + "RotatePermission")["SourceArn"] != got[id] {
				t.Errorf("%s: %s is made after %v, of %v", name, id, resource["DependsOn"], s.properties(door+"RotatePermission"))
			}
		}
		if !maps.Equal(got, test.want) {
			t.Errorf("%s: the schedules are %v, want %v", name, got, test.want)
		}
	}
}

// Whoever else could call it could have a secret that waits take over.
func TestOnlySecretsManagerAndTheRuleCallRotate(t *testing.T) {
	for name, test := range map[string]struct {
		parameters map[string]string
		want       []string
	}{
		"both doors":          {bothDoors, []string{"secretsmanager.amazonaws.com for AgentsSecret", "secretsmanager.amazonaws.com for UsersSecret"}},
		"one door":            {map[string]string{"UsersDeskproUrl": "https://acme.deskpro.com/"}, []string{"secretsmanager.amazonaws.com for UsersSecret"}},
		"people who vouch":    {map[string]string{"UsersDeskproUrl": "https://acme.deskpro.com/", "PromoteWhen": "accepted"}, []string{"events.amazonaws.com for PromoteAcceptedRule.Arn", "secretsmanager.amazonaws.com for UsersSecret"}},
		"a word, on schedule": {map[string]string{"UsersDeskproUrl": "https://acme.deskpro.com/", "RotateAfterDays": "30"}, []string{"secretsmanager.amazonaws.com for UsersSecret"}},
	} {
		s := newStack(t, test.parameters)
		var got []string
		for id := range s.resources("AWS::Lambda::Permission") {
			permission := s.properties(id)
			if permission["FunctionName"] != "RotateFunction" || permission["Action"] != "lambda:InvokeFunction" {
				t.Errorf("%s: %s is %v", name, id, permission)
			}
			if permission["Principal"] == "secretsmanager.amazonaws.com" && permission["SourceAccount"] != "123456789012" {
				t.Errorf("%s: %s is for the secrets of %v", name, id, permission["SourceAccount"])
			}
			got = append(got, permission["Principal"].(string)+" for "+permission["SourceArn"].(string))
		}
		if slices.Sort(got); !slices.Equal(got, test.want) {
			t.Errorf("%s: it may be called by %v, want %v", name, got, test.want)
		}
	}
	// An event that nobody waits for is asked for again anyway.
	s := newStack(t, with(bothDoors, map[string]string{"PromoteWhen": "accepted"}))
	rule, once := s.properties("PromoteAcceptedRule"), s.properties("PromoteAcceptedOnce")
	target := rule["Targets"].([]any)[0].(object)
	if rule["ScheduleExpression"] != "rate(15 minutes)" || len(rule["Targets"].([]any)) != 1 || target["Arn"] != "RotateFunction.Arn" || target["RetryPolicy"].(object)["MaximumRetryAttempts"] != 0 {
		t.Errorf("the rule is %v", rule)
	}
	var event rotation.Event
	if err := json.Unmarshal([]byte(target["Input"].(string)), &event); err != nil || event != (rotation.Event{Step: "promoteAccepted"}) {
		t.Errorf("the rule asks for %v (%v)", event, err)
	}
	if !slices.ContainsFunc(sources(t, "../../functions/rotate"), func(source string) bool { return strings.Contains(source, strconv.Quote(event.Step)) }) {
		t.Errorf("functions/rotate knows nothing of %q", event.Step)
	}
	if once["FunctionName"] != "RotateFunction" || once["Qualifier"] != "$LATEST" || once["MaximumRetryAttempts"] != 0 {
		t.Errorf("Lambda repeats what failed: %v", once)
	}
}

// sources are the texts of a folder's Go files.
func sources(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(folder + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return texts
}

// People who come back, and a secret that waits, are no fault of a new version;
// and a rotation fails on purpose until somebody says that Deskpro has the secret.
func TestNoAlarmForSecretsTakesADeploymentBack(t *testing.T) {
	root := newStack(t, bothDoors)
	preference := root.resolve(root.section("Globals")["Function"].(object)["DeploymentPreference"]).(object)
	for _, alarm := range preference["Alarms"].([]any) {
		if slices.Contains([]any{"LoopsAlarm", "SecretWaitsAlarm"}, alarm) {
			t.Errorf("%s takes a deployment back", alarm)
		}
	}
	for name, alarm := range allAlarms(t) {
		for _, m := range alarmSeries(t, name, alarm) {
			if strings.Contains(m.values["FunctionName"], "Rotate") {
				t.Errorf("%s watches the rotate function's %s", name, m.name)
			}
		}
	}
}

// One person whom Deskpro does not let in tries again once or twice.
func TestTheAlarmForLoopsLetsOnePersonTryAgain(t *testing.T) {
	alarm := allAlarms(t)["LoopsAlarm"]
	if alarm["MetricName"] != "LoopsStopped" || alarm["Statistic"] != "Sum" || alarm["Threshold"] != 3 || alarm["ComparisonOperator"] != "GreaterThanOrEqualToThreshold" || alarm["Period"] != 300 {
		t.Errorf("it is %v", alarm)
	}
}

// The reminders of one rotation are one mail, and one of them is enough.
func TestTheAlarmForASecretThatWaitsRingsOnceADay(t *testing.T) {
	alarm := allAlarms(t)["SecretWaitsAlarm"]
	if alarm["MetricName"] != "SecretWaits" || alarm["Threshold"] != 1 || alarm["DatapointsToAlarm"] != 1 || alarm["Period"].(int)*alarm["EvaluationPeriods"].(int) != 24*3600 {
		t.Errorf("it is %v", alarm)
	}
}

// What the page for secrets names is there: parameters, outputs, metrics, events,
// queries, and the operator's commands.
func TestTheSecretsPageNamesWhatThereIs(t *testing.T) {
	page, err := os.ReadFile("SECRETS.md")
	if err != nil {
		t.Fatal(err)
	}
	root, known := newStack(t, bothDoors), map[string]bool{}
	for _, section := range []string{"Parameters", "Outputs"} {
		for name := range root.section(section) {
			known[name] = true
		}
	}
	for _, metric := range audit.Metrics() {
		known[metric.Name] = true
	}
	// Secrets Manager's and CloudTrail's own.
	for _, name := range []string{"GetSecretValue", "UntagResource", "RotationFailed", "RotationAbandoned"} {
		known[name] = true
	}
	events, commands := strings.Join(sources(t, "../../pkg/audit"), ""), strings.Join(sources(t, "../loginctl"), "")
	found := 0
	for _, row := range []struct {
		what, pattern string
		is            func(name string) bool
	}{
		{"name of the stack's or AWS's", "`([A-Z][a-z]+[A-Z][A-Za-z]+)(?:=[^`]*)?`", func(name string) bool { return known[name] }},
		{"event", "`(secret_[a-z_]+|bounced|token_issued)`", func(name string) bool { return strings.Contains(events, strconv.Quote(name)) }},
		{"command", `loginctl (?:secret |token )?([a-z]+)`, func(name string) bool {
			return regexp.MustCompile(`(?i)\buse: +"` + name + `\b`).MatchString(commands)
		}},
		{"saved query", `\*(W[a-z]+ [a-z]+ [a-zA-Z ]+|Sign-ins by [a-z ]+)\*`, func(name string) bool { return strings.Contains(queriesList(t), "**"+name+"**") }},
	} {
		for _, match := range regexp.MustCompile(row.pattern).FindAllStringSubmatch(string(page), -1) {
			if found++; !row.is(match[1]) {
				t.Errorf("there is no %s %q", row.what, match[1])
			}
		}
	}
	if found < 50 {
		t.Errorf("found only %d names", found)
	}
}
