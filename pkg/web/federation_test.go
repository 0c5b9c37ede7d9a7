package web_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/state/statetest"
	"deskpro-login/pkg/web"
)

// elsewhere is a directory.Federation that lets in with the code "right".
type elsewhere struct {
	starts []directory.FederationStart
	trips  []directory.FederationTrip
	err    error
}

func (e *elsewhere) Begin(start directory.FederationStart) (string, directory.FederationTrip) {
	e.starts = append(e.starts, start)
	return "https://acme.auth.example/authorize?state=" + url.QueryEscape(start.State), directory.FederationTrip{Callback: start.Callback, Nonce: "nonce-needle", Verifier: "verifier-needle"}
}

func (e *elsewhere) Finish(_ context.Context, code redact.Secret, trip directory.FederationTrip) (*directory.User, error) {
	e.trips = append(e.trips, trip)
	if code.Reveal() != "right" {
		return nil, directory.ErrFederation
	}
	return nia, e.err
}

func federated(t *testing.T, change ...func(*web.Config)) (*site, *elsewhere) {
	t.Helper()
	e := &elsewhere{}
	s := newSite(t, append([]func(*web.Config){func(c *web.Config) {
		c.Offers.Federation, c.Federation = "Acme ID", e
		c.FederationLogout = "https://acme.auth.example/logout?client_id=c"
	}}, change...)...)
	return s, e
}

// leave goes to the identity provider and returns the state that it is given.
func (b *browser) leave() string {
	b.t.Helper()
	page := b.get("/users/login/federate" + withReturn)
	where, err := url.Parse(page.Header.Get("Location"))
	if err != nil || page.StatusCode != http.StatusFound || where.Host != "acme.auth.example" {
		b.t.Fatalf("%d %s %v\n%s", page.StatusCode, page.Header.Get("Location"), err, page.body)
	}
	return where.Query().Get("state")
}

func (b *browser) comeBack(state, more string) answer {
	b.t.Helper()
	return b.get("/users/login/callback?state=" + url.QueryEscape(state) + more)
}

func TestTheIdentityProviderSignsIn(t *testing.T) {
	s, e := federated(t)
	b := s.browser(t)
	b.get("/users/login"+withReturn).wantPage(t, http.StatusOK, "Sign in with Acme ID", "/users/login/federate"+withReturn)
	state := b.leave()
	if got := e.starts[0].Callback; got != "https://"+domain+"/users/login/callback" {
		t.Errorf("the callback is %s", got)
	}
	b.comeBack(state, "&code=right").wantToken(t, s, "users", callback)
	if b.cookie == "" {
		t.Error("no session is opened")
	}
	if e.trips[0].Verifier != "verifier-needle" || e.trips[0].Nonce != "nonce-needle" {
		t.Errorf("the trip is not the one that began: %+v", e.trips[0])
	}
	if want := `"event":"signed_in","door":"users","subject":"u-9","outcome":"signed_in","reason":"federated"`; !strings.Contains(s.log.String(), want) {
		t.Errorf("the log lacks %s:\n%s", want, s.log)
	}
	for name := range b.others {
		if strings.HasPrefix(name, "__Host-trip-") {
			t.Errorf("the cookie %s is left", name)
		}
	}
}

func TestTheTripsCookieIsTheBrowsersOwn(t *testing.T) {
	s, _ := federated(t)
	page := s.browser(t).get("/users/login/federate" + withReturn)
	cookies := page.Cookies()
	if len(cookies) != 1 || !strings.HasPrefix(cookies[0].Name, "__Host-trip-") || !cookies[0].HttpOnly || !cookies[0].Secure ||
		cookies[0].SameSite != http.SameSiteLaxMode || cookies[0].MaxAge != 900 || strings.Contains(page.Header.Get("Location"), cookies[0].Value) {
		t.Errorf("cookies = %v, the address %s", cookies, page.Header.Get("Location"))
	}
}

