package web_test

import (
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/bounce"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/state/memory"
	"deskpro-login/pkg/state/statetest"
	"deskpro-login/pkg/web"
)

// turning is a site whose clock is the test's, and whose users' door has keys.
type turning struct {
	*site
	clock  time.Time
	ledger *bounce.Ledger
	keys   map[string]keyring.Key
}

func newTurning(t *testing.T, window time.Duration) *turning {
	t.Helper()
	s := &turning{clock: time.Now(), keys: map[string]keyring.Key{}}
	now := func() time.Time { return s.clock }
	s.ledger = bounce.NewLedger(new(memory.Store), now)
	s.site = newSite(t, func(cfg *web.Config) {
		cfg.RotationWindow, cfg.Ledger, cfg.Now = window, s.ledger, now
	})
	source := s.site.keys["users"]
	for _, stage := range []keyring.Stage{keyring.Current, keyring.Pending, keyring.Previous} {
		key, err := keyring.ParseKey(redact.New(strings.Repeat("a-key-that-is-"+string(stage), 3)), string(stage)+"-version")
		if err != nil {
			t.Fatal(err)
		}
		s.keys[string(stage)] = key.In(stage)
	}
	source.key = s.keys["current"]
	source.ring = keyring.Keyring{Changed: s.clock.Add(-time.Hour)}
	return s
}

func (s *turning) with(stages ...string) *turning {
	ring := &s.site.keys["users"].ring
	for _, stage := range stages {
		switch stage {
		case "pending":
			ring.Pending = s.keys[stage]
		case "previous":
			ring.Previous = s.keys[stage]
		}
	}
	return s
}

const loginPage = "/users/login?return=" + callback

// signedWith names the key whose token the answer carries; "page" for the page
// that ends a loop.
func (s *turning) signedWith(t *testing.T, a answer) string {
	t.Helper()
	if a.StatusCode != http.StatusFound {
		a.wantPage(t, http.StatusForbidden, "DPL-2021", "The helpdesk did not accept this sign-in", "Try again", "likely causes")
		return "page"
	}
	_, token, _ := strings.Cut(a.Header.Get("Location"), "jwt=")
	for name, key := range s.keys {
		if _, err := s.apps["users"].Verify(token, key, s.clock); err == nil {
			return name
		}
	}
	t.Fatalf("signed with none of the keys: %s", a.Header.Get("Location"))
	return ""
}

// rounds comes back so often, a second after each answer.
func (s *turning) rounds(t *testing.T, b *browser, n int) []string {
	t.Helper()
	var keys []string
	for range n {
		s.clock = s.clock.Add(time.Second)
		keys = append(keys, s.signedWith(t, b.get(loginPage)))
	}
	return keys
}

func TestWhoComesBackRefusedGetsATokenOfAnotherVersionAndInTheEndAPage(t *testing.T) {
	for _, row := range []struct {
		name   string
		stages []string
		window time.Duration
		aged   time.Duration // since the last change
		want   []string      // after the first
	}{
		{"outside a rotation there is no other", nil, 24 * time.Hour, time.Hour, []string{"current", "current", "current", "page"}},
		{"one that waits is tried, and the current one again", []string{"pending"}, 24 * time.Hour, time.Hour, []string{"pending", "current", "pending", "page"}},
		{"so it is long after the last change", []string{"pending"}, 24 * time.Hour, 1000 * time.Hour, []string{"pending", "current", "pending", "page"}},
		{"after a change the previous one is tried", []string{"previous"}, 24 * time.Hour, time.Hour, []string{"previous", "current", "previous", "page"}},
		{"but not long after it", []string{"previous"}, 24 * time.Hour, 25 * time.Hour, []string{"current", "current", "current", "page"}},
		{"all three in their turn", []string{"pending", "previous"}, 24 * time.Hour, time.Hour, []string{"pending", "previous", "current", "page"}},
		{"with the switch off none but the current one", []string{"pending", "previous"}, 0, time.Hour, []string{"current", "current", "current", "page"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newTurning(t, row.window).with(row.stages...)
			s.site.keys["users"].ring.Changed = s.clock.Add(-row.aged)
			b := s.browser(t)
			if got := s.signedWith(t, b.signIn()); got != "current" {
				t.Errorf("the first token is signed with the %s key", got)
			}
			if got := s.rounds(t, b, 4); !slices.Equal(got, row.want) {
				t.Errorf("then %v, want %v", got, row.want)
			}
			if got := s.rounds(t, b, 1); got[0] != "current" {
				t.Errorf("the page's button leads to %v, want a new start", got)
			}
		})
	}
}

