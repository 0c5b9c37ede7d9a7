// Package rotation changes the secret that a door shares with Deskpro, where
// somebody has to paste it by hand: a new version waits until Deskpro has it, and
// only then signs. Rotation is what the function behind Secrets Manager and the
// operator's tool both use; an adapter (awsrotation) leads it to AWS.
//
// A secret is in one of these states, whatever is done to it and in whatever order:
// at rest (no version waits), waiting (one does, with the label Pending), or
// confirmed (that one is named by the secret's ConfirmedTag). Labels move only from
// where they were seen, so that two who act at once cannot undo each other, and
// every act may be repeated after a crash anywhere in it.
//
// Secrets Manager has no condition for the rest, which is accepted: what a put
// makes wait takes the place of what began to wait in that moment; a confirmation
// that is withdrawn may be one that was set in that moment; and who has begun to
// promote, or to roll back, may still do so after another discarded the version or
// said that it leaked. Each of them ends with a version that waits, or that Deskpro
// was said to have.
package rotation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/deskpro"
)

// The refusals. The text around them says what to do, and never holds a key.
// What the store refuses are its own sentinels.
var (
	// ErrUnconfirmed: nothing says that Deskpro has the version.
	ErrUnconfirmed = errors.New("nobody has confirmed that Deskpro has it")
	// ErrUnfit: the key must not sign at this door.
	ErrUnfit = errors.New("unfit key")
	// ErrNothing: no version waits, or there is no previous one.
	ErrNothing = errors.New("there is no such version")
	// ErrBusy: another version waits already.
	ErrBusy = errors.New("another version waits already")
	// ErrDoor: no door has that name or that secret.
	ErrDoor = errors.New("no such door")
)

// Door is one of Deskpro's installs and the secret that is shared with it.
type Door struct {
	// Name is as everywhere else, "users" or "agents". Required.
	Name string
	// SecretID is the secret's ARN, or a name at an emulator. Required.
	SecretID string
	// App is what the key has to sign for. Required.
	App *deskpro.App
}

// Config configures a Rotation.
type Config struct {
	// Store is where the doors' secrets are. Required.
	Store Store
	// Doors are all that there are: each one's keys must differ from every other
	// one's. At least one.
	Doors []Door
	// Accepted says whether Deskpro has been seen to let people in with a version,
	// which then counts as confirmed. Nil: only a confirmation counts.
	Accepted func(ctx context.Context, door, version string) (bool, error)
	// Audit is told what Step and PromoteAccepted did; the other methods are for
	// an operator's tool, which has lines of its own.
	Audit audit.Log
	// Log is told what they found. Nil means slog.Default().
	Log *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Rotation changes the doors' secrets. It keeps nothing between calls and is safe
// for concurrent use.
type Rotation struct {
	cfg Config
}

// New makes no call.
func New(cfg Config) (*Rotation, error) {
	if cfg.Store == nil || len(cfg.Doors) == 0 {
		return nil, errors.New("rotation: Store and Doors are required")
	}
	for i, door := range cfg.Doors {
		if door.Name == "" || door.SecretID == "" || door.App == nil {
			return nil, fmt.Errorf("rotation: door %q: Name, SecretID and App are required", door.Name)
		}
		for _, other := range cfg.Doors[:i] {
			if other.Name == door.Name || other.SecretID == door.SecretID {
				return nil, fmt.Errorf("rotation: the doors %q and %q share a name or a secret; each needs its own", other.Name, door.Name)
			}
		}
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Doors = slices.Clone(cfg.Doors)
	return &Rotation{cfg}, nil
}

// door returns the door of that name.
func (r *Rotation) door(name string) (Door, error) {
	for _, door := range r.cfg.Doors {
		if door.Name == name {
			return door, nil
		}
	}
	return Door{}, fmt.Errorf("%w: %q is none of those that are on", ErrDoor, name)
}

// look returns the door of that name and the state of its secret.
func (r *Rotation) look(ctx context.Context, name string) (Door, Description, error) {
	door, err := r.door(name)
	if err != nil {
		return Door{}, Description{}, err
	}
	d, err := r.describe(ctx, door)
	return door, d, err
}

func (r *Rotation) describe(ctx context.Context, door Door) (Description, error) {
	d, err := r.cfg.Store.Describe(ctx, door.SecretID)
	if err != nil {
		return Description{}, fmt.Errorf("door %s: asking for the state of its secret: %w", door.Name, err)
	}
	return d, nil
}

func (r *Rotation) value(ctx context.Context, door Door, version string) (Value, error) {
	value, err := r.cfg.Store.Value(ctx, door.SecretID, version)
	if err != nil {
		return Value{}, fmt.Errorf("door %s: reading version %s of its secret: %w", door.Name, version, err)
	}
	return value, nil
}

// owner returns the door whose secret that is, and its state. The secret's ARN
// may stand where the door has its name, or the other way round.
func (r *Rotation) owner(ctx context.Context, secretID string) (Door, Description, error) {
	for _, door := range r.cfg.Doors {
		if door.SecretID == secretID {
			d, err := r.describe(ctx, door)
			return door, d, err
		}
	}
	var problems []error
	for _, door := range r.cfg.Doors {
		d, err := r.describe(ctx, door)
		if err != nil {
			problems = append(problems, err)
		} else if secretID != "" && (d.ARN == secretID || nameIn(d.ARN) == secretID) {
			return door, d, nil
		}
	}
	problem := fmt.Errorf("%w: the secret %q is none of the doors'; rotate it with a function of its own", ErrDoor, secretID)
	return Door{}, Description{}, errors.Join(append(problems, problem)...)
}

// nameIn returns the secret's name in its ARN, where a hyphen and six characters
// of Secrets Manager's follow it:
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
func nameIn(arn string) string {
	const suffix = len("-AbCdEf")
	parts := strings.SplitN(arn, ":", 7)
	if len(parts) != 7 || len(parts[6]) <= suffix {
		return ""
	}
	return parts[6][:len(parts[6])-suffix]
}
