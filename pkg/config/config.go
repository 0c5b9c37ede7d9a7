// Package config turns a function's environment into a Config, or into one
// error that tells of every problem at once. Variables are listed in
// variables.go.
package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/lambdahttp"
	"deskpro-login/pkg/session"
)

// The doors there can be.
const (
	Users  = "users"
	Agents = "agents"
)

// maxRotationWindow: a week is for an admin's holiday, not for a secret that
// nobody knows to be in use.
const maxRotationWindow = 7 * 24 * time.Hour

const promoteAccepted = "accepted"

// minIdle is the shortest useful life of a session; package session has the
// longest.
const minIdle = time.Minute

// Config is a function's configuration. What the function does not read is
// zero.
type Config struct {
	// Doors are those that are on.
	Doors                        []Door
	SessionIdle, SessionAbsolute time.Duration
	StateTable                   string
	FrameAncestors               string
	// Looks are those of pages that belong to no door; Languages are tags, none for
	// all there are.
	Looks            Looks
	Languages        []string
	MetricsNamespace string
	// Edge is nil where people reach the API itself.
	Edge      *lambdahttp.Edge
	Directory Directory
	Offers    Offers
	Guesses   Guesses
	// KnownBrowserFor is zero where no browser is known for an account.
	KnownBrowserFor time.Duration
	// RefusalTime is what a refusal takes at least.
	RefusalTime time.Duration
	// Federation is nil where nobody else vouches for people.
	Federation *Federation
	Versions   Versions
	// RotationWindow is zero where nothing signs but the current version.
	RotationWindow time.Duration
	// PromoteAccepted: people whom Deskpro lets in speak for a version, too.
	PromoteAccepted bool
}

// Door is a way into the helpdesk.
type Door struct {
	Name     string
	App      *deskpro.App
	SecretID string
	// Group is empty where everyone may pass.
	Group string
	// Factor: nobody passes without a second factor.
	Factor bool
	Looks  Looks
}

// Versions are the ARNs of the versions that Preflight tries.
type Versions struct{ Login, Authenticate, Logout string }

// Load reads the variables of function.
func Load(function Function, getenv func(string) string) (Config, error) {
	r := &reader{function: function, getenv: getenv}
	cfg := Config{
		SessionIdle:      r.duration("SESSION_IDLE", minIdle, session.MaxAbsolute),
		SessionAbsolute:  r.duration("SESSION_ABSOLUTE", minIdle, session.MaxAbsolute),
		StateTable:       r.required("STATE_TABLE"),
		Looks:            r.looks("", Looks{}),
		Languages:        r.languages(),
		FrameAncestors:   r.get("FRAME_ANCESTORS"),
		MetricsNamespace: r.get("METRICS_NAMESPACE"),
		Edge:             r.edge(),
		Guesses:          r.guesses(),
		KnownBrowserFor:  r.duration("KNOWN_BROWSER_FOR", 0, longestKnown),
		RefusalTime:      r.duration("REFUSAL_TIME", 0, mostRefusalTime),
		RotationWindow:   r.duration("ROTATION_WINDOW", 0, maxRotationWindow),
		PromoteAccepted:  r.oneOf("PROMOTE_WHEN", "confirmed", promoteAccepted) == promoteAccepted,
	}
	if cfg.SessionAbsolute != 0 && cfg.SessionIdle > cfg.SessionAbsolute {
		r.problem("SESSION_IDLE (%v) must not be longer than SESSION_ABSOLUTE (%v)", cfg.SessionIdle, cfg.SessionAbsolute)
	}
	if strings.ContainsAny(cfg.FrameAncestors, ";,\r\n") {
		r.problem("FRAME_ANCESTORS is %q: write CSP sources such as https://intranet.example.com, separated by spaces", cfg.FrameAncestors)
	}
	token := deskpro.Config{
		Issuer:    r.get("ISSUER"),
		Algorithm: r.oneOf("TOKEN_ALGORITHM", "HS256", "HS384", "HS512"),
		Lifetime:  r.duration("TOKEN_LIFETIME", deskpro.MinLifetime, deskpro.MaxLifetime),
	}
	for _, name := range []string{Users, Agents} {
		if door, on := r.door(name, token); on {
			door.Looks = r.looks(name, cfg.Looks)
			cfg.Doors = append(cfg.Doors, door)
		}
	}
	switch {
	case len(cfg.Doors) == 0:
		r.problem("no door is on: set USERS_DESKPRO_URL, AGENTS_DESKPRO_URL or both to your helpdesk's address")
	case len(cfg.Doors) == 2 && cfg.Doors[0].SecretID == cfg.Doors[1].SecretID && cfg.Doors[0].SecretID != "":
		r.problem("USERS_SECRET and AGENTS_SECRET are the same: a user's token would open the agent interface; make a secret for each")
	}
	client := r.like("COGNITO_CLIENT_ID", clientPattern, "1example23456789")
	cfg.Directory, cfg.Offers = r.directory(client, cfg.Doors)
	r.unsent("COGNITO_CLAIMS", cfg.Directory.Mapping.Attributes(), cfg.Attributes())
	r.unsent("ACCOUNTS_FIELDS", cfg.Directory.Fields.Attributes(), cfg.Attributes())
	if !cfg.Directory.Fields.IsZero() {
		for _, name := range slices.Compact(slices.Sorted(slices.Values(cfg.Attributes()))) {
			if !slices.Contains(cfg.Directory.Fields.Attributes(), name) {
				r.problem("a door sends %s, which ACCOUNTS_FIELDS does not name: add %[1]s=… with the table's attribute, or take it from USERS_ATTRIBUTES and AGENTS_ATTRIBUTES", name)
			}
		}
	}
	cfg.Federation = r.federation(cfg.Directory.UserPoolID, client, &cfg.Offers)
	cfg.Versions = Versions{r.required("LOGIN_VERSION"), r.required("AUTHENTICATE_VERSION"), r.required("LOGOUT_VERSION")}
	if err := errors.Join(r.problems...); err != nil {
		return Config{}, fmt.Errorf("configuration of %s:\n%w", function, err)
	}
	return cfg, nil
}

