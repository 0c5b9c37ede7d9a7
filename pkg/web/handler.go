package web

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
)

// maxForm bounds a form's body in bytes.
const maxForm = 16 << 10

// handler answers a request at a door, or returns an error for the table in
// problem.go. It writes nothing before it knows that it will not fail.
type handler func(w http.ResponseWriter, r *http.Request, door *Door) error

// The requests that no route's logic gets to see.
var (
	errNoRoute     = errors.New("no such page")
	errNoDoor      = errors.New("no such door")
	errQuery       = errors.New("unreadable query")
	errRepeated    = errors.New("repeated parameter")
	errFormType    = errors.New("not a form")
	errFormSize    = errors.New("form too large")
	errForm        = errors.New("unreadable form")
	errCrossOrigin = errors.New("form sent from another site")
	errPanic       = errors.New("panic")
	errBypass      = errors.New("not by way of the edge")
)

// routes serves each handler at its route key. It is the only way in.
func (s *Server) routes(handlers map[string]handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), s.cfg.Timeout)
		defer cancel()
		r = s.withWish(w, r.WithContext(ctx))
		door := s.doors[r.PathValue("door")]
		s.setHeaders(w.Header(), door)

		err := errNoDoor
		if h := handlers[r.Pattern]; s.cfg.Bypassed(r.Context()) != "" {
			err = errBypass
		} else if h == nil {
			err = errNoRoute
		} else if door != nil {
			err = protect(h, w, r, door)
		}
		if err != nil {
			s.fail(w, r, door, err)
		}
	})
}

// protect turns a panic into an error that holds the stack but not the panic's
// value, which may quote a form.
func protect(h handler, w http.ResponseWriter, r *http.Request, door *Door) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w of type %T\n%s", errPanic, v, debug.Stack())
		}
	}()
	return h(w, r, door)
}

// form is a POST's body. Only post makes one.
type form struct{ values url.Values }

func (f form) get(name string) string { return f.values.Get(name) }

// post is the only way for a POST to reach a handler: from a page of ours, a
// form, small, with each parameter once, and none of them in the query.
//
// A request with neither Sec-Fetch-Site nor Origin passes, as the standard
// library has it: every browser since 2020 sends one of them with a form.
func (s *Server) post(h func(http.ResponseWriter, *http.Request, *Door, form) error) handler {
	var protection http.CrossOriginProtection
	return func(w http.ResponseWriter, r *http.Request, door *Door) error {
		if err := protection.Check(r); err != nil {
			return fmt.Errorf("%w: %w", errCrossOrigin, err)
		}
		if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/x-www-form-urlencoded" {
			return errFormType
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
				return errFormSize
			}
			return errForm // its cause would quote the form
		}
		if err := once(r.PostForm); err != nil {
			return err
		}
		for _, name := range parameters {
			if len(r.Form[name]) > len(r.PostForm[name]) { // Form has the query's, too
				return fmt.Errorf("%w: %s, in the query", errRepeated, name)
			}
		}
		f := form{r.PostForm}
		s.wish(w, r, f.get(paramLocales))
		return h(w, r, door, f)
	}
}

// query reads a GET's parameters.
func query(r *http.Request) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, errQuery // its cause would quote the query
	}
	return values, once(values)
}

// once refuses parameters that come twice: two parsers may each take another.
func once(values url.Values) error {
	for name, all := range values {
		ours := slices.Contains(parameters[:], name) || strings.HasPrefix(name, prefixAttribute)
		if len(all) > 1 && ours {
			name, _, _ = strings.Cut(name, ".") // the rest is anybody's words
			return fmt.Errorf("%w: %s", errRepeated, name)
		}
	}
	return nil
}

// The parameters of our pages. Deskpro names the first.
const (
	paramReturn   = "return"
	paramLogin    = "username"
	paramPassword = "password"
	// paramPrompt with the value "login" asks for the form even where there is
	// a session (OpenID Connect Core section 3.1.2.1 has the same).
	paramPrompt = "prompt"
	// paramLocales has tags of languages, the most wanted first (the same section
	// has ui_locales). In a form it asks for the form's page and nothing else.
	paramLocales = "ui_locales"
	// paramOver says, by being there, that a step was answered already.
	paramOver = "over"

	// paramWant is a directory.Want: what the person came for besides.
	paramWant = "want"
	// paramWay with the value "other" asks for a way without a password, and with
	// wayRecovery says that a code is meant as a recovery code.
	paramWay    = "way"
	wayRecovery = "recovery"
	paramStep   = "step" // its id
	paramAsk    = "ask"
	paramCode   = "code"
	paramNew    = "new_password"
	paramChoice = "choice"
	// paramEnd is the handle of a session to end, or endOthers.
	paramEnd  = "end"
	paramText = "answer"
	// paramDevice is what a script of the directory's maker may put into a form.
	paramDevice = "encoded_data"
	// prefixAttribute is before the names of attributes.
	prefixAttribute = "attribute."

	// The identity provider's (RFC 6749 section 4.1.2), with paramCode.
	paramState = "state"
	paramError = "error"
)

// parameters are those that may come once only.
var parameters = [...]string{
	paramReturn, paramLogin, paramPassword, paramPrompt, paramOver, paramWant, paramWay, paramStep, paramAsk, paramCode, paramNew, paramChoice,
	paramText, paramDevice, paramState, paramError, paramLocales, paramEnd, "jwt",
}

// loginURL is the door's sign-in page for a return URL that has been parsed.
func loginURL(door *Door, returnTo string, prompt bool) string {
	values := returnValues(returnTo)
	if prompt {
		values.Set(paramPrompt, "login")
	}
	return pageURL(door, "", values)
}

func returnValues(returnTo string) url.Values {
	values := url.Values{}
	if returnTo != "" {
		values.Set(paramReturn, returnTo)
	}
	return values
}

// pageURL is the address of one of the door's pages, below its sign-in page.
func pageURL(door *Door, below string, query url.Values) string {
	u := url.URL{Path: "/" + door.Name + "/login" + below, RawQuery: query.Encode()}
	return u.String()
}
