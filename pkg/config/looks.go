package config

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"deskpro-login/pkg/palette"
)

// mostPicture bounds a picture that is in the variable itself, in bytes: all
// variables of a function together may have 4 KB
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html).
const mostPicture = 2048

// Looks are how pages look: all of them, or those of a door.
type Looks struct {
	Brand  string
	Accent palette.Accent
	// Logo and Icon are https or data URLs.
	Logo, Icon                       string
	Support, Privacy, Terms, Imprint string
}

// looks reads those of a door, for whom what is not set is as everywhere; door is
// empty for those of everywhere.
func (r *reader) looks(door string, everywhere Looks) Looks {
	l := everywhere
	set := func(to *string, name string, read func(name, value string) string) {
		if door != "" {
			name = "DOOR_" + name
		}
		if value := r.doorValue(door, name); value != "" {
			*to = read(doorName(door, name), value)
		}
	}
	set(&l.Brand, "BRAND", func(_, value string) string { return value })
	set(&l.Logo, "LOGO", r.picture)
	set(&l.Icon, "ICON", r.picture)
	set(&l.Support, "SUPPORT_URL", func(name, value string) string { return r.address(name, value, "https", "mailto", "tel") })
	page := func(name, value string) string { return r.address(name, value, "https") }
	set(&l.Privacy, "PRIVACY_URL", page)
	set(&l.Terms, "TERMS_URL", page)
	set(&l.Imprint, "IMPRINT_URL", page)
	var accent string
	if set(&accent, "ACCENT", func(_, value string) string { return value }); accent != "" {
		var err error
		if l.Accent, err = palette.ParseAccent(accent); err != nil {
			name := "ACCENT"
			if door != "" {
				name = doorName(door, "DOOR_ACCENT")
			}
			r.problem("%s is %q: write a colour such as #1f56c4", name, accent)
		}
	}
	return l
}

// address returns a link's, empty for one that is none of schemes.
func (r *reader) address(name, value string, schemes ...string) string {
	u, err := url.Parse(value)
	switch begins := strings.Join(schemes, ": or "); {
	case !slices.ContainsFunc(schemes, func(scheme string) bool { return strings.HasPrefix(value, scheme+":") }):
		r.problem("%s is %q: write an address that begins with %s:", name, value, begins)
	case err != nil || !printable(value):
		r.problem("%s is %q: write each space, and what is no letter, digit or usual mark of an address, by percent signs, and a host in ASCII (xn--…)", name, value)
	case u.Scheme == "https" && (u.Hostname() == "" || u.User != nil):
		r.problem("%s is %q: write an address with a host and without a user name, such as https://www.example.com/help", name, value)
	case u.Scheme != "https" && u.Opaque == "":
		r.problem("%s is %q: write whom it reaches, such as mailto:help@example.com or tel:+442079460000", name, value)
	default:
		return value
	}
	return ""
}

// dataPicture is a picture in itself: of a type that browsers draw, escaped so
// that it ends neither an attribute nor itself, as # does.
var dataPicture = regexp.MustCompile(`^data:image/(svg\+xml|png|webp|jpeg|gif|x-icon)(;charset=utf-8|;base64)?,[A-Za-z0-9%+/=.!~*()_:@&?'-]+$`)

// picture returns a picture's URL, empty for what cannot be used as one.
func (r *reader) picture(name, value string) string {
	if strings.HasPrefix(value, "data:") {
		switch {
		case len(value) > mostPicture:
			r.problem("%s has %d bytes: a picture in the variable may have %d, since Lambda takes 4 KB for all variables together; put it on a web server and write its https: address", name, len(value), mostPicture)
		case !dataPicture.MatchString(value):
			r.problem("%s is no picture that can be used: write data:image/svg+xml,… with everything escaped by percent signs, or data:image/png;base64,…", name)
		default:
			return value
		}
		return ""
	}
	if !strings.HasPrefix(value, "https:") {
		r.problem("%s is %q: use https: or a data: URL", name, value)
		return ""
	}
	address := r.address(name, value, "https")
	if address == "" {
		return ""
	}
	// A policy's source ends at white space, ; and ,; its * stands for any host; it
	// has no query, and a path that ends with / stands for all that is below
	// (https://www.w3.org/TR/CSP3/#match-paths). Without this check anybody who may
	// put files on that host could have them on these pages.
	u, err := url.Parse(address)
	switch {
	case err != nil || strings.ContainsAny(address, ";,'*"):
		r.problem("%s is %q: write it without ; , ' and *, which end or widen what the pages allow exactly", name, value)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(address, "#"):
		r.problem("%s is %q: write it without a query and a fragment: the pages allow this picture alone, and a policy (CSP) tells no queries apart", name, value)
	case u.Path == "" || strings.HasSuffix(u.Path, "/"):
		r.problem("%s is %q: write the address of the picture itself, such as https://www.example.com/logo.svg: the pages allow it exactly, and this would allow all that is below", name, value)
	default:
		return address
	}
	return ""
}

// printable tells whether text is visible ASCII without what ends an attribute.
func printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`<>"\^`+"`{|}", r) })
}

// offered are the tags of package locales, which functions without pages must not
// link, and to which a test holds them.
const offered = "ar de en es fr he it ja nl pl pt-BR zh-Hans"

// languages returns the tags of LANGUAGES.
func (r *reader) languages() []string {
	tags := strings.Fields(r.get("LANGUAGES"))
	for i, tag := range tags {
		if !slices.Contains(strings.Fields(offered), tag) || slices.Contains(tags[:i], tag) {
			r.problem("LANGUAGES is %q: write tags among %s, each once, separated by spaces", r.get("LANGUAGES"), offered)
			return nil
		}
	}
	return tags
}
