package main

import (
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

// people have accounts; mallory tries the password of one of her own.
var people = [...]string{"ada@example.com", "ben@example.com", mallory}

const mallory = "mallory@example.com"

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
