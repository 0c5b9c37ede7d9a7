package doctor

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// pageChecks visit the doors' pages, as far as their address is known.
func (d *doctor) pageChecks() []check {
	var (
		checks []check
		known  door
	)
	for _, door := range d.doors {
		if door.page != "" {
			known = door // all of them have one host
			checks = append(checks, func(ctx context.Context, r *report) { d.checkPage(ctx, r, door) })
		}
	}
	if len(checks) == 0 {
		return nil
	}
	checks = append(checks,
		func(ctx context.Context, r *report) { d.checkHost(ctx, r, known) },
		func(ctx context.Context, r *report) { d.checkPlain(ctx, r, known) },
		func(ctx context.Context, r *report) { d.checkUnknown(ctx, r, known) })
	if d.effective("EDGE_DOMAIN") != "" && d.stack != nil && d.stack.APIHost != "" {
		checks = append(checks, func(ctx context.Context, r *report) { d.checkBypass(ctx, r, known) })
	}
	return checks
}

// codePattern is a code of package web's table of problems.
var codePattern = regexp.MustCompile(`DPL-[0-9]{4}`)

// told is how an answer ended, for people.
func (v visit) told() string {
	if code := codePattern.FindString(v.body); code != "" {
		return fmt.Sprintf("%d and %s", v.status, code)
	}
	return strconv.Itoa(v.status)
}

// checkPage asks for the form even where people are sent straight to an identity
// provider.
func (d *doctor) checkPage(ctx context.Context, r *report, door door) {
	row := r.at("pages/*/answer", door.name)
	v, err := d.get(ctx, door.page+"?prompt=login")
	media, _, _ := mime.ParseMediaType(v.header.Get("Content-Type"))
	switch {
	case err != nil && timedOut(err):
		row.untold("run this from where people are", "%s did not answer in time", door.page)
		return
	case err != nil && isUntrusted(err):
		row.fail("see pages/certificate", "%s answers, but nobody can trust it", door.page)
		return
	case err != nil:
		row.fail("see that the name's record leads to the output DomainTarget, or to CloudFront; and that the stack is there", "%s does not answer: %s", door.page, oneLine(err.Error()))
		return
	case v.status != http.StatusOK:
		row.fail("look in the log of the login function, where the code is", "%s answers with %s", door.page, v.told())
		return
	case media != "text/html" || !strings.Contains(v.body, `action="/`+door.name+`/login"`):
		row.fail("see that the host's name leads to this stack, and nothing between changes the page", "%s shows no form of the %s' door", door.page, door.name)
		return
	}
	row.ok("%s shows the sign-in page", hostOf(door.page))
	if row, wrong := r.at("pages/*/headers", door.name), d.wrongHeaders(v.header, door); wrong != nil {
		row.fail("see what is between people and the API (a response headers policy of CloudFront, a proxy), and deploy again (make deploy)", "%s", strings.Join(wrong, "; "))
	} else {
		row.ok("it has all the headers that it should")
	}
	if row := r.at("pages/*/cookies", door.name); len(v.header.Values("Set-Cookie")) > 0 {
		var set []string
		for _, c := range (&http.Response{Header: v.header}).Cookies() {
			set = append(set, c.Name)
		}
		row.fail("see what is between people and the API", "it sets cookies: %s", strings.Join(set, ", "))
	} else {
		row.ok("it sets no cookie")
	}
}

const year = 365 * 24 * time.Hour

