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
	switch {
	case err != nil && sum.Line == 0 && cmd.Context().Err() != nil:
		return hint.With(errors.New("interrupted before anything was done"), "begin anew with the same command")
	case err != nil && sum.Line == 0:
		return s.explain(err)
	case err != nil && cmd.Context().Err() != nil:
		return hint.With(fmt.Errorf("interrupted after line %d", sum.Line), again)
	case err != nil:
		err = s.explain(err)
		return hint.With(fmt.Errorf("ended after line %d: %w", sum.Line, err), "%s", joinHints(hint.Of(err), again))
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

func joinHints(first, second string) string {
	if first == "" {
		return second
	}
	return first + "; " + second
}
