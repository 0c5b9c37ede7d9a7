package token

import (
	"math"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"deskpro-login/pkg/deskpro"
)

// backdate is how far back the sign-in page sets iat.
const backdate = 5 * time.Second

// era bounds the times that people can read, in seconds: to the end of 9999.
const era = 253402300799

// date is a claim that is a time, as the library reads it that judges.
type date struct {
	name string
	time time.Time
	// given: it is there and counts; unfit: it is there, and no number.
	given, unfit bool
	number       float64
}

func (o *object) date(name string, get func() (*jwt.NumericDate, error)) date {
	d := date{name: name}
	d.number, _ = o.values[name].(float64)
	at, err := get()
	switch {
	case err != nil:
		d.unfit = true
	case at != nil:
		d.time, d.given = at.Time, true
	}
	return d
}

// sane reports whether the time is one that can be put into words.
func (d date) sane() bool { return d.given && d.number > 0 && d.number <= era }

// finer names the unit that a number counts which is too large for seconds, and
// the time that it means.
func (d date) finer() (string, time.Time) {
	for _, unit := range []struct {
		name string
		of   float64
	}{{"milliseconds", 1e3}, {"microseconds", 1e6}, {"nanoseconds", 1e9}} {
		if seconds := d.number / unit.of; seconds > 1e9 && seconds < 5e9 { // 2001 to 2128
			return unit.name, time.Unix(int64(seconds), 0)
		}
	}
	return "", time.Time{}
}

func (o *object) dates() (iat, nbf, exp date) {
	return o.date("iat", o.values.GetIssuedAt), o.date("nbf", o.values.GetNotBefore), o.date("exp", o.values.GetExpirationTime)
}

// judgeTimes says what Verify says of times (RFC 7519 section 4.1), which gives
// other clocks no leeway, as Deskpro's PHP does not.
func (r *Report) judgeTimes(claims *object) {
	iat, nbf, exp := claims.dates()
	for _, d := range []date{iat, nbf, exp} {
		if d.unfit {
			r.refuse(d.name+"_unfit", inClaims, "its %s is not a number: a time is a number of seconds since 1970, without quotation marks", d.name)
		}
		if unit, meant := d.finer(); unit != "" {
			r.wonder(d.name+"_unit", inClaims, "its %s counts %s, and a token's times are in seconds: it would be %s", d.name, unit, moment(meant))
		} else if d.given && !d.sane() {
			r.wonder(d.name+"_unit", inClaims, "its %s is no time of this era", d.name)
		}
		if d.given && d.number != math.Trunc(d.number) {
			r.wonder(d.name+"_fraction", inClaims, "its %s is no whole number of seconds, and some readers refuse that", d.name)
		}
	}
	switch {
	case exp.unfit:
	case !exp.given && claims.has("exp"):
		r.refuse("exp_missing", inClaims, "its exp is 0, as if it had none: the token would never expire")
	case !exp.given:
		r.refuse("exp_missing", inClaims, "it has no exp, so it would never expire")
	case !r.At.Before(exp.time):
		r.refuse("exp_passed", inClaims, "it expired %s%s", past(exp, r.At), lived(iat, exp))
	}
	if nbf.given && r.At.Before(nbf.time) {
		r.refuse("nbf_future", inClaims, "it is not good before nbf, which is %s", ahead(nbf, r.At))
	}
	if iat.given && r.At.Before(iat.time) {
		if unit, _ := iat.finer(); unit != "" {
			r.refuse("iat_future", inClaims, "its iat is far in the future, since it counts %s instead of seconds", unit)
		} else {
			r.refuse("iat_future", inClaims, "its iat is %s, and Deskpro's PHP takes none from the future, be it by a second: the clock of who signed it is ahead of this one, or this one is behind", ahead(iat, r.At))
		}
	}
	if !iat.given && !iat.unfit {
		r.wonder("iat_missing", inClaims, "it has no iat, which Deskpro asks for")
	}
	r.judgeLifetime(iat, nbf, exp)
}

func (r *Report) judgeLifetime(iat, nbf, exp date) {
	if !iat.sane() || !exp.sane() {
		return
	}
	switch lives := exp.time.Sub(iat.time); {
	case lives <= 0:
		r.wonder("lifetime", inClaims, "its exp is not after its iat: it was never good")
	case lives > deskpro.MaxLifetime+backdate:
		r.wonder("lifetime", inClaims, "it lives %s: until then, who finds it in a log or a history can sign in; the sign-in page gives it %s at most", lifetime(lives), lifetime(deskpro.MaxLifetime))
	case lives < deskpro.MinLifetime:
		r.wonder("lifetime", inClaims, "it lives %s, which a slow connection may take alone; the sign-in page gives it %s at least", lifetime(lives), lifetime(deskpro.MinLifetime))
	}
	if nbf.sane() && !nbf.time.Before(exp.time) {
		r.wonder("nbf_late", inClaims, "its nbf is not before its exp: it is never good")
	}
}

// past and ahead say how far a time is from now, and when it is.
func past(d date, now time.Time) string {
	if !d.sane() {
		return "at no time of this era"
	}
	if now.Sub(d.time) < time.Second {
		return "just now, at " + moment(d.time)
	}
	return span(now.Sub(d.time)) + " ago, at " + moment(d.time)
}

func ahead(d date, now time.Time) string {
	if !d.sane() {
		return "at no time of this era"
	}
	return span(d.time.Sub(now)) + " from now, at " + moment(d.time)
}

func lived(iat, exp date) string {
	if !iat.sane() || !exp.sane() || !iat.time.Before(exp.time) {
		return ""
	}
	return "; it lived " + lifetime(exp.time.Sub(iat.time))
}

// means says what a time stands for, at now.
func (d date) means(iat date, now time.Time) string {
	what := map[string][2]string{ // in the past, and not yet
		"iat": {"made", "made, by the clock of who signed,"},
		"nbf": {"good since", "not good before"},
		"exp": {"expired", "good until"},
	}[d.name]
	switch {
	case d.unfit:
		return "no number of seconds"
	case !d.given:
		return "as if it were not there"
	case !d.sane():
		if unit, _ := d.finer(); unit != "" {
			return "a number of " + unit + ", it seems"
		}
		return "no time of this era"
	case now.Before(d.time) && d.name == "exp":
		text := what[1] + " " + moment(d.time) + ", for " + span(d.time.Sub(now)) + " more"
		if lives := d.time.Sub(iat.time); iat.sane() && lives > 0 {
			text += "; it lives " + lifetime(lives)
		}
		return text
	case now.Before(d.time):
		return what[1] + " " + ahead(d, now)
	case d.name == "exp":
		return what[0] + " " + past(d, now) + lived(iat, d)
	}
	return what[0] + " " + past(d, now)
}
