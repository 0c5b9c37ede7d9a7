package deskpro_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	whatwg "github.com/nlnwa/whatwg-url/url"

	"deskpro-login/pkg/deskpro"
)

// page is where the browser is that gets the Location.
const page = "https://login.example.com/users/login?return=x"

// doors are of each kind that there is: hosts of its own, a helpdesk in a
// directory, and one on the developer's machine.
func doors(t testing.TB) []*deskpro.App {
	t.Helper()
	return []*deskpro.App{
		app(t, config()),
		app(t, deskpro.Config{URL: "https://xn--bcher-kva.example/support", Issuer: "i"}),
		app(t, deskpro.Config{URL: "http://localhost:8080", ReturnOrigins: []string{"http://127.0.0.1:8080", "http://[::1]:8080"}, Issuer: "i"}),
	}
}

// browse is where a browser goes by address: https://url.spec.whatwg.org/. Empty:
// nowhere, as it is no URL to it.
func browse(base, address string) (at *whatwg.Url, origin string) {
	at, err := whatwg.ParseRef(base, address)
	if err != nil {
		return nil, ""
	}
	return at, at.Protocol() + "//" + at.Host()
}

// follow sends a browser where r with a token leads, and holds it to arrive at
// the door with what raw asked for and one token.
func follow(t *testing.T, a *deskpro.App, raw string, r deskpro.ReturnURL, token deskpro.Token) {
	t.Helper()
	shown := func(s string) string { return strings.ReplaceAll(s, token.Reveal(), "TOKEN") }
	location := r.With(token)
	meant, origin := browse(a.Home(), raw)
	if meant == nil || !slices.Contains(a.Origins(), origin) {
		t.Errorf("%q is taken, and leads a browser to %q", raw, origin)
		return
	}
	for _, from := range []string{page, a.Home(), "data:text/html,x"} {
		at, got := browse(from, location)
		if at == nil || got != origin {
			t.Errorf("from %s %q leads to %q, want %q", from, raw, got, origin)
			return
		}
		if at.Username() != "" || at.Password() != "" || at.Hash() != "" {
			t.Errorf("%q leads with user information or a fragment: %s", raw, shown(at.Href(false)))
		}
		query, asked := at.Query(), meant.Query()
		if asked != "" && !strings.HasSuffix(asked, "&") {
			asked += "&"
		}
		if want := asked + "jwt=" + token.Reveal(); query != want {
			t.Errorf("for %q the browser sends the query %q, want %q", raw, shown(query), shown(want))
		}
		if got := at.SearchParams().GetAll("jwt"); len(got) != 1 || got[0] != token.Reveal() {
			t.Errorf("for %q a browser reads %d tokens", raw, len(got))
		}
		if n := phpTokens(query); n != 1 {
			t.Errorf("for %q PHP may read %d tokens", raw, n)
		}
		// We escape two more that a browser does not.
		spelt := strings.NewReplacer("|", "%7C", "^", "%5E")
		if got, want := spelt.Replace(at.Pathname()), spelt.Replace(meant.Pathname()); got != want && !dotted(raw) {
			t.Errorf("%q leads to the path %q, want %q", raw, got, want)
		}
	}
}

// dotted tells a path with dots of which Go makes another than a browser, on the
// same host: an escaped one makes a segment ".." to a browser alone, and of several
// slashes after "..", Go keeps one.
func dotted(raw string) bool {
	path, _, _ := strings.Cut(strings.ToLower(raw), "?")
	return strings.Contains(path, "%2e") || strings.Contains(path, "..") && strings.Contains(path, "//")
}

