package cognitotest

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const tokenLife = time.Hour

var signingKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func (s *Server) issuer() string {
	host := "cognito-idp."
	if s.config.UpdatedIssuer {
		host = "issuer-cognito-idp."
	}
	return "https://" + host + s.region + ".amazonaws.com/" + s.config.PoolID
}

// claims are the account's attributes: those that it has.
func (a *account) claims() map[string]any {
	claims := map[string]any{}
	for name, value := range map[string]string{
		"email": a.Email, "name": a.Name, "given_name": a.GivenName, "family_name": a.FamilyName,
	} {
		if value != "" {
			claims[name] = value
		}
	}
	if a.Email != "" {
		claims["email_verified"] = a.EmailVerified
	}
	for name, value := range a.Attributes {
		claims[name] = value
	}
	return claims
}

func (s *Server) tokens(a *account, fault Fault) (*answer, error) {
	now := s.config.Now()
	common := map[string]any{
		"sub": a.sub, "iss": s.issuer(),
		"iat": now.Unix(), "auth_time": now.Unix(), "exp": now.Add(tokenLife).Unix(),
		"jti": rand.Text(), "origin_jti": rand.Text(), "event_id": rand.Text(),
	}
	if len(a.Groups) > 0 {
		common["cognito:groups"] = a.Groups
	}

	access := jwt.MapClaims{"token_use": "access", "client_id": s.config.ClientID, "username": a.Username, "scope": "aws.cognito.signin.user.admin"}
	maps.Copy(access, common)
	id := jwt.MapClaims{"token_use": "id", "aud": s.config.ClientID, "cognito:username": a.Username}
	maps.Copy(id, a.claims())
	maps.Copy(id, common)
	if fault.Claims != nil {
		fault.Claims(id)
	}

	signed := &result{ExpiresIn: int(tokenLife.Seconds()), RefreshToken: rand.Text(), TokenType: "Bearer"}
	var err error
	if signed.AccessToken, err = sign(access); err != nil {
		return nil, err
	}
	if signed.IdToken, err = sign(id); err != nil {
		return nil, err
	}
	if fault.IDToken != nil {
		signed.IdToken = fault.IDToken(signed.IdToken)
	}
	return &answer{AuthenticationResult: signed}, nil
}

func sign(claims jwt.MapClaims) (string, error) {
	key, err := signingKey()
	if err != nil {
		return "", fmt.Errorf("making a signing key: %w", err)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["kid"] = "practice"
	return token.SignedString(key)
}
