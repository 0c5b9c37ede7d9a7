package rotation_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/rotation"
)

// The machine under test is asked what it does, call by call: an act is run again
// with the answers that it got so far, until it makes the next call or ends. What
// it does depends on nothing but those answers, so each run is remembered.

// act is one of the machine's, or of the world around it.
type act struct {
	name string // of the method, the step or the event
	// v is the version that it is about, and for Rollback the one that it goes to.
	v, from slot
	val     int8 // Stage's
	how     rotation.How
}

func (a act) String() string {
	switch a.name {
	case "Rollback":
		return fmt.Sprintf("Rollback(v%d to v%d)", a.from, a.v)
	case "Promote":
		return fmt.Sprintf("Promote(v%d %+v)", a.v, a.how)
	}
	return fmt.Sprintf("%s(v%d)", a.name, a.v)
}

// byFunction: nobody answers for it.
func (a act) byFunction() bool {
	switch a.name {
	case "createSecret", "setSecret", "testSecret", "finishSecret", "PromoteAccepted":
		return true
	}
	return false
}

type method uint8

const (
	describe method = iota
	value
	put
	move
	tag
	asked // whether Deskpro was seen to have it
	// events
	edit
	begin
	see
	revert
)

// call is one of the Store's, or of Accepted.
type call struct {
	method   method
	label    label
	from, to slot
}

func (c call) String() string {
	name := []string{"describe", "value", "put", "move", "tag", "asked", "edit", "begin", "see", "revert"}[c.method]
	switch c.method {
	case describe:
		return name
	case move:
		return fmt.Sprintf("move %s from v%d to v%d", []string{"current", "pending", "previous"}[c.label], c.from, c.to)
	}
	return fmt.Sprintf("%s v%d", name, c.to)
}

// answer is what a call returned.
type answer struct {
	err outcome
	at  [3]slot
	tag slot
	val int8
	day int8 // made
	yes bool
}

// outcome is an error, as far as anybody may tell it from another.
type outcome uint8

const (
	fine outcome = iota
	conflict
	nothing
	busy
	unconfirmed
	unfit
	noValue
	unavailable
	denied
	odd
)

var outcomes = []error{nil, rotation.ErrConflict, rotation.ErrNothing, rotation.ErrBusy, rotation.ErrUnconfirmed, rotation.ErrUnfit, rotation.ErrNoValue, rotation.ErrUnavailable, rotation.ErrDenied}

func outcomeOf(err error) outcome {
	for i, sentinel := range outcomes {
		if errors.Is(err, sentinel) {
			return outcome(i)
		}
	}
	return odd
}

func (o outcome) String() string {
	if o == fine {
		return "done"
	}
	if int(o) < len(outcomes) {
		return outcomes[o].Error()
	}
	return "an odd error"
}

// node is where an act stands: before a call, or at its end.
type node struct {
	id     int32
	act    act
	before *node // nil for where an act begins
	answer answer
	after  map[answer]*node

	ended bool
	end   outcome
	call  call
	text  string // the end's error
}

// machine is the memory of what it does.
type machine struct {
	begins map[act]*node
	nodes  int32
}

func newMachine() *machine { return &machine{begins: map[act]*node{}} }

func (m *machine) begin(a act) *node {
	n := m.begins[a]
	if n == nil {
		n = m.run(a, nil, answer{})
		m.begins[a] = n
	}
	return n
}

func (m *machine) next(n *node, got answer) *node {
	to := n.after[got]
	if to == nil {
		to = m.run(n.act, n, got)
		if n.after == nil {
			n.after = map[answer]*node{}
		}
		n.after[got] = to
	}
	return to
}

// stopped is panicked with where a run has no answer any more.
type stopped struct{}

func (m *machine) run(a act, before *node, got answer) (n *node) {
	m.nodes++
	n = &node{id: m.nodes, act: a, before: before, answer: got}
	s := &script{node: n}
	for at := n; at.before != nil; at = at.before {
		s.answers = append(s.answers, at.answer)
	}
	defer func() {
		switch r := recover(); r {
		case nil, stopped{}:
		default:
			panic(r)
		}
	}()
	err := perform(s, a)
	n.ended, n.end = true, outcomeOf(err)
	if err != nil {
		n.text = err.Error()
	}
	return n
}

var modelApp = func() *deskpro.App {
	app, err := deskpro.New(deskpro.Config{URL: "https://acme.deskpro.com/", Issuer: "https://login.example.com"})
	if err != nil {
		panic(err)
	}
	return app
}()

