package rotation

import (
	"context"
	"errors"
	"slices"
	"time"

	"deskpro-login/pkg/redact"
)

// The staging labels of a secret's versions:
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
const (
	Current  = "AWSCURRENT"
	Pending  = "AWSPENDING"
	Previous = "AWSPREVIOUS"
)

// ConfirmedTag is the tag of a secret by which an operator says that Deskpro has
// a version of it, whose id is the tag's value. Whoever may set it decides what
// signs next.
const ConfirmedTag = "deskpro-login:confirmed"

// Description is what the store says of a secret without its values.
type Description struct {
	// ARN is the secret's own, however it was asked for.
	ARN string
	// Stages are the labels of each version that has any, by its id.
	Stages map[string][]string
	Tags   map[string]string
	// Changed is when anything of it was changed last.
	Changed time.Time
	// Scheduled: Secrets Manager calls the rotation function for it. Next is when,
	// zero where that is not known.
	Scheduled bool
	Next      time.Time
}

// At returns the version that has the label; empty if none has.
func (d Description) At(label string) string {
	for version, labels := range d.Stages {
		if slices.Contains(labels, label) {
			return version
		}
	}
	return ""
}

// Waiting returns the version that is to become current, empty if none is. A
// label that a rotation left on the current version says nothing, nor does one
// that then became the previous one: it had its turn.
func (d Description) Waiting() string {
	if version := d.At(Pending); version != d.At(Current) && version != d.At(Previous) {
		return version
	}
	return ""
}

// Value is a version's.
type Value struct {
	// Text is as stored: the key, or a JSON object around it.
	Text redact.Secret
	Made time.Time
}

// Store keeps secrets by version and label, as Secrets Manager does. An error is
// one of the sentinels below by errors.Is; after ErrUnavailable a write may have
// happened or not, and may be repeated. Its methods are safe for concurrent use
// and return soon after ctx ends.
type Store interface {
	// Describe returns ErrAbsent for a secret that is not there or is marked for
	// deletion.
	Describe(ctx context.Context, secretID string) (Description, error)
	// Value returns ErrNoValue for a version that is not there, or that has no value
	// yet.
	Value(ctx context.Context, secretID, version string) (Value, error)
	// Put gives a version its value and the label Pending, which it takes from any
	// other. The same again changes nothing; another value for a version that has
	// one is ErrConflict.
	Put(ctx context.Context, secretID, version string, text redact.Secret) error
	// Move takes label from the version from and gives it to the version to, at
	// once; either may be empty, but not both. It is ErrConflict if another version
	// has it. With Current it gives Previous to from.
	Move(ctx context.Context, secretID, label, from, to string) error
	// Tag sets a tag; an empty value removes it.
	Tag(ctx context.Context, secretID, key, value string) error
}

// The sentinels of Store.
var (
	ErrAbsent      = errors.New("no such secret")
	ErrNoValue     = errors.New("the version has no value")
	ErrConflict    = errors.New("somebody else changed the secret meanwhile")
	ErrUnavailable = errors.New("secrets cannot be reached")
	// ErrDenied: the caller may not do that.
	ErrDenied = errors.New("not allowed")
)
