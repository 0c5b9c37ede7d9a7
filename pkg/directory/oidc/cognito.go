package oidc

import (
	"net/url"
	"strings"
)

// CognitoConfig returns what New needs to know of a user pool's managed login,
// without ClientID and ClientSecret. The managed login's address has a scheme
// and a host: the pool's domain, such as
// https://acme.auth.eu-west-1.amazoncognito.com, or the company's own. The
// endpoint is an emulator's, which then has the keys; empty means AWS.
//
// The app client must allow the authorization code grant, the scopes openid,
// email and profile, and each address that people come back to. It must also be
// permitted to read every attribute that these scopes stand for: otherwise
// Cognito refuses each code, with invalid_grant.
// https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
func CognitoConfig(poolID string, managedLogin *url.URL, endpoint string) Config {
	config := Config{
		// Of a pool's tokens only the ID token is meant for us:
		// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html
		Required: map[string]string{"token_use": "id"},
		Issuers:  map[string]string{},
	}
	if managedLogin != nil {
		config.AuthURL = managedLogin.JoinPath("oauth2", "authorize").String()
		config.TokenURL = managedLogin.JoinPath("oauth2", "token").String()
	}
	region, pool, _ := strings.Cut(poolID, "_")
	if region == "" || pool == "" {
		return config // New says that it has no issuer
	}
	// ORIGINAL and UPDATED of IssuerConfigurationType, each of which serves its
	// own keys:
	// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_IssuerConfigurationType.html
	for _, host := range []string{"cognito-idp.", "issuer-cognito-idp."} {
		at := "https://" + host + region + ".amazonaws.com"
		issuer := at + "/" + poolID
		if endpoint != "" {
			at = strings.TrimSuffix(endpoint, "/")
		}
		config.Issuers[issuer] = at + "/" + poolID + "/.well-known/jwks.json"
	}
	return config
}
