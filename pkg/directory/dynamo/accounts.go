package dynamo

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/fields"
)

// Accounts is the operator's view of a table: for tools, never for a function.
// It needs dynamodb:GetItem, BatchGetItem, Scan, PutItem, UpdateItem and
// DeleteItem on the table.
//
// Its methods are safe for concurrent use. Where AWS asks to slow down, or
// another writes the same item, they try again for about a quarter of a minute,
// less if ctx ends; and a write that happened is no conflict with itself because
// its answer was lost. Their errors are those of account.Store, account.ErrExists
// and ErrUnfit, and hold no login.
//
// In another's table no account is made or deleted, and Replace changes only
// Credentials: the rest is its owner's to write. What would do more is an
// account.ErrReadOnly.
type Accounts struct {
	table *Table

	batchGetItem func(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	scan         func(context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error)
	putItem      func(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	deleteItem   func(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
	transact     func(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

// NewAccounts checks config. It does not call AWS.
func NewAccounts(config Config) (*Accounts, error) {
	table, err := New(config)
	if err != nil {
		return nil, err
	}
	c := config.Client
	return &Accounts{
		table: table, batchGetItem: c.BatchGetItem, scan: c.Scan,
		putItem: c.PutItem, deleteItem: c.DeleteItem, transact: c.TransactWriteItems,
	}, nil
}

// Create stores a new account and sets its Created, Updated and Version. It
// returns account.ErrExists if one of its logins is taken. Whether the ID is
// another's, too, nobody checks: that is the caller's, by making it at random or
// by reading All.
func (a *Accounts) Create(ctx context.Context, given *account.Account) error {
	if err := a.mayMake(); err != nil {
		return err
	}
	made := *given
	made.Created = a.table.second()
	made.Updated, made.Version = made.Created, 1
	item, err := a.table.layout.whole(&made)
	switch {
	case err != nil:
		return err
	case made.ID == "":
		return fmt.Errorf("%w: it has no id", ErrUnfit)
	}
	item[fields.Updated], item[fields.Version] = moment(made.Updated), number(made.Version)

	taken := fmt.Errorf("%w: the login itself", account.ErrExists)
	x := &expression{}
	x.condition = "attribute_not_exists(" + x.name(a.table.layout.login()) + ")"
	if made.Alias == "" {
		err = a.write(ctx, write{
			operation: "PutItem", login: made.Login, refused: taken,
			made: func(stored attributes) bool { return reflect.DeepEqual(stored, item) },
			call: func(notice func(*dynamodb.Options)) error {
				_, err := a.putItem(ctx, &dynamodb.PutItemInput{
					TableName: &a.table.name, Item: item, ConditionExpression: &x.condition, ExpressionAttributeNames: x.names,
				}, notice)
				return err
			},
		})
	} else {
		err = a.commit(ctx, step{taken, types.TransactWriteItem{Put: &types.Put{
			TableName: &a.table.name, Item: item, ConditionExpression: &x.condition, ExpressionAttributeNames: x.names,
		}}}, a.takeAlias(&made))
	}
	if err == nil {
		given.Created, given.Updated, given.Version = made.Created, made.Updated, made.Version
	}
	return err
}

// Replace stores becomes in place of was, if that still has its Version and
// PasswordHash: otherwise account.ErrConflict. It raises the Version and sets
// Updated, in becomes, too. Only what differs between the two is written. The
// Alias may change, to one that is not taken: otherwise account.ErrExists. Login
// and ID may not, but for an ID where there was none.
func (a *Accounts) Replace(ctx context.Context, was, becomes *account.Account) error {
	t := a.table
	attributesOf := t.layout.whole
	switch {
	case t.readOnly:
		return t.refused()
	case was.Login != becomes.Login || was.ID != "" && was.ID != becomes.ID:
		return fmt.Errorf("%w: its login and its id never change", ErrUnfit)
	case t.layout.foreign() && !sameProfile(was, becomes):
		return fmt.Errorf("%w: table %s is another's: of it only passwords and factors are written", account.ErrReadOnly, t.name)
	case t.layout.foreign():
		attributesOf = t.layout.credentials
	}
	if was.ID == "" && becomes.ID != "" && reflect.DeepEqual(was.Credentials, becomes.Credentials) {
		// Whoever may write credentials may have left some under a login to come.
		becomes.Credentials = account.Credentials{}
	}
	from, err := attributesOf(was)
	if err != nil {
		return err
	}
	to, err := attributesOf(becomes)
	if err != nil {
		return err
	}
	now := t.second()
	x := t.layout.change(was, from, to, now)
	if was.Alias == becomes.Alias {
		err = a.write(ctx, write{
			operation: "UpdateItem", login: was.Login, refused: account.ErrConflict, made: x.made,
			call: func(notice func(*dynamodb.Options)) error { return t.update(ctx, was.Login, x, notice) },
		})
	} else {
		err = a.commit(ctx, a.replacing(was, becomes, x)...)
	}
	if conflicting(err) {
		return account.ErrConflict
	}
	if err == nil {
		becomes.Version, becomes.Updated = was.Version+1, now
	}
	return err
}

// replacing changes the account, and which of its aliases is there.
func (a *Accounts) replacing(was, becomes *account.Account, x *expression) []step {
	t := a.table
	steps := []step{{account.ErrConflict, types.TransactWriteItem{Update: &types.Update{
		TableName: &t.name, Key: t.layout.key(was.Login), UpdateExpression: &x.update, ConditionExpression: &x.condition,
		ExpressionAttributeNames: x.names, ExpressionAttributeValues: x.values,
	}}}}
	if becomes.Alias != "" {
		steps = append(steps, a.takeAlias(becomes))
	}
	if was.Alias != "" {
		steps = append(steps, a.freeAlias(was))
	}
	return steps
}

// Delete removes the account and its alias, if it still has its Version and
// PasswordHash: otherwise account.ErrConflict.
func (a *Accounts) Delete(ctx context.Context, was *account.Account) error {
	if err := a.mayMake(); err != nil {
		return err
	}
	t := a.table
	x := &expression{}
	t.layout.unchanged(x, was)
	var err error
	if was.Alias == "" {
		err = a.write(ctx, write{
			operation: "DeleteItem", login: was.Login, refused: account.ErrConflict,
			made: func(stored attributes) bool { return stored == nil },
			call: func(notice func(*dynamodb.Options)) error {
				_, err := a.deleteItem(ctx, &dynamodb.DeleteItemInput{
					TableName: &t.name, Key: t.layout.key(was.Login), ConditionExpression: &x.condition,
					ExpressionAttributeNames: x.names, ExpressionAttributeValues: x.values,
				}, notice)
				return err
			},
		})
	} else {
		err = a.commit(ctx, step{account.ErrConflict, types.TransactWriteItem{Delete: &types.Delete{
			TableName: &t.name, Key: t.layout.key(was.Login), ConditionExpression: &x.condition,
			ExpressionAttributeNames: x.names, ExpressionAttributeValues: x.values,
		}}}, a.freeAlias(was))
	}
	if conflicting(err) {
		return account.ErrConflict
	}
	return err
}

// mayMake reports whether accounts may be made and deleted.
func (a *Accounts) mayMake() error {
	switch {
	case a.table.layout.foreign():
		return fmt.Errorf("%w: table %s is another's: make and delete accounts where its owner does", account.ErrReadOnly, a.table.name)
	case a.table.readOnly:
		return a.table.refused()
	}
	return nil
}

// sameProfile compares what an account has beside Credentials and bookkeeping.
func sameProfile(was, becomes *account.Account) bool {
	return was.Alias == becomes.Alias && was.ID == becomes.ID && was.Email == becomes.Email && was.EmailVerified == becomes.EmailVerified &&
		was.Name == becomes.Name && was.FirstName == becomes.FirstName && was.LastName == becomes.LastName && was.Disabled == becomes.Disabled &&
		slices.Equal(was.Groups, becomes.Groups) && maps.Equal(was.Attributes, becomes.Attributes)
}
