package token_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"deskpro-login/infra/loginctl/token"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/redact"
)

// set returns claims with these instead; one that is nil is left out.
func set(changes map[string]any) map[string]any {
	c := claims()
	maps.Copy(c, changes)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

type changes = map[string]any

// judged are claims with the codes of what is refused and what is unusual, and
// words that are said of them.
var judged = []struct {
	name             string
	claims           any
	refused, unusual string
	words            string
}{
	{"as they should be", claims(), "", "", ""},
	{"with a first and a last name instead of a name", set(changes{"name": nil, "first_name": "Ada", "last_name": "Lovelace"}), "", "", ""},
	{"without an id", set(changes{"id": nil}), "id_missing", "", "it has no id"},
	{"with sub instead of an id", set(changes{"id": nil, "sub": "u-1"}), "id_missing", "", "it has no id, but sub, which Deskpro does not read as that"},
	{"with an ID in capitals", set(changes{"id": nil, "ID": "u-1"}), "id_missing", "", "it has no id, but ID, which"},
	{"with an id that is a number", set(changes{"id": 17}), "id_missing", "", "its id is a number, and must be a text: in quotation marks"},
	{"with an id that is null", `{"id":null,"email":"a@example.com","name":"A","exp":1795348900}`, "id_missing", "aud_missing iat_missing iss_missing jti_missing", "its id is null"},
	{"with an empty id", set(changes{"id": ""}), "id_missing", "", "its id is empty"},
	{"with a list for an id", set(changes{"id": []int{1}}), "id_missing", "", "its id is no text"},
	{"with the email address for an id", set(changes{"id": "ADA@example.com"}), "", "id_email", "with another address the person becomes another"},
	{"without an email", set(changes{"email": nil, "mail": "ada@example.com"}), "email_missing", "", "it has no email, but mail, which"},
	{"with an email that is not ASCII", set(changes{"email": "zoë@example.com"}), "", "email", "its email is not ASCII: the sign-in page sends no such address"},
	{"with an email that is none", set(changes{"email": "Ada <ada@example.com>"}), "", "email", "its email is not an address"},
	{"with an email that is too long", set(changes{"email": strings.Repeat("a", 250) + "@example.com"}), "", "email", "longer than 254 bytes"},
	{"without any name", set(changes{"name": nil}), "name_missing", "", "it has no name, nor first_name and last_name"},
	{"with another system's names", set(changes{"name": nil, "given_name": "Ada", "family_name": "L"}), "name_missing", "", "it has no name, but family_name and given_name, which"},
	{"with a first name alone", set(changes{"name": nil, "first_name": "Ada"}), "name_missing", "", "it has a first_name, and neither last_name nor name"},
	{"with a last name alone", set(changes{"name": "", "last_name": "L"}), "name_missing", "", "it has a last_name, and neither first_name nor name"},
	{"with white space around the name", set(changes{"name": " Ada"}), "", "white_space", "its name has white space at an end"},
	{"with a name that turns the line around", set(changes{"name": "Ada\u202egro.evil"}), "", "hidden", `name "Ada\u202egro.evil" what`},
	{"with a name that clears the screen", set(changes{"name": "Ada\x1b[2J"}), "", "hidden", `name "Ada\u001b[2J" what`},
	{"with a name of which a part cannot be seen", set(changes{"name": "Ada\u3164"}), "", "hidden", `name "Ada\u3164" what`},

	{"without an exp", set(changes{"exp": nil}), "exp_missing", "", "it has no exp, so it would never expire"},
	{"with an exp of 0", set(changes{"exp": 0}), "exp_missing", "", "its exp is 0, as if it had none"},
	{"with an exp that is null", `{"exp":null}`, "email_missing exp_unfit id_missing name_missing", "aud_missing iat_missing iss_missing jti_missing", "its exp is not a number"},
	{"with an exp in quotation marks", set(changes{"exp": "1795348920"}), "exp_unfit", "", "its exp is not a number: a time is a number of seconds since 1970, without quotation marks"},
	{"that expire now", set(changes{"exp": now.Unix()}), "exp_passed", "lifetime", "it expired just now"},
	{"that expired before 1970", set(changes{"exp": -1}), "exp_passed", "exp_unit", "its exp is no time of this era"},
	{"that expire in another era", set(changes{"exp": 1e30}), "exp_passed?", "exp_unit", "its exp is no time of this era"},
	{"whose exp counts milliseconds", set(changes{"exp": (now.Unix() + 120) * 1000}), "", "exp_unit", "its exp counts milliseconds, and a token's times are in seconds: it would be 2026-11-22 12:02:00 UTC"},
	{"whose times count microseconds", set(changes{"iat": now.UnixMicro(), "exp": now.UnixMicro()}), "iat_future", "exp_unit iat_unit", "its iat counts microseconds"},
	{"whose exp counts nanoseconds", set(changes{"exp": now.UnixNano()}), "", "exp_unit", "its exp counts nanoseconds"},
	{"with a fraction of a second", set(changes{"exp": 1795348920.5}), "", "exp_fraction", "its exp is no whole number of seconds"},
	{"made a second from now", set(changes{"iat": now.Unix() + 1}), "iat_future", "", "its iat is 1 second from now, at 2026-11-22 12:00:01 UTC, and Deskpro's PHP takes none from the future"},
	{"whose iat counts milliseconds", set(changes{"iat": now.UnixMilli()}), "iat_future", "iat_unit", "its iat is far in the future, since it counts milliseconds instead of seconds"},
	{"without an iat", set(changes{"iat": nil}), "", "iat_missing", "it has no iat"},
	{"with an iat that is a date", set(changes{"iat": "2026-11-22"}), "iat_unfit", "", "its iat is not a number"},
	{"not good before a minute from now", set(changes{"nbf": now.Unix() + 60}), "nbf_future", "", "it is not good before nbf, which is 1 minute from now, at 2026-11-22 12:01:00 UTC"},
	{"good since now", set(changes{"nbf": now.Unix()}), "", "", "good since just now, at 2026-11-22 12:00:00 UTC"},
	{"with an nbf that is true", set(changes{"nbf": true}), "nbf_unfit", "", "its nbf is not a number"},
	{"never good, by nbf", set(changes{"nbf": now.Unix() + 120}), "nbf_future", "nbf_late", "its nbf is not before its exp"},
	{"that live as long as the sign-in page allows", set(changes{"exp": now.Unix() + 600}), "", "", "it lives 605 s"},
	{"that live a second longer", set(changes{"exp": now.Unix() + 601}), "", "lifetime", "it lives 606 s: until then, who finds it in a log or a history can sign in; the sign-in page gives it 600 s at most"},
	{"that live for a year", set(changes{"exp": now.Unix() + 365*24*3600}), "", "lifetime", "it lives 1 year: "},
	{"that live half a minute", set(changes{"exp": now.Unix() + 25}), "", "", ""},
	{"that live less", set(changes{"exp": now.Unix() + 24}), "", "lifetime", "it lives 29 s, which a slow connection may take alone"},
	{"that expired before they were made", set(changes{"exp": now.Unix() - 5}), "exp_passed", "lifetime", "its exp is not after its iat: it was never good"},

	{"without a jti", set(changes{"jti": nil}), "", "jti_missing", "it has no jti"},
	{"with a number for a jti", set(changes{"jti": 1}), "", "jti_missing", ""},
	{"with a short jti", set(changes{"jti": "1"}), "", "jti_short", "its jti is short"},
	{"without aud and iss", set(changes{"aud": nil, "iss": nil}), "", "aud_missing iss_missing", "it has no aud, which is the helpdesk that it is for: the sign-in page always sets it"},
	{"with one group that is no list", set(changes{"groups": "staff"}), "", "groups", "its groups are not a list of texts"},
	{"with groups that are numbers", set(changes{"groups": []int{1}}), "", "groups", ""},
	{"with no groups", set(changes{"groups": []string{}}), "", "", "groups [] for"},
	{"of Amazon Cognito", set(changes{"id": nil, "token_use": "id", "sub": "x"}), "id_missing", "cognito", "which is for the sign-in page, not for Deskpro"},
	{"for Deskpro Messenger", set(changes{"id": nil, "deskpro_id": 7}), "id_missing", "messenger", "it looks like a token for Deskpro Messenger, which has a secret of its own"},
	{"that say something twice", `{"id":"u-1","id":"u-2","email":"a@example.com","name":"A","exp":1795348900,"iat":1795348800,"jti":"0123456789abcdef","aud":"a","iss":"i"}`, "", "twice", "its claims have id more than once: readers differ in which one they take; the last one is judged here"},
	{"that say something twice, of which the last counts", `{"id":"u-1","id":"u-2","email":"a@example.com","name":"A","exp":1795348900,"iat":1795348800,"jti":"0123456789abcdef","aud":"a","iss":"i"}`, "", "twice", `id "u-1" not this one: there is another of this name`},
	{"with bytes that are not UTF-8", "{\"id\":\"u-\xff\",\"email\":\"a@example.com\",\"name\":\"A\",\"exp\":1795348900,\"iat\":1795348800,\"jti\":\"0123456789abcdef\",\"aud\":\"a\",\"iss\":\"i\"}", "", "not_utf8", "which PHP does not read at all"},
	{"nested a thousand deep", set(changes{"x": deep(1000)}), "", "deep", "x (nested too deeply to be shown)"},
	{"with a claim that has a name to hide", set(changes{"a\x1b[2J\u2066b": 1}), "", "", `"a\u001b[2J\u2066b" 1 an attribute`},
	{"with a claim of many letters", set(changes{"x": strings.Repeat("é", 400)}), "", "", strings.Repeat("é", 159) + "… (402 characters)"},
	{"of more bytes than fit an address", set(changes{"x": strings.Repeat("x", 2600)}), "", "long", "web servers refuse the address of a redirect that is too long"},
	{"with brackets in a text", set(changes{"x": `"` + strings.Repeat("[", 40)}), "", "", `x "\"[[[[`},
	{"with a number of many digits", `{"id":"u-1","email":"a@example.com","name":"A","exp":1795348900,"iat":1795348800,"jti":"0123456789abcdef","aud":"a","iss":"i","n":123456789012345678901234567890}`, "", "", "n 123456789012345678901234567890 an"},
}

// deep is a value of so many levels.
func deep(levels int) any {
	var v any = 1
	for range levels {
		v = []any{v}
	}
	return v
}

func TestClaims(t *testing.T) {
	for _, row := range judged {
		r := inspect(sign(jwt.SigningMethodHS256, secret, header(), row.claims))
		refused := row.refused
		if strings.HasSuffix(refused, "?") { // what a float64 that is too large becomes is the machine's affair
			if refused = codes(r.Refused); refused != "" && refused+"?" != row.refused {
				t.Errorf("claims %s: refused for %s", row.name, refused)
			}
		}
		if codes(r.Malformed) != "" || codes(r.Refused) != refused || codes(r.Unusual) != row.unusual || !strings.Contains(texts(r), row.words) {
			t.Errorf("claims %s: malformed %s, refused for %s, unusual for %s; want %s, and %s; that say %q:\n%s", row.name, codes(r.Malformed), codes(r.Refused), codes(r.Unusual), row.refused, row.unusual, row.words, texts(r))
		}
	}
}

var headers = []struct {
	name             string
	header           any
	refused, unusual string
	words            string
}{
	{"as it should be", header(), "", "", ""},
	{"without a typ", changes{"alg": "HS256"}, "", "", ""},
	{"of a typ in small letters", changes{"alg": "HS256", "typ": "jwt"}, "", "", ""},
	{"of another typ", changes{"alg": "HS256", "typ": "at+jwt"}, "", "typ", `its typ is "at+jwt", and that of a token is JWT`},
	{"of a typ that is a list", changes{"alg": "HS256", "typ": []int{1}}, "", "typ", "its typ is [1]"},
	{"of another length of hash", changes{"alg": "HS512"}, "signature_length", "", "its signature has 32 bytes, and one by HS512 has 64: it was cut off, or is by another algorithm"},
	{"without an alg", changes{"typ": "JWT"}, "alg_missing", "", "its header names no algorithm (alg)"},
	{"with a number for alg", changes{"alg": 256}, "alg_missing", "", "its algorithm (alg) is no text"},
	{"of algorithm none", changes{"alg": "none"}, "alg_none", "", "its algorithm is none: nobody signed it, so anybody can have made it"},
	{"of algorithm NONE", changes{"alg": "NonE"}, "alg_none", "", "not signed"},
	{"of a private key", changes{"alg": "RS256"}, "alg_unfit", "", `its algorithm is "RS256", by which a private key signs`},
	{"of Edwards' curve", changes{"alg": "EdDSA"}, "alg_unfit", "", "by which a private key signs"},
	{"of an algorithm in small letters", changes{"alg": "hs256"}, "alg_unfit", "", `its algorithm is written "hs256": it must be in capitals`},
	{"of no algorithm that there is", changes{"alg": "\x1b[31mHS1"}, "alg_unfit", "", `its algorithm is "\u001b[31mHS1", and Deskpro's`},
	{"with a key's name", changes{"alg": "HS256", "kid": "1"}, "", "header_kid", "Deskpro has one secret and needs no name of it"},
	{"with keys of its own", changes{"alg": "HS256", "jku": "https://evil.example", "x5u": "https://evil.example", "jwk": changes{}, "x5c": []string{}}, "", "header_jku header_jwk header_x5c header_x5u", "it asks to fetch keys from an address of its own choice"},
	{"that must be understood", changes{"alg": "HS256", "crit": []string{"b64"}, "b64": false}, "", "header_b64 header_crit", "has to refuse the token"},
	{"that nobody knows", changes{"alg": "HS256", "x\u202e": 1}, "", "header_unknown", `its header has "x\u202e", which is no parameter of RFC 7515`},
	{"that says its algorithm twice", `{"alg":"none","alg":"HS256"}`, "", "twice", "its header has alg more than once"},
}

func TestHeaders(t *testing.T) {
	for _, row := range headers {
		r := inspect(sign(jwt.SigningMethodHS256, secret, row.header, claims()))
		if codes(r.Malformed) != "" || codes(r.Refused) != row.refused || codes(r.Unusual) != row.unusual || !strings.Contains(texts(r), row.words) {
			t.Errorf("a header %s: malformed %s, refused for %s, unusual for %s; want %s, and %s; that say %q:\n%s", row.name, codes(r.Malformed), codes(r.Refused), codes(r.Unusual), row.refused, row.unusual, row.words, texts(r))
		}
	}
}

func TestWhatIsNoTokenIsSaidWhere(t *testing.T) {
	head, body, signature := pieces(good())
	for _, row := range []struct{ name, text, codes, part, words string }{
		{"nothing", "", "empty", "", "there is nothing"},
		{"a word", "swordfish", "parts", "", "it has no full stops, and a token is three parts with full stops between them"},
		{"a header alone", head, "parts", "", "or its first part alone"},
		{"half a header", head[:21], "cut_off parts", "header", "its header part has 21 characters, and no base64url is that long"},
		{"without its signature", head + "." + body, "parts", "", "it has two parts and a token has three: its end is missing, with the signature"},
		{"cut off within its claims", head + "." + body[:40], "cut_off parts", "claims", "its claims are JSON that ends too early, after 30 bytes: something is missing"},
		{"of four parts", good() + ".x", "parts", "", "it has 4 parts with full stops between them"},
		{"of many parts", strings.Repeat(".", 500), "parts", "", "it has 501 parts"},
		{"encrypted", part(changes{"alg": "dir", "enc": "A256GCM"}) + "..aa.bb.cc", "encrypted", "", "it has five parts, so it is encrypted (a JWE, RFC 7516)"},
		{"pasted twice", good() + good(), "parts", "", "it has five parts with full stops between them, and a token has three: it may be two tokens"},
		{"in an escaped address of another parameter", "https%3A%2F%2Facme.deskpro.com%2Fcb%3Ft%3D" + good(), "escaped parts", "", "it may be an address that is escaped"},
		{"JSON of a signature", `{"payload":"e30","signatures":[]}`, "json", "", "it is JSON"},
		{"padded", head + "." + body + "=." + signature, "padding", "claims", fmt.Sprintf("its claims part ends in = at character %d: that is padding", len(body)+1)},
		{"of standard base64", head + "." + body[:9] + "/" + body[10:] + "." + signature, "base64", "claims", `its claims part has '/' at character 10: that is standard base64`},
		{"with a plus sign in its signature", head + "." + body + ".+" + signature[1:], "base64", "signature", `its signature part has '+' at character 1`},
		{"with something between", head + "." + body[:5] + "*" + body[5:] + "." + signature, "character", "claims", `has "*" at character 6, which base64url has not`},
		{"with something unseen between", head + "." + body[:5] + "\u200b" + body[5:] + "." + signature, "character", "claims", `has "\u200b" at character 6`},
		{"with an address's escapes", head + "." + body[:5] + "%41" + body[5:] + "." + signature, "escaped", "claims", "has %, an escape of addresses, at character 6"},
		{"shortened at its end", head + "." + body[:20] + "…", "shortened", "", "it ends in an ellipsis"},
		{"shortened by full stops", head + "." + body[:20] + "...", "shortened", "", "it ends in an ellipsis"},
		{"shortened within", head + "." + body[:8] + "…" + body[20:] + "." + signature, "shortened", "claims", "has an ellipsis at character 9"},
		{"cut off within its signature", head + "." + body + "." + signature[:41], "cut_off", "signature", "its signature part has 41 characters"},
		{"with a header that is no JSON", part("alg=HS256") + "." + body + "." + signature, "not_json", "header", "its header is not JSON: byte 1, invalid character 'a' looking for beginning of value"},
		{"with claims that are no JSON", head + "." + part(`{"id":u-1}`) + "." + signature, "not_json", "claims", "its claims are not JSON: byte 7, "},
		{"with claims that are a list", head + "." + part(`["id"]`) + "." + signature, "not_object", "claims", "its claims are JSON, but not an object of names and values"},
		{"with claims that are null", head + "." + part(`null`) + "." + signature, "not_object", "claims", ""},
		{"with an empty header", "." + body + "." + signature, "empty", "header", "its header part is empty"},
		{"with empty claims", head + ".." + signature, "empty", "claims", "its claims part is empty"},
		{"with a number beyond all", head + "." + part(`{"exp":1e999}`) + "." + signature, "huge_number", "claims", "a number that is too large to be read"},
		{"nested beyond all", head + "." + part(`{"x":`+strings.Repeat("[", 11000)+strings.Repeat("]", 11000)+`}`) + "." + signature, "too_long", "", "it has 29"},
		{"not closed, but nested beyond all", head + "." + part(strings.Repeat(`[`, 10500)) + "." + signature, "not_json", "claims", "exceeded max depth"},
		{"too long to look at", strings.Repeat("a", token.MaxLength+1), "too_long", "", "it has 16385 bytes"},
	} {
		r := inspect(row.text)
		at := slices.IndexFunc(r.Malformed, func(f token.Finding) bool {
			return f.Part == row.part && strings.Contains(f.Text, row.words)
		})
		if codes(r.Malformed) != row.codes || at < 0 {
			t.Errorf("%s: %s, want %s in the %s that says %q:\n%s", row.name, codes(r.Malformed), row.codes, row.part, row.words, texts(r))
		}
	}
}

// What can be read of half a token is explained all the same.
func TestThePartsThatCanBeReadAreExplained(t *testing.T) {
	head, body, _ := pieces(good())
	for _, row := range []struct {
		name, text     string
		header, claims int
	}{
		{"without its signature", head + "." + body, 2, 9},
		{"with half its claims", head + "." + body[:40], 2, 0},
		{"with a signature that is none", head + "." + body + ".*", 2, 9},
		{"with a header that is none", "e." + body + ".", 0, 9},
	} {
		if r := inspect(row.text); len(r.Header) != row.header || len(r.Claims) != row.claims || len(r.Malformed) == 0 {
			t.Errorf("%s: %d of the header, %d claims, malformed %s", row.name, len(r.Header), len(r.Claims), codes(r.Malformed))
		}
	}
}

func pieces(text string) (head, body, signature string) {
	all := strings.Split(text, ".")
	return all[0], all[1], all[2]
}

func TestASignatureIsJudgedByItsForm(t *testing.T) {
	head, body, signature := pieces(good())
	for _, row := range []struct{ name, signature, refused, unusual string }{
		{"whole", signature, "", ""},
		{"missing", "", "signature_missing", ""},
		{"cut off by a byte or two", signature[:40], "signature_length", ""},
		{"with spare bits in its last character", signature[:42] + next(signature[42]), "", "spare_bits"},
	} {
		if r := inspect(head + "." + body + "." + row.signature); codes(r.Refused) != row.refused || codes(r.Unusual) != row.unusual || len(r.Malformed) > 0 {
			t.Errorf("%s: %s", row.name, texts(r))
		}
	}
}

// next is the character after one that ends 32 bytes: it says the same, and two
// bits that mean nothing.
func next(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, c)+1])
}

