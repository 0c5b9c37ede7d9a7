package dynamo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"deskpro-login/pkg/directory"
)

// An operator's call tries again when AWS asks to slow down, which a table that
// pays by request does until it has grown, and when another writes the same item.
const (
	tries     = 10
	firstWait = 50 * time.Millisecond
	longest   = 5 * time.Second
)

// patiently calls try until it returns anything but a request to try again, or
// too often.
func patiently(ctx context.Context, try func() error) error {
	for tried := 1; ; tried++ {
		err := try()
		if !errors.Is(err, directory.ErrThrottled) && !conflicting(err) || tried == tries {
			return err
		}
		if ended := pause(ctx, tried); ended != nil {
			return fmt.Errorf("%w: waiting after: %v", ended, err)
		}
	}
}

// pause waits longer the more often it was tried, and never as long as others.
func pause(ctx context.Context, tried int) error {
	wait := min(firstWait<<min(tried-1, tries), longest)
	timer := time.NewTimer(wait/2 + rand.N(wait/2)) // #nosec G404 -- to guess it is no gain
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", directory.ErrUnavailable, ctx.Err())
	case <-timer.C:
		return nil
	}
}
