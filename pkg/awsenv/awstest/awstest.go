// Package awstest owns an in-process stand-in for the AWS calls that this
// project makes, strict enough that plain `go test` can run the real SDK
// clients over real HTTP: DynamoDB's GetItem, PutItem, DeleteItem, UpdateItem,
// TransactWriteItems, BatchGetItem and Scan, Secrets Manager's GetSecretValue,
// DescribeSecret, PutSecretValue, UpdateSecretVersionStage, TagResource and
// UntagResource, Lambda's Invoke and CodeDeploy's
// PutLifecycleEventHookExecutionStatus. Start is what tests want; a benchmark
// mounts New's handler itself. For the emulators of `make verify` there are
// Config and CreateTableAt.
//
// What it does not know it refuses, so that a call that would behave
// differently on AWS fails here: an operation, parameter or expression outside
// of what is modelled is an error, never ignored. It does not check signatures
// or permissions, and nothing ever happens by itself: no item is deleted by its TTL,
// no secret rotated.
package awstest

import (
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"deskpro-login/pkg/awsenv"
)

// Server is the stand-in. It is safe for concurrent use.
type Server struct {
	mu     sync.Mutex
	tables map[string]*table
	// secrets by name.
	secrets map[string]*secret
	// functions by ARN, hooks by execution id.
	functions map[string]Function
	hooks     map[string]*hook
	// transactions that were done, by their tokens.
	transactions map[string][sha256.Size]byte
	// leave is the Leave of the call under way.
	leave   int
	calls   map[string]int
	faults  map[string]Fault
	cleared chan struct{}
}

var _ http.Handler = (*Server)(nil)

// New returns a server without tables and secrets.
func New() *Server {
	return &Server{
		tables:    map[string]*table{},
		secrets:   map[string]*secret{},
		functions: map[string]Function{}, hooks: map[string]*hook{},
		transactions: map[string][sha256.Size]byte{},
		calls:        map[string]int{},
		faults:       map[string]Fault{},
		cleared:      make(chan struct{}),
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
		"AWS_REGION":            "eu-central-1",
		"AWS_ACCESS_KEY_ID":     "ASIAEXAMPLE",
		"AWS_SECRET_ACCESS_KEY": "example",
		"AWS_SESSION_TOKEN":     "example",
		"AWS_ENDPOINT_URL":      endpoint,
	}
	cfg, err := awsenv.Config(func(name string) string { return env[name] })
	if err != nil {
		t.Fatalf("making a configuration for %s: %v", endpoint, err)
	}
	cfg.HTTPClient = awsenv.HTTPClient(time.Minute)
	return cfg
}
