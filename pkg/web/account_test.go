package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/state/statetest"
	"deskpro-login/pkg/web"
)

// all offers each change of an account.
func all(c *web.Config) { c.Offers.Change, c.Offers.Factor, c.Offers.Codes = true, true, true }

func ownAccount(returnTo string) string {
	if returnTo == "" {
		return "/users/account"
	}
	return "/users/account?return=" + url.QueryEscape(returnTo)
}

// wantRedirect fails unless the answer leads to a page of ours.
func (a answer) wantRedirect(t testing.TB, to string) {
	t.Helper()
	if got := a.Header.Get("Location"); a.StatusCode != http.StatusFound || got != to {
		t.Fatalf("status %d, Location %q, want 302 to %q\n%s", a.StatusCode, got, to, a.body)
	}
}

var endPattern = regexp.MustCompile(`name="end" value="([0-9a-f]{16})"`)

func TestWhoIsNotSignedInSignsInToSeeTheirAccount(t *testing.T) {
	s := newSite(t, all)
	b := s.browser(t)
	ticket := helpdesk + "/new-ticket/?a=1"
	b.get(ownAccount(ticket)).wantRedirect(t, "/users/login?return="+url.QueryEscape(ticket)+"&want=account")
	form := b.get("/users/login?want=account&return=" + url.QueryEscape(ticket))
	form.wantPage(t, http.StatusOK, "Then you see and change it.")
	fields := credentials("ugo+help@example.com", password, ticket)
	fields.Set("want", form.field(t, "want"))
	b.post("/users/login", fields).wantRedirect(t, ownAccount(ticket))
	page := b.get(ownAccount(ticket))
	page.wantPage(t, http.StatusOK, "Ugo O'Neill", "ugo+help@example.com", "Change your password", "Set up an app", "This browser")
	if strings.Contains(page.body, "Turn it off") || endPattern.MatchString(page.body) {
		t.Errorf("what is not there can be ended:\n%s", page.body)
	}
	b.get("/users/login?want=account&return="+url.QueryEscape(ticket)).wantRedirect(t, ownAccount(ticket))
	b.get("/users/login?return="+url.QueryEscape(ticket)).wantToken(t, s, "users", ticket)
}

func TestOneSeesOnesOwnBrowsersAndEndsThem(t *testing.T) {
	s := newSite(t)
	desk, phone, other := s.browser(t), s.browser(t), s.browser(t)
	desk.signIn()
	phone.signIn()
	other.post("/users/login", credentials("ana@example.com", password, callback))
	page := desk.get(ownAccount(""))
	handles := endPattern.FindAllStringSubmatch(page.body, -1)
	if len(handles) != 1 {
		t.Fatalf("%d browsers can be ended, want 1:\n%s", len(handles), page.body)
	}
	foreign := endPattern.FindStringSubmatch(phone.get(ownAccount("")).body)[1] // the desk's
	for _, end := range []string{foreign, "", "0123456789abcdef", "others ", strings.Repeat("a", 4000)} {
		other.post("/users/account", url.Values{"end": {end}}).wantRedirect(t, ownAccount(helpdesk+"/"))
		other.get(ownAccount("")).wantPage(t, http.StatusOK, "signed out already")
	}
	desk.get("/users/login").wantToken(t, s, "users", helpdesk+"/")

	desk.post("/users/account", url.Values{"end": {handles[0][1]}}).wantRedirect(t, ownAccount(helpdesk+"/"))
	desk.get(ownAccount("")).wantPage(t, http.StatusOK, "That browser is signed out.")
	if page := desk.get(ownAccount("")); strings.Contains(page.body, "That browser is signed out.") {
		t.Error("it is said twice")
	}
	phone.get("/users/login").wantPage(t, http.StatusOK, "Password")

	phone.signIn()
	desk.post("/users/account", url.Values{"end": {"others"}, "return": {callback}}).wantRedirect(t, ownAccount(callback))
	desk.get(ownAccount("")).wantPage(t, http.StatusOK, "signed out everywhere else")
	phone.get(ownAccount("")).wantRedirect(t, "/users/login?return=https%3A%2F%2Facme.deskpro.com%2F&want=account")
	other.get("/agents/login").wantToken(t, s, "agents", helpdesk+"/agent/")
	if n := strings.Count(s.log.String(), `"event":"sessions_ended"`); n != 2 {
		t.Errorf("%d events tell of ended sessions, want 2", n)
	}
}

