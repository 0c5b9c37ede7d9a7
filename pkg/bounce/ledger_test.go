package bounce_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"deskpro-login/pkg/bounce"
	"deskpro-login/pkg/state"
	"deskpro-login/pkg/state/memory"
	"deskpro-login/pkg/state/statetest"
)

// clock is one that tests set forward.
type clock struct {
	mu   sync.Mutex
	time time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = c.time.Add(d)
}

// book is a ledger over a store that can fail.
type book struct {
	*bounce.Ledger
	*clock
	store *statetest.Faulty
}

func open() *book {
	c := &clock{time: now}
	store := &statetest.Faulty{Store: &memory.Store{Now: c.now}}
	return &book{bounce.NewLedger(store, c.now), c, store}
}

func (b *book) bounced(t *testing.T, person, refused, given string) {
	t.Helper()
	if err := b.Bounced(t.Context(), users, person, refused, given); err != nil {
		t.Fatal(err)
	}
}

func (b *book) want(t *testing.T, version string, accepted, refused, waiting int) {
	t.Helper()
	got, err := b.Of(t.Context(), users, version)
	if err != nil || got.Accepted != accepted || got.Refused != refused || got.Waiting != waiting {
		t.Errorf("of %s: %+v, %v; want %d accepted, %d refused, %d waiting", version, got, err, accepted, refused, waiting)
	}
}

// stored is the item of the users' door.
func (b *book) stored(t *testing.T) state.Item {
	t.Helper()
	item, err := b.store.Get(t.Context(), "bounces#users")
	if err != nil {
		t.Fatal(err)
	}
	return item
}

func TestAVersionCountsAsAcceptedOnceAMinuteIsOver(t *testing.T) {
	b := open()
	b.want(t, "v2", 0, 0, 0)
	b.bounced(t, "ugo", "v1", "v2")
	b.want(t, "v1", 0, 1, 0)
	b.want(t, "v2", 0, 0, 1)
	b.pass(59*time.Second + 400*time.Millisecond) // a whole minute after the second it was in
	b.want(t, "v2", 0, 0, 1)
	b.pass(time.Millisecond)
	b.want(t, "v2", 1, 0, 0)
	b.want(t, "v1", 0, 1, 0)
	b.want(t, "v3", 0, 0, 0)
}

func TestWhoWasRefusedHasNotAccepted(t *testing.T) {
	b := open()
	b.bounced(t, "ugo", "v1", "v2")
	b.pass(time.Second)
	b.bounced(t, "ugo", "v2", "") // and was shown a page
	b.pass(time.Hour)
	b.want(t, "v1", 0, 1, 0)
	b.want(t, "v2", 0, 1, 0)
}

func TestAPersonCountsOnceWithWhatCameLast(t *testing.T) {
	b := open()
	for range 3 {
		b.bounced(t, "ugo", "v1", "v2")
		b.bounced(t, "ugo", "v2", "v1")
	}
	b.pass(time.Hour)
	b.want(t, "v1", 1, 0, 0)
	b.want(t, "v2", 0, 1, 0)
	b.bounced(t, "ugo", "v1", "v2")
	b.want(t, "v1", 0, 1, 0)
	b.want(t, "v2", 0, 0, 1)
}

func TestNobodyChangesWhatOthersShow(t *testing.T) {
	b := open()
	for _, person := range []string{"ugo", "ana", "eve"} {
		b.bounced(t, person, "v1", "v2")
	}
	b.pass(2 * time.Minute)
	for range 100 {
		b.bounced(t, "mallory", "v2", "v1")
		b.bounced(t, "mallory", "v1", "v2")
		b.bounced(t, "mallory", "v2", "")
		b.pass(time.Minute)
	}
	b.want(t, "v2", 3, 1, 0)
	b.want(t, "v1", 0, 4, 0)
}

func TestDoorsAreCountedApart(t *testing.T) {
	b := open()
	b.bounced(t, "ugo", "v1", "v2")
	if err := b.Bounced(t.Context(), agents, "ana", "v1", "v2"); err != nil {
		t.Fatal(err)
	}
	b.want(t, "v2", 0, 0, 1)
	if got, err := b.Of(t.Context(), agents, "v2"); err != nil || got.Waiting != 1 {
		t.Errorf("of the agents' door: %+v, %v", got, err)
	}
}

func TestLatestIsWhenSomebodyWasSentOrCameBack(t *testing.T) {
	b := open()
	b.bounced(t, "ugo", "v1", "v2")
	b.pass(time.Hour)
	b.bounced(t, "ana", "v1", "v2")
	b.pass(time.Second)
	b.bounced(t, "ana", "v2", "v1")
	latest := b.now()
	b.pass(-30 * time.Second) // on a function whose clock is behind
	b.bounced(t, "eve", "v1", "v2")
	for version, want := range map[string]time.Time{"v1": latest, "v2": latest, "v3": {}} {
		if got, err := b.Of(t.Context(), users, version); err != nil || !got.Latest.Equal(want.Truncate(time.Second)) {
			t.Errorf("of %s: the latest at %v, %v; want %v", version, got.Latest, err, want)
		}
	}
}