// phpTokens counts the parameters that PHP may take for the token's, as leniently
// as it decodes (php_register_variable_ex): a broken escape stays as it is,
// spaces before a name go, a NUL or a bracket ends it.
func phpTokens(query string) (n int) {
	for pair := range strings.SplitSeq(query, "&") {
		escaped, _, _ := strings.Cut(pair, "=")
		var name strings.Builder
		for i := 0; i < len(escaped); i++ {
			if i+3 <= len(escaped) {
				if decoded, err := url.PathUnescape(escaped[i : i+3]); err == nil && len(decoded) == 1 {
					name.WriteString(decoded)
					i += 2
					continue
				}
			}
			name.WriteByte(escaped[i])
		}
		read := strings.TrimLeft(strings.ReplaceAll(name.String(), "+", " "), " ")
		if end := strings.IndexAny(read, "[\x00"); end >= 0 {
			read = read[:end]
		}
		if strings.EqualFold(read, "jwt") {
			n++
		}
	}
	return n
}

// astray are addresses by which a browser goes elsewhere, or nowhere.
var astray = []struct{ name, raw string }{
	{"a script in capitals", "JaVaScRiPt://acme.deskpro.com/%0aalert(1)"},
	{"a script with a tab within", "java\tscript:alert(1)"},
	{"a script after a control character", "\x01javascript:alert(1)"},
	{"another script", "vbscript:msgbox(1)"},
	{"data with our host", "data://acme.deskpro.com/,x"},
	{"a blob of ours", "blob:https://acme.deskpro.com/0e3f"},
	{"a file", "file:///etc/passwd"},
	{"a file on our host", "file://acme.deskpro.com/x"},
	{"a source view", "view-source:https://acme.deskpro.com/"},
	{"an app's scheme", "intent://acme.deskpro.com/#Intent;scheme=https;end"},
	{"a WebSocket", "wss://acme.deskpro.com/"},
	{"a downgrade in capitals", "HTTP://ACME.deskpro.com/"},
	{"a downgrade on the port of https", "http://acme.deskpro.com:443/"},
	{"an about page", "about:blank"},
	{"a scheme with slashes alone", "https://"},

	{"two names before the host", "https://acme.deskpro.com@acme.deskpro.com@evil.example/"},
	{"our host as the password", "https://u:acme.deskpro.com@evil.example/"},
	{"an escaped slash before the at sign", "https://acme.deskpro.com%2f@evil.example/"},
	{"our host and port as user information", "https://acme.deskpro.com:443@evil.example/"},
	{"user information in a network path", "//acme.deskpro.com@evil.example/"},
	{"a question mark within user information", "https://evil.example?@acme.deskpro.com/"},
	{"a fragment within user information", "https://evil.example#@acme.deskpro.com/"},
	{"a semicolon before the at sign", "https://acme.deskpro.com;@evil.example/"},
	{"an ampersand before the at sign", "https://acme.deskpro.com&@evil.example/"},

	{"backslashes for slashes", `https:\\evil.example/`},
	{"a backslash that ends the host", `https://evil.example\.acme.deskpro.com/`},
	{"a backslash and an at sign", `https://evil.example\@acme.deskpro.com/`},
	{"two backslashes", `\\evil.example/`},
	{"a backslash and a slash", `\/evil.example/`},
	{"a slash, a tab and a slash", "/\t/evil.example/"},
	{"slashes apart by a newline", "/\n/evil.example/"},
	{"a carriage return within the scheme", "htt\rps://evil.example/"},
	{"spaces before slashes", "  //evil.example/"},
	{"a NUL before slashes", "\x00//evil.example/"},
	{"a vertical tab before slashes", "\v//evil.example/"},
	{"a delete within the host", "https://acme\x7f.deskpro.com/"},
	{"an escaped newline in the host", "https://acme.deskpro.com%0a.evil.example/"},
	{"an escaped tab in the host", "https://acme.deskpro.com%09/"},
	{"an escaped NUL in the host", "https://acme.deskpro.com%00.evil.example/"},
	{"five slashes", "/////evil.example/"},
	{"slashes after the scheme without end", "https://////evil.example/"},

	{"a host with an ideographic full stop", "https://evil。example/"},
	{"a host with a fullwidth full stop after ours", "https://acme.deskpro.com．evil.example/"},
	{"a host with a halfwidth full stop after ours", "https://acme.deskpro.com｡evil.example/"},
	{"a host with an escaped full stop after ours", "https://acme.deskpro.com%2eevil.example/"},
	{"a host with a fullwidth full stop, escaped", "https://acme.deskpro.com%EF%BC%8Eevil.example/"},
	{"a fullwidth slash, escaped", "https://evil.example%EF%BC%8Facme.deskpro.com/"},
	{"a fullwidth at sign", "https://acme.deskpro.com＠evil.example/"},
	{"a fullwidth question mark", "https://evil.example？.acme.deskpro.com/"},
	{"a fullwidth colon", "https://acme.deskpro.com：8443/"},
	{"a Cyrillic letter", "https://аcme.deskpro.com/"},
	{"a Cyrillic letter, escaped", "https://%D0%B0cme.deskpro.com/"},
	{"a Cyrillic letter as punycode", "https://xn--cme-7cd.deskpro.com/"},
	{"an account-of sign that some make a c/a", "https://℀cme.deskpro.com/"},
	{"a dotted capital I, which Go makes an i", "https://evİl.example/"},
	{"punycode that is none", "https://xn--.deskpro.com/"},
	{"a host that turns the line around", "https://moc.\u202eacme.deskpro.com/"},

	{"an address in decimal", "https://2130706433/"},
	{"an address in hexadecimal", "https://0x7f000001/"},
	{"an address in octal", "https://0177.0.0.1/"},
	{"an address of two parts", "https://127.1/"},
	{"an address beyond 32 bits", "https://4294967296/"},
	{"an address with a trailing dot", "https://127.0.0.1./"},
	{"an IPv6 address with a zone", "https://[fe80::1%25eth0]/"},
	{"an IPv6 address with a zone of ours", "https://[::1%25.acme.deskpro.com]/"},
	{"an IPv4 address within IPv6", "https://[::ffff:127.0.0.1]/"},
	{"an IPv6 address without its end", "https://[::1/"},
	{"our host in brackets", "https://[acme.deskpro.com]/"},

	{"port 80 of https", "https://acme.deskpro.com:80/"},
	{"port 0", "https://acme.deskpro.com:0/"},
	{"a port beyond 16 bits", "https://acme.deskpro.com:65979/"},
	{"a port that is 443 in 32 bits", "https://acme.deskpro.com:4294967739/"},
	{"a negative port", "https://acme.deskpro.com:-443/"},
	{"a port with a sign", "https://acme.deskpro.com:+443/"},
	{"a port that is a word", "https://acme.deskpro.com:https/"},
	{"two ports", "https://acme.deskpro.com:443:443/"},
	{"a brand's host on the helpdesk's port", "https://dev.acme.example/"},
	{"a brand's port on the helpdesk's host", "https://acme.deskpro.com:8443/x"},

	{"a wildcard", "https://*.deskpro.com/"},
	{"an empty label", "https://acme..deskpro.com/"},
	{"a leading dot", "https://.acme.deskpro.com/"},
	{"a host with a quotation mark", `https://acme.deskpro.com"evil.example/`},
	{"a host with a comma", "https://acme.deskpro.com,evil.example/"},
	{"two hosts in one parameter", "https://evil.example/,https://acme.deskpro.com/"},
	{"our address in another's query", "https://evil.example/?https://acme.deskpro.com/"},
	{"our address in another's path", "https://evil.example/https://acme.deskpro.com/"},
	{"our address in another's fragment", "https://evil.example/#https://acme.deskpro.com/"},
	{"a host that is ours in its label", "https://acme.deskpro.com-evil.example/"},
	{"our host without its first label", "https://deskpro.com/"},
}

