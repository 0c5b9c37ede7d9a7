package main

import (
	"context"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// browser follows redirects by hand and notes where it was.
type browser struct {
	t       *testing.T
	client  *http.Client
	visited []string
}

func newBrowser(t *testing.T, jar http.CookieJar) *browser {
	t.Helper()
	transport := &http.Transport{
		// Browsers know localhost by themselves; this machine may not.
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if port, ok := strings.CutPrefix(address, "localhost:"); ok {
				address = "127.0.0.1:" + port
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &browser{t: t, client: &http.Client{
		Jar: jar, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// plainJar is that of most HTTP libraries: it sends no Secure cookie over http.
func plainJar(t *testing.T) http.CookieJar {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return jar
}

// trustingJar is that of Chromium and Firefox, which take loopback for secure.
type trustingJar struct{ http.CookieJar }

func (j trustingJar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	j.CookieJar.SetCookies(secure(u), cookies)
}

func (j trustingJar) Cookies(u *url.URL) []*http.Cookie { return j.CookieJar.Cookies(secure(u)) }

func secure(u *url.URL) *url.URL {
	copied := *u
	copied.Scheme = "https"
	return &copied
}

// page is what the browser shows in the end.
type page struct {
	status int
	url    *url.URL
	body   string
}

// main is the page without its foot, whose form chooses a language.
func (p page) main() string {
	main, _, _ := strings.Cut(p.body, "<footer>")
	return main
}

// want fails the test unless the page has the status and says all of words.
func (p page) want(t *testing.T, status int, words ...string) page {
	t.Helper()
	if p.status != status {
		t.Fatalf("%s: status = %d, want %d\n%s", p.url.Path, p.status, status, p.body)
	}
	for _, word := range words {
		if !strings.Contains(p.body, word) {
			t.Fatalf("%s does not say %q:\n%s", p.url.Path, word, p.body)
		}
	}
	return p
}

func (b *browser) get(address string) page {
	b.t.Helper()
	return b.send(http.MethodGet, address, nil)
}

func (b *browser) send(method, address string, form url.Values) page {
	b.t.Helper()
	for range 10 {
		b.visited = append(b.visited, address)
		r, err := http.NewRequestWithContext(b.t.Context(), method, address, strings.NewReader(form.Encode()))
		if err != nil {
			b.t.Fatal(err)
		}
		if method == http.MethodPost {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}
		response, err := b.client.Do(r)
		if err != nil {
			b.t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			b.t.Fatal(err)
		}
		location, err := response.Location()
		if err != nil {
			return page{response.StatusCode, r.URL, string(body)}
		}
		method, address, form = http.MethodGet, location.String(), nil
	}
	b.t.Fatalf("more than 10 redirects: %q", b.visited)
	return page{}
}

// click follows the link that has this text.
func (b *browser) click(p page, text string) page {
	b.t.Helper()
	return b.get(b.resolve(p, `<a(?: class="button")? href="([^"]*)">`+regexp.QuoteMeta(text)+`</a>`))
}

// submit sends the page's form with its hidden fields and values.
func (b *browser) submit(p page, values url.Values) page {
	b.t.Helper()
	for _, field := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`).FindAllStringSubmatch(p.main(), -1) {
		values.Set(field[1], html.UnescapeString(field[2]))
	}
	return b.send(http.MethodPost, b.resolve(p, `<form method="post" action="([^"]*)">`), values)
}

// resolve returns the address that pattern finds on the page.
func (b *browser) resolve(p page, pattern string) string {
	b.t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(p.body)
	if found == nil {
		b.t.Fatalf("%s has nothing like %s:\n%s", p.url.Path, pattern, p.body)
	}
	target, err := p.url.Parse(html.UnescapeString(found[1]))
	if err != nil {
		b.t.Fatal(err)
	}
	return target.String()
}

// signIn submits the sign-in page.
func (b *browser) signIn(p page, login, password string) page {
	b.t.Helper()
	p.want(b.t, http.StatusOK, "Password")
	return b.submit(p, url.Values{"username": {login}, "password": {password}})
}

// token returns the one token in the addresses visited.
func (b *browser) token() string {
	b.t.Helper()
	var tokens []string
	for _, address := range b.visited {
		u, err := url.Parse(address)
		if err != nil {
			b.t.Fatal(err)
		}
		tokens = append(tokens, u.Query()["jwt"]...)
	}
	if len(tokens) != 1 {
		b.t.Fatalf("there are %d tokens in %q, want 1", len(tokens), b.visited)
	}
	return tokens[0]
}

// claims are those that the practice Deskpro shows.
func (p page) claims() map[string]string {
	all := map[string]string{}
	for _, row := range regexp.MustCompile(`<th scope="row"><bdi>(.*?)</bdi></th><td><bdi>(.*?)</bdi>`).FindAllStringSubmatch(p.body, -1) {
		all[row[1]] = html.UnescapeString(row[2])
	}
	return all
}
