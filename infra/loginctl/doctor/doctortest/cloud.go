// Package doctortest plays a deployed sign-in page for tests of what examines one:
// what AWS says of it (Cloud), and the hosts that people visit (Web). New returns
// one that is well; a test changes what it has, and sees that told.
package doctortest

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"deskpro-login/pkg/awsenv/awstest"
)

// Cloud plays what is asked of CloudFormation, Lambda, DynamoDB, Cognito,
// CloudWatch and its logs, API Gateway and STS; items and secrets are AWS's. It
// refuses every other operation, and every parameter that it does not know.
// Signatures are not checked, but what they are for. Change it before it is asked.
type Cloud struct {
	AWS *awstest.Server
	// Stacks and the other maps are by name, or id; functions by name and alias, as
	// in login:live.
	Stacks     map[string]*Stack
	Functions  map[string]*Function
	Tables     map[string]*Table
	Pools      map[string]*Pool
	Groups     map[string]Group
	Alarms     map[string]Alarm
	Throttling map[string]Throttle // of each API's stage $default
	// Ahead is how far AWS's clock is ahead of this machine's.
	Ahead time.Duration

	mu      sync.Mutex
	refused map[string]string
	called  map[string]bool
	// over lets go of calls that hang.
	over chan struct{}
}

// Stack is one of CloudFormation's.
type Stack struct {
	Status, Reason      string
	Parameters, Outputs map[string]string
	Resources           map[string]Resource // by logical name
}

// Resource is a type and a physical name.
type Resource struct{ Type, Name string }

// Function is what Lambda says of one.
type Function struct {
	State, StateReason, LastUpdateStatus string
	Variables                            map[string]string
	// Undecrypted is the code of why there are no variables.
	Undecrypted string
	LogGroup    string
}

// Group is one of CloudWatch's logs; no days mean for ever.
type Group struct{ Days int }

// Alarm is one of CloudWatch's.
type Alarm struct {
	State   string
	Actions []string
	Mute    bool
}

// Throttle is what a stage lets through. Routes have limits of their own; Missing:
// there is no such stage.
type Throttle struct {
	Rate, Burst float64
	Routes      []string
	Missing     bool
}

// refusal is an error of AWS's.
type refusal struct{ code, message string }

func (r *refusal) Error() string { return r.code }

func absent(what string) error { return &refusal{"ResourceNotFoundException", what} }

func unknown(format string, args ...any) error {
	return &refusal{"UnknownOperationException", fmt.Sprintf(format, args...)}
}

// Refuse answers an IAM action with an error of this code; "hang" is none: there
// is no answer.
func (c *Cloud) Refuse(action, code string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refused == nil {
		c.refused = map[string]string{}
	}
	c.refused[action] = code
}

// Called are the IAM actions that were asked for, sorted.
func (c *Cloud) Called() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.called))
}

// begin notes a call, and returns the refusal that is planted for it.
func (c *Cloud) begin(r *http.Request, action string) error {
	c.mu.Lock()
	if c.called == nil {
		c.called = map[string]bool{}
	}
	c.called[action] = true
	code := c.refused[action]
	c.mu.Unlock()
	switch code {
	case "":
		return nil
	case "hang":
		select {
		case <-r.Context().Done():
		case <-c.over:
		}
	}
	return &refusal{code, "planted for " + action}
}

