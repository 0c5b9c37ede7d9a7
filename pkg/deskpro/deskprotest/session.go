package deskprotest

import (
	"crypto/rand"
	"net/http"
)

// A practice session is a random cookie of its door, known until the log-out,
// the next login, or the end of the process.

func (d *door) signIn(w http.ResponseWriter, r *http.Request, person string) {
	d.signOut(r)
	id := rand.Text()
	d.mu.Lock()
	d.sessions[id] = person
	d.mu.Unlock()
	http.SetCookie(w, d.newCookie(id))
}

func (d *door) signOut(r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.sessions, d.sessionID(r))
}

// person says who is signed in; empty means nobody.
func (d *door) person(r *http.Request) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sessions[d.sessionID(r)]
}

func (d *door) sessionID(r *http.Request) string {
	cookie, err := r.Cookie(d.cookieName())
	if err != nil {
		return ""
	}
	return cookie.Value
}

// Not Secure: not every browser takes such a cookie over loopback http.
func (d *door) newCookie(value string) *http.Cookie {
	return &http.Cookie{Name: d.cookieName(), Value: value, Path: d.home, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

func (d *door) cookieName() string { return "practice_" + d.door }
