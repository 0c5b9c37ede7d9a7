package token

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// maxShown bounds a value for people, in characters.
const maxShown = 160

// visible escapes, as JSON does, what would steer a terminal or cannot be seen.
// What is not UTF-8 becomes U+FFFD.
func visible(s string) string {
	var text strings.Builder
	for _, r := range s {
		if strconv.IsPrint(r) && !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
			text.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&text, `\u%04x`, unit)
		}
	}
	return text.String()
}

// hidden reports whether s holds what visible would escape.
func hidden(s string) bool { return visible(s) != s }

// quoted is a text as JSON writes it, for people.
func quoted(s string) string { return short(visible(compact(s))) }

// short cuts a text after maxShown characters, and says so.
func short(s string) string {
	letters := []rune(s)
	if len(letters) <= maxShown {
		return s
	}
	return fmt.Sprintf("%s… (%d characters)", string(letters[:maxShown]), len(letters))
}

// compact is v in JSON, with < and & as they are.
func compact(v any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return "?" // of what a decoder made, none
	}
	return strings.TrimSuffix(text.String(), "\n")
}

// named is the name of a claim for people: in quotes only if it needs them.
func named(name string) string {
	plain := name != "" && len(name) <= 64 && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && r != '-' && r != ':' && r != '.' && r != '/' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	if plain {
		return name
	}
	return quoted(name)
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
