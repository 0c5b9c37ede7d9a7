package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// homes are where the doors begin at the practice Deskpro.
var homes = map[string]string{"users": "/", "agents": "/agent/"}

// jars are those of the clients that there are.
func jars(t *testing.T) map[string]http.CookieJar {
	t.Helper()
	return map[string]http.CookieJar{
		"a client that drops Secure cookies": plainJar(t),
		"a browser that trusts loopback":     trustingJar{plainJar(t)},
	}
}

func TestAPasswordLeadsFromDeskproToDeskpro(t *testing.T) {
	l := start(t)
	for _, row := range []struct{ door, login, id, name, groups string }{
		{"users", "ugo@example.com", "u-1001", "Ugo Bianchi", "[]"},
		{"users", "ana@example.com", "u-1002", "Ana Souza", `["deskpro-agents"]`},
		{"agents", "ana@example.com", "u-1002", "Ana Souza", `["deskpro-agents"]`},
	} {
		for client, jar := range jars(t) {
			t.Run(row.door+": "+row.login+" with "+client, func(t *testing.T) {
				b := newBrowser(t, jar)
				form := b.click(b.get(l.helpdesk+homes[row.door]), "Log in")
				if !strings.HasPrefix(form.url.String(), l.ours+"/"+row.door+"/login?") {
					t.Fatalf("the sign-in page is at %s", form.url)
				}
				arrived := b.signIn(form, row.login, practicePassword).want(t, http.StatusOK, "<h1>Signed in</h1>")
				if !strings.HasPrefix(arrived.url.String(), l.helpdesk+homes[row.door]+"login/authenticate-callback/") {
					t.Errorf("arrived at %s", arrived.url)
				}
				claims := arrived.claims()
				for name, want := range map[string]string{
					"id": row.id, "email": row.login, "name": row.name, "groups": row.groups, "iss": "deskpro-login/" + row.door, "aud": l.helpdesk,
				} {
					if got := claims[name]; got != want {
						t.Errorf("the claim %s is %q, want %q", name, got, want)
					}
				}
				b.get(l.helpdesk+homes[row.door]).want(t, http.StatusOK, "Signed in as", row.login)
			})
		}
	}
}

func TestTheSecretPrintedIsTheOneThatSigns(t *testing.T) {
	l := start(t)
	for door, other := range map[string]string{"users": "agents", "agents": "users"} {
		b := newBrowser(t, plainJar(t))
		b.signIn(b.click(b.get(l.helpdesk+homes[door]), "Log in"), "ana@example.com", practicePassword).want(t, http.StatusOK)
		verify := func(secret string) error {
			_, err := jwt.Parse(b.token(), func(*jwt.Token) (any, error) { return []byte(secret), nil }, jwt.WithValidMethods([]string{"HS256"}))
			return err
		}
		if err := verify(l.secret(t, door)); err != nil {
			t.Errorf("%s: %v", door, err)
		}
		if err := verify(l.secret(t, other)); err == nil {
			t.Errorf("%s: the token is signed with the secret of the %s", door, other)
		}
	}
}

func TestASessionOpensTheNextDoorWithoutAPassword(t *testing.T) {
	l := start(t)
	for client, jar := range jars(t) {
		t.Run(client, func(t *testing.T) {
			b := newBrowser(t, jar)
			b.signIn(b.click(b.get(l.helpdesk+"/"), "Log in"), "ana@example.com", practicePassword).want(t, http.StatusOK)
			next := b.click(b.get(l.helpdesk+"/agent/"), "Log in").want(t, http.StatusOK, "<h1>Signed in</h1>")
			if got, want := next.claims()["email"], "ana@example.com"; got != want {
				t.Errorf("email = %q, want %q", got, want)
			}
			// A bookmark of the sign-in page leads on, too.
			b.get(l.ours+"/users/login").want(t, http.StatusOK, "<h1>Signed in</h1>")
		})
	}
}

