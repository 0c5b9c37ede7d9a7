package bounce_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/bounce"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
)

const (
	users, agents = "users", "agents"
	callback      = "https://acme.deskpro.com/login/authenticate-callback/1"
)

// now is not a whole second: what a ledger notes is.
var now = time.Date(2026, 11, 22, 12, 0, 0, 600e6, time.UTC)

// key is the version's; every version has a value of its own.
func key(t testing.TB, version string) keyring.Key {
	t.Helper()
	k, err := keyring.ParseKey(redact.New("practice-key-practice-key-of-the-"+version), version)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// carried is the trail as the browser brings it back.
func carried(t testing.TB, trail bounce.Trail) bounce.Trail {
	t.Helper()
	w := httptest.NewRecorder()
	http.SetCookie(w, &http.Cookie{Name: "trail", Value: trail.String()})
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Cookie", w.Header().Get("Set-Cookie"))
	cookie, err := r.Cookie("trail")
	if err != nil || cookie.Value != trail.String() {
		t.Fatalf("as a cookie %q comes back as %v: %v", trail, cookie, err)
	}
	return bounce.ParseTrail(cookie.Value)
}

func wantTurn(t *testing.T, trail bounce.Trail, door, returnTo string, at time.Time, want bounce.Turn) {
	t.Helper()
	if got, _ := trail.Turn(door, returnTo, at); got != want {
		t.Errorf("at %v to %s at the door of the %s the turn is %d, want %d", at.Sub(now), returnTo, door, got, want)
	}
}

func TestATrailComesBackAsItWent(t *testing.T) {
	const ticket = callback + "?return=%2Fnew-ticket%2F"
	trail := bounce.Trail{}
	wantTurn(t, carried(t, trail), users, callback, now, bounce.First)
	trail = carried(t, trail.With(users, callback, now, key(t, "v1")))
	wantTurn(t, trail, users, callback, now, bounce.Back)
	wantTurn(t, trail, users, ticket, now, bounce.First)
	wantTurn(t, trail, agents, callback, now, bounce.First)
	trail = carried(t, trail.With(users, ticket, now, key(t, "v1")))
	wantTurn(t, trail, users, callback, now, bounce.Back)
	wantTurn(t, trail, users, ticket, now, bounce.Back)
	trail = carried(t, trail.Without(users, callback, now))
	wantTurn(t, trail, users, callback, now, bounce.First)
	wantTurn(t, trail, users, ticket, now, bounce.Back)
	if got := trail.Without(users, ticket, now).String(); got != "" {
		t.Errorf("without its only visit a trail is %q, want empty", got)
	}
}

func TestWhatATrailIsMadeFromStaysAsItIs(t *testing.T) {
	first := bounce.Trail{}.With(users, callback, now, key(t, "v1")).With(agents, callback, now, key(t, "v1"))
	was := first.String()
	_, _, _ = first.With(users, callback, now, key(t, "v2")), first.With(users, "other", now, key(t, "v2")), first.Breathed(users, callback, now)
	_ = first.Without(users, callback, now)
	three := first.With(users, callback, now, key(t, "v2")).With(users, callback, now, key(t, "v3"))
	one, other := three.With(users, callback, now, key(t, "v4")), three.With(users, callback, now, key(t, "v5"))
	if one.String() == other.String() {
		t.Errorf("with one key and with another the trail is %q", one)
	}
	if got := first.String(); got != was {
		t.Errorf("trail = %q, was %q", got, was)
	}
}

// sent returns the times between a first token and those that follow it at once
// each, up to the end.
func sent(t *testing.T, returnTo func(i int) string, round time.Duration) (tokens, pages, redirects int, took time.Duration) {
	t.Helper()
	trail, at, inARow := bounce.Trail{}.With(users, returnTo(0), now, key(t, "v")), now, 1
	tokens = 1
	for i := 1; i < 1000; i++ {
		at = at.Add(round)
		switch turn, _ := trail.Turn(users, returnTo(i), at); turn {
		case bounce.Stop:
			return tokens, pages, max(redirects, inARow), at.Sub(now)
		case bounce.Breathe:
			pages++
			redirects, inARow = max(redirects, inARow), 0
			trail = carried(t, trail.Breathed(users, returnTo(i), at))
		default:
			tokens++
			inARow++
			trail = carried(t, trail.With(users, returnTo(i), at, key(t, "v")))
		}
	}
	t.Fatalf("a loop of rounds of %v does not end", round)
	return
}

func TestALoopEndsAndNoBrowserGivesUpBefore(t *testing.T) {
	same := func(int) string { return callback }
	another := func(i int) string { return fmt.Sprint(callback, "?t=", i) }
	inTurn := func(n int) func(int) string {
		return func(i int) string { return fmt.Sprint(callback, "?t=", i%n) }
	}
	for _, row := range []struct {
		name        string
		returnTo    func(int) string
		round       time.Duration
		tokens      int
		longest     time.Duration
		needs, most int // pages in between
	}{
		{"to the same page", same, time.Second, 4, 4 * time.Second, 0, 0},
		{"to the same page, slowly", same, 10 * time.Second, 4, 40 * time.Second, 0, 0},
		{"to the same page, more slowly", same, 12 * time.Second, 8, 3 * time.Minute, 0, 0},
		{"to the same page, once a minute", same, time.Minute, 8, 10 * time.Minute, 0, 0},
		{"to the same page, as tabs would", same, 300 * time.Millisecond, 16, 6 * time.Second, 1, 4},
		{"to the same page, quickly", same, 30 * time.Millisecond, 48, 3 * time.Second, 5, 12},
		{"to two pages in turn, quickly", inTurn(2), 40 * time.Millisecond, 48, 5 * time.Second, 5, 16},
		{"to two pages in turn, slowly", inTurn(2), 5 * time.Second, 8, time.Minute, 0, 2},
		{"to two pages in turn, more slowly", inTurn(2), 10 * time.Second, 24, 5 * time.Minute, 0, 6},
		{"to four pages in turn", inTurn(4), 5 * time.Second, 24, 5 * time.Minute, 0, 6},
		{"to six pages in turn, quickly", inTurn(6), 20 * time.Millisecond, 48, 5 * time.Second, 5, 16},
		{"to another page each time", another, time.Second, 8, 10 * time.Second, 1, 2},
		{"to another page each time, quickly", another, 30 * time.Millisecond, 48, 5 * time.Second, 5, 12},
	} {
		t.Run(row.name, func(t *testing.T) {
			tokens, pages, inARow, took := sent(t, row.returnTo, row.round)
			if tokens > row.tokens || took > row.longest {
				t.Errorf("it takes %d tokens and %v, want %d and %v at most", tokens, took, row.tokens, row.longest)
			}
			if pages < row.needs || pages > row.most {
				t.Errorf("%d pages in between, want %d to %d", pages, row.needs, row.most)
			}
			if inARow > 5 && row.round <= 10*time.Second {
				t.Errorf("%d tokens without a page, of three redirects each", inARow)
			}
		})
	}
}

func TestAVisitIsOverAfterAMinute(t *testing.T) {
	var trail bounce.Trail
	for i := range 4 {
		trail = carried(t, trail.With(users, callback, now.Add(time.Duration(i-3)*time.Second), key(t, "v1")))
	}
	for _, row := range []struct {
		name  string
		later time.Duration
		want  bounce.Turn
		stays bool
	}{
		{"at once it is a tab's, most likely", 0, bounce.Breathe, true},
		{"a moment later it was often enough", time.Second, bounce.Stop, true},
		{"after ten seconds, too", 10 * time.Second, bounce.Stop, true},
		{"after more than redirects take it is a person", 10*time.Second + time.Millisecond, bounce.Back, true},
		{"after a minute, too", time.Minute, bounce.Back, true},
		{"after more than a minute nobody was sent back", time.Minute + time.Millisecond, bounce.First, false},
		{"on a clock that is behind it is a tab's", -time.Minute + time.Millisecond, bounce.Breathe, true},
		{"on a clock that is more than a minute behind it is nobody's", -time.Minute - time.Millisecond, bounce.First, false},
		{"years later it is nobody's", 250 * 365 * 24 * time.Hour, bounce.First, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			at := now.Truncate(time.Millisecond).Add(row.later)
			wantTurn(t, trail, users, callback, at, row.want)
			want := 2
			if row.stays {
				want = 3
			}
			if got := strings.Count(trail.With(users, "other", at, key(t, "v1")).String(), "."); got != want {
				t.Errorf("with another visit the trail has %d, want %d: what is over goes", got, want)
			}
		})
	}
}

