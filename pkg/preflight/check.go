package preflight

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/session"
)

// badCredentials is package web's code of a login or password that is not right.
const badCredentials = "DPL-2001"

// tryRedirect: who has a session is sent to Deskpro with a token for them.
func (t *Trial) tryRedirect(ctx context.Context, d Door, id session.ID, person directory.User) *failure {
	return t.ask(ctx, d, call{
		check: "login with a session", version: t.cfg.Versions.Login, want: "302 to the door's default return with a token",
		method: http.MethodGet, page: "login", session: id,
	}, func(a answer) []string {
		if wrong := a.wrongStatus(http.StatusFound); wrong != nil {
			return wrong
		}
		wrong := a.wrongCaching()
		if a.header.Get("Referrer-Policy") != "no-referrer" {
			wrong = append(wrong, "Referrer-Policy would let the token out")
		}
		return append(wrong, t.wrongToken(ctx, d, person, a.header.Get("Location"))...)
	})
}

// tryPage: who has no session gets the form, even where people are sent straight
// to an identity provider: that is who asks for it.
func (t *Trial) tryPage(ctx context.Context, d Door) *failure {
	return t.ask(ctx, d, call{
		check: "login without a session", version: t.cfg.Versions.Login, want: "200 with the sign-in page",
		method: http.MethodGet, page: "login", query: "prompt=login",
	}, func(a answer) []string { return a.wrongForm(http.StatusOK, d) })
}

// tryPassword: nobody's password is refused, by the directory and nothing else.
func (t *Trial) tryPassword(ctx context.Context, d Door) *failure {
	return t.ask(ctx, d, call{
		check: "authenticate with an unknown login", version: t.cfg.Versions.Authenticate, want: "401 with " + badCredentials,
		method: http.MethodPost, page: "login", form: url.Values{
			"return": {d.App.DefaultReturn().String()}, "username": {madeUp(d).Email}, "password": {rand.Text()},
		},
	}, func(a answer) []string {
		wrong := a.wrongForm(http.StatusUnauthorized, d)
		if a.status == http.StatusUnauthorized && !strings.Contains(a.body, badCredentials) {
			wrong = append(wrong, "the page does not say "+badCredentials)
		}
		return wrong
	})
}

// tryLogout: the session ends, in the browser and in the store.
func (t *Trial) tryLogout(ctx context.Context, d Door, id session.ID) *failure {
	return t.ask(ctx, d, call{
		check: "logout", version: t.cfg.Versions.Logout, want: "200, the cookie cleared and the session ended",
		method: http.MethodGet, page: "logout", session: id,
	}, func(a answer) []string {
		if wrong := a.wrongStatus(http.StatusOK); wrong != nil {
			return wrong
		}
		wrong := a.wrongPage(d)
		if len(a.cookies) != 1 || a.cookies[0].Name != cookieName || a.cookies[0].MaxAge >= 0 || a.cookies[0].Value != "" {
			wrong = append(wrong, "the cookie is not cleared")
		}
		switch _, err := t.cfg.Sessions.Find(ctx, id); {
		case err == nil:
			wrong = append(wrong, "the session is still there")
		case !errors.Is(err, session.ErrNone):
			wrong = append(wrong, err.Error())
		}
		return wrong
	})
}

// wrongStatus says what is wrong with an answer of another status; of that
// nothing more needs to be said.
func (a answer) wrongStatus(status int) []string {
	if a.status == status {
		return nil
	}
	if code := codePattern.FindString(a.body); code != "" {
		return []string{fmt.Sprintf("status %d with %s", a.status, code)}
	}
	return []string{fmt.Sprintf("status %d", a.status)}
}

func (a answer) wrongCaching() []string {
	for part := range strings.SplitSeq(a.header.Get("Cache-Control"), ",") {
		if strings.TrimSpace(part) == "no-store" {
			return nil
		}
	}
	return []string{"Cache-Control lacks no-store"}
}

// wrongPage says what is wrong with one of the door's pages, whose status is
// right.
func (a answer) wrongPage(d Door) []string {
	wrong := a.wrongCaching()
	if media, _, _ := mime.ParseMediaType(a.header.Get("Content-Type")); media != "text/html" {
		wrong = append(wrong, "it is not HTML")
	}
	// Browsers hold the redirect that answers a form to this, too.
	targets := directive(a.header.Get("Content-Security-Policy"), "form-action")
	for _, target := range append([]string{"'self'"}, d.App.Origins()...) {
		if !slices.Contains(targets, target) {
			wrong = append(wrong, "form-action of Content-Security-Policy lacks "+target)
		}
	}
	if tokenPattern.MatchString(a.body) {
		wrong = append(wrong, "the page shows a token")
	}
	if a.header.Get("Location") != "" {
		wrong = append(wrong, "the page redirects")
	}
	return wrong
}

