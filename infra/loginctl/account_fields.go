package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/infra/loginctl/roll"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
)

// accountFields are the flags for what there is of an account beside its login,
// its ID and its credentials.
type accountFields struct {
	alias, email, name, firstName, lastName string
	verified                                bool
	groups, attributes                      []string
}

func (f *accountFields) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.alias, "alias", "", "a second `LOGIN`, such as the email address beside a user name")
	flags.StringVar(&f.email, "email", "", "`ADDRESS` by which Deskpro knows the person")
	flags.BoolVar(&f.verified, "email-verified", true, "the address is known to be theirs: you vouch for one that you give, unless you say =false; nobody can sign in with one that is not")
	flags.Lookup("email-verified").DefValue = "false" // it is true beside --email
	flags.StringVar(&f.name, "name", "", "full `NAME`")
	flags.StringVar(&f.firstName, "first-name", "", "first `NAME`, with --last-name instead of --name or beside it")
	flags.StringVar(&f.lastName, "last-name", "", "last `NAME`")
	flags.StringArrayVar(&f.groups, "group", nil, "a `GROUP` to be a member of; may be repeated")
	flags.StringArrayVar(&f.attributes, "attribute", nil, "a `NAME=VALUE` that a door may send as a claim; may be repeated")
}

// apply gives a what flags were given for.
func (f *accountFields) apply(cmd *cobra.Command, a *account.Account) error {
	fitted := roll.CheckLengths(a) == nil // what is there already may stay
	given := cmd.Flags().Changed
	if given("alias") {
		alias, ok := account.NormalizeLogin(f.alias)
		if !ok && f.alias != "" {
			return misuse(cmd, "--alias %.100q can be no login: one is UTF-8 text of 1 to 256 bytes", f.alias)
		}
		if alias == a.Login {
			return misuse(cmd, "--alias is the account's login already")
		}
		if alias != "" && alias != a.Alias {
			if err := account.CheckNewLogin(alias); err != nil {
				return misuse(cmd, "--alias %.100q: %w", alias, err)
			}
		}
		a.Alias = alias
	}
	for _, text := range []struct {
		flag, value string
		into        *string
	}{{"email", f.email, &a.Email}, {"name", f.name, &a.Name}, {"first-name", f.firstName, &a.FirstName}, {"last-name", f.lastName, &a.LastName}} {
		if given(text.flag) {
			*text.into = strings.TrimSpace(text.value)
		}
	}
	switch {
	case given("email-verified"):
		a.EmailVerified = f.verified
	case given("email"):
		a.EmailVerified = a.Email != ""
	}
	for _, group := range f.groups {
		if !slices.Contains(a.Groups, group) {
			a.Groups = append(a.Groups, group)
		}
	}
	for _, pair := range f.attributes {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" || value == "" {
			return misuse(cmd, "--attribute %.100q is not like department=sales", pair)
		}
		if a.Attributes == nil {
			a.Attributes = map[string]string{}
		}
		a.Attributes[name] = value
	}
	if err := roll.CheckLengths(a); err != nil && fitted {
		return misuse(cmd, "%w", err)
	}
	return checkTexts(cmd, a)
}

// checkTexts refuses what a typing error, or a paste, brought in.
func checkTexts(cmd *cobra.Command, a *account.Account) error {
	texts := map[string][]string{
		"login": {a.Login}, "alias": {a.Alias}, "id": {a.ID}, "email": {a.Email}, "name": {a.Name}, "first-name": {a.FirstName}, "last-name": {a.LastName}, "group": a.Groups,
	}
	for name, value := range a.Attributes {
		texts["attribute"] = append(texts["attribute"], name, value)
	}
	for _, flag := range []string{"login", "alias", "id", "email", "name", "first-name", "last-name", "group", "attribute"} {
		for _, text := range texts[flag] {
			if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
				return misuse(cmd, "--%s %.100q holds control characters, or is not UTF-8", flag, text)
			}
			if flag == "group" && (strings.TrimSpace(text) != text || text == "") {
				return misuse(cmd, "--group %.100q is empty, or has space around it", text)
			}
		}
	}
	return nil
}

// fit returns why Deskpro could not take a; nil if it could.
func fit(a *account.Account) error {
	user := directory.User{ID: a.ID, Email: a.Email, Name: a.Name, FirstName: a.FirstName, LastName: a.LastName, Groups: a.Groups, Attributes: a.Attributes}
	if err := user.Check(); err != nil {
		return err
	}
	if _, err := deskpro.ParseEmail(a.Email); err != nil {
		return err
	}
	return nil
}

// unfit words fit's error.
func unfit(err error) error {
	return hint.With(fmt.Errorf("nobody could sign in to such an account: %w", err), "nothing was done; Deskpro needs an email address (--email) and a name (--name, or --first-name and --last-name)")
}
