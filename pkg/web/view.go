package web

import (
	"net/http"

	"deskpro-login/pkg/web/locales"
)

// view renders pages for one request, in the language of who sent it.
type view struct {
	*pages
	lang *locales.Language
	// requestID is what to quote about an error.
	requestID string
	// posted: the page answers a form, and cannot be had again by its address.
	posted bool
}

func (s *Server) view(r *http.Request) view {
	return view{
		pages: s.pages, lang: s.languageOf(r), requestID: s.cfg.RequestID(r.Context()), posted: r.Method != http.MethodGet,
	}
}

// say is the text under key, in the person's language.
func (v view) say(key string, values ...string) string { return v.lang.Text(key, values...) }

// chooser leads to the same page in another language, without losing the way.
type chooser struct {
	// Method and Action are those of its form; no action is the page's address.
	Method, Action string
	Fields         []pair
	Languages      []*locales.Language
}

// pair is a hidden field.
type pair struct{ Name, Value string }

// chooser returns that of a page which a GET of its address and fields shows
// again; after a form, of the sign-in page. A return URL among fields comes from a
// parser: what was refused is not shown, as it may hold a token.
func (v view) chooser(door *Door, fields ...pair) *chooser {
	action := ""
	if v.posted {
		if door == nil {
			return nil
		}
		action = pageURL(door, "", nil)
	}
	if v.offers.Direct {
		// Who is sent on to an identity provider is so by a form, which the policy
		// forbids.
		fields = append(fields, pair{paramPrompt, "login"})
	}
	return v.choosing("get", action, fields)
}

// post makes the page's chooser send fields to action, which shows the page once
// more: what was typed is kept, and nothing else happens.
func (v view) post(action string, fields ...pair) *chooser {
	return v.choosing("post", action, fields)
}

// choosing leaves out fields that are empty.
func (v view) choosing(method, action string, fields []pair) *chooser {
	c := &chooser{Method: method, Action: action, Languages: v.languages.All()}
	if len(c.Languages) == 1 {
		return nil
	}
	for _, f := range fields {
		if f.Value != "" {
			c.Fields = append(c.Fields, f)
		}
	}
	return c
}
