package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/lambdahttp/gateway"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// random are the parts of an event that are never twice the same.
var random = regexp.MustCompile(`("requestId": "|"x-amzn-trace-id": "Root=1-[0-9a-f]{8}-)[0-9A-Za-z]{24,}"`)

func TestEvent(t *testing.T) {
	var event bytes.Buffer
	api, err := gateway.New(gateway.Config{
		Domain: "login.example.com",
		Routes: map[string]gateway.Function{"POST /{door}/login": function(func(_ context.Context, payload []byte) ([]byte, error) {
			return []byte(`{"statusCode":200}`), json.Indent(&event, payload, "", "  ")
		})},
		Now: func() time.Time { return time.Date(2025, 11, 21, 19, 0, 0, 0, time.FixedZone("CET", 3600)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/users/login?return=%2Fa&x=1&x=2", strings.NewReader("username=ugo%40example.com"))
	r.Host, r.RemoteAddr = "login.example.com", "192.0.2.10:51234"
	for name, value := range map[string]string{
		"Content-Type":    "application/x-www-form-urlencoded",
		"Cookie":          "theme=dark; __Host-session=x",
		"Origin":          "https://login.example.com",
		"Sec-Fetch-Site":  "same-origin",
		"User-Agent":      "Practice/1.0",
		"X-Forwarded-For": "203.0.113.7",
	} {
		r.Header.Set(name, value)
	}
	api.ServeHTTP(httptest.NewRecorder(), r)

	got := append(random.ReplaceAll(event.Bytes(), []byte(`${1}…"`)), '\n')
	const golden = "testdata/event.json"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the event is not %s; go test -update rewrites it\n%s", golden, got)
	}
}
