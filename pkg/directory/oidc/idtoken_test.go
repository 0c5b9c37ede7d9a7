package oidc_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"deskpro-login/pkg/directory"
)

var noon = time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)

func TestIDTokensAreChecked(t *testing.T) {
	set := func(name string, value any) func(map[string]any) {
		return func(claims map[string]any) { claims[name] = value }
	}
	drop := func(name string) func(map[string]any) {
		return func(claims map[string]any) { delete(claims, name) }
	}
	at := func(d time.Duration) int64 { return noon.Add(d).Unix() }
	for _, row := range []struct {
		name  string
		claim func(map[string]any)
		want  string // in the error; empty: accepted
	}{
		{"another issuer", set("iss", "https://id.example.com/other"), "iss"},
		{"an issuer that only begins right", set("iss", issuer+"/x"), "iss"},
		{"an issuer with a slash after it", set("iss", issuer+"/"), "iss"},
		{"an issuer in upper case", set("iss", strings.ToUpper(issuer)), "iss"},
		{"no issuer", drop("iss"), "iss"},
		{"an issuer that is a list", set("iss", []string{issuer}), "iss"},

		{"another client's audience", set("aud", "other"), "aud"},
		{"a list of our audience alone", set("aud", []string{clientID}), ""},
		{"a list of our audience and another", set("aud", []string{clientID, "other"}), "aud"},
		{"a list of our audience twice", set("aud", []string{clientID, clientID}), "aud"},
		{"an empty list of audiences", set("aud", []string{}), "aud"},
		{"an audience that is a number", set("aud", 1), "aud"},
		{"no audience", drop("aud"), "aud"},
		{"Aud in place of aud", func(c map[string]any) { delete(c, "aud"); c["Aud"] = clientID }, "aud"},
		{"our client as the authorised party", set("azp", clientID), ""},
		{"another authorised party", set("azp", "other"), "azp"},
		{"an authorised party that is null", set("azp", nil), "azp"},

		{"an expiry that has passed", set("exp", at(-time.Second)), "exp"},
		{"an expiry that is now", set("exp", at(0)), "exp"},
		{"an expiry in a second", set("exp", at(time.Second)), ""},
		{"an expiry with a fraction", set("exp", float64(at(time.Minute))+0.5), ""},
		{"no expiry", drop("exp"), "exp"},
		{"an expiry that is text", set("exp", "tomorrow"), "exp"},
		{"an expiry that is negative", set("exp", -1), "exp is no time"},
		{"an expiry beyond all time", set("exp", 1e300), "exp is no time"},
		{"a time of issue within the leeway", set("iat", at(4*time.Minute)), ""},
		{"a time of issue in the future", set("iat", at(6*time.Minute)), "iat"},
		{"no time of issue", drop("iat"), "iat"},
		{"a start in the future", set("nbf", at(6*time.Minute)), "nbf"},
		{"a start that is text", set("nbf", "now"), "nbf"},
		{"a start in the past", set("nbf", at(-time.Hour)), ""},

		{"another nonce", set("nonce", "another"), "nonce"},
		{"an empty nonce", set("nonce", ""), "nonce"},
		{"a nonce that is a list", set("nonce", []string{"x"}), "nonce"},
		{"no nonce", drop("nonce"), "nonce"},

		{"another access token's hash", set("at_hash", "MTIzNDU2Nzg5MDEyMzQ1Ng"), "at_hash"},
		{"a hash that is a number", set("at_hash", 7), "malformed"},
		{"no hash", drop("at_hash"), ""},

		{"another use", set("token_use", "access"), `token_use is not "id"`},
		{"no use", drop("token_use"), `token_use is not "id"`},
		{"no sub", drop("sub"), "sub"},
		{"a sub that is a number", set("sub", 7), "sub"},
		{"an email that is a list", set("email", []string{"needle"}), "claim email"},
		{"groups that are text", set("cognito:groups", "needle"), "claim cognito:groups"},
		{"claims that are kept elsewhere", set("_claim_names", map[string]string{"email": "src1"}), "malformed"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := startProvider(t)
			p.now = func() time.Time { return noon }
			p.claims = func(claims map[string]any) {
				claims["token_use"] = "id"
				row.claim(claims)
			}
			config := p.config()
			config.Required = map[string]string{"token_use": "id"}
			_, err := p.signIn(t, open(t, config))
			if row.want == "" {
				if err != nil {
					t.Errorf("got %v, want a user", err)
				}
				return
			}
			if !errors.Is(err, directory.ErrFederation) || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want ErrFederation about %s", err, row.want)
			}
		})
	}
}