// Attributes are the names of those that any door sends.
func (c Config) Attributes() []string {
	var names []string
	for _, d := range c.Doors {
		if d.App != nil {
			names = append(names, d.App.Attributes()...)
		}
	}
	return names
}

// unsent refuses names that a variable has for nobody.
func (r *reader) unsent(name string, attributes, sent []string) {
	for _, attribute := range attributes {
		if !slices.Contains(sent, attribute) {
			r.problem("%s names %s, which no door sends: correct it, or add it to USERS_ATTRIBUTES or AGENTS_ATTRIBUTES", name, attribute)
		}
	}
}

// reader reads variables and collects problems.
type reader struct {
	function Function
	getenv   func(string) string
	problems []error
}

func (r *reader) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf(format, args...))
}

// get returns a variable or its default, empty if the function has none of it.
func (r *reader) get(name string) string { return r.doorValue("", name) }

func (r *reader) doorValue(door, name string) string {
	v := variable(name)
	if !r.reads(v) {
		return ""
	}
	if value := strings.TrimSpace(r.getenv(doorName(door, name))); value != "" {
		return value
	}
	return v.Default
}

// explicit tells whether a variable is set, be it to its default.
func (r *reader) explicit(name string) bool { return r.explicitDoor("", name) }

func (r *reader) explicitDoor(door, name string) bool {
	return r.reads(variable(name)) && strings.TrimSpace(r.getenv(doorName(door, name))) != ""
}

func (r *reader) reads(v *Variable) bool { return slices.Contains(v.Functions, r.function) }

func doorName(door, name string) string {
	if door == "" {
		return name
	}
	return strings.ToUpper(door) + strings.TrimPrefix(name, "DOOR")
}

// required returns a variable that must be set where the function reads it.
func (r *reader) required(name string) string {
	value := r.get(name)
	if value == "" && r.reads(variable(name)) {
		r.problem("%s is not set: %s", name, variable(name).Doc)
	}
	return value
}

// oneOf returns a variable's value, empty if it is none of values.
func (r *reader) oneOf(name string, values ...string) string {
	return r.member(name, r.required(name), values)
}

