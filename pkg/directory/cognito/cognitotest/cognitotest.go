// Package cognitotest is a strict fake of one Amazon Cognito user pool with one
// app client. It speaks Cognito's JSON protocol over HTTP, so that what is
// tested against it is the real SDK client: Start it, Add users, and give its
// AWS configuration to the code under test. The same server is the pool's
// managed login, at ManagedLoginURL.
//
// Of the API it knows AdminInitiateAuth with ADMIN_USER_PASSWORD_AUTH and
// USER_AUTH, AdminRespondToAuthChallenge, AssociateSoftwareToken and
// VerifySoftwareToken by session and by access token, ChangePassword,
// SetUserMFAPreference of an authenticator app, ForgotPassword,
// ConfirmForgotPassword, ConfirmSignUp, ResendConfirmationCode, AdminGetUser and
// DescribeUserPoolClient. Of managed login it knows the code grant with PKCE, the
// keys and logging out.
//
// Where AWS's answer is documented or reported, type and message are AWS's.
// Where it is not, the fake refuses. It is stricter than AWS on purpose: a
// member or parameter that it does not know is an error, not ignored; a session
// is dead after five wrong codes; and managed login wants state, nonce and
// PKCE.
package cognitotest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Server is a running pool. Its methods are safe for concurrent use.
type Server struct {
	config Config
	region string
	server *httptest.Server

	mu       sync.Mutex
	accounts []*account
	sessions map[string]*session
	outbox   []Message
	context  Context
	managed  managedLogin
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
	region, err := config.complete()
	if err != nil {
		return nil, err
	}
	managed, err := newManagedLogin()
	if err != nil {
		return nil, err
	}
	s := &Server{config: config, region: region, sessions: map[string]*session{}, managed: managed}
	s.server = httptest.NewServer(s.routes())
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

// Requests returns how many calls of the API have arrived, retries included.
func (s *Server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// ServeHTTP answers as the server does, for who plays more of AWS in one place.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.server.Config.Handler.ServeHTTP(w, r)
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", s.serveCall)
	mux.HandleFunc("/oauth2/authorize", s.serveAuthorize)
	mux.HandleFunc("/oauth2/authorize/choose", s.serveChoice)
	mux.HandleFunc("/oauth2/token", s.serveToken)
	mux.HandleFunc("/logout", s.serveLogout)
	mux.HandleFunc("/"+s.config.PoolID+"/.well-known/jwks.json", s.serveKeys)
	return mux
}

// serveCall answers one call of the API.
func (s *Server) serveCall(w http.ResponseWriter, r *http.Request) {
	body, err := readCall(r)
	name := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), service)
	op, known := operations()[name]
	switch {
	case err != nil:
	case !known:
		err = &exception{"UnknownOperationException", "Unknown operation: " + name}
	case !op.unsigned || r.Header.Get("Authorization") != "":
		err = s.checkSignature(r, body)
	}
	if err != nil {
		writeError(w, err)
		return
	}

	s.mu.Lock()
	s.requests++
	fault := s.takeFault(name)
	s.mu.Unlock()
	if fault.answer(w, r) {
		return
	}

	s.mu.Lock()
	answer, err := op.answer(s, body, fault)
	outbox := s.outbox
	s.outbox = nil
	s.mu.Unlock()
	s.deliver(outbox)
	if err != nil {
		writeError(w, err)
		return
	}
	writeAnswer(w, answer)
}

// operation is one of the API's. Those that the SDK does not sign ask for no
// AWS identity: whoever can reach AWS may call them.
type operation struct {
	unsigned bool
	answer   func(s *Server, body []byte, fault Fault) (any, error)
}

func operations() map[string]operation {
	return map[string]operation{
		"AdminInitiateAuth":           {answer: (*Server).initiate},
		"AdminRespondToAuthChallenge": {answer: (*Server).respond},
		"AdminGetUser":                {answer: (*Server).getUser},
		"DescribeUserPoolClient":      {answer: (*Server).describe},
		"AssociateSoftwareToken":      {unsigned: true, answer: (*Server).associate},
		"VerifySoftwareToken":         {unsigned: true, answer: (*Server).verify},
		"ChangePassword":              {unsigned: true, answer: (*Server).change},
		"SetUserMFAPreference":        {unsigned: true, answer: (*Server).prefer},
		"ForgotPassword":              {unsigned: true, answer: (*Server).forgot},
		"ConfirmForgotPassword":       {unsigned: true, answer: (*Server).reset},
		"ConfirmSignUp":               {unsigned: true, answer: (*Server).confirm},
		"ResendConfirmationCode":      {unsigned: true, answer: (*Server).resend},
	}
}

func (s *Server) deliver(messages []Message) {
	if s.config.Deliver == nil {
		return
	}
	for _, m := range messages {
		s.config.Deliver(m)
	}
}
