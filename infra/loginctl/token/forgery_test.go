package token_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"deskpro-login/infra/loginctl/token"
)

// What has fooled other verifiers. Each is refused, by a word of its own, as the
// sign-in page's own judge refuses it.
func TestForgeriesAreRefused(t *testing.T) {
	head, body, signature := pieces(good())
	const public = "-----BEGIN PUBLIC KEY-----MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE-----END PUBLIC KEY-----"
	odd := func(key string, header, claims any) string { return sign(jwt.SigningMethodHS256, key, header, claims) }
	expired := strings.TrimSuffix(string(mustDecode(t, body)), "}") + `,"exp":1}`
	for name, text := range map[string]string{
		"none after a good algorithm":               odd(secret, `{"alg":"HS256","alg":"none"}`, claims()),
		"a good algorithm after none, unsigned":     part(`{"alg":"none","alg":"HS256"}`) + "." + body + ".",
		"an algorithm that is null":                 odd(secret, `{"alg":null}`, claims()),
		"an algorithm that is a list":               odd(secret, `{"alg":["HS256"]}`, claims()),
		"an algorithm with a space":                 odd(secret, `{"alg":"HS256 "}`, claims()),
		"an algorithm under another name":           odd(secret, `{"Alg":"HS256"}`, claims()),
		"a public key for a secret":                 odd(public, header(), claims()),
		"a public key for a secret, said to be RSA": odd(public, changes{"alg": "RS256"}, claims()),
		"an empty file for a secret, by its name":   odd("", changes{"alg": "HS256", "kid": "/dev/null"}, claims()),
		"a secret that it brings itself":            odd("brought", changes{"alg": "HS256", "jwk": changes{"kty": "oct", "k": base64.RawURLEncoding.EncodeToString([]byte("brought"))}}, claims()),
		"a secret at an address of its own":         odd("brought", changes{"alg": "HS256", "jku": "https://evil.example", "x5u": "https://evil.example"}, claims()),
		"another token's signature":                 head + "." + part(set(changes{"id": "u-2"})) + "." + signature,
		"another token for claims":                  odd(secret, changes{"alg": "HS256", "cty": "JWT"}, good()),
		"an expiry that is past, after a good one":  odd(secret, header(), expired),
		"an expiry that is a list":                  odd(secret, header(), set(changes{"exp": []int64{now.Unix() + 60}})),
		"an expiry that is no number of JSON":       odd(secret, header(), `{"id":"u-1","email":"a@example.com","name":"A","exp":NaN}`),
		"an expiry beyond any number":               odd(secret, header(), `{"id":"u-1","email":"a@example.com","name":"A","exp":1e999}`),
		"a signature that got a byte":               head + "." + body + "." + signature + "AA",
		"a signature that lost a character":         good()[:len(good())-1],
		"two signatures in JSON":                    `{"payload":"` + body + `","signatures":[{"protected":"` + part(`{"alg":"none"}`) + `","signature":""},{"protected":"` + head + `","signature":"` + signature + `"}]}`,
		"encryption that nobody can undo":           part(changes{"alg": "dir", "enc": "A256GCM"}) + "..AAAA." + body + ".AAAA",
		"encryption in three parts":                 part(changes{"alg": "dir", "enc": "A256GCM"}) + "." + body + "." + signature,
	} {
		for _, algorithm := range []string{"", "HS256", "HS512"} {
			r := verify(t, text, secret, now, token.Check{Algorithm: algorithm})
			if *r.Accepted || codes(r.Malformed)+codes(r.Refused) == "" || codes(r.Refused) == "refused" {
				t.Errorf("%s, with the algorithm %q told: accepted %t, malformed %s, refused for %s", name, algorithm, *r.Accepted, codes(r.Malformed), codes(r.Refused))
			}
		}
		if !strings.HasPrefix(text, "{") { // a token is found within JSON that is pasted
			agree(t, name, text, secret, "HS256", now)
		}
	}
}

func mustDecode(t *testing.T, piece string) []byte {
	t.Helper()
	decoded, err := base64.RawURLEncoding.DecodeString(piece)
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}
