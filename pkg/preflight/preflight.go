// Package preflight tries new versions of the functions behind the sign-in
// pages before people reach them: at each door it signs a made-up person in and
// out, checks the token as Deskpro will, and tries a wrong password. Trial does
// that; Hook runs it when CodeDeploy asks, and reports to it.
//
// It asks the versions themselves, with the events that API Gateway would send,
// and everything behind them for real: state table, secrets, directory.
//
// Who holds this function's role can do what the holder of login's can: it
// opens sessions for anyone and reads the doors' secrets, so it signs in as
// anyone. It trusts nothing in its event but two ids, which it hands back.
package preflight

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/session"
)

// callTimeout is a little more than the functions' own timeout, so that of one
// that hangs Lambda tells what became of it.
const callTimeout = 12 * time.Second

// settling is what a role that an update has just made or changed is given to
// take effect everywhere: IAM is eventually consistent.
const settling = 15 * time.Second

// cleanupTimeout bounds the ending of a session that nobody else has ended. It
// fits into unwind.
const cleanupTimeout = 1500 * time.Millisecond

// Door is a way in to try.
type Door struct {
	Name string
	App  *deskpro.App
	// Group is the one whose members may pass; empty where everyone may.
	Group string
	// Keys has the key that tokens must be signed with. A function that has run
	// already believes its own for about a minute: a secret that is changed
	// while a deployment is tried may fail it.
	Keys keyring.Source
}

// Versions are what Invoke knows the functions' new versions by.
type Versions struct{ Login, Authenticate, Logout string }

// Config configures a Trial. All but Now and Log is required.
type Config struct {
	Doors    []Door
	Versions Versions
	// Sessions opens the made-up person's session in the store where the
	// functions look for it. A minute is as long as one need live; login, by
	// its own configuration, may let one that it saw live longer, should this
	// function die before it ends it.
	Sessions *session.Sessions
	// Invoke hands payload to a version and returns its answer. It returns soon
	// after ctx ends. Its error, which is logged, quotes neither; that of a
	// function that failed is FunctionError's.
	Invoke func(ctx context.Context, version string, payload []byte) ([]byte, error)
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Log is told what was wrong at a first try. Nil means slog.Default().
	Log *slog.Logger
}

// Trial tries one deployment. Safe for concurrent use.
type Trial struct{ cfg Config }

// New returns an error for a Config that leaves something untried.
func New(cfg Config) (*Trial, error) {
	v := cfg.Versions
	if len(cfg.Doors) == 0 || v.Login == "" || v.Authenticate == "" || v.Logout == "" || cfg.Sessions == nil || cfg.Invoke == nil {
		return nil, errors.New("preflight: Doors, all Versions, Sessions and Invoke are required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	return &Trial{cfg}, nil
}

// Run returns all that is wrong, each a *failure, and nothing if people may
// reach the versions. What is wrong at a door may be only that its role is
// seconds old, so such doors are tried once more, if there is time, and what
// that finds counts. That is for Trial and not for Hook to do: it knows the
// doors, and neither a panic nor a broken configuration comes past here.
func (t *Trial) Run(ctx context.Context) []error {
	failures, failing := t.try(ctx, t.cfg.Doors)
	if len(failing) > 0 && settle(ctx) {
		for _, f := range failures {
			t.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "check failed, trying again", f.attrs()...)
		}
		failures, _ = t.try(ctx, failing)
	}
	var wrong []error
	for _, f := range failures {
		wrong = append(wrong, f)
	}
	return wrong
}

// try returns all that is wrong and the doors at which something is.
func (t *Trial) try(ctx context.Context, doors []Door) (failures []*failure, failing []Door) {
	for _, d := range doors {
		if wrong := t.tryDoor(ctx, d); len(wrong) > 0 {
			failures, failing = append(failures, wrong...), append(failing, d)
		}
	}
	return failures, failing
}

// settle waits for roles to take effect and says whether to try again: not
// where less than one call's time would be left for that.
func settle(ctx context.Context) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < settling+callTimeout {
		return false
	}
	select {
	case <-time.After(settling):
		return true
	case <-ctx.Done():
		return false
	}
}

// failure is a check that failed. It holds nothing secret: no token, cookie,
// Location or body.
type failure struct {
	door, check string
	// version is empty where the check is of what is behind all of them.
	version string
	// want is what was expected, reason what was not so.
	want, reason string
	// status and code are of the answer: zero and empty where there was none,
	// or no code on its page.
	status int
	code   string
	// requestID is in the version's own log lines as api_request_id.
	requestID string
}

func (f *failure) Error() string {
	what := f.door + ", " + f.check
	if f.version != "" {
		what += " of " + f.version
	}
	return fmt.Sprintf("%s: want %s: %s", what, f.want, f.reason)
}

func (f *failure) attrs() []slog.Attr {
	return []slog.Attr{
		slog.String("door", f.door), slog.String("check", f.check), slog.String("version", f.version),
		slog.String("want", f.want), slog.String("reason", f.reason),
		slog.Int("status", f.status), slog.String("code", f.code), slog.String("api_request_id", f.requestID),
	}
}

// tryDoor makes all checks at one door, whatever comes of each.
func (t *Trial) tryDoor(ctx context.Context, d Door) (failures []*failure) {
	note := func(f *failure) {
		if f != nil {
			failures = append(failures, f)
		}
	}
	note(t.tryKey(ctx, d))
	person := madeUp(d)
	id, err := t.open(ctx, person)
	if err != nil {
		note(&failure{door: d.Name, check: "session", want: "to open one", reason: err.Error()})
	} else {
		defer func() { note(t.end(ctx, d, id)) }()
		note(t.tryRedirect(ctx, d, id, person))
	}
	note(t.tryPage(ctx, d))
	note(t.tryPassword(ctx, d))
	if err == nil {
		note(t.tryLogout(ctx, d, id))
	}
	return failures
}

// madeUp is someone whom the door lets pass and who is nobody: example.invalid
// can be no one's domain (RFC 6761 section 6.4).
func madeUp(d Door) directory.User {
	id := "preflight-" + strings.ToLower(rand.Text())
	user := directory.User{ID: id, Email: id + "@example.invalid", Name: "Preflight Check", Factor: true, Attributes: map[string]string{}}
	if d.Group != "" {
		user.Groups = []string{d.Group}
	}
	for _, name := range d.App.Attributes() {
		user.Attributes[name] = "preflight"
	}
	return user
}

// open opens a session as authenticate does after a right password.
func (t *Trial) open(ctx context.Context, person directory.User) (session.ID, error) {
	profile, err := json.Marshal(person)
	if err != nil {
		return session.ID{}, fmt.Errorf("encoding a session's profile: %w", err)
	}
	return t.cfg.Sessions.Open(ctx, person.ID, profile, t.cfg.Now(), "")
}

// end ends the session, if logout has not, also when ctx has ended.
func (t *Trial) end(ctx context.Context, d Door, id session.ID) *failure {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	if _, err := t.cfg.Sessions.End(ctx, id); err != nil && !errors.Is(err, session.ErrNone) {
		return &failure{door: d.Name, check: "session", want: "to end it", reason: err.Error()}
	}
	return nil
}
