package functions_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// That each function looks at what the edge vouches for, and at nothing else.
func TestBehindCloudFrontEachFunctionAnswersWhoCameThroughIt(t *testing.T) {
	const key = "practice-key-of-the-edge"
	for _, row := range []struct {
		name    string
		headers map[string]string
		// source is the client's address in the log; code what is on the page
		// of who is turned away.
		source, code string
	}{
		{"with the key", map[string]string{"x-origin-verify": key, "cloudfront-viewer-address": "198.51.100.7:50000"}, "198.51.100.7", ""},
		{"without it", map[string]string{"cloudfront-viewer-address": "198.51.100.7:50000"}, "192.0.2.10", "DPL-1010"},
		{"with another", map[string]string{"x-origin-verify": "forged", "cloudfront-viewer-address": "198.51.100.7:50000"}, "192.0.2.10", "DPL-1010"},
	} {
		for function, sampled := range map[string]struct {
			event  string
			status int
		}{
			"login": {"login/with-session", 302}, "authenticate": {"authenticate/wrong-password", 401}, "logout": {"logout/page", 200},
		} {
			t.Run(function+" "+row.name, func(t *testing.T) {
				_, endpoint := cloud(t)
				var log bytes.Buffer
				process := start(t, function, append(environment(endpoint),
					"EDGE_DOMAIN=login.acme.example", fmt.Sprintf("ORIGIN_VERIFY_HASHES=%x", sha256.Sum256([]byte(key)))), &log)
				got := invoke(t, process, withHeaders(t, sample(t, sampled.event), row.headers))
				process.Stop()
				if row.code == "" && got.StatusCode != sampled.status {
					t.Errorf("status %d, want %d:\n%s", got.StatusCode, sampled.status, render(t, got))
				}
				if row.code != "" && (got.StatusCode != 403 || !strings.Contains(got.Body, row.code) || len(got.Cookies) > 0 || got.Headers["Location"] != "") {
					t.Errorf("want 403 and %s alone:\n%s", row.code, render(t, got))
				}
				if want := fmt.Sprintf(`"source":%q`, row.source); !strings.Contains(log.String(), want) {
					t.Errorf("log lacks %s:\n%s", want, log.String())
				}
			})
		}
	}
}

func withHeaders(t *testing.T, payload []byte, headers map[string]string) []byte {
	t.Helper()
	var event map[string]any
	if err := json.Unmarshal(payload, &event); err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		event["headers"].(map[string]any)[name] = value
	}
	changed, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}
