package rotation

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
)

// The methods here are an operator's. They record no audit event: the tool that
// calls them knows who the operator is. Each may be repeated after a crash or
// after ErrUnavailable, which may have been said of what was done; ErrConflict is
// for a version that is not any more in the state that the operator saw it in.

// Stage makes key the version that waits, and returns its id. It is ErrUnfit if
// it must not sign at the door, and ErrBusy while another waits; the same key as
// that one's is the same version.
func (r *Rotation) Stage(ctx context.Context, door string, key redact.Secret) (string, error) {
	at, d, err := r.look(ctx, door)
	if err != nil {
		return "", err
	}
	if err := begun(at, d); err != nil {
		return "", err
	}
	version := newVersion()
	parsed, err := parse(Value{Text: key}, version)
	if err != nil {
		return "", err
	}
	if waiting := d.Waiting(); waiting != "" {
		has, err := r.has(ctx, at, waiting, parsed)
		if err != nil {
			return "", err
		}
		if !has {
			return "", fmt.Errorf("%w: door %s: promote version %s, or discard it", ErrBusy, door, waiting)
		}
		return waiting, nil
	}
	if err := r.guard(ctx, at, d, parsed); err != nil {
		return "", err
	}
	if err := r.put(ctx, at, d, version, redact.New(string(parsed.Bytes()))); err != nil {
		return "", err
	}
	// A put knows no condition: of two at once, the second takes the label. What
	// is read may be older than what was written, so it has to be a third version.
	after, err := r.describe(ctx, at)
	if err != nil {
		return "", err
	}
	if now := after.At(Pending); now != "" && now != version && now != d.At(Pending) {
		return "", fmt.Errorf("%w: door %s: version %s waits instead of this one", ErrConflict, door, now)
	}
	return version, nil
}

