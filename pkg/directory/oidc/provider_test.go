package oidc_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/oidc"
	"deskpro-login/pkg/redact"
)

const (
	clientID     = "desk-client"
	clientSecret = "needle-client-secret"
	issuer       = "https://id.example.com/acme"
	callback     = "https://login.example.com/agents/login/callback"
)

// provider is a strict OpenID provider: what it does not expect it refuses.
type provider struct {
	t      *testing.T
	server *httptest.Server
	now    func() time.Time

	mu     sync.Mutex
	keys   []signingKey
	grants map[string]grant
	// fetches counts requests for keys, exchanges those for tokens.
	fetches, exchanges int
	// handed are all tokens that it has given out.
	handed []string

	// public is a client without a secret.
	public bool
	// claims edits the ID token's; sign replaces how it is signed; answer, the
	// answer that has it. Nil leaves each as it is.
	claims func(map[string]any)
	sign   func(claims jwt.MapClaims, key signingKey) string
	answer func(map[string]any)
	// tokens and jwks answer instead.
	tokens, jwks http.HandlerFunc
}

type signingKey struct {
	id  string
	key *rsa.PrivateKey
}

// grant is what a code stands for.
type grant struct{ challenge, nonce, redirect string }

// rsaKeys are few, because each takes long to make.
var rsaKeys = sync.OnceValues(func() ([]*rsa.PrivateKey, error) {
	var keys []*rsa.PrivateKey
	for range 3 {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
})

func newKey(t *testing.T, at int) signingKey {
	t.Helper()
	keys, err := rsaKeys()
	if err != nil {
		t.Fatal(err)
	}
	return signingKey{fmt.Sprintf("key-%d", at), keys[at]}
}

func startProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{t: t, now: time.Now, keys: []signingKey{newKey(t, 0)}, grants: map[string]grant{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /keys", p.serveKeys)
	p.server = httptest.NewServer(mux)
	t.Cleanup(p.server.Close)
	return p
}

func (p *provider) config() oidc.Config {
	config := oidc.Config{
		AuthURL: p.server.URL + "/authorize", TokenURL: p.server.URL + "/token",
		Issuers:  map[string]string{issuer: p.server.URL + "/keys"},
		ClientID: clientID, Now: p.now,
	}
	if !p.public {
		config.ClientSecret = secretOf(clientSecret, nil)
	}
	return config
}

// change edits the provider while it serves.
func (p *provider) change(edit func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	edit()
}

func (p *provider) fetched() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fetches
}

func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	for name, values := range q {
		if !slices.Contains(strings.Fields("response_type client_id redirect_uri scope state nonce code_challenge code_challenge_method"), name) || len(values) != 1 {
			http.Error(w, "parameter "+name, http.StatusBadRequest)
			return
		}
	}
	challenge, err := base64.RawURLEncoding.DecodeString(q.Get("code_challenge"))
	if q.Get("response_type") != "code" || q.Get("client_id") != clientID || q.Get("redirect_uri") != callback ||
		q.Get("scope") != "openid email profile" || q.Get("nonce") == "" || q.Get("code_challenge_method") != "S256" ||
		err != nil || len(challenge) != sha256.Size {
		http.Error(w, "a parameter is wrong", http.StatusBadRequest)
		return
	}
	code := "needle-code-" + rand.Text()
	p.mu.Lock()
	p.grants[code] = grant{q.Get("code_challenge"), q.Get("nonce"), q.Get("redirect_uri")}
	p.mu.Unlock()
	http.Redirect(w, r, callback+"?"+url.Values{"code": {code}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.exchanges++
	if p.tokens != nil {
		tokens := p.tokens
		p.mu.Unlock() // it may hang
		defer p.mu.Lock()
		tokens(w, r)
		return
	}
	if problem := p.checkClient(r); problem != "" {
		fail(w, http.StatusBadRequest, problem)
		return
	}
	form := r.PostForm
	given, ok := p.grants[form.Get("code")]
	delete(p.grants, form.Get("code"))
	verifier := sha256.Sum256([]byte(form.Get("code_verifier")))
	if !ok || form.Get("redirect_uri") != given.redirect || base64.RawURLEncoding.EncodeToString(verifier[:]) != given.challenge {
		fail(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	answer(w, p.tokensFor(given))
}

func (p *provider) checkClient(r *http.Request) string {
	if err := r.ParseForm(); err != nil || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || len(r.URL.Query()) > 0 {
		return "invalid_request"
	}
	want := []string{"code", "code_verifier", "grant_type", "redirect_uri"}
	id, secret, basic := r.BasicAuth()
	if p.public {
		want = append(want, "client_id")
		id, secret = r.PostForm.Get("client_id"), clientSecret
	}
	if basic == p.public || id != clientID || secret != clientSecret {
		return "invalid_client"
	}
	var names []string
	for name, values := range r.PostForm {
		if len(values) != 1 {
			return "invalid_request"
		}
		names = append(names, name)
	}
	slices.Sort(names)
	slices.Sort(want)
	if !slices.Equal(names, want) || r.PostForm.Get("grant_type") != "authorization_code" {
		return "invalid_request"
	}
	return ""
}

func (p *provider) tokensFor(given grant) map[string]any {
	access := "needle-access-" + rand.Text()
	hash := sha256.Sum256([]byte(access))
	now := p.now()
	claims := jwt.MapClaims{
		"iss": issuer, "aud": clientID, "sub": "id-mara", "nonce": given.nonce,
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "at_hash": base64.RawURLEncoding.EncodeToString(hash[:16]),
		"email": "mara@example.com", "email_verified": true, "name": "Mara Ó Briain",
		"given_name": "Mara", "family_name": "Ó Briain", "cognito:groups": []string{"agents"},
	}
	if p.claims != nil {
		p.claims(claims)
	}
	sign := p.sign
	if sign == nil {
		sign = signRS256
	}
	id := sign(claims, p.keys[0])
	p.handed = append(p.handed, id, access)
	tokens := map[string]any{"access_token": access, "id_token": id, "refresh_token": "needle-refresh", "token_type": "Bearer", "expires_in": 3600}
	if p.answer != nil {
		p.answer(tokens)
	}
	return tokens
}

func (p *provider) serveKeys(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.fetches++
	jwks := p.jwks
	var keys []map[string]string
	for _, k := range p.keys {
		keys = append(keys, map[string]string{
			"kty": "RSA", "alg": "RS256", "use": "sig", "kid": k.id,
			"n": base64.RawURLEncoding.EncodeToString(k.key.N.Bytes()),
			"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.key.E)).Bytes()),
		})
	}
	p.mu.Unlock()
	if jwks != nil {
		jwks(w, r)
		return
	}
	answer(w, map[string]any{"keys": keys})
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

func fail(w http.ResponseWriter, status int, word string) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": word, "error_description": "needle-description", "error_uri": "https://needle.example.com"})
}

func signRS256(claims jwt.MapClaims, key signingKey) string {
	return signed(jwt.SigningMethodRS256, claims, key.id, key.key)
}

func signed(method jwt.SigningMethod, claims jwt.MapClaims, kid string, key any) string {
	token := jwt.NewWithClaims(method, claims)
	token.Header["kid"] = kid
	text, err := token.SignedString(key)
	if err != nil {
		panic(err)
	}
	return text
}

// begin is a browser's way to the provider and back.
func begin(t *testing.T, p directory.Federation) (redact.Secret, directory.FederationTrip) {
	t.Helper()
	const state = "state/of+this tab"
	address, trip := p.Begin(directory.FederationStart{Callback: callback, State: state})
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	back, err := response.Location()
	if err != nil {
		t.Fatalf("the provider answers %s to %s", response.Status, address)
	}
	if got := back.Query().Get("state"); got != state {
		t.Errorf("state = %q, want %q", got, state)
	}
	return redact.New(back.Query().Get("code")), trip
}

func open(t *testing.T, config oidc.Config) *oidc.Provider {
	t.Helper()
	p, err := oidc.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// signIn goes the whole way and checks what holds for each error: one sentinel,
// and nothing secret in its text.
func (p *provider) signIn(t *testing.T, federation directory.Federation) (*directory.User, error) {
	t.Helper()
	code, trip := begin(t, federation)
	return p.finish(t, federation, code, trip)
}

func (p *provider) finish(t *testing.T, federation directory.Federation, code redact.Secret, trip directory.FederationTrip) (*directory.User, error) {
	t.Helper()
	user, err := federation.Finish(t.Context(), code, trip)
	if (user == nil) == (err == nil) {
		t.Errorf("got %+v beside the error %v", user, err)
	}
	if err == nil {
		return user, nil
	}
	found := 0
	for _, sentinel := range []error{
		directory.ErrFederation, directory.ErrFederationCode, directory.ErrUnverifiedEmail, directory.ErrIncomplete, directory.ErrThrottled,
		directory.ErrMisconfigured, directory.ErrUnavailable, directory.ErrBadCredentials,
	} {
		if errors.Is(err, sentinel) {
			found++
		}
	}
	if found != 1 {
		t.Errorf("error %v has %d sentinels, want one", err, found)
	}
	text := fmt.Sprintf("%v %+v", err, err)
	p.mu.Lock()
	secrets := append([]string{"needle", "mara@example.com", trip.Nonce, trip.Verifier}, p.handed...)
	p.mu.Unlock()
	for _, secret := range secrets {
		if secret != "" && strings.Contains(text, secret) {
			t.Errorf("error's text has %.40q: %.300s", secret, text)
		}
	}
	return nil, err
}
