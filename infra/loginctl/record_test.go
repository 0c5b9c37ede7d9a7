package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/directory"
)

// inMemory is a recorder that fails when it is told to.
type inMemory struct {
	lines []string
	fails int // from this call on; 0 means never
	calls int
}

func (m *inMemory) record(ctx context.Context, _ string, lines []line) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.calls++
	if m.fails > 0 && m.calls >= m.fails {
		return hint.With(errors.New("the disk is full"), "make room")
	}
	for _, l := range lines {
		m.lines = append(m.lines, l.text)
	}
	return nil
}

// outcomes are the events and outcomes of all lines.
func (m *inMemory) outcomes(t *testing.T) string {
	t.Helper()
	var all []string
	for _, l := range m.lines {
		var e struct{ Event, Operator, Subject, Outcome string }
		if err := json.Unmarshal([]byte(l), &e); err != nil {
			t.Fatal(err)
		}
		if e.Operator != "ada" {
			t.Errorf("the operator is %q", e.Operator)
		}
		all = append(all, e.Event+" "+e.Subject+" "+e.Outcome)
	}
	return strings.Join(all, "; ")
}

func newSite(acts recorder) *site {
	return &site{where: &where{}, acts: acts, identify: func(context.Context) (string, time.Duration, error) { return "ada", 0, nil }}
}

func TestABatchIsWrittenBeforeAndAfterEachOutcome(t *testing.T) {
	acts := &inMemory{}
	events := []audit.Event{{Name: audit.AccountAdded, Subject: "1"}, {Name: audit.AccountAdded, Subject: "2"}}
	errs, err := newSite(acts).actEach(t.Context(), events, func() []error {
		if got := acts.outcomes(t); got != "account_added 1 begun; account_added 2 begun" {
			t.Errorf("before, the log has %q", got)
		}
		return []error{nil, errors.New("taken")}
	})
	if err != nil || len(errs) != 2 || errs[0] != nil || errs[1] == nil {
		t.Errorf("actEach = %v, %v", errs, err)
	}
	if got := acts.outcomes(t); got != "account_added 1 begun; account_added 2 begun; account_added 1 done; account_added 2 failed" {
		t.Errorf("afterwards, the log has %q", got)
	}
}

func TestAnActWhoseAnswerIsLostIsNeitherDoneNorFailed(t *testing.T) {
	acts := &inMemory{}
	_ = newSite(acts).act(t.Context(), audit.Event{Name: audit.AccountDeleted, Subject: "1"}, func() error {
		return fmt.Errorf("deleting: %w", directory.ErrUnavailable)
	})
	if got := acts.outcomes(t); got != "account_deleted 1 begun; account_deleted 1 unknown" {
		t.Errorf("the log has %q", got)
	}
}

func TestNothingIsDoneThatCannotBeWrittenDown(t *testing.T) {
	for _, row := range []struct {
		name string
		site *site
	}{
		{"the log fails", newSite(&inMemory{fails: 1})},
		{"there is no log", &site{missing: hint.With(errors.New("there is none"), "make one")}},
		{"nobody knows who acts", &site{acts: &inMemory{}, identify: func(context.Context) (string, time.Duration, error) {
			return "", 0, hint.With(errors.New("nobody"), "be somebody")
		}}},
	} {
		err := row.site.act(t.Context(), audit.Event{Name: audit.AccountDeleted}, func() error {
			t.Errorf("%s: it is done all the same", row.name)
			return nil
		})
		if err == nil || hint.Of(err) == "" {
			t.Errorf("%s: act = %v (hint: %s), want an error with a hint", row.name, err, hint.Of(err))
		}
	}
}

func TestWhatWasDoneStaysDoneThoughItsEndIsNotWrittenDown(t *testing.T) {
	errs, err := newSite(&inMemory{fails: 2}).actEach(t.Context(), []audit.Event{{Name: audit.AccountDeleted}}, func() []error { return []error{nil} })
	if len(errs) != 1 || errs[0] != nil || err == nil {
		t.Errorf("actEach = %v, %v, want that it was done, and an error", errs, err)
	}
}

