package cognitotest

import (
	"crypto/sha256"
	"slices"
)

// The first factors of USER_AUTH, by their challenges.
const (
	byPassword    = "PASSWORD"
	bySRP         = "PASSWORD_SRP"
	emailOTP      = "EMAIL_OTP"
	smsOTP        = "SMS_OTP"
	selectFirst   = "SELECT_CHALLENGE"
	passkey       = "WEB_AUTHN"
	simulatedPool = "practice" // the key that makes simulated accounts
)

// initiateChoice answers USER_AUTH. As seen on AWS: a preferred factor that the
// person has is taken at once, and so is one that is the only one; otherwise
// comes the choice, whose list has PASSWORD_SRP beside PASSWORD. Unlike the
// challenges after a password these do not tell the internal username.
// https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-selection-sdk.html
func (s *Server) initiateChoice(login, preferred, password string, fault Fault) (any, error) {
	if !slices.Contains([]string{"", byPassword, bySRP, emailOTP, smsOTP, passkey}, preferred) {
		return nil, invalidParameter("Invalid PREFERRED_CHALLENGE")
	}
	a := s.find(login)
	if hide := a == nil || a.Provider != "" || a.Disabled; hide && s.config.HideUnknown && preferred != byPassword {
		a = s.ghost(login)
	}
	if a == nil || !a.ghost {
		if err := s.checkAccount(a); err != nil {
			return nil, err
		}
	}
	factors := s.firstFactors(a, preferred)
	switch {
	case preferred == byPassword && slices.Contains(factors, byPassword):
		if err := s.checkLogin(a, password); err != nil {
			return nil, err
		}
		return s.afterPassword(a, fault)
	case preferred == bySRP && slices.Contains(factors, bySRP):
		return nil, invalidParameter("Missing required parameter SRP_A")
	case slices.Contains(factors, preferred):
		return s.firstCode(a, login, preferred, factors), nil
	case len(factors) == 1:
		return s.firstCode(a, login, factors[0], factors), nil
	}
	out := s.pose(&session{account: a, challenge: selectFirst, typed: login, choices: factors}, nil)
	out.AvailableChallenges = factors
	return out, nil
}

// firstFactors are what a can begin with. Codes are not for people who need a
// second factor, or a new password.
func (s *Server) firstFactors(a *account, preferred string) []string {
	if a.ghost {
		// Each unknown login has its own answer, always the same.
		if preferred == emailOTP || preferred == smsOTP {
			return []string{preferred}
		}
		if a.sub[0]&1 == 0 {
			return []string{emailOTP}
		}
		return []string{emailOTP, byPassword, bySRP}
	}
	var factors []string
	if a.Status != ForceChangePassword && s.config.MFA != "ON" && len(s.factors(a)) == 0 {
		if a.Email != "" && a.EmailVerified {
			factors = append(factors, emailOTP)
		}
		if a.Phone != "" {
			factors = append(factors, smsOTP)
		}
	}
	if a.Password != "" || len(factors) == 0 {
		factors = append(factors, byPassword, bySRP)
	}
	return factors
}

// firstCode sends a code as the first factor.
func (s *Server) firstCode(a *account, login, challenge string, factors []string) *answer {
	to := byEmail(a.Email)
	if challenge == smsOTP {
		to = bySMS(a.Phone)
	}
	if a.ghost {
		to = simulated(login)
		if challenge == smsOTP {
			to = bySMS("0000")
		}
	}
	code := digits(firstFactorDigits)
	s.send(a, to, signInPurpose, code)
	out := s.pose(&session{account: a, challenge: challenge, typed: login, code: code}, to.parameters())
	out.AvailableChallenges = factors
	return out
}

// answerFirst takes the choice of a first factor.
func (s *Server) answerFirst(current *session, responses map[string]string, fault Fault) (*answer, error) {
	a, chosen := current.account, responses["ANSWER"]
	switch {
	case !slices.Contains(current.choices, chosen):
		return nil, invalidParameter("Selected challenge is not available")
	case chosen == bySRP:
		return nil, invalidParameter("Missing required parameter SRP_A")
	case chosen != byPassword:
		current.used = true
		return s.firstCode(a, current.typed, chosen, nil), nil
	case responses["PASSWORD"] == "":
		return nil, invalidParameter("Missing required parameter PASSWORD")
	}
	if err := s.checkLogin(a, responses["PASSWORD"]); err != nil {
		return nil, err
	}
	current.used = true
	return s.afterPassword(a, fault)
}

// ghost is the account that a login seems to have which has none.
func (s *Server) ghost(login string) *account {
	hash := sha256.Sum256([]byte(simulatedPool + s.config.PoolID + login))
	id := uuid([16]byte(hash[:]))
	return &account{User: User{Username: id, Status: Confirmed}, sub: id, ghost: true}
}
