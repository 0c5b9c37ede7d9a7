package lambdahttp_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// FuzzInvoke: whatever the payload, there is an answer that API Gateway can
// use, and the handler gets nothing that it may not rely on.
func FuzzInvoke(f *testing.F) {
	for _, payload := range samples(f) {
		f.Add(payload)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		function := newHandler(t, func(w http.ResponseWriter, r *http.Request) {
			if client, err := netip.ParseAddrPort(r.RemoteAddr); err != nil || client.Port() != 0 {
				t.Errorf("the client is %q", r.RemoteAddr)
			}
			if r.Host == "" || r.Method == "" || r.Pattern == "" || r.Header.Get("Host") != "" {
				t.Errorf("host %q (header %q), method %q, pattern %q", r.Host, r.Header.Get("Host"), r.Method, r.Pattern)
			}
			_ = r.ParseForm() // may fail, but not panic
			for _, cookie := range r.Cookies() {
				http.SetCookie(w, cookie)
			}
			for name, values := range r.Header {
				w.Header()["X-"+name] = values
			}
			_, _ = io.WriteString(w, r.URL.String()+r.PathValue("door")+r.Form.Encode()+r.Form.Get("username"))
		}, io.Discard)
		out, err := function.Invoke(t.Context(), payload)
		if err != nil {
			t.Fatal(err)
		}
		var response events.APIGatewayV2HTTPResponse
		if err := json.Unmarshal(out, &response); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusBadRequest {
			t.Errorf("status = %d, want 200 or 400", response.StatusCode)
		}
	})
}

// FuzzRequest: whatever a client sends, it changes neither the route nor the
// host nor its own address.
func FuzzRequest(f *testing.F) {
	f.Add("/users/login", "return=%2F", "accept", "*/*", "a=1", "username=ugo")
	f.Add("//evil.example/", "%zz;&=", "HOST", "evil.example", "__Host-session=\"", "\xff")
	f.Add("/100%", "return=a&return=b", "x-forwarded-for", "203.0.113.7", ";", "")
	f.Add("/a?b=c#d", "", "cookie", "__Host-session=forged", "=", "%")
	f.Fuzz(func(t *testing.T, path, query, name, value, cookie, body string) {
		event := signIn()
		event.RawPath, event.RawQueryString = path, query
		event.Headers[name] = value
		event.Cookies = []string{cookie}
		event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte(body)), true
		r, got := received(t, event)
		if got != body {
			t.Errorf("body = %q, want %q", got, body)
		}
		if r.URL.RawQuery != query && utf8.ValidString(query) {
			t.Errorf("query = %q, want %q", r.URL.RawQuery, query)
		}
		if r.Method != "POST" || r.Pattern != "POST /{door}/login" || r.PathValue("door") != "users" {
			t.Errorf("the route is %s %s with the door %q", r.Method, r.Pattern, r.PathValue("door"))
		}
		if r.Host != "login.example.com" || r.RemoteAddr != "192.0.2.10:0" || r.Header.Get("Host") != "" {
			t.Errorf("the host is %q (header %q), the client %q", r.Host, r.Header.Get("Host"), r.RemoteAddr)
		}
		if r.Header.Get("Cookie") != cookie && utf8.ValidString(cookie) {
			t.Errorf("cookie = %q, want %q", r.Header.Get("Cookie"), cookie)
		}
	})
}
