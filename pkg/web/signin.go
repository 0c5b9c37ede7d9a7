package web

import (
	"bytes"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/web/locales"
)

// signInPage is what signin.html reads.
type signInPage struct {
	page
	Action, Return, Login string
	Want                  directory.Want
	Passwordless          bool
	// Federation is the way to who else signs people in; Text is empty where
	// nobody does.
	Federation link
}

// signIn renders the form. returnTo comes from a parser.
func (v view) signIn(w http.ResponseWriter, door *Door, returnTo string) error {
	form, err := v.empty[emptyKey{door.Name, v.lang.Tag}]()
	if err != nil {
		return err
	}
	v.send(w, http.StatusOK, form.around(returnTo))
	return nil
}

// signInAnew renders the form for prompt=login and for a want, whoever is signed
// in.
func (v view) signInAnew(w http.ResponseWriter, door *Door, returnTo string, want directory.Want) error {
	return v.render(w, http.StatusOK, "signin.html", door, v.signInPage(door, returnTo, signIn{Want: want}, true))
}

// signInAgain renders the form after it failed, with the login as it was typed.
func (v view) signInAgain(w http.ResponseWriter, problem *problem, door *Door, returnTo string, in signIn) error {
	data := v.signInPage(door, returnTo, in, false)
	v.setAlert(&data.page, problem)
	if v.offers.Confirm {
		data.Links = append([]link{{v.say("link.confirm"), pageURL(door, "/confirm", returnValues(returnTo))}}, data.Links...)
	}
	return v.render(w, problem.status, "signin.html", door, data)
}

// signInNext renders the form with a notice, such as that something went well.
func (v view) signInNext(w http.ResponseWriter, door *Door, returnTo string, in signIn, notice string) error {
	data := v.signInPage(door, returnTo, in, false)
	data.Notice = notice
	return v.render(w, http.StatusOK, "signin.html", door, data)
}

func (v view) signInPage(door *Door, returnTo string, in signIn, prompt bool) *signInPage {
	data := &signInPage{
		page:   page{Title: v.say("signin.title"), Links: []link{v.home(door)}},
		Action: pageURL(door, "", nil), Return: returnTo, Login: in.Login, Want: in.Want, Passwordless: v.offers.Passwordless,
	}
	fields := []pair{{paramReturn, returnTo}, {paramWant, string(in.Want)}}
	if v.posted {
		data.Chooser = v.post(data.Action, append(fields, pair{paramLogin, in.Login})...)
	} else {
		if prompt && !v.offers.Direct {
			fields = append(fields, pair{paramPrompt, "login"})
		}
		data.Chooser = v.chooser(door, fields...)
	}
	values := returnValues(returnTo)
	if in.Want != "" {
		about := "want." + string(in.Want)
		data.Title, data.Text = v.say(about+".title"), v.say(about+".text")
		data.Links = []link{{v.say("link.without"), loginURL(door, returnTo, false)}, v.home(door)}
	} else {
		data.Links = append([]link{{v.say("link.account"), wantURL(door, returnTo, wantAccount)}}, data.Links...)
	}
	if v.offers.Reset {
		data.Links = append([]link{{v.say("link.forgotten"), pageURL(door, "/reset", values)}}, data.Links...)
	}
	if v.offers.Federation != "" && (in.Want == "" || in.Want == wantAccount) {
		data.Federation = link{v.say("signin.with", "provider", v.offers.Federation), federateURL(door, returnTo, in.Want, prompt)}
	}
	return data
}

// wantURL is the sign-in page for who comes for something besides.
func wantURL(door *Door, returnTo string, want directory.Want) string {
	values := returnValues(returnTo)
	values.Set(paramWant, string(want))
	return pageURL(door, "", values)
}

// emptyForm is a rendered sign-in page in pieces, between which the return URL
// belongs: as text or, where inQuery says so, in the query of a link.
type emptyForm struct {
	pieces  [][]byte
	inQuery []bool
}

func (p *pages) renderEmpty(door *Door, l *locales.Language) (emptyForm, error) {
	const mark = "the-return-url"
	v := view{pages: p, lang: l}
	whole, err := v.execute("signin.html", door, v.signInPage(door, mark, signIn{}, false))
	if err != nil {
		return emptyForm{}, err
	}
	form := emptyForm{pieces: bytes.Split(whole, []byte(mark))}
	if len(form.pieces) < 2 {
		return emptyForm{}, errors.New("the sign-in page has no return field")
	}
	for _, piece := range form.pieces {
		form.inQuery = append(form.inQuery, bytes.HasSuffix(piece, []byte(paramReturn+"=")))
	}
	return form, nil
}

// around returns the page for returnTo.
func (f emptyForm) around(returnTo string) []byte {
	text := template.HTMLEscapeString(returnTo)
	// What QueryEscape leaves means nothing in HTML, but html/template escapes
	// the plus, which some old charsets read as another sign.
	query := strings.ReplaceAll(url.QueryEscape(returnTo), "+", "&#43;")
	var whole bytes.Buffer
	for i, piece := range f.pieces {
		whole.Write(piece)
		switch {
		case i == len(f.pieces)-1:
		case f.inQuery[i]:
			whole.WriteString(query)
		default:
			whole.WriteString(text)
		}
	}
	return whole.Bytes()
}
