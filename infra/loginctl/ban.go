package main

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/infra/loginctl/stack"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/regulation"
)

func newBan() *cobra.Command {
	w := &where{}
	cmd := &cobra.Command{
		Use:   "ban",
		Short: "Show, and lift, the waits that follow on wrong guesses",
		Long: `ban is about who has to wait at the sign-in page because of wrong guesses: of
passwords, of codes, of answers, and of whom to send a code. They are counted for
each account, for each address at an account, and for each address at whichever
accounts. The next one has to wait, longer and longer; after a hundred in a row
(GuessesMost) an account's counter is closed.

Often there is nothing to lift: in a browser that they have signed in with before
people have guesses of their own, a new password by mail (Cognito) begins those of
the account anew, and every wait but that of a closed counter ends by itself.

Where the counters are, and what their limits are, the stack tells: give --stack,
--region and --profile as for setup. At an emulator, such as that of the local
server, give --endpoint-url with --state-table, and with --table for accounts.`,
	}
	w.waitFlags(cmd)
	cmd.AddCommand(newBanList(w), newBanLift(w))
	return cmd
}

// whom are the flags that say whose counters are meant.
type whom struct {
	where         *where
	login, source string
}

func (f *whom) flags(cmd *cobra.Command) {
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&f.login, "login", "", "only those of `LOGIN`, an account's login, alias or id, or whatever was typed")
	cmd.Flags().StringVar(&f.source, "source", "", "only those of this `ADDRESS`, and of others in its IPv6 /64")
}

func (f *whom) check(cmd *cobra.Command) error {
	if cmd.Flags().Changed("login") && strings.TrimSpace(f.login) == "" {
		return misuse(cmd, "--login names no login")
	}
	if !cmd.Flags().Changed("source") || f.source == nowhere {
		return nil
	}
	if network, err := netip.ParsePrefix(f.source); err == nil && network == network.Masked() && (network.Bits() == 64 || network.IsSingleIP()) {
		f.source = network.Addr().String() // as list shows it
	}
	if _, err := netip.ParseAddr(f.source); err != nil {
		return misuse(cmd, "--source %.100q is no IP address, such as 192.0.2.7 or 2001:db8::1", f.source)
	}
	return nil
}

// nowhere is the source of what came from no address that could be told.
const nowhere = "unknown"

// waits are a site's counters of guesses.
type waits struct {
	*site
	regulation *regulation.Regulation
	// named is whom --login names: nil without it, and where no account has it as
	// login or alias.
	named *owner
	// names are all that the account's guesses may be counted by.
	names []string
	// at is when the counters were read, from when their waits are.
	at time.Time
}

// open returns the counters of the site, and looks for the account of --login.
func (f *whom) open(cmd *cobra.Command) (*waits, error) {
	atEmulator, err := parseLimits(f.where.limits)
	if err != nil {
		return nil, misuse(cmd, "--limits: %w", err)
	}
	site, err := f.where.openAny(cmd)
	if err != nil {
		return nil, err
	}
	w := &waits{site: site}
	if site.store == nil {
		return nil, hint.With(fmt.Errorf("it is not known where the waits of %s are", site.name), "the stack lacks the output StateTableName: deploy it from this release (make deploy)")
	}
	limits, correct := site.guesses, "correct the stack's parameters GuessesFree to GuessesOfSource and deploy again (make deploy)"
	if f.where.named() != "" {
		limits, correct = atEmulator, "correct --limits"
	}
	w.regulation, err = regulation.New(regulation.Config{Store: site.store, Fold: account.NormalizeLogin, Limits: limitsOf(limits), Now: site.now})
	if err != nil {
		return nil, hint.With(fmt.Errorf("the limits of guesses make no sense: %w", err), "%s", correct)
	}
	if f.login != "" {
		err = w.look(cmd.Context(), f.login)
	}
	return w, err
}

// parseLimits reads NAME=VALUE, with spaces between.
func parseLimits(text string) (stack.Guesses, error) {
	var pairs []stack.Parameter
	for pair := range strings.FieldsSeq(text) {
		name, value, _ := strings.Cut(pair, "=")
		if !stack.IsLimit(name) {
			return stack.Guesses{}, fmt.Errorf("%.40q is no limit: there are GUESSES_FREE, GUESSES_FIRST_WAIT, GUESSES_LONGEST_WAIT, GUESSES_MOST and GUESSES_OF_SOURCE", name)
		}
		pairs = append(pairs, stack.Parameter{ParameterKey: name, ParameterValue: value})
	}
	return stack.ParseGuesses(pairs)
}

// limitsOf has in place of what was not told what is recommended.
func limitsOf(g stack.Guesses) regulation.Limits {
	l := regulation.Defaults
	set := func(to *int, told int) {
		if told > 0 {
			*to = told
		}
	}
	set(&l.Free, g.Free)
	set(&l.Most, g.Most)
	set(&l.Source, g.Source)
	if g.FirstWait > 0 {
		l.FirstWait = g.FirstWait
	}
	if g.LongestWait > 0 {
		l.LongestWait = g.LongestWait
	}
	return l
}

// counted are all counters, those that ask for a wait first.
func (w *waits) counted(ctx context.Context) ([]regulation.Counted, error) {
	w.at = w.now()
	all, err := w.regulation.List(ctx, w.lister)
	return all, w.explain(err)
}

// of are those that f is about.
func (w *waits) of(all []regulation.Counted, f whom) []regulation.Counted {
	var some []regulation.Counted
	for _, c := range all {
		if (f.login == "" || w.isNamed(c)) && (f.source == "" || w.regulation.From(c, f.source)) {
			some = append(some, c)
		}
	}
	return some
}

func (w *waits) isNamed(c regulation.Counted) bool {
	return slices.ContainsFunc(w.names, func(name string) bool { return w.regulation.Names(c, name) })
}