func TestAMinuteLaterOrForAnotherPageItIsNoBounce(t *testing.T) {
	s := newTurning(t, 24*time.Hour).with("pending")
	b := s.browser(t)
	b.signIn()
	for range 6 {
		s.clock = s.clock.Add(bounce.Window + time.Second)
		if got := s.signedWith(t, b.get(loginPage)); got != "current" {
			t.Fatalf("a minute later the token is signed with the %s key", got)
		}
	}
	for _, page := range []string{"/a", "/b", "/c", "/d", "/e", "/f", "/g", "/h", "/i", "/j"} {
		s.clock = s.clock.Add(11 * time.Second)
		if got := s.signedWith(t, b.get("/users/login?return="+helpdesk+page)); got != "current" {
			t.Fatalf("for %s the token is signed with the %s key", page, got)
		}
	}
	if strings.Contains(s.log.String(), "bounced") {
		t.Errorf("the log tells of a bounce:\n%s", s.log)
	}
}

// Should Deskpro make another return URL each time, that is a loop, too.
func TestALoopThatNeverLeadsToTheSamePageEndsToo(t *testing.T) {
	s := newTurning(t, 24*time.Hour).with("pending")
	b := s.browser(t)
	b.signIn()
	for i := range 20 {
		s.clock = s.clock.Add(time.Second)
		a := b.get("/users/login?return=" + helpdesk + "/" + strconv.Itoa(i))
		if a.StatusCode != http.StatusForbidden {
			continue
		}
		if got := s.signedWith(t, a); got != "page" || i < 6 || i > 10 {
			t.Errorf("it ends on the %s after %d more", got, i)
		}
		return
	}
	t.Error("it does not end")
}

// Browsers give up after 16 to 20 redirects; a page in between makes them begin
// anew.
func TestAQuickLoopIsLedOnByAPageNowAndThenAndEndsInSeconds(t *testing.T) {
	for _, round := range []time.Duration{20 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond} {
		s := newTurning(t, 24*time.Hour).with("pending")
		b := s.browser(t)
		b.signIn()
		begin, inARow := s.clock, 1
		for {
			s.clock = s.clock.Add(round)
			a := b.get(loginPage)
			if a.StatusCode == http.StatusForbidden {
				break
			}
			inARow++
			if a.StatusCode == http.StatusOK {
				a.wantPage(t, http.StatusOK, "One moment", `<meta http-equiv="refresh" content="0; url=/users/login?return=`+url.QueryEscape(callback)+`">`, "Continue")
				inARow = 0
			}
			if inARow > 5 || s.clock.Sub(begin) > 6*time.Second {
				t.Fatalf("at %v: %d tokens without a page in %v", round, inARow, s.clock.Sub(begin))
			}
		}
	}
}

// Tabs that come at once, but each after the last one's answer, share what the
// browser carries. None of them may see the page, and none may be left with the
// wrong key.
func TestTabsThatSeeEachOthersTokensAllArrive(t *testing.T) {
	for _, accepted := range []string{"current", "pending"} {
		for tabs := range 12 {
			s := newTurning(t, 24*time.Hour).with("pending")
			b := s.browser(t)
			b.signIn()
			s.clock = s.clock.Add(time.Minute)
			// Each round, all that have not arrived ask, one after the other.
			for waiting := tabs + 1; waiting > 0; s.clock = s.clock.Add(100 * time.Millisecond) {
				for range waiting {
					s.clock = s.clock.Add(10 * time.Millisecond)
					a := b.get(loginPage)
					for a.StatusCode == http.StatusOK { // the page that leads on
						a = b.get(loginPage)
					}
					switch got := s.signedWith(t, a); got {
					case "page":
						t.Fatalf("one of %d tabs sees the page while Deskpro has the %s key", tabs+1, accepted)
					case accepted:
						waiting--
					}
				}
			}
		}
	}
}

