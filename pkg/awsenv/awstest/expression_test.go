package awstest_test

import (
	"reflect"
	"regexp"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// aliases returns the placeholders of expression: #a stands for a.
func aliases(expression string) map[string]string {
	var names map[string]string
	for _, placeholder := range regexp.MustCompile(`#\w+`).FindAllString(expression, -1) {
		if names == nil {
			names = map[string]string{}
		}
		names[placeholder] = placeholder[1:]
	}
	return names
}

// bound returns those of values that expression uses.
func bound(expression string, values attributes) attributes {
	var used attributes
	for _, placeholder := range regexp.MustCompile(`:\w+`).FindAllString(expression, -1) {
		if v, ok := values[placeholder]; ok {
			if used == nil {
				used = attributes{}
			}
			used[placeholder] = v
		}
	}
	return used
}

func TestConditions(t *testing.T) {
	const holds, fails, invalid = "", "ConditionalCheckFailedException", "ValidationException"
	values := attributes{":0": number("0"), ":neg": number("-1"), ":9": number("9"), ":10": number("10"), ":100": number("100"), ":a": text("a"), ":b": text("b"), ":empty": text(""), ":null": null}
	rows := []struct{ condition, want string }{
		{"attribute_not_exists(#none)", holds},
		{"attribute_not_exists(#n)", fails},
		{"attribute_exists(#n)", holds},
		{"attribute_exists(#null)", holds},
		{"attribute_exists(#none)", fails},
		{"#s = :b", holds},
		{"#s = :a", fails},
		{"#s = :null", fails},
		{"#n = :b", fails},
		{"#none = :b", fails},
		{"#empty = :empty", holds},
		{"#s = :empty", fails},
		{"#none = :empty", fails},
		{"#null = :null", holds},
		{"#none = :null", fails},
		{"#n = :10", holds},
		{"#n = :9", fails},
		{"#s = :10", fails},
		{"#none = :0", fails},
		{"#n > :9", holds},
		{"#n > :10", fails},
		{"#n > :100", fails},
		{"#s > :neg", fails},
		{"#none > :neg", fails},
		{"#n <= :10", holds},
		{"#n <= :100", holds},
		{"#n <= :9", fails},
		{"#s <= :9", fails},
		{"#none <= :9", fails},
		{"#n = :9 OR #n = :10", holds},
		{"#n = :9 OR #n = :100", fails},
		{"#n = :10 AND #n > :9", holds},
		{"#n = :10 AND #n > :10", fails},
		{"#n = :10 OR #n = :9 AND #n = :100", holds},
		{"#n = :9 AND #n = :100 OR #n = :10", holds},

		{"", invalid},
		{"#n", invalid},
		{"#n =", invalid},
		{"#n = :10 AND", invalid},
		{"#n = :10 OR #n =", invalid},
		{"#n = :9 AND #n =", invalid},
		{"#n = :10 #n = :10", invalid},
		{"#n == :10", invalid},
		{"#n = 10", invalid},
		{"#n = :missing", invalid},
		{"key = :a", invalid},
		{"value = :a", invalid},
		{"count > :10", invalid},
		{"attribute_not_exists(key) OR #n = :10 OR count = :10", invalid},
		{"attribute_not_exist(#n)", invalid},
		{"attribute_not_exists(#n", invalid},
		{"attribute_exist(#n)", invalid},
		{"attribute_exists(key)", invalid},
	}
	onEach(t, func(t *testing.T, client *dynamodb.Client, table *string) {
		item := attributes{"key": text("k"), "n": number("10"), "s": text("b"), "empty": text(""), "null": null}
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
		key, now := attributes{"key": text("k")}, attributes{":now": number("1")}
		live, free := "#expires > :now", "attribute_not_exists(#key) OR #expires <= :now"
		_, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
			TableName: table, Key: key, ConditionExpression: &live, ExpressionAttributeNames: aliases(live), ExpressionAttributeValues: now,
		})
		if got := code(err); got != "ConditionalCheckFailedException" {
			t.Errorf("DeleteItem of a live item = %v", err)
		}
		_, err = client.PutItem(t.Context(), &dynamodb.PutItemInput{
			TableName: table, Item: key, ConditionExpression: &free, ExpressionAttributeNames: aliases(free), ExpressionAttributeValues: now,
		})
		if err != nil {
			t.Errorf("PutItem where there is none = %v", err)
		}
	})
}

