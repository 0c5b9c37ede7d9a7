package cognitotest

import (
	"regexp"
	"strings"
)

var codePattern = regexp.MustCompile(`^\S+$`)

type confirmInput struct {
	selfService
	ConfirmationCode   string
	ForceAliasCreation bool
	Session            string
}

// confirm is ConfirmSignUp. For what it answers to an unknown login see forgot.
func (s *Server) confirm(body []byte, _ Fault) (any, error) {
	var in confirmInput
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	if err := s.begin("ConfirmSignUp", in.selfService); err != nil {
		return nil, err
	}
	if err := checkCodeShape(in.ConfirmationCode); err != nil {
		return nil, err
	}
	if in.Session != "" { // SignUp's, which the fake has not.
		return nil, invalidSession()
	}
	a := s.find(in.Username)
	switch {
	case a == nil && s.config.HideUnknown:
		return nil, expiredCode()
	case a == nil:
		return nil, unknownToClient()
	case a.Disabled:
		return nil, disabled()
	case a.Status != Unconfirmed:
		return nil, notAuthorized("User cannot be confirmed. Current status is %s", a.Status)
	}
	if err := s.limit(a, "ConfirmSignUp"); err != nil {
		return nil, err
	}
	if err := s.checkSent(a, confirmPurpose, in.ConfirmationCode); err != nil {
		return nil, err
	}
	for _, other := range s.accounts {
		if other == a || !other.alias() || !strings.EqualFold(other.Email, a.Email) {
			continue
		}
		if !in.ForceAliasCreation {
			return nil, &exception{"AliasExistsException", "An account with the email already exists."}
		}
		other.EmailVerified = false
	}
	delete(a.codes, confirmPurpose)
	clear(a.asked)
	a.Status, a.EmailVerified = Confirmed, a.Email != ""
	return struct{}{}, nil
}

// resend is ResendConfirmationCode.
func (s *Server) resend(body []byte, _ Fault) (any, error) {
	var in selfService
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	if err := s.begin("ResendConfirmationCode", in); err != nil {
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
	case a.Status != Unconfirmed:
		return nil, invalidParameter("User is already confirmed.")
	case a.confirmation() == delivery{}:
		return nil, invalidParameter("Cannot resend codes. Auto verification not turned on.")
	}
	if err := s.limit(a, "ResendConfirmationCode"); err != nil {
		return nil, err
	}
	return s.sendCode(a, confirmPurpose).details(), nil
}
