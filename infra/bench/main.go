// Command bench measures what the project's functions cost beyond an empty
// aws-lambda-go function: cold start, warm latency, size. Everything runs on
// this machine, in one process for each function, with a stand-in for AWS.
//
// Ratios are what to look at. A round alternates between all subjects, so that
// a noisy machine is noisy for each; still, compare only within one run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
)

func main() {
	var cfg config
	flag.IntVar(&cfg.cold, "cold", 60, "cold starts of each function")
	flag.IntVar(&cfg.warm, "warm", 400, "warm invocations of each function")
	flag.StringVar(&cfg.arch, "arch", "arm64", "a further `GOARCH` whose zipped sizes to show; empty for none")
	strict := flag.Bool("strict", false, "fail when a target is missed")
	flag.Parse()

	over, err := run(context.Background(), cfg, os.Stdout)
	if err == nil && *strict && over > 0 {
		err = errors.New("targets were missed")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
