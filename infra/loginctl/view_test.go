package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// A list of any length is printed as it comes, under one heading.
func TestALongListIsPrintedInBlocks(t *testing.T) {
	var out bytes.Buffer
	list := &table{out: &out}
	for i := range 2*block + 50 {
		if err := list.add(accountView{Login: fmt.Sprint("login", i), ID: strings.Repeat("i", i/block+1)}); err != nil {
			t.Fatal(err)
		}
		if len(list.rows) > block {
			t.Fatalf("%d rows are held", len(list.rows))
		}
	}
	if err := list.flush(); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "LOGIN"); n != 1 {
		t.Errorf("there are %d headings", n)
	}
	for i := range 2*block + 50 {
		if !strings.Contains(out.String(), fmt.Sprintf("\nlogin%d ", i)) {
			t.Errorf("login%d is not in it", i)
		}
	}
}

func TestWhatComesFromATableSteersNoTerminal(t *testing.T) {
	const odd = "a\x1b[2J\n\t\u009b\u202e\u2066\u200b\u2028\u2029\ufe0f\u3164\U000e0041\x00\x7fé👩b"
	var text, encoded bytes.Buffer
	if err := aligned(&text, "", []string{odd, odd}); err != nil {
		t.Fatal(err)
	}
	if err := printJSON(&encoded, map[string]string{odd: odd}); err != nil {
		t.Fatal(err)
	}
	for _, got := range []string{strings.TrimSuffix(text.String(), "\n"), strings.TrimSuffix(encoded.String(), "\n")} {
		if strings.ContainsAny(got, "\x1b\n\t\u009b\u202e\u2066\u200b\u2028\u2029\ufe0f\u3164\U000e0041\x00\x7f") || !strings.Contains(got, "é👩b") {
			t.Errorf("printed is %q", got)
		}
	}
	if want := `{"a\u001b[2J\n\t\u009b\u202e\u2066\u200b\u2028\u2029\ufe0f\u3164\udb40\udc41\u0000\u007fé👩b":`; !strings.HasPrefix(encoded.String(), want) {
		t.Errorf("JSON is %s", encoded.String())
	}
}
