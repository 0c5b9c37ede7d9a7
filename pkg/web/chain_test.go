package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state/statetest"
	"deskpro-login/pkg/web"
)

// chain asks for kinds one after the other, whatever is answered, then lets nia in.
func chain(steps ...directory.Challenge) func(directory.Challenge, directory.Answer) (directory.Outcome, error) {
	return func(c directory.Challenge, _ directory.Answer) (directory.Outcome, error) {
		for i := range steps {
			if c.Kind == steps[i].Kind && i+1 < len(steps) {
				return directory.Outcome{Challenge: &steps[i+1]}, nil
			}
		}
		return directory.Outcome{User: nia}, nil
	}
}

var anything = url.Values{"code": {"123456"}, "new_password": {"Brand new one"}, "attribute.given_name": {"Nia"}, "attribute.custom:cost_centre": {"7"}}

func TestANewPasswordEndsTheOtherSessionsHoweverManyStepsFollow(t *testing.T) {
	for _, following := range [][]directory.Challenge{{password1, appCode}, {password1, setup, appCode}} {
		s, _ := challenged(t, password1, chain(following...))
		thief := s.browser(t)
		thief.signInWith(t, nia)
		b := s.browser(t)
		page := b.password()
		for range following {
			page = b.send(page, anything)
		}
		page.wantToken(t, s, "users", callback)
		thief.get("/users/login").wantPage(t, http.StatusOK, "Password")
	}
}

func TestWrongAnswersAreCountedOverAllSteps(t *testing.T) {
	second := directory.Challenge{Kind: "SMS_MFA", Step: directory.StepCode, State: []byte("s2")}
	s, _ := challenged(t, appCode, func(c directory.Challenge, a directory.Answer) (directory.Outcome, error) {
		if a.Code.Reveal() != "123456" {
			return directory.Outcome{}, directory.ErrWrongCode
		}
		return directory.Outcome{Challenge: &second}, nil
	})
	b := s.browser(t)
	page := b.password()
	for _, digits := range []string{"1", "2", "3", "4", "123456"} {
		page = b.send(page, code(digits))
	}
	b.send(page, code("5")).wantPage(t, http.StatusUnauthorized, "DPL-2018")
}

func TestConfirmingAsksForThatAndKeepsItsForm(t *testing.T) {
	s, h := helped(t)
	b := s.browser(t)
	fields := url.Values{"return": {callback}, "ask": {"request"}, "username": {"nia@example.com"}, "code": {"123456"}}
	b.post("/users/login/confirm", fields).wantPage(t, http.StatusOK, "a code is on its way")
	fields.Set("ask", "code")
	b.post("/users/login/confirm", fields).wantPage(t, http.StatusOK, "confirmed")
	h.err = directory.ErrWrongCode
	b.post("/users/login/confirm", fields).wantPage(t, http.StatusUnauthorized, `action="/users/login/confirm"`, "Confirm your account")
	if got := h.calls[0]; !strings.HasPrefix(got, "request confirmation ") {
		t.Errorf("the directory was asked to %s", got)
	}
	for _, want := range []string{"confirmation_requested", "account_confirmed"} {
		if !strings.Contains(s.log.String(), `"event":"`+want+`"`) {
			t.Errorf("the log lacks %s", want)
		}
	}
}

func TestAnEndSentTwiceIsShownTwice(t *testing.T) {
	for _, err := range []error{directory.ErrDenied, directory.ErrNoFactor, directory.ErrOver} {
		s, _ := challenged(t, appCode, func(directory.Challenge, directory.Answer) (directory.Outcome, error) {
			return directory.Outcome{}, err
		})
		b := s.browser(t)
		page := b.password()
		first, again := b.send(page, code("1")), b.send(page, code("1"))
		strip := func(a answer) string { return strings.ReplaceAll(a.body, a.Header.Get("Apigw-Requestid"), "") }
		if first.StatusCode != again.StatusCode || strip(first) != strip(again) {
			t.Errorf("%v: %d\n%s\nthen %d\n%s", err, first.StatusCode, first.body, again.StatusCode, again.body)
		}
	}
	s, _ := challenged(t, appCode, func(directory.Challenge, directory.Answer) (directory.Outcome, error) {
		return directory.Outcome{Challenge: &directory.Challenge{Kind: "WEB_AUTHN"}}, nil
	})
	b := s.browser(t)
	page := b.password()
	b.send(page, code("1")).wantPage(t, http.StatusForbidden, "DPL-2006")
	b.send(page, code("1")).wantPage(t, http.StatusForbidden, "DPL-2006")
}

