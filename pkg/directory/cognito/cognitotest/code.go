package cognitotest

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"
)

// Message is a code that the pool sent.
type Message struct {
	// Login is what the person signs in with.
	Login string
	// Medium is "SMS" or "EMAIL".
	Medium string
	// Destination is the number or address, in full.
	Destination string
	// Purpose is "sign-in", "reset" or "confirm".
	Purpose string
	Code    string
}

const (
	signInPurpose  = "sign-in"
	resetPurpose   = "reset"
	confirmPurpose = "confirm"
)

// The digits of a code, and how long it is good for. A sign-in code ends with
// its session; that of USER_AUTH was seen to have eight digits.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-user-pool-limits.html
const (
	codeDigits        = 6
	firstFactorDigits = 8
	resetLife         = time.Hour
	confirmLife       = 24 * time.Hour
)

type sentCode struct {
	code    string
	expires time.Time
}

// Message returns the newest that was sent to the user of login.
func (s *Server) Message(t testing.TB, login string) Message {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.mustFind(t, login)
	if a.newest == nil {
		t.Fatalf("nothing was sent to %q", login)
	}
	return *a.newest
}

// sendCode sends a code that stands for itself, in place of the one before.
func (s *Server) sendCode(a *account, purpose string) delivery {
	life := resetLife
	if purpose == confirmPurpose {
		life = confirmLife
	}
	to := a.recovery()
	if purpose == confirmPurpose {
		to = a.confirmation()
	}
	sent := &sentCode{code: digits(codeDigits), expires: s.config.Now().Add(life)}
	a.codes[purpose] = sent
	s.send(a, to, purpose, sent.code)
	return to
}

func (s *Server) send(a *account, to delivery, purpose, code string) {
	if a.ghost {
		return
	}
	m := Message{Login: a.login(), Medium: to.medium, Destination: to.destination, Purpose: purpose, Code: code}
	a.newest = &m
	s.outbox = append(s.outbox, m)
}

// checkSent holds got to the code sent for purpose, which it leaves in place.
func (s *Server) checkSent(a *account, purpose, got string) error {
	sent := a.codes[purpose]
	switch {
	case sent == nil, !s.config.Now().Before(sent.expires):
		return expiredCode()
	case !equal(got, sent.code):
		return codeMismatch()
	}
	return nil
}

func expiredCode() error {
	return &exception{"ExpiredCodeException", "Invalid code provided, please request a code again."}
}

func codeMismatch() error {
	return &exception{"CodeMismatchException", "Invalid verification code provided, please try again."}
}

func digits(n int) string {
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
	// The error is rand.Reader's, which has none.
	number, _ := rand.Int(rand.Reader, limit)
	return fmt.Sprintf("%0*d", n, number)
}

func equal(got, want string) bool { return subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1 }

// delivery is where a code goes.
type delivery struct{ medium, attribute, destination string }

func byEmail(address string) delivery { return delivery{"EMAIL", "email", address} }
func bySMS(number string) delivery    { return delivery{"SMS", "phone_number", number} }

// recovery is where codes for a new password go: only what is verified counts.
func (a *account) recovery() delivery {
	switch {
	case a.Status == Unconfirmed:
		return delivery{}
	case a.Email != "" && a.EmailVerified:
		return byEmail(a.Email)
	case a.Phone != "":
		return bySMS(a.Phone)
	}
	return delivery{}
}

// confirmation is where the code goes that verifies.
func (a *account) confirmation() delivery {
	switch {
	case a.Email != "":
		return byEmail(a.Email)
	case a.Phone != "":
		return bySMS(a.Phone)
	}
	return delivery{}
}

// simulated is where a code for a login that does not exist seems to go: "by
// the input user name format".
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html
func simulated(login string) delivery {
	switch {
	case strings.HasPrefix(login, "+"):
		return bySMS(login)
	case strings.Contains(login, "@"):
		return byEmail(login)
	}
	return byEmail(login + "@" + login)
}

// masked shows of a destination what AWS does: +*******1234, m***@e***.
func (d delivery) masked() string {
	if d.medium == "SMS" {
		return "+*******" + d.destination[max(0, len(d.destination)-4):]
	}
	local, domain, _ := strings.Cut(d.destination, "@")
	return first(local) + "***@" + first(domain) + "***"
}

func first(text string) string {
	for _, r := range text {
		return string(r)
	}
	return ""
}

// details is the answer of ForgotPassword and ResendConfirmationCode.
type details struct{ CodeDeliveryDetails codeDelivery }

type codeDelivery struct{ AttributeName, DeliveryMedium, Destination string }

func (d delivery) details() details {
	return details{codeDelivery{d.attribute, d.medium, d.masked()}}
}
