package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/infra/loginctl/stack"
	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/rotation"
)

func newSecretGenerate(w *where) *cobra.Command {
	var (
		f      = whichDoor{where: w}
		reveal bool
	)
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "Make up a secret that waits until Deskpro has it",
		Long: `generate makes up a secret of 64 letters and digits and keeps it as a version that
waits, at once: the current version goes on signing. It is refused while another
waits. Of two who run it at once only one has the version that waits, and may both
be told so: confirm with --version, as shown, and the other's is refused.

With --reveal it prints the secret, and nothing else, without a line break unless
that is a terminal; else status prints it.`,
		Example: `  loginctl secret generate --door users --region eu-west-1

  # to paste into Deskpro at once; xclip, wl-copy or clip.exe elsewhere
  loginctl secret generate --door users --reveal --region eu-west-1 | pbcopy`,
		Args: noSecret,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if reveal && w.json {
				return misuse(cmd, "--reveal prints the secret and nothing else: leave --json out")
			}
			return f.stage(cmd, reveal, true, func() (redact.Secret, error) { return rotation.Generate(), nil })
		},
	}
	f.flag(cmd)
	cmd.Flags().BoolVar(&reveal, "reveal", false, "print the secret itself, and nothing else")
	return cmd
}

func newSecretStage(w *where) *cobra.Command {
	var (
		f    = whichDoor{where: w}
		file string
	)
	cmd := &cobra.Command{
		Use:   "stage",
		Short: "Keep a secret of your own that waits until Deskpro has it",
		Long: `stage is generate for a secret that you have, such as one that is in Deskpro
already: it asks for it, twice. It is refused if it could not sign, if Deskpro
could not hold it as it is, or if it is the other door's. What else is odd about
it a note tells.

There is no flag that takes a secret, because others on this machine can see a
command's arguments.`,
		Example: `  # asks for it
  loginctl secret stage --door users --region eu-west-1

  # from a password manager
  pass show helpdesk/users | loginctl secret stage --door users --region eu-west-1 --secret-file -`,
		Args: noSecret,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" && cmd.Flags().Changed("secret-file") {
				return misuse(cmd, "--secret-file names no file")
			}
			return f.stage(cmd, false, file == "", func() (redact.Secret, error) { return askSecret(cmd, file) })
		},
	}
	f.flag(cmd)
	cmd.Flags().StringVar(&file, "secret-file", "", "read the secret from `FILE`, or - for standard input, instead of asking for it")
	return cmd
}

func askSecret(cmd *cobra.Command, file string) (redact.Secret, error) {
	if cmd.Flags().Changed("secret-file") {
		return readTokenSecret(cmd, file)
	}
	const instead = "give the secret with --secret-file FILE, or - for standard input"
	who, done, err := newAsker(cmd)
	if err != nil {
		return redact.Secret{}, hint.With(err, instead)
	}
	defer done()
	key, err := askTwice(cmd.Context(), who, "New secret: ", "Again: ")
	if errors.Is(err, errNoTerminal) {
		return redact.Secret{}, hint.With(err, instead)
	}
	return key, err
}

// secretReport is what was, or would be, done to a door's secret, as JSON.
type secretReport struct {
	Door    string `json:"door"`
	Version string `json:"version"`
	// Applied is false where it was only shown.
	Applied bool          `json:"applied"`
	Changes []fieldChange `json:"changes"`
	Next    string        `json:"next,omitempty"`
}

// stage keeps the secret that choose returns as a version that waits, and shows
// it if reveal. While another waits choose is asked only if that may have the same
// secret, which is no other then.
func (f *whichDoor) stage(cmd *cobra.Command, reveal, other bool, choose func() (redact.Secret, error)) error {
	s, err := f.openOne(cmd)
	if err != nil {
		return err
	}
	if err := s.prepare(cmd.Context()); err != nil { // before anything is asked in vain
		return err
	}
	d := s.doors[0]
	l, err := s.look(cmd.Context(), d)
	if err != nil {
		return err
	}
	if other && l.Waiting() != "" {
		return s.explainSecret(rotation.ErrBusy, d)
	}
	key, err := choose()
	if err != nil {
		return err
	}
	for _, doubt := range rotation.Doubts(key) {
		fmt.Fprintln(cmd.ErrOrStderr(), "note: the secret:", doubt)
	}
	version, staged, err := s.keep(cmd, l, key, reveal)
	if !staged {
		return err
	}
	if lost := s.stillWaits(cmd.Context(), d, version); lost != nil {
		return together(err, s.explainSecret(lost, d))
	}
	confirm := s.command(d, "confirm", "--version", version)
	then := step{"paste it into " + inDeskpro(d) + ", save there, and say so here", confirm}
	if !reveal {
		then = s.paste(d, "it", stagePending, step{"save there, and say so here", confirm})
	}
	told := secretReport{Door: doorOf(d), Version: version, Applied: true, Changes: []fieldChange{{stagePending, "none", version}}, Next: then.String()}
	return together(err, s.tellStaged(cmd, told, reveal))
}

