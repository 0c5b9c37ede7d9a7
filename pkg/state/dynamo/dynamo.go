// Package dynamo keeps state in one DynamoDB table: partition key "key" (a
// string), and "expires" (seconds since 1970) for the table's time to live,
// which frees space late and is never relied on. Give the table to nothing
// else.
//
// The SDK retries a call whose answer was lost, so a write may happen and be
// asked for again. What the caller then sees errs to the safe side:
//
//   - Put: ErrConflict, although its item is the one stored.
//   - Consume: ErrNotFound, although nobody got the item.
package dynamo

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"deskpro-login/pkg/awsenv"
	"deskpro-login/pkg/state"
)

// Config is what New needs.
type Config struct {
	// Client calls the table's Region. Required. Its retries and time-outs
	// bound a call whose context does not.
	Client *dynamodb.Client
	// Table is the table's name or ARN. Required.
	Table string
	// Now tells the time, in which the processes that share the table must
	// agree within a second or so. Nil means time.Now.
	Now func() time.Time
}

// Store is a state.Store. It needs dynamodb:GetItem, PutItem and DeleteItem on
// its table.
type Store struct {
	table string
	now   func() time.Time

	// The client is held by the three methods that are used, not by its type:
	// where a binary calls methods by name (text/template does), the linker
	// keeps every exported method of every type that an interface can reach
	// through fields, which for *dynamodb.Client is all of DynamoDB.
	get    func(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	put    func(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	delete func(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
}

var _ state.Store = (*Store)(nil)

// New returns a Store on the table. It makes no call.
func New(c Config) (*Store, error) {
	if c.Client == nil || c.Table == "" {
		return nil, errors.New("dynamo: Client and Table are required")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Store{
		table:  c.Table,
		now:    c.Now,
		get:    c.Client.GetItem,
		put:    c.Client.PutItem,
		delete: c.Client.DeleteItem,
	}, nil
}

// Conditions on what is stored: a live item has not yet expired. Names go by
// placeholders because key and value are reserved words.
const (
	isLive        = "#expires > :now"
	isFree        = "attribute_not_exists(#key) OR #expires <= :now"
	isLiveVersion = "#version = :version AND #expires > :now"
)

// Get implements state.Store.
func (s *Store) Get(ctx context.Context, key string) (state.Item, error) {
	out, err := s.get(ctx, &dynamodb.GetItemInput{
		TableName:      &s.table,
		Key:            keyOf(key),
		ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return state.Item{}, unavailable("getting item", err)
	}
	if out.Item == nil {
		return state.Item{}, state.ErrNotFound
	}
	item, err := decode(out.Item)
	if err != nil {
		return state.Item{}, unavailable("reading item", err)
	}
	if item.Expires.Unix() <= s.now().Unix() {
		return state.Item{}, state.ErrNotFound
	}
	return item, nil
}

// Put implements state.Store.
func (s *Store) Put(ctx context.Context, key string, item state.Item) error {
	if item.Value == nil {
		item.Value = []byte{} // the SDK writes nil as JSON's null, which AWS refuses
	}
	in := &dynamodb.PutItemInput{
		TableName: &s.table,
		Item: map[string]types.AttributeValue{
			"key":     text(key),
			"expires": number(item.Expires.Unix()),
			"version": number(item.Version + 1),
			"value":   &types.AttributeValueMemberB{Value: item.Value},
		},
		ConditionExpression:       aws.String(isFree),
		ExpressionAttributeNames:  map[string]string{"#key": "key", "#expires": "expires"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":now": s.nowNumber()},
	}
	if item.Version != 0 {
		in.ConditionExpression = aws.String(isLiveVersion)
		in.ExpressionAttributeNames = map[string]string{"#version": "version", "#expires": "expires"}
		in.ExpressionAttributeValues[":version"] = number(item.Version)
	}
	_, err := s.put(ctx, in)
	if conditionFailed(err) {
		return state.ErrConflict
	}
	if err != nil {
		return unavailable("putting item", err)
	}
	return nil
}

// Consume implements state.Store.
func (s *Store) Consume(ctx context.Context, key string) (state.Item, error) {
	out, err := s.delete(ctx, &dynamodb.DeleteItemInput{
		TableName:                 &s.table,
		Key:                       keyOf(key),
		ConditionExpression:       aws.String(isLive),
		ExpressionAttributeNames:  map[string]string{"#expires": "expires"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":now": s.nowNumber()},
		ReturnValues:              types.ReturnValueAllOld,
	})
	if conditionFailed(err) {
		return state.Item{}, state.ErrNotFound
	}
	if err != nil {
		return state.Item{}, unavailable("consuming item", err)
	}
	item, err := decode(out.Attributes)
	if err != nil {
		return state.Item{}, unavailable("reading consumed item", err)
	}
	return item, nil
}

func (s *Store) nowNumber() types.AttributeValue { return number(s.now().Unix()) }

func conditionFailed(err error) bool {
	_, ok := errors.AsType[*types.ConditionalCheckFailedException](err)
	return ok
}

func unavailable(doing string, err error) error {
	return fmt.Errorf("%s: %w: %w", doing, state.ErrUnavailable, awsenv.WithoutAnswer(err))
}

func keyOf(key string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"key": text(key)}
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func decode(attributes map[string]types.AttributeValue) (state.Item, error) {
	value, ok := attributes["value"].(*types.AttributeValueMemberB)
	if !ok {
		return state.Item{}, errors.New("attribute value is not binary")
	}
	version, err := integer(attributes, "version")
	if err != nil {
		return state.Item{}, err
	}
	expires, err := integer(attributes, "expires")
	if err != nil {
		return state.Item{}, err
	}
	return state.Item{Value: value.Value, Expires: time.Unix(expires, 0), Version: version}, nil
}

func integer(attributes map[string]types.AttributeValue, name string) (int64, error) {
	n, ok := attributes[name].(*types.AttributeValueMemberN)
	if !ok {
		return 0, fmt.Errorf("attribute %s is not a number", name)
	}
	i, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("attribute %s is not an integer", name)
	}
	return i, nil
}
