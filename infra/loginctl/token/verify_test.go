package token_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"deskpro-login/infra/loginctl/token"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
)

func key(t testing.TB, value string) keyring.Key {
	t.Helper()
	k, err := keyring.ParseKey(redact.New(value), "")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func verify(t testing.TB, text, secret string, at time.Time, check token.Check) token.Report {
	t.Helper()
	check.Secret = redact.New(secret)
	r, err := token.Find(redact.New(text)).Verify(at, check)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestVerify(t *testing.T) {
	head, body, signature := pieces(good())
	with := func(alg string, method *jwt.SigningMethodHMAC) string {
		return sign(method, secret, changes{"alg": alg}, claims())
	}
	for _, row := range []struct {
		name, text string
		secret     string
		check      token.Check
		refused    string
		words      string
	}{
		{"as it should be", good(), secret, token.Check{}, "", ""},
		{"of HS384", with("HS384", jwt.SigningMethodHS384), secret, token.Check{}, "", ""},
		{"of HS512", with("HS512", jwt.SigningMethodHS512), secret, token.Check{Algorithm: "HS512"}, "", ""},
		{"by a secret in JSON", good(), `{"key":"` + secret + `"}`, token.Check{}, "", ""},
		{"of another algorithm than Deskpro's", good(), secret, token.Check{Algorithm: "HS512"}, "alg_other", `its algorithm is "HS256", and Deskpro's Decrypt Algorithm is HS512`},
		{"of algorithm none", part(changes{"alg": "none"}) + "." + body + ".", secret, token.Check{}, "alg_none", ""},
		{"of algorithm none, with Deskpro's told", part(changes{"alg": "none"}) + "." + body + ".", secret, token.Check{Algorithm: "HS256"}, "alg_none alg_other", ""},
		{"without a signature", head + "." + body + ".", secret, token.Check{}, "signature_missing", ""},
		{"by another secret", good(), strings.ToLower(secret), token.Check{}, "signature_unfit", "its signature is not by this secret, or somebody changed the token since"},
		{"that somebody changed", head + "." + part(set(changes{"id": "u-2"})) + "." + signature, secret, token.Check{}, "signature_unfit", ""},
		{"by a secret that is too short", sign(jwt.SigningMethodHS256, secret[:31], header(), claims()), secret[:31], token.Check{}, "secret_unusable", "the sign-in page does not sign with this secret, and Deskpro may not take it: it has 31 bytes and needs at least 32"},
		{"by a secret that is too short for its algorithm", sign(jwt.SigningMethodHS512, secret[:63], changes{"alg": "HS512"}, claims()), secret[:63], token.Check{}, "secret_short", "the secret is too short: it has 63 bytes and HS512 needs at least 64"},
		{"for this helpdesk", good(), secret, token.Check{DeskproURL: "https://ACME.deskpro.com:443/x"}, "", ""},
		{"for another helpdesk", good(), secret, token.Check{DeskproURL: "https://other.deskpro.com"}, "aud_other", `its aud is not "https://other.deskpro.com": it was made for another helpdesk`},
		{"for several helpdesks", sign(jwt.SigningMethodHS256, secret, header(), set(changes{"aud": []string{"x", "https://acme.deskpro.com"}})), secret, token.Check{DeskproURL: "https://acme.deskpro.com"}, "", ""},
		{"for no helpdesk", sign(jwt.SigningMethodHS256, secret, header(), set(changes{"aud": nil})), secret, token.Check{DeskproURL: "https://acme.deskpro.com"}, "aud_other", ""},
		{"for a number", sign(jwt.SigningMethodHS256, secret, header(), set(changes{"aud": []any{1}})), secret, token.Check{DeskproURL: "https://acme.deskpro.com"}, "aud_other", ""},
		{"of this issuer", good(), secret, token.Check{Issuer: "acme/users"}, "", ""},
		{"of the other door", good(), secret, token.Check{Issuer: "acme/agents"}, "iss_other", `its iss is not "acme/agents"`},
		{"expired, by another secret, without an id", sign(jwt.SigningMethodHS256, "x"+secret, header(), set(changes{"id": nil, "exp": now.Unix() - 1})), secret, token.Check{}, "exp_passed id_missing signature_unfit", ""},
	} {
		r := verify(t, row.text, row.secret, now, row.check)
		if codes(r.Malformed) != "" || codes(r.Refused) != row.refused || *r.Accepted != (row.refused == "") || !strings.Contains(texts(r), row.words) {
			t.Errorf("%s: accepted %t, refused for %s, want %s, that says %q:\n%s", row.name, *r.Accepted, codes(r.Refused), row.refused, row.words, texts(r))
		}
	}
	if r := verify(t, good(), strings.Repeat("secret", 6), now, token.Check{}); codes(r.Unusual) != "secret_doubt" || !strings.Contains(texts(r), "the secret has few different characters, so that it may be guessed") {
		t.Errorf("of an easy secret: %s", texts(r))
	}
}

func TestACheckMustBeOne(t *testing.T) {
	for _, check := range []token.Check{{Algorithm: "RS256"}, {Algorithm: "none"}, {DeskproURL: "acme.deskpro.com"}} {
		if _, err := (token.Token{}).Verify(now, check); err == nil {
			t.Errorf("%+v is taken", check)
		}
	}
}

// The signer made something else of the secret than is given here.
func TestWhatPeopleMakeOfASecretIsFound(t *testing.T) {
	random := make([]byte, 48)
	source := rand.NewChaCha8([32]byte{1})
	_, _ = source.Read(random)
	random[0], random[1], random[2] = 0xfb, 0xff, 0xbf // which base64 and base64url write differently
	quoted, err := json.Marshal(secret + `"\`)
	if err != nil {
		t.Fatal(err)
	}
	const HS256, HS384, HS512 = "HS256", "HS384", "HS512"
	byHand := map[string]*jwt.SigningMethodHMAC{HS256: jwt.SigningMethodHS256, HS384: jwt.SigningMethodHS384, HS512: jwt.SigningMethodHS512}
	for _, row := range []struct{ name, signer, given, method, want string }{
		{"a line break", secret + "\n", secret, HS256, "it fits if a line break is kept at the secret's end: where it was signed, the secret was saved with one; save it there without"},
		{"a line break of Windows", secret + "\r\n", secret, HS256, "it fits if a line break of Windows is kept at the secret's end: "},
		{"a space behind", secret + " ", secret, HS256, "it fits if there is a space at the secret's end: "},
		{"a space before", " " + secret, secret, HS256, "it fits if there is a space before the secret: "},
		{"white space that is given here", secret, "\t" + secret + "  ", HS256, "it fits without the white space at the secret's ends: the file given here has it; save it without"},
		{"base64", string(random), base64.StdEncoding.EncodeToString(random), HS256, "it fits if the secret is decoded from base64: whoever signs decodes the secret, and Deskpro takes it as it is pasted"},
		{"base64 without padding", string(random[:46]), base64.RawStdEncoding.EncodeToString(random[:46]), HS256, "it fits if the secret is decoded from base64: "},
		{"base64url", string(random), base64.URLEncoding.EncodeToString(random), HS256, "it fits if the secret is decoded from base64url: "},
		{"hexadecimal", string(random), strings.ToUpper(hex.EncodeToString(random)), HS256, "it fits if the secret is decoded from hexadecimal: "},
		{"escapes of addresses that are decoded", secret + "+/", url.QueryEscape(secret + "+/"), HS256, "it fits if the secret's escapes of addresses (%2B and the like) are decoded: "},
		{"escapes of addresses", url.QueryEscape(secret + "+/"), secret + "+/", HS256, "it fits if the secret is escaped as in addresses: "},
		{"all of the JSON", `{"key":"` + secret + `"}`, `{"key":"` + secret + `"}`, HS256, `it fits if the whole JSON text is the secret: give both sides the value of "key" alone`},
		{"another value of the JSON", secret, `{"a":1,"password":"` + secret + `"}`, HS256, "it fits if another value of the JSON is the secret: give that alone"},
		{"what the AWS CLI prints", secret, `{"ARN":"arn","SecretString":"{\"key\":\"` + secret + `\"}"}`, HS256, `it fits if the JSON's "SecretString" is the secret, and within it the JSON's "key" is the secret: give that alone`},
		{"what the AWS CLI prints of a text", secret, `{"SecretString":"` + secret + `"}`, HS256, `it fits if the JSON's "SecretString" is the secret: give that alone`},
		{"quotation marks", secret + `"\`, string(quoted), HS256, "it fits without the quotation marks around the secret: the file given here has them; the AWS CLI prints none with --output text"},
		{"apostrophes", secret, "'" + secret + "'", HS256, "it fits without the quotation marks around the secret: "},
		{"base64 that is made of it", base64.StdEncoding.EncodeToString([]byte(secret)), secret, HS256, "it fits if the secret is encoded in base64: whoever signs encodes the secret"},
		{"base64 without padding that is made of it", base64.RawStdEncoding.EncodeToString([]byte(secret)), secret, HS256, "it fits if the secret is encoded in base64: "},
		{"base64url that is made of it", base64.URLEncoding.EncodeToString([]byte("~~~" + secret + "???")), "~~~" + secret + "???", HS256, "it fits if the secret is encoded in base64url: "},
		{"hexadecimal that is made of it", hex.EncodeToString([]byte(secret)), secret, HS256, "it fits if the secret is encoded in hexadecimal: "},
		{"JSON around it", `{"key":"` + secret + `"}`, secret, HS256, `it fits if a JSON object that has it as its "key" is the secret: where it was signed, all of the JSON is taken`},
		{"JSON with a space around it", `{"key": "` + secret + `"}`, secret, HS256, `it fits if a JSON object that has it as its "key" is the secret: `},
		{"its last character lost", secret[:len(secret)-1], secret, HS256, "it fits without the secret's last character: the token was signed with a secret that lacks it"},
		{"its first character lost", secret[1:], secret, HS256, "it fits without the secret's first character: "},
		{"quotation marks, and a line break", secret + "\n", `"` + secret + `"`, HS256, "it fits without the quotation marks around the secret, and if a line break is kept at the secret's end: "},
		{"another algorithm", secret, secret, HS512, "it fits the secret by HS512, though its header says otherwise: whoever signs must name the algorithm that they use"},
		{"another algorithm, and a line break", secret + "\n", secret, HS384, "it fits if a line break is kept at the secret's end, by HS384, though its header says otherwise: "},
	} {
		text := sign(byHand[row.method], row.signer, header(), claims())
		r := verify(t, text, row.given, now, token.Check{})
		if *r.Accepted || !r.Signature.Checked || r.Signature.Fits || len(r.Signature.WouldFit) != 1 || !strings.HasPrefix(r.Signature.WouldFit[0], row.want) {
			t.Errorf("%s: %q, want %q", row.name, r.Signature.WouldFit, row.want)
		}
		if strings.Contains(texts(r), secret[:20]) || strings.Contains(texts(r), row.given[2:20]) {
			t.Errorf("%s: it repeats the secret: %s", row.name, texts(r))
		}
	}
	if r := verify(t, good(), "xy"+secret, now, token.Check{}); len(r.Signature.WouldFit) > 0 {
		t.Errorf("by another secret: %q", r.Signature.WouldFit)
	}
}

// A secret that ends in a space fits as it is, and is unfit all the same.
func TestASecretThatDeskproCannotHoldIsRefusedThoughItFits(t *testing.T) {
	r := verify(t, sign(jwt.SigningMethodHS256, secret+" ", header(), claims()), secret+" ", now, token.Check{})
	if !r.Signature.Fits || *r.Accepted || codes(r.Refused) != "secret_unusable" || !strings.Contains(texts(r), "it begins or ends with white space") {
		t.Errorf("%+v", r)
	}
}

// agree holds Verify's word to App.Verify's.
func agree(t testing.TB, name, text, secret, algorithm string, at time.Time) {
	t.Helper()
	cfg := deskpro.Config{URL: "https://acme.deskpro.com", Issuer: "x", Algorithm: algorithm}
	app, err := deskpro.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	_, err = app.Verify(text, key(t, secret), at)
	if err != nil && !errors.Is(err, deskpro.ErrToken) {
		t.Fatal(err)
	}
	r := verify(t, text, secret, at, token.Check{Algorithm: algorithm})
	if *r.Accepted != (err == nil) || codes(r.Refused) == "refused" {
		t.Errorf("%s, by %s at %v: accepted %t, for %s %s; App.Verify: %v", name, algorithm, at, *r.Accepted, codes(r.Malformed), codes(r.Refused), err)
	}
	// And Inspect refuses what is wrong whoever signed it.
	inspected := token.Find(redact.New(text)).Inspect(at)
	if err == nil && len(inspected.Malformed)+len(inspected.Refused) > 0 {
		t.Errorf("%s, by %s at %v: App.Verify takes it, and Inspect refuses it for %s %s", name, algorithm, at, codes(inspected.Malformed), codes(inspected.Refused))
	}
	if err != nil && r.Signature.Fits && algorithm == headerAlgorithm(inspected) && codes(inspected.Malformed)+codes(inspected.Refused) == "" {
		t.Errorf("%s, by %s at %v: App.Verify refuses it though its signature fits, and Inspect has no reason: %v", name, algorithm, at, err)
	}
}

func headerAlgorithm(r token.Report) string {
	for i := len(r.Header) - 1; i >= 0; i-- {
		if r.Header[i].Name == "alg" {
			var alg string
			_ = json.Unmarshal(r.Header[i].Value, &alg)
			return alg
		}
	}
	return ""
}

func TestVerifyAgreesWithTheSignInPage(t *testing.T) {
	head, body, signature := pieces(good())
	texts := map[string]string{
		"nothing": "", "two parts": head + "." + body, "no signature": head + "." + body + ".", "padding": good() + "=", "another signature": head + "." + body + "." + strings.ToLower(signature),
		"spare bits": head + "." + body + "." + signature[:42] + next(signature[42]), "null": head + "." + part("null") + "." + signature,
	}
	for _, row := range judged {
		texts["claims "+row.name] = sign(jwt.SigningMethodHS256, secret, header(), row.claims)
	}
	for _, row := range headers {
		texts["a header "+row.name] = sign(jwt.SigningMethodHS256, secret, row.header, claims())
	}
	if len(texts) < 60 {
		t.Fatalf("there are %d", len(texts))
	}
	for name, text := range texts {
		for _, algorithm := range []string{"HS256", "HS384", "HS512"} {
			for _, after := range []time.Duration{-6 * time.Second, 0, 119*time.Second + 999*time.Millisecond, 2 * time.Minute} {
				agree(t, name, text, secret, algorithm, now.Add(after))
			}
		}
	}
}

// And on what nobody thought of: claims made of odd values by chance.
func TestVerifyAgreesOnClaimsByChance(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	n := now.Unix()
	values := []string{`"a"`, `""`, `" "`, `null`, `true`, `0`, `-0`, `-1`, `1e30`, `1e-9`, `[]`, `["a"]`, `{}`, `"` + strconv.FormatInt(n, 10) + `"`}
	for _, d := range []int64{-121, -1, 0, 1, 121} {
		values = append(values, strconv.FormatInt(n+d, 10), strconv.FormatInt(n+d, 10)+".5", strconv.FormatInt((n+d)*1000, 10))
	}
	names := []string{"id", "email", "name", "first_name", "last_name", "iat", "nbf", "exp", "iss", "aud", "ID", "Exp"}
	accepted := 0
	for i := range 5000 {
		members := []string{`"id":"u"`, `"email":"a@example.com"`, `"name":"A"`, `"exp":` + strconv.FormatInt(n+60, 10)}
		for range 1 + dice.IntN(3) {
			member := `"` + names[dice.IntN(len(names))] + `":` + values[dice.IntN(len(values))]
			if at := dice.IntN(len(members) + 1); dice.IntN(3) > 0 {
				members = append(members[:at:at], append([]string{member}, members[at:]...)...)
			} else if at < len(members) {
				members[at] = member
			}
		}
		c := "{" + strings.Join(members, ",") + "}"
		text := sign(jwt.SigningMethodHS256, secret, header(), c)
		agree(t, "claims "+c, text, secret, "HS256", now.Add(time.Duration(dice.IntN(2))*500*time.Millisecond))
		if r := verify(t, text, secret, now, token.Check{}); *r.Accepted {
			accepted++
		}
		if t.Failed() {
			t.Fatalf("the %dth", i)
		}
	}
	if accepted < 500 || accepted > 4500 {
		t.Errorf("%d of 5000 are accepted: that says nothing", accepted)
	}
}
