package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/dynamo"
	"deskpro-login/pkg/directory/fields"
)

// start serves a table "users" of these items.
func start(t *testing.T, config dynamo.Config, items ...string) (*awstest.Server, *dynamo.Table) {
	t.Helper()
	server, config := serve(t, config, items...)
	return server, newTable(t, config)
}

func serve(t *testing.T, config dynamo.Config, items ...string) (*awstest.Server, dynamo.Config) {
	t.Helper()
	server, cfg := awstest.Start(t)
	server.CreateTable("users", config.Fields.Attribute(fields.Login))
	for _, item := range items {
		server.PutItem("users", item)
	}
	config.Client, config.Table = dynamodb.NewFromConfig(cfg), "users"
	return server, config
}

const mara = `{"login": {"S": "mara"}, "alias": {"S": "mara@example.com"}, "id": {"S": "id-1"}, "password_hash": {"S": "$hash"}, "version": {"N": "3"}}`

func TestFindCostsTheSameWhateverIsThere(t *testing.T) {
	server, table := start(t, dynamo.Config{}, mara,
		`{"login": {"S": "mara@example.com"}, "alias_of": {"S": "mara"}}`,
		`{"login": {"S": "gone@example.com"}, "alias_of": {"S": "gone"}}`,
		`{"login": {"S": "old@example.com"}, "alias_of": {"S": "mara"}}`,
		`{"login": {"S": "chain"}, "alias_of": {"S": "mara@example.com"}}`,
		`{"login": {"S": "loop"}, "alias_of": {"S": "loop"}}`,
		`{"login": {"S": "odd-alias"}, "alias_of": {"N": "7"}}`,
		`{"login": {"S": "null-alias"}, "alias_of": {"NULL": true}, "id": {"S": "id-2"}}`,
		`{"login": {"S": "upper"}, "alias_of": {"S": "Mara"}}`,
		`{"login": {"S": "both"}, "alias_of": {"S": "mara"}, "id": {"S": "id-3"}}`,
		`{"login": {"S": "odd"}, "email": {"BOOL": true}}`,
		`{"login": {"S": "odd@example.com"}, "alias_of": {"S": "odd"}}`,
	)
	for _, row := range []struct {
		name, login, id string
		err             error
	}{
		{"an account", "mara", "id-1", nil},
		{"an alias", "mara@example.com", "id-1", nil},
		{"nothing", "nobody", "", nil},
		{"an alias whose account is gone", "gone@example.com", "", nil},
		{"an alias that its account no longer has", "old@example.com", "", nil},
		{"an alias of an alias", "chain", "", nil},
		{"an alias of itself", "loop", "", nil},
		{"an alias of a number", "odd-alias", "", account.ErrUnreadable},
		{"an alias of nothing", "null-alias", "", account.ErrUnreadable},
		{"an alias of what can be no login", "upper", "", account.ErrUnreadable},
		{"an alias that has an id", "both", "", account.ErrUnreadable},
		{"an account that cannot be read", "odd", "", account.ErrUnreadable},
		{"the alias of one that cannot be read", "odd@example.com", "", account.ErrUnreadable},
	} {
		t.Run(row.name, func(t *testing.T) {
			before := server.Calls("GetItem")
			found, err := table.Find(t.Context(), row.login)
			id := ""
			if found != nil {
				id = found.ID
			}
			if !errors.Is(err, row.err) || id != row.id {
				t.Errorf("Find = %q, %v, want %q, %v", id, err, row.id, row.err)
			}
			if err != nil && (strings.Contains(err.Error(), row.login) || !strings.Contains(err.Error(), "table users")) {
				t.Errorf("the error shows the login, or no table: %v", err)
			}
			if calls := server.Calls("GetItem") - before; calls != 2 {
				t.Errorf("%d calls, want 2", calls)
			}
		})
	}
	for _, login := range []string{"", "Mara", " mara", strings.Repeat("m", 257), "mara\xff"} {
		before := server.Calls("GetItem")
		if found, err := table.Find(t.Context(), login); found != nil || err != nil || server.Calls("GetItem") != before {
			t.Errorf("Find(%.20q), which is no normalised login, = %v, %v, or was looked up", login, found, err)
		}
	}
}

