package main

import (
	"math"
	"net/http"
	"time"
)

// assumption is a number that could be had neither from a test nor from a page.
type assumption struct {
	what  string
	value float64
	unit  string
}

var (
	dynamoCall  = assumption{"a call of DynamoDB takes", 5, "ms"}
	cognitoCall = assumption{"AdminInitiateAuth takes", 150, "ms"}
	coldShare   = assumption{"of the requests, those that meet a cold start are", 0.01, ""}
	coldStart   = assumption{"a cold start takes, and is charged, beyond the request", 200, "ms"}
	signInsEach = assumption{"a person active in a month signs in, in that month,", 20, "times"}
	accessLine  = assumption{"a line of the access log has", 520, "bytes"}
	platformLog = assumption{"Lambda's own two lines on a request have", 720, "bytes"}
	eventExtra  = assumption{"CloudWatch Logs charges for each line, beyond it,", 26, "bytes"}
	wireExtra   = assumption{"an answer has, beyond the function's headers and its body,", 200, "bytes"}
	traced      = assumption{"of the requests, those traced are (fewer beyond one a second: 5 % of the rest)", 1, ""}
	busyMonth   = assumption{"environments of each function that are busy all month, for the fixed costs,", 1, ""}
)

func assumptions() []assumption {
	return []assumption{dynamoCall, cognitoCall, coldShare, coldStart, signInsEach, accessLine, platformLog, eventExtra, wireExtra, traced, busyMonth}
}

// took is how long a request occupies an environment that has no pause, on AWS:
// as measured at the stack's memory size, and its calls, or what every refusal
// takes.
func (f facts) took(kind, directory string) time.Duration {
	r := f.request(kind, directory)
	ms := f.size(kind, directory, memorySize(r.Function, directory)).Busy + r.waits()
	took := time.Duration(ms * float64(time.Millisecond))
	if r.Status == http.StatusUnauthorized {
		return max(took, refusalTime)
	}
	return took
}

// waits is what the calls take on AWS, in milliseconds.
func (r request) waits() float64 {
	ms := 0.0
	for operation, n := range r.Calls {
		each := dynamoCall.value
		if operation == "AdminInitiateAuth" {
			each = cognitoCall.value
		}
		ms += each * float64(n)
	}
	return ms
}

// gbSeconds is what Lambda charges for a time in ms, whole milliseconds each.
func gbSeconds(memory int, ms float64) float64 {
	return float64(memory) / 1024 * math.Ceil(ms) / 1000
}

// concurrency is how many environments so many requests a second keep busy, on
// average (Little's law).
func concurrency(perSecond float64, took time.Duration) float64 { return perSecond * took.Seconds() }

// refused is the share of requests that find no idle environment, where people
// come at random and nobody waits in line (Erlang's loss formula).
func refused(busy float64, environments int) float64 {
	share := 1.0
	for n := range environments {
		share = busy * share / (float64(n+1) + busy*share)
	}
	return share
}

// enough is how many environments refuse fewer than one request in a thousand.
func enough(busy float64) int {
	share, n := 1.0, 0
	for share >= 0.001 {
		n++
		share = busy * share / (float64(n) + busy*share)
	}
	return n
}

// carried is how many get through of those that are offered for a while, given
// a limit a second and what it lets through at once.
func carried(offered, limit, atOnce, seconds float64) float64 {
	return min(offered*seconds, limit*seconds+atOnce)
}
