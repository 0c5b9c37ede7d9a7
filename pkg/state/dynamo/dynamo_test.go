package dynamo_test

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/realpart"
	"deskpro-login/pkg/state"
	"deskpro-login/pkg/state/dynamo"
	"deskpro-login/pkg/state/statetest"
)

const table = "state"

func TestStoreKeepsTheContract(t *testing.T) {
	server, cfg := awstest.Start(t)
	server.CreateTable(table, "key")
	keepsTheContract(t, dynamodb.NewFromConfig(cfg), table)
	listsByTheContract(t, dynamodb.NewFromConfig(cfg), table)
}

// moto serves in threads but checks a condition and writes without a lock, so
// that two conditional writes may both succeed: it gets one call at a time.
func TestStoreKeepsTheContractOnMoto(t *testing.T) {
	cfg := awstest.Config(t, realpart.Address(t, "VERIFY_MOTO"))
	cfg.HTTPClient = &oneAtATime{client: cfg.HTTPClient}
	keepsTheContractOn(t, cfg)
}

func TestStoreKeepsTheContractOnDynalite(t *testing.T) {
	keepsTheContractOn(t, awstest.Config(t, realpart.Address(t, "VERIFY_DYNALITE")))
}

type oneAtATime struct {
	mu     sync.Mutex
	client aws.HTTPClient
}

func (o *oneAtATime) Do(r *http.Request) (*http.Response, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.client.Do(r)
}

