// Package password hashes passwords and verifies them against stored hashes.
// New gives the Hasher. Its own hashes are argon2id (RFC 9106) in PHC string
// form; it verifies those of other tools too, so that their accounts can be
// taken over, and says which are Outdated:
//
//	argon2id, argon2i   $argon2id$v=19$m=…,t=…,p=…$…    Django: argon2$argon2id$…
//	bcrypt              $2a$, $2b$, $2y$                Django: bcrypt$$2b$…, bcrypt_sha256$$2b$…
//	PBKDF2              passlib: $pbkdf2$, $pbkdf2-sha256$, $pbkdf2-sha512$
//	                    Django: pbkdf2_sha1$…, pbkdf2_sha256$…, pbkdf2_sha512$…
//	scrypt              passlib: $scrypt$ln=…,r=…,p=…$…   Django: scrypt$…
//	SHA-crypt           $5$, $6$
//
// It refuses every other scheme, any spelling but the one that those tools
// write, hashes so costly that verifying one would starve the function, and ones
// so cheap (one iteration, no salt) that nobody can have meant them. The tools' own
// defaults all fit, Django's argon2 of 100 MiB among them. A password is verified
// exactly as typed.
package password

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"

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
	cost  cost
	decoy string
	slots chan struct{}
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
	if err := c.recommended(); err != nil {
		return nil, fmt.Errorf("password: %w", err)
	}
	// argon2 rounds down, perhaps below the minimum.
	if c.memory%(4*c.parallelism) != 0 {
		return nil, fmt.Errorf("password: Memory is %d, must be a multiple of %d (four times Parallelism)", c.memory, 4*c.parallelism)
	}
	h := &Hasher{cost: c, slots: make(chan struct{}, config.AtOnce)}
	h.decoy = h.blank().encode()
	return h, nil
}

// blank returns a hash of h's cost whose salt and tag are zeros.
func (h *Hasher) blank() argon2Hash {
	return argon2Hash{variant: "argon2id", cost: h.cost, salt: make([]byte, saltLength), tag: make([]byte, tagLength), form: formPHC}
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
	made := h.blank()
	rand.Read(made.salt) // never fails
	made.tag = made.compute([]byte(password.Reveal()))
	return made.encode(), nil
}

// Verify says whether password, exactly as typed, is the one behind hash. Its
// errors are about hash (malformed, too weak, too costly: never computed) or
// about ctx, when that ends before its turn; they hold neither hash nor
// password.
//
// A password over maxLength is wrong at once, whatever the hash. These, too, are
// always wrong, but cost what others cost with the same hash:
//
//   - an empty password: some tools store its hash for accounts without one;
//   - one over 72 bytes where hash is bcrypt, which looks at no more: its owner
//     has to reset it. Django's bcrypt_sha256 has no such limit;
//   - one over 512 bytes where hash is SHA-crypt, as in libxcrypt;
//   - one with a NUL where hash is bcrypt, PBKDF2 or scrypt, to which several of
//     those are one password.
func (h *Hasher) Verify(ctx context.Context, hash string, password redact.Secret) (bool, error) {
	parsed, err := parse(hash)
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
	return parsed.matches([]byte(password.Reveal())) && password.Len() > 0, nil
}

// Outdated reports whether hash is not one that Hash would make now: of another
// scheme, with other parameters, or unreadable. It is for a password that has
// just been verified, to be hashed anew.
//
// One that cost more is outdated, too: what a sign-in takes is the deployment's
// own choice, and a hash that takes longer tells that its account is there.
// While two Hashers of unlike Config share a table, such as two releases during a
// deployment, they replace each other's hashes by turns. That is accepted: it
// costs a write at a sign-in, and ends with the older one.
func (h *Hasher) Outdated(hash string) bool {
	parsed, err := parse(hash)
	if err != nil {
		return true
	}
	current, ok := parsed.(argon2Hash)
	return !ok || current.variant != "argon2id" || current.form != formPHC || current.cost != h.cost ||
		len(current.salt) != saltLength || len(current.tag) != tagLength
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
