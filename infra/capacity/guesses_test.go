package main

import "testing"

// A guess reads its counters, three or that of the known browser alone, and
// writes each. A right one begins those of the account anew, which a known
// browser's reads for that, and takes the source's back.
func TestWhatAGuessCosts(t *testing.T) {
	all, err := guesses()
	if err != nil {
		t.Fatal(err)
	}
	want := []guess{
		{"right, from a browser that is not known", 3, 3 + 2 + 1 + 1, true}, // the last: the browser is written down
		// The browser, and whether all was ended since, are read twice, and what is
		// to begin anew.
		{"right, from one that is", 2 + 1 + 2 + 2, 1 + 1, true},
		{"right, from one that was written down long ago, a tenth of `KNOWN_BROWSER_FOR`", 2 + 1 + 2 + 2, 1 + 1 + 2, true},
		{"wrong, from one that is known", 2 + 1, 1, false},
		{"wrong, from one that is not", 3, 3, false},
		{"one that has to wait", 3, 0, false},
	}
	if len(all) != len(want) {
		t.Fatalf("got %v, want %v", all, want)
	}
	for i := range want {
		if all[i] != want[i] {
			t.Errorf("got %+v, want %+v", all[i], want[i])
		}
	}
}

// What is counted here is what the real processes were seen to do.
func TestAGuessCostsWhatTheFunctionsDo(t *testing.T) {
	f, err := known()
	if err != nil {
		t.Fatal(err)
	}
	for _, directory := range []string{dynamodb, cognito} {
		for kind, g := range map[string]guess{"sign-in": f.guesses[0], "wrong password": f.guesses[4], "unknown account": f.guesses[4]} {
			r, session := f.request(kind, directory), 0.0
			if g.signsIn {
				session = 2 // it and the list that it is in: each is written, and what ended it and that list are read
			}
			if got := r.Reads - r.AccountReads - session; got != float64(g.reads) {
				t.Errorf("%s with %s: the functions read %v, want %d", kind, directory, got, g.reads)
			}
			if got := r.Writes - r.AccountWrites - session; got != float64(g.writes) {
				t.Errorf("%s with %s: the functions write %v, want %d", kind, directory, got, g.writes)
			}
		}
	}
}
