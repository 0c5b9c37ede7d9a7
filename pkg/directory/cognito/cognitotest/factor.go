package cognitotest

import (
	"encoding/json"
	"slices"
)

// factors are the second factors that a has, by their challenges.
func (s *Server) factors(a *account) []string {
	var factors []string
	if s.config.MFA == "OFF" {
		return nil
	}
	if a.SMS {
		factors = append(factors, smsMFA)
	}
	if len(a.TOTP) > 0 {
		factors = append(factors, softwareToken)
	}
	if a.EmailCode {
		factors = append(factors, emailOTP)
	}
	return factors
}

// requireFactor asks for the second factor, where the person has one or must.
func (s *Server) requireFactor(a *account, fault Fault) (*answer, error) {
	factors := s.factors(a)
	switch {
	case len(factors) == 0 && s.config.MFA == "ON":
		return s.pose(&session{account: a, challenge: setupFactor}, map[string]string{"MFAS_CAN_SETUP": list(softwareToken)}), nil
	case len(factors) == 0:
		return s.afterFactor(a, fault)
	case slices.Contains(factors, a.PreferredMFA):
		return s.poseFactor(a, a.PreferredMFA)
	case len(factors) == 1:
		return s.poseFactor(a, factors[0])
	}
	return s.pose(&session{account: a, challenge: selectFactor, choices: factors}, map[string]string{"MFAS_CAN_CHOOSE": list(factors...)}), nil
}

func list(names ...string) string {
	encoded, _ := json.Marshal(names)
	return string(encoded)
}

func (s *Server) poseFactor(a *account, factor string) (*answer, error) {
	if factor == softwareToken {
		return s.pose(&session{account: a, challenge: factor}, map[string]string{"FRIENDLY_DEVICE_NAME": "practice"}), nil
	}
	to := bySMS(a.Phone)
	if factor == emailOTP {
		to = byEmail(a.Email)
	}
	if to.destination == "" {
		return nil, &exception{"MFAMethodNotFoundException", "No MFA method was found for the user"}
	}
	code := digits(codeDigits)
	s.send(a, to, signInPurpose, code)
	return s.pose(&session{account: a, challenge: factor, code: code}, to.parameters()), nil
}

// parameters are those of a challenge whose code was sent.
func (d delivery) parameters() map[string]string {
	return map[string]string{"CODE_DELIVERY_DELIVERY_MEDIUM": d.medium, "CODE_DELIVERY_DESTINATION": d.masked()}
}

func (s *Server) answerFactor(current *session, responses map[string]string, _ Fault) (*answer, error) {
	if !slices.Contains(current.choices, responses["ANSWER"]) {
		return nil, invalidParameter("Selected MFA type is not available")
	}
	next, err := s.poseFactor(current.account, responses["ANSWER"])
	current.used = err == nil
	return next, err
}

func (s *Server) answerSoftwareToken(current *session, responses map[string]string, fault Fault) (*answer, error) {
	a := current.account
	step, ok := matchStep(a.TOTP, responses["SOFTWARE_TOKEN_MFA_CODE"], s.config.Now())
	switch {
	case !ok:
		current.wrong++
		return nil, &exception{"CodeMismatchException", "Invalid code received for user"}
	case step <= a.usedStep: // RFC 6238, section 5.2
		return nil, &exception{"ExpiredCodeException", "Your software token has already been used once."}
	}
	current.used, a.usedStep = true, step
	return s.afterFactor(a, fault)
}

// answerCode takes a code that was sent, as first factor or as second.
func (s *Server) answerCode(current *session, responses map[string]string, fault Fault) (*answer, error) {
	if current.account.ghost || !equal(responses[current.challenge+"_CODE"], current.code) {
		current.wrong++
		return nil, &exception{"CodeMismatchException", "Invalid code or auth state for the user."}
	}
	current.used = true
	return s.afterFactor(current.account, fault)
}
