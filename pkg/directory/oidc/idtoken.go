package oidc

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
)

// leeway allows for a provider's clock that is ahead of ours. It is that of
// go-oidc for nbf.
const leeway = 5 * time.Minute

// verify returns the claims of an ID token that this provider made for us, for
// this trip and now: Core section 3.1.3.7.
func (p *Provider) verify(ctx context.Context, raw, access, nonce string) (map[string]any, error) {
	claimed, err := unverified(raw)
	if err != nil {
		return nil, err
	}
	issuer, _ := claimed["iss"].(string)
	keys, ok := p.keys[issuer]
	if !ok {
		return nil, refuse("the ID token's iss is none of the provider's")
	}
	verifier := &witness{keys: keys.current()}
	token, err := gooidc.NewVerifier(issuer, verifier, &gooidc.Config{
		ClientID: p.config.ClientID, SupportedSigningAlgs: []string{gooidc.RS256}, Now: p.now,
	}).Verify(ctx, raw)
	if err != nil {
		// go-oidc's texts quote the token's values.
		if verifier.err != nil {
			return nil, translateKeys(verifier.err)
		}
		if err := p.check(claimed, nonce); err != nil {
			return nil, err
		}
		return nil, refuse("the ID token is malformed, or not signed with RS256")
	}
	if token.AccessTokenHash != "" && token.VerifyAccessToken(access) != nil {
		return nil, refuse("the ID token's at_hash is not the access token's")
	}
	var payload json.RawMessage
	if token.Claims(&payload) != nil {
		return nil, refuse("the ID token's payload is no JSON")
	}
	claims, err := decode(payload)
	if err == nil {
		err = p.check(claims, nonce)
	}
	if err != nil {
		return nil, err
	}
	return claims, nil
}

// unverified reads what a token says of itself, to find its issuer's keys. Only
// the compact form is an ID token (RFC 7519, section 3), in its one spelling,
// though go-oidc would take JSON, too, and pass over line breaks and stray bits.
func unverified(raw string) (map[string]any, error) {
	var parts [][]byte
	for segment := range strings.SplitSeq(raw, ".") {
		part, err := base64.RawURLEncoding.DecodeString(segment)
		if err != nil || base64.RawURLEncoding.EncodeToString(part) != segment {
			return nil, refuse("the ID token is no JWT")
		}
		parts = append(parts, part)
	}
	if len(parts) != 3 {
		return nil, refuse("the ID token is no JWT")
	}
	return decode(parts[1])
}

func decode(payload []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.UseNumber() // a staff number is not a float
	var claims map[string]any
	if decoder.Decode(&claims) != nil || claims == nil {
		return nil, refuse("the ID token's payload is no JSON object")
	}
	return claims, nil
}

// check holds the claims to all that go-oidc leaves to the caller, and more
// strictly to what it does not. It names what is wrong, never its value.
func (p *Provider) check(claims map[string]any, nonce string) error {
	fail := func(what string) error { return refuse("the ID token's " + what) }
	// A second audience could pass the token on to us.
	audience := claims["aud"]
	if list, ok := audience.([]any); ok && len(list) == 1 {
		audience = list[0]
	}
	if audience != p.config.ClientID {
		return fail("aud is not our client alone")
	}
	if party, ok := claims["azp"]; ok && party != p.config.ClientID {
		return fail("azp is not our client")
	}
	if subject, _ := claims["sub"].(string); subject == "" {
		return fail("sub is missing")
	}
	if err := p.checkTimes(claims); err != nil {
		return fail(err.Error())
	}
	// Else a code that somebody else was given, put into this person's browser,
	// would sign them in as that one.
	if given, _ := claims["nonce"].(string); subtle.ConstantTimeCompare([]byte(given), []byte(nonce)) != 1 {
		return fail("nonce is not that of this sign-in")
	}
	for _, name := range slices.Sorted(maps.Keys(p.config.Required)) {
		if claims[name] != p.config.Required[name] {
			return fail(fmt.Sprintf("%s is not %q", name, p.config.Required[name]))
		}
	}
	return nil
}

func (p *Provider) checkTimes(claims map[string]any) error {
	now := p.now()
	expires, err := instant(claims, "exp")
	if err != nil {
		return err
	}
	issued, err := instant(claims, "iat")
	if err != nil {
		return err
	}
	switch {
	case !now.Before(expires):
		return errors.New("exp is past")
	case issued.After(now.Add(leeway)):
		return errors.New("iat is in the future")
	}
	if _, ok := claims["nbf"]; !ok {
		return nil
	}
	begins, err := instant(claims, "nbf")
	if err == nil && begins.After(now.Add(leeway)) {
		err = errors.New("nbf is in the future")
	}
	return err
}

// instant reads a NumericDate (RFC 7519, section 2), down to the second.
func instant(claims map[string]any, name string) (time.Time, error) {
	number, ok := claims[name].(json.Number)
	if !ok {
		return time.Time{}, fmt.Errorf("%s is missing or no number", name)
	}
	seconds, err := number.Float64()
	if err != nil || seconds < 0 || seconds > 1<<40 {
		return time.Time{}, fmt.Errorf("%s is no time", name)
	}
	return time.Unix(int64(seconds), 0), nil
}
