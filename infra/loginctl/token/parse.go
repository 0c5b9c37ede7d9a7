package token

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

// parsed is a token in pieces; those that cannot be read are nil.
type parsed struct {
	header, claims *object
	signature      []byte
	// signed is what the signature is of (RFC 7515 section 5.1); empty where there
	// is no signature that can be read.
	signed string
}

// object is a JSON object.
type object struct {
	members []member
	// values is what decoders make of it: of several members of one name, the last.
	values jwt.MapClaims
}

type member struct {
	name string
	raw  json.RawMessage
	// again: another of this name comes later, and counts.
	again bool
}

// text is the value of a name if that is a text, else empty.
func (o *object) text(name string) string {
	s, _ := o.values[name].(string)
	return s
}

func (o *object) has(name string) bool {
	_, ok := o.values[name]
	return ok
}

// parse takes the token apart (RFC 7515 section 7.1), and says where it is none.
func (r *Report) parse(token string) parsed {
	var p parsed
	pieces := strings.Split(token, ".")
	switch {
	case token == "":
		r.malformed("empty", "", "there is nothing")
		return p
	case strings.HasPrefix(token, "{"):
		r.malformed("json", "", "it is JSON: a token for an address is three parts of base64url with full stops between them (RFC 7515 section 7.1)")
		return p
	case strings.HasSuffix(token, "…") || strings.HasSuffix(token, "...") && len(pieces) <= 5:
		r.malformed("shortened", "", "it ends in an ellipsis: whatever showed it has cut it short; copy it where all of it is")
		return p
	case len(pieces) == 5 && isEncrypted(pieces[0]):
		r.malformed("encrypted", "", "it has five parts, so it is encrypted (a JWE, RFC 7516), and nobody can read it without a key; Deskpro takes signed tokens (JWS), which have three")
	case len(pieces) == 5 && escape.MatchString(token):
		r.malformed("parts", "", "it has five parts with full stops between them, and a token has three: it may be an address that is escaped, with its own full stops; copy the token out of it")
	case len(pieces) == 5:
		r.malformed("parts", "", "it has five parts with full stops between them, and a token has three: it may be two tokens, one right after the other; give one of them")
	case len(pieces) == 1:
		r.malformed("parts", "", "it has no full stops, and a token is three parts with full stops between them: this is none, or its first part alone")
	case len(pieces) == 2:
		r.malformed("parts", "", "it has two parts and a token has three: its end is missing, with the signature")
	case len(pieces) != 3:
		r.malformed("parts", "", "it has %d parts with full stops between them, and a token has three", len(pieces))
	}
	if len(pieces) > 5 || len(pieces) == 1 && !begins.MatchString(token) {
		return p
	}
	p.header = r.decodeObject(pieces[0], inHeader)
	if len(pieces) > 3 || len(pieces) < 2 {
		return p
	}
	p.claims = r.decodeObject(pieces[1], inClaims)
	if len(pieces) == 3 {
		if signature, ok := r.decode(pieces[2], inSignature); ok {
			p.signature, p.signed = signature, pieces[0]+"."+pieces[1]
		}
	}
	return p
}

