package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/audit"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// line is what Record writes, without its time.
func line(t *testing.T, namespace string, e audit.Event) string {
	t.Helper()
	var out bytes.Buffer
	noTime := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	log := audit.Log{
		Logger:    slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{ReplaceAttr: noTime})),
		Namespace: namespace, Now: func() time.Time { return now },
	}
	log.Record(t.Context(), e)
	return strings.TrimSuffix(out.String(), "\n")
}

func TestAnEventIsOneLineWithoutEmptyFields(t *testing.T) {
	got := line(t, "", audit.Event{Name: audit.Refused, Door: "users", Outcome: "bad_credentials", Reason: "wrong_password\r\nx", Source: "192.0.2.1", RequestID: "r-1"})
	want := `{"level":"INFO","msg":"audit","event":"refused","door":"users","outcome":"bad_credentials","reason":"wrong_password\r\nx","source":"192.0.2.1","api_request_id":"r-1"}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAnOperatorsActSaysWhoActedAndHowFarItIs(t *testing.T) {
	got := line(t, "DeskproLogin/acme", audit.Event{Name: audit.AccountChanged, Operator: "arn:aws:sts::123456789012:assumed-role/ops/ada", Subject: "u-1", Outcome: audit.Begun, Reason: "email,groups"})
	want := `{"level":"INFO","msg":"audit","event":"account_changed","operator":"arn:aws:sts::123456789012:assumed-role/ops/ada","subject":"u-1","outcome":"begun","reason":"email,groups"}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Log queries tell the ends of an act apart.
func TestTheOutcomesOfAnActAreDifferentWords(t *testing.T) {
	words := []string{audit.Begun, audit.Done, audit.NotDone, audit.Unknown}
	slices.Sort(words)
	if got := len(slices.Compact(words)); got != 4 || slices.Contains(words, "") {
		t.Errorf("the outcomes are %q", words)
	}
}

func TestEachEventCarriesItsMetrics(t *testing.T) {
	for _, row := range []struct {
		name  string
		event audit.Event
		want  map[string]float64
	}{
		{"a sign-in", audit.Event{Name: audit.SignedIn, Door: "users"}, map[string]float64{"SignIns": 1, "SignInSuccess": 1}},
		{"a refusal", audit.Event{Name: audit.Refused, Door: "users", Outcome: "bad_credentials"}, map[string]float64{"SignIns": 1, "SignInSuccess": 0}},
		{"a refusal of what had to wait", audit.Event{Name: audit.Refused, Door: "users", Outcome: "bad_credentials", Reason: audit.Regulated + "account"}, map[string]float64{"SignIns": 1, "SignInSuccess": 0, "Regulated": 1}},
		{"a refusal of what was checked", audit.Event{Name: audit.Refused, Door: "users", Outcome: "bad_credentials", Reason: "wrong_password"}, map[string]float64{"SignIns": 1, "SignInSuccess": 0}},
		{"a code that had to wait", audit.Event{Name: audit.Refused, Door: "agents", Outcome: "wrong_code", Reason: "regulated_known_browser", Challenge: "TOTP"}, map[string]float64{"SignIns": 1, "SignInSuccess": 0, "Regulated": 1}},
		{"a further step", audit.Event{Name: audit.Challenged, Door: "users", Challenge: "SMS_MFA"}, map[string]float64{"Challenges": 1}},
		{"a refusal at a further step", audit.Event{Name: audit.Refused, Door: "users", Outcome: "wrong_code", Challenge: "SMS_MFA"}, map[string]float64{"SignIns": 1, "SignInSuccess": 0}},
		{"a token", audit.Event{Name: audit.TokenIssued, Door: "agents", KeyMade: now.Add(-49 * time.Hour)}, map[string]float64{"Tokens": 1, "KeyAgeDays": 2}},
		{"a token of a key of unknown age", audit.Event{Name: audit.TokenIssued, Door: "agents"}, map[string]float64{"Tokens": 1}},
		// The age is of what everyone gets: an alarm looks at it.
		{"a token of a key that waits", audit.Event{Name: audit.TokenIssued, Door: "users", KeyStage: "pending", KeyMade: now}, map[string]float64{"Tokens": 1, "PendingTokens": 1}},
		{"a token of the key before", audit.Event{Name: audit.TokenIssued, Door: "users", KeyStage: "previous", KeyMade: now}, map[string]float64{"Tokens": 1}},
		{"a token of the current key", audit.Event{Name: audit.TokenIssued, Door: "users", KeyStage: "current", KeyMade: now.Add(-25 * time.Hour)}, map[string]float64{"Tokens": 1, "KeyAgeDays": 1}},
		{"a return from Deskpro", audit.Event{Name: audit.Bounced, Door: "users", Outcome: audit.OtherKey, KeyStage: "current"}, map[string]float64{"Bounces": 1}},
		{"a return with a token of a key that waits", audit.Event{Name: audit.Bounced, Door: "users", Outcome: audit.OtherKey, KeyStage: "pending"}, map[string]float64{"Bounces": 1, "PendingRefused": 1}},
		{"the end of a loop", audit.Event{Name: audit.Bounced, Door: "users", Outcome: audit.Stopped, KeyStage: "current"}, map[string]float64{"Bounces": 1, "LoopsStopped": 1}},
		{"a secret that nobody has confirmed", audit.Event{Name: audit.SecretWaits, Door: "users", KeyVersion: "v"}, map[string]float64{"SecretWaits": 1}},
		{"a sign-out", audit.Event{Name: audit.SignedOut, Door: "users"}, map[string]float64{"SignOuts": 1}},
		{"a request past the edge", audit.Event{Name: audit.Bypassed, Reason: "no_key", Code: "DPL-1010"}, map[string]float64{"Bypassed": 1}},
		{"a failure", audit.Event{Name: audit.Failed, Code: "DPL-3002"}, map[string]float64{"Failures": 1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			text := line(t, "DeskproLogin/acme", row.event)
			var fields map[string]any
			if err := json.Unmarshal([]byte(text), &fields); err != nil {
				t.Fatal(err)
			}
			got := map[string]float64{}
			for _, m := range directives(t, fields) {
				if m.Namespace != "DeskproLogin/acme" {
					t.Errorf("namespace %q", m.Namespace)
				}
				for _, metric := range m.Metrics {
					value, ok := fields[metric.Name].(float64)
					if !ok {
						t.Errorf("%s has no value in %s", metric.Name, text)
					}
					got[metric.Name] = value
					listed(t, metric.Name, metric.Unit, m.Dimensions)
				}
				for _, set := range m.Dimensions {
					for _, dimension := range set {
						if value, ok := fields[dimension].(string); !ok || value == "" {
							t.Errorf("the dimension %s has no value in %s", dimension, text)
						}
					}
				}
			}
			if len(got) != len(row.want) {
				t.Errorf("metrics are %v, want %v", got, row.want)
			}
			for name, value := range row.want {
				if got[name] != value {
					t.Errorf("%s is %v, want %v", name, got[name], value)
				}
			}
		})
	}
}

type directive struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []struct{ Name, Unit string }
}

