package awsstack_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"deskpro-login/infra/loginctl/stack/awsstack"
)

// gone is a body that was closed before net/http looks for its end.
type gone struct{}

func (gone) Read([]byte) (int, error)         { return 0, io.EOF }
func (gone) WriteTo(io.Writer) (int64, error) { return 0, io.EOF }
func (gone) Close() error                     { return nil }

func TestABodyThatTheSDKClosedCostsNoAnswer(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "example")
	none := filepath.Join(t.TempDir(), "none")
	t.Setenv("AWS_CONFIG_FILE", none)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", none)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, strings.NewReader(strings.Repeat("x", 1<<20)))
	}))
	defer server.Close()
	cfg, err := awsstack.Query{Name: "desk", Region: "eu-west-1", Endpoint: server.URL}.Config(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, gone{})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := cfg.HTTPClient.Do(r)
	if err != nil {
		t.Fatalf("asking: %v", err)
	}
	defer answer.Body.Close()
	if got, err := io.Copy(io.Discard, answer.Body); err != nil || got != 1<<20 {
		t.Errorf("%d bytes came of the answer, and %v", got, err)
	}
}
