package web_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/web"
)

// scripted is a directory whose every word is written by the test.
type scripted struct {
	mu      sync.Mutex
	first   directory.Outcome
	respond func(directory.Challenge, directory.Answer) (directory.Outcome, error)
	asked   []directory.Credentials
	answers []directory.Answer
}

func (s *scripted) Authenticate(_ context.Context, c directory.Credentials) (directory.Outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, c)
	return s.first, nil
}

func (s *scripted) Respond(_ context.Context, c directory.Challenge, a directory.Answer) (directory.Outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers = append(s.answers, a)
	return s.respond(c, a)
}

var (
	nia       = &directory.User{ID: "u-9", Email: "nia@example.com", Name: "Nia"}
	appCode   = directory.Challenge{Kind: "SOFTWARE_TOKEN_MFA", Step: directory.StepCode, Medium: directory.MediumApp, State: []byte("session-1")}
	setup     = directory.Challenge{Kind: "MFA_SETUP", Step: directory.StepSetup, Key: "JBSWY3DPEHPK3PXP", State: []byte("session-2")}
	password1 = directory.Challenge{
		Kind: "NEW_PASSWORD_REQUIRED", Step: directory.StepNewPassword, Attributes: []string{"given_name", "custom:cost_centre"}, State: []byte("session-0"),
	}
)

// rightCode lets in with 123456.
func rightCode(_ directory.Challenge, a directory.Answer) (directory.Outcome, error) {
	if a.Code.Reveal() == "123456" {
		return directory.Outcome{User: nia}, nil
	}
	return directory.Outcome{}, directory.ErrWrongCode
}

// challenged is a site whose directory asks for first after a password.
func challenged(t *testing.T, first directory.Challenge, respond func(directory.Challenge, directory.Answer) (directory.Outcome, error), change ...func(*web.Config)) (*site, *scripted) {
	t.Helper()
	s := newSite(t, change...)
	script := &scripted{first: directory.Outcome{Challenge: &first}, respond: respond}
	s.directory.Authenticator = script
	return s, script
}

// send submits the page's step with these fields.
func (b *browser) send(page answer, fields url.Values) answer {
	b.t.Helper()
	return b.post("/users/login/challenge", filled(b.t, page, fields))
}

func filled(t testing.TB, page answer, fields url.Values) url.Values {
	t.Helper()
	all := url.Values{"return": {page.field(t, "return")}, "step": {page.field(t, "step")}}
	for name, values := range fields {
		all[name] = values
	}
	return all
}

func code(digits string) url.Values { return url.Values{"code": {digits}} }

func (b *browser) password() answer {
	b.t.Helper()
	return b.post("/users/login", credentials("nia@example.com", password, callback))
}

func TestACodeAfterThePasswordLeadsToDeskpro(t *testing.T) {
	s, script := challenged(t, appCode, rightCode, func(c *web.Config) { c.Audit.Namespace = "test" })
	b := s.browser(t)
	page := b.password()
	page.wantPage(t, http.StatusOK, "Enter your code", "authenticator app")
	if page.sessionCookie() != nil {
		t.Error("a password alone opens a session")
	}
	b.send(page, code("123456")).wantToken(t, s, "users", callback)
	if b.cookie == "" {
		t.Error("no session is opened")
	}
	if got := script.answers[0].Client.Address; got != "192.0.2.1" {
		t.Errorf("the directory is told of the client %q", got)
	}
	for _, want := range []string{`"event":"challenged"`, `"challenge":"SOFTWARE_TOKEN_MFA"`, `"Challenges":1`, `"event":"signed_in"`} {
		if !strings.Contains(s.log.String(), want) {
			t.Errorf("the log lacks %s", want)
		}
	}
}

