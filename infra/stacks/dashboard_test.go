package stacks_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"deskpro-login/pkg/audit"
)

// series is a metric that an alarm watches or the dashboard shows. A search has
// dimensions without values.
type series struct {
	where, namespace, name string
	dimensions             []string
	values                 map[string]string
	stat                   string
}

// documented are the metrics of AWS that are used here, with the sets of
// dimensions and the statistics that make sense:
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
// https://docs.aws.amazon.com/cognito/latest/developerguide/metrics-for-cognito-user-pools.html
var documented = map[string]struct{ dimensions, stats string }{
	"AWS/Lambda Invocations":                {"FunctionName", "Sum"},
	"AWS/Lambda Errors":                     {"FunctionName", "Sum"},
	"AWS/Lambda Throttles":                  {"FunctionName", "Sum"},
	"AWS/Lambda Duration":                   {"FunctionName", "p50 p95 p99"},
	"AWS/Lambda ConcurrentExecutions":       {"FunctionName", "Maximum"},
	"AWS/ApiGateway Count":                  {"ApiId", "Sum"},
	"AWS/ApiGateway 4xx":                    {"ApiId", "Sum"},
	"AWS/ApiGateway 5xx":                    {"ApiId", "Sum"},
	"AWS/ApiGateway Latency":                {"ApiId", "p50 p95 p99"},
	"AWS/DynamoDB ReadThrottleEvents":       {"TableName", "Sum"},
	"AWS/DynamoDB WriteThrottleEvents":      {"TableName", "Sum"},
	"AWS/DynamoDB SystemErrors":             {"Operation TableName", "Sum"},
	"AWS/DynamoDB SuccessfulRequestLatency": {"Operation TableName", "Average"},
	"AWS/Cognito SignInSuccesses":           {"UserPool UserPoolClient", "Sum"},
	"AWS/Cognito SignInThrottles":           {"UserPool UserPoolClient", "Sum"},
}

func TestWhatIsWatchedIsMeasured(t *testing.T) {
	own := "DeskproLogin/deskpro-login"
	known := maps.Clone(documented)
	measured := map[string][][]string{}
	for _, m := range audit.Metrics() {
		measured[m.Name] = m.Dimensions
	}
	s := openStack(t, monitoring, watched)
	for _, filter := range s.resources("AWS::Logs::MetricFilter") {
		transformation := s.resolve(filter["Properties"]).(object)["MetricTransformations"].([]any)[0].(object)
		if transformation["MetricNamespace"] != own {
			t.Errorf("a metric filter counts in %v, want %s", transformation["MetricNamespace"], own)
		}
		measured[transformation["MetricName"].(string)] = [][]string{{}}
	}

	var all []series
	for name, alarm := range allAlarms(t) {
		all = append(all, alarmSeries(t, name, alarm)...)
	}
	for _, s := range monitoringStacks(t) {
		all = append(all, dashboardSeries(t, s)...)
	}
	values, shown := dimensionValues(t), map[string]bool{}
	for _, m := range all {
		dimensions := slices.Sorted(slices.Values(m.dimensions))
		if m.namespace != own {
			want, ok := known[m.namespace+" "+m.name]
			if !ok || strings.Join(dimensions, " ") != want.dimensions || !slices.Contains(strings.Fields(want.stats), m.stat) {
				t.Errorf("%s: %s %s %s by %v is not in this test's list of AWS's metrics", m.where, m.stat, m.namespace, m.name, dimensions)
			}
			continue
		}
		shown[m.name] = true
		if !slices.ContainsFunc(measured[m.name], func(set []string) bool { return slices.Equal(slices.Sorted(slices.Values(set)), dimensions) }) {
			t.Errorf("%s: nothing measures %s by %v", m.where, m.name, dimensions)
		}
		for dimension, value := range m.values {
			if !slices.Contains(values[dimension], value) {
				t.Errorf("%s: %s is never %q", m.where, dimension, value)
			}
		}
	}
	for name := range measured {
		if !shown[name] {
			t.Errorf("%s is paid for and shown nowhere", name)
		}
	}
}

