package dynamo

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"deskpro-login/pkg/state"
)

// Lister is a state.Lister on a Store's table, another type so that a function
// that has a Store links no Scan. It needs dynamodb:Scan on the table.
type Lister struct {
	table string
	now   func() time.Time
	scan  func(context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error)
}

var _ state.Lister = (*Lister)(nil)

// NewLister returns a Lister on the table. It makes no call.
func NewLister(c Config) (*Lister, error) {
	if c.Client == nil || c.Table == "" {
		return nil, errors.New("dynamo: Client and Table are required")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Lister{table: c.Table, now: c.Now, scan: c.Client.Scan}, nil
}

// patience is how often a page is asked for, with the SDK's waits between, about a
// quarter of a minute together: a scan is what a table that pays by request
// refuses first.
const patience = 6

// List implements state.Lister by a consistent Scan, a page of at most 1 MB at a
// time. What the prefix leaves out is read, and paid for, all the same. What no
// Store has put there is left out, too: no Store gets it, either.
func (l *Lister) List(ctx context.Context, prefix string) iter.Seq2[state.Entry, error] {
	return func(yield func(state.Entry, error) bool) {
		var from map[string]types.AttributeValue
		for {
			page, err := l.scan(ctx, &dynamodb.ScanInput{TableName: &l.table, ConsistentRead: aws.Bool(true), ExclusiveStartKey: from},
				func(o *dynamodb.Options) { o.RetryMaxAttempts = patience })
			if err != nil {
				yield(state.Entry{}, unavailable("listing items", err))
				return
			}
			for _, item := range page.Items {
				if entry, found := l.entry(item, prefix); found && !yield(entry, nil) {
					return
				}
			}
			if from = page.LastEvaluatedKey; len(from) == 0 {
				return
			}
		}
	}
}

// entry reports false for what List leaves out.
func (l *Lister) entry(attributes map[string]types.AttributeValue, prefix string) (state.Entry, bool) {
	key, ok := attributes["key"].(*types.AttributeValueMemberS)
	if !ok || !strings.HasPrefix(key.Value, prefix) {
		return state.Entry{}, false
	}
	item, err := decode(attributes)
	if err != nil || item.Expires.Unix() <= l.now().Unix() {
		return state.Entry{}, false
	}
	return state.Entry{Key: key.Value, Item: item}, true
}