func TestOf40PeopleTheLatest32Count(t *testing.T) {
	b := open()
	for i := range 40 {
		refused, given := "v1", "v2"
		if i < 10 {
			refused, given = given, refused
		}
		b.bounced(t, fmt.Sprint("person-", i), refused, given)
		b.pass(time.Minute + time.Second)
	}
	b.pass(time.Hour)
	b.want(t, "v2", 30, 2, 0)
	b.want(t, "v1", 2, 30, 0)
}

func TestOfFiveVersionsTheLatestFourCount(t *testing.T) {
	b := open()
	for i := range 5 {
		b.bounced(t, "ugo", "", fmt.Sprint("v", i))
	}
	b.bounced(t, "ugo", "", "v1") // which makes it the latest
	b.bounced(t, "ugo", "", "v5")
	for i, waiting := range []int{0, 1, 0, 1, 1, 1} {
		b.want(t, fmt.Sprint("v", i), 0, 0, waiting)
	}
}

// Were all of the latest counted, a door with many people would never show
// that a version is accepted: it would be too early to tell of each of them.
func TestABusyDoorShowsThatAVersionIsAccepted(t *testing.T) {
	b := open()
	const people = 600 // one each second for ten minutes
	for i := range people {
		b.bounced(t, fmt.Sprint("person-", i), "v1", "v2")
		b.pass(time.Second)
		if e, err := b.Of(t.Context(), users, "v2"); err != nil || e.Waiting > 16 || i > 120 && !e.Accepts(10) {
			t.Fatalf("after %d people: %+v, %v", i+1, e, err)
		}
	}
	b.want(t, "v1", 0, 32, 0)
	if puts := b.stored(t).Version; puts > people/2 {
		t.Errorf("%d writes for %d people: each writes", puts, people)
	}
}

// Those who are let in and those who are not must be left out alike.
func TestABusyDoorShowsThatAVersionIsRefused(t *testing.T) {
	b := open()
	for i := range 600 {
		person := fmt.Sprint("person-", i)
		b.bounced(t, person, "v1", "v2")
		b.pass(time.Second)
		if i%4 != 0 {
			b.bounced(t, person, "v2", "v1")
		}
	}
	b.pass(time.Hour)
	e, err := b.Of(t.Context(), users, "v2")
	if err != nil || e.Accepted < 4 || e.Refused < 2*e.Accepted || e.Accepts(1) {
		t.Errorf("of v2: %+v, %v; want about three quarters refused", e, err)
	}
}

func TestNobodyIsNamedAndTheItemIsBounded(t *testing.T) {
	b := open()
	for version := range 6 {
		for i := range 40 {
			b.bounced(t, fmt.Sprintf("ugo-%d@example.com", i), strings.Repeat("f", 63)+fmt.Sprint(version), "")
			b.pass(time.Minute + time.Second)
		}
	}
	item := b.stored(t)
	if got := string(item.Value); strings.Contains(got, "ugo") || strings.Contains(got, "example") || len(got) > 10<<10 {
		t.Errorf("%d bytes:\n%s", len(got), got)
	}
	if got, want := item.Expires, b.now().Add(30*24*time.Hour); want.Sub(got) > 2*time.Minute {
		t.Errorf("it expires at %v, want %v after the last bounce", got, want)
	}
	if !json.Valid(item.Value) {
		t.Error("it is no JSON")
	}
}

func TestEvidenceIsForgottenAfterThirtyDays(t *testing.T) {
	b := open()
	b.bounced(t, "ugo", "v1", "v2")
	b.pass(30*24*time.Hour - time.Second)
	b.want(t, "v2", 1, 0, 0)
	b.pass(time.Second)
	b.want(t, "v2", 0, 0, 0)
}

