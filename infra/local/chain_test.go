package main

import (
	"encoding/base32"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/directory/cognito/cognitotest"
)

// begin goes from the practice Deskpro to the sign-in page.
func (l *local) begin(t *testing.T) (*browser, page) {
	t.Helper()
	b := newBrowser(t, trustingJar{plainJar(t)})
	return b, b.click(b.get(l.helpdesk+"/"), "Log in and write a ticket")
}

// code is the newest that was sent to address.
func (l *local) code(t *testing.T, address string) string {
	t.Helper()
	sent := regexp.MustCompile(`to `+regexp.QuoteMeta(address)+` \([a-z-]+\): code (\d+)`).FindAllStringSubmatch(l.log.String(), -1)
	if sent == nil {
		t.Fatalf("nothing was sent to %s:\n%s", address, l.log)
	}
	return sent[len(sent)-1][1]
}

func appCode(key string) string { return cognitotest.TOTP([]byte(key), time.Now()) }

// arrived fails unless the person is at Deskpro, on the way to where they began.
func arrived(t *testing.T, b *browser, p page, id string) {
	t.Helper()
	p.want(t, http.StatusOK, "<h1>Signed in</h1>")
	if got := p.claims()["id"]; got != id {
		t.Errorf("the claim id is %q, want %q", got, id)
	}
	b.click(p, "Continue to /new-ticket/").want(t, http.StatusOK, "New ticket")
}

func TestEachAccountLeadsToDeskproInItsOwnWay(t *testing.T) {
	l := start(t)
	for _, row := range []struct {
		login, id string
		steps     func(t *testing.T, b *browser, p page) page
	}{
		{"mia@example.com", "u-1003", func(t *testing.T, b *browser, p page) page {
			p = b.submit(p.want(t, http.StatusOK, "authenticator app"), url.Values{"code": {"000000"}})
			return b.submit(p.want(t, http.StatusUnauthorized, "DPL-2008"), url.Values{"code": {appCode(practiceTOTP)}})
		}},
		{"max@example.com", "u-1004", func(t *testing.T, b *browser, p page) page {
			p = b.submit(p.want(t, http.StatusOK, "text message", "authenticator app"), url.Values{"choice": {"SMS_MFA"}})
			return b.submit(p.want(t, http.StatusOK, "0000"), url.Values{"code": {l.code(t, "+442079460000")}})
		}},
		{"eva@example.com", "u-1005", func(t *testing.T, b *browser, p page) page {
			return b.submit(p.want(t, http.StatusOK, "by email"), url.Values{"code": {l.code(t, "eva@example.com")}})
		}},
		{"nia@example.com", "u-1006", func(t *testing.T, b *browser, p page) page {
			p = b.submit(p.want(t, http.StatusOK, "Choose a new password", "Full name"), url.Values{"new_password": {"short"}, "attribute.name": {"Nia Mensah"}})
			return b.submit(p.want(t, http.StatusUnprocessableEntity, "DPL-2010", "long"), url.Values{"new_password": {"Another-Horse 9!"}, "attribute.name": {"Nia Mensah"}})
		}},
		{"pat@example.com", "u-1007", func(t *testing.T, b *browser, p page) page {
			p = b.submit(p.want(t, http.StatusOK, "six by seven"), url.Values{"answer": {"41"}})
			return b.submit(p.want(t, http.StatusOK, "six by seven"), url.Values{"answer": {"42"}})
		}},
		{"rio@example.com", "u-1008", func(t *testing.T, b *browser, p page) page {
			p = b.click(p.want(t, http.StatusUnauthorized, "DPL-2001"), "Forgotten your password?")
			p = b.submit(p.want(t, http.StatusOK, "Send me a code"), url.Values{"username": {"rio@example.com"}})
			p.want(t, http.StatusOK, "a code is on its way")
			return b.send(http.MethodPost, l.ours+"/users/login/reset", url.Values{
				"return": {b.hidden(p, "return")}, "ask": {"code"}, "username": {"rio@example.com"},
				"code": {l.code(t, "rio@example.com")}, "new_password": {"Another-Horse 9!"},
			})
		}},
		{"una@example.com", "u-1009", func(t *testing.T, b *browser, p page) page {
			p = b.click(p.want(t, http.StatusUnauthorized, "DPL-2001"), "Confirm a new account")
			p = b.send(http.MethodPost, l.ours+"/users/login/confirm", url.Values{
				"return": {b.hidden(p, "return")}, "ask": {"code"}, "username": {"una@example.com"}, "code": {l.code(t, "una@example.com")},
			})
			p.want(t, http.StatusOK, "Your account is confirmed")
			return b.signIn(p, "una@example.com", practicePassword)
		}},
	} {
		t.Run(row.login, func(t *testing.T) {
			b, p := l.begin(t)
			arrived(t, b, row.steps(t, b, b.signIn(p, row.login, practicePassword)), row.id)
		})
	}
}

