package deskpro_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/keyring"
)

const secret = "practice-key-practice-key-practice-key-practice-key-practice-key"

func person(t testing.TB) deskpro.Claims {
	return deskpro.Claims{
		ID: "u-1", Email: email(t, "ada+help@example.com"), Name: "Ada O'Neill",
		Groups: []string{"staff"}, Attributes: map[string]string{"department": "R&D", "shoe_size": "39"},
	}
}

func mint(t testing.TB, a *deskpro.App) deskpro.Token {
	t.Helper()
	token, err := a.Mint(key(t, secret), person(t), now)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// payload decodes a token without the package under test.
func payload(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("token has %d parts, want 3", len(parts))
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{}
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestTheTokenSaysThisAndNothingElse(t *testing.T) {
	got := payload(t, mint(t, app(t, config())).Reveal())
	jti, _ := got["jti"].(string)
	delete(got, "jti")
	want := map[string]any{
		"id": "u-1", "email": "ada+help@example.com", "name": "Ada O'Neill",
		"groups": []any{"staff"}, "department": "R&D",
		"iss": "acme-login", "aud": "https://acme.deskpro.com",
		"iat": float64(now.Unix() - 5), "exp": float64(now.Unix() + 120),
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("claims\n got %v\nwant %v", got, want)
	}
	if len(jti) < 26 { // 26 base32 characters carry 130 bits
		t.Errorf("jti %q carries under 128 bits", jti)
	}
}

func TestTheHeaderNamesOnlyTheAlgorithm(t *testing.T) {
	for _, alg := range []string{"HS256", "HS384", "HS512"} {
		cfg := config()
		cfg.Algorithm = alg
		head, _, _ := strings.Cut(mint(t, app(t, cfg)).Reveal(), ".")
		raw, err := base64.RawURLEncoding.DecodeString(head)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := string(raw), `{"alg":"`+alg+`","typ":"JWT"}`; got != want {
			t.Errorf("header = %s, want %s", got, want)
		}
	}
}

func TestEachTokenHasItsOwnJTI(t *testing.T) {
	a := app(t, config())
	seen := map[any]bool{}
	for range 100 {
		jti := payload(t, mint(t, a).Reveal())["jti"]
		if seen[jti] {
			t.Fatalf("jti %v twice", jti)
		}
		seen[jti] = true
	}
}

// names are what forms, claims and URLs are known to mangle.
var names = map[string]string{
	"an apostrophe":         "Siobhán O'Brien",
	"markup":                `<b>"Bob" & co</b>`,
	"emoji":                 "Zoë 👩‍🚀🏳️‍🌈",
	"right to left":         "دانا אבי",
	"beyond the BMP":        "𠮷田 𝒜da",
	"combining marks":       "Zoe\u0308 A\u030a",
	"line separators":       "a\u2028b\u2029c",
	"a backslash and quote": `\"\u0041`,
}

func TestNamesArriveExactly(t *testing.T) {
	a := app(t, config())
	for what, name := range names {
		t.Run(what, func(t *testing.T) {
			c := person(t)
			c.ID, c.Name, c.FirstName, c.LastName, c.Groups = name, name, name, name, []string{name}
			token, err := a.Mint(key(t, secret), c, now)
			if err != nil {
				t.Fatal(err)
			}
			got := payload(t, token.Reveal())
			for _, claim := range []string{"id", "name", "first_name", "last_name"} {
				if got[claim] != name {
					t.Errorf("%s = %q, want %q", claim, got[claim], name)
				}
			}
			if groups := got["groups"].([]any); groups[0] != name {
				t.Errorf("groups = %q, want %q", groups, name)
			}
		})
	}
}

func TestFirstAndLastNameStandInForTheName(t *testing.T) {
	c := person(t)
	c.Name, c.FirstName, c.LastName = "", "Ada", "Lovelace"
	token, err := app(t, config()).Mint(key(t, secret), c, now)
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Sorted(maps.Keys(payload(t, token.Reveal())))
	want := "aud department email exp first_name groups iat id iss jti last_name"
	if strings.Join(got, " ") != want {
		t.Errorf("claims %v, want %s", got, want)
	}
}

func TestMintRefuses(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*deskpro.Claims)
	}{
		{"claims without an id", func(c *deskpro.Claims) { c.ID = "" }},
		{"claims without an email", func(c *deskpro.Claims) { c.Email = deskpro.Email{} }},
		{"claims without any name", func(c *deskpro.Claims) { c.Name = "" }},
		{"a name of white space", func(c *deskpro.Claims) { c.Name = " \t" }},
		{"a first name alone", func(c *deskpro.Claims) { c.Name, c.FirstName = "", "Ada" }},
		{"an id that is not UTF-8", func(c *deskpro.Claims) { c.ID = "a\xff" }},
		{"an attribute that is not UTF-8", func(c *deskpro.Claims) { c.Attributes["department"] = "\xff" }},
		{"more groups than a URL can carry", func(c *deskpro.Claims) { c.Groups = strings.Fields(strings.Repeat("some-group ", 400)) }},
		{"a group that is not UTF-8", func(c *deskpro.Claims) { c.Groups = []string{"\xff"} }},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := person(t)
			row.change(&c)
			if _, err := app(t, config()).Mint(key(t, secret), c, now); !errors.Is(err, deskpro.ErrClaims) {
				t.Errorf("error = %v, want ErrClaims", err)
			}
		})
	}
}

