package web_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state"
	"deskpro-login/pkg/state/memory"
	"deskpro-login/pkg/web"
)

var (
	recoverable = directory.Challenge{Kind: "TOTP", Step: directory.StepCode, Medium: directory.MediumApp, Recovery: true}
	keep        = directory.Challenge{Kind: "RECOVERY_CODES", Step: directory.StepKeep, Codes: []string{"aaaa-bbbb", "cccc-dddd"}}
	password2   = directory.Challenge{Kind: "NEW_PASSWORD", Step: directory.StepNewPassword, Policy: "At least 15 <characters>."}

	strong = &directory.User{ID: "u-9", Email: "nia@example.com", Name: "Nia", Groups: []string{"deskpro-agents"}, Factor: true}
	weak   = &directory.User{ID: "u-9", Email: "nia@example.com", Name: "Nia", Groups: []string{"deskpro-agents"}}
)

// strict is a site whose agents' door asks for a factor.
func strict(t *testing.T) *site {
	return newSite(t, func(c *web.Config) {
		for i := range c.Doors {
			c.Doors[i].Factor = c.Doors[i].Name == "agents"
		}
	})
}

func TestADoorThatAsksForAFactorLetsNobodyInWithoutOne(t *testing.T) {
	agents := helpdesk + "/agent/login/authenticate-callback/2"
	query := "/agents/login?return=" + url.QueryEscape(agents)
	for _, row := range []struct {
		name string
		user *directory.User
		in   bool
	}{
		{"a session with a factor", strong, true},
		{"a session of a password", weak, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := strict(t)
			b := s.browser(t)
			b.signInWith(t, row.user) // at the users' door, which asks for none
			got := b.get(query)
			if row.in {
				got.wantToken(t, s, "agents", agents)
				return
			}
			got.wantPage(t, http.StatusOK, "asks for more than a password", `action="/agents/login"`)
			if got.field(t, "return") != agents {
				t.Error("the return URL is lost")
			}
		})
	}
	t.Run("whatever the directory says", func(t *testing.T) {
		s := strict(t)
		script := &scripted{first: directory.Outcome{User: weak}}
		s.directory.Authenticator = script
		b := s.browser(t)
		b.post("/agents/login", credentials("nia@example.com", password, agents)).wantPage(t, http.StatusForbidden, "DPL-2020", "authenticator app")
		if b.cookie != "" {
			t.Error("a session is opened")
		}
		if !script.asked[0].Factor {
			t.Error("the directory is not told that the door asks for a factor")
		}
		b.password()
		if script.asked[1].Factor {
			t.Error("the directory is told that the users' door asks for a factor")
		}
	})
}

