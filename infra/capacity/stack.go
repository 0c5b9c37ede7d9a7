package main

import (
	"time"

	"deskpro-login/pkg/audit"
)

// What follows is the stack's, and held to template.yaml and monitoring.yaml by
// a test.
const (
	throttleRate = 100 // requests a second, unless set otherwise
	doors        = 2
	coldStarts   = 3                      // metrics: one for each function that people reach
	refusalTime  = 500 * time.Millisecond // what a wrong guess takes at least, unless set otherwise
)

// memorySize is a function's, in MB.
func memorySize(function, directory string) int {
	switch function {
	case "login":
		return 512
	case "authenticate":
		if directory == cognito {
			return 512
		}
		return 1024
	}
	return 256
}

// alarmMetrics is how many metrics alarms watch, with both doors and the edge.
func alarmMetrics(directory string) int {
	if directory == dynamodb {
		return 44 // four are the accounts table's
	}
	return 40
}

// How many words the metrics' dimensions have, beside the challenges; held by a
// test to the code that says them.
const (
	outcomes = 19
	codes    = 8
	reasons  = 3 // for which a request went past the edge

	// poolOutcomes are those that only a user pool's sign-ins have.
	poolOutcomes = 6
)

// customMetrics is how many there are at most: what has not happened in an
// hour costs nothing in that hour.
func customMetrics(directory string) int {
	sizes := map[string]int{"door": doors, "outcome": outcomes, "code": codes, "reason": reasons}
	if directory == cognito {
		sizes["challenge"] = len(audit.Challenges()) - len(audit.TableChallenges())
	} else {
		sizes["outcome"] -= poolOutcomes
		sizes["challenge"] = len(audit.TableChallenges())
	}
	n := coldStarts
	for _, metric := range audit.Metrics() {
		for _, set := range metric.Dimensions {
			combinations := 1
			for _, dimension := range set {
				if sizes[dimension] == 0 {
					panic("how many values the dimension " + dimension + " has is not known here")
				}
				combinations *= sizes[dimension]
			}
			n += combinations
		}
	}
	return n
}
