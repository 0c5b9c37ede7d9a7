package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
)

const (
	domain   = "login.example.com"
	helpdesk = "https://acme.deskpro.example/"
	callback = helpdesk + "login/authenticate-callback/7"
	password = "correct horse battery staple"
)

// accounts are so many that two seldom sign in to one at the same moment, when one
// has to count again.
const accounts = 64

// person has an account; stranger has none, and each has guesses of their own.
func person(i int) string   { return fmt.Sprintf("person-%d@example.com", i%accounts) }
func stranger(i int) string { return fmt.Sprintf("stranger-%d@example.com", i) }

// visit is a browser that Deskpro has sent to a page, which may lead back.
func visit(page, back, cookie string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "https://"+domain+"/users/"+page, nil)
	if back != "" {
		r.URL.RawQuery = "return=" + url.QueryEscape(back)
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	return r
}

// signIn is the sign-in page's form.
func signIn(login, password string) *http.Request {
	form := url.Values{"return": {callback}, "username": {login}, "password": {password}}
	r := httptest.NewRequest(http.MethodPost, "https://"+domain+"/users/login", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "https://"+domain)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}
