package cognitotest

import (
	"crypto/rand"
	"fmt"
	"maps"
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
	Username string
	// Password empty means none: an imported user whose password must be reset,
	// a federated one, or one who signs in by codes alone.
	Password      string
	Email         string
	EmailVerified bool
	// Phone is in E.164 form, and verified.
	Phone      string
	Name       string
	GivenName  string
	FamilyName string
	Groups     []string
	// Attributes are further claims by their full name ("custom:department").
	Attributes map[string]string
	// Status empty means Confirmed.
	Status   Status
	Disabled bool
	// Blocked makes threat protection refuse the user's sign-ins.
	Blocked bool
	// Provider is the identity provider of a federated user, who signs in
	// through managed login alone and whose address is no alias. Their Username
	// empty means the provider's name and an id.
	Provider string

	// TOTP is the shared key of an authenticator app, SMS and EmailCode say
	// that codes go to Phone or Email. With any, the password is answered by
	// that factor's challenge, with several by SELECT_MFA_TYPE unless
	// PreferredMFA names one as a challenge ("SMS_MFA").
	TOTP         []byte
	SMS          bool
	EmailCode    bool
	PreferredMFA string
	// Custom are the pool's own challenges, posed one after the other last.
	Custom []Question
}

type account struct {
	User
	sub         string
	failures    int
	failed      time.Time
	lockedUntil time.Time
	usedStep    int64  // the time step of the last TOTP code accepted
	pending     []byte // the key of an app that is being set up
	mistaken    int    // wrong codes of that
	registered  []byte // the key of an app that was set up and is not in use
	codes       map[string]*sentCode
	newest      *Message
	asked       map[string][]time.Time
	// ghost is an account that does not exist, behind a simulated challenge.
	ghost bool
}

// Add creates a user and returns its sub.
func (s *Server) Add(u User) string {
	a := &account{User: u, sub: newID(), codes: map[string]*sentCode{}, asked: map[string][]time.Time{}}
	a.Attributes = maps.Clone(u.Attributes)
	if a.Username == "" {
		a.Username = a.sub
		if a.Provider != "" {
			a.Username = a.Provider + "_" + a.sub
		}
	}
	if a.Status == "" {
		a.Status = Confirmed
	}
	s.mu.Lock()
	s.accounts = append(s.accounts, a)
	if s.config.SelfSignUp && a.Status == Unconfirmed {
		s.sendCode(a, confirmPurpose)
	}
	outbox := s.outbox
	s.outbox = nil
	s.mu.Unlock()
	s.deliver(outbox)
	return a.sub
}

// Edit changes a user, found as a login would find it; a federated one, too, by
// username or address.
func (s *Server) Edit(t testing.TB, login string, change func(*User)) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.mustFind(t, login).User)
}

func (s *Server) mustFind(t testing.TB, login string) *account {
	t.Helper()
	if a := s.find(login); a != nil {
		return a
	}
	for _, a := range s.accounts {
		if strings.EqualFold(login, a.Email) {
			return a
		}
	}
	t.Fatalf("no user %q in the pool", login)
	return nil
}

// find looks up a username or alias, whose case does not count: a pool is case
// insensitive unless it was created otherwise.
func (s *Server) find(login string) *account {
	for _, a := range s.accounts {
		if strings.EqualFold(login, a.Username) || login == a.sub || a.alias() && strings.EqualFold(login, a.Email) {
			return a
		}
	}
	return nil
}

// alias tells whether the account's address is a name for it.
func (a *account) alias() bool {
	return a.Email != "" && a.Provider == "" && (a.EmailVerified || a.Username == a.sub)
}

// login is what its person would sign in with.
func (a *account) login() string {
	if a.alias() {
		return a.Email
	}
	return a.Username
}

// newID returns a random UUID, version 4.
func newID() string {
	var random [16]byte
	_, _ = rand.Read(random[:])
	return uuid(random)
}

func uuid(b [16]byte) string {
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
