package config_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"deskpro-login/pkg/config"
	"deskpro-login/pkg/directory/fields"
)

func TestATableOfAccountsIsRead(t *testing.T) {
	mapped, err := fields.Parse([]string{"login=username", "disabled=!active", "department=dept", "phone=tel"})
	if err != nil {
		t.Fatal(err)
	}
	cfg := mustLoad(t, config.Authenticate, with(factors, map[string]string{
		"ACCOUNTS_FIELDS": " login=username  disabled=!active department=dept phone=tel ", "FACTOR_GROUPS": "deskpro-agents, Finance (EU)",
		"PASSWORD_MIN_LENGTH": "64", "PASSWORD_WORDS": "Sprocket  roadrunner", "BREACH_CHECK": "on",
		"HASH_MEMORY": "65536", "HASH_TIME": "3", "HASH_PARALLELISM": "4",
	}))
	want := config.Directory{
		AccountsTable: "accounts", Fields: mapped, Writes: true, Factors: true, FactorSecretID: "deskpro-login/factors",
		FactorGroups: []string{"deskpro-agents", "Finance (EU)"}, MinLength: 64, Words: []string{"Sprocket", "roadrunner"}, BreachCheck: true,
		Hash: config.Hash{Memory: 65536, Time: 3, Parallelism: 4},
	}
	if !reflect.DeepEqual(cfg.Directory, want) {
		t.Errorf("got %+v, want %+v", cfg.Directory, want)
	}
}