func TestWhatIsNoRecordIsNothing(t *testing.T) {
	for _, value := range []string{
		"", "null", "7", `"versions"`, "[]", "{}", "{", `{"versions":7}`, `{"versions":[{"version":7}]}`,
		`{"versions":[{"version":"v2","people":[{"who":"a","at":"yesterday"}]}]}`,
		`{"versions":[{"version":"v2","people":[{"who":"a","at":1764034020}]}]}`,
		"\xff\x00",
	} {
		b := open()
		if err := b.store.Put(t.Context(), "bounces#users", state.Item{Value: []byte(value), Expires: now.Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		b.want(t, "v2", 0, 0, 0)
		b.bounced(t, "ugo", "v1", "v2")
		b.want(t, "v2", 0, 0, 1)
	}
}

func TestAStoreThatFailsIsAnError(t *testing.T) {
	for _, row := range []struct {
		name    string
		mode    statetest.Mode
		method  statetest.Method
		waiting int // what is written all the same
	}{
		{"that cannot be read", statetest.Fail, statetest.Get, 0},
		{"that cannot be written", statetest.Fail, statetest.Put, 0},
		{"whose answer is lost", statetest.FailAfter, statetest.Put, 1},
		{"that hangs when read", statetest.Hang, statetest.Get, 0},
		{"that hangs when written", statetest.Hang, statetest.Put, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := open()
			b.store.Set(row.mode, row.method)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			if err := b.Bounced(ctx, users, "ugo", "v1", "v2"); !errors.Is(err, state.ErrUnavailable) {
				t.Errorf("Bounced: %v, want ErrUnavailable", err)
			}
			_, err := b.Of(ctx, users, "v2")
			if reads := row.method == statetest.Get; errors.Is(err, state.ErrUnavailable) != reads && ctx.Err() == nil {
				t.Errorf("Of: %v, want ErrUnavailable: %t", err, reads)
			}
			b.store.Set(statetest.Work)
			b.want(t, "v2", 0, 0, row.waiting)
			b.bounced(t, "ugo", "v1", "v2")
			b.want(t, "v2", 0, 0, 1)
		})
	}
}

// overtaken is a store in which somebody else writes before each Put, so many
// times.
type overtaken struct {
	state.Store
	times int
	other func()
}

func (o *overtaken) Put(ctx context.Context, key string, item state.Item) error {
	if o.times > 0 {
		o.times--
		o.other()
	}
	return o.Store.Put(ctx, key, item)
}

func TestAWriteIsTriedThreeTimes(t *testing.T) {
	for _, row := range []struct {
		times int
		lost  bool
	}{{1, false}, {2, false}, {3, true}} {
		b := open()
		others := 0
		mine := bounce.NewLedger(&overtaken{b.store, row.times, func() {
			others++
			b.bounced(t, fmt.Sprint("other-", others), "v1", "v2")
		}}, b.now)
		if err := mine.Bounced(t.Context(), users, "ugo", "v1", "v2"); errors.Is(err, state.ErrConflict) != row.lost || (err != nil) != row.lost {
			t.Errorf("overtaken %d times: %v, want ErrConflict: %t", row.times, err, row.lost)
		}
		want := row.times
		if !row.lost {
			want++
		}
		b.want(t, "v2", 0, 0, want)
	}
}

func TestManyComeBackAtOnce(t *testing.T) {
	b := open()
	var (
		all  sync.WaitGroup
		mu   sync.Mutex
		kept int
	)
	for i := range 15 { // fewer than are counted within a minute
		all.Go(func() {
			for range 20 {
				err := b.Bounced(t.Context(), users, fmt.Sprint("person-", i), "v1", "v2")
				if err == nil {
					mu.Lock()
					kept++
					mu.Unlock()
					return
				}
				if !errors.Is(err, state.ErrConflict) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if kept == 0 {
		t.Fatal("nobody's word was kept")
	}
	b.want(t, "v1", 0, kept, 0)
	b.want(t, "v2", 0, 0, kept)
}

func TestAcceptsWantsPeopleAndMoreOfThemThanWereRefused(t *testing.T) {
	for _, row := range []struct {
		e      bounce.Evidence
		people int
		want   bool
	}{
		{bounce.Evidence{Accepted: 3}, 3, true},
		{bounce.Evidence{Accepted: 2}, 3, false},
		{bounce.Evidence{Accepted: 3, Refused: 2}, 3, true},
		{bounce.Evidence{Accepted: 3, Refused: 3}, 3, false},
		{bounce.Evidence{Waiting: 30}, 3, false},
		{bounce.Evidence{Accepted: 3, Waiting: 30}, 3, true},
		{bounce.Evidence{}, 0, false},
	} {
		if got := row.e.Accepts(row.people); got != row.want {
			t.Errorf("%+v accepts %d people: %t, want %t", row.e, row.people, got, row.want)
		}
	}
}

func TestALedgerTellsTheTimeByItself(t *testing.T) {
	ledger := bounce.NewLedger(&memory.Store{}, nil)
	if err := ledger.Bounced(t.Context(), users, "ugo", "v1", "v2"); err != nil {
		t.Fatal(err)
	}
	if e, err := ledger.Of(t.Context(), users, "v2"); err != nil || e.Waiting != 1 || time.Since(e.Latest).Abs() > time.Minute {
		t.Errorf("%+v, %v", e, err)
	}
}