func TestOnlyTheIssuersSignatureCounts(t *testing.T) {
	segment := func(v any) string {
		encoded, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(encoded)
	}
	publicKey := func(key signingKey) []byte {
		der, err := x509.MarshalPKIXPublicKey(&key.key.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	}
	stranger := newKey(t, 2)
	for _, row := range []struct {
		name string
		sign func(jwt.MapClaims, signingKey) string
		want string
	}{
		{"alg none without a signature", func(c jwt.MapClaims, key signingKey) string {
			return segment(map[string]string{"alg": "none", "kid": key.id}) + "." + segment(c) + "."
		}, "RS256"},
		{"alg none with a signature", func(c jwt.MapClaims, key signingKey) string {
			return segment(map[string]string{"alg": "none", "kid": key.id}) + "." + segment(c) + ".AAAA"
		}, "RS256"},
		{"HS256 with our secret", func(c jwt.MapClaims, key signingKey) string {
			return signed(jwt.SigningMethodHS256, c, key.id, []byte(clientSecret))
		}, "RS256"},
		{"HS256 with the public key in PEM", func(c jwt.MapClaims, key signingKey) string {
			return signed(jwt.SigningMethodHS256, c, key.id, publicKey(key))
		}, "RS256"},
		{"HS256 with the public key's modulus", func(c jwt.MapClaims, key signingKey) string {
			return signed(jwt.SigningMethodHS256, c, key.id, key.key.N.Bytes())
		}, "RS256"},
		{"RS512 with the right key", func(c jwt.MapClaims, key signingKey) string {
			return signed(jwt.SigningMethodRS512, c, key.id, key.key)
		}, "RS256"},
		{"PS256 with the right key", func(c jwt.MapClaims, key signingKey) string {
			return signed(jwt.SigningMethodPS256, c, key.id, key.key)
		}, "RS256"},
		{"a stranger's key under the right id", func(c jwt.MapClaims, key signingKey) string {
			return signed(jwt.SigningMethodRS256, c, key.id, stranger.key)
		}, "no key of the issuer"},
		{"a stranger's key under its own id", func(c jwt.MapClaims, _ signingKey) string {
			return signRS256(c, stranger)
		}, "no key of the issuer"},
		{"a stranger's key within the token", func(c jwt.MapClaims, key signingKey) string {
			token := jwt.NewWithClaims(jwt.SigningMethodRS256, c)
			token.Header["kid"] = "own"
			token.Header["jwk"] = map[string]string{
				"kty": "RSA", "kid": "own", "e": "AQAB", "n": base64.RawURLEncoding.EncodeToString(stranger.key.N.Bytes()),
			}
			text, err := token.SignedString(stranger.key)
			if err != nil {
				t.Error(err)
			}
			return text
		}, "no key of the issuer"},
		{"claims changed after signing", func(c jwt.MapClaims, key signingKey) string {
			parts := strings.Split(signRS256(c, key), ".")
			c["sub"] = "id-admin"
			return parts[0] + "." + segment(c) + "." + parts[2]
		}, "no key of the issuer"},
		{"a header that needs what we do not know", func(c jwt.MapClaims, key signingKey) string {
			token := jwt.NewWithClaims(jwt.SigningMethodRS256, c)
			token.Header["kid"], token.Header["crit"], token.Header["x"] = key.id, []string{"x"}, 1
			text, err := token.SignedString(key.key)
			if err != nil {
				t.Error(err)
			}
			return text
		}, "no key of the issuer"},
		{"the signature left out", func(c jwt.MapClaims, key signingKey) string {
			text := signRS256(c, key)
			return text[:strings.LastIndex(text, ".")+1]
		}, "no key of the issuer"},
		{"two parts", func(c jwt.MapClaims, key signingKey) string {
			text := signRS256(c, key)
			return text[:strings.LastIndex(text, ".")]
		}, "no JWT"},
		{"the JSON form of a signature", func(c jwt.MapClaims, key signingKey) string {
			parts := strings.Split(signRS256(c, key), ".")
			return `{"protected":"` + parts[0] + `","payload":"` + parts[1] + `","signature":"` + parts[2] + `"}`
		}, "no JWT"},
		{"the JSON form around dots", func(c jwt.MapClaims, key signingKey) string {
			parts := strings.Split(signRS256(c, key), ".")
			return `{"x":".` + parts[1] + `.","protected":"` + parts[0] + `","payload":"` + parts[1] + `","signature":"` + parts[2] + `"}`
		}, "no JWT"},
		{"a payload that is null", func(jwt.MapClaims, signingKey) string {
			return segment(map[string]string{"alg": "RS256"}) + ".bnVsbA.AAAA"
		}, "no JSON object"},
		{"a payload that is no base64", func(jwt.MapClaims, signingKey) string { return "e30.!!.e30" }, "no JWT"},
		{"a token of words", func(jwt.MapClaims, signingKey) string { return "tokens are off today" }, "no JWT"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := startProvider(t)
			p.sign = row.sign
			_, err := p.signIn(t, open(t, p.config()))
			if !errors.Is(err, directory.ErrFederation) || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want ErrFederation about %q", err, row.want)
			}
		})
	}
}

