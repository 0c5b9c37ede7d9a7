package main

import (
	"sync"
	"time"
)

// bucket is the token bucket by which API Gateway throttles; the quotas of
// Cognito and DynamoDB are taken to be one, too.
type bucket struct {
	rate  float64 // tokens a second
	burst float64 // tokens at most
	now   func() time.Time

	mu     sync.Mutex
	tokens float64
	filled time.Time
}

// newBucket returns a full one.
func newBucket(rate, burst float64, now func() time.Time) *bucket {
	return &bucket{rate: rate, burst: burst, now: now, tokens: burst, filled: now()}
}

// take takes a token if there is one.
func (b *bucket) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	b.tokens = min(b.burst, b.tokens+b.rate*now.Sub(b.filled).Seconds())
	b.filled = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
