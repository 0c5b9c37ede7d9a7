package pwned_test

import (
	"compress/gzip"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"deskpro-login/pkg/password/pwned"
	"deskpro-login/pkg/redact"
)

const typed = "correct horse battery staple"

// halves are the digits of a password's hash that may leave, and the others.
func halves(password string) (prefix, suffix string) {
	digits := fmt.Sprintf("%X", sha1.Sum([]byte(password)))
	return digits[:5], digits[5:]
}

// api plays the range API: it takes nothing but what is documented, and keeps
// what it was asked.
type api struct {
	t      *testing.T
	url    string
	answer http.HandlerFunc

	mu    sync.Mutex
	asked []string
}

func newAPI(t *testing.T, answer http.HandlerFunc) *api {
	a := &api{t: t, answer: answer}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	a.url = server.URL + "/range/"
	return a
}

var asked = regexp.MustCompile(`^/range/[0-9A-F]{5}$`)

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	switch {
	case err != nil || len(body) > 0:
		a.t.Errorf("the request has a body of %d bytes, error %v", len(body), err)
	case r.Method != http.MethodGet || !asked.MatchString(r.URL.EscapedPath()) || r.URL.RawQuery != "":
		a.t.Errorf("the request is %s %s, want GET /range/ and five upper-case digits", r.Method, r.RequestURI)
	case r.Header.Get("Add-Padding") != "true":
		a.t.Errorf("Add-Padding = %q, want true", r.Header.Get("Add-Padding"))
	case r.UserAgent() == "" || strings.HasPrefix(r.UserAgent(), "Go-http-client"):
		w.WriteHeader(http.StatusForbidden)
		return
	}
	for name := range r.Header {
		switch name {
		case "Add-Padding", "User-Agent", "Accept-Encoding":
		default:
			a.t.Errorf("the request has a header %s", name)
		}
	}
	a.mu.Lock()
	a.asked = append(a.asked, r.URL.Path)
	a.mu.Unlock()
	a.answer(w, r)
}

// lines answers with these.
func lines(lines ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, strings.Join(lines, "\r\n"))
	}
}

func newChecker(t *testing.T, config pwned.Config) *pwned.Checker {
	t.Helper()
	checker, err := pwned.New(config)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return checker
}

func TestAPasswordIsBreachedIfItsRangeHasIt(t *testing.T) {
	_, suffix := halves(typed)
	other := strings.Repeat("0", 35)
	for _, row := range []struct {
		name  string
		lines []string
		want  bool
	}{
		{"its line is there", []string{other + ":3", suffix + ":2", other + ":1"}, true},
		{"its line is the only one", []string{suffix + ":1"}, true},
		{"its line ends the answer", []string{other + ":3", suffix + ":37359195", ""}, true},
		{"its line is in lower case", []string{strings.ToLower(suffix) + ":1"}, true},
		{"its number begins with a zero", []string{suffix + ":010"}, true},
		{"its line is not there", []string{other + ":3", suffix[:34] + flipped(suffix) + ":9"}, false},
		{"its line is padding", []string{other + ":3", suffix + ":0"}, false},
		{"padding comes first", []string{suffix + ":0", suffix + ":4"}, true},
		{"all is padding", []string{other + ":0", other + ":0"}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := newAPI(t, lines(row.lines...))
			got, err := newChecker(t, pwned.Config{URL: a.url}).Breached(t.Context(), redact.New(typed))
			if err != nil || got != row.want {
				t.Errorf("Breached = %v, %v, want %v", got, err, row.want)
			}
		})
	}
}

// flipped is the last digit of suffix, changed.
func flipped(suffix string) string {
	if strings.HasSuffix(suffix, "0") {
		return "1"
	}
	return "0"
}

func TestOnlyFiveDigitsOfTheHashLeave(t *testing.T) {
	a := newAPI(t, lines(strings.Repeat("0", 35)+":1"))
	checker := newChecker(t, pwned.Config{URL: strings.TrimSuffix(a.url, "/"), UserAgent: "acme sign-in"})
	for _, password := range []string{typed, "", "\xff\x00", "pässword 🐴"} {
		if _, err := checker.Breached(t.Context(), redact.New(password)); err != nil {
			t.Fatalf("Breached: %v", err)
		}
		prefix, _ := halves(password)
		if got := a.asked[len(a.asked)-1]; got != "/range/"+prefix {
			t.Errorf("asked for %q, want the first five digits, %s", got, prefix)
		}
	}
}

func TestAnAnswerThatIsNoneIsAnError(t *testing.T) {
	prefix, suffix := halves(typed)
	good := suffix + ":1\r\n"
	write := func(text string) http.HandlerFunc { return lines(text) }
	for _, row := range []struct {
		name   string
		answer http.HandlerFunc
	}{
		{"nothing", write("")},
		{"a page", write("<html>Please sign in to the network</html>")},
		{"a line without a number", write(good + suffix + "\r\n")},
		{"a line with an empty number", write(good + suffix + ":\r\n")},
		{"a line with a negative number", write(good + suffix + ":-1\r\n")},
		{"a line with a whole hash", write(good + prefix + suffix + ":1\r\n")},
		{"a line that is no hexadecimal", write(good + strings.Repeat("g", 35) + ":1\r\n")},
		{"an empty line", write(good + "\r\n" + good)},
		{"a line without end", write(good + strings.Repeat("0", 100<<10))},
		{"a number without end", write(suffix + ":" + strings.Repeat("1", 300<<10))},
		{"more than is sensible", write(strings.Repeat(good, 10_000))},
		{"more than is sensible, packed", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			packed := gzip.NewWriter(w)
			_, _ = io.WriteString(packed, strings.Repeat(good, 1_000_000))
			_ = packed.Close()
		}},
		{"an answer cut short", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, good)
		}},
		{"too many requests", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }},
		{"no such range", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }},
		{"a fault with a good body", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, good)
		}},
		{"a hung-up connection", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := newAPI(t, row.answer)
			breached, err := newChecker(t, pwned.Config{URL: a.url}).Breached(t.Context(), redact.New(typed))
			if err == nil || breached {
				t.Fatalf("Breached = %v, %v, want an error", breached, err)
			}
			tellsNothing(t, err)
		})
	}
}

