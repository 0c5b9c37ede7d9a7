package main

import (
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// settings are where the doors' secrets are pasted.
var settings = map[string]string{"users": "/settings/jwt", "agents": "/agent/settings/jwt"}

// signers names, of all tokens in the addresses visited, the secrets that signed
// them.
func (b *browser) signers(secrets map[string]string) []string {
	b.t.Helper()
	var names []string
	for _, address := range b.visited {
		u, err := url.Parse(address)
		if err != nil {
			b.t.Fatal(err)
		}
		for _, token := range u.Query()["jwt"] {
			name := "none"
			for n, secret := range secrets {
				if _, err := jwt.Parse(token, func(*jwt.Token) (any, error) { return []byte(secret), nil }); err == nil {
					name = n
				}
			}
			names = append(names, name)
		}
	}
	return names
}

// paste saves secret in the door's settings, and what else the form has.
func (b *browser) paste(l *local, door, secret string, boxes ...string) {
	b.t.Helper()
	form := url.Values{"secret": {secret}}
	for _, box := range boxes {
		form.Set(box, "on")
	}
	b.send(http.MethodPost, l.helpdesk+settings[door], form).want(b.t, http.StatusOK, "Saved.")
}

// insist tries again where Deskpro refused, as people do, a few times.
func (b *browser) insist(p page) page {
	b.t.Helper()
	for tries := 0; p.status == http.StatusForbidden && tries < 3; tries++ {
		p = b.click(p, "Try again")
	}
	return p
}

func TestTheSecretsAreRotatedAsTheBannerSays(t *testing.T) {
	operator := newOperator(t)
	for door, directory := range map[string]string{"users": "cognito", "agents": "dynamodb"} {
		t.Run(door+" of "+directory, func(t *testing.T) {
			l := start(t, "-directory", directory)
			loginctl := func(args ...string) string {
				t.Helper()
				return operator.loginctl(l, "", append(append([]string{"secret"}, args...), "--door", door)...)
			}
			b := newBrowser(t, plainJar(t))
			b.signIn(b.click(b.get(l.helpdesk+homes[door]), "Log in"), "ana@example.com", practicePassword).want(t, http.StatusOK)

			secrets := map[string]string{"first": l.secret(t, door), "second": loginctl("generate", "--reveal")}
			if shown := loginctl("status"); !strings.Contains(shown, "pending") || strings.Contains(shown, secrets["second"]) {
				t.Errorf("the status is\n%s", shown)
			}
			b.paste(l, door, secrets["second"])
			b.visited = nil
			// The last visit is less than a minute ago: this may be taken for a return.
			b.insist(b.get(l.ours+"/"+door+"/login")).want(t, http.StatusOK, "<h1>Signed in</h1>")
			if got := b.signers(secrets); got[len(got)-1] != "second" || len(got) > 2 {
				t.Errorf("the tokens are signed with %q, want the second in the end", got)
			}
			if shown := loginctl("status", "--json"); !regexp.MustCompile(`"refused": ?[1-9]`).MatchString(shown) {
				t.Errorf("nobody was seen to be refused:\n%s", shown)
			}
			loginctl("confirm")
			loginctl("promote", "--apply")
			if got := loginctl("status", "--reveal", "current"); got != secrets["second"] {
				t.Errorf("the current secret is %q, want %q", got, secrets["second"])
			}
			b = newBrowser(t, plainJar(t))
			b.insist(b.signIn(b.click(b.get(l.helpdesk+homes[door]), "Log in"), "ana@example.com", practicePassword)).want(t, http.StatusOK, "<h1>Signed in</h1>")
			log := l.log.String()
			for name, secret := range secrets {
				if strings.Contains(log, secret) {
					t.Errorf("the log holds the %s secret:\n%s", name, log)
				}
			}
			if !strings.Contains(log, "event=bounced") || !strings.Contains(log, "key_stage=pending") {
				t.Errorf("the log does not tell of the change:\n%s", log)
			}
		})
	}
}

func TestAWrongSecretEndsOnAPageOfOurs(t *testing.T) {
	l := start(t, "-sso", "automatic")
	b := newBrowser(t, plainJar(t))
	b.signIn(b.get(l.helpdesk+"/agent/"), "ana@example.com", practicePassword).want(t, http.StatusOK, "<h1>Signed in</h1>")
	b.paste(l, "agents", "something-else-something-else-something", "automatic")
	p := b.get(l.ours + "/agents/login")
	for strings.Contains(p.body, `http-equiv="refresh"`) {
		p = b.get(p.url.String()) // as browsers do
	}
	p.want(t, http.StatusForbidden, "DPL-2021")
	if !strings.HasPrefix(p.url.String(), l.ours+"/agents/login") {
		t.Errorf("it ends on %s", p.url)
	}
	b.paste(l, "agents", l.secret(t, "agents"))
	b.click(p, "Try again").want(t, http.StatusOK, "<h1>Signed in</h1>")
}

// Only what signs is kept: a version that waits, and the one before, are not.
func TestWhatSignsSurvivesARestart(t *testing.T) {
	operator := newOperator(t)
	dir := filepath.Join(t.TempDir(), "practice")
	l := start(t, "-data", dir)
	first := []string{l.secret(t, "users"), l.secret(t, "agents")}
	users := operator.loginctl(l, "", "secret", "generate", "--reveal", "--door", "users")
	operator.loginctl(l, "", "secret", "promote", "--unconfirmed", "--apply", "--door", "users")
	operator.loginctl(l, "", "secret", "generate", "--door", "agents")
	for range 2 {
		if err := l.stop(); err != nil {
			t.Fatal(err)
		}
		l = start(t, "-data", dir)
		if got, want := []string{l.secret(t, "users"), l.secret(t, "agents")}, []string{users, first[1]}; !slices.Equal(got, want) {
			t.Fatalf("after a restart the secrets are %q, want %q", got, want)
		}
		if shown := operator.loginctl(l, "", "secret", "status"); strings.Contains(shown, "pending ") || strings.Contains(shown, "previous ") {
			t.Errorf("after a restart the status is\n%s", shown)
		}
		b := newBrowser(t, plainJar(t))
		b.signIn(b.click(b.get(l.helpdesk+"/"), "Log in"), "ugo@example.com", practicePassword).want(t, http.StatusOK, "<h1>Signed in</h1>")
		if got := b.signers(map[string]string{"new": users, "old": first[0]}); !slices.Equal(got, []string{"new"}) {
			t.Errorf("the tokens are signed with %q, want the new one", got)
		}
	}
}