func TestWhoComesForSomethingBesidesIsToldAndAskedSo(t *testing.T) {
	both := func(c *web.Config) { c.Offers.Change, c.Offers.Factor = true, true }
	for _, row := range []struct{ link, want, title string }{
		{"Change your password", "password", "Change your password"},
		{"Set up an app", "factor", "Set up an authenticator app"},
	} {
		t.Run(row.link, func(t *testing.T) {
			s := newSite(t, both)
			b := s.browser(t)
			b.signInWith(t, nia) // whoever is signed in gets the form
			start := b.get("/users/account?return=" + url.QueryEscape(callback))
			href := regexp.MustCompile(`<a href="([^"]*)">` + row.link + `</a>`).FindStringSubmatch(start.body)
			if href == nil {
				t.Fatalf("no link %q:\n%s", row.link, start.body)
			}
			path := strings.ReplaceAll(href[1], "&amp;", "&")
			page := b.get(path)
			page.wantPage(t, http.StatusOK, "<h1>"+row.title+"</h1>", "Just sign in")
			if page.field(t, "want") != row.want || page.field(t, "return") != callback {
				t.Errorf("the form lost something:\n%s", page.body)
			}
			script := &scripted{first: directory.Outcome{User: nia}}
			s.directory.Authenticator = answers{err: directory.ErrBadCredentials}
			fields := credentials("nia@example.com", "wrong", callback)
			fields.Set("want", row.want)
			again := b.post("/users/login", fields)
			again.wantPage(t, http.StatusUnauthorized, "DPL-2001", row.title)
			if again.field(t, "want") != row.want {
				t.Error("what the person came for is lost by a wrong password")
			}
			s.directory.Authenticator = script
			if to := b.post("/users/login", fields).Header.Get("Location"); to != "/users/account?return="+url.QueryEscape(callback) {
				t.Errorf("the person comes to %q, want the account page", to)
			}
			if got := script.asked[0].Want; string(got) != row.want {
				t.Errorf("the directory is asked for %q", got)
			}
		})
	}
	t.Run("but not where it is not offered", func(t *testing.T) {
		s := newSite(t)
		script := &scripted{first: directory.Outcome{User: nia}}
		s.directory.Authenticator = script
		b := s.browser(t)
		for _, want := range []string{"password", "factor", "anything"} {
			page := b.get("/users/login?want=" + want)
			page.wantPage(t, http.StatusOK, "<h1>Sign in</h1>")
			if strings.Contains(page.body, `name="want"`) || strings.Contains(page.body, "Change your password") {
				t.Errorf("%s is offered:\n%s", want, page.body)
			}
			fields := credentials("nia@example.com", password, callback)
			fields.Set("want", want)
			b := s.browser(t)
			b.post("/users/login", fields).wantToken(t, s, "users", callback)
		}
		for _, asked := range script.asked {
			if asked.Want != "" {
				t.Errorf("the directory is asked for %q", asked.Want)
			}
		}
	})
}

func TestARecoveryCodeIsTypedIntoAFormOfItsOwn(t *testing.T) {
	s, script := challenged(t, recoverable, func(_ directory.Challenge, a directory.Answer) (directory.Outcome, error) {
		return directory.Outcome{User: strong, Recovered: true}, nil
	})
	b := s.browser(t)
	page := b.password()
	page.wantPage(t, http.StatusOK, "Without your phone?", "Recovery code")
	if got := strings.Count(page.body, `<form method="post" action="/users/login/challenge">`); got != 2 {
		t.Errorf("%d forms, want 2:\n%s", got, page.body)
	}
	b.send(page, code("k7q2-9xmt")).wantToken(t, s, "users", callback)
	if got := script.answers[0].Code.Reveal(); got != "k7q2-9xmt" {
		t.Errorf("the directory is given %q", got)
	}
	if !strings.Contains(s.log.String(), `"event":"recovery_code_used"`) {
		t.Error("the log does not tell of it")
	}
	if s, _ := challenged(t, appCode, rightCode); strings.Contains(s.browser(t).password().body, "Recovery code") {
		t.Error("a recovery code is asked for where there are none")
	}
}

func TestNewRecoveryCodesAreShownOnceAndKeptBeforeGoingOn(t *testing.T) {
	s, _ := challenged(t, setup, func(c directory.Challenge, _ directory.Answer) (directory.Outcome, error) {
		if c.Kind == setup.Kind {
			return directory.Outcome{Challenge: &keep, Changed: "u-9"}, nil
		}
		return directory.Outcome{User: strong}, nil
	})
	b := s.browser(t)
	page := b.send(b.password(), code("123456"))
	page.wantPage(t, http.StatusOK, "Keep your recovery codes", "aaaa-bbbb", "cccc-dddd", "I have saved my codes")
	b.send(page, nil).wantToken(t, s, "users", callback)
	if strings.Contains(s.log.String(), "aaaa-bbbb") {
		t.Error("the log has a recovery code")
	}
}