// refusedAtHome are addresses by which a browser comes to the door, but which
// others read otherwise, or which would harm the token.
var refusedAtHome = []struct{ name, raw string }{
	{"backslashes for slashes on our host", `https:\\acme.deskpro.com\cb`},
	{"a backslash in the path", `/a\b`},
	{"a tab within our host", "https://acme.desk\tpro.com/"},
	{"a newline within the path", "/new\n-ticket/"},
	{"a tab in the query", "/?a=1\t2"},
	{"a space in the query", "/?a=1 2"},
	{"a letter beyond ASCII in the query", "/?a=ü"},
	{"a letter beyond ASCII in the path", "/tickets/ü"},
	{"an emoji", "/?a=👍"},
	{"a byte order mark in the path", "/\ufeffx"},
	{"our host with an ideographic full stop", "https://acme。deskpro.com/"},
	{"our host with a fullwidth full stop", "https://acme．deskpro.com/"},
	{"our host with a halfwidth full stop", "https://acme｡deskpro.com/"},
	{"our host with an ideographic full stop, escaped", "https://acme%E3%80%82deskpro.com/"},
	{"our host in fullwidth letters", "https://ａｃｍｅ.deskpro.com/"},
	{"our host in fullwidth letters, escaped", "https://%EF%BD%81cme.deskpro.com/"},
	{"our host with a Kelvin sign", "https://acme.des\u212apro.com/"},
	{"our host with a Kelvin sign, escaped", "https://acme.des%E2%84%AApro.com/"},
	{"our host with a soft hyphen, escaped", "https://acme%C2%AD.deskpro.com/"},
	{"our host with an escaped letter", "https://%61cme.deskpro.com/"},
	{"our host with an escaped dot", "https://acme%2Edeskpro.com/"},
	{"user information on our host, escaped", "https://evil.example%40@acme.deskpro.com/"},
	{"a name before our host in a network path", "//u@acme.deskpro.com/"},
	{"our scheme without slashes, which is relative", "https:cb"},
	{"our scheme with one slash", "https:/cb"},
	{"our scheme in capitals, with one slash", "HTTPS:/evil.example/"},
	{"our scheme alone, which is this page", "https:"},
	{"https with its letter fullwidth, which is a path", "ｈttps://evil.example/"},
	{"our host after three slashes", "https:///acme.deskpro.com/"},
	{"a port with leading zeros", "https://acme.deskpro.com:000443/"},
	{"a fragment of an agent's page", "/agent/#app.tickets"},
	{"a fragment that holds a query", "/#?jwt=x"},
	{"a NUL in the query", "/?a=\x00"},
	{"a broken escape in the path, at its end", "/a%"},

	{"a token's name with one letter escaped", "/?j%77t=x"},
	{"a token's name escaped whole", "/?%6A%57%54=x"},
	{"a token's name with mixed letters", "/?JwT=x"},
	{"a token's name as an array of arrays", "/?jwt[a][b]=x"},
	{"a token's name with escaped brackets", "/?jwt%5B%5D=x"},
	{"a token's name with a bracket that does not close", "/?jwt[=x"},
	{"a token's name after many spaces", "/?+%20++jwt=x"},
	{"a token's name with a NUL and more", "/?jwt%00x=x"},
	{"a token's name after empty parameters", "/?&&jwt=x"},
	{"a token's name before a broken escape", "/?jwt%00%"},
	{"a token's name twice", "/?jwt=x&jwt=y"},
	{"a token's name in a second query", "/?a=?&jwt=x"},
}

