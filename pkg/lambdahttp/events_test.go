package lambdahttp_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

// samples returns the API's sample events by name: folder/file.
func samples(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("../../events/*/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no sample events: %v", err)
	}
	all := map[string][]byte{}
	for _, file := range files {
		switch filepath.Base(filepath.Dir(file)) {
		case "preflight", "rotate":
			continue // CodeDeploy's and Secrets Manager's, not the API's
		}
		payload, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(filepath.Dir(file))+"/"+filepath.Base(file)] = payload
	}
	return all
}

func TestSampleEventsMapUnlessTheyAreMalformed(t *testing.T) {
	for name, payload := range samples(t) {
		malformed := strings.Contains(name, "/malformed-")
		called := false
		function := newHandler(t, func(http.ResponseWriter, *http.Request) { called = true }, io.Discard)
		response := invoke(t, function, payload)
		if called == malformed || (response.StatusCode == http.StatusBadRequest) != malformed {
			t.Errorf("%s: status = %d, and the handler was called: %t", name, response.StatusCode, called)
		}
	}
}

// A sample that contradicts itself would test what API Gateway never sends.
func TestSampleEventsAreConsistent(t *testing.T) {
	for name, payload := range samples(t) {
		if strings.Contains(name, "/malformed-") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			decoder := json.NewDecoder(bytes.NewReader(payload))
			decoder.DisallowUnknownFields()
			var event events.APIGatewayV2HTTPRequest
			if err := decoder.Decode(&event); err != nil {
				t.Fatal(err)
			}
			same := func(what, got, want string) {
				t.Helper()
				if got != want {
					t.Errorf("%s = %q, want %q", what, got, want)
				}
			}
			r, body := received(t, event)
			same("the domain", r.Host, "login.example.com")
			same("the source", r.RemoteAddr, "192.0.2.10:0")
			same("the context's route key", event.RequestContext.RouteKey, event.RouteKey)
			same("the path", event.RequestContext.HTTP.Path, event.RawPath)
			if event.RouteKey != "$default" {
				same("the method and path", r.Method+" "+strings.Replace(event.RawPath, "/"+event.PathParameters["door"]+"/", "/{door}/", 1), event.RouteKey)
			}
			same("the length", r.Header.Get("Content-Length"), strconv.Itoa(len(body)))
			for header := range event.Headers {
				same("a header's name", header, strings.ToLower(header))
			}
			query, err := url.ParseQuery(event.RawQueryString)
			if err != nil {
				t.Error(err)
			}
			for parameter, values := range query {
				same("the parameter "+parameter, event.QueryStringParameters[parameter], strings.Join(values, ","))
			}
			if len(query) != len(event.QueryStringParameters) {
				t.Errorf("the query has %d parameters, want %d", len(query), len(event.QueryStringParameters))
			}
		})
	}
}