func perform(s *script, a act) error {
	ctx := context.Background()
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	r, err := rotation.New(rotation.Config{
		Store: s, Doors: []rotation.Door{{Name: "users", SecretID: "s", App: modelApp}},
		Accepted: s.accepted, Audit: audit.Log{Logger: quiet}, Log: quiet,
	})
	if err != nil {
		return err
	}
	switch a.name {
	case "Stage":
		_, err := r.Stage(ctx, "users", redact.New(keyOf(a.val)))
		return err
	case "Confirm":
		return r.Confirm(ctx, "users", idOf(a.v))
	case "Promote":
		return r.Promote(ctx, "users", idOf(a.v), a.how)
	case "Rollback":
		return r.Rollback(ctx, "users", idOf(a.from), idOf(a.v))
	case "Discard":
		return r.Discard(ctx, "users", idOf(a.v))
	case "PromoteAccepted":
		return r.PromoteAccepted(ctx)
	case "edit", "begin", "see", "revert":
		event := map[string]method{"edit": edit, "begin": begin, "see": see, "revert": revert}[a.name]
		_, err := s.ask(call{method: event, from: none, to: a.v})
		return err
	default:
		return r.Step(ctx, rotation.Event{Step: a.name, SecretId: "s", ClientRequestToken: idOf(a.v)})
	}
}

func idOf(s slot) string {
	if s == none {
		return ""
	}
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", s)
}

func slotOf(id string) (slot, bool) {
	s, known := slotsByID[id]
	return s, known
}

func keyOf(val int8) string {
	return fmt.Sprintf("a-practice-key-that-nothing-is-signed-with-%02d", val)
}

var (
	slotsByID = func() map[string]slot {
		all := map[string]slot{}
		for s := none; s < slots; s++ {
			all[idOf(s)] = s
		}
		return all
	}()
	dawn = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

// script is a Store that answers what it is told, and stops a run when it has
// nothing more to say.
type script struct {
	node    *node
	answers []answer // the next one last
	// made is the id of the version that Stage made up.
	made string
}

func (s *script) slot(id string) slot {
	if known, ok := slotOf(id); ok {
		return known
	}
	s.made = id
	return s.node.act.v
}

func (s *script) id(at slot) string {
	if at == s.node.act.v && s.made != "" {
		return s.made
	}
	return idOf(at)
}

func (s *script) ask(c call) (answer, error) {
	if len(s.answers) == 0 {
		s.node.call = c
		panic(stopped{})
	}
	got := s.answers[len(s.answers)-1]
	s.answers = s.answers[:len(s.answers)-1]
	return got, outcomes[got.err]
}

func (s *script) Describe(context.Context, string) (rotation.Description, error) {
	got, err := s.ask(call{method: describe, from: none, to: none})
	d := rotation.Description{ARN: "s", Stages: map[string][]string{}, Tags: map[string]string{}}
	for l, name := range []string{rotation.Current, rotation.Pending, rotation.Previous} {
		if at := got.at[l]; at != none {
			d.Stages[s.id(at)] = append(d.Stages[s.id(at)], name)
		}
	}
	if got.tag != none {
		d.Tags[rotation.ConfirmedTag] = s.id(got.tag)
	}
	return d, err
}

func (s *script) Value(_ context.Context, _, version string) (rotation.Value, error) {
	got, err := s.ask(call{method: value, from: none, to: s.slot(version)})
	return rotation.Value{Text: redact.New(keyOf(got.val)), Made: dawn.AddDate(0, 0, int(got.day))}, err
}

func (s *script) Put(_ context.Context, _, version string, _ redact.Secret) error {
	_, err := s.ask(call{method: put, from: none, to: s.slot(version)})
	return err
}

func (s *script) Move(_ context.Context, _, name, from, to string) error {
	c := call{method: move, from: s.slot(from), to: s.slot(to)}
	switch name {
	case rotation.Pending:
		c.label = pending
	case rotation.Previous:
		c.label = previous
	}
	_, err := s.ask(c)
	return err
}

func (s *script) Tag(_ context.Context, _, _, version string) error {
	_, err := s.ask(call{method: tag, from: none, to: s.slot(version)})
	return err
}

func (s *script) accepted(_ context.Context, _, version string) (bool, error) {
	got, err := s.ask(call{method: asked, from: none, to: s.slot(version)})
	return got.yes, err
}