// newVersion returns an id like those that the SDKs make for a new version: a UUID,
// of which 32 to 64 characters are asked for.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
func newVersion() string {
	var b [16]byte
	_, _ = rand.Read(b[:])                      // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80 // RFC 9562 section 5.4
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Confirm says that Deskpro has the version, which waits. It is ErrUnfit or
// ErrNoValue for one that could not be promoted.
func (r *Rotation) Confirm(ctx context.Context, door, version string) error {
	at, d, err := r.look(ctx, door)
	if err != nil {
		return err
	}
	if err := waits(at, d, version); err != nil {
		return err
	}
	key, err := r.fit(ctx, at, d, version)
	if err != nil {
		return err
	}
	if err := r.overtaken(ctx, at, d, key); err != nil {
		return err
	}
	if err := r.cfg.Store.Tag(ctx, at.SecretID, ConfirmedTag, version); err != nil {
		return fmt.Errorf("door %s: confirming version %s: %w", door, version, err)
	}
	return nil
}

// How is what an operator answers for in Promote.
type How struct {
	// Unconfirmed promotes also what nothing says Deskpro has, or what somebody
	// edited the secret after: should Deskpro not have it, everybody who signs in
	// is sent back once.
	Unconfirmed bool
	// Leaked takes the label off the version before, so that it signs no more, not
	// even for who is sent back. Who rolls back at the very same moment may still
	// win, and make it current.
	Leaked bool
}

// Promote makes the version current, which waits: ErrUnconfirmed unless Deskpro
// has it. For a current one it ends what was cut off.
func (r *Rotation) Promote(ctx context.Context, door, version string, how How) error {
	at, d, err := r.look(ctx, door)
	if err != nil {
		return err
	}
	if version != "" && version == d.At(Current) {
		_, err := r.settle(ctx, at, d, how.Leaked)
		return err
	}
	if err := waits(at, d, version); err != nil {
		return err
	}
	key, err := r.fit(ctx, at, d, version)
	if err != nil {
		return err
	}
	if !how.Unconfirmed {
		if err := r.overtaken(ctx, at, d, key); err != nil {
			return err
		}
		if _, err := r.confirmed(ctx, at, d, version); err != nil {
			return err
		}
	}
	return r.promote(ctx, at, d, version, how.Leaked)
}

// Rollback makes the version to current instead of from, which it was before: it
// has to be the previous one, and able to sign, else ErrUnfit. Whoever rolls back
// says which one Deskpro has, so a confirmation of another is withdrawn.
func (r *Rotation) Rollback(ctx context.Context, door, from, to string) error {
	at, d, err := r.look(ctx, door)
	if err != nil {
		return err
	}
	current, previous := d.At(Current), d.At(Previous)
	switch {
	case previous == "":
		return fmt.Errorf("%w: door %s: no version was current before, or the one that was has leaked", ErrNothing, door)
	case current == to && previous == from:
		return r.disarm(ctx, at, d, from)
	case current != from || previous != to:
		return fmt.Errorf("%w: door %s: version %s is current and %s is the previous one", ErrConflict, door, current, previous)
	}
	value, err := r.value(ctx, at, to)
	if err != nil {
		return err
	}
	key, err := parse(value, to)
	if err != nil {
		return err
	}
	if err := r.signs(at, key); err != nil {
		return err
	}
	// First, while it is current: afterwards a label that a promotion left on it
	// would make it wait again.
	if err := r.disarm(ctx, at, d, from); err != nil {
		return err
	}
	if err := r.cfg.Store.Move(ctx, at.SecretID, Current, from, to); err != nil {
		return fmt.Errorf("door %s: making version %s current again: %w", door, to, err)
	}
	return nil
}

// disarm takes off what would make somebody promote the version, or another.
func (r *Rotation) disarm(ctx context.Context, door Door, d Description, version string) error {
	if err := r.unconfirm(ctx, door, d, d.Tags[ConfirmedTag]); err != nil {
		return err
	}
	if d.At(Pending) != version {
		return nil
	}
	return r.unlabel(ctx, door, Pending, version)
}

// Discard makes the version wait no longer. Should somebody promote it at the
// same moment it is ErrConflict, mostly: who has begun to may still do it.
func (r *Rotation) Discard(ctx context.Context, door, version string) error {
	at, d, err := r.look(ctx, door)
	if err != nil {
		return err
	}
	// One that a crash left the label on may be the previous one by now.
	if leftover := version != "" && version == d.At(Pending) && version == d.At(Previous); !leftover {
		if err := waits(at, d, version); err != nil {
			return err
		}
	}
	if err := r.unconfirm(ctx, at, d, version); err != nil {
		return err
	}
	if err := r.unlabel(ctx, at, Pending, version); err != nil {
		return err
	}
	after, err := r.describe(ctx, at)
	if err != nil {
		return err
	}
	if after.At(Current) == version {
		return fmt.Errorf("%w: door %s: version %s became current before it could be discarded; roll back if it should not be", ErrConflict, door, version)
	}
	return nil
}

// begun is ErrNothing for a secret that has no value yet: Secrets Manager makes
// its first one current at once, without asking whether Deskpro has it.
func begun(door Door, d Description) error {
	if d.At(Current) == "" {
		return fmt.Errorf("%w: door %s: its secret has no value yet; store the one that Deskpro has in the Secrets Manager console", ErrNothing, door.Name)
	}
	return nil
}

// waits says what is so instead, if the version does not wait.
func waits(door Door, d Description, version string) error {
	switch waiting := d.Waiting(); {
	case waiting != "" && waiting == version:
		return nil
	case version != "" && version == d.At(Current):
		return fmt.Errorf("%w: door %s: version %s is current already", ErrConflict, door.Name, version)
	case waiting == "":
		return fmt.Errorf("%w: door %s: no version waits", ErrNothing, door.Name)
	default:
		return fmt.Errorf("%w: door %s: version %s waits, not %s", ErrConflict, door.Name, waiting, version)
	}
}

// confirmed returns in a word what says that Deskpro has the version, or
// ErrUnconfirmed.
func (r *Rotation) confirmed(ctx context.Context, door Door, d Description, version string) (string, error) {
	if d.Tags[ConfirmedTag] == version {
		return "confirmed", nil
	}
	if r.cfg.Accepted != nil {
		accepted, err := r.cfg.Accepted(ctx, door.Name, version)
		if err != nil {
			return "", fmt.Errorf("door %s: asking whether Deskpro was seen to have version %s: %w", door.Name, version, err)
		}
		if accepted {
			return "accepted", nil
		}
	}
	return "", fmt.Errorf(`%w: door %s: paste the value of version %s into Deskpro's JWT app for %s and save there, then confirm it by "loginctl secret confirm", or by the secret's tag %s with the version as its value`,
		ErrUnconfirmed, door.Name, version, door.Name, ConfirmedTag)
}

// overtaken is ErrConflict if the current version is newer than the one that waits:
// somebody edited the secret after that was made, and nobody knows which of them
// Deskpro has.
func (r *Rotation) overtaken(ctx context.Context, door Door, d Description, waiting keyring.Key) error {
	current, err := r.value(ctx, door, d.At(Current))
	if errors.Is(err, ErrNoValue) {
		return nil // there is none, or it is stored as binary and signs nothing
	}
	if err != nil {
		return err
	}
	if current.Made.After(waiting.Made()) {
		return fmt.Errorf("%w: door %s: its secret was edited after version %s was made, so that Deskpro may have either; discard that version, and stage its key again if Deskpro has that", ErrConflict, door.Name, waiting.Version())
	}
	return nil
}