// keep stages the secret, and prints it if reveal. Both are written down; the
// version has a name only afterwards.
func (s *safe) keep(cmd *cobra.Command, l looked, key redact.Secret, reveal bool) (version string, staged bool, err error) {
	d := l.door
	events := []audit.Event{{Name: audit.SecretStaged, Door: doorOf(d)}}
	if reveal {
		events = append(events, audit.Event{Name: audit.SecretRevealed, Door: doorOf(d), KeyStage: stagePending})
	}
	errs, err := s.actEach(cmd.Context(), events, func() []error {
		errs := make([]error, len(events))
		if version, errs[0] = s.stageKey(cmd.Context(), d, key); errs[0] == nil {
			errs[0] = s.stillWaits(cmd.Context(), d, version)
		}
		if current := l.staged(stageCurrent); errors.Is(errs[0], rotation.ErrUnfit) && current != nil && current.Problem == nil && current.Text.Reveal() == key.Reveal() {
			errs[0] = hint.With(errs[0], "nothing has to be done: it signs already")
		}
		if errs[0] != nil {
			for i := range errs[1:] {
				errs[1+i] = errNotTried
			}
			errs[0] = s.explainAct(errs[0], d)
			return errs
		}
		for i := range events {
			events[i].KeyVersion = version
		}
		if reveal {
			if errs[1] = printSecret(cmd.OutOrStdout(), key); errs[1] != nil {
				errs[1] = hint.With(fmt.Errorf("it waits, but could not be printed: %w", errs[1]), "%s prints it", s.command(d, "status", "--reveal", stagePending))
			}
		}
		return errs
	})
	if errs == nil {
		return "", false, err
	}
	return version, errs[0] == nil, together(append(errs, err)...)
}

// stageKey is Rotation.Stage, of which an answer may be lost.
func (s *safe) stageKey(ctx context.Context, d stack.Door, key redact.Secret) (string, error) {
	version, err := s.rotation.Stage(ctx, doorOf(d), key)
	if !uncertain(err) {
		return version, err
	}
	ctx, cancel := finish(ctx)
	defer cancel()
	if status, lookErr := s.rotation.Look(ctx, doorOf(d)); lookErr == nil {
		if v := (looked{Status: status}).staged(stagePending); v != nil && v.Text.Reveal() == key.Reveal() {
			return v.ID, nil
		}
	}
	return "", err
}

// stillWaits returns nil, or that another version waits instead: of two that are
// put at once both seem to wait, and the first to have been put no longer does.
// What is read may be older than what was put, so it has to be a third version.
func (s *safe) stillWaits(ctx context.Context, d stack.Door, version string) error {
	status, err := s.rotation.Look(ctx, doorOf(d))
	if other := status.Waiting(); err == nil && other != "" && other != version {
		return fmt.Errorf("%w: version %s waits instead of %s", rotation.ErrConflict, other, version)
	}
	return nil
}

// tellStaged says so on standard error where the secret has the other.
func (s *safe) tellStaged(cmd *cobra.Command, told secretReport, reveal bool) error {
	var err error
	switch text := fmt.Sprintf("%s: version %s waits, the current one goes on signing\nnext: %s\n", told.Door, cell(told.Version), told.Next); {
	case s.where.json:
		err = printJSON(cmd.OutOrStdout(), told)
	case reveal:
		_, err = io.WriteString(cmd.ErrOrStderr(), text)
	default:
		_, err = io.WriteString(cmd.OutOrStdout(), text)
	}
	return s.unprinted(err)
}