var scope = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=[A-Z]+/[0-9]{8}/[a-z0-9-]+/([a-z-]+)/aws4_request, SignedHeaders=`)

// ServeHTTP answers one call.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", time.Now().Add(c.Ahead).UTC().Format(http.TimeFormat))
	service := ""
	if m := scope.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		service = m[1]
	}
	switch service {
	case "cloudformation", "sts", "monitoring":
		c.serveQuery(w, r, service)
	case "lambda", "apigateway":
		c.serveREST(w, r, service)
	case "secretsmanager":
		c.serveItems(w, r, service)
	case "dynamodb":
		if _, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); !strings.HasPrefix(operation, "Describe") {
			c.serveItems(w, r, service)
			return
		}
		c.serveJSON(w, r, service)
	case "cognito-idp", "logs":
		c.serveJSON(w, r, service)
	default:
		http.Error(w, "not signed for a service that is known", http.StatusForbidden)
	}
}

func (c *Cloud) serveItems(w http.ResponseWriter, r *http.Request, service string) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if err := c.begin(r, service+":"+operation); err != nil {
		answerJSON(w, nil, err)
		return
	}
	c.AWS.ServeHTTP(w, r)
}

func answerJSON(w http.ResponseWriter, out any, err error) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if refused, ok := err.(*refusal); ok {
		w.Header().Set("X-Amzn-Errortype", refused.code)
		w.WriteHeader(http.StatusBadRequest)
		out = map[string]string{"__type": refused.code, "message": refused.message, "Message": refused.message}
	}
	_ = json.NewEncoder(w).Encode(out)
}

// serveQuery speaks the query protocol.
func (c *Cloud) serveQuery(w http.ResponseWriter, r *http.Request, service string) {
	body, _ := io.ReadAll(r.Body)
	form, err := url.ParseQuery(string(body))
	action := map[string]string{"monitoring": "cloudwatch"}[service]
	if action == "" {
		action = service
	}
	if err == nil {
		err = c.begin(r, action+":"+form.Get("Action"))
	}
	var out any
	if err == nil {
		switch service + ":" + form.Get("Action") + ":" + form.Get("Version") {
		case "cloudformation:DescribeStacks:2010-05-15":
			out, err = c.describeStacks(form)
		case "cloudformation:ListStackResources:2010-05-15":
			out, err = c.listStackResources(form)
		case "monitoring:DescribeAlarms:2010-08-01":
			out, err = c.describeAlarms(form)
		case "sts:GetCallerIdentity:2011-06-15":
			out = struct {
				XMLName xml.Name `xml:"GetCallerIdentityResponse"`
				Arn     string   `xml:"GetCallerIdentityResult>Arn"`
			}{Arn: "arn:aws:sts::123456789012:assumed-role/helpdesk/ada"}
		default:
			err = unknown("no %s of %s", form.Get("Action"), service)
		}
	}
	w.Header().Set("Content-Type", "text/xml")
	if refused, ok := err.(*refusal); ok {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>", refused.code, refused.message)
		return
	}
	_ = xml.NewEncoder(w).Encode(out)
}

// only refuses what is not among the names, each of which may be there once.
func only(form url.Values, names ...string) error {
	for name, values := range form {
		if name != "Action" && name != "Version" && (len(values) != 1 || !slices.Contains(names, name)) {
			return &refusal{"ValidationError", "no parameter " + name}
		}
	}
	return nil
}

func (c *Cloud) stack(form url.Values) (*Stack, string, error) {
	name := form.Get("StackName")
	found := c.Stacks[name]
	if found == nil {
		return nil, "", &refusal{"ValidationError", "Stack with id " + name + " does not exist"}
	}
	return found, name, nil
}

func (c *Cloud) describeStacks(form url.Values) (any, error) {
	if err := only(form, "StackName"); err != nil {
		return nil, err
	}
	found, name, err := c.stack(form)
	if err != nil {
		return nil, err
	}
	type parameter struct{ ParameterKey, ParameterValue string }
	type output struct{ OutputKey, OutputValue string }
	type member struct {
		StackName, StackStatus, StackStatusReason, CreationTime string
		Parameters                                              []parameter `xml:"Parameters>member"`
		Outputs                                                 []output    `xml:"Outputs>member"`
	}
	m := member{StackName: name, StackStatus: found.Status, StackStatusReason: found.Reason, CreationTime: "2026-11-22T12:00:00Z"}
	for _, key := range slices.Sorted(maps.Keys(found.Parameters)) {
		m.Parameters = append(m.Parameters, parameter{key, found.Parameters[key]})
	}
	for _, key := range slices.Sorted(maps.Keys(found.Outputs)) {
		m.Outputs = append(m.Outputs, output{key, found.Outputs[key]})
	}
	return struct {
		XMLName xml.Name `xml:"DescribeStacksResponse"`
		Stacks  []member `xml:"DescribeStacksResult>Stacks>member"`
	}{Stacks: []member{m}}, nil
}

// listStackResources has pages of ten.
func (c *Cloud) listStackResources(form url.Values) (any, error) {
	if err := only(form, "StackName", "NextToken"); err != nil {
		return nil, err
	}
	found, _, err := c.stack(form)
	if err != nil {
		return nil, err
	}
	type member struct{ LogicalResourceId, PhysicalResourceId, ResourceType, ResourceStatus, LastUpdatedTimestamp string }
	answer := struct {
		XMLName xml.Name `xml:"ListStackResourcesResponse"`
		Members []member `xml:"ListStackResourcesResult>StackResourceSummaries>member"`
		Next    string   `xml:"ListStackResourcesResult>NextToken,omitempty"`
	}{}
	left := slices.Sorted(maps.Keys(found.Resources))
	if after := form.Get("NextToken"); after != "" {
		left = left[slices.Index(left, after)+1:]
	}
	const page = 10
	if len(left) > page {
		left, answer.Next = left[:page], left[page-1]
	}
	for _, name := range left {
		answer.Members = append(answer.Members, member{name, found.Resources[name].Name, found.Resources[name].Type, "CREATE_COMPLETE", "2026-11-22T12:00:00Z"})
	}
	return answer, nil
}

func (c *Cloud) describeAlarms(form url.Values) (any, error) {
	type member struct {
		AlarmName, StateValue string
		ActionsEnabled        bool
		AlarmActions          []string `xml:"AlarmActions>member"`
	}
	answer := struct {
		XMLName xml.Name `xml:"DescribeAlarmsResponse"`
		Members []member `xml:"DescribeAlarmsResult>MetricAlarms>member"`
	}{}
	names := []string{"AlarmTypes.member.1", "MaxRecords"}
	for i := 1; form.Has(fmt.Sprintf("AlarmNames.member.%d", i)); i++ {
		key := fmt.Sprintf("AlarmNames.member.%d", i)
		names = append(names, key)
		if a, ok := c.Alarms[form.Get(key)]; ok {
			answer.Members = append(answer.Members, member{form.Get(key), a.State, !a.Mute, a.Actions})
		}
	}
	if err := only(form, names...); err != nil {
		return nil, err
	}
	if len(names) > 102 || form.Get("AlarmTypes.member.1") != "MetricAlarm" || form.Get("MaxRecords") != "100" {
		return nil, &refusal{"ValidationError", "a hundred metric alarms at most"}
	}
	return answer, nil
}
