package functions_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/directory/cognito/cognitotest"
)

// The account page is another function's than the sign-in: what it shows and ends
// it finds in the state table alone.
func TestOnesOwnAccountOverProcesses(t *testing.T) {
	aws, u, env := tableOf(t)
	desk, phone := &visitor{t: t, env: env}, &visitor{t: t, env: env}
	want(t, desk.send("login", "GET /{door}/account", "", nil), 302, "/users/login?return=https%3A%2F%2Facme.deskpro.com%2Flogin%2Fauthenticate-callback%2F1&want=account")
	want(t, desk.password("ugo@example.com"), 302, arrived)
	want(t, phone.password("ugo@example.com"), 302, arrived)

	page := desk.send("login", "GET /{door}/account", "", nil)
	want(t, page, 200, "Change your password")
	handles := regexp.MustCompile(`name="end" value="([0-9a-f]{16})"`).FindAllStringSubmatch(page.Body, -1)
	if len(handles) != 1 || strings.Count(page.Body, `class="device"`) != 2 {
		t.Fatalf("one other browser can be ended, and two are listed:\n%s", page.Body)
	}
	want(t, desk.send("login", "POST /{door}/account", "", url.Values{"end": {handles[0][1]}}), 302, "/users/account")
	want(t, desk.send("login", "GET /{door}/account", "", nil), 200, "That browser is signed out.")
	want(t, phone.send("login", "GET /{door}/login", "", nil), 200, "Password")
	want(t, desk.send("login", "GET /{door}/login", "", nil), 302, "jwt=")

	want(t, phone.password("ugo@example.com"), 302, arrived)
	want(t, desk.send("login", "POST /{door}/account", "", url.Values{"end": {"others"}}), 302, "/users/account")
	want(t, phone.send("login", "GET /{door}/account", "", nil), 302, "want=account")
	want(t, desk.send("login", "GET /{door}/account", "", nil), 200, "You are signed out everywhere else.")
	want(t, desk.send("login", "POST /{door}/account", "", url.Values{"end": {"0123456789abcdef"}}), 302, "/users/account")
	want(t, desk.send("login", "GET /{door}/account", "", nil), 200, "signed out already")

	// An app is set up, its codes are renewed, and it is turned off again.
	key, codes := desk.enrol(desk.signIn("ugo@example.com", "practice-helpdesk", "factor"))
	want(t, desk.send("login", "GET /{door}/account", "", nil), 200, "Turn it off")
	renew := desk.answer(desk.signIn("ugo@example.com", "practice-helpdesk", "codes"), url.Values{"code": {codes[0]}})
	want(t, renew, 200, "Keep your recovery codes")
	want(t, desk.answer(renew, url.Values{}), 302, ownAccount)
	want(t, desk.send("login", "GET /{door}/account", "", nil), 200, "new recovery codes")
	old := phone.answer(phone.password("ugo@example.com"), url.Values{"code": {codes[1]}})
	want(t, old, 401, "DPL-2008")
	remove := desk.answer(desk.signIn("ugo@example.com", "practice-helpdesk", "no_factor"), url.Values{"code": {cognitotest.TOTP(key, time.Now().Add(30*time.Second))}})
	want(t, remove, 200, "Turn off your authenticator app?")
	want(t, desk.answer(remove, url.Values{}), 302, ownAccount)
	want(t, phone.password("ugo@example.com"), 302, arrived)

	u.withinTheRole(t)
	wroteOnly(t, aws, "session#", "devices#", "challenge#", "ended#", "guesses#", "known#")
	for _, event := range []string{"sessions_ended", "factor_added", "recovery_codes_renewed", "factor_removed"} {
		if !strings.Contains(desk.log.String(), `"event":"`+event+`"`) {
			t.Errorf("the log does not tell of %s", event)
		}
	}
}