func TestTheWholeChainInAnyOrder(t *testing.T) {
	sms := directory.Challenge{Kind: "SMS_MFA", Step: directory.StepCode, Medium: directory.MediumSMS, Destination: "+*******1234", State: []byte("s3")}
	choice := directory.Challenge{Kind: "SELECT_MFA_TYPE", Step: directory.StepChoose, Choices: []directory.Choice{
		{Value: "SMS_MFA", Medium: directory.MediumSMS}, {Value: "SOFTWARE_TOKEN_MFA", Medium: directory.MediumApp}, {Value: "PASSWORD"},
	}}
	question := directory.Challenge{Kind: "CUSTOM_CHALLENGE", Step: directory.StepQuestion, Question: []directory.Prompt{{Name: "hint", Text: "legs"}, {Name: "riddle", Text: "<b>What walks?</b>"}}}
	known := directory.Challenge{Kind: "PASSWORD", Step: directory.StepPassword}
	next := map[string]*directory.Challenge{
		"NEW_PASSWORD_REQUIRED": &setup, "MFA_SETUP": &choice, "SELECT_MFA_TYPE": &sms, "SMS_MFA": &question, "CUSTOM_CHALLENGE": &known,
	}
	s, script := challenged(t, password1, func(c directory.Challenge, _ directory.Answer) (directory.Outcome, error) {
		if following := next[c.Kind]; following != nil {
			return directory.Outcome{Challenge: following}, nil
		}
		return directory.Outcome{User: nia}, nil
	})
	b := s.browser(t)
	page := b.password()
	page.wantPage(t, http.StatusOK, "Choose a new password", "First name", "Cost centre", `autocomplete="new-password"`, `autocomplete="given-name"`)
	page = b.send(page, url.Values{"new_password": {"Brand new one"}, "attribute.given_name": {"Nia"}, "attribute.custom:cost_centre": {"7"}, "attribute.email": {"not asked for"}})
	page.wantPage(t, http.StatusOK, "Set up your authenticator app", "JBSW Y3DP EHPK 3PXP", "<svg", "otpauth://totp/Acme%20&%20Sons:nia@example.com?issuer=Acme%20%26%20Sons&secret=JBSWY3DPEHPK3PXP")
	page = b.send(page, code("111111"))
	page.wantPage(t, http.StatusOK, "How do you want to go on?", "A code by text message", "A code from my authenticator app", "My password")
	page = b.send(page, url.Values{"choice": {"SMS_MFA"}})
	page.wantPage(t, http.StatusOK, "+*******1234")
	page = b.send(page, code("222222"))
	page.wantPage(t, http.StatusOK, "One more question", "riddle", "<b>What walks?</b>")
	if strings.Contains(page.body, "<b>What") {
		t.Errorf("a trigger's words are markup:\n%s", page.body)
	}
	page = b.send(page, url.Values{"answer": {" Man "}})
	page.wantPage(t, http.StatusOK, "Enter your password")
	b.send(page, url.Values{"password": {password}}).wantToken(t, s, "users", callback)

	for i, want := range []struct{ got, want string }{
		{script.answers[0].Password.Reveal(), "Brand new one"},
		{fmt.Sprint(script.answers[0].Attributes), "map[custom:cost_centre:7 given_name:Nia]"},
		{script.answers[1].Code.Reveal(), "111111"},
		{script.answers[2].Choice, "SMS_MFA"},
		{script.answers[4].Text.Reveal(), " Man "},
		{script.answers[5].Password.Reveal(), password},
	} {
		if want.got != want.want {
			t.Errorf("answer %d is %q, want %q", i, want.got, want.want)
		}
	}
	for _, want := range []string{"password_changed", "factor_added"} {
		if !strings.Contains(s.log.String(), `"event":"`+want+`"`) {
			t.Errorf("the log lacks %s", want)
		}
	}
}

