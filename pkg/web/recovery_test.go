package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/web"
)

// helper is a directory.Recovery that says what the test wants.
type helper struct {
	err error
	// userID is whose password Reset says that it has set.
	userID string
	calls  []string
}

func (h *helper) call(name string, parts ...string) error {
	h.calls = append(h.calls, name+" "+strings.Join(parts, " "))
	return h.err
}

func (h *helper) RequestReset(_ context.Context, login string, from directory.Client) error {
	return h.call("request reset", login, from.Address)
}

func (h *helper) Reset(_ context.Context, login string, code, password redact.Secret, _ directory.Client) (string, error) {
	return h.userID, h.call("reset", login, code.Reveal(), password.Reveal())
}

func (h *helper) RequestConfirmation(_ context.Context, login string, _ directory.Client) error {
	return h.call("request confirmation", login)
}

func (h *helper) Confirm(_ context.Context, login string, code redact.Secret, _ directory.Client) error {
	return h.call("confirm", login, code.Reveal())
}

func helped(t *testing.T) (*site, *helper) {
	t.Helper()
	h := &helper{}
	s := newSite(t, func(c *web.Config) {
		c.Offers.Reset, c.Offers.Confirm, c.Recovery = true, true, h
	})
	return s, h
}

var withReturn = "?return=" + url.QueryEscape(callback)

func TestAForgottenPasswordIsReplacedAndSignsIn(t *testing.T) {
	s, h := helped(t)
	thief := s.browser(t)
	thief.signIn()
	b := s.browser(t)
	b.get("/users/login"+withReturn).wantPage(t, http.StatusOK, `/users/login/reset?return=`+url.QueryEscape(callback), "Forgotten your password?")
	page := b.get("/users/login/reset" + withReturn)
	page.wantPage(t, http.StatusOK, "Set a new password", "Back to signing in")
	page = b.post("/users/login/reset", url.Values{"return": {page.field(t, "return")}, "ask": {"request"}, "username": {"ugo+help@example.com"}})
	page.wantPage(t, http.StatusOK, "a code is on its way", "wait an hour", `autocomplete="one-time-code"`, `autocomplete="new-password"`)
	done := b.post("/users/login/reset", url.Values{
		"return": {page.field(t, "return")}, "ask": {"code"}, "username": {page.field(t, "username")},
		"code": {" 123456"}, "new_password": {password},
	})
	done.wantToken(t, s, "users", callback)
	if got, want := strings.Join(h.calls, "\n"), "request reset ugo+help@example.com 192.0.2.1\nreset ugo+help@example.com  123456 "+password; got != want {
		t.Errorf("the directory was asked\n%s\nwant\n%s", got, want)
	}
	thief.get("/users/login").wantPage(t, http.StatusOK, "Password") // what the old password opened is over
	for _, want := range []string{"reset_requested", "password_reset", "signed_in"} {
		if !strings.Contains(s.log.String(), `"event":"`+want+`"`) {
			t.Errorf("the log lacks %s", want)
		}
	}
	// This directory does not tell whose password it was.
	if !strings.Contains(s.log.String(), "not ended yet") {
		t.Errorf("the log does not warn of sessions that may live on:\n%s", s.log)
	}
	if log := s.log.String(); regexp.MustCompile(`\D123456\D`).MatchString(log) || strings.Contains(log, "ugo+help") {
		t.Errorf("the log shows a code or a login:\n%s", log)
	}
}

func TestAfterANewPasswordASecondFactorIsStillAskedFor(t *testing.T) {
	s, _ := helped(t)
	s.directory.Authenticator = &scripted{first: directory.Outcome{Challenge: &appCode}, respond: rightCode}
	b := s.browser(t)
	fields := url.Values{"return": {callback}, "ask": {"code"}, "username": {"nia@example.com"}, "code": {"123456"}, "new_password": {password}}
	page := b.post("/users/login/reset", fields)
	page.wantPage(t, http.StatusOK, "Enter your code")
	if b.cookie != "" {
		t.Error("a session is opened without it")
	}
	b.send(page, code("123456")).wantToken(t, s, "users", callback)
}

