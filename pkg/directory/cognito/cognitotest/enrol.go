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
// signs in with, or else of the one that they are about to set up.
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

// associate is AssociateSoftwareToken, with the session of MFA_SETUP or the access
// token of who is signed in.
func (s *Server) associate(body []byte, _ Fault) (any, error) {
	var in associateInput
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	key := make([]byte, keyBytes)
	_, _ = rand.Read(key)
	encoded := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(key)
	if in.AccessToken != "" {
		a, err := s.enrolling(in.AccessToken, in.Session)
		if err != nil {
			return nil, err
		}
		a.pending, a.mistaken = key, 0
		return struct{ SecretCode string }{encoded}, nil
	}
	current, err := s.openSession(in.Session, setupFactor)
	if err != nil {
		return nil, err
	}
	current.used = true
	current.account.pending = key
	return struct{ SecretCode, Session string }{
		encoded, s.keepSession(&session{account: current.account, challenge: setupFactor, key: key}),
	}, nil
}

type verifyInput struct {
	AccessToken        string
	FriendlyDeviceName string
	Session            string
	UserCode           string
}

// verify is VerifySoftwareToken, with the session of AssociateSoftwareToken or the
// access token that it had. Its Session of the answer is what MFA_SETUP is
// answered with.
func (s *Server) verify(body []byte, _ Fault) (any, error) {
	var in verifyInput
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	if !userCodePattern.MatchString(in.UserCode) {
		return nil, invalidParameter("1 validation error detected: Value at 'userCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9]+")
	}
	if in.AccessToken != "" {
		return s.register(in)
	}
	current, err := s.openSession(in.Session, setupFactor)
	if err != nil {
		return nil, err
	}
	if current.key == nil || current.enrolled {
		return nil, invalidSession()
	}
	step, ok := matchStep(current.key, in.UserCode, s.config.Now())
	if !ok {
		current.wrong++
		return nil, enableMismatch()
	}
	current.used = true
	next := &session{account: current.account, challenge: setupFactor, key: current.key, step: step, enrolled: true}
	return struct{ Session, Status string }{s.keepSession(next), "SUCCESS"}, nil
}

// enrolling returns the account of who sets up an app while signed in. AWS's words
// for a pool without apps:
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html
func (s *Server) enrolling(token, session string) (*account, error) {
	if session != "" {
		return nil, invalidParameter("Only one of an access token and a session can be given")
	}
	a, err := s.bearer(token)
	if err == nil && s.config.MFA == "OFF" {
		err = &exception{"SoftwareTokenMFANotFoundException", "Software Token MFA has not been enabled by the userPool."}
	}
	return a, err
}

// register ends setting up an app while signed in. It takes the place of the one
// before, but is not asked for at sign-ins until SetUserMFAPreference, unless that
// was.
func (s *Server) register(in verifyInput) (any, error) {
	a, err := s.enrolling(in.AccessToken, in.Session)
	switch {
	case err != nil:
		return nil, err
	case len(a.pending) == 0, a.mistaken >= wrongCodes:
		return nil, invalidParameter("No software token is being set up")
	}
	step, ok := matchStep(a.pending, in.UserCode, s.config.Now())
	if !ok {
		a.mistaken++
		return nil, enableMismatch()
	}
	if len(a.TOTP) > 0 {
		a.TOTP = a.pending
	} else {
		a.registered = a.pending
	}
	a.usedStep, a.pending = step, nil
	return struct{ Status string }{"SUCCESS"}, nil
}

func enableMismatch() error {
	return &exception{"EnableSoftwareTokenMFAException", "Code mismatch"}
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