func (r *reader) member(name, value string, values []string) string {
	if value != "" && !slices.Contains(values, value) {
		r.problem("%s is %q: it must be %s", name, value, strings.Join(values, " or "))
		return ""
	}
	return value
}

// like returns a variable's value, empty if it does not have the pattern.
func (r *reader) like(name string, pattern *regexp.Regexp, example string) string {
	value := r.get(name)
	if value != "" && !pattern.MatchString(value) {
		r.problem("%s is %q: it must be like %s", name, value, example)
		return ""
	}
	return value
}

// duration returns zero for what is no duration, or out of bounds.
func (r *reader) duration(name string, least, most time.Duration) time.Duration {
	if !r.reads(variable(name)) {
		return 0
	}
	d, err := time.ParseDuration(r.get(name))
	switch {
	case err != nil:
		r.problem("%s is %q: write a duration such as 90s, 30m or 12h", name, r.get(name))
		return 0
	case d < least || d > most:
		r.problem("%s is %v: it must be between %v and %v", name, d, least, most)
		return 0
	}
	return d
}

// door reads a door's variables and joins them to token, which both doors
// share. A door is on when its Deskpro URL is set.
func (r *reader) door(name string, token deskpro.Config) (door Door, on bool) {
	get := func(v string) string { return r.doorValue(name, v) }
	address := get("DOOR_DESKPRO_URL")
	if address == "" {
		for _, v := range variables {
			if strings.HasPrefix(v.Name, "DOOR_") && r.explicitDoor(name, v.Name) {
				r.problem("%s is set but %s is not, so that the %s' door is off: set both or neither", doorName(name, v.Name), doorName(name, "DOOR_DESKPRO_URL"), name)
			}
		}
		return Door{}, false
	}
	door = Door{Name: name, SecretID: get("DOOR_SECRET"), Group: get("DOOR_GROUP")}
	door.Factor = r.member(doorName(name, "DOOR_FACTOR"), get("DOOR_FACTOR"), []string{factorOptional, factorRequired}) == factorRequired
	if r.reads(variable("DOOR_SECRET")) && door.SecretID == "" {
		r.problem("%s is not set: %s", doorName(name, "DOOR_SECRET"), variable("DOOR_SECRET").Doc)
	}
	if r.reads(variable("DOOR_GROUP")) && door.Group == "" && name == Agents {
		r.problem("AGENTS_GROUP is not set: %s", variable("DOOR_GROUP").Doc)
	}
	if door.Group == "*" {
		door.Group = ""
	}
	if attributes := get("DOOR_ATTRIBUTES"); strings.Contains(attributes, ",") {
		r.problem("%s is %q: separate names by spaces, not by commas", doorName(name, "DOOR_ATTRIBUTES"), attributes)
	}
	token.URL = address
	token.Issuer += "/" + name
	token.ReturnOrigins = strings.Fields(get("DOOR_RETURN_ORIGINS"))
	token.DefaultReturn = get("DOOR_DEFAULT_RETURN")
	token.Attributes = strings.Fields(get("DOOR_ATTRIBUTES"))
	app, err := deskpro.New(token)
	if err != nil {
		// It joins problems of its own, one a line.
		for line := range strings.SplitSeq(err.Error(), "\n") {
			r.problem("the %s' door (%s variables): %s", name, doorName(name, "DOOR_"), line)
		}
	}
	door.App = app
	return door, true
}

// edge returns nil where there is none.
func (r *reader) edge() *lambdahttp.Edge {
	host, hashes := r.get("EDGE_DOMAIN"), strings.Fields(r.get("ORIGIN_VERIFY_HASHES"))
	switch {
	case host == "" && len(hashes) == 0:
		return nil
	case host == "" || len(hashes) == 0:
		r.problem("EDGE_DOMAIN and ORIGIN_VERIFY_HASHES belong together: set both, or neither if there is no CloudFront in front of the API")
		return nil
	}
	edge, err := lambdahttp.ParseEdge(hashes, host)
	if err != nil {
		r.problem("EDGE_DOMAIN and ORIGIN_VERIFY_HASHES: %w", err)
	}
	return edge
}