// Tabs that open at once send their requests before any has an answer.
func TestTabsThatOpenAtOnceAreNoBounce(t *testing.T) {
	s := newTurning(t, 24*time.Hour).with("pending")
	b := s.browser(t)
	b.signIn()
	b.get("/users/login?return=" + helpdesk + "/other")
	s.clock = s.clock.Add(20 * time.Second)
	for range 12 {
		tab := s.browser(t)
		tab.cookie, tab.others = b.cookie, maps.Clone(b.others) // of before
		if got := s.signedWith(t, tab.get("/users/login?return="+helpdesk+"/new-ticket/")); got != "current" {
			t.Fatalf("a tab's token is signed with the %s key", got)
		}
	}
	if strings.Contains(s.log.String(), "bounced") {
		t.Errorf("the log tells of a bounce:\n%s", s.log)
	}
}

func TestABounceIsToldAndCounted(t *testing.T) {
	s := newTurning(t, 24*time.Hour).with("pending")
	b := s.browser(t)
	b.signIn()
	s.rounds(t, b, 1)
	s.clock = s.clock.Add(2 * bounce.Window)
	for version, want := range map[string]bounce.Evidence{"pending-version": {Accepted: 1}, "current-version": {Refused: 1}} {
		got, err := s.ledger.Of(t.Context(), "users", version)
		if got.Latest = (time.Time{}); err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", version, got, err, want)
		}
	}
	for _, want := range []string{
		`"event":"bounced","door":"users","subject":"u-1","outcome":"other_key"`, `"key_version":"current-version","key_stage":"current"`,
		`"event":"token_issued"`, `"key_version":"pending-version","key_stage":"pending"`,
	} {
		if !strings.Contains(s.log.String(), want) {
			t.Errorf("the log does not tell %s:\n%s", want, s.log)
		}
	}
}

func TestTheEndOfALoopIsToldAndCounted(t *testing.T) {
	s := newTurning(t, 24*time.Hour).with("pending")
	b := s.browser(t)
	b.signIn()
	s.rounds(t, b, 4)
	if want := `"outcome":"stopped","code":"DPL-2021"`; strings.Contains(s.log.String(), want) {
		t.Errorf("the event has a code, which no other of its name has:\n%s", s.log)
	}
	if !strings.Contains(s.log.String(), `"outcome":"stopped"`) || !strings.Contains(s.log.String(), `"code":"DPL-2021","reason":"token_not_accepted"`) {
		t.Errorf("the log does not tell of the end:\n%s", s.log)
	}
	for _, version := range []string{"pending-version", "current-version"} {
		if got, err := s.ledger.Of(t.Context(), "users", version); err != nil || got.Refused != 1 || got.Waiting+got.Accepted != 0 {
			t.Errorf("%s: %+v, %v, want it refused", version, got, err)
		}
	}
}

// Trying another version must never cost anyone the sign-in that they would have
// had without.
func TestWhatOnlyHelpsIsNeverInTheWay(t *testing.T) {
	t.Run("the other versions cannot be had", func(t *testing.T) {
		s := newTurning(t, 24*time.Hour).with("pending")
		s.site.keys["users"].ringErr = keyring.ErrUnavailable
		b := s.browser(t)
		b.signIn()
		if got := s.rounds(t, b, 4); !slices.Equal(got, []string{"current", "current", "current", "page"}) {
			t.Errorf("got %v", got)
		}
	})
	t.Run("the counts cannot be kept", func(t *testing.T) {
		s := newTurning(t, 24*time.Hour).with("pending")
		b := s.browser(t)
		b.signIn()
		broken := &statetest.Faulty{Store: new(memory.Store)}
		broken.Set(statetest.Fail)
		*s.ledger = *bounce.NewLedger(broken, nil)
		if got := s.rounds(t, b, 1); got[0] != "pending" {
			t.Errorf("got %v", got)
		}
	})
	t.Run("no key at all is the page that it was", func(t *testing.T) {
		s := newTurning(t, 24*time.Hour)
		b := s.browser(t)
		b.signIn()
		s.site.keys["users"].err = keyring.ErrAbsent
		b.get(loginPage).wantPage(t, http.StatusServiceUnavailable, "DPL-3004")
	})
}

func TestWhoMayNotPassIsNotCounted(t *testing.T) {
	s := newTurning(t, 24*time.Hour).with("pending")
	b := s.browser(t)
	b.signIn() // and is in no group
	for range 6 {
		b.get("/agents/login").wantPage(t, http.StatusForbidden, "DPL-2002")
	}
	if strings.Contains(s.log.String(), "bounced") {
		t.Errorf("the log tells of a bounce:\n%s", s.log)
	}
}

