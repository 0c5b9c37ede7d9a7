package dynamo_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/state"
	"deskpro-login/pkg/state/dynamo"
)

func newLister(t *testing.T) (*awstest.Server, *dynamo.Lister) {
	t.Helper()
	server, cfg := awstest.Start(t)
	server.CreateTable(table, "key")
	lister, err := dynamo.NewLister(dynamo.Config{Client: dynamodb.NewFromConfig(cfg), Table: table})
	if err != nil {
		t.Fatal(err)
	}
	return server, lister
}

// list returns how many entries are listed under item, and the error.
func list(ctx context.Context, l *dynamo.Lister) (n int, err error) {
	for _, failed := range l.List(ctx, "item") {
		if failed != nil {
			return n, failed
		}
		n++
	}
	return n, nil
}

func TestAListThatAWSRefusesIsUnavailableWithItsCause(t *testing.T) {
	server, lister := newLister(t)
	server.Inject("Scan", awstest.Fault{Code: "AccessDeniedException"})
	_, err := list(t.Context(), lister)
	cause, ok := errors.AsType[smithy.APIError](err)
	if !errors.Is(err, state.ErrUnavailable) || !ok || cause.ErrorCode() != "AccessDeniedException" {
		t.Errorf("List = %v, want unavailable with its cause", err)
	}
}

func TestAListThatHangsEndsSoonAfterItsContext(t *testing.T) {
	server, lister := newLister(t)
	server.Inject("Scan", awstest.Fault{Hang: true})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := list(ctx, lister); !errors.Is(err, state.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("List = %v, want unavailable for the deadline", err)
	}
}

// What another release may have stored under other prefixes is no affair of
// who lists this one.
func TestAnOddItemFailsTheListOfItsPrefixAlone(t *testing.T) {
	for _, row := range []struct {
		name, item string
		n          int
		fails      bool
	}{
		{"an item", `"value": {"B": "AA=="}, "version": {"N": "1"}`, 1, false},
		{"a value that is text", `"value": {"S": "AA=="}, "version": {"N": "1"}`, 0, true},
		{"no version", `"value": {"B": "AA=="}`, 0, true},
	} {
		server, lister := newLister(t)
		server.PutItem(table, `{"key": {"S": "item"}, "expires": {"N": "99999999999"}, `+row.item+`}`)
		server.PutItem(table, `{"key": {"S": "other"}, "expires": {"S": "never"}}`)
		n, err := list(t.Context(), lister)
		if n != row.n || (err != nil) != row.fails || row.fails && !errors.Is(err, state.ErrUnavailable) {
			t.Errorf("%s: List = %d, %v, want %d, fails %t", row.name, n, err, row.n, row.fails)
		}
	}
}

func TestListerHoldsNoClient(t *testing.T) {
	for field := range reflect.TypeFor[dynamo.Lister]().Fields() {
		if field.Type == reflect.TypeFor[*dynamodb.Client]() {
			t.Errorf("field %s holds the client", field.Name)
		}
	}
}
