package config

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"deskpro-login/pkg/directory/fields"
)

// What DOOR_FACTOR may be.
const (
	factorOptional = "optional"
	factorRequired = "required"
)

// What new passwords and hashes may be: the bounds of package password, which
// functions that never see one must not link, and to which a test holds them.
const (
	leastLength, mostLength = 15, 64
	leastMemory, mostMemory = 7168, 65536 // KiB
	mostTime, mostLanes     = 8, 8
)

// Hash is what a new hash costs: Memory in KiB, Time in passes.
type Hash struct{ Memory, Time, Parallelism uint32 }

// leastPasses are OWASP's minimum: with so much memory (KiB) or more, so many
// passes. https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id
var leastPasses = [...]struct{ memory, passes uint32 }{{47104, 1}, {19456, 2}, {12288, 3}, {9216, 4}, {7168, 5}}

// hash reads what a new hash costs, each part and then all together.
func (r *reader) hash() Hash {
	h := Hash{
		Memory:      uint32(r.number("HASH_MEMORY", leastMemory, mostMemory)), // #nosec G115 -- between these two
		Time:        uint32(r.number("HASH_TIME", 1, mostTime)),               // #nosec G115 -- the same
		Parallelism: uint32(r.number("HASH_PARALLELISM", 1, mostLanes)),       // #nosec G115 -- the same
	}
	if h.Memory != 0 && h.Time != 0 {
		for _, least := range leastPasses {
			if h.Memory >= least.memory {
				if h.Time < least.passes {
					r.problem("HASH_MEMORY (%d) and HASH_TIME (%d) are less than OWASP's minimum together: with so much memory HASH_TIME must be %d or more", h.Memory, h.Time, least.passes)
				}
				break
			}
		}
	}
	if h.Memory != 0 && h.Parallelism != 0 && h.Memory%(4*h.Parallelism) != 0 {
		r.problem("HASH_MEMORY is %d: with HASH_PARALLELISM %d it must be a multiple of %d", h.Memory, h.Parallelism, 4*h.Parallelism)
	}
	return h
}

// CompanyWords are what everybody would think of here: Directory.Words, the
// brand, the hosts of the helpdesk and what it is.
func (c Config) CompanyWords() []string {
	words := append(slices.Clone(c.Directory.Words), c.Looks.Brand, "Deskpro", "helpdesk")
	for _, door := range c.Doors {
		if door.Looks.Brand != c.Looks.Brand {
			words = append(words, door.Looks.Brand)
		}
		for _, origin := range door.App.Origins() {
			_, host, _ := strings.Cut(origin, "://")
			words = append(words, host)
		}
	}
	return words
}

// FactorDoors are the groups that doors which ask for a second factor let in, "*"
// for everyone.
func (c Config) FactorDoors() (groups []string) {
	for _, door := range c.Doors {
		if door.Factor {
			groups = append(groups, cmp.Or(door.Group, "*"))
		}
	}
	return groups
}

// tableVariables are those that only a table of accounts has.
func tableVariables() []string {
	return []string{
		"ACCOUNTS_TABLE", "ACCOUNTS_FIELDS", "ACCOUNTS_WRITES", "FACTORS", "FACTOR_SECRET", "FACTOR_GROUPS",
		"PASSWORD_MIN_LENGTH", "PASSWORD_WORDS", "BREACH_CHECK", "HASH_MEMORY", "HASH_TIME", "HASH_PARALLELISM",
	}
}

// table reads what belongs to a table of accounts.
func (r *reader) table(doors []Door) (Directory, Offers) {
	d := Directory{
		AccountsTable:  r.required("ACCOUNTS_TABLE"),
		Fields:         pairs(r, "ACCOUNTS_FIELDS", fields.Parse),
		Writes:         r.on("ACCOUNTS_WRITES"),
		Factors:        r.on("FACTORS"),
		FactorSecretID: r.get("FACTOR_SECRET"),
		FactorGroups:   r.groups("FACTOR_GROUPS"),
		MinLength:      r.number("PASSWORD_MIN_LENGTH", leastLength, mostLength),
		Words:          r.words("PASSWORD_WORDS"),
		BreachCheck:    r.on("BREACH_CHECK"),
		Hash:           r.hash(),
	}
	if d.Factors {
		r.required("FACTOR_SECRET")
	} else {
		for _, name := range []string{"FACTOR_SECRET", "FACTOR_GROUPS"} {
			if r.explicit(name) {
				r.problem("%s is set but FACTORS is off: set FACTORS to on, or remove it", name)
			}
		}
	}
	if d.Factors && !d.Writes {
		r.problem("FACTORS is on but ACCOUNTS_WRITES is off, so that nobody could set up an app, nor a code be used up: set both to on, or FACTORS to off")
	}
	if r.get("ACCOUNTS_WRITES") == "off" {
		for _, name := range []string{"PASSWORD_MIN_LENGTH", "PASSWORD_WORDS", "BREACH_CHECK"} {
			if r.explicit(name) {
				r.problem("%s is set but ACCOUNTS_WRITES is off, so that nobody chooses a password here: set ACCOUNTS_WRITES to on, or remove it", name)
			}
		}
	}
	for _, door := range doors {
		if door.Factor && !d.Factors {
			r.problem("%s is %s but FACTORS is off, so that nobody could pass: set FACTORS to on, or it to %s", doorName(door.Name, "DOOR_FACTOR"), factorRequired, factorOptional)
		}
		if door.SecretID != "" && door.SecretID == d.FactorSecretID {
			r.problem("FACTOR_SECRET and %s are the same: who knows the one that Deskpro has must not open the other; make a secret for each", doorName(door.Name, "DOOR_SECRET"))
		}
	}
	return d, Offers{Change: d.Writes, Factor: d.Factors, Codes: d.Factors}
}

// number returns zero for what is none, or out of bounds.
func (r *reader) number(name string, least, most int) int {
	if !r.reads(variable(name)) {
		return 0
	}
	n, err := strconv.Atoi(r.get(name))
	if err != nil || n < least || n > most {
		r.problem("%s is %q: it must be a whole number from %d to %d", name, r.get(name), least, most)
		return 0
	}
	return n
}

// words are separated by spaces.
func (r *reader) words(name string) []string {
	value := r.get(name)
	if strings.Contains(value, ",") {
		r.problem("%s is %q: separate words by spaces, not by commas", name, value)
	}
	if value == "" {
		return nil
	}
	return strings.Fields(value)
}

// groups are separated by commas: a group's name may have spaces.
func (r *reader) groups(name string) []string {
	value := r.get(name)
	if value == "" {
		return nil
	}
	groups := strings.Split(value, ",")
	for i := range groups {
		groups[i] = strings.TrimSpace(groups[i])
	}
	if slices.Contains(groups, "") {
		r.problem("%s is %q: write groups' names, with a comma between two", name, value)
		return nil
	}
	return groups
}