// A callback belongs to the browser that began, once: otherwise whoever sends
// their own callback to somebody else signs them in to an account not theirs.
func TestACallbackOfAnotherBrowserOrOfBeforeIsRefused(t *testing.T) {
	for _, row := range []struct {
		name string
		come func(t *testing.T, s *site, b *browser, state string) answer
	}{
		{"in another browser", func(t *testing.T, s *site, _ *browser, state string) answer {
			return s.browser(t).comeBack(state, "&code=right")
		}},
		{"in another browser that is under way, too", func(t *testing.T, s *site, _ *browser, state string) answer {
			other := s.browser(t)
			other.leave()
			return other.comeBack(state, "&code=right")
		}},
		{"with the cookie of another trip", func(t *testing.T, s *site, b *browser, state string) answer {
			theirs := s.browser(t)
			theirs.leave()
			for name := range b.others {
				for theirName, value := range theirs.others {
					if strings.HasPrefix(name, "__Host-trip-") && strings.HasPrefix(theirName, "__Host-trip-") {
						b.others[name] = value
					}
				}
			}
			return b.comeBack(state, "&code=right")
		}},
		{"with a state that was never given", func(_ *testing.T, _ *site, b *browser, _ string) answer {
			return b.comeBack("forged."+base64.RawURLEncoding.EncodeToString([]byte(callback)), "&code=right")
		}},
		{"with the return URL of its state changed", func(_ *testing.T, _ *site, b *browser, state string) answer {
			random, _, _ := strings.Cut(state, ".")
			return b.comeBack(random+"."+base64.RawURLEncoding.EncodeToString([]byte(helpdesk+"/other")), "&code=right")
		}},
		{"without a state", func(_ *testing.T, _ *site, b *browser, _ string) answer { return b.comeBack("", "&code=right") }},
		{"at the other door", func(_ *testing.T, _ *site, b *browser, state string) answer {
			return b.get("/agents/login/callback?code=right&state=" + url.QueryEscape(state))
		}},
		{"a second time", func(_ *testing.T, _ *site, b *browser, state string) answer {
			kept := map[string]string{}
			for name, value := range b.others {
				kept[name] = value
			}
			b.comeBack(state, "&code=wrong")
			b.others = kept
			return b.comeBack(state, "&code=right")
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, e := federated(t)
			b := s.browser(t)
			state := b.leave()
			got := row.come(t, s, b, state)
			got.wantPage(t, http.StatusUnauthorized, "DPL-2017", "Try again")
			if got.sessionCookie() != nil {
				t.Error("a session is opened")
			}
			for _, trip := range e.trips[min(1, len(e.trips)):] {
				t.Errorf("a code was exchanged for the trip %+v", trip)
			}
		})
	}
}

func TestWhatComesBackInsteadOfACode(t *testing.T) {
	for _, row := range []struct {
		name, more string
		err        error
		status     int
		code       string
	}{
		{"a refusal", "&error=access_denied&error_description=%3Cb%3Eno", nil, 403, "DPL-2016"},
		{"a refusal in odd words", "&error=%3Cb%3Eneedle", nil, 403, "DPL-2016"},
		{"a refusal beside a code", "&error=access_denied&code=right", nil, 403, "DPL-2016"},
		{"nothing", "", nil, 403, "DPL-2016"},
		{"a code that is not taken", "&code=wrong", nil, 401, "DPL-2017"},
		{"a code twice", "&code=right&code=right", nil, 400, "DPL-1005"},
		{"an unverified address", "&code=right", directory.ErrUnverifiedEmail, 403, "DPL-2003"},
		{"an incomplete account", "&code=right", directory.ErrIncomplete, 403, "DPL-2004"},
		{"a provider that is down", "&code=right", directory.ErrUnavailable, 503, "DPL-3001"},
		{"a client set up wrongly", "&code=right", directory.ErrMisconfigured, 503, "DPL-3007"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, e := federated(t)
			e.err = row.err
			b := s.browser(t)
			page := b.comeBack(b.leave(), row.more)
			page.wantPage(t, row.status, row.code)
			if strings.Contains(page.body, "<b>no") || page.sessionCookie() != nil {
				t.Errorf("the page quotes the provider, or a session is opened:\n%s", page.body)
			}
			if row.status != 400 && !strings.Contains(page.body, url.QueryEscape(callback)) {
				t.Errorf("the return URL is lost:\n%s", page.body)
			}
			if log := s.log.String(); strings.Contains(log, "needle") || strings.Contains(log, "code=") || strings.Contains(log, "<b>") {
				t.Errorf("the log shows what it must not:\n%s", log)
			}
		})
	}
}

