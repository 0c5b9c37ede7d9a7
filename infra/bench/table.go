package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// table is what is printed: a line for each subject, with the target that it
// is held to.
type table struct {
	out  *tabwriter.Writer
	over int // lines over their target
}

func newTable(w io.Writer) *table {
	return &table{out: tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
}

// section begins a part of the table. Columns are named from the second on.
func (t *table) section(name string, columns ...string) {
	fmt.Fprintf(t.out, "\n%s", name)
	for _, column := range columns {
		fmt.Fprintf(t.out, "\t%s", column)
	}
	fmt.Fprintln(t.out)
}

// line adds a line; figures are its cells between name and target.
func (t *table) line(name string, target target, figures ...string) {
	fmt.Fprintf(t.out, "  %s", name)
	for _, figure := range figures {
		fmt.Fprintf(t.out, "\t%s", figure)
	}
	if target.unit != "" {
		verdict := "ok"
		if target.reached > target.limit {
			verdict = "OVER"
			t.over++
		}
		fmt.Fprintf(t.out, "\t≤ %.2f %s\t%s", target.limit, target.unit, verdict)
	}
	fmt.Fprintln(t.out)
}

// target is a limit and what was reached, in unit. The zero target is none.
type target struct {
	reached, limit float64
	unit           string
}

// figure shows what was reached.
func (t target) figure() string { return fmt.Sprintf("%.2f %s", t.reached, t.unit) }

// times is the target of a ratio.
func times(a, b time.Duration, limit float64) target {
	return target{float64(a) / float64(b), limit, "×"}
}

// extra is the target of a difference.
func extra(a, b time.Duration, limit float64) target {
	return target{milliseconds(a - b), limit, "ms"}
}

// megabytes is the target of a size in bytes.
func megabytes(size int64, limit float64) target { return target{float64(size) / 1e6, limit, "MB"} }

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// spread shows the median and the quartiles.
func spread(s samples[time.Duration]) (median, quartiles string) {
	return fmt.Sprintf("%.3f ms", milliseconds(s.median())),
		fmt.Sprintf("%.3f–%.3f", milliseconds(s.quantile(0.25)), milliseconds(s.quantile(0.75)))
}
