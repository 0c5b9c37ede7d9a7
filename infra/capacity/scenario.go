package main

import "time"

// scenario is a limit, so small that this machine can go far beyond it.
type scenario struct {
	name, directory string
	// quota is Cognito's and throttle the stage's, in requests a second; zero is
	// none.
	quota, throttle float64
	// environments are those of authenticate, each with the CPU of memory in MB
	// (zero: all of it), and latency is a call's to Cognito.
	environments, memory int
	latency              time.Duration
}

// factors are the multiples of the limit that are offered.
var factors = [...]float64{0.5, 1, 2, 4}

// scenarios are those of the page: a tenth of Cognito's quota, of the stage's
// throttle, and as few environments as make a limit.
func scenarios() []scenario {
	return []scenario{
		{name: "Cognito's quota, a tenth", directory: cognito, quota: 12, environments: 16},
		{name: "the stage's throttle, a tenth", directory: cognito, throttle: throttleRate / 10, environments: 8},
		{name: "4 environments, Cognito in 250 ms", directory: cognito, environments: 4, latency: 250 * time.Millisecond},
		{name: "2 environments of 256 MB, hashing", directory: dynamodb, environments: 2, memory: 256},
	}
}

// takes is what one sign-in takes, by what was measured without a limit of
// another kind.
func (s scenario) takes(sizes []size) time.Duration {
	memory := s.memory
	if memory == 0 {
		memory = fullCPU
	}
	busy := facts{measured: measured{Sizes: sizes}}.size("sign-in", s.directory, memory).Busy
	return s.latency + time.Duration(busy*float64(time.Millisecond))
}

// limit is how many sign-ins a second may get through, and model how many of
// those offered do.
func (s scenario) limit(takes time.Duration) float64 {
	if rate := max(s.quota, s.throttle); rate > 0 {
		return rate
	}
	return float64(s.environments) / takes.Seconds()
}

func (s scenario) model(offered, seconds float64, takes time.Duration) float64 {
	if s.quota+s.throttle == 0 {
		return offered * (1 - refused(concurrency(offered, takes), s.environments))
	}
	return carried(offered, s.limit(takes), s.atOnce(), seconds) / seconds
}

// atOnce is what a quota or throttle lets through beyond its rate: as many as
// may be out of step while a clock stands still.
func (s scenario) atOnce() float64 { return float64(s.environments) }
