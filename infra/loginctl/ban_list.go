package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskpro-login/pkg/regulation"
)

// waitView is a counter as JSON.
type waitView struct {
	// Guessed and Of are what is guessed and whose counter it is, in the words of
	// package regulation.
	Guessed regulation.Kind  `json:"guessed"`
	Of      regulation.Scope `json:"of"`
	// Login and ID are the account's; NoAccount: there is none. Neither: it is not
	// known, or the counter is a source's.
	Login     string    `json:"login,omitempty"`
	ID        string    `json:"id,omitempty"`
	NoAccount bool      `json:"no_account,omitempty"`
	Source    string    `json:"source,omitempty"`
	Guesses   int       `json:"guesses"`
	Closed    bool      `json:"closed"`
	WaitsTo   time.Time `json:"waits_until,omitzero"`
	Last      time.Time `json:"last"`
	Forgotten time.Time `json:"forgotten"`
}

// viewOfWait is of a moment, now.
func viewOfWait(c regulation.Counted, o *owner, now time.Time) waitView {
	v := waitView{
		Guessed: c.Kind, Of: c.Scope, Source: c.Source, Guesses: c.Guesses,
		Last: c.Last.UTC().Truncate(time.Second), Forgotten: c.Forgotten.UTC().Truncate(time.Second),
	}
	if o != nil {
		v.ID, v.NoAccount, v.Login = o.id, o.none, o.typed
		if len(o.logins) == 1 {
			v.Login = o.logins[0]
		}
	}
	if c.Wait != nil {
		if v.Closed = c.Wait.Closed; !v.Closed {
			v.WaitsTo = now.Add(c.Wait.For + time.Second - 1).UTC().Truncate(time.Second) // who comes then need not wait once more
		}
	}
	return v
}

// row is v's for people; o is whose it is.
func (v waitView) row(o *owner) []string {
	waits := "no"
	switch {
	case v.Closed:
		waits = "closed"
	case !v.WaitsTo.IsZero():
		waits = "until " + v.WaitsTo.Format("2006-01-02 15:04:05 UTC")
	}
	return []string{string(v.Guessed), strings.ReplaceAll(string(v.Of), "_", " "), o.String(), v.Source, fmt.Sprint(v.Guesses), waits, clock(v.Last), clock(v.Forgotten)}
}

func newBanList(w *where) *cobra.Command {
	f := whom{where: w}
	var all bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List who has to wait",
		Long: `list prints the counters of wrong guesses that ask for a wait now, the longest
first: what is guessed, whose counter it is (an account's, that of one address at
an account, of a browser that is known for an account, or a source's at whichever
accounts), the account, the address, how many guesses were wrong in a row, until
when the next has to wait, when the last was, and when they are forgotten. With
--all it prints those that ask for nothing yet, too. With --json each is a line.

What is kept is a mark of what was typed as login, never the text, since people
type passwords into that field. Where accounts are in a table they are all read to
find whose the marks are. Where they are in a Cognito user pool, --login finds those
of what was typed: each way to write it, such as a user name and an address, has
counters of its own, and so has the account's id (sub), for codes.

It reads the whole table of sessions.`,
		Example: `  loginctl ban list --region eu-west-1
  loginctl ban list --login mara@example.com --all --region eu-west-1

  # from where most is guessed
  loginctl ban list --all --region eu-west-1 --json | jq -r 'select(.of == "source") | [.guesses, .source] | @tsv'`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(cmd); err != nil {
				return err
			}
			waits, err := f.open(cmd)
			if err != nil {
				return err
			}
			return waits.list(cmd, f, all)
		},
	}
	f.flags(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "also those that ask for no wait yet")
	return cmd
}

func (w *waits) list(cmd *cobra.Command, f whom, all bool) error {
	every, err := w.counted(cmd.Context())
	if err != nil {
		return err
	}
	counted := w.of(every, f)
	shown := counted
	if !all {
		shown = nil
		for _, c := range counted {
			if c.Wait != nil {
				shown = append(shown, c)
			}
		}
	}
	owners := w.owners(cmd.Context(), shown)
	w.noteStranger(f, owners)
	if err := w.printWaits(cmd.OutOrStdout(), shown, owners); err != nil {
		return err
	}
	if len(shown) == 0 && !w.where.json {
		return w.noneOf(cmd, f, len(counted))
	}
	return nil
}

// noteStranger tells of a login that may be a slip of the hand.
func (w *waits) noteStranger(f whom, owners []*owner) {
	if f.login == "" || w.named != nil || slices.ContainsFunc(owners, func(o *owner) bool { return o != nil && len(o.logins) > 0 }) {
		return
	}
	fmt.Fprintf(w.stderr, "note: there is no account with the login or alias %q in %s; guesses at it are counted all the same\n", f.login, w.name)
}

// byAddress is for who has to wait, though no account's counter says so.
const byAddress = "who has to wait all the same does so because of the address: give that as --source instead"

// noneOf says that nobody has to wait, and how many counters there are of that.
func (w *waits) noneOf(cmd *cobra.Command, f whom, counted int) error {
	text := "nobody has to wait now"
	if of := f.String(); of != "" {
		text = "there is no wait now for " + of
	}
	if _, err := fmt.Fprintln(cmd.OutOrStdout(), text); err != nil {
		return err
	}
	switch {
	case counted > 0:
		ask, them := "ask", "them"
		if counted == 1 {
			ask, them = "asks", "it"
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "note: %s of wrong guesses %s for no wait yet: --all lists %s\n", counters(counted), ask, them)
	case f.login != "" && f.source == "":
		fmt.Fprintln(cmd.ErrOrStderr(), "note: "+byAddress)
	}
	return nil
}

// String is for a sentence; empty where all are meant.
func (f whom) String() string {
	switch {
	case f.login != "" && f.source != "":
		return cell(f.login) + " from " + f.source
	case f.login != "":
		return cell(f.login)
	}
	return f.source
}

func counters(n int) string {
	if n == 1 {
		return "1 counter"
	}
	return fmt.Sprintf("%d counters", n)
}

func (w *waits) printWaits(out io.Writer, counted []regulation.Counted, owners []*owner) error {
	if w.where.json {
		for i, c := range counted {
			if err := printJSON(out, viewOfWait(c, owners[i], w.at)); err != nil {
				return err
			}
		}
		return nil
	}
	if len(counted) == 0 {
		return nil
	}
	rows := [][]string{{"GUESSED", "OF", "ACCOUNT", "SOURCE", "GUESSES", "WAITS", "LAST", "FORGOTTEN"}}
	for i, c := range counted {
		rows = append(rows, viewOfWait(c, owners[i], w.at).row(owners[i]))
	}
	return aligned(out, "", rows...)
}