func TestWhatTheDirectorySaysOfAnAnswer(t *testing.T) {
	changed := appCode
	changed.State = []byte("newer session")
	for _, row := range []struct {
		name   string
		first  directory.Challenge
		says   directory.Outcome
		err    error
		status int
		code   string
		words  []string
		// again: the step can be answered once more; form: one starts anew.
		again, form bool
	}{
		{name: "a wrong code", first: appCode, err: directory.ErrWrongCode, status: 401, code: "DPL-2008", again: true},
		{name: "a code of before", first: appCode, err: directory.ErrSpentCode, status: 401, code: "DPL-2009", again: true},
		{name: "a password that is too weak", first: password1, err: &directory.UnfitPassword{Policy: "It must be <15> long."}, status: 422, code: "DPL-2010", words: []string{"It must be <15> long."}, again: true},
		{name: "a detail of the wrong form", first: password1, err: directory.ErrUnfitAttribute, status: 422, code: "DPL-2015", again: true},
		{name: "too many requests", first: appCode, err: directory.ErrThrottled, status: 429, code: "DPL-2007", again: true},
		{name: "a directory that is down", first: appCode, err: directory.ErrUnavailable, status: 503, code: "DPL-3001", again: true},
		{name: "a step that has changed meanwhile", first: appCode, says: directory.Outcome{Challenge: &changed}, err: directory.ErrThrottled, status: 429, code: "DPL-2007", again: true},

		{name: "a step that is over", first: appCode, err: directory.ErrOver, status: 401, code: "DPL-2012", form: true},
		{name: "an account disabled meanwhile", first: appCode, err: &directory.Refusal{Reason: directory.ReasonDisabled}, status: 401, code: "DPL-2001", form: true},
		{name: "a rule that forbids it", first: appCode, err: directory.ErrDenied, status: 403, code: "DPL-2011"},
		{name: "no factor", first: appCode, err: directory.ErrNoFactor, status: 403, code: "DPL-2013"},
		{name: "a pool set up wrongly", first: appCode, err: directory.ErrMisconfigured, status: 503, code: "DPL-3007", form: true},
		{name: "an unverified address", first: appCode, err: directory.ErrUnverifiedEmail, status: 403, code: "DPL-2003"},
		{name: "a step that we have no page for", first: appCode, says: directory.Outcome{Challenge: &directory.Challenge{Kind: "WEB_AUTHN"}}, status: 403, code: "DPL-2006"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var seen []string
			s, _ := challenged(t, row.first, func(c directory.Challenge, _ directory.Answer) (directory.Outcome, error) {
				seen = append(seen, string(c.State))
				return row.says, row.err
			})
			b := s.browser(t)
			page := b.send(b.password(), url.Values{"code": {"654321"}, "new_password": {"x"}})
			page.wantPage(t, row.status, append(row.words, row.code)...)
			if b.cookie != "" {
				t.Error("a session is opened")
			}
			isStep, isForm := strings.Contains(page.body, `action="/users/login/challenge"`), strings.Contains(page.body, `<form method="post" action="/users/login">`)
			if isStep != row.again || isForm != row.form {
				t.Errorf("the page is a step: %t, the sign-in form: %t\n%s", isStep, isForm, page.body)
			}
			if strings.Contains(page.body, "654321") {
				t.Error("the code is given back")
			}
			if !strings.Contains(html.UnescapeString(page.body), callback) && !strings.Contains(page.body, url.QueryEscape(callback)) {
				t.Errorf("the return URL is lost:\n%s", page.body)
			}
			if row.form && page.field(t, "username") != "nia@example.com" {
				t.Error("the login as typed is lost")
			}
			if row.again {
				want := string(row.first.State)
				if row.says.Challenge != nil {
					want = string(row.says.Challenge.State)
				}
				b.send(page, url.Values{"code": {"123456"}, "new_password": {"y"}})
				if got := seen[len(seen)-1]; got != want {
					t.Errorf("the next answer is to %q, want %q", got, want)
				}
			}
		})
	}
}

