package functions_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

// What README's queries and the alarms count on.
func TestEachLineOfTheLogNamesItsRequestAndItsTrace(t *testing.T) {
	for _, row := range []struct{ function, event, metric string }{
		{"login", "login/with-session", "Tokens"},
		{"authenticate", "authenticate/right-password", "SignIns"},
		{"authenticate", "authenticate/unknown-account", "SignIns"},
		{"logout", "logout/page", "SignOuts"},
	} {
		t.Run(row.event, func(t *testing.T) {
			_, endpoint := cloud(t)
			var log bytes.Buffer
			process := start(t, row.function, append(environment(endpoint), "METRICS_NAMESPACE=DeskproLogin/acme"), &log)
			invoke(t, process, sample(t, row.event))
			process.Stop()
			counted := false
			for line := range strings.Lines(log.String()) {
				var fields map[string]any
				if err := json.Unmarshal([]byte(line), &fields); err != nil {
					t.Errorf("%v in %s", err, line)
					continue
				}
				for _, name := range []string{"timestamp", "level", "message", "requestId", "trace_id"} {
					if fields[name] == nil {
						t.Errorf("no %s in %s", name, line)
					}
				}
				if id, _ := fields["trace_id"].(string); !regexp.MustCompile(`^1-[0-9a-f]{8}-[0-9a-f]{24}$`).MatchString(id) {
					t.Errorf("trace_id is %q, want the root of the tracing header", id)
				}
				counted = counted || fields[row.metric] == 1.0 && fields["_aws"] != nil
			}
			if !counted {
				t.Errorf("no line counts %s:\n%s", row.metric, log.String())
			}
		})
	}
}

// Its failures would set off the alarms that are for people's.
func TestPreflightsRequestsAreLoggedAndNotCounted(t *testing.T) {
	_, endpoint := cloud(t)
	var log bytes.Buffer
	process := start(t, "login", append(environment(endpoint), "METRICS_NAMESPACE=DeskproLogin/acme"), &log)
	payload := regexp.MustCompile(`"apiId": *"[^"]*"`).ReplaceAll(sample(t, "login/with-session"), []byte(`"apiId": "preflight"`))
	invoke(t, process, payload)
	process.Stop()
	if !strings.Contains(log.String(), `"event":"token_issued"`) || strings.Contains(log.String(), "_aws") {
		t.Errorf("want an event without metrics:\n%s", log.String())
	}
}
