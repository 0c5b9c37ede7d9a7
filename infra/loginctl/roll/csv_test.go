package roll

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// all reads a file to its end and shows each record in a line.
func all(t *testing.T, f Format, source io.Reader, separator byte) (shown []string, err error) {
	t.Helper()
	in, err := open(f, source, separator, true)
	for err == nil {
		var rec record
		if rec, err = in.next(); err != nil {
			break
		}
		line := fmt.Sprint(rec.line)
		if rec.last != rec.line {
			line += fmt.Sprintf("-%d", rec.last)
		}
		for _, m := range rec.members {
			line += fmt.Sprintf(" %s=%s", m.name, showValue(m.value))
		}
		if rec.problem != "" {
			line += " !" + rec.problem
		}
		shown = append(shown, line)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return shown, err
}

func showValue(v value) string {
	switch v.kind {
	case text:
		return fmt.Sprintf("%q", v.text)
	case flag:
		return fmt.Sprint(v.flag)
	case list:
		return fmt.Sprintf("%q", v.list)
	case object:
		return fmt.Sprintf("%q", v.object)
	case null:
		return "null"
	}
	return "odd"
}

func TestCSV(t *testing.T) {
	const (
		behind = "there is something behind the quote that closes a cell (a quote within a cell is written twice)"
		inside = "there is a quote in a cell that does not begin with one (such a cell is put between quotes, and the quote written twice)"
	)
	for _, row := range []struct {
		name, file string
		want       []string
	}{
		{"is read by its columns", "login,name\na,Ada\nb,Bea\n", []string{`2 login="a" name="Ada"`, `3 login="b" name="Bea"`}},
		{"may end without a line end", "login\na", []string{`2 login="a"`}},
		{"may have a byte order mark", "\ufefflogin\na\n", []string{`2 login="a"`}},
		{"may have CRLF", "login,name\r\na,Ada\r\nb,\"Bea\"\r\nc,\r\n", []string{`2 login="a" name="Ada"`, `3 login="b" name="Bea"`, `4 login="c" name=""`}},
		{"may end in CR", "login,name\r\na,Ada\r", []string{`2 login="a" name="Ada"`}},
		{"may have empty lines and rows, which count as lines", "\nlogin,name\n\n,\r\na,Ada\n\n", []string{`5 login="a" name="Ada"`}},
		{"keeps what is between quotes", "login,name\na,\" Ada, \"\"the\"\" first \"\n", []string{`2 login="a" name=" Ada, \"the\" first "`}},
		{"keeps white space without quotes", "login,name\n a , Ada\n", []string{`2 login=" a " name=" Ada"`}},
		{"counts lines within cells", "login,name\na,\"Ada\nthe first\"\nb,Bea\n", []string{`2-3 login="a" name="Ada\nthe first"`, `4 login="b" name="Bea"`}},
		{"keeps CRLF within cells", "login,name\r\na,\"1\r\n2\r3\"\r\n", []string{`2-3 login="a" name="1\r\n2\r3"`}},
		{"has a quoted empty cell", "login,name\na,\"\"\n", []string{`2 login="a" name=""`}},
		{"has a row with a cell too few", "login,name\na\nb,Bea\n", []string{`2 !it has 1 cells, and there are 2 columns`, `3 login="b" name="Bea"`}},
		{"has a row with a cell too many", "login,name\na,b,c\n", []string{`2 !it has 3 cells, and there are 2 columns`}},
		{"has a quote in a bare cell", "login,name\na,5\" disk\nb,Bea\n", []string{`2 !` + inside, `3 login="b" name="Bea"`}},
		{"has text behind a quoted cell", "login,name\na,\"Ada\" L\nb,Bea\n", []string{`2 !` + behind, `3 login="b" name="Bea"`}},
		{"has CR behind a quoted cell", "login,name\na,\"Ada\"\rL\nb,Bea\n", []string{`2 !` + behind, `3 login="b" name="Bea"`}},
		// The quote that was meant to open Bea's name closes what Ada's opened.
		{"has a quote that another row's closes", "login,name\na,\"Ada\nb,\"Bea\"\nc,Cy\n", []string{`2-3 !` + behind, `4 login="c" name="Cy"`}},
		{"has a quote that nothing closes", "login,name\na,x\nb,\"Ada\nc,Bea\n", []string{
			`2 login="a" name="x"`, `3-4 !the quote that opens a cell in line 3 is never closed, so that all that follows is in that cell`}},
		{"has a row that is too long", "login,name\na," + strings.Repeat("x", maxRow) + "\nb,Bea\n", []string{
			`2 !it has more than 64 KiB, or more than 200 cells`, `3 login="b" name="Bea"`}},
		{"has a long row with line ends in quotes", "login,name\na,\"" + strings.Repeat("x\nz,Zoe\n", maxRow/4) + "\"\nb,Bea\n", []string{
			fmt.Sprintf(`2-%d !it has more than 64 KiB, or more than 200 cells`, 2+maxRow/2), fmt.Sprintf(`%d login="b" name="Bea"`, 3+maxRow/2)}},
		{"has a row with too many cells", "login,name\na" + strings.Repeat(",", 1000) + "\nb,Bea\n", []string{
			`2 !it has more than 64 KiB, or more than 200 cells`, `3 login="b" name="Bea"`}},
		{"has a NUL and broken UTF-8, which rows are checked for", "login,name\na,\x00\nb,\xff\n", []string{`2 login="a" name="\x00"`, `3 login="b" name="\xff"`}},
	} {
		t.Run("a file "+row.name, func(t *testing.T) {
			for name, source := range map[string]io.Reader{
				"at once":          strings.NewReader(row.file),
				"a byte at a time": iotest.OneByteReader(strings.NewReader(row.file)),
			} {
				got, err := all(t, CSV, source, 0)
				if err != nil || !slices.Equal(got, row.want) {
					t.Errorf("%s: %q, %v\nwant %q", name, got, err, row.want)
				}
			}
		})
	}
}

func TestCSVOfAnotherSeparator(t *testing.T) {
	got, err := all(t, CSV, strings.NewReader("login;groups\na;\"x;y\"\nb,b;z\n"), ';')
	want := []string{`2 login="a" groups="x;y"`, `3 login="b,b" groups="z"`}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

func TestAFileThatCannotBeReadToItsEndIsAnError(t *testing.T) {
	for _, f := range []Format{CSV, JSONL} {
		source := io.MultiReader(strings.NewReader("login\n{}\n"), iotest.ErrReader(errors.New("the disk is gone")))
		if _, err := all(t, f, source, 0); err == nil || !strings.Contains(err.Error(), "the disk is gone") {
			t.Errorf("%s: %v, want that the disk is gone", f, err)
		}
	}
}

// Whatever the standard library takes to be well-formed is read alike, but for
// what is documented.
func FuzzCSV(f *testing.F) {
	for _, file := range []string{
		"login,name\na,Ada\n", "login\r\n\"a\"\r\n", "login,name\na,\"x\ny\"\n,\n", "\ufefflogin\n\"\"\"\"\n", "login\na\"b\n", "login\n\"a\"b\n\"c", "login,a\n\r,\r\r\n",
	} {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file string) {
		in, err := open(CSV, strings.NewReader(file), 0, true)
		if err != nil {
			return
		}
		var got [][]string
		wellFormed, line := true, 0
		for {
			rec, err := in.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if rec.line <= line || rec.last < rec.line {
				t.Fatalf("a row in lines %d to %d follows line %d", rec.line, rec.last, line)
			}
			line = rec.last
			if rec.problem != "" {
				wellFormed = wellFormed && strings.HasPrefix(rec.problem, "it has ")
				continue
			}
			var cells []string
			for _, m := range rec.members {
				cells = append(cells, m.value.text)
			}
			got = append(got, cells)
		}
		if line > strings.Count(file, "\n")+1 {
			t.Fatalf("the last row is in line %d", line)
		}
		if strings.Contains(file, "\r") {
			return // theirs drops it in some places
		}
		theirs := csv.NewReader(strings.NewReader(strings.TrimPrefix(file, "\ufeff")))
		theirs.FieldsPerRecord = -1
		rows, err := theirs.ReadAll()
		if (err == nil) != wellFormed {
			t.Fatalf("well-formed: %v, but the standard library says %v", wellFormed, err)
		}
		if err != nil {
			return
		}
		rows = slices.DeleteFunc(rows, blank)
		rows = slices.DeleteFunc(rows, func(cells []string) bool { return len(cells) != len(rows[0]) })[1:]
		if !slices.EqualFunc(got, rows, slices.Equal) {
			t.Fatalf("read %q, the standard library %q", got, rows)
		}
	})
}

// What encoding/csv writes is what is read.
func FuzzCSVRoundTrip(f *testing.F) {
	f.Add("a\r\nb", " \" ", ",;\n")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if len(a)+len(b)+len(c) > maxRow/2 {
			return
		}
		var file bytes.Buffer
		w := csv.NewWriter(&file)
		want := []string{"l", a, b, c}
		for _, cells := range [][]string{{"login", "1", "2", "3"}, want} {
			if err := w.Write(cells); err != nil {
				t.Fatal(err)
			}
		}
		w.Flush()
		in, err := open(CSV, &file, 0, true)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := in.next()
		if err != nil || rec.problem != "" {
			t.Fatalf("%v, %s", err, rec.problem)
		}
		for i, m := range rec.members {
			if m.value.text != want[i] {
				t.Errorf("cell %d is %q, want %q", i, m.value.text, want[i])
			}
		}
	})
}
