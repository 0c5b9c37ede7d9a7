package functions_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/directory/cognito/cognitotest"
)

// withApp is a table in which mia@example.com has an authenticator app.
func withApp(t *testing.T) (*awstest.Server, []string) {
	t.Helper()
	aws, _, env := tableOf(t)
	aws.PutItem("accounts", account("u-1004", "mia@example.com", "Mia Lindqvist", `,"factor":{"M":`+app(t, aws, "u-1004")+`}`))
	return aws, append(env, "GUESSES_FREE=20", "REFUSAL_TIME=0s") // no guess of these waits for another
}

// meeting plays AWS, and lets writes to accounts go on once so many have met.
type meeting struct {
	aws  http.Handler
	wait sync.WaitGroup
	left atomic.Int32
}

func (m *meeting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".UpdateItem") && m.left.Add(-1) >= 0 {
		m.wait.Done()
		m.wait.Wait()
	}
	m.aws.ServeHTTP(w, r)
}

// Who looks over a shoulder has the password and the code, too.
func TestOneCodeOfAnAppIsForOneOfTwoSignInsAtOnce(t *testing.T) {
	aws, env := withApp(t)
	both := &meeting{aws: aws}
	both.wait.Add(2)
	server := httptest.NewServer(both)
	t.Cleanup(server.Close)
	env = append(without(env, "AWS_ENDPOINT_URL"), "AWS_ENDPOINT_URL="+server.URL)
	var pages, answers [2]events.APIGatewayV2HTTPResponse
	var all [2]*visitor
	for i := range all {
		all[i] = &visitor{t: t, env: env}
		pages[i] = all[i].password("mia@example.com")
		want(t, pages[i], 200, "the code that it shows")
	}
	code := cognitotest.TOTP(appKey, time.Now())
	both.left.Store(2)
	var together sync.WaitGroup
	for i := range all {
		together.Go(func() { answers[i] = all[i].answer(pages[i], url.Values{"code": {code}}) })
	}
	together.Wait()
	in := 0
	for i, got := range answers {
		switch {
		case strings.Contains(got.Headers["Location"], "jwt="):
			in++
		case got.StatusCode != 401 || !strings.Contains(got.Body, "DPL-2009") || all[i].cookies["__Host-session"] != "":
			t.Errorf("the one that is too late gets\n%s", render(t, got))
		}
	}
	if in != 1 || both.left.Load() > 0 {
		t.Errorf("%d of 2 sign-ins came in with one code, and %d did not write; want one, while both do", in, both.left.Load())
	}
}

func TestNobodyJumpsFromOneStepToAnother(t *testing.T) {
	aws, env := withApp(t)
	before := stored(t, aws, "mia@example.com")
	for _, row := range []struct {
		name   string
		fields url.Values
	}{
		{"a new password in place of a code", url.Values{"new_password": {another}}},
		{"a new password beside a wrong code", url.Values{"new_password": {another}, "code": {"000000"}}},
		{"a password in place of a code", url.Values{"password": {"practice-helpdesk"}}},
		{"what one came for, said later", url.Values{"want": {"password"}, "new_password": {another}, "password": {"practice-helpdesk"}}},
		{"that the codes are kept", url.Values{"ask": {"keep"}, "choice": {"keep"}}},
		{"nothing", url.Values{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := &visitor{t: t, env: env}
			page := v.signIn("mia@example.com", "practice-helpdesk", "password")
			want(t, page, 200, "the code that it shows")
			want(t, v.answer(page, row.fields), 401, "DPL-2008")
			if v.cookies["__Host-session"] != "" {
				t.Error("a session is opened")
			}
		})
	}
	if after := stored(t, aws, "mia@example.com"); after.Hash != before.Hash || after.Must != before.Must {
		t.Error("the account was changed")
	}
}

func TestNothingIsSetUpWithoutThePassword(t *testing.T) {
	aws, _, env := tableOf(t)
	before := aws.Items("accounts")
	for _, want := range []string{"factor", "password"} {
		v := &visitor{t: t, env: append(env, "USERS_FACTOR=required", "GUESSES_FREE=20", "REFUSAL_TIME=0s")}
		for _, fields := range []url.Values{
			{"username": {"ugo@example.com"}, "want": {want}},
			{"username": {"ugo@example.com"}, "want": {want}, "password": {""}, "way": {"other"}},
			{"username": {"ugo@example.com"}, "want": {want}, "password": {"not it"}, "code": {"000000"}, "new_password": {another}},
		} {
			got := v.send("authenticate", "POST /{door}/login", "", fields)
			if got.StatusCode != 401 || !strings.Contains(got.Body, "DPL-2001") || strings.Contains(got.Body, `name="step"`) || v.cookies["__Host-session"] != "" {
				t.Errorf("who comes for a %s, with %v:\n%s", want, fields, render(t, got))
			}
			got = v.send("authenticate", "POST /{door}/login/challenge", "", fields)
			if got.StatusCode != 401 || !strings.Contains(got.Body, "DPL-2012") {
				t.Errorf("a step that nobody posed, with %v:\n%s", fields, render(t, got))
			}
		}
	}
	if !maps.Equal(aws.Items("accounts"), before) {
		t.Error("an account was changed")
	}
}
