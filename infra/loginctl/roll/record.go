package roll

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"deskpro-login/infra/loginctl/hint"
)

// record is one row as it stands in the file.
type record struct {
	// line is its first physical line, last its last; they count from 1.
	line, last int
	members    []member
	// problem is why it could not be taken apart; then raw is its text as far as
	// it was kept, and there are no members.
	problem, raw string
}

// member is a column's value in a row.
type member struct {
	name  string
	value value
	// json is the value as it stood in the file, where that is JSON Lines.
	json json.RawMessage
}

// value is what a cell or a JSON value holds: exactly what kind says.
type value struct {
	kind   kind
	text   string
	flag   bool
	list   []string
	object []pair
}

type pair struct{ name, text string }

type kind int

const (
	null kind = iota
	text
	flag
	list
	object
	odd // of no type that a column has
)

// errEmpty: more likely what should have written the file failed than that
// nobody is meant.
var errEmpty = errors.New("the file is empty")

// reader reads a file's records, and io.EOF at its end. Another error ends it.
type reader interface{ next() (record, error) }

// open begins to read source. separator is CSV's; 0 means a comma.
func open(f Format, source io.Reader, separator byte, ignoreColumns bool) (reader, error) {
	in := &lines{reader: bufio.NewReaderSize(source, 32<<10)}
	if err := in.begin(); err != nil {
		return nil, err
	}
	switch f {
	case CSV:
		return openCSV(in, separator, ignoreColumns)
	case JSONL:
		return openJSONL(in, ignoreColumns)
	}
	return nil, fmt.Errorf("there is no format %q", f)
}

// lines reads physical lines, which end in LF, piece by piece.
type lines struct {
	reader *bufio.Reader
	// number is how many lines were read to their end.
	number int
}

// begin passes over a byte order mark.
func (l *lines) begin() error {
	start, err := l.reader.Peek(3)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return fmt.Errorf("reading the file: %w", err)
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return hint.With(errors.New("the file is in UTF-16"), "save it in UTF-8")
	case bytes.HasPrefix(start, []byte("\ufeff")):
		_, _ = l.reader.Discard(3)
	}
	return nil
}

// piece returns the next part of a line, valid until the next call, and whether
// the line ends with it.
func (l *lines) piece() (part []byte, end bool, err error) {
	part, err = l.reader.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return part, false, nil
	case errors.Is(err, io.EOF) && len(part) > 0, err == nil:
		l.number++
		return part, true, nil
	case errors.Is(err, io.EOF):
		return nil, false, io.EOF
	}
	return nil, false, fmt.Errorf("reading the file: %w", err)
}

// current is the number of the line that the last piece is from.
func (l *lines) current(end bool) int {
	if end {
		return l.number
	}
	return l.number + 1
}

// damaged is what is wrong with a text whatever it is for, or "".
func damaged(s string) string {
	switch {
	case !utf8.ValidString(s):
		return "is not valid UTF-8"
	case strings.ContainsRune(s, 0):
		return "holds a NUL"
	case strings.ContainsRune(s, utf8.RuneError):
		// Also what half a surrogate becomes in JSON.
		return "holds U+FFFD, which stands for characters that were lost when the file was made"
	}
	return ""
}
