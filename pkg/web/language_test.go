package web_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/web"
	"deskpro-login/pkg/web/locales"
)

// word is a text of a language, placeholders and all.
func word(t testing.TB, tag, key string) string {
	t.Helper()
	all, err := locales.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return all.Tagged(tag).Text(key)
}

// getIn asks for a page as a browser does that prefers accept.
func (b *browser) getIn(accept, path string) answer {
	b.t.Helper()
	r := httptest.NewRequest("GET", "https://"+domain+path, nil)
	r.Header.Set("Accept-Language", accept)
	return b.do(r)
}

func TestThePageSpeaksTheBrowsersLanguage(t *testing.T) {
	s := newSite(t)
	for accept, want := range map[string]struct{ tag, dir string }{
		"de-AT,de;q=0.9,en;q=0.5": {"de", "ltr"}, "ar": {"ar", "rtl"}, "he-IL": {"he", "rtl"}, "tlh, *;q=0.1": {"en", "ltr"},
	} {
		page := s.browser(t).getIn(accept, "/users/login")
		page.wantPage(t, http.StatusOK, `<html lang="`+want.tag+`" dir="`+want.dir+`">`, "<h1>"+word(t, want.tag, "signin.title")+"</h1>")
		if got := page.Header.Get("Content-Language"); got != want.tag {
			t.Errorf("%s: Content-Language is %q", accept, got)
		}
		s.browser(t).getIn(accept, "/nobody/login").wantPage(t, http.StatusNotFound, "DPL-1002", word(t, want.tag, "DPL-1002.do"))
	}
}

