// Command capacity says what the stack costs and how much it carries: from the
// calls that its functions make, counted by a test, and the time that they
// take, measured here.
//
//	go run ./infra/capacity                     prints README.md's tables
//	go run ./infra/capacity -sizes -load        measures, for some minutes
//	… -record infra/capacity/measured.json      and keeps it for the tables
//
// It contacts nothing but loopback. Measuring needs root: a process gets a memory
// size's part of a CPU by a control group.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	var cfg config
	flag.BoolVar(&cfg.sizes, "sizes", false, "measure each kind of request with each memory size")
	flag.BoolVar(&cfg.load, "load", false, "offer more sign-ins than scaled-down limits let through")
	flag.IntVar(&cfg.n, "n", 40, "requests of each kind, with -sizes")
	flag.DurationVar(&cfg.last, "last", defaultLast, "how long each rate is offered, with -load; at most a minute")
	flag.StringVar(&cfg.record, "record", "", "`file` to keep what was measured in")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, cfg, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "capacity:", err)
		os.Exit(1)
	}
}
