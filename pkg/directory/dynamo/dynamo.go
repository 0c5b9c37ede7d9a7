// Package dynamo keeps accounts in a DynamoDB table, under their normalised
// login. Table is what a function needs of it, an account.Store; Accounts is the
// operator's view, another type so that no function links it. Every read is
// strongly consistent and goes by the key, never by an index (those lag behind).
//
// Attributes of an account's item in our own table:
//
//	login             S               key, as account.NormalizeLogin returns it
//	alias             S               a second login, likewise
//	id                S
//	email             S
//	email_verified    BOOL
//	name              S
//	first_name        S
//	last_name         S
//	groups            L of S, or SS
//	attributes        M of S
//	disabled          BOOL
//	password_hash     S               as package password reads it
//	password_changed  S               RFC 3339, UTC
//	password_expires  N               seconds since 1970
//	must_change       BOOL
//	factor            M               key S, step N, recovery L of S or SS
//	created           S               RFC 3339, UTC
//	updated           S               RFC 3339, UTC
//	version           N               from 1
//
// An absent attribute is empty or false; further attributes are left alone. Each
// alias has an item of its own that takes its place among the logins: login is
// the alias, alias_of the account's login, and nothing else.
//
// With Fields the table is another's. Of its items only the hash and what starts
// with loginpage_ is ever written, it has no aliases, and it is read with more
// leniency: NULL is absent, an id and what may go to Deskpro may be N, a flag may
// be 0 or 1, groups may be S (one group, commas included).
//
// Whatever else an attribute is makes its item odd: account.ErrUnreadable, which
// names the attribute and what it should be, and the account's id where that can
// be read, but no other value.
package dynamo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/fields"
)

// Config describes a Table or Accounts.
type Config struct {
	// Client calls the table's Region. Required. Its retries and time-outs bound
	// a call whose context does not.
	Client *dynamodb.Client
	// Table is the table's name or ARN. Its only key is a string. Required.
	Table string
	// Fields says which attribute is what; zero means our own table.
	Fields fields.Fields
	// ReadOnly keeps the table from being written: such calls return
	// account.ErrReadOnly.
	ReadOnly bool
	// Now tells the time; nil means time.Now.
	Now func() time.Time
}

// Table is an account.Store. It needs dynamodb:GetItem and, unless it is
// read-only, UpdateItem on its table.
type Table struct {
	name     string
	layout   layout
	readOnly bool
	now      func() time.Time

	// The client's methods alone: behind an interface the whole client would be
	// reachable, and its every operation would be linked.
	getItem    func(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	updateItem func(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
}

var _ account.Store = (*Table)(nil)

// New checks config. It does not call AWS.
func New(config Config) (*Table, error) {
	switch {
	case config.Client == nil:
		return nil, errors.New("dynamo: Client is nil")
	case config.Table == "":
		return nil, errors.New("dynamo: Table is empty")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Table{
		name: config.Table, layout: layout{config.Fields}, readOnly: config.ReadOnly, now: config.Now,
		getItem: config.Client.GetItem, updateItem: config.Client.UpdateItem,
	}, nil
}

// Find implements account.Store. In our own table it makes two calls whatever
// the login is, so that an account, an alias and nothing cost the same: the
// second reads what the alias stands for, or the same again. In another's it
// makes one.
//
// An alias whose account is gone, is an alias itself, or has another alias by now
// is as nothing.
func (t *Table) Find(ctx context.Context, login string) (*account.Account, error) {
	if !isLogin(login) {
		return nil, nil
	}
	item, err := t.get(ctx, login)
	if err == nil && !t.layout.foreign() {
		item, err = t.getAgain(ctx, login, item)
	}
	if err != nil || item == nil {
		return nil, err
	}
	found, err := t.layout.account(item, login)
	if err != nil {
		return nil, t.unreadable(err)
	}
	return found, nil
}

// getAgain returns the item of login, or of what that is an alias of.
func (t *Table) getAgain(ctx context.Context, login string, first attributes) (attributes, error) {
	target, odd := t.layout.aliasOf(first)
	if target == "" {
		target = login
	}
	item, err := t.get(ctx, target)
	if err == nil && odd != nil {
		return nil, t.unreadable(odd)
	}
	return item, err
}

func (t *Table) unreadable(err error) error {
	return fmt.Errorf("%w: in table %s: %w", account.ErrUnreadable, t.name, err)
}

func (t *Table) get(ctx context.Context, key string) (attributes, error) {
	out, err := t.getItem(ctx, &dynamodb.GetItemInput{TableName: &t.name, Key: t.layout.key(key), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, t.failed("GetItem", err)
	}
	return out.Item, nil
}

// Update implements account.Store. It makes one call.
func (t *Table) Update(ctx context.Context, was, becomes *account.Account) error {
	if t.readOnly {
		return t.refused()
	}
	if was.Login != becomes.Login {
		return fmt.Errorf("%w: an update is of one account", directory.ErrUnavailable)
	}
	from, err := t.layout.credentials(was)
	if err != nil {
		return fmt.Errorf("%w: %w", directory.ErrUnavailable, err)
	}
	to, err := t.layout.credentials(becomes)
	if err != nil {
		return fmt.Errorf("%w: %w", directory.ErrUnavailable, err)
	}
	now := t.second()
	err = t.update(ctx, was.Login, t.layout.change(was, from, to, now))
	switch {
	case conditionFailed(err) || conflicting(err):
		return account.ErrConflict
	case err != nil:
		return t.failed("UpdateItem", err)
	}
	becomes.Version, becomes.Updated = was.Version+1, now
	return nil
}

func (t *Table) update(ctx context.Context, login string, x *expression, options ...func(*dynamodb.Options)) error {
	_, err := t.updateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &t.name, Key: t.layout.key(login), UpdateExpression: &x.update, ConditionExpression: &x.condition,
		ExpressionAttributeNames: x.names, ExpressionAttributeValues: x.values,
		ReturnValues: types.ReturnValueNone, // said, since the role's policy asks for it
	}, options...)
	return err
}

func (t *Table) refused() error {
	return fmt.Errorf("%w: table %s is set up so", account.ErrReadOnly, t.name)
}

// second is the time as it is stored.
func (t *Table) second() time.Time { return t.now().UTC().Truncate(time.Second) }
