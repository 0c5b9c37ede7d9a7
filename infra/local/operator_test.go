package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// operator has a loginctl of their own.
type operator struct {
	t       *testing.T
	program string
}

func newOperator(t *testing.T) *operator {
	t.Helper()
	o := &operator{t, filepath.Join(t.TempDir(), "loginctl")}
	if out, err := exec.Command("go", "build", "-o", o.program, "../loginctl").CombinedOutput(); err != nil {
		t.Fatalf("building loginctl: %v\n%s", err, out)
	}
	return o
}

// loginctl runs it with the flags that l's banner has for commands such as the
// first of args, account or secret, and returns what it prints.
func (o *operator) loginctl(l *local, stdin string, args ...string) string {
	o.t.Helper()
	for _, line := range l.banner {
		_, command, _ := strings.Cut(line, "./infra/loginctl ")
		if words := strings.Fields(command); len(words) > 2 && words[0] == args[0] {
			args = append(args, words[2:]...)
		}
	}
	c := exec.Command(o.program, args...)
	c.Env = []string{"HOME=" + o.t.TempDir(), "AWS_EC2_METADATA_DISABLED=true"}
	c.Stdin = strings.NewReader(stdin)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		o.t.Fatalf("loginctl %q: %v\n%s", args, err, &stderr)
	}
	return string(out)
}
