package config_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/config"
	"deskpro-login/pkg/regulation"
	"deskpro-login/pkg/state/memory"
)

// guesses are the variables about them, each at its greatest.
var guesses = map[string]string{
	"GUESSES_FREE": "20", "GUESSES_FIRST_WAIT": "1h", "GUESSES_LONGEST_WAIT": "24h", "GUESSES_MOST": "100", "GUESSES_OF_SOURCE": "100000",
	"KNOWN_BROWSER_FOR": "9600h", "REFUSAL_TIME": "2s",
}

func TestGuessesAreRead(t *testing.T) {
	fold := func(login string) (string, bool) { return login, true }
	for _, row := range []struct {
		name           string
		changes        map[string]string
		want           config.Guesses
		known, refusal time.Duration
	}{
		{"by default", nil, config.Guesses{Free: 5, FirstWait: 30 * time.Second, LongestWait: time.Hour, Most: 100, Source: 100}, 4320 * time.Hour, 500 * time.Millisecond},
		{"the most of each", guesses, config.Guesses{Free: 20, FirstWait: time.Hour, LongestWait: 24 * time.Hour, Most: 100, Source: 100_000}, 9600 * time.Hour, 2 * time.Second},
		{"the least of each", map[string]string{
			"GUESSES_FREE": "1", "GUESSES_FIRST_WAIT": "1s", "GUESSES_LONGEST_WAIT": "1s", "GUESSES_MOST": "1", "GUESSES_OF_SOURCE": "1",
			"KNOWN_BROWSER_FOR": "0s", "REFUSAL_TIME": "0s",
		}, config.Guesses{Free: 1, FirstWait: time.Second, LongestWait: time.Second, Most: 1, Source: 1}, 0, 0},
	} {
		cfg := mustLoad(t, config.Authenticate, row.changes)
		if cfg.Guesses != row.want || cfg.KnownBrowserFor != row.known || cfg.RefusalTime != row.refusal {
			t.Errorf("%s: got %+v, %v, %v, want %+v, %v, %v", row.name, cfg.Guesses, cfg.KnownBrowserFor, cfg.RefusalTime, row.want, row.known, row.refusal)
		}
		if _, err := regulation.New(regulation.Config{
			Store: &memory.Store{}, Fold: fold, Limits: regulation.Limits(cfg.Guesses), KnownFor: cfg.KnownBrowserFor,
		}); err != nil {
			t.Errorf("%s: regulation refuses what is read: %v", row.name, err)
		}
	}
}

// The bounds are written down twice; this holds them together.
func TestWhatIsReadByDefaultIsWhatRegulationRecommends(t *testing.T) {
	if got := regulation.Limits(mustLoad(t, config.Authenticate, nil).Guesses); got != regulation.Defaults {
		t.Errorf("got %+v, want %+v", got, regulation.Defaults)
	}
	most := mustLoad(t, config.Authenticate, guesses)
	if most.Guesses.Most != regulation.MostGuesses || most.KnownBrowserFor != regulation.MaxKnown {
		t.Errorf("at most %d guesses and %v, want %d and %v", most.Guesses.Most, most.KnownBrowserFor, regulation.MostGuesses, regulation.MaxKnown)
	}
}

func TestOnlyAuthenticateReadsThem(t *testing.T) {
	for _, function := range functions {
		cfg := mustLoad(t, function, guesses)
		read := cfg.Guesses != (config.Guesses{}) && cfg.KnownBrowserFor != 0 && cfg.RefusalTime != 0
		if none := cfg.Guesses == (config.Guesses{}) && cfg.KnownBrowserFor == 0 && cfg.RefusalTime == 0; read == none || read != (function == config.Authenticate) {
			t.Errorf("%s has %+v, %v, %v", function, cfg.Guesses, cfg.KnownBrowserFor, cfg.RefusalTime)
		}
	}
}

