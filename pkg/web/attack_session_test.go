package web_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state"
	"deskpro-login/pkg/web"
)

// chosen has the form of every id and token of ours, and is none.
const chosen = "Y2hvc2VuLWJ5LXRoZS1jbGllbnQtYW5kLW5vdC1vdXI"

// wantNothingUnder fails if the store has an item whose key ends in the hash of id.
func (s *site) wantNothingUnder(t *testing.T, id string, prefixes ...string) {
	t.Helper()
	sum := sha256.Sum256([]byte(id))
	for _, prefix := range prefixes {
		if _, err := s.store.Get(t.Context(), prefix+hex.EncodeToString(sum[:])); !errors.Is(err, state.ErrNotFound) {
			t.Errorf("something is stored under the %s that the client chose: %v", prefix, err)
		}
	}
}

func (s *site) wantStored(t *testing.T, id, prefix string) {
	t.Helper()
	sum := sha256.Sum256([]byte(id))
	if _, err := s.store.Get(t.Context(), prefix+hex.EncodeToString(sum[:])); err != nil {
		t.Fatalf("what we made is not stored as %s: %v", prefix, err)
	}
}

func TestWhatTheClientChoseNeverBecomesASessionOrAKnownBrowser(t *testing.T) {
	if raw, err := base64.RawURLEncoding.Strict().DecodeString(chosen); err != nil || len(raw) != 32 {
		t.Fatalf("%q has not the form of an id: %v", chosen, err)
	}
	for _, row := range []struct {
		name   string
		signIn func(*testing.T, *browser) answer
	}{
		{"by a password", func(_ *testing.T, b *browser) answer { return b.password() }},
		{"by a password and a code", func(t *testing.T, b *browser) answer {
			b.site.directory.Authenticator = &scripted{first: directory.Outcome{Challenge: &appCode}, respond: rightCode}
			page := b.password()
			if page.sessionCookie() != nil || b.others["__Host-known"] != chosen {
				t.Error("a password alone opens a session or makes the browser known")
			}
			return b.send(page, code("123456"))
		}},
		{"by the identity provider", func(_ *testing.T, b *browser) answer { return b.comeBack(b.leave(), "&code=right") }},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, _ := federated(t)
			s.directory.Authenticator = answers{outcome: directory.Outcome{User: nia}}
			victim := s.browser(t)
			victim.cookie, victim.others["__Host-known"] = chosen, chosen
			victim.get("/users/login").wantPage(t, http.StatusOK, "Sign in")
			row.signIn(t, victim).wantToken(t, s, "users", callback)
			if victim.cookie == chosen || victim.cookie == "" {
				t.Fatalf("the session is %q", victim.cookie)
			}
			s.wantStored(t, victim.cookie, "session#")
			if known := victim.others["__Host-known"]; !strings.Contains(row.name, "provider") {
				if known == chosen {
					t.Error("the browser is known by the token that it brought")
				}
				s.wantStored(t, known, "known#")
			}
			s.wantNothingUnder(t, chosen, "session#", "known#", "challenge#users#", "federation#users#")
			thief := s.browser(t)
			thief.cookie = chosen
			thief.get("/users/login").wantPage(t, http.StatusOK, "Sign in")
		})
	}
}

func TestAStepAndATripThatTheClientChoseLeadNowhere(t *testing.T) {
	s, e := federated(t)
	script := &scripted{first: directory.Outcome{Challenge: &appCode}, respond: rightCode}
	s.directory.Authenticator = script
	b := s.browser(t)
	b.post("/users/login/challenge", url.Values{"step": {chosen}, "code": {"123456"}, "return": {callback}}).wantPage(t, http.StatusUnauthorized, "DPL-2012")
	page := b.post("/users/login", url.Values{"username": {"nia@example.com"}, "password": {password}, "encoded_data": {chosen}, "return": {callback}})
	if page.field(t, "step") == chosen {
		t.Error("the step is the one that the client chose")
	}
	s.wantStored(t, page.field(t, "step"), "challenge#users#")
	const state = "a-state-that-the-client-chose"
	sum := sha256.Sum256([]byte(state))
	b.others["__Host-trip-"+hex.EncodeToString(sum[:8])] = chosen
	b.comeBack(state, "&code=right").wantPage(t, http.StatusUnauthorized, "DPL-2017")
	if len(script.answers)+len(e.trips) > 0 {
		t.Errorf("the directory was asked about %d steps and %d trips that nobody began", len(script.answers), len(e.trips))
	}
	s.wantNothingUnder(t, chosen, "challenge#users#", "federation#users#")
}

