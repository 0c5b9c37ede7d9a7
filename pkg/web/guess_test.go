package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/state/statetest"
	"deskpro-login/pkg/web"
)

// slowly is a directory that takes its time: another one for each login.
type slowly struct {
	asked atomic.Int64
	takes map[string]time.Duration
	// right signs in; empty: nobody.
	right string
	err   error
}

func (s *slowly) Authenticate(ctx context.Context, c directory.Credentials) (directory.Outcome, error) {
	s.asked.Add(1)
	time.Sleep(s.takes[c.Login])
	switch {
	case s.err != nil:
		return directory.Outcome{}, s.err
	case c.Passwordless:
		return directory.Outcome{Challenge: &appCode}, nil
	case s.right != "" && c.Password.Reveal() == s.right:
		return directory.Outcome{User: &directory.User{ID: "u-9", Email: "ida@example.com", Name: "Ida"}}, nil
	}
	return directory.Outcome{}, &directory.Refusal{Reason: directory.ReasonPassword}
}

func (s *slowly) Respond(context.Context, directory.Challenge, directory.Answer) (directory.Outcome, error) {
	return directory.Outcome{}, directory.ErrOver
}

// clock is one that tests put forward.
type clock struct {
	mu sync.Mutex
	at time.Time
}

// newClock is a little slow, so that after a short wait its tokens are good.
func newClock() *clock { return &clock{at: time.Now().Add(-40 * time.Second)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// guessed is a site whose directory counts what it is asked.
func guessed(t testing.TB, change ...func(*web.Config)) (*site, *slowly, *clock) {
	t.Helper()
	at, people := newClock(), &slowly{right: password}
	s := newSite(t, append([]func(*web.Config){func(c *web.Config) { c.Now, c.Directory = at.now, people }}, change...)...)
	return s, people, at
}

func (b *browser) guess(login, password string) answer {
	b.t.Helper()
	return b.post("/users/login", credentials(login, password, callback))
}

// from is a guess of somebody elsewhere, who has no cookies.
func (s *site) from(t testing.TB, address, login, password string) answer {
	t.Helper()
	r := formRequest("/users/login", credentials(login, password, callback))
	r.RemoteAddr = address
	return s.browser(t).do(r)
}

func TestAfterSomeWrongPasswordsThereIsAWaitEvenForTheRightOne(t *testing.T) {
	s, people, at := guessed(t)
	b := s.browser(t)
	for i := range 5 {
		page := b.guess("ida@example.com", "wrong")
		page.wantPage(t, http.StatusUnauthorized, "DPL-2001")
		if waits := page.Header.Get("Retry-After"); (waits != "") != (i == 4) {
			t.Errorf("after %d wrong ones Retry-After is %q", i+1, waits)
		}
	}
	for _, password := range []string{"wrong", password} {
		page := b.guess("ida@example.com", password)
		page.wantPage(t, http.StatusUnauthorized, "DPL-2001", "Try again in 30 seconds", "even the right password or code", "In a browser that you have signed in with before, you need not wait")
		if got := page.Header.Get("Retry-After"); got != "30" {
			t.Errorf("Retry-After %q, want 30", got)
		}
		if page.sessionCookie() != nil {
			t.Error("a session is opened while there is a wait")
		}
	}
	if got := people.asked.Load(); got != 5 {
		t.Errorf("the directory was asked %d times, want 5", got)
	}
	at.pass(30 * time.Second)
	b.guess("ida@example.com", password).wantToken(t, s, "users", callback)
	if log := s.log.String(); strings.Count(log, `"reason":"regulated_account_and_source"`) != 2 {
		t.Errorf("the log does not say twice that a guess was not checked:\n%s", log)
	}
	// All is forgiven.
	stranger := s.browser(t)
	for range 4 {
		if page := stranger.guess("ida@example.com", "wrong"); page.Header.Get("Retry-After") != "" {
			t.Error("wrong passwords from before the right one are still counted")
		}
	}
}

func TestSimultaneousGuessesDoNotOutrunTheCounters(t *testing.T) {
	for name, row := range map[string]struct {
		address func(i int) string
		login   func(i int) string
		most    int64
	}{
		"from one address at one account": {
			func(int) string { return "203.0.113.9:1" }, func(int) string { return "ida@example.com" }, 5},
		"from many addresses at one account": {
			func(i int) string { return fmt.Sprintf("203.0.113.%d:1", i) }, func(int) string { return "ida@example.com" }, 20},
		"from one address at one account, typed in many ways": {
			func(int) string { return "203.0.113.9:1" },
			func(i int) string {
				return [...]string{"ida@example.com", " IDA@example.com", "ida@EXAMPLE.com\t", "ｉｄａ@example.com"}[i%4]
			}, 5},
		"from one IPv6 network at one account": {
			func(i int) string { return fmt.Sprintf("[2001:db8::%x]:1", i+1) }, func(int) string { return "ida@example.com" }, 5},
		"from one address at many accounts": {
			func(int) string { return "203.0.113.9:1" }, func(i int) string { return fmt.Sprintf("person-%d@example.com", i) }, 100},
	} {
		t.Run(name, func(t *testing.T) {
			s, people, _ := guessed(t)
			var all sync.WaitGroup
			for i := range 200 {
				all.Go(func() {
					page := s.from(t, row.address(i), row.login(i), "wrong")
					if page.StatusCode != http.StatusUnauthorized {
						t.Errorf("status %d, want 401", page.StatusCode)
					}
				})
			}
			all.Wait()
			if got := people.asked.Load(); got > row.most || got == 0 {
				t.Errorf("the directory was asked %d times, want at most %d", got, row.most)
			}
		})
	}
}

// fresh is what differs from page to page without telling anything.
var fresh = regexp.MustCompile(`Request <code>[^<]*</code>|data-copy="[^"]*"|value="[^"]*@example.com"`)

// seen is all of an answer that an outsider sees.
func (a answer) seen(t testing.TB) string {
	t.Helper()
	var headers strings.Builder
	shown := a.Header.Clone()
	shown.Del("Apigw-Requestid")
	if err := shown.Write(&headers); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(a.StatusCode, "\n", headers.String(), "\n", fresh.ReplaceAllString(a.body, "FRESH"))
}

func TestARefusalLooksTheSameWhateverTheReason(t *testing.T) {
	at := newClock()
	s := newSite(t, func(c *web.Config) { c.Now, c.Offers.Reset, c.Recovery = at.now, true, &helper{} })
	guess := func(login, password string, b *browser) string {
		return b.post("/agents/login", credentials(login, password, helpdesk+"/agent/")).seen(t)
	}
	unknown := s.browser(t)
	others := map[string]struct{ login, password string }{
		"of a wrong password":                      {"ana@example.com", "wrong"},
		"of a wrong password at the wrong door":    {"ugo+help@example.com", "wrong"},
		"of the right one of a disabled account":   {"dora@example.com", password},
		"of a wrong one of an unverified account":  {"uma@example.com", "wrong"},
		"of a login that cannot be":                {"\xff@example.com", "wrong"},
		"of a password that is longer than any is": {"ben@example.com", strings.Repeat("x", 2000)},
	}
	browsers := map[string]*browser{}
	for name := range others {
		browsers[name] = s.browser(t)
	}
	waits := 0
	for i := range 9 { // the last four are not checked
		want := guess("nobody@example.com", "wrong", unknown)
		if strings.Contains(want, "Try again in") {
			waits++
		}
		for name, o := range others {
			if got := guess(o.login, o.password, browsers[name]); got != want {
				t.Errorf("at guess %d the answer %s is\n%s\nthat of an unknown login\n%s", i+1, name, got, want)
			}
		}
	}
	if waits != 5 {
		t.Errorf("%d answers told of a wait, want that of the last one checked and four", waits)
	}
	// A guess that is not checked looks like one that is, and asks for as long.
	at.pass(31 * time.Second)
	checked := guess("nobody@example.com", "wrong", unknown)
	if early := guess("nobody@example.com", "wrong", unknown); early != checked {
		t.Errorf("a guess that was not checked is answered\n%s\none that was\n%s", early, checked)
	}
}

func TestARefusalTakesAsLongWhateverTheReason(t *testing.T) {
	const floor = 500 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		people := &slowly{takes: map[string]time.Duration{"old-hash@example.com": 300 * time.Millisecond, "new-hash@example.com": 30 * time.Millisecond}}
		h := &helper{}
		s := newSite(t, func(c *web.Config) {
			c.Directory, c.RefusalTime, c.Offers.Reset, c.Offers.Confirm, c.Offers.Passwordless, c.Recovery = people, floor, true, true, true, h
		})
		took := func(do func()) time.Duration {
			began := time.Now()
			do()
			return time.Since(began)
		}
		for name, do := range map[string]func(){
			"an old hash": func() { s.from(t, "203.0.113.1:1", "old-hash@example.com", "wrong") },
			"a new hash":  func() { s.from(t, "203.0.113.2:1", "new-hash@example.com", "wrong") },
			"no account":  func() { s.from(t, "203.0.113.3:1", "nobody@example.com", "wrong") },
			"a code asked for": func() {
				s.browser(t).post("/users/login/reset", url.Values{"ask": {"request"}, "username": {"a"}})
			},
			"another way asked for": func() {
				s.browser(t).post("/users/login", url.Values{"username": {"b"}, "way": {"other"}})
			},
			"a wrong code of recovery": func() {
				h.err = directory.ErrWrongCode
				s.browser(t).post("/users/login/reset", url.Values{"ask": {"code"}, "username": {"a"}, "code": {"1"}})
				s.browser(t).post("/users/login/confirm", url.Values{"ask": {"code"}, "username": {"a"}, "code": {"1"}})
				h.err = nil
			},
		} {
			want := floor
			if strings.Contains(name, "recovery") {
				want *= 2
			}
			if got := took(do); got != want {
				t.Errorf("%s takes %v, want %v", name, got, want)
			}
		}
		for range 4 {
			s.from(t, "203.0.113.1:1", "old-hash@example.com", "wrong")
		}
		asked := people.asked.Load()
		if got := took(func() { s.from(t, "203.0.113.1:1", "old-hash@example.com", "wrong") }); got != floor || people.asked.Load() != asked {
			t.Errorf("one that is not checked takes %v (asked %d times more), want %v", got, people.asked.Load()-asked, floor)
		}
	})
}

