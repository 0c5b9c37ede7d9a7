package roll

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// silence is how long there is no line of progress where there is no bar.
const silence = 10 * time.Second

// Meter shows how far an import or export is: by a bar, or by a line now and
// then. It is used by one goroutine.
type Meter struct {
	to     io.Writer
	bar    *progressbar.ProgressBar // nil: by lines
	words  int                      // that there is room for beside the bar
	now    func() time.Time
	told   time.Time
	closed bool
}

// What there is on a line with a bar: percent, brackets and times, at least eight
// columns of the bar, and words. A line that is too long would be left behind at
// each step.
const (
	barFixed = 33
	barLeast = 8
	barMost  = 30
	barWords = 40
)

// NewMeter shows a bar on a terminal of so many columns, where that is enough for
// one; 0 columns mean that lines are wanted. total is what Show's done comes to,
// at the end; 0 means unknown.
func NewMeter(to io.Writer, columns int, total int64, now func() time.Time) *Meter {
	m := &Meter{to: to, now: now, told: now()}
	room := columns - barFixed
	if room < barLeast {
		return m
	}
	width := min(max(room-barWords, barLeast), barMost)
	m.words = room - width
	if total <= 0 {
		total = -1 // a bar without an end
	}
	m.bar = progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(to),
		progressbar.OptionSetWidth(width),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetRenderBlankState(true),
		progressbar.OptionSetSpinnerChangeInterval(0), // no goroutine that writes between our lines
	)
	return m
}

// Show says how much is done, in what the total is counted in and in words, of
// ASCII.
func (m *Meter) Show(done int64, words string) {
	switch {
	case m.closed:
	case m.bar != nil:
		// What the bar cannot write it cannot write: the work goes on.
		m.bar.Describe(words[:min(len(words), m.words)])
		_ = m.bar.Set64(done)
	case m.now().Sub(m.told) >= silence:
		fmt.Fprintln(m.to, words)
		m.told = m.now()
	}
}

// Print writes a line without the bar in its way.
func (m *Meter) Print(line string) {
	if m.bar != nil && !m.closed {
		_ = m.bar.Clear()
	}
	fmt.Fprintln(m.to, line)
}

// Close takes the bar away. A second time it does nothing: there can be other
// text where the bar was.
func (m *Meter) Close() {
	if m.bar != nil && !m.closed {
		_ = m.bar.Clear()
		_ = m.bar.Exit()
	}
	m.closed = true
}
