// Package gateway plays an API Gateway HTTP API on this machine: it turns HTTP
// requests into payload format 2.0 events, hands them as JSON to the functions
// behind its routes, and turns their answers back. The local server and the
// tests reach the functions only through it.
//
// It copies what the real one does to a request where that matters to a
// handler: header names in lower case, repeats joined by commas, cookies apart,
// the path decoded and cut at a decoded question mark, a form's body in base64,
// the caller's X-Forwarded-For kept and added to, and its limits.
package gateway

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// Limits of an HTTP API:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
const (
	maxHeader = 10_240
	maxBody   = 10 << 20
	timeout   = 30 * time.Second
)

const defaultRoute = "$default"

// Function is a Lambda function: a lambdahttp.Handler, or a process behind a
// Runtime API.
type Function interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Config configures a Gateway.
type Config struct {
	// Domain is the API's host and port. A request for another is refused, as
	// API Gateway does. Required.
	Domain string
	// Routes maps route keys such as "GET /{door}/login" to functions. The key
	// "$default" is for what no other matches; without it that is a 404.
	Routes map[string]Function
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Gateway is an http.Handler.
type Gateway struct {
	cfg Config
	mux *http.ServeMux
}

// New returns a Gateway. It panics on a route key that http.ServeMux refuses.
func New(cfg Config) (*Gateway, error) {
	if cfg.Domain == "" {
		return nil, errors.New("gateway: Domain is required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	g := &Gateway{cfg, http.NewServeMux()}
	for key, function := range cfg.Routes {
		if key == defaultRoute {
			continue
		}
		g.mux.HandleFunc(key, func(w http.ResponseWriter, r *http.Request) { g.call(w, r, key, function) })
	}
	g.mux.HandleFunc("/", g.other)
	return g, nil
}

func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Host != g.cfg.Domain {
		answer(w, http.StatusForbidden, "Forbidden")
		return
	}
	// An HTTP API takes paths as they are; a ServeMux would redirect to the tidy one.
	if path.Clean(r.URL.Path) != r.URL.Path {
		g.other(w, r)
		return
	}
	g.mux.ServeHTTP(w, r)
}

// other answers what no route of its own is for.
func (g *Gateway) other(w http.ResponseWriter, r *http.Request) {
	function := g.cfg.Routes[defaultRoute]
	if function == nil {
		answer(w, http.StatusNotFound, "Not Found")
		return
	}
	g.call(w, r, defaultRoute, function)
}

// call carries one request to function and its answer back.
func (g *Gateway) call(w http.ResponseWriter, r *http.Request, key string, function Function) {
	// An HTTP API's GET routes, unlike a ServeMux's, do not answer HEAD.
	if r.Method == http.MethodHead && strings.HasPrefix(key, "GET ") {
		g.other(w, r)
		return
	}
	if headerSize(r) > maxHeader {
		answer(w, http.StatusRequestHeaderFieldsTooLarge, "Request Header Fields Too Large")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		answer(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
		return
	}
	event := g.event(r, key, body)
	payload, err := json.Marshal(event)
	if err != nil {
		answer(w, http.StatusInternalServerError, "Internal Server Error")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	out, err := function.Invoke(ctx, payload)
	var result events.APIGatewayV2HTTPResponse
	if err == nil {
		err = json.Unmarshal(out, &result)
	}
	reply := []byte(result.Body)
	if err == nil && result.IsBase64Encoded {
		reply, err = base64.StdEncoding.DecodeString(result.Body)
	}
	if err != nil || result.StatusCode < 200 || result.StatusCode > 599 {
		answer(w, http.StatusInternalServerError, "Internal Server Error")
		return
	}
	for name, value := range result.Headers {
		w.Header().Set(name, value)
	}
	for _, cookie := range result.Cookies {
		w.Header().Add("Set-Cookie", cookie)
	}
	w.Header().Set("Apigw-Requestid", event.RequestContext.RequestID)
	w.WriteHeader(result.StatusCode)
	_, _ = w.Write(reply)
}

func (g *Gateway) event(r *http.Request, key string, body []byte) events.APIGatewayV2HTTPRequest {
	now := g.cfg.Now()
	source, _, _ := net.SplitHostPort(r.RemoteAddr)
	rawPath, _, _ := strings.Cut(r.URL.Path, "?")

	headers := map[string]string{"host": r.Host, "content-length": strconv.Itoa(len(body)), "x-amzn-trace-id": "Root=" + traceID(now)}
	for name, values := range r.Header {
		if name != "Cookie" {
			headers[strings.ToLower(name)] = strings.Join(values, ",")
		}
	}
	headers["x-forwarded-for"] = strings.TrimPrefix(headers["x-forwarded-for"]+", "+source, ", ")

	event := events.APIGatewayV2HTTPRequest{
		Version:        "2.0",
		RouteKey:       key,
		RawPath:        rawPath,
		RawQueryString: r.URL.RawQuery,
		Headers:        headers,
		PathParameters: map[string]string{},
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RouteKey: key, Stage: "$default", AccountID: "123456789012", APIID: "local",
			RequestID: rand.Text(), DomainName: g.cfg.Domain, DomainPrefix: "local",
			Time: now.UTC().Format("02/Jan/2006:15:04:05 -0700"), TimeEpoch: now.UnixMilli(),
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{
				Method: r.Method, Path: rawPath, Protocol: r.Proto, SourceIP: source, UserAgent: r.UserAgent(),
			},
		},
		Body: string(body),
	}
	for _, cookie := range r.Header.Values("Cookie") {
		event.Cookies = append(event.Cookies, strings.Split(cookie, "; ")...)
	}
	if query := r.URL.Query(); len(query) > 0 {
		event.QueryStringParameters = map[string]string{}
		for name, values := range query {
			event.QueryStringParameters[name] = strings.Join(values, ",")
		}
	}
	for _, segment := range strings.Split(key, "/") {
		if name := strings.TrimSuffix(strings.TrimPrefix(segment, "{"), "}"); name != segment {
			event.PathParameters[name] = r.PathValue(name)
		}
	}
	if len(body) > 0 && !isText(r.Header.Get("Content-Type")) {
		event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return event
}

// headerSize is that of the request line and the header fields, cookies among
// them.
func headerSize(r *http.Request) int {
	size := len(r.Method) + len(r.URL.RequestURI()) + len(r.Proto) + len("host") + len(r.Host)
	for name, values := range r.Header {
		for _, value := range values {
			size += len(name) + len(value)
		}
	}
	return size
}

// isText reports whether an HTTP API hands a body of this type on as it is;
// that of a form is not.
func isText(contentType string) bool {
	media, _, _ := mime.ParseMediaType(contentType)
	return strings.HasPrefix(media, "text/") ||
		slices.Contains([]string{"application/json", "application/javascript", "application/xml"}, media)
}

func traceID(now time.Time) string {
	return fmt.Sprintf("1-%08x-%.24s", now.Unix(), strings.ToLower(rand.Text()))
}

// answer is what the gateway itself says, without any function.
func answer(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"message":%q}`, message)
}
