// Package runtimetest plays Lambda to a real `bootstrap` process: it serves the
// Runtime API (version 2018-06-01) on loopback, starts the process with
// Lambda's environment and hands it one event after another. Start first, then
// Invoke, then Stop; Build makes the binary.
//
// It is for tests and benchmarks of whole functions on the host. It does not
// restart a process that has ended, limits neither its memory nor its CPU, and
// knows no extensions and no response streaming.
package runtimetest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// defaultTimeout is Lambda's own for a function that sets none.
const defaultTimeout = 3 * time.Second

// outputDelay is how long the process's output may stay open after its end.
const outputDelay = time.Second

// Config says what to start, and how.
type Config struct {
	// Binary is the function's executable. Its folder is the working directory.
	Binary string
	// Env holds the function's own variables as NAME=value. They are added to
	// those that Lambda sets and win over them; nothing else is inherited.
	Env []string
	// Name is the function's name; empty means that of Binary.
	Name string
	// Timeout is what one invocation may take, as in the function's settings;
	// zero means 3 s.
	Timeout time.Duration
	// Stdout and Stderr receive what the process writes, and may be the same
	// writer; nil discards it.
	Stdout, Stderr io.Writer
}

// Process is a running function. Its methods are safe for concurrent use; it
// is given one event at a time however many invocations wait.
type Process struct {
	cmd     *exec.Cmd
	name    string
	timeout time.Duration
	server  *http.Server
	output  tail
	started time.Time
	queue   chan *invocation
	ended   chan struct{} // closed once exit is set
	exit    error

	mu      sync.Mutex
	current map[string]*invocation
	init    *FunctionError
}

// Start starts the process. It does not wait for the function to ask for its
// first event: a process that fails to initialise shows in the first Invoke.
func Start(cfg Config) (*Process, error) {
	binary, err := filepath.Abs(cfg.Binary)
	if err != nil {
		return nil, fmt.Errorf("locating the function's binary: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for the runtime API: %w", err)
	}
	p := &Process{
		name:    cfg.Name,
		timeout: cfg.Timeout,
		queue:   make(chan *invocation),
		ended:   make(chan struct{}),
		current: map[string]*invocation{},
	}
	if p.name == "" {
		p.name = filepath.Base(binary)
	}
	if p.timeout == 0 {
		p.timeout = defaultTimeout
	}
	p.server = &http.Server{Handler: p.handler()}
	go func() { _ = p.server.Serve(listener) }() // ends with Close

	p.cmd = exec.Command(binary)
	p.cmd.Dir = filepath.Dir(binary)
	p.cmd.Env = append(environment(p.name, p.cmd.Dir, listener.Addr().String()), cfg.Env...)
	p.cmd.Stdout = p.output.tee(cfg.Stdout)
	p.cmd.Stderr = p.output.tee(cfg.Stderr)
	p.cmd.WaitDelay = outputDelay
	p.started = time.Now()
	if err := p.cmd.Start(); err != nil {
		_ = p.server.Close()
		return nil, fmt.Errorf("starting the function: %w", err)
	}
	go func() {
		p.exit = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// Started returns when the process was spawned.
func (p *Process) Started() time.Time { return p.started }

// PID returns the process's id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Invoke hands payload to the function and returns what it answers, as soon as
// that is posted. An error that the function answers is a *FunctionError; a
// process that has ended without an answer is an *ExitError. When ctx or the
// function's timeout ends first, the process is killed, as Lambda does.
func (p *Process) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	inv := newInvocation(payload)
	select {
	case p.queue <- inv:
	case <-p.ended:
		return nil, p.exitError()
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for the function to take the event: %w", ctx.Err())
	}

	ctx, cancel := context.WithTimeoutCause(ctx, p.timeout,
		fmt.Errorf("function timed out after %s: %w", p.timeout, context.DeadlineExceeded))
	defer cancel()
	select {
	case answer := <-inv.answer:
		return answer.payload, answer.err
	case <-p.ended:
	case <-ctx.Done():
		p.kill()
	}
	select { // an answer given just before the end is still an answer
	case answer := <-inv.answer:
		return answer.payload, answer.err
	default:
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("waiting for the function's answer: %w", context.Cause(ctx))
	}
	return nil, p.exitError()
}

// Stop kills the process, as Lambda ends one without extensions, and returns
// once it is gone. It may be called more than once.
func (p *Process) Stop() {
	p.kill()
	_ = p.server.Close()
}

func (p *Process) kill() {
	_ = p.cmd.Process.Kill() // already ended is as good
	<-p.ended
}

// FunctionError is an invocation that the function answered with an error, or
// the error with which it gave up its initialisation.
type FunctionError struct {
	// Type and Message are the errorType and errorMessage of Payload.
	Type, Message string
	// Payload is the JSON that the function posted.
	Payload []byte
}

func (e *FunctionError) Error() string {
	return fmt.Sprintf("function error %s: %s", e.Type, e.Message)
}

// ExitError is a process that ended without answering.
type ExitError struct {
	// Status says how it ended, for example "exit status 1".
	Status string
	// Init is what it posted as its initialisation's error; nil if nothing.
	Init *FunctionError
	// Output is the last part of what it wrote.
	Output string
}

func (e *ExitError) Error() string {
	message := "function ended: " + e.Status
	if e.Init != nil {
		message += ": " + e.Init.Error()
	}
	return message + "\n" + e.Output
}

func (p *Process) exitError() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	status := "exit status 0"
	if p.exit != nil {
		status = p.exit.Error()
	}
	return &ExitError{Status: status, Init: p.init, Output: p.output.String()}
}
