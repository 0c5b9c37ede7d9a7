package deskpro_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"deskpro-login/pkg/deskpro"
)

func TestReturnURLAccepted(t *testing.T) {
	for _, row := range []struct{ name, raw, want string }{
		{"the help centre's callback", "https://acme.deskpro.com/login/authenticate-callback/1", "https://acme.deskpro.com/login/authenticate-callback/1?jwt=TOKEN"},
		{"the agents' callback", "https://acme.deskpro.com/agent/login/authenticate-callback/2", "https://acme.deskpro.com/agent/login/authenticate-callback/2?jwt=TOKEN"},
		{"a query is kept in its order and escapes", "https://acme.deskpro.com/cb?b=%2F&a=1+2&c", "https://acme.deskpro.com/cb?b=%2F&a=1+2&c&jwt=TOKEN"},
		{"a nested URL is not touched", "https://acme.deskpro.com/cb?return=https%3A%2F%2Facme.deskpro.com%2Fnew-ticket%2F%3Fa%3D1%26b%3D2", "https://acme.deskpro.com/cb?return=https%3A%2F%2Facme.deskpro.com%2Fnew-ticket%2F%3Fa%3D1%26b%3D2&jwt=TOKEN"},
		{"a nested URL without escapes is not touched", "https://acme.deskpro.com/login/authenticate/1?return=/new-ticket/", "https://acme.deskpro.com/login/authenticate/1?return=/new-ticket/&jwt=TOKEN"},
		{"a nested URL in the path is not touched", "https://acme.deskpro.com/go/https://x.example/", "https://acme.deskpro.com/go/https://x.example/?jwt=TOKEN"},
		{"an escaped slash stays escaped", "https://acme.deskpro.com/a%2Fb", "https://acme.deskpro.com/a%2Fb?jwt=TOKEN"},
		{"a brand's own host", "https://help.acme.example/cb", "https://help.acme.example/cb?jwt=TOKEN"},
		{"a brand's own port", "https://dev.acme.example:8443/cb", "https://dev.acme.example:8443/cb?jwt=TOKEN"},
		{"a path relative to the helpdesk", "/new-ticket/", "https://acme.deskpro.com/new-ticket/?jwt=TOKEN"},
		{"a path without its slash", "new-ticket/", "https://acme.deskpro.com/new-ticket/?jwt=TOKEN"},
		{"a query alone", "?a=1", "https://acme.deskpro.com/?a=1&jwt=TOKEN"},
		{"the origin in capitals, with its default port", "HTTPS://ACME.Deskpro.com:443/cb", "https://acme.deskpro.com/cb?jwt=TOKEN"},
		{"no path at all", "https://acme.deskpro.com", "https://acme.deskpro.com/?jwt=TOKEN"},
		{"an empty query", "https://acme.deskpro.com/?", "https://acme.deskpro.com/?jwt=TOKEN"},
		{"a query that ends in an ampersand", "https://acme.deskpro.com/?a=1&", "https://acme.deskpro.com/?a=1&jwt=TOKEN"},
		{"dot segments stay on the host", "https://acme.deskpro.com/a/../../b", "https://acme.deskpro.com/b?jwt=TOKEN"},
		{"a network path on the helpdesk's host", "//acme.deskpro.com/cb", "https://acme.deskpro.com/cb?jwt=TOKEN"},
		{"a parameter whose value is called jwt", "https://acme.deskpro.com/?a=jwt", "https://acme.deskpro.com/?a=jwt&jwt=TOKEN"},
		{"a parameter whose name begins like jwt", "https://acme.deskpro.com/?jwtx=1", "https://acme.deskpro.com/?jwtx=1&jwt=TOKEN"},
		{"100 parameters", "https://acme.deskpro.com/?a" + strings.Repeat("&a", 99), "https://acme.deskpro.com/?a" + strings.Repeat("&a", 99) + "&jwt=TOKEN"},
		{"an escape that is none", "https://acme.deskpro.com/?a=100%", "https://acme.deskpro.com/?a=100%&jwt=TOKEN"},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := app(t, config())
			r, err := a.ParseReturn(row.raw)
			if err != nil {
				t.Fatal(err)
			}
			token := mint(t, a)
			if got := strings.ReplaceAll(r.With(token), token.Reveal(), "TOKEN"); got != row.want {
				t.Errorf("redirect goes to %q, want %q", got, row.want)
			}
		})
	}
}

