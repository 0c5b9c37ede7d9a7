package roll_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"deskpro-login/infra/loginctl/roll"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
)

// odd are accounts with all that a file has to carry.
func odd() []*account.Account {
	plain := &account.Account{Login: "ann", ID: "1", Email: "ann@example.com", Name: "Ann"}
	return []*account.Account{plain, mara(),
		{
			Login: "=cmd|' /c calc'!a0", ID: "-1", Email: "=x@example.com", EmailVerified: true, FirstName: "Re\u2028né", LastName: `O"Brien, "the" <b>`,
			Groups: []string{"[a", "b;c", "d,e", "ü"}, Disabled: true,
			Attributes:  map[string]string{"address": "Way 1\r\nTown\n", "a,b": `"`, "ü": " x "},
			Credentials: account.Credentials{PasswordHash: "hash:x,y", MustChange: true, PasswordExpires: now},
		},
		{Login: "zoe doe", Alias: "zoe@example.com", ID: "\u00e9", Email: "z@example.com", Name: "Zoe", Groups: []string{"b", "a", "b"}, Credentials: account.Credentials{MustChange: true}},
	}
}

func export(t *testing.T, f *directoryFake, format roll.Format, hashes bool) (string, roll.Written) {
	t.Helper()
	var to bytes.Buffer
	written, err := roll.Export(t.Context(), roll.Exported{All: f.All, To: &to, Format: format, Hashes: hashes})
	if err != nil {
		t.Fatalf("Export: %v", err)
	}
	return to.String(), written
}

func TestAnExportIsWrittenSo(t *testing.T) {
	f := newFake(odd()...)
	csv, written := export(t, f, roll.CSV, true)
	if want := `login,alias,id,email,email_verified,name,first_name,last_name,groups,"attribute.a,b",attribute.address,attribute.dept,attribute.ü,disabled,must_change,password_hash,password_expires
=cmd|' /c calc'!a0,,-1,=x@example.com,true,,Re` + "\u2028" + `né,"O""Brien, ""the"" <b>","[""[a"",""b;c"",""d,e"",""ü""]","""","Way 1` + "\r" + `
Town
",," x ",true,true,"hash:x,y",2030-01-31T12:00:00Z
ann,,1,ann@example.com,false,Ann,,,,,,,,false,false,,
mara,mara@example.com,id-1,m@example.com,true,Mara,,,agents;vip,,,sales,,false,false,hash:old password of mara,
zoe doe,zoe@example.com,é,z@example.com,false,Zoe,,,a;b,,,,,false,true,,
`; csv != want {
		t.Errorf("%s\nwant\n%s", csv, want)
	}
	if written != (roll.Written{Accounts: 4, Formulas: 3}) {
		t.Errorf("%+v, want four accounts and three formulas", written)
	}
	jsonl, _ := export(t, f, roll.JSONL, false)
	_, second, _ := strings.Cut(jsonl, "\n")
	second, _, _ = strings.Cut(second, "\n")
	if want := `{"login":"ann","alias":"","id":"1","email":"ann@example.com","email_verified":false,"name":"Ann","first_name":"","last_name":"","groups":[],"attributes":{},"disabled":false,"must_change":false}`; second != want {
		t.Errorf("%s\nwant\n%s", second, want)
	}
}

func TestAnExportThatIsImportedIsExportedAlike(t *testing.T) {
	for _, format := range []roll.Format{roll.CSV, roll.JSONL} {
		for _, hashes := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, hashes %v", format, hashes), func(t *testing.T) {
				from := newFake(odd()...)
				file, _ := export(t, from, format, hashes)
				if strings.Contains(file, "sealed") || strings.Contains(file, "hash:") != hashes {
					t.Errorf("an export with hashes %v holds %s", hashes, file)
				}
				into := &site{directoryFake: newFake()}
				if got := counts(into.run(t, format, file)); got != "4 added" {
					t.Fatalf("imported: %s, %q", got, into.problems)
				}
				if again, _ := export(t, into.directoryFake, format, hashes); again != file {
					t.Errorf("%s\nbecomes\n%s", file, again)
				}
				// And nothing differs where it came from.
				same := &site{directoryFake: from, change: func(c *roll.Config) { c.Existing, c.UpdatePasswords = roll.Update, true }}
				if got := counts(same.run(t, format, file)); got != "4 unchanged" {
					t.Errorf("where it came from: %s, %q, %q", got, same.problems, same.acts)
				}
			})
		}
	}
}