// hidden is the value of the page's first hidden field of that name.
func (b *browser) hidden(p page, name string) string {
	b.t.Helper()
	return b.resolve(p, `<input type="hidden" name="`+name+`" value="([^"]*)">`)
}

func TestTheIdentityProviderLeadsToDeskproAndOutAgain(t *testing.T) {
	l := start(t)
	b, p := l.begin(t)
	p = b.click(p, "Sign in with "+providerName)
	away := p.url.Host
	if away == strings.TrimPrefix(l.ours, "http://") {
		t.Fatalf("it is still at %s", p.url)
	}
	p = b.get(b.choice(p, "ida@example.com"))
	p.want(t, http.StatusOK, "<h1>Signed in</h1>")
	if got := p.claims()["id"]; got != "u-1010" {
		t.Errorf("the claim id is %q", got)
	}
	b.visited = nil
	b.submit(p, url.Values{}).want(t, http.StatusOK, "Nobody is signed in here.")
	if !strings.Contains(strings.Join(b.visited, " "), away+"/logout") {
		t.Errorf("logging out went by %q, not by the identity provider", b.visited)
	}
}

func TestWhoCancelsThereCanGoOn(t *testing.T) {
	l := start(t, "-federation", "direct")
	b, p := l.begin(t) // straight there
	p = b.get(b.choice(p, "Cancel"))
	p.want(t, http.StatusForbidden, "DPL-2016", "Try again")
	p = b.click(p, "Try again")
	b.get(b.choice(p, "ida@example.com")).want(t, http.StatusOK, "<h1>Signed in</h1>")
}

// choice is the address that the practice provider's button with text leads to.
func (b *browser) choice(p page, text string) string {
	b.t.Helper()
	action, err := url.Parse(b.resolve(p, `<form[^>]* action="([^"]*)"`))
	if err != nil {
		b.t.Fatal(err)
	}
	query := url.Values{}
	for _, field := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`).FindAllStringSubmatch(p.main(), -1) {
		query.Set(field[1], field[2])
	}
	button := regexp.MustCompile(`<button[^>]* name="([^"]*)" value="([^"]*)"[^>]*>[^<]*` + regexp.QuoteMeta(text)).FindStringSubmatch(p.body)
	if button == nil {
		b.t.Fatalf("no button %q:\n%s", text, p.body)
	}
	query.Set(button[1], button[2])
	action.RawQuery = query.Encode()
	return action.String()
}

func TestAPoolThatAsksForASecondFactorHasOneSetUp(t *testing.T) {
	l := start(t, "-mfa", "-federation", "off")
	b, p := l.begin(t)
	p = b.signIn(p, "ugo@example.com", practicePassword).want(t, http.StatusOK, "Set up your authenticator app", "<svg")
	key := strings.ReplaceAll(regexp.MustCompile(`class="key" dir="ltr">([A-Z2-7 ]+)<`).FindStringSubmatch(p.body)[1], " ", "")
	p = b.submit(p, url.Values{"code": {"000000"}}).want(t, http.StatusUnauthorized, "DPL-2008", "<svg")
	arrived(t, b, b.submit(p, url.Values{"code": {appCode(decodeKey(t, key))}}), "u-1001")
	b, p = l.begin(t)
	b.signIn(p, "ugo@example.com", practicePassword).want(t, http.StatusOK, "Open your authenticator app")
}

func decodeKey(t *testing.T, key string) string {
	t.Helper()
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestAPoolThatLetsPeopleChoose(t *testing.T) {
	l := start(t, "-flow", "USER_AUTH")
	b, p := l.begin(t)
	p = b.submit(p.want(t, http.StatusOK, "Sign in another way"), url.Values{"username": {"ugo@example.com"}, "password": {""}, "way": {"other"}})
	p = b.submit(p.want(t, http.StatusOK, "A code by email"), url.Values{"choice": {"EMAIL_OTP"}})
	p = b.submit(p.want(t, http.StatusOK, "by email"), url.Values{"code": {l.code(t, "ugo@example.com")}})
	arrived(t, b, p, "u-1001")
	b, p = l.begin(t)
	arrived(t, b, b.signIn(p, "ana@example.com", practicePassword), "u-1002")
}

func TestATableOffersWhatItHas(t *testing.T) {
	l := start(t, "-directory", "dynamodb")
	if all := strings.Join(l.banner, "\n"); !strings.Contains(all, "ugo@example.com") || strings.Contains(all, "eva@example.com") {
		t.Errorf("the banner is\n%s", all)
	}
	b, p := l.begin(t)
	if strings.Contains(p.body, "Forgotten") || strings.Contains(p.body, providerName) {
		t.Errorf("the page offers what a table has not:\n%s", p.body)
	}
	arrived(t, b, b.signIn(p, "ugo@example.com", practicePassword), "u-1001")
	account := b.get(l.ours + "/users/account")
	account.want(t, http.StatusOK, "ugo@example.com", "Change your password", "Set up an app", "This browser")
}
