package dynamo_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"testing/synctest"
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

// Nobody could end the other sessions for the sake of one such item.
func TestAnOddItemIsLeftOutOfTheListAndEndsItNot(t *testing.T) {
	for _, row := range []struct {
		name, item string
		n          int
	}{
		{"an item", `"expires": {"N": "99999999999"}, "value": {"B": "AA=="}, "version": {"N": "1"}`, 3},
		{"a value that is text", `"expires": {"N": "99999999999"}, "value": {"S": "AA=="}, "version": {"N": "1"}`, 2},
		{"no version", `"expires": {"N": "99999999999"}, "value": {"B": "AA=="}`, 2},
		{"no end", `"value": {"B": "AA=="}, "version": {"N": "1"}`, 2},
	} {
		server, lister := newLister(t)
		for _, key := range []string{"item-1", "item-2"} {
			server.PutItem(table, `{"key": {"S": "`+key+`"}, "expires": {"N": "99999999999"}, "value": {"B": "AA=="}, "version": {"N": "1"}}`)
		}
		server.PutItem(table, `{"key": {"S": "item"}, `+row.item+`}`)
		if n, err := list(t.Context(), lister); n != row.n || err != nil {
			t.Errorf("%s: List = %d, %v, want %d", row.name, n, err, row.n)
		}
	}
}

// direct calls the stand-in without a network, which would keep a bubble's time
// from passing.
type direct struct{ http.Handler }

func (d direct) Do(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

func TestAListWaitsUntilAWSIsReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := awstest.New()
		server.CreateTable(table, "key")
		cfg := awstest.Config(t, "http://127.0.0.1:1")
		cfg.HTTPClient = direct{server}
		lister, err := dynamo.NewLister(dynamo.Config{Client: dynamodb.NewFromConfig(cfg), Table: table})
		if err != nil {
			t.Fatal(err)
		}
		server.Inject("Scan", awstest.Fault{Code: "ProvisionedThroughputExceededException", Times: 5})
		if _, err := list(t.Context(), lister); err != nil {
			t.Errorf("after 5 refusals: %v", err)
		}
		server.Inject("Scan", awstest.Fault{Code: "ProvisionedThroughputExceededException"})
		start := time.Now()
		if _, err := list(t.Context(), lister); !errors.Is(err, state.ErrUnavailable) || time.Since(start) > time.Minute {
			t.Errorf("List = %v after %v, want unavailable within a minute", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		start = time.Now()
		if _, err := list(ctx, lister); !errors.Is(err, state.ErrUnavailable) || time.Since(start) > time.Second {
			t.Errorf("List = %v after %v, want unavailable by the deadline", err, time.Since(start))
		}
	})
}

func TestListerHoldsNoClient(t *testing.T) {
	for field := range reflect.TypeFor[dynamo.Lister]().Fields() {
		if field.Type == reflect.TypeFor[*dynamodb.Client]() {
			t.Errorf("field %s holds the client", field.Name)
		}
	}
}
