package web

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/password"
)

// composed are the keys that the code puts together.
func composed() map[string]bool {
	keys := map[string]bool{}
	add := func(format string, args ...any) { keys[fmt.Sprintf(format, args...)] = true }
	for _, p := range problems {
		add("%s.title", p.code)
		add("%s.said", p.code)
		add("%s.do", p.code)
		for i := range p.causes {
			add("%s.cause_%d", p.code, i+1)
		}
	}
	wants := Offers{Change: true, Factor: true, Codes: true}.wants()
	for _, want := range append(wants, wantAccount) {
		add("want.%s.title", want)
		add("want.%s.text", want)
	}
	for _, done := range wants {
		add("account.done.%s", done)
	}
	for _, done := range []string{doneEnded, doneGone, doneOthers} {
		add("account.done.%s", done)
	}
	for _, medium := range []directory.Medium{directory.MediumApp, directory.MediumSMS, directory.MediumEmail} {
		add("choose.%s", medium)
	}
	for _, key := range []string{"code.sms", "code.sms_to", "code.email", "code.email_to"} {
		add("%s", key)
	}
	for _, rule := range password.Rules() {
		if rule != password.TooShort { // it is counted
			add("rule.%s", rule)
		}
	}
	for _, name := range []string{"name", "given_name", "family_name", "email", "phone_number", "birthdate", "address"} {
		add("attribute.%s", name)
	}
	return keys
}

var (
	plainKey   = regexp.MustCompile(`(?:say|Say|Text|to)\(?[^"\n]*?"([a-z_]+\.[a-z_.]+)"|"([a-z_]+\.[a-z_]+)"`)
	countedKey = regexp.MustCompile(`Count\("([a-z_.]+)"`)
	formSuffix = regexp.MustCompile(`_(zero|one|two|few|many|other)$`)
)

// named are the keys that the code and the templates name.
func named(t *testing.T) (plain, counted map[string]bool) {
	t.Helper()
	plain, counted = map[string]bool{}, map[string]bool{}
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || strings.HasSuffix(path, "_test.go") || filepath.Ext(path) != ".go" && filepath.Ext(path) != ".html" {
			return err
		}
		content, err := os.ReadFile(path)
		for _, match := range countedKey.FindAllStringSubmatch(string(content), -1) {
			counted[match[1]] = true
		}
		for _, match := range plainKey.FindAllStringSubmatch(string(content), -1) {
			plain[match[1]+match[2]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return plain, counted
}

func TestEveryTextIsUsedAndEveryUseHasOne(t *testing.T) {
	plain, counted := named(t)
	for key := range composed() {
		plain[key] = true
	}
	encoded, err := os.ReadFile("locales/en.json")
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]string
	if err := json.Unmarshal(encoded, &texts); err != nil {
		t.Fatal(err)
	}
	for key := range texts {
		base := formSuffix.ReplaceAllString(key, "")
		if !plain[key] && !counted[base] {
			t.Errorf("nothing uses %s", key)
		}
	}
	for key := range composed() {
		if _, ok := texts[key]; !ok {
			t.Errorf("there is no text for %s", key)
		}
	}
	for key := range counted {
		if _, ok := texts[key+"_other"]; !ok {
			t.Errorf("there is no text for %s_other", key)
		}
	}
	sayKey := regexp.MustCompile(`[sS]ay\(? ?"([a-z_.]+)"`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	html, err := filepath.Glob("templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, path := range append(files, html...) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		for _, match := range sayKey.FindAllStringSubmatch(string(content), -1) {
			asked++
			if _, ok := texts[match[1]]; !ok && !strings.HasSuffix(match[1], ".") {
				t.Errorf("%s asks for %s, which is no text", path, match[1])
			}
		}
	}
	if asked < 100 {
		t.Errorf("only %d uses were found: the pattern is wrong", asked)
	}
}

// What is legible is so on the surfaces that the style sheet has.
func TestTheSurfacesAreThoseOfTheStyleSheet(t *testing.T) {
	for i, scheme := range [][2]string{lightSurfaces, darkSurfaces} {
		root := regexp.MustCompile(`:root\{[^}]*\}`).FindAllString(style, -1)[i]
		for name, want := range map[string]string{"--card": scheme[0], "--page": scheme[1]} {
			got := regexp.MustCompile(name + `:(#[0-9a-f]+)`).FindStringSubmatch(root)
			if got == nil || got[1] != want && got[1] != "#fff" || got[1] == "#fff" && want != "#ffffff" {
				t.Errorf("%s is %v in %s, want %s", name, got, root, want)
			}
		}
	}
}
