package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/directorytest"
	"deskpro-login/pkg/directory/dynamo"
	"deskpro-login/pkg/password"
	"deskpro-login/pkg/realpart"
	"deskpro-login/pkg/redact"
)

func TestContract(t *testing.T) {
	server, cfg := awstest.Start(t)
	server.CreateTable("users", "login")
	runContract(t, dynamodb.NewFromConfig(cfg), "users")
}

func TestContractAgainstMoto(t *testing.T)     { testContractAt(t, "VERIFY_MOTO") }
func TestContractAgainstDynalite(t *testing.T) { testContractAt(t, "VERIFY_DYNALITE") }

func testContractAt(t *testing.T, part string) {
	client := dynamodb.NewFromConfig(awstest.Config(t, realpart.Address(t, part)))
	runContract(t, client, awstest.CreateTableAt(t, client, "login"))
}

func runContract(t *testing.T, client *dynamodb.Client, table string) {
	directorytest.Run(t, func(t *testing.T, seeds []directorytest.Account) directorytest.Directory {
		passwords := newPasswords(t)
		for _, seed := range seeds {
			item := itemOf(t, passwords, seed)
			if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: item}); err != nil {
				t.Fatalf("storing %s: %v", seed.Login, err)
			}
		}
		return directorytest.Directory{
			Authenticator: newDirectory(t, client, table, passwords),
			ChangeEmail: func(t *testing.T, login, email string) {
				_, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
					TableName:                 &table,
					Key:                       map[string]types.AttributeValue{"login": text(login)},
					UpdateExpression:          aws.String("SET #email = :email"),
					ExpressionAttributeNames:  map[string]string{"#email": "email"},
					ExpressionAttributeValues: map[string]types.AttributeValue{":email": text(email)},
				})
				if err != nil {
					t.Fatalf("changing the email: %v", err)
				}
			},
		}
	})
}

func newPasswords(t *testing.T) *password.Hasher {
	t.Helper()
	passwords, err := password.New(password.Config{})
	if err != nil {
		t.Fatalf("password.New: %v", err)
	}
	return passwords
}

func newDirectory(t *testing.T, client *dynamodb.Client, table string, passwords *password.Hasher) *dynamo.Directory {
	t.Helper()
	d, err := dynamo.New(dynamo.Config{Client: client, Table: table, Passwords: passwords})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return d
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

// itemOf leaves out what is empty, as people who fill tables do.
func itemOf(t *testing.T, passwords *password.Hasher, seed directorytest.Account) map[string]types.AttributeValue {
	t.Helper()
	hash, err := passwords.Hash(t.Context(), redact.New(seed.Password))
	if err != nil {
		t.Fatalf("Hash: %v", err)
	}
	item := map[string]types.AttributeValue{}
	for name, value := range map[string]string{
		"login": seed.Login, "id": seed.ID, "email": seed.Email, "name": seed.Name,
		"first_name": seed.FirstName, "last_name": seed.LastName, "password_hash": hash,
	} {
		if value != "" {
			item[name] = text(value)
		}
	}
	for name, value := range map[string]bool{"email_verified": seed.EmailVerified, "disabled": seed.Disabled} {
		if value {
			item[name] = &types.AttributeValueMemberBOOL{Value: true}
		}
	}
	if len(seed.Groups) > 0 {
		item["groups"] = &types.AttributeValueMemberSS{Value: seed.Groups}
	}
	if len(seed.Attributes) > 0 {
		attributes := &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{}}
		for name, value := range seed.Attributes {
			attributes.Value[name] = text(value)
		}
		item["attributes"] = attributes
	}
	return item
}

// hash is of "right", by the argon2 command.
const hash = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQxMjM0NTY3OA$hy+DWUjtlMy9MYbEYiaJZmBjZizBbrBFOnxLJDRNHuQ"

