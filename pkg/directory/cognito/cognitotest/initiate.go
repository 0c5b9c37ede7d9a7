package cognitotest

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"slices"
)

// usernamePattern is that of AdminGetUser, which the real service holds a login
// to as well: no space is in it.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminGetUser.html
var usernamePattern = regexp.MustCompile(`^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$`)

type initiateInput struct {
	AnalyticsMetadata json.RawMessage
	AuthFlow          string
	AuthParameters    map[string]string
	ClientId          string
	ClientMetadata    map[string]string
	ContextData       json.RawMessage
	Session           string
	UserPoolId        string
}

// adminFlows are the flows of AdminInitiateAuth; allFlows those of AuthFlowType.
func adminFlows() []string {
	return []string{"ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH", "USER_SRP_AUTH", "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN", "CUSTOM_AUTH", "USER_AUTH"}
}

func (s *Server) initiate(body []byte, fault Fault) (*answer, error) {
	var in initiateInput
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	if !slices.Contains(append(adminFlows(), "USER_PASSWORD_AUTH"), in.AuthFlow) {
		return nil, invalidParameter("1 validation error detected: Value '%s' at 'authFlow' failed to satisfy constraint: Member must satisfy enum value set", in.AuthFlow)
	}
	if err := s.checkPool(in.UserPoolId, in.ClientId); err != nil {
		return nil, err
	}
	if !slices.Contains(adminFlows(), in.AuthFlow) {
		return nil, invalidParameter("Initiate Auth method not supported.")
	}
	// The fake has the password flow only; to it the others are never enabled.
	if in.AuthFlow != "ADMIN_USER_PASSWORD_AUTH" || !slices.Contains(s.config.AuthFlows, "ALLOW_"+in.AuthFlow) {
		return nil, invalidParameter("Auth flow not enabled for this client")
	}
	if err := checkParameters(in.AuthParameters, []string{"USERNAME", "PASSWORD"}, "SECRET_HASH", "DEVICE_KEY"); err != nil {
		return nil, err
	}
	if !usernamePattern.MatchString(in.AuthParameters["USERNAME"]) {
		return nil, invalidParameter(`1 validation error detected: Value at 'userName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+`)
	}
	if err := s.checkSecretHash(in.AuthParameters); err != nil {
		return nil, err
	}
	a, err := s.signIn(in.AuthParameters["USERNAME"], in.AuthParameters["PASSWORD"])
	if err != nil {
		return nil, err
	}
	if a.Status == ForceChangePassword {
		return s.challenge(a, newPassword), nil
	}
	return s.afterPassword(a, fault)
}

// checkSecretHash wants the hash over the username as it was sent, alias or not:
// https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash
func (s *Server) checkSecretHash(parameters map[string]string) error {
	got, sent := parameters["SECRET_HASH"]
	if s.config.ClientSecret == "" {
		if sent {
			return invalidParameter("App client %s is not configured for secret but secret hash was received", s.config.ClientID)
		}
		return nil
	}
	if !sent {
		return notAuthorized("Client %s is configured with secret but SECRET_HASH was not received", s.config.ClientID)
	}
	mac := hmac.New(sha256.New, []byte(s.config.ClientSecret))
	mac.Write([]byte(parameters["USERNAME"] + s.config.ClientID))
	if want := base64.StdEncoding.EncodeToString(mac.Sum(nil)); !hmac.Equal([]byte(got), []byte(want)) {
		return notAuthorized("Unable to verify secret hash for client %s", s.config.ClientID)
	}
	return nil
}

// signIn keeps AWS's order: an account that is unconfirmed or must be reset is
// told apart before its password is looked at (aws-sdk-js issue 4608).
func (s *Server) signIn(login, password string) (*account, error) {
	wrong := notAuthorized("Incorrect username or password.")
	now := s.config.Now()
	a := s.find(login)
	switch {
	case a == nil && s.config.HideUnknown:
		return nil, wrong
	case a == nil:
		return nil, &exception{"UserNotFoundException", "User does not exist."}
	case a.Disabled && !s.config.HideUnknown:
		return nil, notAuthorized("User is disabled.")
	case !s.config.NoLockout && a.locked(now):
		return nil, notAuthorized("Password attempts exceeded")
	case a.Status == Unconfirmed:
		return nil, &exception{"UserNotConfirmedException", "User is not confirmed."}
	case a.Status == ResetRequired:
		return nil, &exception{"PasswordResetRequiredException", "Password reset required for the user"}
	case subtle.ConstantTimeCompare([]byte(password), []byte(a.Password)) == 0:
		a.fail(now)
		return nil, wrong
	case a.Disabled:
		return nil, notAuthorized("User is disabled.")
	}
	a.failures = 0
	return a, nil
}
