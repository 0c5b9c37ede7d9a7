package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"deskpro-login/pkg/lambdahttp/runtimetest"
)

// samples are what was measured of one subject.
type samples[T int64 | time.Duration] []T

// quantile returns the value below which share q of the samples lies.
func (s samples[T]) quantile(q float64) T {
	sorted := slices.Sorted(slices.Values(s))
	return sorted[int(q*float64(len(sorted)-1)+0.5)]
}

func (s samples[T]) median() T { return s.quantile(0.5) }

// coldStarts are the results of starting subjects in turn.
type coldStarts struct {
	took     map[*subject]samples[time.Duration]
	resident map[*subject]samples[int64]
	// calls are the AWS calls until the first answer.
	calls map[*subject]string
}

// coldStart starts every subject n times, all of them in each round, so that
// what else the machine does hits them alike.
func coldStart(ctx context.Context, c *cloud, n int, all ...*subject) (*coldStarts, error) {
	r := &coldStarts{map[*subject]samples[time.Duration]{}, map[*subject]samples[int64]{}, map[*subject]string{}}
	for round := range n + 1 {
		for _, s := range shuffled(all) {
			before := c.calls()
			took, resident, err := s.coldStart(ctx)
			if err != nil {
				return nil, err
			}
			if round == 0 { // the page cache is cold, too
				r.calls[s] = difference(before, c.calls())
				continue
			}
			r.took[s] = append(r.took[s], took)
			r.resident[s] = append(r.resident[s], resident)
		}
	}
	return r, nil
}

// shuffled returns all in another order: what one leaves in the processor's
// caches must not always meet the same other.
func shuffled(all []*subject) []*subject {
	all = slices.Clone(all)
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

func difference(before, after map[string]int) string {
	var made []string
	for operation, count := range after {
		if count -= before[operation]; count > 0 {
			made = append(made, fmt.Sprintf("%s %d", operation, count))
		}
	}
	if made == nil {
		return "none"
	}
	slices.Sort(made)
	return strings.Join(made, ", ")
}

// warmUp is how many first invocations of a process are not counted, unless
// fewer are.
const warmUp = 20

// warm invokes every subject n times, each in one process, all of them in each
// round, and adds what it took to took.
func warm(ctx context.Context, took map[*subject]samples[time.Duration], n int, all ...*subject) error {
	processes := map[*subject]*runtimetest.Process{}
	defer func() {
		for _, p := range processes {
			p.Stop()
		}
	}()
	for _, s := range all {
		p, err := s.start()
		if err != nil {
			return err
		}
		processes[s] = p
	}
	uncounted := min(warmUp, n)
	for round := range uncounted + n {
		for _, s := range shuffled(all) {
			start := time.Now()
			_, answered, err := s.invoke(ctx, processes[s])
			if err != nil {
				return err
			}
			if round >= uncounted {
				took[s] = append(took[s], answered.Sub(start))
			}
		}
	}
	return nil
}