func TestTheCompanysWordsAreItsOwnItsNameAndTheHelpdesks(t *testing.T) {
	cfg := mustLoad(t, config.Authenticate, map[string]string{"PASSWORD_WORDS": "sprocket roadrunner", "BRAND": "Acme Ltd", "AGENTS_RETURN_ORIGINS": "https://desk.acme.example:8443"})
	want := []string{
		"sprocket", "roadrunner", "Acme Ltd", "acme.deskpro.com", "help.acme.example", "support.acme.example", "acme.deskpro.com", "desk.acme.example:8443",
	}
	if got := cfg.CompanyWords(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Its page leads there; the rest is authenticate's.
func TestLoginLearnsOfATableOnlyWhatItOffers(t *testing.T) {
	cfg := mustLoad(t, config.Login, with(factors, map[string]string{"FACTOR_GROUPS": "x", "PASSWORD_WORDS": "x", "ACCOUNTS_FIELDS": "x", "HASH_TIME": "x", "AGENTS_FACTOR": "required"}))
	if want := (config.Directory{Writes: true, Factors: true}); !reflect.DeepEqual(cfg.Directory, want) {
		t.Errorf("got %+v, want %+v", cfg.Directory, want)
	}
	if cfg.Doors[0].Factor || !cfg.Doors[1].Factor {
		t.Errorf("doors are %+v, want one that asks for a second factor: the agents'", cfg.Doors)
	}
}

func TestProblemsOfATable(t *testing.T) {
	apps := func(changes map[string]string) map[string]string { return with(factors, changes) }
	pool := func(changes map[string]string) map[string]string { return with(cognito, changes) }
	checkProblems(t, []problemRow{
		{"fields separated by commas", map[string]string{"ACCOUNTS_FIELDS": "login=username,email=mail"}, []string{"ACCOUNTS_FIELDS is", "by spaces, not by commas"}},
		{"a field that nobody is sent", map[string]string{"ACCOUNTS_FIELDS": "team=squad department=dept phone=tel"}, []string{"ACCOUNTS_FIELDS names team, which no door sends", "USERS_ATTRIBUTES"}},
		{"a field that is sent and not named", map[string]string{"ACCOUNTS_FIELDS": "phone=tel"}, []string{"a door sends department, which ACCOUNTS_FIELDS does not name", "add department=…"}},
		{"a field that is no pair", map[string]string{"ACCOUNTS_FIELDS": "login"}, []string{"ACCOUNTS_FIELDS: "}},
		{"writing or not", map[string]string{"ACCOUNTS_WRITES": "read"}, []string{`ACCOUNTS_WRITES is "read"`, "on or off"}},
		{"apps without the secret that seals their keys", map[string]string{"FACTORS": "on"}, []string{"FACTOR_SECRET is not set", "Secrets Manager"}},
		{"apps in a table that is only read", apps(map[string]string{"ACCOUNTS_WRITES": "off"}), []string{"FACTORS is on but ACCOUNTS_WRITES is off"}},
		{"a secret for no apps", apps(map[string]string{"FACTORS": ""}), []string{"FACTOR_SECRET is set but FACTORS is off"}},
		{"groups that need no apps", map[string]string{"FACTOR_GROUPS": "staff"}, []string{"FACTOR_GROUPS is set but FACTORS is off"}},
		{"groups with a gap", apps(map[string]string{"FACTOR_GROUPS": "staff,,agents"}), []string{"FACTOR_GROUPS is", "with a comma between two"}},
		{"a door that asks for what nobody has", map[string]string{"AGENTS_FACTOR": "required"}, []string{"AGENTS_FACTOR is required but FACTORS is off", "nobody could pass"}},
		{"a door that asks for something else", apps(map[string]string{"USERS_FACTOR": "on"}), []string{`USERS_FACTOR is "on"`, "optional or required"}},
		{"a door that is off asks for it", apps(map[string]string{"AGENTS_DESKPRO_URL": "", "AGENTS_DEFAULT_RETURN": "", "AGENTS_SECRET": "", "AGENTS_GROUP": "", "AGENTS_FACTOR": "optional"}), []string{"AGENTS_FACTOR is set but AGENTS_DESKPRO_URL is not"}},
		{"a door's secret for the apps' keys", apps(map[string]string{"FACTOR_SECRET": "deskpro-login/users"}), []string{"FACTOR_SECRET and USERS_SECRET are the same", "make a secret for each"}},
		{"short passwords", map[string]string{"PASSWORD_MIN_LENGTH": "14"}, []string{`PASSWORD_MIN_LENGTH is "14"`, "from 15 to 64"}},
		{"passwords too long for some", map[string]string{"PASSWORD_MIN_LENGTH": "65"}, []string{`PASSWORD_MIN_LENGTH is "65"`, "from 15 to 64"}},
		{"a length in words", map[string]string{"PASSWORD_MIN_LENGTH": "twenty"}, []string{`PASSWORD_MIN_LENGTH is "twenty"`, "a whole number"}},
		{"words separated by commas", map[string]string{"PASSWORD_WORDS": "sprocket,roadrunner"}, []string{"PASSWORD_WORDS is", "by spaces, not by commas"}},
		{"asking or not", map[string]string{"BREACH_CHECK": "yes"}, []string{`BREACH_CHECK is "yes"`, "on or off"}},
		{"a hash of too much memory", map[string]string{"HASH_MEMORY": "65537"}, []string{`HASH_MEMORY is "65537"`, "from 7168 to 65536"}},
		{"a hash of too little memory", map[string]string{"HASH_MEMORY": "7167"}, []string{`HASH_MEMORY is "7167"`, "from 7168 to 65536"}},
		{"a hash of negative memory", map[string]string{"HASH_MEMORY": "-19456"}, []string{`HASH_MEMORY is "-19456"`, "from 7168 to 65536"}},
		{"a hash of no passes", map[string]string{"HASH_TIME": "0"}, []string{`HASH_TIME is "0"`, "from 1 to 8"}},
		{"a hash of many passes", map[string]string{"HASH_TIME": "9"}, []string{`HASH_TIME is "9"`, "from 1 to 8"}},
		{"a hash of many lanes", map[string]string{"HASH_PARALLELISM": "9"}, []string{`HASH_PARALLELISM is "9"`, "from 1 to 8"}},
		{"cognito with a table's fields", pool(map[string]string{"ACCOUNTS_FIELDS": "login=username"}), []string{"ACCOUNTS_FIELDS is set but DIRECTORY is cognito"}},
		{"cognito with apps of our own", pool(map[string]string{"FACTORS": "off"}), []string{"FACTORS is set but DIRECTORY is cognito"}},
		{"cognito with passwords of our own", pool(map[string]string{"PASSWORD_MIN_LENGTH": "15"}), []string{"PASSWORD_MIN_LENGTH is set but DIRECTORY is cognito"}},
		{"cognito at a door that asks for an app", pool(map[string]string{"AGENTS_FACTOR": "required"}), []string{"AGENTS_FACTOR is set but DIRECTORY is cognito", "the user pool itself"}},
	})
}

// Login shows the way to what authenticate would refuse to start with.
func TestLoginRefusesADoorThatAsksForWhatNobodyHas(t *testing.T) {
	_, err := load(config.Login, environment(map[string]string{"USERS_FACTOR": "required"}))
	if err == nil || !strings.Contains(err.Error(), "USERS_FACTOR is required but FACTORS is off") {
		t.Errorf("error = %v, want one about the door", err)
	}
}

func TestWhatIsWrongWithATableIsToldWithoutADirectory(t *testing.T) {
	_, err := load(config.Authenticate, environment(map[string]string{"DIRECTORY": "", "FACTORS": "1", "HASH_TIME": "0", "PASSWORD_MIN_LENGTH": "8"}))
	for _, want := range []string{"DIRECTORY is not set", "FACTORS is", "HASH_TIME is", "PASSWORD_MIN_LENGTH is"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want one that says %q", err, want)
		}
	}
	if problems := lines(t, err); len(problems) != 4 {
		t.Errorf("got %d problems, want 4:\n%v", len(problems), err)
	}
}