// An interrupt between the two must not leave the log without an end.
func TestTheEndIsWrittenThoughTheOperatorBreaksOff(t *testing.T) {
	acts := &inMemory{}
	ctx, cancel := context.WithCancel(t.Context())
	err := newSite(acts).act(ctx, audit.Event{Name: audit.AccountDeleted, Subject: "1"}, func() error {
		cancel()
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("act = %v", err)
	}
	if got := acts.outcomes(t); got != "account_deleted 1 begun; account_deleted 1 failed" {
		t.Errorf("the log has %q", got)
	}
}

func TestALineThatWasCutOffDoesNotSpoilTheNext(t *testing.T) {
	name := filepath.Join(t.TempDir(), "acts.log")
	if err := os.WriteFile(name, []byte("one\ncut"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := logFile(name).record(t.Context(), "ada", []line{{text: "two"}, {text: "three"}}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if want := "one\ncut\ntwo\nthree\ntwo\nthree\n"; err != nil || string(got) != want {
		t.Errorf("the file holds %q, %v, want %q", got, err, want)
	}
}

func TestALineIsLikeTheFunctions(t *testing.T) {
	at := time.Date(2026, 11, 24, 12, 0, 0, 7e6, time.FixedZone("", 3600))
	got := encode(t.Context(), at, audit.Event{Name: audit.AccountChanged, Operator: "ada", Subject: "u-1", Outcome: audit.Begun, Reason: "email"})
	want := `{"timestamp":"2026-11-24T11:00:00.007Z","level":"INFO","message":"audit","event":"account_changed","operator":"ada","subject":"u-1","outcome":"begun","reason":"email"}`
	if got.text != want || !got.time.Equal(at) {
		t.Errorf("got  %s\nwant %s", got.text, want)
	}
}

// The log at an emulator is a terminal's.
func TestALineSteersNoTerminal(t *testing.T) {
	got := encode(t.Context(), time.Now(), audit.Event{Name: audit.AccountChanged, Subject: "u\u009b\u202e\u200b\x1b1"})
	if !strings.HasSuffix(got.text, `"subject":"u\u009b\u202e\u200b\u001b1"}`) {
		t.Errorf("the line is %q", got.text)
	}
}

func TestAStreamIsADaysAndAnOperators(t *testing.T) {
	day := time.Date(2026, 11, 24, 23, 30, 0, 0, time.FixedZone("", -3600))
	for _, row := range []struct{ operator, want string }{
		{"arn:aws:sts::123456789012:assumed-role/helpdesk/ada@example.com", "2026/11/25/assumed-role/helpdesk/ada@example.com"},
		{"arn:aws:iam::123456789012:root", "2026/11/25/root"},
		{"arn:aws:iam::123456789012:user/ops/zoë*x y", "2026/11/25/user/ops/zo__x_y"},
		{"arn:aws:iam::123456789012:user/" + strings.Repeat("x", 600), "2026/11/25/user/" + strings.Repeat("x", 251)},
	} {
		if got := streamName(day, row.operator); got != row.want || !fakeStreamName.MatchString(got) {
			t.Errorf("the stream of %.60s is %s, want %s", row.operator, got, row.want)
		}
	}
}

// A batch of CloudWatch's is bounded in lines and in bytes.
func TestManyLinesGoInSeveralBatches(t *testing.T) {
	f := newFake()
	defer f.close()
	f.logs.addGroup("ops")
	group := newLogGroup(cloudwatchlogs.NewFromConfig(awstest.Config(t, f.server.URL)), "ops")
	for _, row := range []struct{ lines, bytes int }{{10_001, 1}, {3, 400_000}, {1, 900_000}} {
		before := len(f.logs.lines())
		lines := make([]line, row.lines)
		for i := range lines {
			lines[i] = line{time.Now(), fmt.Sprintf("%05d%s", i, strings.Repeat("x", row.bytes))}
		}
		if err := group.record(t.Context(), "ada", lines); err != nil {
			t.Fatalf("%d lines of %d bytes: %v", row.lines, row.bytes, err)
		}
		got := f.logs.lines()[before:]
		if len(got) != row.lines {
			t.Fatalf("%d lines of %d bytes: the log has %d", row.lines, row.bytes, len(got))
		}
		for i := range got {
			if got[i] != lines[i].text {
				t.Fatalf("line %d is another's", i)
			}
		}
	}
}
