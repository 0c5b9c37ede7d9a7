// Package oidc lets an OpenID provider sign people in, such as the managed
// login of an Amazon Cognito user pool and through it Google, Okta or Entra ID.
// Start with New; for Cognito, give it what CognitoConfig returns.
//
// It does the authorization code flow of OpenID Connect Core section 3.1 with
// PKCE (RFC 7636, S256), a nonce and nothing else: no implicit flow, no
// discovery (the addresses are configured), no userinfo, no refresh. The access
// token is used for its at_hash only and then forgotten. ID tokens are taken if
// RS256 signs them with a key of their issuer; every other algorithm is
// refused, so that neither "none" nor a shared secret can stand in for it.
//
// Companies' providers often keep no full name. As Deskpro requires one, it is
// the first of these that is there: the name; first and last name; the one of
// these two that is there; preferred_username; nickname; what stands before
// the @ of the verified email address.
//
// Nobody gets in without email_verified, because Deskpro matches people by
// their address. Cognito sets it for people from another provider only where
// the pool maps an attribute of that provider to it:
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html
//
// Cognito puts each person from another provider into a group of that
// provider's name, such as "eu-west-1_AbCdEf123_Okta". It comes along as any
// other group, and can open a door to all of them:
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-user-groups.html
package oidc

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/claims"
	"deskpro-login/pkg/redact"
)

// Config says which provider to ask, and as whom.
type Config struct {
	// AuthURL and TokenURL are the provider's authorization and token endpoint.
	// Required. Like all addresses here they are https; plain http is for a
	// provider on loopback, in trials.
	AuthURL, TokenURL string
	// Issuers are the iss that an ID token may have, exactly, each with the
	// address of its keys (its jwks_uri). Required.
	Issuers map[string]string
	// ClientID is ours at the provider. Required.
	ClientID string
	// ClientSecret fetches its secret; it is asked at each sign-in. Nil means a
	// client without one.
	ClientSecret func(context.Context) (redact.Secret, error)
	// Provider names which of the provider's own identity providers people are
	// sent to at once: identity_provider, an extension of Cognito's. Empty lets
	// them choose there.
	Provider string
	// Scopes to ask for, openid among them. Nil means openid, email, profile.
	Scopes []string
	// Required are claims that an ID token must have with these very values.
	Required map[string]string
	// Attributes are the names of further attributes to hand on, such as
	// "department" or "phone_number". Empty means none.
	Attributes []string
	// Mapping says which claims of the ID token become what, Attributes among
	// it. The zero value is the defaults of package claims.
	Mapping claims.Mapping
	// Now is the clock for the token's times and the age of keys. Nil means
	// time.Now.
	Now func() time.Time
}

// Provider is a directory.Federation. Its Finish may take as long as a request
// of four seconds and one of two: give its context the deadline of the page.
type Provider struct {
	config Config
	tokens *http.Client
	keys   map[string]*keySet
	now    func() time.Time
}

var _ directory.Federation = (*Provider)(nil)

// New checks config, reports all that is wrong with it at once, and sends
// nothing yet.
func New(config Config) (*Provider, error) {
	if config.Scopes == nil {
		config.Scopes = []string{scopeOpenID, "email", "profile"}
	}
	if err := config.check(); err != nil {
		return nil, fmt.Errorf("configuring the OpenID provider: %w", err)
	}
	p := &Provider{config: config, tokens: tokenClient(), keys: map[string]*keySet{}, now: config.Now}
	if p.now == nil {
		p.now = time.Now
	}
	client := keysClient()
	for issuer, address := range config.Issuers {
		p.keys[issuer] = &keySet{client: client, address: address, now: p.now}
	}
	return p, nil
}

const scopeOpenID = "openid" // Core section 3.1.2.1

func (c Config) check() error {
	errs := []error{
		checkAddress("authorization endpoint", c.AuthURL),
		checkAddress("token endpoint", c.TokenURL),
	}
	if len(c.Issuers) == 0 {
		errs = append(errs, errors.New("there is no issuer"))
	}
	for _, issuer := range slices.Sorted(maps.Keys(c.Issuers)) {
		if issuer == "" {
			errs = append(errs, errors.New("an issuer is empty"))
		}
		errs = append(errs, checkAddress("address of keys", c.Issuers[issuer]))
	}
	if c.ClientID == "" || strings.ContainsAny(c.ClientID, " \t\r\n") {
		errs = append(errs, fmt.Errorf("client id %q is empty or has spaces", c.ClientID))
	}
	if !slices.Contains(c.Scopes, scopeOpenID) {
		errs = append(errs, errors.New("scopes lack openid"))
	}
	for _, scope := range c.Scopes {
		if scope == "" || strings.ContainsAny(scope, " \t\r\n") {
			errs = append(errs, fmt.Errorf("scope %q is empty or has spaces", scope))
		}
	}
	if slices.Contains(c.Attributes, "") {
		errs = append(errs, errors.New("an attribute's name is empty"))
	}
	return errors.Join(errs...)
}

func checkAddress(what, address string) error {
	parsed, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("%s is no URL", what)
	}
	if parsed.Host == "" || parsed.User != nil || parsed.Fragment != "" || parsed.Scheme != "https" && !(parsed.Scheme == "http" && loopback(parsed.Hostname())) {
		return fmt.Errorf("%s %q is not like https://login.example.com/path", what, parsed.Redacted())
	}
	return nil
}

func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
