package password

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// shortestWord is how many code points make a word that stands out: with three,
// "Ada" would be found in "canada".
const shortestWord = 4

// words are the parts of each of texts (a login, an email address, a name, a
// host) by which it can be told, in lower case and without what separates: of
// ada.lovelace+1@mail.example.com those are adalovelace1, lovelace,
// mailexamplecom, mail and example.
func words(texts []string) []string {
	var found []string
	for _, text := range texts {
		for side := range strings.SplitSeq(strings.ToLower(text), "@") {
			parts := strings.FieldsFunc(side, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
			for _, word := range append(parts, bare(side)) {
				if utf8.RuneCountInString(word) >= shortestWord {
					found = append(found, word)
				}
			}
		}
	}
	return found
}

// beside is what s, in lower case and without what separates, has besides words:
// digits, and the rest; found says whether it has any of them.
func beside(s string, words []string) (rest string, digits []rune, found bool) {
	taken := make([]bool, len(s))
	for _, word := range words {
		for from := 0; ; from++ {
			at := strings.Index(s[from:], word)
			if at < 0 {
				break
			}
			found = true
			from += at
			for i := range word {
				taken[from+i] = true
			}
		}
	}
	if !found {
		return "", nil, false
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case taken[i]:
		case pads(r):
			digits = append(digits, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String(), digits, true
}
