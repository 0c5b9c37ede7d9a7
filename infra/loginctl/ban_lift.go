package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/regulation"
)

// liftReport is what was lifted, or would be, as JSON.
type liftReport struct {
	// Applied is false where it was only shown.
	Applied  bool       `json:"applied"`
	Counters []waitView `json:"counters"`
}

func newBanLift(w *where) *cobra.Command {
	f := whom{where: w}
	var all, apply bool
	cmd := &cobra.Command{
		Use:   "lift --login LOGIN | lift --source ADDRESS | lift --all",
		Short: "Let somebody try again at once",
		Long: `lift begins counters of wrong guesses anew, those that ask for no wait yet, too:

  --login   those of an account: its own, those of each address at it, and those
            of browsers that are known for it
  --source  those of an address: its own, and those at each account
  --all     all

Then guesses begin anew, and so do those of whoever was guessing: first make sure
who asks. Who has signed in with the same browser before has guesses of their own
there, and needs no help.

Who has to wait because of the address needs --source: --login changes nothing
about that.`,
		Example: `  loginctl ban lift --login mara@example.com --region eu-west-1
  loginctl ban lift --login mara@example.com --region eu-west-1 --apply

  # an office, from where many mistyped
  loginctl ban lift --source 192.0.2.7 --region eu-west-1 --apply`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			given := 0
			for _, flag := range []string{"login", "source", "all"} {
				if cmd.Flags().Changed(flag) {
					given++
				}
			}
			if given != 1 || cmd.Flags().Changed("all") && !all {
				return misuse(cmd, "give one of --login, --source and --all")
			}
			if err := f.check(cmd); err != nil {
				return err
			}
			waits, err := f.open(cmd)
			if err != nil {
				return err
			}
			if apply {
				if err := waits.prepare(cmd.Context()); err != nil {
					return err
				}
			}
			return waits.lift(cmd, f, apply)
		},
	}
	f.flags(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "all of them, at each account and of each address")
	applyFlag(cmd, &apply)
	return cmd
}

func (w *waits) lift(cmd *cobra.Command, f whom, apply bool) error {
	ctx := cmd.Context()
	every, err := w.counted(ctx)
	if err != nil {
		return err
	}
	counted := w.of(every, f)
	owners := w.owners(ctx, counted)
	w.noteStranger(f, owners)
	w.noteSources(f, every, counted)
	if len(counted) == 0 {
		return w.nothingToLift(cmd, f)
	}
	if f.String() == "" {
		fmt.Fprintln(w.stderr, "warning: this is everybody's: whoever tries passwords now has as many again as at first, at each account and from each address")
	}
	if !apply {
		if err := w.tellLift(cmd, counted, owners, false); err != nil {
			return err
		}
		if !w.where.json {
			fmt.Fprintln(w.stderr, "nothing was done yet: --apply does it")
		}
		return nil
	}
	lifted, err := w.carryOut(ctx, counted, owners)
	if lifted == 0 {
		return err
	}
	return together(err, w.unprinted(w.tellLift(cmd, counted[:lifted], owners[:lifted], true)))
}

// carryOut lifts counters, one after the other until one fails, and returns how
// many it has.
func (w *waits) carryOut(ctx context.Context, counted []regulation.Counted, owners []*owner) (lifted int, err error) {
	events := make([]audit.Event, len(counted))
	for i, c := range counted {
		// As the functions' log has it of who had to wait, which names nobody by what
		// was typed.
		events[i] = audit.Event{Name: audit.WaitsLifted, Reason: string(c.Kind) + "_" + string(c.Scope), Source: c.Source}
		if owners[i] != nil {
			events[i].Subject = owners[i].id
		}
	}
	errs, err := w.actEach(ctx, events, func() []error {
		errs := slices.Repeat([]error{errNotTried}, len(counted))
		for i, c := range counted {
			if _, errs[i] = w.regulation.Lift(ctx, c); errs[i] != nil {
				break
			}
			lifted++ // also what another has lifted since
		}
		return errs
	})
	if lifted == len(counted) || errs == nil {
		return lifted, err
	}
	failed := errs[lifted]
	told := w.explain(failed)
	if uncertain(failed) {
		told = hint.With(fmt.Errorf("whether it was done is not known: %w", told), "%s", hint.Of(told))
	}
	so := "no counter was lifted"
	if lifted > 0 {
		so = fmt.Sprintf("%d of %s lifted, then it failed", lifted, counters(len(counted)))
	}
	told = hint.With(fmt.Errorf("%s: %w", so, told), "%s; then run the same command again, which lifts what is left", hint.Of(told))
	return lifted, together(told, err)
}

// noteSources tells of the addresses that have to wait by themselves, as lifting
// an account's waits does not change that.
func (w *waits) noteSources(f whom, every, counted []regulation.Counted) {
	if f.login == "" {
		return
	}
	var from []string
	for _, c := range every {
		if c.Scope == regulation.Source && c.Wait != nil && !slices.Contains(from, c.Source) &&
			slices.ContainsFunc(counted, func(at regulation.Counted) bool { return at.Source == c.Source }) {
			from = append(from, c.Source)
		}
	}
	const most = 3
	switch {
	case len(from) > most:
		fmt.Fprintf(w.stderr, "note: %s and %d other addresses have to wait by themselves, whoever comes from them; --source lifts that, one at a time\n", strings.Join(from[:most], ", "), len(from)-most)
	case len(from) > 0:
		fmt.Fprintf(w.stderr, "note: who comes from %s has to wait because of the address, too; --source lifts that\n", strings.Join(from, " or "))
	}
}

func (w *waits) nothingToLift(cmd *cobra.Command, f whom) error {
	if w.where.json {
		return printJSON(cmd.OutOrStdout(), liftReport{Counters: []waitView{}})
	}
	text := "no wrong guesses are counted: there is nothing to lift"
	if of := f.String(); of != "" {
		text = "no wrong guesses are counted for " + of + ": there is nothing to lift"
	}
	if _, err := fmt.Fprintln(cmd.OutOrStdout(), text); err != nil {
		return err
	}
	if f.login != "" {
		fmt.Fprintln(w.stderr, "note: "+byAddress)
	}
	return nil
}

// tellLift shows what was, or would be, lifted.
func (w *waits) tellLift(cmd *cobra.Command, counted []regulation.Counted, owners []*owner, applied bool) error {
	if w.where.json {
		told := liftReport{Applied: applied, Counters: []waitView{}}
		for i, c := range counted {
			told.Counters = append(told.Counters, viewOfWait(c, owners[i], w.at))
		}
		return printJSON(cmd.OutOrStdout(), told)
	}
	out := &bytes.Buffer{}
	if err := w.printWaits(out, counted, owners); err != nil {
		return err
	}
	how := "would be"
	if applied {
		how = "was"
		if len(counted) > 1 {
			how = "were"
		}
	}
	fmt.Fprintf(out, "%s %s lifted; guesses begin anew, those of whoever was guessing, too\n", counters(len(counted)), how)
	_, err := cmd.OutOrStdout().Write(out.Bytes())
	return err
}

// unprinted is the error of printing what was lifted.
func (w *waits) unprinted(err error) error {
	if err == nil {
		return nil
	}
	return hint.With(fmt.Errorf("it was done, but could not be printed: %w", err), "%s shows what is left", w.where.command("ban", "list", "--all"))
}
