package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/directory/account"
)

func newAccount() *cobra.Command {
	w := &where{}
	cmd := &cobra.Command{
		Use:   "account",
		Short: "See to the accounts in a stack's table",
		Long: `account makes, shows and changes accounts where these are in a DynamoDB table.

Which table that is, the stack's outputs tell: give --stack, --region and
--profile as for setup. At an emulator, such as that of the local server, give
--endpoint-url with --table and --state-table.

What changes or removes something is only shown until --apply is given. Each act
is written down before it is done, and again when it has ended: into the stack's
log group for that, or into the file of --audit-log. Where it cannot be written,
nothing is done.

An account that is disabled or deleted, loses a group, an address or its
authenticator app, or is given another password is signed out everywhere.`,
	}
	w.flags(cmd)
	cmd.AddCommand(
		newAccountAdd(w), newAccountShow(w), newAccountList(w), newAccountSet(w),
		newAccountDisable(w), newAccountEnable(w), newAccountDelete(w),
		newAccountPassword(w), newAccountMFA(w), newAccountSessions(w),
		newAccountImport(w), newAccountExport(w),
	)
	return cmd
}

// oneLogin is the Args of a command for one account.
func oneLogin(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return misuse(cmd, "give the login (or alias) of one account")
	}
	return nil
}

// applyFlag is of every command that changes or removes something.
func applyFlag(cmd *cobra.Command, apply *bool) {
	cmd.Flags().BoolVar(apply, "apply", false, "do it; without this it is only shown")
}

// find returns the account with this login or alias.
func (s *site) find(ctx context.Context, typed string) (*account.Account, error) {
	login, ok := account.NormalizeLogin(typed)
	if !ok {
		return nil, hint.With(fmt.Errorf("no account can have the login %.100q", typed), "a login is UTF-8 text of 1 to 256 bytes")
	}
	found, err := s.accounts.Get(ctx, login)
	if err != nil {
		return nil, s.explain(err)
	}
	if found == nil {
		return nil, hint.With(fmt.Errorf("there is no account with the login or alias %q in %s", login, s.name), "%s lists all", s.where.command("account", "list"))
	}
	return found, nil
}

// errNotTried stands for what was left because something before it failed.
var errNotTried = errors.New("not tried")

// change does what e names, and ends the sessions of its subject afterwards if
// it must not keep them. It tells whether the change was made, as it may have been
// though there is an error.
func (s *site) change(ctx context.Context, e audit.Event, ends bool, do func() error) (changed bool, err error) {
	events := []audit.Event{e}
	if ends {
		if err := s.endable(); err != nil {
			return false, err
		}
		events = append(events, audit.Event{Name: audit.SessionsEnded, Subject: e.Subject})
	}
	errs, err := s.actEach(ctx, events, func() []error {
		errs := make([]error, len(events))
		errs[0] = s.explainWrite(do())
		switch {
		case !ends:
		case errs[0] != nil:
			errs[1] = errNotTried
		default:
			errs[1] = s.endSessions(ctx, e.Subject)
		}
		return errs
	})
	if errs == nil {
		return false, err
	}
	changed = errs[0] == nil
	if !changed {
		errs = errs[:1]
	}
	return changed, errors.Join(append(errs, err)...)
}
