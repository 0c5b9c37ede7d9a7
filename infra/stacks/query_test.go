package stacks_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/web"
)

// logFields are the fields that the lines of the functions and of the API's
// access log really have.
func logFields(t *testing.T) (functions, api map[string]bool) {
	t.Helper()
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	for _, name := range []audit.Name{audit.SignedIn, audit.Refused, audit.RecoveryRefused, audit.TokenIssued, audit.SignedOut, audit.Failed, audit.Bounced, audit.SecretWaits} {
		audit.Log{Logger: logger, Namespace: "n"}.Record(t.Context(), audit.Event{
			Name: name, Operator: "p", Door: "users", Subject: "u-1", Outcome: "o", Reason: "r", Code: "c", Challenge: "SMS_MFA", SignIn: "i", Source: "192.0.2.1",
			RequestID: "q", KeyVersion: "v", KeyMade: time.Now(), KeyStage: "pending",
		})
	}
	standard := slog.Default()
	slog.SetDefault(logger)
	t.Cleanup(func() { slog.SetDefault(standard) })
	web.Misconfigured(errors.New("test"), audit.Log{}, nil).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	if !strings.Contains(log.String(), `"msg":"request failed"`) {
		t.Fatalf("no request failed:\n%s", log.String())
	}

	read := func(lines ...string) map[string]bool {
		fields := map[string]bool{"@timestamp": true, "@log": true} // CloudWatch's own
		for _, line := range lines {
			for name := range flat(t, line) {
				fields[name] = true
			}
		}
		return fields
	}
	functions = read(append(strings.Split(strings.TrimSpace(log.String()), "\n"), coldReport)...)
	// What lambdahttp's handler names differently, or adds.
	for _, name := range []string{"timestamp", "message", "requestId", "trace_id"} {
		functions[name] = true
	}
	delete(functions, "msg")
	delete(functions, "time")
	access := newStack(t, bothDoors).resource("Api")["Properties"].(object)["AccessLogSettings"].(object)
	return functions, read(access["Format"].(string))
}

var (
	queryNoise = regexp.MustCompile(`#[^\n]*|"[^"]*"|SOURCE '[^']*'|'[^']*'|like /[^/\n]*/|\b\d+[smhd]\b`)
	queryAlias = regexp.MustCompile(`\bas (\w+)`)
	queryWord  = regexp.MustCompile(`@?[A-Za-z_][\w.]*\(?`)
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
	queryLanguage = strings.Fields("fields filter stats sort limit by as and or in like asc desc count( count_distinct( min( max( latest( bin(")
)

func TestQueriesNameOnlyFieldsThatLinesHave(t *testing.T) {
	s := openStack(t, monitoring, watched)
	functions, api := logFields(t)
	queries, fields := map[string]string{}, map[string]map[string]bool{}
	for name, query := range s.resources("AWS::Logs::QueryDefinition") {
		properties := s.resolve(query["Properties"]).(object)
		queries[name], fields[name] = properties["QueryString"].(string), maps.Clone(functions)
		if title := properties["Name"].(string); strings.ContainsAny(title, ":*") || strings.Count(title, "/") != 1 {
			t.Errorf("%s is named %q, want the folder deskpro-login/ and a name", name, title)
		}
		for _, group := range properties["LogGroupNames"].([]any) {
			if !strings.Contains(group.(string), "/deskpro-login/") && group != s.values["OperatorLogs"] {
				t.Errorf("%s reads %v", name, group)
			}
			if group == s.values["AccessLogs"] {
				maps.Copy(fields[name], api)
			}
		}
	}
	for _, w := range widgets(t, s) {
		if w.Type == "log" {
			queries[w.Properties.Title], fields[w.Properties.Title] = w.Properties.Query, maps.Clone(functions)
		}
	}
	if !functions["source"] || !api["source"] {
		t.Error("one address is not found in the lines of both the functions and the API")
	}
	for name, query := range queries {
		known := fields[name]
		text := queryNoise.ReplaceAllString(query, " ")
		for _, alias := range queryAlias.FindAllStringSubmatch(text, -1) {
			known[alias[1]] = true
		}
		for _, word := range queryWord.FindAllString(text, -1) {
			if !known[word] && !slices.Contains(queryLanguage, word) {
				t.Errorf("%s: no line has the field %s", name, word)
			}
		}
	}
}

var update = flag.Bool("update", false, "rewrite MONITORING.md's parts that are made from the templates")

// The prices of US East (N. Virginia) for a month, the dearest step of each:
// https://aws.amazon.com/cloudwatch/pricing/, as quoted in 2026 and put down on
// 24 November 2026.
const (
	metricPrice      = 0.30
	alarmMetricPrice = 0.10
	dashboardPrice   = 3.00
)

