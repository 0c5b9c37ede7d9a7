package config_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"deskpro-login/pkg/config"
	"deskpro-login/pkg/directory/fields"
	"deskpro-login/pkg/password"
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
		"sprocket", "roadrunner", "Acme Ltd", "Deskpro", "helpdesk", "acme.deskpro.com", "help.acme.example", "support.acme.example", "acme.deskpro.com", "desk.acme.example:8443",
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
		{"a hash below OWASP's minimum", map[string]string{"HASH_TIME": "1"}, []string{"HASH_MEMORY (19456) and HASH_TIME (1) are less than OWASP's minimum", "HASH_TIME must be 2 or more"}},
		{"a hash of memory that lanes do not divide", map[string]string{"HASH_MEMORY": "19460", "HASH_PARALLELISM": "8"}, []string{"HASH_MEMORY is 19460", "a multiple of 32"}},
		{"longer passwords where nobody chooses one", map[string]string{"ACCOUNTS_WRITES": "off", "PASSWORD_MIN_LENGTH": "20"}, []string{"PASSWORD_MIN_LENGTH is set but ACCOUNTS_WRITES is off", "nobody chooses a password here"}},
		{"words where nobody chooses a password", map[string]string{"ACCOUNTS_WRITES": "off", "PASSWORD_WORDS": "sprocket"}, []string{"PASSWORD_WORDS is set but ACCOUNTS_WRITES is off"}},
		{"leaked passwords where nobody chooses one", map[string]string{"ACCOUNTS_WRITES": "off", "BREACH_CHECK": "on"}, []string{"BREACH_CHECK is set but ACCOUNTS_WRITES is off"}},
		{"cognito with a table's fields", pool(map[string]string{"ACCOUNTS_FIELDS": "login=username"}), []string{"ACCOUNTS_FIELDS is set but DIRECTORY is cognito"}},
		{"cognito with apps of our own", pool(map[string]string{"FACTORS": "off"}), []string{"FACTORS is set but DIRECTORY is cognito"}},
		{"cognito with passwords of our own", pool(map[string]string{"PASSWORD_MIN_LENGTH": "15"}), []string{"PASSWORD_MIN_LENGTH is set but DIRECTORY is cognito"}},
		{"cognito at a door that asks for an app", pool(map[string]string{"AGENTS_FACTOR": "required"}), []string{"AGENTS_FACTOR is set but DIRECTORY is cognito", "the user pool itself"}},
	})
}

// Package password has the last word on what a hash may cost. What it would refuse
// to start with is told here, beside all other problems.
func TestHashesCostWhatPackagePasswordTakes(t *testing.T) {
	taken, refused := 0, 0
	for _, memory := range []uint32{7168, 7172, 9212, 9216, 9220, 12284, 12288, 12300, 19452, 19456, 19460, 19472, 32768, 32769, 47100, 47104, 47120, 65532, 65536} {
		for time := range uint32(8) {
			for lanes := range uint32(8) {
				time, lanes := time+1, lanes+1
				_, want := password.New(password.Config{Memory: memory, Time: time, Parallelism: lanes})
				cfg, got := load(config.Authenticate, environment(map[string]string{
					"HASH_MEMORY": fmt.Sprint(memory), "HASH_TIME": fmt.Sprint(time), "HASH_PARALLELISM": fmt.Sprint(lanes),
				}))
				switch {
				case (got == nil) != (want == nil):
					t.Errorf("%d KiB, %d passes, %d lanes: %v, but package password says %v", memory, time, lanes, got, want)
				case got != nil:
					refused++
				case cfg.Directory.Hash != config.Hash{Memory: memory, Time: time, Parallelism: lanes}:
					t.Errorf("%d KiB, %d passes, %d lanes are read as %+v", memory, time, lanes, cfg.Directory.Hash)
				default:
					taken++
				}
			}
		}
	}
	if taken < 100 || refused < 100 {
		t.Errorf("%d are taken and %d refused, want hundreds of both", taken, refused)
	}
	_, err := load(config.Authenticate, environment(map[string]string{"HASH_MEMORY": "7172", "HASH_PARALLELISM": "8"}))
	if problems := lines(t, err); len(problems) != 2 {
		t.Errorf("got %d problems, want both: too weak, and no multiple\n%v", len(problems), err)
	}
}

// What a login that does not exist costs is set where nothing is written, too.
func TestATableThatIsOnlyReadHasACostOfHashes(t *testing.T) {
	cfg := mustLoad(t, config.Authenticate, map[string]string{"ACCOUNTS_WRITES": "off", "HASH_MEMORY": "65536"})
	if cfg.Directory.Hash.Memory != 65536 {
		t.Errorf("the directory is %+v", cfg.Directory)
	}
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
