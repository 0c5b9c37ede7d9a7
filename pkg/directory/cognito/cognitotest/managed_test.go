package cognitotest_test

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"deskpro-login/pkg/directory/cognito/cognitotest"
)

const (
	callback = "https://login.example.com/users/login/callback"
	goodbye  = "https://login.example.com/users/logout"
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)

// browser is a browser at managed login that does not leave it.
type browser struct {
	http.Client
	pool   *cognitotest.Server
	secret string
}

func open(t *testing.T, change func(*cognitotest.Config)) *browser {
	t.Helper()
	config := cognitotest.Config{ClientSecret: "shhh", CallbackURLs: []string{callback}, LogoutURLs: []string{goodbye}}
	if change != nil {
		change(&config)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{pool: cognitotest.Start(t, config), secret: config.ClientSecret}
	b.Jar = jar
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return b
}

// authorization is a request for a code that is in order.
func (b *browser) authorization() url.Values {
	challenge := sha256.Sum256([]byte(verifier))
	return url.Values{
		"response_type": {"code"}, "client_id": {b.pool.ClientID()}, "redirect_uri": {callback}, "scope": {"openid email profile"},
		"state": {"a state"}, "nonce": {"a-nonce"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"},
	}
}

func (b *browser) get(t *testing.T, path string, query url.Values) (*http.Response, string) {
	t.Helper()
	response, err := b.Get(b.pool.ManagedLoginURL() + path + "?" + query.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

var (
	requestField = regexp.MustCompile(`name="request" value="([^"]+)"`)
	button       = regexp.MustCompile(`name="account" value="([^"]+)">([^<]+)<`)
)

// choose opens the page and presses the button with label.
func (b *browser) choose(t *testing.T, query url.Values, label string) url.Values {
	t.Helper()
	response, page := b.get(t, "/oauth2/authorize", query)
	request := requestField.FindStringSubmatch(page)
	if response.StatusCode != http.StatusOK || request == nil {
		t.Fatalf("the page: %s\n%s", response.Status, page)
	}
	choice := url.Values{"request": {request[1]}}
	for _, found := range button.FindAllStringSubmatch(page, -1) {
		if found[2] == label {
			choice.Set("account", found[1])
		}
	}
	if label == "Cancel" {
		choice.Set("cancel", "yes")
	}
	return choice
}

// back is what a redirect to the app tells it.
func back(t *testing.T, response *http.Response, to string) url.Values {
	t.Helper()
	location, err := response.Location()
	if response.StatusCode != http.StatusFound || err != nil {
		t.Fatalf("got %s, %v, want a redirect", response.Status, err)
	}
	query := location.Query()
	location.RawQuery = ""
	if location.String() != to {
		t.Errorf("redirect to %s, want %s", location, to)
	}
	return query
}

// code signs in at managed login by the button with label.
func (b *browser) code(t *testing.T, label string) string {
	t.Helper()
	response, _ := b.get(t, "/oauth2/authorize/choose", b.choose(t, b.authorization(), label))
	got := back(t, response, callback)
	if got.Get("code") == "" || got.Get("state") != "a state" || len(got) != 2 {
		t.Fatalf("back with %v", got)
	}
	return got.Get("code")
}

func (b *browser) form(code string) url.Values {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}}
	if b.secret == "" {
		form.Set("client_id", b.pool.ClientID())
	}
	return form
}

// exchange returns the answer's members, or its error.
func (b *browser) exchange(t *testing.T, form url.Values, changes ...func(*http.Request)) (map[string]any, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.pool.ManagedLoginURL()+"/oauth2/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if b.secret != "" {
		request.SetBasicAuth(b.pool.ClientID(), b.secret)
	}
	for _, change := range changes {
		change(request)
	}
	response, err := b.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var members map[string]any
	if err := json.NewDecoder(response.Body).Decode(&members); err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%d %v", response.StatusCode, members["error"])
	}
	return members, nil
}

// verified checks a token against the JWKS of now.
func (b *browser) verified(t *testing.T, token string) (jwt.MapClaims, error) {
	t.Helper()
	_, body := b.get(t, "/"+b.pool.PoolID()+"/.well-known/jwks.json", nil)
	var set struct {
		Keys []struct{ Alg, E, Kid, Kty, N, Use string }
	}
	if err := json.Unmarshal([]byte(body), &set); err != nil {
		t.Fatalf("JWKS: %v", err)
	}
	read := jwt.MapClaims{}
	_, err := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"})).ParseWithClaims(token, read, func(token *jwt.Token) (any, error) {
		for _, key := range set.Keys {
			if key.Kid != token.Header["kid"] || key.Alg != "RS256" || key.Kty != "RSA" || key.Use != "sig" {
				continue
			}
			n, nErr := base64.RawURLEncoding.DecodeString(key.N)
			e, eErr := base64.RawURLEncoding.DecodeString(key.E)
			return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, errors.Join(nErr, eErr)
		}
		return nil, errors.New("no such key")
	})
	return read, err
}

func TestManagedLoginSignsPeopleIn(t *testing.T) {
	for _, row := range []struct {
		name   string
		secret string
		user   func(*cognitotest.User)
		label  string
		issuer string
		groups int
	}{
		{"a user of the pool", "shhh", func(*cognitotest.User) {}, login, "https://cognito-idp.", 1},
		{"a client without a secret", "", func(*cognitotest.User) {}, login, "https://cognito-idp.", 1},
		{"the updated issuer", "shhh", func(*cognitotest.User) {}, login, "https://issuer-cognito-idp.", 1},
		{"a federated user", "shhh", func(u *cognitotest.User) { u.Provider, u.EmailVerified, u.Password = "IdP", false, "" }, login + " (IdP)", "https://cognito-idp.", 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := open(t, func(config *cognitotest.Config) {
				config.ClientSecret, config.UpdatedIssuer = row.secret, strings.Contains(row.issuer, "issuer")
			})
			u := user(row.user)
			sub := b.pool.Add(u)
			got, err := b.exchange(t, b.form(b.code(t, row.label)))
			if err != nil {
				t.Fatal(err)
			}
			if got["token_type"] != "Bearer" || got["expires_in"] != 3600.0 || got["access_token"] == "" || got["refresh_token"] == "" {
				t.Errorf("answer = %v", got)
			}
			read, err := b.verified(t, got["id_token"].(string))
			if err != nil {
				t.Fatalf("ID token: %v", err)
			}
			for name, want := range map[string]any{
				"sub": sub, "aud": b.pool.ClientID(), "nonce": "a-nonce", "token_use": "id", "email": login, "email_verified": u.EmailVerified,
				"iss": row.issuer + "eu-west-1.amazonaws.com/eu-west-1_Practice1",
			} {
				if read[name] != want {
					t.Errorf("claim %s = %v, want %v", name, read[name], want)
				}
			}
			if groups, _ := read["cognito:groups"].([]any); len(groups) != row.groups {
				t.Errorf("groups = %v, want %d", groups, row.groups)
			}
			identities, _ := read["identities"].([]any)
			if (len(identities) == 1) != (u.Provider != "") {
				t.Errorf("identities = %v", identities)
			}
			sum := sha256.Sum256([]byte(got["access_token"].(string)))
			if want := base64.RawURLEncoding.EncodeToString(sum[:16]); read["at_hash"] != want {
				t.Errorf("at_hash = %v, want %s", read["at_hash"], want)
			}
		})
	}
}
