package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/infra/loginctl/stack"
	"deskpro-login/infra/loginctl/stack/awsstack"
	"deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
)

func newHash() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hash",
		Short: "Make and check hashes of passwords, for a table that you fill yourself",
	}
	cmd.AddCommand(newHashMake(), newHashCheck())
	return cmd
}

// hashCost are the flags for what a hash costs: by themselves, or by a stack.
type hashCost struct {
	memory, time, parallelism uint32
	query                     awsstack.Query
}

func (c *hashCost) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.Uint32Var(&c.memory, "memory", 0, "`KIB` of memory, as HASH_MEMORY (default: the --stack's, or 19456)")
	flags.Uint32Var(&c.time, "time", 0, "`PASSES` over it, as HASH_TIME (default: the --stack's, or 2)")
	flags.Uint32Var(&c.parallelism, "parallelism", 0, "`LANES` in it, as HASH_PARALLELISM (default: the --stack's, or 1)")
	flags.StringVar(&c.query.Name, "stack", "", "ask the stack of this `NAME` or ARN what a hash costs there (default: ask none)")
	flags.StringVar(&c.query.Region, "region", "", "that stack's `REGION` (default: AWS_REGION, or the profile's)")
	flags.StringVar(&c.query.Profile, "profile", "", "`PROFILE` of AWS's configuration files (default: AWS_PROFILE)")
	flags.StringVar(&c.query.Endpoint, "endpoint-url", "", "ask at `URL` instead of AWS, for an emulator")
}

// check refuses flags that contradict each other.
func (c *hashCost) check(cmd *cobra.Command) error {
	if c.query.Name == "" {
		for _, name := range []string{"region", "profile", "endpoint-url"} {
			if cmd.Flags().Changed(name) {
				return misuse(cmd, "--%s belongs to --stack", name)
			}
		}
		return nil
	}
	switch {
	case !stack.ValidName(c.query.Name):
		return misuse(cmd, "--stack %q is neither a stack's name nor its ARN", c.query.Name)
	case cmd.Flags().Changed("endpoint-url") && !isEndpoint(c.query.Endpoint):
		return misuse(cmd, "--endpoint-url %.100q is not like http://127.0.0.1:8000", c.query.Endpoint)
	}
	return nil
}

func (c *hashCost) hasher(cmd *cobra.Command) (*password.Hasher, error) {
	if err := c.check(cmd); err != nil {
		return nil, err
	}
	config := password.Config{Memory: c.memory, Time: c.time, Parallelism: c.parallelism}
	if c.query.Name != "" {
		ctx, cancel := context.WithTimeout(cmd.Context(), openTimeout)
		defer cancel()
		found, err := awsstack.Describe(ctx, c.query)
		if err != nil {
			return nil, err
		}
		config.Memory = cmp.Or(config.Memory, found.Passwords.Memory)
		config.Time = cmp.Or(config.Time, found.Passwords.Time)
		config.Parallelism = cmp.Or(config.Parallelism, found.Passwords.Parallelism)
	}
	hasher, err := password.New(config)
	if err != nil {
		return nil, misuse(cmd, "%w", err)
	}
	return hasher, nil
}

func newHashMake() *cobra.Command {
	var (
		cost   hashCost
		file   string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "make",
		Short: "Hash a password",
		Long: `make asks for a password, twice, and prints its argon2id hash, for the attribute
password_hash. It takes any password: the policy is account password's affair.
With --stack the hash costs what that stack's sign-in page makes it cost; one that
costs anything else the page replaces when the password is typed.`,
		Example: `  loginctl hash make

  printf %s "$PASSWORD" | loginctl hash make --password-file - \
    --stack deskpro-login --region eu-west-1`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			hasher, err := cost.hasher(cmd)
			if err != nil {
				return err
			}
			chosen, err := typedPassword(cmd, file, true)
			if err != nil {
				return err
			}
			hash, err := hasher.Hash(cmd.Context(), chosen)
			if err != nil {
				return hint.With(fmt.Errorf("hashing the password: %w", err), "a password has 1 to 1024 bytes")
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), struct {
					Hash string `json:"hash"`
				}{hash})
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), hash)
			return err
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&file, "password-file", "", "read the password from `FILE`, or - for standard input, instead of asking for it")
	cost.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// typedPassword asks for a password, or reads it from a file if there is one.