func TestTheReturnURLSurvivesACallbackThatIsTooLate(t *testing.T) {
	s, _ := federated(t)
	state := s.browser(t).leave()
	s.browser(t).comeBack(state, "&code=right").wantPage(t, http.StatusUnauthorized, url.QueryEscape(callback))
	// A forged one is parsed as any other.
	forged := "x." + base64.RawURLEncoding.EncodeToString([]byte("https://evil.example/"))
	page := s.browser(t).comeBack(forged, "&code=right")
	page.wantPage(t, http.StatusUnauthorized, "DPL-2017")
	if strings.Contains(page.body, "evil.example") {
		t.Errorf("the page leads to a forged address:\n%s", page.body)
	}
}

// Cognito wraps the state once more for the next provider's address.
func TestALongReturnURLIsKeptButNotInTheState(t *testing.T) {
	s, _ := federated(t)
	b := s.browser(t)
	long := callback + "?q=" + strings.Repeat("x", 2000)
	page := b.get("/users/login/federate?return=" + url.QueryEscape(long))
	where, _ := url.Parse(page.Header.Get("Location"))
	state := where.Query().Get("state")
	if len(state) > 800 {
		t.Errorf("the state has %d characters", len(state))
	}
	b.comeBack(state, "&code=right").wantToken(t, s, "users", long)
}

func TestTheGroupIsAskedForAtTheAgentsDoor(t *testing.T) {
	s, _ := federated(t)
	b := s.browser(t)
	page := b.get("/agents/login/federate?return=/agent/x")
	where, _ := url.Parse(page.Header.Get("Location"))
	got := b.get("/agents/login/callback?code=right&state=" + url.QueryEscape(where.Query().Get("state")))
	got.wantPage(t, http.StatusForbidden, "DPL-2002")
	if got.sessionCookie() != nil {
		t.Error("a session is opened")
	}
}

func TestSeveralTabsGoAndComeBackAtOnce(t *testing.T) {
	s, _ := federated(t)
	b := s.browser(t)
	first, second := b.leave(), b.leave()
	b.comeBack(second, "&code=right").wantToken(t, s, "users", callback)
	b.comeBack(first, "&code=right").wantToken(t, s, "users", callback)
}

func TestPeopleCanBeSentStraightThere(t *testing.T) {
	s, e := federated(t, func(c *web.Config) { c.Offers.Direct = true })
	b := s.browser(t)
	page := b.get("/users/login" + withReturn)
	if want := "/users/login/federate" + withReturn; page.StatusCode != http.StatusFound || page.Header.Get("Location") != want {
		t.Fatalf("%d %s, want %s", page.StatusCode, page.Header.Get("Location"), want)
	}
	b.comeBack(b.leave(), "&error=access_denied").wantPage(t, http.StatusForbidden, "Try again") // and no loop
	// Who wants another account gets the page, and is asked there, too.
	b.get("/users/login?prompt=login").wantPage(t, http.StatusOK, "/users/login/federate?prompt=login")
	b.get("/users/login/federate?prompt=login")
	if !e.starts[len(e.starts)-1].Prompt || e.starts[0].Prompt {
		t.Error("the provider is not asked to ask, or always")
	}
	b.comeBack(b.leave(), "&code=right").wantToken(t, s, "users", callback)
	b.get("/users/login"+withReturn).wantToken(t, s, "users", callback)
}

