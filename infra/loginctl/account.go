package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/dynamo"
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

// result is what came of a change, though there be an error beside it.
type result struct{ changed, ended bool }

// change does what e names, and ends the sessions of its subject if that must not
// keep them.
func (s *site) change(ctx context.Context, e audit.Event, ends bool, do func() error) (result, error) {
	events := []audit.Event{e}
	if ends {
		if err := s.endable(); err != nil {
			return result{}, err
		}
		events = append(events, audit.Event{Name: audit.SessionsEnded, Subject: e.Subject})
	}
	errs, err := s.actEach(ctx, events, func() []error {
		if ends {
			return s.endAround(ctx, e.Subject, do)
		}
		return []error{s.explainWrite(do())}
	})
	if errs == nil {
		return result{}, err
	}
	made := result{changed: errs[0] == nil, ended: ends && errs[len(errs)-1] == nil}
	return made, together(append(errs, err)...)
}

// endAround returns the errors of do and of ending the sessions of id, before it
// and after it: before as well, since cut off behind the change, another call
// would find nothing to change, and end none.
func (s *site) endAround(ctx context.Context, id string, do func() error) []error {
	if err := s.sessions.EndAll(ctx, id); err != nil {
		return []error{errNotTried, hint.With(fmt.Errorf("the sessions cannot be ended, so nothing was changed: %w", worded(err)), "%s", hint.Of(s.explain(err)))}
	}
	err := do()
	for _, refusal := range []error{account.ErrConflict, account.ErrExists, account.ErrReadOnly, dynamo.ErrUnfit} {
		if errors.Is(err, refusal) {
			return []error{s.explain(err), nil}
		}
	}
	return []error{s.explainWrite(err), s.endAll(ctx, id, "the sessions were ended before, but not once more after it, so that who signed in meanwhile stays so")}
}

// together is errors.Join, of errors with hints, without what was not tried.
func together(errs ...error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil || errors.Is(err, errNotTried) })
	switch len(errs) {
	case 0:
		return nil
	case 1:
		return errs[0]
	}
	var todo []string
	for _, err := range errs {
		if h := hint.Of(err); h != "" && !slices.Contains(todo, h) {
			todo = append(todo, h)
		}
	}
	return hint.With(errors.Join(errs...), "%s", strings.Join(todo, "; "))
}
