package functions_test

import (
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"time"
)

const (
	// tooManyRedirects is where the strictest browser gives up.
	tooManyRedirects = 16
	// tooManyPages is where a person does.
	tooManyPages = 5
	// errRedirects is what the browser shows then.
	errRedirects = "too many redirects"
)

// dancer is a person and their browser. Its tabs share the cookies.
type dancer struct {
	floor *dancefloor
	name  string
	jar   *cookiejar.Jar
	rests time.Time    // since when
	reads func(figure) // what happens while they read the page; nil: nothing
}

func (d *dancefloor) dancer(name string) *dancer {
	jar, err := cookiejar.New(nil)
	if err != nil {
		d.t.Error(err)
	}
	return &dancer{floor: d, name: name, jar: jar}
}

// figure is one login in one tab, to its end.
type figure struct {
	tokens, pages int
	// redirects are the most in a row.
	redirects int
	forms     int
	signers   []*danceVersion
	failure   string // empty: signed in
	// began and ended are when the browser left for the first page and had the
	// last.
	began, ended time.Time
}

var (
	danceOn     = regexp.MustCompile(`<meta http-equiv="refresh" content="0; url=([^"]*)">`)
	danceField  = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)
	danceButton = regexp.MustCompile(`<a class="button" href="([^"]*)">Try again</a>`)
)

// leave ends Deskpro's sessions in the browser, not ours.
func (b *dancer) leave() {
	for door, home := range danceHomes {
		b.jar.SetCookies(&url.URL{Scheme: "https", Host: danceHelpdesk, Path: home}, []*http.Cookie{{Name: "practice_" + door, Path: home, MaxAge: -1}})
	}
}

// login opens a page of Deskpro's in a tab and does what a person would, until
// Deskpro shows who is signed in.
func (b *dancer) login(start string) figure {
	return b.navigate("https://" + danceHelpdesk + start)
}

// visit is a login that Deskpro has sent to us already.
func (b *dancer) visit(door, returnTo string) figure {
	return b.navigate("https://" + danceLogin + "/" + door + "/login?return=" + url.QueryEscape(returnTo))
}

func (b *dancer) navigate(address string) (f figure) {
	f.began = time.Now()
	defer func() { f.ended = time.Now() }()
	method, form := http.MethodGet, url.Values(nil)
	redirects := 0
	for f.failure == "" {
		answer, body := b.request(method, address, form)
		method, form = http.MethodGet, nil
		at := answer.Request.URL
		switch {
		case answer.StatusCode == http.StatusFound || answer.StatusCode == http.StatusSeeOther:
			target, err := at.Parse(answer.Header.Get("Location"))
			if err != nil {
				f.failure = err.Error()
				break
			}
			if token := target.Query().Get("jwt"); token != "" {
				f.tokens++
				f.signers = append(f.signers, b.floor.signer(token))
			}
			redirects++
			f.redirects = max(f.redirects, redirects)
			if redirects > tooManyRedirects {
				f.failure = errRedirects
			}
			address = target.String()
		case answer.StatusCode == http.StatusOK && at.Host == danceHelpdesk && strings.Contains(body, "Signed in as"):
			return f
		case answer.StatusCode == http.StatusOK && at.Host == danceLogin && danceOn.MatchString(body):
			target, err := at.Parse(html.UnescapeString(danceOn.FindStringSubmatch(body)[1]))
			if err != nil {
				f.failure = err.Error()
				break
			}
			address, redirects = target.String(), 0
		case answer.StatusCode == http.StatusOK && at.Host == danceLogin && strings.Contains(body, `name="password"`) && f.forms == 0:
			f.forms++
			form = url.Values{"username": {b.name}, "password": {"any"}}
			for _, field := range danceField.FindAllStringSubmatch(body, -1) {
				form.Set(html.UnescapeString(field[1]), html.UnescapeString(field[2]))
			}
			method, address, redirects = http.MethodPost, "https://"+danceLogin+at.Path, 0
		case strings.Contains(body, "DPL-2021") && f.pages < tooManyPages:
			f.pages++
			button := danceButton.FindStringSubmatch(body)
			if button == nil {
				f.failure = "the page has no button"
				break
			}
			if b.reads != nil {
				b.reads(f)
			}
			time.Sleep(3 * time.Second) // to read it
			target, err := at.Parse(html.UnescapeString(button[1]))
			if err != nil {
				f.failure = err.Error()
				break
			}
			address, redirects = target.String(), 0
		default:
			f.failure = fmt.Sprintf("status %d at %s%s after %d tokens and %d pages", answer.StatusCode, at.Host, at.Path, f.tokens, f.pages)
		}
	}
	return f
}

// request takes a while each way. Its cookies are those of when it leaves.
func (b *dancer) request(method, address string, form url.Values) (*http.Response, string) {
	r, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.floor.t.Error(err)
		return &http.Response{Request: &http.Request{URL: &url.URL{}}}, ""
	}
	r.RemoteAddr = "192.0.2.1:1234"
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "https://"+danceLogin)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, cookie := range b.jar.Cookies(r.URL) {
		r.AddCookie(cookie)
	}
	network()
	w := httptest.NewRecorder()
	b.floor.ServeHTTP(w, r)
	network()
	answer := w.Result()
	answer.Request = r
	b.jar.SetCookies(r.URL, answer.Cookies())
	return answer, w.Body.String()
}

// network is a way: of few lengths, so that many people arrive at once.
func network() { time.Sleep(time.Duration(1+rand.IntN(3)) * 50 * time.Millisecond) }
