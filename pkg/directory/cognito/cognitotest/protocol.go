package cognitotest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

const (
	service     = "AWSCognitoIdentityProviderService."
	contentType = "application/x-amz-json-1.1"
	maxBody     = 1 << 20
)

// exception is an error of the API: all that the fake raises are HTTP 400.
type exception struct{ kind, message string }

func (e *exception) Error() string { return e.kind + ": " + e.message }

func invalidParameter(format string, args ...any) error {
	return &exception{"InvalidParameterException", fmt.Sprintf(format, args...)}
}

func notAuthorized(format string, args ...any) error {
	return &exception{"NotAuthorizedException", fmt.Sprintf(format, args...)}
}

// answer is the body of both sign-in operations' success.
type answer struct {
	AuthenticationResult *result  `json:",omitempty"`
	AvailableChallenges  []string `json:",omitempty"`
	ChallengeName        string   `json:",omitempty"`
	ChallengeParameters  map[string]string
	Session              string `json:",omitempty"`
}

type result struct {
	AccessToken  string
	ExpiresIn    int
	IdToken      string
	RefreshToken string
	TokenType    string
}

func readCall(r *http.Request) ([]byte, error) {
	if r.Method != http.MethodPost || r.URL.RawQuery != "" {
		return nil, &exception{"UnknownOperationException", "Not a POST to /"}
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != contentType {
		return nil, &exception{"SerializationException", "Content-Type is not " + contentType}
	}
	if !strings.HasPrefix(r.Header.Get("X-Amz-Target"), service) {
		return nil, &exception{"UnknownOperationException", "X-Amz-Target names another service"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if err != nil {
		return nil, &exception{"SerializationException", "Body could not be read"}
	}
	return body, nil
}

func decode(body []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return &exception{"SerializationException", err.Error()}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return &exception{"SerializationException", "Data after the call"}
	}
	return nil
}

// checkPool checks what the signed operations begin with.
func (s *Server) checkPool(poolID, clientID string) error {
	switch {
	case poolID == "":
		return invalidParameter("1 validation error detected: Value at 'userPoolId' failed to satisfy constraint: Member must not be null")
	case clientID != "" && poolID != s.config.PoolID:
		return &exception{"ResourceNotFoundException", "User pool " + poolID + " does not exist."}
	}
	return s.checkClient(clientID)
}

func (s *Server) checkClient(clientID string) error {
	switch {
	case clientID == "":
		return invalidParameter("1 validation error detected: Value at 'clientId' failed to satisfy constraint: Member must not be null")
	case clientID != s.config.ClientID:
		return &exception{"ResourceNotFoundException", "User pool client " + clientID + " does not exist."}
	}
	return nil
}

func writeAnswer(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", contentType)
	_ = json.NewEncoder(w).Encode(answer)
}

func writeError(w http.ResponseWriter, err error) {
	e, ok := errors.AsType[*exception](err)
	if !ok {
		writeException(w, http.StatusInternalServerError, "InternalErrorException", err.Error())
		return
	}
	writeException(w, http.StatusBadRequest, e.kind, e.message)
}

func writeException(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Amzn-ErrorType", kind+":")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": kind, "message": message})
}