func keepsTheContract(t *testing.T, client *dynamodb.Client, table string) {
	statetest.Run(t, func(t *testing.T, now func() time.Time) state.Store {
		store, err := dynamo.New(dynamo.Config{Client: client, Table: table, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		return store
	})
}

func listsByTheContract(t *testing.T, client *dynamodb.Client, table string) {
	statetest.RunLister(t, func(t *testing.T, now func() time.Time) (state.Store, state.Lister) {
		config := dynamo.Config{Client: client, Table: table, Now: now}
		store, err := dynamo.New(config)
		if err != nil {
			t.Fatal(err)
		}
		lister, err := dynamo.NewLister(config)
		if err != nil {
			t.Fatal(err)
		}
		return store, lister
	})
}

func keepsTheContractOn(t *testing.T, cfg aws.Config) {
	client := dynamodb.NewFromConfig(cfg)
	table := awstest.CreateTableAt(t, client, "key")
	keepsTheContract(t, client, table)
	listsByTheContract(t, client, table)
}

func newStore(t *testing.T) (*awstest.Server, *dynamo.Store) {
	t.Helper()
	server, cfg := awstest.Start(t)
	server.CreateTable(table, "key")
	store, err := dynamo.New(dynamo.Config{Client: dynamodb.NewFromConfig(cfg), Table: table})
	if err != nil {
		t.Fatal(err)
	}
	return server, store
}

func inAnHour() time.Time { return time.Now().Add(time.Hour) }

func TestNewRefusesAnIncompleteConfig(t *testing.T) {
	_, cfg := awstest.Start(t)
	client := dynamodb.NewFromConfig(cfg)
	for _, config := range []dynamo.Config{{}, {Client: client}, {Table: table}} {
		if store, err := dynamo.New(config); err == nil || store != nil {
			t.Errorf("New(%+v) = %v, %v, want an error", config, store, err)
		}
		if lister, err := dynamo.NewLister(config); err == nil || lister != nil {
			t.Errorf("NewLister(%+v) = %v, %v, want an error", config, lister, err)
		}
	}
}

// operations are the calls of a Store on the key "item", and what they need.
var operations = []struct {
	method string
	aws    []string
	call   func(context.Context, state.Store) error
}{
	{"Get", []string{"GetItem"}, func(ctx context.Context, s state.Store) error {
		_, err := s.Get(ctx, "item")
		return err
	}},
	{"Put", []string{"PutItem"}, func(ctx context.Context, s state.Store) error {
		return s.Put(ctx, "item", state.Item{Expires: inAnHour()})
	}},
	{"Consume", []string{"DeleteItem"}, func(ctx context.Context, s state.Store) error {
		_, err := s.Consume(ctx, "item")
		return err
	}},
	{"Count", []string{"UpdateItem", "PutItem"}, func(ctx context.Context, s state.Store) error {
		_, err := s.Count(ctx, "item", inAnHour())
		return err
	}},
}

func TestEveryErrorOfAWSIsUnavailableWithItsCause(t *testing.T) {
	for _, code := range []string{
		"ProvisionedThroughputExceededException", "ResourceNotFoundException", "AccessDeniedException",
		"InternalServerError", "ValidationException", "UnrecognizedClientException", "NeverHeardOfIt",
	} {
		for _, op := range operations {
			for _, call := range op.aws {
				server, store := newStore(t)
				server.Inject(call, awstest.Fault{Code: code})
				err := op.call(t.Context(), store)
				if !errors.Is(err, state.ErrUnavailable) || errors.Is(err, state.ErrConflict) || errors.Is(err, state.ErrNotFound) {
					t.Errorf("%s with %s failing as %s = %v, want only ErrUnavailable", op.method, call, code, err)
				}
				if cause, ok := errors.AsType[smithy.APIError](err); !ok || cause.ErrorCode() != code {
					t.Errorf("%s with %s failing as %s = %v, want the cause within", op.method, call, code, err)
				}
			}
		}
	}
}

func TestEveryMethodEndsSoonAfterItsContext(t *testing.T) {
	for _, op := range operations {
		for _, call := range op.aws {
			server, store := newStore(t)
			server.Inject(call, awstest.Fault{Hang: true})
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			start := time.Now()
			err := op.call(ctx, store)
			if !errors.Is(err, state.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s with %s hanging = %v, want unavailable for the deadline", op.method, call, err)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("%s with %s hanging took %v", op.method, call, took)
			}
		}
	}
}

func TestOddItemsAreErrors(t *testing.T) {
	for _, odd := range []string{
		`"expires": {"N": "99999999999"}`,
		`"expires": {"N": "99999999999"}, "version": {"N": "1"}`,
		`"expires": {"N": "99999999999"}, "value": {"B": "AA=="}`,
		`"expires": {"N": "99999999999"}, "value": {"S": "AA=="}, "version": {"N": "1"}`,
		`"expires": {"N": "99999999999"}, "value": {"B": "AA=="}, "version": {"S": "1"}`,
		`"expires": {"N": "99999999999"}, "value": {"B": "AA=="}, "version": {"N": "1.5"}`,
		`"expires": {"N": "99999999999"}, "value": {"B": "AA=="}, "version": {"N": "1e30"}`,
	} {
		server, store := newStore(t)
		server.PutItem(table, `{"key": {"S": "item"}, "count": {"NULL": true}, `+odd+`}`)
		for _, op := range operations {
			want := state.ErrUnavailable
			if op.method == "Put" {
				want = state.ErrConflict // it is live, whatever it is
			}
			if err := op.call(t.Context(), store); !errors.Is(err, want) {
				t.Errorf("%s over {%s} = %v, want %v", op.method, odd, err, want)
			}
			server.PutItem(table, `{"key": {"S": "item"}, "count": {"NULL": true}, `+odd+`}`)
		}
	}
}

func TestAnItemWithoutAnExpiryIsNeverUsed(t *testing.T) {
	for _, expires := range []string{``, `, "expires": {"S": "99999999999"}`, `, "expires": {"NULL": true}`} {
		server, store := newStore(t)
		server.PutItem(table,
			`{"key": {"S": "item"}, "value": {"B": "AA=="}, "version": {"N": "1"}, "count": {"N": "1"}`+expires+`}`)
		for _, op := range operations {
			if err := op.call(t.Context(), store); err == nil {
				t.Errorf("%s with expiry {%s} succeeded", op.method, expires)
			}
		}
	}
}

// The SDK's second attempt meets what the first has written.
func TestRetriesOfWritesThatHappenedErrToTheSafeSide(t *testing.T) {
	lost := awstest.Fault{Code: "InternalServerError", Persist: true, Times: 1}
	ctx := t.Context()

	server, store := newStore(t)
	server.Inject("PutItem", lost)
	if err := store.Put(ctx, "item", state.Item{Value: []byte("v"), Expires: inAnHour()}); !errors.Is(err, state.ErrConflict) {
		t.Errorf("Put = %v, want a conflict with itself", err)
	}
	if item, err := store.Get(ctx, "item"); err != nil || item.Version != 1 || string(item.Value) != "v" {
		t.Errorf("after Put, Get = %+v, %v, want the item", item, err)
	}

	server.Inject("DeleteItem", lost)
	if _, err := store.Consume(ctx, "item"); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("Consume = %v, want not found", err)
	}

	// The lost start is counted, then added to.
	server.Inject("PutItem", lost)
	if n, err := store.Count(ctx, "counter", inAnHour()); err != nil || n != 2 {
		t.Errorf("the first Count = %d, %v, want 2", n, err)
	}
	server.Inject("UpdateItem", lost)
	if n, err := store.Count(ctx, "counter", inAnHour()); err != nil || n != 4 {
		t.Errorf("the second Count = %d, %v, want 4", n, err)
	}
}

func TestCountGivesUpOnACounterThatExpiresAsItStarts(t *testing.T) {
	server, store := newStore(t)
	server.Inject("PutItem", awstest.Fault{Code: "ConditionalCheckFailedException"})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	n, err := store.Count(ctx, "counter", inAnHour())
	if !errors.Is(err, state.ErrUnavailable) || n != 0 {
		t.Errorf("Count = %d, %v, want it unavailable", n, err)
	}
	if got := server.Calls("PutItem"); got > 10 {
		t.Errorf("Count tried %d times", got)
	}
}

func TestEachMethodMakesOneCall(t *testing.T) {
	server, store := newStore(t)
	for _, op := range operations {
		_ = op.call(t.Context(), store)
	}
	if _, err := store.Count(t.Context(), "item", inAnHour()); err != nil {
		t.Fatal(err)
	}
	// Count's first call finds no counter and starts it.
	for call, want := range map[string]int{"GetItem": 1, "PutItem": 2, "DeleteItem": 1, "UpdateItem": 2} {
		if got := server.Calls(call); got != want {
			t.Errorf("%d calls of %s, want %d", got, call, want)
		}
	}
}

// With the client in a field every binary would hold all of DynamoDB's
// operations, 1.6 MB of them.
func TestStoreHoldsNoClient(t *testing.T) {
	for field := range reflect.TypeFor[dynamo.Store]().Fields() {
		if field.Type == reflect.TypeFor[*dynamodb.Client]() {
			t.Errorf("field %s holds the client", field.Name)
		}
	}
}

func TestWhatIsStored(t *testing.T) {
	server, store := newStore(t)
	expires := time.Unix(4_000_000_000, 999)
	if err := store.Put(t.Context(), "item", state.Item{Value: []byte("v"), Expires: expires}); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Count(t.Context(), "counter", expires); err != nil {
		t.Fatal(err)
	}
	items := server.Items(table)
	for key, want := range map[string]string{
		"item":    `{"expires":{"N":"4000000000"},"key":{"S":"item"},"value":{"B":"dg=="},"version":{"N":"1"}}`,
		"counter": `{"count":{"N":"1"},"expires":{"N":"4000000000"},"key":{"S":"counter"}}`,
	} {
		if got := strings.TrimSpace(items[key]); got != want {
			t.Errorf("%s is stored as\n%s, want\n%s", key, got, want)
		}
	}
}
