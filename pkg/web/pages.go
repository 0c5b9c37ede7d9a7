package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"sync"

	"deskpro-login/pkg/directory"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed static/style.css
var style string

// pages renders the templates and knows the policy they are served under.
type pages struct {
	template *template.Template
	brand    string
	offers   Offers
	doors    []Door
	// policies by door name; "" for pages of no door.
	policies map[string]string
	// empty has each door's sign-in page as everyone sees it first, rendered
	// once, when the first one does.
	empty map[string]func() (emptyForm, error)
}

func newPages(cfg Config) (*pages, error) {
	parsed, err := template.ParseFS(templates, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("parsing templates: %w", err)
	}
	sum := sha256.Sum256([]byte(style))
	hash := "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
	p := &pages{
		template: parsed, brand: cfg.Brand, offers: cfg.Offers, doors: cfg.Doors,
		policies: map[string]string{"": contentPolicy(hash, cfg.FrameAncestors, nil)},
		empty:    map[string]func() (emptyForm, error){},
	}
	for i := range cfg.Doors {
		door := &cfg.Doors[i]
		p.policies[door.Name] = contentPolicy(hash, cfg.FrameAncestors, door)
		p.empty[door.Name] = sync.OnceValues(func() (emptyForm, error) { return p.renderEmpty(door) })
	}
	return p, nil
}

func (p *pages) policy(door *Door) string {
	if door == nil {
		return p.policies[""]
	}
	return p.policies[door.Name]
}

// link is a way on from a page.
type link struct{ Text, URL string }

// page is what the templates read; each has a type of its own around it.
type page struct {
	Brand, Title string
	Style        template.CSS

	// Notice is what went well the last time, Alert what went wrong, Policy
	// what the directory says about a password that it refused, Hint what it says
	// before one is typed, and the others which fields are to blame.
	Notice, Alert, Policy, Hint               string
	BadLogin, BadCode, BadPassword, BadFields bool
	Text                                      string
	// Button is the way on that matters most, without a form; Causes are for the
	// administrator.
	Button link
	Causes []string

	// Refresh is an address to go to at once.
	Refresh string
	// Code and RequestID are what to quote about an error.
	Code, RequestID string

	Links []link
}

// setAlert shows problem on a page from which one can go on.
func (p *page) setAlert(problem *problem, requestID string) {
	p.Alert, p.Code, p.RequestID = problem.text, problem.code, requestID
	p.BadCode = problem.is == errRecoveryCode || problem.is == directory.ErrWrongCode || problem.is == directory.ErrSpentCode
	p.BadLogin = problem.is == directory.ErrBadCredentials
	p.BadPassword, p.BadFields = problem.is == directory.ErrUnfitPassword, problem.is == directory.ErrUnfitAttribute
}

// base lets execute fill in what all pages have.
func (p *page) base() *page { return p }

// signedOut renders the page after logging out.
func (p *pages) signedOut(w http.ResponseWriter, door *Door) error {
	return p.render(w, http.StatusOK, "message.html", &page{
		Title: "You’re signed out",
		Text:  "You have been signed out here. On a shared computer, close the browser, too.",
		Links: []link{home(door), {"Sign in again", loginURL(door, "", false)}},
	})
}

// leadOn renders a page that leads back to the sign-in page by itself: unlike a
// redirect it does not count towards those after which browsers give up.
func (p *pages) leadOn(w http.ResponseWriter, door *Door, returnTo string) error {
	on := loginURL(door, returnTo, false)
	return p.render(w, http.StatusOK, "message.html", &page{
		Title: "One moment", Text: "You are being sent to the helpdesk.", Refresh: on, Links: []link{{"Go on", on}, home(door)},
	})
}

// problem renders an error. It is never a dead end: it leads back to signing
// in, with the return URL if that was a good one, and to the helpdesk.
func (p *pages) problem(w http.ResponseWriter, problem *problem, door *Door, returnTo, requestID string) error {
	var (
		links  []link
		button link
	)
	switch {
	case len(p.doors) == 0:
		links = []link{{"Try again", ""}} // this same address
	case door == nil || problem.is == errBypass:
		for i := range p.doors {
			links = append(links, home(&p.doors[i]))
		}
	case problem.is == errBounced:
		button = link{"Try again", loginURL(door, returnTo, false)}
		links = []link{{"Use another account", loginURL(door, returnTo, true)}, home(door)}
	case problem.other:
		links = []link{{"Use another account", loginURL(door, returnTo, true)}, home(door)}
	default:
		links = []link{{"Try again", loginURL(door, returnTo, false)}, home(door)}
	}
	return p.render(w, problem.status, "message.html", &page{
		Title: problem.title, Text: problem.text, Button: button, Causes: problem.causes, Code: problem.code, RequestID: requestID, Links: links,
	})
}

func home(door *Door) link {
	if door.Name == "agents" {
		return link{"Go to the agent interface", door.App.Home()}
	}
	return link{"Go to the helpdesk", door.App.Home()}
}

// render writes a page only once all of it is there.
func (p *pages) render(w http.ResponseWriter, status int, name string, data based) error {
	html, err := p.execute(name, data)
	if err == nil {
		send(w, status, html)
	}
	return err
}

// based is a page or a type around one.
type based interface{ base() *page }

func (p *pages) execute(name string, data based) ([]byte, error) {
	all := data.base()
	all.Brand, all.Style = p.brand, template.CSS(style) // #nosec G203 -- static/style.css
	var out bytes.Buffer
	if err := p.template.ExecuteTemplate(&out, name, data); err != nil {
		return nil, fmt.Errorf("rendering %s: %w", name, err)
	}
	return out.Bytes(), nil
}

func send(w http.ResponseWriter, status int, html []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(html)
}
