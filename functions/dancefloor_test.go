package functions_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/bounce"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/deskpro/deskprotest"
	"deskpro-login/pkg/directory"
	logins "deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/keyring/awssecrets"
	"deskpro-login/pkg/lambdahttp"
	"deskpro-login/pkg/lambdahttp/gateway"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/regulation"
	"deskpro-login/pkg/rotation"
	"deskpro-login/pkg/rotation/awsrotation"
	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state/memory"
	"deskpro-login/pkg/web"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

const (
	danceLogin    = "login.example.com"
	danceHelpdesk = "acme.deskpro.com"
	// cached is how long a function environment may sign with a version that has
	// lost its label: the cache's minute, and its tenth.
	cached = 67 * time.Second
)

// danceHomes are where each door begins at Deskpro.
var danceHomes = map[string]string{"users": "/", "agents": "/agent/"}

// dancefloor is both doors as they stand in AWS and at Deskpro: function
// environments with caches of their own, one state table, two secrets, and a
// helpdesk with SSO set to automatic, which sends back whom it refuses. It is for
// a bubble, whose time passes for all of them.
type dancefloor struct {
	t        *testing.T
	aws      *awstest.Server
	window   time.Duration
	apps     map[string]*deskpro.App
	store    *memory.Store
	ledger   *bounce.Ledger
	rotation *rotation.Rotation
	practice *deskprotest.Helpdesk

	mu           sync.Mutex
	environments []http.Handler
	versions     []*danceVersion // all that there ever were
	latest       time.Duration   // that one signed after it had lost its label
	pastes       []paste
}

// danceVersion is one of a door's secret.
type danceVersion struct {
	door, id string
	key      keyring.Key
	lost     time.Time // its last label; zero: it has one
	leaked   bool      // no label makes up for that
}

// paste is a change of the secret in Deskpro.
type paste struct {
	door string
	at   time.Time
}

// everybody is a directory that takes any login, with any password.
type everybody struct{}

func (everybody) Authenticate(_ context.Context, c directory.Credentials) (directory.Outcome, error) {
	return directory.Outcome{User: &directory.User{ID: c.Login, Email: c.Login + "@example.com", Name: "Dancer", Groups: []string{"deskpro-agents"}}}, nil
}

func (everybody) Respond(context.Context, directory.Challenge, directory.Answer) (directory.Outcome, error) {
	return directory.Outcome{}, directory.ErrOver
}

// inHouse is AWS as an HTTP client: without a network, so that a bubble's time
// passes.
type inHouse struct{ *awstest.Server }

func (h inHouse) Do(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	return answer.Result(), r.Context().Err()
}

