package deskprotest_test

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/deskpro/deskprotest"
	"deskpro-login/pkg/redact"
)

// settingsOf are the paths of the doors' settings.
var settingsOf = map[string]string{"users": "/settings/jwt", "agents": "/agent/settings/jwt"}

const another = "another-secret-another-secret-another-secret"

// post submits a form.
func (b *browser) post(address string, form url.Values) page {
	b.t.Helper()
	resp, err := b.client.PostForm(address, form)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return page{resp.StatusCode, resp.Request.URL, resp.Header, string(body)}
}

// still does not follow redirects.
func (b *browser) still() *browser {
	client := *b.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{b.t, &client}
}

// held is what the page's field for the secret has in it.
func (p page) held(t *testing.T) string {
	t.Helper()
	found := regexp.MustCompile(`name="secret" type="text" value="([^"]*)"`).FindStringSubmatch(p.body)
	if found == nil {
		t.Fatalf("%s has no field for the secret:\n%s", p.url.Path, p.body)
	}
	return html.UnescapeString(found[1])
}

func signed(t *testing.T, secret string, id string) string {
	return sign(t, jwt.SigningMethodHS256, []byte(secret), func(c jwt.MapClaims) { c["jti"] = id })
}

func TestEveryPageLeadsToItsDoorsSettings(t *testing.T) {
	p, b := setUp(t), newBrowser(t)
	for door, home := range homes {
		for _, path := range []string{home, home + "new-ticket/", settingsOf[door]} {
			answer := b.follow(b.get(p.url+path), "Settings of the JWT app")
			wantPage(t, answer, http.StatusOK, "<h1>Settings of the JWT app</h1>", bars[door], p.login.URL+"/"+door+"/login?theme=plain", "<dd>HS256</dd>")
			if got, want := answer.url.Path, settingsOf[door]; got != want {
				t.Errorf("%s: the settings are at %s, want %s", path, got, want)
			}
			if got := answer.held(t); got != secrets[door] {
				t.Errorf("%s: the secret is %q, want %q", path, got, secrets[door])
			}
		}
	}
}

func TestASavedSecretCountsAtOnceAndAtItsDoorOnly(t *testing.T) {
	for door, path := range settingsOf {
		t.Run(door, func(t *testing.T) {
			p, b := setUp(t), newBrowser(t)
			answer := b.post(p.url+path, url.Values{"secret": {another}})
			wantPage(t, answer, http.StatusOK, `role="status"`, "Saved.", "It has 44 characters.")
			if got := answer.held(t); got != another {
				t.Errorf("the secret is %q, want %q", got, another)
			}
			wantNot(t, b.get(p.url+path), "Saved.")
			for other, home := range homes {
				status := http.StatusOK
				if other == door {
					status = http.StatusForbidden
				}
				wantPage(t, b.follow(b.get(p.url+home), "Log in"), status)
			}
			callbacks := map[string]string{"users": "/login/authenticate-callback/1", "agents": "/agent/login/authenticate-callback/2"}
			wantPage(t, b.get(p.url+callbacks[door]+"?jwt="+signed(t, another, "1")), http.StatusOK, "<h1>Signed in</h1>")
		})
	}
}

