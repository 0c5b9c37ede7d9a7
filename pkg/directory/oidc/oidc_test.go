package oidc_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/claims"
	"deskpro-login/pkg/directory/oidc"
	"deskpro-login/pkg/redact"
)

func secretOf(value string, err error) func(context.Context) (redact.Secret, error) {
	return func(context.Context) (redact.Secret, error) { return redact.New(value), err }
}

func mara() directory.User {
	return directory.User{
		ID: "id-mara", Email: "mara@example.com", Name: "Mara Ó Briain", FirstName: "Mara", LastName: "Ó Briain", Groups: []string{"agents"},
	}
}

func TestAPersonComesBack(t *testing.T) {
	for _, row := range []struct {
		name   string
		public bool
	}{
		{"to a client with a secret", false},
		{"to a client without one", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := startProvider(t)
			p.public = row.public
			got, err := p.signIn(t, open(t, p.config()))
			if want := mara(); err != nil || !reflect.DeepEqual(*got, want) {
				t.Errorf("got %+v, %v, want %+v", got, err, want)
			}
		})
	}
}

func TestBeginAsksForWhatIsConfigured(t *testing.T) {
	config := startProvider(t).config()
	config.AuthURL += "?tenant=acme"
	config.Provider = "Okta & Co"
	config.Scopes = []string{"openid", "email", "groups"}
	address, trip := open(t, config).Begin(directory.FederationStart{Callback: callback, State: "s", Prompt: true})
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	got := parsed.Query()
	if got.Get("code_challenge") == "" || got.Get("code_challenge") == trip.Verifier {
		t.Errorf("challenge = %q of verifier %q, want its hash", got.Get("code_challenge"), trip.Verifier)
	}
	got.Del("code_challenge")
	want := url.Values{
		"tenant": {"acme"}, "response_type": {"code"}, "client_id": {clientID}, "redirect_uri": {callback}, "state": {"s"},
		"scope": {"openid email groups"}, "nonce": {trip.Nonce}, "code_challenge_method": {"S256"},
		"identity_provider": {"Okta & Co"}, "prompt": {"login"},
	}
	if !reflect.DeepEqual(got, want) || trip.Callback != callback {
		t.Errorf("got %v, %+v, want %v", got, trip, want)
	}
}

func TestEachTripHasItsOwnRandomness(t *testing.T) {
	p := open(t, startProvider(t).config())
	seen := map[string]bool{}
	for range 100 {
		_, trip := p.Begin(directory.FederationStart{Callback: callback, State: "s"})
		for _, value := range []string{trip.Nonce, trip.Verifier} {
			if bits, err := base64.RawURLEncoding.DecodeString(value); err != nil || len(bits) != 32 {
				t.Errorf("%q has %d bytes, %v, want 32", value, len(bits), err)
			}
			if seen[value] {
				t.Errorf("%q comes twice", value)
			}
			seen[value] = true
		}
	}
}

