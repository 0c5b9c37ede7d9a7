package rotation

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"
	"unicode"

	"deskpro-login/pkg/redact"
)

const (
	// keyLength suits all of Deskpro's algorithms: HS512 wants 64 bytes (RFC 7518
	// section 3.2). Of 62 characters each, it is worth 381 bits.
	keyLength = 64
	alphabet  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// Generate returns a new key of 64 letters and digits: nothing that a form field,
// a shell or a double click would break.
func Generate() redact.Secret {
	key := make([]byte, 0, keyLength)
	for pool := make([]byte, 2*keyLength); len(key) < keyLength; {
		_, _ = rand.Read(pool) // never fails: crypto/rand
		for _, b := range pool {
			// A remainder is fair only below a multiple.
			if int(b) < 256/len(alphabet)*len(alphabet) && len(key) < keyLength {
				key = append(key, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return redact.New(string(key))
}

// fewCharacters is what a random key has more of, but for one of 28 million: so
// rare are 7 different ones among 32 hexadecimal digits.
const fewCharacters = 7

var (
	tokenForm    = regexp.MustCompile(`^eyJ[\w-]*\.[\w-]+\.[\w-]*$`)
	base64Form   = regexp.MustCompile(`^[A-Za-z0-9+/_-]+={1,2}$`)
	unpaddedForm = regexp.MustCompile(`^[A-Za-z0-9+/]*[+/][A-Za-z0-9+/]*$`)
	escapedForm  = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
	settingForm  = regexp.MustCompile(`^[A-Za-z][A-Za-z_]+=[^=]`)
	// examples are what documentation, and people in a hurry, put in a key's place.
	examples = regexp.MustCompile(`(?i)change[-_ ]?me|example|password|secret|\byour[-_ ]|placeholder|qwerty|abcdefgh|12345678`)
)

// Doubts returns what an admin should look at twice in a key: sentences that do
// not quote it. They are no reason to refuse it, since it signs byte for byte as
// it is, in Deskpro too.
func Doubts(key redact.Secret) []string {
	text := key.Reveal()
	bytes, err := hex.DecodeString(text)
	isHex := err == nil && len(bytes) > 0
	isURL := strings.Contains(text, "://")
	different := map[rune]bool{}
	for _, c := range text {
		different[c] = true
	}
	quote := func(s string) bool { return len(s) > 1 && strings.ContainsAny(s[:1], "\"'`") && s[0] == s[len(s)-1] }

	var doubts []string
	for _, doubt := range []struct {
		is       bool
		sentence string
	}{
		{strings.Contains(text, "-----BEGIN"), "It looks like a PEM file, such as a private key; what Deskpro shares with this page is a text."},
		{tokenForm.MatchString(text), "It looks like a token (JWT), not like the key that one is signed with."},
		{(strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") || quote(text)) && json.Valid([]byte(text)), "It looks like JSON; all of it is the key, not what is inside."},
		{quote(text), "It is in quotation marks, which are a part of the key then."},
		{isURL, "It looks like an address (URL)."},
		{!isURL && escapedForm.MatchString(text), "It looks URL-encoded; neither side decodes it."},
		{settingForm.MatchString(text), "It looks like a line of settings, a name and a value; all of it is the key."},
		{isHex, "It looks like hexadecimal; neither side decodes it, so that each character is worth half as much as it takes."},
		{!isHex && (base64Form.MatchString(text) || unpaddedForm.MatchString(text)), "It looks like base64; neither side decodes it, so paste it into Deskpro as it is, to the last character."},
		{strings.ContainsFunc(text, unicode.IsSpace), "It has spaces inside, which a copy may lose."},
		{strings.ContainsFunc(text, func(c rune) bool { return c > unicode.MaxASCII }), "It has characters that are not ASCII, which a copy may change without being seen."},
		{len(different) <= fewCharacters, "It has few different characters, so that it may be guessed."},
		{examples.MatchString(text), "It has something in it that examples have, so that it may be guessed."},
	} {
		if doubt.is {
			doubts = append(doubts, doubt.sentence)
		}
	}
	return doubts
}
