package deskpro_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/realpart"
)

// verifiers are the interpreters that make verify installs, and the scripts
// that each of them runs. The libraries are found through its environment.
var verifiers = []struct{ name, interpreter, script string }{
	{"plain PHP", "VERIFY_PHP", "verify.php"},
	{"jose", "VERIFY_NODE", "jose.mjs"},
	{"jsonwebtoken", "VERIFY_NODE", "jsonwebtoken.cjs"},
	{"PyJWT", "VERIFY_PYTHON", "verify.py"},
}

// presented is what a verifier is given on its standard input.
type presented struct {
	Token string `json:"token"`
	Key   string `json:"key"`
	Alg   string `json:"alg"`
}

// verify returns the claims that the script accepted, or why it refused.
func verify(t *testing.T, interpreter, script string, p presented) (claims map[string]any, refusal string) {
	t.Helper()
	stdin, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), interpreter, filepath.Join("..", "..", "infra", "verify", "jwt", script))
	cmd.Stdin = bytes.NewReader(stdin)
	stdout, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		why, refused := strings.CutPrefix(string(exit.Stderr), "refused: ")
		if exit.ExitCode() != 1 || !refused {
			t.Fatalf("%s broke (%v): %s", script, err, exit.Stderr)
		}
		return nil, why
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(stdout, &claims); err != nil {
		t.Fatalf("reading the claims that %s printed: %v", script, err)
	}
	return claims, ""
}

func eachVerifier(t *testing.T, test func(t *testing.T, verify func(*testing.T, presented) (map[string]any, string))) {
	for _, v := range verifiers {
		t.Run(v.name, func(t *testing.T) {
			interpreter := realpart.Address(t, v.interpreter)
			if v.interpreter == "VERIFY_NODE" {
				realpart.Address(t, "VERIFY_NODE_MODULES")
			}
			test(t, func(t *testing.T, p presented) (map[string]any, string) {
				t.Helper()
				return verify(t, interpreter, v.script, p)
			})
		})
	}
}

func TestOthersReadEachClaimAsItWentIn(t *testing.T) {
	type in struct{ name, first, last, email, group, department string }
	rows := map[string]struct {
		in
		algorithm string
	}{
		"a plain name":                       {in{name: "Ada Lovelace"}, "HS256"},
		"a plain name, by HS384":             {in{name: "Ada Lovelace"}, "HS384"},
		"a plain name, by HS512":             {in{name: "Ada Lovelace"}, "HS512"},
		"a first and a last name":            {in{first: "Ada", last: "Lovelace"}, "HS256"},
		"an apostrophe, straight and curled": {in{name: "Siobhán O'Neill-O’Dea", email: "o'neill@example.com"}, "HS256"},
		"a plus in the address":              {in{name: "Ada", email: "ada+desk+2@example.com"}, "HS256"},
		"emoji, joined and coloured":         {in{name: "Ada 👩🏽‍💻 🇨🇭", group: "👍"}, "HS256"},
		"right to left":                      {in{name: "עדה לאבלייס", first: "آدا", last: "لوفلايس"}, "HS256"},
		"beyond the basic plane":             {in{name: "𠮷野家 𝒜𝒹𝒶", department: "𐍈"}, "HS256"},
		"combining marks left apart":         {in{name: "Zoe\u0308 A\u030angstro\u0308m", department: "Z\u0353a\u0310"}, "HS256"},
		"what HTML and JSON escape":          {in{name: `<b>"A" & \B/</b>` + "\u2028\u2029", department: "a/b & c"}, "HS256"},
	}
	eachVerifier(t, func(t *testing.T, verify func(*testing.T, presented) (map[string]any, string)) {
		for name, row := range rows {
			t.Run(name, func(t *testing.T) {
				cfg := config()
				cfg.Algorithm = row.algorithm
				now := time.Now()
				claims := deskpro.Claims{ID: "7b1e-ü", Email: email(t, "ada@example.com"), Name: row.name, FirstName: row.first, LastName: row.last, Groups: []string{"staff"}}
				want := map[string]any{
					"id":     "7b1e-ü",
					"email":  "ada@example.com",
					"groups": []any{"staff"},
					"iss":    cfg.Issuer,
					"aud":    cfg.URL,
					"iat":    float64(now.Unix() - 5),
					"exp":    float64(now.Unix() + 120),
				}
				for claim, value := range map[string]string{"name": row.name, "first_name": row.first, "last_name": row.last, "department": row.department} {
					if value != "" {
						want[claim] = value
					}
				}
				if row.email != "" {
					claims.Email, want["email"] = email(t, row.email), row.email
				}
				if row.group != "" {
					claims.Groups, want["groups"] = []string{row.group}, []any{row.group}
				}
				if row.department != "" {
					claims.Attributes = map[string]string{"department": row.department}
				}

				token, err := app(t, cfg).Mint(key(t, secret), claims, now)
				if err != nil {
					t.Fatal(err)
				}
				got, refusal := verify(t, presented{token.Reveal(), secret, row.algorithm})
				if refusal != "" {
					t.Fatalf("refused: %s", refusal)
				}
				if jti, _ := got["jti"].(string); len(jti) < 22 {
					t.Errorf("jti = %q, want at least 128 bits", jti)
				}
				delete(got, "jti")
				if !reflect.DeepEqual(got, want) {
					t.Errorf("claims:\n got %q\nwant %q", got, want)
				}
			})
		}
	})
}

