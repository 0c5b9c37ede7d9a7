package doctor

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"deskpro-login/pkg/config"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/rotation"
)

const (
	// longWait is how long a version may wait for being pasted.
	longWait = 7 * 24 * time.Hour
	// longSecretAge is the template's MaxSecretAgeDays.
	longSecretAge = 365
	// leastFactorKey is what factor.Vault needs of its secret, in bytes.
	leastFactorKey = 32

	day = 24 * time.Hour
)

const (
	getSecret = "secretsmanager:GetSecretValue"
	// factorSecret stands beside the doors' names.
	factorSecret = "factors"
)

// secretChecks are those of the doors' secrets and of the apps'.
func (d *doctor) secretChecks(ctx context.Context) []check {
	if d.cfg.Store == nil {
		return nil
	}
	var checks []check
	var doors []rotation.Door
	for _, door := range d.doors {
		if door.secret != "" {
			doors = append(doors, rotation.Door{Name: door.name, SecretID: door.secret, App: door.app})
		}
	}
	var compared []valued
	if len(doors) > 0 {
		rotations, err := rotation.New(rotation.Config{Store: d.cfg.Store, Doors: doors, Now: d.cfg.Now})
		if err != nil { // they have one secret, by what two functions say
			return []check{func(_ context.Context, r *report) {
				r.at("secrets/differ").fail("give each door a secret of its own: "+d.named("USERS_SECRET")+" and "+d.named("AGENTS_SECRET"), "both doors have one secret, by what the functions say")
			}}
		}
		d.status = map[string]func() (rotation.Status, error){}
		for _, door := range doors {
			look := once(ctx, func(ctx context.Context) (rotation.Status, error) { return rotations.Look(ctx, door.Name) })
			d.status[door.Name] = look
			checks = append(checks, func(_ context.Context, r *report) { d.checkSecret(r, door, look) })
			compared = append(compared, valued{door.Name, func() ([]redact.Secret, error) {
				status, err := look()
				var texts []redact.Secret
				for _, v := range status.Versions {
					if unread(v) {
						return nil, v.Problem
					}
					texts = append(texts, v.Text)
				}
				return texts, err
			}})
		}
	}
	if f := d.function(config.Authenticate); f != nil && f.loaded.Directory.FactorSecretID != "" {
		text := once(ctx, func(ctx context.Context) (redact.Secret, error) {
			return d.current(ctx, f.loaded.Directory.FactorSecretID)
		})
		checks = append(checks, func(_ context.Context, r *report) { checkFactorSecret(r, d.named("FACTOR_SECRET"), text) })
		compared = append(compared, valued{factorSecret, func() ([]redact.Secret, error) {
			is, err := text()
			return []redact.Secret{is}, err
		}})
	}
	if len(compared) > 1 {
		checks = append(checks, func(_ context.Context, r *report) { d.checkDiffer(r, compared) })
	}
	return checks
}

// current returns the text of a secret's current version.
func (d *doctor) current(ctx context.Context, secretID string) (redact.Secret, error) {
	described, err := d.cfg.Store.Describe(ctx, secretID)
	if err != nil {
		return redact.Secret{}, err
	}
	version := described.At(rotation.Current)
	if version == "" {
		return redact.Secret{}, fmt.Errorf("secret %s: %w: none has AWSCURRENT", secretID, rotation.ErrNoValue)
	}
	value, err := d.cfg.Store.Value(ctx, secretID, version)
	return value.Text, err
}

// unread tells a version whose value is not known from one that has none, or none
// that is a key.
func unread(v rotation.Version) bool {
	return v.Text.Len() == 0 && v.Problem != nil && !errors.Is(v.Problem, rotation.ErrUnfit) && !errors.Is(v.Problem, rotation.ErrNoValue)
}

// checkReadable reports whether there is something to go on with.
func checkReadable(r *report, name, setting string, err error) bool {
	row := r.at("secrets/*/readable", name)
	switch {
	case err == nil:
		row.ok("it is there, and can be read")
		return true
	case errors.Is(err, rotation.ErrAbsent):
		row.fail("restore it in the Secrets Manager console if it is marked for deletion there; otherwise correct "+setting, "it is not there, or is marked for deletion")
	case errors.Is(err, rotation.ErrNoValue):
		row.fail("give it a value in the Secrets Manager console, as plain text", "it has no value that is text")
	default:
		row.unchecked(err, getSecret)
	}
	return false
}