func TestAStoreThatFailsAfterAWrongAnswerIsSaid(t *testing.T) {
	var s *site
	s, _ = challenged(t, appCode, func(directory.Challenge, directory.Answer) (directory.Outcome, error) {
		s.store.Set(statetest.Fail)
		return directory.Outcome{}, directory.ErrWrongCode
	})
	b := s.browser(t)
	b.send(b.password(), code("1")).wantPage(t, http.StatusServiceUnavailable, "DPL-3002")
}

func TestThePolicyGoesWithTheNextError(t *testing.T) {
	errs := []error{&directory.UnfitPassword{Policy: "A digit, please."}, directory.ErrUnfitAttribute}
	s, _ := challenged(t, password1, func(directory.Challenge, directory.Answer) (directory.Outcome, error) {
		err := errs[0]
		errs = errs[1:]
		return directory.Outcome{}, err
	})
	b := s.browser(t)
	page := b.send(b.password(), anything)
	page.wantPage(t, http.StatusUnprocessableEntity, "A digit, please.")
	if page = b.send(page, anything); strings.Contains(page.body, "A digit, please.") {
		t.Error("the page still tells of the password")
	}
}

func TestADirectoryThatHangsLeavesTheStepOpen(t *testing.T) {
	hang := true
	var s *site
	s, _ = challenged(t, appCode, nil, func(c *web.Config) { c.Timeout = 100 * time.Millisecond })
	s.directory.Authenticator = hanging{first: &appCode, hang: &hang}
	b := s.browser(t)
	first := b.password()
	page := b.send(first, code("123456"))
	page.wantPage(t, http.StatusServiceUnavailable, "DPL-3001", "Enter your code")
	if again := b.send(first, code("123456")); again.field(t, "step") != page.field(t, "step") {
		t.Error("the same answer leads elsewhere")
	}
	hang = false
	b.send(page, code("123456")).wantToken(t, s, "users", callback)
}

type hanging struct {
	first *directory.Challenge
	hang  *bool
}

func (h hanging) Authenticate(context.Context, directory.Credentials) (directory.Outcome, error) {
	return directory.Outcome{Challenge: h.first}, nil
}

func (h hanging) Respond(ctx context.Context, _ directory.Challenge, _ directory.Answer) (directory.Outcome, error) {
	if *h.hang {
		<-ctx.Done()
		return directory.Outcome{}, directory.ErrUnavailable
	}
	return directory.Outcome{User: nia}, nil
}

func TestWhoIsSignedOutEverywhereMeanwhileStaysOut(t *testing.T) {
	var sessions *session.Sessions
	s, _ := challenged(t, appCode, rightCode, func(c *web.Config) { sessions = c.Sessions })
	b := s.browser(t)
	page := b.password()
	b.send(page, code("123456")).wantToken(t, s, "users", callback)
	if err := sessions.EndAll(t.Context(), nia.ID); err != nil {
		t.Fatal(err)
	}
	b.send(page, code("123456"))
	b.get("/users/login").wantPage(t, http.StatusOK, "Password")

	f, _ := federated(t, func(c *web.Config) { sessions = c.Sessions })
	b = f.browser(t)
	state := b.leave()
	if err := sessions.EndAll(t.Context(), nia.ID); err != nil {
		t.Fatal(err)
	}
	b.comeBack(state, "&code=right")
	b.get("/users/login").wantPage(t, http.StatusOK, "Password")
}

func TestFederationSmall(t *testing.T) {
	s, _ := federated(t)
	b := s.browser(t)
	b.comeBack(b.leave(), "&code=right")
	if got := b.get("/agents/logout").Header.Get("Location"); !strings.HasSuffix(got, url.QueryEscape("https://"+domain+"/agents/logout")) {
		t.Errorf("from the agents' door it leads to %s", got)
	}
	state := b.leave()
	s.store.Set(statetest.Fail)
	b.comeBack(state, "&code=right").wantPage(t, http.StatusServiceUnavailable, "DPL-3002")
	s.store.Set(statetest.Work)
	page := b.post("/users/login", credentials("x", "y", ""))
	if strings.Contains(page.body, "/confirm") {
		t.Error("a page that is not there is offered")
	}
}

func TestAReturnURLThatIsNoLongerAllowedIsRefused(t *testing.T) {
	before, _ := challenged(t, appCode, rightCode)
	b := before.browser(t)
	page := b.post("/users/login", credentials("nia@example.com", password, "https://help.acme.example/x"))
	after, _ := challenged(t, appCode, rightCode, func(c *web.Config) {
		c.Store = before.store
		for i := range c.Doors {
			app, err := deskpro.New(deskpro.Config{URL: helpdesk + "/", Issuer: "test"})
			if err != nil {
				t.Fatal(err)
			}
			c.Doors[i].App = app
		}
	})
	fields := filled(t, page, code("123456"))
	fields.Del("return")
	after.browser(t).post("/users/login/challenge", fields).wantPage(t, http.StatusBadRequest, "DPL-1003")
}