// wrongHeaders holds a page to what package web's headers.go sets.
func (d *doctor) wrongHeaders(h http.Header, door door) []string {
	var wrong []string
	lacks := func(is bool, format string, args ...any) {
		if is {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	for _, want := range [][2]string{{"X-Content-Type-Options", "nosniff"}, {"Referrer-Policy", "same-origin"}, {"X-Robots-Tag", "noindex"}} {
		lacks(!strings.EqualFold(h.Get(want[0]), want[1]), "%s is %q, not %s", want[0], h.Get(want[0]), want[1])
	}
	lacks(!slices.Contains(parts(h.Get("Cache-Control"), ","), "no-store"), "Cache-Control is %q, without no-store", h.Get("Cache-Control"))
	lacks(maxAge(h.Get("Strict-Transport-Security")) < year, "Strict-Transport-Security is %q, not a year", h.Get("Strict-Transport-Security"))
	policy := directives(h.Get("Content-Security-Policy"))
	lacks(len(policy) == 0, "there is no Content-Security-Policy")
	if len(policy) > 0 {
		for _, name := range []string{"default-src", "base-uri"} {
			lacks(strings.Join(policy[name], " ") != "'none'", "%s of Content-Security-Policy is %q, not 'none'", name, strings.Join(policy[name], " "))
		}
		// Browsers hold the redirect that answers a form to this, too.
		for _, target := range append([]string{"'self'"}, door.app.Origins()...) {
			lacks(!slices.Contains(policy["form-action"], target), "form-action of Content-Security-Policy lacks %s", target)
		}
		frames := d.effective("FRAME_ANCESTORS")
		if frames == "" {
			frames = "'none'"
			lacks(!strings.EqualFold(h.Get("X-Frame-Options"), "DENY"), "X-Frame-Options is %q, not DENY", h.Get("X-Frame-Options"))
		}
		lacks(strings.Join(policy["frame-ancestors"], " ") != strings.Join(strings.Fields(frames), " "), "frame-ancestors of Content-Security-Policy is %q, not %q", strings.Join(policy["frame-ancestors"], " "), frames)
	}
	return wrong
}

// parts are a header's, without the space around them.
func parts(value, separator string) []string {
	all := strings.Split(value, separator)
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}

// maxAge is that of Strict-Transport-Security (RFC 6797 section 6.1.1).
func maxAge(value string) time.Duration {
	for _, part := range parts(value, ";") {
		if seconds, ok := strings.CutPrefix(strings.ToLower(part), "max-age="); ok {
			n, err := strconv.Atoi(strings.Trim(seconds, `"`))
			if err != nil {
				return 0
			}
			return time.Duration(n) * time.Second
		}
	}
	return 0
}

// directives are a policy's sources, by what they are for.
func directives(policy string) map[string][]string {
	found := map[string][]string{}
	for part := range strings.SplitSeq(policy, ";") {
		if fields := strings.Fields(part); len(fields) > 0 {
			found[fields[0]] = fields[1:]
		}
	}
	return found
}

func (d *doctor) checkHost(ctx context.Context, r *report, door door) {
	v, err := d.get(ctx, door.page)
	d.checkTLS(r, "pages/", nil, v, err)
}

// checkPlain sees that nobody is answered without TLS but with the way to it.
func (d *doctor) checkPlain(ctx context.Context, r *report, door door) {
	row, page := r.at("pages/http"), plain(door.page)
	v, err := d.get(ctx, page)
	target, _ := url.Parse(v.header.Get("Location"))
	switch {
	case err != nil:
		row.ok("nothing answers without TLS")
	case v.status/100 == 3 && target != nil && target.Scheme == "https" && strings.EqualFold(target.Hostname(), hostOf(page)):
		row.ok("who comes without TLS is sent to https")
	case v.status == http.StatusForbidden && !strings.Contains(v.body, "<form"):
		row.ok("who comes without TLS is refused")
	default:
		row.fail("close port 80 of the host, or let it redirect to https (CloudFront: the viewer protocol policy)", "%s answers in the clear with %s", page, v.told())
	}
}

func plain(address string) string { return "http" + strings.TrimPrefix(address, "https") }

// checkUnknown asks for a page that there is not.
func (d *doctor) checkUnknown(ctx context.Context, r *report, door door) {
	address := strings.TrimSuffix(door.page, "login") + "no-such-page"
	v, err := d.get(ctx, address)
	row := r.at("pages/unknown")
	switch {
	case err != nil:
		return // pages/*/answer tells
	case v.status != http.StatusNotFound || !codePattern.MatchString(v.body):
		row.fail("deploy again (make deploy): the API's $default route must lead to the login function", "%s answers with %s, not with a page that has a code", address, v.told())
	default:
		row.ok("an address that is none gets a page with %s", codePattern.FindString(v.body))
	}
}

// checkBypass goes to the API itself, where CloudFront is in front of it.
func (d *doctor) checkBypass(ctx context.Context, r *report, door door) {
	row, host := r.at("pages/bypass"), d.stack.APIHost
	v, err := d.get(ctx, "https://"+host+"/"+door.name+"/login")
	switch {
	case err != nil && timedOut(err):
		row.untold("run this from where people are", "%s did not answer in time", host)
	case err != nil:
		row.ok("%s does not answer: who goes past CloudFront gets nowhere", host)
	case v.status == http.StatusForbidden || v.status == http.StatusNotFound:
		row.ok("who goes past CloudFront gets %s", v.told())
	default:
		row.fail("see that the functions have ORIGIN_VERIFY_HASHES, and deploy again (infra/stacks/EDGE.md)", "%s answers who goes past CloudFront with %s", host, v.told())
	}
}
