package doctor

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"deskpro-login/pkg/config"
)

// checkOrigins reads the variables themselves: what no function takes is told
// here, too.
func (d *doctor) checkOrigins(_ context.Context, r *report) {
	for _, door := range []string{config.Users, config.Agents} {
		prefix := strings.ToUpper(door)
		home := d.effective(prefix + "_DESKPRO_URL")
		if home == "" {
			continue
		}
		helpdesk := hostOf(home)
		origins := append([]string{home}, strings.Fields(d.effective(prefix+"_RETURN_ORIGINS"))...)
		var odd []string
		for _, origin := range origins {
			if surprise := surprising(origin, helpdesk); surprise != "" {
				odd = append(odd, origin+" "+surprise)
			}
		}
		row := r.at("doors/*/origins", door)
		if odd == nil {
			row.ok("people return to %s", strings.Join(origins, " "))
			continue
		}
		row.warn(fmt.Sprintf("leave in %s and %s what Deskpro serves and nothing else, by its full name", d.named(prefix+"_DESKPRO_URL"), d.named(prefix+"_RETURN_ORIGINS")), "%s", strings.Join(odd, "; "))
	}
}

func hostOf(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// surprising says why an origin is not what people expect of a helpdesk; empty
// where it is.
func surprising(origin, helpdesk string) string {
	host := hostOf(origin)
	address, err := netip.ParseAddr(host)
	switch {
	case strings.Contains(origin, "*"):
		return "has a wildcard, which stands for hosts that are not Deskpro's"
	case host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && address.IsLoopback():
		return "is the machine of whoever signs in, and whatever listens there"
	case strings.HasPrefix(strings.ToLower(origin), "http:"):
		return "is not https, so that tokens can be read on their way"
	case err == nil:
		return "is an IP address, whose owner no certificate tells"
	case under(host, hosted) && under(helpdesk, hosted) && host != helpdesk:
		return "is another company's helpdesk, unless it is yours, too"
	case domainOf(host) != domainOf(helpdesk):
		return fmt.Sprintf("is of another domain than %s, as a brand's may be", helpdesk)
	}
	return ""
}

// hosted is where Deskpro serves helpdesks of many companies.
const hosted = "deskpro.com"

func under(host, domain string) bool { return strings.HasSuffix(host, "."+domain) }

// second are labels under which a country sells names.
var second = []string{"ac", "asn", "co", "com", "edu", "gob", "gov", "govt", "go", "gv", "id", "ltd", "me", "mil", "ne", "net", "nhs", "or", "org", "plc", "sch"}

// domainOf is what of a host's name somebody has registered, by its form: the list
// that browsers have (publicsuffix.org) is longer, and here a wrong guess costs a
// warning too many or too few.
func domainOf(host string) string {
	labels := strings.Split(host, ".")
	keep := 2
	if n := len(labels); n > 2 && len(labels[n-1]) == 2 && slices.Contains(second, labels[n-2]) {
		keep = 3
	}
	return strings.Join(labels[max(0, len(labels)-keep):], ".")
}