func TestProblemsOfGuesses(t *testing.T) {
	checkProblems(t, []problemRow{
		{"no free guess", map[string]string{"GUESSES_FREE": "0"}, []string{`GUESSES_FREE is "0"`, "from 1 to 20"}},
		{"too many free ones", map[string]string{"GUESSES_FREE": "21"}, []string{`GUESSES_FREE is "21"`, "from 1 to 20"}},
		{"free ones in words", map[string]string{"GUESSES_FREE": "five"}, []string{`GUESSES_FREE is "five"`, "a whole number"}},
		{"no first wait", map[string]string{"GUESSES_FIRST_WAIT": "0s"}, []string{"GUESSES_FIRST_WAIT is 0s", "between 1s and 1h0m0s"}},
		{"a first wait that is too long", map[string]string{"GUESSES_FIRST_WAIT": "61m", "GUESSES_LONGEST_WAIT": "24h"}, []string{"GUESSES_FIRST_WAIT is 1h1m0s", "between 1s and 1h0m0s"}},
		{"a first wait without a unit", map[string]string{"GUESSES_FIRST_WAIT": "30"}, []string{`GUESSES_FIRST_WAIT is "30"`, "such as 90s"}},
		{"a wait of more than a day", map[string]string{"GUESSES_LONGEST_WAIT": "25h"}, []string{"GUESSES_LONGEST_WAIT is 25h0m0s", "24h0m0s"}},
		{"a longest wait that is shorter than the first", map[string]string{"GUESSES_LONGEST_WAIT": "29s"}, []string{"GUESSES_LONGEST_WAIT (29s) must not be shorter than GUESSES_FIRST_WAIT (30s)"}},
		{"more than NIST lets", map[string]string{"GUESSES_MOST": "101"}, []string{`GUESSES_MOST is "101"`, "to 100"}},
		{"no guess at all", map[string]string{"GUESSES_MOST": "0"}, []string{`GUESSES_MOST is "0"`}},
		{"fewer guesses than are free", map[string]string{"GUESSES_MOST": "4"}, []string{"GUESSES_MOST (4) must not be less than GUESSES_FREE (5)"}},
		{"an address with fewer guesses than at one account", map[string]string{"GUESSES_OF_SOURCE": "4"}, []string{"GUESSES_OF_SOURCE (4) must not be less than GUESSES_FREE (5)"}},
		{"an address with too many", map[string]string{"GUESSES_OF_SOURCE": "100001"}, []string{`GUESSES_OF_SOURCE is "100001"`, "to 100000"}},
		{"browsers known for longer than they keep a cookie", map[string]string{"KNOWN_BROWSER_FOR": "9601h"}, []string{"KNOWN_BROWSER_FOR is 9601h0m0s", "between 0s and 9600h0m0s"}},
		{"browsers known for a negative time", map[string]string{"KNOWN_BROWSER_FOR": "-1s"}, []string{"KNOWN_BROWSER_FOR is -1s", "between 0s and 9600h0m0s"}},
		{"browsers known for days", map[string]string{"KNOWN_BROWSER_FOR": "180d"}, []string{`KNOWN_BROWSER_FOR is "180d"`, "such as 90s"}},
		{"a refusal that takes too long", map[string]string{"REFUSAL_TIME": "2001ms"}, []string{"REFUSAL_TIME is 2.001s", "between 0s and 2s"}},
		{"a refusal that takes less than no time", map[string]string{"REFUSAL_TIME": "-1ms"}, []string{"REFUSAL_TIME is -1ms", "between 0s and 2s"}},
	})
}

func TestAllProblemsOfGuessesAreReportedAtOnce(t *testing.T) {
	bad := maps.Clone(guesses)
	for name := range bad {
		bad[name] = "x"
	}
	_, err := load(config.Authenticate, environment(bad))
	problems := lines(t, err)
	for name := range bad {
		if !slices.ContainsFunc(problems, func(line string) bool { return strings.HasPrefix(line, name+" is ") }) {
			t.Errorf("no problem tells of %s", name)
		}
	}
	if len(problems) != len(bad) {
		t.Errorf("got %d problems, want %d:\n%v", len(problems), len(bad), err)
	}
}
