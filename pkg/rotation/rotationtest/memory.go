package rotationtest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/rotation"
)

// Call is one call of a Store's method, without what it returns.
type Call struct {
	// Method is "Describe", "Value", "Put", "Move" or "Tag".
	Method string
	Secret string
	// Version is Value's and Put's.
	Version string
	// Label, From and To are Move's.
	Label, From, To string
	// Tag and Text are Tag's key and value; Text is Put's, too.
	Tag  string
	Text redact.Secret
}

// Store is a rotation.Store in memory, for tests. The zero value has no secrets.
type Store struct {
	// Before and After see each call, before and after it is done; nil means
	// nobody does. An error is the call's answer: of Before, nothing was done, and
	// of After, it was, but the answer is lost. Either may panic, which is a crash
	// there, and is called without a lock, so that it may wait. Set them before the
	// first call.
	Before, After func(Call) error
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	mu      sync.Mutex
	secrets map[string]*secret // by name
}

var _ rotation.Store = (*Store)(nil)

type secret struct {
	values  map[string]rotation.Value // by version
	begun   map[string]bool           // by version, with or without a value
	labels  map[string]string         // version by label
	tags    map[string]string
	changed time.Time
}

// ARN is that of the secret of a name, which a Store takes as well.
func ARN(name string) string {
	return "arn:aws:secretsmanager:eu-central-1:123456789012:secret:" + name + "-AbCdEf"
}

// Create makes a secret with a first version, which is current.
func (s *Store) Create(name, version, text string) {
	s.CreateEmpty(name)
	s.Edit(name, version, text)
}

// CreateEmpty makes a secret without a version.
func (s *Store) CreateEmpty(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.secrets == nil {
		s.secrets = map[string]*secret{}
	}
	s.secrets[name] = &secret{values: map[string]rotation.Value{}, begun: map[string]bool{}, labels: map[string]string{}, tags: map[string]string{}, changed: s.now()}
}

// Edit stores a new value as the console does, by which it is current at once.
func (s *Store) Edit(name, version, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	secret := s.secrets[name]
	secret.changed = s.now()
	secret.values[version] = rotation.Value{Text: redact.New(text), Made: secret.changed}
	secret.current(version)
}

// Begin starts a rotation as "Rotate secret immediately" does: it returns the
// version that the function is then called with, which is a new one without a
// value unless one waits already.
func (s *Store) Begin(name, version string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	secret := s.secrets[name]
	if waiting := secret.labels[rotation.Pending]; waiting != "" && waiting != secret.labels[rotation.Current] {
		return waiting
	}
	secret.begun[version] = true
	secret.labels[rotation.Pending] = version
	return version
}

// Delete takes a secret away.
func (s *Store) Delete(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.secrets, name)
}

func (s *Store) Describe(ctx context.Context, secretID string) (d rotation.Description, err error) {
	return d, s.call(ctx, Call{Method: "Describe", Secret: secretID}, func(secret *secret) error {
		d = rotation.Description{ARN: ARN(s.nameOf(secretID)), Stages: map[string][]string{}, Tags: map[string]string{}, Changed: secret.changed}
		for label, version := range secret.labels {
			d.Stages[version] = append(d.Stages[version], label)
			slices.Sort(d.Stages[version])
		}
		for key, value := range secret.tags {
			d.Tags[key] = value
		}
		return nil
	})
}

func (s *Store) Value(ctx context.Context, secretID, version string) (v rotation.Value, err error) {
	return v, s.call(ctx, Call{Method: "Value", Secret: secretID, Version: version}, func(secret *secret) error {
		var ok bool
		if v, ok = secret.values[version]; !ok {
			return fmt.Errorf("secret %s, version %s: %w", secretID, version, rotation.ErrNoValue)
		}
		return nil
	})
}

func (s *Store) Put(ctx context.Context, secretID, version string, text redact.Secret) error {
	return s.call(ctx, Call{Method: "Put", Secret: secretID, Version: version, Text: text}, func(secret *secret) error {
		if has, ok := secret.values[version]; ok {
			if has.Text.Reveal() == text.Reveal() {
				return nil
			}
			return fmt.Errorf("secret %s, version %s: %w: it has another value", secretID, version, rotation.ErrConflict)
		}
		if !secret.begun[version] && (len(version) < 32 || len(version) > 64) {
			// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
			return fmt.Errorf("secret %s: %w: a version's id has 32 to 64 characters", secretID, rotation.ErrDenied)
		}
		secret.changed = s.now()
		secret.values[version] = rotation.Value{Text: text, Made: secret.changed}
		secret.labels[rotation.Pending] = version
		if secret.labels[rotation.Current] == "" {
			secret.current(version) // a secret's first value is current at once
		}
		return nil
	})
}

func (s *Store) Move(ctx context.Context, secretID, label, from, to string) error {
	return s.call(ctx, Call{Method: "Move", Secret: secretID, Label: label, From: from, To: to}, func(secret *secret) error {
		at := secret.labels[label]
		switch {
		case from == "" && to == "":
			return fmt.Errorf("secret %s: %w: %s is to move from nowhere to nowhere", secretID, rotation.ErrDenied, label)
		case at == to && (label != rotation.Current || secret.labels[rotation.Previous] == from):
			return nil // moved already
		case at != from:
			return fmt.Errorf("secret %s: %w: %s is not on version %q but on %q", secretID, rotation.ErrConflict, label, from, at)
		case label == rotation.Current && to == "":
			return fmt.Errorf("secret %s: %w: a secret always has a current version", secretID, rotation.ErrDenied)
		case to != "" && !secret.knows(to):
			return fmt.Errorf("secret %s: %w: there is no version %s", secretID, rotation.ErrDenied, to)
		}
		secret.changed = s.now()
		switch {
		case label == rotation.Current:
			secret.current(to)
		case to == "":
			delete(secret.labels, label)
		default:
			secret.labels[label] = to
		}
		return nil
	})
}

func (s *Store) Tag(ctx context.Context, secretID, key, value string) error {
	return s.call(ctx, Call{Method: "Tag", Secret: secretID, Tag: key, Text: redact.New(value)}, func(secret *secret) error {
		secret.tags[key] = value
		if value == "" {
			delete(secret.tags, key)
		}
		return nil
	})
}

// current gives the version the label Current, and Previous to the one that had it.
func (s *secret) current(version string) {
	before := s.labels[rotation.Current]
	if before == version {
		return
	}
	if before != "" {
		s.labels[rotation.Previous] = before
	}
	s.labels[rotation.Current] = version
}

func (s *secret) knows(version string) bool {
	_, valued := s.values[version]
	return valued || s.begun[version]
}

// call does one, between Before and After.
func (s *Store) call(ctx context.Context, c Call, do func(*secret) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("secret %s: %w: %w", c.Secret, rotation.ErrUnavailable, err)
	}
	if s.Before != nil {
		if err := s.Before(c); err != nil {
			return err
		}
	}
	err := s.do(c, do)
	if s.After != nil {
		if lost := s.After(c); lost != nil {
			return lost
		}
	}
	return err
}

func (s *Store) do(c Call, do func(*secret) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	secret := s.secrets[s.nameOf(c.Secret)]
	if secret == nil {
		return fmt.Errorf("secret %s: %w", c.Secret, rotation.ErrAbsent)
	}
	return do(secret)
}

// nameOf returns the name of the secret that has that name or ARN.
func (s *Store) nameOf(secretID string) string {
	for name := range s.secrets {
		if ARN(name) == secretID {
			return name
		}
	}
	return secretID
}

func (s *Store) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}