func typedPassword(cmd *cobra.Command, file string, twice bool) (redact.Secret, error) {
	if file != "" {
		return readSecret(cmd, file, "password")
	}
	who, done, err := newAsker(cmd)
	if err != nil {
		return redact.Secret{}, err
	}
	defer done()
	if twice {
		return askTwice(cmd.Context(), who, "Password: ", "Again: ")
	}
	return who.ask(cmd.Context(), "Password: ")
}

// hashReport is what there is to say of a hash.
type hashReport struct {
	*password.Description
	// Taken: the sign-in page reads such a hash; Problem says why not.
	Taken   bool   `json:"taken"`
	Problem string `json:"problem,omitempty"`
	// Replaced: it makes another of the password at the next sign-in.
	Replaced bool  `json:"replaced"`
	Matches  *bool `json:"matches,omitempty"`
}

func newHashCheck() *cobra.Command {
	var (
		cost           hashCost
		file           string
		verify, asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Tell whether the sign-in page takes a hash",
		Long: `check reads a hash from a file, or from standard input for -, and tells what it
is, whether the sign-in page takes it, and whether it would replace it by another
of the same password at the next sign-in. With --verify it asks for a password,
and tells whether that is the one.`,
		Example: `  aws dynamodb get-item --table-name people --key '{"login":{"S":"mara"}}' \
    --query Item.password_hash.S --output text | loginctl hash check - --verify`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return misuse(cmd, "give one file that holds the hash, or - for standard input")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("password-file") && !verify {
				return misuse(cmd, "--password-file belongs to --verify")
			}
			if file == "-" && args[0] == "-" {
				return misuse(cmd, "the hash and the password cannot both come from standard input")
			}
			hasher, err := cost.hasher(cmd)
			if err != nil {
				return err
			}
			read, err := readSecret(cmd, args[0], "hash")
			if err != nil {
				return err
			}
			r, err := describe(hasher, read.Reveal())
			if verify && err == nil {
				typed, asked := typedPassword(cmd, file, false)
				if asked != nil {
					return asked
				}
				err = r.verify(cmd, hasher, read.Reveal(), typed)
			}
			if asJSON {
				if shown := printJSON(cmd.OutOrStdout(), r); shown != nil {
					return shown
				}
			} else if shown := aligned(cmd.OutOrStdout(), "", r.rows()...); shown != nil {
				return shown
			}
			return err
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().BoolVar(&verify, "verify", false, "ask for a password, and tell whether it is the hash's")
	cmd.Flags().StringVar(&file, "password-file", "", "read that password from `FILE`, or - for standard input, instead of asking for it")
	cost.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// describe returns an error, beside what there is to show, for a hash that the
// sign-in page does not take.
func describe(hasher *password.Hasher, hash string) (hashReport, error) {
	d, err := password.Describe(hash)
	if err != nil {
		return hashReport{Problem: err.Error()}, hint.With(fmt.Errorf("the sign-in page does not take this hash: %w", err),
			"its account needs another password: loginctl account password")
	}
	return hashReport{Description: &d, Taken: true, Replaced: hasher.Outdated(hash)}, nil
}

func (r *hashReport) verify(cmd *cobra.Command, hasher *password.Hasher, hash string, typed redact.Secret) error {
	right, err := hasher.Verify(cmd.Context(), hash, typed)
	if err != nil {
		return fmt.Errorf("verifying the password: %w", err)
	}
	r.Matches = &right
	if !right {
		return hint.With(fmt.Errorf("this is not the hash's password"), "a password is taken exactly as typed: capitals, spaces and all")
	}
	return nil
}

func (r hashReport) rows() [][]string {
	rows := [][]string{{"taken", yesNo(r.Taken)}}
	if r.Description != nil {
		rows = append([][]string{{"scheme", r.Scheme}, {"parameters", r.Parameters}, {"form", r.Form}}, rows...)
		rows = append(rows, []string{"replaced", yesNo(r.Replaced)})
	}
	if r.Matches != nil {
		rows = append(rows, []string{"matches", yesNo(*r.Matches)})
	}
	return rows
}