// Whoever knew the session before the step up knows none with its rights.
func TestAStepUpIsANewSessionAndEndsTheOldOne(t *testing.T) {
	s := strict(t)
	b, thief := s.browser(t), s.browser(t)
	b.signInWith(t, weak)
	before := b.cookie
	s.directory.Authenticator = &scripted{first: directory.Outcome{Challenge: &appCode}, respond: func(directory.Challenge, directory.Answer) (directory.Outcome, error) {
		return directory.Outcome{User: strong}, nil
	}}
	page := b.post("/agents/login", credentials("nia@example.com", password, ""))
	if b.cookie != before {
		t.Error("the session changes before the factor is shown")
	}
	b.post("/agents/login/challenge", filled(t, page, code("123456"))).wantToken(t, s, "agents", helpdesk+"/agent/")
	if b.cookie == before {
		t.Error("the step up keeps the session's id")
	}
	for _, door := range []string{"users", "agents"} {
		thief.cookie = before
		thief.get("/"+door+"/login").wantPage(t, http.StatusOK, "Sign in")
	}
	b.get("/agents/login").wantToken(t, s, "agents", helpdesk+"/agent/")
}

func TestALiveSessionGivesNoTokenToWhoMayNotPass(t *testing.T) {
	for _, row := range []struct {
		name, door string
		user       *directory.User
		endAll     bool
		says       string
	}{
		{"who was disabled meanwhile", "users", nia, true, "Sign in"},
		{"who is outside the door's group", "agents", nia, false, "may not sign in here"},
		{"who has shown no second factor", "agents", weak, false, "more than a password"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var sessions *session.Sessions
			s, e := federated(t, func(c *web.Config) {
				sessions = c.Sessions
				for i := range c.Doors {
					c.Doors[i].Factor = c.Doors[i].Name == "agents"
				}
			})
			b := s.browser(t)
			b.signInWith(t, row.user) // at the users' door
			if row.endAll {           // as `loginctl disable` does
				if err := sessions.EndAll(t.Context(), row.user.ID); err != nil {
					t.Fatal(err)
				}
			}
			live := b.cookie
			first := b.get("/" + row.door + "/login")
			for name, got := range map[string]answer{
				"the sign-in page":             first,
				"the sign-in page, once more":  b.get("/" + row.door + "/login"),
				"the page after a repetition":  b.get("/" + row.door + "/login?over=1"),
				"a callback without a trip":    b.get("/" + row.door + "/login/callback?code=right&state=x"),
				"a step that is not there":     b.post("/"+row.door+"/login/challenge", url.Values{"step": {chosen}, "code": {"123456"}}),
				"a password that is not right": b.wrong(row.door),
			} {
				if strings.Contains(got.Header.Get("Location")+got.body, "jwt=") || got.StatusCode == http.StatusFound {
					t.Errorf("%s leads to %q", name, got.Header.Get("Location"))
				}
			}
			first.wantPage(t, first.StatusCode, row.says)
			if b.cookie != live || len(e.trips) > 0 {
				t.Errorf("the session is %q, was %q; %d codes were exchanged", b.cookie, live, len(e.trips))
			}
		})
	}
}

func (b *browser) wrong(door string) answer {
	b.t.Helper()
	before := b.site.directory.Authenticator
	b.site.directory.Authenticator = answers{err: &directory.Refusal{Reason: directory.ReasonPassword}}
	defer func() { b.site.directory.Authenticator = before }()
	return b.post("/"+door+"/login", credentials("nia@example.com", "not it", ""))
}

// Who reads a form later, in a browser's cache or history, has no use of it.
func TestAnAnswerIsWorthNothingAfterHalfAMinute(t *testing.T) {
	for _, row := range []struct {
		name string
		next directory.Outcome
	}{
		{"that let in", directory.Outcome{User: nia}},
		{"that led to another step", directory.Outcome{Challenge: &setup}},
	} {
		t.Run("one "+row.name, func(t *testing.T) {
			now := time.Now()
			s, _ := challenged(t, appCode, func(directory.Challenge, directory.Answer) (directory.Outcome, error) { return row.next, nil },
				func(c *web.Config) { c.Now = func() time.Time { return now } })
			b := s.browser(t)
			page := b.password()
			b.send(page, code("123456"))
			thief := s.browser(t)
			now = now.Add(30 * time.Second)
			within := thief.send(page, code("123456"))
			if within.StatusCode >= 400 || within.Header.Get("Location") == "/users/login?over=1&return="+url.QueryEscape(callback) {
				t.Errorf("after 30 s, a slow network's repetition is refused with %d", within.StatusCode)
			}
			thief = s.browser(t)
			now = now.Add(time.Second)
			late := thief.send(page, code("123456"))
			if late.sessionCookie() != nil || strings.Contains(late.Header.Get("Location")+late.body, "jwt=") || strings.Contains(late.body, "JBSW") {
				t.Errorf("after 31 s it still leads on: %d %v\n%s", late.StatusCode, late.Header, late.body)
			}
		})
	}
}

