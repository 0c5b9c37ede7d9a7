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
//
// Few of them are ErrMisconfigured, which calls the operator: those that no
// code, however it was come by, and no tampering with the way back leads to.
// Another redirect_uri is Cognito's unauthorized_client
// (stackoverflow.com/questions/50264679), and a client that may not read what a
// scope stands for its invalid_grant. So ErrFederationCode may be the operator's
// to mend, too; the error word is in the log.
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
	which := sentinel(status, directory.ErrFederationCode)
	if which == directory.ErrFederationCode {
		switch answer.ErrorCode {
		case "invalid_client", "unsupported_grant_type":
			which = directory.ErrMisconfigured
		case "server_error", "temporarily_unavailable":
			which = directory.ErrUnavailable
		}
	}
	return fmt.Errorf("%w: %s: %w, error %s", which, asking, statusError(status), word(answer.ErrorCode))
}

// translateKeys maps the error of one verification to a sentinel.
func translateKeys(err error) error {
	const fetching = "fetching the issuer's keys"
	if failed, ok := errors.AsType[*url.Error](err); ok {
		which := directory.ErrUnavailable
		if status, ok := errors.AsType[statusError](err); ok {
			which = sentinel(int(status), directory.ErrMisconfigured)
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

// sentinel is what a status means by itself; otherwise is for the rest. 403 is
// a firewall's, which may have had enough of us: AWS WAF can be in front of a
// user pool. A redirect, and nothing there, come of a wrong address.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-waf.html
func sentinel(status int, otherwise error) error {
	switch {
	case status == http.StatusTooManyRequests, status == http.StatusForbidden:
		return directory.ErrThrottled
	case status >= http.StatusInternalServerError, status == http.StatusRequestTimeout:
		return directory.ErrUnavailable
	case status == http.StatusNotFound, status >= http.StatusMultipleChoices && status < http.StatusBadRequest:
		return directory.ErrMisconfigured
	}
	return otherwise
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
