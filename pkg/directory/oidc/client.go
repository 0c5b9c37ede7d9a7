package oidc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

const (
	// exchangeTimeout allows for Lambda triggers of the pool, which run within
	// the exchange, often cold. A code can be tried only once.
	exchangeTimeout = 4 * time.Second
	keysTimeout     = 2 * time.Second
	dialTimeout     = time.Second
	// idleTimeout is below any service's own, so that a connection is never
	// reused at the moment the service closes it.
	idleTimeout = 15 * time.Second
	// maxAnswer is far beyond an ID token with a hundred groups, and far below
	// what would hurt.
	maxAnswer = 64 << 10
)

var (
	errHuge   = errors.New("the answer is longer than 64 KB")
	errNoKeys = errors.New("the answer is no set of keys")
)

// statusError is an answer other than the expected one, told without its body.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("the answer has status %d", int(e)) }

// The clients are not awsenv's, because a redirect must not take the code and
// our secret to another address, and because the libraries want an http.Client.
func tokenClient() *http.Client { return newClient(bounded{newTransport()}, exchangeTimeout) }

func keysClient() *http.Client { return newClient(keysOnly{bounded{newTransport()}}, keysTimeout) }

func newClient(transport http.RoundTripper, timeout time.Duration) *http.Client {
	return &http.Client{
		Transport: transport, Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSHandshakeTimeout:    dialTimeout,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxAnswer,
		ForceAttemptHTTP2:      true,
	}
}

// bounded reads an answer whole, up to maxAnswer, within the request's time, so
// that a fault in its middle is the transport's: what the libraries make of one
// cannot be told from their other errors.
type bounded struct{ base http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	_ = response.Body.Close()
	if len(body) > maxAnswer {
		err = errHuge
		if response.StatusCode >= http.StatusMultipleChoices {
			body, err = nil, nil // the status tells more
		}
	}
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// keysOnly makes an error of every answer that is no set of keys: go-oidc's own
// errors cannot be told apart from a signature that is wrong.
type keysOnly struct{ base http.RoundTripper }

func (k keysOnly) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := k.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, statusError(response.StatusCode)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var set struct{ Keys []json.RawMessage }
	if json.Unmarshal(body, &set) != nil || len(set.Keys) == 0 {
		return nil, errNoKeys
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}