func (d *doctor) checkSecret(r *report, at rotation.Door, look func() (rotation.Status, error)) {
	door := at.Name
	status, err := look()
	for _, v := range status.Versions {
		if unread(v) {
			err = v.Problem
		}
	}
	if !checkReadable(r, door, d.named(strings.ToUpper(door)+"_SECRET"), err) {
		return
	}
	version := func(id string) *rotation.Version {
		i := slices.IndexFunc(status.Versions, func(v rotation.Version) bool { return v.ID == id })
		if id == "" || i < 0 {
			return nil
		}
		return &status.Versions[i]
	}
	if current := version(status.At(rotation.Current)); current == nil {
		r.at("secrets/*/current", door).fail(d.loginctl("secret", "status", "--door", door)+" shows the versions; give AWSCURRENT to the one that Deskpro has, with aws secretsmanager update-secret-version-stage", "no version has AWSCURRENT")
	} else {
		r.at("secrets/*/current", door).ok("a version has AWSCURRENT")
		d.checkCurrent(r, at, current)
	}
	d.checkWaiting(r, door, version(status.Waiting()))
	d.checkRotation(r, door, status)
}

// checkCurrent leaves it to secrets/differ to tell that another door has the key.
func (d *doctor) checkCurrent(r *report, at rotation.Door, v *rotation.Version) {
	door := at.Name
	replace := d.loginctl("secret", "generate", "--door", door) + " makes a new one that waits until it is in Deskpro"
	problem := v.Problem
	if v.Text.Len() > 0 {
		problem = signs(at, v)
	}
	if row := r.at("secrets/*/key", door); problem != nil {
		row.fail(replace, "%s", said(problem))
	} else {
		row.ok("it can sign with %s", d.effective("TOKEN_ALGORITHM"))
	}
	if row := r.at("secrets/*/doubts", door); len(v.Doubts) > 0 {
		row.warn("see that Deskpro has exactly this text; if somebody chose it, "+replace, "%s", strings.Join(v.Doubts, " "))
	} else if v.Text.Len() > 0 {
		row.ok("it looks like a random one")
	}
	if v.Made.IsZero() {
		return
	}
	most, age := d.maxSecretAge(), d.cfg.Now().Sub(v.Made)
	switch row := r.at("secrets/*/age", door); {
	case most > 0 && age > time.Duration(most)*day:
		row.warn(replace, "it is %s old, more than %d days", days(age), most)
	default:
		row.ok("it is %s old", days(age))
	}
}

// signs returns why no token can be signed with a version; nil if one can.
func signs(at rotation.Door, v *rotation.Version) error {
	key, err := keyring.ParseKey(v.Text, v.ID)
	if err == nil {
		_, err = at.App.Mint(key, madeUp("", nil), time.Now())
	}
	return err
}

// said is an error without the sentinels before it.
func said(err error) string {
	text := err.Error()
	for _, sentinel := range []error{rotation.ErrUnfit, keyring.ErrUnusable, rotation.ErrConflict, deskpro.ErrClaims} {
		text = strings.TrimPrefix(text, sentinel.Error()+": ")
	}
	return oneLine(text)
}

// maxSecretAge is in days; zero means that age is of no concern.
func (d *doctor) maxSecretAge() int {
	if most, err := strconv.Atoi(d.parameters["MaxSecretAgeDays"]); err == nil {
		return most
	}
	return longSecretAge
}

// checkWaiting is about the version that is to become current; nil if none is.
func (d *doctor) checkWaiting(r *report, door string, v *rotation.Version) {
	pending, waiting := r.at("secrets/*/pending", door), r.at("secrets/*/waiting", door)
	if v == nil {
		pending.ok("no version waits that could not sign")
		waiting.ok("no version waits")
		return
	}
	discard := d.loginctl("secret", "discard", "--door", door, "--apply")
	switch {
	case errors.Is(v.Problem, rotation.ErrNoValue):
		pending.warn("if a rotation began a moment ago, wait; otherwise "+discard, "a version has AWSPENDING, but no value")
		return
	case v.Problem != nil:
		pending.warn(discard+", then secret generate", "the version that waits cannot become current: %s", said(v.Problem))
	default:
		pending.ok("the version that waits can sign")
	}
	status := d.loginctl("secret", "status", "--door", door) + " says what is to be done next"
	said := "nobody has said that Deskpro has it"
	if v.Confirmed {
		said = "it is confirmed, and was not promoted"
	}
	if age := d.cfg.Now().Sub(v.Made); age > longWait {
		waiting.warn(status, "a version has waited for %s: %s", days(age), said)
	} else {
		waiting.ok("a version has waited for %s: %s", days(age), said)
	}
}

