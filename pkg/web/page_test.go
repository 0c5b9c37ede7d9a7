package web_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"rsc.io/qr"

	"context"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/state/statetest"
	"deskpro-login/pkg/web"
)

type tellTale struct {
	helper
	clients []directory.Client
}

func (h *tellTale) Reset(_ context.Context, _ string, _, _ redact.Secret, from directory.Client) (string, error) {
	h.clients = append(h.clients, from)
	return "", nil
}

func (h *tellTale) Confirm(_ context.Context, _ string, _ redact.Secret, from directory.Client) error {
	h.clients = append(h.clients, from)
	return nil
}

func TestADirectoryIsToldOfTheBrowserAndOfNothingElse(t *testing.T) {
	h := &tellTale{}
	s, script := challenged(t, appCode, rightCode, func(c *web.Config) { c.Offers.Reset, c.Offers.Confirm, c.Recovery = true, true, h })
	for _, path := range []string{"/users/login", "/users/login/reset", "/users/login/confirm"} {
		r := formRequest(path, url.Values{"username": {"nia@example.com"}, "ask": {"code"}, "password": {"x"}, "return": {callback}})
		r.Header.Set("User-Agent", "Browser/1")
		r.Header.Set("Accept-Language", strings.Repeat("x", 1025))
		r.Header.Set("Sec-Ch-Ua", strings.Repeat("y", 1024))
		r.Header.Set("Authorization", "Basic secret")
		s.browser(t).do(r)
		want := directory.Client{Address: "192.0.2.1", Host: domain, Path: path, Headers: []directory.Header{
			{Name: "User-Agent", Value: "Browser/1"}, {Name: "Accept-Language"}, {Name: "Sec-Ch-Ua", Value: strings.Repeat("y", 1024)},
		}}
		for _, c := range script.asked {
			h.clients = append(h.clients, c.Client)
		}
		script.asked = nil
		if len(h.clients) == 0 {
			t.Fatalf("%s: nobody was told", path)
		}
		for _, got := range h.clients {
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: told of %+v, want %+v", path, got, want)
			}
		}
		h.clients = nil
	}
}

func TestTheDrawnKeyIsTheQRCodeOfItsLink(t *testing.T) {
	s, _ := challenged(t, setup, nil)
	page := s.browser(t).password()
	uri := html.UnescapeString(regexp.MustCompile(`href="(otpauth:[^"]*)"`).FindStringSubmatch(page.body)[1])
	want, err := qr.Encode(uri, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	const quiet = 4
	if size := fmt.Sprintf(`viewBox="0 0 %d %[1]d"`, want.Size+2*quiet); !strings.Contains(page.body, size) {
		t.Errorf("the page lacks %s", size)
	}
	black := map[[2]int]bool{}
	for _, run := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`).FindAllStringSubmatch(page.body, -1) {
		var x, y, width, back int
		fmt.Sscan(strings.Join(run[1:], " "), &x, &y, &width, &back)
		if width != back {
			t.Errorf("%s does not close", run[0])
		}
		for i := range width {
			black[[2]int{x + i, y}] = true
		}
	}
	for y := -quiet; y < want.Size+quiet; y++ {
		for x := -quiet; x < want.Size+quiet; x++ {
			if black[[2]int{x + quiet, y + quiet}] != want.Black(x, y) {
				t.Fatalf("the module at %d, %d is wrong", x, y)
			}
		}
	}
}

func TestLogoutResolvesARelativeReturn(t *testing.T) {
	b := newSite(t).browser(t)
	if got := b.get("/users/logout?return=/bye").Header.Get("Location"); got != helpdesk+"/bye" {
		t.Errorf("Location %q", got)
	}
}

func TestATripThatCannotBeTakenExchangesNoCode(t *testing.T) {
	s, e := federated(t)
	b := s.browser(t)
	state := b.leave()
	s.store.Set(statetest.Fail)
	b.comeBack(state, "&code=right").wantPage(t, http.StatusServiceUnavailable, "DPL-3002")
	if len(e.trips) != 0 {
		t.Error("a code was exchanged")
	}
}

func TestThePageSaysWhereTheCodeIs(t *testing.T) {
	for _, row := range []struct {
		medium            directory.Medium
		destination, want string
	}{
		{directory.MediumApp, "", "Open your authenticator app"},
		{directory.MediumEmail, "n***@e***", "by email to n***@e***."},
		{directory.MediumEmail, "", "a code by email."},
		{directory.MediumSMS, "+***1234", "by text message to +***1234."},
		{directory.MediumSMS, "", "a code by text message."},
	} {
		c := directory.Challenge{Kind: "X", Step: directory.StepCode, Medium: row.medium, Destination: row.destination}
		s, _ := challenged(t, c, rightCode)
		s.browser(t).password().wantPage(t, http.StatusOK, row.want)
	}
}

func TestEachMissingDetailIsAskedForInItsOwnWay(t *testing.T) {
	c := password1
	c.Attributes = []string{"name", "given_name", "family_name", "email", "phone_number", "birthdate", "address", "custom:cost_centre"}
	s, _ := challenged(t, c, nil)
	body := s.browser(t).password().body
	for _, want := range []string{
		`>Full name<`, `name="attribute.name" type="text" autocomplete="name"`, `>Last name<`, `name="attribute.family_name" type="text" autocomplete="family-name"`,
		`name="attribute.email" type="email" autocomplete="email"`, `name="attribute.phone_number" type="tel" autocomplete="tel"`,
		`name="attribute.birthdate" type="date" autocomplete="bday"`, `autocomplete="street-address"`, `>Cost centre<`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s:\n%s", want, body)
		}
	}
}

func TestTheEventsOfOneSignInHaveOneName(t *testing.T) {
	s, _ := challenged(t, appCode, rightCode)
	b := s.browser(t)
	for range 2 {
		b.send(b.send(b.password(), code("000000")), code("123456"))
	}
	count := map[string]int{}
	for _, match := range regexp.MustCompile(`"sign_in":"([A-Z2-7]{26})"`).FindAllStringSubmatch(s.log.String(), -1) {
		count[match[1]]++
	}
	// challenged, refused, signed_in
	for id, n := range count {
		if n != 3 || len(count) != 2 {
			t.Errorf("%s: %d events of %d sign-ins", id, n, len(count))
		}
	}
	if len(count) == 0 {
		t.Error("no event has a name")
	}
}

func TestARefusedCodeForANewPasswordIsAnEvent(t *testing.T) {
	s, h := helped(t)
	h.err = directory.ErrWrongCode
	s.browser(t).post("/users/login/reset", url.Values{"ask": {"code"}, "username": {"nia@example.com"}, "code": {"1"}, "new_password": {"x"}})
	if want := `"event":"recovery_refused"`; !strings.Contains(s.log.String(), want) || strings.Contains(s.log.String(), `"event":"refused"`) {
		t.Errorf("the log lacks %s:\n%s", want, s.log)
	}
}