func TestAnAnswerSentTwiceLeadsToWhereTheFirstOneLed(t *testing.T) {
	s, script := challenged(t, appCode, rightCode)
	b := s.browser(t)
	page := b.password()

	t.Run("a wrong one is told once more, and not tried again", func(t *testing.T) {
		first := b.send(page, code("000000"))
		again := b.send(page, code("000000"))
		again.wantPage(t, http.StatusUnauthorized, "DPL-2008")
		if first.field(t, "step") != again.field(t, "step") {
			t.Error("the two lead to different steps")
		}
		if len(script.answers) != 1 {
			t.Errorf("the directory was asked %d times, want once", len(script.answers))
		}
		page = again
	})
	t.Run("at the same time, too", func(t *testing.T) {
		before := len(script.answers)
		var pages [8]answer
		var clicks sync.WaitGroup
		for i := range pages {
			clicks.Go(func() {
				b := &browser{t: t, site: s}
				pages[i] = b.send(page, code("123456"))
			})
		}
		clicks.Wait()
		for _, got := range pages {
			got.wantToken(t, s, "users", callback)
			if got.sessionCookie() == nil {
				t.Error("one has no session")
			}
		}
		if got := len(script.answers) - before; got != 1 {
			t.Errorf("the directory was asked %d times, want once", got)
		}
	})
	t.Run("but from elsewhere it is worth nothing", func(t *testing.T) {
		r := formRequest("/users/login/challenge", filled(t, page, code("123456")))
		r.RemoteAddr = "198.51.100.7:1"
		got := (&browser{t: t, site: s}).do(r)
		if got.sessionCookie() != nil || strings.Contains(got.Header.Get("Location"), "jwt") {
			t.Errorf("a form that was overheard signs in: %v", got.Header)
		}
		if want := "/users/login?over=1&return=" + url.QueryEscape(callback); got.Header.Get("Location") != want {
			t.Errorf("it leads to %q, want %q", got.Header.Get("Location"), want)
		}
	})
	t.Run("and another answer to it leads on with the browser's own session, or to a sentence", func(t *testing.T) {
		over := b.send(page, code("999999"))
		where := over.Header.Get("Location")
		b.get(where).wantPage(t, http.StatusUnauthorized, "DPL-2012", "answered already")
		b.signInWith(t, nia)
		b.get(where).wantToken(t, s, "users", callback)
	})
}

// signInWith gives the browser a session of user.
func (b *browser) signInWith(t *testing.T, user *directory.User) {
	t.Helper()
	before := b.site.directory.Authenticator
	b.site.directory.Authenticator = answers{outcome: directory.Outcome{User: user}}
	b.password()
	b.site.directory.Authenticator = before
}

// Where an answer led to is for who gave it: whoever else has the form has not
// shown that they could.
func TestAnEarlierPageDoesNotHandOutWhatCameAfterIt(t *testing.T) {
	s, script := challenged(t, appCode, func(c directory.Challenge, a directory.Answer) (directory.Outcome, error) {
		if c.Kind == setup.Kind {
			return directory.Outcome{User: nia}, nil
		}
		return directory.Outcome{Challenge: &setup}, nil
	})
	b := s.browser(t)
	first := b.password()
	b.send(first, code("123456")).wantPage(t, http.StatusOK, "JBSW Y3DP")
	for name, answer := range map[string]func() answer{
		"another answer": func() answer { return b.send(first, code("000000")) },
		"the same from elsewhere": func() answer {
			r := formRequest("/users/login/challenge", filled(t, first, code("123456")))
			r.RemoteAddr = "203.0.113.66:1"
			return s.browser(t).do(r)
		},
	} {
		page := answer()
		page.wantPage(t, http.StatusUnauthorized, "DPL-2012", "Password")
		if strings.Contains(page.body, "JBSW") || strings.Contains(page.body, `name="step"`) {
			t.Errorf("%s: the next step is handed out:\n%s", name, page.body)
		}
		if page.field(t, "return") != callback || page.field(t, "username") != "nia@example.com" {
			t.Errorf("%s: the return URL or the login is lost", name)
		}
	}
	// Who gave it may go on.
	again := b.send(first, code("123456"))
	again.wantPage(t, http.StatusOK, "JBSW Y3DP")
	b.send(again, code("654321")).wantToken(t, s, "users", callback)
	if len(script.answers) != 2 {
		t.Errorf("the directory was asked %d times, want 2", len(script.answers))
	}
}

