package roll

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// rejects writes rows that were not taken, as they stood in the file, with where
// and why. Of a row that could not be taken apart it writes the text.
type rejects struct {
	columns []string // CSV's, without line and reason
	csv     *csv.Writer
	jsonl   io.Writer
}

func newRejects(c Config, in reader) (*rejects, error) {
	from, ok := in.(*csvReader)
	if !ok {
		return &rejects{jsonl: c.Rejects}, nil
	}
	w := &rejects{csv: csv.NewWriter(c.Rejects)}
	w.csv.Comma = rune(from.comma)
	w.columns = slices.DeleteFunc(slices.Clone(from.columns), ours)
	return w, w.row(append(slices.Clone(w.columns), colLine, colReason))
}

func ours(column string) bool { return column == colLine || column == colReason }

func (w *rejects) row(cells []string) error {
	if err := w.csv.Write(cells); err != nil {
		return fmt.Errorf("writing the rejects: %w", err)
	}
	return nil
}

func (w *rejects) write(rec record, reason string) error {
	line := strconv.Itoa(rec.line)
	if w.csv != nil {
		cells := []string{}
		for _, m := range rec.members {
			if !ours(m.name) {
				cells = append(cells, m.value.text)
			}
		}
		if rec.members == nil {
			cells = make([]string, len(w.columns))
			cells[0] = rec.raw
		}
		return w.row(append(cells, line, reason))
	}
	var out bytes.Buffer
	out.WriteByte('{')
	for _, m := range rec.members {
		if !ours(m.name) {
			fmt.Fprintf(&out, "%s:%s,", encoded(m.name), m.json)
		}
	}
	if rec.members == nil {
		fmt.Fprintf(&out, `"text":%s,`, encoded(rec.raw))
	}
	fmt.Fprintf(&out, "%q:%s,%q:%s}\n", colLine, line, colReason, encoded(reason))
	if _, err := w.jsonl.Write(out.Bytes()); err != nil {
		return fmt.Errorf("writing the rejects: %w", err)
	}
	return nil
}

// flush is called once, at the end.
func (w *rejects) flush() error {
	if w.csv == nil {
		return nil
	}
	w.csv.Flush()
	if err := w.csv.Error(); err != nil {
		return fmt.Errorf("writing the rejects: %w", err)
	}
	return nil
}
