// Package bounce notices tokens that Deskpro did not accept. Nobody tells: the
// browser merely comes back for the same return URL. Trail is what the browser
// carries meanwhile, Visit.Next the key to try then, and Ledger what the visits
// of many people say about a key.
//
// A bounce is a guess, since a person who comes twice within a minute looks the
// same. So nothing is refused for the first ones, and nobody is kept out for
// good.
package bounce

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"deskpro-login/pkg/keyring"
)

const (
	// Window is how soon after a token a browser that is back for the same return
	// URL was refused.
	Window = time.Minute
	// pause is longer than redirects take to Deskpro and back. Who comes back after
	// it is a person, who may have been let in meanwhile, and no loop.
	pause = 10 * time.Second
	// together is how long tabs that open at once take to ask for their tokens, most
	// likely. Theirs count as one.
	together = time.Second

	// maxTimes is how many times in a row a browser is sent to one return URL, and
	// maxTimesToDoor to any: should Deskpro make another one each time, that is a
	// loop, too.
	maxTimes       = 4
	maxTimesToDoor = 8
	// maxTokens is how many tokens its tabs get meanwhile, and maxSlowTokens how many
	// a browser gets for one return URL where it makes a pause before each.
	maxTokens     = 48
	maxSlowTokens = 8
	// breath is after how many tokens a page comes between two redirects. Browsers
	// give up after 16 to 20 in a row, and each token takes two or three.
	breath = 5

	// maxVisits bounds what a browser carries: tabs have return URLs of their own.
	maxVisits = 12
	// maxKeys is how many tokens' keys are remembered: enough for each to be tried.
	maxKeys = 4
)

// Trail is where a browser was sent with a token in the last minute. It is the
// browser's to keep, unsealed: what it says decides about nothing but that
// browser's own tokens, and what is counted of them. The browser rather than a
// store, because a request shows so whether it was made after the last token was
// received.
type Trail struct{ visits []Visit }

// Visit is the tokens that a browser was given in a row for one return URL, or
// for all at a door.
type Visit struct {
	place mark   // door and return URL
	keys  []mark // the latest tokens', 1 to maxKeys of them
	// tokens is how many there were, and times how many times, those that came
	// together being one; since is when the last of these began.
	tokens, times int
	since, last   time.Time // to the millisecond
}

// mark stands for a text: 48 bits of its SHA-256 tell a browser's few apart.
type mark string

const markLength = 8

func markOf(text string) mark {
	sum := sha256.Sum256([]byte(text))
	return mark(base64.RawURLEncoding.EncodeToString(sum[:6]))
}

func placeOf(door, returnTo string) mark { return markOf(door + " " + returnTo) }

// anywhere is the returnTo of a visit for all return URLs at a door.
const anywhere = ""

// marksOf reads so many marks, one after another; nil for anything else.
func marksOf(text string) []mark {
	var marks []mark
	for chunk := range slices.Chunk([]byte(text), markLength) {
		sum, err := base64.RawURLEncoding.DecodeString(string(chunk))
		if err != nil || len(sum) != 6 { // it skips line breaks
			return nil
		}
		marks = append(marks, mark(chunk))
	}
	return marks
}

// format is of all that ParseTrail reads; another release's is no trail.
const format = "1"

// maxText is the most bytes that String makes until the year 5188.
const maxText = len(format) + maxVisits*(len(".~~48~48~123456789~123456789")+(1+maxKeys)*markLength)

// ParseTrail reads what String made. Anything else is the empty Trail.
func ParseTrail(text string) Trail {
	if len(text) > maxText {
		return Trail{}
	}
	_, rest, _ := strings.Cut(text, ".")
	var t Trail
	for part := range strings.SplitSeq(rest, ".") {
		v, ok := parseVisit(strings.Split(part, "~"))
		if !ok || len(t.visits) == maxVisits {
			return Trail{}
		}
		t.visits = append(t.visits, v)
	}
	if t.String() != text { // another format, or a number written otherwise
		return Trail{}
	}
	return t
}

func parseVisit(fields []string) (v Visit, ok bool) {
	if len(fields) != 6 {
		return v, false
	}
	var numbers [4]int64
	for i, base := range [...]int{10, 10, 36, 36} {
		var err error
		if numbers[i], err = strconv.ParseInt(fields[2+i], base, 64); err != nil {
			return v, false
		}
	}
	place, keys := marksOf(fields[0]), marksOf(fields[1])
	if len(place) != 1 || len(keys) == 0 || len(keys) > maxKeys || numbers[1] < 1 || numbers[0] < numbers[1] || numbers[0] > maxTokens {
		return v, false
	}
	return Visit{place[0], keys, int(numbers[0]), int(numbers[1]), time.UnixMilli(numbers[2]), time.UnixMilli(numbers[3])}, true
}