// passing are addresses that people come with: each is to arrive as it is.
var passing = []struct{ name, raw, want string }{
	{"a start that goes on to another page", "/login/authenticate/3?return=/new-ticket/", "https://acme.deskpro.com/login/authenticate/3?return=/new-ticket/&jwt=TOKEN"},
	{"a page elsewhere within a parameter", "/login/authenticate/3?return=https://evil.example/", "https://acme.deskpro.com/login/authenticate/3?return=https://evil.example/&jwt=TOKEN"},
	{"a URL escaped twice", "/cb?return=https%253A%252F%252Facme.deskpro.com%252F%253Fjwt%253Dx", "https://acme.deskpro.com/cb?return=https%253A%252F%252Facme.deskpro.com%252F%253Fjwt%253Dx&jwt=TOKEN"},
	{"a token within an escaped URL", "/cb?return=%2F%3Fjwt%3Dx%26b", "https://acme.deskpro.com/cb?return=%2F%3Fjwt%3Dx%26b&jwt=TOKEN"},
	{"a token's name after a semicolon, which PHP does not read as one", "/?a=1;jwt=x", "https://acme.deskpro.com/?a=1;jwt=x&jwt=TOKEN"},
	{"a plus sign and its escape", "/?q=a+b%2Bc%20d", "https://acme.deskpro.com/?q=a+b%2Bc%20d&jwt=TOKEN"},
	{"letters beyond ASCII, escaped", "/?q=%C3%BC%F0%9F%91%8D&%C3%BC=1", "https://acme.deskpro.com/?q=%C3%BC%F0%9F%91%8D&%C3%BC=1&jwt=TOKEN"},
	{"escapes that are not UTF-8", "/?q=%FF%C0%80", "https://acme.deskpro.com/?q=%FF%C0%80&jwt=TOKEN"},
	{"escapes of another kind", "/?q=%u0041%x&r=&&=", "https://acme.deskpro.com/?q=%u0041%x&r=&&=&jwt=TOKEN"},
	{"escapes in small letters", "/a%c3%bc?b=%c3%bc", "https://acme.deskpro.com/a%c3%bc?b=%c3%bc&jwt=TOKEN"},
	{"an array of parameters", "/?t[]=1&t[]=2&t[a][b]=3", "https://acme.deskpro.com/?t[]=1&t[]=2&t[a][b]=3&jwt=TOKEN"},
	{"one parameter many times, in its order", "/?b=2&a=1&b=1&a=2", "https://acme.deskpro.com/?b=2&a=1&b=1&a=2&jwt=TOKEN"},
	{"an apostrophe and quotation marks", `/?q='a'"b"<c>`, `https://acme.deskpro.com/?q='a'"b"<c>&jwt=TOKEN`},
	{"a second question mark", "/?a?b=?", "https://acme.deskpro.com/?a?b=?&jwt=TOKEN"},
	{"an escaped fragment sign", "/a%23b?c=%23d", "https://acme.deskpro.com/a%23b?c=%23d&jwt=TOKEN"},
	{"an escaped backslash", "/a%5Cb?c=%5c", "https://acme.deskpro.com/a%5Cb?c=%5c&jwt=TOKEN"},
	{"an escaped newline", "/?a=%0D%0ALocation:%20https://evil.example", "https://acme.deskpro.com/?a=%0D%0ALocation:%20https://evil.example&jwt=TOKEN"},
	{"an at sign in the path", "/@evil.example/", "https://acme.deskpro.com/@evil.example/?jwt=TOKEN"},
	{"an at sign after our host's slash", "https://acme.deskpro.com/@evil.example/", "https://acme.deskpro.com/@evil.example/?jwt=TOKEN"},
	{"slashes at the path's beginning", "https://acme.deskpro.com//evil.example/", "https://acme.deskpro.com//evil.example/?jwt=TOKEN"},
	{"slashes that dots leave at the beginning", "/.//evil.example/", "https://acme.deskpro.com//evil.example/?jwt=TOKEN"},
	{"dots beyond the root", "/../../..//evil.example/", "https://acme.deskpro.com/evil.example/?jwt=TOKEN"},
	{"an escaped slash at the beginning", "/%2Fevil.example/", "https://acme.deskpro.com/%2Fevil.example/?jwt=TOKEN"},
	{"escaped dots", "/a/%2e%2e/b", "https://acme.deskpro.com/a/%2e%2e/b?jwt=TOKEN"},
	{"escaped dots, twice", "/a/%252e%252e/b", "https://acme.deskpro.com/a/%252e%252e/b?jwt=TOKEN"},
	{"a colon in a later segment", "/a/b:c", "https://acme.deskpro.com/a/b:c?jwt=TOKEN"},
	{"a host's name as a path", "evil.example/", "https://acme.deskpro.com/evil.example/?jwt=TOKEN"},
	{"an empty port", "https://acme.deskpro.com:/cb", "https://acme.deskpro.com/cb?jwt=TOKEN"},
	{"a network path in capitals", "//ACME.DESKPRO.COM:443/cb", "https://acme.deskpro.com/cb?jwt=TOKEN"},
	{"an escaped slash beside what must be escaped", "/a%2Fb|c?d|e", "https://acme.deskpro.com/a%2Fb%7Cc?d|e&jwt=TOKEN"},
	{"quotation marks in the path", `/"a"/<b>`, "https://acme.deskpro.com/%22a%22/%3Cb%3E?jwt=TOKEN"},
	{"nearly a token's name", "/?_jwt=1&jwt_=2&jwt.=3&jwt%5D=4&jjwt=5&jwt%09=6", "https://acme.deskpro.com/?_jwt=1&jwt_=2&jwt.=3&jwt%5D=4&jjwt=5&jwt%09=6&jwt=TOKEN"},
	{"a value of 3 KiB", "/?a=" + strings.Repeat("%41", 1024), "https://acme.deskpro.com/?a=" + strings.Repeat("%41", 1024) + "&jwt=TOKEN"},
}

