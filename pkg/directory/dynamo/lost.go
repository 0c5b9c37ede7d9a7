package dynamo

import (
	"context"

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

// happened reports whether what login has is what a call was to make of it.
func (a *Accounts) happened(ctx context.Context, login string, made func(stored attributes) bool) (bool, error) {
	stored, err := a.table.get(ctx, login)
	return err == nil && made(stored), err
}