// Who was let in and signs in again must not find the tokens of before counted.
func TestAPersonWhoComesBackAfterAWhileBeginsAnew(t *testing.T) {
	trail, at := bounce.Trail{}, now
	for range 5 {
		wantTurn(t, trail, users, callback, at.Add(time.Minute+time.Millisecond), bounce.First)
		trail = carried(t, trail.With(users, callback, at, key(t, "v1")))
		at = at.Add(11 * time.Second)
		wantTurn(t, trail, users, callback, at, bounce.Back)
	}
	for range 3 {
		trail = carried(t, trail.With(users, callback, at, key(t, "v1")))
		at = at.Add(time.Second)
		wantTurn(t, trail, users, callback, at, bounce.Back)
	}
}

// Nor that the key with which they were let in was tried already.
func TestAKeyTriedBeforeAPauseIsTriedAgainSoon(t *testing.T) {
	usable := []keyring.Key{key(t, "current"), key(t, "pending"), key(t, "previous")}
	trail, at := bounce.Trail{}.With(users, callback, now, usable[0]), now
	at = at.Add(11 * time.Second)
	for _, want := range []string{"pending", "current", "previous"} {
		_, visit := trail.Turn(users, callback, at)
		next, _ := visit.Next(usable)
		if next.Version() != want {
			t.Errorf("next %q, want %q", next.Version(), want)
		}
		trail = carried(t, trail.With(users, callback, at, next))
		at = at.Add(time.Second)
	}
}