// directives reads a line's as the specification has them, and nothing else.
func directives(t *testing.T, fields map[string]any) []directive {
	t.Helper()
	encoded, err := json.Marshal(fields["_aws"])
	if err != nil {
		t.Fatal(err)
	}
	var aws struct {
		Timestamp         int64
		CloudWatchMetrics []directive
	}
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&aws); err != nil {
		t.Fatalf("%v in %s", err, encoded)
	}
	if aws.Timestamp != now.UnixMilli() || len(aws.CloudWatchMetrics) == 0 {
		t.Errorf("_aws is %s", encoded)
	}
	return aws.CloudWatchMetrics
}

func listed(t *testing.T, name, unit string, dimensions [][]string) {
	t.Helper()
	if !slices.ContainsFunc(audit.Metrics(), func(m audit.Metric) bool {
		return m.Name == name && m.Unit == unit && slices.EqualFunc(m.Dimensions, dimensions, slices.Equal)
	}) {
		t.Errorf("Metrics does not list %s in %s by %v", name, unit, dimensions)
	}
}

// Every new name would be another metric on the bill.
func TestAnUnknownChallengeIsCountedAsOther(t *testing.T) {
	got := line(t, "n", audit.Event{Name: audit.Refused, Door: "users", Outcome: "challenge_unsupported", Challenge: "RETINA_SCAN"})
	if !strings.Contains(got, `"challenge":"OTHER"`) || strings.Contains(got, "RETINA") {
		t.Errorf("line is %s", got)
	}
}

func TestWithoutANamespaceThereAreNoMetrics(t *testing.T) {
	if got := line(t, "", audit.Event{Name: audit.SignedIn, Door: "users"}); strings.Contains(got, "_aws") || strings.Contains(got, "SignIns") {
		t.Errorf("line is %s", got)
	}
}

func TestATrialIsLoggedAndNotCounted(t *testing.T) {
	type trial struct{}
	var out bytes.Buffer
	log := audit.Log{
		Logger: slog.New(slog.NewJSONHandler(&out, nil)), Namespace: "n",
		Uncounted: func(ctx context.Context) bool { return ctx.Value(trial{}) != nil },
	}
	log.Record(context.WithValue(t.Context(), trial{}, true), audit.Event{Name: audit.SignedIn, Door: "users"})
	if got := out.String(); !strings.Contains(got, `"event":"signed_in"`) || strings.Contains(got, "_aws") {
		t.Errorf("line is %s", got)
	}
	log.Record(t.Context(), audit.Event{Name: audit.SignedIn, Door: "users"})
	if !strings.Contains(out.String(), "_aws") {
		t.Error("nobody is counted")
	}
}

func BenchmarkRecord(b *testing.B) {
	log := audit.Log{Logger: slog.New(slog.NewJSONHandler(discard{}, nil)), Namespace: "DeskproLogin/acme"}
	for b.Loop() {
		log.Record(context.Background(), audit.Event{Name: audit.TokenIssued, Door: "users", Subject: "u-1", Source: "192.0.2.1", RequestID: "r", KeyVersion: "v", KeyMade: now})
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// An empty directive would be refused by CloudWatch, line by line.
func TestAnEventThatNoMetricCountsHasNone(t *testing.T) {
	for _, name := range []audit.Name{
		audit.PasswordChanged, audit.FactorAdded, audit.ResetRequested, audit.PasswordReset, audit.RecoveryRefused, audit.ConfirmationRequested, audit.AccountConfirmed,
		audit.AccountAdded, audit.AccountChanged, audit.AccountDisabled, audit.AccountEnabled, audit.AccountDeleted, audit.PasswordSet, audit.FactorRemoved,
		audit.SessionsEnded, audit.AccountsImported, audit.AccountsExported,
		audit.SecretStaged, audit.SecretConfirmed, audit.SecretPromoted, audit.SecretRolledBack, audit.SecretDiscarded, audit.SecretRevealed,
	} {
		if text := line(t, "DeskproLogin/acme", audit.Event{Name: name, Door: "users"}); strings.Contains(text, "_aws") {
			t.Errorf("%s: %s", name, text)
		}
	}
}
