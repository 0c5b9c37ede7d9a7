package web

import (
	"log/slog"
	"strings"
	"testing"
)

// A line of level Error is counted as a failure, which takes deployments back
// and wakes people: nobody outside may cause one by what they send.
func TestOnlyOurOwnFaultsAreFailures(t *testing.T) {
	for _, p := range problems {
		ours := strings.HasPrefix(p.code, "DPL-3") || strings.HasPrefix(p.code, "DPL-4")
		if got := p.level == slog.LevelError; got != ours {
			t.Errorf("%s counts as a failure: %v, want %v", p.code, got, ours)
		}
	}
}
