package web

import (
	"net/http"

	"deskpro-login/pkg/session"
)

// cookieName has the prefix with which browsers refuse the cookie from any
// other host, any plain http page and any path (RFC 6265bis section 4.1.3.2).
const cookieName = "__Host-session"

// hostCookie is a cookie of ours; its name begins with __Host-.
func hostCookie(name, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: maxAge,
		Secure: true, HttpOnly: true,
		// Lax: Deskpro's redirects to us are top-level GETs and carry it;
		// another site's forms, frames and images do not.
		SameSite: http.SameSiteLaxMode,
	}
}

// setSession gives the browser id until it closes; the store ends it sooner.
func setSession(w http.ResponseWriter, id session.ID) {
	http.SetCookie(w, hostCookie(cookieName, id.Reveal(), 0))
}

func clearSession(w http.ResponseWriter) { http.SetCookie(w, hostCookie(cookieName, "", -1)) }

// sessionID returns the request's session id, or session.ErrNone.
func sessionID(r *http.Request) (session.ID, error) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return session.ID{}, session.ErrNone
	}
	return session.ParseID(cookie.Value)
}