// A password form that is sent again is a sign-in of its own: it gives back
// nothing of the one before, and is worth what the password is by then.
func TestAPasswordFormSentAgainIsJudgedAnew(t *testing.T) {
	s := newSite(t)
	b, again := s.browser(t), s.browser(t)
	form := credentials("ugo+help@example.com", password, callback)
	b.post("/users/login", form).wantToken(t, s, "users", callback)
	again.post("/users/login", form).wantToken(t, s, "users", callback)
	if b.cookie == again.cookie || b.others["__Host-known"] == again.others["__Host-known"] {
		t.Error("a form that is sent again gives back the first one's session or token")
	}
	b.get("/users/logout").wantPage(t, http.StatusOK, "signed out")
	s.directory.Authenticator = answers{err: &directory.Refusal{Reason: directory.ReasonPassword, UserID: "u-1"}}
	late := s.browser(t)
	late.post("/users/login", form).wantPage(t, http.StatusUnauthorized, "DPL-2001")
	if late.cookie != "" {
		t.Error("a password that was changed meanwhile opens a session")
	}
}

// Steps and trips are kept side by side; what one is must not open the other.
func TestATripIsNoStepAndAStepNoTrip(t *testing.T) {
	s, e := federated(t)
	script := &scripted{first: directory.Outcome{Challenge: &appCode}, respond: rightCode}
	s.directory.Authenticator = script
	b := s.browser(t)
	state := b.leave()
	sum := sha256.Sum256([]byte(state))
	cookie := "__Host-trip-" + hex.EncodeToString(sum[:8])
	trip := b.others[cookie]
	page := b.password()
	b.post("/users/login/challenge", url.Values{"step": {trip}, "code": {"123456"}, "return": {callback}}).wantPage(t, http.StatusUnauthorized, "DPL-2012")

	b.others[cookie] = page.field(t, "step")
	b.comeBack(state, "&code=right").wantPage(t, http.StatusUnauthorized, "DPL-2017")
	if len(script.answers) > 0 || len(e.trips) > 0 {
		t.Errorf("%d answers and %d codes reached what they are not for", len(script.answers), len(e.trips))
	}
	// Neither was used up by that.
	b.others[cookie] = trip
	b.comeBack(state, "&code=right").wantToken(t, s, "users", callback)
	b.send(page, code("123456")).wantToken(t, s, "users", callback)
}

// A form answers what was asked, whatever else is in it.
func TestAFormCannotAnswerAnotherStepThanItsOwn(t *testing.T) {
	s, script := challenged(t, appCode, rightCode, func(c *web.Config) { c.Offers.Change, c.Offers.Factor = true, true })
	b := s.browser(t)
	page := b.post("/users/login", url.Values{"username": {"nia@example.com"}, "password": {password}, "way": {"other"}, "want": {"everything"}})
	if asked := script.asked[0]; asked.Passwordless || asked.Want != "" {
		t.Errorf("what is not offered reaches the directory: %+v", asked)
	}
	page = b.send(page, url.Values{
		"code": {"000000"}, "new_password": {"A brand new one 1!"}, "want": {"password"}, "way": {"other"}, "over": {"1"}, "ask": {"code"}, "prompt": {"login"},
		"attribute.email": {"thief@example.com"}, "attribute.custom:role": {"admin"},
	})
	page.wantPage(t, http.StatusUnauthorized, "DPL-2008")
	if got := script.answers[0]; got.Password.Reveal() != "" || len(got.Attributes) > 0 {
		t.Errorf("the answer to a code holds a password %t and %v", got.Password.Reveal() != "", got.Attributes)
	}
	s.directory.Authenticator = &scripted{first: directory.Outcome{Challenge: &password1}, respond: script.respond}
	script = s.directory.Authenticator.(*scripted)
	page = b.password()
	b.send(page, url.Values{"new_password": {"A brand new one 1!"}, "attribute.given_name": {"Nia"}, "attribute.email": {"thief@example.com"}, "attribute.custom:role": {"admin"}})
	if got := script.answers[0].Attributes; len(got) != 2 || got["given_name"] != "Nia" {
		t.Errorf("the answer holds %v, want what was asked for alone", got)
	}
}
