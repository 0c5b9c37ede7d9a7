package cognitotest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const tokenLife = time.Hour

func (s *Server) issuer() string {
	host := "cognito-idp."
	if s.config.UpdatedIssuer {
		host = "issuer-cognito-idp."
	}
	return "https://" + host + s.region + ".amazonaws.com/" + s.config.PoolID
}

// tokens ends a sign-in through the API.
func (s *Server) tokens(a *account, fault Fault) (*answer, error) {
	made, err := s.makeTokens(a, "", ownScope, fault)
	if err != nil {
		return nil, err
	}
	return &answer{AuthenticationResult: made, ChallengeParameters: map[string]string{}}, nil
}

// makeTokens signs a's tokens. The nonce empty means a sign-in without one.
func (s *Server) makeTokens(a *account, nonce, scope string, fault Fault) (*result, error) {
	now := s.config.Now()
	common := map[string]any{
		"sub": a.sub, "iss": s.issuer(),
		"iat": now.Unix(), "auth_time": now.Unix(), "exp": now.Add(tokenLife).Unix(),
		"jti": rand.Text(), "origin_jti": rand.Text(), "event_id": rand.Text(),
	}
	if groups := s.groups(a); len(groups) > 0 {
		common["cognito:groups"] = groups
	}
	access := jwt.MapClaims{"token_use": "access", "client_id": s.config.ClientID, "username": a.Username, "scope": scope}
	maps.Copy(access, common)
	signed := &result{ExpiresIn: int(tokenLife.Seconds()), RefreshToken: rand.Text(), TokenType: "Bearer"}
	var err error
	if signed.AccessToken, err = s.sign(access); err != nil {
		return nil, err
	}

	id := jwt.MapClaims{"token_use": "id", "aud": s.config.ClientID, "cognito:username": a.Username}
	maps.Copy(id, a.claims())
	maps.Copy(id, common)
	if nonce != "" {
		id["nonce"], id["at_hash"] = nonce, accessHash(signed.AccessToken)
	}
	if a.Provider != "" {
		id["identities"] = []map[string]any{{
			"userId": a.sub, "providerName": a.Provider, "providerType": "OIDC", "issuer": nil,
			"primary": "true", "dateCreated": strconv.FormatInt(now.UnixMilli(), 10),
		}}
	}
	if fault.Claims != nil {
		fault.Claims(id)
	}
	if signed.IdToken, err = s.sign(id); err != nil {
		return nil, err
	}
	if fault.IDToken != nil {
		signed.IdToken = fault.IDToken(signed.IdToken)
	}
	return signed, nil
}

// groups are a's own, and the one that AWS puts each provider's users into.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-user-groups.html
func (s *Server) groups(a *account) []string {
	if a.Provider == "" {
		return a.Groups
	}
	return append([]string{s.config.PoolID + "_" + a.Provider}, a.Groups...)
}

// accessHash is at_hash: OpenID Connect Core section 3.1.3.6.
func accessHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}

func (s *Server) sign(claims jwt.MapClaims) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["kid"] = s.managed.key.id
	signed, err := token.SignedString(s.managed.key.private)
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	return signed, nil
}
