package cognitotest

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// ownScope is what an access token must have for its person's own account. Of
// the API's tokens each has it, of managed login's those that asked for it.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
const ownScope = "aws.cognito.signin.user.admin"

// tokenPattern is that of TokenModelType.
var tokenPattern = regexp.MustCompile(`^[A-Za-z0-9\-_=.]+$`)

// bearer returns the account of an access token. The messages are AWS's, as seen
// in aws-cognito-angular-quickstart issue 137 and amplify-js issues 1906 and 2205.
func (s *Server) bearer(token string) (*account, error) {
	if !tokenPattern.MatchString(token) {
		return nil, invalidParameter(`1 validation error detected: Value at 'accessToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [A-Za-z0-9-_=.]+`)
	}
	claims := jwt.MapClaims{}
	_, err := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}), jwt.WithIssuer(s.issuer()),
		jwt.WithExpirationRequired(), jwt.WithTimeFunc(s.config.Now),
	).ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return &s.managed.key.private.PublicKey, nil })
	scope, _ := claims["scope"].(string)
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return nil, notAuthorized("Access Token has expired")
	case err != nil, claims["client_id"] != s.config.ClientID: // an ID token has none
		return nil, notAuthorized("Invalid Access Token")
	case !slices.Contains(strings.Fields(scope), ownScope):
		return nil, notAuthorized("Access Token does not have required scopes")
	}
	for _, a := range s.accounts {
		switch {
		case a.sub != claims["sub"]:
		case a.Disabled:
			return nil, disabled()
		default:
			return a, nil
		}
	}
	return nil, &exception{"UserNotFoundException", "User does not exist."}
}
