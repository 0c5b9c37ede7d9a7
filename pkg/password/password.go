// Package password hashes passwords and verifies them against stored hashes:
// argon2id (RFC 9106) in PHC string form. New gives the Hasher.
//
// It refuses hashes of any other scheme, hashes weaker than OWASP's minimum,
// and hashes so costly that verifying one would starve the function.
package password

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/go-crypt/crypt/algorithm/argon2"

	"deskpro-login/pkg/redact"
)

// maxLength is the longest password, in bytes, that is hashed or can match.
const maxLength = 1024

// Config sets what a new hash costs. The zero Config is OWASP's minimum.
type Config struct {
	// Memory in KiB; 0 means 19456. At most 65536, and a multiple of four
	// times Parallelism.
	Memory uint32
	// Time is the number of passes; 0 means 2. At most 8.
	Time uint32
	// Parallelism is the number of lanes; 0 means 1. At most 8.
	Parallelism uint32
	// AtOnce is how many hashes are computed at the same time, further ones
	// wait; 0 means as many as Go has processors. More would make none of
	// them sooner, and each takes its Memory.
	AtOnce int
}

// Hasher hashes and verifies. It is safe for concurrent use.
type Hasher struct {
	argon2 *argon2.Hasher
	decoy  string
	slots  chan struct{}
}

// New checks config. It computes no hash.
func New(config Config) (*Hasher, error) {
	if config.AtOnce < 0 {
		return nil, fmt.Errorf("password: AtOnce is %d, must not be negative", config.AtOnce)
	}
	if config.AtOnce == 0 {
		config.AtOnce = runtime.GOMAXPROCS(0)
	}
	c := cost{memory: config.Memory, time: config.Time, parallelism: config.Parallelism}
	if c.memory == 0 {
		c.memory = 19456
	}
	if c.time == 0 {
		c.time = 2
	}
	if c.parallelism == 0 {
		c.parallelism = 1
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("password: %w", err)
	}
	// argon2 would round down, perhaps below the floor.
	if c.memory%(4*c.parallelism) != 0 {
		return nil, fmt.Errorf("password: Memory is %d, must be a multiple of %d (four times Parallelism)", c.memory, 4*c.parallelism)
	}
	hasher, err := argon2.New(argon2.WithVariantID(),
		argon2.WithM(c.memory), argon2.WithT(int(c.time)), argon2.WithP(int(c.parallelism)),
		argon2.WithS(saltLength), argon2.WithK(keyLength))
	if err != nil {
		return nil, fmt.Errorf("password: setting up argon2id: %w", err)
	}
	return &Hasher{argon2: hasher, decoy: c.decoy(), slots: make(chan struct{}, config.AtOnce)}, nil
}

// Hash returns a new hash of password in PHC form. It refuses an empty
// password and one over maxLength, and gives up when ctx ends before its turn.
func (h *Hasher) Hash(ctx context.Context, password redact.Secret) (string, error) {
	switch {
	case password.Len() == 0:
		return "", errors.New("password is empty")
	case password.Len() > maxLength:
		return "", fmt.Errorf("password has %d bytes, at most %d are allowed", password.Len(), maxLength)
	}
	release, err := h.turn(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	digest, err := h.argon2.Hash(password.Reveal())
	if err != nil {
		return "", fmt.Errorf("hashing password: %w", err)
	}
	return digest.Encode(), nil
}

// Verify says whether password, exactly as typed, is the one behind hash. Its
// errors are about hash (malformed, too weak, too costly: never computed) or
// about ctx, when that ends before its turn; they hold neither hash nor
// password. A password over maxLength is wrong at once, whatever the hash.
func (h *Hasher) Verify(ctx context.Context, hash string, password redact.Secret) (bool, error) {
	digest, err := parse(hash)
	if err != nil {
		return false, fmt.Errorf("reading stored hash: %w", err)
	}
	if password.Len() > maxLength {
		return false, nil
	}
	release, err := h.turn(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	return digest.MatchAdvanced(password.Reveal())
}

// Decoy returns a hash that no password is known to match and that costs what
// a new hash costs. Verify against it where there is no account, and ignore
// the answer.
func (h *Hasher) Decoy() string { return h.decoy }

func (h *Hasher) turn(ctx context.Context) (release func(), err error) {
	// A select alone picks at random when ctx has ended and a slot is free.
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("waiting to hash: %w", err)
	}
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting to hash: %w", ctx.Err())
	}
}

func (c cost) decoy() string {
	zeros := func(n int) string { return strings.Repeat("A", (n*8+5)/6) } // base64
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s",
		c.memory, c.time, c.parallelism, zeros(saltLength), zeros(keyLength))
}
