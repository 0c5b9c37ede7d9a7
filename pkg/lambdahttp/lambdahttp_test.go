package lambdahttp_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"deskpro-login/pkg/lambdahttp"
)

// signIn is an event as API Gateway sends it for the sign-in page's form.
func signIn() events.APIGatewayV2HTTPRequest {
	return events.APIGatewayV2HTTPRequest{
		Version:        "2.0",
		RouteKey:       "POST /{door}/login",
		RawPath:        "/users/login",
		RawQueryString: "return=%2Fnew-ticket%2F",
		Headers: map[string]string{
			"content-type":   "application/x-www-form-urlencoded",
			"content-length": "21",
			"host":           "login.example.com",
		},
		PathParameters: map[string]string{"door": "users"},
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RouteKey: "POST /{door}/login", Stage: "$default", RequestID: "JKJaXmPLvHcESHA=", DomainName: "login.example.com",
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: "POST", Path: "/users/login", SourceIP: "192.0.2.10"},
		},
		Body:            base64.StdEncoding.EncodeToString([]byte("username=ugo&a=%2B+%2")),
		IsBase64Encoded: true,
	}
}

func newHandler(t testing.TB, h http.HandlerFunc, log io.Writer) *lambdahttp.Handler {
	t.Helper()
	function, err := lambdahttp.New(lambdahttp.Config{HTTP: h, Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return function
}

// invoke hands payload to h and returns the response as API Gateway reads it.
func invoke(t testing.TB, function *lambdahttp.Handler, payload []byte) events.APIGatewayV2HTTPResponse {
	t.Helper()
	out, err := function.Invoke(t.Context(), payload)
	if err != nil {
		t.Fatalf("Invoke: %v", err)
	}
	var response events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(out, &response); err != nil {
		t.Fatalf("reading the response: %v\n%s", err, out)
	}
	return response
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	payload, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

func TestNewNeedsAHandler(t *testing.T) {
	if _, err := lambdahttp.New(lambdahttp.Config{}); err == nil || !strings.Contains(err.Error(), "HTTP is required") {
		t.Errorf("error = %v, want one that says HTTP is required", err)
	}
}

func TestTheRequestIDComesFromTheContextOfTheEvent(t *testing.T) {
	var got string
	function := newHandler(t, func(_ http.ResponseWriter, r *http.Request) { got = lambdahttp.RequestID(r.Context()) }, io.Discard)
	event := signIn()
	event.Headers["apigw-requestid"], event.Headers["x-request-id"] = "forged", "forged"
	invoke(t, function, encode(t, event))
	if want := "JKJaXmPLvHcESHA="; got != want {
		t.Errorf("RequestID = %q, want %q", got, want)
	}
	if got := lambdahttp.RequestID(t.Context()); got != "" {
		t.Errorf("RequestID outside an invocation = %q, want none", got)
	}
}

func TestMalformedEventsAreAnswered400(t *testing.T) {
	change := func(f func(*events.APIGatewayV2HTTPRequest)) []byte {
		event := signIn()
		f(&event)
		return encode(t, event)
	}
	replace := func(old, new string) []byte {
		payload := string(encode(t, signIn()))
		if !strings.Contains(payload, old) {
			t.Fatalf("the event has no %s", old)
		}
		return []byte(strings.Replace(payload, old, new, 1))
	}
	whole := encode(t, signIn())
	for _, row := range []struct {
		name    string
		payload []byte
		log     string
	}{
		{"nothing", nil, "not JSON"},
		{"null", []byte("null"), "not 2.0"},
		{"an empty object", []byte("{}"), "not 2.0"},
		{"a list", []byte("[]"), "not JSON"},
		{"text", []byte("GET /users/login HTTP/1.1"), "not JSON"},
		{"half an event", whole[:len(whole)/2], "not JSON"},
		{"two events", append(whole[:len(whole):len(whole)], whole...), "not JSON"},
		{"payload format 1.0", replace(`"version":"2.0"`, `"version":"1.0"`), "not 2.0"},
		{"a version that is a number", replace(`"version":"2.0"`, `"version":2.0`), "not JSON"},
		{"a header that is a list", replace(`"host":"login.example.com"`, `"host":["login.example.com"]`), "not JSON"},
		{"a body that is an object", replace(`"body":"`, `"body":{},"x":"`), "not JSON"},
		{"a path that is a number", replace(`"rawPath":"/users/login"`, `"rawPath":1`), "not JSON"},
		{"a body that is not base64", change(func(e *events.APIGatewayV2HTTPRequest) { e.Body = "username=ugo" }), "not base64"},
		{"a body whose base64 is cut short", change(func(e *events.APIGatewayV2HTTPRequest) { e.Body = e.Body[:len(e.Body)-1] }), "not base64"},
		{"no route key", change(func(e *events.APIGatewayV2HTTPRequest) { e.RouteKey = "" }), "lacks its method, route key or domain name"},
		{"no method", change(func(e *events.APIGatewayV2HTTPRequest) { e.RequestContext.HTTP.Method = "" }), "lacks its method"},
		{"no domain name", change(func(e *events.APIGatewayV2HTTPRequest) { e.RequestContext.DomainName = "" }), "domain name"},
		{"no source address", change(func(e *events.APIGatewayV2HTTPRequest) { e.RequestContext.HTTP.SourceIP = "" }), "source address"},
		{"a source that is a name", change(func(e *events.APIGatewayV2HTTPRequest) { e.RequestContext.HTTP.SourceIP = "localhost" }), "source address"},
		{"a source with a port", change(func(e *events.APIGatewayV2HTTPRequest) { e.RequestContext.HTTP.SourceIP = "192.0.2.10:80" }), "source address"},
		{"two sources", change(func(e *events.APIGatewayV2HTTPRequest) { e.RequestContext.HTTP.SourceIP = "192.0.2.10, 203.0.113.7" }), "source address"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var log bytes.Buffer
			function := newHandler(t, func(http.ResponseWriter, *http.Request) { t.Error("the handler was called") }, &log)
			response := invoke(t, function, row.payload)
			if response.StatusCode != http.StatusBadRequest {
				t.Errorf("status = %d, want 400", response.StatusCode)
			}
			if got, want := response.Headers["Content-Type"], "text/plain; charset=utf-8"; got != want {
				t.Errorf("Content-Type = %q, want %q", got, want)
			}
			if got, want := response.Headers["Cache-Control"], "no-store"; got != want {
				t.Errorf("Cache-Control = %q, want %q", got, want)
			}
			if !strings.Contains(log.String(), row.log) {
				t.Errorf("the log does not say %q:\n%s", row.log, &log)
			}
		})
	}
}

func TestARefusedEventIsQuotedNowhere(t *testing.T) {
	const secret = "1706.173" // a number, because JSON's errors quote those
	event := signIn()
	event.Headers["authorization"] = secret
	event.Cookies = []string{"__Host-session=" + secret}
	event.RawQueryString = "jwt=" + secret
	event.RawPath = "/" + secret
	event.RequestContext.RequestID = secret
	event.Body, event.IsBase64Encoded = "password="+secret, true // not base64
	base64Broken := encode(t, event)

	event.IsBase64Encoded = false
	event.RequestContext.HTTP.SourceIP = secret
	badSource := encode(t, event)

	event.Version = secret
	badVersion := encode(t, event)

	for name, payload := range map[string][]byte{
		"broken base64": base64Broken,
		"a bad source":  badSource,
		"a bad version": badVersion,
		"half of it":    base64Broken[:len(base64Broken)-10],
		"a bad type":    bytes.Replace(base64Broken, []byte(`"cookies":[`), []byte(`"cookies":"`+secret+`","x":[`), 1),
		"a bad number":  bytes.Replace(base64Broken, []byte(`"timeEpoch":0`), []byte(`"timeEpoch":`+secret), 1),
		"no event":      []byte(secret),
	} {
		var log bytes.Buffer
		function := newHandler(t, func(http.ResponseWriter, *http.Request) { t.Errorf("%s: the handler was called", name) }, &log)
		response := invoke(t, function, payload)
		if log.Len() == 0 {
			t.Errorf("%s: nothing is logged", name)
		}
		if all := log.String() + fmt.Sprint(response); strings.Contains(all, secret) {
			t.Errorf("%s: the event is quoted:\n%s", name, all)
		}
	}
}

func TestInvocationsAtOnceKeepApart(t *testing.T) {
	function := newHandler(t, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "door", Value: r.PathValue("door")})
		fmt.Fprint(w, r.PathValue("door"), lambdahttp.RequestID(r.Context()), r.FormValue("username"))
	}, io.Discard)
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			id := fmt.Sprint(i)
			event := signIn()
			event.PathParameters["door"], event.RequestContext.RequestID = id, id
			event.Body, event.IsBase64Encoded = "username="+id, false
			response := invoke(t, function, encode(t, event))
			if got, want := response.Body, id+id+id; got != want {
				t.Errorf("body = %q, want %q", got, want)
			}
			if got, want := fmt.Sprint(response.Cookies), "[door="+id+"]"; got != want {
				t.Errorf("cookies = %s, want %s", got, want)
			}
		})
	}
	all.Wait()
}
