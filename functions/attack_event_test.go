package functions_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"deskpro-login/pkg/lambdahttp/runtimetest"
)

// attacked is an environment in which no guess of a test has to wait for another.
func attacked(endpoint string) []string {
	return append(environment(endpoint), "GUESSES_FREE=20", "REFUSAL_TIME=0s", "METRICS_NAMESPACE=DeskproLogin/acme")
}

// changed is a sample event after edit.
func changed(t *testing.T, name string, edit func(*events.APIGatewayV2HTTPRequest)) []byte {
	t.Helper()
	var event events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(sample(t, name), &event); err != nil {
		t.Fatal(err)
	}
	edit(&event)
	payload, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// formRoutes are the route keys that template.yaml has for forms.
func formRoutes(t *testing.T) []string {
	t.Helper()
	template, err := os.ReadFile("../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, path := range regexp.MustCompile(`Method: POST, Path: "([^"]*)"`).FindAllSubmatch(template, -1) {
		keys = append(keys, "POST "+string(path[1]))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func TestNoFunctionTakesAFormOfAnotherSite(t *testing.T) {
	_, _, env := cognitoEnvironment(t, userOf("ugo@example.com"))
	processes := map[bool]*runtimetest.Process{
		false: start(t, "authenticate", append(env, "ACCOUNT_CONFIRMATION=on"), &bytes.Buffer{}), true: start(t, "login", env, &bytes.Buffer{}),
	}
	routes := formRoutes(t)
	if len(routes) < 4 {
		t.Fatalf("template.yaml has forms at %q only", routes)
	}
	for _, route := range routes {
		for _, row := range []struct {
			name         string
			site, origin string
			status       int
		}{
			{"from another site", "cross-site", "https://evil.example", 403},
			{"from another site, without an origin", "cross-site", "", 403},
			{"from a sibling subdomain", "same-site", "https://blog.example.com", 403},
			{"from a sibling subdomain, without an origin", "same-site", "", 403},
			{"from a sandboxed frame, in an old browser", "", "null", 403},
			{"from another site, in an old browser", "", "https://evil.example", 403},
			{"from the host that the Host header names, in an old browser", "", "https://forged.example", 403},
			{"from our own page", "same-origin", "https://login.example.com", 0},
			{"from our own page, in an old browser", "", "https://login.example.com", 0},
		} {
			got := invoke(t, processes[strings.HasSuffix(route, "/account")], changed(t, "authenticate/right-password", func(e *events.APIGatewayV2HTTPRequest) {
				e.RouteKey, e.RequestContext.RouteKey = route, route
				e.RawPath = strings.ReplaceAll(strings.TrimPrefix(route, "POST "), "{door}", "users")
				e.Headers["host"], e.Headers["x-forwarded-host"] = "forged.example", "forged.example"
				for name, value := range map[string]string{"sec-fetch-site": row.site, "origin": row.origin} {
					if delete(e.Headers, name); value != "" {
						e.Headers[name] = value
					}
				}
			}))
			if refused := strings.Contains(got.Body, "DPL-1006"); refused != (row.status == 403) || row.status != 0 && got.StatusCode != row.status || refused && len(got.Cookies) > 0 {
				t.Errorf("%s, a form %s:\n%s", route, row.name, render(t, got))
			}
		}
	}
}

// forged are header names by which proxies, frameworks and API Gateway itself tell
// of a host, a client, a path or a method.
var forged = []string{
	"host", "x-forwarded-host", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-port", "x-forwarded-server", "x-forwarded-prefix", "x-forwarded-scheme",
	"x-forwarded-uri", "x-forwarded-method", "x-original-host", "x-original-url", "x-original-uri", "x-original-method", "x-rewrite-url", "x-host", "x-http-host-override",
	"x-http-method", "x-http-method-override", "x-method-override", "forwarded", "via", "x-real-ip", "x-client-ip", "x-remote-ip", "x-remote-addr", "client-ip",
	"true-client-ip", "cf-connecting-ip", "fastly-client-ip", "x-cluster-client-ip", "x-azure-clientip", "x-envoy-external-address", "cloudfront-viewer-address",
	"cloudfront-forwarded-proto", "x-origin-verify", "x-amz-cf-id", "x-amzn-apigateway-api-id", "x-apigateway-event", "x-apigateway-context", "x-amzn-lambda-context",
	"x-golambdaproxy-apigw-context", "x-golambdaproxy-apigw-stagevars", "lambda-runtime-aws-request-id", "x-remote-user", "x-forwarded-user", "authorization", "referer",
	"x-request-id", "x-correlation-id", "traceparent", "base-url", "proxy", "destination", "range", "if-none-match", "if-modified-since", "accept", "accept-encoding",
	"accept-language", "transfer-encoding", "te", "expect", "upgrade", "content-length", "sec-fetch-mode", "sec-fetch-dest", "x-requested-with", "content-encoding",
}

var knownPattern = regexp.MustCompile(`(__Host-known=)[\w-]{43};`)

func TestForgedHeadersChangeNoByteOfAnyAnswer(t *testing.T) {
	values := map[string]string{
		"another host": "forged.example", "a host with a port": "forged.example:443", "another address": "203.0.113.66", "this very machine": "127.0.0.1",
		"a list of addresses": "203.0.113.66, 127.0.0.1, ::1", "an element of Forwarded": "for=203.0.113.66;host=forged.example;proto=http;by=127.0.0.1",
		"another path": "/agents/login?return=//forged.example", "another method": "DELETE", "an address and a port": "203.0.113.66:443", "nothing": "",
		"a line end":     "forged.example\r\nset-cookie: injected=1",
		"no UTF-8":       "\xff\xfeforged.example",
		"a long text":    strings.Repeat("forged.example ", 600),
		"half a list":    `for="[203.0.113.66`,
		"a JSON event":   `{"requestContext":{"domainName":"forged.example","http":{"method":"PUT","sourceIp":"203.0.113.66"}}}`,
		"host and space": "login.example.com forged.example",
	}
	for function, names := range map[string][]string{
		"login":        {"login/page", "login/with-session", "login/bad-return", "login/unknown-door", "login/unknown-route", "login/agents-with-session-not-in-group"},
		"authenticate": {"authenticate/right-password", "authenticate/unknown-account", "authenticate/cross-origin", "authenticate/repeated-username", "authenticate/not-a-form"},
		"logout":       {"logout/page", "logout/with-return", "logout/bad-return"},
	} {
		t.Run(function, func(t *testing.T) {
			t.Parallel()
			aws, endpoint := cloud(t)
			var log bytes.Buffer
			process := start(t, function, attacked(endpoint), &log)
			sameWhatever(t, process, names, values, func() { seedSession(t, aws, 0, 0) })
			wantSource(t, process, log.String)
		})
	}
	t.Run("on the way to an identity provider", func(t *testing.T) {
		t.Parallel()
		var log bytes.Buffer
		process := start(t, "authenticate", goldenEnvironment(t, "cognito-federate"), &log)
		sameWhatever(t, process, []string{"authenticate/cognito-federate", "authenticate/cognito-reset-page"}, values, func() {})
	})
}

// sameWhatever compares each event's answer with that to the same event with
// forged headers: all at once with each value, and each with one.
func sameWhatever(t *testing.T, process *runtimetest.Process, names []string, values map[string]string, prepare func()) {
	t.Helper()
	masked := func(payload []byte) string {
		prepare()
		return knownPattern.ReplaceAllString(render(t, invoke(t, process, payload)), "${1}TOKEN;")
	}
	for i, name := range names {
		want := masked(sample(t, name))
		compare := func(what string, headers map[string]string) {
			got := masked(changed(t, name, func(e *events.APIGatewayV2HTTPRequest) { maps.Copy(e.Headers, headers) }))
			if got != want {
				t.Errorf("%s, with %s, is answered\n%s\nand without\n%s", name, what, got, want)
			}
		}
		for what, value := range values {
			headers := map[string]string{}
			for _, header := range forged {
				headers[header] = value
			}
			compare("all headers of "+what, headers)
		}
		if i > 0 {
			continue
		}
		for _, header := range forged {
			compare("the header "+header, map[string]string{header: "forged.example"})
		}
	}
}

func wantSource(t *testing.T, process *runtimetest.Process, log func() string) {
	t.Helper()
	process.Stop()
	for line := range strings.Lines(log()) {
		if strings.Contains(line, `"message":"audit"`) && !strings.Contains(line, `"source":"192.0.2.10"`) {
			t.Errorf("an event is not of the client's address: %s", line)
		}
	}
	if !strings.Contains(log(), `"source":"192.0.2.10"`) {
		t.Error("no event names its source")
	}
	for _, needle := range []string{"203.0.113.66", "forged.example", "injected"} {
		if line := regexp.MustCompile(`.*` + regexp.QuoteMeta(needle) + `.*`).FindString(log()); line != "" {
			t.Errorf("the log shows %s: %s", needle, line)
		}
	}
}

// API Gateway sends them to the default route, with the path that they have.
func TestOtherMethodsFindNothing(t *testing.T) {
	_, endpoint := cloud(t)
	for _, function := range []string{"login", "authenticate", "logout"} {
		process := start(t, function, attacked(endpoint), &bytes.Buffer{})
		for _, method := range []string{"HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "PROPFIND", "get", "POST ", "GET"} {
			for _, path := range []string{"/users/login", "/users/login/challenge", "/users/logout"} {
				got := invoke(t, process, changed(t, "authenticate/right-password", func(e *events.APIGatewayV2HTTPRequest) {
					e.RouteKey, e.RequestContext.RouteKey, e.RequestContext.HTTP.Method, e.RawPath = "$default", "$default", method, path
					e.Cookies = []string{"__Host-session=" + sessionID}
					e.Headers["x-http-method-override"], e.Headers["origin"] = "POST", "https://evil.example"
					e.Headers["access-control-request-method"] = "POST"
				}))
				if got.StatusCode != http.StatusNotFound || !strings.Contains(got.Body, "DPL-1001") || len(got.Cookies) > 0 || got.Headers["Location"] != "" ||
					got.Headers["Access-Control-Allow-Origin"] != "" || got.Headers["Cache-Control"] != "no-store" {
					t.Errorf("%s answers %s %s:\n%s", function, method, path, render(t, got))
				}
			}
		}
		// A form's route takes nothing but a form, whatever says that it is safe.
		got := invoke(t, process, changed(t, "authenticate/right-password", func(e *events.APIGatewayV2HTTPRequest) {
			e.RequestContext.HTTP.Method, e.Headers["origin"], e.Headers["sec-fetch-site"] = "GET", "https://evil.example", "cross-site"
		}))
		if got.StatusCode < 400 || len(got.Cookies) > 0 {
			t.Errorf("%s takes a form by GET:\n%s", function, fmt.Sprint(got.StatusCode, got.Headers, got.Cookies))
		}
	}
}