// tellsNothing checks that err has no part of the password's hash.
func tellsNothing(t *testing.T, err error) {
	t.Helper()
	prefix, suffix := halves(typed)
	for _, secret := range []string{prefix, suffix, typed, "/range/"} {
		if strings.Contains(strings.ToUpper(err.Error()), strings.ToUpper(secret)) {
			t.Errorf("the error is %q, which has %q", err, secret)
		}
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	_, suffix := halves(typed)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s was asked for elsewhere", r.URL)
	}))
	defer elsewhere.Close()
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", elsewhere.URL+r.URL.Path)
		w.WriteHeader(http.StatusFound)
		_, _ = io.WriteString(w, suffix+":1\r\n")
	})
	breached, err := newChecker(t, pwned.Config{URL: a.url}).Breached(t.Context(), redact.New(typed))
	if err == nil || breached {
		t.Errorf("Breached = %v, %v, want an error", breached, err)
	}
}

func TestALateAnswerIsNotWaitedFor(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	body := func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	for name, answer := range map[string]http.HandlerFunc{"no answer": hang, "no body": body} {
		t.Run(name, func(t *testing.T) {
			a := newAPI(t, answer)
			_, err := newChecker(t, pwned.Config{URL: a.url, Timeout: 50 * time.Millisecond}).Breached(t.Context(), redact.New(typed))
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("the error is %v, want that the deadline has passed", err)
			}
			tellsNothing(t, err)
		})
	}
	t.Run("no answer within the second that is the default", func(t *testing.T) {
		a := newAPI(t, hang)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		_, err := newChecker(t, pwned.Config{URL: a.url}).Breached(ctx, redact.New(typed))
		if err == nil || ctx.Err() != nil {
			t.Errorf("the error is %v, and the caller's context has %v", err, ctx.Err())
		}
	})
	t.Run("a caller whose time ends first", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		a := newAPI(t, func(w http.ResponseWriter, r *http.Request) { cancel(); hang(w, r) })
		_, err := newChecker(t, pwned.Config{URL: a.url, Timeout: time.Hour}).Breached(ctx, redact.New(typed))
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("the error is %v, want that the caller gave up", err)
		}
		tellsNothing(t, err)
	})
}

func TestAnEndlessAnswerIsNotReadToTheEnd(t *testing.T) {
	line := strings.Repeat(strings.Repeat("0", 35)+":1\r\n", 1000)
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = io.WriteString(w, line)
		}
	})
	_, err := newChecker(t, pwned.Config{URL: a.url, Timeout: 20 * time.Second}).Breached(t.Context(), redact.New(typed))
	if err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error is %v, want that the answer is too long", err)
	}
}

func TestNobodyThereIsAnError(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := newChecker(t, pwned.Config{URL: server.URL + "/range/"}).Breached(t.Context(), redact.New(typed))
	if err == nil {
		t.Fatal("there is no error")
	}
	tellsNothing(t, err)
}

func TestAConfigIsChecked(t *testing.T) {
	for _, row := range []struct {
		name   string
		config pwned.Config
		ok     bool
	}{
		{"the zero Config", pwned.Config{}, true},
		{"a mirror", pwned.Config{URL: "https://pwned.acme.example/range"}, true},
		{"loopback without TLS", pwned.Config{URL: "http://localhost:8080/range/"}, true},
		{"a host without TLS", pwned.Config{URL: "http://api.pwnedpasswords.com/range/"}, false},
		{"another scheme", pwned.Config{URL: "ftp://api.pwnedpasswords.com/range/"}, false},
		{"no scheme", pwned.Config{URL: "api.pwnedpasswords.com/range/"}, false},
		{"no host", pwned.Config{URL: "https:///range/"}, false},
		{"no URL", pwned.Config{URL: "https://api.pwnedpasswords.com/%zz"}, false},
		{"a user", pwned.Config{URL: "https://me:secret@api.pwnedpasswords.com/range/"}, false},
		{"a query", pwned.Config{URL: "https://api.pwnedpasswords.com/range/?x="}, false},
		{"an empty query", pwned.Config{URL: "https://api.pwnedpasswords.com/range/?"}, false},
		{"a fragment", pwned.Config{URL: "https://api.pwnedpasswords.com/range/#x"}, false},
		{"a User-Agent in two lines", pwned.Config{UserAgent: "acme\r\nX-Y: z"}, false},
		{"a User-Agent that is not ASCII", pwned.Config{UserAgent: "Ärger"}, false},
		{"no time", pwned.Config{Timeout: -1}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := pwned.New(row.config)
			if (err == nil) != row.ok {
				t.Errorf("New: %v, want ok = %v", err, row.ok)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
}
