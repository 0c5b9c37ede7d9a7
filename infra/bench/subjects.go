package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"

	passwords "deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
)

// packages are what is built; each executable is named after its package.
var packages = [...]string{
	"deskpro-login/infra/bench/empty",
	"deskpro-login/infra/bench/floor",
	"deskpro-login/functions/login",
	"deskpro-login/functions/authenticate",
	"deskpro-login/functions/logout",
}

// subjects are all invocations that are measured.
type subjects struct {
	// empty does nothing, hash verifies one password.
	empty, hash *subject
	// redirectFloor and signInFloor make as many bare AWS calls as redirect
	// and signIn do when warm; signInFloor verifies a password, too.
	redirectFloor, signInFloor *subject
	plain, tls                 house
}

// house is this project's functions over one transport.
type house struct{ redirect, page, signIn *subject }

func newSubjects(ctx context.Context, folder string, c *cloud) (*subjects, error) {
	hash, err := c.seed(ctx)
	if err != nil {
		return nil, err
	}
	arrival, err := visit("")
	if err != nil {
		return nil, err
	}
	form, err := signIn()
	if err != nil {
		return nil, err
	}
	function := func(name, what string, endpoint ...string) *subject {
		return &subject{name: name + ", " + what, binary: filepath.Join(folder, name), env: append(endpoint,
			"USERS_DESKPRO_URL="+helpdesk, "USERS_SECRET=users-jwt", "STATE_TABLE=state", "DIRECTORY=dynamodb",
			"SESSION_IDLE=12h", "SESSION_ABSOLUTE=12h")}
	}
	over := func(transport string, endpoint ...string) house {
		h := house{
			redirect: function("login", "redirect"+transport, endpoint...),
			page:     function("login", "page"+transport, endpoint...),
			signIn:   function("authenticate", "right password"+transport, endpoint...),
		}
		h.page.event, h.page.status, h.page.holds = arrival, http.StatusOK, "<form"
		h.signIn.event, h.signIn.status, h.signIn.holds = form, http.StatusFound, "jwt="
		h.signIn.env = append(h.signIn.env, "ACCOUNTS_TABLE=accounts", "FACTORS=on", "FACTOR_SECRET=apps")
		return h
	}
	s := &subjects{
		plain: over("", "AWS_ENDPOINT_URL="+c.plain.URL),
		tls: over(", TLS", "AWS_ENDPOINT_URL="+c.tls.URL, "SSL_CERT_FILE="+c.bundle,
			// Without it Go parses what it finds in the system's folders, too,
			// which on Lambda is the same bundle twice more.
			"SSL_CERT_DIR=/nonexistent"),
	}
	least := func(name, binary string) *subject {
		return &subject{name: name, binary: filepath.Join(folder, binary), event: arrival,
			status: http.StatusFound, env: []string{
				"AWS_ENDPOINT_URL=" + c.plain.URL, "FLOOR_CALLS=0", "FLOOR_PASSWORD=" + password,
				`FLOOR_BODY={"TableName":"accounts","Key":{"login":{"S":"` + login + `"}},"ConsistentRead":true}`,
			}}
	}
	s.empty, s.hash = least("empty", "empty"), least("empty + hash", "floor")
	s.hash.env = append(s.hash.env, "FLOOR_HASH="+hash)

	cookie, err := s.session(ctx)
	if err != nil {
		return nil, err
	}
	signedIn, err := visit(cookie)
	if err != nil {
		return nil, err
	}
	for _, redirect := range []*subject{s.plain.redirect, s.tls.redirect} {
		redirect.event, redirect.status, redirect.holds = signedIn, http.StatusFound, "jwt="
	}
	return s, s.addFloors(ctx, c, least, hash)
}

// addFloors makes the subjects with as many bare calls as the real ones make.
func (s *subjects) addFloors(ctx context.Context, c *cloud, least func(name, binary string) *subject, hash string) error {
	calls, err := c.warmCalls(ctx, s.plain.redirect)
	if err != nil {
		return err
	}
	s.redirectFloor = least(fmt.Sprintf("empty + %d AWS calls", calls), "floor")
	s.redirectFloor.env = append(s.redirectFloor.env, "FLOOR_CALLS="+strconv.Itoa(calls))
	if calls, err = c.warmCalls(ctx, s.plain.signIn); err != nil {
		return err
	}
	s.signInFloor = least(fmt.Sprintf("empty + hash + %d AWS calls", calls), "floor")
	s.signInFloor.env = append(s.signInFloor.env, "FLOOR_CALLS="+strconv.Itoa(calls), "FLOOR_HASH="+hash)
	return nil
}

// session signs in by the real function and returns the cookie that it sets.
func (s *subjects) session(ctx context.Context) (string, error) {
	p, err := s.plain.signIn.start()
	if err != nil {
		return "", err
	}
	defer p.Stop()
	answer, _, err := s.plain.signIn.invoke(ctx, p)
	if err != nil {
		return "", err
	}
	if len(answer.Cookies) == 0 {
		return "", fmt.Errorf("%s: sets no cookie", s.plain.signIn.name)
	}
	cookie, _, _ := strings.Cut(answer.Cookies[0], ";")
	return cookie, nil
}

// seed fills the stand-in and returns the hash of the person's password.
func (c *cloud) seed(ctx context.Context) (hash string, err error) {
	hasher, err := passwords.New(passwords.Config{})
	if err != nil {
		return "", fmt.Errorf("setting up the password's hash: %w", err)
	}
	if hash, err = hasher.Hash(ctx, redact.New(password)); err != nil {
		return "", fmt.Errorf("hashing the password: %w", err)
	}
	type text map[string]string
	account, err := json.Marshal(map[string]any{
		"login": text{"S": login}, "id": text{"S": "7f3c2a"}, "email": text{"S": login},
		"email_verified": map[string]bool{"BOOL": true}, "name": text{"S": "Ada Lovelace"}, "password_hash": text{"S": hash},
	})
	if err != nil {
		return "", fmt.Errorf("encoding the account: %w", err)
	}
	c.aws.CreateTable("state", "key")
	c.aws.CreateTable("accounts", "login")
	c.aws.PutItem("accounts", string(account))
	c.aws.PutSecret("users-jwt", strings.Repeat("benchmark", 8))
	c.aws.PutSecret("apps", strings.Repeat("benchmark", 8))
	return hash, nil
}

// warmCalls returns how many AWS calls the second invocation of s makes.
func (c *cloud) warmCalls(ctx context.Context, s *subject) (int, error) {
	p, err := s.start()
	if err != nil {
		return 0, err
	}
	defer p.Stop()
	if _, _, err := s.invoke(ctx, p); err != nil {
		return 0, err
	}
	before := c.calls()
	if _, _, err := s.invoke(ctx, p); err != nil {
		return 0, err
	}
	made := 0
	for operation, count := range c.calls() {
		made += count - before[operation]
	}
	return made, nil
}
