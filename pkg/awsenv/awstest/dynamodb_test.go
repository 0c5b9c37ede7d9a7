package awstest_test

import (
	"context"
	"crypto/rand"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/realpart"
)

type attributes = map[string]types.AttributeValue

func text(s string) types.AttributeValue   { return &types.AttributeValueMemberS{Value: s} }
func number(s string) types.AttributeValue { return &types.AttributeValueMemberN{Value: s} }

// onEach runs test on the stand-in and on dynalite, which must agree. (moto
// lets much of what AWS refuses pass, so it is no judge.)
func onEach(t *testing.T, test func(t *testing.T, client *dynamodb.Client, table *string)) {
	t.Run("awstest", func(t *testing.T) {
		server, cfg := awstest.Start(t)
		server.CreateTable("things", "key")
		test(t, dynamodb.NewFromConfig(cfg), aws.String("things"))
	})
	t.Run("dynalite", func(t *testing.T) {
		client := dynamodb.NewFromConfig(awstest.Config(t, realpart.Address(t, "VERIFY_DYNALITE")))
		test(t, client, createTable(t, client))
	})
}

func createTable(t *testing.T, client *dynamodb.Client) *string {
	name := aws.String("things-" + rand.Text())
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName:            name,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("key"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("key"), KeyType: types.KeyTypeHash}},
		BillingMode:          types.BillingModePayPerRequest,
	})
	if err != nil {
		t.Fatalf("creating a table: %v", err)
	}
	t.Cleanup(func() {
		if _, err := client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: name}); err != nil {
			t.Errorf("deleting the table: %v", err)
		}
	})
	exists := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 50*time.Millisecond, time.Second
	})
	if err := exists.Wait(t.Context(), &dynamodb.DescribeTableInput{TableName: name}, time.Minute); err != nil {
		t.Fatalf("waiting for the table: %v", err)
	}
	return name
}

// aliases returns the placeholders of expression: #a stands for a.
func aliases(expression string) map[string]string {
	names := map[string]string{}
	for _, field := range strings.FieldsFunc(expression, func(r rune) bool { return strings.ContainsRune(" (),=<>+", r) }) {
		if name, ok := strings.CutPrefix(field, "#"); ok {
			names[field] = name
		}
	}
	if len(names) == 0 {
		return nil
	}
	return names
}

// bound returns those of values that expression uses.
func bound(expression string, values attributes) attributes {
	used := attributes{}
	for name, v := range values {
		if strings.Contains(expression+" ", name+" ") || strings.Contains(expression, name+")") || strings.Contains(expression, name+",") {
			used[name] = v
		}
	}
	if len(used) == 0 {
		return nil
	}
	return used
}

func code(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestItemsComeBackAsTheyWere(t *testing.T) {
	onEach(t, func(t *testing.T, client *dynamodb.Client, table *string) {
		want := attributes{
			"key":    text("k"),
			"empty":  text(""),
			"emoji":  text("👩‍💻 <&> \u2028"),
			"n":      number("10"),
			"bytes":  &types.AttributeValueMemberB{Value: []byte{0, 255}},
			"yes":    &types.AttributeValueMemberBOOL{Value: true},
			"null":   &types.AttributeValueMemberNULL{Value: true},
			"groups": &types.AttributeValueMemberSS{Value: []string{"agents"}},
			"list":   &types.AttributeValueMemberL{Value: []types.AttributeValue{text("a"), number("-1.5")}},
			"map":    &types.AttributeValueMemberM{Value: attributes{"a": text("b")}},
		}
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: want}); err != nil {
			t.Fatal(err)
		}
		out, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{
			TableName: table, Key: attributes{"key": text("k")}, ConsistentRead: aws.Bool(true),
		})
		if err != nil || !reflect.DeepEqual(out.Item, want) {
			t.Errorf("GetItem = %v, %v, want %v", out.Item, err, want)
		}
		out, err = client.GetItem(t.Context(), &dynamodb.GetItemInput{
			TableName: table, Key: attributes{"key": text("absent")}, ConsistentRead: aws.Bool(true),
		})
		if err != nil || out.Item != nil {
			t.Errorf("GetItem of an absent key = %v, %v, want nothing", out.Item, err)
		}
	})
}

