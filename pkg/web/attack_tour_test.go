package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/regulation"
	"deskpro-login/pkg/web"
)

// ladder is a directory that asks for one step after another. What is wrong
// begins with "wrong".
type ladder []directory.Challenge

func (l ladder) Authenticate(_ context.Context, c directory.Credentials) (directory.Outcome, error) {
	if strings.HasPrefix(c.Password.Reveal(), "wrong") {
		return directory.Outcome{}, &directory.Refusal{Reason: directory.ReasonPassword, UserID: nia.ID}
	}
	return directory.Outcome{Challenge: &l[0]}, nil
}

func (l ladder) Respond(_ context.Context, c directory.Challenge, a directory.Answer) (directory.Outcome, error) {
	at := slices.IndexFunc(l, func(step directory.Challenge) bool { return step.Kind == c.Kind })
	switch {
	case c.Step != directory.StepNewPassword && strings.HasPrefix(a.Code.Reveal()+a.Text.Reveal(), "wrong"):
		return directory.Outcome{}, directory.ErrWrongCode
	case c.Step == directory.StepNewPassword && strings.HasPrefix(a.Password.Reveal(), "wrong"):
		return directory.Outcome{}, &directory.UnfitPassword{Policy: "At least 15 characters."}
	case at+1 == len(l):
		return directory.Outcome{User: nia}, nil
	}
	return directory.Outcome{Challenge: &l[at+1]}, nil
}

// allSteps are those that there are pages for.
var allSteps = ladder{
	{Kind: "CHOOSE", Step: directory.StepChoose, Choices: []directory.Choice{{Value: "EMAIL_OTP", Medium: directory.MediumEmail}, {Value: "PASSWORD"}}},
	{Kind: "NEW", Step: directory.StepNewPassword, Attributes: []string{"given_name"}, Policy: "At least 15 characters."},
	setup, keep, recoverable,
	{Kind: "QUESTION", Step: directory.StepQuestion, Question: []directory.Prompt{{Name: "q", Text: "Your first car?"}}},
	{Kind: "TEXT", Step: directory.StepCode, Medium: directory.MediumSMS, Destination: "+*******1234"},
}

// everything is a site that offers all that there is, over allSteps.
func everything(t *testing.T, change ...func(*web.Config)) (*site, *helper) {
	t.Helper()
	h := &helper{}
	s, _ := federated(t, append([]func(*web.Config){func(c *web.Config) {
		c.Offers = web.Offers{Reset: true, Confirm: true, Change: true, Factor: true, Passwordless: true, Federation: "Acme ID"}
		c.Recovery, c.Audit.Namespace = h, "test"
		limits := regulation.Defaults
		limits.Source = 100_000 // the tour comes from one
		var err error
		if c.Regulation, err = regulation.New(regulation.Config{Store: c.Store, Fold: account.NormalizeLogin, Limits: limits, KnownFor: time.Hour}); err != nil {
			t.Fatal(err)
		}
	}}, change...)...)
	s.directory.Authenticator = allSteps
	return s, h
}

// input is what a client chooses, wherever it can. The zero value is what
// browsers send.
type input struct {
	// text is in place of whatever is typed, and in each query and header.
	text string
	// secret is in place of passwords, codes and answers.
	secret string
}

func (i input) fields(more ...string) url.Values {
	fields := url.Values{
		"username": {"nia@example.com" + i.text}, "password": {"wrong" + i.secret}, "return": {callback}, "encoded_data": {i.secret + i.text}, "code": {"wrong" + i.secret},
		"new_password": {"wrong" + i.secret}, "answer": {"wrong" + i.secret}, "choice": {i.text}, "attribute.given_name": {i.text}, "attribute." + i.text: {"x"}, i.text: {i.text},
	}
	for n := 0; n < len(more); n += 2 {
		fields[more[n]] = []string{more[n+1]}
	}
	return fields
}

