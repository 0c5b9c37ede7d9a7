package lambdahttp

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/textproto"
	"net/url"
	"strings"
)

// request turns an event into the request that API Gateway received, or, where
// that came through the Edge, that CloudFront received.
func (h *Handler) request(ctx context.Context, payload []byte) (*http.Request, error) {
	event, err := decode(payload)
	if err != nil {
		return nil, err
	}
	from := event.RequestContext
	body := event.Body
	if event.IsBase64Encoded {
		raw, err := base64.StdEncoding.DecodeString(body)
		if err != nil {
			return nil, fmt.Errorf("%w: its body is not base64", errEvent)
		}
		body = string(raw)
	}
	if from.HTTP.Method == "" || event.RouteKey == "" || from.DomainName == "" {
		return nil, fmt.Errorf("%w: it lacks its method, route key or domain name", errEvent)
	}
	source, err := netip.ParseAddr(from.HTTP.SourceIP)
	if err != nil {
		return nil, fmt.Errorf("%w: its source address is none", errEvent)
	}

	r := &http.Request{
		Method: from.HTTP.Method,
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		// Decoded already; a route is found by Pattern, never by this.
		URL:           &url.URL{Path: event.RawPath, RawQuery: event.RawQueryString},
		Host:          from.DomainName,
		Header:        make(http.Header, len(event.Headers)),
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)),
		RemoteAddr:    net.JoinHostPort(source.String(), "0"),
		Pattern:       event.RouteKey,
	}
	for name, value := range event.Headers {
		name = textproto.CanonicalMIMEHeaderKey(name)
		r.Header[name] = append(r.Header[name], value)
	}
	r.Header.Del("Host")
	r.Header.Del("Cookie")
	if len(event.Cookies) > 0 {
		r.Header.Set("Cookie", strings.Join(event.Cookies, "; "))
	}
	for name, value := range event.PathParameters {
		r.SetPathValue(name, value)
	}
	ctx = context.WithValue(ctx, contextKey{}, from.RequestID)
	if from.APIID == PreflightAPI {
		ctx = context.WithValue(ctx, preflightKey{}, true)
	} else if h.cfg.Edge != nil {
		ctx = context.WithValue(ctx, bypassKey{}, h.cfg.Edge.admit(r))
	}
	r.Header.Del(HeaderOriginVerify)
	r.Header.Del(HeaderViewerAddress)
	return r.WithContext(ctx), nil
}
