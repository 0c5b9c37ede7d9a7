package roll_test

import (
	"strings"
	"testing"

	"deskpro-login/infra/loginctl/roll"
)

func TestRefusedRowsAreWrittenToBeCorrected(t *testing.T) {
	for _, row := range []struct {
		name         string
		format       roll.Format
		separator    byte
		file, want   string
		wrong, right string
	}{
		{"CSV", roll.CSV, 0,
			"\ufefflogin,email,name,attribute.note,password\r\nmara,m@example.com,Mara,,\r\ndora,,\"Dora, the \"\"second\"\"\",\"a\r\nb\"," + long + "\r\nfred,f@example.com,5\" disk,,\r\ngert\r\n",
			"login,email,name,attribute.note,password,line,reason\n" +
				"dora,,\"Dora, the \"\"second\"\"\",\"a\r\nb\"," + long + ",3,account lacks what Deskpro requires: no email address\n" +
				"\"fred,f@example.com,5\"\" disk,,\",,,,,5,\"there is a quote in a cell that does not begin with one (such a cell is put between quotes, and the quote written twice)\"\n" +
				"gert,,,,,6,\"it has 1 cells, and there are 5 columns\"\n",
			"dora,,", "dora,d@example.com,"},
		{"CSV of semicolons", roll.CSV, ';',
			"login;reason;email;line;name\ndora;old;;7;Dora\n",
			"login;email;name;line;reason\ndora;;Dora;2;account lacks what Deskpro requires: no email address\n",
			"dora;", "dora;d@example.com"},
		{"JSON Lines", roll.JSONL, 0,
			`{"login":"mara","email":"m@example.com","name":"Mara"}` + "\n" + `{"login":"dora","groups":["<a>"],"attributes":{"k":"\u0041"},"email":"","line":7,"reason":"old","name":"Dora"}` + "\n" + `{"login":` + "\n" + `{"login":"fred","phone":1}` + "\n",
			`{"login":"dora","groups":["<a>"],"attributes":{"k":"\u0041"},"email":"","name":"Dora","line":2,"reason":"account lacks what Deskpro requires: no email address"}` + "\n" +
				`{"text":"{\"login\":","line":3,"reason":"it is not a JSON object"}` + "\n" +
				`{"login":"fred","phone":1,"line":4,"reason":"there is no key \"phone\"; what is an attribute belongs into the object attributes"}` + "\n",
			`"email":""`, `"email":"d@example.com"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := &site{directoryFake: newFake(), change: func(c *roll.Config) { c.Separator = row.separator }}
			first := s.run(t, row.format, row.file)
			if got := s.rejects.String(); got != row.want {
				t.Fatalf("%s\nwant\n%s", got, row.want)
			}
			corrected := strings.Replace(s.rejects.String(), row.wrong, row.right, 1)
			s.rejects.Reset()
			second := s.run(t, row.format, corrected)
			if second.Added != 1 || s.accounts["dora"] == nil || second.Bad != first.Bad-1 {
				t.Errorf("once corrected: %s, %q", counts(second), s.problems)
			}
		})
	}
}

func TestWhereNothingIsRefusedTheFileIsEmpty(t *testing.T) {
	s := &site{directoryFake: newFake()}
	s.run(t, roll.CSV, "login,email,name\nmara,m@example.com,Mara\n")
	if got := s.rejects.String(); got != "login,email,name,line,reason\n" {
		t.Errorf("%q", got)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

var errFull = &fullError{}

type fullError struct{}

func (*fullError) Error() string { return "the disk is full" }

func TestRefusedRowsThatCannotBeWrittenEndTheImport(t *testing.T) {
	for format, file := range map[roll.Format]string{roll.CSV: "login\n" + strings.Repeat("mara\n", 2000), roll.JSONL: "{}\n{}\n"} {
		s := &site{directoryFake: newFake(), change: func(c *roll.Config) { c.Rejects = full{} }}
		if _, err := roll.Import(t.Context(), s.config(format, file)); err == nil || !strings.Contains(err.Error(), "the disk is full") {
			t.Errorf("%s: %v", format, err)
		}
	}
}
