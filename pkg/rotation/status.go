package rotation

import (
	"context"
	"errors"
	"time"

	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
)

// Status is what there is of a door's secret.
type Status struct {
	Description
	Door string
	// Versions are the current one, the one that waits and the previous one, as
	// far as there are any, each once.
	Versions []Version
}

// Version is one of them.
type Version struct {
	ID     string
	Stages []string
	// Made is zero for a version without a value.
	Made time.Time
	// Problem is why it must not sign: ErrUnfit; ErrNoValue; ErrConflict for one
	// that waits while the secret was edited; or what kept us from finding out.
	Problem error
	// Doubts are the key's.
	Doubts []string
	// Confirmed: the secret's ConfirmedTag names it.
	Confirmed bool
	// Text is the key as it is pasted into Deskpro, empty if the value is none.
	Text redact.Secret
}

// Look returns the state of a door's secret. What is wrong with a version is its
// Problem, and no error.
func (r *Rotation) Look(ctx context.Context, door string) (Status, error) {
	at, d, err := r.look(ctx, door)
	if err != nil {
		return Status{}, err
	}
	status := Status{Description: d, Door: door}
	for _, id := range versions(d) {
		version := Version{ID: id, Stages: d.Stages[id], Confirmed: d.Tags[ConfirmedTag] == id}
		value, err := r.value(ctx, at, id)
		if errors.Is(err, ErrUnavailable) || errors.Is(err, ErrAbsent) {
			return Status{}, err
		}
		if err != nil {
			version.Problem = err
		} else {
			version.Made = value.Made
			var key keyring.Key
			if key, version.Problem = parse(value, id); version.Problem == nil {
				version.Text = redact.New(string(key.Bytes()))
				version.Doubts = Doubts(version.Text)
				version.Problem = r.problem(ctx, at, d, key)
			}
		}
		status.Versions = append(status.Versions, version)
	}
	return status, nil
}

func (r *Rotation) problem(ctx context.Context, door Door, d Description, key keyring.Key) error {
	if err := r.guard(ctx, door, d, key); err != nil || key.Version() != d.Waiting() {
		return err
	}
	return r.overtaken(ctx, door, d, key)
}
