package cognitotest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
)

// serveToken answers the token endpoint: the code grant alone. Its errors are
// all HTTP 400, as AWS has them:
// https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
// That another redirect_uri is unauthorized_client is not in there, but was
// seen: stackoverflow.com/questions/50264679. What a wrong verifier is, is not
// either: it is invalid_grant by RFC 7636, section 4.6.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	fault := s.meet(atToken)
	if fault.answerOAuth(w, r) {
		return
	}
	made, problem, err := s.exchange(r, fault)
	switch {
	case err != nil:
		writeOAuthError(w, http.StatusInternalServerError, "server_error")
	case r.Method != http.MethodPost:
		writeOAuthError(w, http.StatusMethodNotAllowed, problem)
	case problem != "":
		writeOAuthError(w, http.StatusBadRequest, problem)
	default:
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(made)
	}
}

// exchanged is a successful answer: RFC 6749, section 5.1.
type exchanged struct {
	AccessToken  string `json:"access_token"`
	ExpiresIn    int    `json:"expires_in"`
	IDToken      string `json:"id_token"`
	RefreshToken string `json:"refresh_token"`
	TokenType    string `json:"token_type"`
}

// exchange returns tokens or an error of OAuth.
func (s *Server) exchange(r *http.Request, fault Fault) (made exchanged, problem string, err error) {
	media, _, mediaErr := mime.ParseMediaType(r.Header.Get("Content-Type"))
	r.Body = http.MaxBytesReader(nil, r.Body, maxForm)
	if r.Method != http.MethodPost || r.URL.RawQuery != "" || mediaErr != nil || media != "application/x-www-form-urlencoded" || r.ParseForm() != nil {
		return exchanged{}, "invalid_request", nil
	}
	form, ok := once(r.PostForm, "grant_type", "code", "redirect_uri", "code_verifier", "client_id")
	switch {
	case !ok:
		return exchanged{}, "invalid_request", nil
	case !s.knownClient(r, form):
		return exchanged{}, "invalid_client", nil
	case form["grant_type"] != "authorization_code":
		return exchanged{}, "unsupported_grant_type", nil
	case form["code"] == "", form["redirect_uri"] == "", form["code_verifier"] == "":
		return exchanged{}, "invalid_request", nil
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	granted := s.managed.grants[form["code"]]
	if granted == nil || granted.used {
		return exchanged{}, "invalid_grant", nil
	}
	granted.used = true
	sum := sha256.Sum256([]byte(form["code_verifier"]))
	switch {
	case form["redirect_uri"] != granted.redirect:
		return exchanged{}, "unauthorized_client", nil
	case !s.config.Now().Before(granted.expires), granted.account.Disabled,
		!equal(base64.RawURLEncoding.EncodeToString(sum[:]), granted.challenge):
		return exchanged{}, "invalid_grant", nil
	}
	tokens, err := s.makeTokens(granted.account, granted.nonce, granted.scope, fault)
	if err != nil {
		return exchanged{}, "", err
	}
	return exchanged{tokens.AccessToken, tokens.ExpiresIn, tokens.IdToken, tokens.RefreshToken, tokens.TokenType}, "", nil
}

// knownClient wants HTTP Basic of a client with a secret (RFC 6749, section
// 2.3.1) and the form's client_id of one without.
func (s *Server) knownClient(r *http.Request, form map[string]string) bool {
	id, secret, basic := r.BasicAuth()
	inForm, sent := form["client_id"]
	if sent && inForm != s.config.ClientID || basic != (s.config.ClientSecret != "") {
		return false
	}
	if !basic {
		return sent && r.Header.Get("Authorization") == ""
	}
	id, idErr := url.QueryUnescape(id)
	secret, secretErr := url.QueryUnescape(secret)
	return idErr == nil && secretErr == nil && id == s.config.ClientID && equal(secret, s.config.ClientSecret)
}