func TestNobodyElseEndsASession(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	b.signIn()
	for name, change := range map[string]func(*http.Request){
		"from another site":  func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"from a sibling":     func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"that is no form":    func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
		"with end in a link": func(r *http.Request) { r.URL.RawQuery = "end=others" },
	} {
		r := formRequest("/users/account", url.Values{"end": {"others"}})
		change(r)
		if got := b.do(r); got.StatusCode < 400 {
			t.Errorf("a form %s is answered %d", name, got.StatusCode)
		}
	}
	s.browser(t).post("/users/account", url.Values{"end": {"others"}}).wantRedirect(t, "/users/login?return=https%3A%2F%2Facme.deskpro.com%2F&want=account&prompt=login")
	b.post("/users/account", url.Values{"end": {"others"}, "return": {"https://evil.example/"}}).wantPage(t, http.StatusBadRequest, "DPL-1003")
	b.get("/users/account?return=https://evil.example/").wantPage(t, http.StatusBadRequest, "DPL-1003")
	if strings.Contains(s.log.String(), "sessions_ended") {
		t.Error("sessions were ended")
	}
}

func TestTheAccountPageSaysWhatWasDoneAndNothingElse(t *testing.T) {
	s := newSite(t, all)
	for challenge, want := range map[*directory.Challenge]string{
		{Kind: "NEW_PASSWORD", Step: directory.StepNewPassword}: "Your password is changed.",
		&setup: "Your authenticator app is set up.",
		{Kind: "TOTP_REMOVAL", Step: directory.StepRemove}: "Your authenticator app is turned off.",
	} {
		s.directory.Authenticator = &scripted{first: directory.Outcome{Challenge: challenge}, respond: func(directory.Challenge, directory.Answer) (directory.Outcome, error) {
			return directory.Outcome{User: nia, Changed: nia.ID}, nil
		}}
		b, elsewhere := s.browser(t), s.browser(t)
		elsewhere.signInWith(t, nia)
		s.directory.Authenticator = &scripted{first: directory.Outcome{Challenge: challenge}, respond: func(directory.Challenge, directory.Answer) (directory.Outcome, error) {
			return directory.Outcome{User: nia, Changed: nia.ID}, nil
		}}
		fields := credentials("nia@example.com", password, callback)
		fields.Set("want", "password")
		b.send(b.post("/users/login", fields), url.Values{"new_password": {"x"}, "code": {"123456"}}).wantRedirect(t, ownAccount(callback))
		b.get(ownAccount(callback)).wantPage(t, http.StatusOK, want)
		elsewhere.get("/users/login").wantPage(t, http.StatusOK, "Password")
	}
	b := s.browser(t)
	b.signInWith(t, nia)
	for _, forged := range []string{"password.x", "../title", "<b>", "who", ""} {
		b.others["__Host-done"] = forged
		if page := b.get(ownAccount("")); page.StatusCode != http.StatusOK || strings.Contains(page.body, `class="notice"`) {
			t.Errorf("a cookie of %q makes the page say something:\n%s", forged, page.body)
		}
	}
	if page := b.get("/users/account?done=password"); strings.Contains(page.body, `class="notice"`) {
		t.Errorf("an address makes the page say something:\n%s", page.body)
	}
}

func TestAnAppThatMustStayIsSaidToAndLeadsOn(t *testing.T) {
	s, _ := challenged(t, appCode, func(directory.Challenge, directory.Answer) (directory.Outcome, error) {
		return directory.Outcome{}, directory.ErrFactorRequired
	}, all)
	b := s.browser(t)
	fields := credentials("nia@example.com", password, callback)
	fields.Set("want", "no_factor")
	page := b.send(b.post("/users/login", fields), code("123456"))
	page.wantPage(t, http.StatusForbidden, "DPL-2023", "want=factor", ownAccount(""))
	if b.cookie != "" {
		t.Error("a session is opened")
	}
}

func TestWithoutTheStoreTheAccountIsNotShown(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	b.signIn()
	s.store.Set(statetest.Fail)
	b.get(ownAccount(callback)).wantPage(t, http.StatusServiceUnavailable, "DPL-3002")
	b.post("/users/account", url.Values{"end": {"others"}}).wantPage(t, http.StatusServiceUnavailable, "DPL-3002")
}

func TestWhoComesFromAnIdentityProviderChangesThingsThere(t *testing.T) {
	s, _ := federated(t, all)
	b := s.browser(t)
	state := b.leave()
	b.comeBack(state, "&code=right")
	page := b.get(ownAccount(""))
	page.wantPage(t, http.StatusOK, "are kept by", "Change them there.")
	if strings.Contains(page.body, "want=password") || strings.Contains(page.body, "want=factor") {
		t.Errorf("a change is offered:\n%s", page.body)
	}
}

