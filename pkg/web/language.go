package web

import (
	"context"
	"net/http"
	"time"

	"deskpro-login/pkg/web/locales"
)

// languageCookie has the tag of the language that a person chose; for a year.
const languageCookie = "__Host-language"

const languageLife = 365 * 24 * time.Hour

type languageKey struct{}

// wished is the language that a request wishes for: its form does, after its
// query, and the page that an error of it becomes is in that language, too.
type wished struct{ language *locales.Language }

// withWish returns r with the wish of its query.
func (s *Server) withWish(w http.ResponseWriter, r *http.Request) *http.Request {
	r = r.WithContext(context.WithValue(r.Context(), languageKey{}, &wished{}))
	s.wish(w, r, r.URL.Query().Get(paramLocales))
	return r
}

// wish grants a wish for a language, if there is one, and remembers it.
func (s *Server) wish(w http.ResponseWriter, r *http.Request, tags string) {
	if l := s.languages.Wished(tags); l != nil {
		r.Context().Value(languageKey{}).(*wished).language = l
		http.SetCookie(w, hostCookie(languageCookie, l.Tag, int(languageLife/time.Second)))
	}
}

// languageOf returns the language that a request wishes for, that was chosen
// before, or that the browser prefers. Redirects do without.
func (s *Server) languageOf(r *http.Request) *locales.Language {
	if wish := r.Context().Value(languageKey{}).(*wished); wish.language != nil {
		return wish.language
	}
	if cookie, err := r.Cookie(languageCookie); err == nil {
		if l := s.languages.Tagged(cookie.Value); l != nil {
			return l
		}
	}
	return s.languages.Accepted(r.Header.Get("Accept-Language"))
}
