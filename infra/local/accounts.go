package main

import (
	"slices"

	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/cognito/cognitotest"
	"deskpro-login/pkg/directory/memory"
	"deskpro-login/pkg/redact"
)

const (
	// practicePassword opens every account here: never serve this directory.
	practicePassword = "practice-helpdesk"
	// practiceTOTP is the key of mia's and max's authenticator app, in base32
	// JBSWY3DPEHPK3PXP.
	practiceTOTP = "Hello!\xde\xad\xbe\xef"
	agentsGroup  = "deskpro-agents"
)

// practiceAccount is an account with what is worth trying about it.
type practiceAccount struct {
	id, email, name string
	groups          []string
	note            string
	// change makes the user of the pool what the note says; nil: nothing does.
	change func(*cognitotest.User)
}

// practiceAccounts are the accounts; a table of accounts has only those whose
// password is all that it takes.
func practiceAccounts() []practiceAccount {
	return []practiceAccount{
		{"u-1001", "ugo@example.com", "Ugo Bianchi", nil, "user", nil},
		{"u-1002", "ana@example.com", "Ana Souza", []string{agentsGroup}, "user and agent (in the group " + agentsGroup + ")", nil},
		{"u-1003", "mia@example.com", "Mia Lindqvist", nil, "user with an authenticator app, key JBSWY3DPEHPK3PXP", func(u *cognitotest.User) {
			u.TOTP = []byte(practiceTOTP)
		}},
		{"u-1004", "max@example.com", "Max Ito", nil, "user who may choose between that app and text messages", func(u *cognitotest.User) {
			u.TOTP, u.Phone, u.SMS = []byte(practiceTOTP), "+442079460000", true
		}},
		{"u-1005", "eva@example.com", "Eva Novak", nil, "user who gets a code by email", func(u *cognitotest.User) { u.EmailCode = true }},
		{"u-1006", "nia@example.com", "", nil, "user who must choose a new password and has no name yet", func(u *cognitotest.User) {
			u.Status = cognitotest.ForceChangePassword
		}},
		{"u-1007", "pat@example.com", "Pat Moreau", nil, "user whose pool asks a question: the answer is 42", func(u *cognitotest.User) {
			u.Custom = []cognitotest.Question{{Parameters: map[string]string{"question": "What do you get if you multiply six by seven?"}, Answer: "42"}}
		}},
		{"u-1008", "rio@example.com", "Rio Tanaka", nil, "user whose password was reset: use Forgotten your password?", func(u *cognitotest.User) {
			u.Status = cognitotest.ResetRequired
		}},
		{"u-1009", "una@example.com", "Una Byrne", nil, "user who has not confirmed the account yet", func(u *cognitotest.User) {
			u.Status = cognitotest.Unconfirmed
		}},
		{"u-1010", "ida@example.com", "Ida Okafor", nil, "user of " + providerName + ", without a password here", func(u *cognitotest.User) {
			u.Provider, u.Password = "PracticeID", ""
		}},
	}
}

// user is the account in a user pool.
func (a practiceAccount) user() cognitotest.User {
	u := cognitotest.User{
		Password: practicePassword, Email: a.email, EmailVerified: true, Name: a.name, Groups: slices.Clone(a.groups),
		Attributes: map[string]string{"custom:staff_no": a.id},
	}
	if a.change != nil {
		a.change(&u)
	}
	return u
}

// row is the account in a table.
func (a practiceAccount) row() memory.Account {
	return memory.Account{
		Account: account.Account{
			ID: a.id, Login: a.email, Email: a.email, EmailVerified: true, Name: a.name, Groups: slices.Clone(a.groups),
		},
		Password: redact.New(practicePassword),
	}
}
