package main

import (
	"bytes"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/infra/loginctl/stack"
	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/rotation"
)

// secretAct is a command that does something with one version of a door's secret.
type secretAct struct {
	use, short, long, example string
	event                     audit.Name
	// atOnce: it needs no --apply.
	atOnce bool
	flags  func(*cobra.Command)
	plan   func(s *safe, l looked) (secretPlan, error)
}

// secretPlan is what a secretAct would do.
type secretPlan struct {
	// version is the one that it is about.
	version string
	// verb is what happens to it, as in "would be promoted"; empty where there is
	// nothing to do, which already says.
	verb, already string
	changes       []fieldChange
	// reason is for the log: what the operator answers for.
	reason string
	// notes are what to know before it is done.
	notes []string
	do    func(context.Context) error
	// done reports whether what matters of it is, though there was an error.
	done func(rotation.Description) bool
	// left: something follows on that, and the same again does it. Of a rollback the
	// same again would undo it.
	left bool
	// live: people notice it.
	live bool
	then step
}

func newSecretAct(w *where, c secretAct) *cobra.Command {
	var (
		f       = whichDoor{where: w}
		version string
		apply   = c.atOnce
	)
	cmd := &cobra.Command{
		Use: c.use, Short: c.short, Long: c.long, Example: c.example, Args: noSecret,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("version") && version == "" {
				return misuse(cmd, "--version names no version")
			}
			s, err := f.openOne(cmd)
			if err != nil {
				return err
			}
			if apply {
				if err := s.prepare(cmd.Context()); err != nil {
					return err
				}
			}
			l, err := s.look(cmd.Context(), s.doors[0])
			if err != nil {
				return err
			}
			p, err := c.plan(s, l)
			if err != nil {
				return s.explainSecret(err, l.door)
			}
			if cmd.Flags().Changed("version") && version != p.version {
				return hint.With(fmt.Errorf("the version is %s, not %.64q", p.version, version), "somebody may have changed it: %s shows which there are", s.command(l.door, "status"))
			}
			s.noteEvidence(cmd, l)
			return s.carryOut(cmd, c, l.door, p, apply)
		},
	}
	f.flag(cmd)
	if c.flags != nil {
		c.flags(cmd)
	}
	cmd.Flags().StringVar(&version, "version", "", "refuse unless this is the `VERSION`, as status shows it")
	if !c.atOnce {
		applyFlag(cmd, &apply)
	}
	return cmd
}

// carryOut does what p says if apply, and shows it in any case.
func (s *safe) carryOut(cmd *cobra.Command, c secretAct, d stack.Door, p secretPlan, apply bool) error {
	told := secretReport{Door: doorOf(d), Version: p.version, Changes: append([]fieldChange{}, p.changes...)}
	if p.verb == "" {
		told.Next = p.then.String()
		return s.tellAct(cmd, p, told)
	}
	for _, note := range p.notes {
		fmt.Fprintln(cmd.ErrOrStderr(), "note:", note)
	}
	var err error
	if apply {
		told.Applied, err = s.writtenDown(cmd.Context(), audit.Event{Name: c.event, Door: doorOf(d), KeyVersion: p.version, Reason: p.reason}, d, p)
		if !told.Applied {
			return err
		}
		told.Next = p.then.String()
	}
	return together(err, s.tellAct(cmd, p, told))
}

// writtenDown does p and writes it down. Where only a part of it was done, and that
// matters, it is done, with an error.
func (s *safe) writtenDown(ctx context.Context, e audit.Event, d stack.Door, p secretPlan) (done bool, err error) {
	var rest error
	errs, err := s.actEach(ctx, []audit.Event{e}, func() []error {
		failed := p.do(ctx)
		switch {
		case failed == nil || !s.isDone(ctx, d, p):
		case p.left:
			failed, rest = nil, hint.With(fmt.Errorf("it was %s, but then something failed: %w", p.verb, worded(failed)), "%s; then run the same command again, which does what is left", hint.Of(s.explainSecret(failed, d)))
		default:
			fmt.Fprintf(s.stderr, "note: the answer was %s, but it was %s: nothing is left to do\n", cell(worded(failed).Error()), p.verb)
			failed = nil
		}
		return []error{s.explainAct(failed, d)}
	})
	if errs == nil {
		return false, err
	}
	return errs[0] == nil, together(errs[0], rest, err)
}

// isDone looks whether p was done though there was an error.
func (s *safe) isDone(ctx context.Context, d stack.Door, p secretPlan) bool {
	ctx, cancel := finish(ctx)
	defer cancel()
	status, err := s.rotation.Look(ctx, doorOf(d))
	return err == nil && p.done(status.Description)
}

// explainAct is explainSecret for an error of a write, of which it is not always
// known whether it was done.
func (s *safe) explainAct(err error, d stack.Door) error {
	told := s.explainSecret(err, d)
	if uncertain(err) {
		return hint.With(fmt.Errorf("it may have been done or not: %w", told), "look with %s; %s", s.command(d, "status"), hint.Of(told))
	}
	return told
}

// tellAct shows what was, or would be, done.
func (s *safe) tellAct(cmd *cobra.Command, p secretPlan, told secretReport) error {
	err := s.printAct(cmd, p, told)
	if told.Applied {
		return s.unprinted(err)
	}
	return err
}

// unprinted is the error of printing what was done.
func (s *safe) unprinted(err error) error {
	if err == nil {
		return nil
	}
	return hint.With(fmt.Errorf("it was done, but could not be printed: %w", err), "%s shows how the secret stands", s.command(s.doors[0], "status"))
}

func (s *safe) printAct(cmd *cobra.Command, p secretPlan, told secretReport) error {
	if s.where.json {
		return printJSON(cmd.OutOrStdout(), told)
	}
	out := &bytes.Buffer{}
	how := "would be " + p.verb
	switch {
	case p.verb == "":
		how = p.already + ": there is nothing to do"
	case told.Applied:
		how = "was " + p.verb
	}
	if told.Applied && p.live {
		how += "; that is live within about a minute"
	}
	fmt.Fprintf(out, "%s: version %s %s\n", told.Door, cell(told.Version), how)
	var rows [][]string
	for _, c := range told.Changes {
		rows = append(rows, []string{c.label(), c.Before, "->", c.After})
	}
	if err := aligned(out, "  ", rows...); err != nil {
		return err
	}
	if told.Next != "" {
		fmt.Fprintln(out, "next: "+told.Next)
	}
	if _, err := cmd.OutOrStdout().Write(out.Bytes()); err != nil {
		return err
	}
	if p.verb != "" && !told.Applied {
		fmt.Fprintln(cmd.ErrOrStderr(), "nothing was done yet: --apply does it")
	}
	return nil
}
