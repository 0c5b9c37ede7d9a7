package main

import (
	"slices"

	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/memory"
	"deskpro-login/pkg/redact"
)

// practicePassword opens every account here: never serve this directory.
const practicePassword = "practice-helpdesk"

func practiceAccounts() []memory.Account {
	return []memory.Account{
		practiceAccount("u-1001", "ugo@example.com", "Ugo Bianchi"),
		practiceAccount("u-1002", "ana@example.com", "Ana Souza", "deskpro-agents"),
		practiceAccount("u-1003", "mia@example.com", "Mia Lindqvist"),
	}
}

func practiceAccount(id, email, name string, groups ...string) memory.Account {
	return memory.Account{
		Account: account.Account{
			ID: id, Login: email, Email: email, EmailVerified: true, Name: name, Groups: groups,
		},
		Password: redact.New(practicePassword),
	}
}

// note says in the banner what an account is for.
func note(a memory.Account) string {
	if slices.Contains(a.Groups, "deskpro-agents") {
		return "user and agent (in the group deskpro-agents)"
	}
	return "user"
}
