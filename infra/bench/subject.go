package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"deskpro-login/pkg/lambdahttp/runtimetest"
)

// subject is one kind of invocation that is measured.
type subject struct {
	name string
	// binary is the function's executable, env its own variables.
	binary string
	env    []string
	event  []byte
	// status, and a part that Location or the body must have, so that it is
	// not an error page whose speed is measured.
	status int
	holds  string
}

// start starts the function as Lambda does below 1,769 MB, where it has less
// than one CPU, with what template.yaml sets for that.
func (s *subject) start() (*runtimetest.Process, error) {
	p, err := runtimetest.Start(runtimetest.Config{
		Binary:  s.binary,
		Env:     append([]string{"GOMAXPROCS=1"}, s.env...),
		Timeout: 10 * time.Second,
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	return p, nil
}

// invoke invokes the function once, checks what it answers and returns when
// that was posted.
func (s *subject) invoke(ctx context.Context, p *runtimetest.Process) (events.APIGatewayV2HTTPResponse, time.Time, error) {
	var answer events.APIGatewayV2HTTPResponse
	payload, err := p.Invoke(ctx, s.event)
	answered := time.Now()
	if err != nil {
		return answer, answered, fmt.Errorf("%s: %w", s.name, err)
	}
	if err := json.Unmarshal(payload, &answer); err != nil {
		return answer, answered, fmt.Errorf("%s: reading its answer: %w", s.name, err)
	}
	if answer.StatusCode != s.status || !strings.Contains(location(answer)+answer.Body, s.holds) {
		return answer, answered, fmt.Errorf("%s: answered %d without %q, want %d with it: %s",
			s.name, answer.StatusCode, s.holds, s.status, answer.Body)
	}
	return answer, answered, nil
}

func location(answer events.APIGatewayV2HTTPResponse) string {
	for name, value := range answer.Headers {
		if http.CanonicalHeaderKey(name) == "Location" {
			return value
		}
	}
	return ""
}

// coldStart returns the time from spawning the process to its first answer and
// the process's resident size then, in bytes.
func (s *subject) coldStart(ctx context.Context) (took time.Duration, resident int64, err error) {
	p, err := s.start()
	if err != nil {
		return 0, 0, err
	}
	defer p.Stop()
	_, answered, err := s.invoke(ctx, p)
	if err != nil {
		return 0, 0, err
	}
	resident, err = residentSize(p.PID())
	return answered.Sub(p.Started()), resident, err
}

// residentSize returns VmRSS of a process, in bytes.
func residentSize(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("reading the resident size: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		var kib int64
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kib); n == 1 {
			return kib << 10, nil
		}
	}
	return 0, fmt.Errorf("process %d shows no resident size", pid)
}
