package roll

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"deskpro-login/infra/loginctl/hint"
)

// csvReader reads CSV as RFC 4180 has it, with lines that end in LF or CRLF. What
// is quoted is taken as it stands, line ends included.
//
// It does not read by encoding/csv: a quote that is never closed would make that
// keep the rest of the file in memory, and CRLF in a cell would become LF.
type csvReader struct {
	lines   *lines
	comma   byte
	columns []string

	// The row being read: all its cells' text, where each ends, and how it
	// stands in the file. None of the first and the last is over maxRow.
	cells []byte
	ends  []int
	raw   []byte
}

// openCSV reads the header.
func openCSV(in *lines, comma byte, ignoreColumns bool) (*csvReader, error) {
	c := &csvReader{lines: in, comma: comma}
	if comma == 0 {
		c.comma = ','
	}
	header, problem, err := c.split()
	for err == nil && problem == "" && blank(header) {
		header, problem, err = c.split()
	}
	switch {
	case errors.Is(err, io.EOF):
		return nil, hint.With(errEmpty, "its first line names the columns: login,email,name")
	case err != nil:
		return nil, err
	case bytes.ContainsRune(c.raw, '\r') && !bytes.ContainsRune(c.raw, '\n'):
		return nil, hint.With(errors.New("the file's lines end in CR alone"), "save it with lines that end in LF or CRLF")
	case problem != "":
		return nil, fmt.Errorf("line %d, which names the columns: %s", c.lines.number, problem)
	case len(header) > maxColumns:
		return nil, fmt.Errorf("there are %d columns, at most %d are read", len(header), maxColumns)
	}
	c.columns = header
	return c, c.check(ignoreColumns)
}

func (c *csvReader) check(ignoreColumns bool) error {
	if separator := c.separator(); separator != "" {
		return hint.With(fmt.Errorf("the columns are separated by %q, not by a comma", separator), "say so with --separator, or save the file with commas")
	}
	var strange []string
	for i, column := range c.columns {
		switch {
		case slices.Contains(c.columns[:i], column) && known(CSV, column):
			return fmt.Errorf("the column %s is there twice", shortened(column))
		case damaged(column) != "":
			return fmt.Errorf("the name of column %d %s", i+1, damaged(column))
		case !known(CSV, column):
			strange = append(strange, column)
		}
	}
	if !slices.Contains(c.columns, colLogin) {
		err := errors.New("there is no column login, without which no account can be told from another")
		if said := unknown(CSV, strange); said != "" {
			return hint.With(err, "the first line names the columns; %s", said)
		}
		return hint.With(err, "the first line names the columns: login,email,name")
	}
	if len(strange) > 0 && !ignoreColumns {
		return hint.With(errors.New(unknown(CSV, strange)), "correct the first line, or pass over what it names besides with --ignore-columns")
	}
	return nil
}

// separator is the other one that the header has, or "".
func (c *csvReader) separator() string {
	if c.comma == ',' && len(c.columns) == 1 {
		for _, separator := range []string{";", "\t"} {
			if cells := strings.Split(c.columns[0], separator); len(cells) > 1 && slices.Contains(cells, colLogin) {
				return separator
			}
		}
	}
	return ""
}

// next implements reader. Rows without a single value are passed over, as
// spreadsheets leave them at the end.
func (c *csvReader) next() (record, error) {
	for {
		first := c.lines.number + 1
		cells, problem, err := c.split()
		if err != nil {
			return record{}, err
		}
		if problem == "" && blank(cells) {
			continue
		}
		row := record{line: first, last: c.lines.number, problem: problem}
		if problem == "" && len(cells) != len(c.columns) {
			row.problem = fmt.Sprintf("it has %d cells, and there are %d columns", len(cells), len(c.columns))
		}
		if row.problem != "" {
			row.raw = strings.TrimRight(string(c.raw), "\r\n")
			return row, nil
		}
		for i, cell := range cells {
			row.members = append(row.members, member{name: c.columns[i], value: value{kind: text, text: cell}})
		}
		return row, nil
	}
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(cell string) bool { return cell != "" })
}

// Where in a cell a reader is.
type place int

const (
	atStart   place = iota
	plain           // in a cell without quotes
	quoted          // between the quotes
	closed          // after a quote, which closes the cell or is doubled
	returning       // after the CR behind a closed cell
)

// split reads one row. A problem says why its cells cannot be told; the row has
// then been read to the end of the line at fault.
func (c *csvReader) split() (cells []string, problem string, err error) {
	c.cells, c.ends, c.raw = c.cells[:0], c.ends[:0], c.raw[:0]
	at, long, opened := atStart, false, 0
	for {
		part, end, err := c.lines.piece()
		switch {
		case errors.Is(err, io.EOF) && at == quoted:
			return nil, fmt.Sprintf("the quote that opens a cell in line %d is never closed, so that all that follows is in that cell", opened), nil
		case err != nil:
			return nil, "", err
		}
		c.raw = append(c.raw, part[:min(len(part), maxRow-len(c.raw))]...)
		for _, b := range part {
			if problem != "" {
				break // the rest of this line belongs to it
			}
			if len(c.cells) >= maxRow || len(c.ends) > maxColumns {
				// Kept no longer, but read on: only so is it known where it ends.
				long, c.cells, c.ends = true, c.cells[:0], c.ends[:0]
			}
			before := at
			if at, problem = c.take(at, b); before == atStart && at == quoted {
				opened = c.lines.current(end)
			}
		}
		if !end || at == quoted && problem == "" {
			continue
		}
		switch {
		case problem != "":
			return nil, problem, nil
		case long:
			return nil, fmt.Sprintf("it has more than %d KiB, or more than %d cells", maxRow>>10, maxColumns), nil
		}
		if at == plain {
			c.cells = bytes.TrimSuffix(c.cells, []byte("\r"))
		}
		return c.cut(), "", nil
	}
}

// take reads a byte at a place and returns the place behind it.
func (c *csvReader) take(at place, b byte) (place, string) {
	switch {
	case at == quoted && b == '"':
		return closed, ""
	case at == quoted, at == closed && b == '"':
		c.cells = append(c.cells, b)
		return quoted, ""
	case b == '\n':
		return at, "" // the line's, and so the row's
	case at == returning, at == closed && b != c.comma && b != '\r':
		return at, "there is something behind the quote that closes a cell (a quote within a cell is written twice)"
	case b == c.comma:
		c.ends = append(c.ends, len(c.cells))
		return atStart, ""
	case at == closed:
		return returning, ""
	case at == atStart && b == '"':
		return quoted, ""
	case b == '"':
		return at, "there is a quote in a cell that does not begin with one (such a cell is put between quotes, and the quote written twice)"
	}
	c.cells = append(c.cells, b)
	return plain, ""
}

// cut returns the cells of a row that was read.
func (c *csvReader) cut() []string {
	all, start := string(c.cells), 0
	cells := make([]string, 0, len(c.ends)+1)
	for _, end := range append(c.ends, len(all)) {
		cells = append(cells, all[start:end])
		start = end
	}
	return cells
}
