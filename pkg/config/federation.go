package config

import (
	"net/url"
	"regexp"
	"strings"
)

// Federation is the user pool's managed login, where other identity providers
// vouch for people.
type Federation struct {
	// Domain is its address, of scheme and host alone.
	Domain *url.URL
	// Name is what people know it by.
	Name string
	// Provider is the pool's identity provider to go to at once; empty: people
	// choose there.
	Provider string
	// Direct: people are sent there instead of seeing our form.
	Direct bool
	// Logout: logging out ends its session, too.
	Logout bool
	// ClientID is the pool's app client, where the function needs it.
	ClientID string
}

func (r *reader) federation(pool string) *Federation {
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
		Name:     r.required("FEDERATION_NAME"),
		Provider: r.get("FEDERATION_PROVIDER"),
		Direct:   r.oneOf("FEDERATION_MODE", "button", "direct") == "direct",
		Logout:   r.on("FEDERATION_LOGOUT"),
		ClientID: r.get("COGNITO_CLIENT_ID"),
	}
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
	if u, err := url.Parse(domain); err == nil && u.Scheme == "http" {
		if trial := (url.URL{Scheme: "http", Host: u.Host}); trial.String() == domain && u.Port() != "" && (u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost") {
			return &trial
		}
	}
	host := strings.ToLower(domain)
	if !hostName.MatchString(host) {
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
