package cognitotest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"sync"
	"testing"
)

// signingKey is one for all pools of a process: making one is slow.
var signingKey = sync.OnceValues(newKey)

// key signs tokens. Its id is of its public half.
type key struct {
	id      string
	private *rsa.PrivateKey
}

func newKey() (key, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return key{}, fmt.Errorf("making a signing key: %w", err)
	}
	sum := sha256.Sum256(private.N.Bytes())
	return key{base64.StdEncoding.EncodeToString(sum[:]), private}, nil
}

// RollKeys makes a new signing key. The old one leaves the JWKS at once, so that
// what it signed cannot be verified any more.
func (s *Server) RollKeys(t testing.TB) {
	t.Helper()
	next, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.managed.key = next
}

type webKeys struct {
	Keys []webKey `json:"keys"`
}

// webKey is a JSON Web Key of RSA: RFC 7518, section 6.3.
type webKey struct {
	Algorithm string `json:"alg"`
	Exponent  string `json:"e"`
	ID        string `json:"kid"`
	Type      string `json:"kty"`
	Modulus   string `json:"n"`
	Use       string `json:"use"`
}

// serveKeys answers the JWKS:
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
func (s *Server) serveKeys(w http.ResponseWriter, r *http.Request) {
	fault := s.meet(atKeys)
	if fault.answerOAuth(w, r) {
		return
	}
	if r.Method != http.MethodGet || r.URL.RawQuery != "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	current := s.managed.key
	s.managed.keyRequests++
	s.mu.Unlock()
	encode := base64.RawURLEncoding.EncodeToString
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(webKeys{[]webKey{{
		Algorithm: "RS256", Type: "RSA", Use: "sig", ID: current.id,
		Modulus:  encode(current.private.N.Bytes()),
		Exponent: encode(big.NewInt(int64(current.private.E)).Bytes()),
	}}})
}

// KeyRequests returns how often the JWKS was fetched.
func (s *Server) KeyRequests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.managed.keyRequests
}
