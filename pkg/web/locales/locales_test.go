package locales_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"deskpro-login/pkg/web/locales"
)

func texts(t *testing.T, tag string) map[string]string {
	t.Helper()
	encoded, err := os.ReadFile(tag + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]string
	if err := json.Unmarshal(encoded, &all); err != nil {
		t.Fatalf("%s: %v", tag, err)
	}
	return all
}

var forms = map[plural.Form]string{
	plural.Other: "other", plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many",
}

// pluralKey matches the key of a plural's form.
var pluralKey = regexp.MustCompile(`^(.*)_(zero|one|two|few|many|other)$`)

// shapes replaces the forms of plurals by those that the language has.
func shapes(keys []string, tag string) []string {
	// Forms for round millions alone, as newer versions of CLDR have them for some,
	// are none that a wait or a length needs.
	used := map[string]bool{}
	for n := range 1_001 {
		used[forms[plural.Cardinal.MatchPlural(language.MustParse(tag), n, 0, 0, 0, 0)]] = true
	}
	var all []string
	for _, key := range keys {
		match := pluralKey.FindStringSubmatch(key)
		if match == nil {
			all = append(all, key)
			continue
		}
		for form := range used {
			all = append(all, match[1]+"_"+form)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func TestEveryLanguageHasEveryTextAndNoOther(t *testing.T) {
	english := slices.Sorted(maps.Keys(texts(t, "en")))
	for _, tag := range locales.Available() {
		want := shapes(english, tag)
		got := slices.Sorted(maps.Keys(texts(t, tag)))
		for _, key := range want {
			if !slices.Contains(got, key) {
				t.Errorf("%s lacks %s", tag, key)
			}
		}
		for _, key := range got {
			if !slices.Contains(want, key) {
				t.Errorf("%s has %s, which English has not, or a form that the language has not", tag, key)
			}
		}
	}
	files, err := filepath.Glob("*.json")
	if err != nil || len(files) != len(locales.Available()) {
		t.Errorf("there are %d files for %d languages: %v", len(files), len(locales.Available()), err)
	}
}

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

func TestPlaceholdersAreThoseOfTheEnglishText(t *testing.T) {
	english := texts(t, "en")
	for _, tag := range locales.Available() {
		for key, text := range texts(t, tag) {
			source, ok := english[key]
			if match := pluralKey.FindStringSubmatch(key); !ok && match != nil {
				source = english[match[1]+"_other"]
			}
			got, want := placeholder.FindAllString(text, -1), placeholder.FindAllString(source, -1)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s, %s has the placeholders %q, want %q", tag, key, got, want)
			}
			if strings.Trim(text, " ") != text || text == "" || strings.Contains(text, "  ") || strings.ContainsAny(text, "<>&\n\t") {
				t.Errorf("%s, %s: %q is empty, or has space or markup that it should not have", tag, key, text)
			}
		}
	}
}

// same are the texts that are the same word in both languages.
var same = map[string][]string{
	"de": {"code.label"}, "fr": {"code.label"}, "nl": {"code.label"}, "es": {"page.error"}, "it": {"foot.privacy", "signin.password", "account.password"},
}

func TestNothingIsLeftInEnglish(t *testing.T) {
	english := texts(t, "en")
	for _, tag := range locales.Available()[1:] {
		for key, text := range texts(t, tag) {
			if text == english[key] && !slices.Contains(same[tag], key) {
				t.Errorf("%s: %s is not translated: %q", tag, key, text)
			}
		}
		foreign := 0
		for _, text := range texts(t, tag) {
			if strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII && unicode.IsLetter(r) }) {
				foreign++
			}
		}
		if script := map[string]bool{"ar": true, "he": true, "ja": true, "zh-Hans": true}[tag]; script && foreign < len(english)*9/10 {
			t.Errorf("%s: only %d texts are in its script", tag, foreign)
		}
	}
}