func TestTheTrailIsACookieOfItsOwnThatLoggingOutEnds(t *testing.T) {
	s := newTurning(t, 24*time.Hour)
	b := s.browser(t)
	trail := func(a answer) *http.Cookie {
		for _, c := range a.Cookies() {
			if c.Name == "__Host-trail" {
				return c
			}
		}
		return nil
	}
	c := trail(b.signIn())
	if c == nil || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 60 {
		t.Errorf("the cookie is %v", c)
	}
	if c := trail(b.get("/users/logout")); c == nil || c.MaxAge >= 0 {
		t.Errorf("after logging out the cookie is %v, want it gone", c)
	}
}

// What a browser carries decides about its own tokens alone, and about nothing
// that it could not have.
func TestAForgedTrailGivesNothing(t *testing.T) {
	s := newTurning(t, 24*time.Hour)
	source := s.site.keys["users"]
	source.ring.Previous, source.ring.Changed = s.keys["previous"], s.clock.Add(-25*time.Hour)
	b := s.browser(t)
	b.signIn()
	genuine := b.others["__Host-trail"]
	for _, forged := range []string{
		"", "1", "1.", "1..", genuine + genuine, strings.Repeat(genuine, 50), "1.~~~", "2" + genuine[1:], strings.Replace(genuine, "~1~", "~0~", 1),
		strings.Replace(genuine, "~1~", "~-1~", 1), strings.Replace(genuine, "~1~", "~2~", 1), strings.Replace(genuine, "~1~", "~99~", 1), strings.Replace(genuine, "~1~", "~99999999999999999999~", 1),
		bounce.Trail{}.With("users", callback, s.clock, s.keys["previous"]).String(), "\x00", "<script>",
	} {
		r := httptest.NewRequest("GET", "https://"+domain+loginPage, nil)
		r.Header.Set("Cookie", "__Host-session="+b.cookie+"; __Host-trail="+forged)
		fresh := &browser{t: t, site: s.site, others: map[string]string{}}
		if got := s.signedWith(t, fresh.do(r)); got != "current" && got != "page" {
			t.Errorf("with %q the token is signed with the %s key", forged, got)
		}
	}
	without := &browser{t: t, site: s.site, others: map[string]string{"__Host-trail": genuine}}
	without.get(loginPage).wantPage(t, http.StatusOK, "Sign in")
}

func TestTheKeyringsErrorsStayOutOfThePage(t *testing.T) {
	s := newTurning(t, 24*time.Hour)
	s.site.keys["users"].ringErr = errors.Join(keyring.ErrAbsent, errors.New("arn:aws:secretsmanager:secret"))
	b := s.browser(t)
	b.signIn()
	for range 4 {
		if a := b.get(loginPage); strings.Contains(a.body, "arn:") {
			t.Errorf("the page says %s", a.body)
		}
	}
}

// A token for one door must never open the other, whatever somebody has pasted.
func TestAnotherDoorsKeyNeverSigns(t *testing.T) {
	for _, theirs := range []string{"current", "pending", "previous"} {
		for _, ours := range []string{"pending", "previous"} {
			s := newTurning(t, 24*time.Hour).with("pending", "previous")
			agents := s.site.keys["agents"]
			switch foreign := s.keys[ours]; theirs {
			case "current":
				agents.key = foreign
			case "pending":
				agents.ring.Pending = foreign
			default:
				agents.ring.Previous = foreign
			}
			b := s.browser(t)
			b.signIn()
			if got := s.rounds(t, b, 3); slices.Contains(got, ours) || !slices.Contains(got, "current") {
				t.Errorf("while the agents' %s key is the users' %s one: %v", theirs, ours, got)
			}
			if !strings.Contains(s.log.String(), "another door's") {
				t.Errorf("the log does not tell:\n%s", s.log)
			}
		}
	}
	t.Run("nor one that cannot be told from it", func(t *testing.T) {
		s := newTurning(t, 24*time.Hour).with("pending")
		s.site.keys["agents"].ringErr = keyring.ErrUnavailable
		b := s.browser(t)
		b.signIn()
		if got := s.rounds(t, b, 4); !slices.Equal(got, []string{"current", "current", "current", "page"}) {
			t.Errorf("got %v", got)
		}
	})
}

