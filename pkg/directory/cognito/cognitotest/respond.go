package cognitotest

import (
	"encoding/json"
	"slices"
	"strings"
)

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

const (
	newPassword   = "NEW_PASSWORD_REQUIRED"
	softwareToken = "SOFTWARE_TOKEN_MFA"
	smsMFA        = "SMS_MFA"
	selectFactor  = "SELECT_MFA_TYPE"
	setupFactor   = "MFA_SETUP"
	custom        = "CUSTOM_CHALLENGE"
)

// challenge is what an answer must have, and who takes it.
type challenge struct {
	required, more []string
	answer         func(*Server, *session, map[string]string, Fault) (*answer, error)
}

func challenges() map[string]challenge {
	return map[string]challenge{
		newPassword:   {[]string{"NEW_PASSWORD"}, []string{"userAttributes."}, (*Server).answerNewPassword},
		softwareToken: {[]string{"SOFTWARE_TOKEN_MFA_CODE"}, nil, (*Server).answerSoftwareToken},
		smsMFA:        {[]string{"SMS_MFA_CODE"}, nil, (*Server).answerCode},
		smsOTP:        {[]string{"SMS_OTP_CODE"}, nil, (*Server).answerCode},
		emailOTP:      {[]string{"EMAIL_OTP_CODE"}, nil, (*Server).answerCode},
		selectFactor:  {[]string{"ANSWER"}, nil, (*Server).answerFactor},
		selectFirst:   {[]string{"ANSWER"}, []string{"PASSWORD"}, (*Server).answerFirst},
		setupFactor:   {nil, nil, (*Server).answerSetup},
		custom:        {[]string{"ANSWER"}, nil, (*Server).answerQuestion},
	}
}

// respond is AdminRespondToAuthChallenge. A wrong answer leaves the session
// usable, a right one uses it up.
func (s *Server) respond(body []byte, fault Fault) (any, error) {
	var in respondInput
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	if err := s.checkPool(in.UserPoolId, in.ClientId); err != nil {
		return nil, err
	}
	posed, ok := challenges()[in.ChallengeName]
	if !ok {
		return nil, invalidParameter("1 validation error detected: Value '%s' at 'challengeName' failed to satisfy constraint: Member must satisfy enum value set", in.ChallengeName)
	}
	if err := s.keepContext("AdminRespondToAuthChallenge", in.ContextData); err != nil {
		return nil, err
	}
	username := in.ChallengeResponses["USERNAME"]
	if err := checkParameters(in.ChallengeResponses, append([]string{"USERNAME"}, posed.required...), append(posed.more, "SECRET_HASH")...); err != nil {
		return nil, err
	}
	if err := s.checkSecretHash(username, parameter(in.ChallengeResponses, "SECRET_HASH")); err != nil {
		return nil, err
	}
	current, err := s.session(in.Session, in.ChallengeName, username)
	if err != nil {
		return nil, err
	}
	return posed.answer(s, current, in.ChallengeResponses, fault)
}

// afterPassword goes on once the password was right.
func (s *Server) afterPassword(a *account, fault Fault) (*answer, error) {
	if a.Status == ForceChangePassword {
		return s.requireNewPassword(a), nil
	}
	return s.requireFactor(a, fault)
}

// afterFactor goes on once the person has proved who they are.
func (s *Server) afterFactor(a *account, fault Fault) (*answer, error) {
	if len(a.Custom) > 0 {
		return s.ask(a, 0, 0), nil
	}
	return s.tokens(a, fault)
}

// parameter returns nil for one that was not sent.
func parameter(parameters map[string]string, name string) *string {
	if value, sent := parameters[name]; sent {
		return &value
	}
	return nil
}

// checkParameters requires some names and knows the others; prefixes end in a dot.
func checkParameters(parameters map[string]string, required []string, known ...string) error {
	for _, name := range required {
		if parameters[name] == "" {
			return invalidParameter("Missing required parameter %s", name)
		}
	}
	for name := range parameters {
		prefix, _, _ := strings.Cut(name, ".")
		if !slices.Contains(required, name) && !slices.Contains(known, name) && !slices.Contains(known, prefix+".") {
			return invalidParameter("Unknown parameter %s", name)
		}
	}
	return nil
}