func (d *doctor) checkRotation(r *report, door string, status rotation.Status) {
	row := r.at("secrets/*/rotation", door)
	_, rotates := d.resources["RotateFunction"]
	switch now := d.cfg.Now(); {
	case status.Scheduled && !status.Next.IsZero() && status.Next.Before(now.Add(-day)) && status.Waiting() == "":
		row.warn("press Rotate secret immediately in the Secrets Manager console, and see the log of the rotation function if that fails", "a new version was due on %s, and there is none", date(status.Next))
	case status.Scheduled && !status.Next.IsZero():
		row.ok("Secrets Manager makes a new version on %s", date(status.Next))
	case status.Scheduled:
		row.ok("Secrets Manager makes new versions by itself")
	case rotates || !d.deployed():
		row.ok("a new version is made by hand (loginctl secret generate); RotateAfterDays would have it made")
	default:
		row.warn(deployAgain, "the stack has no function that changes secrets")
	}
}

func checkFactorSecret(r *report, setting string, text func() (redact.Secret, error)) {
	is, err := text()
	if !checkReadable(r, factorSecret, setting, err) {
		return
	}
	if row := r.at("secrets/factors/length"); is.Len() < leastFactorKey {
		row.fail("give it a generated value in the Secrets Manager console, such as openssl rand -base64 48 prints; if people have apps already, the value from before", "it has %d bytes and needs at least %d", is.Len(), leastFactorKey)
	} else {
		row.ok("it can seal the keys of authenticator apps")
	}
}

// valued is a secret with the texts of its versions.
type valued struct {
	name  string
	texts func() ([]redact.Secret, error)
}

// checkDiffer compares the versions of each secret with those of the others.
func (d *doctor) checkDiffer(r *report, secrets []valued) {
	row := r.at("secrets/differ")
	texts := make([][]redact.Secret, len(secrets))
	for i, s := range secrets {
		var err error
		if texts[i], err = s.texts(); err != nil {
			row.untold("see secrets/"+s.name+"/readable", "the secret of %s could not be read", s.name)
			return
		}
	}
	var shared []string
	for i := range secrets {
		for j := range i {
			if slices.ContainsFunc(texts[i], func(text redact.Secret) bool {
				return slices.ContainsFunc(texts[j], func(other redact.Secret) bool { return same(text, other) })
			}) {
				shared = append(shared, secrets[j].name+" and "+secrets[i].name)
			}
		}
	}
	if shared == nil {
		row.ok("no two secrets have a value in common, in any version that can still sign")
		return
	}
	row.fail(d.loginctl("secret", "generate", "--door", secrets[0].name)+" makes another for that door; once that is promoted, --leaked takes the old one off, too", "these have a value in common: %s", strings.Join(shared, ", "))
}

// same compares in the same time whatever they are; nothing is like nothing else.
func same(a, b redact.Secret) bool {
	return a.Len() > 0 && subtle.ConstantTimeCompare([]byte(a.Reveal()), []byte(b.Reveal())) == 1
}

// loginctl is a command line for a hint, with where the stack is.
func (d *doctor) loginctl(args ...string) string {
	if d.deployed() {
		if d.cfg.Stack != "deskpro-login" {
			args = append(args, "--stack", d.cfg.Stack)
		}
		args = append(args, "--region", d.cfg.AWS.Region)
	}
	return "loginctl " + strings.Join(args, " ")
}

func days(age time.Duration) string {
	switch n := int(age / day); {
	case age < time.Hour:
		return "less than an hour"
	case n == 0:
		return fmt.Sprintf("%d hours", int(age/time.Hour))
	case n == 1:
		return "a day"
	default:
		return fmt.Sprintf("%d days", n)
	}
}

func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }
