package lambdahttp_test

import (
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"testing"
	"unicode/utf8"

	"deskpro-login/pkg/lambdahttp"
)

// FuzzInvoke: whatever the payload, there is an answer that API Gateway can
// use, and the handler gets nothing that it may not rely on; least of all with
// an edge in front, whose key no payload has.
func FuzzInvoke(f *testing.F) {
	for _, payload := range samples(f) {
		f.Add(payload)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		var direct string
		handle := func(w http.ResponseWriter, r *http.Request) {
			if client, err := netip.ParseAddrPort(r.RemoteAddr); err != nil || client.Port() != 0 {
				t.Errorf("the client is %q", r.RemoteAddr)
			}
			if r.Host == "" || r.Method == "" || r.Pattern == "" || r.Header.Get("Host") != "" {
				t.Errorf("host %q (header %q), method %q, pattern %q", r.Host, r.Header.Get("Host"), r.Method, r.Pattern)
			}
			if r.Header.Get(lambdahttp.HeaderOriginVerify) != "" || r.Header.Get(lambdahttp.HeaderViewerAddress) != "" {
				t.Errorf("the handler gets the edge's headers: %v", r.Header)
			}
			if from := r.RemoteAddr + " " + r.Host; direct == "" {
				direct = from
			} else if from != direct {
				t.Errorf("with an edge the client and host are %s, without %s", from, direct)
			}
			_ = r.ParseForm() // may fail, but not panic
			for _, cookie := range r.Cookies() {
				http.SetCookie(w, cookie)
			}
			for name, values := range r.Header {
				w.Header()["X-"+name] = values
			}
			_, _ = io.WriteString(w, r.URL.String()+r.PathValue("door")+r.Form.Encode()+r.Form.Get("username"))
		}
		for _, edge := range []*lambdahttp.Edge{nil, edge(t)} {
			function, err := lambdahttp.New(lambdahttp.Config{HTTP: http.HandlerFunc(handle), Edge: edge, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			response := invoke(t, function, payload)
			if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusBadRequest {
				t.Errorf("status = %d, want 200 or 400", response.StatusCode)
			}
		}
	})
}

// FuzzRequest: whatever a client sends, it changes neither the route nor the
// host nor its own address, nor does it come through an edge without its key.
func FuzzRequest(f *testing.F) {
	f.Add("/users/login", "return=%2F", "accept", "*/*", "a=1", "username=ugo")
	f.Add("//evil.example/", "%zz;&=", "HOST", "evil.example", "__Host-session=\"", "\xff")
	f.Add("/100%", "return=a&return=b", "x-forwarded-for", "203.0.113.7", ";", "")
	f.Add("/a?b=c#d", "", "cookie", "__Host-session=forged", "=", "%")
	f.Add("/", "", "x-origin-verify", "forged", "", "")
	f.Add("/", "", "CloudFront-Viewer-Address", "198.51.100.10:46532", "", "")
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
		if r = receivedBehind(t, edge(t), event, io.Discard); lambdahttp.Bypassed(r.Context()) == "" || r.Host != "login.example.com" || r.RemoteAddr != "192.0.2.10:0" {
			t.Errorf("with an edge: bypassed: %t, the host %s, the client %s", (lambdahttp.Bypassed(r.Context()) != ""), r.Host, r.RemoteAddr)
		}
		if r.Header.Get("Cookie") != cookie && utf8.ValidString(cookie) {
			t.Errorf("cookie = %q, want %q", r.Header.Get("Cookie"), cookie)
		}
	})
}