func TestAWrongPasswordKeepsTheWayBack(t *testing.T) {
	l := start(t)
	b := newBrowser(t, plainJar(t))
	form := b.click(b.get(l.helpdesk+"/"), "Log in and write a ticket")
	for _, login := range []string{"ugo@example.com", "nobody@example.com"} {
		again := b.signIn(form, login, "wrong").want(t, http.StatusUnauthorized, `role="alert"`, `value="`+login+`"`)
		form = page{http.StatusOK, again.url, again.body}
	}
	arrived := b.signIn(form, "ugo@example.com", practicePassword).want(t, http.StatusOK, "<h1>Signed in</h1>")
	b.click(arrived, "Continue to /new-ticket/").want(t, http.StatusOK, "New ticket")
}

func TestTheAgentsDoorIsClosedToUsers(t *testing.T) {
	l := start(t)
	b := newBrowser(t, plainJar(t))
	refused := b.signIn(b.click(b.get(l.helpdesk+"/agent/"), "Log in"), "ugo@example.com", practicePassword).want(t, http.StatusForbidden)
	if !strings.HasPrefix(refused.url.String(), l.ours+"/") {
		t.Errorf("refused at %s", refused.url)
	}
	if all := strings.Join(b.visited, " ") + refused.body; strings.Contains(all, "jwt=") || strings.Contains(all, "eyJ") {
		t.Errorf("there is a token: %s", all)
	}
	b.get(l.helpdesk+"/agent/").want(t, http.StatusOK, "Nobody is signed in here.")
	b.click(refused, "Use another account").want(t, http.StatusOK, "Password")
}

func TestLoggingOutEndsTheSession(t *testing.T) {
	l := start(t)
	for client, jar := range jars(t) {
		t.Run(client, func(t *testing.T) {
			b := newBrowser(t, jar)
			arrived := b.signIn(b.click(b.get(l.helpdesk+"/"), "Log in"), "ugo@example.com", practicePassword).want(t, http.StatusOK)
			ours, err := url.Parse(l.ours)
			if err != nil {
				t.Fatal(err)
			}
			kept := jar.Cookies(ours)
			if len(kept) == 0 {
				t.Fatal("there is no session's cookie")
			}
			out := b.submit(arrived, url.Values{}).want(t, http.StatusOK, "Nobody is signed in here.")
			if got, want := out.url.String(), l.helpdesk+"/"; got != want {
				t.Errorf("logging out led to %s, want %s", got, want)
			}
			// What makes a browser known signs nobody in.
			left := slices.DeleteFunc(jar.Cookies(ours), func(c *http.Cookie) bool { return strings.HasSuffix(c.Name, "-known") })
			if len(left) > 0 {
				t.Errorf("cookies are left: %v", left)
			}
			b.get(l.ours+"/users/login").want(t, http.StatusOK, "Password")

			jar.SetCookies(ours, kept)
			b.get(l.ours+"/users/login").want(t, http.StatusOK, "Password")
		})
	}
}

func TestTheLogHoldsNoSecrets(t *testing.T) {
	l := start(t)
	b := newBrowser(t, plainJar(t))
	form := b.click(b.get(l.helpdesk+"/"), "Log in")
	again := b.signIn(form, "typed-as-login", "typed-as-password")
	b.signIn(page{http.StatusOK, again.url, again.body}, "ugo@example.com", practicePassword).want(t, http.StatusOK, "<h1>Signed in</h1>")
	b.get(l.ours+"/users/login?return=https%3A%2F%2Fevil.example%2Ftyped-in-query").want(t, http.StatusBadRequest)
	ours, err := url.Parse(l.ours)
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{
		"typed-as", "typed-in-query", practicePassword, b.token(), "eyJ", "return=", "jwt=", "Cookie",
		l.secret(t, "users"), l.secret(t, "agents"),
	}
	for _, cookie := range b.client.Jar.Cookies(ours) {
		secrets = append(secrets, cookie.Value)
	}
	b.get(l.ours+"/users/logout").want(t, http.StatusOK)
	log := l.log.String()
	for _, event := range []string{"event=refused", "event=signed_in", "event=token_issued", "event=signed_out", "DPL-1003"} {
		if !strings.Contains(log, event) {
			t.Errorf("the log does not tell of %s:\n%s", event, log)
		}
	}
	for _, secret := range secrets {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q:\n%s", secret, log)
		}
	}
}
