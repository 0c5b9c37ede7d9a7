package cognitotest

import (
	"net/http"
	"slices"
)

// serveLogout answers the logout endpoint, which ends the browser's session
// with managed login:
// https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html
func (s *Server) serveLogout(w http.ResponseWriter, r *http.Request) {
	parameters, ok := query(r, "client_id", "logout_uri")
	if !ok || parameters["client_id"] != s.config.ClientID || !slices.Contains(s.config.LogoutURLs, parameters["logout_uri"]) {
		refuse(w, "invalid_request")
		return
	}
	if cookie, err := r.Cookie(cookieName); err == nil {
		s.mu.Lock()
		delete(s.managed.browsers, cookie.Value)
		s.mu.Unlock()
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Path: "/", HttpOnly: true, MaxAge: -1})
	http.Redirect(w, r, parameters["logout_uri"], http.StatusFound)
}