func TestNobodyKeepsAnotherOutOfABrowserThatTheyKnow(t *testing.T) {
	s, _, at := guessed(t)
	owner, elsewhere := s.browser(t), s.browser(t)
	owner.guess("ida@example.com", password).wantToken(t, s, "users", callback)
	for i := range 400 { // from everywhere, for days
		s.from(t, fmt.Sprintf("203.0.%d.%d:1", i/200, i%200), "ida@example.com", "wrong")
		at.pass(time.Hour)
	}
	elsewhere.guess("ida@example.com", password).wantPage(t, http.StatusUnauthorized,
		"only a browser that you have signed in with before can go on", "administrator can lift this")
	owner.cookie = "" // signed out long ago
	owner.guess("ida@example.com", "mistyped").wantPage(t, http.StatusUnauthorized, "Check both and try again")
	if page := owner.guess("ida@example.com", password); page.StatusCode != http.StatusFound || page.sessionCookie() == nil {
		t.Errorf("the owner is not let in by a known browser: %d\n%s", page.StatusCode, page.body)
	}

	// What it has is its own, and no more than anybody's.
	for range 5 {
		owner.guess("ida@example.com", "wrong")
	}
	page := owner.guess("ida@example.com", password)
	page.wantPage(t, http.StatusUnauthorized, "Try again in 30 seconds")
	if strings.Contains(page.body, "signed in with before") {
		t.Error("a known browser is sent to a known browser")
	}
}

