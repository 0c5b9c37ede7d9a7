package password

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"

	"github.com/go-crypt/x/argon2"
)

// RFC 9106, section 4: salt and tag as in its recommended options.
const (
	saltLength = 16
	tagLength  = 32
)

// Ceilings: Django's default (100 MiB, two passes, eight lanes) fits, and so do
// PHP's (64 MiB, four passes) and RFC 9106's option for little memory; the worst
// that fits takes 0.7 s. New hashes take no more memory than maxNewMemory.
const (
	maxMemory      = 100 << 10 // KiB
	maxNewMemory   = 64 << 10
	maxTime        = 8
	maxParallelism = 8
	// minWork is what the weakest defaults there were have of memory times
	// passes: Django's before 3.2 (512 KiB, two passes).
	minWork = 1024
)

// cost is what computing an argon2 hash takes.
type cost struct{ memory, time, parallelism uint32 }

// bounded holds c between the floor and the ceilings of stored hashes.
func (c cost) bounded() error {
	switch {
	case c.memory > maxMemory:
		return fmt.Errorf("argon2 memory is %d KiB, at most %d are computed", c.memory, maxMemory)
	case c.time > maxTime:
		return fmt.Errorf("argon2 time is %d, at most %d passes are computed", c.time, maxTime)
	case c.parallelism < 1 || c.parallelism > maxParallelism:
		return fmt.Errorf("argon2 parallelism is %d, 1 to %d lanes are computed", c.parallelism, maxParallelism)
	case c.memory*c.time < minWork:
		return fmt.Errorf("argon2 memory %d KiB with time %d is too weak to be believed", c.memory, c.time)
	}
	return nil
}

// recommended holds c, of new hashes, between OWASP's minimum and the ceilings.
// https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id
func (c cost) recommended() error {
	if err := c.bounded(); err != nil {
		return err
	}
	if c.memory > maxNewMemory {
		return fmt.Errorf("argon2 memory is %d KiB, at most %d are used for a new hash", c.memory, maxNewMemory)
	}
	for _, minimum := range []cost{
		{memory: 47104, time: 1}, {memory: 19456, time: 2}, {memory: 12288, time: 3},
		{memory: 9216, time: 4}, {memory: 7168, time: 5},
	} {
		if c.memory >= minimum.memory && c.time >= minimum.time {
			return nil
		}
	}
	return fmt.Errorf("argon2 memory %d KiB with time %d is below OWASP's minimum (19456 KiB with 2, or its equivalents)", c.memory, c.time)
}

// argon2Hash is argon2id or argon2i of version 1.3 (RFC 9106), which are written
// $argon2id$v=19$m=19456,t=2,p=1$SALT$TAG.
type argon2Hash struct {
	variant string
	cost
	salt, tag []byte
	form      string
}

func parseArgon2(variant string, fields []string, form string) (stored, error) {
	if len(fields) != 4 || fields[0] != "v=19" {
		return nil, errMalformed("argon2 version 1.3")
	}
	parameters, ok := numbers(fields[1], "m", "t", "p")
	if !ok {
		return nil, errMalformed("argon2")
	}
	h := argon2Hash{
		variant: variant,
		cost:    cost{memory: uint32(parameters[0]), time: uint32(parameters[1]), parallelism: uint32(parameters[2])}, // #nosec G115 -- number reads 31 bits, no sign
		form:    form,
	}
	if err := h.bounded(); err != nil {
		return nil, err
	}
	var saltOK, tagOK bool
	h.salt, saltOK = unbase64(base64.RawStdEncoding, fields[2])
	h.tag, tagOK = unbase64(base64.RawStdEncoding, fields[3])
	switch {
	case !saltOK || !tagOK:
		return nil, errMalformed("argon2")
	case len(h.salt) < minSaltLength:
		return nil, errSalt("argon2", len(h.salt))
	case len(h.tag) < minTagLength:
		return nil, fmt.Errorf("argon2 tag has %d bytes, at least %d are required", len(h.tag), minTagLength)
	}
	return h, nil
}

// compute returns the tag of password, as long as h's.
func (h argon2Hash) compute(password []byte) []byte {
	key := argon2.IDKey
	if h.variant == "argon2i" {
		key = argon2.IKey
	}
	return key(password, h.salt, h.time, h.memory, h.parallelism, uint32(len(h.tag))) // #nosec G115 -- a hash has at most maxHashLength
}

func (h argon2Hash) matches(password []byte) bool {
	return subtle.ConstantTimeCompare(h.compute(password), h.tag) == 1
}

// encode returns h in PHC form.
func (h argon2Hash) encode() string {
	return fmt.Sprintf("$%s$v=%d$m=%d,t=%d,p=%d$%s$%s", h.variant, argon2.Version, h.memory, h.time, h.parallelism,
		base64.RawStdEncoding.EncodeToString(h.salt), base64.RawStdEncoding.EncodeToString(h.tag))
}

func (h argon2Hash) describe() Description {
	return Description{Scheme: h.variant, Form: h.form, Parameters: fmt.Sprintf("memory %d KiB, time %d, parallelism %d", h.memory, h.time, h.parallelism)}
}
