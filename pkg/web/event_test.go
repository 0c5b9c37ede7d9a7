package web_test

import (
	"strings"
	"testing"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/web"
)

func TestAChallengeIsCountedByItsKind(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.Audit.Namespace = "test" })
	s.directory.Authenticator = answers{outcome: directory.Outcome{Challenge: &directory.Challenge{Kind: "SMS_MFA"}}}
	s.browser(t).post("/users/login", credentials("a@example.com", password, callback))
	for _, want := range []string{`"outcome":"challenge_unsupported"`, `"challenge":"SMS_MFA"`, `"Challenges":1`} {
		if !strings.Contains(s.log.String(), want) {
			t.Errorf("log lacks %s:\n%s", want, s.log)
		}
	}
}

func TestAFailureIsAnEventOfItsOwn(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.Audit.Namespace = "test" })
	b := s.browser(t)
	b.signIn()
	s.directory.Authenticator = panicking{}
	b.signIn()
	if want := `"event":"failed","door":"users","reason":"internal","code":"DPL-4001"`; !strings.Contains(s.log.String(), want) || !strings.Contains(s.log.String(), `"Failures":1`) {
		t.Errorf("log lacks %s and its metric:\n%s", want, s.log)
	}
}
