package functions_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/directory/cognito/cognitotest"

	"github.com/aws/aws-lambda-go/events"
)

// visitor is a browser before functions that keep nothing in memory: each
// request meets a new process.
type visitor struct {
	t       *testing.T
	env     []string
	cookies map[string]string
	log     bytes.Buffer
}

func (v *visitor) send(function, route, query string, fields url.Values) events.APIGatewayV2HTTPResponse {
	v.t.Helper()
	process := start(v.t, function, v.env, &v.log)
	answer := invoke(v.t, process, v.event(route, query, fields))
	process.Stop()
	if v.cookies == nil {
		v.cookies = map[string]string{}
	}
	for _, line := range answer.Cookies {
		cookie, err := http.ParseSetCookie(line)
		if err != nil {
			v.t.Fatal(err)
		}
		v.cookies[cookie.Name] = cookie.Value
	}
	return answer
}

// event is a request as a function gets it.
func (v *visitor) event(route, query string, fields url.Values) []byte {
	v.t.Helper()
	method, path, _ := strings.Cut(route, " ")
	event := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: route, RawPath: strings.ReplaceAll(path, "{door}", "users"), RawQueryString: query,
		PathParameters: map[string]string{"door": "users"},
		Headers:        map[string]string{"host": "login.example.com", "user-agent": "visitor", "accept-language": "en"},
	}
	event.RequestContext.DomainName, event.RequestContext.RequestID, event.RequestContext.RouteKey = "login.example.com", "visit", route
	event.RequestContext.HTTP.Method, event.RequestContext.HTTP.SourceIP = method, "192.0.2.10"
	for name, value := range v.cookies {
		event.Cookies = append(event.Cookies, name+"="+value)
	}
	if fields != nil {
		event.Headers["content-type"], event.Headers["origin"], event.Headers["sec-fetch-site"] = "application/x-www-form-urlencoded", "https://login.example.com", "same-origin"
		event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte(fields.Encode())), true
	}
	payload, err := json.Marshal(event)
	if err != nil {
		v.t.Fatal(err)
	}
	return payload
}

// answer submits the step that page asks for.
func (v *visitor) answer(page events.APIGatewayV2HTTPResponse, fields url.Values) events.APIGatewayV2HTTPResponse {
	v.t.Helper()
	return v.send("authenticate", "POST /{door}/login/challenge", "", filled(page, fields))
}

