package rotation

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/keyring"
)

// Event is what Secrets Manager calls a rotation function with, by these names:
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
type Event struct {
	// Step is "createSecret", "setSecret", "testSecret" or "finishSecret", in that
	// order; each may come again.
	Step string
	// SecretId is the secret's ARN.
	SecretId string
	// ClientRequestToken is the id of the version that is to become current.
	ClientRequestToken string
}

// Step does one step of a rotation, or finds that it is done. The last one is
// ErrUnconfirmed until Deskpro has the version, which goes on waiting: the next
// rotation is one of the same version.
func (r *Rotation) Step(ctx context.Context, e Event) error {
	var step func(context.Context, Door, Description, string) error
	switch e.Step {
	case "createSecret":
		step = r.create
	case "setSecret":
		step = r.set
	case "testSecret":
		step = r.test
	case "finishSecret":
		step = r.finish
	default:
		return fmt.Errorf("a rotation has no step %q", e.Step)
	}
	door, d, err := r.owner(ctx, e.SecretId)
	if err != nil {
		return err
	}
	if err := begun(door, d); err != nil {
		return err
	}
	version := e.ClientRequestToken
	labels := d.Stages[version]
	switch {
	case len(labels) == 0:
		return fmt.Errorf("%w: door %s: its secret has no version %q, perhaps because it was discarded; choose Rotate secret immediately for a new one", ErrConflict, door.Name, version)
	case version == d.At(Current):
		r.cfg.Log.InfoContext(ctx, "the version is current already", "door", door.Name, "step", e.Step, "key_version", version)
		return r.conclude(ctx, door, d)
	case version == d.At(Pending) && version == d.At(Previous):
		return fmt.Errorf(`%w: door %s: version %s was current before, and an earlier rotation left %s on it; take that off by "loginctl secret discard", then choose Rotate secret immediately again`, ErrConflict, door.Name, version, Pending)
	case version != d.Waiting():
		return fmt.Errorf("%w: door %s: version %s does not have the label %s but %s; choose Rotate secret immediately for a new one", ErrConflict, door.Name, version, Pending, strings.Join(labels, " and "))
	}
	return step(ctx, door, d, version)
}

// create gives the version a key, unless it has one.
func (r *Rotation) create(ctx context.Context, door Door, d Description, version string) error {
	_, err := r.value(ctx, door, version)
	if err == nil {
		r.cfg.Log.InfoContext(ctx, "the version has a value already", "door", door.Name, "key_version", version)
		return nil
	}
	if !errors.Is(err, ErrNoValue) {
		return err
	}
	err = r.put(ctx, door, d, version, Generate())
	if errors.Is(err, ErrConflict) {
		// The same step, at the same time, was faster.
		if _, valueErr := r.value(ctx, door, version); valueErr == nil {
			return nil
		}
	}
	if err != nil {
		return err
	}
	r.record(ctx, audit.SecretStaged, door, version, "generated")
	return nil
}

// set has nobody to tell: Deskpro's copy is pasted by hand.
func (r *Rotation) set(context.Context, Door, Description, string) error { return nil }

// test also passes a copy of the current version: Secrets Manager tries a new
// schedule with one, which it takes away again. It is never promoted.
func (r *Rotation) test(ctx context.Context, door Door, d Description, version string) error {
	copied, err := r.copied(ctx, door, d, version)
	if err == nil && !copied {
		_, err = r.fit(ctx, door, d, version)
	}
	return err
}

// copied tells whether the version has the current one's value, which signs.
func (r *Rotation) copied(ctx context.Context, door Door, d Description, version string) (bool, error) {
	value, err := r.value(ctx, door, version)
	if errors.Is(err, ErrNoValue) {
		return false, nil // which is fit's to tell
	}
	if err != nil {
		return false, err
	}
	key, err := keyring.ParseKey(value.Text, version)
	if err != nil {
		return false, nil // likewise
	}
	same, err := r.has(ctx, door, d.At(Current), key)
	if err != nil || !same {
		return false, err
	}
	return true, r.signs(door, key)
}

// finish promotes the version if Deskpro has it.
func (r *Rotation) finish(ctx context.Context, door Door, d Description, version string) error {
	key, err := r.fit(ctx, door, d, version)
	if err != nil {
		return err
	}
	err = r.overtaken(ctx, door, d, key)
	if errors.Is(err, ErrConflict) {
		r.record(ctx, audit.SecretWaits, door, version, "edited")
	}
	if err != nil {
		return err
	}
	reason, err := r.confirmed(ctx, door, d, version)
	if errors.Is(err, ErrUnconfirmed) {
		r.record(ctx, audit.SecretWaits, door, version, "unconfirmed")
		return fmt.Errorf("%w; then choose Rotate secret immediately again; until then the current version signs, and everybody can sign in", err)
	}
	if err != nil {
		return err
	}
	if err := r.promote(ctx, door, d, version, false); err != nil {
		return err
	}
	r.record(ctx, audit.SecretPromoted, door, version, reason)
	return nil
}

// conclude ends a promotion that was cut off, the record of it included.
func (r *Rotation) conclude(ctx context.Context, door Door, d Description) error {
	did, err := r.settle(ctx, door, d, false)
	if did && err == nil {
		r.record(ctx, audit.SecretPromoted, door, d.At(Current), "concluded")
	}
	return err
}

// PromoteAccepted promotes, at each door, the version that waits if Deskpro has
// it: for a schedule, so what goes on waiting is no error. Those of the doors are
// joined.
func (r *Rotation) PromoteAccepted(ctx context.Context) error {
	var problems []error
	for _, door := range r.cfg.Doors {
		problems = append(problems, r.promoteAccepted(ctx, door))
	}
	return errors.Join(problems...)
}

func (r *Rotation) promoteAccepted(ctx context.Context, door Door) error {
	d, err := r.describe(ctx, door)
	if err != nil {
		return err
	}
	version := d.Waiting()
	if version == "" {
		return r.conclude(ctx, door, d)
	}
	reason, err := r.confirmed(ctx, door, d, version)
	if errors.Is(err, ErrUnconfirmed) {
		r.cfg.Log.InfoContext(ctx, "a version waits until Deskpro is seen to have it", "door", door.Name, "key_version", version)
		return nil
	}
	if err != nil {
		return err
	}
	key, err := r.fit(ctx, door, d, version)
	if err != nil {
		return err
	}
	if err := r.overtaken(ctx, door, d, key); err != nil {
		return err
	}
	if err := r.promote(ctx, door, d, version, false); err != nil {
		return err
	}
	r.record(ctx, audit.SecretPromoted, door, version, reason)
	return nil
}

func (r *Rotation) record(ctx context.Context, name audit.Name, door Door, version, reason string) {
	r.cfg.Audit.Record(ctx, audit.Event{Name: name, Door: door.Name, KeyVersion: version, Reason: reason})
}
