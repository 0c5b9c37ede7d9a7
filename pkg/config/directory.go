package config

import (
	"maps"
	"regexp"
	"slices"
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
	// Federation is what people know the Federation by; Direct: they are sent
	// there instead of seeing our form.
	Federation string
	Direct     bool
}

// The template's patterns, which are narrower than AWS's.
var (
	poolPattern   = regexp.MustCompile(`^[a-z0-9-]+_[0-9A-Za-z]+$`)
	clientPattern = regexp.MustCompile(`^[0-9A-Za-z_+]+$`)
)

// directory reads what there is even if DIRECTORY cannot be used, for its
// problems.
func (r *reader) directory(clientID string) (Directory, Offers) {
	if !r.reads(variable("DIRECTORY")) {
		return Directory{}, Offers{}
	}
	kind := r.oneOf("DIRECTORY", inDynamoDB, inCognito)
	if kind == inDynamoDB {
		r.otherDirectory(
			"COGNITO_USER_POOL_ID", "COGNITO_CLIENT_ID", "COGNITO_CLIENT_SECRET", "COGNITO_AUTH_FLOW", "COGNITO_CLAIMS",
			"PASSWORD_RESET", "ACCOUNT_CONFIRMATION", "FEDERATION_DOMAIN")
		return Directory{AccountsTable: r.required("ACCOUNTS_TABLE")}, Offers{}
	}
	d := Directory{
		UserPoolID:     r.like("COGNITO_USER_POOL_ID", poolPattern, "eu-west-1_AbCdEfGhI"),
		ClientID:       clientID,
		ClientSecretID: r.get("COGNITO_CLIENT_SECRET"),
		AuthFlow:       r.oneOf("COGNITO_AUTH_FLOW", adminPassword, userChoice),
		Mapping:        r.claims(),
	}
	if kind == inCognito {
		r.required("COGNITO_USER_POOL_ID")
		r.required("COGNITO_CLIENT_ID")
		r.otherDirectory("ACCOUNTS_TABLE")
	}
	if trusted := slices.Sorted(maps.Keys(d.Mapping.Trusts())); len(trusted) > 0 && d.ClientSecretID == "" {
		// SignUp and UpdateUserAttributes ask for no permission of ours.
		r.problem("COGNITO_CLAIMS names %s but COGNITO_CLIENT_SECRET is not set: with the ID of an app client that has no secret people can write their own attributes; use a client that has one", strings.Join(trusted, ", "))
	}
	return d, Offers{Reset: r.on("PASSWORD_RESET"), Confirm: r.on("ACCOUNT_CONFIRMATION"), Passwordless: d.AuthFlow == userChoice}
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
