package token

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

// guess is what may have signed instead of the secret.
type guess struct {
	key []byte
	// how completes "it fits"; do says what to do then.
	how, do string
}

// maxValues bounds how many values of a secret that is JSON are tried.
const maxValues = 16

// misfits returns what people make of a secret on its way from one side to the
// other: kept or lost line breaks, another encoding, the wrong part of JSON. key
// is what it should have been.
func misfits(secret string, key []byte) []guess {
	guesses := altered(string(key), "", "")
	if string(key) != secret {
		guesses = append(guesses, guess{[]byte(secret), "if the whole JSON text is the secret", `give both sides the value of "key" alone`})
	}
	for _, object := range []string{`{"key":` + compact(string(key)) + `}`, `{"key": ` + compact(string(key)) + `}`} {
		guesses = append(guesses, guess{[]byte(object), `if a JSON object that has it as its "key" is the secret`, "where it was signed, all of the JSON is taken for the secret; give both sides the value alone"})
	}
	for _, inner := range insides(secret, 2) {
		guesses = append(guesses, guess{[]byte(inner.text), inner.how, inner.do})
		guesses = append(guesses, altered(inner.text, inner.how+", and ", inner.do+"; ")...)
	}
	seen := [][]byte{key}
	return slices.DeleteFunc(guesses, func(g guess) bool {
		if len(g.key) == 0 || slices.ContainsFunc(seen, func(k []byte) bool { return bytes.Equal(k, g.key) }) {
			return true
		}
		seen = append(seen, g.key)
		return false
	})
}

// altered are the guesses that need no look inside.
func altered(s, how, do string) []guess {
	const (
		newline = "where it was signed, the secret was saved with one; save it there without"
		decoded = "whoever signs decodes the secret, and Deskpro takes it as it is pasted; let them use the text, or change the secret"
	)
	var guesses []guess
	add := func(key, h, d string) { guesses = append(guesses, guess{[]byte(key), how + h, do + d}) }
	add(s+"\n", "if a line break is kept at the secret's end", newline)
	add(s+"\r\n", "if a line break of Windows is kept at the secret's end", newline)
	add(s+" ", "if there is a space at the secret's end", newline)
	add(" "+s, "if there is a space before the secret", newline)
	add(strings.TrimSpace(s), "without the white space at the secret's ends", "the file given here has it; save it without")
	for _, encoding := range []struct {
		name string
		of   *base64.Encoding
	}{{"base64", base64.RawStdEncoding}, {"base64url", base64.RawURLEncoding}} {
		if key, err := encoding.of.DecodeString(strings.TrimRight(strings.TrimSpace(s), "=")); err == nil {
			add(string(key), "if the secret is decoded from "+encoding.name, decoded)
		}
	}
	const encodes = "whoever signs encodes the secret, and Deskpro takes it as it is pasted; let them use the text itself"
	for _, encoding := range []struct {
		name string
		of   *base64.Encoding
	}{{"base64", base64.StdEncoding}, {"base64", base64.RawStdEncoding}, {"base64url", base64.URLEncoding}, {"base64url", base64.RawURLEncoding}} {
		add(encoding.of.EncodeToString([]byte(s)), "if the secret is encoded in "+encoding.name, encodes)
	}
	for _, digits := range []string{hex.EncodeToString([]byte(s)), strings.ToUpper(hex.EncodeToString([]byte(s)))} {
		add(digits, "if the secret is encoded in hexadecimal", encodes)
	}
	_, first := utf8.DecodeRuneInString(s)
	_, last := utf8.DecodeLastRuneInString(s)
	const lacking = "the token was signed with a secret that lacks it; copy all of the secret to where it is signed, unless the file given here has a character too many"
	add(s[:len(s)-last], "without the secret's last character", lacking)
	add(s[first:], "without the secret's first character", lacking)
	if key, err := hex.DecodeString(strings.TrimSpace(s)); err == nil {
		add(string(key), "if the secret is decoded from hexadecimal", decoded)
	}
	if key, err := url.QueryUnescape(s); err == nil {
		add(key, "if the secret's escapes of addresses (%2B and the like) are decoded", "one side has it escaped; paste it as it is in Secrets Manager")
	}
	if key := url.QueryEscape(s); key != s {
		add(key, "if the secret is escaped as in addresses", "one side has it escaped; paste it as it is in Secrets Manager")
	}
	return guesses
}

type inside struct{ text, how, do string }

// insides are texts within a secret that is JSON, or has quotation marks, down to
// so many levels: the AWS CLI prints JSON that has the secret's JSON as a text.
func insides(secret string, levels int) []inside {
	text := strings.TrimSpace(secret)
	var (
		found  []inside
		object map[string]any
		s      string
	)
	const how, do = "without the quotation marks around the secret", "the file given here has them; the AWS CLI prints none with --output text"
	switch n := len(text); {
	case json.Unmarshal([]byte(text), &object) == nil:
		for _, name := range slices.Sorted(maps.Keys(object)) {
			s, ok := object[name].(string)
			switch {
			case !ok || len(found) == maxValues:
			case name == "key" || name == "SecretString":
				found = append(found, inside{s, "if the JSON's " + quoted(name) + " is the secret", "give that alone"})
			default: // of which the name may be the secret itself
				found = append(found, inside{s, "if another value of the JSON is the secret", "give that alone"})
			}
		}
	case json.Unmarshal([]byte(text), &s) == nil:
		found = []inside{{s, how, do}}
	case n > 2 && text[0] == '\'' && text[n-1] == '\'':
		found = []inside{{text[1 : n-1], how, do}}
	}
	if levels > 1 {
		for _, outer := range found {
			for _, inner := range insides(outer.text, levels-1) {
				found = append(found, inside{inner.text, outer.how + ", and within it " + strings.TrimPrefix(inner.how, "if "), inner.do})
			}
		}
	}
	return found
}

// wouldFit says what of the guesses signed, and by which algorithm.
func wouldFit(p parsed, secret string, key []byte) []string {
	var said []string
	named := p.header.method()
	for _, g := range append([]guess{{key: key}}, misfits(secret, key)...) {
		for _, method := range methods {
			if method == named && g.how == "" || !signs(method, p, g.key) {
				continue
			}
			by := ""
			if method != named {
				by = "by " + method.Alg() + ", though its header says otherwise: whoever signs must name the algorithm that they use"
			}
			switch {
			case g.how == "":
				said = append(said, "it fits the secret "+by)
			case by == "":
				said = append(said, "it fits "+g.how+": "+g.do)
			default:
				said = append(said, "it fits "+g.how+", "+by+"; "+g.do)
			}
		}
	}
	return said
}

func signs(method *jwt.SigningMethodHMAC, p parsed, key []byte) bool {
	return method.Verify(p.signed, p.signature, key) == nil
}
