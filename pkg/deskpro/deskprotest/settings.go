package deskprotest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
)

const (
	maxForm     = 16 << 10
	maxVerdicts = 8
)

// settings are what the app's page in Deskpro's admin interface shows.
type settings struct {
	Action, TestURL     string
	Secret              string
	Noticed             []string // about the secret
	LoginURL, Algorithm string
	Automatic           bool
	Saved               bool // a moment ago
	Verdicts            []verdict
}

// verdict is what became of a token.
type verdict struct {
	At, Text string
	Refused  bool
}

// SetSecret changes the secret of a door, as its settings page does: tokens are
// verified with it from then on. It takes any text; one that is no key refuses
// every token, with the reason. The error is for a door that there is not.
func (h *Helpdesk) SetSecret(door string, secret redact.Secret) error {
	d, on := h.doors[door]
	if !on {
		return fmt.Errorf("practice helpdesk: there is no door %q", door)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.setSecret(secret)
	return nil
}

// setSecret is to be called with mu held. It does to secret what a field of one
// line does to a text that is pasted: it drops line breaks, and nothing else
// (HTML, "value sanitization algorithm" of type=text).
func (d *door) setSecret(secret redact.Secret) {
	text := strings.NewReplacer("\r", "", "\n", "").Replace(strings.ToValidUTF8(secret.Reveal(), "\uFFFD"))
	d.secret = redact.New(text)
	d.key, d.unusable = parseKey(text)
}

// parseKey takes the whole text for the key, as Deskpro does. ParseKey itself
// looks into a JSON object, so here is one around it.
func parseKey(text string) (keyring.Key, error) {
	object, err := json.Marshal(map[string]string{"key": text})
	if err != nil {
		return keyring.Key{}, err
	}
	return keyring.ParseKey(redact.New(string(object)), "pasted")
}

func (d *door) isAutomatic() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.automatic
}

func (d *door) serveSettings(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	s := &settings{
		Action: d.settingsPath(), TestURL: d.testPath(),
		Secret: d.secret.Reveal(), Noticed: d.noticed(),
		LoginURL: d.login.String(), Algorithm: d.algorithm,
		Automatic: d.automatic, Saved: r.URL.RawQuery == "saved", Verdicts: append([]verdict(nil), d.verdicts...),
	}
	d.mu.Unlock()
	d.write(w, http.StatusOK, view{
		Heading: "Settings of the JWT app", Settings: s, Links: []link{{URL: d.home, Text: "Back to the start"}},
	})
}

// noticed is what somebody who looks closely at the secret would see. It is to
// be called with mu held.
func (d *door) noticed() []string {
	text := d.secret.Reveal()
	length := fmt.Sprintf("It has %d characters.", utf8.RuneCountInString(text))
	if utf8.RuneCountInString(text) != len(text) {
		length = strings.TrimSuffix(length, ".") + fmt.Sprintf(", %d bytes.", len(text))
	}
	seen := []string{length}
	if strings.TrimLeft(text, " \t") != text {
		seen = append(seen, "It begins with white space, which is a part of it.")
	}
	if strings.TrimRight(text, " \t") != text {
		seen = append(seen, "It ends with white space, which is a part of it.")
	}
	if strings.HasPrefix(text, "{") && json.Valid([]byte(text)) {
		seen = append(seen, "It is a JSON object, all of which is the secret: nobody looks into it for a key.")
	}
	if d.unusable != nil {
		seen = append(seen, "Every token is refused: "+d.unusable.Error()+".")
	}
	return seen
}

// serveSave takes the form of the settings page, whatever the secret.
func (d *door) serveSave(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil || len(r.PostForm["secret"]) != 1 {
		http.Error(w, "The practice helpdesk expects the form of its settings page.", http.StatusBadRequest)
		return
	}
	d.mu.Lock()
	d.setSecret(redact.New(r.PostForm.Get("secret")))
	d.automatic = r.PostForm.Has("automatic")
	d.mu.Unlock()
	http.Redirect(w, r, d.settingsPath()+"?saved", http.StatusSeeOther)
}

// serveTest begins the login of the button Test Settings, which the page opens
// in a tab of its own.
func (d *door) serveTest(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, withReturn(d.login, d.origin()+d.testCallbackPath()), http.StatusFound)
}

// serveTestCallback ends it. It shows the verdict, also where SSO is automatic,
// and signs nobody in.
func (d *door) serveTestCallback(w http.ResponseWriter, r *http.Request) {
	status, v := http.StatusOK, view{
		Heading: "Test Settings", Text: "The token was accepted. Nobody is signed in by a test.",
		Links: []link{{URL: d.testPath(), Text: "Test again"}},
	}
	claims, err := d.accept(r.URL.Query()["jwt"])
	if err != nil {
		status, v.Text, v.Refusal = http.StatusForbidden, "The token was not accepted.", err.Error()
	} else {
		v.Claims = rows(claims)
	}
	d.write(w, status, v)
}

// note is to be called with mu held.
func (d *door) note(now time.Time, claims map[string]any, err error) {
	v := verdict{At: now.UTC().Format("15:04:05 UTC")}
	if err != nil {
		v.Text, v.Refused = err.Error(), true
	} else {
		v.Text = "token accepted: " + describe(claims)
	}
	d.verdicts = append([]verdict{v}, d.verdicts[:min(len(d.verdicts), maxVerdicts-1)]...)
}

// algorithmOf reads the app's algorithm off a token of its.
func algorithmOf(app *deskpro.App) (string, error) {
	key, err := parseKey(strings.Repeat("practice", 8)) // long enough for any
	if err != nil {
		return "", err
	}
	email, err := deskpro.ParseEmail("nobody@practice.invalid")
	if err != nil {
		return "", err
	}
	token, err := app.Mint(key, deskpro.Claims{ID: "nobody", Email: email, Name: "Nobody"}, time.Time{})
	if err != nil {
		return "", fmt.Errorf("reading the app's algorithm: %w", err)
	}
	parsed, _, err := jwt.NewParser().ParseUnverified(token.Reveal(), jwt.MapClaims{})
	if err != nil {
		return "", fmt.Errorf("reading the app's algorithm: %w", err)
	}
	return parsed.Method.Alg(), nil
}
