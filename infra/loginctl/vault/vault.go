// Package vault is loginctl's way to Secrets Manager, and the only one: who does
// not import it cannot ask for a secret. A test of loginctl holds who does.
package vault

import (
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/rotation"
)

// Open makes no call. What is done with it the caller writes down: it has the
// operator's name, and the log that is for them. now is the clock.
func Open(cfg aws.Config, doors []rotation.Door, now func() time.Time) (*rotation.Rotation, error) {
	store, err := Store(cfg)
	if err != nil {
		return nil, err
	}
	silent := slog.New(slog.DiscardHandler)
	return rotation.New(rotation.Config{Store: store, Doors: doors, Audit: audit.Log{Logger: silent}, Log: silent, Now: now})
}
