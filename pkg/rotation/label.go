package rotation

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"deskpro-login/pkg/redact"
)

// promote makes the version current, then ends what belongs to that. A crash in
// between leaves a current version that has more labels than it needs, which
// settle takes off later.
func (r *Rotation) promote(ctx context.Context, door Door, d Description, version string, leaked bool) error {
	previous := d.At(Current)
	if err := r.cfg.Store.Move(ctx, door.SecretID, Current, previous, version); err != nil {
		return fmt.Errorf("door %s: making version %s current: %w", door.Name, version, err)
	}
	if !leaked {
		previous = ""
	}
	return r.finishPromotion(ctx, door, version, previous)
}

// finishPromotion takes Previous off the version leaked, if there is one, and then
// off the version that is current what made it so.
func (r *Rotation) finishPromotion(ctx context.Context, door Door, version, leaked string) error {
	if leaked != "" {
		if err := r.unlabel(ctx, door, Previous, leaked); err != nil {
			return err
		}
	}
	if err := r.unlabel(ctx, door, Pending, version); err != nil {
		return err
	}
	// Anew: the next version may be confirmed by now.
	d, err := r.describe(ctx, door)
	if err != nil {
		return err
	}
	if labels := d.Stages[leaked]; len(labels) > 0 {
		return fmt.Errorf("%w: door %s: version %s, which has leaked, was given the label %s; look again, and find out by whom", ErrConflict, door.Name, leaked, strings.Join(labels, " and "))
	}
	return r.unconfirm(ctx, door, d, version)
}

// settle ends the promotion of the current version, where one was cut off, and
// tells whether there was anything to do.
func (r *Rotation) settle(ctx context.Context, door Door, d Description, leaked bool) (bool, error) {
	version, previous := d.At(Current), ""
	if leaked {
		previous = d.At(Previous)
	}
	if version == "" || previous == "" && d.At(Pending) != version && d.Tags[ConfirmedTag] != version {
		return false, nil
	}
	if previous != "" && d.At(Pending) == previous {
		// Left by a rotation before; without Previous it would seem to wait.
		if err := r.unlabel(ctx, door, Pending, previous); err != nil {
			return true, err
		}
	}
	return true, r.finishPromotion(ctx, door, version, previous)
}

// unlabel takes the label off the version. It may be off already, which a conflict
// says as well.
func (r *Rotation) unlabel(ctx context.Context, door Door, label, version string) error {
	err := r.cfg.Store.Move(ctx, door.SecretID, label, version, "")
	if err != nil && !errors.Is(err, ErrConflict) {
		return fmt.Errorf("door %s: taking %s off version %s: %w", door.Name, label, version, err)
	}
	return nil
}

// unconfirm withdraws the confirmation of the version, if that is the one there
// is. A tag knows no condition: one that another sets between d and now goes, too,
// and its version waits until it is confirmed again.
func (r *Rotation) unconfirm(ctx context.Context, door Door, d Description, version string) error {
	if version == "" || d.Tags[ConfirmedTag] != version {
		return nil
	}
	if err := r.cfg.Store.Tag(ctx, door.SecretID, ConfirmedTag, ""); err != nil {
		return fmt.Errorf("door %s: withdrawing the confirmation of version %s: %w", door.Name, version, err)
	}
	return nil
}

// put gives the version its key, in the form of the current one's.
func (r *Rotation) put(ctx context.Context, door Door, d Description, version string, key redact.Secret) error {
	current, err := r.value(ctx, door, d.At(Current))
	if err != nil && !errors.Is(err, ErrNoValue) {
		return err
	}
	text, err := inFormOf(current.Text, key)
	if err != nil {
		return err
	}
	if err := r.cfg.Store.Put(ctx, door.SecretID, version, text); err != nil {
		return fmt.Errorf("door %s: storing version %s of its secret: %w", door.Name, version, err)
	}
	return nil
}