func TestAnExportTellsWhatItLeavesOut(t *testing.T) {
	f := newFake(mara())
	f.unreadable["odd"] = true
	for _, format := range []roll.Format{roll.CSV, roll.JSONL} {
		var told []error
		var to bytes.Buffer
		written, err := roll.Export(t.Context(), roll.Exported{All: f.All, To: &to, Format: format, Report: func(err error) { told = append(told, err) }})
		if err != nil || written.Accounts != 1 || written.Unreadable != 1 || len(told) != 1 {
			t.Errorf("%s: %+v, %v, %q", format, written, err, told)
		}
	}
}

func TestCellsThatASpreadsheetRunsAreCounted(t *testing.T) {
	for _, row := range []struct {
		name string
		want int
	}{{"=1", 1}, {"+1", 1}, {"-1", 1}, {"@a", 1}, {"\uff1d1", 1}, {"\uff0b1", 1}, {"\uff0d1", 1}, {"\uff20a", 1}, {"a=1", 0}, {"\uff21", 0}} {
		if _, written := export(t, newFake(&account.Account{Login: "a", ID: "i", Name: row.name}), roll.CSV, false); written.Formulas != row.want {
			t.Errorf("of %q %d, want %d", row.name, written.Formulas, row.want)
		}
	}
}

func TestAnExportFails(t *testing.T) {
	for _, row := range []struct {
		name   string
		format roll.Format
		from   func(*directoryFake)
		to     bool
		want   string
	}{
		{"where the directory does", roll.JSONL, func(f *directoryFake) {
			f.fault = func(string, int) (bool, error) { return false, directory.ErrUnavailable }
		}, true, "reading accounts: directory unavailable"},
		{"where the directory does, behind the header", roll.CSV, func(f *directoryFake) {
			f.fault = func(_ string, n int) (bool, error) {
				if n == 2 {
					return false, directory.ErrUnavailable
				}
				return true, nil
			}
		}, true, "reading accounts: directory unavailable"},
		{"where it cannot be written", roll.CSV, func(*directoryFake) {}, false, "writing accounts: the disk is full"},
		{"for a format that there is not", "xml", func(*directoryFake) {}, true, `there is no format "xml"`},
		{"where an attribute comes up", roll.CSV, func(f *directoryFake) {
			f.fault = func(_ string, n int) (bool, error) {
				if n == 2 {
					f.accounts["mara"].Attributes["new"] = "x"
				}
				return true, nil
			}
		}, true, "an account was given an attribute that none had when the export began: begin anew"},
		{"for more attributes than columns", roll.CSV, func(f *directoryFake) {
			for i := range 200 {
				f.accounts["mara"].Attributes[fmt.Sprint(i)] = "x"
			}
		}, true, "the accounts have 201 different attributes, too many for the columns of CSV"},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := newFake(mara())
			row.from(f)
			c := roll.Exported{All: f.All, To: new(bytes.Buffer), Format: row.format}
			if !row.to {
				c.To = full{}
			}
			if _, err := roll.Export(t.Context(), c); err == nil || err.Error() != row.want {
				t.Errorf("error = %v, want %s", err, row.want)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := roll.Export(ctx, roll.Exported{All: newFake().All, To: new(bytes.Buffer), Format: roll.JSONL}); err == nil {
		t.Error("an export whose context has ended succeeded")
	}
}