func TestTabsThatAreSentTogetherCountOnce(t *testing.T) {
	var trail bounce.Trail
	for tab := range 3 {
		trail = carried(t, trail.With(users, callback, now.Add(time.Duration(tab)*100*time.Millisecond), key(t, "v1")))
	}
	at := now.Add(time.Second)
	trail = carried(t, trail.With(users, callback, at, key(t, "v1")))
	at = at.Add(time.Second)
	wantTurn(t, trail, users, callback, at, bounce.Breathe)
	trail = carried(t, trail.Breathed(users, callback, at))
	for range 2 {
		wantTurn(t, trail, users, callback, at, bounce.Back)
		trail = carried(t, trail.With(users, callback, at, key(t, "v1")))
		at = at.Add(time.Second)
	}
	wantTurn(t, trail, users, callback, at, bounce.Stop)
}

func TestTheOldestVisitGoesAndTheDoorsOwnStays(t *testing.T) {
	var trail bounce.Trail
	at := now
	for tab := range 16 {
		trail = carried(t, trail.With(users, fmt.Sprint(callback, "?return=", tab), at, key(t, "v1")))
	}
	if got := strings.Count(trail.String(), "."); got != 12 {
		t.Errorf("the trail has %d visits, want 12", got)
	}
	for tab, want := range map[int]bounce.Turn{4: bounce.First, 5: bounce.Back, 15: bounce.Back} {
		wantTurn(t, trail, users, fmt.Sprint(callback, "?return=", tab), at, want)
	}
}

