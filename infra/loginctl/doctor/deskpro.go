package doctor

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"deskpro-login/pkg/deskpro"
)

const (
	// backdate is how far package deskpro dates tokens back.
	backdate = 5 * time.Second
	// tick is how finely a Date header tells the time (RFC 9110 section 5.6.7): cut
	// off, so that it is half of that late on average.
	tick = time.Second
	// wrongClock is how wrong this machine's clock may be.
	wrongClock = 5 * time.Second
)

// webChecks visit the helpdesk's hosts and our own pages.
func (d *doctor) webChecks(ctx context.Context) []check {
	var checks []check
	if d.cfg.AWS != nil {
		d.behind = once(ctx, func(ctx context.Context) (time.Duration, error) {
			out, err := d.tokens.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
			if err != nil {
				return 0, err
			}
			behind, _ := awsmiddleware.GetAttemptSkew(out.ResultMetadata)
			return behind + tick/2, nil
		})
		checks = append(checks, func(_ context.Context, r *report) { d.checkHere(r) })
	}
	if d.cfg.Network != nil {
		for _, origin := range d.origins() {
			checks = append(checks, func(ctx context.Context, r *report) { d.checkOrigin(ctx, r, origin) })
		}
		checks = append(checks, d.pageChecks()...)
	}
	for _, door := range d.doors {
		if d.status[door.name] != nil {
			checks = append(checks, func(ctx context.Context, r *report) { d.checkToken(ctx, r, door) })
		}
	}
	return checks
}

// origins are the doors', each once, the helpdesk's own first.
func (d *doctor) origins() []string {
	var origins []string
	for _, door := range d.doors {
		for _, origin := range door.app.Origins() {
			if !slices.Contains(origins, origin) {
				origins = append(origins, origin)
			}
		}
	}
	return origins
}

// checkHere compares this machine's clock with AWS's.
func (d *doctor) checkHere(r *report) {
	row := r.at("clock/here")
	switch behind, err := d.behind(); {
	case err != nil:
		row.unchecked(err, "sts:GetCallerIdentity")
	case behind.Abs() > wrongClock:
		row.warn("set it by the network (NTP); from five minutes on AWS refuses every call", "this machine's clock is %s AWS's", apart(-behind))
	default:
		row.ok("this machine's clock agrees with AWS's")
	}
}

// apart says which way a clock is wrong.
func apart(ahead time.Duration) string {
	if ahead < 0 {
		return "about " + brief(-ahead) + " behind"
	}
	return "about " + brief(ahead) + " ahead of"
}

// checkOrigin visits one of the helpdesk's hosts, or a brand's.
func (d *doctor) checkOrigin(ctx context.Context, r *report, origin string) {
	_, host, _ := strings.Cut(origin, "://")
	of := []string{host}
	v, err := d.get(ctx, origin+"/")
	row := r.at("deskpro/*/https", host)
	switch {
	case err != nil && v.tls == nil && timedOut(err):
		row.untold("if only a network of yours reaches it, run this from there", "%s did not answer in time", host)
		return
	case err != nil && v.tls == nil:
		row.fail("see that the name is right and the host answers over https, from where people are", "%s does not answer: %s", host, oneLine(err.Error()))
		return
	case err != nil && v.status == 0 && isUntrusted(err):
		row.fail("see deskpro/"+host+"/certificate", "%s answers, but nobody can trust it", host)
	case err != nil && v.status == 0:
		row.fail("see what is between people and the helpdesk", "%s lets a connection in and breaks it off: %s", host, oneLine(err.Error()))
	case v.status >= http.StatusInternalServerError:
		row.warn("see whether Deskpro is down (status.deskpro.com, if it is not your own)", "%s answers with %d", host, v.status)
	case v.tls == nil:
		row.warn("that is for trials alone", "%s answers, in the clear", host)
	default:
		row.ok("%s answers with %d", host, v.status)
	}
	if d.checkTLS(r, "deskpro/*/", of, v, err); v.status == 0 {
		return
	}
	d.checkRedirect(r, origin, host, v)
	d.checkClock(r, host, v)
}

// checkRedirect tells where people end up who are sent to the origin. To our own
// page it leads where single sign-on is automatic.
func (d *doctor) checkRedirect(r *report, origin, host string, v visit) {
	row := r.at("deskpro/*/redirect", host)
	location := v.header.Get("Location")
	base, err := url.Parse(origin + "/")
	if location == "" || err != nil {
		row.ok("it leads nowhere else")
		return
	}
	target, err := base.Parse(location)
	if err != nil {
		row.warn("see the helpdesk's address in Deskpro", "it leads to an address that cannot be read")
		return
	}
	ours := slices.ContainsFunc(d.doors, func(door door) bool { return hostOf(door.page) == strings.ToLower(target.Hostname()) })
	to := target.Scheme + "://" + target.Host
	// As the return origins are compared.
	if app, err := deskpro.New(deskpro.Config{URL: to, Issuer: "doctor"}); err == nil {
		to = app.Origins()[0]
	}
	if ours || slices.Contains(d.origins(), to) {
		row.ok("it leads to %s", to)
		return
	}
	fix := "have it lead to https"
	if target.Scheme == "https" {
		fix = "if Deskpro serves it, " + d.set(d.settingOf(origin), to) + "; otherwise see where the helpdesk's host leads"
	}
	row.warn(fix, "it leads to %s, which is none of the return origins", to)
}

// settingOf is the variable that an origin stands in.
func (d *doctor) settingOf(origin string) string {
	for _, door := range d.doors {
		switch at := slices.Index(door.app.Origins(), origin); {
		case at == 0:
			return strings.ToUpper(door.name) + "_DESKPRO_URL"
		case at > 0:
			return strings.ToUpper(door.name) + "_RETURN_ORIGINS"
		}
	}
	return ""
}

// checkClock compares the helpdesk's clock with the one that dates tokens, which
// is AWS's, by way of this machine's.
func (d *doctor) checkClock(r *report, host string, v visit) {
	row := r.at("deskpro/*/clock", host)
	told, err := http.ParseTime(v.header.Get("Date"))
	if err != nil {
		row.untold("compare the helpdesk's clock yourself", "%s does not tell the time", host)
		return
	}
	// What a cache answers has the time of when it was made.
	if age, err := strconv.Atoi(v.header.Get("Age")); err == nil && age > 0 {
		told = told.Add(time.Duration(age) * time.Second)
	}
	ahead, whose := told.Add(tick/2).Sub(v.at), "this machine's"
	if d.behind != nil {
		if behind, err := d.behind(); err == nil {
			ahead, whose = ahead-behind, "AWS's, which dates tokens"
		}
	}
	life, err := time.ParseDuration(d.effective("TOKEN_LIFETIME"))
	if err != nil {
		life = deskpro.MinLifetime
	}
	fix := "have the helpdesk's clock set by the network (NTP)"
	said := fmt.Sprintf("the clock of %s is %s %s", host, apart(ahead), whose)
	switch {
	case -ahead > backdate+tick:
		row.fail(fix, "%s: it sees tokens from the future, though they are dated %s back", said, brief(backdate))
	case ahead > life-tick:
		row.fail(fix, "%s: it sees tokens that are over, as they last %s", said, brief(life))
	case -ahead > backdate/2+tick, ahead > life/2:
		row.warn(fix, "%s: that is near to where it refuses tokens", said)
	default:
		row.ok("the clock of %s agrees with %s", host, whose)
	}
}
