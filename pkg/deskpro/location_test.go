package deskpro_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"deskpro-login/pkg/deskpro"
)

// pieces of queries: what people, browsers and attackers write there.
var pieces = strings.Fields(`a b return q t[] t[a][b] %C3%BC x%5B%5D 1 0 ü=%FC %2F %252F + %20 %2B %26 %3D %23 %3f %0d%0a %00 %
	%zz %u0041 = == ? / // : @ ; , ! ~ * ' " < > ( ) | ^ { } $ https://evil.example/ https%3A%2F%2Facme.deskpro.com%2F%3Fjwt%3Dx
	jwt=x;jwt tjwt jwt_ jwt. /new-ticket/ _ - . .. %2e%2e`)

// query is a random one of at most 30 parameters, empty ones among them, none of
// which PHP reads as the token.
func query(dice *rand.Rand) string {
	var pairs []string
	for range dice.IntN(30) {
		var pair strings.Builder
		for range dice.IntN(6) {
			piece := pieces[dice.IntN(len(pieces))]
			if strings.ContainsFunc(piece, func(r rune) bool { return r > '~' }) {
				continue
			}
			pair.WriteString(piece)
		}
		// A name begins with what no token's does and escapes nothing badly.
		pairs = append(pairs, []string{"p", "return", "t[]", "%C3%BC", "jwtx", "_jwt"}[dice.IntN(6)]+"="+pair.String())
		if dice.IntN(8) == 0 {
			pairs = append(pairs, "")
		}
	}
	return strings.Join(pairs, "&")
}

// The Location is the return URL, byte for byte, and one token behind it.
func TestARedirectIsTheReturnURLAndOneToken(t *testing.T) {
	a := app(t, config())
	token := mint(t, a)
	dice := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		path := []string{"/", "/login/authenticate-callback/1", "/a%2Fb", "/a//b", "/%C3%BC;x=1", "/a:b@c", "/a+b%20c", "/login/authenticate/3"}[dice.IntN(8)]
		asked := query(dice)
		want := "https://acme.deskpro.com" + path + "?" + asked
		if asked != "" && !strings.HasSuffix(asked, "&") {
			want += "&"
		}
		want += "jwt=" + token.Reveal()
		for _, origin := range []string{"", "https://acme.deskpro.com", "HTTPS://ACME.deskpro.com:443", "//acme.deskpro.com:"} {
			raw := origin + path + "?" + asked
			r, err := a.ParseReturn(raw)
			if err != nil {
				t.Fatalf("%q: %v", raw, err)
			}
			if got := r.With(token); got != want {
				t.Fatalf("%q redirects to\n %q, want\n %q", raw, got, want)
			}
			if got := r.With(token); got != want {
				t.Fatalf("a second redirect to %q goes to %q", raw, got)
			}
		}
	}
}

// spelled is the token's name as PHP reads it in one of its many ways.
func spelled(dice *rand.Rand) string {
	var name strings.Builder
	for range dice.IntN(3) {
		name.WriteString([]string{"+", "%20"}[dice.IntN(2)])
	}
	for _, letter := range []string{"j J %6a %6A %4a %4A", "w W %77 %57", "t T %74 %54"} {
		ways := strings.Fields(letter)
		name.WriteString(ways[dice.IntN(len(ways))])
	}
	return name.String() + []string{"", "[]", "[", "%5b", "%5B0%5D", "[a][b]", "%00", "%00x", "[%zz", "%00%"}[dice.IntN(10)]
}

func TestNoSpellingOfTheTokensNameIsTaken(t *testing.T) {
	a := app(t, config())
	dice := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		pairs := strings.Split(query(dice), "&")
		at := dice.IntN(len(pairs) + 1)
		theirs := spelled(dice) + []string{"", "=", "=x", "=eyJhbGciOiJub25lIn0.e30.", "=%26"}[dice.IntN(5)]
		raw := "/cb?" + strings.Join(append(pairs[:at:at], append([]string{theirs}, pairs[at:]...)...), "&")
		if r, err := a.ParseReturn(raw); !errors.Is(err, deskpro.ErrReturn) {
			t.Fatalf("%q is read as %q (%v), want ErrReturn for %q", raw, r.String(), err, theirs)
		}
	}
}

// An operator's address could hide a letter that lower case makes one of ours.
func TestAHelpdesksHostIsASCIIHoweverItIsEscaped(t *testing.T) {
	for _, host := range []string{"des%E2%84%AApro.example", "b%C3%BCcher.example", "acme%E3%80%82example"} {
		if _, err := deskpro.New(deskpro.Config{URL: "https://" + host, Issuer: "i"}); err == nil || !strings.Contains(err.Error(), "printable ASCII") {
			t.Errorf("%s: error = %v, want one that asks for ASCII", host, err)
		}
	}
}

// What is taken for an address is that and nothing else, so that no claim can say
// more than one person's.
func FuzzParseEmail(f *testing.F) {
	for _, raw := range []string{
		"ada+help@example.com", "Ada <a@b.example>", `"a b"@c.example`, "a@[127.0.0.1]", "a@b.example\n", "a@b,c@d", "a@b.example (x)", "=?utf-8?q?a?=@b.example", "a@b\x00.example", "@b:a@c", "a@b.example;c@d.example",
	} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		e, err := deskpro.ParseEmail(raw)
		if err != nil {
			if !errors.Is(err, deskpro.ErrClaims) || e.String() != "" {
				t.Errorf("%q: %q, %v", raw, e, err)
			}
			return
		}
		local, domain, _ := strings.Cut(raw, "@")
		if e.String() != raw || len(raw) > 254 || local == "" || domain == "" || strings.Contains(domain, "@") ||
			strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r > '~' }) || strings.ContainsAny(raw, `<>(),;:\"`) && !strings.Contains(domain, "[") {
			t.Errorf("%q is taken for an address: %q", raw, e)
		}
	})
}
