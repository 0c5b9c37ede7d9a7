package stacks_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/config"
	"deskpro-login/pkg/lambdahttp"
)

const (
	monitoring = "monitoring.yaml"
	topic      = "arn:aws:sns:eu-west-1:123456789012:acme-alarms"
)

// watched are parameters with which all that may be there is there.
var watched = map[string]string{
	"StackName": "deskpro-login", "ApiId": "a1b2c3d4e5",
	"LoginFunction": "f-login", "AuthenticateFunction": "f-authenticate", "LogoutFunction": "f-logout",
	"LoginLogs": "/aws/lambda/deskpro-login/login", "AuthenticateLogs": "/aws/lambda/deskpro-login/authenticate",
	"LogoutLogs": "/aws/lambda/deskpro-login/logout", "AccessLogs": "/aws/vendedlogs/deskpro-login/access",
	"RotateLogs":   "/aws/lambda/deskpro-login/rotate",
	"OperatorLogs": "deskpro-login-OperatorLogs-1ABCDEFGHIJKL",
	"StateTable":   "t-state", "AccountsTable": "t-accounts", "UserPoolId": "", "UserPoolClientId": "",
	"UsersDoor": "on", "AgentsDoor": "on", "Edge": "on", "MaxSecretAgeDays": "365", "AlarmTopicArn": topic,
	"FailuresAlarmArn":           "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:failures",
	"LoginErrorsAlarmArn":        "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:login",
	"AuthenticateErrorsAlarmArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:authenticate",
	"LogoutErrorsAlarmArn":       "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:logout",
}

// monitoringStacks are all the shapes that the parameters can give it.
func monitoringStacks(t *testing.T) map[string]*stack {
	stacks := map[string]*stack{}
	for _, doors := range [][2]string{{"on", "on"}, {"on", "off"}, {"off", "on"}} {
		for _, directory := range [][3]string{{"t-accounts", "", ""}, {"", "us-east-1_AbCdEfGhI", "4f5g6h7j8k"}, {"", "", ""}} {
			for _, age := range []string{"365", "0"} {
				for _, arn := range []string{topic, ""} {
					changes := map[string]string{
						"UsersDoor": doors[0], "AgentsDoor": doors[1], "MaxSecretAgeDays": age, "AlarmTopicArn": arn,
						"Edge":          map[string]string{topic: "on", "": "off"}[arn],
						"AccountsTable": directory[0], "UserPoolId": directory[1], "UserPoolClientId": directory[2],
					}
					stacks[fmt.Sprint(doors, directory, age, arn != "")] = openStack(t, monitoring, with(watched, changes))
				}
			}
		}
	}
	return stacks
}

// allAlarms are template.yaml's and monitoring.yaml's, resolved.
func allAlarms(t *testing.T) map[string]object {
	alarms := map[string]object{}
	for _, s := range []*stack{
		newStack(t, with(bothDoors, map[string]string{"AlarmEmail": "it@acme.com"})), openStack(t, monitoring, watched),
	} {
		for name, alarm := range s.resources("AWS::CloudWatch::Alarm") {
			alarms[name] = s.resolve(alarm["Properties"]).(object)
		}
	}
	return alarms
}

func TestTheRootPassesWhatMonitoringTakes(t *testing.T) {
	takes := slices.Sorted(maps.Keys(openStack(t, monitoring, watched).section("Parameters")))
	for name, parameters := range map[string]map[string]string{
		"both doors and a table":      with(bothDoors, map[string]string{"AlarmEmail": "it@acme.com"}),
		"both doors and Cognito":      bothDoorsWithCognito,
		"the users' door and a table": {"UsersDeskproUrl": "https://acme.deskpro.com/"},
	} {
		t.Run(name, func(t *testing.T) {
			root := newStack(t, parameters)
			passed := root.resolve(root.resource("Monitoring")["Properties"].(object)["Parameters"]).(object)
			if got := slices.Sorted(maps.Keys(passed)); !slices.Equal(got, takes) {
				t.Errorf("template.yaml passes %v, want %v", got, takes)
			}
			for parameter, want := range map[string]bool{
				"AccountsTable": parameters["DirectoryKind"] != "cognito", "UserPoolId": parameters["DirectoryKind"] == "cognito",
				"AlarmTopicArn": parameters["AlarmEmail"] != "",
			} {
				if got := passed[parameter] != ""; got != want {
					t.Errorf("%s is given: %v, want %v", parameter, got, want)
				}
			}
			for _, door := range []string{"Users", "Agents"} {
				want := "off"
				if parameters[door+"DeskproUrl"] != "" {
					want = "on"
				}
				if got := passed[door+"Door"]; got != want {
					t.Errorf("%sDoor is %v, want %s", door, got, want)
				}
			}
		})
	}
}