func TestTheOperatorsPageIsUpToDate(t *testing.T) {
	const page = "MONITORING.md"
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	for mark, want := range map[string]string{"alarms": alarmsTable(t), "queries": queriesList(t), "budget": budgetTable(t)} {
		begin, end := "<!-- "+mark+" -->\n", "<!-- /"+mark+" -->"
		before, rest, ok := strings.Cut(text, begin)
		got, after, closed := strings.Cut(rest, end)
		if !ok || !closed {
			t.Fatalf("%s lacks the lines %q and %q: write them where that belongs, then go test ./infra/stacks -update", page, begin, end)
		}
		if got != want && !*update {
			t.Errorf("%s: what is after %q is not what the templates say; go test ./infra/stacks -update rewrites it\n got:\n%s\nwant:\n%s", page, begin, got, want)
		}
		text = before + begin + want + end + after
	}
	if *update {
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func alarmsTable(t *testing.T) string {
	var b strings.Builder
	b.WriteString("| Alarm | What it means, and what to do first |\n|---|---|\n")
	alarms := allAlarms(t)
	for _, id := range slices.Sorted(maps.Keys(alarms)) {
		name, named := alarms[id]["AlarmName"].(string)
		if !named {
			name = "deskpro-login-" + id + "-…"
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", strings.TrimPrefix(name, "deskpro-login"), alarms[id]["AlarmDescription"])
	}
	return b.String()
}

// The one that everybody needs first.
func TestTheReadmeQuotesTheQueryForAFailedSignIn(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	query := openStack(t, monitoring, watched).resource("WhyQuery")["Properties"].(object)["QueryString"].(string)
	if !strings.Contains(string(readme), "```\n"+query+"```\n") {
		t.Errorf("README.md does not have the query\n%s", query)
	}
}

func queriesList(t *testing.T) string {
	s := openStack(t, monitoring, watched)
	texts := map[string]string{}
	for _, query := range s.resources("AWS::Logs::QueryDefinition") {
		_, name, _ := strings.Cut(s.resolve(query["Properties"].(object)["Name"]).(string), "/")
		texts[name] = query["Properties"].(object)["QueryString"].(string)
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		fmt.Fprintf(&b, "\n**%s**\n\n```\n%s```\n", name, texts[name])
	}
	return b.String() + "\n"
}

func budgetTable(t *testing.T) string {
	values := dimensionValues(t)
	// A stack has Cognito's challenges or a table's, which are fewer.
	values["challenge"] = slices.DeleteFunc(values["challenge"], func(name string) bool {
		return slices.Contains(audit.TableChallenges(), name)
	})
	var b strings.Builder
	b.WriteString("| What | How many at most | US$ a month at most |\n|---|---|---|\n")
	total := 0.0
	row := func(what string, count int, price float64) {
		fmt.Fprintf(&b, "| %s | %d | %.2f |\n", what, count, float64(count)*price)
		total += float64(count) * price
	}
	for _, m := range audit.Metrics() {
		count := 0
		var sets []string
		for _, set := range m.Dimensions {
			combinations := 1
			for _, dimension := range set {
				combinations *= len(values[dimension])
			}
			if count += combinations; combinations == 0 {
				t.Errorf("%s: nothing is known of a dimension of %v", m.Name, set)
			}
			if len(set) == 0 {
				set = []string{"in total"}
			}
			sets = append(sets, strings.Join(set, " × "))
		}
		row(fmt.Sprintf("metric `%s`, by %s", m.Name, strings.Join(sets, " and ")), count, metricPrice)
	}
	row("metrics of cold starts", len(openStack(t, monitoring, watched).resources("AWS::Logs::MetricFilter")), metricPrice)
	alarms, watchedMetrics := allAlarms(t), 0
	for name, alarm := range alarms {
		watchedMetrics += len(alarmSeries(t, name, alarm))
	}
	row(fmt.Sprintf("metrics that the %d alarms watch", len(alarms)), watchedMetrics, alarmMetricPrice)
	row("dashboard", 1, dashboardPrice)
	fmt.Fprintf(&b, "| all | | %.2f |\n", total)
	// Two of it are for secrets that change, in a month in which each hour has a
	// bounce, a loop, and a secret that waits.
	if total > 42 {
		t.Errorf("monitoring may cost $%.2f a month, want $42 at most:\n%s", total, b.String())
	}
	return b.String()
}

// Metrics are taken from lines only if the whole line is the JSON object, with
// the directive at its top:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
func TestFunctionsLogWhatCloudWatchReads(t *testing.T) {
	logging := newStack(t, bothDoors).section("Globals")["Function"].(object)["LoggingConfig"].(object)
	// Cold starts are in the reports, which come at the level INFO and in this format.
	if logging["LogFormat"] != "JSON" || logging["SystemLogLevel"] != nil && logging["SystemLogLevel"] != "INFO" {
		t.Errorf("functions log as %v, want JSON with the system's level INFO, which is the default", logging)
	}
	if level := logging["ApplicationLogLevel"]; level != nil && level != "INFO" {
		t.Errorf("functions log at the level %v: the audit lines, and their metrics, need INFO", level)
	}
	var line bytes.Buffer
	audit.Log{Logger: slog.New(slog.NewJSONHandler(&line, nil)), Namespace: "n"}.Record(t.Context(), audit.Event{Name: audit.SignedOut, Door: "users"})
	var fields struct {
		AWS json.RawMessage `json:"_aws"`
	}
	if err := json.Unmarshal(line.Bytes(), &fields); err != nil || fields.AWS == nil {
		t.Errorf("the line has no _aws at its top (%v): %s", err, &line)
	}
}
