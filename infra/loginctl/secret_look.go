package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/infra/loginctl/stack"
	"deskpro-login/pkg/bounce"
	"deskpro-login/pkg/rotation"
)

// looked is how a door's secret stands.
type looked struct {
	rotation.Status
	door stack.Door
	// evidence is by version; nil where it is not known, for the reason of
	// evidenceErr.
	evidence    map[string]bounce.Evidence
	evidenceErr error
}

// look asks for it. That it is not known whom Deskpro let in is no error.
func (s *safe) look(ctx context.Context, d stack.Door) (looked, error) {
	status, err := s.rotation.Look(ctx, doorOf(d))
	if err != nil {
		return looked{}, s.explainSecret(err, d)
	}
	l := looked{Status: status, door: d}
	if s.ledger == nil {
		l.evidenceErr = s.unknownTable()
		return l, nil
	}
	l.evidence = map[string]bounce.Evidence{}
	for _, v := range status.Versions {
		if l.evidence[v.ID], err = s.ledger.Of(ctx, doorOf(d), v.ID); err != nil {
			l.evidence, l.evidenceErr = nil, s.explain(err)
			return l, nil
		}
	}
	return l, nil
}

// unknownTable says why nothing is known of whom Deskpro let in.
func (s *safe) unknownTable() error {
	err := errors.New("it is not told which table has it")
	if s.where.named() != "" {
		return hint.With(err, "give that of sessions with --state-table")
	}
	return hint.With(err, "the stack lacks the output StateTableName: deploy it from this release (make deploy)")
}

// version returns the one with this id, or nil.
func (l looked) version(id string) *rotation.Version {
	i := slices.IndexFunc(l.Versions, func(v rotation.Version) bool { return v.ID == id })
	if id == "" || i < 0 {
		return nil
	}
	return &l.Versions[i]
}

// The names that the log and the flags have for what versions are for.
const (
	stageCurrent  = "current"
	stagePending  = "pending"
	stagePrevious = "previous"
)

// staged returns the version with that stage, or nil.
func (l looked) staged(stage string) *rotation.Version {
	switch stage {
	case stageCurrent:
		return l.version(l.At(rotation.Current))
	case stagePending:
		return l.version(l.Waiting())
	}
	return l.version(l.At(rotation.Previous))
}

func stages() []string { return []string{stageCurrent, stagePending, stagePrevious} }

// inDeskpro is where in Deskpro a door's secret is pasted.
func inDeskpro(d stack.Door) string {
	if d.Name == stack.Agents {
		return "Deskpro under Agents > Auth & SSO"
	}
	return "Deskpro under CRM > Auth & SSO"
}

// step is what to do next: a sentence, and the command that it ends in.
type step struct{ text, command string }

func (n step) String() string { return n.text + ": " + n.command }

// next is how a change goes on from here.
func (s *safe) next(l looked) step {
	waiting, current, previous := l.staged(stagePending), l.staged(stageCurrent), l.staged(stagePrevious)
	switch {
	case waiting != nil && cannotSign(waiting):
		return step{"the version that waits cannot sign; discard it", s.command(l.door, "discard", "--apply")}
	case waiting != nil && waiting.Confirmed && l.refuses(waiting):
		return step{"look in Deskpro whether the version that waits was pasted whole, for so far people were sent back with it; then let it sign", s.command(l.door, "promote", "--apply")}
	case waiting != nil && waiting.Confirmed:
		return step{"Deskpro has the version that waits; let it sign", s.command(l.door, "promote", "--apply")}
	case waiting != nil && l.evidence[waiting.ID].Accepts(1):
		return step{"Deskpro seems to have the version that waits, for it let people in with it; say so if you pasted it", s.command(l.door, "confirm", "--version", waiting.ID)}
	case waiting != nil:
		return s.paste(l.door, "the version that waits", stagePending, step{"save there, and say so here", s.command(l.door, "confirm", "--version", waiting.ID)})
	case current == nil || cannotSign(current):
		return step{"nothing can sign, so nobody can sign in; make a version that can", s.command(l.door, "generate")}
	case previous != nil && l.refuses(current) && l.evidence[previous.ID].Accepts(1):
		return s.paste(l.door, "the current version", stageCurrent, step{"for Deskpro lets people in with the previous one alone; or let that sign again", s.command(l.door, "rollback", "--version", previous.ID, "--apply")})
	}
	return step{"nothing has to be done; a change begins with", s.command(l.door, "generate")}
}

// paste is the step of pasting a version into Deskpro, with what follows it.
func (s *safe) paste(d stack.Door, what, stage string, then step) step {
	return step{fmt.Sprintf("paste %s into %s (%s prints it), %s", what, inDeskpro(d), s.command(d, "status", "--reveal", stage), then.text), then.command}
}

// refuses reports whether more people came back with the version than were let
// in.
func (l looked) refuses(v *rotation.Version) bool {
	e := l.evidence[v.ID]
	return e.Refused > e.Accepted
}

// shown is e for people.
func shown(e bounce.Evidence) string {
	return fmt.Sprintf("Deskpro let %s in with it and sent %d back", people(e.Accepted), e.Refused)
}

func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

// ago is how long something is ago, to the unit that matters.
func ago(d time.Duration) string {
	for _, unit := range []struct {
		name   string
		length time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}} {
		switch n := int(d / unit.length); {
		case n == 1:
			return "1 " + unit.name
		case n > 1:
			return fmt.Sprintf("%d %ss", n, unit.name)
		}
	}
	return "less than a minute"
}

// cannotSign reports whether the version is known not to sign; a role that may not read
// it does not know.
func cannotSign(v *rotation.Version) bool {
	for _, known := range []error{rotation.ErrUnfit, rotation.ErrNoValue, rotation.ErrConflict} {
		if errors.Is(v.Problem, known) {
			return true
		}
	}
	return false
}

// problemOf is the version's problem on one line; empty if it has none.
func problemOf(v rotation.Version) string {
	if v.Problem == nil {
		return ""
	}
	if errors.Is(v.Problem, rotation.ErrDenied) {
		return "that needs " + actionOf(v.Problem) + " on each door's secret, and kms:Decrypt on its KMS key if it has one of its own"
	}
	return strings.ReplaceAll(worded(v.Problem).Error(), "\n", "; ")
}