func TestABrowserIsCalledByNamesThatAreKnown(t *testing.T) {
	s := newSite(t)
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0":    "Edge, Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile Safari/604.1": "Safari, iPhone",
		"Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0":                                                           "Firefox, Linux",
		"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36": "Samsung Internet, Android",
		"<script>alert(1)</script>": "Unknown browser", "": "Unknown browser",
	} {
		b := s.browser(t)
		r := formRequest("/users/login", credentials("ugo+help@example.com", password, callback))
		r.Header.Set("User-Agent", agent)
		b.do(r)
		page := b.get(ownAccount(""))
		if got := regexp.MustCompile(`<strong id="name-[0-9a-f]{16}"><bdi>([^<]*)</bdi></strong> – This browser`).FindStringSubmatch(page.body); got == nil || got[1] != want {
			t.Errorf("%q is called %q, want %q", agent, got, want)
		}
	}
}

// Whoever is signed out everywhere, because they are no friend, changes nothing by
// a page that they still have open, and does not sign the owner out by it.
func TestWhatWasEndedMeanwhileChangesNothing(t *testing.T) {
	for name, challenge := range map[string]directory.Challenge{
		"another app": setup, "another password": password2, "no app": {Kind: "TOTP_REMOVAL", Step: directory.StepRemove}, "a code": appCode,
	} {
		challenge.Subject = nia.ID
		s, script := challenged(t, challenge, func(directory.Challenge, directory.Answer) (directory.Outcome, error) {
			return directory.Outcome{User: nia, Changed: nia.ID}, nil
		}, all)
		stranger, owner := s.browser(t), s.browser(t)
		open := stranger.password()
		owner.signInWith(t, nia)
		owner.post("/users/account", url.Values{"end": {"others"}}).wantRedirect(t, ownAccount(helpdesk+"/"))
		s.directory.Authenticator = script
		stranger.send(open, url.Values{"code": {"123456"}, "new_password": {"x"}}).wantPage(t, http.StatusUnauthorized, "DPL-2012")
		if len(script.answers) != 0 {
			t.Errorf("%s: the directory was asked to change it", name)
		}
		owner.get("/users/login").wantToken(t, s, "users", helpdesk+"/")
		// Nor does anybody while that cannot be known.
		next := s.browser(t)
		open = next.password()
		s.store.Set(statetest.Fail, statetest.Get)
		if got := next.send(open, code("123456")); got.StatusCode != http.StatusServiceUnavailable || len(script.answers) != 0 {
			t.Errorf("%s: without the store the answer is %d, and %d reached the directory", name, got.StatusCode, len(script.answers))
		}
	}
}

func TestACodeThatIsRightIsNoGuessHoweverTheAppMustStay(t *testing.T) {
	s, script := challenged(t, appCode, func(directory.Challenge, directory.Answer) (directory.Outcome, error) {
		return directory.Outcome{}, directory.ErrFactorRequired
	}, all)
	b := s.browser(t)
	fields := credentials("nia@example.com", password, callback)
	fields.Set("want", "no_factor")
	for range 8 {
		page := b.send(b.post("/users/login", fields), code("123456"))
		page.wantPage(t, http.StatusForbidden, "DPL-2023", "must have an authenticator app")
		if wait := page.Header.Get("Retry-After"); wait != "" {
			t.Fatalf("there is a wait of %s seconds", wait)
		}
	}
	if len(script.answers) != 8 {
		t.Errorf("%d of 8 codes were checked", len(script.answers))
	}
}

func TestAWrongRecoveryCodeIsAskedForAgainWhereItWasTyped(t *testing.T) {
	s, _ := challenged(t, recoverable, rightCode)
	b := s.browser(t)
	page := b.send(b.password(), url.Values{"code": {"aaaa"}, "way": {"recovery"}})
	page.wantPage(t, http.StatusUnauthorized, "<details open>", `required autofocus aria-invalid="true" aria-describedby="alert recovery-hint"`)
	if strings.Contains(page.body, "newest") || strings.Count(page.body, ` aria-invalid="true"`) != 1 || strings.Count(page.body, " autofocus") != 1 {
		t.Errorf("the page blames another field, or says what is for an app's codes:\n%s", page.body)
	}
	b.send(page, code("000000")).wantPage(t, http.StatusUnauthorized, "newest", "<details>")
}
