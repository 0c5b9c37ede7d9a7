package runtimetest

import (
	"io"
	"sync"
)

// tailSize is how much of a process's output an ExitError can tell.
const tailSize = 16 << 10

// tail keeps the last part of what is written to it. The zero value is empty.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

// tee returns a writer to both t and w, which may be nil. The two writers made
// for one process take turns, so that w may serve both.
func (t *tail) tee(w io.Writer) io.Writer { return tee{t, w} }

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.kept)
}

type tee struct {
	tail *tail
	next io.Writer
}

func (t tee) Write(p []byte) (int, error) {
	t.tail.mu.Lock()
	defer t.tail.mu.Unlock()
	t.tail.kept = append(t.tail.kept, p...)
	if over := len(t.tail.kept) - tailSize; over > 0 {
		t.tail.kept = append(t.tail.kept[:0], t.tail.kept[over:]...)
	}
	if t.next == nil {
		return len(p), nil
	}
	return t.next.Write(p)
}
