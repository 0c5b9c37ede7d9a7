package web_test

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"deskpro-login/pkg/state/statetest"
	"deskpro-login/pkg/web"
)

// watched lets check see every answer of the site.
func (s *site) watched(check func(r *http.Request, got *http.Response, body string)) {
	inner := s.gateway
	s.gateway = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorder := httptest.NewRecorder()
		inner.ServeHTTP(recorder, r)
		check(r, recorder.Result(), recorder.Body.String())
		for name, values := range recorder.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(recorder.Code)
		_, _ = w.Write(recorder.Body.Bytes())
	})
}

// withoutScript takes the one script out of a page that has one.
func withoutScript(body string) (rest, script string) {
	match := scriptPattern.FindStringSubmatch(body)
	if match == nil {
		return body, ""
	}
	return strings.Replace(body, match[0], "", 1), match[1]
}

var (
	formPattern   = regexp.MustCompile(`<form[^>]*>`)
	tagPattern    = regexp.MustCompile(`<[A-Za-z][^>]*>`)
	valuePattern  = regexp.MustCompile(`="[^"]*"`)
	activePattern = regexp.MustCompile(`(?i)^<(script|iframe|object|embed|img|base|meta http-equiv="set)|[\s"](on[a-z]+|style|srcdoc|formaction|ping)=`)
	sourcePattern = regexp.MustCompile(`(?i)\s(src|action|poster|data|srcset)="[^"]*//|="\s*javascript:`)
	actionPattern = regexp.MustCompile(`^<form method="(post|get)"( action="/(users|agents)/(login(/(challenge|reset|confirm))?|account)")?( class="languages" aria-label="[^"]*")?>$`)
	scriptPattern = regexp.MustCompile(`(?s)<script>(.*)</script>`)
	foreign       = regexp.MustCompile(`(?i)unsafe|eval|\*|http:|strict-dynamic|report|blob:|wss?:`)
)

func TestEveryAnswerIsUncachedUnframedAndOnlyOurs(t *testing.T) {
	s, _ := everything(t)
	statuses, forms := map[int]int{}, 0
	s.watched(func(r *http.Request, got *http.Response, body string) {
		what := fmt.Sprintf("%s %s: %d", r.Method, r.URL.Path, got.StatusCode)
		statuses[got.StatusCode]++
		h := got.Header
		if values := h.Values("Cache-Control"); !slices.Equal(values, []string{"no-store"}) {
			t.Errorf("%s: Cache-Control is %q", what, values)
		}
		policy := h.Get("Content-Security-Policy")
		if got.StatusCode == http.StatusFound {
			if body != "" || policy != "" || h.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("%s: a redirect has the policy %q, the referrer policy %q and the body %q", what, policy, h.Get("Referrer-Policy"), body)
			}
			return
		}
		if !strings.Contains(policy, "default-src 'none'") || !strings.HasSuffix(policy, "; frame-ancestors 'none'") || h.Get("X-Frame-Options") != "DENY" || foreign.MatchString(policy) {
			t.Errorf("%s: the policy is %q, X-Frame-Options %q", what, policy, h.Get("X-Frame-Options"))
		}
		body, script := withoutScript(body)
		if sum := sha256.Sum256([]byte(script)); !strings.Contains(policy, "; script-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"';") {
			t.Errorf("%s: the policy %q does not allow the page's script, or allows another", what, policy)
		}
		for _, tag := range tagPattern.FindAllString(body, -1) {
			if activePattern.MatchString(valuePattern.ReplaceAllString(tag, `=""`)) || sourcePattern.MatchString(tag) {
				t.Errorf("%s: the page has %s", what, tag)
			}
		}
		for _, form := range formPattern.FindAllString(body, -1) {
			if forms++; !actionPattern.MatchString(form) {
				t.Errorf("%s: a form is sent elsewhere: %s", what, form)
			}
		}
		if h.Get("Access-Control-Allow-Origin")+h.Get("Allow") != "" || h.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: the headers are %v", what, h)
		}
	})
	tour(t, s, input{})
	tour(t, s, input{text: `"><script src=//evil.example></script><form action="https://evil.example"><a onclick='x' style="y" href="javascript:z`})
	for _, status := range []int{200, 302, 400, 401, 403, 404, 413, 415, 422, 429} {
		if statuses[status] == 0 {
			t.Errorf("no answer of the tour has the status %d: %v", status, statuses)
		}
	}
	if forms < 100 {
		t.Errorf("the tour came to %d forms only", forms)
	}
}

// hostile are texts that end a line, a header, a JSON value or a terminal's
// patience.
var hostile = map[string]string{
	"a line end":                  "\r\n{\"level\":\"INFO\",\"message\":\"audit\",\"event\":\"signed_in\"}\r\nSet-Cookie: injected=1\r\n",
	"a line end alone":            "\ninjected: 1",
	"a carriage return":           "\rinjected: 1",
	"a tab and a NUL":             "\t\x00\x01injected",
	"JSON":                        `","event":"signed_in","outcome":"injected","x":{"y":["`,
	"a terminal's commands":       "\x1b[2J\x1b]0;injected\x07\x9b31m",
	"line ends that few think of": "\u2028\u2029\u0085\vinjected\f",
	"what turns text round":       "\u202einjected\u2066",
	"no UTF-8":                    "\xff\xfe\xc3\x28injected\xed\xa0\x80",
	"format verbs and a template": "%s%n%x{{.Password}}${jndi:ldap://injected}",
	"a long one":                  strings.Repeat("injected ", 100),
}

