package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/pkg/redact"
)

// asker asks a person for a password without showing it.
type asker interface {
	ask(ctx context.Context, question string) (redact.Secret, error)
}

var errNoTerminal = errors.New("there is no terminal to ask on")

// newAsker returns one that asks on standard input if that is a terminal, else
// on the one that the command was started from.
func newAsker(cmd *cobra.Command) (asker, func(), error) {
	if in, ok := cmd.InOrStdin().(*os.File); ok && term.IsTerminal(int(in.Fd())) {
		return terminal{in, cmd.ErrOrStderr()}, func() {}, nil
	}
	file, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, nil, hint.With(errNoTerminal, "give the password with --password-file FILE, or - for standard input")
	}
	return terminal{file, file}, func() { file.Close() }, nil
}

// terminal is an asker.
type terminal struct {
	in  *os.File
	out io.Writer
}

func (t terminal) ask(ctx context.Context, question string) (redact.Secret, error) {
	fd := int(t.in.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return redact.Secret{}, hint.With(fmt.Errorf("%w: %w", errNoTerminal, err), "give the password with --password-file FILE, or - for standard input")
	}
	fmt.Fprint(t.out, question)
	type typed struct {
		text []byte
		err  error
	}
	answers := make(chan typed, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		answers <- typed{text, err}
	}()
	select {
	case answer := <-answers:
		fmt.Fprintln(t.out)
		if answer.err != nil {
			return redact.Secret{}, hint.With(fmt.Errorf("reading what you typed: %w", answer.err), "nothing was done; try again")
		}
		return redact.New(string(answer.text)), nil
	case <-ctx.Done(): // an interrupt, which must not leave a terminal that shows nothing
		_ = term.Restore(fd, before)
		fmt.Fprintln(t.out)
		return redact.Secret{}, brokenOff(ctx)
	}
}

func brokenOff(ctx context.Context) error {
	return hint.With(&answered{"you broke off", ctx.Err()}, "nothing was done")
}

// askTwice asks for a password that is new, of which a slip of the finger would
// stay unseen.
func askTwice(ctx context.Context, a asker, question, again string) (redact.Secret, error) {
	first, err := a.ask(ctx, question)
	if err != nil {
		return redact.Secret{}, err
	}
	second, err := a.ask(ctx, again)
	if err != nil {
		return redact.Secret{}, err
	}
	if first.Reveal() != second.Reveal() {
		return redact.Secret{}, hint.With(errors.New("the two are not the same"), "nothing was done; try again")
	}
	return first, nil
}

// maxSecretFile bounds in bytes what is read of a file that holds one password
// or hash.
const maxSecretFile = 16 << 10

// readSecret reads one line, of a file or of standard input for -: all of it but
// the line break at its end.
func readSecret(cmd *cobra.Command, name, what string) (redact.Secret, error) {
	fail := func(format string, args ...any) error {
		return hint.With(fmt.Errorf("reading the "+what+": "+format, args...), "the file must hold the %s and nothing else, on one line", what)
	}
	if in, ok := cmd.InOrStdin().(*os.File); name == "-" && ok && term.IsTerminal(int(in.Fd())) {
		return redact.Secret{}, misuse(cmd, "standard input is a terminal, which would show the %s: send it from a command or a file", what)
	}
	type contents struct {
		text []byte
		err  error
	}
	read := make(chan contents, 1)
	go func() {
		text, err := readUpTo(cmd.InOrStdin(), name, maxSecretFile+1)
		read <- contents{text, err}
	}()
	var (
		content []byte
		err     error
	)
	select {
	case got := <-read:
		content, err = got.text, got.err
	case <-cmd.Context().Done(): // nobody may ever write into a pipe
		return redact.Secret{}, brokenOff(cmd.Context())
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	switch {
	case err != nil:
		return redact.Secret{}, fail("%w", err)
	case len(content) > maxSecretFile:
		return redact.Secret{}, fail("there are more than %d bytes", maxSecretFile)
	case text == "":
		return redact.Secret{}, fail("there is nothing")
	case strings.ContainsAny(text, "\r\n"):
		return redact.Secret{}, fail("there are several lines")
	case strings.HasPrefix(text, "\xef\xbb\xbf") || strings.ContainsRune(text, 0):
		return redact.Secret{}, fail("it is not plain UTF-8 text without a byte order mark")
	}
	return redact.New(text), nil
}

// readUpTo reads the first bytes of a file, or of in for -.
func readUpTo(in io.Reader, name string, limit int64) ([]byte, error) {
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	return io.ReadAll(io.LimitReader(in, limit))
}