func TestLoggingOutEndsTheProvidersSessionToo(t *testing.T) {
	s, _ := federated(t)
	b := s.browser(t)
	b.comeBack(b.leave(), "&code=right")
	page := b.get("/users/logout?return=" + url.QueryEscape(helpdesk+"/bye"))
	want := "https://acme.auth.example/logout?client_id=c&logout_uri=" + url.QueryEscape("https://"+domain+"/users/logout")
	if page.StatusCode != http.StatusFound || page.Header.Get("Location") != want {
		t.Fatalf("%d %s, want %s", page.StatusCode, page.Header.Get("Location"), want)
	}
	back := b.get("/users/logout")
	if got := back.Header.Get("Location"); got != helpdesk+"/bye" {
		t.Errorf("it ends at %q, want where it wanted to go", got)
	}
	b.get("/users/logout").wantPage(t, http.StatusOK, "signed out") // once

	t.Run("a forged way on is refused", func(t *testing.T) {
		b.others["__Host-after-logout-users"] = base64.RawURLEncoding.EncodeToString([]byte("https://evil.example/"))
		b.get("/users/logout").wantPage(t, http.StatusBadRequest, "DPL-1003")
	})
	t.Run("even when ours has ended by itself", func(t *testing.T) {
		b := s.browser(t)
		b.comeBack(b.leave(), "&code=right")
		b.cookie = ""
		if got := b.get("/users/logout").Header.Get("Location"); got != want {
			t.Errorf("logging out leads to %q, want %s", got, want)
		}
	})
	t.Run("or became another, by a password", func(t *testing.T) {
		b := s.browser(t)
		b.comeBack(b.leave(), "&code=right")
		b.signIn()
		if got := b.get("/users/logout").Header.Get("Location"); got != want {
			t.Errorf("logging out leads to %q, want %s", got, want)
		}
	})
	t.Run("a return URL of any length", func(t *testing.T) {
		b := s.browser(t)
		b.comeBack(b.leave(), "&code=right")
		for _, c := range b.get("/users/logout?return=" + url.QueryEscape("/x?"+strings.Repeat("y", 3000))).Cookies() {
			if len(c.String()) > 4096 {
				t.Errorf("the cookie %s has %d bytes", c.Name, len(c.String()))
			}
		}
	})
	t.Run("who signed in with a password has none there", func(t *testing.T) {
		b := s.browser(t)
		b.signIn()
		b.get("/users/logout").wantPage(t, http.StatusOK, "signed out")
	})
	t.Run("unless that is off", func(t *testing.T) {
		s, _ := federated(t, func(c *web.Config) { c.FederationLogout = "" })
		b := s.browser(t)
		b.comeBack(b.leave(), "&code=right")
		b.get("/users/logout").wantPage(t, http.StatusOK, "signed out")
	})
}

// A page elsewhere may send the browser there again and again: its requests
// must not fill with cookies.
func TestTooManyTripsEndTheOldOnes(t *testing.T) {
	s, _ := federated(t)
	b := s.browser(t)
	var last string
	for range 40 {
		last = b.leave()
		if len(b.others) > 10 {
			t.Fatalf("the browser has %d cookies", len(b.others))
		}
	}
	b.comeBack(last, "&code=right").wantToken(t, s, "users", callback)
}

func TestGoingBackAfterArrivingLeadsOn(t *testing.T) {
	s, e := federated(t)
	b := s.browser(t)
	state := b.leave()
	b.comeBack(state, "&code=right").wantToken(t, s, "users", callback)
	b.comeBack(state, "&code=right").wantToken(t, s, "users", callback)
	if len(e.trips) != 1 {
		t.Errorf("%d codes were exchanged, want 1", len(e.trips))
	}
}

func TestATripSurvivesAStoreThatIsDown(t *testing.T) {
	s, _ := federated(t)
	b := s.browser(t)
	state := b.leave()
	s.store.Set(statetest.Fail)
	b.comeBack(state, "&code=right").wantPage(t, http.StatusServiceUnavailable, "DPL-3002")
	s.store.Set(statetest.Work)
	b.comeBack(state, "&code=right").wantToken(t, s, "users", callback)
}

func TestAStoreThatIsDownBeginsNoTrip(t *testing.T) {
	s, _ := federated(t)
	s.store.Set(statetest.Fail)
	s.browser(t).get("/users/login/federate"+withReturn).wantPage(t, http.StatusServiceUnavailable, "DPL-3002", url.QueryEscape(callback))
}
