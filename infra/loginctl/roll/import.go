package roll

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"
)

const (
	// batch bounds what is in memory, and what BatchGetItem is asked for.
	batch = 100
	// grace is what those under way have to come to an end in.
	grace = 10 * time.Second
)

// Import brings a file's accounts into a directory, in batches and in bounded
// memory. About 30 bytes are kept of each login, alias and ID in the file, to find
// those that are there twice. Where it gives IDs, all accounts of the directory
// are read once, at the first of a new account, and 30 bytes kept of each, since
// nothing else tells that an ID is another's; what somebody adds with the same ID
// from then on is not seen. Another call with the same file goes on where one was
// cut off, since what is there already is passed over.
//
// Its error says why it ended before the file did; rows that were not taken are
// none. When ctx ends it begins nothing new and finishes what is under way,
// within ten seconds. The Summary counts what was dealt with in either case, and
// what may have been written or not.
func Import(ctx context.Context, c Config) (Summary, error) {
	if err := c.fill(); err != nil {
		return Summary{}, err
	}
	source := interruptible(ctx, c.Source)
	defer source.Close()
	counted := &counter{reader: source}
	in, err := open(c.Format, counted, c.Separator, c.IgnoreColumns)
	if err != nil {
		return Summary{Applied: c.Apply, Bytes: counted.bytes}, err
	}
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })()

	r := &run{Config: c, work: work, seen: newKeys(), pace: newPace(c.Concurrency)}
	if c.Rejects != nil {
		if r.rejects, err = newRejects(c, in); err != nil {
			return Summary{}, err
		}
	}
	began := c.Now()
	err = r.all(ctx, in, func() {
		r.Summary.Applied, r.Bytes, r.Throttled = c.Apply, counted.bytes, r.pace.slowed
		if r.Seconds = c.Now().Sub(began).Seconds(); r.Seconds > 0 {
			r.Rate = float64(r.Rows) / r.Seconds
		}
	})
	if r.rejects != nil {
		err = errors.Join(err, r.rejects.flush())
	}
	return r.Summary, err
}

// interruptible reads from another goroutine, since nothing ends a read from a
// terminal or a pipe.
func interruptible(ctx context.Context, source io.Reader) *io.PipeReader {
	read, write := io.Pipe()
	stop := context.AfterFunc(ctx, func() { write.CloseWithError(context.Cause(ctx)) })
	go func() {
		_, err := io.Copy(write, source)
		stop()
		write.CloseWithError(err)
	}()
	return read
}

type counter struct {
	reader io.Reader
	bytes  int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.reader.Read(p)
	c.bytes += int64(n)
	return n, err
}

// run is one import under way.
type run struct {
	Config
	Summary
	// work is for what must not be cut off with ctx; it ends after grace.
	work    context.Context
	seen    *keys
	taken   *keys // the directory's IDs, once they are needed
	rejects *rejects
	pace    *pace
	reached atomic.Bool // the directory has answered
}

// all reads and deals with batches. measure brings the Summary up to date.
func (r *run) all(ctx context.Context, in reader, measure func()) error {
	for {
		items, end := r.fetch(ctx, in)
		failed := r.batch(ctx, items)
		untold := r.tell(items)
		r.Complete = failed == nil && errors.Is(end, io.EOF)
		measure()
		r.Progress(r.Summary)
		switch {
		case failed != nil:
			return failed
		case untold != nil:
			return untold
		case r.Complete:
			return nil
		case end != nil:
			return end
		}
	}
}

// fetch reads up to a batch of rows. Its error is why there are no more.
func (r *run) fetch(ctx context.Context, in reader) (items []*item, err error) {
	for len(items) < batch {
		if ctx.Err() != nil {
			return items, context.Cause(ctx)
		}
		rec, err := in.next()
		if err != nil {
			return items, err
		}
		it := &item{record: rec, row: read(rec, r.CheckHash, r.Now().Add(MaxInitialLife))}
		for _, key := range []struct {
			column string
			space  space
			key    string
		}{{colLogin, logins, it.row.login}, {colAlias, logins, it.row.otherLogin()}, {colID, ids, it.row.id}} {
			if key.key == "" || key.column == colAlias && key.key == it.row.login {
				continue
			}
			if first := r.seen.add(key.space, key.key, rec.line); first != 0 {
				it.row.problem(key.column, "is in line %d already", first)
			}
		}
		if len(it.row.problems) > 0 {
			it.refuse(bad, it.row.problems...)
		}
		items = append(items, it)
	}
	return items, nil
}

// tell counts a batch and reports what of it was not taken. Its error is that of
// writing down the rejects.
func (r *run) tell(items []*item) (err error) {
	for _, it := range items {
		switch it.outcome {
		case undone:
			if it.doubtful {
				r.InDoubt++
			}
			continue
		case added:
			r.Added++
			if !it.becomes.EmailVerified {
				r.Unverified++
			}
			if !it.row.hasPassword() {
				r.NoPassword++
			}
		case updated:
			r.Updated++
		case unchanged:
			r.Unchanged++
		case skipped:
			r.Skipped++
		case conflicting:
			r.Conflicts++
		case bad:
			r.Bad++
		}
		r.Rows++
		r.Line = it.record.last
		if it.reason == "" {
			continue
		}
		r.Report(Problem{Line: it.record.line, Last: it.record.last, Reason: it.reason})
		if r.rejects != nil && err == nil {
			err = r.rejects.write(it.record, it.reason)
		}
	}
	return err
}