// start serves a table with mara's item, in which attribute (one member of a
// JSON object) replaces or adds to what she has.
func start(t *testing.T, attribute string) (*awstest.Server, *dynamo.Directory) {
	t.Helper()
	server, cfg := awstest.Start(t)
	server.CreateTable("users", "login")
	// Of two members with one name the later counts.
	server.PutItem("users", `{"login": {"S": "mara"}, "id": {"S": "id-1"}, "email": {"S": "mara@example.com"},
		"email_verified": {"BOOL": true}, "name": {"S": "Mara"}, "password_hash": {"S": "`+hash+`"},
		"disabled": {"BOOL": false}, "invited_by": {"N": "7"}`+attribute+`}`)
	return server, newDirectory(t, dynamodb.NewFromConfig(cfg), "users", newPasswords(t))
}

func credentials(login, typed string) directory.Credentials {
	return directory.Credentials{Login: login, Password: redact.New(typed)}
}

func TestAnItemIsReadWhole(t *testing.T) {
	for _, row := range []struct{ name, attribute, want string }{
		{"with its stored id", ``, `{ID:id-1 Email:mara@example.com Name:Mara FirstName: LastName: Groups:[] Attributes:map[] Factor:false}`},
		{"with groups as a set", `, "groups": {"SS": ["agents"]}`, `{ID:id-1 Email:mara@example.com Name:Mara FirstName: LastName: Groups:[agents] Attributes:map[] Factor:false}`},
		{"with groups as a list", `, "groups": {"L": [{"S": "b"}, {"S": "a"}]}`, `{ID:id-1 Email:mara@example.com Name:Mara FirstName: LastName: Groups:[b a] Attributes:map[] Factor:false}`},
		{"with an empty list and map", `, "groups": {"L": []}, "attributes": {"M": {}}`, `{ID:id-1 Email:mara@example.com Name:Mara FirstName: LastName: Groups:[] Attributes:map[] Factor:false}`},
		{"with attributes and all names", `, "attributes": {"M": {"k": {"S": "v"}}}, "first_name": {"S": "F"}, "last_name": {"S": "L"}`, `{ID:id-1 Email:mara@example.com Name:Mara FirstName:F LastName:L Groups:[] Attributes:map[k:v] Factor:false}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			server, d := start(t, row.attribute)
			outcome, err := d.Authenticate(t.Context(), credentials(" MARA", "right"))
			if err != nil {
				t.Fatalf("Authenticate: %v", err)
			}
			if got := fmt.Sprintf("%+v", *outcome.User); got != row.want {
				t.Errorf("user = %s, want %s", got, row.want)
			}
			if got := server.Calls("GetItem"); got != 1 {
				t.Errorf("GetItem calls = %d, want 1", got)
			}
		})
	}
}

func TestUnknownWrongAndDisabledCostOneReadEach(t *testing.T) {
	server, d := start(t, `, "disabled": {"BOOL": true}`)
	for i, attempt := range []directory.Credentials{
		credentials("nobody", "right"), credentials("mara", "wrong"), credentials("mara", "right"),
	} {
		if _, err := d.Authenticate(t.Context(), attempt); !errors.Is(err, directory.ErrBadCredentials) {
			t.Errorf("attempt %d: %v, want ErrBadCredentials", i, err)
		}
		if got := server.Calls("GetItem"); got != i+1 {
			t.Errorf("GetItem calls after attempt %d = %d, want %d", i, got, i+1)
		}
	}
}

// To outsiders it is no other than an unknown login: the answer, and (by the
// decoy) its cost.
func TestAnOddItemIsRefusedAndTheCauseNamesTheAttribute(t *testing.T) {
	for _, row := range []struct{ attribute, value string }{
		{"id", `{"N": "4711"}`},
		{"id", `{"NULL": true}`},
		{"email", `{"SS": ["secret-value"]}`},
		{"email_verified", `{"S": "true"}`},
		{"email_verified", `{"N": "1"}`},
		{"name", `{"BOOL": true}`},
		{"first_name", `{"M": {"S": {"S": "secret-value"}}}`},
		{"last_name", `{"L": []}`},
		{"groups", `{"S": "secret-value"}`},
		{"groups", `{"M": {"secret-value": {"S": "secret-value"}}}`},
		{"groups", `{"L": [{"S": "a"}, {"N": "4711"}]}`},
		{"attributes", `{"S": "secret-value"}`},
		{"attributes", `{"M": {"secret-value": {"N": "4711"}}}`},
		{"password_hash", `{"B": "c2VjcmV0LXZhbHVl"}`},
		{"disabled", `{"S": "secret-value"}`},
		{"disabled", `{"NULL": true}`},
	} {
		t.Run(row.attribute+" as "+row.value, func(t *testing.T) {
			_, d := start(t, fmt.Sprintf(`, %q: %s`, row.attribute, row.value))
			_, err := d.Authenticate(t.Context(), credentials("mara", "right"))
			refusal, ok := errors.AsType[*directory.Refusal](err)
			if !ok || refusal.Reason != directory.ReasonUnreadable || refusal.Cause == nil {
				t.Fatalf("error = %v, want a refusal for ReasonUnreadable with its cause", err)
			}
			if want := "attribute " + row.attribute + " "; !strings.Contains(err.Error(), want) {
				t.Errorf("error %q does not hold %q", err, want)
			}
			for _, value := range []string{"secret-value", "4711", "mara@example.com", "argon2id"} {
				if strings.Contains(err.Error(), value) {
					t.Errorf("error shows the value %s: %v", value, err)
				}
			}
		})
	}
}

func TestAnErrorOfAWSKeepsItsCause(t *testing.T) {
	for _, row := range []struct {
		code string
		want error
	}{
		{"ProvisionedThroughputExceededException", directory.ErrThrottled},
		{"RequestLimitExceeded", directory.ErrThrottled},
		{"ThrottlingException", directory.ErrThrottled},
		{"InternalServerError", directory.ErrUnavailable},
		{"ResourceNotFoundException", directory.ErrUnavailable},
		{"AccessDeniedException", directory.ErrUnavailable},
		{"ValidationException", directory.ErrUnavailable},
	} {
		t.Run(row.code, func(t *testing.T) {
			server, d := start(t, "")
			server.Inject("GetItem", awstest.Fault{Code: row.code})
			_, err := d.Authenticate(t.Context(), credentials("mara", "right"))
			if !errors.Is(err, row.want) {
				t.Errorf("error = %v, want %v", err, row.want)
			}
			for _, other := range []error{directory.ErrThrottled, directory.ErrUnavailable, directory.ErrBadCredentials} {
				if other != row.want && errors.Is(err, other) {
					t.Errorf("error is %v as well", other)
				}
			}
			if cause, ok := errors.AsType[smithy.APIError](err); !ok || cause.ErrorCode() != row.code {
				t.Errorf("cause = %v, want %s", cause, row.code)
			}
		})
	}
}

func TestAHangingTableEndsWithTheContext(t *testing.T) {
	server, d := start(t, "")
	server.Inject("GetItem", awstest.Fault{Hang: true})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := d.Authenticate(ctx, credentials("mara", "right"))
	if !errors.Is(err, directory.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error = %v, want ErrUnavailable by the deadline", err)
	}
}

func TestNewRefusesAnIncompleteConfig(t *testing.T) {
	client := dynamodb.NewFromConfig(awstest.Config(t, "http://127.0.0.1:1"))
	for _, row := range []struct {
		name   string
		config dynamo.Config
	}{
		{"without a client", dynamo.Config{Table: "users", Passwords: newPasswords(t)}},
		{"without a table", dynamo.Config{Client: client, Passwords: newPasswords(t)}},
		{"without passwords", dynamo.Config{Client: client, Table: "users"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := dynamo.New(row.config); err == nil {
				t.Error("New succeeded")
			}
		})
	}
}
