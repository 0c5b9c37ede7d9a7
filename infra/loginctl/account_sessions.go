package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/session"
)

// sessionView is a session as JSON.
type sessionView struct {
	Session string    `json:"session"`
	Opened  time.Time `json:"opened"`
	Used    time.Time `json:"used"`
	Ends    time.Time `json:"ends"`
}

// whose are the flags that say whose sessions are meant.
type whose struct {
	where *where
	id    string
}

func newAccountSessions(w *where) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sessions",
		Short: "Show, and end, the sessions of an account",
		Long: `sessions is about who is signed in to the sign-in page. Deskpro has sessions of
its own, which it alone ends.

With --id instead of a login it works for accounts that are gone, and for those
of a Cognito user pool, whose id is their sub unless CognitoClaims takes another.`,
	}
	cmd.AddCommand(newSessionsList(w), newSessionsEnd(w))
	return cmd
}

func (f *whose) args(cmd *cobra.Command, args []string) error {
	given := cmd.Flags().Changed("id")
	switch {
	case given && (len(args) > 0 || f.id == "") || len(args) > 1:
		return misuse(cmd, "give one login (or alias), or one --id")
	case !given && len(args) == 0:
		return misuse(cmd, "give the login (or alias) of one account, or its --id")
	}
	return nil
}

// open returns the site, the account's ID and what it is called.
func (f *whose) open(cmd *cobra.Command, args []string) (s *site, id, called string, err error) {
	if len(args) == 0 {
		if s, err = f.where.openAny(cmd); err != nil {
			return nil, "", "", err
		}
		return s, f.id, "id " + f.id, s.endable()
	}
	if s, err = f.where.open(cmd); err != nil {
		return nil, "", "", err
	}
	if err := s.endable(); err != nil {
		return nil, "", "", err
	}
	found, err := s.find(cmd.Context(), args[0])
	if err != nil {
		return nil, "", "", err
	}
	return s, found.ID, found.Login + ", id " + found.ID, nil
}

func newSessionsList(w *where) *cobra.Command {
	f := whose{where: w}
	cmd := &cobra.Command{
		Use:   "list LOGIN | list --id ID",
		Short: "List the sessions of an account",
		Long: `list prints the live sessions of an account: when each was opened and last used,
and when it ends if it is not used again. Nobody can sign in with what it prints.
It reads the whole table of sessions.`,
		Example: `  loginctl account sessions list mara@example.com --region eu-west-1`,
		Args:    f.args, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, id, called, err := f.open(cmd, args)
			if err != nil {
				return err
			}
			found, err := s.sessions.Of(cmd.Context(), s.lister, id)
			if err != nil {
				return s.explain(err)
			}
			return s.printSessions(cmd, called, found)
		},
	}
	cmd.Flags().StringVar(&f.id, "id", "", "the account's `ID`, instead of its login")
	return cmd
}

func (s *site) printSessions(cmd *cobra.Command, called string, found []session.Listed) error {
	out := cmd.OutOrStdout()
	if s.where.json {
		for _, l := range found {
			if err := printJSON(out, sessionView{l.Handle, l.Opened.UTC(), l.Used.UTC(), l.Ends.UTC()}); err != nil {
				return err
			}
		}
		return nil
	}
	if len(found) == 0 {
		_, err := fmt.Fprintln(out, cell(called)+", is signed in nowhere")
		return err
	}
	rows := [][]string{{"SESSION", "OPENED", "USED", "ENDS"}}
	for _, l := range found {
		rows = append(rows, []string{l.Handle, clock(l.Opened), clock(l.Used), clock(l.Ends)})
	}
	return aligned(out, "", rows...)
}

func newSessionsEnd(w *where) *cobra.Command {
	var (
		f      = whose{where: w}
		handle string
		apply  bool
	)
	cmd := &cobra.Command{
		Use:   "end LOGIN | end --id ID",
		Short: "End the sessions of an account, all or one",
		Long: `end signs an account out, wherever it is signed in, or in the one place that
--session names. Signing in again is not prevented: for that there is account
disable.`,
		Example: `  loginctl account sessions end mara@example.com --region eu-west-1 --apply
  loginctl account sessions end mara@example.com --session 3f9c0a1be2d45678 --region eu-west-1 --apply`,
		Args: f.args, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, id, called, err := f.open(cmd, args)
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("session") {
				return s.endOne(cmd, id, called, handle, apply)
			}
			return s.endEach(cmd, id, called, apply)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&f.id, "id", "", "the account's `ID`, instead of its login")
	cmd.Flags().StringVar(&handle, "session", "", "only this `SESSION`, as sessions list names it")
	applyFlag(cmd, &apply)
	return cmd
}

func (s *site) endEach(cmd *cobra.Command, id, called string, apply bool) error {
	nobody := false
	if cmd.Flags().Changed("id") { // which may be a slip of the hand
		live, err := s.sessions.Of(cmd.Context(), s.lister, id)
		nobody = err == nil && len(live) == 0
	}
	if apply {
		err := s.act(cmd.Context(), audit.Event{Name: audit.SessionsEnded, Subject: id}, func() error { return s.endSessions(cmd.Context(), id) })
		if err != nil {
			return err
		}
	}
	if nobody {
		fmt.Fprintln(cmd.ErrOrStderr(), "note: no session of this id is live")
	}
	return s.toldEnded(cmd, id, called+": all its sessions", apply)
}

func (s *site) endOne(cmd *cobra.Command, id, called, handle string, apply bool) error {
	found, err := s.sessions.Of(cmd.Context(), s.lister, id)
	if err != nil {
		return s.explain(err)
	}
	for _, l := range found {
		if l.Handle != handle {
			continue
		}
		if apply {
			err := s.act(cmd.Context(), audit.Event{Name: audit.SessionsEnded, Subject: id, Reason: "one"}, func() error { return s.endListed(cmd.Context(), l) })
			if err != nil {
				return err
			}
		}
		return s.toldEnded(cmd, id, called+": its session "+handle, apply)
	}
	return hint.With(fmt.Errorf("there is no session %.40q of this account; it may have ended", handle), "%s lists them", s.where.command("account", "sessions", "list", "--id", id))
}

func (s *site) endListed(ctx context.Context, l session.Listed) error {
	err := s.sessions.EndListed(ctx, l)
	if errors.Is(err, session.ErrNone) {
		return nil // since it was listed
	}
	return s.explain(err)
}

func (s *site) toldEnded(cmd *cobra.Command, id, what string, applied bool) error {
	if s.where.json {
		return printJSON(cmd.OutOrStdout(), struct {
			ID            string `json:"id"`
			Applied       bool   `json:"applied"`
			SessionsEnded bool   `json:"sessions_ended"`
		}{id, applied, applied})
	}
	if applied {
		_, err := fmt.Fprintln(cmd.OutOrStdout(), cell(what)+" ended")
		return err
	}
	if _, err := fmt.Fprintln(cmd.OutOrStdout(), cell(what)+" would be ended"); err != nil {
		return err
	}
	fmt.Fprintln(cmd.ErrOrStderr(), "nothing was done yet: --apply does it")
	return nil
}
