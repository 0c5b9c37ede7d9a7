package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/directory/account"
)

// plan is what a command would do to an account.
type plan struct {
	event audit.Event
	// verb is what happens to the account, as in "would be deleted".
	verb string
	// changes are shown, or gone is, what is removed; ends says that sessions end
	// besides.
	changes []fieldChange
	gone    *accountView
	ends    bool
	do      func() error
	// initial is a password to be shown when it was done; nil means none.
	initial *initialPassword
}

type fieldChange struct {
	// Field is an accountView's, or attributes.NAME.
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// initialPassword is what --initial made up. It is shown on purpose, once.
type initialPassword struct {
	Password string    `json:"password"`
	Expires  time.Time `json:"expires"`
}

// report is a plan, or what became of it, as JSON.
type report struct {
	Login string `json:"login"`
	ID    string `json:"id"`
	// Applied is false where it was only shown.
	Applied       bool             `json:"applied"`
	Changes       []fieldChange    `json:"changes"`
	Gone          *accountView     `json:"gone,omitempty"`
	SessionsEnded bool             `json:"sessions_ended"`
	Initial       *initialPassword `json:"initial_password,omitempty"`
}

// perform does what p says of a if apply, and shows it in any case.
func (s *site) perform(cmd *cobra.Command, a *account.Account, p plan, apply bool) error {
	p.event.Subject = a.ID
	told := report{Login: a.Login, ID: a.ID, Changes: append([]fieldChange{}, p.changes...), Gone: p.gone}
	var err error
	if apply {
		var made result
		made, err = s.change(cmd.Context(), p.event, p.ends, p.do)
		if !made.changed {
			return err
		}
		told.Applied, told.SessionsEnded, told.Initial = true, made.ended, p.initial
	}
	return together(err, s.show(cmd, p, told))
}

// show prints told. Whoever is not told of a password that was made up, and set,
// must know that it was.
func (s *site) show(cmd *cobra.Command, p plan, told report) error {
	print := p.print
	if s.where.json {
		print = func(cmd *cobra.Command, told report) error { return printJSON(cmd.OutOrStdout(), told) }
	}
	err := print(cmd, told)
	switch {
	case err == nil || !told.Applied:
		return err
	case told.Initial != nil:
		return hint.With(fmt.Errorf("%s was %s with a password that nobody knows, as it could not be printed: %w", told.Login, p.verb, err),
			"give another: %s", s.where.command("account", "password", told.Login, "--initial", "--apply"))
	}
	return hint.With(fmt.Errorf("it was done, but could not be printed: %w", err), "%s", s.where.command("account", "show", told.Login)+" shows what there is")
}

func (p plan) print(cmd *cobra.Command, told report) error {
	how := "would be"
	if told.Applied {
		how = "was"
	}
	out := &bytes.Buffer{}
	fmt.Fprintf(out, "%s, id %s, %s %s\n", cell(told.Login), cell(told.ID), how, p.verb)
	var rows [][]string
	for _, c := range p.changes {
		rows = append(rows, []string{c.label(), c.Before, "->", c.After})
	}
	if p.gone != nil {
		rows = slices.DeleteFunc(p.gone.rows(), func(row []string) bool { return row[0] == "login" || row[0] == "id" })
	}
	if p.ends {
		sessions := "ended"
		if told.Applied && !told.SessionsEnded {
			sessions = "not all ended"
		}
		rows = append(rows, []string{"sessions", sessions})
	}
	if err := aligned(out, "  ", rows...); err != nil {
		return err
	}
	if told.Initial != nil {
		fmt.Fprintf(out, "initial password, until %s: %s\n", clock(told.Initial.Expires), told.Initial.Password)
	}
	if _, err := cmd.OutOrStdout().Write(out.Bytes()); err != nil {
		return err
	}
	if !told.Applied {
		fmt.Fprintln(cmd.ErrOrStderr(), "nothing was done yet: --apply does it")
	}
	return nil
}

// differences are what becomes has in place of was', but for its credentials.
func differences(was, becomes *account.Account) []fieldChange {
	var found []fieldChange
	add := func(field, before, after string) {
		if before != after {
			found = append(found, fieldChange{field, before, after})
		}
	}
	add("alias", was.Alias, becomes.Alias)
	add("email", was.Email, becomes.Email)
	add("email_verified", yesNo(was.EmailVerified), yesNo(becomes.EmailVerified))
	add("name", was.Name, becomes.Name)
	add("first_name", was.FirstName, becomes.FirstName)
	add("last_name", was.LastName, becomes.LastName)
	add("groups", sorted(was.Groups), sorted(becomes.Groups))
	names := maps.Clone(was.Attributes)
	if names == nil {
		names = map[string]string{}
	}
	maps.Copy(names, becomes.Attributes)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		add(attributePrefix+name, was.Attributes[name], becomes.Attributes[name])
	}
	add("status", words(was.Status()), words(becomes.Status()))
	return found
}

func sorted(groups []string) string { return strings.Join(slices.Sorted(slices.Values(groups)), ", ") }

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

const attributePrefix = "attributes."

// label is the field for people.
func (c fieldChange) label() string {
	if name, ok := strings.CutPrefix(c.Field, attributePrefix); ok {
		return "attribute " + name
	}
	if c.Field == "factor" {
		return "authenticator"
	}
	return strings.ReplaceAll(c.Field, "_", " ")
}

// fieldNames are those of changes, for the log: ours, never what somebody made
// up.
func fieldNames(changes []fieldChange) string {
	var names []string
	for _, c := range changes {
		name, _, _ := strings.Cut(c.Field, ".")
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}

// nothing says that a is already as it should be.
func (s *site) nothing(cmd *cobra.Command, a *account.Account, already string) error {
	if s.where.json {
		return printJSON(cmd.OutOrStdout(), report{Login: a.Login, ID: a.ID, Changes: []fieldChange{}})
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s, id %s, %s: there is nothing to do\n", cell(a.Login), cell(a.ID), already)
	return err
}