func TestAFormSentAgainAfterLoggingOutDoesNotSignIn(t *testing.T) {
	s, _ := challenged(t, appCode, rightCode)
	b := s.browser(t)
	page := b.password()
	b.send(page, code("123456")).wantToken(t, s, "users", callback)
	b.get("/users/logout").wantPage(t, http.StatusOK, "signed out")
	again := b.send(page, code("123456"))
	again.wantPage(t, http.StatusUnauthorized, "DPL-2012")
	if again.sessionCookie() != nil {
		t.Error("a session is opened")
	}
}

// A password that somebody changed meanwhile was changed to keep this one out.
func TestASignInThatWasEndedMeanwhileGetsNoToken(t *testing.T) {
	s, _ := challenged(t, appCode, rightCode)
	b := s.browser(t)
	page := b.password()
	other := s.browser(t)
	s.directory.Authenticator = &scripted{first: directory.Outcome{Challenge: &password1}, respond: func(directory.Challenge, directory.Answer) (directory.Outcome, error) {
		return directory.Outcome{User: nia}, nil
	}}
	other.send(other.password(), url.Values{"new_password": {"Brand new one"}}).wantToken(t, s, "users", callback)
	s.directory.Authenticator = &scripted{respond: rightCode}
	late := b.send(page, code("123456"))
	late.wantPage(t, http.StatusUnauthorized, "DPL-2012")
	if late.sessionCookie() != nil {
		t.Error("a session is opened")
	}
}

func TestAStepThatIsNoneLeadsBackToTheStartWithAReason(t *testing.T) {
	s, script := challenged(t, appCode, rightCode)
	b := s.browser(t)
	page := b.password()
	ours := page.field(t, "step")
	for name, id := range map[string]string{
		"none": "", "odd": "../../x", "unknown": strings.Repeat("A", len(ours)), "longer": ours + "A", "cut": ours[1:],
	} {
		got := b.post("/users/login/challenge", url.Values{"step": {id}, "return": {callback}, "code": {"123456"}})
		got.wantPage(t, http.StatusUnauthorized, "DPL-2012", "Password")
		if got.field(t, "return") != callback {
			t.Errorf("%s: the return URL is lost", name)
		}
	}
	t.Run("of the other door", func(t *testing.T) {
		got := b.post("/agents/login/challenge", url.Values{"step": {ours}, "return": {"/agent/x"}, "code": {"123456"}})
		got.wantPage(t, http.StatusUnauthorized, "DPL-2012")
		if b.cookie != "" {
			t.Error("a session is opened")
		}
	})
	t.Run("which does not hold it up for its owner", func(t *testing.T) {
		b.send(page, code("000000")).wantPage(t, http.StatusUnauthorized, "DPL-2008")
		script.answers = nil
	})
	if len(script.answers) != 0 {
		t.Errorf("the directory was asked %d times", len(script.answers))
	}
}

// Nobody reaches the second factor's page without the password, nor a token
// without the second factor.
func TestNoStepCanBeSkipped(t *testing.T) {
	s, _ := challenged(t, appCode, func(directory.Challenge, directory.Answer) (directory.Outcome, error) {
		t.Error("the directory is asked about a step that nobody posed")
		return directory.Outcome{User: nia}, nil
	})
	b := s.browser(t)
	b.post("/users/login/challenge", url.Values{"code": {"123456"}, "return": {callback}}).wantPage(t, http.StatusUnauthorized, "DPL-2012")
	page := b.password()
	b.get("/users/login?return="+url.QueryEscape(callback)).wantPage(t, http.StatusOK, "Password")
	b.get("/users/login/challenge").wantPage(t, http.StatusNotFound, "DPL-1001")
	b.post("/users/login/challenge?step="+page.field(t, "step"), code("123456")).wantPage(t, http.StatusBadRequest, "DPL-1005")
}

