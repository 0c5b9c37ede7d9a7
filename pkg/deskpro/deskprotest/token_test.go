package deskprotest_test

import (
	"bytes"
	"log"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const callback = "/login/authenticate-callback/1?return=%2Fnew-ticket%2F"

// sign makes a token that Mint would not.
func sign(t *testing.T, method jwt.SigningMethod, key any, change func(jwt.MapClaims)) string {
	t.Helper()
	claims := jwt.MapClaims{
		"id": "u-1", "email": "ada@example.com", "name": "Ada", "jti": "1",
		"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	change(claims)
	token, err := jwt.NewWithClaims(method, claims).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestATokenIsRefusedWithTheReason(t *testing.T) {
	hs256 := func(change func(jwt.MapClaims)) func(*testing.T, *practice) string {
		return func(t *testing.T, _ *practice) string {
			return "&jwt=" + sign(t, jwt.SigningMethodHS256, []byte(secrets["users"]), change)
		}
	}
	unchanged := func(jwt.MapClaims) {}
	for _, row := range []struct {
		name  string
		query func(*testing.T, *practice) string
		want  string
	}{
		{"no token", func(*testing.T, *practice) string { return "" }, "0 jwt parameters"},
		{"an empty token", func(*testing.T, *practice) string { return "&jwt=" }, "malformed"},
		{"two tokens", func(t *testing.T, p *practice) string {
			return "&jwt=" + p.mint(t, secrets["users"]).Reveal() + "&jwt=" + p.mint(t, secrets["users"]).Reveal()
		}, "2 jwt parameters"},
		{"a token for the agents", func(t *testing.T, p *practice) string { return "&jwt=" + p.mint(t, secrets["agents"]).Reveal() }, "signature is invalid"},
		{"a token of algorithm none", func(t *testing.T, _ *practice) string {
			return "&jwt=" + sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, unchanged)
		}, "signing method none is invalid"},
		{"a token of another algorithm", func(t *testing.T, _ *practice) string {
			return "&jwt=" + sign(t, jwt.SigningMethodHS512, []byte(secrets["users"]), unchanged)
		}, "signing method HS512 is invalid"},
		{"an expired token", hs256(func(c jwt.MapClaims) { c["exp"] = now.Unix() }), "expired"},
		{"a token without an expiry", hs256(func(c jwt.MapClaims) { delete(c, "exp") }), "exp claim is required"},
		{"a token from the future", hs256(func(c jwt.MapClaims) { c["iat"] = now.Unix() + 1 }), "used before issued"},
		{"a token without a jti", hs256(func(c jwt.MapClaims) { delete(c, "jti") }), "jti"},
		{"a token without an email", hs256(func(c jwt.MapClaims) { delete(c, "email") }), "no email"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, b := setUp(t), newBrowser(t)
			query := row.query(t, p)
			answer := b.get(p.url + callback + query)
			wantPage(t, answer, http.StatusForbidden, "<h1>Login refused</h1>", row.want)
			if token := strings.TrimPrefix(query, "&jwt="); token != "" {
				wantNot(t, answer, token)
			}
			if got := answer.header.Get("Set-Cookie"); got != "" {
				t.Errorf("Set-Cookie = %q, want none", got)
			}
			wantPage(t, b.get(p.url+"/"), http.StatusOK, "Nobody is signed in here.")
			again := b.follow(answer, "Try again")
			wantPage(t, again, http.StatusOK, "<h1>Signed in</h1>", "Continue to /new-ticket/")
		})
	}
}

func TestAnAcceptedTokenIsNotShown(t *testing.T) {
	p := setUp(t)
	token := p.mint(t, secrets["users"]).Reveal()
	answer := newBrowser(t).get(p.url + callback + "&jwt=" + token)
	wantPage(t, answer, http.StatusOK)
	parts := strings.Split(token, ".")
	wantNot(t, answer, parts[1], parts[2])
}

func TestNothingIsLogged(t *testing.T) {
	var out bytes.Buffer
	log.SetOutput(&out) // slog's default goes there too
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	p, b := setUp(t), newBrowser(t)
	target := p.url + callback + "&jwt=" + p.mint(t, secrets["users"]).Reveal()
	wantPage(t, b.get(target), http.StatusOK)
	wantPage(t, b.get(target), http.StatusForbidden)
	wantPage(t, b.do(http.MethodPost, p.url+"/logout", nil), http.StatusOK)
	if out.Len() > 0 {
		t.Errorf("logged:\n%s", &out)
	}
}

func TestClaimsAreShownByNameWithTheirMarkupEscaped(t *testing.T) {
	p := setUp(t)
	token := sign(t, jwt.SigningMethodHS256, []byte(secrets["users"]), func(c jwt.MapClaims) {
		c["name"] = `<script>alert("1")</script>`
		c["groups"] = []string{"<b>staff</b>", "R&D"}
		c["<i>claim</i>"] = "x"
		c["jti"] = "</table><h1>"
	})
	answer := newBrowser(t).get(p.url + callback + "&jwt=" + token)
	wantPage(t, answer, http.StatusOK,
		"<td><bdi>&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;</bdi></td>",
		"<td><bdi>[&#34;&lt;b&gt;staff&lt;/b&gt;&#34;,&#34;R&amp;D&#34;]</bdi></td>",
		"<bdi>&lt;i&gt;claim&lt;/i&gt;</bdi>",
		"<td><bdi>1795348800</bdi> <small>2026-11-22 12:00:00 UTC</small></td>")
	wantNot(t, answer, "<script", "<b>", "<i>", "</table><h1>")

	var names []string
	for _, found := range regexp.MustCompile(`<th scope="row"><bdi>([^<]*)</bdi>`).FindAllStringSubmatch(answer.body, -1) {
		names = append(names, found[1])
	}
	want := []string{"&lt;i&gt;claim&lt;/i&gt;", "email", "exp", "groups", "iat", "id", "jti", "name"}
	if !slices.Equal(names, want) {
		t.Errorf("claims %q, want %q", names, want)
	}
}

func TestAnAlgorithmsNameCannotBringMarkup(t *testing.T) {
	p := setUp(t)
	// {"alg":"<script>","typ":"JWT"}
	answer := newBrowser(t).get(p.url + callback + "&jwt=eyJhbGciOiI8c2NyaXB0PiIsInR5cCI6IkpXVCJ9.e30.")
	wantPage(t, answer, http.StatusForbidden, "<h1>Login refused</h1>")
	wantNot(t, answer, "<script")
}

func TestAPersonWithoutANameIsCalledByFirstAndLastName(t *testing.T) {
	p := setUp(t)
	token := sign(t, jwt.SigningMethodHS256, []byte(secrets["users"]), func(c jwt.MapClaims) {
		maps.Copy(c, jwt.MapClaims{"name": "", "first_name": "Ada", "last_name": "Lovelace"})
	})
	wantPage(t, newBrowser(t).get(p.url+callback+"&jwt="+token), http.StatusOK, "<bdi>Ada Lovelace (ada@example.com)</bdi>")
}