func TestWhatLeadsABrowserElsewhereIsRefused(t *testing.T) {
	a := app(t, config())
	for _, row := range astray {
		t.Run(row.name, func(t *testing.T) {
			for _, base := range []string{a.Home(), page} {
				if _, origin := browse(base, row.raw); slices.Contains(a.Origins(), origin) {
					t.Errorf("by %q a browser at %s comes to %s", row.raw, base, origin)
				}
			}
			if r, err := a.ParseReturn(row.raw); !errors.Is(err, deskpro.ErrReturn) {
				t.Errorf("%q is read as %q (%v), want ErrReturn", row.raw, r.String(), err)
			}
		})
	}
}

func TestWhatNotAllReadAsABrowserDoesIsRefused(t *testing.T) {
	a := app(t, config())
	for _, row := range refusedAtHome {
		t.Run(row.name, func(t *testing.T) {
			if _, origin := browse(a.Home(), row.raw); !slices.Contains(a.Origins(), origin) {
				t.Errorf("by %q a browser goes to %q", row.raw, origin)
			}
			if r, err := a.ParseReturn(row.raw); !errors.Is(err, deskpro.ErrReturn) {
				t.Errorf("%q is read as %q (%v), want ErrReturn", row.raw, r.String(), err)
			}
		})
	}
}

