package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/directory/account"
)

func newAccountSet(w *where) *cobra.Command {
	var (
		fields                   accountFields
		removeGroups, attributes []string
	)
	return newAct(w, act{
		use: "set LOGIN", already: "is like that already", short: "Change what is kept of an account",
		long: `set changes what flags are given for, and nothing else, and shows what was there
before. An empty value removes what there is.

People who are signed in go on as they were, and the change shows when they sign
in the next time. But an address that changes or is no longer verified, and a
group that is removed, sign them out.`,
		example: `  loginctl account set mara --group agents --region eu-west-1
  loginctl account set mara --email mara@new.example --region eu-west-1 --apply
  loginctl account set mara --remove-group agents --attribute department=sales --region eu-west-1 --apply`,
		flags: func(cmd *cobra.Command) {
			fields.flags(cmd)
			cmd.Flags().StringArrayVar(&removeGroups, "remove-group", nil, "a `GROUP` to be no member of; may be repeated")
			cmd.Flags().StringArrayVar(&attributes, "remove-attribute", nil, "`NAME` of an attribute to remove; may be repeated")
		},
		check: func(cmd *cobra.Command) error {
			for _, group := range removeGroups {
				if slices.Contains(fields.groups, group) {
					return misuse(cmd, "--group and --remove-group are both %q", group)
				}
			}
			for _, flag := range []string{"alias", "email", "email-verified", "name", "first-name", "last-name", "group", "remove-group", "attribute", "remove-attribute"} {
				if cmd.Flags().Changed(flag) {
					return nil
				}
			}
			return misuse(cmd, "say what to change")
		},
		plan: func(s *site, cmd *cobra.Command, a *account.Account, _ bool) (plan, error) {
			becomes := a.Clone()
			if err := fields.apply(cmd, becomes); err != nil {
				return plan{}, err
			}
			becomes.Groups = slices.DeleteFunc(becomes.Groups, func(group string) bool { return slices.Contains(removeGroups, group) })
			for _, name := range attributes {
				delete(becomes.Attributes, name)
			}
			changes := differences(a, becomes)
			if len(changes) == 0 {
				return plan{}, nil
			}
			if err := fit(becomes); err != nil {
				if fit(a) == nil {
					return plan{}, unfit(err)
				}
				fmt.Fprintln(cmd.ErrOrStderr(), "note: nobody can sign in to this account, before or after:", cell(err.Error()))
			}
			if becomes.Email != a.Email {
				found, err := s.twins(cmd.Context(), becomes)
				if err := s.tellAddresses(cmd, found, err); err != nil {
					return plan{}, err
				}
			}
			return plan{
				event: audit.Event{Name: audit.AccountChanged, Reason: fieldNames(changes)}, verb: "changed",
				changes: changes, ends: mustLeave(a, becomes),
				do: func() error { return s.accounts.Replace(cmd.Context(), a, becomes) },
			}, nil
		},
	})
}

// mustLeave reports whether a session of was would let somebody in as becomes is
// not.
func mustLeave(was, becomes *account.Account) bool {
	return was.Email != becomes.Email || was.EmailVerified && !becomes.EmailVerified ||
		slices.ContainsFunc(was.Groups, func(group string) bool { return !slices.Contains(becomes.Groups, group) })
}