func TestASecretIsTakenAsItIsPasted(t *testing.T) {
	users := secrets["users"]
	object := `{"key": "` + users + `"}`
	for _, row := range []struct {
		name, pasted, held string
		signedWith         string
		want               string   // why that token is refused; empty: it is not
		noticed            []string // what the page says of the secret
	}{
		{"a key", users, users, users, "", []string{"It has 38 characters."}},
		{"a line break, which the field drops", users + "\r\n", users, users, "", []string{"It has 38 characters."}},
		{"a line break in it", users[:9] + "\n" + users[9:], users, users, "", []string{"It has 38 characters."}},
		{"white space after it", users + " ", users + " ", users, "white space", []string{"It has 39 characters.", "It ends with white space, which is a part of it.", "Every token is refused"}},
		{"white space before it", "\t" + users, "\t" + users, "\t" + users, "white space", []string{"It begins with white space, which is a part of it."}},
		{"half of it", users[:20], users[:20], users[:20], "needs at least 32", []string{"It has 20 characters.", "Every token is refused"}},
		{"nothing", "", "", users, "needs at least 32", []string{"It has 0 characters."}},
		{"a control character", users + "\x01", users + "\x01", users + "\x01", "control characters", nil},
		{"other letters", "ä" + users, "ä" + users, "ä" + users, "", []string{"It has 39 characters, 40 bytes."}},
		{"bytes that are no text", "\xff" + users, "\uFFFD" + users, "\uFFFD" + users, "", nil},
		{"markup", `"><script>&amp;</script>` + users, `"><script>&amp;</script>` + users, `"><script>&amp;</script>` + users, "", nil},
		{"the object that Secrets Manager shows", object, object, users, "signature is invalid", []string{"It is a JSON object, all of which is the secret"}},
		{"a brace before it", "{" + users, "{" + users, "{" + users, "", []string{"It has 39 characters."}},
		{"that object, and it is signed with, too", object, object, object, "", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, b := setUp(t), newBrowser(t)
			settings := b.post(p.url+"/settings/jwt", url.Values{"secret": {row.pasted}})
			wantPage(t, settings, http.StatusOK)
			wantPage(t, settings, http.StatusOK, row.noticed...)
			wantNot(t, settings, "<script")
			if got := settings.held(t); got != row.held {
				t.Errorf("the field holds %q, want %q", got, row.held)
			}
			if got := strings.Contains(settings.body, "JSON"); got != (row.pasted == object) {
				t.Errorf("it speaks of JSON: %t", got)
			}
			answer := b.get(p.url + callback + "&jwt=" + signed(t, row.signedWith, "1"))
			if row.want == "" {
				wantPage(t, answer, http.StatusOK, "<h1>Signed in</h1>")
			} else {
				wantPage(t, answer, http.StatusForbidden, "<h1>Login refused</h1>", row.want)
			}

			other := setUp(t)
			if err := other.helpdesk.SetSecret("users", redact.New(row.pasted)); err != nil {
				t.Fatal(err)
			}
			if got := newBrowser(t).get(other.url + "/settings/jwt").held(t); got != row.held {
				t.Errorf("SetSecret has the field hold %q, want %q", got, row.held)
			}
			if got := newBrowser(t).get(other.url + callback + "&jwt=" + signed(t, row.signedWith, "1")).status; got != answer.status {
				t.Errorf("after SetSecret the status is %d, after the form %d", got, answer.status)
			}
		})
	}
}

func TestASecretTooShortForTheAlgorithmIsRefusedAndSaysSo(t *testing.T) {
	p := setUp(t)
	app, err := deskpro.New(deskpro.Config{URL: p.url, Issuer: "practice", Algorithm: "HS512"})
	if err != nil {
		t.Fatal(err)
	}
	cfg := p.config(t)
	door := cfg.Doors["users"]
	door.App = app
	cfg.Doors["users"] = door
	h, err := deskprotest.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string) string {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Body.String()
	}
	if body := get("/settings/jwt"); !strings.Contains(body, "<dd>HS512</dd>") {
		t.Errorf("the settings name another algorithm:\n%s", body)
	}
	token := sign(t, jwt.SigningMethodHS512, []byte(secrets["users"]), func(jwt.MapClaims) {})
	if body := get(callback + "&jwt=" + token); !strings.Contains(body, "it has 38 bytes and HS512 needs at least 64") {
		t.Errorf("the refusal says\n%s", body)
	}
}

