package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAShareIsOfOneCPUInAPeriodOfTwentyMilliseconds(t *testing.T) {
	for _, row := range []struct {
		name, file string
		files      []string
		memory     int
		want       string
	}{
		{"version 1", "cpu.cfs_quota_us", []string{"cpu.cfs_period_us", "cpu.cfs_quota_us"}, 512, "5788"},
		{"version 1", "cpu.cfs_period_us", []string{"cpu.cfs_period_us", "cpu.cfs_quota_us"}, 512, "20000"},
		{"version 2", "cpu.max", []string{"cpu.max"}, 128, "1447 20000"},
		{"a whole one", "cpu.max", []string{"cpu.max"}, 1769, "20000 20000"},
		{"never more", "cpu.max", []string{"cpu.max"}, 3008, "20000 20000"},
	} {
		folder := t.TempDir()
		for _, name := range row.files {
			if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := &share{folder}
		if err := s.limit(row.memory); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(folder, row.file))
		if err != nil || string(got) != row.want {
			t.Errorf("%s: %s of %d MB is %q, want %q (%v)", row.name, row.file, row.memory, got, row.want, err)
		}
	}
}

func TestWithoutAControllerTheErrorSaysWhatIsNeeded(t *testing.T) {
	if _, err := newShare(512, t.TempDir()); err == nil || !strings.Contains(err.Error(), "needs root") {
		t.Errorf("error = %v", err)
	}
}

// A hash costs the same CPU with any share; only what is given of it is less.
func TestASmallShareMakesAHashWaitAndCostsNoMoreCPU(t *testing.T) {
	probe, err := newShare(512, controllers[:]...)
	if err != nil {
		t.Skip("no CPU controller to write to: ", err)
	}
	if err := probe.close(); err != nil {
		t.Fatal(err)
	}
	h := newTestHouse(t)
	const memory = 256 // a seventh
	limited, err := h.begin(t.Context(), "authenticate", dynamodb, memory)
	if err != nil {
		t.Fatal(err)
	}
	defer limited.end()
	const n = 5
	for range n {
		if err := limited.once("POST /{door}/login", signIn(person(0), password), 302); err != nil {
			t.Fatal(err)
		}
	}
	took := mean(limited.took) * n
	// A busy machine makes it wait longer, never shorter. What the first period
	// gives, and what the kernel notices late, come out of the factor.
	if cpu := milliseconds(limited.used); took < 3*cpu {
		t.Errorf("took %.0f ms for %.0f ms of CPU, want about seven times as much", took, cpu)
	}
}
