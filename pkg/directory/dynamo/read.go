package dynamo

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/fields"
)

// maxKeys is a BatchGetItem's limit,
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
const maxKeys = 100

// Get returns the account whose Login or Alias is login, normalised, or nil where
// there is none.
func (a *Accounts) Get(ctx context.Context, login string) (found *account.Account, err error) {
	err = patiently(ctx, func() error {
		found, err = a.table.Find(ctx, login)
		return err
	})
	return found, err
}

// GetMany returns the accounts whose Login or Alias is one of logins, normalised,
// by the login that was asked for. Each such account that cannot be read is an
// account.ErrUnreadable in the error, which names it by its place among logins,
// from 1; the others are there all the same. After any other error there is
// nothing.
func (a *Accounts) GetMany(ctx context.Context, logins []string) (map[string]*account.Account, error) {
	layout := a.table.layout
	items, err := a.items(ctx, logins)
	if err != nil {
		return nil, err
	}
	var targets []string
	for _, item := range items {
		if target, err := layout.aliasOf(item); err == nil && target != "" && items[target] == nil {
			targets = append(targets, target)
		}
	}
	aliased, err := a.items(ctx, targets)
	if err != nil {
		return nil, err
	}
	maps.Copy(items, aliased)

	found := map[string]*account.Account{}
	var problems []error
	for i, login := range logins {
		item := items[login]
		target, err := layout.aliasOf(item)
		if target != "" {
			item = items[target]
		}
		var one *account.Account
		if err == nil && item != nil {
			one, err = layout.account(item, login)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("login %d: %w", i+1, a.table.unreadable(err)))
		} else if one != nil {
			found[login] = one
		}
	}
	return found, errors.Join(problems...)
}

// items returns the items there are by their keys, of those that can be keys.
func (a *Accounts) items(ctx context.Context, keys []string) (map[string]attributes, error) {
	unique := map[string]bool{}
	for _, key := range keys {
		if isLogin(key) {
			unique[key] = true
		}
	}
	found := map[string]attributes{}
	for batch := range slices.Chunk(slices.Collect(maps.Keys(unique)), maxKeys) {
		if err := a.batch(ctx, batch, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// batch adds the items of at most maxKeys keys to found. It asks again for what
// AWS leaves unprocessed, and gives up as patiently does where nothing comes.
func (a *Accounts) batch(ctx context.Context, keys []string, found map[string]attributes) error {
	left := types.KeysAndAttributes{ConsistentRead: aws.Bool(true)}
	for _, key := range keys {
		left.Keys = append(left.Keys, a.table.layout.key(key))
	}
	for round := 1; ; round++ {
		err := patiently(ctx, func() error {
			out, err := a.batchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{a.table.name: left}})
			if err != nil {
				return a.table.failed("BatchGetItem", err)
			}
			asked := len(left.Keys)
			left.Keys = nil
			// By the table's name, or its ARN: there is but one.
			for _, unprocessed := range out.UnprocessedKeys {
				left.Keys = unprocessed.Keys
			}
			for _, items := range out.Responses {
				for _, item := range items {
					r := reader{item: item}
					found[r.text(a.table.layout.login())] = item
				}
			}
			if len(left.Keys) == asked {
				return fmt.Errorf("%w: calling BatchGetItem on table %s: none of its keys was processed", directory.ErrThrottled, a.table.name)
			}
			return nil
		})
		if err != nil || len(left.Keys) == 0 {
			return err
		}
		if err := pause(ctx, round); err != nil {
			return err
		}
	}
}

// All returns every account, in no order, without the aliases. One that cannot be
// read is an account.ErrUnreadable, and the next follows, and so is an alias that
// cannot, or is one of another alias: it keeps a login from use. Any other error
// is the last. Accounts that are made or deleted meanwhile may be there or not.
func (a *Accounts) All(ctx context.Context) iter.Seq2[*account.Account, error] {
	return func(yield func(*account.Account, error) bool) {
		in := &dynamodb.ScanInput{TableName: &a.table.name, ConsistentRead: aws.Bool(true)}
		aliases := map[string]string{}
		for {
			var page *dynamodb.ScanOutput
			err := patiently(ctx, func() (err error) {
				if page, err = a.scan(ctx, in); err != nil {
					return a.table.failed("Scan", err)
				}
				return nil
			})
			if err != nil {
				yield(nil, err)
				return
			}
			for _, item := range page.Items {
				found, err := a.accountIn(item, aliases)
				if (found != nil || err != nil) && !yield(found, err) {
					return
				}
			}
			if in.ExclusiveStartKey = page.LastEvaluatedKey; in.ExclusiveStartKey == nil {
				break
			}
		}
		for _, target := range aliases {
			if aliases[target] != "" && !yield(nil, a.table.unreadable(errChain)) {
				return
			}
		}
	}
}

var errChain = fmt.Errorf("attribute %s is the name of another alias", fields.AliasOf)

// accountIn returns the account in item, and notes an alias' target instead.
func (a *Accounts) accountIn(item attributes, aliases map[string]string) (*account.Account, error) {
	target, err := a.table.layout.aliasOf(item)
	if target != "" {
		r := reader{item: item}
		aliases[r.text(a.table.layout.login())] = target
		return nil, nil
	}
	var found *account.Account
	if err == nil {
		found, err = a.table.layout.decode(item)
	}
	if err != nil {
		return nil, a.table.unreadable(err)
	}
	return found, nil
}