func TestConditions(t *testing.T) {
	const holds, fails, invalid = "", "ConditionalCheckFailedException", "ValidationException"
	values := attributes{
		":9": number("9"), ":10": number("10"), ":1e1": number("1e1"), ":100": number("100"),
		":a": text("a"), ":b": text("b"), ":ten": text("10"), ":bin": &types.AttributeValueMemberB{Value: []byte("b")},
	}
	rows := []struct{ condition, want string }{
		{"attribute_exists(#n)", holds},
		{"attribute_exists(#none)", fails},
		{"attribute_not_exists(#none)", holds},
		{"attribute_not_exists(#n)", fails},
		{"#n = :10", holds},
		{"#n = :1e1", holds},
		{"#n = :9", fails},
		{"#n = :ten", fails},
		{"#none = :10", fails},
		{"#n > :9", holds},
		{"#n > :10", fails},
		{"#n >= :10", holds},
		{"#n >= :100", fails},
		{"#n < :100", holds},
		{"#n < :10", fails},
		{"#n <= :10", holds},
		{"#n <= :9", fails},
		{":9 < #n", holds},
		{"#n > :a", fails},
		{"#n < :a", fails},
		{"#none < :9", fails},
		{"#none > :9", fails},
		{"#s > :a", holds},
		{"#s < :b", fails},
		{"#s = :bin", fails},
		{"#bin = :bin", holds},
		{"#bin >= :bin", holds},
		{"NOT #n = :9", holds},
		{"NOT #none = :9", holds},
		{"#n = :9 OR #n = :10", holds},
		{"#n = :9 or #n = :100", fails},
		{"#n = :10 AND #s = :b", holds},
		{"#n = :10 and #s = :a", fails},
		{"#n = :10 OR #s = :a AND #n = :9", holds},
		{"(#n = :10 OR #s = :a) AND #n = :9", fails},
		{"NOT #n = :9 AND #s = :a", fails},
		{"NOT (#n = :9 AND #s = :a)", holds},
		{"#n=:10 OR\n#n = :9 ", holds},

		{"", invalid},
		{"#n", invalid},
		{"#n =", invalid},
		{"= :10", invalid},
		{"#n = :10 AND", invalid},
		{"#n = :10 #s = :b", invalid},
		{"(#n = :10", invalid},
		{"#n = :10)", invalid},
		{"#n == :10", invalid},
		{"key = :a", invalid},
		{"value = :a", invalid},
		{"count = :10", invalid},
		{"attribute_exist(#n)", invalid},
		{"attribute_exists(:10)", invalid},
		{"attribute_exists(#n", invalid},
		{"#n = 10", invalid},
		{"#n = :missing", invalid},
	}
	onEach(t, func(t *testing.T, client *dynamodb.Client, table *string) {
		item := attributes{"key": text("k"), "n": number("10"), "s": text("b"), "bin": &types.AttributeValueMemberB{Value: []byte("b")}}
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: item}); err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			_, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{
				TableName: table, Item: item, ConditionExpression: &row.condition,
				ExpressionAttributeNames: aliases(row.condition), ExpressionAttributeValues: bound(row.condition, values),
			})
			if got := code(err); got != row.want {
				t.Errorf("%q: %q, want %q (%v)", row.condition, got, row.want, err)
			}
		}
	})
}

func TestConditionsOnAnAbsentItem(t *testing.T) {
	onEach(t, func(t *testing.T, client *dynamodb.Client, table *string) {
		key := attributes{"key": text("k")}
		expired := "attribute_not_exists(#key) OR #expires <= :now"
		live := "#expires > :now"
		now := attributes{":now": number("1")}
		_, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
			TableName: table, Key: key, ConditionExpression: &live, ExpressionAttributeNames: aliases(live), ExpressionAttributeValues: now,
		})
		if got := code(err); got != "ConditionalCheckFailedException" {
			t.Errorf("DeleteItem of a live item = %v", err)
		}
		_, err = client.PutItem(t.Context(), &dynamodb.PutItemInput{
			TableName: table, Item: key, ConditionExpression: &expired, ExpressionAttributeNames: aliases(expired), ExpressionAttributeValues: now,
		})
		if err != nil {
			t.Errorf("PutItem where there is none = %v", err)
		}
	})
}

