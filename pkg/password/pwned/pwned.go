// Package pwned asks Have I Been Pwned, or a mirror of it, whether a password is
// known from a leak, by its range API:
// https://haveibeenpwned.com/API/v3#PwnedPasswords. Start with New, and hand
// Checker.Breached to password.NewPolicy.
//
// Only the first five hexadecimal digits of the password's SHA-1 hash leave,
// which more than a thousand known passwords and endlessly many others share; the
// rest is compared here. The answer is padded, so that its size does not tell
// which digits they were. Nothing is remembered, and errors do not have even the
// five digits.
//
// The API is free, needs no key and has no rate limit, but wants to know who
// asks: a request without a User-Agent is refused.
package pwned

import (
	"context"
	"crypto/sha1" // #nosec G505 -- what the API is made of: nothing rests on its strength
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"deskpro-login/pkg/redact"
)

const (
	defaultURL       = "https://api.pwnedpasswords.com/range/"
	defaultUserAgent = "deskpro-login (sign-in page for Deskpro)"
	// defaultTimeout is what a person hardly notices after a click.
	defaultTimeout = time.Second
	// prefixLength is how many digits the API takes, of the hash's 40.
	prefixLength = 5
	suffixLength = 2*sha1.Size - prefixLength
	// maxAnswer is several times the bytes of the longest answers, which have
	// some two thousand lines of about forty.
	maxAnswer = 256 << 10
)

// Config says whom to ask. The zero Config asks Have I Been Pwned.
type Config struct {
	// URL is what the five digits are put behind, such as that of a mirror in
	// the company's network. Empty means the API's own,
	// https://api.pwnedpasswords.com/range/. It must be https; plain http is for
	// trials on loopback.
	URL string
	// UserAgent says who asks, in printable ASCII. Empty means this project.
	UserAgent string
	// Timeout is how long an answer may take, if the caller's context does not
	// end before; 0 means one second.
	Timeout time.Duration
}

// Checker asks. It is safe for concurrent use.
type Checker struct {
	base      string
	userAgent string
	client    *http.Client
}

// New checks config and sends nothing yet.
func New(config Config) (*Checker, error) {
	if config.URL == "" {
		config.URL = defaultURL
	}
	if config.UserAgent == "" {
		config.UserAgent = defaultUserAgent
	}
	if config.Timeout == 0 {
		config.Timeout = defaultTimeout
	}
	base, err := url.Parse(config.URL)
	switch {
	case err != nil:
		return nil, errors.New("pwned: URL cannot be parsed")
	case base.Host == "" || base.User != nil || base.RawQuery != "" || base.ForceQuery || base.Fragment != "" || base.Scheme != "https" && !(base.Scheme == "http" && loopback(base.Hostname())):
		return nil, fmt.Errorf("pwned: URL %q is not like %s", base.Redacted(), defaultURL)
	case strings.ContainsFunc(config.UserAgent, func(r rune) bool { return r < ' ' || r > '~' }):
		return nil, fmt.Errorf("pwned: UserAgent %q is not printable ASCII", config.UserAgent)
	case config.Timeout < 0:
		return nil, fmt.Errorf("pwned: Timeout is %s, must not be negative", config.Timeout)
	}
	return &Checker{
		base:      strings.TrimSuffix(base.String(), "/") + "/",
		userAgent: config.UserAgent,
		client: &http.Client{
			Timeout: config.Timeout,
			// Whoever could redirect would learn the digits.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// Breached reports whether password is known from a leak. An answer that is late,
// too long or not as documented is an error, and says nothing.
func (c *Checker) Breached(ctx context.Context, password redact.Secret) (bool, error) {
	sum := sha1.Sum([]byte(password.Reveal())) // #nosec G401 -- as above
	digits := strings.ToUpper(hex.EncodeToString(sum[:]))
	answer, err := c.fetch(ctx, digits[:prefixLength])
	if err != nil {
		return false, fmt.Errorf("looking up a range of leaked passwords: %w", err)
	}
	known, err := find(answer, digits[prefixLength:])
	if err != nil {
		return false, fmt.Errorf("reading a range of leaked passwords: %w", err)
	}
	return known, nil
}

// fetch returns the lines for prefix.
func (c *Checker) fetch(ctx context.Context, prefix string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+prefix, nil)
	if err != nil {
		return "", unnamed(err)
	}
	request.Header.Set("User-Agent", c.userAgent)
	request.Header.Set("Add-Padding", "true")
	response, err := c.client.Do(request)
	if err != nil {
		return "", unnamed(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the answer is %d, want 200", response.StatusCode)
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return "", unnamed(err)
	case len(answer) > maxAnswer:
		return "", fmt.Errorf("the answer has more than %d bytes", maxAnswer)
	}
	return string(answer), nil
}

// unnamed is err without the URL, which ends in digits of the password's hash.
func unnamed(err error) error {
	if named, ok := errors.AsType[*url.Error](err); ok {
		return named.Err
	}
	return err
}

// find reports whether answer, lines of a suffix and how often it was seen, has
// suffix. Lines seen 0 times are padding.
func find(answer, suffix string) (found bool, err error) {
	lines := 0
	for line := range strings.Lines(answer) {
		lines++
		digits, seen, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		if !ok || !hexadecimal(digits) || !decimal(seen) {
			return false, fmt.Errorf("line %d is not a suffix and a number", lines)
		}
		if strings.EqualFold(digits, suffix) && strings.Trim(seen, "0") != "" {
			found = true
		}
	}
	// Each range has some, and padding is asked for: this was somebody else's
	// answer, such as a proxy's.
	if lines == 0 {
		return false, errors.New("the answer is empty")
	}
	return found, nil
}

func hexadecimal(s string) bool {
	return len(s) == suffixLength && strings.Trim(strings.ToUpper(s), "0123456789ABCDEF") == ""
}

func decimal(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