func TestTheHintOfANewPasswordIsThereBeforeOneIsTyped(t *testing.T) {
	s, _ := challenged(t, password2, func(directory.Challenge, directory.Answer) (directory.Outcome, error) {
		return directory.Outcome{}, &directory.UnfitPassword{Policy: "Too common."}
	})
	b := s.browser(t)
	page := b.password()
	page.wantPage(t, http.StatusOK, "At least 15 <characters>.", `aria-describedby="hint"`)
	b.send(page, url.Values{"new_password": {"short"}}).wantPage(t, http.StatusUnprocessableEntity, "Too common.", "At least 15 <characters>.", `aria-describedby="alert hint"`)
}

// Whoever changes a password or an app and leaves has ended the other sessions
// all the same, where the directory tells whose it is.
func TestAChangeEndsTheOtherSessionsAtOnce(t *testing.T) {
	for _, first := range []directory.Challenge{password2, setup} {
		t.Run(first.Kind, func(t *testing.T) {
			s, _ := challenged(t, first, func(c directory.Challenge, _ directory.Answer) (directory.Outcome, error) {
				if c.Kind == first.Kind {
					return directory.Outcome{Challenge: &keep, Changed: "u-9"}, nil
				}
				return directory.Outcome{User: strong}, nil
			})
			thief := s.browser(t)
			thief.signInWith(t, nia)
			b := s.browser(t)
			page := b.send(b.password(), anything)
			thief.get("/users/login").wantPage(t, http.StatusOK, "Password")
			b.send(page, nil).wantToken(t, s, "users", callback)
			b.get("/users/login?return="+url.QueryEscape(callback)).wantToken(t, s, "users", callback)
			for _, want := range []string{`"event":"password_changed"`, `"event":"factor_added"`} {
				if first.Step == directory.StepSetup == strings.Contains(want, "factor") && !strings.Contains(s.log.String(), want+`,"door":"users","subject":"u-9"`) {
					t.Errorf("the log lacks %s of u-9:\n%s", want, s.log.String())
				}
			}
		})
	}
	t.Run("even if what follows fails", func(t *testing.T) {
		s, _ := challenged(t, password2, func(directory.Challenge, directory.Answer) (directory.Outcome, error) {
			return directory.Outcome{Changed: "u-9"}, directory.ErrIncomplete
		})
		thief := s.browser(t)
		thief.signInWith(t, nia)
		b := s.browser(t)
		b.send(b.password(), anything).wantPage(t, http.StatusForbidden, "DPL-2004")
		thief.get("/users/login").wantPage(t, http.StatusOK, "Password")
		if !strings.Contains(s.log.String(), `"event":"password_changed"`) {
			t.Error("the log does not tell of the change")
		}
	})
	t.Run("or with the sign-in, if they could not be ended then", func(t *testing.T) {
		store := &stubborn{Store: &memory.Store{}}
		s, _ := challenged(t, password2, func(c directory.Challenge, _ directory.Answer) (directory.Outcome, error) {
			if c.Kind == password2.Kind {
				return directory.Outcome{Challenge: &keep, Changed: "u-9"}, nil
			}
			return directory.Outcome{User: strong}, nil
		}, func(c *web.Config) {
			var err error
			c.Sessions, err = session.New(session.Config{Store: store, Idle: time.Hour, Absolute: time.Hour})
			if err != nil {
				t.Fatal(err)
			}
		})
		thief := s.browser(t)
		thief.signInWith(t, nia)
		b := s.browser(t)
		page := b.password()
		store.on.Store(true)
		page = b.send(page, anything)
		store.on.Store(false)
		page.wantPage(t, http.StatusOK, "Keep your recovery codes")
		thief.get("/users/login?return="+url.QueryEscape(callback)).wantToken(t, s, "users", callback)
		b.send(page, nil).wantToken(t, s, "users", callback)
		thief.get("/users/login").wantPage(t, http.StatusOK, "Password")
	})
}

// stubborn is a store in which no subject's sessions can be ended while it is on.
type stubborn struct {
	state.Store
	on atomic.Bool
}

func (s *stubborn) Put(ctx context.Context, key string, item state.Item) error {
	if s.on.Load() && strings.HasPrefix(key, "ended#") {
		return state.ErrUnavailable
	}
	return s.Store.Put(ctx, key, item)
}

