// Package cognitotest is a strict fake of one Amazon Cognito user pool with one
// app client. It speaks Cognito's JSON protocol over HTTP, so that what is
// tested against it is the real SDK client: Start it, Add users, and give its
// AWS configuration to the code under test.
//
// It knows AdminInitiateAuth with ADMIN_USER_PASSWORD_AUTH, and
// AdminRespondToAuthChallenge for NEW_PASSWORD_REQUIRED and SOFTWARE_TOKEN_MFA.
// Where AWS's answer is documented or reported, type and message are AWS's.
// Where it is not, the fake refuses. It is stricter than AWS on purpose in one
// point: a member or parameter that it does not know is an error, not ignored.
package cognitotest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Config describes the pool and its app client.
type Config struct {
	// PoolID starts with the pool's Region. Empty means "eu-west-1_Practice1".
	PoolID string
	// ClientID is the app client's. Empty means "1practice2client3".
	ClientID string
	// ClientSecret empty means a client without a secret, which AWS refuses a
	// SECRET_HASH.
	ClientSecret string
	// AuthFlows is the client's ExplicitAuthFlows. Nil means
	// ALLOW_ADMIN_USER_PASSWORD_AUTH.
	AuthFlows []string
	// HideUnknown is PreventUserExistenceErrors: ENABLED when true, LEGACY
	// (AWS's own default) when false.
	HideUnknown bool
	// UpdatedIssuer makes tokens carry the newer of AWS's two issuer forms.
	UpdatedIssuer bool
	// NoLockout lets a test fail more often than AWS would.
	NoLockout bool
	// Now is the pool's clock. Nil means time.Now.
	Now func() time.Time
}

// Server is a running pool. Its methods are safe for concurrent use.
type Server struct {
	config Config
	region string
	server *httptest.Server

	mu       sync.Mutex
	accounts []*account
	sessions map[string]*session
	fault    Fault
	requests int
}

// Start serves a pool on loopback until the test ends.
func Start(t testing.TB, config Config) *Server {
	t.Helper()
	s, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// New serves a pool on loopback until Close.
func New(config Config) (*Server, error) {
	if config.PoolID == "" {
		config.PoolID = "eu-west-1_Practice1"
	}
	if config.ClientID == "" {
		config.ClientID = "1practice2client3"
	}
	if config.AuthFlows == nil {
		config.AuthFlows = []string{"ALLOW_ADMIN_USER_PASSWORD_AUTH"}
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	region, _, ok := strings.Cut(config.PoolID, "_")
	if !ok {
		return nil, fmt.Errorf("pool id %q has no Region before an underscore", config.PoolID)
	}
	s := &Server{config: config, region: region, sessions: map[string]*session{}}
	s.server = httptest.NewServer(s)
	return s, nil
}

// Close ends the server once it has answered what it was asked.
func (s *Server) Close() { s.server.Close() }

// AWS returns a configuration whose clients reach this server and no other.
func (s *Server) AWS() aws.Config {
	return aws.Config{
		Region:       s.region,
		BaseEndpoint: aws.String(s.server.URL),
		Credentials:  aws.CredentialsProviderFunc(credentials),
	}
}

// PoolID returns the pool's id.
func (s *Server) PoolID() string { return s.config.PoolID }

// ClientID returns the app client's id.
func (s *Server) ClientID() string { return s.config.ClientID }

// Requests returns how many requests have arrived, retries included.
func (s *Server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// ServeHTTP answers one call of the API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := readCall(r)
	if err == nil {
		err = s.checkSignature(r, body)
	}
	if err != nil {
		writeError(w, err)
		return
	}

	s.mu.Lock()
	s.requests++
	fault := s.takeFault()
	s.mu.Unlock()
	if fault.answer(w, r) {
		return
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	answer, err := s.call(strings.TrimPrefix(r.Header.Get("X-Amz-Target"), service), body, fault)
	if err != nil {
		writeError(w, err)
		return
	}
	writeAnswer(w, answer)
}

func (s *Server) call(operation string, body []byte, fault Fault) (*answer, error) {
	switch operation {
	case "AdminInitiateAuth":
		return s.initiate(body, fault)
	case "AdminRespondToAuthChallenge":
		return s.respond(body, fault)
	}
	return nil, &exception{"UnknownOperationException", "Unknown operation: " + operation}
}
