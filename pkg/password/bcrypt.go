package password

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"

	"github.com/go-crypt/x/bcrypt"
)

const (
	// maxBcryptCost takes 0.85 s; one more would take twice that. The tools'
	// defaults are 10 to 12.
	maxBcryptCost = 14
	// minBcryptCost is bcrypt's own, about a millisecond.
	minBcryptCost = bcrypt.MinCost
	// maxBcryptPassword is all that bcrypt looks at, in bytes.
	maxBcryptPassword = 72
)

// bcryptHash is written $2b$12$ and then 22 characters of salt and 31 of tag.
// That $2a$, $2b$ and $2y$ are one holds for all that matches: they differ in
// faults of old tools with passwords over 255 bytes and, marked $2x$, with
// letters beyond ASCII. $2x$ and $2$ are not read.
type bcryptHash struct {
	cost int
	salt [16]byte
	tag  []byte // in bcrypt's base64
	// digested: bcrypt gets the password's SHA-256 in hexadecimal instead, as by
	// Django's bcrypt_sha256.
	digested bool
	form     string
}

func parseBcrypt(fields []string, form string, digested bool) (stored, error) {
	if len(fields) != 2 || len(fields[0]) != 2 || len(fields[1]) != bcrypt.EncodedSaltSize+bcrypt.EncodedHashSize {
		return nil, errMalformed("bcrypt")
	}
	tens, units := fields[0][0]-'0', fields[0][1]-'0'
	salt, saltOK := unbcrypt64(fields[1][:bcrypt.EncodedSaltSize])
	_, tagOK := unbcrypt64(fields[1][bcrypt.EncodedSaltSize:])
	if tens > 9 || units > 9 || !saltOK || !tagOK {
		return nil, errMalformed("bcrypt")
	}
	h := bcryptHash{
		cost: int(10*tens + units), salt: [16]byte(salt), tag: []byte(fields[1][bcrypt.EncodedSaltSize:]),
		digested: digested, form: form,
	}
	switch {
	case h.cost > maxBcryptCost:
		return nil, fmt.Errorf("bcrypt cost is %d, at most %d is computed", h.cost, maxBcryptCost)
	case h.cost < minBcryptCost:
		return nil, fmt.Errorf("bcrypt cost is %d, at least %d is required", h.cost, minBcryptCost)
	}
	return h, nil
}

// unbcrypt64 reads bcrypt's base64, and no other spelling of it.
func unbcrypt64(s string) ([]byte, bool) {
	decoded, err := bcrypt.Base64Decode([]byte(s))
	return decoded, err == nil && string(bcrypt.Base64Encode(decoded)) == s
}

// matches never holds for a password that bcrypt would cut, nor for one with a
// NUL, which bcrypt takes for the password's end or, after it, its beginning
// again: "a" and "a\x00a" have the same hash.
func (h bcryptHash) matches(password []byte) bool {
	whole := len(password) <= maxBcryptPassword && bytes.IndexByte(password, 0) < 0
	if h.digested {
		sum := sha256.Sum256(password)
		password, whole = hex.AppendEncode(nil, sum[:]), true
	}
	tag, err := bcrypt.Key(password, h.salt[:], h.cost)
	return err == nil && subtle.ConstantTimeCompare(tag, h.tag) == 1 && whole
}

func (h bcryptHash) describe() Description {
	scheme := "bcrypt"
	if h.digested {
		scheme = "bcrypt-SHA256"
	}
	return Description{Scheme: scheme, Form: h.form, Parameters: fmt.Sprintf("cost %d", h.cost)}
}
