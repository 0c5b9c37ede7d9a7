package dynamo_test

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/account/accounttest"
	"deskpro-login/pkg/directory/dynamo"
	"deskpro-login/pkg/directory/fields"
	"deskpro-login/pkg/realpart"
)

// A part makes tables whose key is the string attribute of that name.
type part struct {
	client *dynamodb.Client
	create func(t *testing.T, key string) (table string)
}

func inProcess(t *testing.T) part {
	server, cfg := awstest.Start(t)
	tables := 0
	return part{dynamodb.NewFromConfig(cfg), func(_ *testing.T, key string) string {
		tables++
		name := fmt.Sprintf("table-%d", tables)
		server.CreateTable(name, key)
		return name
	}}
}

// moto serves in threads but checks a condition and writes without a lock, so
// that two conditional writes may both succeed: it gets one call at a time.
func onMoto(t *testing.T) part {
	cfg := awstest.Config(t, realpart.Address(t, "VERIFY_MOTO"))
	cfg.HTTPClient = &oneAtATime{client: cfg.HTTPClient}
	return emulated(cfg)
}

func onDynalite(t *testing.T) part {
	return emulated(awstest.Config(t, realpart.Address(t, "VERIFY_DYNALITE")))
}

func emulated(cfg aws.Config) part {
	client := dynamodb.NewFromConfig(cfg)
	return part{client, func(t *testing.T, key string) string { return awstest.CreateTableAt(t, client, key) }}
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

// onEach runs test on every part.
func onEach(t *testing.T, test func(t *testing.T, p part)) {
	t.Run("awstest", func(t *testing.T) { test(t, inProcess(t)) })
	t.Run("moto", func(t *testing.T) { test(t, onMoto(t)) })
	t.Run("dynalite", func(t *testing.T) { test(t, onDynalite(t)) })
}

func TestTableKeepsTheContract(t *testing.T) { onEach(t, keepsTheContract) }

func keepsTheContract(t *testing.T, p part) {
	for name, f := range map[string]fields.Fields{"our own": {}, "another's": theirs(t)} {
		open := func(readOnly bool) accounttest.Open {
			return func(t *testing.T, accounts []account.Account) account.Store {
				table := p.create(t, f.Attribute(fields.Login))
				for i := range accounts {
					put(t, p.client, table, itemOf(f, &accounts[i]))
					if alias := accounts[i].Alias; alias != "" {
						put(t, p.client, table, attributes{"login": text(alias), "alias_of": text(accounts[i].Login)})
					}
				}
				return newTable(t, dynamo.Config{Client: p.client, Table: table, Fields: f, ReadOnly: readOnly})
			}
		}
		t.Run(name, func(t *testing.T) {
			if f.IsZero() {
				accounttest.Run(t, open(false))
			} else {
				accounttest.RunUpdate(t, open(false))
			}
		})
		t.Run(name+", read-only", func(t *testing.T) { accounttest.RunReadOnly(t, open(true)) })
	}
}

// theirs are the fields of a table that a company has.
func theirs(t *testing.T) fields.Fields {
	t.Helper()
	f, err := fields.Parse([]string{
		"login=username", "id=staff_no", "email=mail", "email_verified=*", "groups=roles", "password_hash=pw", "disabled=!enabled", "department=dept",
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func newTable(t *testing.T, config dynamo.Config) *dynamo.Table {
	t.Helper()
	table, err := dynamo.New(config)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return table
}

type attributes = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}
func texts(texts []string) types.AttributeValue {
	list := &types.AttributeValueMemberL{}
	for _, s := range texts {
		list.Value = append(list.Value, text(s))
	}
	return list
}

func put(t *testing.T, client *dynamodb.Client, table string, item attributes) {
	t.Helper()
	if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: item}); err != nil {
		t.Fatalf("storing an item: %v", err)
	}
}

// itemOf is the item of the package's documentation, written anew so that the
// package is not its own witness. It leaves out what is empty, as people do who
// fill tables.
func itemOf(f fields.Fields, a *account.Account) attributes {
	item := attributes{}
	for name, value := range map[string]string{
		f.Attribute("login"): a.Login, "alias": a.Alias, f.Attribute("id"): a.ID, f.Attribute("email"): a.Email, "name": a.Name,
		"first_name": a.FirstName, "last_name": a.LastName, f.Attribute("password_hash"): a.PasswordHash,
	} {
		if value != "" {
			item[name] = text(value)
		}
	}
	yes := &types.AttributeValueMemberBOOL{Value: true}
	switch {
	case !f.IsZero():
		item["enabled"] = &types.AttributeValueMemberBOOL{Value: !a.Disabled}
	case a.Disabled:
		item["disabled"] = yes
	}
	if f.IsZero() && a.EmailVerified {
		item["email_verified"] = yes
	}
	if a.MustChange {
		item[f.Own("must_change")] = yes
	}
	for name, value := range map[string]time.Time{"password_changed": a.PasswordChanged, "created": a.Created, "updated": a.Updated} {
		if !value.IsZero() {
			item[f.Own(name)] = text(value.UTC().Format("2006-01-02T15:04:05Z"))
		}
	}
	if !a.PasswordExpires.IsZero() {
		item[f.Own("password_expires")] = number(a.PasswordExpires.Unix())
	}
	if a.Version != 0 {
		item[f.Own("version")] = number(a.Version)
	}
	if len(a.Groups) > 0 {
		item[f.Attribute("groups")] = texts(a.Groups)
	}
	if len(a.Attributes) > 0 {
		pairs := attributes{}
		for name, value := range a.Attributes {
			pairs[name] = text(value)
		}
		item["attributes"] = &types.AttributeValueMemberM{Value: pairs}
	}
	if a.Factor != nil {
		factor := attributes{"key": text(a.Factor.Key), "step": number(a.Factor.Step)}
		if len(a.Factor.Recovery) > 0 {
			factor["recovery"] = texts(a.Factor.Recovery)
		}
		item[f.Own("factor")] = &types.AttributeValueMemberM{Value: factor}
	}
	return item
}