// As after a change of TOKEN_ALGORITHM together with the secret.
func TestAKeyTooShortForTheAlgorithmIsPassedOver(t *testing.T) {
	s := newTurning(t, 24*time.Hour)
	short, err := keyring.ParseKey(redact.New("a-key-of-forty-characters-for-HS256-only"), "short")
	if err != nil {
		t.Fatal(err)
	}
	app, err := deskpro.New(deskpro.Config{URL: helpdesk, Issuer: "test", Algorithm: "HS512"})
	if err != nil {
		t.Fatal(err)
	}
	ledger := s.ledger
	s.site = newSite(t, func(cfg *web.Config) {
		cfg.RotationWindow, cfg.Ledger, cfg.Now = 24*time.Hour, ledger, func() time.Time { return s.clock }
		for i := range cfg.Doors {
			if cfg.Doors[i].Name == "users" {
				cfg.Doors[i].App = app
			}
		}
	})
	s.apps["users"] = app
	long, err := keyring.ParseKey(redact.New(strings.Repeat("sixty-four", 7)), "long")
	if err != nil {
		t.Fatal(err)
	}
	s.keys["current"] = long
	s.site.keys["users"].key = long
	s.site.keys["users"].ring = keyring.Keyring{Previous: short.In(keyring.Previous), Changed: s.clock}
	b := s.browser(t)
	b.signIn()
	if got := s.rounds(t, b, 4); !slices.Equal(got, []string{"current", "current", "current", "page"}) {
		t.Errorf("got %v", got)
	}
}

// What a browser carries is its own word, and the door does not listen to it.
func TestAForgedTrailMakesNobodyPassOrBeCounted(t *testing.T) {
	s := newTurning(t, 24*time.Hour).with("pending")
	b := s.browser(t)
	b.signIn() // and is in no group
	returnTo := s.apps["agents"].DefaultReturn().String()
	trail := bounce.Trail{}
	for range 5 {
		trail = trail.With("agents", returnTo, s.clock, s.site.keys["agents"].key)
		b.others["__Host-trail"] = trail.String()
		b.get("/agents/login").wantPage(t, http.StatusForbidden, "DPL-2002")
	}
	if strings.Contains(s.log.String(), "bounced") {
		t.Errorf("the log tells of a bounce:\n%s", s.log)
	}
}

// Elsewhere nobody can tell whether Deskpro has looked at the token at all.
func TestOnlyWhereDeskproReadsTokensIsItCounted(t *testing.T) {
	s := newTurning(t, 24*time.Hour).with("pending")
	b := s.browser(t)
	b.signIn()
	for range 3 {
		s.clock = s.clock.Add(time.Second)
		b.get("/users/login?return=" + helpdesk + "/new-ticket/")
	}
	s.clock = s.clock.Add(2 * bounce.Window)
	for version := range map[string]bool{"pending-version": true, "current-version": true} {
		if got, err := s.ledger.Of(t.Context(), "users", version); err != nil || got != (bounce.Evidence{}) {
			t.Errorf("%s: %+v, %v, want nothing", version, got, err)
		}
	}
}

func TestTwoPeopleAreCountedApart(t *testing.T) {
	s := newTurning(t, 24*time.Hour).with("pending")
	for _, login := range []string{"ugo+help@example.com", "ana@example.com"} {
		b := s.browser(t)
		b.post("/users/login", credentials(login, password, callback))
		s.rounds(t, b, 1)
	}
	if got, err := s.ledger.Of(t.Context(), "users", "current-version"); err != nil || got.Refused != 2 {
		t.Errorf("%+v, %v, want two", got, err)
	}
}

func TestAReturnWithNoOtherKeyIsToldAsThat(t *testing.T) {
	s := newTurning(t, 24*time.Hour)
	b := s.browser(t)
	b.signIn()
	s.rounds(t, b, 1)
	if !strings.Contains(s.log.String(), `"event":"bounced","door":"users","subject":"u-1","outcome":"same_key"`) {
		t.Errorf("the log does not tell:\n%s", s.log)
	}
}

// Who types a password is no loop.
func TestSigningInBeginsAnew(t *testing.T) {
	s := newTurning(t, 24*time.Hour).with("pending")
	b := s.browser(t)
	b.signIn()
	s.rounds(t, b, 3)
	if got := s.signedWith(t, b.signIn()); got != "current" {
		t.Errorf("signed with %s", got)
	}
	if got := s.rounds(t, b, 3); !slices.Equal(got, []string{"pending", "current", "pending"}) {
		t.Errorf("then %v", got)
	}
}
