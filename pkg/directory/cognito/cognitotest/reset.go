package cognitotest

import "encoding/json"

// selfService is what the four unsigned operations on an account begin with.
type selfService struct {
	AnalyticsMetadata json.RawMessage
	ClientId          string
	ClientMetadata    map[string]string
	SecretHash        *string
	UserContextData   *userContext
	Username          string
}

// begin checks what those operations have in common. The hash is over the
// username as it was sent.
func (s *Server) begin(operation string, in selfService) error {
	if err := s.checkClient(in.ClientId); err != nil {
		return err
	}
	if err := checkUsername(in.Username); err != nil {
		return err
	}
	if err := s.checkSecretHash(in.Username, in.SecretHash); err != nil {
		return err
	}
	return s.keepUserContext(operation, in.UserContextData)
}

func unknownToClient() error {
	return &exception{"UserNotFoundException", "Username/client id combination not found."}
}

func disabled() error { return notAuthorized("User is disabled.") }

// forgot is ForgotPassword. What it answers to whom:
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html
// The other messages are as reported for AWS.
func (s *Server) forgot(body []byte, _ Fault) (any, error) {
	var in selfService
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	if err := s.begin("ForgotPassword", in); err != nil {
		return nil, err
	}
	a := s.find(in.Username)
	switch {
	case (a == nil || a.Disabled) && s.config.HideUnknown:
		return simulated(in.Username).details(), nil
	case a == nil:
		return nil, unknownToClient()
	case a.Disabled:
		return nil, disabled()
	case a.Provider != "", a.Status == ForceChangePassword:
		return nil, notAuthorized("User password cannot be reset in the current state.")
	case a.recovery() == delivery{} && s.config.HideUnknown:
		return simulated(in.Username).details(), nil
	case a.recovery() == delivery{}:
		return nil, invalidParameter("Cannot reset password for the user as there is no registered/verified email or phone_number")
	}
	if err := s.limit(a, "ForgotPassword"); err != nil {
		return nil, err
	}
	return s.sendCode(a, resetPurpose).details(), nil
}

type resetInput struct {
	selfService
	ConfirmationCode string
	Password         string
}

// reset is ConfirmForgotPassword.
func (s *Server) reset(body []byte, _ Fault) (any, error) {
	var in resetInput
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	if err := s.begin("ConfirmForgotPassword", in.selfService); err != nil {
		return nil, err
	}
	if err := checkCodeShape(in.ConfirmationCode); err != nil {
		return nil, err
	}
	if in.Password == "" {
		return nil, invalidParameter("1 validation error detected: Value at 'password' failed to satisfy constraint: Member must not be null")
	}
	a := s.find(in.Username)
	switch {
	case (a == nil || a.Disabled) && s.config.HideUnknown:
		return nil, codeMismatch()
	case a == nil:
		return nil, unknownToClient()
	case a.Disabled:
		return nil, disabled()
	}
	if err := s.limit(a, "ConfirmForgotPassword"); err != nil {
		return nil, err
	}
	if err := s.checkSent(a, resetPurpose, in.ConfirmationCode); err != nil {
		return nil, err
	}
	if err := checkPassword(in.Password); err != nil {
		return nil, err
	}
	delete(a.codes, resetPurpose)
	clear(a.asked)
	a.forgive()
	a.Password, a.Status = in.Password, Confirmed
	return struct{}{}, nil
}

// checkCodeShape holds a code to the pattern of ConfirmationCodeType.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmForgotPassword.html
func checkCodeShape(code string) error {
	if !codePattern.MatchString(code) {
		return invalidParameter(`1 validation error detected: Value at 'confirmationCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [\S]+`)
	}
	return nil
}