func TestABrowserIsKnownForOneAccountAndOnlyByOurToken(t *testing.T) {
	closed := func(t *testing.T) (*site, *browser, *clock) {
		s, _, at := guessed(t)
		owner := s.browser(t)
		owner.guess("ida@example.com", password).wantToken(t, s, "users", callback)
		for range 5 {
			s.from(t, "192.0.2.1:1", "ida@example.com", "wrong")
			s.from(t, "192.0.2.1:1", "bob@example.com", "wrong")
		}
		return s, owner, at
	}
	for name, change := range map[string]func(t *testing.T, s *site, owner *browser) (login string){
		"at another account": func(*testing.T, *site, *browser) string { return "bob@example.com" },
		"with a token that it chose": func(_ *testing.T, _ *site, owner *browser) string {
			owner.others["__Host-known"] = strings.Repeat("A", 43)
			return "ida@example.com"
		},
		"with a token cut short": func(_ *testing.T, _ *site, owner *browser) string {
			owner.others["__Host-known"] = owner.others["__Host-known"][:42]
			return "ida@example.com"
		},
		"whose account had all of its sessions ended": func(t *testing.T, s *site, _ *browser) string {
			s.endAll(t, "u-9")
			return "ida@example.com"
		},
	} {
		t.Run("not "+name, func(t *testing.T) {
			s, owner, at := closed(t)
			at.pass(time.Second)
			login := change(t, s, owner)
			owner.guess(login, password).wantPage(t, http.StatusUnauthorized, "Try again in")
		})
	}
	s, owner, _ := closed(t)
	mine := owner.others["__Host-known"]
	owner.guess("ida@example.com", password).wantToken(t, s, "users", callback)
	if owner.others["__Host-known"] != mine {
		t.Error("a known browser gets another token at each sign-in")
	}
	planted := s.browser(t)
	planted.others["__Host-known"] = strings.Repeat("A", 43)
	planted.guess("eva@example.com", password).wantToken(t, s, "users", callback)
	if got := planted.others["__Host-known"]; got == strings.Repeat("A", 43) {
		t.Error("a token that the browser brought along is made a known one")
	}
}

