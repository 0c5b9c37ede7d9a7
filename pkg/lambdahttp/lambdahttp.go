// Package lambdahttp lets an http.Handler answer the events of an API Gateway
// HTTP API (payload format 2.0) inside a Lambda function.
//
// It believes only what API Gateway itself says: the route, its parameters, the
// domain name and the client's address come from the event's context, never
// from the Host, Forwarded or X-Forwarded-* headers; and, where Config.Edge is
// set, what CloudFront says with its key. A handler routes on
// http.Request.Pattern (the API's route key) and PathValue, as under an
// http.ServeMux; the decoded path is there to be looked at only.
//
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
package lambdahttp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
)

// Config configures a Handler.
type Config struct {
	// HTTP answers the requests. Required.
	HTTP http.Handler
	// Edge is the distribution that people come through: a request with its key
	// has the client's address and the host that CloudFront saw, any other one
	// is Bypassed. Nil means that there is none, and that the headers by which
	// CloudFront vouches for a request mean nothing.
	Edge *Edge
	// Log is told of events that are none. Nil means slog.Default().
	Log *slog.Logger
}

// Handler is what lambda.Start takes. Safe for concurrent invocations.
type Handler struct{ cfg Config }

// New returns a Handler.
func New(cfg Config) (*Handler, error) {
	if cfg.HTTP == nil {
		return nil, errors.New("lambdahttp: HTTP is required")
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	return &Handler{cfg}, nil
}

// Invoke answers one event. An event that API Gateway would not send (no JSON,
// wrong types, another payload format, a broken body) is answered 400, so that
// a direct invocation cannot make the function fail.
func (h *Handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	w := &response{header: http.Header{}}
	r, err := h.request(ctx, payload)
	if err != nil {
		h.cfg.Log.WarnContext(ctx, "refusing an event", "error", err)
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "This is not an event of an API Gateway HTTP API, payload format 2.0.", http.StatusBadRequest)
	} else {
		h.cfg.HTTP.ServeHTTP(w, r)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false) // API Gateway reads it, no browser does
	if err := encoder.Encode(w.event()); err != nil {
		return nil, fmt.Errorf("encoding a response: %w", err)
	}
	return out.Bytes(), nil
}

type contextKey struct{}

// RequestID returns the API's id of the request that ctx belongs to, which the
// access log shows as $context.requestId; empty outside an invocation.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(contextKey{}).(string)
	return id
}

var _ interface {
	Invoke(context.Context, []byte) ([]byte, error)
} = (*Handler)(nil)

// errEvent is every refusal of an event.
var errEvent = errors.New("malformed event")

func decode(payload []byte) (events.APIGatewayV2HTTPRequest, error) {
	var event events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(payload, &event); err != nil {
		// The error would quote the event.
		return event, fmt.Errorf("%w: it is not JSON of the documented types", errEvent)
	}
	if event.Version != "2.0" {
		return event, fmt.Errorf("%w: its payload format is not 2.0", errEvent)
	}
	return event, nil
}
