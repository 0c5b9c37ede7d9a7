package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/infra/loginctl/roll"
	"deskpro-login/pkg/audit"
)

// accountExport is the sub-command's flags.
type accountExport struct {
	where           *where
	format, written string
	hashes, bar     bool
}

func newAccountExport(w *where) *cobra.Command {
	c := accountExport{where: w}
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write all accounts to a file, as CSV or JSON Lines",
		Long: `export writes all accounts as account import takes them, in the order in which the
table gives them: to standard output, unless that is a terminal, or to a file. That
it was done is written down.

The file of --output is one that nobody but you may read, and there only once it is
whole. It replaces what has its name, be that a symbolic link; a pipe or device is
written, if it is yours or root's. If loginctl is killed, a part is left beside it,
as .FILE.123456, with the hashes in it: delete that.

With hashes people keep their passwords wherever the file is imported; and whoever
gets the file can try out passwords at leisure, without this page's limits. Without
hashes the accounts come to be without passwords. Authenticator apps are never
written: their keys are sealed for this table.

Cells of CSV are written as they are. A spreadsheet takes those that begin with =,
+, - or @, be it full-width, for formulas, which may send away what is beside them:
import the file there as text, or use JSON Lines. How many there are is told. To
name its columns CSV needs to read the table twice.`,
		Example: `  loginctl account export --region eu-west-1 --output people.csv

  # to another stack, with passwords
  loginctl account export --region eu-west-1 --format jsonl --with-hashes |
    loginctl account import - --format jsonl --region eu-central-1 --apply`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.run(cmd) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&c.format, "format", "", "`FORMAT`: "+strings.Join(roll.Formats(), " or ")+" (default: by the ending of --output, else csv)")
	flags.StringVar(&c.written, "output", "", "write the accounts to `FILE` instead of standard output")
	flags.BoolVar(&c.hashes, "with-hashes", false, "write password hashes, too: whoever has them can try out passwords")
	flags.BoolVar(&c.bar, "progress", false, "show a bar where standard error is no terminal, too")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(roll.Formats(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (c *accountExport) run(cmd *cobra.Command) error {
	format := roll.Format(c.format)
	if format == "" {
		format = roll.FormatOf(c.written)
	}
	if format == "" && c.written == "" {
		format = roll.CSV
	}
	switch {
	case format == "":
		return misuse(cmd, "what format to write cannot be told by the name of --output: give --format, %s", strings.Join(roll.Formats(), " or "))
	case format != roll.CSV && format != roll.JSONL:
		return misuse(cmd, "there is no format %q, only %s", format, strings.Join(roll.Formats(), ", "))
	case c.where.json && c.written == "":
		return misuse(cmd, "--json tells how many were written, which standard output has no room for beside the accounts: give --output, or --format jsonl instead")
	case c.written == "" && onTerminal(cmd.OutOrStdout()):
		return c.noTerminal()
	}
	s, err := c.where.open(cmd)
	if err != nil {
		return err
	}
	if err := s.prepare(cmd.Context()); err != nil {
		return err
	}
	var to io.Writer = cmd.OutOrStdout()
	keep := func() error { return nil }
	if c.written != "" {
		file, err := roll.Create(c.written)
		if err != nil {
			return hint.With(fmt.Errorf("writing the accounts: %w", err), "give --output a file in a folder that exists and that you may write to")
		}
		defer file.Drop() // unless it is kept
		if onTerminal(file) {
			return c.noTerminal()
		}
		to, keep = file, file.Keep
	}
	wrote, err := c.export(cmd, s, format, to)
	if err == nil {
		err = keep()
	}
	if err != nil {
		return s.explain(err)
	}
	return c.tell(cmd, s, wrote)
}

// noTerminal: what people are called could steer it, and hashes would stay in its
// window.
func (c *accountExport) noTerminal() error {
	if c.hashes {
		return hint.With(errors.New("hashes are not written to a terminal"), "give --output FILE, or a pipe")
	}
	return hint.With(errors.New("accounts are not written to a terminal, which what they hold could steer"), "give --output FILE, or a pipe; account list shows them")
}

// export writes down that it is done, and does it.
func (c *accountExport) export(cmd *cobra.Command, s *site, format roll.Format, to io.Writer) (wrote roll.Written, err error) {
	meter := newMeter(cmd, c.bar, 0)
	defer meter.Close()
	e := audit.Event{Name: audit.AccountsExported}
	if c.hashes {
		e.Reason = "with_hashes"
	}
	err = s.act(cmd.Context(), e, func() error {
		wrote, err = roll.Export(cmd.Context(), roll.Exported{
			All: s.accounts.All, To: to, Format: format, Hashes: c.hashes,
			Report:   func(err error) { meter.Print("note: " + cell(strings.ReplaceAll(err.Error(), "\n", "; "))) },
			Progress: func(n int) { meter.Show(int64(n), fmt.Sprintf("%d accounts", n)) },
		})
		return err
	})
	if errors.Is(err, context.Canceled) {
		err = hint.With(errors.New("interrupted: what was written is a part of the accounts"), "begin anew")
	}
	return wrote, err
}

func (c *accountExport) tell(cmd *cobra.Command, s *site, wrote roll.Written) error {
	if wrote.Formulas > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "note: %d cells begin with =, +, - or @, or a full-width one, which a spreadsheet takes for formulas: import the file there as text\n", wrote.Formulas)
	}
	if c.written != "" {
		var err error
		if c.where.json {
			err = printJSON(cmd.OutOrStdout(), struct {
				Accounts   int `json:"accounts"`
				Unreadable int `json:"unreadable"`
			}{wrote.Accounts, wrote.Unreadable})
		} else {
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d accounts were written to %s\n", wrote.Accounts, cell(c.written))
		}
		if err != nil {
			return err
		}
	}
	if wrote.Unreadable > 0 {
		return hint.With(fmt.Errorf("%d of the items in %s are no accounts, and were left out", wrote.Unreadable, s.name), "the notes above say which; see to them in DynamoDB's console")
	}
	return nil
}
