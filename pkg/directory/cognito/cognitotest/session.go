package cognitotest

import (
	"crypto/rand"
	"time"
)

// session binds one challenge to one account.
type session struct {
	account   *account
	challenge string
	expires   time.Time
	used      bool
	wrong     int // codes

	typed    string   // the login, where the challenge does not tell the username
	code     string   // that was sent
	choices  []string // of SELECT_CHALLENGE and SELECT_MFA_TYPE
	key      []byte   // of the authenticator that MFA_SETUP sets up
	step     int64    // at which its code was right
	enrolled bool
	question int
	tries    int // to answer it
}

// wrongCodes is after how many a session is dead. AWS documents no number.
const wrongCodes = 5

// pose makes next the challenge to answer.
func (s *Server) pose(next *session, parameters map[string]string) *answer {
	id := s.keepSession(next)
	if parameters == nil {
		parameters = map[string]string{}
	}
	if next.typed == "" {
		parameters["USER_ID_FOR_SRP"] = next.account.Username
	}
	return &answer{ChallengeName: next.challenge, ChallengeParameters: parameters, Session: id}
}

func (s *Server) keepSession(next *session) string {
	id := rand.Text() + rand.Text()
	next.expires = s.config.Now().Add(s.config.SessionLife)
	s.sessions[id] = next
	return id
}

func invalidSession() error { return notAuthorized("Invalid session for the user.") }

// session finds the one that answers challenge, for username.
func (s *Server) session(id, challenge, username string) (*session, error) {
	current, err := s.openSession(id, challenge)
	if current != nil && current.account.Username != username && (current.typed == "" || current.typed != username) {
		// The username must be the internal one where the challenge told it:
		// here an alias is none.
		// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminRespondToAuthChallenge.html
		return nil, invalidSession()
	}
	return current, err
}

// openSession returns an error beside the session where it cannot be used.
func (s *Server) openSession(id, challenge string) (*session, error) {
	if id == "" {
		return nil, invalidParameter("Missing required parameter Session")
	}
	current := s.sessions[id]
	switch {
	case current == nil, current.challenge != challenge:
		return nil, invalidSession()
	case current.used:
		return current, notAuthorized("Invalid session for the user, session can only be used once.")
	case !s.config.Now().Before(current.expires):
		return current, notAuthorized("Invalid session for the user, session is expired.")
	case current.wrong >= wrongCodes:
		return current, invalidSession()
	case current.account.Disabled:
		return current, disabled()
	case current.account.Blocked:
		return current, blocked()
	}
	return current, nil
}