func TestOnlySoManyWrongAnswersPerPassword(t *testing.T) {
	s, script := challenged(t, appCode, rightCode)
	b := s.browser(t)
	page := b.password()
	for i := range 4 {
		page = b.send(page, code(fmt.Sprint(100000+i)))
		page.wantPage(t, http.StatusUnauthorized, "DPL-2008")
	}
	last := page
	b.send(page, code("100009")).wantPage(t, http.StatusUnauthorized, "DPL-2018", "Password")
	b.send(last, code("123456")).wantPage(t, http.StatusUnauthorized, "DPL-2012")
	if len(script.answers) != 5 {
		t.Errorf("the directory was asked %d times, want 5", len(script.answers))
	}
}

func TestAChainThatNeverEndsIsEnded(t *testing.T) {
	s, script := challenged(t, appCode, func(directory.Challenge, directory.Answer) (directory.Outcome, error) {
		return directory.Outcome{Challenge: &appCode}, nil
	})
	b := s.browser(t)
	page := b.password()
	for page.StatusCode == http.StatusOK && len(script.answers) < 100 {
		page = b.send(page, code("123456"))
	}
	page.wantPage(t, http.StatusUnauthorized, "DPL-2018")
	if len(script.answers) != 21 {
		t.Errorf("the directory was asked %d times, want 21", len(script.answers))
	}
}

// What was opened with the old password ends with it.
func TestANewPasswordEndsTheOtherSessions(t *testing.T) {
	s, _ := challenged(t, password1, func(directory.Challenge, directory.Answer) (directory.Outcome, error) {
		return directory.Outcome{User: nia}, nil
	})
	thief := s.browser(t)
	thief.signInWith(t, nia)
	thief.get("/users/login").wantToken(t, s, "users", helpdesk+"/")
	b := s.browser(t)
	b.send(b.password(), url.Values{"new_password": {"Brand new one"}}).wantToken(t, s, "users", callback)
	thief.get("/users/login").wantPage(t, http.StatusOK, "Password")
	b.get("/users/login").wantToken(t, s, "users", helpdesk+"/")
}

// slow says yes at the very end of the time that it is given.
type slow struct{ scripted }

func (s *slow) Respond(ctx context.Context, c directory.Challenge, a directory.Answer) (directory.Outcome, error) {
	<-ctx.Done()
	return s.scripted.Respond(ctx, c, a)
}

// The code is used up by then: what follows must not fail for want of time.
func TestADirectoryThatSaysYesAtTheLastMomentIsHeard(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.Timeout = 50 * time.Millisecond })
	s.directory.Authenticator = &slow{scripted{first: directory.Outcome{Challenge: &appCode}, respond: rightCode}}
	b := s.browser(t)
	b.send(b.password(), code("123456")).wantToken(t, s, "users", callback)
}

func TestThePagesOfASignInShowNothingOfItsState(t *testing.T) {
	s, _ := challenged(t, appCode, rightCode)
	b := s.browser(t)
	page := b.password()
	for _, secret := range []string{"session-1", "SOFTWARE_TOKEN_MFA", password} {
		if strings.Contains(page.body, secret) {
			t.Errorf("the page shows %q:\n%s", secret, page.body)
		}
	}
	id := page.field(t, "step")
	b.send(page, code("654321"))
	b.send(page, code("123456"))
	if log := s.log.String(); strings.Contains(log, id) || strings.Contains(log, "654321") || strings.Contains(log, "session-1") {
		t.Errorf("the log shows the step's id, its state or a code:\n%s", log)
	}
	if !regexp.MustCompile(`"outcome":"wrong_code".*"challenge":"SOFTWARE_TOKEN_MFA"`).MatchString(s.log.String()) {
		t.Errorf("the log lacks the wrong code:\n%s", s.log)
	}
}

