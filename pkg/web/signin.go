package web

import (
	"bytes"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"deskpro-login/pkg/directory"
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
func (p *pages) signIn(w http.ResponseWriter, door *Door, returnTo string) error {
	form, err := p.empty[door.Name]()
	if err != nil {
		return err
	}
	send(w, http.StatusOK, form.around(returnTo))
	return nil
}

// signInAnew renders the form for prompt=login and for a want, whoever is signed
// in.
func (p *pages) signInAnew(w http.ResponseWriter, door *Door, returnTo string, want directory.Want) error {
	return p.render(w, http.StatusOK, "signin.html", p.signInPage(door, returnTo, want, true))
}

// signInAgain renders the form after it failed, with the login as it was typed.
func (p *pages) signInAgain(w http.ResponseWriter, problem *problem, door *Door, returnTo string, in signIn, requestID string) error {
	data := p.signInPage(door, returnTo, in.Want, false)
	data.Login = in.Login
	data.setAlert(problem, requestID)
	if p.offers.Confirm {
		data.Links = append([]link{{"Confirm a new account", pageURL(door, "/confirm", returnValues(returnTo))}}, data.Links...)
	}
	return p.render(w, problem.status, "signin.html", data)
}

// signInNext renders the form with a notice, such as that something went well.
func (p *pages) signInNext(w http.ResponseWriter, door *Door, returnTo string, in signIn, notice string) error {
	data := p.signInPage(door, returnTo, in.Want, false)
	data.Login, data.Notice = in.Login, notice
	return p.render(w, http.StatusOK, "signin.html", data)
}

func (p *pages) signInPage(door *Door, returnTo string, want directory.Want, prompt bool) *signInPage {
	data := &signInPage{
		page:   page{Title: "Sign in", Links: []link{home(door)}},
		Action: pageURL(door, "", nil), Return: returnTo, Want: want, Passwordless: p.offers.Passwordless,
	}
	switch want {
	case directory.WantPassword:
		data.Title, data.Text = "Change your password", "Sign in with the password that you have now. Then choose a new one."
	case directory.WantFactor:
		data.Title, data.Text = "Set up an authenticator app", "Sign in as you do now. Then add the account to the app on your phone."
	}
	if want != "" {
		data.Links = []link{{"Sign in without that", loginURL(door, returnTo, false)}, home(door)}
		return data
	}
	if p.offers.Factor {
		data.Links = append([]link{{"Set up an authenticator app", wantURL(door, returnTo, directory.WantFactor)}}, data.Links...)
	}
	if p.offers.Change {
		data.Links = append([]link{{"Change your password", wantURL(door, returnTo, directory.WantPassword)}}, data.Links...)
	}
	values := returnValues(returnTo)
	if p.offers.Reset {
		data.Links = append([]link{{"Forgotten your password?", pageURL(door, "/reset", values)}}, data.Links...)
	}
	if p.offers.Federation != "" {
		data.Federation = link{"Sign in with " + p.offers.Federation, federateURL(door, returnTo, prompt)}
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

func (p *pages) renderEmpty(door *Door) (emptyForm, error) {
	const mark = "the-return-url"
	whole, err := p.execute("signin.html", p.signInPage(door, mark, "", false))
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
