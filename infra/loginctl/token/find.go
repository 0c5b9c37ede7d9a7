package token

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"deskpro-login/pkg/redact"
)

// Token is what somebody takes for a token. Only Find makes one.
type Token struct {
	text redact.Secret
	cut  []string
}

// Find returns the token in what somebody pasted: alone, in an address with a
// jwt parameter, behind Bearer, within quotes or words, over several lines, in the
// JSON that loginctl token mint prints, or any of these in a file of PowerShell's.
// What it cuts away a Report says, but not what that was. What it does not know it
// leaves as it is, for the Report.
func Find(pasted redact.Secret) Token {
	text, cut := strings.TrimRightFunc(narrow(pasted.Reveal()), unicode.IsSpace), []string{}
	for range 8 { // an address within quotes within JSON …
		before := text
		for _, clear := range []func(string) (string, string){
			withoutSpace, withoutJSON, withoutLines, withoutScheme, withoutWords, withoutQuotes, withoutEscapes, withoutAddress, withoutMarks,
		} {
			rest, said := clear(text)
			if rest != text && said != "" && !slices.Contains(cut, said) {
				cut = append(cut, said)
			}
			text = rest
		}
		if text == before {
			break
		}
	}
	return Token{redact.New(text), cut}
}

// narrow reads UTF-16, which PowerShell's > writes, if there is a mark of it.
func narrow(text string) string {
	rest, ok := strings.CutPrefix(text, "\xff\xfe")
	if !ok {
		return text
	}
	units := make([]uint16, len(rest)/2)
	for i := range units {
		units[i] = uint16(rest[2*i]) | uint16(rest[2*i+1])<<8
	}
	return string(utf16.Decode(units))
}

func withoutSpace(text string) (string, string) {
	rest := strings.TrimFunc(text, unicode.IsSpace)
	if cleared := strings.TrimFunc(rest, func(r rune) bool { return r != unicode.ReplacementChar && (unicode.IsSpace(r) || hidden(string(r))) }); cleared != rest {
		return cleared, "characters around it that cannot be seen"
	}
	return rest, "white space around it"
}

// withoutJSON takes what mint prints, and whatever else has a token by its name.
func withoutJSON(text string) (string, string) {
	if !strings.HasPrefix(text, "{") {
		return text, ""
	}
	var object map[string]any
	if json.Unmarshal([]byte(text), &object) == nil {
		for _, name := range []string{"token", "jwt", "id_token"} {
			if s, ok := object[name].(string); ok && s != "" {
				return s, "the JSON around it"
			}
		}
	}
	return text, ""
}

// withoutLines joins the lines of a token that was broken into several. Lines
// that have words in them are something else.
func withoutLines(text string) (string, string) {
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
	if len(lines) < 2 {
		return text, ""
	}
	for i, line := range lines {
		lines[i] = strings.TrimFunc(line, unicode.IsSpace)
		if strings.ContainsFunc(lines[i], unicode.IsSpace) {
			return text, ""
		}
	}
	return strings.Join(lines, ""), "line breaks within it"
}

var scheme = regexp.MustCompile(`(?i)^(authorization:\s*)?bearer\s+`)

func withoutScheme(text string) (string, string) {
	return text[len(scheme.FindString(text)):], `the word "Bearer" before it`
}

// withoutWords takes of a sentence, a line of a log or what curl prints the word
// that is a token or has one, by how every header begins. Of a token with spaces
// in it every word is a piece of it.
func withoutWords(text string) (string, string) {
	words := strings.Fields(text)
	if len(words) < 2 {
		return text, ""
	}
	if joined := strings.Join(words, ""); strings.Count(words[0], ".") < 2 && strings.Count(joined, ".") == 2 && begins.MatchString(words[0]) && base64url(strings.ReplaceAll(joined, ".", "")) {
		return joined, "spaces within it"
	}
	if i := slices.IndexFunc(words, func(word string) bool { return strings.Contains(word, "eyJ") }); i >= 0 {
		return words[i], "the words around it"
	}
	return text, ""
}

// begins is how a header does in base64url: by { and " or white space.
var begins = regexp.MustCompile(`^(ey|ew)`)

func withoutQuotes(text string) (string, string) {
	for _, pair := range []string{`""`, `''`, "``", "“”", "‘’", "<>", "()"} {
		marks := []rune(pair)
		if rest, ok := strings.CutPrefix(text, string(marks[0])); ok {
			if rest, ok := strings.CutSuffix(rest, string(marks[1])); ok {
				return rest, "quotation marks around it"
			}
		}
	}
	return text, ""
}

var escape = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

var parameter = regexp.MustCompile(`(?:^|[?&#;])jwt=`)

// withoutEscapes reads an address that is itself escaped, as within another's query.
func withoutEscapes(text string) (string, string) {
	if !escape.MatchString(text) || parameter.MatchString(text) {
		return text, ""
	}
	// Not by QueryUnescape, for the reason that withoutAddress has.
	if unescaped, err := url.PathUnescape(text); err == nil && parameter.MatchString(unescaped) {
		return unescaped, "the escapes of the address around it"
	}
	return text, ""
}

// withoutAddress takes the jwt parameter's value: the last one's, as PHP does.
func withoutAddress(text string) (string, string) {
	found := parameter.FindAllStringIndex(text, -1)
	if len(found) == 0 {
		return text, ""
	}
	value, _, _ := strings.Cut(text[found[len(found)-1][1]:], "&")
	value, _, _ = strings.Cut(value, "#")
	// Not by QueryUnescape: a plus sign is base64's, which is worth a finding.
	if unescaped, err := url.PathUnescape(value); err == nil {
		value = unescaped
	}
	if len(found) > 1 {
		return value, "all of the address but its jwt parameter, of which it has several: this is the last one, which PHP reads"
	}
	return value, "all of the address but its jwt parameter"
}

// withoutMarks takes off what ends a word in a sentence or a list. A full stop
// may be the token's own.
func withoutMarks(text string) (string, string) {
	rest := strings.TrimRight(text, ",;")
	if strings.Count(rest, ".") == 3 {
		rest = strings.TrimSuffix(rest, ".")
	}
	return rest, "a mark behind it"
}
