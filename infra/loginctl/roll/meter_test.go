package roll_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"deskpro-login/infra/loginctl/roll"
)

func TestAMeterWithoutABarWritesALineNowAndThen(t *testing.T) {
	var to bytes.Buffer
	at := now
	m := roll.NewMeter(&to, false, 100, func() time.Time { return at })
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
		m := roll.NewMeter(&to, true, total, time.Now)
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
