package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/rotation"
)

// none stands for no version, before or after a change.
const none = "none"

func newSecretConfirm(w *where) *cobra.Command {
	return newSecretAct(w, secretAct{
		use: "confirm", atOnce: true, event: audit.SecretConfirmed, short: "Say that Deskpro has the version that waits",
		long: `confirm says that you have pasted the version that waits into Deskpro, and saved
it there. It does so at once, and changes nothing that signs: but from then on
promote takes that version, and so does a rotation in Secrets Manager (Rotate
secret immediately, or a schedule).

With --version it refuses if another waits by now than the one that you pasted.`,
		example: `  loginctl secret confirm --door users --region eu-west-1`,
		plan: func(s *safe, l looked) (secretPlan, error) {
			v, err := s.waiting(l)
			if err != nil {
				return secretPlan{}, err
			}
			p := secretPlan{version: v.ID, already: "was confirmed already", then: step{"let it sign", s.command(l.door, "promote", "--apply")}}
			if v.Confirmed {
				return p, nil
			}
			p.verb, p.changes, p.notes = "confirmed", []fieldChange{{"confirmed", "no", "yes"}}, s.cautions(l, v)
			p.do = func(ctx context.Context) error { return s.rotation.Confirm(ctx, doorOf(l.door), v.ID) }
			p.done = func(d rotation.Description) bool { return d.Tags[rotation.ConfirmedTag] == v.ID }
			return p, nil
		},
	})
}

func newSecretPromote(w *where) *cobra.Command {
	var how rotation.How
	return newSecretAct(w, secretAct{
		use: "promote", event: audit.SecretPromoted, short: "Let the version that waits sign",
		long: `promote makes the version that waits the current one, with which every token is
signed within about a minute. The one before becomes the previous one, with which
people whom Deskpro sends back still get in, for as long as RotationWindow says.

It is refused until somebody has confirmed that Deskpro has the version: else
everybody would be sent back once. --unconfirmed does it all the same.

With --leaked the one before signs nothing any more: for a secret that somebody
else knows. Deskpro takes tokens of whoever knows it until another is pasted
there. It also drops the previous version after a promotion without it.`,
		example: `  loginctl secret promote --door users --region eu-west-1 --apply

  # somebody else may know the present secret
  loginctl secret promote --door users --leaked --region eu-west-1 --apply`,
		flags: func(cmd *cobra.Command) {
			cmd.Flags().BoolVar(&how.Unconfirmed, "unconfirmed", false, "though nobody has said that Deskpro has it")
			cmd.Flags().BoolVar(&how.Leaked, "leaked", false, "and let the version before sign nothing any more")
		},
		plan: func(s *safe, l looked) (secretPlan, error) { return s.planPromote(l, how) },
	})
}

func (s *safe) planPromote(l looked, how rotation.How) (secretPlan, error) {
	current, previous := l.At(rotation.Current), l.At(rotation.Previous)
	v, leftover := l.staged(stagePending), false
	if v == nil { // perhaps only a part is left to do
		leftover = how.Leaked && previous != "" || l.At(rotation.Pending) == current || l.Tags[rotation.ConfirmedTag] == current
		v = l.staged(stageCurrent)
	}
	switch {
	case v == nil || l.Waiting() == "" && !leftover:
		_, err := s.waiting(l)
		return secretPlan{}, err
	case !leftover && cannotSign(v) && !(how.Unconfirmed && errors.Is(v.Problem, rotation.ErrConflict)): // an edit that overtook it, says who gives that
		_, err := s.waiting(l)
		return secretPlan{}, err
	case !leftover && !v.Confirmed && !how.Unconfirmed:
		return secretPlan{}, s.unconfirmed(l, v)
	}
	p := secretPlan{
		version: v.ID, verb: "promoted", live: true, notes: s.cautions(l, v), reason: reasonFor(how),
		do: func(ctx context.Context) error {
			err := s.rotation.Promote(ctx, doorOf(l.door), v.ID, how)
			if err != nil && how.Leaked {
				return fmt.Errorf("the version before may sign still: %w", err)
			}
			return err
		},
		done: func(d rotation.Description) bool {
			return d.At(rotation.Current) == v.ID && (!how.Leaked || d.At(rotation.Previous) == "")
		},
		left: true,
		then: step{"see whom Deskpro lets in, with", s.command(l.door, "status")},
	}
	after := cmp.Or(current, none)
	if leftover {
		p.verb, after = "promoted to the end", cmp.Or(previous, none)
	} else {
		p.changes = append(p.changes, fieldChange{stageCurrent, after, v.ID})
	}
	if how.Leaked {
		p.verb, after = "made the only one that signs", none
	} else if after != none {
		p.then = step{"see by status whom Deskpro sends back; should it send back everyone and let in nobody, go back", s.command(l.door, "rollback", "--version", after, "--apply")}
	}
	if before := cmp.Or(previous, none); before != after {
		p.changes = append(p.changes, fieldChange{stagePrevious, before, after})
	}
	return p, nil
}