// tour goes to every route and page of a site of everything's: to each step, by
// a wrong answer and a right one, to what is refused, and round again.
func tour(t *testing.T, s *site, in input) {
	t.Helper()
	q := url.QueryEscape
	b := s.browser(t)
	send := func(r *http.Request) answer {
		for _, name := range []string{
			"User-Agent", "Accept-Language", "Referer", "X-Forwarded-For", "Forwarded", "X-Request-Id", "X-Amzn-Trace-Id", "Sec-Ch-Ua", "Authorization", "Via",
		} {
			r.Header.Set(name, in.text+in.secret)
		}
		b.t = t
		return b.do(r)
	}
	get := func(path string) answer { return send(httptest.NewRequest("GET", "https://"+domain+path, nil)) }
	post := func(path string, fields url.Values) answer { return send(formRequest(path, fields)) }

	// The whole way, with each step wrong first.
	page := post("/users/login", in.fields("password", "right"+in.secret))
	for _, step := range allSteps {
		if page.StatusCode != http.StatusOK || !strings.Contains(page.body, `name="step"`) {
			t.Fatalf("there is no page for %s: %d\n%s", step.Kind, page.StatusCode, page.body)
		}
		if step.Step == directory.StepCode || step.Step == directory.StepNewPassword || step.Step == directory.StepQuestion {
			page = post("/users/login/challenge", filled(t, page, in.fields("password", "")))
		}
		right := in.fields("password", "", "code", "right"+in.secret, "answer", "right"+in.secret, "new_password", "right"+in.secret)
		page = post("/users/login/challenge", filled(t, page, right))
	}
	if page.StatusCode != http.StatusFound {
		t.Fatalf("the way does not end: %d\n%s", page.StatusCode, page.body)
	}
	for range 10 { // as if Deskpro took none of the tokens
		get("/users/login?return=" + q("/x?q="+in.secret))
	}
	get("/users/logout?return=" + q("/x?q="+in.secret))
	for _, door := range []string{"users", "nobody"} {
		for _, page := range []string{"login", "login/reset", "login/confirm", "login/challenge", "login/federate", "login/callback", "logout", "nowhere"} {
			for _, query := range []string{
				"", "?return=" + q("/x?q="+in.secret), "?return=" + q(callback+"/"+in.text), "?return=" + q("https://evil.example/"+in.secret+in.text), "?return=%zz" + q(in.secret),
				"?return=a&return=" + q(in.secret), "?prompt=login&want=password", "?want=factor&over=" + q(in.text), "?over=1&" + q(in.text) + "=" + q(in.secret),
				"?state=" + q(in.secret+"."+in.text) + "&code=" + q(in.secret), "?error=" + q(in.text+in.secret) + "&state=" + q(in.text), "?jwt=" + q(in.secret),
			} {
				get("/" + door + "/" + page + query)
			}
		}
		for _, page := range []string{"login", "login/challenge", "login/reset", "login/confirm", "nowhere"} {
			path := "/" + door + "/" + page
			post(path, in.fields())
			post(path, in.fields("ask", "request"))
			post(path, in.fields("ask", "code"))
			post(path, in.fields("username", ""))
			post(path, in.fields("return", "https://evil.example/"+in.secret+in.text))
			post(path, in.fields("step", in.secret+in.text))
			post(path+"?password="+q(in.secret), in.fields())
			send(httptest.NewRequest("POST", "https://"+domain+path, strings.NewReader("password="+in.secret)))
			elsewhere := formRequest(path, in.fields())
			elsewhere.Header.Set("Sec-Fetch-Site", "cross-site")
			elsewhere.Header.Set("Origin", "https://"+in.secret+".example")
			send(elsewhere)
			large := formRequest(path, in.fields("password", in.secret+strings.Repeat("x", 20_000)))
			send(large)
		}
	}
	for _, method := range []string{"HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND"} {
		send(httptest.NewRequest(method, "https://"+domain+"/users/login?return="+q(in.secret), nil))
	}
	// By way of the identity provider.
	b = s.browser(t)
	b.comeBack(b.leave(), "&code=wrong"+q(in.secret))
	b.comeBack(b.leave(), "&error="+q(in.text))
	b.comeBack(b.leave(), "&code=right")
	get("/users/login/callback?code=right&state=" + q(in.text))
	get("/agents/login")
	get("/users/logout?return=" + q(callback+"?q="+in.secret))
	get("/users/logout")
	// Guesses until there is a wait.
	for n := range 12 {
		post("/users/login", in.fields("username", "victim@example.com", "password", fmt.Sprint("wrong", n, in.secret)))
		post("/users/login/reset", in.fields("username", "victim@example.com", "ask", "request"))
	}
}

// panics is everything behind the pages, with a bug that shows the worst of
// values: what it was given.
type panics struct{}

func (panics) Authenticate(_ context.Context, c directory.Credentials) (directory.Outcome, error) {
	panic(fmt.Errorf("signing in %s with %s", c.Login, c.Password.Reveal()))
}

func (panics) Respond(_ context.Context, c directory.Challenge, a directory.Answer) (directory.Outcome, error) {
	panic([]string{a.Code.Reveal(), a.Text.Reveal(), a.Password.Reveal(), string(c.State)})
}

func (panics) RequestReset(_ context.Context, login string, _ directory.Client) error { panic(login) }

func (panics) Reset(_ context.Context, login string, code, password redact.Secret, _ directory.Client) (string, error) {
	panic(struct{ Login, Code, Password string }{login, code.Reveal(), password.Reveal()})
}

func (panics) RequestConfirmation(_ context.Context, login string, _ directory.Client) error {
	panic(login)
}

func (panics) Confirm(_ context.Context, login string, code redact.Secret, _ directory.Client) error {
	panic(errors2{login, code.Reveal()})
}

func (panics) Begin(start directory.FederationStart) (string, directory.FederationTrip) {
	if start.Prompt {
		panic(start.State)
	}
	return "https://acme.auth.example/authorize?state=" + url.QueryEscape(start.State), directory.FederationTrip{Verifier: "verifier-needle"}
}

func (panics) Finish(_ context.Context, code redact.Secret, trip directory.FederationTrip) (*directory.User, error) {
	panic(code.Reveal() + trip.Verifier)
}

// errors2 is an error that quotes two things.
type errors2 [2]string

func (e errors2) Error() string { return strings.Join(e[:], " ") }