func TestTheLogSaysWhoseCodesAreTried(t *testing.T) {
	known := recoverable
	known.Subject = "u-9"
	s, _ := challenged(t, known, func(_ directory.Challenge, a directory.Answer) (directory.Outcome, error) {
		if a.Code.Reveal() == "recovery" {
			return directory.Outcome{Challenge: &setup, Recovered: true}, nil
		}
		return directory.Outcome{}, directory.ErrWrongCode
	})
	b := s.browser(t)
	page := b.send(b.password(), code("000000"))
	b.send(page, code("recovery")).wantPage(t, http.StatusOK)
	for _, event := range []string{"challenged", "refused", "recovery_code_used"} {
		if want := `"event":"` + event + `","door":"users","subject":"u-9"`; !strings.Contains(s.log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, s.log.String())
		}
	}
	if strings.Contains(page.body, "u-9") {
		t.Error("the page shows the account's id")
	}
}

func TestASignInThatNeverEndsIsOver(t *testing.T) {
	s, _ := challenged(t, password2, func(directory.Challenge, directory.Answer) (directory.Outcome, error) {
		return directory.Outcome{}, &directory.UnfitPassword{}
	})
	b := s.browser(t)
	page := b.password()
	for range 19 {
		page = b.send(page, url.Values{"new_password": {"short"}})
		page.wantPage(t, http.StatusUnprocessableEntity, "DPL-2010")
	}
	b.send(page, url.Values{"new_password": {"short"}}).wantPage(t, http.StatusUnauthorized, "DPL-2018", `action="/users/login"`)
}

// Sessions end although the change took all the time that the request had.
func TestAChangeByASlowDirectoryEndsTheOtherSessionsAllTheSame(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.Timeout = 50 * time.Millisecond })
	s.directory.Authenticator = &slow{scripted{first: directory.Outcome{Challenge: &password2}, respond: func(directory.Challenge, directory.Answer) (directory.Outcome, error) {
		return directory.Outcome{Changed: "u-9"}, directory.ErrUnavailable
	}}}
	thief := s.browser(t)
	thief.signInWith(t, nia)
	b := s.browser(t)
	b.send(b.password(), anything).wantPage(t, http.StatusServiceUnavailable, "DPL-3001")
	thief.get("/users/login").wantPage(t, http.StatusOK, "Password")
	if strings.Contains(s.log.String(), `"event":"password_changed"`) || !strings.Contains(s.log.String(), "not known") {
		t.Errorf("the log knows more than we do:\n%s", s.log.String())
	}
}

func TestADoorAsksForItsFactorAfterAForgottenPasswordToo(t *testing.T) {
	h := &helper{userID: "u-9"}
	s := newSite(t, func(c *web.Config) {
		c.Offers.Reset, c.Recovery = true, h
		for i := range c.Doors {
			c.Doors[i].Factor = true
		}
	})
	script := &scripted{first: directory.Outcome{User: weak}}
	s.directory.Authenticator = script
	b := s.browser(t)
	b.post("/users/login/reset", url.Values{"return": {callback}, "ask": {"code"}, "username": {"nia@example.com"}, "code": {"1"}, "new_password": {"Brand new one"}}).
		wantPage(t, http.StatusForbidden, "DPL-2020")
	if len(script.asked) != 1 || !script.asked[0].Factor {
		t.Errorf("the directory was asked %+v", script.asked)
	}
}

func TestANoticeKeepsWhatThePersonCameFor(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.Offers.Change, c.Offers.Passwordless = true, true })
	fields := credentials("", "", callback)
	fields.Set("way", "other")
	fields.Set("want", "password")
	page := s.browser(t).post("/users/login", fields)
	page.wantPage(t, http.StatusOK, "Type your login first")
	if page.field(t, "want") != "password" {
		t.Error("what the person came for is lost")
	}
}