// wrongForm says what is wrong with a sign-in page.
func (a answer) wrongForm(status int, d Door) []string {
	if wrong := a.wrongStatus(status); wrong != nil {
		return wrong
	}
	wrong := a.wrongPage(d)
	if !strings.Contains(a.body, `<form method="post" action="/`+d.Name+`/login">`) {
		wrong = append(wrong, "the page has no form of the door's")
	}
	if len(a.cookies) > 0 {
		wrong = append(wrong, "the page sets a cookie")
	}
	return wrong
}

// directive returns the sources of a policy's directive.
func directive(policy, name string) []string {
	for part := range strings.SplitSeq(policy, ";") {
		if fields := strings.Fields(part); len(fields) > 0 && fields[0] == name {
			return fields[1:]
		}
	}
	return nil
}

// wrongToken says what is wrong with a redirect, which must be the one that
// would be made here and now, but for what is fresh in each token.
func (t *Trial) wrongToken(ctx context.Context, d Door, person directory.User, location string) []string {
	key, err := d.Keys.Current(ctx)
	if err != nil {
		return []string{"there is nothing to verify the token with: " + err.Error()}
	}
	now := t.cfg.Now()
	ours, err := mint(d, key, person, now)
	if err != nil {
		return []string{"there is nothing to compare the token with: " + err.Error()}
	}
	target, err := url.Parse(location)
	if err != nil {
		return []string{"Location is no URL"}
	}
	tokens := target.Query()["jwt"]
	if len(tokens) != 1 {
		return []string{fmt.Sprintf("it carries %d tokens", len(tokens))}
	}
	var wrong []string
	returnTo := d.App.DefaultReturn()
	if want, err := url.Parse(returnTo.String()); err != nil || target.Scheme != want.Scheme || target.Host != want.Host {
		wrong = append(wrong, "it leads to another origin")
	} else if location != strings.TrimSuffix(returnTo.With(ours), ours.Reveal())+tokens[0] {
		wrong = append(wrong, "it leads to another page")
	}
	got, err := d.App.Verify(tokens[0], key, now)
	if err != nil {
		return append(wrong, err.Error())
	}
	want, err := d.App.Verify(ours.Reveal(), key, now)
	if err != nil {
		return append(wrong, "there is nothing to compare the token with: "+err.Error())
	}
	return append(wrong, differences(got, want)...)
}

// tryKey holds the doors' keys apart: with one for both, a user's token would
// open the agent interface. A key that cannot be had is tryRedirect's to tell.
func (t *Trial) tryKey(ctx context.Context, d Door) *failure {
	key, err := d.Keys.Current(ctx)
	if err != nil {
		return nil
	}
	for _, other := range t.cfg.Doors {
		if other.Name == d.Name {
			continue
		}
		if others, err := other.Keys.Current(ctx); err == nil && key.Same(others) {
			return &failure{door: d.Name, check: "secret", want: "one of its own", reason: "it is also that of " + other.Name}
		}
	}
	return nil
}

// mint signs what login must have signed.
func mint(d Door, key keyring.Key, person directory.User, now time.Time) (deskpro.Token, error) {
	email, err := deskpro.ParseEmail(person.Email)
	if err != nil {
		return deskpro.Token{}, err
	}
	return d.App.Mint(key, deskpro.Claims{
		ID: person.ID, Email: email, Name: person.Name, Groups: person.Groups, Attributes: person.Attributes,
	}, now)
}

// differences names the claims that are not as wanted. What is fresh in each
// token counts by how long it is valid and that it is there.
func differences(got, want map[string]any) []string {
	for _, claims := range []map[string]any{got, want} {
		issued, _ := claims["iat"].(float64)
		expires, _ := claims["exp"].(float64)
		id, _ := claims["jti"].(string)
		claims["iat"], claims["exp"], claims["jti"] = true, expires-issued, id != ""
	}
	names := map[string]bool{}
	for _, claims := range []map[string]any{got, want} {
		for name := range claims {
			names[name] = true
		}
	}
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !reflect.DeepEqual(got[name], want[name]) {
			if _, known := want[name]; !known {
				wrong = append(wrong, "it has a claim too many") // whose name may be anything
				continue
			}
			wrong = append(wrong, "its claim "+name+" is another")
		}
	}
	return wrong
}
