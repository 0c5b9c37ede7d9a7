package regulation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/regulation"
	"deskpro-login/pkg/state"
	"deskpro-login/pkg/state/memory"
	"deskpro-login/pkg/state/statetest"
)

func recall(t testing.TB, r *regulation.Regulation, token regulation.Token, login string) regulation.Browser {
	t.Helper()
	b, err := r.Recall(t.Context(), token, login)
	if err != nil {
		t.Fatalf("Recall: %v", err)
	}
	return b
}

// remember makes a new browser known for login, whose account has it as ID, too.
func remember(t testing.TB, r *regulation.Regulation, login string) regulation.Token {
	t.Helper()
	token, err := r.Remember(t.Context(), regulation.Token{}, regulation.Browser{}, login, login+"-id")
	if err != nil {
		t.Fatalf("Remember: %v", err)
	}
	return token
}

func from(t testing.TB, r *regulation.Regulation, token regulation.Token, login, source string) regulation.Guess {
	t.Helper()
	g := guess(login, source)
	g.Browser = recall(t, r, token, login)
	return g
}

func TestAKnownBrowserIsLetThroughWhateverOthersDo(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	token := remember(t, f.Regulation, "zoe")
	for n := range 100 { // until the account is closed
		for {
			if _, err := f.Count(t.Context(), guess("zoe", address(n))); err == nil {
				break
			}
			f.pass(time.Hour)
		}
	}
	wantWait(t, f.Regulation, guess("zoe", "192.0.2.1"), regulation.Wait{Closed: true, Scope: regulation.Account})
	for i := range 100 {
		let(t, f.Regulation, guess(fmt.Sprint(i), "192.0.2.1"))
	}
	waits(t, f.Regulation, guess("ida", "192.0.2.1"))

	before := items(t, f.store)
	g := from(t, f.Regulation, token, "zoe", "192.0.2.1")
	wrong(t, f.Regulation, g, 5)
	wantWait(t, f.Regulation, g, regulation.Wait{For: 30 * time.Second, Scope: regulation.Known})
	for key, item := range items(t, f.store) {
		if old, there := before[key]; !there && !strings.Contains(key, "#known_browser#") || there && old.Version != item.Version {
			t.Errorf("the known browser's guesses wrote %s", key)
		}
	}
	f.pass(30 * time.Second)
	ticket := let(t, f.Regulation, g)
	if err := ticket.Right(t.Context()); err != nil {
		t.Fatal(err)
	}
	wrong(t, f.Regulation, g, 5)
	// The owner has come in: other browsers of theirs may, too.
	let(t, f.Regulation, guess("zoe", "192.0.2.77"))
}

func TestAKnownBrowsersGuessesAreBoundedToo(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	token := remember(t, f.Regulation, "zoe")
	counted := 0
	for range 200 * 24 {
		if _, err := f.Count(t.Context(), from(t, f.Regulation, token, "zoe", address(counted))); err == nil {
			counted++
		}
		f.pass(time.Hour / 2)
	}
	if counted < 100 || counted > 300 {
		t.Errorf("a browser that is used badly has %d guesses in 100 days, want a hundred a month at most", counted)
	}
}

func TestOnlyTheBrowserThatWasSignedInWithIsKnown(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	token := remember(t, f.Regulation, "zoe")
	if b := recall(t, f.Regulation, token, " ZOE "); b.Subject != "zoe-id" || !b.Since.Equal(f.now()) {
		t.Errorf("it is recalled as %+v", b)
	}
	forged, ok := regulation.ParseToken(strings.Repeat("A", 43))
	if !ok {
		t.Fatal("a token of another maker does not parse")
	}
	for _, row := range []struct {
		name  string
		token regulation.Token
		login string
	}{
		{"another account's token", token, "ida"},
		{"a forged token", forged, "zoe"},
		{"no token", regulation.Token{}, "zoe"},
		{"no login", token, ""},
	} {
		if b := recall(t, f.Regulation, row.token, row.login); b != (regulation.Browser{}) {
			t.Errorf("%s: %+v, want none known", row.name, b)
		}
	}
	faulty := &statetest.Faulty{Store: f.store}
	faulty.Set(statetest.Fail)
	off, err := regulation.New(regulation.Config{Store: faulty, Fold: account.NormalizeLogin, Now: f.now})
	if err != nil {
		t.Fatal(err)
	}
	if b := recall(t, off, token, "zoe"); b != (regulation.Browser{}) {
		t.Error("where browsers are not known, one is")
	}
	f.pass(knownFor - 1)
	if b := recall(t, f.Regulation, token, "zoe"); b.Subject == "" {
		t.Error("it is unknown before its time")
	}
	f.pass(1)
	if b := recall(t, f.Regulation, token, "zoe"); b != (regulation.Browser{}) {
		t.Error("it is known beyond its time")
	}
}