func TestReturnURLRefused(t *testing.T) {
	for _, row := range []struct{ name, raw string }{
		{"nothing", ""},
		{"another host", "https://evil.example/"},
		{"a host that ends like ours", "https://evil-acme.deskpro.com/"},
		{"a host that begins like ours", "https://acme.deskpro.com.evil.example/"},
		{"a subdomain of ours", "https://x.acme.deskpro.com/"},
		{"our host with a trailing dot", "https://acme.deskpro.com./"},
		{"plain http", "http://acme.deskpro.com/"},
		{"another port", "https://acme.deskpro.com:8443/"},
		{"a port with a leading zero", "https://acme.deskpro.com:0443/"},
		{"another scheme", "javascript:alert(1)"},
		{"another scheme with our host", "ftp://acme.deskpro.com/"},
		{"data", "data:text/html,x"},
		{"a network path to another host", "//evil.example/"},
		{"three slashes", "///evil.example/"},
		{"four slashes", "////evil.example/"},
		{"a scheme without slashes", "https:evil.example"},
		{"a scheme with one slash", "https:/evil.example"},
		{"a scheme with three slashes", "https:///evil.example"},
		{"a backslash", `https://acme.deskpro.com\@evil.example/`},
		{"slash and backslash", `/\evil.example/`},
		{"user information", "https://acme.deskpro.com@evil.example/"},
		{"user information on our host", "https://u:p@acme.deskpro.com/"},
		{"empty user information", "https://@acme.deskpro.com/"},
		{"a fragment", "https://acme.deskpro.com/#x"},
		{"an empty fragment", "https://acme.deskpro.com/#"},
		{"a tab in the host", "https://acme.deskpro.com\t.evil.example/"},
		{"a newline", "https://acme.deskpro.com/\nLocation: https://evil.example"},
		{"a carriage return", "/\r/evil.example"},
		{"a NUL", "https://acme.deskpro.com/\x00"},
		{"a space", " https://acme.deskpro.com/"},
		{"an ideographic full stop", "https://acme。deskpro。com/"},
		{"a fullwidth slash", "https://evil.example／acme.deskpro.com/"},
		{"a soft hyphen", "https://acme\u00ad.deskpro.com/"},
		{"bytes that are not UTF-8", "https://acme.deskpro.com/\xff"},
		{"an escaped slash in the host", "https://acme.deskpro.com%2f.evil.example/"},
		{"an escaped at sign in the host", "https://acme.deskpro.com%40evil.example/"},
		{"a broken escape in the path", "https://acme.deskpro.com/%zz"},
		{"a token already there", "https://acme.deskpro.com/?jwt=x"},
		{"a token among others", "https://acme.deskpro.com/?a=1&jwt=x&b=2"},
		{"an escaped token name", "https://acme.deskpro.com/?%6Awt=x"},
		{"a token name in capitals", "https://acme.deskpro.com/?JWT=x"},
		{"a token as PHP's array", "https://acme.deskpro.com/?jwt[]=x"},
		{"a token name after an escaped space", "https://acme.deskpro.com/?%20jwt=x"},
		{"a token name after a plus", "https://acme.deskpro.com/?+jwt=x"},
		{"a token name before a NUL", "https://acme.deskpro.com/?jwt%00=x"},
		{"a token name before a NUL and a broken escape", "https://acme.deskpro.com/?jwt%00%zz=x"},
		{"an escaped token name with a broken escape", "https://acme.deskpro.com/?%6Awt[]%zz=x"},
		{"more parameters than PHP may read", "https://acme.deskpro.com/?a" + strings.Repeat("&a", 100)},
		{"a token without a value", "https://acme.deskpro.com/?jwt"},
		{"a URL too long", "https://acme.deskpro.com/?a=" + strings.Repeat("x", 4096)},
		{"a relative URL that is too long once resolved", "/" + strings.Repeat("x", 4090)},
		{"a URL that is too long once escaped", "https://acme.deskpro.com/" + strings.Repeat("^", 2000)},
		{"an IPv6 host", "https://[::1]/"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r, err := app(t, config()).ParseReturn(row.raw)
			if !errors.Is(err, deskpro.ErrReturn) {
				t.Fatalf("got %q, error %v; want ErrReturn", r.String(), err)
			}
		})
	}
}

func TestPlainHTTPOnlyForALoopbackHelpdesk(t *testing.T) {
	a := app(t, deskpro.Config{URL: "http://localhost:8080", ReturnOrigins: []string{"http://127.0.0.1:8080"}, Issuer: "i"})
	for _, raw := range []string{"http://localhost:8080/cb", "http://127.0.0.1:8080/cb", "/cb"} {
		if _, err := a.ParseReturn(raw); err != nil {
			t.Errorf("ParseReturn(%q): %v", raw, err)
		}
	}
	for _, raw := range []string{"http://localhost:8081/cb", "https://localhost:8080/cb", "http://acme.deskpro.com/"} {
		if _, err := a.ParseReturn(raw); err == nil {
			t.Errorf("ParseReturn(%q) succeeded", raw)
		}
	}
}

// Whatever is accepted leads to one of the door's origins, over https, with
// exactly one token, and reads the same the second time.
func FuzzParseReturn(f *testing.F) {
	for _, seed := range []string{
		"https://acme.deskpro.com/login/authenticate-callback/1?a=1", "/new-ticket/", "//evil.example", "https://acme.deskpro.com@evil.example/",
		"https:/\\evil", "?jwt=x", "https://acme.deskpro.com:443?a&&b=%", "HTTPS://[::1%25en0]:443/", "/..//evil.example/%2e%2e/", "a:b", ";@/?:&=+$,",
		"?jwt%00%zz=x", "?%6Awt[]%zz=x",
	} {
		f.Add(seed)
	}
	a := app(f, config())
	token := mint(f, a)
	f.Fuzz(func(t *testing.T, raw string) {
		r, err := a.ParseReturn(raw)
		if err != nil {
			return
		}
		again, err := a.ParseReturn(r.String())
		if err != nil || again.String() != r.String() {
			t.Errorf("%q reads as %q, then as %q (%v)", raw, r.String(), again.String(), err)
		}
		location := r.With(token)
		allowed := false
		for _, origin := range a.Origins() {
			allowed = allowed || strings.HasPrefix(location, origin+"/")
		}
		if !allowed {
			t.Errorf("%q redirects to %q", raw, location)
		}
		if strings.ContainsFunc(location, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' || r == '#' }) {
			t.Errorf("%q redirects to %q, which parsers read differently", raw, location)
		}
		u, err := url.Parse(location)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count("&"+u.RawQuery, "&jwt="); n != 1 {
			t.Errorf("%q redirects with %d tokens", raw, n)
		}
	})
}
