package oidc_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/oidc"
)

const (
	goodNonce = "nonce-of-this-sign-in"
	rs256     = `{"alg":"RS256","kid":"key-0"}`
)

func b64(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// forge signs what is given by hand, however odd: no library would.
func forge(t testing.TB, key *rsa.PrivateKey, header, payload string) string {
	t.Helper()
	signed := b64(header) + "." + b64(payload)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// said is a good ID token's payload, with members after its own.
func said(members string) string {
	return fmt.Sprintf(`{"iss":%q,"aud":%q,"sub":"id-mara","nonce":%q,"iat":%d,"exp":%d%s}`, issuer, clientID, goodNonce, noon.Unix(), noon.Unix()+60, members)
}

// trusting is a provider whose issuer has the first of the keys.
func trusting(t testing.TB) (*oidc.Provider, *rsa.PrivateKey) {
	t.Helper()
	keys, err := rsaKeys()
	if err != nil {
		t.Fatal(err)
	}
	p, err := oidc.New(oidc.Config{
		AuthURL: "https://id.example.com/authorize", TokenURL: "https://id.example.com/token",
		Issuers: map[string]string{issuer: "https://id.example.com/keys"}, ClientID: clientID, Now: func() time.Time { return noon },
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Trust(issuer, &keys[0].PublicKey)
	return p, keys[0]
}

// A hand that forges well makes what is accepted: else the rows below would show
// nothing.
func TestAnIDTokenMadeByHandIsAccepted(t *testing.T) {
	p, key := trusting(t)
	for name, token := range map[string]string{
		"as others write it":                      forge(t, key, rs256, said("")),
		"with white space in its JSON":            forge(t, key, ` { "alg" : "RS256" } `, "\t"+said("")+"\n"),
		"with a crit that names nothing":          forge(t, key, `{"alg":"RS256","crit":[]}`, said("")),
		"with a good expiry after an expired one": forge(t, key, rs256, `{"exp":1,`+said("")[1:]),
	} {
		if _, err := p.VerifyIDToken(t.Context(), token, "", goodNonce); err != nil {
			t.Errorf("an ID token %s: %v", name, err)
		}
	}
}

// What TestOnlyTheIssuersSignatureCounts cannot have a library make.
func TestAForgedIDTokenIsRefused(t *testing.T) {
	p, key := trusting(t)
	good := forge(t, key, rs256, said(""))
	head, rest, _ := strings.Cut(good, ".")
	body, signature, _ := strings.Cut(rest, ".")
	with := func(members string) string { return forge(t, key, rs256, said(members)) }
	asJSON := func(v any) string {
		encoded, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(encoded)
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := len(good) - 1
	later := noon.Unix() + 60
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		t.Fatal(err)
	}

	for name, token := range map[string]string{
		"by alg None":                                 b64(`{"alg":"None"}`) + "." + body + ".",
		"by alg nOnE, with the key's signature":       forge(t, key, `{"alg":"nOnE"}`, said("")),
		"by an empty alg":                             forge(t, key, `{"alg":""}`, said("")),
		"without an alg":                              forge(t, key, `{"kid":"key-0"}`, said("")),
		"by an alg that is null":                      forge(t, key, `{"alg":null}`, said("")),
		"by an alg that is a list":                    forge(t, key, `{"alg":["RS256"]}`, said("")),
		"by an alg in small letters":                  forge(t, key, `{"alg":"rs256"}`, said("")),
		"by an alg under another name":                forge(t, key, `{"Alg":"RS256"}`, said("")),
		"by an alg that is there twice":               forge(t, key, `{"alg":"none","alg":"RS256"}`, said("")),
		"by none after a good alg":                    forge(t, key, `{"alg":"RS256","alg":"none"}`, said("")),
		"with a crit of an unencoded payload":         forge(t, key, `{"alg":"RS256","crit":["b64"],"b64":false}`, said("")),
		"with a header that is a list":                forge(t, key, `["RS256"]`, said("")),
		"with a header that is null":                  forge(t, key, `null`, said("")),
		"with something after its header":             forge(t, key, rs256+"x", said("")),
		"with a payload that is a list":               forge(t, key, rs256, "["+said("")+"]"),
		"with a payload that is null":                 forge(t, key, rs256, "null"),
		"with a payload that is another token":        forge(t, key, `{"alg":"RS256","cty":"JWT"}`, good),
		"with something after its payload":            forge(t, key, rs256, said("")+"x"),
		"with another object after its payload":       forge(t, key, rs256, said("")+"{}"),
		"with an issuer that changes at its second":   with(`,"iss":"https://evil.example"`),
		"with an issuer in capitals beside its own":   with(`,"ISS":"https://evil.example"`),
		"with another audience after ours":            with(`,"aud":"other"`),
		"with another audience in capitals":           with(`,"AUD":"other"`),
		"with audiences in a list in a list":          with(`,"aud":[["` + clientID + `"]]`),
		"with an expired exp after a good one":        with(`,"exp":1`),
		"with an expired exp in capitals":             with(`,"EXP":1`),
		"with an exp that is text":                    with(fmt.Sprintf(`,"exp":"%d"`, later)),
		"with an exp that is null":                    with(`,"exp":null`),
		"with an exp that is true":                    with(`,"exp":true`),
		"with an exp that is a list":                  with(fmt.Sprintf(`,"exp":[%d]`, later)),
		"with an exp of 0":                            with(`,"exp":0`),
		"with an exp that is NaN":                     with(`,"exp":NaN`),
		"with an exp beyond any number":               with(`,"exp":1e999`),
		"with an exp beyond any time":                 with(`,"exp":1e30`),
		"with an exp in nanoseconds":                  with(fmt.Sprintf(`,"exp":%d`, noon.UnixNano())),
		"with an exp that a fraction makes now":       with(fmt.Sprintf(`,"exp":%d.9`, noon.Unix())),
		"with an nbf in milliseconds":                 with(fmt.Sprintf(`,"nbf":%d`, noon.UnixMilli())),
		"with an nbf that is null":                    with(`,"nbf":null`),
		"with an iat in milliseconds":                 with(fmt.Sprintf(`,"iat":%d`, noon.UnixMilli())),
		"with an iat that is null":                    with(`,"iat":null`),
		"with an iat that is text":                    with(`,"iat":"0"`),
		"with an empty sub after a good one":          with(`,"sub":""`),
		"with another nonce after a good one":         with(`,"nonce":"x"`),
		"with a nonce that begins right":              with(`,"nonce":"` + goodNonce + `x"`),
		"with a signature that lost its last byte":    head + "." + body + "." + b64(string(raw[:255])),
		"with a signature that got a byte":            head + "." + body + "." + b64(string(raw)+"\x00"),
		"with a signature that got a zero before it":  head + "." + body + "." + b64("\x00"+string(raw)),
		"with a signature of zeros":                   head + "." + body + "." + b64(strings.Repeat("\x00", 256)),
		"with a signature of a one":                   head + "." + body + "." + b64(strings.Repeat("\x00", 255)+"\x01"),
		"with a signature of stray bits":              good[:last] + string(alphabet[strings.IndexByte(alphabet, good[last])+1]),
		"with a signature that is padded":             good + "==",
		"with a signature in standard base64":         head + "." + body + "." + base64.StdEncoding.EncodeToString(raw),
		"with a header that is padded":                head + "=." + body + "." + signature,
		"with a newline at its end":                   good + "\n",
		"with a newline within its payload":           head + "." + body[:9] + "\n" + body[9:] + "." + signature,
		"with a carriage return within its signature": head + "." + body + "." + signature[:9] + "\r" + signature[9:],
		"with a space before it":                      " " + good,
		"with a tab between its parts":                head + ".\t" + body + "." + signature,
		"with a fourth part":                          good + ".",
		"that is there twice":                         good + "." + good,
		"that is encrypted":                           b64(`{"alg":"dir","enc":"A256GCM"}`) + ".." + b64("nonce") + "." + b64(good) + "." + b64("tag"),
		"in JSON, of two signatures":                  asJSON(map[string]any{"payload": body, "signatures": []map[string]string{{"protected": b64(`{"alg":"none"}`), "signature": ""}, {"protected": head, "signature": signature}}}),
		"with a stranger's address of keys, unsigned": b64(`{"alg":"RS256","jku":"https://evil.example/keys"}`) + "." + body + "." + signature,
		"with a stranger's certificates, unsigned":    b64(`{"alg":"RS256","x5u":"https://evil.example/cert"}`) + "." + body + "." + signature,
		"of dots":                    "..",
		"of a hundred thousand dots": strings.Repeat(".", 100_000),
		"with a payload of brackets that nobody signed": head + "." + b64(strings.Repeat("[", 60_000)) + "." + signature,
	} {
		t.Run(name, func(t *testing.T) {
			claims, err := p.VerifyIDToken(t.Context(), token, "", goodNonce)
			if !errors.Is(err, directory.ErrFederation) || claims != nil {
				t.Errorf("an ID token %s: %v, %v, want ErrFederation", name, claims, err)
			}
		})
	}
}

// Whatever its issuer signed and we accept was for us, for this trip and now, as
// encoding/json reads it.
func FuzzIDToken(f *testing.F) {
	for _, header := range []string{rs256, `{"alg":"none","alg":"RS256"}`, `{"alg":"RS256","crit":[]}`, `{"ALG":"RS256"}`} {
		f.Add(header, said(""))
	}
	for _, members := range []string{
		`,"exp":"9"`, `,"exp":1e30`, `,"exp":-1`, `,"EXP":1`, `,"iat":null`, `,"aud":["desk-client"]`, `,"aud":["desk-client","other"]`, `,"AUD":"other"`, `,"azp":"other"`, `,"nonce":""`, `,"sub":null`, `,"iss":"x"`, `,"at_hash":"x"`, `,"_claim_names":{"email":"s"}`,
	} {
		f.Add(rs256, said(members))
	}
	p, _ := trusting(f)
	p.Believe(issuer)
	f.Fuzz(func(t *testing.T, header, payload string) {
		claims, err := p.VerifyIDToken(t.Context(), b64(header)+"."+b64(payload)+".AAAA", "", goodNonce)
		if (err == nil) == (claims == nil) || err != nil && !errors.Is(err, directory.ErrFederation) {
			t.Fatalf("claims %v with error %v", claims, err)
		}
		if err != nil {
			return
		}
		var head, said map[string]any
		if json.Unmarshal([]byte(header), &head) != nil || json.Unmarshal([]byte(payload), &said) != nil {
			t.Fatalf("%q and %q are accepted", header, payload)
		}
		audience := said["aud"]
		if list, ok := audience.([]any); ok && len(list) == 1 {
			audience = list[0]
		}
		exp, _ := said["exp"].(float64)
		iat, issued := said["iat"].(float64)
		sub, _ := said["sub"].(string)
		if head["alg"] != "RS256" || said["iss"] != issuer || audience != clientID || said["nonce"] != goodNonce || sub == "" ||
			exp <= float64(noon.Unix()) || !issued || iat > float64(noon.Unix()+301) {
			t.Errorf("%q and %q are accepted", header, payload)
		}
		if len(claims) != len(said) || claims["sub"] != sub {
			t.Errorf("claims are %v, of %s", claims, payload)
		}
	})
}

// What nobody signed is accepted in the one spelling that its issuer gave it.
func FuzzIDTokenText(f *testing.F) {
	p, key := trusting(f)
	good := forge(f, key, rs256, said(""))
	for _, text := range []string{"", ".", "..", good, good + "\n", good[:len(good)-1], strings.Replace(good, ".", "=.", 1), b64(`{"alg":"none"}`) + "." + b64(said("")) + "."} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		claims, err := p.VerifyIDToken(t.Context(), text, "", goodNonce)
		if (err == nil) != (text == good) {
			t.Errorf("%q is accepted: %t (%v)", text, err == nil, err)
		}
		if err != nil && (claims != nil || !errors.Is(err, directory.ErrFederation)) {
			t.Errorf("claims %v with error %v", claims, err)
		}
	})
}