func TestWhatIsNoTrailIsTheEmptyOne(t *testing.T) {
	good := bounce.Trail{}.With(users, callback, now, key(t, "v1")).String()
	visit, _, _ := strings.Cut(strings.TrimPrefix(good, "1."), ".")
	fields := strings.Split(visit, "~") // place, keys, tokens, times, two times
	with := func(i int, value string) string {
		changed := slices.Clone(fields)
		changed[i] = value
		return "1." + strings.Join(changed, "~")
	}
	if got := bounce.ParseTrail("1." + visit).String(); got != "1."+visit || len(fields) != 6 {
		t.Fatalf("%q is the trail %q", visit, got)
	}
	for _, row := range []struct{ name, text string }{
		{"nothing", ""},
		{"another release's format", "2." + visit},
		{"its format alone", "1"},
		{"a format of two digits", "11." + visit},
		{"a visit that is empty", good + "."},
		{"thirteen visits", "1" + strings.Repeat("."+visit, 13)},
		{"a visit that was cut off", good[:len(good)-1] + "~"},
		{"a field too few", "1." + strings.Join(fields[:5], "~")},
		{"a field too many", good + "~1"},
		{"no key", with(1, "")},
		{"more keys than there can be", with(1, strings.Repeat(fields[1], 5))},
		{"no tokens", with(2, "0")},
		{"fewer than no tokens", with(2, "-1")},
		{"more tokens than there can be", with(2, "49")},
		{"more times than tokens", with(3, "2")},
		{"no times", with(3, "0")},
		{"a number with a sign", with(2, "+1")},
		{"a number with a nought before it", with(2, "01")},
		{"a time written otherwise", with(4, "+"+fields[4])},
		{"a time in capitals", with(5, strings.ToUpper(fields[5]))},
		{"a time that fits nowhere", with(4, "zzzzzzzzzzzzzz")},
		{"a key's mark too short", with(1, fields[1][1:])},
		{"a key's mark too long", with(1, fields[1]+"A")},
		{"a place's mark too short", with(0, fields[0][1:])},
		{"two places", with(0, fields[0]+fields[0])},
		{"a mark of other characters", with(1, "Oliver;1")},
		{"a mark with a line break", with(1, "Oliver\r\n")},
		{"a mark of four characters in eight bytes", with(1, "éééé")},
		{"spaces around it", " " + good + " "},
		{"64 KiB of visits", "1" + strings.Repeat("."+visit, 2000)},
		{"64 KiB of points", "1" + strings.Repeat(".", 64<<10)},
		{"64 KiB of fields", "1." + strings.Repeat("~", 64<<10)},
		{"64 KiB of keys", with(1, strings.Repeat(fields[1], 8<<10))},
	} {
		if got := bounce.ParseTrail(row.text).String(); got != "" {
			t.Errorf("%s: %.80q is the trail %q", row.name, row.text, got)
		}
	}
	for _, row := range []struct{ name, text string }{
		{"before there were computers", with(5, "-zzzzzzzz")},
		{"in the year 5188", with(5, "zzzzzzzzz")},
	} {
		trail := bounce.ParseTrail(row.text)
		if trail.String() != row.text {
			t.Fatalf("%s: %q is the trail %q", row.name, row.text, trail)
		}
		wantTurn(t, trail, users, callback, now, bounce.First)
	}
}

// FuzzParseTrail: whatever a browser sends, a trail is nothing or exactly that,
// fits into a cookie, and stays within its bounds whatever is done with it.
func FuzzParseTrail(f *testing.F) {
	one := bounce.Trail{}.With(users, callback, now, key(f, "v1"))
	two := one.With(agents, "https://acme.deskpro.com/agent/", now, key(f, "v2"))
	two = two.With(agents, "https://acme.deskpro.com/agent/", now, key(f, "v3"))
	for _, text := range []string{"", one.String(), two.String(), two.Breathed(users, callback, now).String(), strings.ToUpper(two.String())} {
		f.Add(text, callback, now.Unix())
	}
	f.Fuzz(func(t *testing.T, text, returnTo string, seconds int64) {
		trail, at := bounce.ParseTrail(text), time.Unix(seconds%(1<<36), 0)
		if got := trail.String(); got != "" && got != text {
			t.Errorf("%q is the trail %q", text, got)
		}
		turn, visit := trail.Turn(users, returnTo, at)
		after := trail.With(users, returnTo, at, key(t, "v1"))
		if turn == bounce.Breathe {
			after = trail.Breathed(users, returnTo, at)
		}
		for _, some := range []bounce.Trail{trail, after, trail.Without(users, returnTo, at)} {
			value := some.String()
			if (&http.Cookie{Name: "trail", Value: value}).String() != "trail="+value || len(value) > 840 {
				t.Errorf("as a cookie a trail is %q", value)
			}
			if turn != bounce.Stop && bounce.ParseTrail(value).String() != value {
				t.Errorf("the trail %q is none", value)
			}
		}
		if next, _ := visit.Next([]keyring.Key{key(t, "v1"), key(t, "v2")}); next.IsZero() {
			t.Error("there is no key to try next")
		}
	})
}

