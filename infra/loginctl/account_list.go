package main

import (
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/pkg/directory/account"
)

func statuses() []string {
	return []string{string(account.Active), string(account.Disabled), string(account.MustChange)}
}

func newAccountList(w *where) *cobra.Command {
	var status, group string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the accounts",
		Long: `list prints the accounts as it reads them, in the order in which the table has
them: however many there are, it holds few, and a number for each id, to tell of
two accounts with one. With --json each is a line.

An item that is no account is told of on standard error, and makes the command
fail at its end.`,
		Example: `  # who may still sign in as an agent
  loginctl account list --region eu-west-1 --group agents --status active

  # the addresses of all
  loginctl account list --region eu-west-1 --json | jq -r .email`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if status != "" && !slices.Contains(statuses(), status) {
				return misuse(cmd, "there is no status %q, only %s", status, strings.Join(statuses(), ", "))
			}
			s, err := w.open(cmd)
			if err != nil {
				return err
			}
			return s.list(cmd, func(a *account.Account) bool {
				return (status == "" || string(a.Status()) == status) && (group == "" || slices.Contains(a.Groups, group))
			})
		},
	}
	cmd.Flags().StringVar(&status, "status", "", "only those of this `STATUS`: "+strings.Join(statuses(), ", "))
	cmd.Flags().StringVar(&group, "group", "", "only members of `GROUP`")
	_ = cmd.RegisterFlagCompletionFunc("status", cobra.FixedCompletions(statuses(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (s *site) list(cmd *cobra.Command, wanted func(*account.Account) bool) error {
	var out lister = &table{out: cmd.OutOrStdout()}
	if s.where.json {
		out = lines{cmd.OutOrStdout()}
	}
	unreadable, listed := 0, 0
	ids, seed := map[uint64]bool{}, maphash.MakeSeed() // a number an id: there may be many
	for a, err := range s.accounts.All(cmd.Context()) {
		switch {
		case err != nil && a == nil && isUnreadable(err):
			unreadable++
			fmt.Fprintln(cmd.ErrOrStderr(), "note:", cell(strings.ReplaceAll(err.Error(), "\n", "; ")))
		case err != nil:
			_ = out.flush()
			return s.explain(err)
		default:
			id := maphash.String(seed, a.ID)
			if a.ID != "" && ids[id] {
				fmt.Fprintf(cmd.ErrOrStderr(), "note: another account has the id %q of %q, too: Deskpro takes them for one person\n", a.ID, a.Login)
			}
			ids[id] = true
			if !wanted(a) {
				continue
			}
			listed++
			if err := out.add(viewOf(a)); err != nil {
				return err
			}
		}
	}
	if err := out.flush(); err != nil {
		return err
	}
	if listed == 0 && !s.where.json {
		none := "there are no accounts"
		if cmd.Flags().Changed("status") || cmd.Flags().Changed("group") {
			none = "there is no such account"
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "note: %s in %s\n", none, s.name)
	}
	if unreadable > 0 {
		return hint.With(fmt.Errorf("%d of the items in %s are no accounts", unreadable, s.name), "the notes above say which; nobody can sign in with one until it is mended")
	}
	return nil
}

// lister prints accounts as they come.
type lister interface {
	add(accountView) error
	flush() error
}

// block is how many rows are aligned with one another.
const block = 200

// table is a lister for people.
type table struct {
	out    io.Writer
	rows   [][]string
	headed bool
}

func (t *table) add(v accountView) error {
	if !t.headed {
		t.rows, t.headed = append(t.rows, []string{"LOGIN", "ID", "EMAIL", "NAME", "STATUS", "GROUPS"}), true
	}
	name := v.Name
	if name == "" {
		name = strings.TrimSpace(v.FirstName + " " + v.LastName)
	}
	t.rows = append(t.rows, []string{v.Login, v.ID, v.Email, name, words(v.Status), strings.Join(v.Groups, ", ")})
	if len(t.rows) < block {
		return nil
	}
	return t.flush()
}

func (t *table) flush() error {
	rows := t.rows
	t.rows = nil
	return aligned(t.out, "", rows...)
}

// lines is a lister for programs.
type lines struct{ out io.Writer }

func (l lines) add(v accountView) error { return printJSON(l.out, v) }
func (l lines) flush() error            { return nil }
