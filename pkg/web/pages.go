package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"sync"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/web/locales"
)

//go:embed templates/*.html
var templates embed.FS

// pages are what views render: the templates, how they look at each door, and
// the policy that they are served under. Faces and policies are by door name; ""
// is for pages of no door.
type pages struct {
	// templates are parsed when a page needs them: redirects do without.
	templates map[string]func() (*template.Template, error)
	languages *locales.Set
	offers    Offers
	doors     []Door
	faces     map[string]*face
	policies  map[string]string
	// empty has each door's sign-in page as everyone sees it first, in each
	// language, rendered once, when the first one does.
	empty map[emptyKey]func() (emptyForm, error)
}

type emptyKey struct{ door, tag string }

func newPages(cfg Config, languages *locales.Set) *pages {
	p := &pages{
		templates: map[string]func() (*template.Template, error){}, languages: languages, offers: cfg.Offers, doors: cfg.Doors,
		faces: map[string]*face{}, policies: map[string]string{}, empty: map[emptyKey]func() (emptyForm, error){},
	}
	for _, name := range []string{"account.html", "message.html", "recovery.html", "signin.html", "step.html"} {
		p.templates[name] = sync.OnceValues(func() (*template.Template, error) {
			return template.ParseFS(templates, "templates/layout.html", "templates/"+name)
		})
	}
	scriptHash := hashSource(script)
	made := map[Looks]*face{} // doors mostly look alike
	add := func(door *Door, looks Looks) {
		f := made[looks]
		if f == nil {
			f = newFace(looks)
			made[looks] = f
		}
		p.faces[nameOf(door)] = f
		p.policies[nameOf(door)] = contentPolicy(f, scriptHash, cfg.FrameAncestors, door)
	}
	add(nil, cfg.Looks)
	for i := range cfg.Doors {
		door := &cfg.Doors[i]
		add(door, door.Looks)
		for _, l := range languages.All() {
			p.empty[emptyKey{door.Name, l.Tag}] = sync.OnceValues(func() (emptyForm, error) { return p.renderEmpty(door, l) })
		}
	}
	return p
}

func (p *pages) policy(door *Door) string { return p.policies[nameOf(door)] }

// link is a way on from a page.
type link struct{ Text, URL string }

