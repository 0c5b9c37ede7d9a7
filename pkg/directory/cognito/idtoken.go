package cognito

import (
	"encoding/json"
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
		return nil, unavailable(fmt.Errorf("reading the ID token: %w", err))
	}
	if err := d.check(claims); err != nil {
		return nil, unavailable(fmt.Errorf("checking the ID token: %w", err))
	}
	user, err := d.account(claims)
	if err != nil {
		return nil, unavailable(fmt.Errorf("reading the ID token: %w", err))
	}
	err = user.Check()
	// A trigger or an identity provider may make it a string.
	if verified := claims["email_verified"]; err == nil && verified != true && verified != "true" {
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

func (d *Directory) account(claims jwt.MapClaims) (*directory.User, error) {
	user := &directory.User{}
	for claim, field := range map[string]*string{
		"sub":         &user.ID,
		"email":       &user.Email,
		"name":        &user.Name,
		"given_name":  &user.FirstName,
		"family_name": &user.LastName,
	} {
		value, ok := claims[claim].(string)
		if !ok && claims[claim] != nil {
			return nil, fmt.Errorf("claim %s is a %T, not a string", claim, claims[claim])
		}
		*field = value
	}
	if groups := claims["cognito:groups"]; groups != nil {
		list, ok := groups.([]any)
		if !ok {
			return nil, fmt.Errorf("claim cognito:groups is a %T, not a list", groups)
		}
		for _, group := range list {
			name, ok := group.(string)
			if !ok {
				return nil, fmt.Errorf("claim cognito:groups holds a %T, not a string", group)
			}
			user.Groups = append(user.Groups, name)
		}
	}
	for _, name := range d.attributes {
		claim := claims[name]
		if claim == nil {
			claim = claims["custom:"+name]
		}
		if claim == nil {
			continue
		}
		value, err := attribute(claim)
		if err != nil {
			return nil, fmt.Errorf("attribute %s: %w", name, err)
		}
		if user.Attributes == nil {
			user.Attributes = map[string]string{}
		}
		user.Attributes[name] = value
	}
	return user, nil
}

// attribute returns a claim as a string: a string as it is, anything else (a
// trigger can put in any JSON) as its JSON.
func attribute(value any) (string, error) {
	if text, ok := value.(string); ok {
		return text, nil
	}
	encoded, err := json.Marshal(value)
	return string(encoded), err
}
