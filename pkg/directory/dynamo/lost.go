package dynamo

import (
	"context"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// noticing sets lost once a call is tried again by the SDK: perhaps it had
// happened, and only its answer was lost.
func noticing(lost *bool) func(*dynamodb.Options) {
	return func(o *dynamodb.Options) { o.Retryer = retryer{o.Retryer, lost} }
}

type retryer struct {
	aws.Retryer
	lost *bool
}

func (r retryer) IsErrorRetryable(err error) bool {
	again := r.Retryer.IsErrorRetryable(err)
	*r.lost = *r.lost || again
	return again
}

// ifOther returns err, unless what login has is item, just as it was to be written.
func (a *Accounts) ifOther(ctx context.Context, login string, item attributes, err error) error {
	if stored, failed := a.table.get(ctx, login); failed == nil && reflect.DeepEqual(stored, item) {
		return nil
	}
	return err
}
