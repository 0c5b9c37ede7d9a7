package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"deskpro-login/pkg/lambdahttp/runtimetest"
)

// config says how much to measure.
type config struct {
	cold, warm int
	arch       string
}

// run measures everything, prints the table to out and returns how many
// targets were missed.
func run(ctx context.Context, cfg config, out io.Writer) (over int, err error) {
	if cfg.cold < 1 || cfg.warm < 1 {
		return 0, errors.New("nothing to measure: -cold and -warm must be positive")
	}
	folder, err := os.MkdirTemp("", "bench")
	if err != nil {
		return 0, fmt.Errorf("making a folder: %w", err)
	}
	defer os.RemoveAll(folder)
	built, err := build(ctx, folder, runtime.GOARCH, cfg.arch)
	if err != nil {
		return 0, err
	}
	cloud, err := startCloud(filepath.Join(folder, "bundle.pem"))
	if err != nil {
		return 0, err
	}
	defer cloud.close()
	s, err := newSubjects(ctx, built[runtime.GOARCH], cloud)
	if err != nil {
		return 0, err
	}
	started, err := coldStart(ctx, cloud, cfg.cold, s.empty, s.hash,
		s.plain.redirect, s.plain.page, s.plain.signIn, s.tls.redirect, s.tls.page, s.tls.signIn)
	if err != nil {
		return 0, err
	}
	// Apart, because a hash's memory would push the others out of the caches.
	invoked := map[*subject]samples[time.Duration]{}
	if err := warm(ctx, invoked, cfg.warm, s.empty, s.redirectFloor, s.plain.page, s.plain.redirect); err != nil {
		return 0, err
	}
	if err := warm(ctx, invoked, cfg.warm, s.hash, s.signInFloor, s.plain.signIn); err != nil {
		return 0, err
	}

	t := newTable(out)
	t.coldStarts(s, started, cfg.cold)
	t.warm(s, invoked, cfg.warm)
	if err := t.sizes(s, started, built); err != nil {
		return 0, err
	}
	t.calls(s, started)
	return t.over, t.out.Flush()
}

// build builds all packages for each architecture and returns the folders.
func build(ctx context.Context, folder string, architectures ...string) (map[string]string, error) {
	built := map[string]string{}
	for _, arch := range architectures {
		if arch == "" || built[arch] != "" {
			continue
		}
		into := filepath.Join(folder, arch)
		err := runtimetest.Build(ctx, runtimetest.BuildConfig{Into: into, Packages: packages[:], Arch: arch})
		if err != nil {
			return nil, err
		}
		built[arch] = into
	}
	return built, nil
}
