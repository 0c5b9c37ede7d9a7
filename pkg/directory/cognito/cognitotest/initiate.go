package cognitotest

import (
	"crypto/hmac"
	"crypto/sha256"
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

// initiate is AdminInitiateAuth.
func (s *Server) initiate(body []byte, fault Fault) (any, error) {
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
	// The fake has two flows; to it the others are never enabled.
	known := in.AuthFlow == "ADMIN_USER_PASSWORD_AUTH" || in.AuthFlow == "USER_AUTH"
	if !known || !s.config.allows(in.AuthFlow) {
		return nil, invalidParameter("Auth flow not enabled for this client")
	}
	if in.Session != "" { // ConfirmSignUp's, which the fake does not give.
		return nil, invalidSession()
	}
	if err := s.keepContext("AdminInitiateAuth", in.ContextData); err != nil {
		return nil, err
	}

	required, more := []string{"USERNAME"}, []string{"SECRET_HASH", "DEVICE_KEY"}
	choosing := in.AuthFlow == "USER_AUTH"
	if choosing {
		more = append(more, "PREFERRED_CHALLENGE")
	}
	if !choosing || in.AuthParameters["PREFERRED_CHALLENGE"] == byPassword {
		required = append(required, "PASSWORD")
	}
	if err := checkParameters(in.AuthParameters, required, more...); err != nil {
		return nil, err
	}
	login := in.AuthParameters["USERNAME"]
	if err := checkUsername(login); err != nil {
		return nil, err
	}
	if err := s.checkSecretHash(login, parameter(in.AuthParameters, "SECRET_HASH")); err != nil {
		return nil, err
	}
	if choosing {
		return s.initiateChoice(login, in.AuthParameters["PREFERRED_CHALLENGE"], in.AuthParameters["PASSWORD"], fault)
	}
	a := s.find(login)
	if err := s.checkLogin(a, in.AuthParameters["PASSWORD"]); err != nil {
		return nil, err
	}
	return s.afterPassword(a, fault)
}

func checkUsername(username string) error {
	switch {
	case username == "":
		return invalidParameter("1 validation error detected: Value at 'username' failed to satisfy constraint: Member must not be null")
	case !usernamePattern.MatchString(username):
		return invalidParameter(`1 validation error detected: Value at 'userName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+`)
	}
	return nil
}

// checkSecretHash wants the hash over the username as it was sent, alias or not:
// https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash
func (s *Server) checkSecretHash(username string, got *string) error {
	if s.config.ClientSecret == "" {
		if got != nil {
			return invalidParameter("App client %s is not configured for secret but secret hash was received", s.config.ClientID)
		}
		return nil
	}
	if got == nil {
		return notAuthorized("Client %s is configured with secret but SECRET_HASH was not received", s.config.ClientID)
	}
	mac := hmac.New(sha256.New, []byte(s.config.ClientSecret))
	mac.Write([]byte(username + s.config.ClientID))
	if !equal(*got, base64.StdEncoding.EncodeToString(mac.Sum(nil))) {
		return notAuthorized("Unable to verify secret hash for client %s", s.config.ClientID)
	}
	return nil
}

func wrongPassword() error { return notAuthorized("Incorrect username or password.") }

// checkLogin keeps AWS's order: an account that is unconfirmed or must be reset
// is told apart before its password is looked at (aws-sdk-js issue 4608). No
// account is nil.
func (s *Server) checkLogin(a *account, password string) error {
	now := s.config.Now()
	if err := s.checkAccount(a); err != nil {
		return err
	}
	switch {
	case a.Password == "" || !equal(password, a.Password):
		a.fail(now)
		return wrongPassword()
	case a.Disabled:
		return disabled()
	}
	a.forgive()
	return nil
}

// checkAccount is the part of checkLogin that no password changes. With hidden
// unknowns an account that is disabled is told by its right password alone, and
// one that was imported (so that it has no password) is not told from a wrong
// one: see forgot for the source.
func (s *Server) checkAccount(a *account) error {
	hidden := s.config.HideUnknown
	switch {
	case a == nil && hidden:
		return wrongPassword()
	case a == nil:
		return &exception{"UserNotFoundException", "User does not exist."}
	case a.ghost, a.Provider != "":
		return wrongPassword()
	case a.Disabled && !hidden:
		return disabled()
	case !s.config.NoLockout && a.locked(s.config.Now()):
		return notAuthorized("Password attempts exceeded")
	case a.Status == Unconfirmed:
		return &exception{"UserNotConfirmedException", "User is not confirmed."}
	case a.Status == ResetRequired && a.Password == "" && hidden:
		return wrongPassword()
	case a.Status == ResetRequired:
		return &exception{"PasswordResetRequiredException", "Password reset required for the user"}
	case a.Blocked:
		return blocked()
	}
	return nil
}

// blocked is what adaptive authentication answers to what it finds too risky.
func blocked() error { return notAuthorized("Request not allowed due to security reasons.") }
