package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	// fullCPU is the memory size in MB that comes with one vCPU; less comes with
	// a part of it: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
	fullCPU = 1769
	// period is that over which a part is measured out. AWS does not publish
	// Lambda's; people who looked report 20 ms.
	period = 20 * time.Millisecond
)

// share gives processes a part of one CPU, by a control group of its own.
type share struct{ folder string }

// controllers are where Linux keeps the CPU controller, version 1 and 2.
var controllers = [...]string{"/sys/fs/cgroup/cpu", "/sys/fs/cgroup"}

// newShare makes a group with what Lambda gives to memory MB. It needs root,
// or a delegated folder among roots.
func newShare(memory int, roots ...string) (*share, error) {
	var errs []error
	for _, root := range roots {
		folder, err := os.MkdirTemp(root, "capacity-")
		if err != nil {
			errs = append(errs, err)
			continue
		}
		s := &share{folder}
		err = s.limit(memory)
		if err == nil {
			return s, nil
		}
		errs = append(errs, err, s.close())
	}
	return nil, fmt.Errorf("giving a process a part of a CPU needs root and a CPU controller of Linux: %w", errors.Join(errs...))
}

func (s *share) limit(memory int) error {
	quota := period * time.Duration(min(memory, fullCPU)) / fullCPU
	if s.set("cpu.max", fmt.Sprint(quota.Microseconds(), " ", period.Microseconds())) == nil {
		return nil
	}
	if err := s.set("cpu.cfs_period_us", fmt.Sprint(period.Microseconds())); err != nil {
		return err
	}
	return s.set("cpu.cfs_quota_us", fmt.Sprint(quota.Microseconds()))
}

// set writes to one of the group's files, which the kernel has made.
func (s *share) set(name, value string) error {
	file, err := os.OpenFile(filepath.Join(s.folder, name), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(value)
	return errors.Join(err, file.Close())
}

// take moves a process with all its threads into the group.
func (s *share) take(pid int) error {
	if err := s.set("cgroup.procs", strconv.Itoa(pid)); err != nil {
		return fmt.Errorf("limiting a process: %w", err)
	}
	return nil
}

// close removes the group, whose processes must have ended.
func (s *share) close() error {
	err := os.Remove(s.folder)
	for range 50 { // a process that was waited for may take a moment to leave
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
		err = os.Remove(s.folder)
	}
	return err
}

// cpuTime is what a process has used so far, in all its threads.
func cpuTime(pid int) (time.Duration, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(files) == 0 {
		return 0, fmt.Errorf("process %d shows no CPU time", pid)
	}
	var total time.Duration
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // the thread has just ended
		}
		used, _, _ := strings.Cut(string(text), " ")
		nanoseconds, err := strconv.ParseInt(used, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("reading %s: %w", file, err)
		}
		total += time.Duration(nanoseconds)
	}
	return total, nil
}
