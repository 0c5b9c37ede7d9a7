package lambdahttp

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
)

// The headers by which CloudFront vouches for a request. They never reach the
// handler, from whomever they come.
const (
	// HeaderOriginVerify holds the key that only the distribution knows.
	HeaderOriginVerify = "X-Origin-Verify"
	// HeaderViewerAddress is the client's address and port:
	// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html
	HeaderViewerAddress = "CloudFront-Viewer-Address"
)

// PreflightAPI is the API's id in events that need not come through the Edge.
// API Gateway's own ids are ten characters long and no client can choose one,
// so that such an event comes from who may invoke the function itself; and
// that one may write whatever it likes into an event anyway.
const PreflightAPI = "preflight"

// maxHashes leaves room for a key that changes, and for changing one's mind.
const maxHashes = 4

// Edge is a CloudFront distribution in front of the API. Only ParseEdge makes
// one. It does not know the distribution's key, only hashes of it: who reads a
// function's configuration cannot pass for the distribution.
type Edge struct {
	hashes [][sha256.Size]byte
	host   string
}

// hostLetters are what the name of a host is made of.
const hostLetters = "abcdefghijklmnopqrstuvwxyz0123456789-."

// ParseEdge reads the SHA-256 hashes, in lower-case hex, of the keys that the
// distribution may send (one, or two while it changes; four at most), and the
// host that people see in the address bar. The error names all problems and
// quotes none of the hashes, since one may be the key itself by mistake.
func ParseEdge(hashes []string, host string) (*Edge, error) {
	edge := &Edge{host: host}
	var problems []error
	if len(hashes) < 1 || len(hashes) > maxHashes {
		problems = append(problems, fmt.Errorf("there are %d hashes: give that of CloudFront's key, and of its next one while it changes, %d at most", len(hashes), maxHashes))
	}
	for i, text := range hashes {
		raw, err := hex.DecodeString(text)
		switch {
		case err != nil || len(raw) != sha256.Size || text != strings.ToLower(text):
			problems = append(problems, fmt.Errorf("hash %d is not a SHA-256 in 64 hex digits in small letters: give the key's hash, never the key", i+1))
			continue
		case [sha256.Size]byte(raw) == sha256.Sum256(nil), [sha256.Size]byte(raw) == sha256.Sum256([]byte("\n")):
			problems = append(problems, fmt.Errorf("hash %d is the hash of nothing, which no request has: the command that read the key has failed", i+1))
		}
		edge.hashes = append(edge.hashes, [sha256.Size]byte(raw))
	}
	if strings.Trim(host, hostLetters) != "" || !strings.Contains(host, ".") {
		problems = append(problems, fmt.Errorf("the host is %q: write only the name that people see, in small letters, such as login.example.com", host))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return edge, nil
}

// How a request went past the Edge.
const (
	// NoKey: it has no key, as who calls the API's own address has none.
	NoKey = "no_key"
	// WrongKey: its key has none of the hashes, as CloudFront's has while the
	// functions have not been told of it.
	WrongKey = "wrong_key"
	// NoViewer: its key is right, but the client's address is none.
	NoViewer = "no_viewer"
)

// admit gives r the client's address and host as the distribution saw them, or
// leaves it as it is and tells how it came instead.
func (e *Edge) admit(r *http.Request) (bypassed string) {
	keys, viewers := r.Header.Values(HeaderOriginVerify), r.Header.Values(HeaderViewerAddress)
	switch {
	case len(keys) == 0:
		return NoKey
	case len(keys) > 1 || !e.knows(keys[0]):
		return WrongKey
	case len(viewers) != 1:
		return NoViewer
	}
	viewer, ok := parseViewer(viewers[0])
	if !ok {
		return NoViewer
	}
	r.RemoteAddr, r.Host = net.JoinHostPort(viewer.String(), "0"), e.host
	return ""
}

// knows tells whether key has one of the hashes, in the same time whichever it
// is.
func (e *Edge) knows(key string) bool {
	sum, found := sha256.Sum256([]byte(key)), 0
	for i := range e.hashes {
		found |= subtle.ConstantTimeCompare(sum[:], e.hashes[i][:])
	}
	return found == 1
}

// parseViewer reads "198.51.100.10:46532" and "2001:db8::1:46532". CloudFront
// writes no brackets around an address of IPv6, though its documentation does
// not say so; here they do no harm.
func parseViewer(value string) (viewer netip.Addr, ok bool) {
	i := strings.LastIndexByte(value, ':')
	if i < 0 {
		return viewer, false
	}
	host, port := value[:i], value[i+1:]
	if inner, bracketed := strings.CutPrefix(host, "["); bracketed {
		if host, ok = strings.CutSuffix(inner, "]"); !ok {
			return viewer, false
		}
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return viewer, false
	}
	viewer, err := netip.ParseAddr(host)
	return viewer.Unmap(), err == nil && viewer.Zone() == ""
}

type preflightKey struct{}

// FromPreflight tells that the request that ctx belongs to is of PreflightAPI:
// a trial, not a person's.
func FromPreflight(ctx context.Context) bool {
	trial, _ := ctx.Value(preflightKey{}).(bool)
	return trial
}

type bypassKey struct{}

// Bypassed tells how the request that ctx belongs to went past the Edge: NoKey,
// WrongKey or NoViewer, and empty where it did not, or where there is no Edge.
// Its RemoteAddr is then that of who called the API.
func Bypassed(ctx context.Context) string {
	how, _ := ctx.Value(bypassKey{}).(string)
	return how
}
