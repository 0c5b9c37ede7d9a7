package lambdahttp_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"deskpro-login/pkg/lambdahttp"
)

const (
	key     = "kHqZ3Lr0vTn8Xw5cYb2sDf7gJm4pQe9uAi6oRy1tUz0xVaBnCdEfGhIjKlMnOpQr"
	nextKey = "another0vTn8Xw5cYb2sDf7gJm4pQe9uAi6oRy1tUz0xVaBnCdEfGhIjKlMnOpQr"
)

func hashOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// edge knows a key and the one that will follow it.
func edge(t testing.TB) *lambdahttp.Edge {
	t.Helper()
	edge, err := lambdahttp.ParseEdge([]string{hashOf(key), hashOf(nextKey)}, "login.acme.example")
	if err != nil {
		t.Fatal(err)
	}
	return edge
}

// fromEdge is an event as API Gateway sends it for a request of CloudFront.
func fromEdge() events.APIGatewayV2HTTPRequest {
	event := signIn()
	event.RequestContext.APIID = "a1b2c3d4e5"
	event.Headers["x-origin-verify"], event.Headers["cloudfront-viewer-address"] = key, "198.51.100.10:46532"
	return event
}

// receivedBehind is received, of a function with the edge in front.
func receivedBehind(t *testing.T, edge *lambdahttp.Edge, event events.APIGatewayV2HTTPRequest, log io.Writer) (r *http.Request) {
	t.Helper()
	function, err := lambdahttp.New(lambdahttp.Config{
		HTTP: http.HandlerFunc(func(_ http.ResponseWriter, got *http.Request) { r = got }),
		Edge: edge, Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if response := invoke(t, function, encode(t, event)); r == nil {
		t.Fatalf("the event was refused: %d %s", response.StatusCode, response.Body)
	}
	for name := range r.Header {
		if strings.EqualFold(name, lambdahttp.HeaderOriginVerify) || strings.EqualFold(name, lambdahttp.HeaderViewerAddress) {
			t.Errorf("the handler gets the header %s", name)
		}
	}
	return r
}

func TestWhoComesThroughTheEdge(t *testing.T) {
	type event = events.APIGatewayV2HTTPRequest
	const noKey, wrongKey, noViewer = lambdahttp.NoKey, lambdahttp.WrongKey, lambdahttp.NoViewer
	keyIs := func(value string) func(*event) {
		return func(e *event) { e.Headers["x-origin-verify"] = value }
	}
	viewerIs := func(value string) func(*event) {
		return func(e *event) { e.Headers["cloudfront-viewer-address"] = value }
	}
	for _, row := range []struct {
		name   string
		change func(*event)
		// client is the address that is believed; empty: bypassed, and how.
		client, bypassed string
	}{
		{"the key and an address of IPv4", func(*event) {}, "198.51.100.10:0", ""},
		{"the next key", keyIs(nextKey), "198.51.100.10:0", ""},
		{"header names in other letters", func(e *event) {
			e.Headers = map[string]string{"X-ORIGIN-VERIFY": key, "CloudFront-Viewer-Address": "198.51.100.10:46532"}
		}, "198.51.100.10:0", ""},
		{"X-Forwarded-For changes nothing", func(e *event) { e.Headers["x-forwarded-for"] = "203.0.113.7, 198.51.100.99" }, "198.51.100.10:0", ""},

		{"an address of IPv6", viewerIs("2001:db8:0:38::17e:7:51786"), "[2001:db8:0:38::17e:7]:0", ""},
		{"an address of IPv6 in full", viewerIs("2001:0DB8:0000:0000:0000:8a2e:0370:7334:46532"), "[2001:db8::8a2e:370:7334]:0", ""},
		{"an address of IPv6 in brackets", viewerIs("[2001:db8::1]:443"), "[2001:db8::1]:0", ""},
		{"an address of IPv4 in one of IPv6", viewerIs("::ffff:198.51.100.10:46532"), "198.51.100.10:0", ""},
		{"a private address, if CloudFront says so", viewerIs("10.0.0.1:1024"), "10.0.0.1:0", ""},
		{"the last port", viewerIs("198.51.100.10:65535"), "198.51.100.10:0", ""},

		{"no key", func(e *event) { delete(e.Headers, "x-origin-verify") }, "", noKey},
		{"no headers at all", func(e *event) { e.Headers = nil }, "", noKey},
		{"an empty key", keyIs(""), "", wrongKey},
		{"another key", keyIs("forged"), "", wrongKey},
		{"the key's hash", keyIs(hashOf(key)), "", wrongKey},
		{"the key in other letters", keyIs(strings.ToUpper(key)), "", wrongKey},
		{"the key with a space before it", keyIs(" " + key), "", wrongKey},
		{"the key with a line break after it", keyIs(key + "\n"), "", wrongKey},
		{"the key twice, joined by API Gateway", keyIs(key + "," + key), "", wrongKey},
		{"a forged key before the key", keyIs("forged," + key), "", wrongKey},
		{"both keys", keyIs(key + "," + nextKey), "", wrongKey},
		{"the key twice in an event", func(e *event) { e.Headers["X-Origin-Verify"] = key }, "", wrongKey},

		{"no address", func(e *event) { delete(e.Headers, "cloudfront-viewer-address") }, "", noViewer},
		{"an empty address", viewerIs(""), "", noViewer},
		{"an address without a port", viewerIs("198.51.100.10"), "", noViewer},
		{"an address of IPv6 without a port", viewerIs("2001:db8:0:0:0:0:0:1"), "", noViewer},
		{"a port without an address", viewerIs(":46532"), "", noViewer},
		{"an address with an empty port", viewerIs("198.51.100.10:"), "", noViewer},
		{"a port that is none", viewerIs("198.51.100.10:65536"), "", noViewer},
		{"a port with a sign", viewerIs("198.51.100.10:+443"), "", noViewer},
		{"a name", viewerIs("localhost:443"), "", noViewer},
		{"an address with a zone", viewerIs("fe80::1%eth0:443"), "", noViewer},
		{"a bracket that is not closed", viewerIs("[2001:db8::1:443"), "", noViewer},
		{"a bracket that is not opened", viewerIs("2001:db8::1]:443"), "", noViewer},
		{"spaces around the address", viewerIs(" 198.51.100.10:46532 "), "", noViewer},
		{"two addresses, joined by API Gateway", viewerIs("203.0.113.7:1,198.51.100.10:46532"), "", noViewer},
		{"two addresses in an event", func(e *event) { e.Headers["CloudFront-Viewer-Address"] = "203.0.113.7:1" }, "", noViewer},
	} {
		t.Run(row.name, func(t *testing.T) {
			event := fromEdge()
			row.change(&event)
			var log strings.Builder
			r := receivedBehind(t, edge(t), event, &log)
			host := "login.acme.example"
			if row.bypassed != "" {
				row.client, host = "192.0.2.10:0", "login.example.com"
			}
			if got := lambdahttp.Bypassed(r.Context()); got != row.bypassed {
				t.Errorf("Bypassed = %q, want %q", got, row.bypassed)
			}
			if r.RemoteAddr != row.client || r.Host != host {
				t.Errorf("the client is %s, the host %s; want %s, %s", r.RemoteAddr, r.Host, row.client, host)
			}
			if log.Len() > 0 {
				t.Errorf("the log says %s", log.String())
			}
		})
	}
}

// Without an edge the two headers are what anyone may write.
func TestWithoutAnEdgeItsHeadersMeanNothing(t *testing.T) {
	r := receivedBehind(t, nil, fromEdge(), io.Discard)
	if r.RemoteAddr != "192.0.2.10:0" || r.Host != "login.example.com" || (lambdahttp.Bypassed(r.Context()) != "") {
		t.Errorf("the client is %s, the host %s, bypassed: %t", r.RemoteAddr, r.Host, (lambdahttp.Bypassed(r.Context()) != ""))
	}
	if lambdahttp.Bypassed(t.Context()) != "" {
		t.Error("Bypassed outside an invocation")
	}
}

// All of the hash counts.
func TestAKeyWhoseHashIsAlmostOneOfThemIsWrong(t *testing.T) {
	hash := hashOf(key)
	for _, almost := range []string{hash[:63] + flipped(hash[63]), flipped(hash[0]) + hash[1:], hash[:32] + flipped(hash[32]) + hash[33:]} {
		edge, err := lambdahttp.ParseEdge([]string{almost}, "login.acme.example")
		if err != nil {
			t.Fatal(err)
		}
		if got := lambdahttp.Bypassed(receivedBehind(t, edge, fromEdge(), io.Discard).Context()); got != lambdahttp.WrongKey {
			t.Errorf("%s: Bypassed = %q, want %q", almost, got, lambdahttp.WrongKey)
		}
	}
}

func flipped(digit byte) string {
	if digit == '0' {
		return "1"
	}
	return "0"
}

func TestPreflightNeedNotComeThroughTheEdge(t *testing.T) {
	for id, bypassed := range map[string]bool{lambdahttp.PreflightAPI: false, "": true, "a1b2c3d4e5": true, "Preflight": true, "preflight2": true} {
		event := fromEdge()
		event.RequestContext.APIID = id
		// A host name of the company's own could begin like that.
		event.RequestContext.DomainPrefix = lambdahttp.PreflightAPI
		delete(event.Headers, "x-origin-verify")
		r := receivedBehind(t, edge(t), event, io.Discard)
		if got := (lambdahttp.Bypassed(r.Context()) != ""); got != bypassed {
			t.Errorf("%q: Bypassed = %t, want %t", id, got, bypassed)
		}
		if got := lambdahttp.FromPreflight(r.Context()); got == bypassed {
			t.Errorf("%q: FromPreflight = %t", id, got)
		}
		if r.RemoteAddr != "192.0.2.10:0" || r.Host != "login.example.com" {
			t.Errorf("%q: the client is %s, the host %s", id, r.RemoteAddr, r.Host)
		}
	}
}

// A browser without Sec-Fetch-Site is judged by its Origin, which names the
// host that people see, not the API's.
func TestOldBrowsersAreJudgedByTheHostThatTheySee(t *testing.T) {
	var protection http.CrossOriginProtection
	for origin, refused := range map[string]bool{
		"https://login.acme.example": false, "https://login.example.com": true, "https://evil.example": true, "null": true,
	} {
		event := fromEdge()
		event.Headers["origin"] = origin
		if err := protection.Check(receivedBehind(t, edge(t), event, io.Discard)); (err != nil) != refused {
			t.Errorf("a form of %s: error = %v, want one: %t", origin, err, refused)
		}
	}
}

func TestParseEdge(t *testing.T) {
	hash := hashOf(key)
	const host = "login.acme.example"
	for _, row := range []struct {
		name   string
		hashes []string
		host   string
		want   []string // in the error; none: it is accepted
	}{
		{"one hash", []string{hash}, host, nil},
		{"two hashes", []string{hash, hashOf(nextKey)}, host, nil},
		{"the same hash twice", []string{hash, hash}, host, nil},
		{"four hashes", []string{hash, hash, hash, hash}, "d111111abcdef8.cloudfront.net", nil},
		{"no hash", nil, host, []string{"there are 0 hashes"}},
		{"five hashes", []string{hash, hash, hash, hash, hash}, host, []string{"there are 5 hashes", "4 at most"}},
		{"the hash of a line break", []string{hashOf("\n")}, host, []string{"hash 1 is the hash of nothing"}},
		{"the hash of nothing", []string{hash, hashOf("")}, host, []string{"hash 2 is the hash of nothing"}},
		{"an empty hash", []string{""}, host, []string{"hash 1 is not"}},
		{"a hash in capitals", []string{strings.ToUpper(hash)}, host, []string{"hash 1 is not", "small letters"}},
		{"a hash that is too short", []string{hash, hash[:63]}, host, []string{"hash 2 is not"}},
		{"a hash that is too long", []string{hash + "00"}, host, []string{"hash 1 is not"}},
		{"a hash with a space", []string{" " + hash[1:]}, host, []string{"hash 1 is not"}},
		{"a hash with a line break", []string{hash + "\n"}, host, []string{"hash 1 is not"}},
		{"the key", []string{key}, host, []string{"hash 1 is not", "never the key"}},
		{"no host", []string{hash}, "", []string{`the host is ""`}},
		{"a URL", []string{hash}, "https://login.acme.example/", []string{`the host is "https://login.acme.example/"`, "only the name"}},
		{"a host with a port", []string{hash}, "login.acme.example:443", []string{"the host is"}},
		{"a host in capitals", []string{hash}, "Login.acme.example", []string{"small letters"}},
		{"a host with a space", []string{hash}, "login.acme.example ", []string{"the host is"}},
		{"two hosts", []string{hash}, "login.acme.example,evil.example", []string{"the host is"}},
		{"a name that is no host", []string{hash}, "localhost", []string{"the host is"}},
		{"everything wrong", []string{"x", key}, "", []string{"hash 1 is not", "hash 2 is not", "the host is"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			edge, err := lambdahttp.ParseEdge(row.hashes, row.host)
			if (err == nil) != (row.want == nil) || (edge == nil) != (row.want != nil) {
				t.Fatalf("edge = %v, error = %v", edge, err)
			}
			for _, want := range row.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error = %v, want one that says %q", err, want)
				}
			}
			if err != nil && strings.Contains(err.Error(), key) {
				t.Errorf("the error quotes the key: %v", err)
			}
		})
	}
}

