package dynamo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/fields"
)

const transaction = "TransactWriteItems"

// step is one action of a transaction, and what it means that its condition does
// not hold.
type step struct {
	refused error
	action  types.TransactWriteItem
}

// errForeign: what has the name of an account's alias is not that account's, so
// that there is nothing to free.
var errForeign = errors.New("alias is another's")

// takeAlias makes the item of a's Alias, unless a's own is there already.
func (a *Accounts) takeAlias(of *account.Account) step {
	x := a.ownAlias(of)
	return step{fmt.Errorf("%w: the alias", account.ErrExists), types.TransactWriteItem{Put: &types.Put{
		TableName: &a.table.name, Item: a.table.layout.aliasItem(of.Alias, of.Login),
		ConditionExpression: &x.condition, ExpressionAttributeNames: x.names, ExpressionAttributeValues: x.values,
	}}}
}

// freeAlias deletes the item of a's Alias. It is a transaction's last step: see
// all.
func (a *Accounts) freeAlias(of *account.Account) step {
	x := a.ownAlias(of)
	return step{errForeign, types.TransactWriteItem{Delete: &types.Delete{
		TableName: &a.table.name, Key: a.table.layout.key(of.Alias),
		ConditionExpression: &x.condition, ExpressionAttributeNames: x.names, ExpressionAttributeValues: x.values,
	}}}
}

// ownAlias holds where there is no item of a's Alias, or its own.
func (a *Accounts) ownAlias(of *account.Account) *expression {
	x := &expression{}
	x.condition = "attribute_not_exists(" + x.name(a.table.layout.login()) + ") OR " + x.name(fields.AliasOf) + " = " + x.value(text(of.Login))
	return x
}

// one makes a call patiently. refused is what it means that its condition does
// not hold.
func (a *Accounts) one(ctx context.Context, operation string, refused error, call func() error) error {
	return patiently(ctx, func() error {
		err := call()
		switch {
		case err == nil:
			return nil
		case conditionFailed(err):
			return refused
		}
		return a.failed(operation, err)
	})
}

// all does all steps or none, patiently. Of several that are refused the first
// counts. An alias that proves to be another's is left to that.
func (a *Accounts) all(ctx context.Context, steps ...step) error {
	in := &dynamodb.TransactWriteItemsInput{}
	for _, s := range steps {
		in.TransactItems = append(in.TransactItems, s.action)
	}
	err := patiently(ctx, func() error {
		_, err := a.transact(ctx, in)
		for i, reason := range reasons(err) {
			if reason == "ConditionalCheckFailed" && i < len(steps) {
				return steps[i].refused
			}
		}
		if err != nil {
			return a.failed(transaction, err)
		}
		return nil
	})
	if errors.Is(err, errForeign) {
		return a.all(ctx, steps[:len(steps)-1]...)
	}
	return err
}

// failed is Table's, and ErrUnfit for what AWS finds too large.
func (a *Accounts) failed(operation string, err error) error {
	answer, ok := errors.AsType[smithy.APIError](err)
	if ok && answer.ErrorCode() == "ValidationException" && tooLarge(answer.ErrorMessage()) {
		return fmt.Errorf("%w: it is larger than an item may be, which is 400 KB", ErrUnfit)
	}
	if cancelled, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		for _, reason := range cancelled.CancellationReasons {
			if tooLarge(aws.ToString(reason.Message)) {
				return fmt.Errorf("%w: it is larger than an item may be, which is 400 KB", ErrUnfit)
			}
		}
	}
	return a.table.failed(operation, err)
}

// tooLarge: "Item size has exceeded the maximum allowed size", "Item size to
// update has exceeded the maximum allowed size".
func tooLarge(message string) bool { return strings.Contains(message, "Item size") }