func TestABrowserArrivesWithWhatWasAskedForAndOneToken(t *testing.T) {
	a := app(t, config())
	token := mint(t, a)
	for _, row := range passing {
		t.Run(row.name, func(t *testing.T) {
			r, err := a.ParseReturn(row.raw)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.ReplaceAll(r.With(token), token.Reveal(), "TOKEN"); got != row.want {
				t.Errorf("redirect goes to %q, want %q", got, row.want)
			}
			follow(t, a, row.raw, r, token)
		})
	}
}

// Whatever is accepted leads a browser, wherever it is, to the origin that it
// would have gone to by itself, which is one of the door's.
func FuzzReturnAgainstBrowser(f *testing.F) {
	for _, row := range astray {
		f.Add(row.raw)
	}
	for _, row := range refusedAtHome {
		f.Add(row.raw)
	}
	for _, row := range passing {
		f.Add(row.raw)
	}
	for _, raw := range []string{"https://xn--bcher-kva.example/", "http://[::1]:8080/", "http://127.0.0.1:8080/?a", "HTTP://LOCALHOST:8080"} {
		f.Add(raw)
	}
	apps := doors(f)
	token := mint(f, apps[0])
	f.Fuzz(func(t *testing.T, raw string) {
		for _, a := range apps {
			if r, err := a.ParseReturn(raw); err == nil {
				follow(t, a, raw, r, token)
			}
		}
	})
}