func TestOnlyTheSettingsOwnFormSaves(t *testing.T) {
	p, b := setUp(t), newBrowser(t)
	for _, row := range []struct {
		name   string
		form   url.Values
		header http.Header
		status int
	}{
		{"another site's form", url.Values{"secret": {another}}, http.Header{"Sec-Fetch-Site": {"cross-site"}}, http.StatusForbidden},
		{"another port's form", url.Values{"secret": {another}}, http.Header{"Sec-Fetch-Site": {"same-site"}}, http.StatusForbidden},
		{"a form without a secret", url.Values{"automatic": {"on"}}, nil, http.StatusBadRequest},
		{"a form with two", url.Values{"secret": {another, another}}, nil, http.StatusBadRequest},
		{"a form that has no end", url.Values{"secret": {strings.Repeat("x", 20<<10)}}, nil, http.StatusBadRequest},
		{"what is no form", nil, http.Header{"Content-Type": {"application/json"}}, http.StatusBadRequest},
	} {
		r := httptest.NewRequest(http.MethodPost, p.url+"/settings/jwt", strings.NewReader(row.form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for name, values := range row.header {
			r.Header[name] = values
		}
		w := httptest.NewRecorder()
		p.helpdesk.ServeHTTP(w, r)
		if w.Code != row.status {
			t.Errorf("%s: status = %d, want %d", row.name, w.Code, row.status)
		}
	}
	// A query is no form.
	wantPage(t, b.post(p.url+"/settings/jwt?secret="+another, nil), http.StatusBadRequest)
	if got := b.get(p.url + "/settings/jwt").held(t); got != secrets["users"] {
		t.Errorf("the secret is %q now", got)
	}
	wantPage(t, b.follow(b.get(p.url+"/"), "Log in"), http.StatusOK, "<h1>Signed in</h1>")
	if err := p.helpdesk.SetSecret("admins", redact.New(another)); err == nil || !strings.Contains(err.Error(), `"admins"`) {
		t.Errorf("SetSecret of a door that there is not: %v", err)
	}
}

func TestTheTestOfTheSettingsShowsTheVerdictAndSignsNobodyIn(t *testing.T) {
	for name, set := range map[string]func(*testing.T) *practice{"a button": setUp, "automatic": automatic} {
		for door, path := range settingsOf {
			t.Run(name+", "+door, func(t *testing.T) {
				p, b := set(t), newBrowser(t)
				accepted := b.follow(b.get(p.url+path), "Test Settings")
				wantPage(t, accepted, http.StatusOK, "<h1>Test Settings</h1>", "The token was accepted.", "Claims of the accepted token")
				wantNot(t, accepted, "Log out", "Set-Cookie")
				if got, want := p.returns, []string{p.url + path + "/test/authenticate-callback"}; !slices.Equal(got, want) {
					t.Errorf("returns = %q, want %q", got, want)
				}
				wantPage(t, b.get(accepted.url.String()), http.StatusForbidden, "The token was not accepted.", "jti was used already")

				if err := p.helpdesk.SetSecret(door, redact.New(another)); err != nil {
					t.Fatal(err)
				}
				refused := b.follow(accepted, "Test again")
				wantPage(t, refused, http.StatusForbidden, "<h1>Test Settings</h1>", "The token was not accepted.", "signature is invalid")
				wantNot(t, refused, "Claims of", "eyJ")
			})
		}
	}
}

func TestTheSettingsTellOfTheLatestTokens(t *testing.T) {
	p, b := setUp(t), newBrowser(t)
	wantPage(t, b.get(p.url+"/settings/jwt"), http.StatusOK, "None came yet.")
	for i := range 12 {
		p.clock = now.Add(time.Duration(i) * time.Second)
		secret := secrets["users"]
		if i%2 == 1 {
			secret = another
		}
		b.get(p.url + callback + "&jwt=" + signed(t, secret, fmt.Sprint(i)))
	}
	settings := b.get(p.url + "/settings/jwt")
	wantNot(t, settings, "eyJ", "None came yet.")
	var got []string
	for _, found := range regexp.MustCompile(`<li( class="refused")?>(12:[^<]*): <bdi>(token \w+)`).FindAllStringSubmatch(settings.body, -1) {
		got = append(got, found[2]+" "+found[3])
	}
	want := []string{
		"12:00:11 UTC token refused", "12:00:10 UTC token accepted", "12:00:09 UTC token refused", "12:00:08 UTC token accepted",
		"12:00:07 UTC token refused", "12:00:06 UTC token accepted", "12:00:05 UTC token refused", "12:00:04 UTC token accepted",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the latest tokens\n got %q\nwant %q", got, want)
	}
	wantPage(t, b.get(p.url+"/agent/settings/jwt"), http.StatusOK, "None came yet.")
}

func TestSettingsChangeWhileTokensCome(t *testing.T) {
	p := setUp(t)
	tokens := make([]string, 40)
	for i := range tokens {
		tokens[i] = signed(t, another, fmt.Sprint(i))
	}
	var all sync.WaitGroup
	serve := func(method, target, body string) int {
		r := httptest.NewRequest(method, target, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		p.helpdesk.ServeHTTP(w, r)
		return w.Code
	}
	for i, token := range tokens {
		all.Go(func() {
			form := url.Values{"secret": {another}}
			if i%2 == 0 {
				form.Set("automatic", "on")
			}
			if got := serve(http.MethodPost, "/settings/jwt", form.Encode()); got != http.StatusSeeOther {
				t.Errorf("saving: status = %d, want 303", got)
			}
			// Saved before, by whomever, it counts.
			if got := serve(http.MethodGet, callback+"&jwt="+token, ""); got != http.StatusOK {
				t.Errorf("the callback: status = %d, want 200", got)
			}
			for range 10 {
				serve(http.MethodGet, "/", "")
			}
			serve(http.MethodGet, "/settings/jwt", "")
			if err := p.helpdesk.SetSecret("users", redact.New(another)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
