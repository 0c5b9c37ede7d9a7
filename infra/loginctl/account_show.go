package main

import "github.com/spf13/cobra"

func newAccountShow(w *where) *cobra.Command {
	return &cobra.Command{
		Use:   "show LOGIN",
		Short: "Show an account",
		Long: `show prints what is kept of an account, and in how many places it is signed in,
for which the whole table of sessions is read. Of its password and its
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