func alarmSeries(t *testing.T, name string, alarm object) []series {
	t.Helper()
	read := func(metric object, stat any) series {
		m := series{where: name, namespace: metric["Namespace"].(string), name: metric["MetricName"].(string), stat: stat.(string), values: map[string]string{}}
		dimensions, _ := metric["Dimensions"].([]any)
		for _, d := range dimensions {
			d := d.(object)
			m.dimensions = append(m.dimensions, d["Name"].(string))
			m.values[d["Name"].(string)] = d["Value"].(string)
		}
		return m
	}
	if alarm["MetricName"] != nil {
		stat := alarm["Statistic"]
		if stat == nil {
			stat = alarm["ExtendedStatistic"]
		}
		return []series{read(alarm, stat)}
	}
	var (
		all      []series
		watched  []string
		period   any
		used     = map[string]bool{}
		computed = regexp.MustCompile(`[A-Za-z_]+`)
	)
	ids := map[string]bool{}
	for _, entry := range alarm["Metrics"].([]any) {
		entry := entry.(object)
		ids[entry["Id"].(string)] = true
		if entry["ReturnData"] == nil {
			watched = append(watched, entry["Id"].(string))
		}
		if expression, ok := entry["Expression"].(string); ok {
			for _, word := range computed.FindAllString(expression, -1) {
				used[word] = true
			}
			continue
		}
		stat := entry["MetricStat"].(object)
		if period != nil && stat["Period"] != period {
			t.Errorf("%s has metrics of different periods", name)
		}
		period = stat["Period"]
		all = append(all, read(stat["Metric"].(object), stat["Stat"]))
	}
	if len(watched) != 1 {
		t.Fatalf("%s watches %v, want one result", name, watched)
	}
	used[watched[0]] = true
	for word := range used {
		if !ids[word] && !slices.Contains([]string{"IF", "AND", "OR", "FILL"}, word) {
			t.Errorf("%s computes with %s, which it does not have", name, word)
		}
	}
	for id := range ids {
		if !used[id] {
			t.Errorf("%s has %s and does not compute with it", name, id)
		}
	}
	return all
}

// A limit that AWS does not raise, and that a deployment only meets at the end:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html
func TestNoAlarmHasMoreMetricsThanCloudWatchTakes(t *testing.T) {
	const most = 10
	computed := 0
	for name, alarm := range allAlarms(t) {
		if entries, ok := alarm["Metrics"].([]any); ok {
			computed++
			fetched := 0
			for _, entry := range entries {
				if entry.(object)["MetricStat"] != nil {
					fetched++
				}
			}
			if fetched > most || len(entries)-fetched > most {
				t.Errorf("%s has %d metrics and %d expressions, want %d of each at most", name, fetched, len(entries)-fetched, most)
			}
		}
	}
	if computed == 0 {
		t.Error("no alarm computes anything")
	}
}

type widget struct {
	Type                string
	X, Y, Width, Height int
	Properties          struct {
		Title, Region, Query, Markdown, Stat string
		Alarms                               []string
		Metrics                              [][]any
	}
}

func widgets(t *testing.T, s *stack) []widget {
	t.Helper()
	body := s.resolve(s.resource("Dashboard")["Properties"]).(object)["DashboardBody"].(string)
	var dashboard struct {
		Start   string
		Widgets []widget
	}
	if err := json.Unmarshal([]byte(body), &dashboard); err != nil {
		t.Fatalf("the dashboard is not JSON: %v in\n%s", err, body)
	}
	return dashboard.Widgets
}

func TestTheDashboardIsWholeWhateverIsOn(t *testing.T) {
	for name, s := range monitoringStacks(t) {
		t.Run(name, func(t *testing.T) {
			s.t = t
			taken := map[[2]int]string{}
			alarms := 0
			for _, w := range widgets(t, s) {
				if w.Type == "text" {
					w.Properties.Title = "text"
				} else if w.Properties.Title == "" || w.Type != "alarm" && w.Properties.Region == "" {
					t.Errorf("the widget at %d, %d lacks a title or a Region", w.X, w.Y)
				}
				if w.X < 0 || w.Y < 0 || w.Width < 1 || w.Height < 1 || w.X+w.Width > 24 {
					t.Errorf("%s at %d, %d of %d by %d is outside the grid of 24 columns", w.Properties.Title, w.X, w.Y, w.Width, w.Height)
				}
				for x := w.X; x < w.X+w.Width; x++ {
					for y := w.Y; y < w.Y+w.Height; y++ {
						if other, ok := taken[[2]int{x, y}]; ok {
							t.Fatalf("%s covers %s", w.Properties.Title, other)
						}
						taken[[2]int{x, y}] = w.Properties.Title
					}
				}
				for _, arn := range w.Properties.Alarms {
					alarms++
					resource, attribute, _ := strings.Cut(arn, ".")
					if !strings.HasPrefix(arn, "arn:") && (attribute != "Arn" || s.resource(resource)["Type"] != "AWS::CloudWatch::Alarm") {
						t.Errorf("%s is no alarm's ARN", arn)
					}
				}
			}
			bottom := 0
			for cell := range taken {
				bottom = max(bottom, cell[1]+1)
			}
			none := 0
			if s.values["AccountsTable"]+s.values["UserPoolId"] == "" {
				none = 8 * 6 // the directory's place
			}
			if holes := 24*bottom - len(taken); holes != none {
				t.Errorf("%d cells of the grid are empty, want %d", holes, none)
			}
			if want := len(s.resources("AWS::CloudWatch::Alarm")) + 4; alarms != want {
				t.Errorf("%d alarms are shown, want %d: this stack's and the root's four", alarms, want)
			}
		})
	}
}

