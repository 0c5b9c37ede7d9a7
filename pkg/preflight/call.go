package preflight

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"deskpro-login/pkg/lambdahttp"
	"deskpro-login/pkg/session"
)

const (
	// domain is where the made-up browser is; nobody's (RFC 6761 section 6.4).
	domain = "preflight.invalid"
	// sourceIP is nobody's address (RFC 5737), which the audit log shows.
	sourceIP = "192.0.2.1"
	// cookieName is package web's.
	cookieName = "__Host-session"
)

// call is a request to a version.
type call struct {
	check, version, want string
	method, page, query  string
	session              session.ID
	form                 url.Values
}

// ask makes one call. inspect says what is wrong with the answer.
func (t *Trial) ask(ctx context.Context, d Door, c call, inspect func(answer) []string) *failure {
	f := &failure{door: d.Name, check: c.check, version: c.version, want: c.want, requestID: "preflight-" + rand.Text()}
	payload, err := json.Marshal(c.event(d.Name, f.requestID, t.cfg.Now()))
	if err != nil {
		f.reason = err.Error()
		return f
	}
	asking, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := t.cfg.Invoke(asking, c.version, payload)
	if err != nil {
		f.reason = "no answer: " + err.Error()
		return f
	}
	a, err := parseAnswer(out)
	if err != nil {
		f.reason = err.Error()
		return f
	}
	f.status, f.code = a.status, codePattern.FindString(a.body)
	wrong := inspect(a)
	if len(wrong) == 0 {
		return nil
	}
	f.reason = strings.Join(wrong, "; ")
	return f
}

// event is what API Gateway would send for c.
func (c call) event(door, requestID string, now time.Time) events.APIGatewayV2HTTPRequest {
	path := "/" + door + "/" + c.page
	route := c.method + " /{door}/" + c.page
	e := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: route, RawPath: path, RawQueryString: c.query, PathParameters: map[string]string{"door": door},
		Headers: map[string]string{"host": domain, "accept": "text/html", "user-agent": "preflight"},
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			APIID: lambdahttp.PreflightAPI, RouteKey: route, RequestID: requestID, DomainName: domain, DomainPrefix: "preflight", Stage: "$default",
			Time: now.UTC().Format("02/Jan/2006:15:04:05 -0700"), TimeEpoch: now.UnixMilli(),
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{
				Method: c.method, Path: path, Protocol: "HTTP/1.1", SourceIP: sourceIP, UserAgent: "preflight",
			},
		},
	}
	if c.session != (session.ID{}) {
		e.Cookies = []string{cookieName + "=" + c.session.Reveal()}
	}
	if c.form != nil {
		e.Headers["content-type"] = "application/x-www-form-urlencoded"
		e.Headers["origin"] = "https://" + domain
		e.Headers["sec-fetch-site"] = "same-origin"
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte(c.form.Encode())), true
	}
	return e
}

// answer is a version's, read.
type answer struct {
	status  int
	header  http.Header
	cookies []*http.Cookie
	body    string
}

var (
	codePattern  = regexp.MustCompile(`DPL-[0-9]{4}`)
	tokenPattern = regexp.MustCompile(`eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+|\bjwt=`)
	typePattern  = regexp.MustCompile(`^[\w.:*-]{1,100}$`)
)

// errAnswer: API Gateway would show its own error page. What was answered is
// not in it.
var errAnswer = errors.New("the answer is none of payload format 2.0")

func parseAnswer(payload []byte) (answer, error) {
	var out events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(payload, &out); err != nil || out.StatusCode < 100 || out.StatusCode > 599 {
		return answer{}, errAnswer
	}
	a := answer{status: out.StatusCode, header: http.Header{}, body: out.Body}
	if out.IsBase64Encoded {
		raw, err := base64.StdEncoding.DecodeString(out.Body)
		if err != nil {
			return answer{}, errAnswer
		}
		a.body = string(raw)
	}
	for name, value := range out.Headers {
		a.header.Set(name, value)
	}
	for _, line := range out.Cookies {
		cookie, err := http.ParseSetCookie(line)
		if err != nil {
			return answer{}, errAnswer
		}
		a.cookies = append(a.cookies, cookie)
	}
	return a, nil
}

// FunctionError is the error of a function that failed rather than answered:
// it crashed, timed out or ran out of memory. payload is what Lambda answers
// then, of which only the error's type is told, because its message may quote
// the event. kind is Lambda's X-Amz-Function-Error.
func FunctionError(kind string, payload []byte) error {
	var fields struct{ ErrorType string }
	if err := json.Unmarshal(payload, &fields); err == nil && typePattern.MatchString(fields.ErrorType) {
		kind = fields.ErrorType
	}
	return fmt.Errorf("function error %s", kind)
}
