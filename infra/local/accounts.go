package main

import (
	"context"
	"slices"

	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/cognito/cognitotest"
	"deskpro-login/pkg/factor"
)

const (
	// practicePassword opens every account here: never serve this directory.
	practicePassword = "practice-helpdesk"
	// practiceBcrypt is a bcrypt hash of it, as PHP's password_hash makes them.
	practiceBcrypt = "$2y$10$Klv3hSDtAhxaZmzyurSrKuMZRsRlc5winFjKK863fUyOuCi72ZD2S"
	// practiceTOTP is the key of mia's and max's authenticator app, and
	// practiceTOTPText the same in base32.
	practiceTOTP     = "Hello!\xde\xad\xbe\xef"
	practiceTOTPText = "JBSWY3DPEHPK3PXP"
	agentsGroup      = "deskpro-agents"
)

// practiceAccount is an account with what is worth trying about it.
type practiceAccount struct {
	id, email, name string
	groups          []string
	note            string
	// user and row make of the account, in the pool and in the table, what the
	// note says; nil: it has none there.
	user func(*cognitotest.User)
	row  func(context.Context, *account.Account, *factor.Vault) error
}

// practiceAccounts are the accounts of the pool and of the table.
func practiceAccounts() []practiceAccount {
	return []practiceAccount{
		{"u-1001", "ugo@example.com", "Ugo Bianchi", nil, "user", asItIs, plain},
		{"u-1002", "ana@example.com", "Ana Souza", []string{agentsGroup}, "user and agent (in the group " + agentsGroup + ")", asItIs, plain},
		{"u-1003", "mia@example.com", "Mia Lindqvist", nil, "user with an authenticator app, key " + practiceTOTPText, func(u *cognitotest.User) {
			u.TOTP = []byte(practiceTOTP)
		}, withApp},
		{"u-1004", "max@example.com", "Max Ito", nil, "user who may choose between that app and text messages", func(u *cognitotest.User) {
			u.TOTP, u.Phone, u.SMS = []byte(practiceTOTP), "+442079460000", true
		}, nil},
		{"u-1005", "eva@example.com", "Eva Novak", nil, "user who gets a code by email", func(u *cognitotest.User) { u.EmailCode = true }, nil},
		{"u-1006", "nia@example.com", "", nil, "user who must choose a new password and has no name yet", func(u *cognitotest.User) {
			u.Status = cognitotest.ForceChangePassword
		}, nil},
		{"u-1007", "pat@example.com", "Pat Moreau", nil, "user whose pool asks a question: the answer is 42", func(u *cognitotest.User) {
			u.Custom = []cognitotest.Question{{Parameters: map[string]string{"question": "What do you get if you multiply six by seven?"}, Answer: "42"}}
		}, nil},
		{"u-1008", "rio@example.com", "Rio Tanaka", nil, "user whose password was reset: use Forgotten your password?", func(u *cognitotest.User) {
			u.Status = cognitotest.ResetRequired
		}, nil},
		{"u-1009", "una@example.com", "Una Byrne", nil, "user who has not confirmed the account yet", func(u *cognitotest.User) {
			u.Status = cognitotest.Unconfirmed
		}, nil},
		{"u-1010", "ida@example.com", "Ida Okafor", nil, "user of " + providerName + ", without a password here", func(u *cognitotest.User) {
			u.Provider, u.Password = "PracticeID", ""
		}, nil},
		{"u-1011", "leo@example.com", "Leo Haddad", nil, "user who must choose a new password", nil, mustChange},
		{"u-1012", "bea@example.com", "Bea Kowalski", nil, "user whose bcrypt hash came from another system", nil, imported},
	}
}

// asItIs is the user of the pool of an account that nothing is special about.
func asItIs(*cognitotest.User) {}

// pooled is the account in the user pool.
func (a practiceAccount) pooled() cognitotest.User {
	u := cognitotest.User{
		Password: practicePassword, Email: a.email, EmailVerified: true, Name: a.name, Groups: slices.Clone(a.groups),
		Attributes: map[string]string{"custom:staff_no": a.id},
	}
	a.user(&u)
	return u
}

// stored is the account in the table, with the hash of its password.
func (a practiceAccount) stored(hash string) *account.Account {
	return &account.Account{
		ID: a.id, Login: a.email, Email: a.email, EmailVerified: true, Name: a.name, Groups: slices.Clone(a.groups),
		Credentials: account.Credentials{PasswordHash: hash},
	}
}
