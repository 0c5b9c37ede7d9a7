package awstest_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"deskpro-login/pkg/awsenv/awstest"
)

type calls []struct {
	name, want string
	call       func(context.Context, *dynamodb.Client, *string) error
}

func (c calls) run(t *testing.T, client *dynamodb.Client, table *string) {
	for _, row := range c {
		if got := code(row.call(t.Context(), client, table)); got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}

func get(in dynamodb.GetItemInput) func(context.Context, *dynamodb.Client, *string) error {
	return func(ctx context.Context, client *dynamodb.Client, table *string) error {
		in.TableName = table
		_, err := client.GetItem(ctx, &in)
		return err
	}
}

func put(in dynamodb.PutItemInput) func(context.Context, *dynamodb.Client, *string) error {
	return func(ctx context.Context, client *dynamodb.Client, table *string) error {
		in.TableName = table
		_, err := client.PutItem(ctx, &in)
		return err
	}
}

func TestBadRequestsAreRefused(t *testing.T) {
	key := attributes{"key": text("k")}
	of := func(v types.AttributeValue) dynamodb.PutItemInput {
		return dynamodb.PutItemInput{Item: attributes{"key": text("k"), "a": v}}
	}
	free := aws.String("attribute_not_exists(#key)")
	onEach(t, calls{
		{"a table that is not there", "ResourceNotFoundException", func(ctx context.Context, client *dynamodb.Client, _ *string) error {
			return get(dynamodb.GetItemInput{Key: key})(ctx, client, aws.String("nowhere"))
		}},
		{"a key of another name", "ValidationException", get(dynamodb.GetItemInput{Key: attributes{"login": text("k")}})},
		{"a key of two attributes", "ValidationException", get(dynamodb.GetItemInput{Key: attributes{"key": text("k"), "n": number("1")}})},
		{"a key that is a number", "ValidationException", get(dynamodb.GetItemInput{Key: attributes{"key": number("1")}})},
		{"an empty key", "ValidationException", put(dynamodb.PutItemInput{Item: attributes{"key": text("")}})},
		{"a key above 2,048 bytes", "ValidationException", put(dynamodb.PutItemInput{Item: attributes{"key": text(strings.Repeat("k", 2049))}})},
		{"an item above 400 KB", "ValidationException", put(of(text(strings.Repeat("a", 400<<10))))},
		{"an item of parts above 400 KB", "ValidationException", put(of(&types.AttributeValueMemberL{Value: []types.AttributeValue{
			text(strings.Repeat("a", 300<<10)), &types.AttributeValueMemberM{Value: attributes{"a": text(strings.Repeat("a", 100<<10))}},
		}}))},
		{"an item without its key", "ValidationException", put(dynamodb.PutItemInput{Item: attributes{"n": number("1")}})},
		{"a number that is none", "ValidationException", put(of(number("one")))},
		{"an empty set", "ValidationException", put(of(&types.AttributeValueMemberSS{Value: []string{}}))},
		{"a set with a duplicate", "ValidationException", put(of(&types.AttributeValueMemberSS{Value: []string{"a", "a"}}))},
		{"bytes that are null", "ValidationException", put(of(&types.AttributeValueMemberB{}))},
		{"a placeholder for a value without use", "ValidationException", put(dynamodb.PutItemInput{
			Item: key, ConditionExpression: free, ExpressionAttributeNames: aliases(*free), ExpressionAttributeValues: attributes{":now": number("1")},
		})},
		{"a placeholder for a name without use", "ValidationException", put(dynamodb.PutItemInput{
			Item: key, ConditionExpression: free, ExpressionAttributeNames: aliases("#key #expires"),
		})},
		{"return values that a put has not", "ValidationException", put(dynamodb.PutItemInput{Item: key, ReturnValues: types.ReturnValueUpdatedNew})},
	}.run)
}

func TestWhatIsNotModelledIsRefused(t *testing.T) {
	server, cfg := awstest.Start(t)
	server.CreateTable("things", "key")
	server.PutItem("things", `{"key": {"S": "k"}, "odd": {"N": "1.5"}}`)
	item := attributes{"key": text("k")}
	condition := func(text string, v types.AttributeValue) func(context.Context, *dynamodb.Client, *string) error {
		return put(dynamodb.PutItemInput{
			Item: item, ConditionExpression: &text,
			ExpressionAttributeNames: aliases(text), ExpressionAttributeValues: bound(text, attributes{":v": v}),
		})
	}
	calls{
		{"an operation", "UnknownOperationException", func(ctx context.Context, client *dynamodb.Client, table *string) error {
			_, err := client.Query(ctx, &dynamodb.QueryInput{TableName: table})
			return err
		}},
		{"a parameter", "ValidationException", get(dynamodb.GetItemInput{Key: item, ProjectionExpression: aws.String("#n")})},
		{"an attribute type", "ValidationException", put(dynamodb.PutItemInput{
			Item: attributes{"key": text("k"), "a": &types.AttributeValueMemberNS{Value: []string{"1"}}},
		})},
		{"NULL that is false", "ValidationException", put(dynamodb.PutItemInput{
			Item: attributes{"key": text("k"), "a": &types.AttributeValueMemberNULL{}},
		})},
		{"a function", "ValidationException", condition("size(#n) > :v", number("1"))},
		{"a bare name", "ValidationException", condition("login = :v", number("1"))},
		{"NOT", "ValidationException", condition("NOT #n = :v", number("1"))},
		{"parentheses", "ValidationException", condition("(#n = :v)", number("1"))},
		{"another comparison", "ValidationException", condition("#n >= :v", number("1"))},
		{"an expression above 4 KB", "ValidationException", condition("#n = :v"+strings.Repeat(" AND #n = :v", 350), number("1"))},
		{"an update above 4 KB", "ValidationException", func(ctx context.Context, client *dynamodb.Client, table *string) error {
			long := "SET #" + strings.Repeat("n", 4096) + " = :v"
			_, err := client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
				TableName: table, Key: item, UpdateExpression: &long, ExpressionAttributeNames: aliases(long), ExpressionAttributeValues: attributes{":v": text("a")},
			})
			return err
		}},
		{"ordering text", "ValidationException", condition("#key > :v", text("k"))},
		{"equality with a list", "ValidationException", condition("#n = :v", &types.AttributeValueMemberL{})},
		{"comparing with a fraction", "ValidationException", condition("#n = :v", number("1.5"))},
		{"comparing a fraction", "ValidationException", condition("#odd > :v", number("1"))},
		{"ALL_OLD of a put", "ValidationException", put(dynamodb.PutItemInput{Item: item, ReturnValues: types.ReturnValueAllOld})},
	}.run(t, dynamodb.NewFromConfig(cfg), aws.String("things"))
}
