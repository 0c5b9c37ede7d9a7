package awstest_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/realpart"
)

// things is a table with the items one, whose n is 1, and two.
type things struct {
	client *dynamodb.Client
	table  *string
}

const (
	free  = "attribute_not_exists(#key)"
	taken = "attribute_exists(#key)"
)

// onTransactions runs test on the stand-in and on moto. (dynalite has no
// transactions.)
func onTransactions(t *testing.T, test func(t *testing.T, th things)) {
	t.Run("awstest", func(t *testing.T) {
		server, cfg := awstest.Start(t)
		server.CreateTable("things", "key")
		test(t, newThings(t, dynamodb.NewFromConfig(cfg), "things"))
	})
	t.Run("moto", func(t *testing.T) {
		client := dynamodb.NewFromConfig(awstest.Config(t, realpart.Address(t, "VERIFY_MOTO")))
		test(t, newThings(t, client, awstest.CreateTableAt(t, client, "key")))
	})
}

func newThings(t *testing.T, client *dynamodb.Client, table string) things {
	t.Helper()
	th := things{client, &table}
	for key, n := range map[string]string{"one": "1", "two": "2"} {
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: attributes{"key": text(key), "n": number(n)}}); err != nil {
			t.Fatal(err)
		}
	}
	return th
}

// The actions on the item of a key; an empty condition means none.

func (th things) put(key, condition string) types.TransactWriteItem {
	put := &types.Put{TableName: th.table, Item: attributes{"key": text(key), "n": number("9")}}
	if condition != "" {
		put.ConditionExpression, put.ExpressionAttributeNames = &condition, aliases(condition)
	}
	return types.TransactWriteItem{Put: put}
}

func (th things) set(key, condition string) types.TransactWriteItem {
	update := &types.Update{
		TableName: th.table, Key: attributes{"key": text(key)}, UpdateExpression: aws.String("SET #n = :n"),
		ExpressionAttributeNames: aliases("#n"), ExpressionAttributeValues: attributes{":n": number("8")},
	}
	if condition != "" {
		update.ConditionExpression = &condition
		maps.Copy(update.ExpressionAttributeNames, aliases(condition))
	}
	return types.TransactWriteItem{Update: update}
}

func (th things) drop(key, condition string) types.TransactWriteItem {
	drop := &types.Delete{TableName: th.table, Key: attributes{"key": text(key)}}
	if condition != "" {
		drop.ConditionExpression, drop.ExpressionAttributeNames = &condition, aliases(condition)
	}
	return types.TransactWriteItem{Delete: drop}
}

func (th things) check(key, condition string) types.TransactWriteItem {
	return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName: th.table, Key: attributes{"key": text(key)}, ConditionExpression: &condition, ExpressionAttributeNames: aliases(condition),
	}}
}

func (th things) transact(t *testing.T, actions ...types.TransactWriteItem) error {
	_, err := th.client.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: actions})
	return err
}

