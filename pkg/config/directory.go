package config

import (
	"strings"

	"deskpro-login/pkg/directory/claims"
)

// The directories and Cognito's flows, as their variables name them.
const (
	inDynamoDB = "dynamodb"
	inCognito  = "cognito"

	adminPassword = "ADMIN_USER_PASSWORD_AUTH"
	userChoice    = "USER_AUTH"
)

// Directory says where accounts are: in Cognito if UserPoolID is set, else in
// AccountsTable.
type Directory struct {
	AccountsTable  string
	UserPoolID     string
	ClientID       string
	ClientSecretID string
	// AuthFlow is that of COGNITO_AUTH_FLOW; empty without Cognito.
	AuthFlow string
	// Mapping makes people from Cognito's claims.
	Mapping claims.Mapping
}

// Offers are what the sign-in page leads to beside a password.
type Offers struct {
	// Reset is a page for a forgotten password, Confirm one for an account that
	// a person made.
	Reset, Confirm bool
	// Passwordless: the directory may be asked for other ways to sign in.
	Passwordless bool
}

func (r *reader) directory() (Directory, Offers) {
	d := Directory{
		AccountsTable:  r.get("ACCOUNTS_TABLE"),
		UserPoolID:     r.get("COGNITO_USER_POOL_ID"),
		ClientSecretID: r.get("COGNITO_CLIENT_SECRET"),
	}
	switch r.oneOf("DIRECTORY", inDynamoDB, inCognito) {
	case inDynamoDB:
		r.required("ACCOUNTS_TABLE")
		r.otherDirectory(
			"COGNITO_USER_POOL_ID", "COGNITO_CLIENT_ID", "COGNITO_CLIENT_SECRET", "COGNITO_AUTH_FLOW", "COGNITO_CLAIMS",
			"PASSWORD_RESET", "ACCOUNT_CONFIRMATION", "FEDERATION_DOMAIN")
		return d, Offers{}
	case inCognito:
		r.required("COGNITO_USER_POOL_ID")
		d.ClientID = r.required("COGNITO_CLIENT_ID")
		r.otherDirectory("ACCOUNTS_TABLE")
		d.Mapping = r.claims()
		d.AuthFlow = r.oneOf("COGNITO_AUTH_FLOW", adminPassword, userChoice)
		return d, Offers{Reset: r.on("PASSWORD_RESET"), Confirm: r.on("ACCOUNT_CONFIRMATION"), Passwordless: d.AuthFlow == userChoice}
	}
	return Directory{}, Offers{}
}

// otherDirectory refuses what belongs to a directory that was not chosen.
func (r *reader) otherDirectory(names ...string) {
	for _, name := range names {
		if r.explicit(name) {
			r.problem("%s is set but DIRECTORY is %s: remove it, or change DIRECTORY", name, r.get("DIRECTORY"))
		}
	}
}

func (r *reader) on(name string) bool { return r.oneOf(name, "on", "off") == "on" }

func (r *reader) claims() claims.Mapping {
	pairs := r.get("COGNITO_CLAIMS")
	if strings.Contains(pairs, ",") {
		r.problem("COGNITO_CLAIMS is %q: separate pairs by spaces, not by commas", pairs)
		return claims.Mapping{}
	}
	mapping, err := claims.Parse(strings.Fields(pairs))
	if err != nil {
		// It joins problems of its own, one a line.
		for line := range strings.SplitSeq(err.Error(), "\n") {
			r.problem("COGNITO_CLAIMS: %s", line)
		}
	}
	return mapping
}
