// Package dynamo is the directory kept in a DynamoDB table, with one item per
// account under its normalised login. It only reads: one strongly consistent
// GetItem per attempt, without an index (those lag behind).
//
// The item's attributes:
//
//	login           S          key, as account.NormalizeLogin returns it
//	id              S
//	email           S
//	email_verified  BOOL
//	name            S
//	first_name      S
//	last_name       S
//	groups          SS, or L of S
//	attributes      M of S
//	password_hash   S          argon2id in PHC form (package password)
//	disabled        BOOL
//
// An absent attribute is empty or false; further attributes are ignored. An
// attribute of another type makes the item odd: a refusal whose cause names it.
package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"deskpro-login/pkg/awsenv"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
)

// Config describes a Directory. Every field is required.
type Config struct {
	Client *dynamodb.Client
	// Table is the table's name; its only key is the string login.
	Table     string
	Passwords account.Passwords
}

// Directory is a directory.Authenticator. It is safe for concurrent use.
type Directory struct {
	table   string
	checker account.Checker
	// getItem is the client's method alone: behind an interface the whole
	// client would be reachable, and its every operation would be linked.
	getItem func(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
}

var _ directory.Authenticator = (*Directory)(nil)

// New checks config. It does not call AWS.
func New(config Config) (*Directory, error) {
	switch {
	case config.Client == nil:
		return nil, errors.New("dynamo: Client is nil")
	case config.Table == "":
		return nil, errors.New("dynamo: Table is empty")
	case config.Passwords == nil:
		return nil, errors.New("dynamo: Passwords is nil")
	}
	d := &Directory{table: config.Table, getItem: config.Client.GetItem}
	d.checker = account.Checker{Find: d.find, Passwords: config.Passwords}
	return d, nil
}

// Authenticate is account.Checker's. The AWS error behind ErrThrottled or
// ErrUnavailable is there for errors.As.
func (d *Directory) Authenticate(ctx context.Context, c directory.Credentials) (directory.Outcome, error) {
	return d.checker.Authenticate(ctx, c)
}

// Respond is account.Checker's.
func (d *Directory) Respond(ctx context.Context, c directory.Challenge, a directory.Answer) (directory.Outcome, error) {
	return d.checker.Respond(ctx, c, a)
}

func (d *Directory) find(ctx context.Context, login string) (*account.Account, error) {
	out, err := d.getItem(ctx, &dynamodb.GetItemInput{
		TableName:      &d.table,
		Key:            map[string]types.AttributeValue{"login": &types.AttributeValueMemberS{Value: login}},
		ConsistentRead: aws.Bool(true),
	})
	switch {
	case err != nil && retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary:
		return nil, fmt.Errorf("%w: reading table %s: %w", directory.ErrThrottled, d.table, err)
	case err != nil:
		return nil, fmt.Errorf("%w: reading table %s: %w", directory.ErrUnavailable, d.table, awsenv.WithoutAnswer(err))
	case out.Item == nil:
		return nil, nil
	}
	found, err := decode(out.Item, login)
	if err != nil {
		return nil, fmt.Errorf("%w: decoding an item of table %s: %w", account.ErrUnreadable, d.table, err)
	}
	return found, nil
}