func TestATrailIsSmall(t *testing.T) {
	var trail bounce.Trail
	at := time.Date(5188, 1, 1, 0, 0, 0, 0, time.UTC)
	for tab := range 20 {
		for range 7 {
			at = at.Add(time.Second)
			trail = trail.With(users, fmt.Sprint(callback, "?return=", tab), at, key(t, strings.Repeat("v", 64)))
		}
	}
	if got := len(trail.String()); got > 840 {
		t.Errorf("the longest trail has %d bytes, want 840 at most", got)
	}
}

func TestAKeyThatWasNotTriedIsNextAndThenEachInItsTurn(t *testing.T) {
	current, pending, previous := key(t, "current"), key(t, "pending"), key(t, "previous")
	all := []keyring.Key{current, pending, previous}
	for _, row := range []struct {
		name          string
		usable, tried []keyring.Key
		next, refused string
	}{
		{"after the current one the pending one", all, []keyring.Key{current}, "pending", "current"},
		{"after both the previous one", all, []keyring.Key{current, pending}, "previous", "pending"},
		{"after all three the first again", all, []keyring.Key{current, pending, previous}, "current", "previous"},
		{"after all three, begun elsewhere, the one after the last", all, []keyring.Key{previous, current, pending}, "previous", "pending"},
		{"after the pending one alone the current one", all, []keyring.Key{pending}, "current", "pending"},
		{"of two, the other", []keyring.Key{current, previous}, []keyring.Key{current}, "previous", "current"},
		{"of two, the other again", []keyring.Key{current, previous}, []keyring.Key{current, previous}, "current", "previous"},
		{"of two, the other a third time", []keyring.Key{current, previous}, []keyring.Key{current, previous, current}, "previous", "current"},
		{"one alone again", []keyring.Key{current}, []keyring.Key{current, current}, "current", "current"},
		{"after one that is none of them any more the first", []keyring.Key{current, pending}, []keyring.Key{previous}, "current", ""},
		{"after such a one what was not tried", []keyring.Key{current, pending}, []keyring.Key{current, previous}, "pending", ""},
		{"after such a one and both the first", []keyring.Key{current, pending}, []keyring.Key{current, pending, previous}, "current", ""},
		{"one alone after another", []keyring.Key{current}, []keyring.Key{pending}, "current", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			var trail bounce.Trail
			for _, key := range row.tried {
				trail = carried(t, trail.With(users, callback, now, key))
			}
			turn, visit := trail.Turn(users, callback, now)
			if turn != bounce.Back {
				t.Fatalf("the turn is %d", turn)
			}
			next, refused := visit.Next(row.usable)
			if next.Version() != row.next || refused.Version() != row.refused {
				t.Errorf("next %q after %q, want %q after %q", next.Version(), refused.Version(), row.next, row.refused)
			}
		})
	}
}

// One function may have seen a change that another has not: what one tries as the
// current version the other calls the pending one.
func TestNoKeyIsTriedTwiceBeforeEachWasWhateverAFunctionKnows(t *testing.T) {
	older, old, fresh := key(t, "older"), key(t, "old"), key(t, "fresh")
	before, after := []keyring.Key{old, fresh, older}, []keyring.Key{fresh, old}
	trail := bounce.Trail{}.With(users, callback, now, fresh)
	_, visit := trail.Turn(users, callback, now)
	next, _ := visit.Next(before)
	trail = trail.With(users, callback, now, next)
	_, visit = trail.Turn(users, callback, now)
	if then, _ := visit.Next(after); next.Version() != "old" && then.Version() != "old" {
		t.Errorf("tried %q and %q, want old to be one of them", next.Version(), then.Version())
	}
}