func TestEachIssuerHasItsOwnKeys(t *testing.T) {
	const other = "https://id.example.com/other"
	p, q := startProvider(t), startProvider(t)
	q.keys = []signingKey{newKey(t, 1)}
	config := p.config()
	config.Issuers[other] = q.server.URL + "/keys"
	federation := open(t, config)
	p.claims = func(claims map[string]any) { claims["iss"] = other }
	if _, err := p.signIn(t, federation); !errors.Is(err, directory.ErrFederation) {
		t.Errorf("signed by another issuer's key: %v, want ErrFederation", err)
	}
	p.keys = q.keys
	if _, err := p.signIn(t, federation); err != nil {
		t.Errorf("signed by its own key: %v", err)
	}
}

func TestAPersonHasAVerifiedEmailAndAName(t *testing.T) {
	blank := []string{"name", "given_name", "family_name"}
	for _, row := range []struct {
		name   string
		claims map[string]any
		want   func(*directory.User)
		err    error
	}{
		{"a name", map[string]any{"name": "M. Ó Briain", "nickname": "mo"}, func(u *directory.User) { u.Name = "M. Ó Briain" }, nil},
		{"a first and a last name", map[string]any{"given_name": "Mara", "family_name": "Ó Briain", "nickname": "mo"}, func(u *directory.User) { u.FirstName, u.LastName = "Mara", "Ó Briain" }, nil},
		{"a first name alone", map[string]any{"given_name": "Mara", "nickname": "mo"}, func(u *directory.User) { u.Name, u.FirstName = "Mara", "Mara" }, nil},
		{"a last name alone", map[string]any{"family_name": "Ó Briain", "nickname": "mo"}, func(u *directory.User) { u.Name, u.LastName = "Ó Briain", "Ó Briain" }, nil},
		{"a user name", map[string]any{"preferred_username": "mara.ob", "nickname": "mo"}, func(u *directory.User) { u.Name = "mara.ob" }, nil},
		{"a nickname", map[string]any{"nickname": "mo", "name": "  "}, func(u *directory.User) { u.Name = "mo" }, nil},
		{"a nickname of another type", map[string]any{"nickname": []string{"mo"}}, func(u *directory.User) { u.Name = "mara" }, nil},
		{"nothing but the email address", nil, func(u *directory.User) { u.Name = "mara" }, nil},

		{"a verification as text", map[string]any{"email_verified": "true", "name": "M"}, func(u *directory.User) { u.Name = "M" }, nil},
		{"an email that is not verified", map[string]any{"email_verified": false, "name": "M"}, nil, directory.ErrUnverifiedEmail},
		{"an email that is not verified, and no name", map[string]any{"email_verified": "false"}, nil, directory.ErrUnverifiedEmail},
		{"an email of which nothing is said", map[string]any{"email_verified": nil, "name": "M"}, nil, directory.ErrUnverifiedEmail},
		{"no email", map[string]any{"email": nil, "name": "M"}, nil, directory.ErrIncomplete},
		{"an email that is none", map[string]any{"email": "needle", "name": "M"}, nil, directory.ErrIncomplete},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := startProvider(t)
			p.claims = func(claims map[string]any) {
				for _, name := range blank {
					delete(claims, name)
				}
				for name, value := range row.claims {
					claims[name] = value
				}
			}
			got, err := p.signIn(t, open(t, p.config()))
			if row.err != nil {
				if !errors.Is(err, row.err) {
					t.Errorf("got %v, want %v", err, row.err)
				}
				return
			}
			want := directory.User{ID: "id-mara", Email: "mara@example.com", Groups: []string{"agents"}}
			row.want(&want)
			if err != nil || !reflect.DeepEqual(*got, want) {
				t.Errorf("got %+v, %v, want %+v", got, err, want)
			}
		})
	}
}
