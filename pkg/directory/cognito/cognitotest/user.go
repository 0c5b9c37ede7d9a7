package cognitotest

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"
)

// Status is a user's state in the pool.
type Status string

// The states, named as AdminGetUser names them.
const (
	Confirmed           Status = "CONFIRMED"
	Unconfirmed         Status = "UNCONFIRMED"
	ForceChangePassword Status = "FORCE_CHANGE_PASSWORD"
	ResetRequired       Status = "RESET_REQUIRED"
)

// User is one user of the pool.
type User struct {
	// Username empty means a pool that people sign in to with their email
	// address: the username is then the sub, and the address an alias of it.
	// With a Username the address is an alias only once it is verified.
	Username      string
	Password      string
	Email         string
	EmailVerified bool
	Name          string
	GivenName     string
	FamilyName    string
	Groups        []string
	// Attributes are further claims by their full name ("custom:department").
	Attributes map[string]string
	// Status empty means Confirmed.
	Status   Status
	Disabled bool
	// TOTP is the shared key of an authenticator app. With one, the password
	// is answered by SOFTWARE_TOKEN_MFA.
	TOTP []byte
}

type account struct {
	User
	sub         string
	failures    int
	failed      time.Time
	lockedUntil time.Time
	usedStep    int64 // the time step of the last TOTP code accepted
}

// Add creates a user and returns its sub.
func (s *Server) Add(u User) string {
	var random [16]byte
	_, _ = rand.Read(random[:])
	random[6], random[8] = random[6]&0x0f|0x40, random[8]&0x3f|0x80
	a := &account{User: u, sub: fmt.Sprintf("%x-%x-%x-%x-%x",
		random[:4], random[4:6], random[6:8], random[8:10], random[10:])}
	if a.Username == "" {
		a.Username = a.sub
	}
	if a.Status == "" {
		a.Status = Confirmed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts = append(s.accounts, a)
	return a.sub
}

// Edit changes a user, found as a login would find it.
func (s *Server) Edit(t testing.TB, login string, change func(*User)) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.find(login)
	if a == nil {
		t.Fatalf("no user %q in the pool", login)
	}
	change(&a.User)
}

// find looks up a username or alias, whose case does not count: a pool is case
// insensitive unless it was created otherwise.
func (s *Server) find(login string) *account {
	for _, a := range s.accounts {
		alias := a.Email != "" && (a.EmailVerified || a.Username == a.sub)
		if strings.EqualFold(login, a.Username) || login == a.sub || alias && strings.EqualFold(login, a.Email) {
			return a
		}
	}
	return nil
}

// AWS's temporary lock-out: the fifth failure locks for a second, each further
// one for twice as long, up to about 15 minutes; 15 quiet minutes or a success
// forget all of it.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow.html
const (
	freeFailures = 5
	longestLock  = 15 * time.Minute
)

func (a *account) locked(now time.Time) bool {
	if now.Sub(a.failed) >= longestLock {
		a.failures = 0
	}
	return now.Before(a.lockedUntil)
}

func (a *account) fail(now time.Time) {
	a.failures++
	a.failed = now
	if beyond := a.failures - freeFailures; beyond >= 0 {
		a.lockedUntil = now.Add(min(longestLock, time.Second<<min(beyond, 10)))
	}
}