func TestOthersAcceptATokenOfAClockFourSecondsAhead(t *testing.T) {
	eachVerifier(t, func(t *testing.T, verify func(*testing.T, presented) (map[string]any, string)) {
		token, err := app(t, config()).Mint(key(t, secret), person(t), time.Now().Add(4*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		if _, refusal := verify(t, presented{token.Reveal(), secret, "HS256"}); refusal != "" {
			t.Errorf("refused: %s", refusal)
		}
	})
}

func TestOthersRefuseWhatTheyMust(t *testing.T) {
	mintAt := func(t *testing.T, c deskpro.Claims, at time.Time) string {
		t.Helper()
		token, err := app(t, config()).Mint(key(t, secret), c, at)
		if err != nil {
			t.Fatal(err)
		}
		return token.Reveal()
	}
	rows := map[string]struct {
		present func(t *testing.T) presented
		reason  string // a regular expression
	}{
		"a token of another key": {func(t *testing.T) presented {
			return presented{mintAt(t, person(t), time.Now()), "the-other-door-" + secret, "HS256"}
		}, `(?i)signature`},
		"a token of a key that lost its last byte": {func(t *testing.T) presented {
			return presented{mintAt(t, person(t), time.Now()), strings.TrimSuffix(secret, "y"), "HS256"}
		}, `(?i)signature`},
		"an expired token": {func(t *testing.T) presented {
			return presented{mintAt(t, person(t), time.Now().Add(-121*time.Second)), secret, "HS256"}
		}, `(?i)expired|"exp"`},
		"one person's claims under another's signature": {func(t *testing.T) presented {
			ada, eve := person(t), person(t)
			eve.ID = "u-2"
			theirs := strings.Split(mintAt(t, ada, time.Now()), ".")
			hers := strings.Split(mintAt(t, eve, time.Now()), ".")
			return presented{strings.Join([]string{hers[0], theirs[1], hers[2]}, "."), secret, "HS256"}
		}, `(?i)signature`},
		"a token of another algorithm than the configured": {func(t *testing.T) presented {
			return presented{mintAt(t, person(t), time.Now()), secret, "HS512"}
		}, `(?i)alg`},
	}
	eachVerifier(t, func(t *testing.T, verify func(*testing.T, presented) (map[string]any, string)) {
		for name, row := range rows {
			t.Run(name, func(t *testing.T) {
				claims, refusal := verify(t, row.present(t))
				if claims != nil {
					t.Fatalf("accepted: %q", claims)
				}
				if !regexp.MustCompile(row.reason).MatchString(refusal) {
					t.Errorf("refused because %q, want a reason like %s", refusal, row.reason)
				}
			})
		}
	})
}
