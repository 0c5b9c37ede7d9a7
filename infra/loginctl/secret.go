package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/infra/loginctl/stack"
	"deskpro-login/infra/loginctl/vault"
	"deskpro-login/pkg/bounce"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/rotation"
)

func newSecret() *cobra.Command {
	w := &where{}
	cmd := &cobra.Command{
		Use:   "secret",
		Short: "Change the secret that a door shares with Deskpro",
		Long: `secret changes the JWT secret of a door without keeping anybody out, though
somebody has to paste it into Deskpro by hand: a new version waits until Deskpro
has it, and signs only then.

  generate   a version waits; or stage, for one of your own
  confirm    you have pasted it, and Deskpro has it
  promote    it signs, within about a minute; or rollback, or discard

While one waits, people whom Deskpro sends back get another token, signed with the
other version: so it does not matter when it is pasted. status tells how far a
change has come, whom Deskpro let in with which version, and what to run next.

Which secrets they are, the stack's outputs tell: give --stack, --region and
--profile as for setup. At an emulator give --endpoint-url with --users-secret,
--agents-secret and --state-table.

What changes which version signs, or removes one, is only shown until --apply is
given. Each act is written down before it is done, and again when it has ended:
into the stack's log group for that, or into the file of --audit-log. Where it
cannot be written, nothing is done. No secret is printed, but by --reveal.

Of two who do this at once one may do what the other did not mean: --version says
which version is meant, and another is refused. The confirm and the rollback that
are shown as next have it.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				// Whose hint has a command at most, and never the argument.
				return &usageError{hint.With(errors.New("there is no such command of secret"), "%s; %s", hint.Of(unknown(cmd, args)), noArgument)}
			}
			return cmd.Help()
		},
	}
	cmd.SetFlagErrorFunc(unquoted)
	w.secretFlags(cmd)
	cmd.AddCommand(
		newSecretStatus(w), newSecretGenerate(w), newSecretStage(w), newSecretConfirm(w),
		newSecretPromote(w), newSecretRollback(w), newSecretDiscard(w),
	)
	return cmd
}

const noArgument = "a secret must not be an argument, which others on this machine can see"

// noSecret is the Args of a command that takes none. It does not repeat what it was
// given.
func noSecret(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return misuse(cmd, "no argument is taken, least of all a secret, since others on this machine can see arguments")
	}
	return nil
}

// unquoted is an error of flags without the value that was given, which may be a
// secret.
func unquoted(cmd *cobra.Command, err error) error {
	if invalid, is := errors.AsType[*pflag.InvalidValueError](err); is {
		return misuse(cmd, "--%s does not take what it was given; %s", invalid.GetFlag().Name, noArgument)
	}
	if absent, is := errors.AsType[*pflag.NotExistError](err); is && absent.GetSpecifiedShortnames() == "" && !looksSecret(absent.GetSpecifiedName()) {
		return misuse(cmd, "%w", err)
	}
	if missing, is := errors.AsType[*pflag.ValueRequiredError](err); is {
		return misuse(cmd, "%w", missing)
	}
	return misuse(cmd, "there is no such flag; %s", noArgument)
}

// whichDoor are the flags that say whose secret is meant.
type whichDoor struct {
	where *where
	// names has one at most: a flag that is given twice would keep the last.
	names []string
}

// doorOf is what the functions and their log call a door.
func doorOf(d stack.Door) string { return strings.ToLower(d.Name) }

var doorNames = []string{strings.ToLower(stack.Users), strings.ToLower(stack.Agents)}

func (f *whichDoor) flag(cmd *cobra.Command) {
	cmd.Flags().SortFlags = false
	cmd.Flags().StringArrayVar(&f.names, "door", nil, "the `DOOR` whose secret is meant, users or agents, where both are on")
	_ = cmd.RegisterFlagCompletionFunc("door", cobra.FixedCompletions(doorNames, cobra.ShellCompDirectiveNoFileComp))
}

// safe is a site with the secrets of its doors.
type safe struct {
	*site
	// doors are those that are meant.
	doors    []stack.Door
	rotation *rotation.Rotation
	// ledger is nil where it is not known whom Deskpro let in.
	ledger *bounce.Ledger
}

// open returns the safe with the doors that are meant: all where none was named.
func (f *whichDoor) open(cmd *cobra.Command) (*safe, error) {
	name := strings.Join(f.names, "")
	switch {
	case len(f.names) > 1:
		return nil, misuse(cmd, "--door is given twice, but names one door")
	case len(f.names) == 1 && !slices.Contains(doorNames, name):
		return nil, misuse(cmd, "--door is %s, and nothing else", strings.Join(doorNames, " or "))
	}
	site, err := f.where.openAny(cmd)
	if err != nil {
		return nil, err
	}
	s := &safe{site: site}
	var doors []rotation.Door // all, as no two may have the same secret
	for _, d := range site.stack.Doors {
		app, err := site.app(d)
		if err != nil {
			return nil, err
		}
		doors = append(doors, rotation.Door{Name: doorOf(d), SecretID: d.Secret.ARN, App: app})
		if name == "" || name == doorOf(d) {
			s.doors = append(s.doors, d)
		}
	}
	if len(s.doors) == 0 {
		return nil, hint.With(fmt.Errorf("%s has no door %s", site.name, name), "its only one is %s", doors[0].Name)
	}
	if s.rotation, err = vault.Open(site.cfg, doors, site.now); err != nil {
		return nil, fmt.Errorf("opening secrets: %w", err)
	}
	if site.store != nil {
		s.ledger = bounce.NewLedger(site.store, site.now)
	}
	return s, nil
}

// openOne is open for what is about one secret.
func (f *whichDoor) openOne(cmd *cobra.Command) (*safe, error) {
	s, err := f.open(cmd)
	if err == nil && len(s.doors) > 1 {
		return nil, misuse(cmd, "%s has two doors: say by --door whose secret is meant, %s", s.name, strings.Join(doorNames, " or "))
	}
	return s, err
}

// app is the door's as far as it says what a key must be. An emulator does not
// tell where Deskpro is, and nobody is sent there.
func (s *site) app(d stack.Door) (*deskpro.App, error) {
	cfg := deskpro.Config{URL: d.DeskproURL, Issuer: d.LoginURL, Algorithm: s.stack.Algorithm, Lifetime: s.stack.Lifetime}
	if s.where.named() != "" {
		cfg = deskpro.Config{URL: "http://localhost/", Issuer: "http://localhost/"}
	}
	app, err := deskpro.New(cfg)
	if err != nil {
		return nil, hint.With(fmt.Errorf("the outputs of %s are not those of a door: %w", s.name, err), "correct the stack's parameters and deploy again (make deploy)")
	}
	return app, nil
}

// command is where.command for a command of secret about the door.
func (s *safe) command(d stack.Door, name string, flags ...string) string {
	return s.where.command(append([]string{"secret", name, "--door", doorOf(d)}, flags...)...)
}
