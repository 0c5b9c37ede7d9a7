package doctor_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"deskpro-login/infra/loginctl/doctor"
)

func TestAListIsAHundredColumnsWide(t *testing.T) {
	found := []doctor.Finding{
		{ID: "stack/outputs", Level: doctor.OK, What: strings.Repeat("word ", 60)},
		{ID: "deskpro/" + strings.Repeat("long.", 10) + "example/certificate", Level: doctor.Fail, What: "ends", Why: strings.Repeat("bécause ", 40), Fix: "run " + strings.Repeat("x", 120) + " now"},
	}
	golden(t, "list.txt", listed(t, found))
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 4 {
		t.Fatalf("there are %v, %v", files, err)
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(content)) {
			line = strings.TrimSuffix(line, "\n")
			if words := strings.Fields(line); utf8.RuneCountInString(line) > 100 && len(words) > 1 {
				t.Errorf("%s: %d columns: %s", name, utf8.RuneCountInString(line), line)
			}
			if strings.TrimRight(line, " ") != line {
				t.Errorf("%s: space at the end of: %s", name, line)
			}
		}
	}
}

func TestLevelsAreColouredWhereThatIsWanted(t *testing.T) {
	found := []doctor.Finding{{ID: "a/b", Level: doctor.OK, What: "well"}, {ID: "a/c", Level: doctor.Fail, What: "not", Why: "so", Fix: "do"}}
	var plain, coloured bytes.Buffer
	if err := doctor.List(&plain, found, false); err != nil {
		t.Fatal(err)
	}
	if err := doctor.List(&coloured, found, true); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(plain.String(), "\x1b") {
		t.Errorf("without colours it is %q", &plain)
	}
	want := "\x1b[32mok  \x1b[0m  a/b  well\n\x1b[31mfail\x1b[0m  a/c  not\n"
	if !strings.HasPrefix(coloured.String(), want) {
		t.Errorf("with colours it is %q, want it to begin with %q", &coloured, want)
	}
	if got := strings.NewReplacer("\x1b[32m", "", "\x1b[31m", "", "\x1b[0m", "").Replace(coloured.String()); got != plain.String() {
		t.Errorf("without its colours it is %q, want %q", got, &plain)
	}
}

func TestASummaryCounts(t *testing.T) {
	for _, row := range []struct {
		want  string
		found []doctor.Finding
	}{
		{"0 failed, 0 to look at, 0 ok", nil},
		{"0 failed, 0 to look at, 2 ok", []doctor.Finding{{Level: doctor.OK}, {Level: doctor.OK}}},
		{"2 failed, 2 to look at, 0 ok; of those to look at 1 could not be checked; failed: a, d", []doctor.Finding{
			{ID: "a", Level: doctor.Fail}, {ID: "b", Level: doctor.Warn}, {ID: "c", Level: doctor.Warn, Unchecked: true}, {ID: "d", Level: doctor.Fail},
		}},
	} {
		if got := doctor.Summary(row.found); got != row.want {
			t.Errorf("got %q, want %q", got, row.want)
		}
	}
}
