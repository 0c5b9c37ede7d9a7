package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"deskpro-login/pkg/lambdahttp"
	"deskpro-login/pkg/lambdahttp/gateway"
)

// function is a gateway.Function in a test's own words.
type function func(ctx context.Context, payload []byte) ([]byte, error)

func (f function) Invoke(ctx context.Context, payload []byte) ([]byte, error) { return f(ctx, payload) }

// noFunction fails the test when it is called.
func noFunction(t *testing.T) gateway.Function {
	return function(func(context.Context, []byte) ([]byte, error) {
		t.Error("the function was called")
		return nil, errors.New("not to be called")
	})
}

// serve serves function at the sign-in page's routes, and returns the server.
func serve(t *testing.T, f gateway.Function) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	api, err := gateway.New(gateway.Config{
		Domain: server.Listener.Addr().String(),
		Routes: map[string]gateway.Function{"GET /{door}/login": f, "POST /{door}/login": f},
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = api
	server.Start()
	t.Cleanup(server.Close)
	return server
}

// handle makes a handler the function behind the gateway.
func handle(t *testing.T, h http.HandlerFunc) gateway.Function {
	t.Helper()
	f, err := lambdahttp.New(lambdahttp.Config{HTTP: h, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// do sends r without following redirects and returns the answer and its body.
func do(t *testing.T, r *http.Request) (*http.Response, string) {
	t.Helper()
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

func newRequest(t *testing.T, method, url, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestNewNeedsADomain(t *testing.T) {
	if _, err := gateway.New(gateway.Config{}); err == nil || !strings.Contains(err.Error(), "Domain is required") {
		t.Errorf("error = %v, want one that says Domain is required", err)
	}
}

func TestWhatAClientSendsIsWhatTheHandlerGets(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	for _, row := range []struct {
		name         string
		method, path string // path with the query, as on the wire
		headers      [][2]string
		body         string
		got          func(*http.Request) any
		want         string
	}{
		{name: "the method", method: "POST", path: "/users/login", got: func(r *http.Request) any { return r.Method }, want: "POST"},
		{name: "the route", method: "GET", path: "/users/login", got: func(r *http.Request) any { return r.Pattern }, want: "GET /{door}/login"},
		{name: "the door", method: "GET", path: "/agents/login", got: func(r *http.Request) any { return r.PathValue("door") }, want: "agents"},
		{name: "an escaped door", method: "GET", path: "/us%20ers/login", got: func(r *http.Request) any { return r.PathValue("door") }, want: "us ers"},
		{name: "a path is decoded", method: "GET", path: "/a%25b/login", got: func(r *http.Request) any { return r.URL.Path }, want: "/a%b/login"},
		{name: "a path is cut at a decoded question mark", method: "GET", path: "/a%3Fb/login", got: func(r *http.Request) any { return r.URL.Path }, want: "/a"},
		{name: "an escaped question mark begins no query", method: "GET", path: "/a%3Fb=c/login", got: func(r *http.Request) any { return r.URL.RawQuery }, want: ""},
		{name: "a query with its escapes", method: "GET", path: "/users/login?b=%2F&a=1+2&c=%zz;", got: func(r *http.Request) any { return r.URL.RawQuery }, want: "b=%2F&a=1+2&c=%zz;"},
		{name: "a repeated parameter", method: "GET", path: "/users/login?return=a&return=b", got: func(r *http.Request) any { return r.URL.Query()["return"] }, want: "[a b]"},
		{name: "a header", method: "GET", path: "/users/login", headers: [][2]string{{"Sec-Fetch-Site", "cross-site"}}, got: func(r *http.Request) any { return r.Header.Values("Sec-Fetch-Site") }, want: "[cross-site]"},
		{name: "a repeated header, joined", method: "GET", path: "/users/login", headers: [][2]string{{"X-A", "1"}, {"X-A", "2"}}, got: func(r *http.Request) any { return r.Header.Values("X-A") }, want: "[1,2]"},
		{name: "the client's address", method: "GET", path: "/users/login", headers: [][2]string{{"X-Forwarded-For", "203.0.113.7"}, {"Forwarded", "for=203.0.113.7"}}, got: func(r *http.Request) any { return r.RemoteAddr }, want: "127.0.0.1:0"},
		{name: "a forged X-Forwarded-For, added to", method: "GET", path: "/users/login", headers: [][2]string{{"X-Forwarded-For", "203.0.113.7"}}, got: func(r *http.Request) any { return r.Header.Values("X-Forwarded-For") }, want: "[203.0.113.7, 127.0.0.1]"},
		{name: "cookies", method: "GET", path: "/users/login", headers: [][2]string{{"Cookie", "a=1; __Host-session=x"}}, got: func(r *http.Request) any { return r.Cookies() }, want: "[a=1 __Host-session=x]"},
		{name: "cookies in two headers", method: "GET", path: "/users/login", headers: [][2]string{{"Cookie", "a=1"}, {"Cookie", "b=2; c=3"}}, got: func(r *http.Request) any { return r.Cookies() }, want: "[a=1 b=2 c=3]"},
		{name: "a cookie of two parts without a space", method: "GET", path: "/users/login", headers: [][2]string{{"Cookie", "a=1;b=2"}}, got: func(r *http.Request) any { return r.Cookies() }, want: "[a=1 b=2]"},
		{name: "a form", method: "POST", path: "/users/login", headers: [][2]string{{"Content-Type", form}}, body: "username=ugo%2B1&a=%F0%9F%94%91", got: func(r *http.Request) any { return r.PostFormValue("username") + r.PostFormValue("a") }, want: "ugo+1🔑"},
		{name: "a body's length", method: "POST", path: "/users/login", body: "12345", got: func(r *http.Request) any { return r.ContentLength }, want: "5"},
		{name: "a body of text", method: "POST", path: "/users/login", headers: [][2]string{{"Content-Type", "text/plain"}}, body: "é\r\n", got: content, want: "é\r\n"},
		{name: "a body of bytes", method: "POST", path: "/users/login", body: "\x00\xff", got: content, want: "\x00\xff"},
		{name: "no body", method: "POST", path: "/users/login", got: content, want: ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got any
			server := serve(t, handle(t, func(_ http.ResponseWriter, r *http.Request) { got = row.got(r) }))
			r := newRequest(t, row.method, server.URL+row.path, row.body)
			for _, header := range row.headers {
				r.Header.Add(header[0], header[1])
			}
			if response, body := do(t, r); response.StatusCode != http.StatusOK {
				t.Fatalf("status = %d: %s", response.StatusCode, body)
			}
			if got := fmt.Sprint(got); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

// content returns a request's body.
func content(r *http.Request) any {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	return string(body)
}

func TestWhatAHandlerAnswersIsWhatTheClientGets(t *testing.T) {
	for _, sent := range []string{"<p>né</p>", "\xff\x00"} {
		server := serve(t, handle(t, func(w http.ResponseWriter, _ *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
			http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
			w.Header().Set("Location", "https://acme.deskpro.com/?a=1,2")
			w.WriteHeader(http.StatusFound)
			io.WriteString(w, sent)
		}))
		response, body := do(t, newRequest(t, "GET", server.URL+"/users/login", ""))
		if response.StatusCode != http.StatusFound || body != sent {
			t.Errorf("got %d %q, want 302 %q", response.StatusCode, body, sent)
		}
		if got, want := response.Header.Get("Location"), "https://acme.deskpro.com/?a=1,2"; got != want {
			t.Errorf("Location = %q, want %q", got, want)
		}
		if got, want := fmt.Sprint(response.Header.Values("Set-Cookie")), "[a=1 b=2]"; got != want {
			t.Errorf("cookies = %s, want %s", got, want)
		}
	}
}

func TestTheAnswerNamesTheRequest(t *testing.T) {
	server := serve(t, handle(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, lambdahttp.RequestID(r.Context())) }))
	var ids []string
	for range 2 {
		response, body := do(t, newRequest(t, "GET", server.URL+"/users/login", ""))
		if id := response.Header.Get("Apigw-Requestid"); id == "" || id != body {
			t.Errorf("the answer is to %q, the handler saw %q", id, body)
		}
		ids = append(ids, body)
	}
	if ids[0] == ids[1] {
		t.Errorf("two requests have the id %s", ids[0])
	}
}

func TestWhatTheGatewayRefuses(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	for _, row := range []struct {
		name   string
		method string
		path   string
		change func(*http.Request)
		body   string
		want   string
	}{
		{name: "another host", method: "GET", path: "/users/login", change: func(r *http.Request) { r.Host = "evil.example" }, want: "403 Forbidden"},
		{name: "the host without its port", method: "GET", path: "/users/login", change: func(r *http.Request) { r.Host = "127.0.0.1" }, want: "403 Forbidden"},
		{name: "a path of no route", method: "GET", path: "/users/nowhere", want: "404 Not Found"},
		{name: "a method of no route", method: "DELETE", path: "/users/login", want: "404 Not Found"},
		{name: "a path with an empty segment", method: "GET", path: "//users/login", want: "404 Not Found"},
		{name: "a path with dots", method: "GET", path: "/agents/../users/login", want: "404 Not Found"},
		{name: "a path with escaped dots", method: "GET", path: "/%2e%2e/users/login", want: "404 Not Found"},
		{name: "a path that ends in a slash", method: "GET", path: "/users/login/", want: "404 Not Found"},
		{name: "a long query", method: "GET", path: "/users/login?" + long(10_240), want: "431 Request Header Fields Too Large"},
		{name: "a long header", method: "GET", path: "/users/login", change: func(r *http.Request) { r.Header.Set("X-A", long(10_240)) }, want: "431 Request Header Fields Too Large"},
		{name: "many headers", method: "GET", path: "/users/login", change: func(r *http.Request) {
			for i := range 11 {
				r.Header.Add("X-A", long(1000)+fmt.Sprint(i))
			}
		}, want: "431 Request Header Fields Too Large"},
		{name: "long cookies", method: "GET", path: "/users/login", change: func(r *http.Request) { r.Header.Set("Cookie", "a="+long(10_240)) }, want: "431 Request Header Fields Too Large"},
		{name: "a large body", method: "POST", path: "/users/login", body: long(10<<20 + 1), want: "413 Request Entity Too Large"},
	} {
		t.Run(row.name, func(t *testing.T) {
			server := serve(t, noFunction(t))
			r := newRequest(t, row.method, server.URL+row.path, row.body)
			if row.change != nil {
				row.change(r)
			}
			response, body := do(t, r)
			var answer struct{ Message string }
			if err := json.Unmarshal([]byte(body), &answer); err != nil {
				t.Fatalf("%d %q: %v", response.StatusCode, body, err)
			}
			if got := fmt.Sprint(response.StatusCode, " ", answer.Message); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
	t.Run("HEAD on a GET route", func(t *testing.T) {
		server := serve(t, noFunction(t))
		if response, _ := do(t, newRequest(t, "HEAD", server.URL+"/users/login", "")); response.StatusCode != http.StatusNotFound {
			t.Errorf("status = %d, want 404", response.StatusCode)
		}
	})
	t.Run("headers below the limit pass", func(t *testing.T) {
		server := serve(t, handle(t, func(http.ResponseWriter, *http.Request) {}))
		r := newRequest(t, "GET", server.URL+"/users/login", "")
		r.Header.Set("Cookie", "a="+long(9_900))
		if response, body := do(t, r); response.StatusCode != http.StatusOK {
			t.Errorf("status = %d: %s", response.StatusCode, body)
		}
	})
}

func TestAFunctionThatFailsIsA500WithoutItsReason(t *testing.T) {
	for _, row := range []struct {
		name string
		out  string
		err  error
	}{
		{"an error", "", errors.New("hunter2")},
		{"no JSON", "hunter2", nil},
		{"nothing", "", nil},
		{"null", "null", nil},
		{"no status", `{"body":"hunter2"}`, nil},
		{"a status that is none", `{"statusCode":42,"body":"hunter2"}`, nil},
		{"a body that is not base64", `{"statusCode":200,"body":"hunter2!","isBase64Encoded":true}`, nil},
		{"wrong types", `{"statusCode":"hunter2"}`, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			server := serve(t, function(func(context.Context, []byte) ([]byte, error) { return []byte(row.out), row.err }))
			response, body := do(t, newRequest(t, "GET", server.URL+"/users/login", ""))
			if got, want := body, `{"message":"Internal Server Error"}`; response.StatusCode != http.StatusInternalServerError || got != want {
				t.Errorf("got %d %s, want 500 %s", response.StatusCode, got, want)
			}
		})
	}
}

func TestAFormTravelsInBase64AndTextDoesNot(t *testing.T) {
	for _, row := range []struct {
		contentType string
		want        string
	}{
		{"application/x-www-form-urlencoded", "YT0x true"},
		{"application/x-www-form-urlencoded; charset=UTF-8", "YT0x true"},
		{"multipart/form-data; boundary=x", "YT0x true"},
		{"application/octet-stream", "YT0x true"},
		{"", "YT0x true"},
		{"text/plain", "a=1 false"},
		{"application/json", "a=1 false"},
		{"application/xml; charset=utf-8", "a=1 false"},
	} {
		var event events.APIGatewayV2HTTPRequest
		server := serve(t, function(func(_ context.Context, payload []byte) ([]byte, error) {
			if err := json.NewDecoder(bytes.NewReader(payload)).Decode(&event); err != nil {
				return nil, err
			}
			return []byte(`{"statusCode":200}`), nil
		}))
		r := newRequest(t, "POST", server.URL+"/users/login", "a=1")
		r.Header.Set("Content-Type", row.contentType)
		do(t, r)
		if got := fmt.Sprint(event.Body, " ", event.IsBase64Encoded); got != row.want {
			t.Errorf("%q: got %s, want %s", row.contentType, got, row.want)
		}
	}
}