func TestUpdates(t *testing.T) {
	const invalid = "ValidationException"
	values := attributes{":1": number("1"), ":neg": number("-10.5"), ":a": text("a")}
	rows := []struct {
		update, err string
		want        attributes // UPDATED_NEW
	}{
		{"ADD #n :1", "", attributes{"n": number("11")}},
		{"ADD #n :neg", "", attributes{"n": number("-0.5")}},
		{"add #new :1", "", attributes{"new": number("1")}},
		{"SET #s = :a", "", attributes{"s": text("a")}},
		{"SET #s = :a, #new = :1", "", attributes{"s": text("a"), "new": number("1")}},
		{"SET #s = #n", "", attributes{"s": number("10")}},
		{"SET #s = :a ADD #n :1", "", attributes{"s": text("a"), "n": number("11")}},
		{"SET #s = #none", invalid, nil},
		{"SET #key = :a", invalid, nil},
		{"SET #s = :a, #s = :1", invalid, nil},
		{"SET #s = :a SET #n = :1", invalid, nil},
		{"ADD #s :1", invalid, nil},
		{"ADD #n :a", invalid, nil},
		{"ADD #n = :1", invalid, nil},
		{"ADD count :1", invalid, nil},
		{"ADD #n :missing", invalid, nil},
		{"INCREMENT #n :1", invalid, nil},
		{"SET #n = :1,", invalid, nil},
		{"", invalid, nil},
	}
	onEach(t, func(t *testing.T, client *dynamodb.Client, table *string) {
		item := attributes{"key": text("k"), "n": number("10"), "s": text("b")}
		for _, row := range rows {
			if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: item}); err != nil {
				t.Fatal(err)
			}
			out, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
				TableName: table, Key: attributes{"key": text("k")}, UpdateExpression: &row.update,
				ExpressionAttributeNames: aliases(row.update), ExpressionAttributeValues: bound(row.update, values),
				ReturnValues: types.ReturnValueUpdatedNew,
			})
			if got := code(err); got != row.err {
				t.Errorf("%q: %q, want %q (%v)", row.update, got, row.err, err)
			} else if err == nil && !reflect.DeepEqual(out.Attributes, row.want) {
				t.Errorf("%q: %v, want %v", row.update, out.Attributes, row.want)
			}
		}
		out, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
			TableName: table, Key: attributes{"key": text("another")}, UpdateExpression: aws.String("ADD #n :1"),
			ExpressionAttributeNames: aliases("#n"), ExpressionAttributeValues: attributes{":1": number("1")},
			ReturnValues: types.ReturnValueUpdatedNew,
		})
		if err != nil || !reflect.DeepEqual(out.Attributes, attributes{"n": number("1")}) {
			t.Errorf("adding to an absent item = %v, %v", out, err)
		}
	})
}

func TestALL_OLDReturnsWhatWasThere(t *testing.T) {
	onEach(t, func(t *testing.T, client *dynamodb.Client, table *string) {
		key := attributes{"key": text("k")}
		old := attributes{"key": text("k"), "n": number("1")}
		put, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: old, ReturnValues: types.ReturnValueAllOld})
		if err != nil || put.Attributes != nil {
			t.Errorf("the first PutItem = %v, %v, want nothing", put, err)
		}
		put, err = client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: old, ReturnValues: types.ReturnValueAllOld})
		if err != nil || !reflect.DeepEqual(put.Attributes, old) {
			t.Errorf("the second PutItem = %v, %v, want the first's item", put, err)
		}
		del, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: table, Key: key, ReturnValues: types.ReturnValueAllOld})
		if err != nil || !reflect.DeepEqual(del.Attributes, old) {
			t.Errorf("DeleteItem = %v, %v, want the item", del, err)
		}
		del, err = client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: table, Key: key, ReturnValues: types.ReturnValueAllOld})
		if err != nil || del.Attributes != nil {
			t.Errorf("the second DeleteItem = %v, %v, want nothing", del, err)
		}
	})
}

