package oidc

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/redact"
)

// maxCode is above the code of any provider known.
const maxCode = 4096

// Begin implements directory.Federation. Nonce and verifier have 256 random
// bits each. Prompt is prompt=login of Core section 3.1.2.1, which Cognito's
// classic hosted UI ignores.
func (p *Provider) Begin(start directory.FederationStart) (string, directory.FederationTrip) {
	trip := directory.FederationTrip{Callback: start.Callback, Nonce: newNonce(), Verifier: oauth2.GenerateVerifier()}
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(trip.Verifier), gooidc.Nonce(trip.Nonce)}
	if p.config.Provider != "" {
		options = append(options, oauth2.SetAuthURLParam("identity_provider", p.config.Provider))
	}
	if start.Prompt {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"))
	}
	return p.client(trip, redact.Secret{}).AuthCodeURL(start.State, options...), trip
}

func newNonce() string {
	var random [32]byte
	_, _ = rand.Read(random[:])
	return base64.RawURLEncoding.EncodeToString(random[:])
}

// client is ours at the provider. The way of authentication is said, because
// oauth2 would else try a second one with the same code.
func (p *Provider) client(trip directory.FederationTrip, secret redact.Secret) *oauth2.Config {
	style := oauth2.AuthStyleInParams // a public client's id
	if secret.Len() > 0 {
		// client_secret_basic, the default of Core section 9. oauth2 form-encodes
		// both parts, as RFC 6749 says in section 2.3.1. Cognito does not say that
		// it decodes them: that makes no difference to a secret of its own making,
		// of letters and digits, but might to one with a plus.
		style = oauth2.AuthStyleInHeader
	}
	return &oauth2.Config{
		ClientID: p.config.ClientID, ClientSecret: secret.Reveal(), RedirectURL: trip.Callback, Scopes: p.config.Scopes,
		Endpoint: oauth2.Endpoint{AuthURL: p.config.AuthURL, TokenURL: p.config.TokenURL, AuthStyle: style},
	}
}

// Finish implements directory.Federation. A code is sent once, whatever comes
// of it.
func (p *Provider) Finish(ctx context.Context, code redact.Secret, trip directory.FederationTrip) (*directory.User, error) {
	user, err := p.finish(ctx, code, trip)
	if err != nil {
		return nil, fmt.Errorf("signing in with the OpenID provider: %w", err)
	}
	return user, nil
}

func (p *Provider) finish(ctx context.Context, code redact.Secret, trip directory.FederationTrip) (*directory.User, error) {
	if trip.Nonce == "" || trip.Verifier == "" || trip.Callback == "" {
		return nil, refuse("nothing was begun")
	}
	if !plausible(code.Reveal()) {
		return nil, fmt.Errorf("%w: it is not one", directory.ErrFederationCode)
	}
	tokens, err := p.exchange(ctx, code, trip)
	if err != nil {
		return nil, err
	}
	raw, _ := tokens.Extra("id_token").(string)
	if raw == "" {
		return nil, refuse("the answer has no ID token")
	}
	claims, err := p.verify(ctx, raw, tokens.AccessToken, trip.Nonce)
	if err != nil {
		return nil, err
	}
	return p.person(claims)
}

// plausible keeps from the provider what would look like a mistake of our own
// in its answer: a code is visible characters (RFC 6749, appendix A.11).
func plausible(code string) bool {
	return code != "" && len(code) <= maxCode && !strings.ContainsFunc(code, func(r rune) bool { return r < ' ' || r > '~' })
}

func (p *Provider) exchange(ctx context.Context, code redact.Secret, trip directory.FederationTrip) (*oauth2.Token, error) {
	var secret redact.Secret
	if p.config.ClientSecret != nil {
		var err error
		if secret, err = p.config.ClientSecret(ctx); err != nil {
			return nil, fmt.Errorf("%w: fetching the client's secret: %w", directory.ErrUnavailable, err)
		}
		if secret.Len() == 0 {
			return nil, fmt.Errorf("%w: the client's secret is empty", directory.ErrMisconfigured)
		}
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, p.tokens)
	tokens, err := p.client(trip, secret).Exchange(ctx, code.Reveal(), oauth2.VerifierOption(trip.Verifier))
	if err != nil {
		return nil, translateExchange(err)
	}
	return tokens, nil
}

func refuse(cause string) error {
	return fmt.Errorf("%w: %w", directory.ErrFederation, errors.New(cause))
}