// page is what the templates read; each has a type of its own around it.
type page struct {
	Lang    *locales.Language
	Face    *face
	Chooser *chooser
	Script  template.JS

	Title string
	// Notice is what went well the last time, Alert what went wrong, Policy
	// what is said about a password that was refused, Hint what is said before one
	// is typed, and the others which fields are to blame.
	Notice, Alert, Policy, Hint               string
	BadLogin, BadCode, BadPassword, BadFields bool
	// Seconds is how long nothing is checked.
	Seconds int
	// Text says what the page is for, or what happened; Do what to do about it.
	Text, Do string
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

// Say is the text under key, for the templates.
func (p *page) Say(key string, values ...string) string { return p.Lang.Text(key, values...) }

// setAlert shows problem on a page from which one can go on.
func (v view) setAlert(p *page, problem *problem) {
	p.Alert, p.Code, p.RequestID = v.said(problem)+" "+v.does(problem), problem.code, v.requestID
	p.Seconds = problem.wait.seconds()
	p.BadCode = problem.is == errRecoveryCode || problem.is == directory.ErrWrongCode || problem.is == directory.ErrSpentCode
	p.BadLogin = problem.is == directory.ErrBadCredentials
	p.BadPassword, p.BadFields = problem.is == directory.ErrUnfitPassword, problem.is == directory.ErrUnfitAttribute
}

// said is what happened, in words, and does what the person can do about it.
func (v view) said(p *problem) string {
	if p.wait != nil && p.is != errRequests && p.is != errTooMany {
		return v.say("wait.said") // whether it was checked the page does not tell
	}
	return v.say(p.code + ".said")
}

func (v view) does(p *problem) string {
	if p.wait == nil {
		return v.say(p.code + ".do")
	}
	return v.waits(p)
}

// base lets render fill in what all pages have.
func (p *page) base() *page { return p }

// signedOut renders the page after logging out.
func (v view) signedOut(w http.ResponseWriter, door *Door) error {
	return v.render(w, http.StatusOK, "message.html", door, &page{
		Title: v.say("signed_out.title"), Text: v.say("signed_out.text"),
		Links: []link{v.home(door), {v.say("link.sign_in_again"), loginURL(door, "", false)}},
	})
}

// leadOn renders a page that leads back to the sign-in page by itself: unlike a
// redirect it does not count towards those after which browsers give up.
func (v view) leadOn(w http.ResponseWriter, door *Door, returnTo string) error {
	on := loginURL(door, returnTo, false)
	return v.render(w, http.StatusOK, "message.html", door, &page{
		Title: v.say("on.title"), Text: v.say("on.text"), Refresh: on, Links: []link{{v.say("link.go_on"), on}, v.home(door)},
	})
}

// problem renders an error. It is never a dead end: it leads back to signing
// in, with the return URL if that was a good one, and to the helpdesk.
func (v view) problem(w http.ResponseWriter, problem *problem, door *Door, returnTo string) error {
	data := &page{
		Title: v.say(problem.code + ".title"), Text: v.said(problem), Do: v.does(problem), Seconds: problem.wait.seconds(),
		Code: problem.code, RequestID: v.requestID, Chooser: v.chooser(door, pair{paramReturn, returnTo}),
	}
	again := func() link { return link{v.say("link.again"), loginURL(door, returnTo, false)} }
	other := func() link { return link{v.say("link.other"), loginURL(door, returnTo, true)} }
	switch {
	case len(v.doors) == 0:
		data.Links = []link{{v.say("link.again"), ""}} // this same address
	case door == nil || problem.is == errBypass:
		for i := range v.doors {
			data.Links = append(data.Links, v.home(&v.doors[i]))
		}
	case problem.is == directory.ErrFactorRequired:
		data.Links = []link{{v.say("want.factor.title"), wantURL(door, returnTo, directory.WantFactor)}, {v.say("link.account"), accountURL(door, returnTo)}, v.home(door)}
	case problem.is == errBounced:
		data.Button = again()
		data.Links = []link{other(), v.home(door)}
	case problem.other:
		data.Links = []link{other(), v.home(door)}
	default:
		data.Links = []link{again(), v.home(door)}
	}
	for i := range problem.causes {
		data.Causes = append(data.Causes, v.say(problem.code+".cause_"+strconv.Itoa(i+1)))
	}
	return v.render(w, problem.status, "message.html", door, data)
}

func (v view) home(door *Door) link {
	if door.Name == "agents" {
		return link{v.say("link.agents"), door.App.Home()}
	}
	return link{v.say("link.users"), door.App.Home()}
}

// render writes a page only once all of it is there.
func (v view) render(w http.ResponseWriter, status int, name string, door *Door, data based) error {
	html, err := v.execute(name, door, data)
	if err == nil {
		v.send(w, status, html)
	}
	return err
}

// based is a page or a type around one.
type based interface{ base() *page }

func (v view) execute(name string, door *Door, data based) ([]byte, error) {
	all := data.base()
	all.Lang, all.Face = v.lang, v.faces[nameOf(door)]
	all.Script = template.JS(script) // #nosec G203 -- static/page.js
	if all.Chooser == nil {
		all.Chooser = v.chooser(door)
	}
	var out bytes.Buffer
	parsed, err := v.templates[name]()
	if err == nil {
		err = parsed.ExecuteTemplate(&out, name, data)
	}
	if err != nil {
		return nil, fmt.Errorf("rendering %s: %w", name, err)
	}
	return out.Bytes(), nil
}

func (v view) send(w http.ResponseWriter, status int, html []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", v.lang.Tag)
	w.WriteHeader(status)
	_, _ = w.Write(html) // #nosec G705 -- html/template has escaped it, or around
}

// seconds rounds a time up to whole ones: who comes then need not wait once more.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