// isEncrypted tells a JWE's header by what it must have (RFC 7516 section 4.1.2).
func isEncrypted(piece string) bool {
	header := new(Report).decodeObject(piece, inHeader)
	return header != nil && header.has("enc")
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func base64url(s string) bool { return strings.Trim(s, alphabet) == "" }

// decode reads a part's base64url without padding (RFC 7515 section 2).
func (r *Report) decode(piece, part string) ([]byte, bool) {
	if at := strings.IndexFunc(piece, func(c rune) bool { return !strings.ContainsRune(alphabet, c) }); at >= 0 {
		c, _ := utf8.DecodeRuneInString(piece[at:])
		switch {
		case c == '=' && strings.Trim(piece[at:], "=") == "":
			r.malformed("padding", part, "its %s ends in = at character %d: that is padding, which a token has not; whoever made it must leave it out (base64url, RFC 7515 section 2)", the(part), at+1)
		case c == '+' || c == '/':
			r.malformed("base64", part, "its %s has %q at character %d: that is standard base64; a token is base64url, which has - and _ instead", the(part), c, at+1)
		case c == '…':
			r.malformed("shortened", part, "its %s has an ellipsis at character %d: whatever showed it has left something out; copy it where all of it is", the(part), at+1)
		case c == '%':
			r.malformed("escaped", part, "its %s has %%, an escape of addresses, at character %d: copy it from the address itself", the(part), at+1)
		default:
			r.malformed("character", part, "its %s has %s at character %d, which base64url has not", the(part), quoted(string(c)), at+1)
		}
		return nil, false
	}
	decoded, err := base64.RawURLEncoding.DecodeString(piece)
	if err != nil { // of that alphabet: a length that there is not
		r.malformed("cut_off", part, "its %s has %s, and no base64url is that long: some are missing, at its end if it was cut off", the(part), plural(len(piece), "character"))
		return nil, false
	}
	if _, err := base64.RawURLEncoding.Strict().DecodeString(piece); err != nil {
		r.wonder("spare_bits", part, "the last character of its %s says more than it should: it was changed, or made by hand; some readers refuse that", the(part))
	}
	return decoded, true
}

// the is a part as the subject of a sentence: as it is written, not what it says.
func the(part string) string { return part + " part" }

// decodeObject reads a part that is JSON.
func (r *Report) decodeObject(piece, part string) *object {
	if piece == "" {
		r.malformed("empty", part, "its %s is empty", the(part))
		return nil
	}
	decoded, ok := r.decode(piece, part)
	if !ok {
		return nil
	}
	verb := map[string]string{inHeader: "is", inClaims: "are"}[part]
	o := &object{values: jwt.MapClaims{}}
	err := json.Unmarshal(decoded, &o.values)
	trimmed := bytes.TrimLeft(decoded, " \t\r\n")
	syntax, misspelt := errors.AsType[*json.SyntaxError](err)
	switch {
	case misspelt && syntax.Error() == "unexpected end of JSON input":
		r.malformed("cut_off", part, "its %s %s JSON that ends too early, after %s: something is missing", part, verb, plural(len(decoded), "byte"))
		return nil
	case misspelt:
		r.malformed("not_json", part, "its %s %s not JSON: byte %d, %s", part, verb, syntax.Offset, visible(syntax.Error()))
		return nil
	case len(trimmed) == 0 || trimmed[0] != '{':
		r.malformed("not_object", part, "its %s %s JSON, but not an object of names and values", part, verb)
		return nil
	case err != nil: // of an object, a number beyond a float64
		r.malformed("huge_number", part, "its %s have a number that is too large to be read", part)
		return nil
	}
	if !utf8.Valid(decoded) {
		r.wonder("not_utf8", part, "its %s have bytes that are not UTF-8, which PHP does not read at all: names were written in another encoding", part)
	}
	if depth(decoded) > 500 {
		r.wonder("deep", part, "its %s are nested more than 500 deep, which PHP does not read", part)
	}
	o.members = members(decoded)
	last := map[string]int{}
	for i, m := range o.members {
		last[m.name] = i
	}
	told := map[string]bool{}
	for i, m := range o.members {
		if o.members[i].again = i != last[m.name]; o.members[i].again && !told[m.name] {
			told[m.name] = true
			r.wonder("twice", part, "its %s %s %s more than once: readers differ in which one they take; the last one is judged here", part, map[string]string{inHeader: "has", inClaims: "have"}[part], named(m.name))
		}
	}
	return o
}

// members are an object's, in their order. The object is known to be one.
func members(decoded []byte) []member {
	var found []member
	decoder := json.NewDecoder(bytes.NewReader(decoded))
	_, _ = decoder.Token()
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			break
		}
		m := member{}
		m.name, _ = name.(string)
		if decoder.Decode(&m.raw) != nil {
			break
		}
		found = append(found, m)
	}
	return found
}

// depth is how deep JSON is nested.
func depth(decoded []byte) int {
	deepest, now, within, escaped := 0, 0, false, false
	for _, c := range decoded {
		switch {
		case escaped:
			escaped = false
		case within && c == '\\':
			escaped = true
		case c == '"':
			within = !within
		case within:
		case c == '{' || c == '[':
			now++
			deepest = max(deepest, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return deepest
}

// maxDepth bounds what is shown of a value.
const maxDepth = 32

// field is a member with what it means.
func (m member) field(means string) Field {
	f := Field{Name: m.name, Label: named(m.name), Means: means}
	if m.again {
		f.Means = "not this one: there is another of this name"
	}
	if depth(m.raw) > maxDepth {
		f.Shown = "(nested too deeply to be shown)"
		return f
	}
	decoder := json.NewDecoder(bytes.NewReader(m.raw))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		f.Shown = "?"
		return f
	}
	text := compact(value)
	f.Value = json.RawMessage(text)
	f.Shown = short(visible(text))
	return f
}
