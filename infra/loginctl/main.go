// Command loginctl is the operator's tool for a deployed sign-in page.
//
//	go run ./infra/loginctl --help
//
// Each sub-command is a file of this package and a line in newRoot. What it
// prints is for its standard output alone; what went wrong, and what to do about
// it, goes to standard error. It exits with 1 when something failed and with 2
// when it was called wrongly.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/hint"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)   // so that a second one ends what the first has not
	signal.Ignore(syscall.SIGPIPE) // or nobody would be told of what was done but not printed
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		withoutQuotes(root)
	}
	var misnamed error
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		if rest := cmd.Flags().Args(); cmd.HasSubCommands() && len(rest) > 0 {
			misnamed = unknown(cmd, rest) // which cobra would pass over beside --help
			return
		}
		help(cmd, args)
	})
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = misnamed
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, syscall.EPIPE) && hint.Of(err) == "":
		return 1 // as by head, which has what it wanted
	}
	fmt.Fprintln(stderr, "loginctl:", printable(err.Error()))
	if todo := hint.Of(err); todo != "" {
		fmt.Fprintln(stderr, "hint:", printable(todo))
	}
	if errors.As(err, new(*usageError)) {
		return 2
	}
	return 1
}
