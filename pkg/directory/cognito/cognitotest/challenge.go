package cognitotest

import (
	"crypto/rand"
	"encoding/json"
	"time"
)

const (
	newPassword   = "NEW_PASSWORD_REQUIRED"
	softwareToken = "SOFTWARE_TOKEN_MFA"
	// sessionLife is an app client's AuthSessionValidity when nothing is set.
	sessionLife = 3 * time.Minute
	minPassword = 8
)

// session binds one challenge to one account.
type session struct {
	account   *account
	challenge string
	expires   time.Time
	used      bool
}

type respondInput struct {
	AnalyticsMetadata  json.RawMessage
	ChallengeName      string
	ChallengeResponses map[string]string
	ClientId           string
	ClientMetadata     map[string]string
	ContextData        json.RawMessage
	Session            string
	UserPoolId         string
}

func (s *Server) challenge(a *account, name string) *answer {
	id := rand.Text() + rand.Text()
	s.sessions[id] = &session{account: a, challenge: name, expires: s.config.Now().Add(sessionLife)}
	parameters := map[string]string{"USER_ID_FOR_SRP": a.Username}
	switch name {
	case newPassword:
		attributes, _ := json.Marshal(a.claims())
		parameters["requiredAttributes"], parameters["userAttributes"] = "[]", string(attributes)
	case softwareToken:
		parameters["FRIENDLY_DEVICE_NAME"] = "practice"
	}
	return &answer{ChallengeName: name, ChallengeParameters: parameters, Session: id}
}

func (s *Server) afterPassword(a *account, fault Fault) (*answer, error) {
	if len(a.TOTP) > 0 {
		return s.challenge(a, softwareToken), nil
	}
	return s.tokens(a, fault)
}

func (s *Server) respond(body []byte, fault Fault) (*answer, error) {
	var in respondInput
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	if err := s.checkPool(in.UserPoolId, in.ClientId); err != nil {
		return nil, err
	}
	var err error
	switch in.ChallengeName {
	case newPassword:
		err = checkParameters(in.ChallengeResponses, []string{"USERNAME", "NEW_PASSWORD"}, "SECRET_HASH", "userAttributes.")
	case softwareToken:
		err = checkParameters(in.ChallengeResponses, []string{"USERNAME", "SOFTWARE_TOKEN_MFA_CODE"}, "SECRET_HASH")
	default:
		err = invalidParameter("1 validation error detected: Value '%s' at 'challengeName' failed to satisfy constraint: Member must satisfy enum value set", in.ChallengeName)
	}
	if err != nil {
		return nil, err
	}
	if err := s.checkSecretHash(in.ChallengeResponses); err != nil {
		return nil, err
	}
	current, err := s.session(in)
	if err != nil {
		return nil, err
	}

	// A wrong answer leaves the session usable; a right one uses it up.
	a := current.account
	if in.ChallengeName == softwareToken {
		if err := a.checkCode(in.ChallengeResponses["SOFTWARE_TOKEN_MFA_CODE"], s.config.Now()); err != nil {
			return nil, err
		}
		current.used = true
		return s.tokens(a, fault)
	}
	if len(in.ChallengeResponses["NEW_PASSWORD"]) < minPassword {
		return nil, &exception{"InvalidPasswordException", "Password did not conform with policy: Password not long enough"}
	}
	current.used = true
	a.Password, a.Status = in.ChallengeResponses["NEW_PASSWORD"], Confirmed
	return s.afterPassword(a, fault)
}

func (s *Server) session(in respondInput) (*session, error) {
	if in.Session == "" {
		return nil, invalidParameter("Missing required parameter Session")
	}
	current := s.sessions[in.Session]
	switch {
	// The username must be the internal one: here an alias is none.
	// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminRespondToAuthChallenge.html
	case current == nil, current.challenge != in.ChallengeName, current.account.Username != in.ChallengeResponses["USERNAME"]:
		return nil, notAuthorized("Invalid session for the user.")
	case current.used:
		return nil, notAuthorized("Invalid session for the user, session can only be used once.")
	case !s.config.Now().Before(current.expires):
		return nil, notAuthorized("Invalid session for the user, session is expired.")
	case current.account.Disabled:
		return nil, notAuthorized("User is disabled.")
	}
	return current, nil
}
