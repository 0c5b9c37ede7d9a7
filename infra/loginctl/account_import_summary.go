package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/infra/loginctl/roll"
)

// progressOf is for the meter.
func progressOf(sum roll.Summary) string {
	text := fmt.Sprintf("%d rows, %.0f a second", sum.Rows, sum.Rate)
	if refused := sum.Refused(); refused > 0 {
		text += fmt.Sprintf(", %d not taken", refused)
	}
	return text
}

// print shows what an import did, or would do.
func (c *accountImport) print(cmd *cobra.Command, name string, sum roll.Summary) error {
	out := cmd.OutOrStdout()
	if c.where.json {
		return printJSON(out, sum)
	}
	added, updated := "to add", "to update"
	if sum.Applied {
		added, updated = "added", "updated"
	}
	rows := [][]string{{"rows", fmt.Sprint(sum.Rows), cell(name)}}
	for _, count := range []struct {
		name string
		n    int
		note string
	}{
		{added, sum.Added, ""},
		{"", sum.Unverified, "without a verified address: they cannot sign in (email_verified, or --email-verified)"},
		{"", sum.NoPassword, "without a password: they cannot sign in (loginctl account password)"},
		{updated, sum.Updated, ""},
		{"unchanged", sum.Unchanged, ""},
		{"skipped", sum.Skipped, "there already, and different"},
		{"conflicts", sum.Conflicts, "good in themselves, but not beside what is there already"},
		{"bad", sum.Bad, ""},
		{"in doubt", sum.InDoubt, "being written when it ended: they may be there, or not"},
	} {
		switch {
		case count.name == "" && count.n > 0:
			rows = append(rows, []string{"", "", fmt.Sprintf("%d %s", count.n, count.note)})
		case count.name != "" && (count.n > 0 || count.note == ""):
			rows = append(rows, []string{count.name, fmt.Sprint(count.n), count.note})
		}
	}
	took := time.Duration(sum.Seconds * float64(time.Second)).Round(10 * time.Millisecond)
	rows = append(rows, []string{"time", took.String(), fmt.Sprintf("%.0f rows a second", sum.Rate)})
	if sum.Throttled > 0 {
		rows = append(rows, []string{"", "", fmt.Sprintf("the table asked %d times to slow down", sum.Throttled)})
	}
	return aligned(out, "", rows...)
}

// ended is how the command ends, after what it printed.
func (c *accountImport) ended(cmd *cobra.Command, s *site, sum roll.Summary, err error) error {
	const again = "what is there already is passed over: go on with the same command"
	interrupted, begun := cmd.Context().Err() != nil, sum.Line > 0 || sum.InDoubt > 0
	switch {
	case err != nil && sum.Complete:
		err = s.explain(err)
		return hint.With(fmt.Errorf("the import itself came to its end, in line %d; but then: %w", sum.Line, err),
			"%s", joinHints(hint.Of(err), "what is there already is passed over where the same command is given again"))
	case err != nil && interrupted && !begun:
		return hint.With(errors.New("interrupted before anything was done"), "begin anew with the same command")
	case err != nil && !begun:
		return s.explain(err)
	case err != nil && interrupted:
		return hint.With(fmt.Errorf("interrupted %s", reached(sum)), again)
	case err != nil:
		err = s.explain(err)
		return hint.With(fmt.Errorf("ended %s: %w", reached(sum), err), "%s", joinHints(hint.Of(err), again))
	case !c.apply:
		fmt.Fprintln(cmd.ErrOrStderr(), "nothing was done yet: --apply does it")
	}
	refused := sum.Refused()
	if refused == 0 {
		return nil
	}
	said := fmt.Errorf("%d of %d rows were not taken", refused, sum.Rows)
	switch {
	case c.rejects != "":
		return hint.With(said, "they are in %s, with the reasons: correct them there, and import that file", c.rejects)
	case sum.Conflicts == refused:
		return hint.With(said, "the lines above say why; --existing update or skip says what becomes of accounts that are there")
	}
	return hint.With(said, "the lines above say why; correct them in the file, or write them to another with --rejects FILE")
}

// reached is where an import was when it ended early. Of the last lines some may
// not have been dealt with, as several are at once.
func reached(sum roll.Summary) string {
	place := fmt.Sprintf("at about line %d", sum.Line)
	if sum.Line == 0 {
		place = "in the first lines"
	}
	if sum.InDoubt > 0 {
		place += fmt.Sprintf(", while %d rows were being written, which may be there or not", sum.InDoubt)
	}
	return place
}

func joinHints(first, second string) string {
	if first == "" {
		return second
	}
	return first + "; " + second
}