func TestNothingThatAClientChoosesIsInTheLogOrAHeader(t *testing.T) {
	for name, text := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := everything(t)
			text = text[:min(len(text), 800)] // it is in ten headers, which are 10 kB at most
			s.watched(func(r *http.Request, got *http.Response, _ string) {
				for name, values := range got.Header {
					for _, value := range values {
						if strings.ContainsFunc(name+value, func(r rune) bool { return r < ' ' || r > '~' }) || strings.EqualFold(name, "injected") {
							t.Errorf("%s %s: the header %q is %q", r.Method, r.URL.Path, name, value)
						}
					}
				}
				for _, cookie := range got.Cookies() {
					if !strings.HasPrefix(cookie.Name, "__Host-") {
						t.Errorf("%s %s: sets the cookie %q", r.Method, r.URL.Path, cookie.Name)
					}
				}
			})
			tour(t, s, input{text: text})
			s.wantPlainLog(t, 60, "injected")
		})
	}
}

// wantPlainLog holds each line of the log to one JSON object of bounded length,
// whose fields are ours, with none of the needles in it. It tells of so many
// events at least.
func (s *site) wantPlainLog(t *testing.T, least int, needles ...string) {
	t.Helper()
	log := s.log.String()
	events := 0
	for line := range strings.Lines(log) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Errorf("%v in the line %q", err, line)
			continue
		}
		if fields["msg"] == "audit" {
			events++
		}
		most := 1500
		if strings.Contains(line, "panic of type") {
			most = 8000 // a stack
		}
		if len(line) > most {
			t.Errorf("a line is %d bytes long, want %d at most:\n%s", len(line), most, line)
		}
		if strings.Count(line, `"msg":`) != 1 || strings.ContainsFunc(strings.TrimSuffix(line, "\n"), func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' }) {
			t.Errorf("a line can be read in two ways: %q", line)
		}
	}
	if events < least {
		t.Errorf("the log tells of %d events only, want %d", events, least)
	}
	for _, needle := range needles {
		if at := strings.Index(log, needle); at >= 0 {
			t.Errorf("the log shows %q: …%s…", needle, log[max(0, at-300):min(len(log), at+300)])
		}
	}
}

func TestNoSecretIsInALogAnErrorAMetricOrAPanic(t *testing.T) {
	const needle = "s3cretNeedle"
	for _, row := range []struct {
		name string
		set  func(*site)
	}{
		{"all as it should be", func(*site) {}},
		{"a store that fails", func(s *site) { s.store.Set(statetest.Fail) }},
		{"panics everywhere", func(s *site) { s.directory.Authenticator = panics{} }},
	} {
		t.Run(row.name, func(t *testing.T) {
			var set []string // the values of all cookies
			broken := row.name != "all as it should be"
			s, _ := everything(t, func(c *web.Config) {
				if row.name == "panics everywhere" {
					c.Recovery, c.Federation = panics{}, panics{}
				}
			})
			b := s.browser(t)
			if !broken {
				s.watched(func(_ *http.Request, got *http.Response, body string) {
					for _, cookie := range got.Cookies() {
						set = append(set, cookie.Value)
					}
					for _, match := range regexp.MustCompile(`name="step" value="([^"]+)"|jwt=([\w.-]+)|state=([\w.-]+)`).FindAllStringSubmatch(body+got.Header.Get("Location"), -1) {
						set = append(set, cmp.Or(match[1], match[2], match[3]))
					}
				})
				tour(t, s, input{secret: needle})
			} else {
				page := b.post("/users/login", input{}.fields("password", "right"))
				step := filled(t, page, input{secret: needle}.fields("password", needle))
				state := b.leaveIfPossible()
				row.set(s)
				fields := input{secret: needle}.fields("ask", "code")
				for _, path := range []string{"/users/login", "/users/login/reset", "/users/login/confirm"} {
					b.post(path, fields)
					fields.Set("ask", "request")
					b.post(path, fields)
					fields.Set("ask", "code")
				}
				b.post("/users/login/challenge", step)
				b.get("/users/login/federate?prompt=login&return=" + url.QueryEscape("/x?q="+needle))
				b.get("/users/login/callback?code=" + needle + "&state=" + url.QueryEscape(state))
				for _, value := range b.others {
					if len(value) > 20 {
						set = append(set, value)
					}
				}
				set = append(set, page.field(t, "step"))
			}
			secrets := []string{needle, "practice-key", "verifier-needle", "nonce-needle", "eyJ", "jwt=", "nia@example.com", "JBSWY3DP", "aaaa-bbbb", "session-2", callback}
			for _, value := range set {
				if len(value) >= 20 {
					secrets = append(secrets, value)
				}
			}
			if len(secrets) < 12 {
				t.Fatalf("the tour was given %d secrets only", len(secrets))
			}
			least := 60
			if broken {
				least = 7
			}
			s.wantPlainLog(t, least, secrets...)
			log := s.log.String()
			if row.name == "panics everywhere" && strings.Count(log, "panic of type") < 8 {
				t.Errorf("there are %d panics, want one at each place:\n%s", strings.Count(log, "panic of type"), log)
			}
		})
	}
}

// leaveIfPossible is the state of a trip, empty where none can begin.
func (b *browser) leaveIfPossible() string {
	where, err := url.Parse(b.get("/users/login/federate").Header.Get("Location"))
	if err != nil {
		return ""
	}
	return where.Query().Get("state")
}
