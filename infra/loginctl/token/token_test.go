package token_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"deskpro-login/infra/loginctl/token"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// secret is long enough for HS512, and looks like nothing but a random one.
const secret = "K4hTq9ZrXw2LmNb7VcDf3GjS8pYtEu6A1sQ0iOkRzHvBnMxCWaFgJlPyTeUdKrGh"

// claims are those of a token as the sign-in page makes it; rows change what they
// test.
func claims() map[string]any {
	return map[string]any{
		"id": "u-1", "email": "ada@example.com", "name": "Ada", "groups": []string{"staff"},
		"iss": "acme/users", "aud": "https://acme.deskpro.com",
		"iat": now.Unix() - 5, "exp": now.Unix() + 120, "jti": "2QZK7M4T3AMCMRVFDKQOR3DEKZ",
	}
}

func header() map[string]any { return map[string]any{"alg": "HS256", "typ": "JWT"} }

func part(v any) string {
	text, ok := v.(string)
	if !ok {
		encoded, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		text = string(encoded)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

// sign makes a token of a header and claims, which are JSON or become it.
func sign(method *jwt.SigningMethodHMAC, key string, header, claims any) string {
	signed := part(header) + "." + part(claims)
	signature, err := method.Sign(signed, []byte(key))
	if err != nil {
		panic(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// good is a token as the sign-in page makes it.
func good() string { return sign(jwt.SigningMethodHS256, secret, header(), claims()) }

func inspect(text string) token.Report { return token.Find(redact.New(text)).Inspect(now) }

// codes are those of findings, without repetition.
func codes(findings []token.Finding) string {
	seen := map[string]bool{}
	for _, f := range findings {
		seen[f.Code] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(seen)), " ")
}

// texts are all sentences of a report.
func texts(r token.Report) string {
	all := append(slices.Clone(r.Cut), r.Signature.WouldFit...)
	for _, f := range slices.Concat(r.Malformed, r.Refused, r.Unusual) {
		all = append(all, f.Text)
	}
	for _, f := range slices.Concat(r.Header, r.Claims) {
		all = append(all, f.Label+" "+f.Shown+" "+f.Means)
	}
	return strings.Join(all, "\n")
}

func TestATokenOfTheSignInPageIsAsItShouldBe(t *testing.T) {
	app, err := deskpro.New(deskpro.Config{URL: "https://acme.deskpro.com/", Issuer: "acme/users", Attributes: []string{"department"}})
	if err != nil {
		t.Fatal(err)
	}
	email, err := deskpro.ParseEmail("ada@example.com")
	if err != nil {
		t.Fatal(err)
	}
	key, err := keyring.ParseKey(redact.New(secret), "")
	if err != nil {
		t.Fatal(err)
	}
	made, err := app.Mint(key, deskpro.Claims{ID: "u-1", Email: email, Name: "Ada", Groups: []string{"staff"}, Attributes: map[string]string{"department": "R&D"}}, now)
	if err != nil {
		t.Fatal(err)
	}
	returns, err := app.ParseReturn("/login/authenticate-callback/1?return=%2Fnew-ticket%2F")
	if err != nil {
		t.Fatal(err)
	}
	for _, pasted := range []string{made.Reveal(), returns.With(made)} {
		found := token.Find(redact.New(pasted))
		r := found.Inspect(now)
		if len(r.Malformed)+len(r.Refused)+len(r.Unusual) > 0 || len(r.Claims) != 10 || r.Accepted != nil || r.Signature.Checked {
			t.Errorf("inspected it is %+v", r)
		}
		r, err = found.Verify(now, token.Check{Secret: redact.New(secret), Algorithm: "HS256", DeskproURL: "https://acme.deskpro.com/", Issuer: "acme/users"})
		if err != nil || r.Accepted == nil || !*r.Accepted || !r.Signature.Fits || len(r.Unusual) > 0 {
			t.Errorf("verified it is %+v, %v", r, err)
		}
	}
}

func TestEachClaimSaysWhatItMeans(t *testing.T) {
	c := claims()
	c["nbf"], c["department"], c["sub"] = now.Unix()-5, "R&D", "x"
	r := inspect(sign(jwt.SigningMethodHS256, secret, header(), c))
	for _, want := range []string{
		`alg "HS256" signed with a secret that both sides have, by HMAC and SHA-256`,
		`id "u-1" who this is on our side; it must never become somebody else's`,
		`email "ada@example.com" by this Deskpro finds the person, or makes a new one`,
		`name "Ada" what Deskpro calls the person`,
		`groups ["staff"] for the filters of Deskpro's usersource`,
		`department "R&D" an attribute, for the filters of Deskpro's usersource`,
		`iat 1795348795 made 5 seconds ago, at 2026-11-22 11:59:55 UTC`,
		`nbf 1795348795 good since 5 seconds ago, at 2026-11-22 11:59:55 UTC`,
		`exp 1795348920 good until 2026-11-22 12:02:00 UTC, for 2 minutes more; it lives 125 s`,
		`jti "2QZK7M4T3AMCMRVFDKQOR3DEKZ" its own number, by which a second use can be told`,
		`aud "https://acme.deskpro.com" the helpdesk that it is for`,
		`iss "acme/users" who made it`,
		`sub "x" whom it is about, by RFC 7519; Deskpro reads id instead`,
	} {
		if !slices.Contains(strings.Split(texts(r), "\n"), want) {
			t.Errorf("there is no %s in\n%s", want, texts(r))
		}
	}
	i := slices.IndexFunc(r.Claims, func(f token.Field) bool { return f.Name == "exp" })
	if got := r.Claims[i].Time; !got.Equal(now.Add(2 * time.Minute)) {
		t.Errorf("exp is the time %v", got)
	}
}

// With another moment to judge it at, the same token is another matter.
func TestATokensTimesAreJudgedAtAMoment(t *testing.T) {
	for _, row := range []struct {
		name        string
		after       time.Duration
		code, words string
	}{
		{"a second before it was made", -6 * time.Second, "iat_future", "its iat is 1 second from now, at 2026-11-22 11:59:55 UTC, and Deskpro's PHP takes none from the future, be it by a second: the clock of who signed it is ahead of this one, or this one is behind"},
		{"half a second before", -5500 * time.Millisecond, "iat_future", "less than a second from now"},
		{"as it was made", -5 * time.Second, "", ""},
		{"a second before it expires", 119 * time.Second, "", "good until 2026-11-22 12:02:00 UTC, for 1 second more"},
		{"as it expires", 120 * time.Second, "exp_passed", "it expired just now, at 2026-11-22 12:02:00 UTC; it lived 125 s"},
		{"three minutes after", 5 * time.Minute, "exp_passed", "it expired 3 minutes ago, at 2026-11-22 12:02:00 UTC; it lived 125 s"},
		{"years after", 3 * 365 * 24 * time.Hour, "exp_passed", "it expired 2 years 364 days ago"},
	} {
		r := token.Find(redact.New(good())).Inspect(now.Add(row.after))
		if codes(r.Refused) != row.code || !strings.Contains(texts(r), row.words) {
			t.Errorf("%s: %s, want %s, %s\n%s", row.name, codes(r.Refused), row.code, row.words, texts(r))
		}
	}
}

func TestSpansAreSaidInTwoUnits(t *testing.T) {
	const day = 24 * time.Hour
	for ago, want := range map[time.Duration]string{
		59 * time.Second: "59 seconds", time.Minute: "1 minute", 61 * time.Second: "1 minute 1 second", 59*time.Minute + 59*time.Second: "59 minutes 59 seconds",
		time.Hour + 30*time.Second: "1 hour", 25 * time.Hour: "1 day 1 hour", 365 * day: "1 year", 800 * day: "2 years 70 days", 250 * 365 * day: "more than 200 years",
	} {
		c := claims()
		delete(c, "iat")
		c["exp"] = now.Unix()
		r := token.Find(redact.New(sign(jwt.SigningMethodHS256, secret, header(), c))).Inspect(now.Add(ago))
		if got, want := r.Refused[0].Text, "it expired "+want+" ago, at 2026-11-22 12:00:00 UTC"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
