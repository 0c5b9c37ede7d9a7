package roll

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"deskpro-login/pkg/directory"
)

// How long a call is tried again before the import gives up, and the pauses in
// between: full jitter, as in
// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
const (
	patienceThrottled   = 2 * time.Minute
	patienceUnavailable = 15 * time.Second
	firstPause          = 50 * time.Millisecond
	longestPause        = 10 * time.Second
)

// round is how long what is under way takes to show that there is less of it.
const round = 100 * time.Millisecond

// pace is how many calls are made at once: half of it each round in which the
// directory asks to slow down, and one more after each batch without that.
type pace struct {
	most int

	mu             sync.Mutex
	room           sync.Cond // of mu
	limit, working int
	slowed         int
	slowedInBatch  bool
	halved         time.Time
}

func newPace(most int) *pace {
	p := &pace{most: most, limit: most}
	p.room.L = &p.mu
	return p
}

// each calls do for every item, several at once, until stop says so.
func (p *pace) each(items []*item, stop func() bool, do func(*item)) {
	queue := make(chan *item, len(items))
	for _, it := range items {
		queue <- it
	}
	close(queue)
	p.slowedInBatch = false
	var workers sync.WaitGroup
	for range min(p.most, len(items)) {
		workers.Go(func() {
			for it := range queue {
				if stop() {
					return
				}
				do(it)
			}
		})
	}
	workers.Wait()
	if !p.slowedInBatch {
		p.limit = min(p.limit+1, p.most)
	}
}

// call makes a call once there is room for it. Pauses between calls take none.
func (p *pace) call(do func() error) error {
	p.mu.Lock()
	for p.working >= p.limit {
		p.room.Wait()
	}
	p.working++
	p.mu.Unlock()
	err := do()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.working--
	if errors.Is(err, directory.ErrThrottled) {
		p.slower()
	}
	p.room.Broadcast()
	return err
}

func (p *pace) slower() {
	p.slowed++
	p.slowedInBatch = true
	if now := time.Now(); now.Sub(p.halved) >= round {
		p.limit, p.halved = max(p.limit/2, 1), now
	}
}

// try calls do until it succeeds, fails for good or ctx ends. An attempt that
// failed may have been carried out. Before anything has succeeded a directory
// that cannot be reached is taken for a mistake in its address.
func (r *run) try(ctx context.Context, do func(context.Context) error) error {
	began := time.Now()
	for n := 1; ; n++ {
		err := r.pace.call(func() error { return do(r.work) })
		var patience time.Duration
		switch {
		case err == nil:
			r.reached.Store(true)
			return nil
		case errors.Is(err, directory.ErrThrottled):
			patience = patienceThrottled
		case errors.Is(err, directory.ErrUnavailable) && r.reached.Load():
			patience = patienceUnavailable
		}
		if time.Since(began) >= patience || !pause(ctx, n) {
			return err
		}
	}
}

// pause waits before the attempt that follows the nth, and reports false when
// ctx ends first.
func pause(ctx context.Context, n int) bool {
	timer := time.NewTimer(rand.N(min(firstPause<<min(n-1, 10), longestPause))) // #nosec G404 -- to guess it is no gain
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