// secondGet makes the second call of a Find fail.
type secondGet struct {
	aws.HTTPClient
	server *awstest.Server
}

func (s secondGet) Do(r *http.Request) (*http.Response, error) {
	if s.server.Calls("GetItem") == 1 {
		s.server.Inject("GetItem", awstest.Fault{Code: "AccessDeniedException"})
	}
	return s.HTTPClient.Do(r)
}

// What AWS says comes first: it can be mended sooner.
func TestAnOddAliasHidesNoErrorOfAWS(t *testing.T) {
	server, cfg := awstest.Start(t)
	server.CreateTable("users", "login")
	server.PutItem("users", `{"login": {"S": "odd"}, "alias_of": {"N": "7"}}`)
	cfg.HTTPClient = secondGet{cfg.HTTPClient, server}
	_, err := newTable(t, dynamo.Config{Client: dynamodb.NewFromConfig(cfg), Table: "users"}).Find(t.Context(), "odd")
	wantOnly(t, err, directory.ErrMisconfigured)
}

func TestFindInAnothersTableMakesOneCallAndKnowsNoAlias(t *testing.T) {
	server, table := start(t, dynamo.Config{Fields: theirs(t)},
		`{"username": {"S": "mara"}, "staff_no": {"N": "4711"}, "mail": {"S": "m@example.com"}, "enabled": {"BOOL": true}, "dept": {"S": "R&D"}, "alias_of": {"S": "dora"}}`,
		`{"username": {"S": "odd"}, "mail": {"N": "7"}}`,
	)
	found, err := table.Find(t.Context(), "mara")
	if err != nil || found == nil || found.ID != "4711" || !found.EmailVerified || found.Disabled || found.Attributes["department"] != "R&D" {
		t.Errorf("Find = %+v, %v", found, err)
	}
	if found, err := table.Find(t.Context(), "nobody"); found != nil || err != nil {
		t.Errorf("Find of nobody = %v, %v", found, err)
	}
	if _, err := table.Find(t.Context(), "odd"); !errors.Is(err, account.ErrUnreadable) || !strings.Contains(err.Error(), "attribute mail is not of type S") {
		t.Errorf("Find of an odd item = %v", err)
	}
	if calls := server.Calls("GetItem"); calls != 3 {
		t.Errorf("%d calls for three logins, want 3", calls)
	}
}

// A read that is not consistent would not see what was just written.
func TestFindReadsWhatWasWrittenLast(t *testing.T) {
	_, table := start(t, dynamo.Config{}, mara, `{"login": {"S": "mara@example.com"}, "alias_of": {"S": "mara"}}`)
	for i := range 3 {
		for _, login := range []string{"mara", "mara@example.com"} {
			was, err := table.Find(t.Context(), login)
			if err != nil {
				t.Fatal(err)
			}
			becomes := was.Clone()
			becomes.PasswordHash = fmt.Sprint(i, login)
			if err := table.Update(t.Context(), was, becomes); err != nil {
				t.Fatalf("Update after Find(%s): %v", login, err)
			}
		}
	}
}

func TestAnErrorOfAWSIsASentinelWithItsCause(t *testing.T) {
	const mend = "the caller's role"
	for _, row := range []struct {
		code string
		want error
		says string
	}{
		{"ProvisionedThroughputExceededException", directory.ErrThrottled, ""},
		{"RequestLimitExceeded", directory.ErrThrottled, ""},
		{"ThrottlingException", directory.ErrThrottled, ""},
		{"InternalServerError", directory.ErrUnavailable, ""},
		{"NeverHeardOfIt", directory.ErrUnavailable, ""},
		{"ValidationException", directory.ErrUnavailable, ""},
		{"ResourceNotFoundException", directory.ErrMisconfigured, "correct the table's name"},
		{"AccessDeniedException", directory.ErrMisconfigured, mend},
		{"UnrecognizedClientException", directory.ErrMisconfigured, "credentials"},
		{"InvalidSignatureException", directory.ErrMisconfigured, "credentials"},
	} {
		for operation, call := range tableCalls {
			t.Run(operation+" failing as "+row.code, func(t *testing.T) {
				server, table := start(t, dynamo.Config{}, mara)
				server.Inject(operation, awstest.Fault{Code: row.code})
				err := call(t.Context(), table)
				wantOnly(t, err, row.want)
				if cause, ok := errors.AsType[smithy.APIError](err); !ok || cause.ErrorCode() != row.code {
					t.Errorf("error = %v, want the cause within", err)
				}
				for _, want := range []string{"table users", operation, row.says} {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("error %q does not say %q", err, want)
					}
				}
			})
		}
	}
}

