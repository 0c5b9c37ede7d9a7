package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/infra/loginctl/token"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/keyring"
)

// tokenMint are the flags of token mint.
type tokenMint struct {
	secret, email, returns string
	claims                 deskpro.Claims
	attributes             []string
	config                 deskpro.Config
	json                   bool
}

// minted is what mint prints as JSON.
type minted struct {
	Token string `json:"token"`
	// Address has the token, too.
	Address string    `json:"address,omitempty"`
	Expires time.Time `json:"expires"`
}

func newTokenMint() *cobra.Command {
	var m tokenMint
	cmd := &cobra.Command{
		Use:   "mint",
		Short: "Make a token, to try Deskpro's side with",
		Long: `mint signs a token as the sign-in page does, for whom the flags describe, and
prints it and nothing else. With --return it prints the whole address, which signs
in whoever opens it: try it in a private window.

Deskpro makes a person of a new email address, and an agent if Auto Agent is on:
take an address that is there already.

A token is a credential until it expires. So is the secret, always: whoever has
it can do this, too.`,
		Example: `  loginctl token mint --secret-file secret.txt \
    --deskpro-url https://acme.deskpro.com/ --return /login/authenticate-callback/1 \
    --id u-1 --email ada@example.com --name "Ada Lovelace"`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return misuse(cmd, "no argument is taken: everything is a flag, and a value with spaces needs quotation marks")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return m.run(cmd) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&m.secret, "secret-file", "", "read the door's secret from `FILE`, or - for standard input: one line")
	flags.StringVar(&m.config.URL, "deskpro-url", "", "the helpdesk's `URL`, which becomes aud")
	flags.StringVar(&m.claims.ID, "id", "", "the person's `ID` on this side")
	flags.StringVar(&m.email, "email", "", "their email `ADDRESS`")
	flags.StringVar(&m.claims.Name, "name", "", "their `NAME`; or these two:")
	flags.StringVar(&m.claims.FirstName, "first-name", "", "their first `NAME`")
	flags.StringVar(&m.claims.LastName, "last-name", "", "their last `NAME`")
	flags.StringArrayVar(&m.claims.Groups, "group", nil, "`NAME` of a group of theirs; again for others")
	flags.StringArrayVar(&m.attributes, "attribute", nil, "another claim, as `NAME=VALUE`; again for others")
	flags.DurationVar(&m.config.Lifetime, "lifetime", 2*time.Minute, "how long the token is good, a `DURATION` of 30s to 10m")
	flags.StringVar(&m.config.Issuer, "issuer", "loginctl", "`NAME` that becomes iss")
	flags.StringVar(&m.config.Algorithm, "algorithm", "HS256", "Deskpro's `ALGORITHM`, its Decrypt Algorithm: HS256, HS384 or HS512")
	flags.StringVar(&m.returns, "return", "", "print the address for the browser: this `URL` of the helpdesk, with the token")
	flags.BoolVar(&m.json, "json", false, "print JSON")
	_ = cmd.RegisterFlagCompletionFunc("algorithm", cobra.FixedCompletions(algorithms(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (m *tokenMint) run(cmd *cobra.Command) error {
	app, returns, err := m.app(cmd)
	if err != nil {
		return err
	}
	secret, err := readTokenSecret(cmd, m.secret)
	if err != nil {
		return err
	}
	key, err := keyring.ParseKey(secret, "")
	if err != nil {
		return unfitSecret(err)
	}
	now := time.Now()
	made, err := app.Mint(key, m.claims, now)
	switch {
	case errors.Is(err, keyring.ErrUnusable):
		return unfitSecret(err)
	case err != nil:
		return misuse(cmd, "%w", err)
	}
	for _, doubt := range token.Doubts(secret) {
		fmt.Fprintln(cmd.ErrOrStderr(), "note:", printable(doubt))
	}
	out := minted{Token: made.Reveal(), Expires: now.Add(m.config.Lifetime).UTC().Truncate(time.Second)}
	what := "this token"
	if returns != nil {
		out.Address, what = returns.With(made), "this address"
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "note: until %s, for %s, who has %s can sign in at %s as %s: keep it to yourself\n",
		out.Expires.Format("15:04:05 UTC"), lasting(m.config.Lifetime), what, app.Home(), cell(m.email))
	if m.json {
		return printJSON(cmd.OutOrStdout(), out)
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), cmp.Or(out.Address, out.Token))
	return err
}

// app reads the flags. The return address is nil where none is given.
func (m *tokenMint) app(cmd *cobra.Command) (*deskpro.App, *deskpro.ReturnURL, error) {
	for _, needed := range []string{"deskpro-url", "id", "email"} {
		if cmd.Flag(needed).Value.String() == "" {
			return nil, nil, misuse(cmd, "--%s is missing", needed)
		}
	}
	if m.config.Lifetime == 0 { // which Config takes for its default
		return nil, nil, misuse(cmd, "--lifetime is 0: it must be between 30s and 10m")
	}
	if m.claims.Name != "" && (m.claims.FirstName == "") != (m.claims.LastName == "") {
		return nil, nil, misuse(cmd, "--first-name and --last-name belong together: give both, or --name alone")
	}
	var err error
	if m.claims.Email, err = deskpro.ParseEmail(m.email); err != nil {
		return nil, nil, misuse(cmd, "--email: %w", err)
	}
	m.claims.Attributes = map[string]string{}
	for _, pair := range m.attributes {
		name, value, ok := strings.Cut(pair, "=")
		switch {
		case !ok || name == "" || value == "":
			return nil, nil, misuse(cmd, "--attribute %.100q is not like department=support", pair)
		case slices.Contains(m.config.Attributes, name):
			return nil, nil, misuse(cmd, "--attribute %.100s is given twice", name)
		}
		m.config.Attributes = append(m.config.Attributes, name)
		m.claims.Attributes[name] = value
	}
	app, err := deskpro.New(m.config)
	if err != nil {
		return nil, nil, misuse(cmd, "%w", err)
	}
	if !cmd.Flags().Changed("return") {
		return app, nil, nil
	}
	returns, err := app.ParseReturn(m.returns)
	if err != nil {
		return nil, nil, misuse(cmd, "--return: %w", err)
	}
	return app, &returns, nil
}

func unfitSecret(err error) error {
	return hint.With(fmt.Errorf("the secret does not sign: %w", err), "give the text that Deskpro has, all of it and nothing else; loginctl secret generate makes one that is fit")
}
