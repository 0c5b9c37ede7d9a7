package awstest

import (
	"encoding/json"
	"net/http"
	"strings"
)

// Fault is what an operation does instead of answering.
type Fault struct {
	// Code is the error type to answer with, for example
	// "ProvisionedThroughputExceededException"; empty means
	// "InternalServerError". One that starts with "Internal" has status 500,
	// which the SDK retries, any other 400.
	Code string
	// Table is the one whose calls are hit; empty means every table's.
	Table string
	// Persist lets the operation happen first: its answer alone is lost.
	Persist bool
	// Hang answers nothing until the client gives up or Clear is called, and
	// Code then. With Persist the operation happens before the wait.
	Hang bool
	// Reasons are those of a TransactionCanceledException, one for each action:
	// "None", "TransactionConflict".
	Reasons []string
	// Leave makes a BatchGetItem leave so many of its keys unprocessed and
	// answer the others, without an error.
	Leave int
	// Times is how many calls are hit; 0 means all until Clear.
	Times int
}

// Inject makes operation ("GetItem") fail as f says, in place of an earlier
// fault of that operation.
func (s *Server) Inject(operation string, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[operation] = f
}

// Clear ends all faults and lets go of the calls that hang.
func (s *Server) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.faults)
	close(s.cleared)
	s.cleared = make(chan struct{})
}

// Calls returns how often operation ("GetItem") was called, refused and failed
// calls included; the SDK's retries count.
func (s *Server) Calls(operation string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[operation]
}

// fault counts a call of operation and returns the fault that hits it.
func (s *Server) fault(operation string, body []byte) (f Fault, hit bool, cleared <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[operation]++
	f, hit = s.faults[operation]
	if hit && f.Table != "" {
		var in struct{ TableName string }
		if hit = json.Unmarshal(body, &in) == nil && in.TableName == f.Table; !hit {
			return Fault{}, false, s.cleared
		}
	}
	if f.Times > 1 {
		left := f
		left.Times--
		s.faults[operation] = left
	} else if f.Times == 1 {
		delete(s.faults, operation)
	}
	return f, hit, s.cleared
}

// wait hangs and reports whether the client is still there after it.
func wait(r *http.Request, cleared <-chan struct{}) bool {
	select {
	case <-r.Context().Done():
		return false
	case <-cleared:
		return true
	}
}

func (f Fault) apiError() *apiError {
	e := &apiError{Code: f.Code, Message: "injected by the test"}
	for _, code := range f.Reasons {
		e.Reasons = append(e.Reasons, reason{Code: code})
	}
	if e.Code == "" {
		e.Code = "InternalServerError"
	}
	if strings.HasPrefix(e.Code, "Internal") {
		e.Status = http.StatusInternalServerError
	}
	return e
}