// filled adds what page's form has hidden.
func filled(page events.APIGatewayV2HTTPResponse, fields url.Values) url.Values {
	for _, hidden := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`).FindAllStringSubmatch(page.Body, -1) {
		fields.Set(hidden[1], html.UnescapeString(hidden[2]))
	}
	return fields
}

func (v *visitor) password(login string) events.APIGatewayV2HTTPResponse {
	v.t.Helper()
	return v.send("authenticate", "POST /{door}/login", "", url.Values{
		"username": {login}, "password": {"practice-helpdesk"}, "return": {"/login/authenticate-callback/1?x=1"},
	})
}

func want(t *testing.T, answer events.APIGatewayV2HTTPResponse, status int, says string) {
	t.Helper()
	if shown := render(t, answer); answer.StatusCode != status || !strings.Contains(html.UnescapeString(shown), says) {
		t.Fatalf("want %d and %q:\n%s", status, says, shown)
	}
}

const arrived = "https://acme.deskpro.com/login/authenticate-callback/1?x=1&jwt="

func TestAChainOfStepsOverProcessesThatShareOnlyTheStateTable(t *testing.T) {
	pool, aws, env := cognitoEnvironment(t, cognitotest.User{
		Password: "practice-helpdesk", Email: "nia@example.com", EmailVerified: true, Status: cognitotest.ForceChangePassword,
	}, func(c *cognitotest.Config) { c.MFA, c.RequiredAttributes = "ON", []string{"name"} })
	v := &visitor{t: t, env: env}
	page := v.password("nia@example.com")
	want(t, page, 200, "Choose a new password")
	page = v.answer(page, url.Values{"new_password": {"short"}, "attribute.name": {"Nia Mensah"}})
	want(t, page, 422, "DPL-2010")
	page = v.answer(page, url.Values{"new_password": {"Another-Horse 9!"}, "attribute.name": {"Nia Mensah"}})
	want(t, page, 200, "Set up your authenticator app")
	key := regexp.MustCompile(`class="key" dir="ltr">([A-Z2-7 ]+)<`).FindStringSubmatch(page.Body)
	if key == nil {
		t.Fatalf("there is no key:\n%s", page.Body)
	}
	for stored, item := range aws.Items("state") {
		for _, secret := range []string{strings.ReplaceAll(key[1], " ", ""), "nia@example.com", "Session", "MFA_SETUP"} {
			if raw := decoded(t, item); strings.Contains(raw, secret) {
				t.Errorf("the state table shows %q under %s: %s", secret, stored, raw)
			}
		}
	}
	code := cognitotest.TOTP(pool.TOTPKey(t, "nia@example.com"), time.Now())
	page = v.answer(page, url.Values{"code": {code}})
	want(t, page, 302, arrived)
	want(t, v.send("login", "GET /{door}/login", "return=%2Flogin%2Fauthenticate-callback%2F1%3Fx%3D1", nil), 302, arrived)
	wroteOnly(t, aws, "session#", "devices#", "challenge#", "ended#", "guesses#", "known#")
	for _, secret := range []string{"practice-helpdesk", "Another-Horse", code, clientSecret, "eyJ", "nia@example.com", key[1]} {
		if strings.Contains(v.log.String(), secret) {
			t.Errorf("a log shows %q:\n%s", secret, v.log.String())
		}
	}
	for _, event := range []string{"challenged", "password_changed", "factor_added", "signed_in"} {
		if !strings.Contains(v.log.String(), `"event":"`+event+`"`) {
			t.Errorf("no log tells of %s", event)
		}
	}
}

// wroteOnly holds what is in the state table to what the role of authenticate
// lets it write (template.yaml).
func wroteOnly(t *testing.T, aws *awstest.Server, prefixes ...string) {
	t.Helper()
	seen := map[string]bool{}
	for key := range aws.Items("state") {
		prefix, _, _ := strings.Cut(key, "#")
		seen[prefix+"#"] = true
	}
	if got := slices.Sorted(maps.Keys(seen)); !slices.Equal(got, slices.Sorted(slices.Values(prefixes))) {
		t.Errorf("items are written under %q, want %q", got, prefixes)
	}
}

// decoded is an item of the table with its bytes as they are.
func decoded(t *testing.T, item string) string {
	t.Helper()
	var stored struct{ Value struct{ B []byte } }
	if err := json.Unmarshal([]byte(item), &stored); err != nil {
		t.Fatal(err)
	}
	return string(stored.Value.B)
}

func TestAForgottenPasswordOverProcesses(t *testing.T) {
	pool, _, env := cognitoEnvironment(t, cognitotest.User{
		Password: "practice-helpdesk", Email: "rio@example.com", EmailVerified: true, Name: "Rio", Status: cognitotest.ResetRequired,
	})
	v := &visitor{t: t, env: env}
	want(t, v.password("rio@example.com"), 401, "DPL-2001")
	request := url.Values{"username": {"rio@example.com"}, "ask": {"request"}, "return": {"/login/authenticate-callback/1?x=1"}}
	want(t, v.send("authenticate", "POST /{door}/login/reset", "", request), 200, "a code is on its way")
	code := pool.Message(t, "rio@example.com").Code
	reset := url.Values{"username": {"rio@example.com"}, "ask": {"code"}, "code": {code}, "new_password": {"Another-Horse 9!"}, "return": {"/login/authenticate-callback/1?x=1"}}
	thief := &visitor{t: t, env: env}
	pool.Edit(t, "rio@example.com", func(u *cognitotest.User) { u.Status = cognitotest.Confirmed })
	want(t, thief.password("rio@example.com"), 302, arrived)
	page := v.send("authenticate", "POST /{door}/login/reset", "", reset)
	want(t, page, 302, arrived)
	want(t, v.send("login", "GET /{door}/login", "", nil), 302, "jwt=")
	want(t, thief.send("login", "GET /{door}/login", "", nil), 200, "Password")             // what the old one opened is over
	want(t, v.send("authenticate", "POST /{door}/login/reset", "", reset), 401, "DPL-2014") // once
}

func TestTheIdentityProviderOverProcesses(t *testing.T) {
	pool, aws, env := cognitoEnvironment(t, cognitotest.User{
		Email: "ida@example.com", EmailVerified: true, Name: "Ida Okafor", Provider: "Okta",
	}, func(c *cognitotest.Config) {
		c.CallbackURLs = []string{"https://login.example.com/users/login/callback"}
		c.LogoutURLs = []string{"https://login.example.com/users/logout"}
	})
	env = append(env, "FEDERATION_DOMAIN="+pool.ManagedLoginURL(), "FEDERATION_NAME=Acme ID", "FEDERATION_PROVIDER=Okta", "FEDERATION_MODE=direct", "FEDERATION_LOGOUT=on")
	v := &visitor{t: t, env: env}
	page := v.send("login", "GET /{door}/login", "return=%2Flogin%2Fauthenticate-callback%2F1%3Fx%3D1", nil)
	where, err := url.Parse(page.Headers["Location"])
	if err != nil || page.StatusCode != 302 || where.Path != "/users/login/federate" {
		t.Fatalf("%v\n%s", err, render(t, page))
	}
	page = v.send("authenticate", "GET /{door}/login/federate", where.RawQuery, nil)
	if page.StatusCode != 302 {
		t.Fatal(render(t, page))
	}
	wroteOnly(t, aws, "session#", "federation#")
	back := chooseThere(t, page.Headers["Location"], "ida@example.com")
	pool.RollKeys(t)
	page = v.send("authenticate", "GET /{door}/login/callback", back.RawQuery, nil)
	want(t, page, 302, arrived)
	stranger := &visitor{t: t, env: env}
	want(t, stranger.send("authenticate", "GET /{door}/login/callback", back.RawQuery, nil), 401, "DPL-2017")
	out := v.send("logout", "GET /{door}/logout", "", nil)
	if want := pool.ManagedLoginURL() + "/logout?client_id=" + pool.ClientID() + "&logout_uri=https%3A%2F%2Flogin.example.com%2Fusers%2Flogout"; out.Headers["Location"] != want {
		t.Errorf("logging out leads to %s, want %s", out.Headers["Location"], want)
	}
}

// chooseThere picks an account on managed login's page and returns where that
// sends the browser.
func chooseThere(t *testing.T, address, login string) *url.URL {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for range 3 {
		response, err := client.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if where, err := response.Location(); err == nil {
			return where
		}
		address = submitted(t, response.Request.URL, string(body), login)
	}
	t.Fatal("managed login does not send the browser back")
	return nil
}

// submitted is the address that the form with login's button leads to.
func submitted(t *testing.T, at *url.URL, body, login string) string {
	t.Helper()
	action := regexp.MustCompile(`<form[^>]* action="([^"]*)"`).FindStringSubmatch(body)
	if action == nil {
		t.Fatalf("managed login's page has no form:\n%s", body)
	}
	target, err := at.Parse(html.UnescapeString(action[1]))
	if err != nil {
		t.Fatal(err)
	}
	query := url.Values{}
	for _, hidden := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`).FindAllStringSubmatch(body, -1) {
		query.Set(hidden[1], html.UnescapeString(hidden[2]))
	}
	button := regexp.MustCompile(`<button[^>]* name="([^"]*)" value="([^"]*)"[^>]*>[^<]*` + regexp.QuoteMeta(login)).FindStringSubmatch(body)
	if button == nil {
		t.Fatalf("managed login's page has no button for %s:\n%s", login, body)
	}
	query.Set(button[1], html.UnescapeString(button[2]))
	target.RawQuery = query.Encode()
	return target.String()
}
