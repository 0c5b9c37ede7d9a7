package password

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-crypt/crypt/algorithm/argon2"
)

// RFC 9106, section 4: salt and tag as in its recommended options.
const (
	saltLength = 16
	keyLength  = 32
)

// Ceilings of a stored hash: RFC 9106's option for little memory (64 MiB, three
// passes, four lanes) fits; the worst that fits takes about half a second of
// one processor.
const (
	maxHashLength  = 256
	maxMemory      = 64 << 10 // KiB
	maxTime        = 8
	maxParallelism = 8
	minSaltLength  = 8
	minKeyLength   = 16
)

// cost is what computing a hash takes.
type cost struct{ memory, time, parallelism uint32 }

// check holds c between OWASP's minimum and the ceilings.
// https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id
func (c cost) check() error {
	switch {
	case c.memory > maxMemory:
		return fmt.Errorf("argon2id memory is %d KiB, at most %d are computed", c.memory, maxMemory)
	case c.time > maxTime:
		return fmt.Errorf("argon2id time is %d, at most %d passes are computed", c.time, maxTime)
	case c.parallelism < 1 || c.parallelism > maxParallelism:
		return fmt.Errorf("argon2id parallelism is %d, 1 to %d lanes are computed", c.parallelism, maxParallelism)
	}
	for _, minimum := range []cost{
		{memory: 47104, time: 1}, {memory: 19456, time: 2}, {memory: 12288, time: 3},
		{memory: 9216, time: 4}, {memory: 7168, time: 5},
	} {
		if c.memory >= minimum.memory && c.time >= minimum.time {
			return nil
		}
	}
	return fmt.Errorf("argon2id memory %d KiB with time %d is below OWASP's minimum (19456 KiB with 2, or its equivalents)", c.memory, c.time)
}

// parse reads a hash in PHC form. Its errors never quote the hash: someone may
// have stored a password in its place.
func parse(hash string) (*argon2.Digest, error) {
	if len(hash) > maxHashLength {
		return nil, fmt.Errorf("hash has %d bytes, at most %d are read", len(hash), maxHashLength)
	}
	fields := strings.Split(hash, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != argon2.AlgIdentifierVariantID {
		return nil, errors.New("hash is not argon2id in PHC form")
	}
	var c cost
	if _, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &c.memory, &c.time, &c.parallelism); err != nil {
		return nil, errors.New("hash's parameters are not in PHC form")
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	decoded, err := argon2.Decode(hash)
	if err != nil {
		return nil, errors.New("hash cannot be decoded")
	}
	digest, ok := decoded.(*argon2.Digest)
	switch {
	// Only the canonical form: else the library could have read other
	// parameters (repeated, reordered) than those just checked.
	case !ok || digest.Encode() != hash:
		return nil, errors.New("hash is not in canonical PHC form")
	case len(digest.Salt()) < minSaltLength:
		return nil, fmt.Errorf("hash's salt has %d bytes, at least %d are required", len(digest.Salt()), minSaltLength)
	case len(digest.Key()) < minKeyLength:
		return nil, fmt.Errorf("hash's tag has %d bytes, at least %d are required", len(digest.Key()), minKeyLength)
	}
	return digest, nil
}