// String is the trail as a cookie's value, empty for an empty one.
func (t Trail) String() string {
	if len(t.visits) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(format)
	for _, v := range t.visits {
		b.WriteString("." + string(v.place) + "~")
		for _, key := range v.keys {
			b.WriteString(string(key))
		}
		b.WriteString("~" + strconv.Itoa(v.tokens) + "~" + strconv.Itoa(v.times))
		for _, at := range []time.Time{v.since, v.last} {
			b.WriteString("~" + strconv.FormatInt(at.UnixMilli(), 36))
		}
	}
	return b.String()
}

// Turn is what comes next for a browser.
type Turn int

const (
	// First: it is not back. A token of the current key.
	First Turn = iota
	// Back: it is. A token of another key.
	Back
	// Breathe: it was redirected often. A page that leads on at once, without a
	// token.
	Breathe
	// Stop: it was sent often enough. No token.
	Stop
)

// Turn returns the turn of a browser that asks for a token for returnTo at the
// door, and its visit there; a zero one where it is not back.
func (t Trail) Turn(door, returnTo string, now time.Time) (Turn, Visit) {
	visit, back := t.visit(door, returnTo, now)
	everywhere, _ := t.visit(door, anywhere, now)
	switch {
	case visit.often(now, maxTimes), everywhere.often(now, maxTimesToDoor), now.Sub(visit.last) > pause && visit.tokens >= maxSlowTokens:
		return Stop, visit
	case everywhere.tokens%breath == breath-1 && now.Sub(everywhere.last) <= pause:
		return Breathe, visit
	case back:
		return Back, visit
	}
	return First, Visit{}
}

// often of what came in a row, without a pause.
func (v Visit) often(now time.Time, most int) bool {
	return now.Sub(v.last) <= pause && (v.tokens >= maxTokens || v.times >= most && now.Sub(v.since) >= together)
}

func (t Trail) visit(door, returnTo string, now time.Time) (Visit, bool) {
	for _, v := range t.visits {
		if v.place == placeOf(door, returnTo) && v.recent(now) {
			return v, true
		}
	}
	return Visit{}, false
}

// recent also of a clock that is behind the one that wrote: functions run on many.
func (v Visit) recent(now time.Time) bool { return now.Sub(v.last).Abs() <= Window }

// With returns the trail after a token of key for returnTo.
func (t Trail) With(door, returnTo string, now time.Time, key keyring.Key) Trail {
	return t.after(door, returnTo, now, func(v *Visit) {
		keys := append(slices.Clone(v.keys), markOf(key.Version()))
		v.keys = keys[max(0, len(keys)-maxKeys):]
		if v.times == 0 || now.Sub(v.since) >= together {
			v.times, v.since = min(v.times+1, maxTokens), now
		}
	})
}

// Breathed returns the trail after the page of Breathe.
func (t Trail) Breathed(door, returnTo string, now time.Time) Trail {
	return t.after(door, returnTo, now, func(*Visit) {})
}

// after returns the trail with the two visits that returnTo belongs to changed.
// One that is not there, or so old that it is no loop, begins anew.
func (t Trail) after(door, returnTo string, now time.Time, change func(*Visit)) Trail {
	visits := t.Without(door, returnTo, now).visits
	for _, place := range []string{returnTo, anywhere} {
		v, _ := t.visit(door, place, now)
		if now.Sub(v.last) > pause {
			v.times, v.keys = 0, nil
		}
		if change(&v); len(v.keys) == 0 {
			continue // a page, and no token yet
		}
		v.place, v.tokens, v.last = placeOf(door, place), min(v.tokens+1, maxTokens), now
		visits = append(visits, v)
	}
	return Trail{visits[max(0, len(visits)-maxVisits):]}
}

// Without returns the trail without the visits that returnTo belongs to, and
// without what is over.
func (t Trail) Without(door, returnTo string, now time.Time) Trail {
	return Trail{slices.DeleteFunc(slices.Clone(t.visits), func(v Visit) bool {
		return v.place == placeOf(door, returnTo) || v.place == placeOf(door, anywhere) || !v.recent(now)
	})}
}

// Next returns the key to sign with after a visit that Deskpro seems to have
// refused, from those that it may have: the first that was not tried in this row,
// and when all were, the one after the last. So each has its turn, however often a
// guess was wrong and whatever of the secret's changes another function that was
// asked had not seen yet. refused is the last one; a zero Key if that is none of
// them any more.
func (v Visit) Next(usable []keyring.Key) (next, refused keyring.Key) {
	last := -1
	for i, key := range usable {
		if len(v.keys) > 0 && markOf(key.Version()) == v.keys[len(v.keys)-1] {
			last, refused = i, key
		}
	}
	for _, key := range usable {
		if !slices.Contains(v.keys, markOf(key.Version())) {
			return key, refused
		}
	}
	return usable[(last+1)%len(usable)], refused
}
