package rotation

import (
	"context"
	"errors"
	"fmt"

	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/keyring"
)

// parse returns the key in a version's value, or ErrUnfit.
func parse(value Value, version string) (keyring.Key, error) {
	key, err := keyring.ParseKey(value.Text, version)
	if err != nil {
		return keyring.Key{}, fmt.Errorf("%w: %w", ErrUnfit, err)
	}
	return key.MadeAt(value.Made), nil
}

// fit returns the key of the version, which waits: ErrUnfit if it must not sign,
// ErrNoValue if there is none.
func (r *Rotation) fit(ctx context.Context, door Door, d Description, version string) (keyring.Key, error) {
	value, err := r.value(ctx, door, version)
	if errors.Is(err, ErrNoValue) {
		return keyring.Key{}, fmt.Errorf("%w: a rotation that was cut off may have left it; choose Rotate secret immediately again, or discard it", err)
	}
	if err != nil {
		return keyring.Key{}, err
	}
	key, err := parse(value, version)
	if err != nil {
		return keyring.Key{}, fmt.Errorf("door %s: version %s: %w", door.Name, version, err)
	}
	return key, r.guard(ctx, door, d, key)
}

// guard is ErrUnfit if the key must not sign at the door, or what kept it from
// finding out. d is the state of the door's secret.
func (r *Rotation) guard(ctx context.Context, door Door, d Description, key keyring.Key) error {
	if err := r.signs(door, key); err != nil {
		return err
	}
	if current := d.At(Current); current != "" && current != key.Version() {
		has, err := r.has(ctx, door, current, key)
		if err != nil {
			return err
		}
		if has {
			return fmt.Errorf("%w: door %s has this one, as version %s, which is current: nothing would change; generate another", ErrUnfit, door.Name, current)
		}
	}
	for _, other := range r.cfg.Doors {
		if other.Name == door.Name {
			continue
		}
		if err := r.apart(ctx, other, key); err != nil {
			return err
		}
	}
	return nil
}

// signs tries the key at the door. Too short for the app's algorithm is ErrUnfit.
func (r *Rotation) signs(door Door, key keyring.Key) error {
	email, err := deskpro.ParseEmail("trial@example.com")
	if err != nil {
		return fmt.Errorf("making up a person: %w", err)
	}
	now := r.cfg.Now()
	token, err := door.App.Mint(key, deskpro.Claims{ID: "rotation-trial", Email: email, Name: "Trial"}, now)
	if err == nil {
		_, err = door.App.Verify(token.Reveal(), key, now)
	}
	if err != nil {
		return fmt.Errorf("%w: door %s: a token cannot be signed with it and verified: %w", ErrUnfit, door.Name, err)
	}
	return nil
}

// apart is ErrUnfit if the other door has the key: a token for one of them must
// never open the other.
func (r *Rotation) apart(ctx context.Context, other Door, key keyring.Key) error {
	d, err := r.describe(ctx, other)
	if errors.Is(err, ErrAbsent) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("comparing with the other door: %w", err)
	}
	for _, version := range versions(d) {
		has, err := r.has(ctx, other, version, key)
		if err != nil {
			return fmt.Errorf("comparing with the other door: %w", err)
		}
		if has {
			return fmt.Errorf("%w: door %s has this one, as version %s: a token for one door would open the other; generate another", ErrUnfit, other.Name, version)
		}
	}
	return nil
}

// versions are those with a label that means something: the current one, the one
// that waits, the previous one, as far as there are any.
func versions(d Description) []string {
	var found []string
	for _, version := range []string{d.At(Current), d.Waiting(), d.At(Previous)} {
		if version != "" {
			found = append(found, version)
		}
	}
	return found
}

// has tells whether the version's key is this one. A version without a value, or
// with one that cannot sign, has another.
func (r *Rotation) has(ctx context.Context, door Door, version string, key keyring.Key) (bool, error) {
	value, err := r.value(ctx, door, version)
	if errors.Is(err, ErrNoValue) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	other, err := keyring.ParseKey(value.Text, version)
	return err == nil && other.Same(key), nil
}
