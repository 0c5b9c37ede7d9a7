package cognitotest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// managedLogin is the state of the pool's OAuth 2.0 server and its pages:
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-userpools-server-contract-reference.html
type managedLogin struct {
	key         key
	keyRequests int
	// requests wait for a choice, grants for their exchange, both by a random
	// name; browsers are those that are signed in, by their cookie.
	requests map[string]authorization
	grants   map[string]*grant
	browsers map[string]browser
}

type grant struct {
	authorization
	account *account
	expires time.Time
	used    bool
}

type browser struct {
	account *account
	expires time.Time
}

const (
	localProvider = "COGNITO"
	cookieName    = "cognito"
	// grantLife is how long AWS says that a code is good for, cookieLife how
	// long a browser stays signed in to managed login.
	// https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
	grantLife  = 5 * time.Minute
	cookieLife = time.Hour
	maxForm    = 1 << 16
)

// The names of managed login's endpoints for Fault.
const (
	atAuthorize = "authorize"
	atToken     = "token"
	atKeys      = "keys"
)

func newManagedLogin() (managedLogin, error) {
	current, err := signingKey()
	if err != nil {
		return managedLogin{}, err
	}
	return managedLogin{
		key: current, requests: map[string]authorization{}, grants: map[string]*grant{}, browsers: map[string]browser{},
	}, nil
}

// ManagedLoginURL returns where managed login is, as a pool's domain would be:
// below it are /oauth2/authorize, /oauth2/token and /logout, and the pool's
// /{pool id}/.well-known/jwks.json.
func (s *Server) ManagedLoginURL() string { return s.server.URL }

// scopes are those of an app client that lets its users do all for themselves.
func scopes() []string {
	return []string{"openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"}
}

func (s *Server) meet(endpoint string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.takeFault(endpoint)
}

// answerOAuth is answer at managed login's endpoints.
func (f Fault) answerOAuth(w http.ResponseWriter, r *http.Request) bool {
	switch {
	case f.Hang:
		<-r.Context().Done()
	case f.Exception != "":
		writeOAuthError(w, orElse(f.Status, http.StatusBadRequest), f.Exception)
	case f.Body != "":
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(orElse(f.Status, http.StatusOK))
		_, _ = io.WriteString(w, f.Body)
	case f.Status != 0:
		w.WriteHeader(f.Status)
	default:
		return false
	}
	return true
}

// writeOAuthError writes an error of RFC 6749, section 5.2, as AWS does without
// a description.
func writeOAuthError(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": code})
}

// once reads parameters of which each may be there once and must be known.
func once(values url.Values, known ...string) (map[string]string, bool) {
	parameters := map[string]string{}
	for name, value := range values {
		if len(value) != 1 || !slices.Contains(known, name) {
			return nil, false
		}
		parameters[name] = value[0]
	}
	return parameters, true
}

// query is once for a GET's.
func query(r *http.Request, known ...string) (map[string]string, bool) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || r.Method != http.MethodGet {
		return nil, false
	}
	return once(values, known...)
}
