package web

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"deskpro-login/pkg/web/locales"
)

// languageCookie has the tag of the language that a person chose; for a year.
const languageCookie = "__Host-language"

const languageLife = 365 * 24 * time.Hour

type languageKey struct{}

// spoken is a request's language. It changes when a form wishes for another, also
// for the page that an error of its becomes.
type spoken struct{ *locales.Language }

// languageOf returns what inLanguage chose.
func languageOf(ctx context.Context) *locales.Language {
	return ctx.Value(languageKey{}).(*spoken).Language
}

// inLanguage returns r for pages in the language that it wishes for, that was
// chosen before, or that the browser prefers.
func (s *Server) inLanguage(w http.ResponseWriter, r *http.Request) *http.Request {
	in := &spoken{s.languages.Accepted(r.Header.Get("Accept-Language"))}
	if cookie, err := r.Cookie(languageCookie); err == nil {
		in.Language = cmp.Or(s.languages.Tagged(cookie.Value), in.Language)
	}
	r = r.WithContext(context.WithValue(r.Context(), languageKey{}, in))
	s.wish(w, r, r.URL.Query().Get(paramLocales))
	return r
}

// wish grants a wish for a language, if there is one, and remembers it.
func (s *Server) wish(w http.ResponseWriter, r *http.Request, tags string) {
	in := r.Context().Value(languageKey{}).(*spoken)
	if l := s.languages.Wished(tags); l != nil {
		in.Language = l
		http.SetCookie(w, hostCookie(languageCookie, l.Tag, int(languageLife/time.Second)))
	}
	w.Header().Set("Content-Language", in.Tag)
}