// reasonFor is how for the log.
func reasonFor(how rotation.How) string {
	var reasons []string
	if how.Unconfirmed {
		reasons = append(reasons, "unconfirmed")
	}
	if how.Leaked {
		reasons = append(reasons, "leaked")
	}
	return strings.Join(reasons, ",")
}

func (s *safe) unconfirmed(l looked, v *rotation.Version) error {
	err := fmt.Errorf("nobody has said that Deskpro has the version %s, so nothing was done", v.ID)
	if e, known := l.evidence[v.ID]; known && e.Accepted+e.Refused > 0 {
		err = fmt.Errorf("%w (%s)", err, shown(e))
	}
	return hint.With(err, "paste it into %s (%s prints it), then: %s", inDeskpro(l.door), s.command(l.door, "status", "--reveal", stagePending), s.command(l.door, "confirm", "--version", v.ID))
}

func newSecretRollback(w *where) *cobra.Command {
	return newSecretAct(w, secretAct{
		use: "rollback", event: audit.SecretRolledBack, short: "Let the version before sign again",
		long: `rollback makes the previous version the current one again, with which every token
is signed within about a minute; the present one becomes the previous one. A
version that waits goes on waiting, and has to be confirmed again.

It is for a secret that Deskpro turns out not to have. Should Deskpro have the
present one, paste the other there first.`,
		example: `  loginctl secret rollback --door users --region eu-west-1 --apply`,
		plan: func(s *safe, l looked) (secretPlan, error) {
			current, v := l.At(rotation.Current), l.staged(stagePrevious)
			switch {
			case v == nil:
				return secretPlan{}, &answered{"the secret of " + doorOf(l.door) + " has no previous version: it was never changed, or the one before was dropped", rotation.ErrNothing}
			case cannotSign(v):
				return secretPlan{}, fmt.Errorf("the previous version cannot sign: %w", v.Problem)
			}
			return secretPlan{
				version: v.ID, verb: "made current again", live: true, notes: s.cautions(l, v),
				changes: []fieldChange{{stageCurrent, current, v.ID}, {stagePrevious, v.ID, current}},
				do:      func(ctx context.Context) error { return s.rotation.Rollback(ctx, doorOf(l.door), current, v.ID) },
				done:    func(d rotation.Description) bool { return d.At(rotation.Current) == v.ID },
				then:    s.paste(l.door, "it", stageCurrent, step{"unless it is there; then see whom Deskpro lets in, with", s.command(l.door, "status")}),
			}, nil
		},
	})
}

func newSecretDiscard(w *where) *cobra.Command {
	return newSecretAct(w, secretAct{
		use: "discard", event: audit.SecretDiscarded, short: "Let the version that waits wait no longer",
		long: `discard takes back generate or stage: nothing is signed with the version that
waits any more, and another can be made. Should Deskpro have it, paste the
current one there again, or Deskpro lets nobody in.`,
		example: `  loginctl secret discard --door users --region eu-west-1 --apply`,
		plan: func(s *safe, l looked) (secretPlan, error) {
			id := l.Waiting()
			if id == "" {
				_, err := s.waiting(l)
				return secretPlan{}, err
			}
			p := secretPlan{
				version: id, verb: "discarded", changes: []fieldChange{{stagePending, id, none}},
				do:   func(ctx context.Context) error { return s.rotation.Discard(ctx, doorOf(l.door), id) },
				done: func(d rotation.Description) bool { return d.At(rotation.Pending) != id && d.At(rotation.Current) != id },
				then: step{"make another", s.command(l.door, "generate")},
			}
			if v := l.version(id); v != nil && (v.Confirmed || l.evidence[id].Accepts(1)) {
				p.notes = append(p.notes, "Deskpro seems to have this version: until the current one is pasted there again, it lets nobody in")
				p.then = s.paste(l.door, "the current version", stageCurrent, step{"and save there; a change begins anew with", s.command(l.door, "generate")})
			}
			return p, nil
		},
	})
}

// waiting returns the version that waits and is fit to sign.
func (s *safe) waiting(l looked) (*rotation.Version, error) {
	v := l.staged(stagePending)
	switch {
	case v == nil:
		return nil, hint.With(&answered{"no version of the secret of " + doorOf(l.door) + " waits", rotation.ErrNothing}, "make one: %s", s.command(l.door, "generate"))
	case cannotSign(v):
		return nil, hint.With(fmt.Errorf("the version that waits, %s, cannot sign: %w", v.ID, v.Problem), "drop it: %s", s.command(l.door, "discard", "--apply"))
	}
	return v, nil
}

// cautions are what to know before the version is to sign.
func (s *safe) cautions(l looked, v *rotation.Version) []string {
	var notes []string
	if l.refuses(v) {
		notes = append(notes, shown(l.evidence[v.ID])+": look there whether it was pasted whole")
	}
	for _, doubt := range v.Doubts {
		notes = append(notes, "the secret: "+doubt)
	}
	return notes
}