// Each alarm costs money and sleep.
func TestEachAlarmSaysWhatToDoFirst(t *testing.T) {
	s := openStack(t, monitoring, watched)
	var quotable []string
	for _, query := range s.resources("AWS::Logs::QueryDefinition") {
		_, name, _ := strings.Cut(s.resolve(query["Properties"].(object)["Name"]).(string), "/")
		quotable = append(quotable, name)
	}
	for _, w := range widgets(t, s) {
		if w.Properties.Title != "" {
			quotable = append(quotable, w.Properties.Title)
		}
	}
	alarms := allAlarms(t)
	if len(alarms) > 19 {
		t.Errorf("there are %d alarms, want 19 at most", len(alarms))
	}
	for name, alarm := range alarms {
		description, _ := alarm["AlarmDescription"].(string)
		if !strings.Contains(description, " First: ") || len(description) > 1024 {
			t.Errorf("%s is described in %d characters as %q; want what it means, then First: and what to do", name, len(description), description)
		}
		for _, quote := range regexp.MustCompile(`"([^"]+)"`).FindAllStringSubmatch(description, -1) {
			if !slices.Contains(quotable, quote[1]) {
				t.Errorf("%s names %q, which is no saved query and no part of the dashboard", name, quote[1])
			}
		}
		if alarm["TreatMissingData"] == nil {
			t.Errorf("%s does not say what missing data means", name)
		}
	}
}

// What an alarm sends its reader to is there.
func TestAlarmsNameHeadingsThatAreThere(t *testing.T) {
	named := 0
	for name, alarm := range allAlarms(t) {
		for _, place := range regexp.MustCompile(`([A-Z]+\.md), ([A-Z][^.:]+)`).FindAllStringSubmatch(alarm["AlarmDescription"].(string), -1) {
			named++
			page, err := os.ReadFile(place[1])
			if err != nil || !strings.Contains(string(page), "# "+place[2]+"\n") {
				t.Errorf("%s leads to %q in %s, which is not there (%v)", name, place[2], place[1], err)
			}
		}
	}
	if named < 5 {
		t.Errorf("found %d headings", named)
	}
}

func TestAlarmsGoToTheTopicThatIsGiven(t *testing.T) {
	for name, s := range monitoringStacks(t) {
		for alarm, resource := range s.resources("AWS::CloudWatch::Alarm") {
			properties := s.resolve(resource["Properties"]).(object)
			for _, actions := range []string{"AlarmActions", "OKActions"} {
				list, given := properties[actions].([]any)
				if want := s.values["AlarmTopicArn"] != ""; given != want || given && !slices.Equal(list, []any{topic}) {
					t.Errorf("%s: %s of %s are %v, given: %v, want: %v", name, actions, alarm, list, given, want)
				}
			}
			if got := properties["AlarmName"].(string); !strings.HasPrefix(got, "deskpro-login-") {
				t.Errorf("%s: %s is named %q, want a name that begins with the stack's", name, alarm, got)
			}
		}
	}
}

// Of the sign-ins at its own door: their average is the share that ended well,
// their sample count how many there were.
func TestARefusedAlarmWatchesItsDoorsShare(t *testing.T) {
	for name, alarm := range allAlarms(t) {
		door, ok := strings.CutSuffix(name, "RefusedAlarm")
		if !ok {
			continue
		}
		var got []string
		for _, m := range alarmSeries(t, name, alarm) {
			got = append(got, m.stat+" "+m.name+" "+m.values["door"])
		}
		want := []string{"Average SignInSuccess " + strings.ToLower(door), "SampleCount SignInSuccess " + strings.ToLower(door)}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s watches %v, want %v", name, got, want)
		}
	}
}

