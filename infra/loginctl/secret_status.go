package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/rotation"
)

// secretView is how a door's secret stands, as JSON: everything but its values.
type secretView struct {
	Door string `json:"door"`
	// Secret is its ARN, or what an emulator calls it.
	Secret  string    `json:"secret"`
	Changed time.Time `json:"changed,omitzero"`
	// Waiting is the version that is to become current, Confirmed that Deskpro was
	// said to have it.
	Waiting   string        `json:"waiting,omitempty"`
	Confirmed bool          `json:"confirmed"`
	Scheduled bool          `json:"scheduled"`
	Rotates   time.Time     `json:"rotates,omitzero"`
	Versions  []versionView `json:"versions"`
	Next      string        `json:"next"`
}

type versionView struct {
	Version string    `json:"version"`
	Stage   string    `json:"stage"`
	Labels  []string  `json:"labels"`
	Made    time.Time `json:"made,omitzero"`
	// Unfit: it cannot sign. Problem says why, or why that is not known; Doubts are
	// what else is odd about it.
	Unfit   bool     `json:"unfit"`
	Problem string   `json:"problem,omitempty"`
	Doubts  []string `json:"doubts,omitempty"`
	// Evidence is nil where it is not known.
	Evidence *evidenceView `json:"evidence,omitempty"`
}

type evidenceView struct {
	Accepted int       `json:"accepted"`
	Refused  int       `json:"refused"`
	Waiting  int       `json:"waiting"`
	Latest   time.Time `json:"latest,omitzero"`
}

func (s *safe) view(l looked) secretView {
	v := secretView{
		Door: doorOf(l.door), Secret: l.door.Secret.ARN, Changed: l.Changed, Waiting: l.Waiting(), Scheduled: l.Scheduled, Rotates: l.Next,
		Versions: []versionView{}, Next: s.next(l).String(),
	}
	if waiting := l.staged(stagePending); waiting != nil {
		v.Confirmed = waiting.Confirmed
	}
	for _, stage := range stages() {
		version := l.staged(stage)
		if version == nil {
			continue
		}
		made := versionView{Version: version.ID, Stage: stage, Labels: slices.Sorted(slices.Values(version.Stages)), Made: version.Made, Unfit: cannotSign(version), Problem: problemOf(*version), Doubts: version.Doubts}
		if l.evidence != nil {
			e := l.evidence[version.ID]
			made.Evidence = &evidenceView{e.Accepted, e.Refused, e.Waiting, e.Latest}
		}
		v.Versions = append(v.Versions, made)
	}
	return v
}