// endAll ends all sessions of subject, as an operator does.
func (s *site) endAll(t testing.TB, subject string) {
	t.Helper()
	if err := s.sessions.EndAll(t.Context(), subject); err != nil {
		t.Fatal(err)
	}
}

func TestCodesAreCountedByAccountHoweverOftenOneSignsIn(t *testing.T) {
	at := newClock()
	s, people := challenged(t, appCode, rightCode, func(c *web.Config) { c.Now = at.now })
	tried := 0
	for range 40 {
		page := s.browser(t).password()
		for range 5 {
			if page = s.browser(t).send(page, code("000000")); page.Header.Get("Retry-After") == "" {
				tried++
				continue
			}
			page.wantPage(t, http.StatusUnauthorized, "Try again in")
		}
	}
	if got := len(people.answers); got != 5 || tried != 4 {
		t.Errorf("%d codes were checked over many sign-ins, want 5", got)
	}
	at.pass(time.Minute)
	page := s.browser(t).password()
	s.browser(t).send(page, code("000000"))
	if got := len(people.answers); got != 6 {
		t.Errorf("%d codes were checked after the wait, want one more", got)
	}
}

func TestAskingForCodesIsBounded(t *testing.T) {
	s, h := helped(t)
	ask := func(login string) answer {
		return s.browser(t).post("/users/login/reset", url.Values{"ask": {"request"}, "username": {login}, "return": {callback}})
	}
	for range 5 {
		ask("ida@example.com").wantPage(t, http.StatusOK, "a code is on its way")
	}
	page := ask(" IDA@example.com")
	page.wantPage(t, http.StatusTooManyRequests, "DPL-2022", "A code was asked for several times", "Try again in 30 seconds")
	if len(h.calls) != 5 {
		t.Errorf("%d codes were sent, want 5", len(h.calls))
	}
	h.err = directory.ErrWrongCode
	answered := func(path string) answer {
		return s.browser(t).post("/users/login/"+path, url.Values{
			"ask": {"code"}, "username": {"ida@example.com"}, "code": {"123456"}, "new_password": {password}, "return": {callback},
		})
	}
	for range 5 {
		answered("reset").wantPage(t, http.StatusUnauthorized, "DPL-2014")
	}
	answered("reset").wantPage(t, http.StatusUnauthorized, "DPL-2014", "Try again in 30 seconds")
	answered("confirm").wantPage(t, http.StatusUnauthorized, "DPL-2014", "Try again in 30 seconds")
	if len(h.calls) != 10 {
		t.Errorf("the directory was asked %d times, want 10", len(h.calls))
	}
	// An answer for the wrong person's password is none for a password.
	s.browser(t).guess("ugo+help@example.com", password).wantToken(t, s, "users", callback)
}

func TestANewPasswordForgivesWhatWasGuessedBefore(t *testing.T) {
	s, _ := helped(t)
	const login = "ugo+help@example.com"
	b := s.browser(t)
	for range 5 {
		b.guess(login, "wrong")
	}
	b.guess(login, password).wantPage(t, http.StatusUnauthorized, "Try again in")
	s.browser(t).post("/users/login/reset", url.Values{
		"ask": {"code"}, "username": {login}, "code": {"123456"}, "new_password": {password}, "return": {callback},
	}).wantToken(t, s, "users", callback)
	b.guess(login, password).wantToken(t, s, "users", callback)
}

