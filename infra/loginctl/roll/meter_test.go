package roll_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"deskpro-login/infra/loginctl/roll"
)

func TestAMeterWithoutABarWritesALineNowAndThen(t *testing.T) {
	var to bytes.Buffer
	at := now
	m := roll.NewMeter(&to, 0, 100, func() time.Time { return at })
	for i := range 25 {
		at = at.Add(time.Second)
		m.Show(int64(i), "row "+strings.Repeat("i", i))
		if i == 3 {
			m.Print("line 3: no")
		}
	}
	m.Close()
	if want := "line 3: no\nrow iiiiiiiii\nrow iiiiiiiiiiiiiiiiiii\n"; to.String() != want {
		t.Errorf("%q, want %q", to.String(), want)
	}
}

func TestAMeterWithABarKeepsLinesApart(t *testing.T) {
	for _, total := range []int64{100, 0} {
		var to bytes.Buffer
		m := roll.NewMeter(&to, 80, total, time.Now)
		m.Show(50, "500 rows")
		m.Print("line 3: no")
		m.Show(100, "1000 rows")
		m.Close()
		// What is on a line of a terminal is what follows the last return.
		for line := range strings.SplitSeq(to.String(), "\n") {
			last := line[strings.LastIndexByte(line, '\r')+1:]
			if last != "line 3: no" && strings.TrimSpace(last) != "" {
				t.Errorf("of %d a line is left as %q", total, last)
			}
		}
		if !strings.Contains(to.String(), "line 3: no\n") {
			t.Errorf("%q", to.String())
		}
	}
}

func TestABarIsOnOneLineOfItsTerminal(t *testing.T) {
	for _, columns := range []int{20, 40, 41, 44, 60, 80, 120, 300} {
		for _, total := range []int64{100, 0} {
			var to bytes.Buffer
			synctest.Test(t, func(*testing.T) {
				m := roll.NewMeter(&to, columns, total, time.Now)
				time.Sleep(time.Second) // or it draws nothing again
				m.Show(50, strings.Repeat("500 rows ", 20))
				m.Close()
			})
			if got := strings.Contains(to.String(), "500"); got != (columns > 43) {
				t.Errorf("of %d columns: a bar %v", columns, got)
			}
			for part := range strings.SplitSeq(to.String(), "\r") {
				if n := utf8.RuneCountInString(part); n >= columns {
					t.Errorf("of %d columns: %d in %q", columns, n, part)
				}
			}
		}
	}
}

func TestAMeterThatWasClosedLeavesWhatIsThereNow(t *testing.T) {
	for _, columns := range []int{0, 80} {
		var to bytes.Buffer
		at := now
		m := roll.NewMeter(&to, columns, 100, func() time.Time { return at })
		m.Show(50, "500 rows")
		m.Close()
		before := to.String()
		at = at.Add(time.Hour)
		m.Show(60, "600 rows")
		m.Close()
		m.Print("x")
		if got := strings.TrimPrefix(to.String(), before); got != "x\n" {
			t.Errorf("of %d columns: %q", columns, got)
		}
	}
}
