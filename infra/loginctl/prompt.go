package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/pkg/redact"
)

// asker asks a person for a password without showing it.
type asker interface {
	// ask returns one line.
	ask(ctx context.Context, question string) (redact.Secret, error)
	// more throws away what else was pasted, and reports whether there was any.
	more(ctx context.Context) bool
}

var errNoTerminal = errors.New("there is no terminal to ask on")

// newAsker returns one that asks on standard input if that is a terminal, else
// on the one that the command was started from. What it returns beside is to be
// called at the end, so that the shell does not get the rest of what was pasted.
func newAsker(cmd *cobra.Command) (asker, func(), error) {
	if in, ok := cmd.InOrStdin().(*os.File); ok && term.IsTerminal(int(in.Fd())) {
		who := &oneLine{terminal: terminal{in, cmd.ErrOrStderr()}}
		return who, func() { who.more(cmd.Context()) }, nil
	}
	file, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, nil, hint.With(errNoTerminal, "give the password with --password-file FILE, or - for standard input")
	}
	who := &oneLine{terminal: terminal{file, file}}
	return who, func() { who.more(cmd.Context()); _ = file.Close() }, nil
}

// oneLine is the asker of a terminal.
type oneLine struct {
	terminal
	drained bool
}

func (o *oneLine) ask(ctx context.Context, question string) (redact.Secret, error) {
	return o.line(ctx, question)
}

func (o *oneLine) more(ctx context.Context) bool {
	if o.drained {
		return false
	}
	o.drained = true
	return o.rest(ctx).Len() > 0
}

// terminal is where a person types or pastes.
type terminal struct {
	in  *os.File
	out io.Writer
}

// ask returns all lines that are pasted at once.
func (t terminal) ask(ctx context.Context, question string) (redact.Secret, error) {
	first, err := t.line(ctx, question)
	if err != nil {
		return redact.Secret{}, err
	}
	if rest := t.rest(ctx); rest.Len() > 0 {
		return redact.New(first.Reveal() + "\n" + rest.Reveal()), nil
	}
	return first, nil
}

// A paste comes in pieces, but one soon after the other, and has an end.
const (
	pasteGap = 100 * time.Millisecond
	maxPaste = 64 << 10
)

// rest is what is pasted after the line that was read last, without what is none of
// a text around it. It can be called once: its reading ends with the program.
func (t terminal) rest(ctx context.Context) redact.Secret {
	if ctx.Err() != nil { // line still reads
		return redact.Secret{}
	}
	fd := int(t.in.Fd())
	before, err := term.MakeRaw(fd) // or a last line without an end would stay behind
	if err != nil {
		return redact.Secret{}
	}
	defer func() { _ = term.Restore(fd, before) }()
	pieces := make(chan []byte)
	given := make(chan struct{})
	defer close(given)
	go func() {
		for {
			piece := make([]byte, 4<<10)
			n, err := t.in.Read(piece)
			if err != nil {
				return
			}
			select {
			case pieces <- piece[:n]:
			case <-given:
				return
			}
		}
	}()
	var text []byte
	for len(text) < maxPaste {
		select {
		case piece := <-pieces:
			text = append(text, piece...)
			continue
		case <-time.After(pasteGap):
		case <-ctx.Done():
		}
		break
	}
	return redact.New(strings.TrimFunc(string(text), unicode.IsControl))
}

func (t terminal) line(ctx context.Context, question string) (redact.Secret, error) {
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
	if first.Len() == 0 {
		return redact.Secret{}, hint.With(errors.New("there is nothing"), "nothing was done; try again")
	}
	second, err := a.ask(ctx, again)
	if err != nil {
		return redact.Secret{}, err
	}
	if a.more(ctx) {
		return redact.Secret{}, hint.With(errors.New("there were several lines"), "nothing was done; paste one line, then the same again")
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
