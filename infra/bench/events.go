package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"deskpro-login/pkg/lambdahttp/gateway"
)

// What the benchmark's only person and helpdesk are.
const (
	domain   = "login.example.com"
	helpdesk = "https://acme.deskpro.example/"
	returnTo = helpdesk + "login/authenticate-callback/7?return=%2Fnew-ticket%2F"
	login    = "ada@example.com"
	password = "correct horse battery staple"
)

// visit is the event of a browser that Deskpro has sent, with a session's
// cookie unless that is empty.
func visit(cookie string) ([]byte, error) {
	r := httptest.NewRequest(http.MethodGet, "https://"+domain+"/users/login?return="+url.QueryEscape(returnTo), nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	return event("GET /{door}/login", r)
}

// signIn is the event of the sign-in page's form, filled in.
func signIn() ([]byte, error) {
	form := url.Values{"return": {returnTo}, "username": {login}, "password": {password}}
	r := httptest.NewRequest(http.MethodPost, "https://"+domain+"/users/login", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "https://"+domain)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return event("POST /{door}/login", r)
}

// event returns what API Gateway makes of r.
func event(route string, r *http.Request) ([]byte, error) {
	r.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	r.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
	r.Header.Set("Accept-Language", "en-GB,en;q=0.5")
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	var kept recorder
	api, err := gateway.New(gateway.Config{Domain: domain, Routes: map[string]gateway.Function{route: &kept}})
	if err != nil {
		return nil, fmt.Errorf("setting up the gateway: %w", err)
	}
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	if kept.event == nil {
		return nil, fmt.Errorf("the gateway refused %s: %s", route, w.Body)
	}
	return kept.event, nil
}

// recorder is a function that keeps its event.
type recorder struct{ event []byte }

func (r *recorder) Invoke(_ context.Context, payload []byte) ([]byte, error) {
	r.event = payload
	return []byte(`{"statusCode":204}`), nil
}
