package doctor

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

// operationChecks are about what only a stack has.
func (d *doctor) operationChecks() []check {
	if !d.deployed() {
		return nil
	}
	type group struct{ of, name string }
	var groups []group
	for _, f := range d.functions {
		groups = append(groups, group{string(f.name), f.logs})
	}
	for _, g := range []group{{"access", "AccessLogs"}, {"operators", "OperatorLogs"}} {
		if found, ok := d.resources[g.name]; ok {
			groups = append(groups, group{g.of, found.name})
		}
	}
	var checks []check
	for _, g := range groups {
		checks = append(checks, func(ctx context.Context, r *report) { d.checkGroup(ctx, r, g.of, g.name) })
	}
	return append(checks, d.checkAlarms, d.checkThrottle)
}

// checkGroup finds a log group by its name, with which longer ones may begin.
func (d *doctor) checkGroup(ctx context.Context, r *report, of, name string) {
	row := r.at("logs/*", of)
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(d.logs, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			row.unchecked(err, "logs:DescribeLogGroups")
			return
		}
		for _, g := range page.LogGroups {
			if aws.ToString(g.LogGroupName) != name {
				continue
			}
			if g.RetentionInDays == nil {
				row.warn(d.aws("logs put-retention-policy --retention-in-days 90 --log-group-name "+name)+", or set LogRetentionDays and deploy again", "%s is kept for ever", name)
			} else {
				row.ok("%s is kept for %d days", name, *g.RetentionInDays)
			}
			return
		}
	}
	row.fail(d.aws("logs create-log-group --log-group-name "+name), "there is no log group %s", name)
}

// alarm is one as CloudWatch describes it.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
type alarm struct {
	Name    string   `xml:"AlarmName"`
	State   string   `xml:"StateValue"`
	Enabled bool     `xml:"ActionsEnabled"`
	Actions []string `xml:"AlarmActions>member"`
}

const alarmKind = "AWS::CloudWatch::Alarm"

// maxAlarms is how many may be asked for at once.
const maxAlarms = 100

// checkAlarms looks at those of the stack and of the one within it.
func (d *doctor) checkAlarms(ctx context.Context, r *report) {
	there := r.at("alarms/there")
	of := []map[string]resource{d.resources}
	if within, ok := d.resources["Monitoring"]; ok {
		found, err := d.list(ctx, within.name)
		if err != nil {
			there.unchecked(err, "cloudformation:ListStackResources")
			return
		}
		of = append(of, found)
	}
	var wanted []string
	for _, resources := range of {
		for _, found := range resources {
			if found.kind == alarmKind {
				wanted = append(wanted, found.name)
			}
		}
	}
	slices.Sort(wanted)
	found, err := d.alarms(ctx, wanted)
	if err != nil {
		there.unchecked(err, "cloudwatch:DescribeAlarms")
		return
	}
	var missing, mute, on []string
	for _, name := range wanted {
		switch a, ok := found[name]; {
		case !ok:
			missing = append(missing, name)
		default:
			if !a.Enabled || len(a.Actions) == 0 {
				mute = append(mute, name)
			}
			if a.State == "ALARM" {
				on = append(on, name)
			}
		}
	}
	switch {
	case len(wanted) == 0:
		there.fail(deployAgain, "the stack has no alarms")
		return
	case missing != nil:
		there.fail(makeAgain+": make it under the same name, as template.yaml or infra/stacks/monitoring.yaml has it (aws cloudwatch put-metric-alarm)", "somebody deleted alarms of the stack: %s", strings.Join(missing, ", "))
	default:
		there.ok("the stack's %d alarms are there", len(wanted))
	}
	if row := r.at("alarms/action"); mute != nil {
		row.warn("set AlarmEmail in samconfig.toml, then make deploy, and confirm the mail that comes; an alarm whose actions are switched off: "+d.aws("cloudwatch enable-alarm-actions --alarm-names NAME"), "nobody is told of %d of %d alarms: %s", len(mute), len(found), some(mute))
	} else {
		row.ok("each tells somebody; whether they confirmed the mail, only SNS knows")
	}
	if row := r.at("alarms/state"); on != nil {
		row.warn("its description says what to do first: "+d.aws("cloudwatch describe-alarms --alarm-names "+on[0]), "on now: %s", strings.Join(on, ", "))
	} else {
		row.ok("none is on now")
	}
}

// some names the first few.
func some(all []string) string {
	const few = 3
	if len(all) <= few {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(all[:few], ", "), len(all)-few)
}

// alarms returns those of these names that there are.
func (d *doctor) alarms(ctx context.Context, wanted []string) (map[string]alarm, error) {
	found := map[string]alarm{}
	for names := range slices.Chunk(wanted, maxAlarms) {
		form := url.Values{"Action": {"DescribeAlarms"}, "Version": {"2010-08-01"}, "AlarmTypes.member.1": {"MetricAlarm"}, "MaxRecords": {fmt.Sprint(maxAlarms)}}
		for i, name := range names {
			form.Set(fmt.Sprintf("AlarmNames.member.%d", i+1), name)
		}
		body, err := d.call(ctx, "monitoring", http.MethodPost, "/", []byte(form.Encode()))
		if err != nil {
			return nil, err
		}
		var answer struct {
			Alarms []alarm `xml:"DescribeAlarmsResult>MetricAlarms>member"`
		}
		if err := xml.Unmarshal(body, &answer); err != nil {
			return nil, fmt.Errorf("decoding CloudWatch's answer: %w", err)
		}
		for _, a := range answer.Alarms {
			found[a.Name] = a
		}
	}
	return found, nil
}

// checkThrottle looks at what API Gateway lets through.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages.html
func (d *doctor) checkThrottle(ctx context.Context, r *report) {
	row, api := r.at("api/throttle"), d.resources["Api"]
	if api.name == "" {
		row.warn(deployAgain, "the stack has no API")
		return
	}
	body, err := d.call(ctx, "apigateway", http.MethodGet, "/v2/apis/"+url.PathEscape(api.name)+"/stages", nil)
	if err != nil {
		row.unchecked(err, "apigateway:GET")
		return
	}
	type settings struct{ ThrottlingRateLimit, ThrottlingBurstLimit float64 }
	var answer struct {
		Items []struct {
			StageName            string
			DefaultRouteSettings settings
			RouteSettings        map[string]settings
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		row.unchecked(fmt.Errorf("decoding API Gateway's answer: %w", err), "apigateway:GET")
		return
	}
	fix := "deploy again (make deploy): ThrottleRate and ThrottleBurst set it; in the API Gateway console, Throttling, nothing should be changed"
	for _, stage := range answer.Items {
		limits := stage.DefaultRouteSettings
		switch {
		case stage.StageName != "$default":
			continue
		case limits.ThrottlingRateLimit == 0 || limits.ThrottlingBurstLimit == 0:
			row.warn(fix, "the API lets through as much as the account may")
		case len(stage.RouteSettings) > 0:
			row.warn(fix, "some routes of the API have limits of their own: %s", strings.Join(slices.Sorted(maps.Keys(stage.RouteSettings)), ", "))
		default:
			row.ok("the API lets %g requests a second through, %g at once", limits.ThrottlingRateLimit, limits.ThrottlingBurstLimit)
		}
		return
	}
	row.warn(fix, "the API has no stage $default")
}
