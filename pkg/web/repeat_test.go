package web_test

import (
	"net/url"
	"testing"

	"deskpro-login/pkg/directory"
)

func TestADoubleClickOnANewPasswordEndsNotItsOwnFirstSession(t *testing.T) {
	s, _ := challenged(t, password1, func(directory.Challenge, directory.Answer) (directory.Outcome, error) {
		return directory.Outcome{User: nia}, nil
	})
	b := s.browser(t)
	page, fields := b.password(), url.Values{"new_password": {"Brand new one"}}
	b.send(page, fields).wantToken(t, s, "users", callback)
	s.browser(t).send(page, fields).wantToken(t, s, "users", callback)
	b.get("/users/login").wantToken(t, s, "users", helpdesk+"/")
}
