package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/regulation"
	"deskpro-login/pkg/state/dynamo"
)

func TestWhatWasLiftedButNotPrintedIsToldOf(t *testing.T) {
	f, _ := atFake(t)
	f.tables.CreateTable("waits", "key")
	store, err := dynamo.New(dynamo.Config{Client: dynamodb.NewFromConfig(awstest.Config(t, f.server.URL)), Table: "waits"})
	if err != nil {
		t.Fatal(err)
	}
	guesses, err := regulation.New(regulation.Config{Store: store, Fold: account.NormalizeLogin})
	if err != nil {
		t.Fatal(err)
	}
	at := []string{"--endpoint-url", f.server.URL, "--state-table", "waits"}
	for _, cause := range []error{syscall.ENOSPC, syscall.EPIPE} {
		if _, err := guesses.Count(context.Background(), regulation.Guess{Kind: regulation.Password, Account: "mara", Source: "192.0.2.7"}); err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		if code := run(t.Context(), append([]string{"ban", "list", "--all"}, at...), strings.NewReader(""), unwritable{errors.New("the disk is full")}, &stderr); code != 1 || !strings.Contains(stderr.String(), "full") {
			t.Errorf("list exits with %d: %s", code, &stderr)
		}
		stderr.Reset()
		code := run(t.Context(), append([]string{"ban", "lift", "--login", "mara", "--apply"}, at...), strings.NewReader(""), unwritable{cause}, &stderr)
		if code != 1 || !strings.Contains(stderr.String(), "it was done, but could not be printed: ") || !strings.Contains(stderr.String(), "\nhint: loginctl ban list --all --endpoint-url ") {
			t.Errorf("%v: lift exits with %d: %s", cause, code, &stderr)
		}
		if left, _ := call(t, 0, append([]string{"ban", "list", "--login", "mara", "--all", "--json"}, at...)...); left != "" {
			t.Errorf("%v: left are %s", cause, left)
		}
	}
}

// Rounded up: who comes then need not wait once more.
func TestWaitsAreWorded(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		name string
		wait *regulation.Wait
		want string
	}{
		{"none", nil, "no"},
		{"half a minute", &regulation.Wait{For: 30 * time.Second}, "until 2026-11-25 12:00:30 UTC"},
		{"a part of a second", &regulation.Wait{For: 200 * time.Millisecond}, "until 2026-11-25 12:00:01 UTC"},
		{"closed", &regulation.Wait{Closed: true}, "closed"},
	} {
		if got := viewOfWait(regulation.Counted{Wait: row.wait}, nil, now).row(nil)[5]; got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}
