package password

import (
	"bytes"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"math/bits"

	"github.com/go-crypt/x/scrypt"
)

// N·r blocks of 128 bytes are the memory, N·r·p the work. passlib's default and
// OWASP's equivalents of up to 64 MiB fit.
const (
	minScryptN      = 1 << 10
	minScryptBlocks = 1 << 13 // 1 MiB
	maxScryptBlocks = 1 << 19 // 64 MiB
	maxScryptWork   = 1 << 21 // 0.6 to 1.1 s
)

// scryptHash is written
//
//	$scrypt$ln=16,r=8,p=1$SALT$TAG       by passlib, N being two to the power of ln
//	scrypt$16384$SALT$8$5$TAG            by Django: N, salt, r, p
type scryptHash struct {
	n, r, p   int
	salt, tag []byte
	form      string
}

func parseScrypt(fields []string) (stored, error) {
	if len(fields) != 3 {
		return nil, errMalformed("scrypt")
	}
	parameters, numbersOK := numbers(fields[0], "ln", "r", "p")
	salt, saltOK := unbase64(base64.RawStdEncoding, fields[1])
	tag, tagOK := unbase64(base64.RawStdEncoding, fields[2])
	if !numbersOK || !saltOK || !tagOK || parameters[0] > 30 {
		return nil, errMalformed("scrypt")
	}
	return scryptHash{n: 1 << parameters[0], r: parameters[1], p: parameters[2], salt: salt, tag: tag, form: formPasslib}.bounded()
}

func parseDjangoScrypt(fields []string) (stored, error) {
	if len(fields) != 5 {
		return nil, errMalformed("scrypt")
	}
	n, nOK := number(fields[0])
	r, rOK := number(fields[2])
	p, pOK := number(fields[3])
	tag, tagOK := unbase64(base64.StdEncoding, fields[4])
	if !nOK || !rOK || !pOK || !djangoSalt(fields[1]) || !tagOK || bits.OnesCount(uint(n)) != 1 {
		return nil, errMalformed("scrypt")
	}
	return scryptHash{n: n, r: r, p: p, salt: []byte(fields[1]), tag: tag, form: formDjango}.bounded()
}

// bounded returns h, if it is between floors and ceilings.
func (h scryptHash) bounded() (stored, error) {
	n, r, p := uint64(h.n), uint64(h.r), uint64(h.p) // #nosec G115 -- number reads no sign
	switch {
	// Each is under 2³¹, and the first product is small when the second is made.
	case n*r > maxScryptBlocks || n*r*p > maxScryptWork:
		return nil, fmt.Errorf("scrypt has N %d, r %d, p %d, at most 64 MiB (N·r %d) and N·r·p %d are computed", n, r, p, maxScryptBlocks, maxScryptWork)
	case n < minScryptN || n*r < minScryptBlocks || p < 1:
		return nil, fmt.Errorf("scrypt has N %d, r %d, p %d, at least N %d and 1 MiB (N·r %d) are required", n, r, p, minScryptN, minScryptBlocks)
	case len(h.salt) < minSaltLength:
		return nil, errSalt("scrypt", len(h.salt))
	case len(h.tag) < minTagLength:
		return nil, fmt.Errorf("scrypt tag has %d bytes, at least %d are required", len(h.tag), minTagLength)
	}
	return h, nil
}

// matches never holds for a password with a NUL, for scrypt begins with PBKDF2:
// see pbkdf2Hash.matches.
func (h scryptHash) matches(password []byte) bool {
	tag, err := scrypt.Key(password, h.salt, h.n, h.r, h.p, len(h.tag))
	return err == nil && subtle.ConstantTimeCompare(tag, h.tag) == 1 && bytes.IndexByte(password, 0) < 0
}

func (h scryptHash) describe() Description {
	return Description{Scheme: "scrypt", Form: h.form, Parameters: fmt.Sprintf("N %d, r %d, p %d", h.n, h.r, h.p)}
}
