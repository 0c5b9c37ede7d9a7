package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"
)

// The targets. A cold start and a warm invocation are held against the empty
// function's, a sign-in against one that only hashes.
const (
	coldPlain   = 1.8
	coldTLS     = 3.1
	warmRatio   = 1.10
	signInExtra = 1.0  // ms
	zipLimit    = 3.5  // MB
	memoryLimit = 12.0 // MB
)

func (t *table) coldStarts(s *subjects, r *coldStarts, n int) {
	t.section(fmt.Sprintf("COLD START, n = %d", n), "median", "quartiles", "÷ empty", "target")
	empty, hash := r.took[s.empty].median(), r.took[s.hash].median()-r.took[s.empty].median()
	row := func(subject *subject, limit float64) {
		median, quartiles := spread(r.took[subject])
		if limit == 0 {
			t.line(subject.name, target{}, median, quartiles, times(r.took[subject].median(), empty, 0).figure())
			return
		}
		ratio := times(r.took[subject].median(), empty, limit)
		t.line(subject.name, ratio, median, quartiles, ratio.figure())
	}
	row(s.empty, 0)
	row(s.hash, 0)
	for _, over := range []struct {
		house
		limit float64
	}{{s.plain, coldPlain}, {s.tls, coldTLS}} {
		row(over.redirect, over.limit)
		row(over.page, over.limit)
		row(over.signIn, 0)
		less := r.took[over.signIn].median() - hash
		ratio := times(less, empty, over.limit)
		t.line("  less the hash", ratio, fmt.Sprintf("%.3f ms", milliseconds(less)), "", ratio.figure())
	}
}

func (t *table) warm(s *subjects, took map[*subject]samples[time.Duration], n int) {
	t.section(fmt.Sprintf("WARM, n = %d", n), "median", "quartiles", "against", "target")
	row := func(subject *subject, held target, against string) {
		median, quartiles := spread(took[subject])
		figure := ""
		if held.unit != "" {
			figure = held.figure() + " " + against
		}
		t.line(subject.name, held, median, quartiles, figure)
	}
	also := func(held target, against string) {
		t.line("  beyond the bare AWS calls", held, "", "", held.figure()+" "+against)
	}
	median := func(s *subject) time.Duration { return took[s].median() }
	row(s.empty, target{}, "")
	row(s.redirectFloor, target{}, "")
	row(s.plain.page, times(median(s.plain.page), median(s.empty), warmRatio), s.empty.name)
	row(s.plain.redirect, times(median(s.plain.redirect), median(s.empty), warmRatio), s.empty.name)
	also(times(median(s.plain.redirect), median(s.redirectFloor), warmRatio), s.redirectFloor.name)
	row(s.hash, target{}, "")
	row(s.signInFloor, target{}, "")
	row(s.plain.signIn, extra(median(s.plain.signIn), median(s.hash), signInExtra), s.hash.name)
	also(extra(median(s.plain.signIn), median(s.signInFloor), signInExtra), s.signInFloor.name)
}

// sizes adds the zipped size of each function in the folders, by architecture,
// and the resident size at the first answer. Signing in needs the hash's own
// memory, 19 MiB at least, and is held to no target.
func (t *table) sizes(s *subjects, r *coldStarts, folders map[string]string) error {
	t.section("SIZE", "zipped", "target")
	for _, arch := range slices.Sorted(maps.Keys(folders)) {
		for _, function := range [...]string{"empty", "login", "authenticate", "logout"} {
			size, err := zippedSize(filepath.Join(folders[arch], function))
			if err != nil {
				return err
			}
			held := megabytes(size, zipLimit)
			t.line(function+", "+arch, held, held.figure())
		}
	}
	t.section("RESIDENT at the first answer", "median", "target")
	for _, subject := range []*subject{s.empty, s.plain.page, s.plain.redirect, s.tls.redirect, s.plain.signIn} {
		held := megabytes(r.resident[subject].median(), memoryLimit)
		figure := held.figure()
		if subject == s.plain.signIn {
			held = target{}
		}
		t.line(subject.name, held, figure)
	}
	return nil
}

func (t *table) calls(s *subjects, r *coldStarts) {
	t.section("AWS CALLS until the first answer")
	for _, subject := range []*subject{s.plain.redirect, s.plain.page, s.plain.signIn} {
		t.line(subject.name, target{}, r.calls[subject])
	}
}
