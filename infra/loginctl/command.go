package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deskpro-login/infra/loginctl/hint"
)

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "loginctl",
		Short: "Set up and run the sign-in page for Deskpro",
		Long: `loginctl is for whoever operates the sign-in page: it explains a deployed stack,
sees to the accounts in its table, lifts the waits that follow on wrong guesses,
changes the secrets that it shares with Deskpro, and checks its functions'
variables. It finds credentials and the Region where the AWS CLI finds them.`,
		Version:       buildInfo(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetUsageTemplate(strings.NewReplacer(
		"{{if .Runnable}}", "{{if not .HasAvailableSubCommands}}", // see explain
		"FlagUsages", "FlagUsagesWrapped 80",
	).Replace(root.UsageTemplate()))
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return misuse(cmd, "%w", err)
	})
	root.AddCommand(newSetup(), newAccount(), newBan(), newSecret(), newToken(), newDoctor(), newHash(), newConfig(), newVersion())
	root.SetHelpCommand(&cobra.Command{
		Use:   "help [command]",
		Short: "Explain a command",
		RunE: func(_ *cobra.Command, args []string) error {
			found, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return unknown(root, args)
			}
			found.InitDefaultHelpFlag() // as if --help had been given
			found.InitDefaultVersionFlag()
			return found.Help()
		},
	})
	root.InitDefaultCompletionCmd()
	explain(root)
	return root
}

// explain makes commands that only group others show their help, and refuse
// what is none of them, which cobra does for the root alone. A command that
// takes no arguments refuses them in our words. Flags are listed in the order in
// which they were thought of, and times as people give them.
func explain(cmd *cobra.Command) {
	cmd.Flags().SortFlags = false
	cmd.PersistentFlags().SortFlags = false
	cmd.InheritedFlags().SortFlags = false
	if !cmd.Runnable() {
		cmd.Args = cobra.ArbitraryArgs
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknown(cmd, args)
			}
			return cmd.Help()
		}
	}
	eachFlag(cmd, func(f *pflag.Flag) {
		if d, err := time.ParseDuration(f.DefValue); err == nil && f.Value.Type() == "duration" {
			f.DefValue = lasting(d)
		}
	})
	for _, child := range cmd.Commands() {
		explain(child)
	}
}

func eachFlag(cmd *cobra.Command, do func(*pflag.Flag)) {
	cmd.Flags().VisitAll(do)
	cmd.PersistentFlags().VisitAll(do)
}

// withoutQuotes takes the marks that help needs out of what flags are for: a
// shell shows that as it is.
func withoutQuotes(cmd *cobra.Command) {
	eachFlag(cmd, func(f *pflag.Flag) { f.Usage = strings.ReplaceAll(f.Usage, "`", "") })
	for _, child := range cmd.Commands() {
		withoutQuotes(child)
	}
}

// usageError is a command line that makes no sense; nothing was done.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

// misuse is a usageError that points to the command's help.
func misuse(cmd *cobra.Command, format string, args ...any) error {
	return &usageError{hint.With(fmt.Errorf(format, args...), "%s --help says how it is called", cmd.CommandPath())}
}

// longestName is of a command that somebody may have mistyped.
const longestName = 24

func unknown(cmd *cobra.Command, args []string) error {
	err := fmt.Errorf("there is no command %q", cmd.CommandPath()+" "+strings.Join(args, " "))
	if len(args[0]) > longestName {
		err = fmt.Errorf("%s has no such command", cmd.CommandPath()) // it may be a token or a secret
	}
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		nearest := slices.MinFunc(near, func(a, b string) int { return hint.Distance(args[0], a) - hint.Distance(args[0], b) })
		return &usageError{hint.With(err, "did you mean %s %s?", cmd.CommandPath(), nearest)}
	}
	return &usageError{hint.With(err, "%s --help lists the commands", cmd.CommandPath())}
}

// noArguments is the Args of a command that has flags only.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return misuse(cmd, "unexpected argument %q", args[0])
	}
	return nil
}

// unseen reports whether r steers the terminal, or shows as nothing: with it, two
// texts that differ would look the same.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// printable keeps what others worded from steering the terminal, and from looking
// like something else.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unseen(r) && r != '\n' {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