// A byte may take six times its room in JSON, and a drawing holds only so much.
func TestALoginOfAnyLengthHasItsStep(t *testing.T) {
	for name, login := range map[string]string{
		"white space": "nia@example.com" + strings.Repeat("\v", 4_500), "letters": strings.Repeat("n", 12_000), "escapes": strings.Repeat("\x01", 4_500),
	} {
		s, _ := challenged(t, setup, rightCode)
		b := s.browser(t)
		page := b.post("/users/login", credentials(login, password, callback))
		page.wantPage(t, http.StatusOK, "JBSW Y3DP EHPK 3PXP", "<svg")
		if strings.Contains(page.body, "nnnn") {
			t.Errorf("%s: the page shows what is no login", name)
		}
		b.send(page, code("123456")).wantToken(t, s, "users", callback)
	}
}

func TestAKeyThatIsTooLongToDrawIsStillTyped(t *testing.T) {
	s, _ := challenged(t, setup, rightCode, func(c *web.Config) {
		for i := range c.Doors {
			c.Doors[i].Looks.Brand = strings.Repeat("é", 400)
		}
	})
	page := s.browser(t).password()
	page.wantPage(t, http.StatusOK, "JBSW Y3DP EHPK 3PXP", "type this key")
	if strings.Contains(page.body, "<svg") {
		t.Error("there is a drawing")
	}
}

func TestWhatWasTypedBesideAPasswordIsKept(t *testing.T) {
	s, _ := challenged(t, password1, func(directory.Challenge, directory.Answer) (directory.Outcome, error) {
		return directory.Outcome{}, &directory.UnfitPassword{}
	})
	b := s.browser(t)
	page := b.send(b.password(), url.Values{"new_password": {"short-needle"}, "attribute.given_name": {"Nia \"N\""}, "attribute.custom:cost_centre": {"7"}})
	if page.field(t, "attribute.given_name") != `Nia "N"` || page.field(t, "attribute.custom:cost_centre") != "7" || strings.Contains(page.body, "short-needle") {
		t.Errorf("the details are lost, or the password is not:\n%s", page.body)
	}
	page = b.send(page, url.Values{"new_password": {"x"}, "attribute.given_name": {strings.Repeat("\x01", 4000)}})
	page.wantPage(t, http.StatusUnprocessableEntity, "DPL-2010") // too long to keep, but no failure
}

func TestAnotherWayThanAPassword(t *testing.T) {
	choice := directory.Challenge{Kind: "SELECT_CHALLENGE", Step: directory.StepChoose, Choices: []directory.Choice{{Value: "EMAIL_OTP", Medium: directory.MediumEmail}}}
	s, script := challenged(t, choice, rightCode, func(c *web.Config) { c.Offers.Passwordless = true })
	b := s.browser(t)
	b.get("/users/login").wantPage(t, http.StatusOK, "Sign in another way")
	b.post("/users/login", url.Values{"username": {"nia@example.com"}, "password": {""}, "way": {"other"}, "return": {callback}}).wantPage(t, http.StatusOK, "A code by email")
	if !script.asked[0].Passwordless {
		t.Error("the directory is asked about a password")
	}
	b.password()
	if script.asked[1].Passwordless {
		t.Error("the directory is not asked about a password")
	}

	other, script := challenged(t, choice, rightCode)
	other.browser(t).post("/users/login", url.Values{"username": {"nia@example.com"}, "way": {"other"}})
	if script.asked[0].Passwordless {
		t.Error("a form chooses what is not offered")
	}
}
