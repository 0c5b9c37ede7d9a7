package main

import (
	"encoding/xml"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"deskpro-login/pkg/awsenv/awstest"
)

const fakeAccessKey = "AKIAEXAMPLE"

// fake plays what loginctl calls of AWS: CloudFormation's DescribeStacks and
// STS's GetCallerIdentity over the query protocol, CloudWatch Logs, and DynamoDB
// and Secrets Manager by awstest. It refuses everything else. Signatures are not
// checked, but what they are for.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
type fake struct {
	server *httptest.Server
	tables *awstest.Server

	mu      sync.Mutex
	stacks  map[string][]fakeStack // by Region
	refusal *fakeError
	logs    fakeLogs
	// later are faults of the tables' and the secrets' operations, after so many
	// calls; meanwhile is what others do before one.
	later     map[string]fakeLater
	meanwhile map[string]func()
	// operator is the caller's ARN, ahead how far its clock is.
	operator string
	ahead    time.Duration
}

type fakeStack struct {
	name, status string
	outputs      []fakeOutput
	parameters   []fakeParameter
}

type fakeParameter struct{ ParameterKey, ParameterValue string }

type fakeOutput struct {
	OutputKey, OutputValue string
	Description            string `xml:",omitempty"`
}

type fakeLater struct {
	calls int
	code  string
}

// refuseLater makes an operation of the tables fail after n calls.
func (f *fake) refuseLater(operation string, n int, code string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.later == nil {
		f.later = map[string]fakeLater{}
	}
	f.later[operation] = fakeLater{f.tables.Calls(operation) + n, code}
}

// callTables injects the faults whose time has come.
func (f *fake) callTables(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	f.mu.Lock()
	if l, there := f.later[operation]; there && f.tables.Calls(operation) >= l.calls {
		f.tables.Inject(operation, awstest.Fault{Code: l.code})
		delete(f.later, operation)
	}
	meanwhile := f.meanwhile[operation]
	delete(f.meanwhile, operation)
	f.mu.Unlock()
	if meanwhile != nil {
		meanwhile()
	}
	f.tables.ServeHTTP(w, r)
}

type fakeError struct {
	Type, Code, Message string
}

func newFake() *fake {
	f := &fake{stacks: map[string][]fakeStack{}, tables: awstest.New(), operator: "arn:aws:sts::123456789012:assumed-role/helpdesk/ada"}
	f.server = httptest.NewServer(f)
	return f
}

func (f *fake) close() {
	f.tables.Clear() // Close waits for calls that hang
	f.server.Close()
}

func (f *fake) add(region string, s fakeStack) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stacks[region] = append(f.stacks[region], s)
}

// refuse makes every call fail from now on.
func (f *fake) refuse(code, message string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refusal = &fakeError{"Sender", code, message}
}

var fakeService = regexp.MustCompile(`/([a-z]+)/aws4_request`)

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	service := ""
	if m := fakeService.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		service = m[1]
	}
	f.mu.Lock()
	w.Header().Set("Date", time.Now().Add(f.ahead).UTC().Format(http.TimeFormat))
	f.mu.Unlock()
	switch service {
	case "dynamodb", "secretsmanager":
		f.callTables(w, r)
	case "logs":
		f.logs.ServeHTTP(w, r)
	case "sts":
		f.identify(w, r)
	default:
		f.serveStacks(w, r)
	}
}

// identify answers GetCallerIdentity.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
func (f *fake) identify(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	form, err := url.ParseQuery(string(body))
	w.Header().Set("Content-Type", "text/xml")
	if err != nil || len(form) != 2 || form.Get("Action") != "GetCallerIdentity" || form.Get("Version") != "2011-06-15" || f.operator == "" {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `<ErrorResponse><Error><Type>Sender</Type><Code>InvalidAction</Code><Message>Only GetCallerIdentity is known.</Message></Error></ErrorResponse>`)
		return
	}
	type result struct{ Arn, UserId, Account string }
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ GetCallerIdentityResponse"`
		Result  result   `xml:"GetCallerIdentityResult"`
	}{Result: result{f.operator, "AROAEXAMPLE:ada", "123456789012"}})
}

func (f *fake) serveStacks(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	found, refusal := f.describe(r)
	w.Header().Set("Content-Type", "text/xml")
	if refusal != nil {
		w.WriteHeader(http.StatusBadRequest)
		_ = xml.NewEncoder(w).Encode(struct {
			XMLName   xml.Name `xml:"http://cloudformation.amazonaws.com/doc/2010-05-15/ ErrorResponse"`
			Error     *fakeError
			RequestId string
		}{Error: refusal, RequestId: "4b0e4a3e"})
		return
	}
	type member struct {
		StackId, StackName, CreationTime, StackStatus string
		Outputs                                       []fakeOutput    `xml:"Outputs>member"`
		Parameters                                    []fakeParameter `xml:"Parameters>member"`
	}
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName xml.Name `xml:"http://cloudformation.amazonaws.com/doc/2010-05-15/ DescribeStacksResponse"`
		Stacks  []member `xml:"DescribeStacksResult>Stacks>member"`
		Request string   `xml:"ResponseMetadata>RequestId"`
	}{Stacks: []member{{arn("eu-west-1", found.name), found.name, "2026-11-22T12:00:00Z", found.status, found.outputs, found.parameters}}, Request: "4b0e4a3e"})
}

func arn(region, name string) string {
	return "arn:aws:cloudformation:" + region + ":123456789012:stack/" + name + "/6c0e2f40-c7a1-11f1-8d2e-0a1b2c3d4e5f"
}

var fakeSignature = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=([A-Z]+)/[0-9]{8}/([a-z0-9-]+)/cloudformation/aws4_request, SignedHeaders=[a-z0-9;-]+, Signature=[0-9a-f]{64}$`)

func (f *fake) describe(r *http.Request) (fakeStack, *fakeError) {
	signed := fakeSignature.FindStringSubmatch(r.Header.Get("Authorization"))
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	body, _ := io.ReadAll(r.Body)
	form, err := url.ParseQuery(string(body))
	switch {
	case signed == nil:
		return fakeStack{}, &fakeError{"Sender", "IncompleteSignature", "The request is not signed for CloudFormation."}
	case signed[1] != fakeAccessKey:
		return fakeStack{}, &fakeError{"Sender", "InvalidClientTokenId", "The security token included in the request is invalid."}
	case f.refusal != nil:
		return fakeStack{}, f.refusal
	case r.Method != http.MethodPost || r.URL.String() != "/" || media != "application/x-www-form-urlencoded" || err != nil:
		return fakeStack{}, &fakeError{"Sender", "MalformedQueryString", "The request is not of the query protocol."}
	case form.Get("Action") != "DescribeStacks" || form.Get("Version") != "2010-05-15":
		return fakeStack{}, &fakeError{"Sender", "InvalidAction", "Only DescribeStacks of 2010-05-15 is known."}
	case len(form) != 3 || len(form["StackName"]) != 1:
		return fakeStack{}, &fakeError{"Sender", "InvalidParameterCombination", "StackName, and nothing else, is wanted."}
	}
	wanted := form.Get("StackName")
	stacks := f.stacks[signed[2]]
	at := slices.IndexFunc(stacks, func(s fakeStack) bool { return wanted == s.name || wanted == arn(signed[2], s.name) })
	if at < 0 {
		return fakeStack{}, &fakeError{"Sender", "ValidationError", "Stack with id " + strings.TrimSpace(wanted) + " does not exist"}
	}
	return stacks[at], nil
}
