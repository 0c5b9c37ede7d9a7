package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestAddTakesNoMoreThanAnImportWould(t *testing.T) {
	for length, want := range map[int]string{256: "connection refused", 257: "name: is longer than 256 bytes"} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), []string{
			"account", "add", "--endpoint-url", "http://127.0.0.1:1", "--table", "accounts", "--state-table", "state",
			"--login", "mara", "--email", "mara@example.com", "--name", strings.Repeat("m", length), "--no-password",
		}, strings.NewReader(""), &stdout, &stderr)
		if code == 0 || (code == 2) != (length > 256) || !strings.Contains(stderr.String(), want) {
			t.Errorf("%d letters: exits with %d and says %s", length, code, &stderr)
		}
	}
}