// FuzzViewer: whatever CloudFront says of the client, the handler gets either
// that address or a request that is marked.
func FuzzViewer(f *testing.F) {
	for _, value := range []string{"198.51.100.10:46532", "2001:db8::1:46532", "[2001:db8::1]:443", "::ffff:1.2.3.4:1", "fe80::1%e:1", ":", "a,b:1"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		event := fromEdge()
		event.Headers["cloudfront-viewer-address"] = value
		r := receivedBehind(t, edge(t), event, io.Discard)
		client, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil || client.Port() != 0 || client.Addr().Zone() != "" {
			t.Fatalf("the client is %q", r.RemoteAddr)
		}
		if lambdahttp.Bypassed(r.Context()) != "" {
			if r.RemoteAddr != "192.0.2.10:0" || r.Host != "login.example.com" {
				t.Errorf("%q: the client is %s, the host %s", value, r.RemoteAddr, r.Host)
			}
			return
		}
		said := strings.Trim(value[:strings.LastIndex(value, ":")], "[]")
		if addr, err := netip.ParseAddr(said); err != nil || addr.Unmap() != client.Addr() {
			t.Errorf("%q: the client is %s", value, r.RemoteAddr)
		}
		if r.Host != "login.acme.example" {
			t.Errorf("%q: the host is %s", value, r.Host)
		}
	})
}
