package main

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

func TestAPlainCookieCountsWhereTheOtherDoesNotComeBack(t *testing.T) {
	for _, row := range []struct{ name, sent, want string }{
		{"no cookies", "", ""},
		{"the cookie itself", "__Host-session=a", "a"},
		{"its plain twin alone", "plain-session=b", "b"},
		{"both: the cookie itself", "plain-session=b; __Host-session=a", "a"},
		{"another cookie", "session=c; plainsession=d", ""},
	} {
		var got string
		handler := plainCookies(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if cookie, err := r.Cookie("__Host-session"); err == nil {
				got = cookie.Value
			}
		}))
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		if row.sent != "" {
			r.Header.Set("Cookie", row.sent)
		}
		handler.ServeHTTP(httptest.NewRecorder(), r)
		if got != row.want {
			t.Errorf("%s: the session is %q, want %q", row.name, got, row.want)
		}
	}
}

func TestEachHostCookieHasAPlainTwin(t *testing.T) {
	for _, row := range []struct {
		name, set string
		want      []string
	}{
		{"a new session", "__Host-session=a; Path=/; HttpOnly; Secure; SameSite=Lax", []string{
			"__Host-session=a; Path=/; HttpOnly; Secure; SameSite=Lax",
			"plain-session=a; Path=/; HttpOnly; SameSite=Lax",
		}},
		{"an ended session", "__Host-session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax", []string{
			"__Host-session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
			"plain-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
		}},
		{"another cookie", "theme=dark; Secure", []string{"theme=dark; Secure"}},
	} {
		handler := plainCookies(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Set-Cookie", row.set)
			w.WriteHeader(http.StatusFound)
		}))
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
		if got := w.Result().Header.Values("Set-Cookie"); !slices.Equal(got, row.want) {
			t.Errorf("%s:\n got %q\nwant %q", row.name, got, row.want)
		}
	}
}