func TestUpdates(t *testing.T) {
	const failed, invalid = "ConditionalCheckFailedException", "ValidationException"
	const live, dead = "#n > :1", "#n > :99"
	values := attributes{":1": number("1"), ":neg": number("-11"), ":99": number("99"), ":a": text("a")}
	rows := []struct {
		update, condition, err string
		want                   attributes // UPDATED_NEW
	}{
		{"ADD #n :1", live, "", attributes{"n": number("11")}},
		{"ADD #n :neg", live, "", attributes{"n": number("-1")}},
		{"ADD #new :1", live, "", attributes{"new": number("1")}},
		{"SET #s = :a", live, "", attributes{"s": text("a")}},
		{"SET #s = :a, #new = :1", live, "", attributes{"s": text("a"), "new": number("1")}},
		{"REMOVE #s", live, "", nil},
		{"REMOVE #none, #s", live, "", nil},
		{"SET #s = :a REMOVE #m", live, "", attributes{"s": text("a")}},
		{"REMOVE #m SET #s = :a, #n = :1", live, "", attributes{"s": text("a"), "n": number("1")}},
		{"SET #s = :a ADD #n :1", live, "", attributes{"s": text("a"), "n": number("11")}},
		{"SET #s = :a, #n = :1 REMOVE #m", dead, failed, nil},
		{"ADD #n :1", dead, failed, nil},
		{"ADD #s :1", dead, failed, nil},
		{"ADD #s :1", live, invalid, nil},
		{"ADD #n :a", live, invalid, nil},
		{"ADD #n :a", dead, invalid, nil},
		{"ADD #n = :1", live, invalid, nil},
		{"ADD #n :missing", live, invalid, nil},
		{"ADD count :1", live, invalid, nil},
		{"SET #key = :a", live, invalid, nil},
		{"SET #key = :a", dead, invalid, nil},
		{"SET #s = :a, #key = :a", live, invalid, nil},
		{"REMOVE #key", live, invalid, nil},
		{"SET #s = :a SET #n = :1", live, invalid, nil},
		{"SET #s = :a, #s = :a", live, invalid, nil},
		{"SET #s = :a REMOVE #s", live, invalid, nil},
		{"SET #s = :a,", live, invalid, nil},
		{"SET #s = :a REMOVE", live, invalid, nil},
		{"SET #s = :a REMOVE #m #n", live, invalid, nil},
		{"SET #s = :a, #n", live, invalid, nil},
		{"SET #s = :a #n = :1", live, invalid, nil},
		{"#s = :a", live, invalid, nil},
		{"x SET #s = :a", live, invalid, nil},
		{"REMOVE #s = :a", live, invalid, nil},
		{"REMOVE key", live, invalid, nil},
		{"INCREMENT #n :1", live, invalid, nil},
		{"", live, invalid, nil},
	}
	onEach(t, func(t *testing.T, client *dynamodb.Client, table *string) {
		item := attributes{"key": text("k"), "n": number("10"), "s": text("b"), "m": text("m")}
		for _, row := range rows {
			if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: item}); err != nil {
				t.Fatal(err)
			}
			both := row.update + " " + row.condition
			out, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
				TableName: table, Key: attributes{"key": text("k")}, UpdateExpression: &row.update, ConditionExpression: &row.condition,
				ExpressionAttributeNames: aliases(both), ExpressionAttributeValues: bound(both, values),
				ReturnValues: types.ReturnValueUpdatedNew,
			})
			if got := code(err); got != row.err {
				t.Errorf("%q if %q: %q, want %q (%v)", row.update, row.condition, got, row.err, err)
			} else if err == nil && len(row.want)+len(out.Attributes) > 0 && !reflect.DeepEqual(out.Attributes, row.want) {
				t.Errorf("%q: %v, want %v", row.update, out.Attributes, row.want)
			}
		}
		add := "ADD #n :1"
		out, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
			TableName: table, Key: attributes{"key": text("another")}, UpdateExpression: &add,
			ExpressionAttributeNames: aliases(add), ExpressionAttributeValues: bound(add, values),
		})
		if err != nil || out.Attributes != nil {
			t.Errorf("adding to an absent item = %v, %v, want nothing back", out, err)
		}
		got, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{
			TableName: table, Key: attributes{"key": text("another")}, ConsistentRead: aws.Bool(true),
		})
		if want := (attributes{"key": text("another"), "n": number("1")}); err != nil || !reflect.DeepEqual(got.Item, want) {
			t.Errorf("after adding to an absent item = %v, %v, want %v", got, err, want)
		}
	})
}
