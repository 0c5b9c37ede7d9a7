package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
)

const (
	defaultLast = 10 * time.Second
	longest     = time.Minute
)

// config says what to measure; nothing means to print the tables.
type config struct {
	sizes, load bool
	n           int
	last        time.Duration
	record      string
}

func run(ctx context.Context, cfg config, out io.Writer) error {
	f, err := known()
	if err != nil {
		return err
	}
	if !cfg.sizes && !cfg.load {
		for _, b := range f.blocks() {
			fmt.Fprintf(out, "\n%s\n\n%s", strings.ToUpper(b.name), b.text)
		}
		return nil
	}
	if cfg.n < 1 || cfg.last <= 0 || cfg.last > longest {
		return fmt.Errorf("-n must be positive, and -last at most %v", longest)
	}
	probe, err := newShare(fullCPU, controllers[:]...) // rather now than after minutes
	if err != nil {
		return err
	}
	if err := probe.close(); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "capacity")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	h, err := newHouse(ctx, folder)
	if err != nil {
		return err
	}
	defer h.close()
	f.measured.Date, f.measured.Machine = time.Now().Format(time.DateOnly), machine()
	if cfg.sizes {
		if f.measured.Sizes, err = h.sizes(ctx, cfg.n); err != nil {
			return err
		}
		fmt.Fprint(out, f.sizeTable())
	}
	if cfg.load {
		if f.measured.Load, err = h.load(ctx, f.measured.Sizes, cfg.last); err != nil {
			return err
		}
		fmt.Fprint(out, f.loadTable())
	}
	if cfg.record == "" {
		return nil
	}
	text, err := json.MarshalIndent(f.measured, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(cfg.record, append(text, '\n'), 0o644) // #nosec G306 -- figures that are committed
}

// load offers each scenario's multiples of its limit, one after the other.
func (h *house) load(ctx context.Context, sizes []size, last time.Duration) ([]level, error) {
	var all []level
	var faults []error
	for _, s := range scenarios() {
		for _, factor := range factors {
			l, err := h.offer(ctx, s, factor, last, s.takes(sizes), wallClock)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
			for _, fault := range l.faults {
				faults = append(faults, errors.New(s.name+": "+fault))
			}
			all = append(all, l)
		}
	}
	return all, errors.Join(faults...)
}

// machine says in a few words what this is.
func machine() string {
	model := runtime.GOARCH
	text, _ := os.ReadFile("/proc/cpuinfo") // elsewhere the architecture must do
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			model = strings.TrimSpace(value)
			break
		}
	}
	return fmt.Sprintf("%s, %d cores, %s, %s", model, runtime.NumCPU(), runtime.GOOS, runtime.Version())
}
