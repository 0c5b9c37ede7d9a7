package stack

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Guesses are the limits of wrong guesses, as package regulation has them. What is
// zero was not told: it is as that has it by default.
type Guesses struct {
	Free, Most, Source     int
	FirstWait, LongestWait time.Duration
}

// Parameter is one of a stack's, and its value.
type Parameter struct{ ParameterKey, ParameterValue string }

// ParseGuesses finds them among pairs such as GuessesFree and 5, where a name may
// also be that of the variable, GUESSES_FREE. Other pairs are passed over. Its
// error names all that is wrong.
func ParseGuesses(pairs []Parameter) (Guesses, error) {
	var g Guesses
	var wrong []string
	for _, p := range pairs {
		value, err := strings.TrimSpace(p.ParameterValue), error(nil)
		switch plain(p.ParameterKey) {
		case "guessesfree":
			g.Free, err = number(value)
		case "guessesmost":
			g.Most, err = number(value)
		case "guessesofsource":
			g.Source, err = number(value)
		case "guessesfirstwait":
			g.FirstWait, err = lasting(value)
		case "guesseslongestwait":
			g.LongestWait, err = lasting(value)
		}
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("%s is %.100q, not %v", p.ParameterKey, p.ParameterValue, err))
		}
	}
	if wrong == nil {
		return g, nil
	}
	slices.Sort(wrong)
	return Guesses{}, errors.New(strings.Join(wrong, "; "))
}

func plain(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

// IsLimit reports whether ParseGuesses knows a name.
func IsLimit(name string) bool {
	return slices.Contains([]string{"guessesfree", "guessesmost", "guessesofsource", "guessesfirstwait", "guesseslongestwait"}, plain(name))
}

func number(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, errors.New("a whole number from 1 on")
	}
	return n, nil
}

func lasting(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, errors.New("a time such as 30s")
	}
	return d, nil
}