// tableCalls are the calls of a Table on mara, by their operation.
var tableCalls = map[string]func(context.Context, *dynamo.Table) error{
	"GetItem": func(ctx context.Context, table *dynamo.Table) error {
		_, err := table.Find(ctx, "mara")
		return err
	},
	"UpdateItem": func(ctx context.Context, table *dynamo.Table) error {
		was := &account.Account{Login: "mara", ID: "id-1", Credentials: account.Credentials{PasswordHash: "$hash"}, Version: 3}
		return table.Update(ctx, was, was.Clone())
	},
}

func wantOnly(t *testing.T, err, want error) {
	t.Helper()
	for _, sentinel := range []error{
		account.ErrConflict, account.ErrReadOnly, account.ErrUnreadable, account.ErrExists, dynamo.ErrUnfit,
		directory.ErrThrottled, directory.ErrMisconfigured, directory.ErrUnavailable,
	} {
		if errors.Is(err, sentinel) != (sentinel == want) {
			t.Errorf("error = %v, want %v and nothing else", err, want)
		}
	}
	if err != nil && strings.Contains(err.Error(), "mara") {
		t.Errorf("error shows the login: %v", err)
	}
}

func TestATableOfAnotherKeyIsMisconfigured(t *testing.T) {
	onEach(t, func(t *testing.T, p part) {
		table := newTable(t, dynamo.Config{Client: p.client, Table: p.create(t, "email")})
		for operation, call := range tableCalls {
			err := call(t.Context(), table)
			wantOnly(t, err, directory.ErrMisconfigured)
			if want := "only key is the string login"; err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q in it", operation, err, want)
			}
		}
	})
}

func TestATableThatIsNotThereIsMisconfigured(t *testing.T) {
	onEach(t, func(t *testing.T, p part) {
		table := newTable(t, dynamo.Config{Client: p.client, Table: "nowhere"})
		for _, call := range tableCalls {
			wantOnly(t, call(t.Context(), table), directory.ErrMisconfigured)
		}
	})
}

func TestAHangingTableEndsWithTheContext(t *testing.T) {
	for operation, call := range tableCalls {
		server, table := start(t, dynamo.Config{}, mara)
		server.Inject(operation, awstest.Fault{Hang: true})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err := call(ctx, table)
		wantOnly(t, err, directory.ErrUnavailable)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v, want the deadline within", operation, err)
		}
	}
}

func TestNewRefusesAnIncompleteConfig(t *testing.T) {
	client := dynamodb.NewFromConfig(awstest.Config(t, "http://127.0.0.1:1"))
	for name, config := range map[string]dynamo.Config{"without a client": {Table: "users"}, "without a table": {Client: client}} {
		if table, err := dynamo.New(config); err == nil || table != nil {
			t.Errorf("New %s = %v, %v", name, table, err)
		}
		if accounts, err := dynamo.NewAccounts(config); err == nil || accounts != nil {
			t.Errorf("NewAccounts %s = %v, %v", name, accounts, err)
		}
	}
}

// With the client in a field every function would hold all of DynamoDB's
// operations, 1.6 MB of them.
func TestTableHoldsNoClient(t *testing.T) {
	for field := range reflect.TypeFor[dynamo.Table]().Fields() {
		if field.Type == reflect.TypeFor[*dynamodb.Client]() {
			t.Errorf("field %s holds the client", field.Name)
		}
	}
}
