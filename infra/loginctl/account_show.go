package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newAccountShow(w *where) *cobra.Command {
	return &cobra.Command{
		Use:   "show LOGIN",
		Short: "Show an account",
		Long: `show prints what is kept of an account, and in how many places it is signed in,
for which the whole table of sessions is read, and that of accounts for others
with its id. Of its password and its
authenticator app it tells what they are, never the hash nor the key.`,
		Example: `  loginctl account show mara@example.com --region eu-west-1`,
		Args:    oneLogin, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := w.open(cmd)
			if err != nil {
				return err
			}
			found, err := s.find(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			view := viewOf(found)
			if same, err := s.twins(cmd.Context(), found); err != nil {
				fmt.Fprintln(cmd.ErrOrStderr(), "note: whether another account has this id cannot be told:", cell(worded(err).Error()))
			} else if same.id > 0 {
				fmt.Fprintf(cmd.ErrOrStderr(), "note: %s this id, such as %q: Deskpro takes them for one person\n", others(same.id), same.login)
			}
			if s.sessions != nil {
				sessions, uncounted := s.sessions.Of(cmd.Context(), s.lister, found.ID)
				if err = s.explain(uncounted); err == nil {
					n := len(sessions)
					view.Sessions = &n
				}
			}
			out := cmd.OutOrStdout()
			if w.json {
				if err := printJSON(out, view); err != nil {
					return err
				}
			} else if err := aligned(out, "", view.rows()...); err != nil {
				return err
			}
			return err // of the sessions, which are no reason to show nothing
		},
	}
}
