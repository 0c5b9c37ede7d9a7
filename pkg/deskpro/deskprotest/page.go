package deskprotest

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

//go:embed templates
var files embed.FS

// pages renders views. The style is inline and named by its hash in the CSP,
// which allows nothing else.
type pages struct {
	template  *template.Template
	style     template.CSS
	styleHash string
}

// view is what a page shows below its bar.
type view struct {
	Heading string
	Text    string
	Refusal string  // why a token was not accepted
	Person  string  // who is signed in; empty: nobody, and no log-out button
	Claims  []claim // of the token just accepted
	Links   []link
	// Settings are a form's; nil on every page but theirs.
	Settings *settings
}

type link struct {
	URL, Text string
	Here      bool // it is this very door
}

type claim struct{ Name, Value, Note string }

func newPages() (*pages, error) {
	page, err := template.ParseFS(files, "templates/page.html")
	if err != nil {
		return nil, fmt.Errorf("parsing the page's template: %w", err)
	}
	style, err := files.ReadFile("templates/style.css")
	if err != nil {
		return nil, fmt.Errorf("reading the page's style: %w", err)
	}
	sum := sha256.Sum256(style)
	return &pages{page, template.CSS(style), base64.StdEncoding.EncodeToString(sum[:])}, nil
}

func (d *door) write(w http.ResponseWriter, status int, v view) {
	var body bytes.Buffer
	err := d.pages.template.Execute(&body, struct {
		view
		Door, Logout, SettingsURL string
		Nav                       []link
		Style                     template.CSS
	}{v, strings.ToLower(d.title), d.logoutPath(), d.settingsPath(), d.nav, d.pages.style})
	if err != nil {
		http.Error(w, "The practice helpdesk could not write this page.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; "+
		"style-src 'sha256-"+d.pages.styleHash+"'; form-action "+d.formAction)
	w.WriteHeader(status)
	w.Write(body.Bytes())
}

// rows returns claims by name, text as it is and all else as JSON.
func rows(claims map[string]any) []claim {
	var all []claim
	for _, name := range slices.Sorted(maps.Keys(claims)) {
		c := claim{Name: name}
		switch value := claims[name].(type) {
		case string:
			c.Value = value
		default:
			var b strings.Builder
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(false) // the template escapes
			e.Encode(value)        // cannot fail: it was JSON a moment ago
			c.Value = strings.TrimSpace(b.String())
		}
		if seconds, ok := claims[name].(float64); ok && (name == "iat" || name == "exp" || name == "nbf") {
			c.Note = time.Unix(int64(seconds), 0).UTC().Format(time.DateTime + " UTC")
		}
		all = append(all, c)
	}
	return all
}

// describe names a person, as a helpdesk would at the top of its pages.
func describe(claims map[string]any) string {
	text := func(name string) string { s, _ := claims[name].(string); return s }
	name := text("name")
	if name == "" {
		name = text("first_name") + " " + text("last_name")
	}
	return name + " (" + text("email") + ")"
}
