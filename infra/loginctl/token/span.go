package token

import (
	"fmt"
	"time"
)

// moment is a time for people, to the second: tokens last no longer.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// span is a length of time in words: the two largest units of it.
func span(d time.Duration) string {
	if d < 0 {
		d = -max(d, -1<<63+1)
	}
	const day = 24 * time.Hour
	two := func(large time.Duration, name string, small time.Duration, part string) string {
		text := plural(int(d/large), name)
		if rest := d % large / small; rest > 0 {
			text += " " + plural(int(rest), part)
		}
		return text
	}
	switch {
	case d < time.Second:
		return "less than a second"
	case d < time.Minute:
		return plural(int(d/time.Second), "second")
	case d < time.Hour:
		return two(time.Minute, "minute", time.Second, "second")
	case d < day:
		return two(time.Hour, "hour", time.Minute, "minute")
	case d < 365*day:
		return two(day, "day", time.Hour, "hour")
	case d > 200*365*day:
		return "more than 200 years" // a Duration ends at 292
	}
	return two(365*day, "year", day, "day")
}

// lifetime is a token's, in the unit that TOKEN_LIFETIME has, where it is like one.
func lifetime(d time.Duration) string {
	if d < time.Hour {
		return fmt.Sprintf("%d s", int(d/time.Second))
	}
	return span(d)
}
