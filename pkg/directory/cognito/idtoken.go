package cognito

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"deskpro-login/pkg/directory"
)

// leeway allows for clocks that differ.
const leeway = 30 * time.Second

// user reads the account from its ID token. The signature is not verified: the
// token came straight from Cognito over TLS, for which OpenID Connect Core
// 3.1.3.7 item 6 lets the connection vouch. Never give it a token that came
// by a browser.
func (d *Directory) user(token string) (*directory.User, error) {
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser(jwt.WithJSONNumber()).ParseUnverified(token, claims); err != nil {
		return nil, signingIn.unavailable(fmt.Errorf("reading the ID token: %w", err))
	}
	if err := d.check(claims); err != nil {
		return nil, signingIn.unavailable(fmt.Errorf("checking the ID token: %w", err))
	}
	user, verified, err := d.mapping.User(claims, d.attributes)
	if err != nil {
		return nil, signingIn.unavailable(fmt.Errorf("reading the ID token: %w", err))
	}
	err = user.Check()
	if err == nil && !verified {
		err = directory.ErrUnverifiedEmail
	}
	if err != nil {
		return nil, fmt.Errorf("reading the ID token of %q: %w", user.ID, err)
	}
	return user, nil
}

// check holds the token to be an ID token of this pool, for this client, now:
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
func (d *Directory) check(claims jwt.MapClaims) error {
	issuer, err := claims.GetIssuer()
	if err != nil || !slices.Contains(d.issuers, issuer) {
		return fmt.Errorf("iss is %q, not this pool's", issuer)
	}
	if claims["token_use"] != "id" {
		return errors.New(`token_use is not "id"`)
	}
	return jwt.NewValidator(
		jwt.WithAudience(d.clientID),
		jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(d.now),
		jwt.WithLeeway(leeway),
	).Validate(claims)
}
