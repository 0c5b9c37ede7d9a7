package dynamo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
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
// commit.
func (a *Accounts) freeAlias(of *account.Account) step {
	x := a.ownAlias(of)
	return step{errForeign, types.TransactWriteItem{Delete: &types.Delete{
		TableName: &a.table.name, Key: a.table.layout.key(of.Alias),
		ConditionExpression: &x.condition, ExpressionAttributeNames: x.names, ExpressionAttributeValues: x.values,
	}}}
}

// ownAlias holds where there is no item of a's Alias, or its own; never where
// there is an account, whatever else that says.
func (a *Accounts) ownAlias(of *account.Account) *expression {
	x := &expression{}
	x.condition = "attribute_not_exists(" + x.name(a.table.layout.login()) + ") OR " +
		x.name(fields.AliasOf) + " = " + x.value(text(of.Login)) + " AND attribute_not_exists(" + x.name(fields.ID) + ")"
	return x
}

// write is a call that writes one item.
type write struct {
	operation string
	login     string
	// refused is what it means that its condition does not hold.
	refused error
	// made reports whether stored, nil for nothing, is what the call was to make
	// of the item.
	made func(stored attributes) bool
	call func(notice func(*dynamodb.Options)) error
}

// write does w, patiently. Its condition fails, too, where w had happened but the
// answer was lost: that is a success.
func (a *Accounts) write(ctx context.Context, w write) error {
	lost := false
	return patiently(ctx, func() error {
		err := w.call(noticing(&lost))
		switch {
		case err == nil:
			return nil
		case !conditionFailed(err):
			return a.failed(w.operation, err)
		case !lost:
			return w.refused
		}
		if done, err := a.happened(ctx, w.login, w.made); done || err != nil {
			return err
		}
		return w.refused
	})
}

// commit does all steps or none, patiently. Of several that are refused the first
// counts. An alias that proves to be another's is left to that.
func (a *Accounts) commit(ctx context.Context, steps ...step) error {
	// One token for all tries, so that none is refused for what another did.
	in := &dynamodb.TransactWriteItemsInput{ClientRequestToken: aws.String(rand.Text())}
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
		return a.commit(ctx, steps[:len(steps)-1]...)
	}
	return err
}

// failed is Table's, and ErrUnfit for what AWS finds too large.
func (a *Accounts) failed(operation string, err error) error {
	if tooLarge(err) {
		return fmt.Errorf("%w: it is larger than an item may be, which is 400 KB", ErrUnfit)
	}
	return a.table.failed(operation, err)
}

// tooLarge: "Item size has exceeded the maximum allowed size", "Item size to
// update has exceeded the maximum allowed size".
func tooLarge(err error) bool {
	const words = "Item size"
	if cancelled, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		return slices.ContainsFunc(cancelled.CancellationReasons, func(reason types.CancellationReason) bool {
			return strings.Contains(aws.ToString(reason.Message), words)
		})
	}
	answer, ok := errors.AsType[smithy.APIError](err)
	return ok && answer.ErrorCode() == "ValidationException" && strings.Contains(answer.ErrorMessage(), words)
}