func newDancefloor(t *testing.T, window time.Duration) *dancefloor {
	t.Helper()
	d := &dancefloor{t: t, aws: awstest.New(), window: window, apps: map[string]*deskpro.App{}, store: &memory.Store{}}
	d.ledger = bounce.NewLedger(d.store, nil)
	installs := map[string]deskprotest.Door{}
	var doors []rotation.Door
	for door, home := range danceHomes {
		app, err := deskpro.New(deskpro.Config{URL: "https://" + danceHelpdesk + home, Issuer: "dance"})
		if err != nil {
			t.Fatal(err)
		}
		d.apps[door] = app
		d.aws.PutSecret(door, strings.Repeat(door+"-before-", 4))
		d.aws.PutSecret(door, strings.Repeat(door+"-at-first-", 4))
		d.notice()
		installs[door] = deskprotest.Door{
			App: app, Key: d.version(door, d.at(door, "AWSCURRENT")).key, Automatic: true,
			LoginURL: "https://" + danceLogin + "/" + door + "/login", LogoutURL: "https://" + danceLogin + "/" + door + "/logout",
		}
		doors = append(doors, rotation.Door{Name: door, SecretID: door, App: app})
	}
	time.Sleep(8 * 24 * time.Hour) // since when nobody has changed them
	store, err := awsrotation.New(awsrotation.Config{Client: d.client()})
	if err != nil {
		t.Fatal(err)
	}
	if d.rotation, err = rotation.New(rotation.Config{Store: store, Doors: doors, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	if d.practice, err = deskprotest.New(deskprotest.Config{Doors: installs}); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		d.environments = append(d.environments, nil)
		d.restart(i)
	}
	return d
}

func (d *dancefloor) client() *secretsmanager.Client {
	cfg := awstest.Config(d.t, "http://aws.invalid")
	cfg.HTTPClient = inHouse{d.aws}
	return secretsmanager.NewFromConfig(cfg)
}

// restart replaces a function environment by one that has just started.
func (d *dancefloor) restart(i int) {
	d.t.Helper()
	log := slog.New(slog.DiscardHandler)
	sessions, err := session.New(session.Config{Store: d.store, Idle: 12 * time.Hour, Absolute: 24 * time.Hour})
	if err != nil {
		d.t.Fatal(err)
	}
	guesses, err := regulation.New(regulation.Config{Store: d.store, Fold: logins.NormalizeLogin, KnownFor: 24 * time.Hour})
	if err != nil {
		d.t.Fatal(err)
	}
	cfg := web.Config{
		Regulation: guesses,
		Sessions:   sessions, Directory: everybody{}, Store: d.store, RotationWindow: d.window, Ledger: d.ledger,
		RequestID: lambdahttp.RequestID, Audit: audit.Log{Logger: log}, Log: log,
	}
	for door, app := range d.apps {
		keys, err := awssecrets.PrefetchedKeys(context.Background(), awssecrets.Config{Client: d.client(), SecretID: door})
		if err != nil {
			d.t.Fatal(err)
		}
		cfg.Doors = append(cfg.Doors, web.Door{Name: door, App: app, Keys: keys})
	}
	server, err := web.New(cfg)
	if err != nil {
		d.t.Fatal(err)
	}
	routes := map[string]gateway.Function{}
	for key, handler := range server.Routes() {
		if routes[key], err = lambdahttp.New(lambdahttp.Config{HTTP: handler, Log: log}); err != nil {
			d.t.Fatal(err)
		}
	}
	api, err := gateway.New(gateway.Config{Domain: danceLogin, Routes: routes})
	if err != nil {
		d.t.Fatal(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.environments[i] = api
}

// ServeHTTP is both sites. Any of the function environments may get a request.
func (d *dancefloor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Host == danceLogin {
		d.mu.Lock()
		environment := d.environments[rand.IntN(len(d.environments))]
		d.mu.Unlock()
		environment.ServeHTTP(w, r)
		return
	}
	if token := r.URL.Query().Get("jwt"); token != "" {
		door := "users"
		if strings.HasPrefix(r.URL.Path, danceHomes["agents"]) {
			door = "agents"
		}
		d.check(door, token)
	}
	d.practice.ServeHTTP(w, r)
}

// check fails the test if the token is not signed with a version of the door's
// secret that has a label, or had one until a moment ago, and has not leaked.
func (d *dancefloor) check(door, token string) {
	v := d.signer(token)
	if v == nil {
		d.t.Error("a token is signed with no version of a secret")
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if v.door != door {
		d.t.Errorf("a token for the %s is signed with a key of the %s", door, v.door)
	}
	if !v.lost.IsZero() {
		late := time.Since(v.lost)
		d.latest = max(d.latest, late)
		if late > cached {
			d.t.Errorf("a version signs %v after it lost its last label or was said to have leaked", late)
		}
	}
}

// signer returns the version that the token is signed with.
func (d *dancefloor) signer(token string) *danceVersion {
	signed, signature, _ := cutLast(token, ".")
	got, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		return nil
	}
	d.mu.Lock()
	versions := d.versions
	d.mu.Unlock()
	for i := range versions {
		v := versions[len(versions)-1-i]
		mac := hmac.New(sha256.New, v.key.Bytes())
		_, _ = io.WriteString(mac, signed)
		if hmac.Equal(mac.Sum(nil), got) {
			return v
		}
	}
	return nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// notice learns of new versions and lost labels. Call it after each change.
func (d *dancefloor) notice() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for door := range danceHomes {
		labelled := map[string]bool{}
		if _, there := d.apps[door]; !there {
			continue
		}
		for _, id := range d.aws.SecretStages(door) {
			labelled[id] = true
			if !d.known(door, id) {
				key, err := keyring.ParseKey(redact.New(d.aws.SecretText(door, id)), id)
				if err != nil {
					d.t.Error(err)
				}
				d.versions = append(d.versions[:len(d.versions):len(d.versions)], &danceVersion{door: door, id: id, key: key})
			}
		}
		for _, v := range d.versions {
			switch {
			case v.door != door || v.leaked:
			case labelled[v.id]:
				v.lost = time.Time{}
			case v.lost.IsZero():
				v.lost = time.Now()
			}
		}
	}
}

func (d *dancefloor) known(door, id string) bool {
	for _, v := range d.versions {
		if v.door == door && v.id == id {
			return true
		}
	}
	return false
}

func (d *dancefloor) version(door, id string) *danceVersion {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, v := range d.versions {
		if v.door == door && v.id == id {
			return v
		}
	}
	d.t.Errorf("there is no version %s of the secret of the %s", id, door)
	return &danceVersion{}
}

// at returns the version of the label.
func (d *dancefloor) at(door, label string) string { return d.aws.SecretStages(door)[label] }

// The acts of the operator, at AWS and at Deskpro.

func (d *dancefloor) stage(door string) {
	_, err := d.rotation.Stage(context.Background(), door, rotation.Generate())
	d.acted(err)
}

func (d *dancefloor) confirm(door string) {
	d.acted(d.rotation.Confirm(context.Background(), door, d.at(door, "AWSPENDING")))
}

func (d *dancefloor) promote(door string, how rotation.How) {
	before := d.version(door, d.at(door, "AWSCURRENT"))
	d.acted(d.rotation.Promote(context.Background(), door, d.at(door, "AWSPENDING"), how))
	d.mu.Lock()
	defer d.mu.Unlock()
	if how.Leaked {
		before.leaked, before.lost = true, time.Now()
	}
}

func (d *dancefloor) rollBack(door string) {
	d.acted(d.rotation.Rollback(context.Background(), door, d.at(door, "AWSCURRENT"), d.at(door, "AWSPREVIOUS")))
}

func (d *dancefloor) discard(door string) {
	d.acted(d.rotation.Discard(context.Background(), door, d.at(door, "AWSPENDING")))
}

// edit is the console's Edit: what is saved is current at once.
func (d *dancefloor) edit(door string, form func(string) string) {
	d.aws.PutSecret(door, form(rotation.Generate().Reveal()))
	d.notice()
}

// paste has Deskpro know the version of the label from now on, and no other.
func (d *dancefloor) paste(door, label string) {
	key := d.version(door, d.at(door, label)).key
	d.acted(d.practice.SetSecret(door, redact.New(string(key.Bytes()))))
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pastes = append(d.pastes, paste{door, time.Now()})
}

// caught tells whether Deskpro's secret was changed in the middle of a login. Who
// was refused the new one a moment before has every right to be unlucky.
func (d *dancefloor) caught(door string, f figure) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.pastes {
		if p.door == door && !p.at.Before(f.began) && !p.at.After(f.ended) {
			return true
		}
	}
	return false
}

func (d *dancefloor) acted(err error) {
	if err != nil {
		d.t.Error(err)
	}
	d.notice()
}

// callback is where Deskpro wants to be returned to by who begins at its page.
func (d *dancefloor) callback(start string) string {
	r := httptest.NewRequest(http.MethodGet, "https://"+danceHelpdesk+start, nil)
	w := httptest.NewRecorder()
	d.practice.ServeHTTP(w, r)
	location, err := url.Parse(w.Header().Get("Location"))
	if err != nil {
		d.t.Error(err)
		return ""
	}
	return location.Query().Get("return")
}
