package stack_test

import (
	"strings"
	"testing"
	"time"

	"deskpro-login/infra/loginctl/stack"
)

func TestLimitsOfGuessesAreThoseOfTheParameters(t *testing.T) {
	for _, row := range []struct {
		name  string
		pairs []stack.Parameter
		want  stack.Guesses
		says  []string
	}{
		{"none is told", []stack.Parameter{{"UsersGroup", "*"}, {"GuessesEver", "x"}}, stack.Guesses{}, nil},
		{"all", []stack.Parameter{{"GuessesFree", "3"}, {"GuessesFirstWait", "1m"}, {"GuessesLongestWait", "2h"}, {"GuessesMost", "50"}, {"GuessesOfSource", "1000"}},
			stack.Guesses{Free: 3, FirstWait: time.Minute, LongestWait: 2 * time.Hour, Most: 50, Source: 1000}, nil},
		{"the variables' names", []stack.Parameter{{"GUESSES_FREE", "3"}, {"GUESSES_OF_SOURCE", " 7 "}}, stack.Guesses{Free: 3, Source: 7}, nil},
		{"all that is wrong", []stack.Parameter{{"GuessesMost", "0"}, {"GuessesFree", "few"}, {"GuessesFirstWait", "-1s"}}, stack.Guesses{},
			[]string{`GuessesFirstWait is "-1s", not a time`, `GuessesFree is "few", not a whole number`, `GuessesMost is "0"`}},
	} {
		got, err := stack.ParseGuesses(row.pairs)
		if got != row.want || (err != nil) != (row.says != nil) {
			t.Errorf("%s: got %+v, %v, want %+v", row.name, got, err, row.want)
		}
		for _, part := range row.says {
			if err != nil && !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %v lacks %q", row.name, err, part)
			}
		}
	}
	for name, want := range map[string]bool{"GUESSES_FREE": true, "GuessesLongestWait": true, "FREE": false, "": false} {
		if stack.IsLimit(name) != want {
			t.Errorf("%q is a limit: %t", name, !want)
		}
	}
}
