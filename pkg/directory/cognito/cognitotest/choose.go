package cognitotest

import (
	"crypto/rand"
	"net/http"
)

// serveChoice takes the choice of managed login's page. Each page is good for
// one.
func (s *Server) serveChoice(w http.ResponseWriter, r *http.Request) {
	parameters, ok := query(r, "request", "account", "cancel")
	s.mu.Lock()
	defer s.mu.Unlock()
	asked, known := s.managed.requests[parameters["request"]]
	if !ok || !known {
		refuse(w, "invalid_request")
		return
	}
	delete(s.managed.requests, parameters["request"])
	if parameters["cancel"] != "" {
		asked.back(w, r, "error", "access_denied")
		return
	}
	a := s.find(parameters["account"])
	switch {
	case a == nil, asked.provider != "" && asked.provider != a.provider():
		refuse(w, "invalid_request")
		return
	case a.Disabled:
		refuse(w, "User is disabled.")
		return
	case a.Blocked:
		refuse(w, "Unable to login because of security reasons.")
		return
	case a.Provider == "" && a.Status != Confirmed:
		refuse(w, "This user cannot sign in yet.")
		return
	}
	s.remember(w, a)
	asked.back(w, r, "code", s.grant(asked, a))
}

func (s *Server) grant(asked authorization, a *account) string {
	code := newID()
	s.managed.grants[code] = &grant{authorization: asked, account: a, expires: s.config.Now().Add(grantLife)}
	return code
}

// remember signs the browser in to managed login itself.
func (s *Server) remember(w http.ResponseWriter, a *account) {
	id := rand.Text()
	s.managed.browsers[id] = browser{account: a, expires: s.config.Now().Add(cookieLife)}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: id, Path: "/", HttpOnly: true, MaxAge: int(cookieLife.Seconds()), SameSite: http.SameSiteLaxMode})
}

// browser returns who is signed in to managed login there, nil for nobody.
func (s *Server) browser(r *http.Request) *account {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return nil
	}
	known, ok := s.managed.browsers[cookie.Value]
	if !ok || known.account.Disabled || !s.config.Now().Before(known.expires) {
		return nil
	}
	return known.account
}
