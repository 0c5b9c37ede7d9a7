// Package locales is the words of the pages, in every language that they are
// offered in. Each language is one JSON file of texts by key; en.json is the one
// that the others are translated from, and what the code asks for.
//
// A text may have placeholders, {name}. One that depends on a number has a key
// for each form of the language's plural, such as wait.minutes_one and
// wait.minutes_other: the names are those of CLDR
// (https://cldr.unicode.org/index/cldr-spec/plural-rules).
//
// Start with New. To add a language, add its file and its line in the table
// below: the tests name what it lacks.
package locales

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

//go:embed *.json
var files embed.FS

// offered are the languages that there are: tag (BCP 47), what its speakers call
// it, and the direction of its script. The first is for whoever asks for none.
var offered = [...]struct{ tag, name, dir string }{
	{"en", "English", "ltr"},
	{"ar", "العربية", "rtl"},
	{"de", "Deutsch", "ltr"},
	{"es", "Español", "ltr"},
	{"fr", "Français", "ltr"},
	{"he", "עברית", "rtl"},
	{"it", "Italiano", "ltr"},
	{"ja", "日本語", "ltr"},
	{"nl", "Nederlands", "ltr"},
	{"pl", "Polski", "ltr"},
	{"pt-BR", "Português (Brasil)", "ltr"},
	{"zh-Hans", "简体中文", "ltr"},
}

// Available returns the tags of all languages, the default one first.
func Available() []string {
	tags := make([]string, len(offered))
	for i, o := range offered {
		tags[i] = o.tag
	}
	return tags
}

// Set is the languages that a site offers. Safe for concurrent use.
type Set struct {
	languages []*Language
	matcher   func() language.Matcher
}

// New returns the languages of tags, the first of which is for whoever asks for
// none of them. No tags: all there are. An unknown tag is an error, and so is one
// that is there twice.
func New(tags []string) (*Set, error) {
	if len(tags) == 0 {
		tags = Available()
	}
	s := &Set{}
	for i, tag := range tags {
		at := slices.Index(Available(), tag)
		if at < 0 || slices.Contains(tags[:i], tag) {
			return nil, fmt.Errorf("locales: %q is no language of the pages, or there twice: choose among %s", tag, strings.Join(Available(), " "))
		}
		l := &Language{Tag: tag, Name: offered[at].name, Dir: offered[at].dir}
		l.texts = sync.OnceValue(func() map[string]string { return read(tag) })
		s.languages = append(s.languages, l)
	}
	s.matcher = sync.OnceValue(func() language.Matcher {
		var known []language.Tag
		for _, l := range s.languages {
			known = append(known, language.Make(l.Tag))
		}
		return language.NewMatcher(known)
	})
	return s, nil
}

// read returns a language's texts, when somebody first speaks it.
func read(tag string) map[string]string {
	encoded, err := files.ReadFile(tag + ".json")
	texts := map[string]string{}
	if err == nil {
		err = json.Unmarshal(encoded, &texts)
	}
	if err != nil {
		panic(fmt.Sprintf("locales: reading what is embedded for %s: %v", tag, err))
	}
	return texts
}

// All returns the languages in the order of New's tags.
func (s *Set) All() []*Language { return slices.Clone(s.languages) }

// Tagged returns the language of tag, or nil if the site does not offer it.
func (s *Set) Tagged(tag string) *Language {
	for _, l := range s.languages {
		if l.Tag == tag {
			return l
		}
	}
	return nil
}

// mostAccepted bounds, in bytes, what is read of an Accept-Language header.
const mostAccepted = 512

// Accepted returns the language that suits an Accept-Language header best (RFC
// 9110 section 12.5.4), or the first one.
func (s *Set) Accepted(header string) *Language {
	if l := s.suits(header, ","); l != nil {
		return l
	}
	return s.languages[0]
}

// Wished returns the language that suits tags best, the most wanted first and
// separated by spaces, or nil if none does (OpenID Connect Core section 3.1.2.1
// has the same for ui_locales).
func (s *Set) Wished(tags string) *Language { return s.suits(tags, " ") }

func (s *Set) suits(wanted, separator string) *Language {
	if wanted == "" || len(wanted) > mostAccepted {
		return nil
	}
	tags, _, err := language.ParseAcceptLanguage(strings.ReplaceAll(wanted, separator, ","))
	if err != nil {
		return nil
	}
	if _, at, confidence := s.matcher().Match(tags...); confidence != language.No {
		return s.languages[at]
	}
	return nil
}

// Language is one of the pages' languages.
type Language struct {
	// Tag is its BCP 47 tag, Name what its speakers call it, Dir the direction
	// of its script, as HTML's dir has it.
	Tag, Name, Dir string

	texts func() map[string]string
}

// Has tells whether there is a text under key.
func (l *Language) Has(key string) bool {
	_, ok := l.texts()[key]
	return ok
}

// Text returns the text under key, with values in place of its placeholders:
// name, value, name, value. It panics for a key that there is not: that is a
// programmer's error, which the tests find.
func (l *Language) Text(key string, values ...string) string {
	text, ok := l.texts()[key]
	if !ok {
		panic("locales: " + l.Tag + " has no text for " + key)
	}
	if len(values) == 0 {
		return text
	}
	var pairs []string
	for i := 0; i+1 < len(values); i += 2 {
		pairs = append(pairs, "{"+values[i]+"}", l.isolated(values[i+1]))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// isolated keeps a value in one piece within a text that runs the other way
// (Unicode Standard Annex 9, section 2.4).
func (l *Language) isolated(value string) string {
	if l.Dir == "ltr" {
		return value
	}
	return "\u2068" + value + "\u2069"
}

// Count returns the text under key in the form for n, which stands in place of
// {n}.
func (l *Language) Count(key string, n int) string {
	return l.Text(key+"_"+l.form(n), "n", strconv.Itoa(n))
}

// form is the name of the plural's form for n.
func (l *Language) form(n int) string {
	// Of whole numbers the other operands of CLDR's rules are zero.
	switch plural.Cardinal.MatchPlural(language.Make(l.Tag), n, 0, 0, 0, 0) {
	case plural.Zero:
		return "zero"
	case plural.One:
		return "one"
	case plural.Two:
		return "two"
	case plural.Few:
		return "few"
	case plural.Many:
		return "many"
	}
	return "other"
}
