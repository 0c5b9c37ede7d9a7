package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/infra/loginctl/roll"
	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
)

// accountImport is the sub-command's flags.
type accountImport struct {
	where *where

	format, separator, existing                          string
	ignoreColumns, updatePasswords, verified, bar, apply bool
	expires                                              time.Duration
	atOnce                                               int
	rules                                                passwordRules
	rejects                                              string
}

// rollExpiry is how long initial passwords of a file open their accounts: many
// people have to be told theirs.
const rollExpiry = 7 * 24 * time.Hour

func newAccountImport(w *where) *cobra.Command {
	c := accountImport{where: w}
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Make and change accounts as a file says, of CSV or JSON Lines",
		Long: `import brings the accounts of a file into the table: CSV, whose first line names the
columns, or JSON Lines, with an object a line. FILE is - for standard input. UTF-8;
a separator other than the comma is given.

  login             required: what people type
  alias             a second login, such as the email address
  id                for good, and never somebody else's; made up where there is
                    none (with ids all accounts are read once, to compare them)
  email             by which Deskpro knows the person
  email_verified    true or false: it is known to be theirs. Without, nobody can
                    sign in; --email-verified vouches for all new ones
  name, or first_name and last_name
  groups            separated by semicolons; in JSON a list
  attribute.NAME    what a door may send besides; in JSON the object attributes
  disabled          true or false
  password_hash     of argon2, bcrypt, PBKDF2, scrypt or SHA-crypt: what hash check
                    takes. People keep their passwords
  password          in the clear; must be changed at the first sign-in, unless
                    must_change is false. Hashing takes a processor 30 ms each
  initial_password  the same, and must be changed, and expires
  password_expires  when a password expires, such as 2030-01-31T12:00:00Z; an
                    initial_password within 90 days, and by --expires if this
                    is empty
  must_change       true or false

Accounts that are there already and are as the file says are left alone, so that a
run that was cut off is gone on with by the same command. For those that differ say
what becomes of them by --existing. What the file does not name of them stays; what
it names and leaves empty is emptied, except what is true or false, ids and
passwords. A new login or alias that looks like another is not taken. Their passwords stay, too, since they may have been changed by now, or
hashed anew: --update-passwords sets those of the file, each time.

Each row that is not taken is told of with its line and the reason, and nothing of
it is done. A row has 64 KiB at most, a name or group 256 bytes, an attribute 2048.

The file of --rejects is one that nobody but you may read. It replaces what has its
name, be that a symbolic link; a pipe or device is written, if it is yours or
root's. If loginctl is killed, a part is left beside it, as .FILE.123456, with the
passwords in it: delete that.

Authenticator apps are neither imported nor changed.`,
		Example: `  # what would be done
  loginctl account import people.csv --region eu-west-1

  # do it; correct what was not taken, and import that alone
  loginctl account import people.csv --region eu-west-1 --rejects rejects.csv --apply
  loginctl account import rejects.csv --region eu-west-1 --apply

  # bring accounts up to date from another directory
  ./export-people | loginctl account import - --format jsonl --existing update --region eu-west-1 --apply`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return misuse(cmd, "give one file, or - for standard input")
			}
			return nil
		},
		ValidArgsFunction: cobra.FixedCompletions([]string{"csv", "jsonl", "ndjson", "json"}, cobra.ShellCompDirectiveFilterFileExt),
		RunE:              func(cmd *cobra.Command, args []string) error { return c.run(cmd, args[0]) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&c.format, "format", "", "`FORMAT` of the file: "+strings.Join(roll.Formats(), " or ")+" (default: by its ending)")
	flags.StringVar(&c.separator, "separator", ",", "`CHARACTER` between the cells of CSV; tab for a tab")
	flags.BoolVar(&c.ignoreColumns, "ignore-columns", false, "pass over columns that are none of those above")
	flags.StringVar(&c.existing, "existing", string(roll.Fail), "accounts that are there and differ: fail, skip or update them, in a `WORD`")
	flags.BoolVar(&c.updatePasswords, "update-passwords", false, "with --existing update, set passwords and hashes of accounts that are there, too")
	flags.BoolVar(&c.verified, "email-verified", false, "the addresses of new accounts are known to be theirs, where the file does not say: you vouch for it")
	flags.DurationVar(&c.expires, "expires", rollExpiry, "how long an initial_password opens the account, a `DURATION`")
	c.rules.flags(cmd, "passwords in the clear")
	flags.StringVar(&c.rejects, "rejects", "", "write the rows that are not taken to `FILE`, with the reason, to be corrected; it has their passwords, if the file has any")
	flags.IntVar(&c.atOnce, "at-once", 16, "how many accounts are written at once, a `NUMBER`; fewer while the table asks to slow down")
	flags.BoolVar(&c.bar, "progress", false, "show a bar where standard error is no terminal, too")
	applyFlag(cmd, &c.apply)
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(roll.Formats(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("existing", cobra.FixedCompletions(existings(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func existings() []string { return []string{string(roll.Fail), string(roll.Skip), string(roll.Update)} }

func (c *accountImport) run(cmd *cobra.Command, name string) error {
	config, err := c.config(cmd, name)
	if err != nil {
		return err
	}
	source, size, err := opened(cmd, name)
	if err != nil {
		return err
	}
	defer source.Close()
	s, err := c.where.open(cmd)
	if err != nil {
		return err
	}
	if err := c.ready(cmd, s); err != nil {
		return err
	}
	meter := newMeter(cmd, c.bar, size)
	defer meter.Close()
	var note atomic.Pointer[string] // from any goroutine, for when the meter is away
	if err := c.judge(&config, s, func(text string) { note.Store(&text) }); err != nil {
		return err
	}
	config.Source, config.Accounts = source, s.accounts
	config.EndSessions, config.Act = s.endSessions, s.actOnRows
	config.Report = func(p roll.Problem) { meter.Print(cell(name + ": " + p.String())) }
	config.Progress = func(sum roll.Summary) { meter.Show(sum.Bytes, progressOf(sum)) }
	kept := func() error { return nil }
	if c.rejects != "" {
		file, err := rejectsFile(c.rejects, source)
		if err != nil {
			return err
		}
		defer file.Drop() // unless it is kept
		config.Rejects = file
		kept = file.Keep
	}
	sum, err := s.importRows(cmd.Context(), config)
	meter.Close()
	if text := note.Load(); text != nil {
		fmt.Fprintln(cmd.ErrOrStderr(), *text)
	}
	if err == nil || sum.Rows > 0 || sum.InDoubt > 0 { // then those refused so far are worth keeping
		err = errors.Join(err, kept(), c.print(cmd, name, sum))
	}
	return c.ended(cmd, s, sum, err)
}

// config is what the flags say.
func (c *accountImport) config(cmd *cobra.Command, name string) (roll.Config, error) {
	format := roll.Format(c.format)
	if format == "" {
		format = roll.FormatOf(name)
	}
	separator := c.separator
	if separator == "tab" || separator == `\t` {
		separator = "\t"
	}
	switch {
	case format == "":
		return roll.Config{}, misuse(cmd, "what format the file has cannot be told by its name: give --format, %s", strings.Join(roll.Formats(), " or "))
	case !slices.Contains(roll.Formats(), string(format)):
		return roll.Config{}, misuse(cmd, "there is no format %q, only %s", format, strings.Join(roll.Formats(), ", "))
	case len(separator) != 1 || strings.ContainsAny(separator, "\"\r\n") || separator[0] >= 0x80:
		return roll.Config{}, misuse(cmd, "--separator is %q: it must be one character of ASCII, and neither a quote nor a line break", c.separator)
	case !slices.Contains(existings(), c.existing):
		return roll.Config{}, misuse(cmd, "--existing is %q: it must be %s", c.existing, strings.Join(existings(), ", "))
	case c.updatePasswords && c.existing != string(roll.Update):
		return roll.Config{}, misuse(cmd, "--update-passwords is for --existing update")
	case c.expires < time.Minute || c.expires > roll.MaxInitialLife:
		return roll.Config{}, misuse(cmd, "--expires is %v: it must be between 1m and %v", c.expires, roll.MaxInitialLife)
	case c.atOnce < 1 || c.atOnce > 100:
		return roll.Config{}, misuse(cmd, "--at-once is %d: it must be from 1 to 100", c.atOnce)
	}
	return roll.Config{
		Format: format, Separator: separator[0], IgnoreColumns: c.ignoreColumns,
		CheckHash: func(hash string) error {
			_, err := password.Describe(hash)
			return err
		},
		MustLeave: mustLeave,
		Apply:     c.apply, Existing: roll.Existing(c.existing), UpdatePasswords: c.updatePasswords,
		EmailVerified: c.verified, InitialLife: c.expires, Concurrency: c.atOnce, NewID: newID,
	}, c.rules.check(cmd)
}

// judge completes config by how the site's sign-in page judges and hashes.
func (c *accountImport) judge(config *roll.Config, s *site, note func(string)) error {
	policy, err := c.rules.policy(s, note)
	if err != nil {
		return err
	}
	hasher, err := s.hasher()
	if err != nil {
		return err
	}
	config.Passwords = hasher
	config.CheckPassword = func(ctx context.Context, typed redact.Secret, own []string) error {
		return policy.Check(ctx, typed, own, false)
	}
	return nil
}

// ready refuses what could not be carried out.
func (c *accountImport) ready(cmd *cobra.Command, s *site) error {
	if s.mapped {
		return hint.With(fmt.Errorf("the accounts of %s are somebody else's table, and are made there", s.name),
			"import them where they are kept; account password and the like work here")
	}
	if err := s.changeable(); err != nil {
		return err
	}
	if c.existing == string(roll.Update) {
		if err := s.endable(); err != nil {
			return err
		}
	}
	if c.apply {
		return s.prepare(cmd.Context())
	}
	return nil
}

// opened returns a file, or standard input, and how long it is; 0 where that
// cannot be told.
func opened(cmd *cobra.Command, name string) (io.ReadCloser, int64, error) {
	if name == "-" {
		return io.NopCloser(cmd.InOrStdin()), 0, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, 0, hint.With(fmt.Errorf("reading the accounts: %w", err), "give a file that is there, or - for standard input")
	}
	info, err := file.Stat()
	switch {
	case err == nil && info.IsDir():
		_ = file.Close()
		return nil, 0, hint.With(fmt.Errorf("reading the accounts: %s is a folder", name), "give a file")
	case err != nil || !info.Mode().IsRegular():
		return file, 0, nil
	}
	return file, info.Size(), nil
}

// rejectsFile begins the file of refused rows, which must not be the one that is
// read.
func rejectsFile(name string, source io.Reader) (*roll.File, error) {
	if read, ok := source.(*os.File); ok {
		there, err := os.Stat(name)
		own, ownErr := read.Stat()
		if err == nil && ownErr == nil && os.SameFile(there, own) {
			return nil, hint.With(errors.New("--rejects is the file that is imported"), "give another one: what is not refused would be gone from it")
		}
	}
	file, err := roll.Create(name)
	if err != nil {
		return nil, hint.With(fmt.Errorf("writing the rejects: %w", err), "give --rejects a file in a folder that exists and that you may write to")
	}
	if onTerminal(file) {
		file.Drop()
		return nil, hint.With(errors.New("the rejects would be written to a terminal, which what they hold could steer"), "give --rejects a file")
	}
	return file, nil
}

// newMeter shows a bar on a terminal, or where it is wanted.
func newMeter(cmd *cobra.Command, bar bool, total int64) *roll.Meter {
	to, columns := cmd.ErrOrStderr(), 0
	if bar {
		columns = 80
	}
	if file, ok := to.(*os.File); ok {
		if wide, _, err := term.GetSize(int(file.Fd())); err == nil {
			columns = cmp.Or(wide, 80) // 0 where nobody has told the terminal
		}
	}
	return roll.NewMeter(to, columns, total, time.Now)
}

// onTerminal tells whether what is written to w is shown by a terminal.
func onTerminal(w io.Writer) bool {
	file, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(file.Fd()))
}

// importRows imports, and writes down the whole beside each account where it is
// done in earnest.
func (s *site) importRows(ctx context.Context, config roll.Config) (sum roll.Summary, err error) {
	do := func() error {
		sum, err = roll.Import(ctx, config)
		return err
	}
	if !config.Apply {
		return sum, do()
	}
	err = s.act(ctx, audit.Event{Name: audit.AccountsImported, Reason: "existing=" + string(config.Existing)}, do)
	return sum, err
}

// actOnRows is roll.Config's Act.
func (s *site) actOnRows(ctx context.Context, acts []roll.Act, do func() []error) error {
	var (
		events []audit.Event
		of     []int // each event's act
	)
	for i, a := range acts {
		for _, e := range eventsOf(a) {
			events, of = append(events, e), append(of, i)
		}
	}
	_, err := s.actEach(ctx, events, func() []error {
		ended, errs := do(), make([]error, len(events))
		for i := range errs {
			errs[i] = ended[of[i]]
		}
		return errs
	})
	return err
}

// eventsOf names what is done to an account: by the commands that do one thing.
func eventsOf(a roll.Act) []audit.Event {
	if a.Added {
		return []audit.Event{{Name: audit.AccountAdded, Subject: a.ID}}
	}
	var (
		events []audit.Event
		others []string
	)
	for _, column := range a.Changes {
		switch {
		case column == "disabled" && a.Disabled:
			events = append(events, audit.Event{Name: audit.AccountDisabled, Subject: a.ID})
		case column == "disabled":
			events = append(events, audit.Event{Name: audit.AccountEnabled, Subject: a.ID})
		case column == "password":
			events = append(events, audit.Event{Name: audit.PasswordSet, Subject: a.ID})
		default:
			others = append(others, column)
		}
	}
	if len(others) > 0 {
		events = append(events, audit.Event{Name: audit.AccountChanged, Subject: a.ID, Reason: strings.Join(others, ",")})
	}
	if a.Leaves {
		events = append(events, audit.Event{Name: audit.SessionsEnded, Subject: a.ID})
	}
	return events
}
