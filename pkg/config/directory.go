package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"deskpro-login/pkg/directory/claims"
	"deskpro-login/pkg/directory/fields"
)

// The directories and Cognito's flows, as their variables name them.
const (
	inDynamoDB = "dynamodb"
	inCognito  = "cognito"

	adminPassword = "ADMIN_USER_PASSWORD_AUTH"
	userChoice    = "USER_AUTH"
)

// Directory says where accounts are: in Cognito if UserPoolID is set, else in
// AccountsTable. What belongs to the other is zero.
type Directory struct {
	AccountsTable string
	// Fields says what of the table is what; zero: it is as we make it.
	Fields fields.Fields
	// Writes: the table may be written.
	Writes bool
	// Factors: people may set up authenticator apps, whose keys the secret called
	// FactorSecretID seals. Members of FactorGroups must.
	Factors        bool
	FactorSecretID string
	FactorGroups   []string
	// MinLength is that of new passwords. Words are the company's, poor passwords
	// all of them; BreachCheck has the others looked up.
	MinLength   int
	Words       []string
	BreachCheck bool
	// Hash is what a new hash costs.
	Hash Hash

	UserPoolID     string
	ClientID       string
	ClientSecretID string
	// AuthFlow is that of COGNITO_AUTH_FLOW.
	AuthFlow string
	// Mapping makes people from Cognito's claims.
	Mapping claims.Mapping
}

// Offers are what the sign-in page leads to beside a password.
type Offers struct {
	// Reset is a page for a forgotten password, Confirm one for an account that
	// a person made.
	Reset, Confirm bool
	// Change leads to another password for who knows the present one, Factor to an
	// authenticator app or to being without one, Codes to new recovery codes.
	Change, Factor, Codes bool
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
func (r *reader) directory(clientID string, doors []Door) (Directory, Offers) {
	if !r.reads(variable("DIRECTORY")) {
		return Directory{}, Offers{}
	}
	kind := r.oneOf("DIRECTORY", inDynamoDB, inCognito)
	if kind == inDynamoDB || kind == "" && r.explicit("ACCOUNTS_TABLE") {
		d, offers := r.table(doors)
		if kind == inDynamoDB {
			r.otherDirectory(
				"COGNITO_USER_POOL_ID", "COGNITO_CLIENT_ID", "COGNITO_CLIENT_SECRET", "COGNITO_AUTH_FLOW", "COGNITO_CLAIMS",
				"PASSWORD_RESET", "ACCOUNT_CONFIRMATION", "FEDERATION_DOMAIN")
			return d, offers
		}
	}
	return r.pool(kind, clientID, doors)
}

// pool reads what belongs to a Cognito user pool.
func (r *reader) pool(kind, clientID string, doors []Door) (Directory, Offers) {
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
		r.otherDirectory(tableVariables()...)
		for _, door := range doors {
			if r.explicitDoor(door.Name, "DOOR_FACTOR") {
				r.problem("%s is set but DIRECTORY is %s: the user pool itself says who needs a second factor; remove it", doorName(door.Name, "DOOR_FACTOR"), kind)
			}
		}
	}
	if trusted := slices.Sorted(maps.Keys(d.Mapping.Trusts())); len(trusted) > 0 && d.ClientSecretID == "" {
		// SignUp and UpdateUserAttributes ask for no permission of ours.
		r.problem("COGNITO_CLAIMS names %s but COGNITO_CLIENT_SECRET is not set: with the ID of an app client that has no secret people can write their own attributes; use a client that has one", strings.Join(trusted, ", "))
	}
	return d, Offers{Change: kind == inCognito, Factor: kind == inCognito, Reset: r.on("PASSWORD_RESET"), Confirm: r.on("ACCOUNT_CONFIRMATION"), Passwordless: d.AuthFlow == userChoice}
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

func (r *reader) claims() claims.Mapping { return pairs(r, "COGNITO_CLAIMS", claims.Parse) }

// pairs reads a variable of pairs separated by spaces.
func pairs[T any](r *reader, name string, parse func([]string) (T, error)) T {
	value := r.get(name)
	if strings.Contains(value, ",") {
		r.problem("%s is %q: separate pairs by spaces, not by commas", name, value)
		value = ""
	}
	parsed, err := parse(strings.Fields(value))
	if err != nil {
		// It joins problems of its own, one a line.
		for line := range strings.SplitSeq(err.Error(), "\n") {
			r.problem("%s: %s", name, line)
		}
	}
	return parsed
}