func TestMappingAndAttributesAreTheConfigured(t *testing.T) {
	p := startProvider(t)
	p.claims = func(c map[string]any) {
		c["groups"], c["staff_no"], c["custom:department"] = []string{"Tier 2"}, 12345678901234567, "R&D <west>"
	}
	config := p.config()
	var err error
	if config.Mapping, err = claims.Parse([]string{"groups=groups", "number=staff_no"}); err != nil {
		t.Fatal(err)
	}
	config.Attributes = []string{"number", "department", "absent"}
	got, err := p.signIn(t, open(t, config))
	want := mara()
	want.Groups, want.Attributes = []string{"Tier 2"}, map[string]string{"number": "12345678901234567", "department": "R&D <west>"}
	if err != nil || !reflect.DeepEqual(*got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestAllProblemsOfAConfigurationAreTold(t *testing.T) {
	_, err := oidc.New(oidc.Config{
		AuthURL: "login.example.com/authorize", TokenURL: "http://login.example.com/token",
		Issuers:  map[string]string{"": "https://user:needle@id.example.com/keys", "x": "https://id.example.com/keys#1", "y": "://"},
		ClientID: "a b", Scopes: []string{"email", "a b"}, Attributes: []string{""},
	})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		`authorization endpoint "login.example.com/authorize"`, `token endpoint "http://login.example.com/token"`, "an issuer is empty",
		"user:xxxxx@", "keys#1", "address of keys is no URL", `client id "a b"`, "lack openid", `scope "a b"`, "attribute's name",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %s: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "needle") {
		t.Errorf("error tells a password: %v", err)
	}
	if _, err := oidc.New(oidc.Config{}); err == nil || !strings.Contains(err.Error(), "no issuer") {
		t.Errorf("empty: %v", err)
	}
}

func TestPlainHTTPIsForLoopbackOnly(t *testing.T) {
	for host, ok := range map[string]bool{
		"127.0.0.1:9000": true, "localhost": true, "[::1]:9000": true, "10.0.0.1": false, "localhost.example.com": false, "example.com": false,
	} {
		config := startProvider(t).config()
		config.TokenURL = "http://" + host + "/token"
		if _, err := oidc.New(config); (err == nil) != ok {
			t.Errorf("%s: %v, want accepted: %t", host, err, ok)
		}
	}
}

func TestACognitoPoolIsKnownByItsNames(t *testing.T) {
	managed := &url.URL{Scheme: "https", Host: "acme.auth.eu-west-1.amazoncognito.com"}
	got := oidc.CognitoConfig("eu-west-1_AbC", managed, "")
	want := oidc.Config{
		AuthURL:  "https://acme.auth.eu-west-1.amazoncognito.com/oauth2/authorize",
		TokenURL: "https://acme.auth.eu-west-1.amazoncognito.com/oauth2/token",
		Issuers: map[string]string{
			"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC":        "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC/.well-known/jwks.json",
			"https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC": "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC/.well-known/jwks.json",
		},
		Required: map[string]string{"token_use": "id"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for name, address := range oidc.CognitoConfig("eu-west-1_AbC", managed, "http://127.0.0.1:9229/").Issuers {
		if address != "http://127.0.0.1:9229/eu-west-1_AbC/.well-known/jwks.json" {
			t.Errorf("emulated keys of %s are at %s", name, address)
		}
	}
	for _, pool := range []string{"", "eu-west-1", "_AbC", "eu-west-1_"} {
		config := oidc.CognitoConfig(pool, nil, "")
		config.ClientID = clientID
		_, err := oidc.New(config)
		if err == nil || !strings.Contains(err.Error(), "no issuer") || !strings.Contains(err.Error(), "token endpoint") {
			t.Errorf("pool %q: %v, want an error about issuer and endpoints", pool, err)
		}
	}
}

func TestTheSecretIsAskedForEachTime(t *testing.T) {
	p := startProvider(t)
	config := p.config()
	current, failure := "needle-old-secret", error(nil)
	config.ClientSecret = func(context.Context) (redact.Secret, error) { return redact.New(current), failure }
	federation := open(t, config)
	for _, row := range []struct {
		name, secret string
		failure      error
		want         error
		asked        int
	}{
		{"the secret is another", "needle-old-secret", nil, directory.ErrMisconfigured, 1},
		{"the secret is right now", clientSecret, nil, nil, 2},
		{"the secret cannot be fetched", clientSecret, errors.New("no route"), directory.ErrUnavailable, 2},
		{"the secret is empty", "", nil, directory.ErrMisconfigured, 2},
	} {
		current, failure = row.secret, row.failure
		if _, err := p.signIn(t, federation); !errors.Is(err, row.want) {
			t.Errorf("%s: got %v, want %v", row.name, err, row.want)
		}
		if p.exchanges != row.asked {
			t.Errorf("%s: the provider was asked %d times by then, want %d", row.name, p.exchanges, row.asked)
		}
	}
}
