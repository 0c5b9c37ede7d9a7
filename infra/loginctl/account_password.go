package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/directory/account"
)

func newAccountPassword(w *where) *cobra.Command {
	var p newPassword
	cmd := newAct(w, act{
		use: "password LOGIN", already: "has no password", ends: true, credentials: true, short: "Give an account another password, and end its sessions",
		long: `password sets another password, which it asks for, twice. It is refused for the
reasons that the sign-in page has, too. Or it makes one up: --initial prints it
once; it has to be changed at the first sign-in, and expires.

There is no flag that takes a password, because others on this machine can see a
command's arguments.`,
		example: `  # asks for it
  loginctl account password mara@example.com --region eu-west-1 --apply

  # one to tell mara on the telephone
  loginctl account password mara@example.com --region eu-west-1 --initial --expires 24h --apply

  # from a password manager
  pass show helpdesk/mara | loginctl account password mara --region eu-west-1 --password-file - --apply`,
		flags: p.flags,
		check: p.check,
		plan: func(s *site, cmd *cobra.Command, a *account.Account, apply bool) (plan, error) {
			if p.none && a.PasswordHash == "" {
				return plan{}, nil
			}
			after := "another one"
			switch {
			case p.none:
				after = "none"
			case p.initial:
				after = "a made-up one, for a sign-in within " + lasting(p.expires)
			case p.mustChange:
				after = "another one, for one sign-in"
			}
			made := plan{
				event: audit.Event{Name: audit.PasswordSet}, verb: "given another password",
				changes: []fieldChange{{"password", shortly(a), after}},
			}
			if p.none {
				made.verb = "left without a password"
			}
			if !apply {
				return made, nil // and nothing is asked
			}
			becomes := a.Clone()
			initial, err := p.set(cmd, s, becomes, s.now())
			if err != nil {
				return plan{}, err
			}
			if p.initial {
				made.initial = &initialPassword{initial.Reveal(), becomes.PasswordExpires}
			}
			made.do = func() error { return s.accounts.Replace(cmd.Context(), a, becomes) }
			return made, nil
		},
	})
	return cmd
}

// shortly is what there is to say of a password that goes.
func shortly(a *account.Account) string {
	switch {
	case a.PasswordHash == "":
		return "none"
	case a.PasswordChanged.IsZero():
		return "one"
	}
	return "one set " + clock(a.PasswordChanged)
}

// lasting is d as --expires takes it.
func lasting(d time.Duration) string {
	text := d.String()
	if d%time.Minute == 0 {
		text = strings.TrimSuffix(text, "0s")
	}
	if d%time.Hour == 0 {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func newAccountMFA(w *where) *cobra.Command {
	var keep bool
	cmd := &cobra.Command{Use: "mfa", Short: "See to an account's authenticator app"}
	cmd.AddCommand(newAct(w, act{
		use: "reset LOGIN", already: "has no authenticator app", ends: true, credentials: true, short: "Remove an account's authenticator app and recovery codes, and end its sessions",
		long: `reset removes the authenticator app of an account, and its recovery codes, for
someone who has lost them. Where an app is required, the next sign-in sets up
another, and needs nothing but the password to do so: make sure who asks.

The next sign-in also asks for a new password: the present one may have been
chosen beside an app, and be as short as eight characters. --keep-password does
without that.`,
		example: `  loginctl account mfa reset mara@example.com --region eu-west-1 --apply`,
		flags: func(cmd *cobra.Command) {
			cmd.Flags().BoolVar(&keep, "keep-password", false, "do not ask for a new password at the next sign-in")
		},
		plan: func(s *site, cmd *cobra.Command, a *account.Account, _ bool) (plan, error) {
			if a.Factor == nil {
				return plan{}, nil
			}
			becomes := a.Clone()
			becomes.Factor, becomes.MustChange = nil, a.MustChange || !keep
			return plan{
				event: audit.Event{Name: audit.FactorRemoved}, verb: "left without its authenticator app",
				changes: append([]fieldChange{{"factor", viewOf(a).Factor.String(), "none"}}, differences(a, becomes)...),
				do:      func() error { return s.accounts.Replace(cmd.Context(), a, becomes) },
			}, nil
		},
	}))
	return cmd
}