func TestABrowserGetsTheLanguageThatSuitsItBest(t *testing.T) {
	all, err := locales.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	for accept, want := range map[string]string{
		"":                                     "en",
		"de":                                   "de",
		"de-CH,de;q=0.9,en;q=0.8":              "de",
		"fi, sv;q=0.5, it;q=0.3":               "it",
		"fi":                                   "en",
		"en-GB, de;q=0.9":                      "en",
		"pt":                                   "pt-BR",
		"pt-PT":                                "pt-BR",
		"iw":                                   "he", // as old browsers have it
		"ar-EG":                                "ar",
		"*":                                    "en",
		"de;q=0, nl":                           "nl",
		"not a language, ;;;":                  "en",
		strings.Repeat("de,", 1000):            "en",
		"ja;q=0.1, nl;q=0.2":                   "nl",
		"en-US-u-ca-gregory":                   "en",
		"\x00\xff":                             "en",
		strings.Repeat("a-", 200) + "b, fr-CA": "en",
	} {
		if got := all.Accepted(accept).Tag; got != want {
			t.Errorf("Accept-Language: %.40q gets %s, want %s", accept, got, want)
		}
	}
}

func TestAWishIsGrantedOrIgnored(t *testing.T) {
	some, err := locales.New([]string{"de", "fr"})
	if err != nil {
		t.Fatal(err)
	}
	for wish, want := range map[string]string{"fr": "fr", "fr-CA en": "fr", "ja de": "de", "ja": "", "": "", "<script>": "", "en": ""} {
		got := ""
		if l := some.Wished(wish); l != nil {
			got = l.Tag
		}
		if got != want {
			t.Errorf("ui_locales=%q gets %q, want %q", wish, got, want)
		}
	}
	if got := some.Accepted("ja").Tag; got != "de" {
		t.Errorf("who asks for none of them gets %s, want the first", got)
	}
	if some.Tagged("en") != nil || some.Tagged("fr") == nil {
		t.Error("Tagged knows others than New was given")
	}
}

func TestAnUnknownOrRepeatedTagIsAnError(t *testing.T) {
	for _, tags := range [][]string{{"en", "tlh"}, {"en", "en"}, {"de-DE"}, {""}} {
		if _, err := locales.New(tags); err == nil || !strings.Contains(err.Error(), "pt-BR") {
			t.Errorf("New(%q) = %v, want an error that names those there are", tags, err)
		}
	}
}

func TestANumberTakesTheFormOfItsLanguage(t *testing.T) {
	all, err := locales.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		tag, form string
		n         int
	}{
		{"en", "one", 1}, {"en", "other", 0}, {"en", "other", 2}, {"fr", "one", 0}, {"pl", "few", 3}, {"pl", "many", 5}, {"pl", "few", 22}, {"ar", "two", 2}, {"ar", "few", 5},
		{"ar", "many", 15}, {"ja", "other", 1}, {"he", "two", 2},
	} {
		l := all.Tagged(row.tag)
		want := strings.ReplaceAll(texts(t, row.tag)["wait.minutes_"+row.form], "{n}", "N")
		got := l.Count("wait.minutes", row.n)
		got = regexp.MustCompile("\u2068?"+`\d+`+"\u2069?").ReplaceAllString(got, "N")
		if got != want {
			t.Errorf("%s, %d: %q, want %q", row.tag, row.n, got, want)
		}
	}
}

func TestAValueIsNeverReadAsText(t *testing.T) {
	all, err := locales.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := all.Tagged("en").Text("account.who", "name", "{email}", "email", "{name}"); got != "Signed in as {email} ({name})." {
		t.Errorf("got %q", got)
	}
	if got := all.Tagged("ar").Text("account.who", "name", "Ana", "email", "ana@example.com"); !strings.Contains(got, "\u2068ana@example.com\u2069") {
		t.Errorf("an address in Arabic is not kept in one piece: %q", got)
	}
}

// Whoever is the first in a language waits for its file to be read.
func BenchmarkFirstWord(b *testing.B) {
	for b.Loop() {
		all, err := locales.New(nil)
		if err != nil {
			b.Fatal(err)
		}
		all.Accepted("de-DE,de;q=0.9,en;q=0.8").Has("signin.title")
	}
}

func BenchmarkWord(b *testing.B) {
	all, err := locales.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		all.Accepted("de-DE,de;q=0.9,en;q=0.8").Text("signin.title")
	}
}