func TestANewPasswordThatDoesNotSignInLeadsToTheForm(t *testing.T) {
	s, _ := helped(t)
	s.directory.Authenticator = answers{err: directory.ErrUnavailable}
	page := s.browser(t).post("/users/login/reset", url.Values{"return": {callback}, "ask": {"code"}, "username": {"nia@example.com"}, "code": {"1"}, "new_password": {password}})
	page.wantPage(t, http.StatusOK, "Your new password is set", "Sign in")
	if page.field(t, "username") != "nia@example.com" || page.field(t, "return") != callback {
		t.Error("the login or the return URL is lost")
	}
}

// Whoever had the old password is out at once, even if the person does not get
// in: because the directory is down, or for want of a second factor at hand.
func TestANewPasswordEndsTheOtherSessionsWhateverBecomesOfSigningIn(t *testing.T) {
	for name, then := range map[string]directory.Authenticator{
		"the directory is down":      answers{err: directory.ErrUnavailable},
		"a second factor is missing": answers{outcome: directory.Outcome{Challenge: &appCode}},
	} {
		s, h := helped(t)
		h.userID = nia.ID
		thief := s.browser(t)
		thief.signInWith(t, nia)
		s.directory.Authenticator = then
		s.browser(t).post("/users/login/reset", url.Values{"return": {callback}, "ask": {"code"}, "username": {"nia@example.com"}, "code": {"1"}, "new_password": {password}})
		if page := thief.get("/users/login"); page.StatusCode != http.StatusOK || !strings.Contains(page.body, "Password") {
			t.Errorf("%s: a session of the old password lives on", name)
		}
	}
}

// Whoever asks learns nothing: not whether there is an account, nor whether a
// code was sent.
func TestAskingForACodeIsAnsweredTheSameForEveryLogin(t *testing.T) {
	for _, path := range []string{"/users/login/reset", "/users/login/confirm"} {
		s, h := helped(t)
		bodies := map[string]string{}
		for name, err := range map[string]error{
			"an account":                       nil,
			"no account":                       &directory.Refusal{Reason: directory.ReasonUnknown},
			"a disabled account":               &directory.Refusal{Reason: directory.ReasonDisabled},
			"an account without a way to send": &directory.Refusal{Reason: directory.ReasonUnspecified, Cause: errors.New("no address")},
		} {
			h.err = err
			page := s.browser(t).post(path, url.Values{"return": {callback}, "ask": {"request"}, "username": {"nia@example.com"}})
			page.wantPage(t, http.StatusOK, "a code is on its way")
			bodies[name] = strings.ReplaceAll(page.body, page.Header.Get("Apigw-Requestid"), "")
		}
		for name, body := range bodies {
			if body != bodies["an account"] {
				t.Errorf("%s: the page for %s is\n%s\nwant\n%s", path, name, body, bodies["an account"])
			}
		}
		for _, want := range []string{`"reason":"unknown_login"`, `"reason":"disabled"`, "no address"} {
			if !strings.Contains(s.log.String(), want) {
				t.Errorf("%s: the log lacks %s", path, want)
			}
		}
	}
}

func TestWhatCanGoWrongWithACode(t *testing.T) {
	for _, row := range []struct {
		name, path, step string
		err              error
		status           int
		code             string
		words            []string
	}{
		{"a wrong code", "/users/login/reset", "code", directory.ErrWrongCode, 401, "DPL-2014", nil},
		{"an account that is not there, if the directory tells", "/users/login/reset", "code", &directory.Refusal{Reason: directory.ReasonUnknown}, 401, "DPL-2014", nil},
		{"a password that is too weak", "/users/login/reset", "code", &directory.UnfitPassword{Policy: "It must have a digit."}, 422, "DPL-2010", []string{"It must have a digit."}},
		{"too many requests", "/users/login/reset", "code", directory.ErrThrottled, 429, "DPL-2007", nil},
		{"too many requests for a code", "/users/login/reset", "request", directory.ErrThrottled, 429, "DPL-2007", nil},
		{"a directory that is down", "/users/login/reset", "request", directory.ErrUnavailable, 503, "DPL-3001", nil},
		{"a directory set up wrongly", "/users/login/reset", "request", directory.ErrMisconfigured, 503, "DPL-3007", nil},
		{"a wrong code for a new account", "/users/login/confirm", "code", directory.ErrWrongCode, 401, "DPL-2014", nil},
		{"too many requests for a new account", "/users/login/confirm", "request", directory.ErrThrottled, 429, "DPL-2007", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, h := helped(t)
			h.err = row.err
			page := s.browser(t).post(row.path, url.Values{
				"return": {callback}, "ask": {row.step}, "username": {"nia@example.com"}, "code": {"123456"}, "new_password": {password},
			})
			page.wantPage(t, row.status, append(row.words, row.code)...)
			wantCode := row.step == "code" || row.path == "/users/login/confirm"
			if page.field(t, "username") != "nia@example.com" || page.field(t, "return") != callback || strings.Contains(page.body, `name="code"`) != wantCode ||
				!strings.Contains(page.body, `action="`+row.path+`"`) {
				t.Errorf("the form does not keep what it had:\n%s", page.body)
			}
			if page.sessionCookie() != nil {
				t.Error("a session is opened")
			}
		})
	}
}