func TestOnlyWhatWasCheckedCounts(t *testing.T) {
	for name, err := range map[string]error{
		"the directory is down": directory.ErrUnavailable, "it asks to slow down": directory.ErrThrottled,
		"it is set up wrongly": directory.ErrMisconfigured,
	} {
		t.Run(name, func(t *testing.T) {
			s, people, _ := guessed(t)
			people.err = err
			b := s.browser(t)
			for range 12 {
				if page := b.guess("ida@example.com", password); page.Header.Get("Retry-After") != "" {
					t.Fatal("there is a wait for what was not checked")
				}
			}
			people.err = nil
			b.guess("ida@example.com", password).wantToken(t, s, "users", callback)
		})
	}
}

func TestNothingIsCheckedWhileNobodyCounts(t *testing.T) {
	s, people, _ := guessed(t)
	h := &helper{}
	helped := newSite(t, func(c *web.Config) { c.Offers.Reset, c.Offers.Confirm, c.Recovery = true, true, h })
	known := s.browser(t)
	known.guess("ida@example.com", password).wantToken(t, s, "users", callback)
	asked := people.asked.Load()
	s.store.Set(statetest.Fail)
	helped.store.Set(statetest.Fail)
	for name, b := range map[string]*browser{"a known browser": known, "another": s.browser(t)} {
		page := b.guess("ida@example.com", password)
		page.wantPage(t, http.StatusServiceUnavailable, "DPL-3002")
		if page.sessionCookie() != nil || people.asked.Load() != asked {
			t.Errorf("%s is checked while nobody counts", name)
		}
	}
	for _, path := range []string{"reset", "confirm"} {
		for _, ask := range []string{"request", "code"} {
			helped.browser(t).post("/users/login/"+path, url.Values{"ask": {ask}, "username": {"ida@example.com"}, "code": {"1"}}).
				wantPage(t, http.StatusServiceUnavailable, "DPL-3002")
		}
	}
	if len(h.calls) > 0 {
		t.Errorf("asked while nobody counts: %v", h.calls)
	}
}

func TestWhatAClientSaysOfItsAddressChangesNothing(t *testing.T) {
	s, people, _ := guessed(t)
	headers := []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "Cloudfront-Viewer-Address", "X-Client-Ip"}
	for i := range 50 {
		r := formRequest("/users/login", credentials("ida@example.com", "wrong", callback))
		for _, name := range headers {
			r.Header.Set(name, [...]string{fmt.Sprintf("198.51.100.%d", i), fmt.Sprintf("for=198.51.100.%d;proto=https", i), "garbage\x7f, ,", ""}[i%4])
		}
		s.browser(t).do(r)
	}
	if got := people.asked.Load(); got != 5 {
		t.Errorf("the directory was asked %d times, want 5", got)
	}
}

func TestWaitsAreSaidInWords(t *testing.T) {
	for _, row := range []struct {
		wrong int
		want  string
	}{{5, "in 30 seconds;"}, {6, "in 60 seconds;"}, {7, "in 2 minutes;"}, {11, "in 32 minutes;"}, {12, "in 60 minutes;"}} {
		s, _, at := guessed(t)
		b := s.browser(t)
		var page answer
		for range row.wrong {
			at.pass(2 * time.Hour)
			page = b.guess("ida@example.com", "wrong")
		}
		page.wantPage(t, http.StatusUnauthorized, row.want)
	}
}

func TestAPaddedLoginHasNoGuessesOfItsOwn(t *testing.T) {
	s, people, _ := guessed(t)
	b := s.browser(t)
	for i, login := range []string{"ida@example.com", "Ida@example.com", "iDa@example.com", "idA@example.com", "IDa@example.com", "IdA@example.com", "iDA@example.com"} {
		b.guess(strings.Repeat(" ", 200*(i%3))+login+strings.Repeat(" ", 300*(i%2)), "wrong")
	}
	if got := people.asked.Load(); got != 5 {
		t.Errorf("the directory was asked %d times, want 5", got)
	}
}

func TestAQuestionThatIsAskedAgainStaysCounted(t *testing.T) {
	question := directory.Challenge{Kind: "CUSTOM_CHALLENGE", Step: directory.StepQuestion, Question: []directory.Prompt{{Name: "q", Text: "?"}}, State: []byte("1")}
	s, people := challenged(t, question, func(directory.Challenge, directory.Answer) (directory.Outcome, error) {
		return directory.Outcome{Challenge: &question}, nil
	})
	for range 4 {
		b := s.browser(t)
		page := b.password()
		for range 3 {
			page = b.send(page, url.Values{"answer": {"wrong"}})
		}
	}
	if got := len(people.answers); got != 5 {
		t.Errorf("%d answers were checked, want 5", got)
	}
}
