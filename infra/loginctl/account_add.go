package main

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/directory/account"
)

// accountAdd is the sub-command's flags.
type accountAdd struct {
	where     *where
	login, id string
	fields    accountFields
	password  newPassword
}

func newAccountAdd(w *where) *cobra.Command {
	c := accountAdd{where: w}
	cmd := &cobra.Command{
		Use:   "add --login LOGIN --email ADDRESS --name NAME",
		Short: "Make an account",
		Long: `add makes an account, at once: it takes nothing from anybody. It asks for a
password, twice; with --initial it makes one up and prints it, once.

Logins are kept, and looked up, in lower case, as Unicode's NFKC, without space
around them. No two accounts share one, be it login or alias.

The id is what a token tells Deskpro, and stays whatever the person is called
later. Give one only if it comes from elsewhere, and never one that was somebody
else's: it is looked for among all accounts, but of two commands that give the
same at the same moment each finds it free. Deskpro knows people by their address:
of others that have it, a note tells.`,
		Example: `  # asks for a password
  loginctl account add --login mara --email mara@example.com --name "Mara Smith" --region eu-west-1

  # an agent, who signs in by address too; prints a password for the first time
  loginctl account add --login mara --alias mara@example.com --email mara@example.com \
    --name "Mara Smith" --group agents --initial --region eu-west-1`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.run(cmd) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&c.login, "login", "", "`LOGIN` to sign in with; it never changes")
	flags.StringVar(&c.id, "id", "", "the account's `ID`, for good (default: a random UUID)")
	c.fields.flags(cmd)
	c.password.flags(cmd)
	return cmd
}

func (c *accountAdd) run(cmd *cobra.Command) error {
	made, err := c.account(cmd)
	if err != nil {
		return err
	}
	s, err := c.where.open(cmd)
	if err != nil {
		return err
	}
	if err := s.changeable(); err != nil {
		return err
	}
	if err := s.prepare(cmd.Context()); err != nil { // before anything is asked in vain
		return err
	}
	if err := c.alone(cmd, s, made); err != nil {
		return err
	}
	initial, err := c.password.set(cmd, s, made, s.now())
	if err != nil {
		return err
	}
	done, err := s.change(cmd.Context(), audit.Event{Name: audit.AccountAdded, Subject: made.ID}, false, func() error {
		return s.accounts.Create(cmd.Context(), made)
	})
	if !done.changed {
		return err
	}
	told := report{Login: made.Login, ID: made.ID, Applied: true, Changes: []fieldChange{}}
	if c.password.initial {
		told.Initial = &initialPassword{initial.Reveal(), made.PasswordExpires}
	}
	return together(err, s.show(cmd, plan{verb: "added"}, told))
}

// account is what the flags describe, without its password.
func (c *accountAdd) account(cmd *cobra.Command) (*account.Account, error) {
	if err := c.password.check(cmd); err != nil {
		return nil, err
	}
	login, ok := account.NormalizeLogin(c.login)
	switch {
	case c.login == "":
		return nil, misuse(cmd, "give the account's --login")
	case !ok:
		return nil, misuse(cmd, "--login %.100q can be none: one is UTF-8 text of 1 to 256 bytes", c.login)
	}
	if err := account.CheckNewLogin(login); err != nil {
		return nil, misuse(cmd, "--login %.100q: %w", login, err)
	}
	if strings.ContainsFunc(c.id, unseen) {
		return nil, misuse(cmd, "--id %.100q holds characters that cannot be seen", c.id)
	}
	made := &account.Account{Login: login, ID: cmp.Or(c.id, newID())}
	if err := c.fields.apply(cmd, made); err != nil {
		return nil, err
	}
	if err := fit(made); err != nil {
		return nil, &usageError{unfit(err)}
	}
	if !made.EmailVerified {
		fmt.Fprintln(cmd.ErrOrStderr(), "note: nobody can sign in to this account until its address is verified (account set --email-verified)")
	}
	return made, nil
}

// newID returns a random UUID (RFC 9562, section 5.4).
func newID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails: it ends the program instead
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

// alone refuses an id that was given and is another account's, and tells of
// others that have the address.
func (c *accountAdd) alone(cmd *cobra.Command, s *site, made *account.Account) error {
	given := cmd.Flags().Changed("id")
	found, err := s.twins(cmd.Context(), made)
	switch {
	case !given:
		return s.tellAddresses(cmd, found, err)
	case err != nil:
		return s.explain(err)
	case found.id > 0:
		return hint.With(fmt.Errorf("the account %q has this id, so nothing was done", found.login), "leave --id out, or give one that was never somebody's")
	case found.unreadable != nil:
		return hint.With(fmt.Errorf("whether the id is free cannot be told, so nothing was done: %w", found.unreadable), "mend that item, or leave --id out")
	}
	return s.tellAddresses(cmd, found, nil)
}
