package cognitotest

import (
	"crypto/rand"
	"encoding/base32"
	"regexp"
	"slices"
	"testing"
)

// keyBytes is what AWS was seen to give: 52 characters of base32.
const keyBytes = 32

var userCodePattern = regexp.MustCompile(`^[0-9]{6}$`)

// TOTPKey returns the shared key of the authenticator that the user of login
// has, or else of the one that they are about to set up.
func (s *Server) TOTPKey(t testing.TB, login string) []byte {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.mustFind(t, login)
	key := a.TOTP
	if len(key) == 0 {
		key = a.pending
	}
	if len(key) == 0 {
		t.Fatalf("%q has no authenticator and sets none up", login)
	}
	return slices.Clone(key)
}

type associateInput struct {
	AccessToken string
	Session     string
}

// associate is AssociateSoftwareToken, with the session of MFA_SETUP.
func (s *Server) associate(body []byte, _ Fault) (any, error) {
	var in associateInput
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	current, err := s.setupSession(in.AccessToken, in.Session)
	if err != nil {
		return nil, err
	}
	current.used = true
	key := make([]byte, keyBytes)
	_, _ = rand.Read(key)
	current.account.pending = key
	return struct{ SecretCode, Session string }{
		base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(key),
		s.keepSession(&session{account: current.account, challenge: setupFactor, key: key}),
	}, nil
}

type verifyInput struct {
	AccessToken        string
	FriendlyDeviceName string
	Session            string
	UserCode           string
}

// verify is VerifySoftwareToken, with the session of AssociateSoftwareToken.
// Its Session of the answer is what MFA_SETUP is answered with.
func (s *Server) verify(body []byte, _ Fault) (any, error) {
	var in verifyInput
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	if !userCodePattern.MatchString(in.UserCode) {
		return nil, invalidParameter("1 validation error detected: Value at 'userCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9]+")
	}
	current, err := s.setupSession(in.AccessToken, in.Session)
	if err != nil {
		return nil, err
	}
	if current.key == nil || current.enrolled {
		return nil, invalidSession()
	}
	step, ok := matchStep(current.key, in.UserCode, s.config.Now())
	if !ok {
		current.wrong++
		return nil, &exception{"EnableSoftwareTokenMFAException", "Code mismatch"}
	}
	current.used = true
	next := &session{account: current.account, challenge: setupFactor, key: current.key, step: step, enrolled: true}
	return struct{ Session, Status string }{s.keepSession(next), "SUCCESS"}, nil
}

func (s *Server) setupSession(token, id string) (*session, error) {
	if token != "" {
		return nil, notAuthorized("Invalid Access Token")
	}
	return s.openSession(id, setupFactor)
}

// answerSetup ends MFA_SETUP, with the session of VerifySoftwareToken.
func (s *Server) answerSetup(current *session, _ map[string]string, fault Fault) (*answer, error) {
	if !current.enrolled {
		return nil, invalidSession()
	}
	current.used = true
	a := current.account
	a.TOTP, a.usedStep, a.pending = current.key, current.step, nil
	return s.afterFactor(a, fault)
}
