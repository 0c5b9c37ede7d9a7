package main

import (
	"net/http"
	"strings"
)

const (
	hostPrefix  = "__Host-"
	plainPrefix = "plain-"
)

// plainCookies lets a session work over plain http in every client. The pages'
// cookies are Secure and named __Host-…, which Chromium and Firefox accept from
// loopback over http, but Safari and most HTTP libraries do not. So each goes
// out twice, the second time under another name and not Secure, and the second
// counts where the first does not come back. Only this server does so.
func plainCookies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, cookie := range r.Cookies() {
			name, isPlain := strings.CutPrefix(cookie.Name, plainPrefix)
			if !isPlain {
				continue
			}
			if _, err := r.Cookie(hostPrefix + name); err != nil {
				r.AddCookie(&http.Cookie{Name: hostPrefix + name, Value: cookie.Value}) // #nosec G124 -- of a request, which has no attributes
			}
		}
		next.ServeHTTP(&plainWriter{ResponseWriter: w}, r)
	})
}

// plainWriter doubles the cookies before the header is sent.
type plainWriter struct{ http.ResponseWriter }

func (w *plainWriter) WriteHeader(status int) {
	for _, line := range w.Header().Values("Set-Cookie") {
		cookie, err := http.ParseSetCookie(line)
		if err != nil || !strings.HasPrefix(cookie.Name, hostPrefix) {
			continue
		}
		cookie.Name, cookie.Secure = plainPrefix+strings.TrimPrefix(cookie.Name, hostPrefix), false
		http.SetCookie(w.ResponseWriter, cookie)
	}
	w.ResponseWriter.WriteHeader(status)
}