func TestAKeyShorterThanTheHashDoesNotSign(t *testing.T) {
	for alg, need := range map[string]int{"HS256": 32, "HS384": 48, "HS512": 64} {
		cfg := config()
		cfg.Algorithm = alg
		a := app(t, cfg)
		if _, err := a.Mint(key(t, secret[:need]), person(t), now); err != nil {
			t.Errorf("%s with %d bytes: %v", alg, need, err)
		}
		if _, err := a.Mint(keyring.Key{}, person(t), now); !errors.Is(err, keyring.ErrUnusable) {
			t.Errorf("%s with no key: error = %v, want ErrUnusable", alg, err)
		}
		if need > 32 {
			if _, err := a.Mint(key(t, secret[:need-1]), person(t), now); !errors.Is(err, keyring.ErrUnusable) {
				t.Errorf("%s with %d bytes: error = %v, want ErrUnusable", alg, need-1, err)
			}
		}
	}
}

func TestVerify(t *testing.T) {
	a := app(t, config())
	sign := func(method jwt.SigningMethod, k any, change func(jwt.MapClaims)) string {
		claims := jwt.MapClaims{"id": "1", "email": "a@example.com", "name": "A", "iat": now.Unix(), "exp": now.Unix() + 60}
		change(claims)
		signed, err := jwt.NewWithClaims(method, claims).SignedString(k)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	as := func(change func(jwt.MapClaims)) string { return sign(jwt.SigningMethodHS256, []byte(secret), change) }
	same := func(jwt.MapClaims) {}
	for _, row := range []struct {
		name, token string
		ok          bool
	}{
		{"a token of ours is accepted", mint(t, a).Reveal(), true},
		{"a good token is accepted", as(same), true},
		{"another key is refused", sign(jwt.SigningMethodHS256, []byte(secret+"x"), same), false},
		{"another algorithm is refused", sign(jwt.SigningMethodHS512, []byte(secret), same), false},
		{"no algorithm is refused", sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, same), false},
		{"an issue time one second ahead is refused", as(func(c jwt.MapClaims) { c["iat"] = now.Unix() + 1 }), false},
		{"a not-before one second ahead is refused", as(func(c jwt.MapClaims) { c["nbf"] = now.Unix() + 1 }), false},
		{"an expiry right now is refused", as(func(c jwt.MapClaims) { c["exp"] = now.Unix() }), false},
		{"no expiry is refused", as(func(c jwt.MapClaims) { delete(c, "exp") }), false},
		{"no id is refused", as(func(c jwt.MapClaims) { delete(c, "id") }), false},
		{"no email is refused", as(func(c jwt.MapClaims) { delete(c, "email") }), false},
		{"no name is refused", as(func(c jwt.MapClaims) { delete(c, "name") }), false},
		{"a tampered payload is refused", strings.Replace(as(same), ".ey", ".eyJ", 1), false},
		{"nothing is refused", "", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := a.Verify(row.token, key(t, secret), now)
			if row.ok && err != nil {
				t.Error(err)
			}
			if !row.ok && !errors.Is(err, deskpro.ErrToken) {
				t.Errorf("error = %v, want ErrToken", err)
			}
		})
	}
}

func TestATokenIsRefusedAfterItsLifetime(t *testing.T) {
	cfg := config()
	cfg.Lifetime = 30 * time.Second
	a := app(t, cfg)
	token := mint(t, a).Reveal()
	for after, ok := range map[time.Duration]bool{-5 * time.Second: true, 0: true, 29 * time.Second: true, 30 * time.Second: false, -6 * time.Second: false} {
		if _, err := a.Verify(token, key(t, secret), now.Add(after)); (err == nil) != ok {
			t.Errorf("%v after minting: error = %v, want accepted %t", after, err, ok)
		}
	}
}

func TestATokenDoesNotPrint(t *testing.T) {
	token := mint(t, app(t, config()))
	if out := fmt.Sprintf("%v %+v %#v", token, token, token); strings.Contains(out, token.Reveal()) {
		t.Errorf("token printed: %s", out)
	}
}

func TestParseEmail(t *testing.T) {
	for _, good := range []string{"a@b.example", "ada+tag@example.com", "o'neill@example.com", "ana@xn--bcher-kva.example"} {
		if e, err := deskpro.ParseEmail(good); err != nil || e.String() != good {
			t.Errorf("ParseEmail(%q) = %q, %v", good, e, err)
		}
	}
	for _, bad := range []string{"", "ana@exámple.com", "аna@example.com", "ana@example.com\u200b", `"quoted local"@example.com`, "a", "a@", "@b", "Ada <a@b.example>", "<a@b.example>", " a@b.example", "a@b.example\n", "a@b.example, c@d.example", "a b@c.example", "a@b@c", "a@b.example (x)", strings.Repeat("a", 250) + "@b.example", "a\xff@b.example"} {
		if _, err := deskpro.ParseEmail(bad); !errors.Is(err, deskpro.ErrClaims) {
			t.Errorf("ParseEmail(%q): error = %v, want ErrClaims", bad, err)
		}
	}
}
