package runtimetest

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// maxResponse is Lambda's limit for a buffered response.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxResponse = 6<<20 + 100

// invocation is one event on its way through the function.
type invocation struct {
	id      string
	payload []byte
	answer  chan answer // holds one: the first answer counts
}

type answer struct {
	payload []byte
	err     error
}

func newInvocation(payload []byte) *invocation {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	return &invocation{
		id:      fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:]),
		payload: payload,
		answer:  make(chan answer, 1),
	}
}

// handler serves the Runtime API.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
func (p *Process) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", p.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", p.response)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", p.failure)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", p.initError)
	return mux
}

func (p *Process) next(w http.ResponseWriter, r *http.Request) {
	var inv *invocation
	select {
	case inv = <-p.queue:
	case <-r.Context().Done():
		return
	}
	p.mu.Lock()
	p.current[inv.id] = inv
	p.mu.Unlock()

	now := time.Now()
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
	header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(now.Add(p.timeout).UnixMilli(), 10))
	header.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:"+region+":"+account+":function:"+p.name)
	header.Set("Lambda-Runtime-Trace-Id", fmt.Sprintf("Root=1-%08x-%.8s%.4s%.12s;Parent=%.8s%.8s;Sampled=0",
		now.Unix(), inv.id, inv.id[9:], inv.id[24:], inv.id[24:], inv.id))
	_, _ = w.Write(inv.payload)
}

func (p *Process) response(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponse))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		p.settle(w, r, http.StatusRequestEntityTooLarge, answer{err: &FunctionError{
			Type:    "Function.ResponseSizeTooLarge",
			Message: fmt.Sprintf("response exceeds %d bytes", tooLarge.Limit),
		}})
		return
	}
	if err != nil {
		return // the process died while posting
	}
	p.settle(w, r, http.StatusAccepted, answer{payload: body})
}

func (p *Process) failure(w http.ResponseWriter, r *http.Request) {
	failure, err := readError(w, r)
	if err != nil {
		return
	}
	p.settle(w, r, http.StatusAccepted, answer{err: failure})
}

func (p *Process) initError(w http.ResponseWriter, r *http.Request) {
	failure, err := readError(w, r)
	if err != nil {
		return
	}
	p.mu.Lock()
	p.init = failure
	p.mu.Unlock()
	reply(w, http.StatusAccepted, `{"status":"OK"}`)
}

// settle gives a to the invocation that r names and replies with status; an
// invocation that is unknown or already answered is refused.
func (p *Process) settle(w http.ResponseWriter, r *http.Request, status int, a answer) {
	id := r.PathValue("id")
	p.mu.Lock()
	inv := p.current[id]
	delete(p.current, id)
	p.mu.Unlock()
	if inv == nil {
		reply(w, http.StatusBadRequest, `{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}`)
		return
	}
	inv.answer <- a
	reply(w, status, `{"status":"OK"}`)
}

func readError(w http.ResponseWriter, r *http.Request) (*FunctionError, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponse))
	if err != nil {
		return nil, fmt.Errorf("reading a posted error: %w", err)
	}
	var fields struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}
	_ = json.Unmarshal(body, &fields) // what is not JSON is kept in Payload all the same
	return &FunctionError{Type: fields.Type, Message: fields.Message, Payload: body}, nil
}

func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}
