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
	aws    string
	call   func(context.Context, state.Store) error
}{
	{"Get", "GetItem", func(ctx context.Context, s state.Store) error {
		_, err := s.Get(ctx, "item")
		return err
	}},
	{"Put", "PutItem", func(ctx context.Context, s state.Store) error {
		return s.Put(ctx, "item", state.Item{Expires: inAnHour()})
	}},
	{"Consume", "DeleteItem", func(ctx context.Context, s state.Store) error {
		_, err := s.Consume(ctx, "item")
		return err
	}},
}

func TestEveryErrorOfAWSIsUnavailableWithItsCause(t *testing.T) {
	for _, code := range []string{
		"ProvisionedThroughputExceededException", "ResourceNotFoundException", "AccessDeniedException",
		"InternalServerError", "ValidationException", "UnrecognizedClientException", "NeverHeardOfIt",
	} {
		for _, op := range operations {
			server, store := newStore(t)
			server.Inject(op.aws, awstest.Fault{Code: code})
			err := op.call(t.Context(), store)
			if !errors.Is(err, state.ErrUnavailable) || errors.Is(err, state.ErrConflict) || errors.Is(err, state.ErrNotFound) {
				t.Errorf("%s failing as %s = %v, want only ErrUnavailable", op.method, code, err)
			}
			if cause, ok := errors.AsType[smithy.APIError](err); !ok || cause.ErrorCode() != code {
				t.Errorf("%s failing as %s = %v, want the cause within", op.method, code, err)
			}
		}
	}
}

func TestEveryMethodEndsSoonAfterItsContext(t *testing.T) {
	for _, op := range operations {
		server, store := newStore(t)
		server.Inject(op.aws, awstest.Fault{Hang: true})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		start := time.Now()
		err := op.call(ctx, store)
		if !errors.Is(err, state.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s hanging = %v, want unavailable for the deadline", op.method, err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s hanging took %v", op.method, took)
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
		server.PutItem(table, `{"key": {"S": "item"}, `+odd+`}`)
		for _, op := range operations {
			want := state.ErrUnavailable
			if op.method == "Put" {
				want = state.ErrConflict // it is live, whatever it is
			}
			if err := op.call(t.Context(), store); !errors.Is(err, want) {
				t.Errorf("%s over {%s} = %v, want %v", op.method, odd, err, want)
			}
			server.PutItem(table, `{"key": {"S": "item"}, `+odd+`}`)
		}
	}
}

func TestAnItemWithoutAnExpiryIsNeverUsed(t *testing.T) {
	for _, expires := range []string{``, `, "expires": {"S": "99999999999"}`, `, "expires": {"NULL": true}`} {
		server, store := newStore(t)
		server.PutItem(table,
			`{"key": {"S": "item"}, "value": {"B": "AA=="}, "version": {"N": "1"}`+expires+`}`)
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
}

func TestEachMethodMakesOneCall(t *testing.T) {
	server, store := newStore(t)
	for _, op := range operations {
		_ = op.call(t.Context(), store)
	}
	for call, want := range map[string]int{"GetItem": 1, "PutItem": 1, "DeleteItem": 1} {
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
	want := `{"expires":{"N":"4000000000"},"key":{"S":"item"},"value":{"B":"dg=="},"version":{"N":"1"}}`
	if got := strings.TrimSpace(server.Items(table)["item"]); got != want {
		t.Errorf("the item is stored as\n%s, want\n%s", got, want)
	}
}