// What a person can mend alone, by typing again or by waiting, and what they did
// themselves: go back at the identity provider.
var ownAffair = []string{
	"bad_credentials", "throttled", "wrong_code", "spent_code", "unfit_password", "unfit_attribute", "too_many_answers", "too_many_requests", "federation_refused",
}

// All outcomes of who is known but the good one, so that a new one is thought
// of.
func TestTheAlarmForNobodyPassingKnowsEveryRefusalOfWhoIsKnown(t *testing.T) {
	var got []string
	for _, m := range alarmSeries(t, "NobodyPassesAlarm", allAlarms(t)["NobodyPassesAlarm"]) {
		got = append(got, m.values["outcome"])
	}
	all := outcomes(t)
	for _, outcome := range ownAffair {
		if !slices.Contains(all, outcome) {
			t.Errorf("there is no outcome %s", outcome)
		}
	}
	want := slices.DeleteFunc(all, func(outcome string) bool { return slices.Contains(ownAffair, outcome) })
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("it counts %v, want %v", got, want)
	}
}

// Whose codes were guessed is in the log, by the account's id.
func TestTheAlarmForGuessingLeadsToTheAccount(t *testing.T) {
	if text := allAlarms(t)["GuessingAlarm"]["AlarmDescription"].(string); !strings.Contains(text, `"All that happened to one account"`) {
		t.Errorf("it does not name the query: %s", text)
	}
}

// A wrong password and a wrong code are what somebody types who guesses.
func TestTheAlarmForGuessingCountsPasswordsAndCodes(t *testing.T) {
	var got []string
	alarm := allAlarms(t)["GuessingAlarm"]
	for _, m := range alarmSeries(t, "GuessingAlarm", alarm) {
		got = append(got, m.stat+" "+m.values["outcome"])
	}
	want := []string{"Sum bad_credentials", "Sum signed_in", "Sum too_many_answers", "Sum wrong_code"}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("it watches %v, want %v", got, want)
	}
	for name, test := range map[string]struct {
		series map[string]float64
		rings  bool
	}{
		"nothing":                                 {nil, false},
		"passwords, and nobody gets in":           {map[string]float64{"wrong": 50}, true},
		"codes, and nobody gets in":               {map[string]float64{"wrong_code": 40, "too_many_answers": 10}, true},
		"both, too few of each alone":             {map[string]float64{"wrong": 20, "wrong_code": 20, "too_many_answers": 10, "right": 99}, true},
		"few":                                     {map[string]float64{"wrong": 30, "wrong_code": 19}, false},
		"as many as people mistype in the rush":   {map[string]float64{"wrong": 80, "wrong_code": 20, "right": 200}, false},
		"more than people mistype":                {map[string]float64{"wrong": 81, "wrong_code": 20, "right": 200}, true},
		"very many, hidden among more sign-ins":   {map[string]float64{"wrong": 250, "wrong_code": 50, "right": 5000}, true},
		"fewer than very many among the sign-ins": {map[string]float64{"wrong": 299, "right": 5000}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := compute(t, alarm, test.series) > float64(alarm["Threshold"].(int)); got != test.rings {
				t.Errorf("it goes off: %v, want %v", got, test.rings)
			}
		})
	}
}

func TestTheDashboardIsInTheConsoleOfItsPartition(t *testing.T) {
	for partition, want := range map[string]string{
		"aws":        "https://eu-west-1.console.aws.amazon.com/cloudwatch/",
		"aws-cn":     "https://eu-west-1.console.amazonaws.cn/cloudwatch/",
		"aws-us-gov": "https://eu-west-1.console.amazonaws-us-gov.com/cloudwatch/",
	} {
		s := openStack(t, monitoring, watched)
		s.values["AWS::Partition"] = partition
		if got := s.resolve(s.section("Outputs")["DashboardUrl"].(object)["Value"]).(string); !strings.HasPrefix(got, want) {
			t.Errorf("in %s it is %s", partition, got)
		}
	}
}

