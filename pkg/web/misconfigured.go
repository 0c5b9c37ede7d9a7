package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"deskpro-login/pkg/audit"
)

// errConfiguration: the function has no doors to serve, since what it was given
// cannot be used.
var errConfiguration = errors.New("configuration cannot be used")

// Misconfigured answers every request with a page for the reason that New could
// not be called: a function that exited instead would be API Gateway's bare
// "Internal Server Error", and its log would be full of restarts. Each request
// logs the reason, with all the problems that it names, and is counted in
// events. A nil requestID means no id.
func Misconfigured(reason error, events audit.Log, requestID func(context.Context) string) http.Handler {
	if requestID == nil {
		requestID = func(context.Context) string { return "" }
	}
	reason = fmt.Errorf("%w: %w", errConfiguration, reason)
	s := &Server{cfg: Config{RequestID: requestID, Audit: events, Log: slog.Default()}}
	if err := s.keepPages(); err != nil {
		panic(err) // the embedded templates cannot be read: a programmer's error
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = s.withWish(w, r)
		s.setHeaders(w.Header(), nil)
		s.fail(w, r, nil, reason)
	})
}
