package runtimetest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// BuildConfig says what Build builds.
type BuildConfig struct {
	// Into is the folder for the executables, made if missing. Each is named
	// after the last part of its package's path.
	Into string
	// Packages are main packages of the module that the caller runs in.
	Packages []string
	// Arch is the GOARCH; empty means this host's.
	Arch string
}

// Build builds functions as they are built for Lambda: static, without paths
// and symbols, and without the RPC mode of the retired go1.x runtime.
func Build(ctx context.Context, cfg BuildConfig) error {
	args := []string{
		"build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-tags", "lambda.norpc",
		"-o", strings.TrimRight(cfg.Into, "/") + "/",
	}
	cmd := exec.CommandContext(ctx, "go", append(args, cfg.Packages...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if cfg.Arch != "" {
		cmd.Env = append(cmd.Env, "GOOS=linux", "GOARCH="+cfg.Arch)
	}
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", strings.Join(cfg.Packages, " "), err, output)
	}
	return nil
}
