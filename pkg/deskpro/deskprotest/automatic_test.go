package deskprotest_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"deskpro-login/pkg/redact"
)

// automatic is a practice whose doors have automatic SSO.
func automatic(t *testing.T) *practice {
	t.Helper()
	p := setUp(t)
	b := newBrowser(t)
	for door, path := range settingsOf {
		wantPage(t, b.post(p.url+path, url.Values{"secret": {secrets[door]}, "automatic": {"on"}}), http.StatusOK, `name="automatic" type="checkbox" value="on" checked`)
	}
	return p
}

func TestAutomaticSSOShowsNoPageToWhoIsSignedOut(t *testing.T) {
	for door, home := range homes {
		t.Run(door, func(t *testing.T) {
			p, b := automatic(t), newBrowser(t)
			wantPage(t, b.get(p.url+home), http.StatusOK, "<h1>Signed in</h1>", signedIn)
			wantPage(t, b.get(p.url+home), http.StatusOK, signedIn, "Write a ticket") // its own page, with a session
			b = newBrowser(t)
			ticket := b.follow(b.get(p.url+home+"new-ticket/"), "Continue to "+home+"new-ticket/")
			wantPage(t, ticket, http.StatusOK, "<h1>New ticket</h1>")
			for _, path := range []string{home, home + "new-ticket/"} {
				if answer := newBrowser(t).still().get(p.url + path); answer.status != http.StatusFound {
					t.Errorf("%s: status = %d, want 302", path, answer.status)
				}
			}
			wantPage(t, b.get(p.url+settingsOf[door]), http.StatusOK) // the admin's
			b.post(p.url+settingsOf[door], url.Values{"secret": {secrets[door]}})
			wantPage(t, newBrowser(t).get(p.url+home), http.StatusOK, "Nobody is signed in here.")
		})
	}
}

func TestAutomaticSSOSendsWhoIsRefusedBackWithTheSameReturn(t *testing.T) {
	for _, row := range []struct{ name, query, want string }{
		{"the token after other parameters", "return=%2Fnew-ticket%2F%3Fa%3D1&x=b+c&jwt=TOKEN", "?return=%2Fnew-ticket%2F%3Fa%3D1&x=b+c"},
		{"the token alone", "jwt=TOKEN", ""},
		{"the token among others", "a=1&jwt=TOKEN&a=2", "?a=1&a=2"},
		{"the token twice", "jwt=TOKEN&a=1&jwt=TOKEN", "?a=1"},
		{"the token by another spelling", "%6Awt=TOKEN&a=1", "?a=1"},
		{"no token", "a=1", "?a=1"},
		{"nothing", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, b := automatic(t), newBrowser(t).still()
			token := p.mint(t, another).Reveal()
			answer := b.get(p.url + "/login/authenticate-callback/1?" + strings.ReplaceAll(row.query, "TOKEN", token))
			if answer.status != http.StatusFound {
				t.Fatalf("status = %d, want 302", answer.status)
			}
			want := p.login.URL + "/users/login?return=" + url.QueryEscape(p.url+"/login/authenticate-callback/1"+row.want) + "&theme=plain"
			if got := answer.header.Get("Location"); got != want {
				t.Errorf("Location\n got %s\nwant %s", got, want)
			}
			if got := answer.header.Get("Set-Cookie"); got != "" {
				t.Errorf("Set-Cookie = %q, want none", got)
			}
			wantNot(t, answer, token)
		})
	}
}

// The loop that automatic SSO makes of a wrong secret is not the helpdesk's to
// end: a sign-in page that does not, either, keeps the browser in it.
func TestAutomaticSSOLoopsUntilTheSecretIsRight(t *testing.T) {
	p, b := automatic(t), newBrowser(t)
	if err := p.helpdesk.SetSecret("users", redact.New(another)); err != nil {
		t.Fatal(err)
	}
	visits := 0
	b.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if visits++; visits == 40 {
			return errors.New("it loops")
		}
		if visits == 20 {
			return p.helpdesk.SetSecret("users", redact.New(secrets["users"]))
		}
		return nil
	}
	p.returns = nil
	wantPage(t, b.get(p.url+"/new-ticket/"), http.StatusOK, "<h1>Signed in</h1>", "Continue to /new-ticket/")
	if returns := slices.Compact(slices.Clone(p.returns)); len(p.returns) < 9 || len(returns) != 1 {
		t.Errorf("%d visits of the sign-in page, with the returns %q", len(p.returns), returns)
	}
}

func TestTryingAgainBringsTheSameReturn(t *testing.T) {
	p, b := setUp(t), newBrowser(t)
	if err := p.helpdesk.SetSecret("agents", redact.New(another)); err != nil {
		t.Fatal(err)
	}
	refused := b.follow(b.get(p.url+"/agent/"), "Log in and write a ticket")
	for range 2 {
		refused = b.follow(refused, "Try again")
		wantPage(t, refused, http.StatusForbidden, "signature is invalid")
	}
	if returns := slices.Compact(slices.Clone(p.returns)); len(p.returns) != 3 || len(returns) != 1 {
		t.Errorf("the returns are %q, want the same three times", p.returns)
	}
}
