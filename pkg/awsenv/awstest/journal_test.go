package awstest_test

import (
	"maps"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"deskpro-login/pkg/awsenv/awstest"
)

func TestAJournalMakesTheSameTableAgain(t *testing.T) {
	server, cfg := awstest.Start(t)
	server.CreateTable("things", "key")
	kept := map[string]string{}
	server.Journal(func(table, key, item string) {
		if table != "things" {
			t.Errorf("a change of table %q", table)
		}
		if item == "" {
			delete(kept, key)
			return
		}
		kept[key] = item
	})
	client, name := dynamodb.NewFromConfig(cfg), "things"
	item := func(key string) map[string]types.AttributeValue {
		return map[string]types.AttributeValue{
			"key": &types.AttributeValueMemberS{Value: key}, "bytes": &types.AttributeValueMemberB{Value: []byte("\x00é")},
			"number": &types.AttributeValueMemberN{Value: "7"}, "flag": &types.AttributeValueMemberBOOL{Value: true},
		}
	}
	for _, key := range []string{"a", "b"} {
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &name, Item: item(key)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
		TableName: &name, Key: map[string]types.AttributeValue{"key": &types.AttributeValueMemberS{Value: "a"}},
	}); err != nil {
		t.Fatal(err)
	}
	again := awstest.New()
	again.CreateTable(name, "key")
	for _, text := range kept {
		again.PutItem(name, text)
	}
	if got, want := again.Items(name), server.Items(name); len(got) != 1 || !maps.Equal(got, want) {
		t.Errorf("kept was %v, want %v", got, want)
	}
}