// A token could make a list without end.
func TestWhatIsUnusualEnds(t *testing.T) {
	names := []string{}
	for i := range 500 {
		names = append(names, fmt.Sprintf(`"a%d":1,"a%d":1`, i, i))
	}
	r := inspect(sign(jwt.SigningMethodHS256, secret, header(), "{"+strings.Join(names, ",")+"}"))
	if n := len(r.Unusual); n != 41 || !strings.HasSuffix(r.Unusual[40].Text, " others of that kind") {
		t.Errorf("%d things are unusual, the last of them: %v", n, r.Unusual[n-1])
	}
}

// The bounds of what is unusual are the sign-in page's own.
func TestTheLongestTokenThatIsMadeIsNotUnusual(t *testing.T) {
	app, err := deskpro.New(deskpro.Config{URL: "https://acme.deskpro.com/", Issuer: "acme/users", Lifetime: deskpro.MaxLifetime})
	if err != nil {
		t.Fatal(err)
	}
	email, err := deskpro.ParseEmail("ada@example.com")
	if err != nil {
		t.Fatal(err)
	}
	longest := ""
	for n := 2500; ; n-- {
		made, err := app.Mint(key(t, secret), deskpro.Claims{ID: "u-1", Email: email, Name: strings.Repeat("a", n)}, now)
		if err == nil {
			longest = made.Reveal()
			break
		}
	}
	r := inspect(longest)
	if codes(r.Unusual) != "" || r.Length < 3490 {
		t.Errorf("of %d bytes it is unusual for %s", r.Length, codes(r.Unusual))
	}
	if at := token.Find(redact.New(longest)).Inspect(now.Add(-6 * time.Second)); codes(at.Refused) != "iat_future" {
		t.Errorf("six seconds earlier it is refused for %s: iat is set back by another time than here", codes(at.Refused))
	}
}