var search = regexp.MustCompile(`^SEARCH\('\{([^}]+)\} (.+)', '(\w+)', \d+\)$`)

func dashboardSeries(t *testing.T, s *stack) []series {
	t.Helper()
	var all []series
	for _, w := range widgets(t, s) {
		var before []any
		ids := map[string]bool{}
		for _, row := range w.Properties.Metrics {
			if options, ok := row[len(row)-1].(object); ok && options["id"] != nil {
				ids[options["id"].(string)] = false
			}
		}
		for _, row := range w.Properties.Metrics {
			m := series{where: w.Properties.Title, stat: w.Properties.Stat, values: map[string]string{}}
			options, isObject := row[len(row)-1].(object)
			if isObject {
				row = row[:len(row)-1]
			}
			if stat, ok := options["stat"].(string); ok {
				m.stat = stat
			}
			if expression, ok := options["expression"].(string); ok && !strings.HasPrefix(expression, "SEARCH(") {
				for _, word := range regexp.MustCompile(`[A-Za-z_]+`).FindAllString(expression, -1) {
					if _, known := ids[word]; known {
						ids[word] = true
					} else if word != "FILL" {
						t.Errorf("%s computes with %s, which it does not have", m.where, word)
					}
				}
				continue
			} else if ok {
				m.search(t, expression)
				all = append(all, m)
				continue
			}
			for i := range row {
				if row[i] == "." {
					row[i] = before[i]
				}
			}
			before = row
			m.namespace, m.name = row[0].(string), row[1].(string)
			for i := 2; i < len(row); i += 2 {
				m.dimensions = append(m.dimensions, row[i].(string))
				if m.values[row[i].(string)] = row[i+1].(string); row[i+1] == "" {
					t.Errorf("%s: %s of %s is empty", m.where, row[i], m.name)
				}
			}
			all = append(all, m)
		}
		for id, used := range ids {
			if !used {
				t.Errorf("%s calls a metric %s and does not compute with it", w.Properties.Title, id)
			}
		}
	}
	return all
}

// search reads the metric that a SEARCH finds.
func (m *series) search(t *testing.T, expression string) {
	t.Helper()
	parts := search.FindStringSubmatch(expression)
	if parts == nil {
		t.Fatalf("%s: this test does not understand %s", m.where, expression)
	}
	schema := strings.Split(parts[1], ",")
	m.namespace, m.dimensions, m.stat = strings.Trim(schema[0], `"`), schema[1:], parts[3]
	if quoted := schema[0] != m.namespace; quoted == strings.HasPrefix(m.namespace, "AWS/") {
		t.Errorf("%s: a namespace of ours is quoted in a search, AWS's need not be: %s", m.where, schema[0])
	}
	for term := range strings.FieldsSeq(parts[2]) {
		key, quoted, _ := strings.Cut(term, "=")
		value, err := strconv.Unquote(quoted)
		switch {
		case err != nil:
			t.Fatalf("%s: %s: want exact terms only, since others match parts of words", m.where, term)
		case key == "MetricName":
			m.name = value
		case !slices.Contains(m.dimensions, key):
			t.Errorf("%s: %s is none of the dimensions %v", m.where, key, m.dimensions)
		default:
			m.values[key] = value
		}
	}
}

// problem is a row of pkg/web's table of errors.
type problem struct {
	code, reason     string
	refused, failure bool
}

// problems reads that table where it is written: nothing outside needs it at
// run time.
func problems(t *testing.T) []problem {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../pkg/web/problem.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var rows []problem
	ast.Inspect(file, func(node ast.Node) bool {
		literal, ok := node.(*ast.CompositeLit)
		if !ok {
			return true
		}
		var p problem
		for _, element := range literal.Elts {
			pair, ok := element.(*ast.KeyValueExpr)
			if !ok {
				continue
			}
			switch value := pair.Value.(type) {
			case *ast.BasicLit:
				text, _ := strconv.Unquote(value.Value)
				switch fmt.Sprint(pair.Key) {
				case "code":
					p.code = text
				case "reason":
					p.reason = text
				}
			case *ast.SelectorExpr:
				p.failure = p.failure || value.Sel.Name == "LevelError"
			case *ast.Ident:
				p.refused = p.refused || fmt.Sprint(pair.Key) == "refused" && value.Name == "true"
			}
		}
		if p.code != "" {
			rows = append(rows, p)
		}
		return true
	})
	if len(rows) < 20 {
		t.Fatalf("found %d rows in the table of errors", len(rows))
	}
	return rows
}
