package stacks_test

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestTheFirewallTurnsAwayWhatItShould(t *testing.T) {
	s := openEdge(t, map[string]string{"FormsPerAddress": "77", "RequestsPerAddress": "888"})
	firewall := s.properties("Firewall")
	if firewall["Scope"] != "CLOUDFRONT" || !reflect.DeepEqual(firewall["DefaultAction"], object{"Allow": object{}}) {
		t.Errorf("the firewall is of %v and does %v by default", firewall["Scope"], firewall["DefaultAction"])
	}
	post := object{"ByteMatchStatement": object{
		"FieldToMatch": object{"Method": object{}}, "PositionalConstraint": "EXACTLY", "SearchString": "POST",
		"TextTransformations": []any{object{"Priority": 0, "Type": "NONE"}},
	}}
	want := []string{
		"FormsPerAddress 77 true", "RequestsPerAddress 888 false",
		"AWSManagedRulesAmazonIpReputationList []", "AWSManagedRulesKnownBadInputsRuleSet []",
		"AWSManagedRulesCommonRuleSet [SizeRestrictions_BODY EC2MetaDataSSRF_BODY GenericLFI_BODY GenericRFI_BODY CrossSiteScripting_BODY" +
			" SizeRestrictions_QUERYSTRING GenericRFI_QUERYARGUMENTS RestrictedExtensions_QUERYARGUMENTS]",
	}
	var got []string
	for i, rule := range firewall["Rules"].([]any) {
		rule := rule.(object)
		if rule["Priority"] != i {
			t.Errorf("%v has the priority %v, want %d", rule["Name"], rule["Priority"], i)
		}
		statement := rule["Statement"].(object)
		if rate, ok := statement["RateBasedStatement"].(object); ok {
			if rate["AggregateKeyType"] != "IP" || rate["EvaluationWindowSec"] != 300 {
				t.Errorf("%v counts %v", rule["Name"], rate)
			}
			scope := rate["ScopeDownStatement"]
			if scope != nil && !reflect.DeepEqual(scope, post) {
				t.Errorf("%v counts %v, want forms", rule["Name"], scope)
			}
			got = append(got, fmt.Sprint(rule["Name"], " ", rate["Limit"], " ", scope != nil))
			checkTurnedAway(t, firewall, rule)
			continue
		}
		group := statement["ManagedRuleGroupStatement"].(object)
		if !reflect.DeepEqual(rule["OverrideAction"], object{"None": object{}}) || rule["Action"] != nil || group["VendorName"] != "AWS" {
			t.Errorf("%v: does not do what its rules say: %v", rule["Name"], rule)
		}
		counted := []string{}
		overrides, _ := group["RuleActionOverrides"].([]any)
		for _, override := range overrides {
			override := override.(object)
			if !reflect.DeepEqual(override["ActionToUse"], object{"Count": object{}}) {
				t.Errorf("%v: want it counted only", override)
			}
			counted = append(counted, override["Name"].(string))
		}
		got = append(got, fmt.Sprint(group["Name"], " ", counted))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the rules are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// checkTurnedAway: a person who only shares an address gets a page, not a dead end.
func checkTurnedAway(t *testing.T, firewall, rule object) {
	t.Helper()
	response := rule["Action"].(object)["Block"].(object)["CustomResponse"].(object)
	if response["ResponseCode"] != 429 {
		t.Errorf("%v answers %v, want 429", rule["Name"], response["ResponseCode"])
	}
	if want := []any{object{"Name": "Cache-Control", "Value": "no-store"}, object{"Name": "Retry-After", "Value": "300"}}; !reflect.DeepEqual(response["ResponseHeaders"], want) {
		t.Errorf("%v answers with the headers %v, want %v", rule["Name"], response["ResponseHeaders"], want)
	}
	page := firewall["CustomResponseBodies"].(object)[response["CustomResponseBodyKey"].(string)].(object)
	content := page["Content"].(string)
	// https://docs.aws.amazon.com/waf/latest/developerguide/limits.html
	if page["ContentType"] != "TEXT_HTML" || len(content) > 4096 {
		t.Errorf("the page is %v of %d bytes, want HTML of 4096 at most", page["ContentType"], len(content))
	}
	code := regexp.MustCompile(`DPL-1[0-9]{3}`).FindString(content)
	problems, err := os.ReadFile("../../pkg/web/problem.go")
	if err != nil {
		t.Fatal(err)
	}
	if code == "" || strings.Contains(string(problems), code) || !strings.Contains(content, `<a href="">`) {
		t.Errorf("want a code that pkg/web does not use (%q) and a way on:\n%s", code, content)
	}
}

// Queries hold return addresses and, on the way to Deskpro, tokens; cookies are
// sessions; bodies are passwords.
func TestTheFirewallKeepsNothingThatPeopleTypeOrCarry(t *testing.T) {
	s := openEdge(t, map[string]string{"LogRetentionDays": "30"})
	firewall := s.properties("Firewall")
	seen := []object{firewall["VisibilityConfig"].(object)}
	names := map[any]bool{}
	for _, rule := range firewall["Rules"].([]any) {
		seen = append(seen, rule.(object)["VisibilityConfig"].(object))
	}
	for _, visibility := range seen {
		if visibility["SampledRequestsEnabled"] != false || visibility["CloudWatchMetricsEnabled"] != true || names[visibility["MetricName"]] {
			t.Errorf("%v: want metrics of its own and no samples", visibility)
		}
		names[visibility["MetricName"]] = true
	}
	substitute := func(field object) object { return object{"Action": "SUBSTITUTION", "Field": field} }
	protected := firewall["DataProtectionConfig"].(object)["DataProtections"]
	if want := []any{
		substitute(object{"FieldType": "QUERY_STRING"}), substitute(object{"FieldType": "BODY"}),
		substitute(object{"FieldType": "SINGLE_HEADER", "FieldKeys": []any{"cookie", "referer"}}),
	}; !reflect.DeepEqual(protected, want) {
		t.Errorf("protected are %v, want %v", protected, want)
	}
	log := s.properties("FirewallLog")
	if want := []any{
		object{"QueryString": object{}}, object{"SingleHeader": object{"Name": "cookie"}}, object{"SingleHeader": object{"Name": "referer"}},
	}; !reflect.DeepEqual(log["RedactedFields"], want) {
		t.Errorf("the log lacks %v, want it to lack %v", log["RedactedFields"], want)
	}
	// An ARN with :* behind it is none that WAF takes.
	if want := []any{"arn:aws:logs:us-east-1:123456789012:log-group:FirewallLogs"}; log["ResourceArn"] != "Firewall.Arn" || !reflect.DeepEqual(log["LogDestinationConfigs"], want) {
		t.Errorf("the log of %v goes to %v, want %v", log["ResourceArn"], log["LogDestinationConfigs"], want)
	}
	filter, err := json.Marshal(log["LoggingFilter"])
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"DefaultBehavior":"DROP","Filters":[{"Behavior":"KEEP","Conditions":[{"ActionCondition":{"Action":"BLOCK"}},{"ActionCondition":{"Action":"COUNT"}}],"Requirement":"MEETS_ANY"}]}`; string(filter) != want {
		t.Errorf("the log keeps %s, want %s", filter, want)
	}
	group := s.properties("FirewallLogs")
	if group["LogGroupName"] != "aws-waf-logs-deskpro-login-edge" || group["RetentionInDays"] != "30" {
		t.Errorf("the log group is %v", group)
	}
}
