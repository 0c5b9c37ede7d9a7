// Package awstest owns an in-process stand-in for the AWS calls that this
// project makes, strict enough that plain `go test` can run the real SDK
// clients over real HTTP: DynamoDB's GetItem, PutItem, DeleteItem and
// UpdateItem, and Secrets Manager's GetSecretValue. Start is what tests want;
// a benchmark mounts New's handler itself.
//
// What it does not know it refuses, so that a call that would behave
// differently on AWS fails here: an operation, parameter or expression outside
// of what is modelled is an error, never ignored. It does not check signatures
// or permissions, and it has no time: no item is ever deleted by its TTL.
package awstest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"deskpro-login/pkg/awsenv"
)

// Server is the stand-in. It is safe for concurrent use.
type Server struct {
	mu      sync.Mutex
	tables  map[string]*table
	secrets map[string]*secret
	calls   map[string]int
	faults  map[string]Fault
	cleared chan struct{}
}

var _ http.Handler = (*Server)(nil)

// Fault is what an operation does instead of answering.
type Fault struct {
	// Code is the error type to answer with, for example
	// "ProvisionedThroughputExceededException".
	Code string
	// Status is the HTTP status; 0 means 500 for a code that starts with
	// "Internal", else 400. The SDK retries a 5xx.
	Status int
	// Persist lets the operation happen first: its answer alone is lost.
	Persist bool
	// Hang answers nothing until the client gives up or Clear is called, and
	// Code then. With Persist the operation happens before the wait.
	Hang bool
	// Times is how many calls are hit; 0 means all until Clear.
	Times int
}

// New returns a server without tables and secrets.
func New() *Server {
	return &Server{
		tables:  map[string]*table{},
		secrets: map[string]*secret{},
		calls:   map[string]int{},
		faults:  map[string]Fault{},
		cleared: make(chan struct{}),
	}
}

// Start serves a new Server on loopback until the test ends and returns it
// with the configuration that leads SDK clients to it.
func Start(t testing.TB) (*Server, aws.Config) {
	t.Helper()
	s := New()
	listener := httptest.NewServer(s)
	t.Cleanup(func() {
		s.Clear() // Close waits for calls that hang
		listener.Close()
	})
	return s, Config(t, listener.URL)
}

// Config returns the configuration that a function would have in an
// environment whose AWS is at endpoint, but patient: on a loaded machine a call
// would else be retried for being slow, which tests of races would see.
func Config(t testing.TB, endpoint string) aws.Config {
	t.Helper()
	env := map[string]string{
		"AWS_REGION":            region,
		"AWS_ACCESS_KEY_ID":     "AKIDEXAMPLE",
		"AWS_SECRET_ACCESS_KEY": "example",
		"AWS_ENDPOINT_URL":      endpoint,
	}
	cfg, err := awsenv.Config(func(name string) string { return env[name] })
	if err != nil {
		t.Fatalf("making a configuration for %s: %v", endpoint, err)
	}
	cfg.HTTPClient = awsenv.HTTPClient(time.Minute)
	return cfg
}

// Inject makes operation ("GetItem"; "" is every one) fail as f says, in place
// of an earlier fault of that operation.
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
func (s *Server) fault(operation string) (f Fault, hit bool, cleared <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[operation]++
	for _, name := range []string{operation, ""} {
		if f, hit = s.faults[name]; !hit {
			continue
		}
		switch f.Times {
		case 0:
		case 1:
			delete(s.faults, name)
		default:
			left := f
			left.Times--
			s.faults[name] = left
		}
		break
	}
	return f, hit, s.cleared
}

func (f Fault) apiError() *apiError {
	e := &apiError{Code: f.Code, Message: "injected by the test", Status: f.Status}
	if e.Code == "" {
		e.Code = "InternalServerError"
	}
	if e.Status == 0 && strings.HasPrefix(e.Code, "Internal") {
		e.Status = http.StatusInternalServerError
	}
	return e
}
