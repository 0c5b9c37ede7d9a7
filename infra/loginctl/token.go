package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/infra/loginctl/token"
	"deskpro-login/pkg/redact"
)

func newToken() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Explain, check and make tokens for Deskpro, without AWS",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return cmd.Help()
			case looksSecret(args[0]):
				return misuse(cmd, "what to do with it is missing, and it must not be an argument, which others on this machine can see")
			}
			return unknown(cmd, args)
		},
	}
	cmd.AddCommand(newTokenInspect(), newTokenVerify(), newTokenMint())
	return cmd
}

// looksSecret also of an address that has a token.
func looksSecret(argument string) bool {
	return len(argument) > 40 || strings.Contains(argument, "eyJ") || strings.Contains(argument, "jwt=")
}

// noToken is the Args of a command that reads a token. It does not repeat what it
// was given.
func noToken(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return misuse(cmd, "no argument is taken, least of all a token, since others on this machine can see arguments: send it to standard input, or give --token-file FILE")
	}
	return nil
}

// tokenSource are the flags of a command that reads a token.
type tokenSource struct {
	file, at string
	json     bool
}

func (s *tokenSource) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.file, "token-file", "-", "read the token from `FILE`, or - for standard input")
	cmd.Flags().StringVar(&s.at, "at", "", "judge it as of `TIME`, such as 2026-11-22T12:00:00Z or a token's number of seconds (default: now)")
}

func (s *tokenSource) jsonFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&s.json, "json", false, "print JSON")
}

var seconds = regexp.MustCompile(`^[0-9]{1,11}$`)

// moment is the one of --at.
func (s *tokenSource) moment(cmd *cobra.Command) (time.Time, error) {
	if !cmd.Flags().Changed("at") {
		return time.Now(), nil
	}
	if seconds.MatchString(s.at) {
		n, err := strconv.ParseInt(s.at, 10, 64)
		return time.Unix(n, 0), err
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05 UTC", "2006-01-02 15:04:05", "2006-01-02 15:04 UTC"} {
		if t, err := time.Parse(layout, s.at); err == nil {
			return t, nil
		}
	}
	return time.Time{}, misuse(cmd, "--at %.40q is neither like 2026-11-22T12:00:00Z nor a number of seconds since 1970", s.at)
}

func (s *tokenSource) read(cmd *cobra.Command) (token.Token, error) {
	const what = "the token may have an address, quotes or words around it; nothing else may be in the file"
	if in, ok := cmd.InOrStdin().(*os.File); s.file == "-" && ok && term.IsTerminal(int(in.Fd())) {
		pasted, err := terminal{in, cmd.ErrOrStderr()}.ask(cmd.Context(), "Token, which is not shown: ")
		if err == nil && pasted.Len() >= maxTyped {
			err = hint.With(fmt.Errorf("reading the token: a terminal hands over no more than %d characters, and there may be others behind them", maxTyped), "save it in a file, and give that with --token-file")
		}
		return token.Find(pasted), err
	}
	type contents struct {
		text []byte
		err  error
	}
	done := make(chan contents, 1)
	go func() {
		text, err := readUpTo(cmd.InOrStdin(), s.file, token.MaxLength+1)
		done <- contents{text, err}
	}()
	select {
	case <-cmd.Context().Done(): // nobody may ever write into a pipe
		return token.Token{}, brokenOff(cmd.Context())
	case got := <-done:
		switch {
		case got.err != nil:
			return token.Token{}, unreadable("token", got.err)
		case len(got.text) > token.MaxLength:
			return token.Token{}, hint.With(fmt.Errorf("reading the token: there are more than %d bytes", token.MaxLength), what)
		case strings.TrimSpace(string(got.text)) == "":
			return token.Token{}, hint.With(errors.New("reading the token: there is nothing"), what)
		}
		return token.Find(redact.New(string(got.text))), nil
	}
}

// maxTyped is how much Linux's terminals hand over of a line; others' less.
const maxTyped = 4095

// unreadable is err without the name of the file: instead of one, somebody may
// have given the very thing that it should hold.
func unreadable(what string, err error) error {
	if named, ok := errors.AsType[*fs.PathError](err); ok {
		err = named.Err
	}
	return hint.With(fmt.Errorf("reading the %s: %w", what, err), "--%s-file takes the name of a file that holds the %s, never the %s itself", what, what, what)
}

