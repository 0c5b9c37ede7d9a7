package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/infra/loginctl/token"
)

func newTokenVerify() *cobra.Command {
	var (
		s      tokenSource
		check  token.Check
		secret string
	)
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Tell whether Deskpro would accept a token, by its secret",
		Long: `verify explains a token as inspect does, and checks its signature with the secret
that Deskpro has. If that does not fit, it tries what people make of a secret on
its way: line breaks, quotes, JSON, encodings, another algorithm.

It exits with 0 only if Deskpro would accept the token: by its own documents, not
by asking it. That a token is used a second time only Deskpro can know.`,
		Example: `  # asks for the token
  loginctl token verify --secret-file secret.txt

  # with the secret that signs now
  loginctl secret status --door users --reveal current --region eu-west-1 |
    loginctl token verify --secret-file - --token-file token.txt`,
		Args: noToken,
		RunE: func(cmd *cobra.Command, _ []string) error {
			at, err := s.moment(cmd)
			if err != nil {
				return err
			}
			if secret == "-" && s.file == "-" {
				return misuse(cmd, "the token and the secret cannot both come from standard input: give --token-file, or another --secret-file")
			}
			for _, name := range []string{"algorithm", "deskpro-url", "issuer"} {
				if f := cmd.Flags().Lookup(name); f.Changed && f.Value.String() == "" {
					return misuse(cmd, "--%s is empty: leave it out to check nothing of that kind", name)
				}
			}
			if _, err := (token.Token{}).Verify(at, check); err != nil { // before anything is asked for
				return misuse(cmd, "%w", err)
			}
			if check.Secret, err = readTokenSecret(cmd, secret); err != nil {
				return err
			}
			found, err := s.read(cmd)
			if err != nil {
				return err
			}
			r, err := found.Verify(at, check)
			if err != nil {
				return misuse(cmd, "%w", err)
			}
			if err := s.print(cmd.OutOrStdout(), r); err != nil {
				return err
			}
			return verdict(r)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	s.flags(cmd)
	flags.StringVar(&secret, "secret-file", "", "read the door's secret from `FILE`, or - for standard input: one line")
	flags.StringVar(&check.Algorithm, "algorithm", "", "Deskpro's `ALGORITHM`, its Decrypt Algorithm: HS256, HS384 or HS512 (default: the token's own)")
	flags.StringVar(&check.DeskproURL, "deskpro-url", "", "the helpdesk's `URL`, which aud must name (default: any)")
	flags.StringVar(&check.Issuer, "issuer", "", "`NAME` that iss must be, such as deskpro-login/users (default: any)")
	s.jsonFlag(cmd)
	_ = cmd.RegisterFlagCompletionFunc("algorithm", cobra.FixedCompletions(algorithms(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func algorithms() []string { return []string{"HS256", "HS384", "HS512"} }

// verdict is nil for a token that Deskpro would accept.
func verdict(r token.Report) error {
	reasons := len(r.Refused)
	switch {
	case len(r.Malformed) > 0:
		return noSuchToken(r)
	case reasons == 0:
		return nil
	}
	err := fmt.Errorf("this token would be refused: %s", r.Refused[0].Text)
	if reasons > 1 {
		err = fmt.Errorf("this token would be refused, for %d reasons", reasons)
	}
	for _, f := range r.Refused {
		switch {
		case f.Code == "signature_unfit" && len(r.Signature.WouldFit) > 0:
			return hint.With(err, "%s", r.Signature.WouldFit[0])
		case f.Code == "signature_unfit":
			return hint.With(err, "try the other door's secret, and the one from before or after a rotation: loginctl secret status")
		case f.Code == "secret_unusable" || f.Code == "secret_short":
			return hint.With(err, "loginctl secret generate makes one that is fit")
		}
	}
	if reasons == 1 && r.Refused[0].Code == "exp_passed" {
		return hint.With(err, "that is as it should be once it has been used; --at judges it as of another time")
	}
	return hint.With(err, "loginctl token mint makes one that is as it should be, to compare")
}
