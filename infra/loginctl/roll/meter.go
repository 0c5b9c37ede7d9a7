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
	to   io.Writer
	bar  *progressbar.ProgressBar // nil: by lines
	now  func() time.Time
	told time.Time
}

// NewMeter writes to a terminal where bar is set. total is what Show's done comes
// to, at the end; 0 means unknown.
func NewMeter(to io.Writer, bar bool, total int64, now func() time.Time) *Meter {
	m := &Meter{to: to, now: now, told: now()}
	if !bar {
		return m
	}
	if total <= 0 {
		total = -1 // a bar without an end
	}
	m.bar = progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(to),
		progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetRenderBlankState(true),
		progressbar.OptionSetSpinnerChangeInterval(0), // no goroutine that writes between our lines
	)
	return m
}

// Show says how much is done, in what the total is counted in and in words.
func (m *Meter) Show(done int64, words string) {
	switch {
	case m.bar != nil:
		// What the bar cannot write it cannot write: the work goes on.
		m.bar.Describe(words)
		_ = m.bar.Set64(done)
	case m.now().Sub(m.told) >= silence:
		fmt.Fprintln(m.to, words)
		m.told = m.now()
	}
}

// Print writes a line without the bar in its way.
func (m *Meter) Print(line string) {
	if m.bar != nil {
		_ = m.bar.Clear()
	}
	fmt.Fprintln(m.to, line)
}

// Close takes the bar away.
func (m *Meter) Close() {
	if m.bar != nil {
		_ = m.bar.Clear()
		_ = m.bar.Exit()
	}
}
