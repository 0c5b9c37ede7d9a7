package deskpro_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/deskpro"
)

func b64(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// forge signs what is given by hand, however odd: no library would.
func forge(hash crypto.Hash, key, header, payload string) string {
	signed := b64(header) + "." + b64(payload)
	mac := hmac.New(hash.New, []byte(key))
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

const hs256 = `{"alg":"HS256","typ":"JWT"}`

// nudged has stray bits after the same 32 bytes.
func nudged(token string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := len(token) - 1
	return token[:last] + string(alphabet[strings.IndexByte(alphabet, token[last])+1])
}

// said is a good token's payload, with members after its own.
func said(members string) string {
	return fmt.Sprintf(`{"id":"u-1","email":"ada@example.com","name":"Ada","iat":%d,"exp":%d%s}`, now.Unix(), now.Unix()+60, members)
}

// A hand that forges well makes what is accepted: else the rows below would show
// nothing.
func TestATokenMadeByHandIsAccepted(t *testing.T) {
	a := app(t, config())
	for name, token := range map[string]string{
		"as others write it":                    forge(crypto.SHA256, secret, hs256, said("")),
		"with white space in its JSON":          forge(crypto.SHA256, secret, " {\n\"alg\" : \"HS256\" } ", "\t"+said("")+"\n"),
		"with a header that says more than alg": forge(crypto.SHA256, secret, `{"alg":"HS256","kid":"1","cty":"x"}`, said("")),
		"with several audiences":                forge(crypto.SHA256, secret, hs256, said(`,"aud":["https://acme.deskpro.com","x"]`)),
		"with an expiry that has a fraction":    forge(crypto.SHA256, secret, hs256, said(fmt.Sprintf(`,"exp":%d.5`, now.Unix()+60))),
		// What Deskpro's PHP passes over, too; only who has the key can sign it.
		"with a crit":                             forge(crypto.SHA256, secret, `{"alg":"HS256","crit":["b64"],"b64":false}`, said("")),
		"with none before a good alg":             forge(crypto.SHA256, secret, `{"alg":"none","alg":"HS256"}`, said("")),
		"with stray bits after its signature":     nudged(forge(crypto.SHA256, secret, hs256, said(""))),
		"with a good expiry after an expired one": forge(crypto.SHA256, secret, hs256, `{"exp":1,`+said("")[1:]),
	} {
		if _, err := a.Verify(token, key(t, secret), now); err != nil {
			t.Errorf("a token %s: %v", name, err)
		}
	}
}

func TestAForgedTokenIsRefused(t *testing.T) {
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&stranger.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	public := strings.TrimSpace(string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
	byPrivateKey := func(header string) string {
		signed := b64(header) + "." + b64(said(""))
		sum := sha256.Sum256([]byte(signed))
		signature, err := rsa.SignPKCS1v15(nil, stranger, crypto.SHA256, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
	}
	good := forge(crypto.SHA256, secret, hs256, said(""))
	head, rest, _ := strings.Cut(good, ".")
	body, signature, _ := strings.Cut(rest, ".")
	with := func(members string) string { return forge(crypto.SHA256, secret, hs256, said(members)) }
	unsigned := func(header string) string { return b64(header) + "." + body + "." }
	asJSON := func(v any) string {
		encoded, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(encoded)
	}
	later := now.Unix() + 60

	rows := map[string]string{
		"by alg none":                             unsigned(`{"alg":"none"}`),
		"by alg None":                             unsigned(`{"alg":"None"}`),
		"by alg nOnE":                             unsigned(`{"alg":"nOnE"}`),
		"by alg NONE":                             unsigned(`{"alg":"NONE"}`),
		"by alg none, with a signature":           unsigned(`{"alg":"none"}`) + signature,
		"by alg none, with the secret's":          forge(crypto.SHA256, secret, `{"alg":"none"}`, said("")),
		"by an empty alg":                         forge(crypto.SHA256, secret, `{"alg":""}`, said("")),
		"without an alg":                          forge(crypto.SHA256, secret, `{"typ":"JWT"}`, said("")),
		"by an alg that is null":                  forge(crypto.SHA256, secret, `{"alg":null}`, said("")),
		"by an alg that is a list":                forge(crypto.SHA256, secret, `{"alg":["HS256"]}`, said("")),
		"by an alg in small letters":              forge(crypto.SHA256, secret, `{"alg":"hs256"}`, said("")),
		"by an alg with a space":                  forge(crypto.SHA256, secret, `{"alg":"HS256 "}`, said("")),
		"by an alg under another name":            forge(crypto.SHA256, secret, `{"Alg":"HS256"}`, said("")),
		"by HS384, though HS256 is set":           forge(crypto.SHA384, secret, `{"alg":"HS384"}`, said("")),
		"by HS512, though HS256 is set":           forge(crypto.SHA512, secret, `{"alg":"HS512"}`, said("")),
		"by HS512, though it says HS256":          forge(crypto.SHA512, secret, hs256, said("")),
		"by HS256, though it says HS512":          forge(crypto.SHA256, secret, `{"alg":"HS512"}`, said("")),
		"by RS256":                                byPrivateKey(`{"alg":"RS256"}`),
		"by RS256, though it says HS256":          byPrivateKey(hs256),
		"by HS256 with a public key for a secret": forge(crypto.SHA256, public, hs256, said("")),
		"by a good alg after none, unsigned":      unsigned(`{"alg":"none","alg":"HS256"}`),
		"by none after a good alg":                forge(crypto.SHA256, secret, `{"alg":"HS256","alg":"none"}`, said("")),
		"by an empty secret":                      forge(crypto.SHA256, "", hs256, said("")),

		"with a stranger's key within":                    byPrivateKey(`{"alg":"RS256","jwk":{"kty":"RSA","e":"AQAB","n":"` + b64(string(stranger.N.Bytes())) + `"}}`),
		"with a stranger's secret within":                 forge(crypto.SHA256, "stranger", `{"alg":"HS256","jwk":{"kty":"oct","k":"`+b64("stranger")+`"}}`, said("")),
		"with an address of keys":                         byPrivateKey(`{"alg":"RS256","jku":"https://evil.example/keys"}`),
		"with an address of certificates":                 byPrivateKey(`{"alg":"RS256","x5u":"https://evil.example/cert"}`),
		"with a certificate within":                       byPrivateKey(`{"alg":"RS256","x5c":["` + base64.StdEncoding.EncodeToString(der) + `"]}`),
		"with the path of an empty file for a key":        forge(crypto.SHA256, "", `{"alg":"HS256","kid":"../../../../dev/null"}`, said("")),
		"with a query for a key":                          forge(crypto.SHA256, "x", `{"alg":"HS256","kid":"' UNION SELECT 'x"}`, said("")),
		"with a header that is a list":                    forge(crypto.SHA256, secret, `["HS256"]`, said("")),
		"with a header that is null":                      forge(crypto.SHA256, secret, `null`, said("")),
		"with something after its header":                 forge(crypto.SHA256, secret, hs256+"x", said("")),
		"with something after its payload":                forge(crypto.SHA256, secret, hs256, said("")+"{}"),
		"with another token for a payload":                forge(crypto.SHA256, secret, `{"alg":"HS256","cty":"JWT"}`, good),
		"with a payload that is a list":                   forge(crypto.SHA256, secret, hs256, "["+said("")+"]"),
		"with a payload that is null":                     forge(crypto.SHA256, secret, hs256, "null"),
		"with claims under other names":                   forge(crypto.SHA256, secret, hs256, strings.NewReplacer(`"id"`, `"ID"`, `"exp"`, `"EXP"`).Replace(said(""))),
		"with an expired exp after a good one":            with(`,"exp":1`),
		"with an empty id after a good one":               with(`,"id":""`),
		"with a list for an id after a good one":          with(`,"id":["u-1"]`),
		"with an email that is an object":                 with(`,"email":{"a":"ada@example.com"}`),
		"with an exp that is text":                        with(fmt.Sprintf(`,"exp":"%d"`, later)),
		"with an exp that is null":                        with(`,"exp":null`),
		"with an exp that is true":                        with(`,"exp":true`),
		"with an exp that is a list":                      with(fmt.Sprintf(`,"exp":[%d]`, later)),
		"with an exp of 0":                                with(`,"exp":0`),
		"with an exp that is negative":                    with(fmt.Sprintf(`,"exp":-%d`, later)),
		"with an exp that is NaN":                         with(`,"exp":NaN`),
		"with an exp that is infinite":                    with(`,"exp":Infinity`),
		"with an exp beyond any number":                   with(`,"exp":1e999`),
		"with an exp in hexadecimal":                      with(fmt.Sprintf(`,"exp":0x%x`, later)),
		"with an exp that a fraction makes now":           with(fmt.Sprintf(`,"exp":%d.9`, now.Unix())),
		"with an exp that was a moment ago":               with(fmt.Sprintf(`,"exp":%d.999`, now.Unix()-1)),
		"with an nbf in the future":                       with(fmt.Sprintf(`,"nbf":%d`, later)),
		"with an nbf that is text":                        with(`,"nbf":"0"`),
		"with an iat in the future":                       with(fmt.Sprintf(`,"iat":%d`, now.Unix()+1)),
		"with an iat in milliseconds":                     with(fmt.Sprintf(`,"iat":%d`, now.UnixMilli())),
		"with an iat that is text":                        with(`,"iat":"0"`),
		"with a name that is a number":                    with(`,"name":1`),
		"with a signature of another token":               head + "." + b64(said(`,"name":"Eve"`)) + "." + signature,
		"without a signature":                             head + "." + body + ".",
		"without a signature's part":                      head + "." + body,
		"with a signature that lost its last byte":        head + "." + body + "." + base64.RawURLEncoding.EncodeToString([]byte(mustRaw(t, signature))[:31]),
		"with a signature that lost its last character":   good[:len(good)-1],
		"with the first half of a signature":              good[:len(good)-22],
		"with a signature that got a byte":                head + "." + body + "." + b64(mustRaw(t, signature)+"\x00"),
		"with a signature twice":                          good + signature,
		"with a signature that is padded":                 good + "=",
		"with a signature in standard base64":             head + "." + body + "." + base64.StdEncoding.EncodeToString([]byte(mustRaw(t, signature))),
		"with a signature in hexadecimal":                 head + "." + body + "." + fmt.Sprintf("%x", mustRaw(t, signature)),
		"with a header that is padded":                    head + "=." + body + "." + signature,
		"with a newline at its end":                       good + "\n",
		"with a line break of Windows at its end":         good + "\r\n",
		"with a newline within its signature":             head + "." + body + "." + signature[:9] + "\n" + signature[9:],
		"with a newline before its first dot":             head + "\n." + body + "." + signature,
		"with a space before it":                          " " + good,
		"with a space at its end":                         good + " ",
		"with a tab between its parts":                    head + ".\t" + body + "." + signature,
		"with a NUL at its end":                           good + "\x00",
		"with a fourth part":                              good + ".",
		"with an empty part before it":                    "." + good,
		"with the word Bearer before it":                  "Bearer " + good,
		"that is encrypted":                               b64(`{"alg":"dir","enc":"A256GCM"}`) + "..AAAAAAAAAAAAAAAA." + b64(good) + ".AAAAAAAAAAAAAAAAAAAAAA",
		"that is encrypted in three parts":                b64(`{"alg":"dir","enc":"A256GCM"}`) + "." + b64(good) + ".AAAAAAAAAAAAAAAAAAAAAA",
		"in JSON":                                         asJSON(map[string]string{"protected": head, "payload": body, "signature": signature}),
		"in JSON, of two signatures":                      asJSON(map[string]any{"payload": body, "signatures": []map[string]string{{"protected": b64(`{"alg":"none"}`), "signature": ""}, {"protected": head, "signature": signature}}}),
		"in JSON around dots":                             `{"x":".` + body + `.","protected":"` + head + `","payload":"` + body + `","signature":"` + signature + `"}`,
		"of dots":                                         "..",
		"of a thousand dots":                              strings.Repeat(".", 1000),
		"of a megabyte":                                   strings.Repeat("A", 1<<20),
		"of a megabyte of brackets, that nobody signed":   head + "." + b64(strings.Repeat("[", 1<<20)) + "." + signature,
		"for another key with this one's length":          forge(crypto.SHA256, strings.Repeat("x", len(secret)), hs256, said("")),
		"by a secret that is this one's with a NUL":       forge(crypto.SHA256, secret+"\x00x", hs256, said("")),
		"by a secret that is what this one's base64 says": forge(crypto.SHA256, base64.StdEncoding.EncodeToString([]byte(secret)), hs256, said("")),
	}
	a := app(t, config())
	for name, token := range rows {
		t.Run(name, func(t *testing.T) {
			claims, err := a.Verify(token, key(t, secret), now)
			if !errors.Is(err, deskpro.ErrToken) || claims != nil {
				t.Errorf("a token %s: %v, %v, want ErrToken", name, claims, err)
			}
		})
	}

	// The public key is no secret, but an admin may have pasted it as one.
	t.Run("by RS256 with a public key as the door's secret", func(t *testing.T) {
		if _, err := a.Verify(byPrivateKey(`{"alg":"RS256"}`), key(t, strings.ReplaceAll(public, "\n", "")), now); !errors.Is(err, deskpro.ErrToken) {
			t.Errorf("error = %v, want ErrToken", err)
		}
	})
}

func mustRaw(t testing.TB, piece string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(piece)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// Whatever is accepted was signed with the key, by the algorithm, as it is spelt.
func FuzzVerify(f *testing.F) {
	good := forge(crypto.SHA256, secret, hs256, said(""))
	f.Add(good)
	f.Add(good + "\n")
	f.Add(good[:len(good)-1])
	f.Add(nudged(good))
	f.Add(strings.Replace(good, ".", "=.", 1))
	f.Add(b64(`{"alg":"none"}`) + "." + b64(said("")) + ".")
	f.Add(forge(crypto.SHA256, secret, `{"alg":"HS256","crit":["exp"]}`, said("")))
	f.Add(forge(crypto.SHA256, secret, hs256, said(`,"exp":1e30`)))
	a := app(f, config())
	k := key(f, secret)
	f.Fuzz(func(t *testing.T, token string) {
		claims, err := a.Verify(token, k, now)
		if (err == nil) == (claims == nil) || err != nil && !errors.Is(err, deskpro.ErrToken) {
			t.Fatalf("claims %v with error %v", claims, err)
		}
		if err != nil {
			return
		}
		dot := strings.LastIndexByte(token, '.')
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(token[:dot]))
		if mustRaw(t, token[dot+1:]) != string(mac.Sum(nil)) || strings.ContainsAny(token, "=\r\n ") {
			t.Errorf("%q is accepted, and is not what its signer wrote", token)
		}
	})
}

// Whatever is signed and accepted has the algorithm, an expiry to come and what
// Deskpro requires, as encoding/json reads it.
func FuzzVerifySigned(f *testing.F) {
	for _, header := range []string{hs256, `{"alg":"none","alg":"HS256"}`, `{"alg":"HS256","crit":[]}`, `{"ALG":"HS256"}`} {
		f.Add(header, said(""))
	}
	for _, members := range []string{`,"exp":"9"`, `,"exp":1e30`, `,"exp":-1`, `,"id":""`, `,"iat":null`, `,"nbf":1e18`, `,"exp":1795348861.5`} {
		f.Add(hs256, said(members))
	}
	a := app(f, config())
	k := key(f, secret)
	f.Fuzz(func(t *testing.T, header, payload string) {
		if _, err := a.Verify(forge(crypto.SHA256, secret, header, payload), k, now); err != nil {
			return
		}
		var said struct {
			Header, Claims map[string]any
		}
		if json.Unmarshal([]byte(header), &said.Header) != nil || json.Unmarshal([]byte(payload), &said.Claims) != nil {
			t.Fatalf("%q and %q are accepted", header, payload)
		}
		exp, _ := said.Claims["exp"].(float64)
		id, _ := said.Claims["id"].(string)
		email, _ := said.Claims["email"].(string)
		if said.Header["alg"] != "HS256" || exp <= float64(now.Unix()) || id == "" || email == "" {
			t.Errorf("%q and %q are accepted", header, payload)
		}
		for _, name := range []string{"iat", "nbf"} {
			if at, there := said.Claims[name]; there && at != nil {
				seconds, ok := at.(float64)
				if !ok || seconds > float64(now.Add(time.Second).Unix()) {
					t.Errorf("%s %v is accepted", name, at)
				}
			}
		}
	})
}