func newSecretStatus(w *where) *cobra.Command {
	var (
		f      = whichDoor{where: w}
		reveal string
	)
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how the secrets stand, and what to run next",
		Long: `status shows which versions of each door's secret there are: since when, whether
they can sign, and whom Deskpro let in or sent back with them, as far as that was
seen. LET IN counts people who did not come back within a minute of a token signed
with that version, and SENT BACK those who did; of the OPEN it is too early to
tell. People are counted who were sent back once at least, the latest 32 of each
version. The last line says what to run next.

It prints no secret. With --reveal it prints one, and nothing else, without a line
break unless that is a terminal: send it to the clipboard. That is written down
first, as what changes something is.`,
		Example: `  loginctl secret status --region eu-west-1

  # to paste into Deskpro; xclip, wl-copy or clip.exe elsewhere
  loginctl secret status --door users --reveal pending --region eu-west-1 | pbcopy`,
		Args: noSecret,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("reveal") {
				s, err := f.open(cmd)
				if err != nil {
					return err
				}
				return s.printStatus(cmd)
			}
			switch {
			case !slices.Contains(stages(), reveal):
				return misuse(cmd, "--reveal is one of %s, and nothing else", strings.Join(stages(), ", "))
			case w.json:
				return misuse(cmd, "--reveal prints the secret and nothing else: leave --json out")
			}
			s, err := f.openOne(cmd)
			if err != nil {
				return err
			}
			return s.reveal(cmd, reveal)
		},
	}
	f.flag(cmd)
	cmd.Flags().StringVar(&reveal, "reveal", "", "print the secret itself, and nothing else, of the `VERSION` that is current, pending or previous")
	_ = cmd.RegisterFlagCompletionFunc("reveal", cobra.FixedCompletions(stages(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// printStatus shows the doors, one after the other: what is known of the first
// though the second cannot be asked for.
func (s *safe) printStatus(cmd *cobra.Command) error {
	var failed []error
	for i, d := range s.doors {
		l, err := s.look(cmd.Context(), d)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		if i == 0 || s.ledger != nil {
			s.noteEvidence(cmd, l)
		}
		if s.where.json {
			err = printJSON(cmd.OutOrStdout(), s.view(l))
		} else {
			err = s.printLooked(cmd.OutOrStdout(), l, i > 0)
		}
		if err != nil {
			return err
		}
	}
	return together(failed...)
}

func (s *safe) noteEvidence(cmd *cobra.Command, l looked) {
	if l.evidenceErr != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "note: whom Deskpro let in is not known: %s; %s\n", cell(worded(l.evidenceErr).Error()), cell(hint.Of(l.evidenceErr)))
	}
}

func (s *safe) printLooked(to io.Writer, l looked, follows bool) error {
	out := &bytes.Buffer{}
	if follows {
		fmt.Fprintln(out)
	}
	v := s.view(l)
	fmt.Fprintf(out, "%s: %s%s\n", v.Door, cell(l.door.Secret.Name), since(", changed ", s.now(), v.Changed))
	rows := [][]string{{"STAGE", "VERSION", "MADE"}}
	if l.evidence != nil {
		rows[0] = append(rows[0], "LET IN", "SENT BACK", "OPEN")
	}
	for _, version := range v.Versions {
		row := []string{version.Stage, version.Version, since("", s.now(), version.Made)}
		if e := version.Evidence; e != nil {
			row = append(row, fmt.Sprint(e.Accepted), fmt.Sprint(e.Refused), fmt.Sprint(e.Waiting))
		}
		rows = append(rows, row)
	}
	if err := aligned(out, "  ", rows...); err != nil {
		return err
	}
	for _, text := range v.remarks() {
		fmt.Fprintln(out, "  "+cell(text))
	}
	fmt.Fprintln(out, "next: "+v.Next)
	_, err := to.Write(out.Bytes())
	return err
}

// since is a time and how long ago it is; empty for none.
func since(before string, now, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return before + clock(t) + ", " + ago(now.Sub(t)) + " ago"
}

// remarks are what the table does not say.
func (v secretView) remarks() []string {
	var all []string
	add := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	for _, version := range v.Versions {
		switch {
		case version.Unfit:
			add("the %s version cannot sign: %s", version.Stage, version.Problem)
		case version.Problem != "":
			add("whether the %s version can sign is not known: %s", version.Stage, version.Problem)
		}
		for _, doubt := range version.Doubts {
			add("the %s version: %s", version.Stage, doubt)
		}
		switch {
		case version.Unfit:
		case version.Stage == stagePending && v.Confirmed:
			add("the pending version is confirmed: somebody said that Deskpro has it")
		case version.Stage == stagePending:
			add("the pending version is not confirmed: nobody has said yet that Deskpro has it")
		case version.Stage == stagePrevious:
			add("people whom Deskpro sends back get a token of the previous version, too, until RotationWindow (24h if not set) after the last change")
		}
	}
	switch {
	case v.Scheduled && v.Rotates.IsZero():
		add("Secrets Manager rotates it by a schedule")
	case v.Scheduled:
		add("Secrets Manager rotates it by a schedule, next by %s", clock(v.Rotates))
	}
	return all
}

// reveal prints the secret of one version, and writes that down first.
func (s *safe) reveal(cmd *cobra.Command, stage string) error {
	d := s.doors[0]
	if err := s.prepare(cmd.Context()); err != nil {
		return err
	}
	l, err := s.look(cmd.Context(), d)
	if err != nil {
		return err
	}
	v := l.staged(stage)
	if v == nil {
		return hint.With(fmt.Errorf("there is no %s version of the secret of %s", stage, doorOf(d)), "%s shows those that there are", s.command(d, "status"))
	}
	if err := s.showable(*v); err != nil {
		return err
	}
	e := audit.Event{Name: audit.SecretRevealed, Door: doorOf(d), KeyVersion: v.ID, KeyStage: stage}
	return s.act(cmd.Context(), e, func() error { return printSecret(cmd.OutOrStdout(), v.Text) })
}

// showable returns nil, or why the version's secret is not printed: what Deskpro
// could not take must not steer a terminal either.
func (s *safe) showable(v rotation.Version) error {
	if text := v.Text.Reveal(); text != "" && !strings.ContainsFunc(text, unicode.IsControl) {
		return nil
	}
	if v.Problem != nil && !cannotSign(&v) {
		return s.explainSecret(v.Problem, s.doors[0])
	}
	return hint.With(fmt.Errorf("the version %s is not printed, for it cannot be pasted as it is: %s", v.ID, cmp.Or(problemOf(v), "it is empty, or holds control characters")),
		"look at it in the Secrets Manager console, or make another with: %s", s.command(s.doors[0], "generate"))
}

// printSecret is the only place that does. A line break would be pasted, too.
func printSecret(out io.Writer, value redact.Secret) error {
	text := value.Reveal()
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		text += "\n"
	}
	_, err := io.WriteString(out, text)
	return err
}
