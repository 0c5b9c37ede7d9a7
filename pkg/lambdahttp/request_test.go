package lambdahttp_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

// received invokes a function with event and returns the request that its
// handler got, and its body.
func received(t *testing.T, event events.APIGatewayV2HTTPRequest) (r *http.Request, body string) {
	t.Helper()
	function := newHandler(t, func(_ http.ResponseWriter, got *http.Request) {
		b, err := io.ReadAll(got.Body)
		if err != nil {
			t.Errorf("reading the body: %v", err)
		}
		r, body = got, string(b)
	}, io.Discard)
	if response := invoke(t, function, encode(t, event)); r == nil {
		t.Fatalf("the event was refused: %d %s", response.StatusCode, response.Body)
	}
	return r, body
}

func TestRequest(t *testing.T) {
	type event = events.APIGatewayV2HTTPRequest
	header := func(name string) func(*http.Request) any {
		return func(r *http.Request) any { return r.Header.Values(name) }
	}
	var (
		method     = func(r *http.Request) any { return r.Method }
		host       = func(r *http.Request) any { return r.Host }
		remoteAddr = func(r *http.Request) any { return r.RemoteAddr }
		rawQuery   = func(r *http.Request) any { return r.URL.RawQuery }
		door       = func(r *http.Request) any { return r.PathValue("door") }
		cookies    = func(r *http.Request) any { return r.Cookies() }
		length     = func(r *http.Request) any { return r.ContentLength }
	)
	for _, row := range []struct {
		name   string
		change func(*event)
		got    func(*http.Request) any
		want   string
	}{
		{"the method is the context's", func(e *event) { e.Headers["x-http-method-override"] = "GET" }, method, "POST"},
		{"the host is the domain name", func(*event) {}, host, "login.example.com"},
		{"a Host header changes nothing", func(e *event) { e.Headers["host"] = "evil.example" }, host, "login.example.com"},
		{"a Host header does not reach the handler", func(*event) {}, header("Host"), "[]"},
		{"X-Forwarded-Host changes nothing", func(e *event) { e.Headers["x-forwarded-host"] = "evil.example" }, host, "login.example.com"},
		{"Forwarded does not change the host", func(e *event) { e.Headers["forwarded"] = "host=evil.example" }, host, "login.example.com"},

		{"the client is the source address", func(*event) {}, remoteAddr, "192.0.2.10:0"},
		{"X-Forwarded-For changes nothing", func(e *event) { e.Headers["x-forwarded-for"] = "203.0.113.7" }, remoteAddr, "192.0.2.10:0"},
		{"Forwarded does not change the client", func(e *event) { e.Headers["forwarded"] = "for=203.0.113.7" }, remoteAddr, "192.0.2.10:0"},
		{"X-Real-IP changes nothing", func(e *event) { e.Headers["x-real-ip"] = "203.0.113.7" }, remoteAddr, "192.0.2.10:0"},
		{"a client of IPv6", func(e *event) { e.RequestContext.HTTP.SourceIP = "2001:DB8:0::10" }, remoteAddr, "[2001:db8::10]:0"},

		{"no cookies", func(*event) {}, cookies, "[]"},
		{"no cookies make no header", func(*event) {}, func(r *http.Request) any { return len(r.Header["Cookie"]) }, "0"},
		{"cookies are joined", func(e *event) { e.Cookies = []string{"a=1", "__Host-session=x=y"} }, cookies, "[a=1 __Host-session=x=y]"},
		{"a cookie header changes nothing", func(e *event) { e.Headers["cookie"] = "__Host-session=forged" }, cookies, "[]"},
		{"a cookie header beside cookies changes nothing", func(e *event) { e.Cookies, e.Headers["Cookie"] = []string{"a=1"}, "a=2" }, cookies, "[a=1]"},

		{"a path parameter", func(*event) {}, door, "users"},
		{"a path parameter with a slash", func(e *event) { e.PathParameters["door"] = "a/b" }, door, "a/b"},
		{"a path parameter that is not there", func(e *event) { e.PathParameters = nil }, door, ""},

		{"a query is not touched", func(*event) {}, rawQuery, "return=%2Fnew-ticket%2F"},
		{"a repeated parameter stays so", func(e *event) { e.RawQueryString = "return=a&return=b" }, rawQuery, "return=a&return=b"},
		{"a broken escape stays so", func(e *event) { e.RawQueryString = "a=100%&b=%zz;c" }, rawQuery, "a=100%&b=%zz;c"},
		{"merged parameters are not read", func(e *event) {
			e.RawQueryString, e.QueryStringParameters = "", map[string]string{"return": "a,b"}
		}, rawQuery, ""},

		{"a header", func(*event) {}, header("Content-Type"), "[application/x-www-form-urlencoded]"},
		{"a header in capitals", func(e *event) { e.Headers["ORIGIN"] = "null" }, header("Origin"), "[null]"},
		{"a header with commas is one value", func(e *event) { e.Headers["if-modified-since"] = "Fri, 21 Nov 2025 18:00:00 GMT" }, header("If-Modified-Since"), "[Fri, 21 Nov 2025 18:00:00 GMT]"},
		{"the length is that of the decoded body", func(e *event) { e.Headers["content-length"] = "99999" }, length, "21"},
		{"the length of no body", func(e *event) { e.Body, e.IsBase64Encoded = "", false }, length, "0"},
	} {
		t.Run(row.name, func(t *testing.T) {
			event := signIn()
			row.change(&event)
			r, _ := received(t, event)
			if got := fmt.Sprint(row.got(r)); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

func TestThePathCannotChangeTheRoute(t *testing.T) {
	for _, path := range []string{
		"", "/", "/agents/login", "/agents/logout", "//evil.example/users/login", "https://evil.example/",
		"/users/login?return=https://evil.example/", "/users/100%", "/users/%2e%2e/agents/login", "/users/../agents/login",
		"/lo gin", "/users/login#x", "/users/\r\nX: y", "/\x00", "/日本語", "/prod/users/login",
	} {
		event := signIn()
		event.RawPath, event.RequestContext.HTTP.Path = path, path
		r, _ := received(t, event)
		if r.Pattern != "POST /{door}/login" || r.PathValue("door") != "users" {
			t.Errorf("%q: the route is %s with the door %s", path, r.Pattern, r.PathValue("door"))
		}
		if r.Host != "login.example.com" || r.URL.Host != "" || r.URL.Scheme != "" {
			t.Errorf("%q: the host is %q, in the URL %q", path, r.Host, r.URL.Host)
		}
		if got, want := r.URL.Query(), (url.Values{"return": {"/new-ticket/"}}); got.Encode() != want.Encode() {
			t.Errorf("%q: the query is %v, want %v", path, got, want)
		}
	}
}

func TestABodyArrivesAsItWasSent(t *testing.T) {
	for name, sent := range map[string]string{
		"none":                    "",
		"a form":                  "username=ugo%40example.com&password=a+b",
		"bytes that are no UTF-8": "\x00\xff\xfe",
		"line breaks":             "a\r\nb\n",
		"a large one":             strings.Repeat("x", 1<<20),
	} {
		event := signIn()
		event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte(sent)), true
		if _, got := received(t, event); got != sent {
			t.Errorf("%s: body = %.40q, want %.40q", name, got, sent)
		}
	}
	event := signIn()
	event.Body, event.IsBase64Encoded = "Zm9v", false
	if _, got := received(t, event); got != "Zm9v" {
		t.Errorf("text that looks like base64: body = %q, want %q", got, "Zm9v")
	}
}

func TestAFormParses(t *testing.T) {
	event := signIn()
	event.Body = base64.StdEncoding.EncodeToString([]byte("username=ugo%2B1%40example.com&password=%F0%9F%94%91+x"))
	var got url.Values
	function := newHandler(t, func(_ http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		got = r.PostForm
	}, io.Discard)
	invoke(t, function, encode(t, event))
	want := url.Values{"username": {"ugo+1@example.com"}, "password": {"🔑 x"}}
	if got.Encode() != want.Encode() {
		t.Errorf("form = %v, want %v", got, want)
	}
}
