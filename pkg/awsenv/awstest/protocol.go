package awstest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// service is one that speaks AWS JSON, 1.0 or 1.1,
// https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
type service struct {
	name        string // in the credential's scope
	contentType string
	errorPrefix string // of __type
	messageName string // of the error's text: the services differ
	// operations' errors are of *apiError.
	operations map[string]func(*Server, []byte) (any, error)
}

func serviceOf(prefix string) *service {
	switch prefix {
	case "DynamoDB_20120810":
		return &service{
			name: "dynamodb", contentType: "application/x-amz-json-1.0",
			errorPrefix: "com.amazonaws.dynamodb.v20120810#", messageName: "message",
			operations: map[string]func(*Server, []byte) (any, error){
				"GetItem":    (*Server).getItem,
				"PutItem":    (*Server).putItem,
				"DeleteItem": (*Server).deleteItem,
				"UpdateItem": (*Server).updateItem,

				"TransactWriteItems": (*Server).transactWriteItems,
				"BatchGetItem":       (*Server).batchGetItem,
				"Scan":               (*Server).scan,
			},
		}
	case "secretsmanager":
		return &service{
			name: "secretsmanager", contentType: "application/x-amz-json-1.1", messageName: "Message",
			operations: map[string]func(*Server, []byte) (any, error){
				"GetSecretValue":           (*Server).getSecretValue,
				"DescribeSecret":           (*Server).describeSecret,
				"PutSecretValue":           (*Server).putSecretValue,
				"UpdateSecretVersionStage": (*Server).updateSecretVersionStage,
				"TagResource":              (*Server).tagResource,
				"UntagResource":            (*Server).untagResource,
			},
		}
	case "CodeDeploy_20141006":
		return &service{
			name: "codedeploy", contentType: "application/x-amz-json-1.1", messageName: "message",
			operations: map[string]func(*Server, []byte) (any, error){"PutLifecycleEventHookExecutionStatus": (*Server).putHookStatus},
		}
	}
	return &service{contentType: "application/json", messageName: "message"}
}

// apiError is an error as AWS answers it. Status 0 means 400.
type apiError struct {
	Code, Message string
	Status        int
	// Reasons are those of a transaction that was cancelled, of each action.
	Reasons []reason
}

// reason is why one action of a transaction was not done; its code is "None" for
// one that is not to blame.
type reason struct {
	Code    string
	Message string `json:",omitempty"`
}

func (e *apiError) Error() string { return e.Code + ": " + e.Message }

func invalid(format string, args ...any) error {
	return &apiError{Code: "ValidationException", Message: fmt.Sprintf(format, args...)}
}

// ServeHTTP answers one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 16<<20))
	if err != nil {
		return
	}
	if strings.HasPrefix(r.URL.Path, functionsPath) {
		s.serveInvoke(w, r, body)
		return
	}
	prefix, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	svc := serviceOf(prefix)
	fault, hit, cleared := s.fault(operation, body)
	out, err := any(nil), error(nil)
	if !hit || fault.Persist || fault.Leave > 0 {
		out, err = s.call(svc, operation, r, body, fault.Leave)
	}
	if hit && fault.Leave == 0 {
		err = fault.apiError()
		if fault.Hang && !wait(r, cleared) {
			return
		}
	}
	svc.answer(w, out, err)
}

func (s *Server) call(svc *service, operation string, r *http.Request, body []byte, leave int) (any, error) {
	do := svc.operations[operation]
	if r.Method != http.MethodPost || r.URL.Path != "/" || do == nil || r.Header.Get("Content-Type") != svc.contentType {
		return nil, &apiError{Code: "UnknownOperationException",
			Message: fmt.Sprintf("awstest knows no %s %s %q with content type %q",
				r.Method, r.URL.Path, r.Header.Get("X-Amz-Target"), r.Header.Get("Content-Type"))}
	}
	if err := checkSigned(r, svc.name); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leave = leave
	return do(s, body)
}

// checkSigned checks that the request is signed for this service, not that the
// signature is right, and that it carries a session token: a function's
// credentials are temporary, and without their token AWS refuses every call.
func checkSigned(r *http.Request, service string) error {
	authorization := r.Header.Get("Authorization")
	switch {
	case authorization == "":
		return &apiError{Code: "MissingAuthenticationTokenException", Message: "Missing Authentication Token"}
	case !strings.HasPrefix(authorization, "AWS4-HMAC-SHA256 ") || !strings.Contains(authorization, "/"+service+"/aws4_request,"):
		return &apiError{Code: "IncompleteSignatureException", Message: "Authorization header is not a signature for " + service}
	case r.Header.Get("X-Amz-Security-Token") == "":
		return &apiError{Code: "UnrecognizedClientException", Message: "The security token included in the request is invalid."}
	}
	return nil
}

// decode reads body into in and refuses every parameter that is not known.
func decode(body []byte, in any, known ...string) error {
	var parameters map[string]json.RawMessage
	if err := json.Unmarshal(body, &parameters); err != nil {
		return &apiError{Code: "SerializationException", Message: err.Error()}
	}
	for name := range parameters {
		if !slices.Contains(known, name) {
			return invalid("awstest does not know the parameter %s", name)
		}
	}
	err := json.Unmarshal(body, in)
	if _, refused := errors.AsType[*apiError](err); err != nil && !refused {
		return &apiError{Code: "SerializationException", Message: err.Error()}
	}
	return err
}

func (svc *service) answer(w http.ResponseWriter, out any, err error) {
	status := http.StatusOK
	if e, refused := errors.AsType[*apiError](err); refused {
		if status = e.Status; status == 0 {
			status = http.StatusBadRequest
		}
		shape := map[string]any{"__type": svc.errorPrefix + e.Code, svc.messageName: e.Message}
		if e.Reasons != nil {
			shape["CancellationReasons"] = e.Reasons
		}
		out = shape
	}
	body, err := json.Marshal(out)
	if err != nil {
		panic(err) // only what came in as JSON goes out
	}
	w.Header().Set("Content-Type", svc.contentType)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
