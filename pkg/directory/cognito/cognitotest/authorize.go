package cognitotest

import (
	"crypto/rand"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// authorization is a request for a code that is in order.
type authorization struct{ redirect, state, nonce, challenge, scope, provider string }

// challengePattern is that of an S256 code challenge: RFC 7636, section 4.2.
var challengePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// serveAuthorize answers the authorize endpoint: who to be sent back to must be
// right before anything is sent there (RFC 6749, section 4.1.2.1).
// https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
func (s *Server) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	fault := s.meet(atAuthorize)
	parameters, ok := query(r, "response_type", "client_id", "redirect_uri", "scope", "state", "nonce",
		"code_challenge", "code_challenge_method", "identity_provider", "prompt", "lang", "login_hint")
	switch {
	case !ok:
		refuse(w, "invalid_request")
		return
	case parameters["client_id"] != s.config.ClientID:
		refuse(w, "invalid_client")
		return
	case !slices.Contains(s.config.CallbackURLs, parameters["redirect_uri"]):
		refuse(w, "redirect_mismatch")
		return
	}
	asked := authorization{
		redirect: parameters["redirect_uri"], state: parameters["state"], nonce: parameters["nonce"],
		challenge: parameters["code_challenge"], scope: parameters["scope"], provider: parameters["identity_provider"],
	}
	if fault.Exception != "" {
		asked.back(w, r, "error", fault.Exception)
		return
	}
	if fault.answerOAuth(w, r) {
		return
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if problem := s.checkAuthorization(asked, parameters); problem != "" {
		asked.back(w, r, "error", problem)
		return
	}
	signedIn := s.browser(r)
	switch {
	case parameters["prompt"] == "none" && signedIn == nil:
		asked.back(w, r, "error", "login_required")
	case signedIn != nil && parameters["prompt"] != "login" && (asked.provider == "" || asked.provider == signedIn.provider()):
		asked.back(w, r, "code", s.grant(asked, signedIn))
	default:
		s.showChoice(w, asked)
	}
}

// checkAuthorization returns an error of OAuth, or none.
func (s *Server) checkAuthorization(asked authorization, parameters map[string]string) string {
	granted := strings.Split(asked.scope, " ")
	switch {
	case parameters["response_type"] != "code":
		return "unsupported_response_type"
	case !slices.Contains(granted, "openid"), slices.ContainsFunc(granted, func(scope string) bool { return !slices.Contains(scopes(), scope) }):
		return "invalid_scope"
	case asked.state == "", asked.nonce == "":
		return "invalid_request"
	case parameters["code_challenge_method"] != "S256", !challengePattern.MatchString(asked.challenge):
		return "invalid_request"
	case asked.provider != "" && !slices.Contains(s.providers(), asked.provider):
		return "invalid_request"
	case !slices.Contains([]string{"", "none", "login", "consent", "select_account"}, parameters["prompt"]):
		return "invalid_request"
	}
	return ""
}

// back sends the browser to the app with one parameter and the state.
func (a authorization) back(w http.ResponseWriter, r *http.Request, name, value string) {
	address, err := url.Parse(a.redirect)
	if err != nil {
		refuse(w, "redirect_mismatch")
		return
	}
	query := address.Query()
	query.Set(name, value)
	if a.state != "" {
		query.Set("state", a.state)
	}
	address.RawQuery = query.Encode()
	http.Redirect(w, r, address.String(), http.StatusFound)
}

func refuse(w http.ResponseWriter, problem string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusBadRequest)
	_ = problemPage.Execute(w, problem)
}

func (a *account) provider() string {
	if a.Provider == "" {
		return localProvider
	}
	return a.Provider
}

var problemPage = template.Must(template.New("problem").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Managed login</title>
<h1>An error was encountered</h1>
<p>{{.}}</p>
`))

var choicePage = template.Must(template.New("choice").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Managed login</title>
<h1>Who is it?</h1>
<form method="get" action="/oauth2/authorize/choose">
<input type="hidden" name="request" value="{{.Request}}">
{{range .Accounts}}<p><button name="account" value="{{.Username}}">{{.Label}}</button></p>
{{end}}<p><button name="cancel" value="yes">Cancel</button></p>
</form>
`))

type choice struct {
	Request  string
	Accounts []choiceAccount
}

type choiceAccount struct{ Username, Label string }

// showChoice shows a button for each account, of the provider where one is
// asked for.
func (s *Server) showChoice(w http.ResponseWriter, asked authorization) {
	page := choice{Request: rand.Text()}
	s.managed.requests[page.Request] = asked
	for _, a := range s.accounts {
		if asked.provider != "" && asked.provider != a.provider() {
			continue
		}
		label := a.login()
		if a.Email != "" {
			label = a.Email
		}
		if a.Provider != "" {
			label += " (" + a.Provider + ")"
		}
		page.Accounts = append(page.Accounts, choiceAccount{a.Username, label})
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_ = choicePage.Execute(w, page)
}
