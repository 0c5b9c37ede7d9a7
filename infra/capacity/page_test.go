package main

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the generated parts of README.md")

const readme = "README.md"

func TestTheReadmeHasTheTables(t *testing.T) {
	f, err := known()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for _, b := range f.blocks() {
		begin, end := "<!-- "+b.name+" -->\n", "<!-- /"+b.name+" -->"
		before, rest, ok := strings.Cut(page, begin)
		got, after, closed := strings.Cut(rest, end)
		if !ok || !closed {
			t.Fatalf("README.md lacks the lines %q and %q: write them where the table belongs, then go test ./infra/capacity -update", begin, end)
		}
		if got != b.text && !*update {
			t.Errorf("README.md's %s are not what the code makes of calls.json and measured.json; go test ./infra/capacity -update rewrites them\n got:\n%s\nwant:\n%s", b.name, got, b.text)
		}
		page = before + begin + b.text + end + after
	}
	if *update {
		if err := os.WriteFile(readme, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWithoutFlagsTheTablesArePrinted(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), config{}, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"COSTS", "HTTP API requests", "UTILISATION", "UserAuthentication"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("output lacks %q:\n%s", want, &out)
		}
	}
}

func TestALoadTestEndsByItself(t *testing.T) {
	for _, last := range []time.Duration{0, time.Minute + 1} {
		if err := run(t.Context(), config{load: true, n: 1, last: last}, &bytes.Buffer{}); err == nil {
			t.Errorf("%v are accepted", last)
		}
	}
}

func TestNumbersAsPeopleWriteThem(t *testing.T) {
	for got, want := range map[string]string{
		thousands(0): "0", thousands(999): "999", thousands(1000): "1,000", thousands(1234567): "1,234,567",
		rounded(22_345): "22,000", rounded(50): "50", rounded(120): "120", rounded(7): "7",
		percent(0.0012): "0.1 %", percent(0.25): "25 %", percent(2.5): "**250 %**", percent(1): "**100 %**",
		dollars(0): "", dollars(0.125): "0.12", dollars(750): "750.00",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
