package awstest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// functionsPath is where functions are invoked: POST …/{name}/invocations.
const functionsPath = "/2015-03-31/functions/"

// Function answers an invocation's payload. Its error is a function error,
// answered with the payload that it returns beside.
type Function func(ctx context.Context, payload []byte) ([]byte, error)

// AddFunction makes f answer the synchronous invocations of arn, that of a
// function's version. By no other name is it known.
func (s *Server) AddFunction(arn string, f Function) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.functions[arn] = f
}

// serveInvoke is Lambda's Invoke. It speaks REST-JSON, unlike the rest, and
// takes no lock: functions make calls of their own.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func (s *Server) serveInvoke(w http.ResponseWriter, r *http.Request, body []byte) {
	fault, hit, cleared := s.fault("Invoke", nil)
	var out []byte
	failed := false
	name, err := invoked(r)
	if err == nil && (!hit || fault.Persist) {
		s.mu.Lock()
		f := s.functions[name]
		s.mu.Unlock()
		if f == nil {
			err = &apiError{Code: "ResourceNotFoundException", Message: "Function not found: " + name, Status: http.StatusNotFound}
		} else {
			var failure error
			out, failure = f(r.Context(), body)
			failed = failure != nil
		}
	}
	if hit {
		err = fault.apiError()
		if fault.Hang && !wait(r, cleared) {
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	status := http.StatusOK
	if refused, ok := errors.AsType[*apiError](err); ok {
		if status = refused.Status; status == 0 {
			status = http.StatusBadRequest
		}
		w.Header().Set("X-Amzn-Errortype", refused.Code)
		out, _ = json.Marshal(map[string]string{"Type": "User", "Message": refused.Message}) // text always can be
	} else {
		w.Header().Set("X-Amz-Executed-Version", name[strings.LastIndex(name, ":")+1:])
		if failed {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
		}
	}
	w.WriteHeader(status)
	_, _ = w.Write(out)
}

// invoked returns the function's name and refuses what is not modelled.
func invoked(r *http.Request) (string, error) {
	name, ok := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, functionsPath), "/invocations")
	if r.Method != http.MethodPost || !ok || r.URL.RawQuery != "" {
		return "", &apiError{Code: "UnknownOperationException", Message: fmt.Sprintf("awstest knows no %s %s", r.Method, r.URL)}
	}
	if kind := r.Header.Get("X-Amz-Invocation-Type"); kind != "" && kind != "RequestResponse" {
		return "", &apiError{Code: "InvalidParameterValueException", Message: "awstest does not know the invocation type " + kind}
	}
	for _, name := range []string{"X-Amz-Log-Type", "X-Amz-Client-Context", "X-Amz-Durable-Execution-Name", "X-Amz-Tenant-Id"} {
		if r.Header.Get(name) != "" {
			return "", &apiError{Code: "InvalidParameterValueException", Message: "awstest does not know the parameter " + name}
		}
	}
	return name, checkSigned(r, "lambda")
}