// stored returns the items as "key=n".
func (th things) stored(t *testing.T) string {
	t.Helper()
	out, err := th.client.Scan(t.Context(), &dynamodb.ScanInput{TableName: th.table, ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	var items []string
	for _, it := range out.Items {
		items = append(items, fmt.Sprintf("%s=%s", it["key"].(*types.AttributeValueMemberS).Value, it["n"].(*types.AttributeValueMemberN).Value))
	}
	slices.Sort(items)
	return strings.Join(items, " ")
}

func TestATransactionDoesAll(t *testing.T) {
	onTransactions(t, func(t *testing.T, th things) {
		if err := th.transact(t, th.put("new", free), th.set("one", taken), th.drop("two", ""), th.check("none", free)); err != nil {
			t.Fatal(err)
		}
		if got, want := th.stored(t), "new=9 one=8"; got != want {
			t.Errorf("stored is %s, want %s", got, want)
		}
		if err := th.transact(t, th.put("one", ""), th.set("more", "")); err != nil {
			t.Fatal(err)
		}
		if got, want := th.stored(t), "more=8 new=9 one=9"; got != want {
			t.Errorf("stored is %s, want %s", got, want)
		}
	})
}

func TestATransactionDoesNothingAndSaysForEachActionWhy(t *testing.T) {
	onTransactions(t, func(t *testing.T, th things) {
		for _, row := range []struct {
			name    string
			actions []types.TransactWriteItem
			want    string
		}{
			{"a put", []types.TransactWriteItem{th.put("new", ""), th.put("one", free)}, "None ConditionalCheckFailed"},
			{"an update", []types.TransactWriteItem{th.set("new", taken), th.put("one", "")}, "ConditionalCheckFailed None"},
			{"a delete", []types.TransactWriteItem{th.put("new", ""), th.drop("none", taken), th.drop("one", "")}, "None ConditionalCheckFailed None"},
			{"a check", []types.TransactWriteItem{th.check("one", free), th.put("new", "")}, "ConditionalCheckFailed None"},
			{"all", []types.TransactWriteItem{th.put("one", free), th.check("two", free)}, "ConditionalCheckFailed ConditionalCheckFailed"},
		} {
			err := th.transact(t, row.actions...)
			cancelled, ok := errors.AsType[*types.TransactionCanceledException](err)
			if !ok {
				t.Errorf("%s: %v, want it cancelled", row.name, err)
				continue
			}
			var reasons []string
			for _, reason := range cancelled.CancellationReasons {
				reasons = append(reasons, aws.ToString(reason.Code))
			}
			if got := strings.Join(reasons, " "); got != row.want {
				t.Errorf("%s: reasons are %s, want %s", row.name, got, row.want)
			}
			if got := th.stored(t); got != "one=1 two=2" {
				t.Errorf("%s: stored is %s, want what was", row.name, got)
			}
		}
	})
}

func TestATransactionThatAWSWouldNotTakeIsRefused(t *testing.T) {
	server, cfg := awstest.Start(t)
	server.CreateTable("things", "key")
	th := newThings(t, dynamodb.NewFromConfig(cfg), "things")
	many := func(n int, size int) (actions []types.TransactWriteItem) {
		for i := range n {
			put := th.put(fmt.Sprint(i), "")
			put.Put.Item["a"] = text(strings.Repeat("a", size))
			actions = append(actions, put)
		}
		return actions
	}
	elsewhere := th.put("new", "")
	elsewhere.Put.TableName = aws.String("nowhere")
	for _, row := range []struct {
		name, want string
		actions    []types.TransactWriteItem
	}{
		{"with 100 actions", "", many(100, 0)},
		{"with 101 actions", "ValidationException", many(101, 0)},
		{"without an action", "ValidationException", []types.TransactWriteItem{}},
		{"of over 4 MB", "ValidationException", many(11, 390<<10)},
		{"on one item twice", "ValidationException", []types.TransactWriteItem{th.put("new", ""), th.check("new", free)}},
		{"with an action of none", "ValidationException", []types.TransactWriteItem{th.put("new", ""), {}}},
		{"with an action of two kinds", "ValidationException", []types.TransactWriteItem{{Put: th.put("new", "").Put, Delete: th.drop("one", "").Delete}}},
		{"on an unknown table", "ResourceNotFoundException", []types.TransactWriteItem{th.put("other", ""), elsewhere}},
		{"with an empty key", "ValidationException", []types.TransactWriteItem{th.put("", "")}},
		{"with a condition that is none", "ValidationException", []types.TransactWriteItem{th.put("new", ""), th.put("other", "key = 1")}},
	} {
		err := th.transact(t, row.actions...)
		if got := code(err); got != row.want {
			t.Errorf("a transaction %s: %q, want %q (%.200v)", row.name, got, row.want, err)
		}
	}
	if got := th.stored(t); strings.Contains(got, "new") || strings.Contains(got, "other") {
		t.Errorf("stored is %s", got)
	}
}

// As AWS has it, though it weighs a Put before all else.
func TestAnUpdateThatMakesAnItemTooLargeCancelsItsTransaction(t *testing.T) {
	server, cfg := awstest.Start(t)
	server.CreateTable("things", "key")
	th := newThings(t, dynamodb.NewFromConfig(cfg), "things")
	large := attributes{":n": text(strings.Repeat("a", 400<<10))}
	set := th.set("one", taken)
	set.Update.ExpressionAttributeValues = large
	cancelled, ok := errors.AsType[*types.TransactionCanceledException](th.transact(t, set, th.put("new", "")))
	if !ok || len(cancelled.CancellationReasons) != 2 || aws.ToString(cancelled.CancellationReasons[0].Code) != "ValidationError" ||
		!strings.Contains(aws.ToString(cancelled.CancellationReasons[0].Message), "Item size to update") || aws.ToString(cancelled.CancellationReasons[1].Code) != "None" {
		t.Errorf("it is cancelled as %+v", cancelled)
	}
	put := th.put("new", taken)
	put.Put.Item["a"] = large[":n"]
	if got := code(th.transact(t, put)); got != "ValidationException" {
		t.Errorf("a Put of as much: %q", got)
	}
	if got := th.stored(t); got != "one=1 two=2" {
		t.Errorf("stored is %s", got)
	}
}

func TestATransactionWhoseAnswerIsLostIsDoneOnce(t *testing.T) {
	server, cfg := awstest.Start(t)
	server.CreateTable("things", "key")
	th := newThings(t, dynamodb.NewFromConfig(cfg), "things")
	server.Inject("TransactWriteItems", awstest.Fault{Persist: true, Times: 1})
	if err := th.transact(t, th.put("new", free)); err != nil {
		t.Errorf("the SDK's retry = %v, want success by its token", err)
	}
	if got := server.Calls("TransactWriteItems"); got != 2 {
		t.Errorf("%d calls, want 2", got)
	}
	token := aws.String("token")
	for i, want := range []string{"", "", "IdempotentParameterMismatchException"} {
		key := []string{"first", "first", "second"}[i]
		_, err := th.client.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{
			TransactItems: []types.TransactWriteItem{th.put(key, free)}, ClientRequestToken: token,
		})
		if got := code(err); got != want {
			t.Errorf("call %d with one token: %q, want %q", i+1, got, want)
		}
	}
}

func TestAFaultHasReasons(t *testing.T) {
	server, cfg := awstest.Start(t)
	server.CreateTable("things", "key")
	th := newThings(t, dynamodb.NewFromConfig(cfg), "things")
	server.Inject("TransactWriteItems", awstest.Fault{Code: "TransactionCanceledException", Reasons: []string{"None", "TransactionConflict"}})
	err := th.transact(t, th.put("new", ""), th.drop("one", ""))
	cancelled, ok := errors.AsType[*types.TransactionCanceledException](err)
	if !ok || len(cancelled.CancellationReasons) != 2 || aws.ToString(cancelled.CancellationReasons[1].Code) != "TransactionConflict" {
		t.Errorf("error = %v, want it cancelled for the second action's conflict", err)
	}
}

// When this fails, dynalite has learnt transactions: let onTransactions and the
// tests of pkg/directory/dynamo use it.
func TestDynaliteHasNoTransactions(t *testing.T) {
	client := dynamodb.NewFromConfig(awstest.Config(t, realpart.Address(t, "VERIFY_DYNALITE")))
	th := newThings(t, client, awstest.CreateTableAt(t, client, "key"))
	if err := th.transact(t, th.put("new", free)); code(err) != "UnknownOperationException" {
		t.Errorf("a transaction = %v, want UnknownOperationException", err)
	}
}
