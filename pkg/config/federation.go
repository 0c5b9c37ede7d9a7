package config

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Federation is the user pool's managed login, where other identity providers
// vouch for people.
type Federation struct {
	// Domain is its address, of scheme and host alone.
	Domain *url.URL
	// Provider is the pool's identity provider to go to at once; empty: people
	// choose there.
	Provider string
	// Logout: logging out ends its session, too.
	Logout bool
	// ClientID is the pool's app client, where the function needs it.
	ClientID string
}

// LogoutURL is where a browser goes to end its session there, which comes back
// to logout_uri; empty if it is not to end:
// https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html
func (f *Federation) LogoutURL() string {
	if f == nil || !f.Logout {
		return ""
	}
	return f.Domain.JoinPath("logout").String() + "?" + url.Values{"client_id": {f.ClientID}}.Encode()
}

func (r *reader) federation(pool, clientID string, offers *Offers) *Federation {
	if r.get("FEDERATION_DOMAIN") == "" {
		for _, name := range []string{"FEDERATION_NAME", "FEDERATION_PROVIDER", "FEDERATION_MODE", "FEDERATION_LOGOUT"} {
			if r.explicit(name) {
				r.problem("%s is set but FEDERATION_DOMAIN is not, so that nobody signs in there: set both or neither", name)
			}
		}
		return nil
	}
	f := &Federation{
		Domain:   r.managedLogin(pool),
		Provider: r.get("FEDERATION_PROVIDER"),
		Logout:   r.on("FEDERATION_LOGOUT"),
		ClientID: clientID,
	}
	offers.Federation, offers.Direct = r.required("FEDERATION_NAME"), r.oneOf("FEDERATION_MODE", "button", "direct") == "direct"
	if f.Logout {
		r.required("COGNITO_CLIENT_ID")
	}
	return f
}

// prefixDomains is what the hosts end with that Cognito names itself, after the
// pool's Region:
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain-prefix.html
const prefixDomains = ".amazoncognito.com"

var hostName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)

// managedLogin returns nil for what is no host.
func (r *reader) managedLogin(pool string) *url.URL {
	domain := r.get("FEDERATION_DOMAIN")
	if trial := onLoopback(domain); trial != nil {
		return trial
	}
	host := strings.ToLower(domain)
	if !hostName.MatchString(host) || isAddress(host) {
		r.problem("FEDERATION_DOMAIN is %q: write the host alone, such as acme.auth.eu-west-1.amazoncognito.com", domain)
		return nil
	}
	// With another company's pool behind it, it would be theirs to ask for
	// passwords there.
	if region, _, ok := strings.Cut(pool, "_"); ok && strings.HasSuffix(host, prefixDomains) && !strings.HasSuffix(host, "."+region+prefixDomains) {
		r.problem("FEDERATION_DOMAIN is %q, in another Region than the user pool %s", domain, pool)
	}
	return &url.URL{Scheme: "https", Host: host}
}

// onLoopback returns nil for what is not like http://127.0.0.1:9229. It is taken
// in a Lambda function, too: nothing that is read here tells a trial apart, and
// the template does not take it.
func onLoopback(domain string) *url.URL {
	u, err := url.Parse(domain)
	if err != nil || u.Scheme != "http" || u.Hostname() != "127.0.0.1" && u.Hostname() != "localhost" {
		return nil
	}
	trial := &url.URL{Scheme: "http", Host: u.Host}
	if port, err := strconv.ParseUint(u.Port(), 10, 16); err != nil || port == 0 || trial.String() != domain {
		return nil
	}
	return trial
}

// isAddress tells whether browsers read a host as an IPv4 address: if its last
// label is a number, be it in hex.
// https://url.spec.whatwg.org/#ends-in-a-number-checker
func isAddress(host string) bool {
	last := host[strings.LastIndex(host, ".")+1:]
	hex, inHex := strings.CutPrefix(last, "0x")
	return strings.Trim(last, "0123456789") == "" || inHex && strings.Trim(hex, "0123456789abcdef") == ""
}
