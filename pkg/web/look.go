package web

import (
	"crypto/sha256"
	_ "embed" // for the static parts
	"encoding/base64"
	"html/template"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"deskpro-login/pkg/palette"
)

//go:embed static/style.css
var style string

//go:embed static/page.js
var script string

// Looks are how pages look. The zero value is a plain page.
type Looks struct {
	// Brand is the company's name. Empty means "Helpdesk".
	Brand string
	// Accent is the colour of buttons; links and outlines have a shade of it that
	// is legible.
	Accent palette.Accent
	// Logo is shown in place of the name, Icon in the browser's tab: https or data
	// URLs. Empty: the name, and its first letter. Their origin is trusted not to
	// change them; it learns who opens the page.
	Logo, Icon string
	// Support leads to help, and the others to what their names say. Empty: no
	// such link.
	Support, Privacy, Terms, Imprint string
}

// The colours behind what is written, as static/style.css has them.
var (
	lightSurfaces = [...]string{"#ffffff", "#f4f5f8"}
	darkSurfaces  = [...]string{"#1c212c", "#12151c"}
)

// face is Looks made ready for the templates.
type face struct {
	Brand                   string
	Logo, Icon, Support     template.URL
	Privacy, Terms, Imprint string
	Style                   template.CSS
	// pictures are the sources of the policy that Logo and Icon need.
	pictures string
	hash     string
}

func newFace(looks Looks) *face {
	if looks.Brand == "" {
		looks.Brand = "Helpdesk"
	}
	f := &face{
		Brand: looks.Brand, Privacy: looks.Privacy, Terms: looks.Terms, Imprint: looks.Imprint,
		// Pictures may be data: and help tel:, which html/template takes from nobody.
		Logo: template.URL(looks.Logo), Icon: template.URL(looks.Icon), Support: template.URL(looks.Support), // #nosec G203 -- the operator's, checked by config
		Style: template.CSS(accents(looks.Accent) + style), // #nosec G203 -- static/style.css and colours
	}
	if f.Icon == "" {
		f.Icon = initial(looks)
	}
	f.pictures = "data:"
	for _, picture := range []string{looks.Logo, looks.Icon} {
		if strings.HasPrefix(picture, "https:") {
			f.pictures += " " + picture
		}
	}
	f.hash = hashSource(string(f.Style))
	return f
}

// hashSource is the source of a policy that allows content in the page itself.
func hashSource(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// accents are the variables of the style sheet that come from the accent: what is
// pressed and what is written on it, and in each scheme the edge that makes it
// stand out, and what is written on the page.
func accents(accent palette.Accent) string {
	of := func(surfaces [2]string) string {
		return ":root{--edge-accent:" + accent.EdgeOn(surfaces[:]...) + ";--link:" + accent.TextOn(surfaces[:]...) + "}"
	}
	return ":root{--accent:" + accent.Fill() + ";--on-accent:" + accent.OnFill() + "}" + of(lightSurfaces) + "@media(prefers-color-scheme:dark){" + of(darkSurfaces) + "}\n"
}

// initial draws an icon: the brand's first letter on the accent.
func initial(looks Looks) template.URL {
	letter, _ := utf8.DecodeRuneInString(strings.TrimSpace(looks.Brand))
	text := template.HTMLEscapeString(string(unicode.ToUpper(letter)))
	svg := `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="` + looks.Accent.Fill() +
		`"/><text x="16" y="23" text-anchor="middle" font-family="system-ui,sans-serif" font-size="20" font-weight="600" fill="` +
		looks.Accent.OnFill() + `">` + text + `</text></svg>`
	return template.URL("data:image/svg+xml," + url.PathEscape(svg)) // #nosec G203 -- escaped
}