func TestFailuresNameEveryCode(t *testing.T) {
	s := openStack(t, monitoring, watched)
	query := s.resource("ErrorsQuery")["Properties"].(object)["QueryString"].(string)
	for _, p := range problems(t) {
		if named := strings.Contains(query, "# "+p.code+" "); named != p.failure {
			t.Errorf("%s is named by the query of errors: %v, want %v", p.code, named, p.failure)
		}
	}
}

// What a metric filter would do with a log line, as far as these filters go:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
func TestMetricFiltersCountColdStarts(t *testing.T) {
	pattern := regexp.MustCompile(`^\{ \$\.(\S+) = "(\S+)" && \$\.(\S+) = \* \}$`)
	s := openStack(t, monitoring, watched)
	for name, filter := range s.resources("AWS::Logs::MetricFilter") {
		properties := s.resolve(filter["Properties"]).(object)
		parts := pattern.FindStringSubmatch(properties["FilterPattern"].(string))
		transformation := properties["MetricTransformations"].([]any)[0].(object)
		if parts == nil || transformation["MetricValue"] != "$."+parts[3] || transformation["MetricName"] != name {
			t.Errorf("%s: this test does not understand %v", name, properties)
			continue
		}
		for line, want := range map[string]any{coldReport: 116.67, warmReport: nil, functionLine: nil} {
			fields := flat(t, line)
			var got any
			if fields[parts[1]] == parts[2] {
				got = fields[parts[3]]
			}
			if got != want {
				t.Errorf("%s takes %v from %s, want %v", name, got, line, want)
			}
		}
		if want := "/aws/lambda/deskpro-login/" + strings.ToLower(strings.TrimSuffix(name, "InitDuration")); properties["LogGroupName"] != want {
			t.Errorf("%s reads %v, want %s", name, properties["LogGroupName"], want)
		}
	}
}

// Lambda's reports in its JSON log format, with the fields of
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#platform-report,
// and a line of a function.
const (
	coldReport = `{"time":"2026-11-24T12:00:00.123Z","type":"platform.report","record":{"requestId":"8a2b","metrics":{"durationMs":101.51,"billedDurationMs":219,` +
		`"memorySizeMB":512,"maxMemoryUsedMB":33,"initDurationMs":116.67},"tracing":{"spanId":"54565fb41ac79632","type":"X-Amzn-Trace-Id",` +
		`"value":"Root=1-67891233-abcdef012345678912345678;Parent=54565fb41ac79632;Sampled=1"},"status":"success"}}`
	warmReport = `{"time":"2026-11-24T12:00:01.123Z","type":"platform.report","record":{"requestId":"8a2c","metrics":{"durationMs":1.51,"billedDurationMs":2,` +
		`"memorySizeMB":512,"maxMemoryUsedMB":33},"status":"success"}}`
	functionLine = `{"timestamp":"2026-11-24T12:00:01.123Z","level":"INFO","message":"audit","event":"signed_out"}`
)

// flat reads a JSON object with its members' paths as keys.
func flat(t *testing.T, line string) object {
	t.Helper()
	var tree object
	if err := json.Unmarshal([]byte(line), &tree); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	fields := object{}
	var walk func(prefix string, tree object)
	walk = func(prefix string, tree object) {
		for key, value := range tree {
			if inner, ok := value.(object); ok {
				walk(prefix+key+".", inner)
			} else {
				fields[prefix+key] = value
			}
		}
	}
	walk("", tree)
	return fields
}

// outcomes are the values of the metrics' dimension outcome.
func outcomes(t *testing.T) []string {
	names := []string{string(audit.SignedIn)}
	for _, p := range problems(t) {
		if p.refused {
			names = append(names, p.reason)
		}
	}
	slices.Sort(names)
	return names
}

// dimensionValues are all that a dimension of our own metrics can have.
func dimensionValues(t *testing.T) map[string][]string {
	values := map[string][]string{
		"door": {config.Users, config.Agents}, "outcome": outcomes(t), "challenge": audit.Challenges(), "code": nil,
		"reason": {lambdahttp.NoKey, lambdahttp.WrongKey, lambdahttp.NoViewer}, // as a dimension it is Bypassed's alone
	}
	for _, p := range problems(t) {
		if p.failure {
			values["code"] = append(values["code"], p.code)
		}
	}
	return values
}
