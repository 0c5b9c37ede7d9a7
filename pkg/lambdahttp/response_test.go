package lambdahttp_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

func TestResponse(t *testing.T) {
	type response = events.APIGatewayV2HTTPResponse
	header := func(name string) func(response) any { return func(r response) any { return r.Headers[name] } }
	var (
		status  = func(r response) any { return r.StatusCode }
		body    = func(r response) any { return fmt.Sprint(r.Body, " ", r.IsBase64Encoded) }
		cookies = func(r response) any { return fmt.Sprintf("%q", r.Cookies) }
	)
	for _, row := range []struct {
		name   string
		handle http.HandlerFunc
		got    func(response) any
		want   string
	}{
		{"a handler that writes nothing is 200", func(http.ResponseWriter, *http.Request) {}, status, "200"},
		{"a body alone is 200", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "x") }, status, "200"},
		{"a status", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(302) }, status, "302"},
		{"the first status counts", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401); w.WriteHeader(200) }, status, "401"},
		{"a status after the body does not count", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "x"); w.WriteHeader(500) }, status, "200"},

		{"no body", func(http.ResponseWriter, *http.Request) {}, body, " false"},
		{"a body in pieces", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<p>"); io.WriteString(w, "né</p>") }, body, "<p>né</p> false"},
		{"a body that is no text is base64", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte{0xff, 0x00}) }, body, "/wA= true"},

		{"a header", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("location", "https://acme.deskpro.com/") }, header("Location"), "https://acme.deskpro.com/"},
		{"a repeated header is joined", func(w http.ResponseWriter, _ *http.Request) { w.Header().Add("Vary", "A"); w.Header().Add("Vary", "B") }, header("Vary"), "A, B"},
		{"a header after the status does not count", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(200)
			w.Header().Set("Location", "https://evil.example/")
		}, header("Location"), ""},
		{"a value added after the status does not count", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Vary", "A")
			w.WriteHeader(200)
			w.Header().Add("Vary", "B")
		}, header("Vary"), "A"},
		{"a header removed after the status counts", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Vary", "A")
			w.WriteHeader(200)
			w.Header().Del("Vary")
		}, header("Vary"), "A"},

		{"cookies travel apart", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Add("Set-Cookie", "a=1; Expires=Fri, 21 Nov 2025 18:00:00 GMT")
			w.Header().Add("Set-Cookie", "b=2")
		}, cookies, `["a=1; Expires=Fri, 21 Nov 2025 18:00:00 GMT" "b=2"]`},
		{"headers around a cookie all arrive", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Add("Set-Cookie", "a=1")
			for i := range 100 {
				w.Header().Set(fmt.Sprint("X-", i), "x")
			}
		}, func(r response) any { return len(r.Headers) }, "100"},
		{"cookies are not among the headers", func(w http.ResponseWriter, _ *http.Request) { w.Header().Add("Set-Cookie", "a=1") }, header("Set-Cookie"), ""},
		{"a cookie after the status does not count", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(200)
			w.Header().Add("Set-Cookie", "a=1")
		}, cookies, `[]`},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := invoke(t, newHandler(t, row.handle, io.Discard), encode(t, signIn()))
			if got := fmt.Sprint(row.got(got)); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}