// readTokenSecret is readSecret, for a file that may be the secret itself.
func readTokenSecret(cmd *cobra.Command, name string) (redact.Secret, error) {
	if name == "" {
		return redact.Secret{}, misuse(cmd, "give the door's secret with --secret-file FILE, or - for standard input")
	}
	if name != "-" {
		if _, err := os.Stat(name); err != nil {
			return redact.Secret{}, unreadable("secret", err)
		}
	}
	return readSecret(cmd, name, "secret")
}

func newTokenInspect() *cobra.Command {
	var s tokenSource
	cmd := &cobra.Command{
		Use:   "inspect",
		Short: "Tell what a token says, and what Deskpro would refuse about it",
		Long: `inspect reads a token and explains it: what each part says, what Deskpro would
refuse, and what is unusual. It finds the token in an address with a jwt
parameter, behind "Bearer", within quotes or broken into lines.

It needs no secret, so it cannot tell who made the token: verify does. What it
prints has what the token says of a person, but not the token.

It exits with 0 for a whole token, also one that Deskpro would refuse, with 1 for
what is none, and with 2 if it was called wrongly.

A token is a credential until it expires. There is no argument that takes one,
because others on this machine can see a command's arguments.`,
		Example: `  # asks for it, and does not show it
  loginctl token inspect

  # from the clipboard; xclip -o, wl-paste or Get-Clipboard elsewhere
  pbpaste | loginctl token inspect

  # as it was when somebody could not sign in
  loginctl token inspect --token-file token.txt --at 2026-11-22T12:00:00Z`,
		Args: noToken,
		RunE: func(cmd *cobra.Command, _ []string) error {
			at, err := s.moment(cmd)
			if err != nil {
				return err
			}
			found, err := s.read(cmd)
			if err != nil {
				return err
			}
			r := found.Inspect(at)
			if err := s.print(cmd.OutOrStdout(), r); err != nil {
				return err
			}
			if len(r.Malformed) > 0 {
				return noSuchToken(r)
			}
			return nil
		},
	}
	cmd.Flags().SortFlags = false
	s.flags(cmd)
	s.jsonFlag(cmd)
	return cmd
}

func noSuchToken(r token.Report) error {
	return hint.With(fmt.Errorf("this is not a whole token: %s", r.Malformed[0].Text),
		"copy it anew, from the browser's address or its history, all of it")
}

// print writes what there is to say of a token.
func (s *tokenSource) print(out io.Writer, r token.Report) error {
	if s.json {
		r.At = r.At.Truncate(time.Second)
		return printJSON(out, r)
	}
	text := &strings.Builder{}
	fmt.Fprintf(text, "a token of %d bytes, as of %s\n", r.Length, r.At.Format("2006-01-02 15:04:05 UTC"))
	for _, cut := range r.Cut {
		fmt.Fprintf(text, "left out: %s\n", cell(cut))
	}
	for _, part := range []struct {
		name   string
		fields []token.Field
	}{{"header", r.Header}, {"claims", r.Claims}} {
		if len(part.fields) == 0 {
			continue
		}
		rows := [][]string{}
		for _, f := range part.fields {
			value := f.Shown
			if f.Means != "" {
				value += " (" + f.Means + ")"
			}
			rows = append(rows, []string{f.Label, value})
		}
		fmt.Fprintf(text, "\n%s\n", part.name)
		if err := aligned(text, "  ", rows...); err != nil {
			return err
		}
	}
	for _, section := range []struct {
		name     string
		findings []token.Finding
	}{{"it is no token, because", r.Malformed}, {"Deskpro would refuse it, because", r.Refused}, {"unusual", r.Unusual}} {
		if len(section.findings) == 0 {
			continue
		}
		fmt.Fprintf(text, "\n%s\n", section.name)
		for _, f := range section.findings {
			fmt.Fprintf(text, "  %s\n", cell(f.Text))
		}
	}
	fmt.Fprintf(text, "\n%s\n", signature(r))
	for _, how := range r.Signature.WouldFit {
		fmt.Fprintf(text, "  %s\n", cell(how))
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// signature is the last word of a report.
func signature(r token.Report) string {
	switch accepted := r.Accepted != nil && *r.Accepted; {
	case accepted:
		return "the signature fits the secret: Deskpro would accept the token"
	case r.Signature.Fits:
		return "the signature fits the secret"
	case r.Signature.Checked:
		return "the signature does not fit the secret"
	case r.Accepted != nil:
		return "there is no signature that could be checked"
	case len(r.Malformed) > 0:
		return "the signature is not checked"
	case len(r.Refused) == 0:
		return "Deskpro would refuse nothing of this; the signature is not checked: loginctl token verify does that, with the secret"
	}
	return "the signature is not checked: loginctl token verify does that, with the secret"
}
