package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"deskpro-login/pkg/directory"
)

// translateExchange maps an error of the token endpoint to a sentinel: RFC 6749
// section 5.2, and for Cognito
// https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
// Of the provider's own words only error is told. oauth2's errors hold all of
// the answer.
func translateExchange(err error) error {
	const asking = "asking the token endpoint"
	answer, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		if failed, ok := errors.AsType[*url.Error](err); ok {
			return fmt.Errorf("%w: %s: %w", directory.ErrUnavailable, asking, failed.Err)
		}
		return fmt.Errorf("%w: %s: the answer has no tokens", directory.ErrUnavailable, asking)
	}
	status := answer.Response.StatusCode
	told := fmt.Errorf("%s: %w, error %s", asking, statusError(status), word(answer.ErrorCode))
	switch {
	case status == http.StatusTooManyRequests, status >= http.StatusInternalServerError:
		return fmt.Errorf("%w: %w", sentinel(status), told)
	case answer.ErrorCode == "invalid_grant":
		// The code has expired, was used, is another's or not of this verifier.
		// Cognito says so, too, where the client may not read an attribute that
		// a scope asks for.
		return fmt.Errorf("%w: %w", directory.ErrFederation, told)
	case answer.ErrorCode == "server_error", answer.ErrorCode == "temporarily_unavailable":
		return fmt.Errorf("%w: %w", directory.ErrUnavailable, told)
	case answer.ErrorCode != "":
		return fmt.Errorf("%w: %w", directory.ErrMisconfigured, told)
	}
	return fmt.Errorf("%w: %w", sentinel(status), told)
}

// translateKeys maps the error of one verification to a sentinel.
func translateKeys(err error) error {
	const fetching = "fetching the issuer's keys"
	if failed, ok := errors.AsType[*url.Error](err); ok {
		which := directory.ErrUnavailable
		if status, ok := errors.AsType[statusError](err); ok {
			which = sentinel(int(status))
		}
		return fmt.Errorf("%w: %s: %w", which, fetching, failed.Err)
	}
	for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, ended) {
			return fmt.Errorf("%w: %s: %w", directory.ErrUnavailable, fetching, ended)
		}
	}
	return refuse("no key of the issuer fits the ID token's signature")
}

// sentinel is what a status means that no error code explains. A redirect or a
// refusal comes of a wrong address.
func sentinel(status int) error {
	switch {
	case status == http.StatusTooManyRequests:
		return directory.ErrThrottled
	case status >= http.StatusInternalServerError, status == http.StatusRequestTimeout:
		return directory.ErrUnavailable
	}
	return directory.ErrMisconfigured
}

// word returns the provider's error code where it is one, as those of RFC 6749
// and its extensions are.
func word(code string) string {
	const maxWord = 40
	if code == "" {
		return "none"
	}
	if len(code) > maxWord || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return "unknown"
	}
	return code
}
