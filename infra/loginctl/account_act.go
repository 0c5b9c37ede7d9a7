package main

import (
	"github.com/spf13/cobra"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/directory/account"
)

func newAccountDisable(w *where) *cobra.Command {
	return newAct(w, act{
		use: "disable LOGIN", ends: true, short: "Let nobody sign in to an account, and end its sessions",
		long: `disable lets nobody sign in to an account any more, and signs it out wherever it
is signed in. Everything else of it stays, for account enable.

Deskpro has sessions of its own, which go on: end those in Deskpro.`,
		example: `  loginctl account disable mara@example.com --region eu-west-1 --apply`,
		plan: func(s *site, cmd *cobra.Command, a *account.Account, _ bool) (plan, error) {
			becomes := a.Clone()
			becomes.Disabled = true
			return plan{
				event: audit.Event{Name: audit.AccountDisabled}, verb: "disabled", changes: differences(a, becomes),
				do: func() error { return s.accounts.Replace(cmd.Context(), a, becomes) },
			}, nil
		},
	})
}

func newAccountEnable(w *where) *cobra.Command {
	return newAct(w, act{
		use: "enable LOGIN", already: "is not disabled", short: "Let people sign in to a disabled account again",
		long:    `enable undoes account disable. Sessions that were ended stay so.`,
		example: `  loginctl account enable mara@example.com --region eu-west-1 --apply`,
		plan: func(s *site, cmd *cobra.Command, a *account.Account, _ bool) (plan, error) {
			if !a.Disabled {
				return plan{}, nil
			}
			becomes := a.Clone()
			becomes.Disabled = false
			return plan{
				event: audit.Event{Name: audit.AccountEnabled}, verb: "enabled", changes: differences(a, becomes),
				do: func() error { return s.accounts.Replace(cmd.Context(), a, becomes) },
			}, nil
		},
	})
}

func newAccountDelete(w *where) *cobra.Command {
	return newAct(w, act{
		use: "delete LOGIN", ends: true, short: "Delete an account, and end its sessions",
		long: `delete removes an account for good, and signs it out wherever it is signed in.
The table's backups keep it as long as they last.

Deskpro keeps its own record of the person, and their tickets. Whoever is given
the same address later will be taken for them.`,
		example: `  loginctl account delete mara@example.com --region eu-west-1 --apply`,
		plan: func(s *site, cmd *cobra.Command, a *account.Account, _ bool) (plan, error) {
			view := viewOf(a)
			return plan{
				event: audit.Event{Name: audit.AccountDeleted}, verb: "deleted", gone: &view,
				do: func() error { return s.accounts.Delete(cmd.Context(), a) },
			}, nil
		},
	})
}

// act is a command that changes one account, which is only shown without
// --apply.
type act struct {
	use, short, long, example string
	// already is what there is to say of an account that is so already.
	already string
	flags   func(*cobra.Command)
	// check refuses flags before anything is asked.
	check func(*cobra.Command) error
	// ends: it always ends the account's sessions. credentials: it changes
	// nothing else.
	ends, credentials bool
	// plan returns one without a verb where there is nothing to do.
	plan func(s *site, cmd *cobra.Command, a *account.Account, apply bool) (plan, error)
}

func newAct(w *where, c act) *cobra.Command {
	var apply bool
	cmd := &cobra.Command{
		Use: c.use, Short: c.short, Long: c.long, Example: c.example,
		Args: oneLogin, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if c.check != nil {
				if err := c.check(cmd); err != nil {
					return err
				}
			}
			s, err := w.open(cmd)
			if err != nil {
				return err
			}
			allowed := s.changeable
			if c.credentials {
				allowed = s.resettable
			}
			if err := allowed(); err != nil {
				return err
			}
			if apply { // before anything is asked in vain
				if err := s.prepare(cmd.Context()); err != nil {
					return err
				}
			}
			if err := s.endable(); c.ends && err != nil {
				return err
			}
			found, err := s.find(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			p, err := c.plan(s, cmd, found, apply)
			if err != nil {
				return err
			}
			if p.verb == "" {
				return s.nothing(cmd, found, c.already)
			}
			p.ends = p.ends || c.ends
			return s.perform(cmd, found, p, apply)
		},
	}
	cmd.Flags().SortFlags = false
	if c.flags != nil {
		c.flags(cmd)
	}
	applyFlag(cmd, &apply)
	return cmd
}
