package deskprotest

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"deskpro-login/pkg/deskpro"
)

func (d *door) serveHome(w http.ResponseWriter, r *http.Request) {
	v := view{Heading: d.title, Person: d.person(r)}
	switch {
	case v.Person != "":
		v.Links = []link{{URL: d.ticketPath(), Text: "Write a ticket"}}
	case d.isAutomatic():
		http.Redirect(w, r, d.remoteLogin(""), http.StatusFound)
		return
	default:
		v.Text = "Nobody is signed in here."
		v.Links = []link{
			{URL: d.remoteLogin(""), Text: "Log in"},
			{URL: d.remoteLogin(d.ticketPath()), Text: "Log in and write a ticket"},
		}
	}
	d.write(w, http.StatusOK, v)
}

func (d *door) serveTicket(w http.ResponseWriter, r *http.Request) {
	person := d.person(r)
	switch {
	case person != "":
	case d.isAutomatic():
		http.Redirect(w, r, d.remoteLogin(d.ticketPath()), http.StatusFound)
		return
	default:
		d.write(w, http.StatusForbidden, view{
			Heading: "Log in first",
			Text:    "Only people who are signed in can write a ticket.",
			Links: []link{
				{URL: withNested(d.startPath(), d.ticketPath()), Text: "Log in"},
				{URL: d.home, Text: "Back to the start"},
			},
		})
		return
	}
	d.write(w, http.StatusOK, view{
		Heading: "New ticket",
		Text:    "Here you would write to the helpdesk. The practice stops at the door.",
		Person:  person,
		Links:   []link{{URL: d.home, Text: "Back to the start"}},
	})
}

// serveStart begins a login that ends on the page that return names. It passes
// on whatever it is given: the callback judges it.
func (d *door) serveStart(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, d.remoteLogin(r.URL.Query().Get("return")), http.StatusFound)
}

func (d *door) serveCallback(w http.ResponseWriter, r *http.Request) {
	nested := d.nested(r)
	claims, err := d.accept(r.URL.Query()["jwt"])
	switch {
	case err != nil && d.isAutomatic():
		http.Redirect(w, r, d.again(r), http.StatusFound)
		return
	case err != nil:
		d.write(w, http.StatusForbidden, view{
			Heading: "Login refused",
			Text:    "The practice helpdesk did not let you in.",
			Refusal: err.Error(),
			Person:  d.person(r),
			Links: []link{
				{URL: d.again(r), Text: "Try again"},
				{URL: d.home, Text: "Back to the start"},
			},
		})
		return
	}
	v := view{Heading: "Signed in", Person: describe(claims), Claims: rows(claims)}
	if nested != "" {
		v.Links = append(v.Links, link{URL: nested, Text: "Continue to " + strings.TrimPrefix(nested, d.origin())})
	}
	v.Links = append(v.Links, link{URL: d.home, Text: "Go to the start"})
	d.signIn(w, r, v.Person)
	d.write(w, http.StatusOK, v)
}

// accept returns the claims of the one token, which it accepts never again.
func (d *door) accept(tokens []string) (map[string]any, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	claims, err := d.judge(tokens, now)
	d.note(now, claims, err)
	return claims, err
}

// judge is to be called with mu held.
func (d *door) judge(tokens []string, now time.Time) (map[string]any, error) {
	if len(tokens) != 1 {
		return nil, fmt.Errorf("%w: there are %d jwt parameters and must be exactly one", deskpro.ErrToken, len(tokens))
	}
	if d.unusable != nil {
		return nil, fmt.Errorf("%w: %w", deskpro.ErrToken, d.unusable)
	}
	claims, err := d.app.Verify(tokens[0], d.key, now)
	if err != nil {
		return nil, err
	}
	expiry, err := jwt.MapClaims(claims).GetExpirationTime()
	jti, _ := claims["jti"].(string)
	if err != nil || expiry == nil || jti == "" {
		return nil, fmt.Errorf("%w: it has no exp and jti by which to accept it once", deskpro.ErrToken)
	}
	maps.DeleteFunc(d.used, func(_ string, expiry time.Time) bool { return !now.Before(expiry) })
	if _, used := d.used[jti]; used {
		return nil, fmt.Errorf("%w: its jti was used already (a page loaded twice shows its token twice)", deskpro.ErrToken)
	}
	d.used[jti] = expiry.Time
	return claims, nil
}

// serveLogout ends the practice session and hands over to the sign-in page, as
// the Logout Redirect URL does. That ours comes back here is its own choice.
func (d *door) serveLogout(w http.ResponseWriter, r *http.Request) {
	d.signOut(r)
	ended := d.newCookie("")
	ended.MaxAge = -1
	http.SetCookie(w, ended)
	http.Redirect(w, r, withReturn(d.logout, d.origin()+d.home), http.StatusSeeOther)
}
