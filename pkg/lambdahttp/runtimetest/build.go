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
// and symbols, and without the RPC mode of the retired go1.x runtime. In a test
// it makes the go command, which caches results, see the functions' sources.
func Build(ctx context.Context, cfg BuildConfig) error {
	if err := touchSources(ctx, cfg.Packages); err != nil {
		return err
	}
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

// touchSources looks at every file of the module that the packages are built
// from: what a test looks at is part of its result's key in the cache.
func touchSources(ctx context.Context, packages []string) error {
	const files = `{{if and .Module .Module.Main}}{{$dir := .Dir}}{{.Module.GoMod}}{{"\n"}}` +
		`{{range .GoFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}{{range .EmbedFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}{{end}}`
	list, err := exec.CommandContext(ctx, "go", append([]string{"list", "-deps", "-f", files}, packages...)...).Output()
	if err != nil {
		return fmt.Errorf("listing the sources of %s: %w", strings.Join(packages, " "), err)
	}
	for _, file := range strings.Fields(string(list)) {
		if _, err := os.Stat(file); err != nil {
			return fmt.Errorf("looking at a source: %w", err)
		}
	}
	return nil
}