func TestANewAccountIsConfirmed(t *testing.T) {
	s, h := helped(t)
	b := s.browser(t)
	b.post("/users/login", credentials("nobody@example.com", "wrong", callback)).wantPage(t, http.StatusUnauthorized, "Confirm a new account", "/users/login/confirm"+withReturn)
	page := b.get("/users/login/confirm" + withReturn)
	page.wantPage(t, http.StatusOK, "Confirm your account", "Send me a new code")
	page = b.post("/users/login/confirm", url.Values{"return": {callback}, "ask": {"code"}, "username": {"nia@example.com"}, "code": {"123456"}})
	page.wantPage(t, http.StatusOK, "Your account is confirmed", `action="/users/login"`)
	if page.field(t, "username") != "nia@example.com" || page.field(t, "return") != callback {
		t.Error("the login or the return URL is lost")
	}
	if got := strings.Join(h.calls, ","); got != "confirm nia@example.com 123456" {
		t.Errorf("the directory was asked %s", got)
	}
}

// Their browser does not ask for it where the other fields may stay empty.
func TestWhoTypesNoLoginIsAskedForIt(t *testing.T) {
	s, h := helped(t)
	for _, path := range []string{"/users/login/reset", "/users/login/confirm"} {
		s.browser(t).post(path, url.Values{"return": {callback}, "ask": {"request"}, "username": {" "}}).wantPage(t, http.StatusOK, "Type your login first")
	}
	if len(h.calls) > 0 {
		t.Errorf("the directory was asked %q", h.calls)
	}
	other := newSite(t, func(c *web.Config) { c.Offers.Passwordless = true })
	other.browser(t).post("/users/login", url.Values{"username": {""}, "way": {"other"}, "return": {callback}}).wantPage(t, http.StatusOK, "Type your login first")
}

func TestWhatIsNotOfferedIsNotThere(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	b.get("/users/login/reset").wantPage(t, http.StatusNotFound, "DPL-1001")
	b.post("/users/login/reset", url.Values{"username": {"x"}}).wantPage(t, http.StatusNotFound, "DPL-1001")
	b.get("/users/login/confirm").wantPage(t, http.StatusNotFound, "DPL-1001")
	b.get("/users/login/federate").wantPage(t, http.StatusNotFound, "DPL-1001")
	b.get("/users/login/callback").wantPage(t, http.StatusNotFound, "DPL-1001")
	page := b.get("/users/login")
	for _, word := range []string{"Forgotten", "another way", "/federate"} {
		if strings.Contains(page.body, word) {
			t.Errorf("the page offers %s", word)
		}
	}
}

func TestABadReturnURLIsRefusedOnEachPage(t *testing.T) {
	s, _ := helped(t)
	b := s.browser(t)
	for _, path := range []string{"/users/login/reset", "/users/login/confirm"} {
		b.get(path+"?return=//evil.example").wantPage(t, http.StatusBadRequest, "DPL-1003")
		b.get(path+"?return=/a&return=/b").wantPage(t, http.StatusBadRequest, "DPL-1005")
		b.post(path, url.Values{"return": {"//evil.example"}, "username": {"x"}}).wantPage(t, http.StatusBadRequest, "DPL-1003")
	}
	b.post("/users/login/challenge", url.Values{"return": {"//evil.example"}}).wantPage(t, http.StatusBadRequest, "DPL-1003")
}
