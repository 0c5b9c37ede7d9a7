package awstest_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"deskpro-login/pkg/awsenv/awstest"
)

// scanAll returns the items by their keys, and how many pages there were.
func scanAll(t *testing.T, client *dynamodb.Client, in dynamodb.ScanInput) (items map[string]attributes, pages int) {
	t.Helper()
	items = map[string]attributes{}
	for pages = 1; ; pages++ {
		out, err := client.Scan(t.Context(), &in)
		if err != nil {
			t.Fatal(err)
		}
		if got := int(out.Count); got != len(out.Items) || int(out.ScannedCount) != got {
			t.Errorf("Count %d, ScannedCount %d of %d items", got, out.ScannedCount, len(out.Items))
		}
		for _, it := range out.Items {
			key := it["key"].(*types.AttributeValueMemberS).Value
			if items[key] != nil {
				t.Errorf("%s is there twice", key)
			}
			items[key] = it
		}
		if out.LastEvaluatedKey == nil {
			return items, pages
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; pages > 100 {
			t.Fatal("the scan does not end")
		}
	}
}

func TestAScanReturnsAllInPages(t *testing.T) {
	onEach(t, func(t *testing.T, client *dynamodb.Client, table *string) {
		want := map[string]attributes{}
		for i := range 10 {
			key := fmt.Sprintf("key-%d", i)
			want[key] = attributes{"key": text(key), "n": number(fmt.Sprint(i))}
			if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: want[key]}); err != nil {
				t.Fatal(err)
			}
		}
		for limit, pages := range map[int32]int{0: 1, 1: 11, 4: 3, 5: 3, 10: 2, 11: 1} {
			in := dynamodb.ScanInput{TableName: table, ConsistentRead: aws.Bool(true)}
			if limit > 0 {
				in.Limit = &limit
			}
			got, gotPages := scanAll(t, client, in)
			if !reflect.DeepEqual(got, want) || gotPages != pages {
				t.Errorf("by %d: %d items in %d pages, want all in %d", limit, len(got), gotPages, pages)
			}
		}
		// The item of the key need not be there (any more).
		out, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: table, ExclusiveStartKey: attributes{"key": text("none")}})
		if err != nil || len(out.Items) > 10 {
			t.Errorf("from a key that is not there: %v", err)
		}
		for name, key := range map[string]attributes{"empty": {"key": text("")}, "another's": {"login": text("k")}, "two": {"key": text("k"), "n": number("1")}} {
			_, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: table, ExclusiveStartKey: key})
			if got := code(err); got != "ValidationException" {
				t.Errorf("from a key that is %s: %q, want a ValidationException", name, got)
			}
		}
		for name, in := range map[string]dynamodb.ScanInput{
			"ValidationException": {TableName: table, Limit: aws.Int32(0)}, "ResourceNotFoundException": {TableName: aws.String("nowhere")},
		} {
			_, err := client.Scan(t.Context(), &in)
			if got := code(err); got != name {
				t.Errorf("%q, want %q", got, name)
			}
		}
	})
}

func TestAPageIsSmallAndOfNoOrder(t *testing.T) {
	server, cfg := awstest.Start(t)
	server.CreateTable("things", "key")
	client, table := dynamodb.NewFromConfig(cfg), aws.String("things")
	for i := range 20 {
		server.PutItem("things", fmt.Sprintf(`{"key": {"S": "key-%02d"}, "a": {"S": %q}}`, i, strings.Repeat("a", 1000)))
	}
	items, pages := scanAll(t, client, dynamodb.ScanInput{TableName: table, ConsistentRead: aws.Bool(true)})
	if len(items) != 20 || pages != 5 {
		t.Errorf("%d items in %d pages, want 20 in 5 (of 4 items, and an empty one)", len(items), pages)
	}
	out, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: table, ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, it := range out.Items {
		keys = append(keys, it["key"].(*types.AttributeValueMemberS).Value)
	}
	if slices.IsSorted(keys) {
		t.Errorf("the keys come in order: %q", keys)
	}
}

func TestAScanThatIsNotConsistentIsStale(t *testing.T) {
	server, cfg := awstest.Start(t)
	server.CreateTable("things", "key")
	client, table := dynamodb.NewFromConfig(cfg), aws.String("things")
	server.PutItem("things", `{"key": {"S": "old"}}`)
	if _, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: table, Key: attributes{"key": text("old")}}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: attributes{"key": text("new")}}); err != nil {
		t.Fatal(err)
	}
	for consistent, want := range map[bool]string{false: "old", true: "new"} {
		items, _ := scanAll(t, client, dynamodb.ScanInput{TableName: table, ConsistentRead: &consistent})
		if got := strings.Join(slices.Collect(maps.Keys(items)), " "); got != want {
			t.Errorf("consistent %t: %s, want %s", consistent, got, want)
		}
	}
}
