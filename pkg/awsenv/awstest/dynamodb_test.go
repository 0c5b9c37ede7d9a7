package awstest_test

import (
	"errors"
	"reflect"
	"testing"

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

var null = &types.AttributeValueMemberNULL{Value: true}

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
		test(t, client, aws.String(awstest.CreateTableAt(t, client, "key")))
	})
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
			"odd":    number("-1.5"),
			"bytes":  &types.AttributeValueMemberB{Value: []byte{0, 255}},
			"yes":    &types.AttributeValueMemberBOOL{Value: true},
			"null":   &types.AttributeValueMemberNULL{Value: true},
			"groups": &types.AttributeValueMemberSS{Value: []string{"agents"}},
			"list":   &types.AttributeValueMemberL{Value: []types.AttributeValue{text("a"), number("1")}},
			"map":    &types.AttributeValueMemberM{Value: attributes{"a": text("b")}},
		}
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: want}); err != nil {
			t.Fatal(err)
		}
		for key, want := range map[string]attributes{"k": want, "absent": nil} {
			out, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{
				TableName: table, Key: attributes{"key": text(key)}, ConsistentRead: aws.Bool(true),
			})
			if err != nil || !reflect.DeepEqual(out.Item, want) {
				t.Errorf("GetItem of %s = %v, %v, want %v", key, out.Item, err, want)
			}
		}
	})
}

func TestALL_OLDReturnsWhatWasThere(t *testing.T) {
	onEach(t, func(t *testing.T, client *dynamodb.Client, table *string) {
		old := attributes{"key": text("k"), "n": number("1")}
		put := func() {
			if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: old}); err != nil {
				t.Fatal(err)
			}
		}
		drop := func(what types.ReturnValue, want attributes) {
			t.Helper()
			out, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
				TableName: table, Key: attributes{"key": text("k")}, ReturnValues: what,
			})
			if err != nil || !reflect.DeepEqual(out.Attributes, want) {
				t.Errorf("DeleteItem = %v, %v, want %v", out, err, want)
			}
		}
		put()
		drop(types.ReturnValueAllOld, old)
		drop(types.ReturnValueAllOld, nil)
		put()
		drop("", nil)
	})
}

func TestAReadThatIsNotConsistentIsStale(t *testing.T) {
	server, cfg := awstest.Start(t)
	server.CreateTable("things", "key")
	server.PutItem("things", `{"key": {"S": "k"}, "n": {"N": "1"}}`)
	client, table := dynamodb.NewFromConfig(cfg), aws.String("things")
	want := func(when string, consistent bool, n string) {
		t.Helper()
		out, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{
			TableName: table, Key: attributes{"key": text("k")}, ConsistentRead: &consistent,
		})
		if err != nil || !reflect.DeepEqual(out.Item["n"], number(n)) {
			t.Errorf("%s: %v, %v, want %s", when, out, err, n)
		}
	}
	want("a stale read of what the test put", false, "1")
	_, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: attributes{"key": text("k"), "n": number("2")}})
	if err != nil {
		t.Fatal(err)
	}
	want("a stale read", false, "1")
	want("a consistent read", true, "2")
}
