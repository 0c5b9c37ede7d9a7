package awstest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"deskpro-login/pkg/awsenv/awstest"
)

func batchOf(keys ...string) types.KeysAndAttributes {
	batch := types.KeysAndAttributes{ConsistentRead: aws.Bool(true), Keys: []map[string]types.AttributeValue{}}
	for _, key := range keys {
		batch.Keys = append(batch.Keys, attributes{"key": text(key)})
	}
	return batch
}

// batchGet returns the keys of the items that came, and of those that are left.
func batchGet(t *testing.T, client *dynamodb.Client, table string, batch types.KeysAndAttributes) (found, left string, err error) {
	t.Helper()
	out, err := client.BatchGetItem(t.Context(), &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{table: batch}})
	if err != nil {
		return "", "", err
	}
	keysOf := func(items []map[string]types.AttributeValue) string {
		var keys []string
		for _, it := range items {
			keys = append(keys, it["key"].(*types.AttributeValueMemberS).Value)
		}
		slices.Sort(keys)
		return strings.Join(keys, " ")
	}
	unprocessed := out.UnprocessedKeys[table]
	if len(unprocessed.Keys) > 0 && !aws.ToBool(unprocessed.ConsistentRead) {
		t.Error("what is left is not consistent")
	}
	return keysOf(out.Responses[table]), keysOf(unprocessed.Keys), nil
}

func TestABatchReturnsWhatIsThere(t *testing.T) {
	onEach(t, func(t *testing.T, client *dynamodb.Client, table *string) {
		for _, key := range []string{"a", "b", "c"} {
			if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: attributes{"key": text(key)}}); err != nil {
				t.Fatal(err)
			}
		}
		found, left, err := batchGet(t, client, *table, batchOf("c", "none", "a"))
		if err != nil || found != "a c" || left != "" {
			t.Errorf("found %q, left %q, %v, want a and c", found, left, err)
		}
		if found, left, err := batchGet(t, client, *table, batchOf("none")); err != nil || found != "" || left != "" {
			t.Errorf("found %q, left %q, %v, want nothing", found, left, err)
		}
		var many []string
		for i := range 101 {
			many = append(many, fmt.Sprint(i))
		}
		if _, _, err := batchGet(t, client, *table, batchOf(many[:100]...)); err != nil {
			t.Errorf("100 keys: %v", err)
		}
		for name, batch := range map[string]types.KeysAndAttributes{
			"101 keys": batchOf(many...), "no keys": batchOf(), "one key twice": batchOf("a", "b", "a"), "an empty key": batchOf("a", ""),
			"another key": {Keys: []map[string]types.AttributeValue{{"login": text("a")}}},
		} {
			if _, _, err := batchGet(t, client, *table, batch); code(err) != "ValidationException" {
				t.Errorf("%s: %v, want a ValidationException", name, err)
			}
		}
		if _, _, err := batchGet(t, client, "nowhere", batchOf("a")); code(err) != "ResourceNotFoundException" {
			t.Errorf("no table: %v", err)
		}
	})
}

func TestABatchLeavesKeys(t *testing.T) {
	server, cfg := awstest.Start(t)
	server.CreateTable("things", "key")
	client := dynamodb.NewFromConfig(cfg)
	for _, key := range []string{"a", "b", "c"} {
		server.PutItem("things", fmt.Sprintf(`{"key": {"S": %q}}`, key))
	}
	server.Inject("BatchGetItem", awstest.Fault{Leave: 2, Times: 1})
	for i, want := range []string{"a, left b c", "a b c, left "} {
		found, left, err := batchGet(t, client, "things", batchOf("a", "b", "c"))
		if got := found + ", left " + left; err != nil || got != want {
			t.Errorf("call %d: %s, %v, want %s", i+1, got, err, want)
		}
	}
	var big []string
	for i := range 50 {
		big = append(big, fmt.Sprintf("big-%02d", i))
		server.PutItem("things", fmt.Sprintf(`{"key": {"S": %q}, "a": {"S": %q}}`, big[i], strings.Repeat("a", 390<<10)))
	}
	found, left, err := batchGet(t, client, "things", batchOf(big...))
	if got, want := len(strings.Fields(found)), 42; err != nil || got != want || len(strings.Fields(left)) != 50-want {
		t.Errorf("of 50 items of 390 KB %d came, %v, want %d, which is 16 MB, and the others left", got, err, want)
	}
}

func TestABatchThatIsNotConsistentIsStale(t *testing.T) {
	server, cfg := awstest.Start(t)
	server.CreateTable("things", "key")
	client := dynamodb.NewFromConfig(cfg)
	if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("things"), Item: attributes{"key": text("a")}}); err != nil {
		t.Fatal(err)
	}
	batch := batchOf("a")
	batch.ConsistentRead = nil
	if found, _, err := batchGet(t, client, "things", batch); err != nil || found != "" {
		t.Errorf("found %q, %v, want nothing yet", found, err)
	}
}