// Whose time was shortened since, and what is stored, end it as well.
func TestAKnownBrowserThatIsOddOrTooOldIsUnknown(t *testing.T) {
	for _, value := range []string{"", "null", "{}", "zoe", `{"account":""}`, `{"account":1}`, `{"subject":"zoe-id"}`} {
		f := newFixture(t, regulation.Limits{})
		token := remember(t, f.Regulation, "zoe")
		for key := range items(t, f.store) {
			old, err := f.store.Consume(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.store.Put(t.Context(), key, state.Item{Value: []byte(value), Expires: old.Expires}); err != nil {
				t.Fatal(err)
			}
		}
		if b := recall(t, f.Regulation, token, "zoe"); b != (regulation.Browser{}) {
			t.Errorf("stored as %q it is known: %+v", value, b)
		}
	}
	f := newFixture(t, regulation.Limits{})
	token := remember(t, f.Regulation, "zoe")
	shorter, err := regulation.New(regulation.Config{Store: f.store, Fold: account.NormalizeLogin, KnownFor: time.Hour, Now: f.now})
	if err != nil {
		t.Fatal(err)
	}
	f.pass(time.Hour)
	if b := recall(t, shorter, token, "zoe"); b != (regulation.Browser{}) {
		t.Error("it is known for longer than is configured now")
	}
}

func TestTokensParse(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	token := remember(t, f.Regulation, "zoe")
	again, ok := regulation.ParseToken(token.Reveal())
	if !ok || again.Reveal() != token.Reveal() {
		t.Fatalf("a token does not parse")
	}
	value := token.Reveal()
	for _, bad := range []string{
		"", value[:42], value + "A", value + "=", " " + value, value + "\n", value[:20] + "\r\n" + value[20:], value[:42] + "\n",
		strings.Repeat("A", 42) + "B", strings.Repeat("+", 43), strings.Repeat("/", 43), strings.Repeat("A", 1<<16), "known#" + value[6:],
	} {
		if _, ok := regulation.ParseToken(bad); ok {
			t.Errorf("%.60q parses", bad)
		}
	}
	if strings.Contains(fmt.Sprint(regulation.Token{}, token), value) {
		t.Error("a token prints what it is")
	}
}

// A known browser of one account guesses at another like any other.
func TestABrowserThatIsKnownForAnotherAccountCountsAsUnknown(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	b := recall(t, f.Regulation, remember(t, f.Regulation, "mallory"), "mallory")
	g := guess("zoe", "192.0.2.1")
	g.Browser = b
	wrong(t, f.Regulation, g, 5)
	wantWait(t, f.Regulation, guess("zoe", "192.0.2.1"), regulation.Wait{For: 30 * time.Second, Scope: regulation.Pair})
	wantWait(t, f.Regulation, g, regulation.Wait{For: 30 * time.Second, Scope: regulation.Pair})
	// By its account's ID it is known, too: a code is counted by that.
	g.Account = "mallory-id"
	wrong(t, f.Regulation, g, 5)
	wantWait(t, f.Regulation, g, regulation.Wait{For: 30 * time.Second, Scope: regulation.Known})
	if err := f.Clear(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	let(t, f.Regulation, g)
}

func TestRememberChoosesTheToken(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	token := remember(t, f.Regulation, "zoe")
	b := recall(t, f.Regulation, token, "zoe")
	planted, _ := regulation.ParseToken(strings.Repeat("A", 43))
	others := remember(t, f.Regulation, "mallory")
	tenth := knownFor / 10
	for _, row := range []struct {
		name           string
		after          time.Duration
		token          regulation.Token
		known          regulation.Browser
		login, subject string
		same           bool
	}{
		{"known and young", tenth - 1, token, b, "ZOE", "zoe-id", true},
		{"a token that was planted", 0, planted, regulation.Browser{}, "zoe", "zoe-id", false},
		{"a token of another's", 0, others, regulation.Browser{}, "zoe", "zoe-id", false},
		{"a token of another's, recalled for them", 0, others, recall(t, f.Regulation, others, "mallory"), "zoe", "mallory-id", false},
		{"a planted token beside a browser that is known", 0, planted, b, "zoe", "zoe-id", false},
		{"no token", 0, regulation.Token{}, regulation.Browser{}, "zoe", "zoe-id", false},
		{"no token beside a browser that is known", 0, regulation.Token{}, b, "zoe", "zoe-id", false},
		{"a login that has become another's", 0, token, b, "zoe", "new-id", false},
		{"known and old", tenth, token, b, "zoe", "zoe-id", false},
	} {
		f.clock.time = b.Since.Add(row.after)
		got, err := f.Remember(t.Context(), row.token, row.known, row.login, row.subject)
		if err != nil {
			t.Fatal(err)
		}
		if same := got == row.token; same != row.same {
			t.Errorf("%s: the same token %t, want %t", row.name, same, row.same)
		}
		if k := recall(t, f.Regulation, got, row.login); k.Subject != row.subject {
			t.Errorf("%s: it is recalled as %+v", row.name, k)
		}
	}
	if k := recall(t, f.Regulation, token, "zoe"); k != (regulation.Browser{}) {
		t.Error("the old token is still good")
	}
}

func TestARememberedBrowserIsFoundAlthoughTheAnswerWasLost(t *testing.T) {
	r, err := regulation.New(regulation.Config{Store: &lossy{Store: &memory.Store{}, lose: 1}, Fold: account.NormalizeLogin, KnownFor: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	token := remember(t, r, "zoe")
	if b := recall(t, r, token, "zoe"); b.Subject == "" {
		t.Error("it is unknown")
	}
	if got := r.Remembers(); got != time.Hour {
		t.Errorf("browsers are known for %v", got)
	}
}