// chooser is the form of a page's languages: where it goes to, and how.
func (a answer) chooser(t testing.TB) (method, action string, fields url.Values) {
	t.Helper()
	form := regexp.MustCompile(`(?s)<form method="(\w+)"(?: action="([^"]*)")? class="languages".*?</form>`).FindStringSubmatch(a.body)
	if form == nil {
		t.Fatalf("there is no choice of languages:\n%s", a.body)
	}
	fields = url.Values{}
	for _, hidden := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`).FindAllStringSubmatch(form[0], -1) {
		fields.Add(hidden[1], html.UnescapeString(hidden[2]))
	}
	return form[1], form[2], fields
}

// choose presses the button of a language on a page that path showed.
func (b *browser) choose(page answer, path, tag string) answer {
	b.t.Helper()
	method, action, fields := page.chooser(b.t)
	if action != "" {
		path = action
	}
	fields.Set("ui_locales", tag)
	if method == "get" {
		return b.get(path + "?" + fields.Encode())
	}
	return b.post(path, fields)
}

func TestAChosenLanguageKeepsTheWayAndIsRemembered(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.Offers.Change = true })
	b := s.browser(t)
	page := b.get("/users/login?want=password&return=" + url.QueryEscape(callback+"?a=1&b=%C3%BC"))
	german := b.choose(page, "/users/login", "de")
	german.wantPage(t, http.StatusOK, word(t, "de", "want.password.title"))
	if got := german.field(t, "return"); got != callback+"?a=1&b=%C3%BC" {
		t.Errorf("the return URL is %q", got)
	}
	if german.field(t, "want") != "password" {
		t.Error("what the person came for is lost")
	}
	cookie := german.Cookies()[0]
	if cookie.Name != "__Host-language" || cookie.Value != "de" || cookie.MaxAge < 300*24*3600 || !cookie.HttpOnly || !cookie.Secure {
		t.Errorf("the cookie is %v", cookie)
	}
	b.getIn("fr", "/agents/login").wantPage(t, http.StatusOK, `lang="de"`)
	b.post("/users/login", credentials("nobody@example.com", "wrong", callback)).wantPage(t, http.StatusUnauthorized, `lang="de"`, word(t, "de", "DPL-2001.said"))
	b.get("/users/login?ui_locales=fr").wantPage(t, http.StatusOK, `lang="fr"`)
	b.get("/users/login?ui_locales=tlh").wantPage(t, http.StatusOK, `lang="fr"`) // a wish that nobody can grant
}

func TestAnotherLanguageAfterAMistakeKeepsTheLoginAndChecksNothing(t *testing.T) {
	s, script := challenged(t, appCode, rightCode)
	s.directory.Authenticator = answers{err: directory.ErrBadCredentials}
	b := s.browser(t)
	page := b.password()
	s.directory.Authenticator = script
	german := b.choose(page, "", "de")
	german.wantPage(t, http.StatusOK, word(t, "de", "signin.title"))
	if german.field(t, "username") != "nia@example.com" || german.field(t, "return") != callback {
		t.Errorf("the form lost something:\n%s", german.body)
	}
	if len(script.asked) != 0 || strings.Count(s.log.String(), `"event":"refused"`) != 1 {
		t.Errorf("a change of language was taken for a guess: %s", s.log)
	}
}

func TestAStepInAnotherLanguageIsStillOpen(t *testing.T) {
	s, script := challenged(t, appCode, rightCode)
	b := s.browser(t)
	page := b.choose(b.password(), "", "ja")
	page.wantPage(t, http.StatusOK, word(t, "ja", "code.title"))
	if len(script.answers) != 0 {
		t.Error("a change of language was taken for an answer")
	}
	wrong := b.send(page, code("000000"))
	wrong.wantPage(t, http.StatusUnauthorized, word(t, "ja", "DPL-2008.said"))
	dutch := b.choose(wrong, "", "nl")
	dutch.wantPage(t, http.StatusOK, word(t, "nl", "DPL-2008.said"), "DPL-2008")
	b.send(dutch, code("123456")).wantToken(t, s, "users", callback)
	b.choose(dutch, "", "pt-BR").wantPage(t, http.StatusUnauthorized, "DPL-2012", word(t, "pt-BR", "DPL-2012.said"))
	if b.choose(page, "", "pt-BR"); len(script.answers) != 2 {
		t.Errorf("%d answers reached the directory, want 2", len(script.answers))
	}
}

func TestAFormOfRecoveryInAnotherLanguageSendsNoCode(t *testing.T) {
	s, h := helped(t)
	b := s.browser(t)
	asked := b.choose(b.get("/users/login/reset?return="+url.QueryEscape(callback)), "/users/login/reset", "es")
	asked.wantPage(t, http.StatusOK, word(t, "es", "reset.request"))
	sent := b.post("/users/login/reset", url.Values{"ask": {"request"}, "username": {"nia@example.com"}, "return": {callback}})
	sent.wantPage(t, http.StatusOK, word(t, "es", "reset.sent"))
	calls := len(h.calls)
	again := b.choose(sent, "", "it")
	again.wantPage(t, http.StatusOK, word(t, "it", "reset.submit"), `name="new_password"`)
	if again.field(t, "username") != "nia@example.com" || again.field(t, "return") != callback {
		t.Errorf("the form lost something:\n%s", again.body)
	}
	confirm := b.post("/users/login/confirm", url.Values{"ask": {"code"}, "username": {"nia@example.com"}, "code": {"1"}, "ui_locales": {"de"}})
	confirm.wantPage(t, http.StatusOK, word(t, "de", "confirm.title"))
	if len(h.calls) != calls {
		t.Errorf("a change of language asked the directory for %q", h.calls[calls:])
	}
}

func TestASiteOfOneLanguageOffersNoChoice(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.Languages = []string{"fr"} })
	page := s.browser(t).getIn("de", "/users/login?ui_locales=de")
	page.wantPage(t, http.StatusOK, `lang="fr"`, word(t, "fr", "signin.title"))
	if strings.Contains(page.body, "ui_locales") {
		t.Errorf("there is a choice:\n%s", page.body)
	}
	if _, err := web.New(web.Config{Languages: []string{"tlh"}}); err == nil {
		t.Error("New takes a language that there is not")
	}
}

func TestTheLanguageIsAParameterLikeAnyOther(t *testing.T) {
	b := newSite(t).browser(t)
	b.get("/users/login?ui_locales=de&ui_locales=fr").wantPage(t, http.StatusBadRequest, "DPL-1005")
	for _, hostile := range []string{"\r\nSet-Cookie: a=b", strings.Repeat("de ", 400), `"><script>`, "de;q=1,\x00"} {
		page := b.get("/users/login?ui_locales=" + url.QueryEscape(hostile))
		page.wantPage(t, http.StatusOK)
		for _, c := range page.Cookies() {
			if c.Name == "a" || c.Name == "__Host-language" && c.Value != "de" {
				t.Errorf("%q sets %v", hostile, c)
			}
		}
	}
	b.others["__Host-language"] = `"><script>alert(1)</script>`
	b.getIn("nl", "/users/login").wantPage(t, http.StatusOK, `lang="nl"`)
}

func TestEveryLanguageHasItsButtonByItsOwnName(t *testing.T) {
	page := newSite(t).browser(t).get("/users/login")
	for _, tag := range locales.Available() {
		if !strings.Contains(page.body, `name="ui_locales" value="`+tag+`" lang="`+tag+`"`) {
			t.Errorf("there is no button for %s", tag)
		}
	}
	if strings.Count(page.body, `aria-current="true"`) != 1 {
		t.Error("not one language is the current one")
	}
}
