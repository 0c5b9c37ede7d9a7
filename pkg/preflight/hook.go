package preflight

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"
)

const (
	// reserve is left for the report and the log, reportTimeout of it for the
	// report with all its attempts.
	reserve       = 10 * time.Second
	reportTimeout = 9 * time.Second
	// unwind is what a trial has to end in once its time is up.
	unwind = 2 * time.Second
)

// Status is what CodeDeploy takes as a hook's result:
// https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_PutLifecycleEventHookExecutionStatus.html
type Status string

const (
	succeeded Status = "Succeeded"
	failed    Status = "Failed"
)

// Event is what CodeDeploy invokes a hook with:
// https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
type Event struct {
	DeploymentID string `json:"DeploymentId"`
	// ExecutionID is what a report is about. It is not logged.
	ExecutionID string `json:"LifecycleEventHookExecutionId"`
}

// HookConfig configures a Hook.
type HookConfig struct {
	// Try returns all that is wrong: a Trial's Run, or the reason for which
	// there can be none. Required.
	Try func(context.Context) []error
	// Report tells CodeDeploy and tries more than once: a deployment without a
	// report hangs for an hour. It returns soon after its context ends. Required.
	Report func(context.Context, Event, Status) error
	// Log is told what is wrong. Nil means slog.Default().
	Log *slog.Logger
}

// Hook is what lambda.Start takes: the Lambda function that CodeDeploy calls
// before it allows traffic. It reports in any case: also when the trial
// panics, or time is about to run out.
type Hook struct{ cfg HookConfig }

// NewHook returns a Hook.
func NewHook(cfg HookConfig) (*Hook, error) {
	if cfg.Try == nil || cfg.Report == nil {
		return nil, errors.New("preflight: Try and Report are required")
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	return &Hook{cfg}, nil
}

// Invoke answers one event. Its errors are an event that CodeDeploy would not
// send, and a report that did not get through.
func (h *Hook) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var event Event
	if err := json.Unmarshal(payload, &event); err != nil || event.DeploymentID == "" || event.ExecutionID == "" {
		return nil, errors.New("not an event of a CodeDeploy hook") // the cause would quote it
	}
	log := h.cfg.Log.With("deployment", event.DeploymentID)
	began := time.Now()
	wrong := h.try(ctx)
	for _, err := range wrong {
		if f, ok := errors.AsType[*failure](err); ok {
			log.LogAttrs(ctx, slog.LevelError, "check failed", f.attrs()...)
		} else {
			log.ErrorContext(ctx, "cannot check", "error", err)
		}
	}
	status := succeeded
	if len(wrong) > 0 {
		status = failed
	}
	reporting, cancel := context.WithTimeout(ctx, reportTimeout)
	defer cancel()
	if err := h.cfg.Report(reporting, event, status); err != nil {
		// Lambda shows the error that is returned without its deployment.
		log.ErrorContext(ctx, "cannot report: the deployment waits for an hour unless somebody stops it", "status", status, "error", err)
		return nil, fmt.Errorf("reporting %s of deployment %s: %w", status, event.DeploymentID, err)
	}
	log.InfoContext(ctx, "reported", "status", status, "failures", len(wrong), "milliseconds", time.Since(began).Milliseconds())
	return json.Marshal(map[string]Status{"status": status})
}

// try runs the trial until there is just enough time left to report.
func (h *Hook) try(ctx context.Context) []error {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(time.Minute) // not inside Lambda
	}
	waiting, stop := context.WithDeadline(ctx, deadline.Add(-reserve))
	defer stop()
	trying, cancel := context.WithDeadline(ctx, deadline.Add(-reserve-unwind))
	defer cancel()
	ended := make(chan []error, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil { // its value may quote a token
				ended <- []error{fmt.Errorf("panic of type %T\n%s", v, debug.Stack())}
			}
		}()
		ended <- h.cfg.Try(trying)
	}()
	select {
	case wrong := <-ended:
		return wrong
	case <-waiting.Done():
		return []error{errors.New("the checks did not end in time: has the function a minute?")}
	}
}
