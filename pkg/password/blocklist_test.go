package password_test

import (
	_ "embed"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"deskpro-login/pkg/password"
)

//go:embed blocklist.txt
var blocklist string

func TestTheBlocklistHasTheTopThreeThousandOfEachLength(t *testing.T) {
	policy := newPolicy(t, password.PolicyConfig{})
	counts := map[bool]int{}
	for line := range strings.Lines(blocklist) {
		entry := strings.TrimSuffix(line, "\n")
		length := utf8.RuneCountInString(entry)
		if length < 8 {
			continue
		}
		// ASVS 6.2.4 asks for the top 3,000 "which match the application's
		// password policy": another list for each of the two minima.
		factor := length < 15
		counts[factor]++
		for _, typed := range []string{entry, strings.ToUpper(entry)} {
			if got := reason(t, policy, typed, nil, factor); got != tooCommon {
				t.Errorf("%q: %q, want %q", typed, got, tooCommon)
			}
		}
	}
	for factor, least := range map[bool]int{false: 3000, true: 3000} {
		if counts[factor] < least {
			t.Errorf("with factor %v the list has %d entries, want %d", factor, counts[factor], least)
		}
	}
	t.Logf("%d entries of 15 characters and more, %d of 8 to 14", counts[false], counts[true])
}

func TestTheBlocklistCanBeSearched(t *testing.T) {
	if !strings.HasSuffix(blocklist, "\n") {
		t.Error("the last line is not ended")
	}
	lines := strings.Split(strings.TrimSuffix(blocklist, "\n"), "\n")
	if !slices.IsSorted(lines) {
		t.Error("the lines are not in the order of their bytes")
	}
	if len(slices.Compact(slices.Clone(lines))) != len(lines) {
		t.Error("a line is there twice")
	}
	for _, line := range lines {
		switch n := utf8.RuneCountInString(line); {
		case n < 4 || n > 64:
			t.Errorf("%q has %d characters, want 4 to 64", line, n)
		case line != strings.ToLower(line) || line != strings.TrimSpace(line):
			t.Errorf("%q is not in lower case, or has spaces around it", line)
		case !utf8.ValidString(line) || strings.ContainsFunc(line, unicode.IsControl):
			t.Errorf("%q is not text", line)
		}
	}
}

func TestWhatIsBesideTheBlocklistIsNotListed(t *testing.T) {
	policy := newPolicy(t, password.PolicyConfig{})
	first, _, _ := strings.Cut(blocklist, "\n")
	last := strings.TrimSuffix(blocklist, "\n")
	last = last[strings.LastIndexByte(last, '\n')+1:]
	for _, typed := range []string{
		"kahovi metruzos", "manchesterunitee", "manchesterunited kahovi", "anchesterunited kahovi",
		first + " kahovi metruzo", last + " kahovi metruzo", "\u00ffkahovi metruzo", " kahovi metruzo",
	} {
		if got := reason(t, policy, typed, nil, false); got != fit {
			t.Errorf("%q: %q", typed, got)
		}
	}
}
