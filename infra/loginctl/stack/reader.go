package stack

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"deskpro-login/infra/loginctl/hint"
)

// What the outputs look like. They end up in commands, links and tables.
var (
	client    = matches("an app client's ID", `[0-9A-Za-z_+]{1,128}`)
	algorithm = matches("HS256, HS384 or HS512", `HS(256|384|512)`)
	directory = matches("dynamodb or cognito", `dynamodb|cognito`)
	host      = matches("a host name", `[a-z0-9.-]{1,253}`)
	logGroup  = matches("a log group's name", `[0-9A-Za-z_/.#-]{1,512}`)
	onOff     = matches("on or off", `on|off`)
	pairs     = matches("pairs such as login=username", `[a-z0-9_]+=[!#-&(-;=?-\[\]^_a-z{}~]+( [a-z0-9_]+=[!#-&(-;=?-\[\]^_a-z{}~]+)*`)
	lifetime  = matches("seconds, such as 120s", `[0-9]{1,4}s`)
	pool      = matches("a user pool's ID", `[a-z0-9-]+_[0-9A-Za-z]+`)
	region    = matches("a Region", `[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}`)
	table     = matches("a table's name", `[0-9A-Za-z_.-]{3,255}`)
	rules     = matches("rules such as min-length=15 breach-check=off", `min-length=(1[5-9]|[2-5][0-9]|6[0-4]) breach-check=(on|off)`)
	hashCost  = matches("a cost such as memory=19456 time=2 parallelism=1", `memory=[1-9][0-9]{3,4} time=[1-8] parallelism=[1-8]`)
	text      = form{"text without control characters", isText}
	address   = form{"an https address", isAddress}

	secretARN = regexp.MustCompile(`^arn:(aws[a-z-]*):secretsmanager:([a-z0-9-]+):[0-9]{12}:secret:([0-9A-Za-z/_+=.@-]+)-[0-9A-Za-z]{6}$`)
	secret    = form{"a secret's whole ARN", secretARN.MatchString}

	stackName = regexp.MustCompile(`^([A-Za-z][0-9A-Za-z-]{0,127}|arn:aws[a-z-]*:cloudformation:[a-z0-9-]+:[0-9]{12}:stack/[0-9A-Za-z-]+/[0-9a-f-]+)$`)
)

// ValidName reports whether name can be a stack's name or ARN.
func ValidName(name string) bool { return stackName.MatchString(name) }

// shortName is the name in a stack's ARN; a name stays as it is.
func shortName(name string) string {
	if part := strings.Split(name, "/"); len(part) == 3 {
		return part[1]
	}
	return name
}

// form is what a kind of output must look like.
type form struct {
	what string
	ok   func(string) bool
}

func matches(what, pattern string) form {
	return form{what, regexp.MustCompile(`^(` + pattern + `)$`).MatchString}
}

// isAddress is narrower than RFC 3986 allows: nothing that would end a cell, a
// quotation or a line.
func isAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil &&
		!strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"'<>\\^`{|}", r) })
}

// isText is for what is compared and never printed.
func isText(s string) bool {
	return len(s) <= 16<<10 && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// passwords reads the outputs about them. A stack of an earlier release has none,
// one that writes to no table no rules.
func (r *reader) passwords() Passwords {
	var p Passwords
	var breach string
	_, _ = fmt.Sscanf(r.may("PasswordRules", rules), "min-length=%d breach-check=%s", &p.MinLength, &breach)
	p.BreachCheck = breach == "on"
	_, _ = fmt.Sscanf(r.may("HashCost", hashCost), "memory=%d time=%d parallelism=%d", &p.Memory, &p.Time, &p.Parallelism)
	if brand := r.may("BrandName", text); brand != "" {
		p.Words = append(p.Words, brand)
	}
	for word := range strings.FieldsSeq(r.may("CompanyWords", text)) {
		if u, err := url.Parse(word); err == nil && u.Scheme == "https" {
			word = u.Host
		}
		p.Words = append(p.Words, word)
	}
	return p
}

// reader reads outputs and collects what is wrong with them.
type reader struct {
	values map[string]string
	// read are the outputs that were there.
	read     map[string]bool
	missing  []string
	problems []string
}

func (r *reader) has(name string) bool { return r.values[name] != "" }

func (r *reader) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

func (r *reader) get(name string, f form) string {
	value := r.values[name]
	switch {
	case value == "":
		r.missing = append(r.missing, name)
		return ""
	case !f.ok(value):
		r.problem("%s is %.100q, not %s", name, value, f.what)
	}
	r.read[name] = true
	return value
}

// may reads an output that need not be there; empty where it is not.
func (r *reader) may(name string, f form) string {
	if !r.has(name) {
		return ""
	}
	return r.get(name, f)
}

// door reads the outputs of a door, which are there when it is on.
func (r *reader) door(name, stackRegion string) (Door, bool) {
	if !r.has(name+"LoginUrl") && !r.has(name+"LogoutUrl") && !r.has(name+"SecretArn") && !r.has(name+"DeskproUrl") {
		return Door{}, false
	}
	door := Door{
		Name:       name,
		LoginURL:   r.get(name+"LoginUrl", address),
		LogoutURL:  r.get(name+"LogoutUrl", address),
		DeskproURL: r.get(name+"DeskproUrl", address),
		AccountURL: r.may(name+"AccountUrl", address),
		// There is nothing to allow but in a pool that somebody brought.
		CallbackURL: r.may(name+"CallbackUrl", address),
	}
	arn := r.get(name+"SecretArn", secret)
	if part := secretARN.FindStringSubmatch(arn); part != nil {
		door.Secret = Secret{ARN: arn, Partition: part[1], Region: part[2], Name: part[3]}
		if part[2] != stackRegion {
			r.problem("%sSecretArn is in %s, but the functions look for their secrets in their own Region, %s", name, part[2], stackRegion)
		}
	}
	return door, true
}

func (r *reader) err(stack string) error {
	switch {
	case len(r.missing) > 0:
		return hint.With(fmt.Errorf("the stack %s lacks outputs: %s", stack, strings.Join(r.missing, ", ")),
			deployAgain)
	case len(r.problems) > 0:
		return hint.With(fmt.Errorf("the outputs of the stack %s are not right:\n  %s", stack, strings.Join(r.problems, "\n  ")),
			"correct the stack's parameters and deploy again (make deploy); do not edit outputs by hand")
	}
	return nil
}