func TestBadRequestsAreRefused(t *testing.T) {
	key := attributes{"key": text("k")}
	put := func(item attributes) func(context.Context, *dynamodb.Client, *string) error {
		return func(ctx context.Context, client *dynamodb.Client, table *string) error {
			_, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: item})
			return err
		}
	}
	rows := []struct {
		name, want string
		call       func(context.Context, *dynamodb.Client, *string) error
	}{
		{"a table that is not there", "ResourceNotFoundException", func(ctx context.Context, client *dynamodb.Client, _ *string) error {
			_, err := client.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("nowhere"), Key: key})
			return err
		}},
		{"a key of another name", "ValidationException", func(ctx context.Context, client *dynamodb.Client, table *string) error {
			_, err := client.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: attributes{"login": text("k")}})
			return err
		}},
		{"a key that is a number", "ValidationException", func(ctx context.Context, client *dynamodb.Client, table *string) error {
			_, err := client.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: attributes{"key": number("1")}})
			return err
		}},
		{"an empty key", "ValidationException", put(attributes{"key": text("")})},
		{"a key above 2,048 bytes", "ValidationException", put(attributes{"key": text(strings.Repeat("k", 2049))})},
		{"an item without its key", "ValidationException", put(attributes{"n": number("1")})},
		{"a number that is none", "ValidationException", put(attributes{"key": text("k"), "n": number("one")})},
		{"an empty set", "ValidationException", put(attributes{"key": text("k"), "s": &types.AttributeValueMemberSS{Value: []string{}}})},
		{"a set with a duplicate", "ValidationException", put(attributes{"key": text("k"), "s": &types.AttributeValueMemberSS{Value: []string{"a", "a"}}})},
		{"a placeholder for a value without use", "ValidationException", func(ctx context.Context, client *dynamodb.Client, table *string) error {
			_, err := client.PutItem(ctx, &dynamodb.PutItemInput{
				TableName: table, Item: key, ConditionExpression: aws.String("attribute_not_exists(#key)"),
				ExpressionAttributeNames: aliases("#key"), ExpressionAttributeValues: attributes{":now": number("1")},
			})
			return err
		}},
		{"a placeholder for a name without use", "ValidationException", func(ctx context.Context, client *dynamodb.Client, table *string) error {
			_, err := client.PutItem(ctx, &dynamodb.PutItemInput{
				TableName: table, Item: key, ConditionExpression: aws.String("attribute_not_exists(#key)"),
				ExpressionAttributeNames: aliases("#key #expires"),
			})
			return err
		}},
		{"return values that a put has not", "ValidationException", func(ctx context.Context, client *dynamodb.Client, table *string) error {
			_, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: key, ReturnValues: types.ReturnValueUpdatedNew})
			return err
		}},
	}
	onEach(t, func(t *testing.T, client *dynamodb.Client, table *string) {
		for _, row := range rows {
			if got := code(row.call(t.Context(), client, table)); got != row.want {
				t.Errorf("%s: %q, want %q", row.name, got, row.want)
			}
		}
	})
}

func TestWhatIsNotModelledIsRefused(t *testing.T) {
	server, cfg := awstest.Start(t)
	server.CreateTable("things", "key")
	client, table, key := dynamodb.NewFromConfig(cfg), aws.String("things"), attributes{"key": text("k")}

	_, err := client.Query(t.Context(), &dynamodb.QueryInput{TableName: table})
	if got := code(err); got != "UnknownOperationException" {
		t.Errorf("an operation: %v", err)
	}
	_, err = client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: table, Key: key, ProjectionExpression: aws.String("#n")})
	if got := code(err); got != "ValidationException" {
		t.Errorf("a parameter: %v", err)
	}
	_, err = client.PutItem(t.Context(), &dynamodb.PutItemInput{
		TableName: table, Item: attributes{"key": text("k"), "numbers": &types.AttributeValueMemberNS{Value: []string{"1"}}},
	})
	if got := code(err); got != "ValidationException" {
		t.Errorf("an attribute type: %v", err)
	}
	_, err = client.PutItem(t.Context(), &dynamodb.PutItemInput{
		TableName: table, Item: key, ConditionExpression: aws.String("size(#n) > :n"),
		ExpressionAttributeNames: aliases("#n"), ExpressionAttributeValues: attributes{":n": number("1")},
	})
	if got := code(err); got != "ValidationException" {
		t.Errorf("a function: %v", err)
	}
}

func TestAReadThatIsNotConsistentIsStale(t *testing.T) {
	server, cfg := awstest.Start(t)
	server.CreateTable("things", "key")
	server.PutItem("things", `{"key": {"S": "k"}, "n": {"N": "1"}}`)
	client := dynamodb.NewFromConfig(cfg)
	get := func(consistent bool) attributes {
		out, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{
			TableName: aws.String("things"), Key: attributes{"key": text("k")}, ConsistentRead: &consistent,
		})
		if err != nil {
			t.Fatal(err)
		}
		return out.Item
	}
	first, second := attributes{"key": text("k"), "n": number("1")}, attributes{"key": text("k"), "n": number("2")}
	if got := get(false); !reflect.DeepEqual(got, first) {
		t.Errorf("what the test put is read as %v", got)
	}
	_, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("things"), Item: second})
	if err != nil {
		t.Fatal(err)
	}
	if got := get(false); !reflect.DeepEqual(got, first) {
		t.Errorf("a stale read = %v, want %v", got, first)
	}
	if got := get(true); !reflect.DeepEqual(got, second) {
		t.Errorf("a consistent read = %v, want %v", got, second)
	}
}
